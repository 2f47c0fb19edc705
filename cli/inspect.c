/*
 * inspect.c: `elman inspect`: what happens inside a trained network, why it
 * answers as it does, and what is wrong with it.
 */
#include "first_pass.h"
#include "inspect_arrays.h"
#include "inspect_write.h"
#include "commands.h"
#include "reading.h"
#include "safe.h"
#include "screen.h"
#include "source.h"
#include "system.h"
#include "texts.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

typedef struct inspect_values {
    reading_values reading; /* the first: see reading.h */
    const char *lengths, *text, *only, *page, *csv, *svg, *input, *answer;
    uint64_t steps, batch, seed, samples, exponents, threads;
} inspect_values;

#define AT(field) offsetof(inspect_values, field)

static const option_row options[] = {
    {.name = "only",
     .type = OPTION_TEXT,
     .value = "WORD,...",
     .field = AT(only),
     .fallback = "(all)",
     .common = true,
     .help = "measure these alone: flow, gates, errors, truncation, "
             "attribution, units, spectrum, exponents, fixed-points, "
             "contributions, training, data"},
    {.name = "output",
     .letter = 'o',
     .type = OPTION_TEXT,
     .value = "PAGE.html",
     .field = AT(page),
     .fallback = "(none)",
     .common = true,
     .help = "write all of it as one page that needs no network"},
    {.name = "csv",
     .type = OPTION_TEXT,
     .value = "DIR",
     .field = AT(csv),
     .fallback = "(none)",
     .common = true,
     .help = "write the numbers as tables, one file each"},
    {.name = "svg",
     .type = OPTION_TEXT,
     .value = "DIR",
     .field = AT(svg),
     .fallback = "(none)",
     .help = "write the curves as figures, one file each"},
    {.name = "text",
     .type = OPTION_TEXT,
     .value = "TEXT",
     .field = AT(text),
     .fallback = "(none)",
     .common = true,
     .help = "language: use this text instead of DATA"},
    {.name = "lengths",
     .type = OPTION_TEXT,
     .value = "FILE.npy",
     .field = AT(lengths),
     .fallback = "(all steps)",
     .help = "arrays: how many steps each sequence has, whole numbers (B)"},
    {.name = "steps",
     .type = OPTION_COUNT,
     .value = "N|auto",
     .field = AT(steps),
     .fallback = "auto",
     .range = {2, 1e6},
     .common = true,
     .help = "how many steps to look back; auto: 256 for text, the longest "
             "sequence of DATA, 128 without DATA"},
    {.name = "batch",
     .letter = 'b',
     .type = OPTION_COUNT,
     .value = "N",
     .field = AT(batch),
     .fallback = "8",
     .range = {1, 4096},
     .common = true,
     .help = "sequences to look at"},
    {.name = "samples",
     .type = OPTION_COUNT,
     .value = "N",
     .field = AT(samples),
     .fallback = "3",
     .range = {1, 4096},
     .help = "answers to explain step by step"},
    {.name = "exponents",
     .type = OPTION_COUNT,
     .value = "N",
     .field = AT(exponents),
     .fallback = "16",
     .range = {1, 64},
     .help = "Lyapunov exponents of each level"},
    {.name = "input",
     .type = OPTION_TEXT,
     .value = "zero|mean|TOKEN",
     .field = AT(input),
     .fallback = "mean",
     .help = "the constant input under which fixed points are sought; TOKEN of "
             "a text"},
    {.name = "class",
     .type = OPTION_TEXT,
     .value = "CLASS|N|all",
     .field = AT(answer),
     .fallback = "all",
     .help = "flow: of one answer alone, a class, a token or the number of a "
             "value, from 1"},
    {.name = "seed",
     .type = OPTION_COUNT,
     .value = "N",
     .field = AT(seed),
     .fallback = "1",
     .range = {0, 9e18},
     .help = "random seed: of the input without DATA, of the choice of "
             "sequences, of where fixed points are sought from"},
    {.name = "threads",
     .letter = 't',
     .type = OPTION_COUNT,
     .value = "N|all",
     .field = AT(threads),
     .fallback = "all",
     .range = {1, MOST_THREADS},
     .help = "number of threads"},
    {0},
};

const section_word section_words[] = {
    {"flow", ELMAN_SECTION_FLOW, "how far back the gradient reaches"},
    {"gates", ELMAN_SECTION_GATES, "what the gates do"},
    {"errors", ELMAN_SECTION_ERRORS, "where it is wrong"},
    {"truncation", ELMAN_SECTION_TRUNCATION, "what a shorter window loses"},
    {"attribution", ELMAN_SECTION_ATTRIBUTION, "what decided an answer"},
    {"units", ELMAN_SECTION_UNITS, "what single units tell"},
    {"training", ELMAN_SECTION_TRAINING, "how training went"},
    {"data", ELMAN_SECTION_DATA, "the inputs as the model reads them"},
    {"exponents", ELMAN_SECTION_EXPONENTS, "how fast near states part"},
    {"spectrum", ELMAN_SECTION_SPECTRUM, "the recurrent matrices"},
    {"fixed-points", ELMAN_SECTION_FIXED_POINTS, "where it comes to rest"},
    {"contributions", ELMAN_SECTION_CONTRIBUTIONS,
     "what each step adds to the gradients"},
    {NULL, 0, NULL},
};

/* ---- Measuring ---------------------------------------------------------- */

static volatile sig_atomic_t stopped;

/* The first Ctrl-C shows what is there; a second one ends the process. */
static void on_signal(int signal_number) { stopped = signal_number; }

/* Steps to the end, or to a signal, with the live line. */
static int measure(elman_inspection *in)
{
    double shown = 0;
    system_catch_stop(on_signal, true);
    while (!in->done && !stopped) {
        double now = seconds_now();
        if (now > shown + 0.1) {
            char text[128];
            snprintf(text, sizeof text, "%3.0f %%  measuring %.80s",
                     100 * in->progress, in->doing);
            live_line(text);
            shown = now;
        }
        if (elman_inspection_step(in) != ELMAN_OK) return library_failed();
    }
    live_line("");
    return 0;
}

/* Shows and writes what there is. */
static int give(const inspect_view *view, const inspect_values *values)
{
    int code = 0;
    if (screen.json) inspect_record(view);
    else inspect_show(view);
    if (values->csv) code = inspect_write_tables(view, values->csv);
    if (!code && values->svg) code = inspect_write_figures(view, values->svg);
    if (code || !values->page) return code;
    if (!inspect_owns(values->page, "<!doctype html") &&
        !inspect_owns(values->page, "<!DOCTYPE html"))
        return inspect_foreign(values->page);

    if (elman_report_save(view->in, values->page) != ELMAN_OK)
        return library_failed();
    if (!screen.json)
        printf("\n%s is the same as a page, %s\n", printable(values->page),
               with_bytes(file_bytes(values->page)));
    return 0;
}

/* Inspects the model on dataset, NULL for random input. */
static int inspect_dataset(const network *net, const inspect_values *values,
                           const elman_dataset *dataset, const char *data,
                           const char *source, const char *trouble)
{
    const char *note = elman_model_note(net->model, "journal");
    elman_journal *journal = NULL;
    elman_inspection *in = NULL;
    elman_inspection_config config = {.part = ELMAN_PART_VALIDATION,
                                      .sequences = (size_t)values->batch,
                                      .steps = (size_t)values->steps,
                                      .seed = values->seed,
                                      .samples = (size_t)values->samples,
                                      .exponents = (size_t)values->exponents,
                                      .loss = net->loss,
                                      .model_name = net->path,
                                      .data_name = source,
                                      .threads =
                                          threads_to_use(values->threads),
                                      .trouble = trouble};
    int code = inspect_read_only(values->only, &config.sections);
    if (!code) code = inspect_read_input(net, values->input, &config);
    if (!code) code = inspect_read_class(net, values->answer, &config.output);
    if (code) return code;

    /* a journal that cannot be read is as good as none */
    if (note && elman_journal_create(note, &journal) == ELMAN_OK)
        config.journal = journal;
    if (elman_inspection_begin(net->model, dataset, &config, &in) != ELMAN_OK)
        code = library_failed();
    if (!code) code = measure(in);

    const inspect_view view = {.net = net,
                               .in = in,
                               .data = data,
                               .source = source,
                               .whole = !stopped};
    if (!code) code = give(&view, values);
    if (!code && stopped) code = 128 + (int)stopped;
    elman_inspection_end(in);
    elman_journal_destroy(journal);
    return code;
}

/* ---- On what ------------------------------------------------------------ */

/* Opens data as the model reads it. What is missing there and was not in
 * training is filled, so that the rest can be looked at: a finding. */
static int open_data(const network *net, const inspect_values *values,
                     const char *path, elman_dataset **dataset, char *trouble,
                     size_t size)
{
    elman_dataset_config config = {.encoding = net->note};
    int code = reading_fill(&values->reading, &config);
    if (code) return code;
    if (data_open(path, &config, dataset) == ELMAN_OK) return 0;

    /* for want of numbers, or for another reason */
    snprintf(trouble, size, "%s", elman_message());
    bool numbers = strstr(trouble, "missing") || strstr(trouble, " nan") ||
                   strstr(trouble, "inf");
    if (config.missing == ELMAN_MISSING_REFUSE && numbers &&
        !source_is_pipe(path)) {
        config.missing = ELMAN_MISSING_PREVIOUS;
        if (data_open(path, &config, dataset) == ELMAN_OK) {
            *trouble = '\0';
            return 0;
        }
        snprintf(trouble, size, "%s", elman_message());
    }
    if (strstr(trouble, " nan") || strstr(trouble, "inf") ||
        strstr(trouble, "too large for float32"))
        return 0;
    return data_failed();
}

static int inspect_data(const network *net, const inspect_values *values,
                        const char *path)
{
    elman_dataset *dataset = NULL;
    char trouble[1024] = "", source[512];
    int code = open_data(net, values, path, &dataset, trouble, sizeof trouble);
    if (code) return code;

    bool is_text = net->encoding->task == ELMAN_TASK_LANGUAGE;
    snprintf(source, sizeof source, "%s%.480s",
             is_text ? "the beginning of " : "", path);
    if (!dataset)
        snprintf(source, sizeof source,
                 "random values, as '%.400s' could not be read", path);
    code = inspect_dataset(net, values, dataset, path, source,
                           *trouble ? trouble : NULL);
    elman_dataset_close(dataset);
    return code;
}

/* The same of a model that takes numbers as they are. */
static int inspect_numbers(network *net, const inspect_values *values,
                           const char *path)
{
    elman_dataset *dataset = NULL;
    int code = inspect_open_arrays(net, path, values->reading.target_file,
                                   values->lengths, &dataset);
    if (!code) code = inspect_dataset(net, values, dataset, path, path, NULL);
    elman_dataset_close(dataset);
    return code;
}

static int inspect_text(const network *net, const inspect_values *values)
{
    const char *text = values->text;
    size_t bytes = strlen(text), count = 0;
    if (!net->encoding && net->size.vocabulary)
        return misused("'%s' does not say which tokens a text has; 'elman "
                       "convert %s OUT.safetensors --as language --encoding "
                       "VOCABULARY' adds that",
                       net->path, shell_quoted(net->path));
    if (!net->encoding || net->encoding->task != ELMAN_TASK_LANGUAGE)
        return misused("--text is for language models, which '%s' is not",
                       net->path);

    /* each token must be known, and there must be a step before the last */
    int32_t *tokens = calloc(bytes + 1, sizeof *tokens);
    if (!tokens) return failed("out of memory");
    int code = 0;
    if (elman_encoding_read(net->encoding, text, bytes, bytes, tokens, &count,
                            NULL) != ELMAN_OK)
        code = misused("--text: %s", elman_message());
    else if (count < 2)
        code = misused("--text expects at least two tokens, found %zu", count);
    free(tokens);
    if (code) return code;

    const elman_dataset_config config = {.encoding = net->note};
    elman_dataset *dataset = NULL;
    if (elman_dataset_read("the text given", text, bytes, &config, &dataset) !=
        ELMAN_OK)
        return library_failed();
    code = inspect_dataset(net, values, dataset, NULL, "the text given", NULL);
    elman_dataset_close(dataset);
    return code;
}

/* A text of a model of tokens that gives classes. */
static int inspect_words(network *net, const inspect_values *values)
{
    elman_dataset *dataset = NULL;
    int code = inspect_open_words(net, values->text, &dataset);
    if (!code)
        code =
            inspect_dataset(net, values, dataset, NULL, "the text given", NULL);
    elman_dataset_close(dataset);
    return code;
}

/* Without data, on what is drawn. */
static int inspect_random(network *net, const inspect_values *values)
{
    int code = inspect_before_softmax(net);
    const char *source =
        net->size.vocabulary
            ? "random tokens, all as likely, as no data was given"
            : "random values of mean 0 and deviation 1, as no data was given";
    return code ? code : inspect_dataset(net, values, NULL, NULL, source, NULL);
}

static int inspect(const parsed_line *arguments)
{
    const inspect_values *values = arguments->values;
    const char *data = arguments->operands[1];
    network net;
    int code = network_open(arguments->operands[0], &values->reading.foreign,
                            false, &net);
    if (code) return code;

    /* one of three: a file, a text, or neither */
    if (data && values->text)
        code = misused("expected DATA or --text, found both");
    else if (values->lengths && (net.encoding || !data))
        code = misused("--lengths is for arrays, which %s",
                       data ? "a model that takes data does not read"
                            : "DATA would be");
    else if (data)
        code = net.encoding ? inspect_data(&net, values, data)
                            : inspect_numbers(&net, values, data);
    else if (values->text)
        code = texts_are_read(&net) ? inspect_words(&net, values)
                                    : inspect_text(&net, values);
    else code = inspect_random(&net, values);

    network_close(&net);
    return code;
}

static const example examples[] = {
    {"elman inspect input.safetensors input.txt",
     "what is wrong or right with a model of text"},
    {"elman inspect power.safetensors power.csv -o power.html",
     "the same as a page with pictures"},
    {"elman inspect input.safetensors --text 'To be, or not to be'",
     "on this line, with what decided its last token"},
    {"elman inspect power.safetensors --steps 500 --only flow",
     "how far back the gradient reaches, on random input"},
    {NULL, NULL},
};

const command_row inspect_command = {
    .name = "inspect",
    .summary = "look inside: gradients, gates, errors, and what is wrong",
    .operands = "MODEL [DATA]",
    .description =
        "Looks inside a network on DATA, or on random input, and says what is "
        "wrong with it: sentences with a number and what to do about it, the "
        "most important first, then each measurement as a small picture.\n"
        "ALARM is what to mend first, NOTE what is worth knowing; the exit "
        "status is 0 with alarms, too. An alarm is raised where inputs are "
        "beyond 10 in the root mean square or one is 100 times another; where "
        "a step changes the weights by a tenth of themselves and the loss "
        "suffers; where a gradient grows 100 times on its way back, or is "
        "gone after 4 steps, or before half of a sequence while nothing was "
        "learned; where the window of training leaves a gradient with a "
        "cosine under 0.7; where three quarters of the gate values are at "
        "their ends, or a quarter of the units is dead; where the loss of "
        "other data is twice that of training and much is left to learn; "
        "where answers and truth are correlated below -0.3 or classes taken "
        "for each other; where the surest answers are wrong as often as the "
        "others; where the answers are no better than those that need no "
        "network. docs/INSPECT.md has the reasons for each.\n"
        "Ctrl-C shows what was measured so far.\nA model from elsewhere, which "
        "does not say how data becomes its numbers, takes DATA as 'elman "
        "predict' does, an array, and --target-file as 'elman eval' does.",
    .json = true,
    .options = {{"Options", options},
                {"Data", reading_options},
                {"Data larger than memory", reading_memory_options},
                {foreign_title, foreign_options}},
    .examples = examples,
    .size = sizeof(inspect_values),
    .run = inspect,
};
