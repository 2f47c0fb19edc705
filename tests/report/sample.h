/*
 * sample.h: inspections filled by hand, for the tests of the report page. The
 * numbers are made by short formulas, so that a test knows them.
 */
#ifndef TESTS_REPORT_SAMPLE_H
#define TESTS_REPORT_SAMPLE_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "data/dataset.h"
#include "learn/journal.h"
#include "model/model.h"

enum { SAMPLE_BLOCKS = 512 };

/* What a sample is made of, to be freed with it. */
typedef struct sample {
    elman_inspection of;
    elman_model *model;
    elman_dataset *dataset;
    elman_journal *journal;
    elman_batch batch;
    void *blocks[SAMPLE_BLOCKS];
    size_t block_count;
} sample;

static inline void *sample_take(sample *s, size_t count, size_t bytes)
{
    void *block = calloc(count ? count : 1, bytes);
    CHECK(block && s->block_count < SAMPLE_BLOCKS, "no memory");
    s->blocks[s->block_count++] = block;
    return block;
}

static inline void sample_free(sample *s)
{
    for (size_t i = 0; i < s->block_count; i++)
        free(s->blocks[i]);
    model_destroy(s->model);
    if (s->dataset) dataset_close(s->dataset);
    journal_destroy(s->journal);
}

static inline double *sample_numbers(sample *s, size_t count,
                                     double (*f)(double part))
{
    double *values = sample_take(s, count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = f((double)i / (double)(count > 1 ? count - 1 : 1));
    return values;
}

/* ---- Flow --------------------------------------------------------------- */

/* The norm in the map of path number k: what a test expects to read. */
static inline float sample_norm(size_t t, size_t s, size_t k)
{
    static const double rates[] = {0.955, 0.985, 0.98, 0.9};
    double lag = (double)(t - s);
    double wave = 1 + 0.5 * sin((double)s / 9.0) * cos((double)t / 23.0);
    return (float)(0.6 * pow(rates[k], lag) * wave);
}

static inline const float *sample_map(sample *s, size_t T, size_t k, bool last)
{
    float *norms = sample_take(s, T * T, sizeof *norms);
    for (size_t t = last ? T - 1 : 0; t < T; t++)
        for (size_t step = 0; step <= t; step++)
            norms[t * T + step] = sample_norm(t, step, k);
    return norms;
}

static inline elman_horizon sample_horizon(sample *s, size_t T, double rate)
{
    double *norms = sample_take(s, T, sizeof *norms);
    elman_horizon h = {.T = T,
                       .norms = norms,
                       .rate = rate,
                       .half = T,
                       .tenth = T,
                       .hundredth = T,
                       .verdict = rate < 0.97 ? ELMAN_VERDICT_VANISHING
                                              : ELMAN_VERDICT_STEADY};
    for (size_t i = T; i-- > 0;) {
        norms[i] = 0.6 * pow(rate, (double)i);
        if (norms[i] < norms[0]) norms[i] *= 1 + 0.1 * sin((double)i);
        if (norms[i] < 0.3) h.half = i;
        if (norms[i] < 0.06) h.tenth = i;
        if (norms[i] < 0.006) h.hundredth = i;
    }
    return h;
}

static inline void sample_flow(sample *s, size_t T, size_t H, size_t count,
                               bool cells, bool last)
{
    elman_flow *flow = sample_take(s, 1, sizeof *flow);
    elman_flow_level *levels = sample_take(s, count, sizeof *levels);
    for (size_t i = 0; i < count; i++) {
        elman_flow_level *l = &levels[i];
        snprintf(l->name, sizeof l->name, "layer%zu", i);
        l->level = i;
        l->H = H;
        l->h = sample_map(s, T, 0, last);
        l->horizon = sample_horizon(s, T, 0.955 - 0.03 * (double)i);
        if (!cells) continue;
        l->c = sample_map(s, T, 1, last);
        l->c_path = sample_map(s, T, 2, last);
        l->h_path = sample_map(s, T, 3, last);
        l->c_horizon = sample_horizon(s, T, 0.985 - 0.01 * (double)i);
    }
    *flow = (elman_flow){true, 1, T, count, levels};
    s->of.flow = flow;
}

static inline void sample_truncation(sample *s, size_t T)
{
    elman_truncation *t = sample_take(s, 1, sizeof *t);
    elman_truncation_window *w = sample_take(s, 16, sizeof *w);
    *t = (elman_truncation){.done = true, .windows = w, .enough = 32};
    for (size_t steps = 8; t->count < 16; steps *= 2) {
        if (steps > T) steps = T;
        w[t->count].steps = steps;
        w[t->count].cosine = steps == T ? 1 : 1 - 0.6 / (double)steps * 2;
        w[t->count++].ratio = steps == T ? 1 : 1 - 1.0 / sqrt((double)steps);
        if (steps == T) break;
    }
    s->of.truncation = t;
}

static inline void sample_contributions(sample *s, size_t T)
{
    static const char *const names[] = {"rnn.weight_ih_l0", "rnn.weight_hh_l0",
                                        "rnn.bias_ih_l0", "fc.weight"};
    elman_contributions *c = sample_take(s, 1, sizeof *c);
    elman_contribution *parameters = sample_take(s, 4, sizeof *parameters);
    for (size_t i = 0; i < 4; i++) {
        double *norms = sample_take(s, T, sizeof *norms);
        double *shares = sample_take(s, T, sizeof *shares);
        for (size_t t = 0; t < T; t++) {
            norms[t] = exp(-(double)(T - t) / (20.0 * (double)(i + 1)));
            shares[t] = (1 + 3 * sin((double)t / 5)) / (double)T;
        }
        parameters[i] = (elman_contribution){names[i], 1.0, norms, shares};
    }
    *c = (elman_contributions){true, 1, T, 4, parameters};
    s->of.contributions = c;
}

/* ---- Gates and units ---------------------------------------------------- */

static inline double sample_rise(double part) { return part * part; }
static inline double sample_fall(double part) { return 0.6 * (1 - part); }
static inline double sample_middle(double part) { return 0.5 + 0.1 * part; }
static inline double sample_steps(double part)
{
    return exp(6 * part * part) - 0.5;
}

static inline void sample_gates(sample *s, size_t H)
{
    static const char *const names[] = {"i", "f", "g", "o"};
    elman_gates *gates = sample_take(s, 1, sizeof *gates);
    elman_gates_level *level = sample_take(s, 1, sizeof *level);
    elman_gate *g = sample_take(s, 4, sizeof *g);
    bool *dead = sample_take(s, H, sizeof *dead);
    elman_unit_pair *pairs = sample_take(s, 1, sizeof *pairs);

    for (size_t i = 0; i < 4; i++) {
        g[i] = (elman_gate){.name = names[i],
                            .least = i == 2 ? -1 : 0,
                            .most = 1,
                            .low = 0.05 + 0.1 * (double)i,
                            .high = 0.2,
                            .mean = 0.4 + 0.1 * (double)i,
                            .unit_low = sample_numbers(s, H, sample_fall),
                            .unit_high = sample_numbers(s, H, sample_rise),
                            .unit_mean = sample_numbers(s, H, sample_middle)};
        for (size_t k = 0; k < ELMAN_GATE_BINS; k++) {
            double x = ((double)k - 12.0 - 7.0 * (double)i) / 9.0;
            g[i].histogram[k] = (uint64_t)(9000 * exp(-x * x)) +
                                (k == 39 || k == 0 ? 4000u : 300u);
        }
    }

    dead[3] = true;
    pairs[0] = (elman_unit_pair){1, 2, 0.9995};
    *level = (elman_gates_level){
        .H = H,
        .gate_count = 4,
        .gates = g,
        .unit_spread = sample_numbers(s, H, sample_middle),
        .dead = 1,
        .unit_dead = dead,
        .duplicates = 1,
        .pairs = pairs,
        .time_constant = sample_numbers(s, H, sample_steps),
        .time_share = {0.1, 0.24, 0.3, 0.16, 0.1, 0.06, 0.03, 0.01},
        .saturation = 0.31};
    strcpy(level->name, "layer0");
    *gates = (elman_gates){true, 1, 1, level};
    s->of.gates = gates;
}

/* The value of a unit at a step. */
static inline float sample_unit(size_t t, size_t unit)
{
    return (float)sin((double)t / (2.0 + (double)(unit % 17)) + (double)unit) *
           0.9f;
}

static inline void sample_units(sample *s, size_t T, size_t R)
{
    elman_units *units = sample_take(s, 1, sizeof *units);
    elman_units_level *level = sample_take(s, 1, sizeof *level);
    elman_unit_match *matches = sample_take(s, 2, sizeof *matches);
    float *h = sample_take(s, T * R, sizeof *h);
    for (size_t t = 0; t < T; t++)
        for (size_t i = 0; i < R; i++)
            h[t * R + i] = sample_unit(t, i);

    matches[0] = (elman_unit_match){"inside quotes", 0, 5, false, 0.91, 0.88};
    matches[1] =
        (elman_unit_match){"depth of brackets", 0, 9, false, 0.7, 0.62};
    *level = (elman_units_level){.R = R, .h = h};
    strcpy(level->name, "layer0");
    *units = (elman_units){true, 1, T, 0, 1, level, 2, matches};
    s->of.units = units;
}

/* ---- Attribution -------------------------------------------------------- */

static inline void sample_attribution(sample *s, size_t T, size_t I,
                                      size_t count, size_t outputs)
{
    const elman_attribution **list = sample_take(s, count, sizeof *list);
    size_t *sequences = sample_take(s, count, sizeof *sequences);
    for (size_t k = 0; k < count; k++) {
        elman_attribution *a = sample_take(s, 1, sizeof *a);
        double *values = sample_take(s, T * I, sizeof *values);
        double *steps = sample_take(s, T, sizeof *steps);
        for (size_t t = 0; t < T; t++)
            for (size_t i = 0; i < I; i++) {
                double back = (double)(T - 1 - t);
                values[t * I + i] = 2 * exp(-back / 12.0) *
                                    sin((double)(t + i + k) / 2.0) /
                                    (double)(i + 1);
                steps[t] += values[t * I + i];
            }
        *a = (elman_attribution){.done = true,
                                 .T = T,
                                 .I = I,
                                 .step = T - 1,
                                 .output = (k + 3) % outputs,
                                 .values = values,
                                 .steps = steps,
                                 .features = sample_take(s, I, sizeof(double)),
                                 .answer = 4.25 + (double)k,
                                 .baseline_answer = 0.5,
                                 .gap = 1.5e-3};
        list[k] = a;
    }
    s->of.samples = list;
    s->of.sample_sequences = sequences;
    s->of.sample_count = count;
}
#endif
