/* segments_pass.c: a pass by segments between the caller's arrays. */
#include <string.h>

#include "model/segments_run.h"

elman_status segments_check(const elman_model *m, const elman_state *s)
{
    const segments *g = &s->segments;
    elman_batch in = {
        .T = g->T, .B = s->full.B, .tokens = g->tokens, .lengths = g->lengths};
    return batch_check_tokens(m, s, &in);
}

void segments_pass(const elman_model *m, elman_state *s, const elman_batch *in,
                   float *y)
{
    if (in->B != s->full.B) state_carve(s, state_steps(s), in->B);
    for (size_t b = 0; b < in->B; b++) {
        size_t length = in->lengths ? in->lengths[b] : in->T;
        s->tail.lengths[b] = length ? 1 : 0;
        s->full.ids[b] = in->ids ? in->ids[b] : b;
    }
    pass_set(&s->tail);
    pass_begin_training(m, s, in);

    float *rows = m->info.per_sequence ? NULL : y;
    if (rows && model_outputs(m) == 1) batch_clear_ends(m, s, in, rows);
    segments_run(m, s, in, rows);
    pass_end_forward(m, s, in);
}

/* The caller's dy, from which a way back by segments takes a few steps. */
typedef struct caller_dy {
    const elman_model *m;
    const elman_state *s;
    const float *dy;
} caller_dy;

static void take_dy(void *context, size_t first, size_t T, const float *y,
                    float *dy)
{
    (void)y;
    const caller_dy *from = context;
    const elman_state *s = from->s;
    size_t B = s->full.B, all = s->segments.T, blocks = model_outputs(from->m);
    size_t O = from->m->layers[from->m->layer_count - 1].O / blocks;
    bool batch_first = state_batch_first(from->m, s);

    for (size_t i = 0; i < blocks; i++)
        for (size_t t = 0; t < T; t++)
            for (size_t b = 0; b < B; b++) {
                size_t row = batch_row(batch_first, all, B, first + t, b);
                memcpy(dy + (i * T * B + t * B + b) * O,
                       from->dy + (i * all * B + row) * O, O * sizeof *dy);
            }
}

elman_status model_backward_by(const elman_model *m, elman_state *s,
                               const segment_taker *taker, float *dx)
{
    TRY(model_check_backward(m, s, dx));
    return segments_backward(m, s, taker, dx);
}

elman_status segments_backward_from(const elman_model *m, elman_state *s,
                                    const float *dy, float *dx)
{
    caller_dy from = {m, s, dy};
    const segment_taker taker = {take_dy, &from};
    if (!dy && !m->info.per_sequence)
        return failure(ELMAN_BAD_VALUE,
                       "dy is NULL, but a state with a budget keeps no "
                       "gradient at its output: expected dy, or "
                       "elman_model_loss_backward");
    if (dy && m->info.per_sequence)
        state_copy_output(m, s, state_output_gradient(m, s), (float *)dy,
                          false);
    return segments_backward(m, s, &taker, dx);
}
