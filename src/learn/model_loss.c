/* model_loss.c: see model_loss.h. */
#include "learn/model_loss.h"

#include <string.h>

#include "base/tree.h"

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
    if (s->config.budget && !state_keeps_output(m, s))
        return failure(ELMAN_BAD_VALUE,
                       "a state with a budget does not keep the output of all "
                       "steps, expected elman_model_loss_backward, or "
                       "elman_loss_forward with your y");
    if (!state_keeps_output(m, s))
        return failure(ELMAN_BAD_VALUE,
                       "the state does not keep the output of %zu steps of %zu "
                       "sequences, expected keep_steps in its config; or take "
                       "the loss of your y with elman_loss_forward",
                       p->T, p->B);

    *shape = (elman_batch){
        .T = p->T, .B = p->B, .lengths = p->ragged ? p->lengths : NULL};
    if (s->segments.plan.L) { /* p is of a segment */
        shape->T = s->segments.T;
        shape->lengths = s->segments.lengths;
    }
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

/* A loss that is taken some steps at a time, from the last to the first: as its
 * leaves are summed. */
typedef struct steps_job {
    const elman_model *m;
    const loss_job *job;
    double *leaves; /* the sum of each so far */
    size_t block;   /* sequences of a leaf */
} steps_job;

static void take_steps(void *context, size_t first, size_t T, const float *y,
                       float *dy)
{
    const steps_job *of = context;
    size_t B = of->job->shape->B, O = of->job->O;
    for (size_t t = T; t-- > 0;)
        for (size_t b = 0; b < B; b++) {
            uint32_t best;
            size_t row = t * B + b;
            of->leaves[b / of->block] += loss_row(
                of->job, first * B + row, y + row * O, dy + row * O, &best);
        }
}

/* The loss and the way back by segments. */
static elman_status segments_loss(const elman_model *m, elman_state *s,
                                  const elman_loss_config *config,
                                  const elman_target *target, double *loss,
                                  float *dx)
{
    const segments *g = &s->segments;
    size_t B = s->full.B, block = config->block ? config->block : TREE_BLOCK;
    elman_batch shape = {.T = g->T, .B = B, .lengths = g->lengths};
    loss_rows rows;
    loss_job job;
    double_tree tree = {0};
    TRY(output_rows(m, &shape, &rows));
    rows.batch_first = state_batch_first(m, s);
    TRY(loss_begin_rows(config, &rows, target, &job));

    /* the way back asks for the gradient of some steps at a time */
    steps_job of = {m, &job, g->leaves, block};
    const segment_taker taker = {take_steps, &of};
    memset(g->leaves, 0, B * sizeof *g->leaves);
    TRY(model_backward_by(m, s, &taker, dx));
    for (size_t leaf = 0; leaf * block < B; leaf++)
        tree_add(&tree, g->leaves[leaf]);
    *loss = tree_sum(&tree) / job.divisor;
    return ELMAN_OK;
}

elman_status model_loss_backward(const elman_model *m, elman_state *s,
                                 const elman_loss_config *config,
                                 const elman_target *target, double *loss,
                                 float *dx)
{
    TRY(state_check(m, s));
    if (s->segments.plan.L && s->ready && !m->info.per_sequence)
        return segments_loss(m, s, config, target, loss, dx);
    TRY(model_check_backward(m, s, dx));

    /* all steps are there */
    double got;
    TRY(model_loss(m, s, config, target, &got, NULL));
    TRY(model_backward(m, s, NULL, dx));
    *loss = got;
    return ELMAN_OK;
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
