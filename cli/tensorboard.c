/*
 * tensorboard.c: see tensorboard.h. Pictures and histograms are of the batch
 * that the watch looks at, and come with its pulse.
 */
#include "tensorboard.h"
#include "png.h"
#include "run_journal.h"
#include "screen.h"
#include "watch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BINS = 64, FLOW_STEPS = 64, SAMPLE_LENGTH = 200, TAG = 160 };

/* Names and values of settings in a table of hyper-parameters: those that
 * people compare, and those that were asked for. */
static const char *const compared[] = {"cell",  "hidden", "layers",
                                       "batch", "seed",   "optimizer",
                                       "lr",    "epochs", "dropout"};

static bool is_compared(const training *run, const char *name)
{
    for (size_t n = 0; n < sizeof compared / sizeof *compared; n++)
        if (!strcmp(compared[n], name)) return true;
    return option_given(run->arguments, name);
}

/* The settings, as hyper-parameters and as a table in Markdown. */
static int write_settings(training *run)
{
    size_t count, kept = 0, size = 64;
    const elman_setting *settings =
        elman_journal_settings(run->journal, &count);
    for (size_t n = 0; n < count; n++)
        size += strlen(settings[n].name) + strlen(settings[n].value) + 8;

    /* all of them in the table, some of them beside other runs */
    event_parameter *list = calloc(count + 1, sizeof *list);
    char *table = calloc(size, 1), *end = table;
    bool fits = list && table;
    if (fits) end += sprintf(end, "| setting | value |\n|---|---|\n");
    for (size_t n = 0; n < count && fits; n++) {
        const elman_setting *one = &settings[n];
        end += sprintf(end, "| %s | %s |\n", one->name, one->value);
        if (is_compared(run, one->name))
            list[kept++] = (event_parameter){one->name, one->value};
    }

    if (fits) {
        events_begin_run(&run->board, run->model_path, list, kept);
        events_text(&run->board, 0, "settings", table);
    }
    free(list);
    free(table);
    return fits ? 0 : failed("out of memory");
}

int board_open(training *run)
{
    if (!run->values->tensorboard) return 0;
    int code = events_open(run->values->tensorboard, &run->board);
    return code ? code : write_settings(run);
}

/* ---- Numbers ------------------------------------------------------------- */

static void write_metrics(events *to, uint64_t step, const char *part,
                          const elman_metrics *metrics)
{
    const struct {
        const char *name;
        double value;
    } list[] = {{"loss", metrics->loss},
                {"accuracy", metrics->accuracy},
                {"balanced_accuracy", metrics->balanced_accuracy},
                {"macro_f1", metrics->macro_f1},
                {"bits", metrics->bits},
                {"perplexity", metrics->perplexity},
                {"mse", metrics->mse},
                {"mae", metrics->mae}};
    for (size_t n = 0; n < sizeof list / sizeof *list; n++) {
        char tag[TAG];
        snprintf(tag, sizeof tag, "%s/%s", part, list[n].name);
        events_number(to, step, tag, list[n].value);
    }
}

static void write_row(training *run, const elman_progress *progress,
                      const elman_journal_row *row)
{
    events *to = &run->board;
    uint64_t step = progress->step;
    const char *part = run->meter.validates ? "validation" : "train_since";
    write_metrics(to, step, part, &progress->validation);
    events_number(to, step, "epoch/train_loss", row->train_loss);
    events_number(to, step, "gradient/mean_norm", row->norm);
    events_number(to, step, "gradient/clipped", row->clipped);
    events_number(to, step, "gradient/horizon", row->horizon);
    events_number(to, step, "gates/saturation", row->saturation);
    events_number(to, step, "weights/update_ratio", row->update);
}

/* ---- Histograms ---------------------------------------------------------- */

/* Counts of equal parts between the smallest and the largest of values. */
static void write_values(events *to, uint64_t step, const char *tag,
                         const float *values, size_t count)
{
    double limits[BINS], counts[BINS] = {0};
    event_histogram h = {.least = INFINITY,
                         .most = -INFINITY,
                         .count = BINS,
                         .limits = limits,
                         .counts = counts};
    for (size_t n = 0; n < count; n++) {
        double value = values[n];
        if (!isfinite(value)) return;
        h.least = fmin(h.least, value);
        h.most = fmax(h.most, value);
        h.sum += value;
        h.sum_squares += value * value;
    }
    if (count == 0) return;

    /* equal parts; of equal values one, that is not empty */
    double span = h.most > h.least ? h.most - h.least : 1e-12;
    for (int n = 0; n < BINS; n++)
        limits[n] = n + 1 < BINS ? h.least + span * (n + 1) / (double)BINS
                                 : h.least + span;
    for (size_t n = 0; n < count; n++) {
        int bin = (int)((values[n] - h.least) / span * (double)BINS);
        counts[bin < BINS ? bin : BINS - 1]++;
    }
    events_histogram(to, step, tag, &h);
}

static size_t element_count(const elman_const_tensor *tensor)
{
    size_t count = 1;
    for (size_t n = 0; n < tensor->rank; n++)
        count *= tensor->shape[n];
    return count;
}

/* The gradient of each parameter in a training state. */
static void write_gradients(training *run, uint64_t step, elman_state *state)
{
    elman_const_tensor shape;
    const char *name;
    for (size_t n = 0; (name = elman_model_parameter(run->model, n, &shape));
         n++) {
        char view[TAG], tag[TAG];
        elman_tensor gradient;
        snprintf(view, sizeof view, "%s.grad", name);
        snprintf(tag, sizeof tag, "gradients/%s", name);
        if (elman_state_view(run->model, state, view, &gradient) == ELMAN_OK)
            write_values(&run->board, step, tag, gradient.data,
                         element_count(&shape));
    }
}

/* One pass over the batch as in training, with a state of its own. */
static void measure_gradients(training *run, uint64_t step)
{
    const watch *w = &run->watch;
    elman_state_config config = {.T = w->batch.T,
                                 .B = w->batch.B,
                                 .training = true,
                                 .threads = (int)run->values->threads,
                                 .seed = run->values->seed};
    elman_state *state = NULL;
    elman_batch batch = w->batch;
    batch.draw = step;

    /* forward, loss, backward, as the trainer does */
    double loss;
    bool ran =
        elman_state_create(run->model, &config, &state) == ELMAN_OK &&
        elman_model_forward(run->model, state, &batch, NULL) == ELMAN_OK &&
        elman_model_loss(run->model, state, &run->config.loss, &w->target,
                         &loss, NULL) == ELMAN_OK &&
        elman_model_backward(run->model, state, NULL, NULL) == ELMAN_OK;
    if (ran) write_gradients(run, step, state);
    elman_state_destroy(state);
}

/* A histogram of each gate, in the bins in which it was measured. */
static void write_gate(events *to, uint64_t step, const char *level,
                       const elman_gate *gate)
{
    double limits[ELMAN_GATE_BINS], counts[ELMAN_GATE_BINS];
    event_histogram h = {.least = gate->least,
                         .most = gate->most,
                         .count = ELMAN_GATE_BINS,
                         .limits = limits,
                         .counts = counts};
    double width = (gate->most - gate->least) / (double)ELMAN_GATE_BINS;
    if (!(width > 0)) return;

    /* sums as if every value were in the middle of its bin */
    for (int n = 0; n < ELMAN_GATE_BINS; n++) {
        double middle = gate->least + width * (n + 0.5);
        limits[n] = gate->least + width * (n + 1);
        counts[n] = (double)gate->histogram[n];
        h.sum += counts[n] * middle;
        h.sum_squares += counts[n] * middle * middle;
    }
    char tag[TAG];
    snprintf(tag, sizeof tag, "gates/%s/%s", level, gate->name);
    events_histogram(to, step, tag, &h);
}

static void measure_gates(training *run, uint64_t step)
{
    elman_gates *gates = NULL;
    if (elman_gates_begin(run->model, &run->watch.batch, &gates) != ELMAN_OK)
        return;
    bool fits = true;
    while (fits && !gates->done)
        fits = elman_gates_step(gates) == ELMAN_OK;
    for (size_t n = 0; fits && n < gates->count; n++) {
        const elman_gates_level *level = &gates->levels[n];
        for (size_t g = 0; g < level->gate_count; g++)
            write_gate(&run->board, step, level->name, &level->gates[g]);
    }
    elman_gates_end(gates);
}

/* ---- The flow as a picture ----------------------------------------------- */

/* A map (T,T) in colours, from a hundred-thousandth of the largest to it. */
static void write_map(training *run, uint64_t step, const char *level,
                      const float *map, size_t T)
{
    static const double DECADES = 5;
    unsigned char *pixels = calloc(T * T, 1);
    double most = 0;
    for (size_t n = 0; n < T * T; n++)
        most = fmax(most, (double)map[n]);
    for (size_t n = 0; pixels && n < T * T; n++) {
        double part = map[n] > 0 ? log10((double)map[n] / most) : -INFINITY;
        part = fmin(1, fmax(0, 1 + part / DECADES));
        pixels[n] = (unsigned char)(255 * part + 0.5);
    }

    /* as a picture, the first loss step on top */
    size_t bytes = 0;
    unsigned char *png = pixels ? png_make(pixels, T, T, &bytes) : NULL;
    char tag[TAG];
    snprintf(tag, sizeof tag, "flow/%s", level);
    if (png) events_image(&run->board, step, tag, T, T, png, bytes);
    free(png);
    free(pixels);
}

/* From each of the first steps of one sequence to each earlier one. */
static void measure_flow(training *run, uint64_t step)
{
    const elman_batch *all = &run->watch.batch;
    elman_batch batch = *all;
    size_t *lengths = calloc(batch.B, sizeof *lengths);
    if (!lengths) return;
    if (batch.T > FLOW_STEPS) batch.T = FLOW_STEPS;
    for (size_t b = 0; b < batch.B; b++) {
        lengths[b] = all->lengths ? all->lengths[b] : all->T;
        if (lengths[b] > batch.T) lengths[b] = batch.T;
    }
    batch.lengths = lengths;

    /* all levels at once */
    elman_flow *flow = NULL;
    elman_flow_config config = {.threads = (int)run->values->threads};
    bool fits =
        elman_flow_begin(run->model, &batch, &config, &flow) == ELMAN_OK;
    while (fits && !flow->done)
        fits = elman_flow_step(flow) == ELMAN_OK;
    for (size_t n = 0; fits && n < flow->count; n++)
        write_map(run, step, flow->levels[n].name, flow->levels[n].h, flow->T);
    elman_flow_end(flow);
    free(lengths);
}

/* ---- A sample of text ---------------------------------------------------- */

/* What the model writes behind the first token of the batch. */
static void write_sample(training *run, uint64_t step)
{
    const elman_encoding *encoding = elman_dataset_encoding(run->dataset);
    size_t V = encoding->vocabulary, used = 0, size = 0;
    for (size_t n = 0; n < V; n++)
        if (encoding->token_bytes[n] > size) size = encoding->token_bytes[n];
    const elman_sampler sampler = {1, 0, run->values->seed};
    elman_state_config config = {0};
    elman_state *state = NULL;
    float *logits = calloc(V, sizeof *logits);
    static const char fence[] = "```\n";
    char *text = calloc(size * SAMPLE_LENGTH + 16, 1);

    bool fits = logits && text &&
                elman_state_create(run->model, &config, &state) == ELMAN_OK;
    int32_t token = run->watch.batch.tokens[0];
    if (fits) used = (size_t)sprintf(text, "%s", fence);
    for (uint64_t draw = 0; fits && draw < SAMPLE_LENGTH; draw++) {
        fits =
            elman_model_step_tokens(run->model, state, &token, logits) ==
                ELMAN_OK &&
            elman_sampler_step(&sampler, draw, V, logits, &token) == ELMAN_OK;
        if (!fits) break;
        memcpy(text + used, encoding->tokens[token],
               encoding->token_bytes[token]);
        used += encoding->token_bytes[token];
    }

    /* a text of protobuf is UTF-8 without zeros */
    for (size_t n = 0; fits && n < used; n++)
        if (!text[n] || (encoding->unit == ELMAN_UNIT_BYTES &&
                         (unsigned char)text[n] > 127))
            text[n] = '?';
    if (fits) sprintf(text + used, "\n%s", fence);
    if (fits) events_text(&run->board, step, "sample", text);
    elman_state_destroy(state);
    free(logits);
    free(text);
}

/* ---- The run ------------------------------------------------------------- */

void board_step(training *run, const elman_progress *progress,
                const elman_journal_row *row)
{
    events *to = &run->board;
    uint64_t step = progress->step;
    if (!to->file || to->failed) return;
    if (row || step % run->values->metrics_every == 0) {
        events_number(to, step, "train/loss", progress->last.loss);
        events_number(to, step, "train/learning_rate", progress->learning_rate);
        events_number(to, step, "train/norm", progress->norm);
    }

    /* what an evaluation adds, and what a pulse does */
    if (row) write_row(run, progress, row);
    if (row && run->watch.due) {
        measure_gradients(run, step);
        measure_gates(run, step);
        measure_flow(run, step);
        if (elman_dataset_encoding(run->dataset)->task == ELMAN_TASK_LANGUAGE)
            write_sample(run, step);
    }
    if (row) events_flush(to);
    if (to->failed)
        note("cannot write to '%s' any more: %s; the run goes on without",
             printable(run->values->tensorboard), strerror(to->reason));
}

void board_close(training *run, bool finished)
{
    if (!run->board.file) return;
    bool was_failed = run->board.failed;
    if (finished) events_end_run(&run->board);
    if (!events_close(&run->board) && !was_failed)
        note("the last events could not be written to '%s': %s",
             printable(run->values->tensorboard), strerror(run->board.reason));
}
