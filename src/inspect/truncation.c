/*
 * truncation.c: what a shorter window would lose. With D[t][s] the gradient of
 * loss t at the sums of step s,
 *
 *   dW(w) = sum over t, and over s less than w steps from t, of D[t][s] h[s-1]
 *
 * which is what backward gives if it is cut off after w steps of every loss
 * (Williams & Peng 1990), exactly: windows of training share a cut and so are a
 * little worse for most losses. flow_rows.c gives D for all t. It is summed
 * over t by the distance from t to s, in as many parts as there are windows,
 * and each part is one product with h; a window is the sum of the first parts.
 *
 * Of a cell without a recurrent weight the input's is looked at. In a level
 * that two directions feed, a path to a near step may lead through far ones:
 * it counts, as distance is all that is asked.
 */
#include "inspect/truncation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/real.h"
#include "inspect/flow_rows.h"

enum { FIRST_WINDOW = 8, WINDOWS_MOST = 64 };

/* The cosine that is enough: the loss then falls at 0.95 of the rate of the
 * exact direction, which noise of batches hides. */
#define ENOUGH 0.95

/* One direction's part of the gradient. */
typedef struct direction_sums {
    size_t layer, direction, G, K;
    size_t n;     /* floats of its weight */
    float *sums;  /* (count,T,G) by distance, of the sequence at hand */
    float *parts; /* (count,n) by distance, of all sequences */
} direction_sums;

typedef struct truncation_run {
    elman_truncation shown;
    const elman_model *model;
    const elman_batch *batch;
    elman_target target;
    elman_loss_config loss;
    size_t longest;
    elman_truncation_window windows[WINDOWS_MOST];
    size_t direction_count;
    direction_sums *directions;
    const float **rows;    /* (2,longest) pointers */
    flow_forward *forward; /* of the sequence at hand, or NULL */
    flow_rows *flow;       /* NULL when its rows are through */
    size_t sequence;
    size_t product; /* of a direction and a part */
} truncation_run;

/* ---- Life --------------------------------------------------------------- */

static void list_windows(truncation_run *run)
{
    size_t count = 0;
    for (size_t w = FIRST_WINDOW; w < run->longest && count < WINDOWS_MOST - 1;
         w *= 2)
        run->windows[count++].steps = w;
    run->windows[count++].steps = run->longest;
    run->shown.count = count;
    run->shown.windows = run->windows;
}

static elman_status create_direction(truncation_run *run, const layer *l,
                                     direction_sums *sums)
{
    size_t windows = run->shown.count, bytes, more;
    bool vector = l->cell->recurrence == ELMAN_RECURRENCE_VECTOR;
    bool none = l->cell->recurrence == ELMAN_RECURRENCE_NONE;
    sums->G = l->G;
    sums->K = vector ? 1 : none ? l->I : l->R;
    sums->n = sums->G * sums->K;

    if (sizes_multiply(windows * run->longest, sums->G, sizeof(float), &bytes))
        sums->sums = block_create(bytes);
    if (sizes_multiply(windows, sums->n, sizeof(float), &more))
        sums->parts = block_create(more);
    if (sums->sums && sums->parts) return ELMAN_OK;
    return failure(ELMAN_NO_MEMORY,
                   "no memory for the gradients of %zu windows of up to %zu "
                   "steps",
                   windows, run->longest);
}

static elman_status create(truncation_run *run)
{
    const elman_model *m = run->model;
    TRY(flow_check_batch(m, run->batch));
    for (size_t b = 0; b < run->batch->B; b++)
        if (flow_length(run->batch, b) > run->longest)
            run->longest = flow_length(run->batch, b);
    if (!m->info.level_count)
        return failure(ELMAN_BAD_VALUE,
                       "the model has no recurrent layer, so no gradient of it "
                       "is cut off");
    if (!run->longest)
        return failure(ELMAN_BAD_VALUE, "no sequence of the batch has a step");
    list_windows(run);

    for (size_t i = 0; i < m->layer_count; i++)
        if (m->layers[i].cell) run->direction_count += m->layers[i].D;
    run->directions = calloc(run->direction_count, sizeof *run->directions);
    run->rows = calloc(2 * run->longest, sizeof *run->rows);
    if (!run->directions || !run->rows)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu steps",
                       run->longest);

    /* a sum for each direction of each recurrent layer */
    direction_sums *next = run->directions;
    for (size_t i = 0; i < m->layer_count; i++)
        for (size_t d = 0; m->layers[i].cell && d < m->layers[i].D; d++) {
            next->layer = i;
            next->direction = d;
            TRY(create_direction(run, m->layers + i, next++));
        }
    return ELMAN_OK;
}

elman_status truncation_begin(const elman_model *model,
                              const elman_batch *batch,
                              const elman_target *target,
                              const elman_loss_config *loss,
                              elman_truncation **truncation)
{
    truncation_run *run = calloc(1, sizeof *run);
    if (!run) return failure(ELMAN_NO_MEMORY, "no memory for a measurement");

    run->model = model;
    run->batch = batch;
    run->target = *target;
    run->loss = *loss;
    elman_status status = create(run);
    if (status) truncation_end(&run->shown);
    else *truncation = &run->shown;
    return status;
}

static void end_sequence(truncation_run *run)
{
    flow_rows_destroy(run->flow);
    flow_forward_destroy(run->forward);
    run->flow = NULL;
    run->forward = NULL;
}

void truncation_end(elman_truncation *truncation)
{
    truncation_run *run = (truncation_run *)truncation;
    if (!run) return;
    end_sequence(run);
    for (size_t i = 0; run->directions && i < run->direction_count; i++) {
        block_destroy(run->directions[i].sums);
        block_destroy(run->directions[i].parts);
    }
    free(run->directions);
    free(run->rows);
    free(run);
}

/* ---- Sums by distance --------------------------------------------------- */

/* The part of a step so far from its loss: the first window that has it. */
static size_t part_of(const truncation_run *run, size_t distance)
{
    size_t part = 0;
    while (distance >= run->windows[part].steps)
        part++;
    return part;
}

/* How far a step is from its loss. The one loss of a sequence is where the
 * direction ends. */
static size_t distance_of(const flow_visit *v, size_t m)
{
    if (v->forward->spread) return v->forward->T - 1 - v->entry;
    return v->t[m] > v->step ? v->t[m] - v->step : v->step - v->t[m];
}

/* Adds the gradients at the sums of some rows. */
static void leave(void *context, const flow_visit *v)
{
    const truncation_run *run = context;
    const direction_sums *to = run->directions + v->index;
    const kernels *k = v->forward->state->full.k;
    const cell_kind *cell = v->l->cell;
    size_t G = to->G, split = cell->split * v->l->H;

    for (size_t m = 0; m < v->M; m++) {
        size_t part = part_of(run, distance_of(v, m));
        float *sum = to->sums + (part * run->longest + v->entry) * G;

        /* what a weight's gradient is made of: see struct cell_kind */
        if (!cell->dsaved_is_gradient) {
            k->add(G, v->da[m], sum);
            continue;
        }
        k->add(split, v->da[m], sum);
        k->add(G - split, v->dsaved[m], sum + split);
    }
}

/* ---- Products ----------------------------------------------------------- */

/* What the weight was multiplied by at each entry, for its rows from split on
 * or before. */
static void point(const truncation_run *run, const direction_sums *to,
                  bool rest, const float **in)
{
    const flow_forward *f = run->forward;
    const layer *l = f->quiet->layers + to->layer;
    const layer_state *s = f->state->layers + to->layer;
    const direction_state *d = s->directions + to->direction;
    const float *x = to->layer ? s[-1].y : f->state->x;

    for (size_t e = 0; e < f->T; e++) {
        size_t step = walk_row(l, &f->state->full, to->direction, e, 0);
        if (l->cell->recurrence == ELMAN_RECURRENCE_NONE)
            in[e] = x + step * l->I;
        else if (rest && l->cell->saved_is_input) in[e] = d->saved + e * l->H;
        else in[e] = d->h + e * l->R;
    }
}

/* Adds one part of one direction of the sequence at hand. */
static void add_product(const truncation_run *run, const direction_sums *to,
                        size_t part)
{
    const flow_forward *f = run->forward;
    const layer *l = f->quiet->layers + to->layer;
    const kernels *k = f->state->full.k;
    size_t T = f->T, G = to->G, K = to->K;
    const float **d = run->rows, **in = run->rows + run->longest;
    float *sum = to->parts + part * to->n;

    for (size_t e = 0; e < T; e++)
        d[e] = to->sums + (part * run->longest + e) * G;
    point(run, to, false, in);
    if (l->cell->recurrence == ELMAN_RECURRENCE_VECTOR) {
        for (size_t e = 0; e < T; e++)
            k->multiply_add(G, d[e], in[e], sum);
        return;
    }

    /* the gates behind the split read another h, as GRU's candidate does */
    bool matrix = l->cell->recurrence == ELMAN_RECURRENCE_MATRIX;
    size_t split = matrix ? l->cell->split * l->H : G;
    kernels_train(k)->outer(&(outer_product){d, in, 0, split, 0, K}, 1,
                            (size_t[]){0, T}, &(leaf_sum){.to = sum, .row = K});
    if (split == G) return;
    point(run, to, true, in);
    kernels_train(k)->outer(&(outer_product){d, in, split, G, 0, K}, 1,
                            (size_t[]){0, T},
                            &(leaf_sum){.to = sum + split * K, .row = K});
}

/* ---- Windows ------------------------------------------------------------ */

/* The products of the parts with each other, over all directions. */
static void multiply_parts(const truncation_run *run,
                           double products[WINDOWS_MOST][WINDOWS_MOST])
{
    const kernels *k = kernels_here();
    for (size_t i = 0; i < run->shown.count; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = 0;
            for (size_t d = 0; d < run->direction_count; d++) {
                const direction_sums *at = run->directions + d;
                sum +=
                    k->dot(at->n, at->parts + i * at->n, at->parts + j * at->n);
            }
            products[i][j] = products[j][i] = sum;
        }
}

static void finish(truncation_run *run)
{
    double products[WINDOWS_MOST][WINDOWS_MOST];
    size_t count = run->shown.count;
    multiply_parts(run, products);

    /* squares of each window's gradient, and its product with the last */
    double squares[WINDOWS_MOST] = {0}, with_all[WINDOWS_MOST] = {0};
    for (size_t w = 0; w < count; w++)
        for (size_t i = 0; i <= w; i++) {
            for (size_t j = 0; j <= w; j++)
                squares[w] += products[i][j];
            for (size_t j = 0; j < count; j++)
                with_all[w] += products[i][j];
        }

    double all = squares[count - 1];
    for (size_t w = 0; w < count; w++) {
        elman_truncation_window *window = run->windows + w;
        double cosine = with_all[w] / (sqrt(squares[w]) * sqrt(all));
        window->cosine = squares[w] > 0 ? real_min(cosine, 1)
                         : all > 0      ? 0
                                        : NAN;
        window->ratio = all > 0 ? sqrt(squares[w] / all) : NAN;
    }
    run->windows[count - 1].cosine = all > 0 ? 1 : NAN;

    size_t enough = count - 1;
    while (enough > 0 && run->windows[enough - 1].cosine > ENOUGH)
        enough--;
    run->shown.enough = run->windows[enough].steps;
    run->shown.done = true;
    run->shown.progress = 1;
}

/* ---- Steps -------------------------------------------------------------- */

static elman_status begin_sequence(truncation_run *run)
{
    const elman_flow_config config = {.sequence = run->sequence,
                                      .source = ELMAN_FLOW_LOSS,
                                      .target = &run->target,
                                      .loss = &run->loss};
    const flow_sink sink = {.context = run, .leave = leave};
    TRY(flow_forward_create(run->model, run->batch, run->sequence, false, 0,
                            &run->forward));
    TRY(flow_rows_create(run->forward, 0, &sink, &run->flow));

    for (size_t i = 0; i < run->direction_count; i++) {
        const direction_sums *to = run->directions + i;
        size_t n = run->shown.count * run->longest * to->G;
        memset(to->sums, 0, n * sizeof *to->sums);
    }
    run->product = 0;
    return flow_forward_run(run->forward, &config);
}

static void report_progress(truncation_run *run)
{
    double part = run->flow ? 0.9 * flow_rows_progress(run->flow) : 0.95;
    run->shown.progress =
        ((double)run->sequence + part) / (double)run->batch->B;
}

elman_status truncation_step(elman_truncation *truncation)
{
    truncation_run *run = (truncation_run *)truncation;
    if (run->shown.done) return ELMAN_OK;

    /* sequences without steps have no gradient */
    while (run->sequence < run->batch->B &&
           !flow_length(run->batch, run->sequence))
        run->sequence++;
    if (run->sequence == run->batch->B) {
        finish(run);
        return ELMAN_OK;
    }

    size_t windows = run->shown.count;
    if (!run->forward) TRY(begin_sequence(run));
    else if (run->flow) {
        if (!flow_rows_step(run->flow)) {
            flow_rows_destroy(run->flow);
            run->flow = NULL;
        }
    } else if (run->product < run->direction_count * windows) {
        add_product(run, run->directions + run->product / windows,
                    run->product % windows);
        run->product++;
    } else {
        end_sequence(run);
        run->sequence++;
    }
    if (run->sequence < run->batch->B && run->forward) report_progress(run);
    return ELMAN_OK;
}
