/*
 * recurrent_plan.c: how the threads share a walk. Every way gives the same
 * bits, so the first passes try each of them and the fastest stays: a state of
 * another batch size tries again.
 */
#include <stdatomic.h>

#include "base/clock.h"
#include "layer/recurrent.h"
#include "layer/wave.h"

/* Passes that try each way: the first also warms it up. */
enum { TRIES = 3 };

/* Multiply-adds of a pass, and of a step, that are worth a second thread. */
enum { PASS_MIN = 1 << 16, STEP_MIN = 1 << 16 };

static _Atomic walk_way forced = WALK_WAYS;

void walk_force(walk_way how) { atomic_store(&forced, how); }

/* ---- Trying ------------------------------------------------------------- */

/* can (WALK_WAYS): which ways make sense at all; one of them does. */
static walk_way plan_choose(walk_plan *plan, size_t B, const bool *can)
{
    plan->began = 0;
    if (plan->B != B) *plan = (walk_plan){.B = B};
    if (plan->chosen) return plan->way;

    /* the least tried one next */
    walk_way least = WALK_WAYS;
    for (walk_way how = WALK_ALONE; how < WALK_WAYS; how++)
        if (can[how] &&
            (least == WALK_WAYS || plan->tries[how] < plan->tries[least]))
            least = how;
    plan->way = least;
    plan->began = clock_seconds();
    return least;
}

static void plan_done(walk_plan *plan, size_t rows, const bool *can)
{
    if (plan->began == 0 || rows == 0) return;
    double taken = (clock_seconds() - plan->began) / (double)rows;
    walk_way tried = plan->way, best = tried;
    if (plan->tries[tried]++ == 0 || taken < plan->best[tried])
        plan->best[tried] = taken;

    for (walk_way how = WALK_ALONE; how < WALK_WAYS; how++) {
        if (!can[how]) continue;
        if (plan->tries[how] < TRIES) return;
        if (plan->best[how] < plan->best[best]) best = how;
    }
    plan->chosen = true;
    plan->way = best;
}

/* ---- A level ------------------------------------------------------------ */

static void level_can(const layer *l, const pass *p, bool *can)
{
    can[WALK_ALONE] = true;
    can[WALK_ROWS] = l->D > 1 || p->B > 1;
    can[WALK_UNITS] = l->fused && p->B * l->G * l->R >= STEP_MIN;
    can[WALK_WAVE] = false;
}

static bool is_worth(const layer *l, const pass *p)
{
    return p->threads > 1 && p->row_count * l->G * (l->I + l->R) >= PASS_MIN;
}

walk_way walk_choose(const layer *l, const pass *p, walk_plan *plan)
{
    bool can[WALK_WAYS];
    walk_way asked = atomic_load(&forced);
    plan->began = 0;
    if (asked == WALK_WAVE) return WALK_ALONE;
    if (asked != WALK_WAYS && p->threads > 1) return asked;
    if (!is_worth(l, p)) return WALK_ALONE;
    level_can(l, p, can);
    return plan_choose(plan, p->B, can);
}

void walk_done(const layer *l, const pass *p, walk_plan *plan)
{
    bool can[WALK_WAYS];
    level_can(l, p, can);
    plan_done(plan, p->row_count, can);
}

/* ---- Levels in a row ---------------------------------------------------- */

/* By level, each in its own way, against a wave of all. */
static const bool wave_can[WALK_WAYS] = {
    [WALK_ALONE] = true, [WALK_WAVE] = true};

bool wave_choose(const layer *l, size_t count, const pass *p, layer_state *s)
{
    walk_way asked = atomic_load(&forced);
    s->wave.began = 0;
    if (asked != WALK_WAYS) return asked == WALK_WAVE && p->threads > 1;

    /* with sequences enough for all threads nobody need wait for a level */
    if (p->B >= 2 * (size_t)p->threads) return false;
    for (size_t i = 0; i < count; i++)
        if (!is_worth(l + i, p)) return false;
    return plan_choose(&s->wave, p->B, wave_can) == WALK_WAVE;
}

void wave_done(size_t count, const pass *p, layer_state *s)
{
    /* levels must have found their own ways before they are compared */
    for (size_t i = 0; i < count && s->wave.way == WALK_ALONE; i++)
        if (!s[i].ahead.chosen) s->wave.began = 0;
    plan_done(&s->wave, p->row_count, wave_can);
}
