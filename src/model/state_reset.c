/*
 * state_reset.c: the memory of a state begins anew, all of it, of one sequence,
 * or of the layers behind a vector that is repeated.
 */
#include <string.h>

#include "model/model.h"

/* What a layer that pools has come to. */
static void reset_pooled(const layer *l, elman_state *s, size_t begin,
                         size_t end)
{
    float *pooled = s->memory.h + l->memory_h * s->config.B;
    memset(pooled + begin * l->memory_width, 0,
           (end - begin) * l->memory_width * sizeof *pooled);
}

static void reset_layer(const elman_model *m, const layer *l, elman_state *s,
                        size_t begin, size_t end)
{
    if (l->memory_width) reset_pooled(l, s, begin, end);
    for (size_t direction = 0; direction < l->D && l->cell; direction++) {
        const direction_plan *d = &l->directions[direction];
        float *h = s->memory.h + d->memory_h * s->config.B;
        float *c = s->memory.c + d->memory_c * s->config.B;

        /* zero, or what was learned */
        for (size_t b = begin; b < end; b++) {
            memset(h + b * l->R, 0, l->R * sizeof *h);
            if (l->cell->has_cell) memset(c + b * l->H, 0, l->H * sizeof *c);
            if (d->h_0 != NOWHERE)
                memcpy(h + b * l->R, m->packed + d->plain_h_0.to,
                       l->R * sizeof *h);
            if (d->c_0 != NOWHERE)
                memcpy(c + b * l->H, m->packed + d->plain_c_0.to,
                       l->H * sizeof *c);
        }
    }
}

static void reset_rows(const elman_model *m, elman_state *s, size_t begin,
                       size_t end)
{
    for (size_t i = 0; i < m->layer_count; i++)
        reset_layer(m, m->layers + i, s, begin, end);
}

void state_begin_repeated(const elman_model *m, elman_state *s, size_t b)
{
    for (size_t i = 0; i < m->layer_count; i++)
        if (m->layers[i].repeated) reset_layer(m, m->layers + i, s, b, b + 1);
}

void state_reset(const elman_model *m, elman_state *s)
{
    reset_rows(m, s, 0, s->config.B);
    for (size_t b = 0; b < s->config.B; b++)
        if (s->position[b] != FREE_SLOT) s->position[b] = 0;
}

void state_begin_one(const elman_model *m, elman_state *s, size_t b)
{
    reset_rows(m, s, b, b + 1);
    if (s->position[b] == FREE_SLOT) s->stepping = false;
    s->position[b] = 0;
}

elman_status state_reset_one(const elman_model *m, elman_state *s, size_t b)
{
    TRY(state_check(m, s));
    if (b >= s->config.B)
        return failure(ELMAN_BAD_VALUE, "b is %zu, expected less than B %zu", b,
                       s->config.B);

    state_begin_one(m, s, b);
    return ELMAN_OK;
}
