/*
 * predict.c: `elman predict`: what a model says about new data, from a file or
 * line by line from a pipe.
 */
#include "predict.h"
#include "commands.h"
#include "predict_arrays.h"
#include "predict_many.h"
#include "ranks.h"
#include "reading.h"
#include "screen.h"
#include "system.h"
#include "texts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct predict_values {
    array_values arrays; /* the first: see arrays.h */
    const char *output, *quantiles;
    bool probabilities, scaled, stream, last;
    uint64_t threads, steps;
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
    {.name = "quantiles",
     .type = OPTION_TEXT,
     .value = "LEVEL,...",
     .field = AT(quantiles),
     .fallback = "(none)",
     .common = true,
     .help = "values: what the truth stays below that often, as 0.1,0.9, by "
             "how far answers to the validation data were off"},
    {.name = "scaled",
     .type = OPTION_FLAG,
     .field = AT(scaled),
     .help = "values: as the model gives them, not in the units of the data"},
    {.name = "stream",
     .type = OPTION_FLAG,
     .field = AT(stream),
     .common = true,
     .help = "tables: carry the state from row to row instead of reading each "
             "window anew; arrays: run them one step at a time"},
    {.name = "output",
     .letter = 'o',
     .type = OPTION_TEXT,
     .value = "FILE",
     .field = AT(output),
     .fallback = "(as text on standard output)",
     .common = true,
     .help = "write a table (.csv), a record on each line (.json) or an "
             "array, (N,O) or (N,T,O) (.npy): once all is answered; {} in it "
             "is the name of each FILE, without folder and ending"},
    {.name = "last",
     .type = OPTION_FLAG,
     .field = AT(last),
     .common = true,
     .help = "forecasts: only the one past the end of each series"},
    {.name = "steps",
     .type = OPTION_COUNT,
     .value = "N|horizon",
     .field = AT(steps),
     .fallback = "horizon",
     .needs = "last",
     .range = {1, 1e6},
     .help = "how many steps past the end: beyond the model's horizon each "
             "forecast is read as if it had come true"},
    {.name = "threads",
     .letter = 't',
     .type = OPTION_COUNT,
     .value = "N|all",
     .field = AT(threads),
     .fallback = "1",
     .range = {1, MOST_THREADS},
     .common = true,
     .help = "number of threads; under elman-mpi of each rank"},
    {0},
};

/* ---- What is asked for --------------------------------------------------- */

/* True if the model's transform has this word. */
static bool transforms(const elman_encoding *encoding, const char *word)
{
    size_t length = strlen(word);
    const char *at = encoding->transform;
    for (; at && *at; at += strcspn(at, ","), at += *at == ',') {
        at += strspn(at, " ");
        if (!strncmp(at, word, length) && strchr(",: ", at[length]))
            return true;
    }
    return false;
}

/* Options that the task of this model cannot follow. */
static int check_task(const predictor *run, const predict_values *values)
{
    const elman_encoding *encoding = run->net->encoding;
    const char *task = task_word(encoding->task);
    bool text = encoding->task == ELMAN_TASK_LANGUAGE;

    /* each is for some tasks only */
    if (values->probabilities && !encoding->class_count)
        return misused(
            "--probabilities is for classes, and the task of '%s' is %s",
            run->net->path, task);
    if (values->scaled && (encoding->class_count || text))
        return misused("--scaled is for values, and the task of '%s' is %s",
                       run->net->path, task);
    if (values->quantiles && (encoding->class_count || text))
        return misused("--quantiles is for values, and the task of '%s' is %s",
                       run->net->path, task);
    if (values->stream && !encoding->window)
        return misused("--stream is for tables, and the task of '%s' is %s",
                       run->net->path, task);
    if (values->last && encoding->task != ELMAN_TASK_FORECAST)
        return misused("--last is for forecasts, and the task of '%s' is %s",
                       run->net->path, task);
    if (values->output && text)
        return misused("--output is for series, tables and arrays, and the "
                       "task of '%s' is %s",
                       run->net->path, task);
    return values->output ? answer_file_check(values->output) : 0;
}

/* Options that do not go together, or not with this model. */
static int check_options(const predictor *run, const predict_values *values)
{
    int code = check_task(run, values);
    if (code) return code;

    if (values->stream && !run->net->size.streams)
        return misused(
            "--stream requires a model that does not look ahead, and '%s' does",
            run->net->path);
    if (values->stream && transforms(run->net->encoding, "last"))
        return misused("--stream carries the state beyond a window, but '%s' "
                       "reads what is less the last value of each",
                       run->net->path);

    /* those that exclude each other */
    if (values->quantiles && values->scaled)
        return misused("--quantiles are in the units of the data, which "
                       "--scaled is not");
    if (values->last && (values->stream || values->scaled))
        return misused("--last does not go with --%s",
                       values->stream ? "stream" : "scaled");
    return 0;
}

/* ---- Where the data is --------------------------------------------------- */

/* True if a pipe can only be answered as a file, or standard input is one. */
static bool is_whole(const predictor *run, bool standard)
{
    const elman_encoding *encoding = run->net->encoding;
    elman_data_format format = run->reading.format;
    struct stat input;
    if (standard && fstat(STDIN_FILENO, &input) == 0 && S_ISREG(input.st_mode))
        return true;

    /* what is written at the end, or needs all rows */
    const char *by = run->reading.by ? run->reading.by : encoding->by;
    bool all = run->output || run->last || (by && strcmp(by, "none") != 0) ||
               (encoding->window && transforms(encoding, "zscore"));
    return all || format == ELMAN_DATA_FORMAT_ARRAY ||
           format == ELMAN_DATA_FORMAT_TSF;
}

/* True if a pipe brings what has no lines that could be answered alone: an
 * array, UTF-16, a table with a header of @words. */
static bool begins_whole(const predictor *run, line_source *source)
{
    return source_begins(source, "\x93NUMPY", 6) ||
           source_begins(source, "PK\3\4", 4) ||
           source_begins(source, "\xFF\xFE", 2) ||
           source_begins(source, "\xFE\xFF", 2) ||
           (run->net->encoding->window && source_begins(source, "@", 1));
}

static int predict_pipe(predictor *run, line_source *source)
{
    char *bytes = NULL;
    size_t size = 0;
    if (!begins_whole(run, source)) return predict_live(run, source);

    int code = source_rest(source, &bytes, &size);
    if (!code) code = predict_bytes(run, source->name, bytes, size);
    free(bytes);
    return code;
}

/* Predicts from path, NULL or "-" for standard input; of a pipe line by line.
 */
static int predict_source(predictor *run, const char *path)
{
    bool text = run->net->encoding->task == ELMAN_TASK_LANGUAGE;
    bool standard = !path || !strcmp(path, "-");
    if (!text && (!source_is_pipe(path) || is_whole(run, standard)))
        return predict_file(run, standard ? "-" : path);

    line_source source;
    int code = source_open(path, &source);
    if (!code)
        code = text ? predict_text(run, &source) : predict_pipe(run, &source);
    if (!code) code = source_error(&source);
    source_close(&source);
    return code;
}

/* Predicts from one of the files: a file_answerer of a predictor. */
static int answer_data(void *context, const char *path, const char *output)
{
    predictor *run = context;
    run->output = output;
    run->take = answer_write;
    run->to = &run->style;
    run->answers = 0;
    return predict_source(run, path);
}

/* Answers all files of the line. */
static int answer_files(const parsed_line *arguments, file_answerer *work,
                        void *context)
{
    const predict_values *values = arguments->values;
    return predict_many(&(many_files){.paths = arguments->operands + 1,
                                      .count = (size_t)arguments->count - 1,
                                      .output = values->output,
                                      .answer = work,
                                      .context = context});
}

static int predict_data(const network *net, const parsed_line *arguments)
{
    const predict_values *values = arguments->values;
    int code = options_refuse(arguments, array_options, net->path,
                              "says how data becomes its numbers");
    if (code) return code;

    /* how to read, to predict and to show it */
    predictor run = {
        .net = net,
        .style = {.encoding = net->encoding,
                  .probabilities = values->probabilities,
                  .scaled = values->scaled},
        .reading = {.encoding = net->note, .answers = true},
        .output = values->output,
        .threads = threads_to_use(values->threads),
        .streams = values->stream,
        .last = values->last,
        .steps = (size_t)values->steps,
    };
    code = reading_fill(&values->arrays.reading, &run.reading);
    if (!code) code = check_options(&run, values);
    if (!code && values->quantiles)
        code = quantiles_open(values->quantiles, net, &run.style.quantiles);
    if (!code && values->quantiles && values->steps > net->encoding->horizon)
        note("--quantiles go as far as the model's horizon, %zu step%s: beyond "
             "it nothing was measured",
             net->encoding->horizon, net->encoding->horizon == 1 ? "" : "s");
    if (!code) code = answer_files(arguments, answer_data, &run);

    quantiles_close(&run.style.quantiles);
    predictor_close(&run);
    return code;
}

/* What answers numbers, a file_answerer of it. */
typedef struct number_job {
    const network *net;
    array_job job;
} number_job;

static int answer_numbers(void *context, const char *path, const char *output)
{
    const number_job *numbers = context;
    array_job job = numbers->job;
    job.path = path;
    job.output = output;
    return predict_arrays(numbers->net, &job);
}

/* By a model that takes numbers as they are. */
static int predict_numbers(const network *net, const parsed_line *arguments)
{
    const predict_values *values = arguments->values;
    static const option_row data_only[] = {
        {.name = "probabilities"}, {.name = "quantiles"}, {.name = "scaled"},
        {.name = "last"},          {.name = "steps"},     {0}};
    int code = options_refuse(arguments, data_only, net->path, no_encoding);
    if (!code) code = reading_refuse(arguments, net->path, no_encoding);
    if (code) return code;

    number_job numbers = {.net = net,
                          .job = {.values = &values->arrays,
                                  .threads = threads_to_use(values->threads),
                                  .stepped = values->stream}};
    return answer_files(arguments, answer_numbers, &numbers);
}

/* What answers texts, a file_answerer of it. */
typedef struct text_job {
    const network *net;
    bool probabilities;
} text_job;

static int answer_texts(void *context, const char *path, const char *output)
{
    const text_job *job = context;
    (void)output; /* refused */
    return texts_predict(job->net, path, job->probabilities);
}

/* By a model of tokens that gives classes. */
static int predict_texts(const network *net, const parsed_line *arguments)
{
    const predict_values *values = arguments->values;
    static const char reason[] = "reads texts, a line each, and says which "
                                 "class they are";
    static const option_row others[] = {{.name = "quantiles"},
                                        {.name = "scaled"},
                                        {.name = "stream"},
                                        {.name = "last"},
                                        {.name = "steps"},
                                        {.name = "output"},
                                        {0}};

    /* what a text has no use for */
    int code = options_refuse(arguments, others, net->path, reason);
    if (!code)
        code = options_refuse(arguments, array_options, net->path, reason);
    if (!code) code = reading_refuse(arguments, net->path, reason);
    text_job job = {net, values->probabilities};
    return code ? code : answer_files(arguments, answer_texts, &job);
}

/* Options that are about one file, and a file that is not there, which may have
 * been meant as something else. */
static int check_files(const parsed_line *arguments)
{
    static const char *const of_one[] = {"lengths", "state-output",
                                         "target-file"};
    int files = arguments->count - 1;
    for (size_t n = 0; files > 1 && n < sizeof of_one / sizeof *of_one; n++)
        if (option_given(arguments, of_one[n]))
            return misused("--%s is for one FILE, found %d", of_one[n], files);

    const char *last = arguments->operands[arguments->count - 1];
    if (files != 2 || !array_is_named(last) || path_exists(last)) return 0;
    return misused("no file '%s' to predict from; --output %s writes, and "
                   "'elman eval MODEL X.npy Y.npy' compares",
                   last, shell_quoted(last));
}

static int predict(const parsed_line *arguments)
{
    const predict_values *values = arguments->values;
    network net = {0};

    /* ranks share several files; one is answered by the first */
    bool shared = arguments->count > 2;
    if (!shared && rank_follow()) return EXIT_DONE;
    if (!shared) rank_leave();
    int code = options_check(arguments);
    if (!code) code = check_files(arguments);
    if (!code)
        code = network_open(arguments->operands[0],
                            &values->arrays.reading.foreign, false, &net);
    code = rank_settle(code);
    if (!code) code = rank_agree_model(net.model, arguments->operands[0]);
    if (!code)
        code = net.encoding ? predict_data(&net, arguments)
               : texts_are_read(&net) && !array_is_named(arguments->operands[1])
                   ? predict_texts(&net, arguments)
                   : predict_numbers(&net, arguments);
    network_close(&net);
    return code;
}

static const example examples[] = {
    {"elman predict GunPoint_TRAIN.safetensors GunPoint_TEST.tsv",
     "label and probability of each series in a file"},
    {"elman predict power.safetensors power.csv --last --steps 48",
     "two days of hours past the end of the table"},
    {"elman predict power.safetensors power.csv -o answers.csv",
     "every forecast with its row or time, and what came true"},
    {"elman predict power.safetensors days/*.csv -o 'answers/{}.csv'",
     "a table of answers beside each of many"},
    {"sensor | elman predict GunPoint_TRAIN.safetensors",
     "a label for each line of a pipe, at once"},
    {"tail -n +1 -f power.csv | elman predict power.safetensors",
     "a forecast after each row, old and new; the header names columns"},
    {"elman predict x.safetensors new.npy --output y.npy",
     "arrays in, arrays out"},
    {"elman predict imported.onnx x.npy --lengths n.npy -o y.npy",
     "the same of a model from elsewhere, of sequences of any length"},
    {"elman predict imported.pt x.npy --state rnn.h_0=h.npy --state-output out",
     "from a memory, and what is left of it as out/rnn.h_n.npy"},
    {"sensor | elman predict imported.safetensors",
     "a line of numbers in, a line out, the memory kept"},
    {NULL, NULL},
};

const command_row predict_command = {
    .name = "predict",
    .summary = "predict new data, from files or a pipe",
    .operands = "MODEL [FILE]...",
    .description =
        "Writes one line of predictions for each series of FILE, for each row "
        "of a table, or for each window of one for a forecast, in the order "
        "of the file; after the name of its series where there are several. "
        "The file is read as in training, but labels and targets may be "
        "missing.\nThe answer is a label and its probability, or values in "
        "the units of the data; to a text, for each line, its bits per "
        "character.\nSeveral FILEs are answered one after the other, each as "
        "if it were the only one: every line stands behind the name of its "
        "file and a tab, every record of --json begins with it, and --output "
        "writes a file for each, in whose name {} stands for that of FILE "
        "without folder and ending. A FILE that fails is told and ends no "
        "other; the exit status says that one did.\nWithout FILE, or with -, "
        "standard input is read: if it is a file, as a whole. Of a pipe each "
        "line is answered at once: a "
        "series, or a row of a table as soon as a window is full, unless all "
        "rows are needed, as with --output and --last, by a model of several "
        "series in one table, or by one whose transform is zscore.\n--output "
        "FILE.csv has a row for each answer: where it stands (row or time, or "
        "sequence and step, counted from 1), the series if there are several, "
        "for a forecast the step of the horizon, the prediction under the "
        "target's name and its --quantiles, for classes the probability and "
        "that of each class, and in the last columns what the file says, if "
        "it does.\nA model from elsewhere, which does not say how data becomes "
        "its numbers, takes them as they are: FILE.npy is (T,B,I), or (B,T,I) "
        "as the model has it, or (T,I) of one sequence, and whole numbers "
        "without the last axis where it begins with an embedding. Each line of "
        "another file or a pipe is a step: its numbers, or a token; a blank "
        "line begins another sequence.",
    .json = true,
    .options = {{"Options", options},
                {"Models that take numbers as they are", array_options},
                {"Data", reading_options},
                {"Data larger than memory", reading_memory_options},
                {foreign_title, foreign_options}},
    .examples = examples,
    .size = sizeof(predict_values),
    .ranks =
        "Each FILE is answered by one rank, the longest first, which writes "
        "its "
        "--output itself; rank 0 shows the rest in the order of the line. A "
        "single FILE, and standard input, rank 0 answers alone. --threads is "
        "for each rank; all, its part of the processors of its machine.",
    .run = predict,
};
