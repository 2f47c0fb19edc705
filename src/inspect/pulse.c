/*
 * pulse.c: one pass of a batch forward and backward. The gradient starts with
 * random signs where each sequence ends (flow_backward.c), and the norms of
 * what arrives at each h on the way are a horizon of each direction
 * (horizon.c); of all, the one that explodes most counts, else the one that
 * fades first. Saturation is that of struct elman_gates_level.
 *
 * Directions that read backward end at step 0, where the loss of a step that is
 * last in time is only their first: they count where nothing reads forward, or
 * where the model gives one vector per sequence, in a pass of their own.
 */
#include "inspect/pulse.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "inspect/flow_backward.h"
#include "inspect/flow_forward.h"
#include "inspect/gates_parts.h"
#include "inspect/horizon.h"

/* The gradient begins with this instead of 1, which is exact, so that it has
 * further to fall before its numbers lose their digits. */
static const float begin = 0x1p60f;

/* A pass that is looked at. */
typedef struct pulse_run {
    const elman_model *m; /* quiet */
    elman_state *s;
    bool backward; /* the gradient begins at step 0 */
    double *norms; /* (T) */
    elman_pulse *pulse;
} pulse_run;

/* Whether every direction reads backward. */
static bool reads_backward(const elman_model *m)
{
    for (size_t i = 0; i < m->layer_count; i++)
        if (m->layers[i].cell && !m->layers[i].config.reverse) return false;
    return true;
}

static void put_gradient(const pulse_run *run)
{
    const elman_model *m = run->m;
    const elman_state *s = run->s;
    size_t outputs = model_outputs(m), O = m->layers[m->layer_count - 1].O;
    size_t T = m->info.per_sequence ? 1 : s->full.T, B = s->full.B;
    float *dy = state_output_gradient(m, s);
    memset(dy, 0, T * B * O * sizeof *dy);

    random_key key = {.purpose = RANDOM_TEST};
    O /= outputs;
    for (size_t b = 0; b < B; b++) {
        size_t length = s->full.lengths[b];
        if (length == 0) continue;
        size_t t = m->info.per_sequence || run->backward ? 0 : length - 1;
        for (size_t j = 0; j < outputs * O; j++)
            dy[(j / O * T * B + t * B + b) * O + j % O] =
                random_uniform(key, j) < 0.5f ? -begin : begin;
    }
}

/* ---- Horizons ----------------------------------------------------------- */

/* The norms of a direction: of the gradient k steps before it ends, averaged
 * over the sequences that reach so far. */
static void read_norms(const pulse_run *run, const layer *l, const float *dh)
{
    const pass *p = &run->s->full;
    for (size_t k = 0; k < p->T; k++) {
        size_t sequences = 0;
        run->norms[k] = 0;
        for (size_t b = 0; b < p->B; b++) {
            if (k >= p->lengths[b]) continue;
            size_t row = (p->lengths[b] - 1 - k) * p->B + b;
            run->norms[k] += sqrt(p->k->sum_squares(l->R, dh + row * l->R));
            sequences++;
        }
        if (sequences) run->norms[k] /= (double)sequences * (double)begin;
    }
}

/* Whether a horizon says more than the pulse so far: one that explodes before
 * any other, then the shortest. */
static bool says_more(const elman_horizon *h, const elman_pulse *pulse)
{
    bool explodes = h->verdict == ELMAN_VERDICT_EXPLODING;
    if (pulse->verdict == ELMAN_VERDICT_UNKNOWN) return true;
    if (explodes != (pulse->verdict == ELMAN_VERDICT_EXPLODING))
        return explodes;
    if (explodes) return h->rate > pulse->rate;
    return (double)h->hundredth < pulse->horizon;
}

static void look_at_horizon(const pulse_run *run, const layer *l,
                            size_t direction)
{
    bool backward = direction == 1 || l->config.reverse;
    if (backward != run->backward) return;

    size_t i = (size_t)(l - run->m->layers);
    read_norms(run, l, run->s->layers[i].directions[direction].kept.dh);
    elman_horizon h = horizon_of(run->s->full.T, run->norms);
    if (h.verdict == ELMAN_VERDICT_UNKNOWN || !says_more(&h, run->pulse))
        return;

    run->pulse->horizon = (double)h.hundredth;
    run->pulse->rate = h.rate;
    run->pulse->verdict = h.verdict;
    run->pulse->level = l->level;
}

/* ---- Saturation --------------------------------------------------------- */

/* Adds the values of gate g at an end, and all of them. */
static void count_ends(const pulse_run *run, const layer *l, size_t g,
                       const float *gate, const double span[2], double *ends,
                       double *all)
{
    const pass *p = &run->s->full;
    double edge = GATE_EDGE * (span[1] - span[0]);
    double low = span[0] + edge, high = span[1] - edge;
    size_t count = 0, finite = 0;

    for (size_t r = 0; r < p->row_count; r++) {
        const float *row = gate + p->rows[r] * l->G + g * l->H;
        for (size_t j = 0; j < l->H; j++) {
            double value = (double)row[j];
            count += value < low || (value > high && value < INFINITY);
            finite += isfinite(value) ? 1 : 0;
        }
    }
    *ends += (double)count;
    *all += (double)finite;
}

static void look_at_gates(const pulse_run *run, const layer *l,
                          size_t direction)
{
    size_t i = (size_t)(l - run->m->layers);
    const float *gate = run->s->layers[i].directions[direction].gate;
    double ends = 0, all = 0, span[2];
    for (size_t g = 0; g < l->cell->gate_count; g++)
        if (gates_range(l, direction, g, span))
            count_ends(run, l, g, gate, span, &ends, &all);

    double share = all > 0 ? ends / all : 0;
    if (share <= run->pulse->saturation) return;
    run->pulse->saturation = share;
    run->pulse->saturated_level = l->level;
}

/* ---- The pass ----------------------------------------------------------- */

static bool any_reverse(const elman_model *m)
{
    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        if (l->cell && (l->D == 2 || l->config.reverse)) return true;
    }
    return false;
}

/* From one end, through the directions that end there. */
static elman_status go_back(pulse_run *run)
{
    const elman_model *m = run->m;
    gradients_zero(run->s);
    put_gradient(run);
    TRY(flow_backward(m, run->s, run->backward));
    for (size_t i = 0; i < m->layer_count; i++)
        for (size_t d = 0; m->layers[i].cell && d < m->layers[i].D; d++)
            look_at_horizon(run, m->layers + i, d);
    return ELMAN_OK;
}

static elman_status run_pass(pulse_run *run, const elman_batch *batch)
{
    const elman_model *m = run->m;
    TRY(model_forward(m, run->s, batch, NULL));
    TRY(go_back(run));
    if (m->info.per_sequence && any_reverse(m)) {
        run->backward = true;
        TRY(go_back(run));
    }

    for (size_t i = 0; i < m->layer_count; i++)
        for (size_t d = 0; m->layers[i].cell && d < m->layers[i].D; d++)
            look_at_gates(run, m->layers + i, d);
    return ELMAN_OK;
}

elman_status pulse_read(const elman_model *model, const elman_batch *batch,
                        int threads, elman_pulse *pulse)
{
    if (!model->info.level_count)
        return failure(ELMAN_BAD_VALUE,
                       "the model has no recurrent layer, so it has no pulse");
    TRY(flow_check_batch(model, batch));

    elman_model *quiet = NULL;
    elman_state *state = NULL;
    const elman_state_config config = {.T = batch->T,
                                       .B = batch->B,
                                       .training = true,
                                       .keep_gradients = true,
                                       .passes = 1,
                                       .threads = threads};
    elman_status status = quiet_create(model, &quiet);
    if (!status) status = state_create(quiet, &config, &state);

    double *norms = calloc(batch->T, sizeof *norms);
    if (!status && !norms)
        status = failure(ELMAN_NO_MEMORY, "no memory for %zu steps", batch->T);

    /* what is not known stays so, and a failure writes nothing */
    elman_pulse read = {.horizon = NAN, .rate = NAN};
    pulse_run run = {.m = quiet, .s = state, .norms = norms, .pulse = &read};
    if (!status) {
        run.backward = !quiet->info.per_sequence && reads_backward(quiet);
        status = run_pass(&run, batch);
    }
    if (!status) *pulse = read;

    free(norms);
    state_destroy(state);
    quiet_destroy(quiet);
    return status;
}
