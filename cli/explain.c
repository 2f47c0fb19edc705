/*
 * explain.c: `elman explain`: a tiny network with every number of forward and
 * backward written as an equation, and experiments to try again.
 */
#include "explain.h"
#include "foreign.h"
#include "cells.h"
#include "commands.h"
#include "experiment.h"
#include "screen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct explain_values {
    foreign_values foreign; /* the first: see foreign.h */
    const char *experiment, *model, *x, *html;
    uint64_t hidden, input, steps, seed, window, batch, updates;
    double weight, target, rate;
    int nonlinearity, cell;
    bool reset_before, check;
} explain_values;

#define AT(field) offsetof(explain_values, field)

static const option_row network_options[] = {
    {.name = "weights",
     .type = OPTION_TEXT,
     .value = "MODEL",
     .field = AT(model),
     .fallback = "(none)",
     .common = true,
     .help = "take cell and weights from the first recurrent level of a model "
             "file; what comes before and after it is left out"},
    {.name = "hidden",
     .letter = 'H',
     .type = OPTION_COUNT,
     .value = "N",
     .field = AT(hidden),
     .fallback = "(2)",
     .range = {1, 1024},
     .common = true,
     .help = "units; at most 8, in an experiment 1024"},
    {.name = "input",
     .type = OPTION_COUNT,
     .value = "N",
     .field = AT(input),
     .fallback = "(1)",
     .range = {1, 1024},
     .common = true,
     .help = "values a step; at most 8, in an experiment 1024"},
    {.name = "steps",
     .type = OPTION_COUNT,
     .value = "N",
     .field = AT(steps),
     .fallback = "(as many as --x has, 3 without)",
     .range = {1, 1000},
     .common = true,
     .help = "steps; at most 50, in an experiment 1000"},
    {.name = "x",
     .type = OPTION_TEXT,
     .value = "X,...",
     .field = AT(x),
     .fallback = "(random)",
     .common = true,
     .help = "the input, step by step"},
    {.name = "weight",
     .type = OPTION_REAL,
     .value = "W",
     .field = AT(weight),
     .fallback = "(random)",
     .range = {-1000, 1000},
     .common = true,
     .help = "every weight; biases are 0 then"},
    {.name = "target",
     .type = OPTION_REAL,
     .value = "Y",
     .field = AT(target),
     .fallback = "1",
     .range = {-1000, 1000},
     .help = "what each unit of the last h should be"},
    {.name = "nonlinearity",
     .type = OPTION_CHOICE,
     .value = "tanh|relu",
     .field = AT(nonlinearity),
     .fallback = "tanh",
     .help = "of rnn and indrnn"},
    {.name = "reset-before",
     .type = OPTION_FLAG,
     .field = AT(reset_before),
     .help = "gru: apply the reset gate before the matrix product"},
    {.name = "seed",
     .type = OPTION_COUNT,
     .value = "N",
     .field = AT(seed),
     .fallback = "1",
     .range = {0, 9e18},
     .help = "random seed of weights and input"},
    {.name = "check",
     .type = OPTION_FLAG,
     .field = AT(check),
     .common = true,
     .help = "compare each gradient with a central difference of the loss"},
    {.name = "html",
     .letter = 'o',
     .type = OPTION_TEXT,
     .value = "FILE",
     .field = AT(html),
     .fallback = "(none)",
     .common = true,
     .help = "write it as a page, with the network drawn, to step through"},
    {0},
};

#define EXPERIMENT_WORDS                                                       \
    "exploding|vanishing|truncated|lstm|shapes|classifier|backward"

static const option_row experiment_options[] = {
    {.name = "experiment",
     .letter = 'e',
     .type = OPTION_TEXT,
     .value = EXPERIMENT_WORDS,
     .field = AT(experiment),
     .fallback = "(none)",
     .common = true,
     .help = "re-enact this experiment; --weight, --steps, --hidden, --input "
             "and --seed change its numbers"},
    {.name = "window",
     .type = OPTION_COUNT,
     .value = "STEPS",
     .field = AT(window),
     .fallback = "(5)",
     .needs = "experiment",
     .range = {1, 1000},
     .help = "truncated: steps that are back-propagated together"},
    {.name = "batch",
     .letter = 'b',
     .type = OPTION_COUNT,
     .value = "N",
     .field = AT(batch),
     .fallback = "(8, classifier 32)",
     .needs = "experiment",
     .range = {1, 256},
     .help = "shapes, classifier: sequences at once"},
    {.name = "cell",
     .letter = 'c',
     .type = OPTION_CHOICE,
     .value = cell_words,
     .field = AT(cell),
     .fallback = "(gru)",
     .needs = "experiment",
     .help = "classifier: kind of recurrent layer"},
    {.name = "updates",
     .type = OPTION_COUNT,
     .value = "N",
     .field = AT(updates),
     .fallback = "(300)",
     .needs = "experiment",
     .range = {1, 10000},
     .help = "classifier: optimizer steps"},
    {.name = "lr",
     .type = OPTION_REAL,
     .value = "RATE",
     .field = AT(rate),
     .fallback = "(0.01)",
     .needs = "experiment",
     .range = {ABOVE_ZERO, 10},
     .help = "classifier: learning rate"},
    {0},
};

/* ---- What there is ------------------------------------------------------ */

static void list_all(void)
{
    printf("A tiny network, every number of forward and backward as an "
           "equation:\n");
    elman_kind_info info;
    for (int n = 1; elman_kind_read((elman_kind)n, &info) == ELMAN_OK; n++) {
        if (!cell_lesson_find(info.kind, false, false)) continue;
        char line[64];
        snprintf(line, sizeof line, "elman explain %s", info.word);
        printf("  %-40s %s\n", line, info.title);
    }
    printf("\nExperiments, whose numbers you can change:\n");
    for (const experiment *e = experiments; e->name; e++) {
        char line[64];
        snprintf(line, sizeof line, "elman explain --experiment %s", e->name);
        printf("  %-40s %s\n", line, e->asks);
    }
    printf("\nelman explain -h says what else can be given.\n");
}

/* ---- A network ---------------------------------------------------------- */

/* The numbers of "1,0.5,-1" into values, at most room; returns how many, or
 * SIZE_MAX after an error line. */
static size_t read_numbers(const char *text, size_t room, float *values)
{
    size_t count = 0;

    /* a number, then a comma or the end */
    for (const char *at = text;; at++) {
        char *end;
        float value = strtof(at, &end);
        if (end == at || (*end && *end != ',') || !isfinite(value)) {
            misused("--x expects numbers with commas between, as 1,0.5,-1; "
                    "found '%s'",
                    text);
            return SIZE_MAX;
        }
        if (count == room) {
            misused("--x expects at most %zu numbers", room);
            return SIZE_MAX;
        }
        values[count++] = value;
        at = end;
        if (!*at) return count;
    }
}

/* The kind of a word on the command line; ELMAN_END after an error line. */
static elman_kind kind_named(const char *word)
{
    int index = choice_index(cell_words, word);
    if (index >= 0) return cell_at(index);
    misused("there is no cell '%s', expected one of: %s", word, cell_words);
    return ELMAN_END;
}

/* Checks that what the line says fits together, and settles the kind that word
 * names, NULL for none. */
static int settle_line(const parsed_line *arguments, const char *word,
                       lesson_config *config)
{
    if (word && config->path)
        return misused("expected a cell or --weights, found both");
    static const char *const own[] = {"weight", "hidden", "input",
                                      "nonlinearity", "reset-before"};
    for (size_t n = 0; n < sizeof own / sizeof *own; n++)
        if (config->path && option_given(arguments, own[n]))
            return misused("--weights takes no --%s: the model has its own",
                           own[n]);

    /* what fits a page */
    const struct {
        const char *name;
        size_t value, most;
    } sizes[] = {{"steps", config->T, EXPLAIN_STEPS},
                 {"hidden", config->H, EXPLAIN_HIDDEN},
                 {"input", config->I, EXPLAIN_INPUT}};
    for (size_t n = 0; n < sizeof sizes / sizeof *sizes; n++)
        if (sizes[n].value > sizes[n].most)
            return misused("--%s expects at most %zu without --experiment, "
                           "found %zu",
                           sizes[n].name, sizes[n].most, sizes[n].value);

    /* the cell, and the variant asked for */
    config->kind = word ? kind_named(word) : ELMAN_END;
    if (word && !config->kind) return EXIT_MISUSED;
    if (word &&
        !cell_lesson_find(config->kind, config->relu, config->reset_before))
        return misused("%s has no --%s", word,
                       config->relu ? "nonlinearity relu" : "reset-before");
    return 0;
}

static int explain_network(const parsed_line *arguments)
{
    const explain_values *values = arguments->values;
    static float x[EXPLAIN_STEPS * EXPLAIN_INPUT];
    const char *word = arguments->operands[0];
    lesson_config config = {
        .path = values->model,
        .foreign = &values->foreign,
        .H = values->hidden ? (size_t)values->hidden : 2,
        .I = values->input ? (size_t)values->input : 1,
        .T = (size_t)values->steps,
        .relu = values->nonlinearity == 1,
        .reset_before = values->reset_before,
        .weight = option_given(arguments, "weight") ? values->weight : NAN,
        .seed = values->seed,
        .target = values->target,
    };

    int code = settle_line(arguments, word, &config);
    if (code) return code;
    if (values->x) {
        config.x = x;
        config.x_count = read_numbers(values->x, sizeof x / sizeof *x, x);
        if (config.x_count == SIZE_MAX) return EXIT_MISUSED;
    }

    /* the lesson, its check, and what was asked for of both */
    lesson l;
    lesson_check check = {0};
    code = lesson_open(&config, &l);
    if (!code && values->check) code = lesson_check_open(&l, &check);
    const lesson_check *checked = values->check ? &check : NULL;
    if (!code && values->html)
        code = lesson_save_page(&l, checked, values->html);
    if (!code && screen.json) lesson_record(&l, checked);
    else if (!code && !values->html) lesson_show(&l, checked);
    if (!code && !(l.worst < LESSON_AGREES)) code = EXIT_FAILED;

    lesson_check_close(&l, &check);
    lesson_close(&l);
    return code;
}

/* ---- An experiment ------------------------------------------------------ */

/* True if name is one of "one,two,three". */
static bool takes(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (!strncmp(at, name, length) && (!at[length] || at[length] == ','))
            return true;
    }
    return false;
}

/* The experiment of this name; NULL after an error line. */
static const experiment *experiment_named(const char *name)
{
    const char *names[16];
    size_t count = 0;
    for (const experiment *e = experiments; e->name; e++) {
        if (!strcmp(e->name, name)) return e;
        names[count++] = e->name;
    }
    const char *near = nearest_name(name, names, count);
    if (near)
        misused("there is no experiment '%s', did you mean '%s'?", name, near);
    else
        misused("there is no experiment '%s', expected one of: %s", name,
                EXPERIMENT_WORDS);
    return NULL;
}

/* The experiment's own numbers, and those of the line in their place. */
static trial numbers_of(const experiment *e, const parsed_line *arguments)
{
    const explain_values *values = arguments->values;
    trial numbers = e->usual;

    /* sizes, of which 0 means that none was given */
    const struct {
        uint64_t value;
        size_t *number;
    } sizes[] = {
        {values->steps, &numbers.T},       {values->hidden, &numbers.H},
        {values->input, &numbers.I},       {values->batch, &numbers.B},
        {values->window, &numbers.window},
    };
    for (size_t n = 0; n < sizeof sizes / sizeof *sizes; n++)
        if (sizes[n].value) *sizes[n].number = (size_t)sizes[n].value;

    /* the others */
    if (values->updates) numbers.updates = values->updates;
    if (values->rate > 0) numbers.rate = values->rate;
    if (option_given(arguments, "weight")) numbers.weight = values->weight;
    if (option_given(arguments, "cell")) numbers.kind = cell_at(values->cell);
    if (option_given(arguments, "seed")) numbers.seed = values->seed;
    return numbers;
}

static int run_experiment(const parsed_line *arguments)
{
    const explain_values *values = arguments->values;
    const experiment *e = experiment_named(values->experiment);
    if (!e) return EXIT_MISUSED;
    if (arguments->count)
        return misused("expected a cell or --experiment, found both");

    /* no option that would change nothing */
    const option_row *row;
    for (size_t n = 0; (row = command_option(arguments->command, n)); n++)
        if (arguments->given[n] && strcmp(row->name, "experiment") != 0 &&
            !takes(e->takes, row->name))
            return misused("experiment %s takes no --%s, only %s", e->name,
                           row->name, e->takes);

    story told = {0};
    trial numbers = numbers_of(e, arguments);
    int code = e->run(&numbers, &told);
    if (!code && screen.json) story_record(&told, e->name, &numbers);
    else if (!code) story_show(&told);
    story_close(&told);
    return code;
}

static int explain(const parsed_line *arguments)
{
    const explain_values *values = arguments->values;
    int code = options_check(arguments);
    if (code) return code;
    if (values->experiment) return run_experiment(arguments);
    if (arguments->count || values->model) return explain_network(arguments);
    if (screen.json)
        return misused("--json expects a cell, --weights or --experiment");
    list_all();
    return 0;
}

static const example examples[] = {
    {"elman explain", "what there is"},
    {"elman explain lstm --check",
     "an LSTM of two units over three steps, each gradient checked"},
    {"elman explain rnn --hidden 1 --x 1,-0.5,0.25 --weight 0.8",
     "one unit, numbers as given"},
    {"elman explain gru -o gru.html", "a page to step through"},
    {"elman explain --experiment vanishing --weight 1.1 --steps 40",
     "does the gradient still vanish?"},
    {NULL, NULL},
};

const command_row explain_command = {
    .name = "explain",
    .summary = "show a tiny network number by number",
    .operands = "[CELL]",
    .description =
        "Lays open a tiny network: every number of forward and backward as an "
        "equation with the numbers in place, step by step, and what each step "
        "adds to the gradients. The numbers are the library's own; each is "
        "compared with what its equation makes of the others. The loss is the "
        "mean of (h - target)^2 at the last step.\n"
        "With --experiment it re-enacts a small experiment and says what it "
        "shows. Without anything it lists what can be asked.",
    .json = true,
    .options = {{"Network", network_options},
                {"Experiments", experiment_options},
                {foreign_title, foreign_options + FOREIGN_AFTER_NONLINEARITY}},
    .examples = examples,
    .size = sizeof(explain_values),
    .run = explain,
};
