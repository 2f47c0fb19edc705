/*
 * predict.c: `elman predict`: what a model says about new data, from a file or
 * line by line from a pipe.
 */
#include "predict.h"
#include "commands.h"
#include "screen.h"

#include <stdlib.h>
#include <string.h>

typedef struct predict_values {
    const char *output;
    bool probabilities, scaled, stream;
    uint64_t threads;
} predict_values;

#define AT(field) offsetof(predict_values, field)

static const option_row options[] = {
    {.name = "probabilities",
     .letter = 'p',
     .type = OPTION_FLAG,
     .field = AT(probabilities),
     .common = true,
     .help = "classes: show the probability of every class, not only the "
             "likeliest"},
    {.name = "scaled",
     .type = OPTION_FLAG,
     .field = AT(scaled),
     .help = "values: as the model gives them, not in the units of the data"},
    {.name = "stream",
     .type = OPTION_FLAG,
     .field = AT(stream),
     .common = true,
     .help = "tables: carry the state from row to row instead of reading each "
             "window anew"},
    {.name = "output",
     .letter = 'o',
     .type = OPTION_TEXT,
     .value = "FILE",
     .field = AT(output),
     .fallback = "(as text on standard output)",
     .common = true,
     .help = "arrays: write the predictions as .npy, (N,O) or (N,T,O)"},
    {.name = "threads",
     .letter = 't',
     .type = OPTION_COUNT,
     .value = "N|all",
     .field = AT(threads),
     .fallback = "1",
     .range = {1, MOST_THREADS},
     .common = true,
     .help = "number of threads"},
    {0},
};

int predictor_reserve(predictor *run, size_t T, size_t B)
{
    if (run->state && T <= run->T && B <= run->B) {
        elman_state_reset(run->net->model, run->state);
        return 0;
    }

    /* lines grow longer little by little: with twice the room this is rare */
    size_t room = run->state ? 2 * T : T;
    const elman_state_config config = {
        .T = room, .B = B, .threads = run->threads};
    size_t inputs = run->net->size.input_size + 1;
    predictor_close(run);

    if (elman_state_create(run->net->model, &config, &run->state) != ELMAN_OK)
        return library_failed();
    run->x = calloc(room * B, inputs * sizeof *run->x);
    run->y = calloc(room * B, run->net->size.output_size * sizeof *run->y);
    if (!run->x || !run->y) return failed("out of memory");

    run->T = room;
    run->B = B;
    return 0;
}

void predictor_close(predictor *run)
{
    elman_state_destroy(run->state);
    free(run->x);
    free(run->y);
    run->state = NULL;
    run->x = run->y = NULL;
}

int predictor_forward(predictor *run, size_t T)
{
    const elman_batch batch = {.T = T, .B = 1, .x = run->x};
    return elman_model_forward(run->net->model, run->state, &batch, run->y) ==
                   ELMAN_OK
               ? 0
               : library_failed();
}

static bool ends_with(const char *path, const char *end)
{
    size_t length = strlen(path), most = strlen(end);
    return length > most && !strcmp(path + length - most, end);
}

/* Options that this model cannot follow. */
static int check_options(const predictor *run, const predict_values *values)
{
    const elman_encoding *encoding = run->net->encoding;
    const char *task = task_word(encoding->task);

    /* each is for some tasks only */
    if (values->probabilities && !encoding->class_count)
        return misused(
            "--probabilities is for classes, and the task of '%s' is %s",
            run->net->path, task);
    if (values->scaled && !encoding->target_count)
        return misused("--scaled is for values, and the task of '%s' is %s",
                       run->net->path, task);
    if (values->stream && !encoding->window)
        return misused("--stream is for tables, and the task of '%s' is %s",
                       run->net->path, task);

    if (values->stream && !run->net->size.streams)
        return misused(
            "--stream requires a model that does not look ahead, and '%s' does",
            run->net->path);
    return 0;
}

static int predict_lines(predictor *run, const char *path)
{
    line_source source;
    int code = source_open(path, &source);
    if (!code) {
        const elman_encoding *encoding = run->net->encoding;
        code = encoding->task == ELMAN_TASK_LANGUAGE
                   ? predict_text(run, &source)
               : encoding->window ? predict_rows(run, &source)
                                  : predict_series(run, &source);
        if (!code) code = source_error(&source);
    }

    source_close(&source);
    return code;
}

/* Predicts from path, NULL for standard input, by what kind of file it is. */
static int predict_source(predictor *run, const char *path)
{
    const elman_encoding *encoding = run->net->encoding;
    bool text = encoding->task == ELMAN_TASK_LANGUAGE;
    bool array = path && !text && ends_with(path, ".npy");
    bool series = path && !text && !encoding->window &&
                  (ends_with(path, ".tsv") || ends_with(path, ".ts"));

    if (run->output && !array && path)
        return misused("--output requires an .npy file as input, found '%s'",
                       path);
    if (run->output && !array)
        return misused("--output requires an .npy file as input, found "
                       "standard input");

    if (array) return predict_array(run, path);
    return series ? predict_dataset(run, path) : predict_lines(run, path);
}

static int predict(const parsed_line *arguments)
{
    const predict_values *values = arguments->values;
    network net;
    int code = network_open(arguments->operands[0], true, &net);
    if (code) return code;

    /* how to predict and how to show it */
    predictor run = {
        .net = &net,
        .style = {.encoding = net.encoding,
                  .probabilities = values->probabilities,
                  .scaled = values->scaled},
        .threads = threads_to_use(values->threads),
        .streams = values->stream,
        .output = values->output,
    };
    code = check_options(&run, values);
    if (!code) code = predict_source(&run, arguments->operands[1]);

    predictor_close(&run);
    network_close(&net);
    return code;
}

static const example examples[] = {
    {"elman predict GunPoint_TRAIN.safetensors GunPoint_TEST.tsv",
     "label and probability of each series in a file"},
    {"sensor | elman predict GunPoint_TRAIN.safetensors",
     "the same for each line of a pipe, at once"},
    {"tail -n +1 -f power.csv | elman predict power.safetensors",
     "a forecast after each row, old and new; the header names columns"},
    {"elman predict x.safetensors new.npy --output y.npy",
     "arrays in, arrays out"},
    {NULL, NULL},
};

const command_row predict_command = {
    .name = "predict",
    .summary = "predict new data, from a file or a pipe",
    .operands = "MODEL [FILE]",
    .description =
        "Writes one line of predictions for each series of FILE, or of "
        "standard input. A .tsv or .ts file holds labelled series as in "
        "training, an .npy file is x (N,T) or (N,T,I); all other input is read "
        "line by line, and each line is answered at once.\nSeries: a line is a "
        "series, its values separated by commas, tabs or blanks, the "
        "dimensions of a multivariate one by ':'. The answer is a label and "
        "its probability, or values.\nTables: a line is a row; a header names "
        "the columns, otherwise they are the model's inputs in order. A "
        "forecast is written for each row once a window is full, a tag for "
        "each row.\nText: the answer to a line is its bits per character.",
    .json = true,
    .options = {{"Options", options}},
    .examples = examples,
    .size = sizeof(predict_values),
    .run = predict,
};
