/* history.c: see history.h. */
#include "learn/history.h"

#include <string.h>

void history_push(elman_trainer *t)
{
    const elman_state *s = t->state;
    size_t B = s->config.B, h = B * t->model->memory_h, n = t->memory_count;
    if (t->history == 0) return;

    /* the oldest makes room */
    if (t->kept > t->history) {
        t->kept--;
        memmove(t->memories, t->memories + n, t->kept * n * sizeof(float));
        memmove(t->positions, t->positions + B,
                t->kept * B * sizeof *t->positions);
    }

    /* h, c and position as they stand now */
    float *memory = t->memories + t->kept * n;
    memcpy(memory, s->h, h * sizeof(float));
    memcpy(memory + h, s->c, (n - h) * sizeof(float));
    memcpy(t->positions + t->kept * B, s->position, B * sizeof *t->positions);
    t->kept++;
}

void history_restore(elman_trainer *t, size_t context_windows)
{
    elman_state *s = t->state;
    size_t B = s->config.B, h = B * t->model->memory_h, n = t->memory_count;
    size_t index = t->kept - 1 - context_windows;
    if (t->history == 0 || context_windows == 0) return;

    memcpy(s->h, t->memories + index * n, h * sizeof(float));
    memcpy(s->c, t->memories + index * n + h, (n - h) * sizeof(float));
    memcpy(s->position, t->positions + index * B, B * sizeof *t->positions);
}
