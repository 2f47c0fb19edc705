/*
 * wave.c: recurrent levels on top of each other, each on a thread of its own:
 * while a level takes some steps, the next one takes the steps before them.
 *
 *   steps     0..7   8..15  16..23  24..31
 *   level 0   turn 0 turn 1 turn 2  turn 3
 *   level 1          turn 1 turn 2  turn 3 ...
 */
#include "layer/wave.h"

#include "base/thread.h"
#include "layer/recurrent.h"

/* A level takes about this many turns: the last ones have fewer to do. */
enum { TURNS = 16, LEAST_STEPS = 4 };

size_t wave_length(const layer *l, size_t count, const pass *p)
{
    size_t length = 0;
    if (p->threads < 2 || p->ragged || p->T < 2 * LEAST_STEPS) return 0;

    while (length < count && l[length].cell && l[length].D == 1 &&
           !l[length].config.reverse)
        length++;
    return length < 2 ? 0 : length;
}

static size_t turn_steps(const pass *p)
{
    return p->T / TURNS > LEAST_STEPS ? p->T / TURNS : LEAST_STEPS;
}

size_t wave_turns(const pass *p)
{
    return (p->T + turn_steps(p) - 1) / turn_steps(p);
}

typedef struct wave {
    const layer *l;
    const pass *p;
    layer_state *s;
    const float *x;
    size_t steps;       /* of a turn */
    size_t turn, first; /* the turn, and the first level that has one */
} wave;

static void level_turn(void *context, size_t index)
{
    const wave *w = context;
    size_t i = w->first + index, at = (w->turn - i) * w->steps;
    size_t left = w->p->T - at, count = left < w->steps ? left : w->steps;
    recurrent_walk(w->l + i, w->p, w->s + i, i ? w->s[i - 1].y : w->x, at,
                   at + count);
}

void wave_forward(const layer *l, size_t count, const pass *p, layer_state *s,
                  const float *x)
{
    size_t steps = turn_steps(p), turns = wave_turns(p);
    wave w = {.l = l, .p = p, .s = s, .x = x, .steps = steps};

    for (size_t i = 0; i < count; i++)
        recurrent_begin(l + i, p, s + i);

    /* in each turn some levels have steps left */
    for (w.turn = 0; w.turn < turns + count - 1; w.turn++) {
        w.first = w.turn < turns ? 0 : w.turn - turns + 1;
        size_t last = w.turn < count ? w.turn : count - 1;
        thread_run(p->threads, last + 1 - w.first, level_turn, &w);
    }

    for (size_t i = 0; i < count; i++)
        recurrent_end(l + i, p, s + i);
}
