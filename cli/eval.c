/*
 * eval.c: `elman eval`: how good a model is on data it may not have seen.
 */
#include "first_pass.h"
#include "commands.h"
#include "eval_arrays.h"
#include "forecast.h"
#include "judge.h"
#include "network.h"
#include "plan.h"
#include "ranks.h"
#include "reading.h"
#include "report.h"
#include "screen.h"
#include "source.h"
#include "texts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct eval_values {
    array_values arrays; /* the first: see arrays.h */
    int loss;            /* index in array_losses */
    uint64_t batch, k1, threads;
    bool fresh_state, confusion, plot;
} eval_values;

#define AT(field) offsetof(eval_values, field)

static const option_row options[] = {
    {.name = "confusion",
     .type = OPTION_FLAG,
     .field = AT(confusion),
     .common = true,
     .help = "show the whole confusion matrix, true classes in rows"},
    {.name = "plot",
     .type = OPTION_FLAG,
     .field = AT(plot),
     .common = true,
     .help = "forecasts: show the last rows, actual and forecast, as a chart"},
    {.name = "batch",
     .letter = 'b',
     .type = OPTION_COUNT,
     .value = "N",
     .field = AT(batch),
     .fallback = "32",
     .range = {1, 1e6},
     .help = "sequences per pass; text: streams it is cut into"},
    {.name = "k1",
     .type = OPTION_COUNT,
     .value = "STEPS|auto",
     .field = AT(k1),
     .fallback = "auto",
     .range = {1, 1e9},
     .help = "steps per pass; auto: 64 for text, otherwise whole sequences"},
    {.name = "fresh-state",
     .type = OPTION_FLAG,
     .field = AT(fresh_state),
     .help = "text: start each pass from the initial state"},
    {.name = "loss",
     .type = OPTION_CHOICE,
     .value = array_losses,
     .field = AT(loss),
     .fallback = "auto",
     .help = "arrays: which loss; auto: cross-entropy for classes, else the "
             "one the model was trained with, or mse"},
    {.name = "threads",
     .letter = 't',
     .type = OPTION_COUNT,
     .value = "N|all",
     .field = AT(threads),
     .fallback = "all",
     .range = {1, MOST_THREADS},
     .common = true,
     .help = "number of threads; under elman-mpi of each rank"},
    {0},
};

/* What is shown. */
typedef struct outcome {
    elman_metrics metrics;
    elman_baseline baseline; /* what they have to beat */
    size_t sequences;
    uint64_t *confusion;     /* NULL if the task has none */
    forecast_errors *errors; /* NULL if the task is no forecast */
} outcome;

/* One record. */
static void show_record(const network *net, const char *data,
                        const outcome *result)
{
    record out = record_begin(stdout);
    record_text(&out, "model", net->path);
    record_text(&out, "data", data);
    record_text(&out, "task", task_word(net->encoding->task));
    results_record(&out, net->encoding, &result->metrics, result->confusion);
    baseline_record(&out, net->encoding, &result->metrics, &result->baseline,
                    0);
    if (result->errors) forecast_errors_record(&out, result->errors);
    record_end(&out);
}

/* A line, and tables where a class or a value has its own. */
static void show(const network *net, const eval_values *values,
                 const outcome *result)
{
    const elman_encoding *encoding = net->encoding;
    printf("%s on %s %s%s\n", metrics_describe(encoding, &result->metrics),
           with_commas(result->sequences),
           encoding->task == ELMAN_TASK_LANGUAGE   ? unit_name(encoding)
           : encoding->task == ELMAN_TASK_FORECAST ? "window"
                                                   : "sequence",
           result->sequences == 1 ? "" : "s");
    /* what it has to beat, and whether it does */
    const char *words =
        verdict(encoding, &result->metrics, &result->baseline, 0);
    printf("%sbaseline: %s%s\n", paint(stdout, DIM),
           baseline_describe(encoding, &result->baseline),
           paint(stdout, PLAIN));
    if (words) puts(words);
    if (encoding->task == ELMAN_TASK_LANGUAGE) return;

    putchar('\n');
    metrics_show(encoding, &result->metrics, result->confusion,
                 &result->baseline);
    if (result->confusion && values->confusion) {
        putchar('\n');
        confusion_show(encoding, result->confusion);
    }
    /* and how far ahead a forecast looks */
    if (result->errors) forecast_errors_show(result->errors);
    if (result->errors && values->plot) forecast_plot(result->errors);
}

/* How far the forecasts are off, by how far ahead they look. */
static int evaluate_horizons(const network *net, const eval_values *values,
                             const elman_dataset *dataset, outcome *result)
{
    predictor run = {.net = net,
                     .style = {.encoding = net->encoding},
                     .threads = threads_to_use(values->threads)};
    int code = forecast_errors_open(&run, dataset, &result->errors);
    predictor_close(&run);
    return code;
}

static int evaluate(const network *net, const eval_values *values,
                    const elman_dataset *dataset, outcome *result)
{
    size_t classes = net->encoding->class_count;
    if (classes)
        result->confusion = calloc(classes * classes, sizeof(uint64_t));
    if (classes && !result->confusion) return failed("out of memory");

    /* passes as in training, with the same loss */
    elman_trainer_config config = {
        .loss = {.kind = net->loss},
        .batch_size = (size_t)values->batch,
        .k1 = (size_t)values->k1,
        .fresh_state = values->fresh_state,
        .threads = threads_to_use(values->threads),
        .transport = rank_transport(),
        .budget = (size_t)values->arrays.reading.memory,
    };

    result->sequences = elman_dataset_size(dataset, ELMAN_PART_VALIDATION);
    if (elman_model_evaluate(net->model, dataset, ELMAN_PART_VALIDATION,
                             &config, &result->metrics,
                             result->confusion) != ELMAN_OK)
        return library_failed();

    /* what ranks do not share */
    if (rank_follow()) return 0;
    elman_baseline_config beaten = {.part = ELMAN_PART_VALIDATION};
    if (elman_dataset_baseline(dataset, &beaten, &result->baseline) != ELMAN_OK)
        return library_failed();

    bool forecast = net->encoding->task == ELMAN_TASK_FORECAST;
    return forecast ? evaluate_horizons(net, values, dataset, result) : 0;
}

/* Evaluates on a file of data, and shows it. */
static int eval_file(const network *net, const eval_values *values,
                     const char *data)
{
    elman_dataset_config config = {.encoding = net->note};
    elman_dataset *dataset = NULL;
    outcome result = {0};
    int code = reading_fill(&values->arrays.reading, &config);
    if (!code && data_open(data, &config, &dataset) != ELMAN_OK)
        code = data_failed();
    code = rank_settle(code);
    if (!code) code = rank_agree_data(dataset, data);
    if (!code) plan_warn(dataset, net->encoding->task);
    if (!code) code = evaluate(net, values, dataset, &result);

    if (!code && screen.json) show_record(net, data, &result);
    else if (!code) show(net, values, &result);

    free(result.confusion);
    forecast_errors_close(result.errors);
    elman_dataset_close(dataset);
    return code;
}

static int eval_data(const network *net, const parsed_line *arguments)
{
    const eval_values *values = arguments->values;
    static const option_row arrays_only[] = {{.name = "loss"}, {0}};
    static const char reason[] = "says how data becomes its numbers";
    int code = options_refuse(arguments, array_options, net->path, reason);
    if (!code) code = options_refuse(arguments, arrays_only, net->path, reason);
    if (code) return code;

    if (arguments->operands[2])
        return misused("'%s' says how data becomes its numbers: one file of "
                       "data, and --target-file %s for targets beside it",
                       net->path, shell_quoted(arguments->operands[2]));
    if (values->plot && net->encoding->task != ELMAN_TASK_FORECAST)
        return misused("--plot is for forecasts, and the task of '%s' is %s",
                       net->path, task_word(net->encoding->task));
    return eval_file(net, values, arguments->operands[1]);
}

/* Of a model that takes numbers as they are. */
static int eval_numbers(const network *net, const parsed_line *arguments)
{
    const eval_values *values = arguments->values;
    static const option_row data_only[] = {
        {.name = "confusion"}, {.name = "plot"},        {.name = "batch"},
        {.name = "k1"},        {.name = "fresh-state"}, {0}};
    int code = options_refuse(arguments, data_only, net->path, no_encoding);
    if (!code && values->arrays.reading.target_file)
        return misused("'%s' %s: targets are the third word, without "
                       "--target-file",
                       net->path, no_encoding);
    if (!code) code = reading_refuse(arguments, net->path, no_encoding);
    if (code) return code;

    return eval_arrays(
        net, &(array_trial){.values = &values->arrays,
                            .x = arguments->operands[1],
                            .y = arguments->operands[2],
                            .loss = values->loss,
                            .threads = threads_to_use(values->threads)});
}

/* Of a model of tokens that gives classes. */
static int eval_texts(const network *net, const parsed_line *arguments)
{
    static const char reason[] = "reads texts, a line each behind its label "
                                 "and a tab";
    static const option_row others[] = {{.name = "confusion"},
                                        {.name = "plot"},
                                        {.name = "batch"},
                                        {.name = "k1"},
                                        {.name = "fresh-state"},
                                        {.name = "loss"},
                                        {0}};
    int code = options_refuse(arguments, others, net->path, reason);
    if (!code)
        code = options_refuse(arguments, array_options, net->path, reason);
    if (!code) code = reading_refuse(arguments, net->path, reason);
    return code ? code : texts_eval(net, arguments->operands[1]);
}

static int eval(const parsed_line *arguments)
{
    const eval_values *values = arguments->values;
    network net = {0};

    /* a pipe comes to the first of several ranks alone */
    bool shared = !source_is_pipe(arguments->operands[1]);
    if (!shared && rank_follow()) return EXIT_DONE;
    if (!shared) rank_leave();
    int code = network_open(arguments->operands[0],
                            &values->arrays.reading.foreign, false, &net);
    code = rank_settle(code);
    if (!code) code = rank_agree_model(net.model, arguments->operands[0]);
    if (code || (!net.encoding && rank_follow())) {
        network_close(&net);
        return code;
    }
    code = net.encoding ? eval_data(&net, arguments)
           : texts_are_read(&net) && !arguments->operands[2] &&
                   !array_is_named(arguments->operands[1])
               ? eval_texts(&net, arguments)
               : eval_numbers(&net, arguments);
    network_close(&net);
    return code;
}

static const example examples[] = {
    {"elman eval input.safetensors other.txt",
     "bits per character on another text"},
    {"elman eval GunPoint_TRAIN.safetensors GunPoint_TEST.tsv --confusion",
     "accuracy, a table of classes, and which are mistaken for which"},
    {"elman eval power.safetensors new.csv --plot",
     "how far forecasts are off by horizon, and the last ones as a chart"},
    {"elman eval power.safetensors new.csv --json | jq .metrics.mae",
     "one number for a script"},
    {"elman eval imported.onnx x.npy y.npy",
     "of a model from elsewhere: how far what it gives for x is from y"},
    {NULL, NULL},
};

const command_row eval_command = {
    .name = "eval",
    .summary = "evaluate a model on data",
    .operands = "MODEL DATA [TARGETS]",
    .description =
        "Evaluates a model on all of DATA, - for standard input, which is "
        "read and prepared as in training. A forecast is also measured by how "
        "far ahead it looks: mean absolute error, that of repeating the last "
        "value, root of the mean squared error, and bias, the mean of "
        "forecast less actual.\nA model from elsewhere, which does not say how "
        "data becomes its numbers, takes DATA and TARGETS as arrays: values in "
        "the shape of what it gives, or classes, whole numbers without the "
        "last axis. Then the loss is shown, and how often the likeliest class "
        "is right, or how far values are off.",
    .json = true,
    .options = {{"Options", options},
                {"Models that take numbers as they are", array_options},
                {"Data", reading_options},
                {"Data larger than memory", reading_memory_options},
                {foreign_title, foreign_options}},
    .examples = examples,
    .ranks =
        "Ranks share the sequences of each pass, and all read DATA. What is "
        "measured by how far ahead it looks, and arrays, rank 0 does alone. "
        "--threads is for each rank; all, its part of the processors of its "
        "machine.",
    .size = sizeof(eval_values),
    .run = eval,
};
