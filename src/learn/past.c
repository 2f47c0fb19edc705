/* past.c: see past.h. */
#include "learn/past.h"

#include <string.h>

void past_push(elman_trainer *t)
{
    const elman_state *s = t->state;
    size_t B = s->config.B, h = B * t->model->memory_h, n = t->memory_count;
    if (t->history == 0) return;
    if (t->kept > t->history) {
        t->kept--;
        memmove(t->memories, t->memories + n, t->kept * n * sizeof(float));
        memmove(t->positions, t->positions + B,
                t->kept * B * sizeof *t->positions);
    }
    float *memory = t->memories + t->kept * n;
    memcpy(memory, s->h, h * sizeof(float));
    memcpy(memory + h, s->c, (n - h) * sizeof(float));
    memcpy(t->positions + t->kept * B, s->position, B * sizeof *t->positions);
    t->kept++;
}

void past_restore(elman_trainer *t, size_t past_windows)
{
    elman_state *s = t->state;
    size_t B = s->config.B, h = B * t->model->memory_h, n = t->memory_count;
    size_t at = t->kept - 1 - past_windows;
    if (t->history == 0 || past_windows == 0) return;
    memcpy(s->h, t->memories + at * n, h * sizeof(float));
    memcpy(s->c, t->memories + at * n + h, (n - h) * sizeof(float));
    memcpy(s->position, t->positions + at * B, B * sizeof *t->positions);
}
