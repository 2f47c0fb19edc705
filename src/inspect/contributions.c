/*
 * contributions.c: what each step adds to the gradient of each parameter.
 *
 *   dW = sum over t of d[t] x[t]^T,   d the gradient at the sums
 *
 * and the like for biases, norms and tables: every weight gradient is a sum
 * over steps, and one step's part is that sum over its rows alone. So the batch
 * goes forward and back once, and then the layers' own sums run again for each
 * step, over a pass whose order lists nothing else. An initial state gets its
 * gradient from the first step that reads it; layers after a last or pool layer
 * add theirs where the sequence ends.
 */
#include "inspect/contributions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/flow_forward.h"
#include "layer/recurrent.h"
#include "learn/loss.h"

/* The rows of one step, leaf by leaf. */
typedef struct step_order {
    uint32_t *rows;     /* (B) */
    size_t *leaf_begin; /* (leaf_count + 1) */
    size_t count;
} step_order;

/* Which row of a sequence belongs to a step. */
typedef enum step_kind {
    IN_TIME,  /* of layers that read forward, or one step at a time */
    BACKWARD, /* of directions that read backward: their entry */
    AT_END,   /* of layers that read one vector per sequence */
    STEP_KINDS
} step_kind;

typedef struct contributions_run {
    elman_contributions shown;
    const elman_batch *batch;
    elman_target target;
    elman_loss_config loss;
    elman_model *quiet;
    elman_state *state;
    bool ran;
    size_t next;                    /* step */
    float *gradient;                /* the whole, as weights are laid out */
    elman_contribution *parameters; /* (count) */
    double *norms, *shares;         /* (count,T) */
    step_order orders[STEP_KINDS];
    uint64_t *steps_before; /* (B) 0 for those that begin at a step */
} contributions_run;

/* ---- Life --------------------------------------------------------------- */

static elman_status allocate(contributions_run *run)
{
    const elman_model *m = run->quiet;
    size_t T = run->batch->T, B = run->batch->B;
    size_t count = m->info.parameter_count, numbers;
    if (!sizes_multiply(count, T, sizeof *run->norms, &numbers))
        numbers = SIZE_MAX;

    run->gradient = calloc(m->weight_count, sizeof *run->gradient);
    run->parameters = calloc(count, sizeof *run->parameters);
    run->norms = numbers < SIZE_MAX ? calloc(1, numbers) : NULL;
    run->shares = numbers < SIZE_MAX ? calloc(1, numbers) : NULL;
    run->steps_before = calloc(B, sizeof *run->steps_before);
    bool complete = run->gradient && run->parameters && run->norms &&
                    run->shares && run->steps_before;
    for (size_t i = 0; i < STEP_KINDS; i++) {
        step_order *order = run->orders + i;
        order->rows = calloc(B, sizeof *order->rows);
        order->leaf_begin = calloc(B + 1, sizeof *order->leaf_begin);
        complete &= order->rows && order->leaf_begin;
    }
    if (!complete)
        return failure(ELMAN_NO_MEMORY,
                       "no memory for what %zu steps add to %zu parameters", T,
                       count);

    /* what a caller sees: a row of T numbers for each parameter */
    run->shown.T = T;
    run->shown.count = count;
    run->shown.parameters = run->parameters;
    for (size_t i = 0; i < count; i++)
        run->parameters[i] =
            (elman_contribution){.name = m->parameters[i].name,
                                 .norms = run->norms + i * T,
                                 .shares = run->shares + i * T};
    return ELMAN_OK;
}

static elman_status create(const elman_model *model, contributions_run *run)
{
    if (model_outputs(model) > 1)
        return failure(ELMAN_BAD_VALUE,
                       "with merge none the model has two outputs, which no "
                       "loss reads: expected another merge");
    TRY(flow_check_batch(model, run->batch));
    TRY(quiet_create(model, &run->quiet));

    const elman_state_config config = {
        .T = run->batch->T, .B = run->batch->B, .training = true, .passes = 1};
    TRY(state_create(run->quiet, &config, &run->state));
    return allocate(run);
}

elman_status contributions_begin(const elman_model *model,
                                 const elman_batch *batch,
                                 const elman_target *target,
                                 const elman_loss_config *loss,
                                 elman_contributions **contributions)
{
    contributions_run *run = calloc(1, sizeof *run);
    if (!run) return failure(ELMAN_NO_MEMORY, "no memory for a measurement");

    run->batch = batch;
    run->target = *target;
    run->loss = *loss;
    elman_status status = create(model, run);
    if (status) contributions_end(&run->shown);
    else *contributions = &run->shown;
    return status;
}

void contributions_end(elman_contributions *contributions)
{
    contributions_run *run = (contributions_run *)contributions;
    if (!run) return;
    for (size_t i = 0; i < STEP_KINDS; i++) {
        free(run->orders[i].rows);
        free(run->orders[i].leaf_begin);
    }
    free(run->steps_before);
    free(run->gradient);
    free(run->parameters);
    free(run->norms);
    free(run->shares);
    state_destroy(run->state);
    quiet_destroy(run->quiet);
    free(run);
}

/* ---- One step ----------------------------------------------------------- */

/* The row of a sequence that belongs to step t; false if none does. */
static bool row_of(step_kind kind, size_t length, size_t t, size_t *step)
{
    if (t >= length) return false;
    *step = kind == IN_TIME ? t : kind == BACKWARD ? length - 1 - t : 0;
    return kind != AT_END || t + 1 == length;
}

/* Lists the rows of step t in the order of gradients. */
static void list_step(contributions_run *run, step_kind kind, size_t t)
{
    const pass *p = &run->state->full;
    step_order *order = run->orders + kind;
    size_t leaf = 0, step;
    order->count = 0;

    for (size_t first = 0, end; first < p->B; first = end) {
        end = tree_leaf_end(first, p->B, p->training->sums.block);
        order->leaf_begin[leaf++] = order->count;
        for (size_t b = first; b < end; b++)
            if (row_of(kind, p->lengths[b], t, &step))
                order->rows[order->count++] = (uint32_t)(step * p->B + b);
    }
    order->leaf_begin[leaf] = order->count;
}

/* The pass with nothing but those rows; its sums are a pass alone. */
static pass pass_of(const contributions_run *run, step_kind kind,
                    pass_training *alone)
{
    const elman_state *s = run->state;
    const step_order *order = run->orders + kind;
    *alone = s->training;
    alone->sums.count = 0;
    alone->sums.opens = false;

    pass p = kind == AT_END ? s->tail : s->full;
    p.training = alone;
    p.order = order->rows;
    p.leaf_begin = order->leaf_begin;
    p.row_count = order->count;
    return p;
}

static void add_direction(contributions_run *run, size_t i, size_t direction,
                          size_t t)
{
    const elman_state *s = run->state;
    const layer *l = run->quiet->layers + i;
    const direction_state *d = &s->layers[i].directions[direction];
    bool backward = direction == 1 || l->config.reverse;

    pass_training alone;
    pass p = pass_of(run, backward ? BACKWARD : IN_TIME, &alone);
    walk_weight_gradients(l, &p, direction, d, i ? s->layers[i - 1].y : s->x);

    /* sequences that read this step first begin with it */
    for (size_t b = 0; b < p.B; b++) {
        size_t first = backward ? p.lengths[b] - 1 : 0;
        run->steps_before[b] = p.lengths[b] && t == first ? 0 : 1;
    }
    p.steps_before = run->steps_before;
    walk_state_gradients(l, &p, direction, d);
}

/* Writes what step t adds to all gradients into the state's total. */
static void make_step(contributions_run *run, size_t t)
{
    const elman_model *m = run->quiet;
    elman_state *s = run->state;
    for (step_kind kind = IN_TIME; kind < STEP_KINDS; kind++)
        list_step(run, kind, t);

    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        for (size_t direction = 0; l->cell && direction < l->D; direction++)
            add_direction(run, i, direction, t);
        if (l->cell) continue;

        pass_training alone;
        pass p = pass_of(run, l->per_sequence ? AT_END : IN_TIME, &alone);
        layer_backward(l, &p, s->layers + i, i ? s->layers[i - 1].y : s->x,
                       NULL);
    }
}

static void measure_step(contributions_run *run, size_t t)
{
    const elman_model *m = run->quiet;
    const float *total = run->state->training.sums.total;
    const kernels *k = run->state->full.k;
    make_step(run, t);

    for (size_t i = 0; i < run->shown.count; i++) {
        const parameter *p = m->parameters + i;
        double norm = run->parameters[i].norm, square = norm * norm;
        const float *part = total + p->offset;
        size_t at = i * run->shown.T + t;

        run->norms[at] = sqrt(k->sum_squares(p->count, part));
        run->shares[at] =
            norm > 0
                ? k->dot(p->count, part, run->gradient + p->offset) / square
                : 0;
    }
}

elman_status contributions_read(const elman_contributions *contributions,
                                size_t index, size_t t, float *values)
{
    contributions_run *run = (contributions_run *)contributions;
    if (!run->shown.done)
        return failure(ELMAN_BAD_VALUE,
                       "the contributions are not done, expected "
                       "elman_contributions_step until they are");
    if (index >= run->shown.count)
        return failure(ELMAN_BAD_VALUE,
                       "index is %zu, expected less than the %zu parameters",
                       index, run->shown.count);
    if (t >= run->shown.T)
        return failure(ELMAN_BAD_VALUE,
                       "t is %zu, expected less than the %zu steps", t,
                       run->shown.T);

    const parameter *p = run->quiet->parameters + index;
    make_step(run, t);
    memcpy(values, run->state->training.sums.total + p->offset,
           p->count * sizeof *values);
    return ELMAN_OK;
}

/* ---- All of them -------------------------------------------------------- */

/* Forward and back once, for the whole gradient. */
static elman_status run_pass(contributions_run *run)
{
    const elman_model *m = run->quiet;
    elman_state *s = run->state;
    TRY(model_forward(m, s, run->batch, NULL));

    bool one = m->info.per_sequence;
    const elman_batch shape = {.T = one ? 1 : run->batch->T,
                               .B = run->batch->B,
                               .lengths = one ? NULL : run->batch->lengths};
    const loss_rows rows = {.shape = &shape,
                            .O = m->info.output_size,
                            .y = state_output(m, s),
                            .dy = state_output_gradient(m, s),
                            .batch_first = m->config.batch_first};
    double loss;
    TRY(loss_take(&run->loss, &rows, &run->target, &loss));
    TRY(model_backward(m, s, NULL, NULL));

    /* kept whole, for the share of each step in it */
    memcpy(run->gradient, gradients_join(s),
           m->weight_count * sizeof *run->gradient);
    for (size_t i = 0; i < run->shown.count; i++) {
        const parameter *p = m->parameters + i;
        run->parameters[i].norm =
            sqrt(s->full.k->sum_squares(p->count, run->gradient + p->offset));
    }
    run->ran = true;
    return ELMAN_OK;
}

elman_status contributions_step(elman_contributions *contributions)
{
    contributions_run *run = (contributions_run *)contributions;
    if (run->shown.done) return ELMAN_OK;
    if (!run->ran) return run_pass(run);

    measure_step(run, run->next++);
    run->shown.progress = (double)run->next / (double)run->shown.T;
    run->shown.done = run->next == run->shown.T;
    return ELMAN_OK;
}
