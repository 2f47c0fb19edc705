/*
 * watch.c: see watch.h.
 */
#include "watch.h"
#include "screen.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a batch: what is enough to see how far a gradient reaches. */
enum { MOST_SEQUENCES = 8, MOST_STEPS = 256, TEXT_STEPS = 128 };

/* The share of the work of training that a pulse may take, counted in steps of
 * sequences; a small batch takes up to three times as long for each. */
static const double SHARE = 0.01;

/* Pulses in a row that must agree, and evaluations at the beginning whose norms
 * others are held against. */
enum { AGREEING = 3, FIRST_ROWS = 3 };

/* ---- The batch ----------------------------------------------------------- */

/* Steps of sequences between two evaluations, at most: what is padded counts
 * like the rest. */
static double work_between(const train_values *values,
                           const elman_dataset *dataset,
                           const elman_progress *progress)
{
    size_t longest = elman_dataset_longest(dataset);
    double window = (double)(values->k1 ? values->k1 : longest), passes = 1;
    if (values->task == ELMAN_TASK_LANGUAGE) {
        if (!values->k1) window = 64;
    } else if (values->k1 && longest > values->k1)
        passes = ceil((double)longest / (double)values->k1);

    double updates = values->evaluate_every
                         ? (double)values->evaluate_every
                         : (double)progress->batches * passes;
    return updates * (double)values->batch * window;
}

/* Cuts the batch of the loader to its first steps. */
static int cut_batch(watch *w)
{
    elman_batch *batch = &w->batch;
    size_t T = batch->T;
    if (T > MOST_STEPS) T = MOST_STEPS;
    if (T == batch->T) return 0;

    w->lengths = calloc(batch->B, sizeof *w->lengths);
    if (!w->lengths) return failed("out of memory");
    for (size_t b = 0; b < batch->B; b++) {
        size_t length = batch->lengths ? batch->lengths[b] : batch->T;
        w->lengths[b] = length < T ? length : T;
    }
    batch->lengths = w->lengths;
    batch->T = T;
    return 0;
}

/* Rows (T,B) of so many bytes as rows (B,T), in memory of the watch; NULL stays
 * what it is. False without memory. */
static bool turn_rows(watch *w, size_t bytes, const void **rows)
{
    const size_t T = w->batch.T, B = w->batch.B;
    const char *from = *rows;
    if (!from) return true;

    char *to = calloc(T * B + 1, bytes);
    if (!to) return false;
    for (size_t t = 0; t < T; t++)
        for (size_t b = 0; b < B; b++)
            memcpy(to + (b * T + t) * bytes, from + (t * B + b) * bytes, bytes);

    size_t n = 0;
    while (w->turned[n])
        n++;
    *rows = w->turned[n] = to;
    return true;
}

/* Turns the loader's batch, which is time first, for a model that is not. */
static int turn_batch(watch *w)
{
    if (!elman_model_config(w->model)->batch_first) return 0;
    const elman_model_info size = elman_model_read_info(w->model);
    elman_batch *batch = &w->batch;
    elman_target *target = &w->target;
    const void *x = batch->x, *tokens = batch->tokens;
    const void *classes = target->classes, *values = target->values;

    bool fits = turn_rows(w, size.input_size * sizeof *batch->x, &x) &&
                turn_rows(w, sizeof *batch->tokens, &tokens);
    if (fits && !size.per_sequence)
        fits = turn_rows(w, sizeof *target->classes, &classes) &&
               turn_rows(w, size.output_size * sizeof *target->values, &values);
    if (!fits) return failed("out of memory");

    batch->x = x;
    batch->tokens = tokens;
    target->classes = classes;
    target->values = values;
    return 0;
}

/* As many sequences as a pulse at every evaluation may have, at least two if
 * there are so many: of one alone the answer is mostly chance. */
static size_t choose_width(const elman_dataset *dataset, elman_part part,
                           double steps, double budget)
{
    size_t most = elman_dataset_size(dataset, part), width = MOST_SEQUENCES;
    while (width > 2 && (double)width * steps > budget)
        width /= 2;
    while (width > 1 && width > most)
        width /= 2;
    return width;
}

int watch_open(const parsed_line *arguments, const elman_dataset *dataset,
               const elman_model *model, const elman_trainer *trainer, watch *w)
{
    const train_values *values = arguments->values;
    *w = (watch){.arguments = arguments,
                 .model = model,
                 .evaluate_every = values->evaluate_every,
                 .every = 1};

    /* what it may cost, and a batch that costs no more */
    bool held = elman_dataset_size(dataset, ELMAN_PART_VALIDATION) > 0;
    elman_part part = held ? ELMAN_PART_VALIDATION : ELMAN_PART_TRAIN;
    size_t longest = elman_dataset_longest(dataset);
    if (longest == 0) longest = TEXT_STEPS;
    double steps = (double)(longest < MOST_STEPS ? longest : MOST_STEPS);
    double budget =
        SHARE * work_between(values, dataset, elman_trainer_progress(trainer));
    elman_loader_config config = {
        .part = part,
        .batch_size = choose_width(dataset, part, steps, budget),
        .steps = TEXT_STEPS};

    if (elman_loader_create(dataset, &config, &w->loader) != ELMAN_OK ||
        elman_loader_read(w->loader, &w->batch, &w->target) != ELMAN_OK)
        return library_failed();
    if (w->batch.B == 0) {
        watch_close(w);
        return 0;
    }

    int code = cut_batch(w);
    if (!code) code = turn_batch(w);
    double cost = (double)w->batch.B * (double)w->batch.T;
    if (budget > 0 && cost > budget) w->every = (uint64_t)ceil(cost / budget);
    return code;
}

void watch_close(watch *w)
{
    elman_loader_destroy(w->loader);
    free(w->lengths);
    for (size_t n = 0; n < sizeof w->turned / sizeof *w->turned; n++)
        free(w->turned[n]);
    w->loader = NULL;
    w->lengths = NULL;
    memset(w->turned, 0, sizeof w->turned);
}

/* ---- The pulse ----------------------------------------------------------- */

size_t watch_bytes(const watch *w)
{
    const train_values *values = w->loader ? w->arguments->values : NULL;
    int threads = values ? (int)values->threads : 1;
    const elman_state_config config = {.T = w->batch.T,
                                       .B = w->batch.B,
                                       .training = true,
                                       .keep_gradients = true,
                                       .passes = 1,
                                       .threads = threads};
    return w->loader ? elman_state_size(w->model, &config) : 0;
}

/* The number of this evaluation in the run, from 0. */
static uint64_t evaluation_number(const watch *w,
                                  const elman_progress *progress)
{
    if (w->evaluate_every) return progress->step / w->evaluate_every - 1;
    return progress->epoch - 1;
}

void watch_measure(watch *w, const elman_progress *progress,
                   elman_journal_row *row)
{
    const train_values *values = w->arguments->values;
    elman_pulse pulse;
    w->due = w->loader && evaluation_number(w, progress) % w->every == 0;
    w->measured =
        w->due && elman_pulse_read(w->model, &w->batch, (int)values->threads,
                                   &pulse) == ELMAN_OK;
    if (!w->measured) return;

    w->verdict = pulse.verdict;
    row->horizon = pulse.horizon;
    row->rate = pulse.rate;
    row->saturation = pulse.saturation;
}

/* ---- Warnings ------------------------------------------------------------ */

/* Up to so many steps is as good as none, if there are so many times as many to
 * go back. Networks that learned texts, forecasts and classes with the defaults
 * reached 5 steps and more even in their first epochs. */
static const double SHORT_HORIZON = 3, FURTHER = 5;

/* A gradient that is ten times what it was and still grows (the library's
 * verdict), by so much at each step back; or whose norm is so many times the
 * largest of the first evaluations, or 1: that of scaled values and of classes
 * is seldom more. */
static const double GROWTH = 1.05, LEAP = 100;

/* A level most of whose gates say 0 or 1 hardly learns; those of healthy
 * networks for texts do in up to 45 % of all cases, others in far fewer. */
static const double SATURATED = 0.75;

const char *warning_word(warning kind)
{
    static const char *const words[] = {"saturated", "exploding", "exploding",
                                        "vanishing"};
    return words[kind];
}

/* Three digits of a number that may be large. */
static const char *short_number(double number)
{
    return number < 10000 ? significant(number, 3) : with_unit(number);
}

/* Whether the model has an option that would help and was not given. */
static bool is_open(const watch *w, const char *name)
{
    const option_row *row =
        option_named(w->arguments->command, name, strlen(name));
    return row && option_applies(w->arguments, row) &&
           !option_given(w->arguments, name);
}

static const char *longer_memory(const watch *w)
{
    if (is_open(w, "chrono"))
        return "--chrono STEPS begins with gates that keep for so long";
    if (is_open(w, "forget-bias"))
        return "--forget-bias 1 begins with gates that keep";
    if (is_open(w, "init-hidden"))
        return "--init-hidden orthogonal begins with one that neither shrinks "
               "nor grows, and --cell lstm has gates that keep";
    return "--cell lstm has gates that keep";
}

static void warn_of_vanishing(const watch *w, const elman_journal_row *row,
                              char *text, size_t size)
{
    snprintf(text, size,
             "the gradient vanishes: 1 %% of it is left after %.0f of %zu "
             "steps, so what came before is hardly learned; %s",
             row->horizon, w->batch.T, longer_memory(w));
}

static void warn_of_explosion(const watch *w, const elman_journal_row *row,
                              char *text, size_t size)
{
    const train_values *values = w->arguments->values;
    bool grows = row->rate > GROWTH;
    char what[80];
    if (grows)
        snprintf(what, sizeof what, "it grows by x%s at each step back",
                 significant(row->rate, 3));
    else snprintf(what, sizeof what, "its norm is %s", short_number(row->norm));

    /* what helps depends on whether steps are bounded already */
    char advice[120];
    if (values->clip_norm == 0)
        snprintf(advice, sizeof advice,
                 "--clip-norm 1 bounds what one step can do");
    else if (is_open(w, "init-hidden"))
        snprintf(advice, sizeof advice,
                 "clipping leaves only its direction, and --init-hidden "
                 "orthogonal begins with one that does not grow");
    else
        snprintf(advice, sizeof advice,
                 "clipping leaves only its direction; try a smaller --lr "
                 "than %s",
                 significant(row->learning_rate, 3));
    snprintf(text, size, "the gradient explodes: %s; %s", what, advice);
}

static void warn_of_saturation(const watch *w, const elman_journal_row *row,
                               char *text, size_t size)
{
    (void)w;
    snprintf(text, size,
             "gates are saturated: %.0f %% of their values are at an end, "
             "where they pass no gradient; try a smaller --lr than %s, a "
             "larger --weight-decay, and inputs that are scaled",
             100 * row->saturation, significant(row->learning_rate, 3));
}

/* Whether an evaluation gives a reason. */
static bool has_reason(const watch *w, warning kind,
                       const elman_journal_row *row)
{
    const train_values *values = w->arguments->values;
    double far = FURTHER * row->horizon;
    double level = values->no_scaling ? w->first_norm : fmin(1, w->first_norm);
    switch (kind) {
    case WARNING_SATURATED:
        return row->saturation > SATURATED;
    case WARNING_EXPLODING:
        return row->rate > GROWTH && w->verdict == ELMAN_VERDICT_EXPLODING;
    case WARNING_LARGE:
        return w->rows >= FIRST_ROWS && row->norm > LEAP * level;
    default: /* saturated gates are the reason, and a sentence of their own */
        return row->horizon <= SHORT_HORIZON && (double)w->batch.T >= far &&
               row->saturation <= SATURATED;
    }
}

/* Whether a kind is to be said: it has gone on for a while, and was not said
 * before. A gradient explodes only once, however it shows. */
static bool is_due(watch *w, warning kind, const elman_journal_row *row)
{
    bool counts = w->measured || kind == WARNING_LARGE;
    if (counts)
        w->seen[kind] = has_reason(w, kind, row) ? w->seen[kind] + 1 : 0;
    if (w->said[kind] || w->seen[kind] < AGREEING) return false;

    w->said[kind] = true;
    if (kind == WARNING_LARGE) w->said[WARNING_EXPLODING] = true;
    if (kind == WARNING_EXPLODING) w->said[WARNING_LARGE] = true;
    return true;
}

const char *watch_warn(watch *w, const elman_journal_row *row, warning *kind)
{
    static char text[400];
    static void (*const sentences[])(const watch *, const elman_journal_row *,
                                     char *, size_t) = {
        [WARNING_SATURATED] = warn_of_saturation,
        [WARNING_EXPLODING] = warn_of_explosion,
        [WARNING_LARGE] = warn_of_explosion,
        [WARNING_VANISHING] = warn_of_vanishing};

    /* one at a time: another waits for the next evaluation */
    const char *said = NULL;
    for (int k = 0; k < WARNING_COUNT && !said; k++) {
        if (!is_due(w, (warning)k, row)) continue;
        *kind = (warning)k;
        sentences[k](w, row, text, sizeof text);
        said = text;
    }

    if (w->rows++ < FIRST_ROWS) w->first_norm = fmax(w->first_norm, row->norm);
    return said;
}
