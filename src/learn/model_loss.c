/* model_loss.c: see model_loss.h. */
#include "learn/model_loss.h"

/* The rows of the output of a batch: shape (T, B, lengths) becomes theirs. */
static elman_status output_rows(const elman_model *m, elman_batch *shape,
                                loss_rows *rows)
{
    if (model_outputs(m) != 1)
        return failure(ELMAN_BAD_VALUE,
                       "merge none gives two outputs, expected one for a loss: "
                       "take that of each with elman_loss_forward");

    *rows = (loss_rows){.shape = shape,
                        .O = m->info.output_size,
                        .batch_first = m->config.batch_first,
                        .dy_batch_first = m->config.batch_first,
                        .steps = shape->T};
    if (m->info.per_sequence) shape->T = 1;
    if (m->info.output_steps) shape->T = m->info.output_steps;
    rows->whole = m->info.output_steps != 0;
    return ELMAN_OK;
}

/* The rows of the last pass, whose gradient goes to dy or to the state. */
static elman_status last_rows(const elman_model *m, const elman_state *s,
                              float *dy, elman_batch *shape, loss_rows *rows)
{
    TRY(state_check(m, s));
    if (!s->ran)
        return failure(ELMAN_BAD_VALUE,
                       "the state has no output, expected a forward before its "
                       "loss");

    const pass *p = &s->full;
    if (!state_keeps_output(m, s))
        return failure(ELMAN_BAD_VALUE,
                       "the state does not keep the output of %zu steps of %zu "
                       "sequences, expected keep_steps in its config; or take "
                       "the loss of your y with elman_loss_forward",
                       p->T, p->B);

    *shape = (elman_batch){
        .T = p->T, .B = p->B, .lengths = p->ragged ? p->lengths : NULL};
    TRY(output_rows(m, shape, rows));
    rows->y = state_output(m, s);
    rows->keeps_y = true;
    if (!p->lengths && p->row_count < shape->T * p->B) { /* streams in chunks */
        rows->counting = p->rows;
        rows->counting_count = p->row_count;
    }
    rows->dy = dy;
    if (dy) return ELMAN_OK;

    rows->dy = state_output_gradient(m, s);
    rows->dy_batch_first = false;
    return ELMAN_OK;
}

elman_status model_loss(const elman_model *m, elman_state *s,
                        const elman_loss_config *config,
                        const elman_target *target, double *loss, float *dy)
{
    elman_batch shape;
    loss_rows rows;
    TRY(last_rows(m, s, dy, &shape, &rows));
    return loss_take(config, &rows, target, loss);
}

elman_status model_loss_sum(const elman_model *m, elman_state *s,
                            const elman_loss_config *config,
                            const elman_target *target, elman_loss_sum *sum,
                            float *dy)
{
    elman_batch shape;
    loss_rows rows;
    TRY(last_rows(m, s, dy, &shape, &rows));
    return loss_sum_take(config, &rows, target, sum);
}

elman_status model_loss_weight(const elman_model *m, const elman_batch *batch,
                               const elman_loss_config *config,
                               const elman_target *target, double *weight)
{
    elman_batch shape = *batch;
    loss_rows rows;
    TRY(output_rows(m, &shape, &rows));
    return loss_weight(config, &rows, target, weight);
}
