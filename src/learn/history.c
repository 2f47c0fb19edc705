/* history.c: see history.h. */
#include "learn/history.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

elman_status history_init(history *made, const elman_model *m, size_t B,
                          size_t windows)
{
    size_t bytes, rows = windows + 1;
    *made = (history){.windows = windows,
                      .memory_size = B * (m->memory_h + m->memory_c)};

    if (sizes_multiply(rows, made->memory_size, sizeof(float), &bytes))
        made->memories = calloc(bytes + 1, 1);
    if (sizes_multiply(rows, B, 1, &made->position_count))
        made->positions = calloc(made->position_count, sizeof *made->positions);
    if (!made->memories || !made->positions)
        return failure(ELMAN_NO_MEMORY, "no memory to train with");
    return ELMAN_OK;
}

void history_release(history *made)
{
    free(made->memories);
    free(made->positions);
}

void history_clear(history *made)
{
    size_t rows = made->kept, n = made->memory_size;
    size_t B = rows ? made->position_count / (made->windows + 1) : 0;
    memset(made->memories, 0, rows * n * sizeof *made->memories);
    memset(made->positions, 0, rows * B * sizeof *made->positions);
    made->kept = 0;
}

void history_push(history *to, const elman_state *s)
{
    size_t B = s->config.B, h = B * s->model->memory_h, n = to->memory_size;
    if (to->windows == 0) return;

    /* the oldest makes room */
    if (to->kept > to->windows) {
        to->kept--;
        memmove(to->memories, to->memories + n, to->kept * n * sizeof(float));
        memmove(to->positions, to->positions + B,
                to->kept * B * sizeof *to->positions);
    }

    /* h, c and position as they are now */
    float *memory = to->memories + to->kept * n;
    memcpy(memory, s->memory.h, h * sizeof(float));
    memcpy(memory + h, s->memory.c, (n - h) * sizeof(float));
    memcpy(to->positions + to->kept * B, s->position,
           B * sizeof *to->positions);
    to->kept++;
}

void history_restore(const history *from, size_t context_windows,
                     elman_state *s)
{
    size_t B = s->config.B, h = B * s->model->memory_h, n = from->memory_size;
    if (from->windows == 0 || context_windows == 0) return;

    /* the last one is that of the window to come */
    size_t index = from->kept - 1 - context_windows;
    const float *memory = from->memories + index * n;
    memcpy(s->memory.h, memory, h * sizeof(float));
    memcpy(s->memory.c, memory + h, (n - h) * sizeof(float));
    memcpy(s->position, from->positions + index * B,
           B * sizeof *from->positions);
}
