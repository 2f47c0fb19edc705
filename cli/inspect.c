/*
 * inspect.c: `elman inspect`: how far back in time the gradient reaches in a
 * trained network.
 */
#include "chart.h"
#include "commands.h"
#include "network.h"
#include "reading.h"
#include "screen.h"

#include <stdlib.h>
#include <string.h>

typedef struct inspect_values {
    reading_values reading; /* the first: see reading.h */
    const char *text;
    uint64_t steps, batch, seed;
} inspect_values;

#define AT(field) offsetof(inspect_values, field)

enum { TEXT_STEPS = 256, RANDOM_STEPS = 128 };

static const option_row options[] = {
    {.name = "text",
     .type = OPTION_TEXT,
     .value = "TEXT",
     .field = AT(text),
     .fallback = "(none)",
     .common = true,
     .help = "language: use this text instead of DATA"},
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
     .help = "sequences to average over"},
    {.name = "seed",
     .type = OPTION_COUNT,
     .value = "N",
     .field = AT(seed),
     .fallback = "1",
     .range = {0, 9e18},
     .help = "random seed of the input without DATA"},
    {0},
};

/* Computes and shows the flow through every level for one batch. */
static int show_flow(const network *net, const elman_batch *batch,
                     const char *source)
{
    size_t L = net->size.level_count;
    flow *flows = calloc(L, sizeof *flows);
    double *norms = calloc(L * batch->T, sizeof *norms);
    int code = flows && norms ? 0 : failed("out of memory");

    /* the gradient through each recurrent level */
    for (size_t level = 0; level < L && !code; level++) {
        double *one = norms + level * batch->T;
        if (elman_flow_read(net->model, batch, level, one) != ELMAN_OK)
            code = library_failed();
        else flows[level] = flow_sum(net->model, level, one, batch->T);
    }

    if (!code && screen.json) flows_record(net->path, source, flows, L);
    else if (!code) {
        printf("%s%s%s: how far back the gradient reaches\n"
               "%zu sequence%s of %zu steps, %s\n",
               paint(stdout, BOLD), printable(net->path), paint(stdout, PLAIN),
               batch->B, batch->B == 1 ? "" : "s", batch->T, printable(source));
        flows_show(flows, L);
    }

    free(norms);
    free(flows);
    return code;
}

/* The batch may have more steps than asked for: the rest is cut off, from each
 * sequence. */
static void cut_batch(elman_batch *batch, size_t steps, size_t *lengths)
{
    if (!steps || steps >= batch->T) return;
    batch->T = steps; /* time first: the first steps of all stay in place */

    if (!batch->lengths) return;
    for (size_t b = 0; b < batch->B; b++)
        lengths[b] = batch->lengths[b] < steps ? batch->lengths[b] : steps;
    batch->lengths = lengths;
}

static int inspect_loader(const network *net, elman_loader *loader,
                          const inspect_values *values, const char *path)
{
    elman_batch batch;
    elman_target ignored;
    if (elman_loader_read(loader, &batch, &ignored) != ELMAN_OK)
        return library_failed();
    size_t *lengths = calloc(batch.B + 1, sizeof *lengths);
    char source[512];
    if (!lengths) return failed("out of memory");

    cut_batch(&batch, (size_t)values->steps, lengths);
    snprintf(source, sizeof source, "the beginning of %s", path);
    int code = show_flow(net, &batch, source);

    free(lengths);
    return code;
}

static int inspect_data(const network *net, const inspect_values *values,
                        const char *path)
{
    elman_dataset_config config = {.encoding = net->note};
    elman_dataset *dataset = NULL;
    int code = reading_fill(&values->reading, &config);
    if (code) return code;
    if (elman_dataset_open(path, &config, &dataset) != ELMAN_OK)
        return data_failed();

    size_t steps = values->steps ? (size_t)values->steps : TEXT_STEPS;
    size_t batch = (size_t)values->batch;
    size_t tokens = elman_dataset_size(dataset, ELMAN_PART_VALIDATION);
    if (net->encoding->task == ELMAN_TASK_LANGUAGE) {
        /* a short text has room for fewer, then shorter sequences */
        while (batch > 1 && batch * (steps + 1) > tokens)
            batch--;
        if (steps + 1 > tokens && tokens > 1) steps = tokens - 1;
    }

    /* one batch, of the data's beginning */
    elman_loader_config order = {
        .part = ELMAN_PART_VALIDATION, .batch_size = batch, .steps = steps};
    elman_loader *loader = NULL;
    code = elman_loader_create(dataset, &order, &loader) == ELMAN_OK
               ? inspect_loader(net, loader, values, path)
               : library_failed();

    elman_loader_destroy(loader);
    elman_dataset_close(dataset);
    return code;
}

static int inspect_text(const network *net, const char *text)
{
    size_t bytes = strlen(text), count = 0;
    if (!net->encoding || net->encoding->task != ELMAN_TASK_LANGUAGE)
        return misused("--text is for language models, which '%s' is not",
                       net->path);

    int32_t *tokens = calloc(bytes + 1, sizeof *tokens);
    if (!tokens) return failed("out of memory");

    /* there must be a step before the last one */
    int code = 0;
    if (elman_encoding_read(net->encoding, text, bytes, bytes, tokens, &count,
                            NULL) != ELMAN_OK)
        code = misused("--text: %s", elman_message());
    else if (count < 2)
        code = misused("--text expects at least two tokens, found %zu", count);

    const elman_batch batch = {.T = count, .B = 1, .tokens = tokens};
    if (!code) code = show_flow(net, &batch, "the text given");
    free(tokens);
    return code;
}

/* 53 random bits of draw n as a number from 0 to below 1 (splitmix64, Steele
 * et al. 2014). */
static double random_part(uint64_t seed, uint64_t n)
{
    uint64_t z = seed * 0xD1342543DE82EF95u + (n + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

/* Without data: random tokens, or values of mean 0 and variance 1, as scaled
 * data has (uniform in +-sqrt 3). */
static int inspect_random(const network *net, const inspect_values *values)
{
    size_t T = values->steps ? (size_t)values->steps : RANDOM_STEPS;
    size_t B = (size_t)values->batch, I = net->size.input_size;
    size_t V = net->size.vocabulary, count = T * B * (I ? I : 1);

    /* values and tokens of the same numbers; the model reads one of them */
    float *x = calloc(count, sizeof *x);
    int32_t *tokens = calloc(count, sizeof *tokens);
    int code = x && tokens ? 0 : failed("out of memory");
    for (size_t n = 0; n < count && !code; n++) {
        double part = random_part(values->seed, n);
        x[n] = (float)(3.4641016151377544 * (part - 0.5));
        tokens[n] = (int32_t)(part * (double)V);
    }

    const elman_batch batch = {
        .T = T, .B = B, .x = V ? NULL : x, .tokens = V ? tokens : NULL};
    if (!code)
        code = show_flow(net, &batch,
                         V ? "random tokens, as no data was given"
                           : "random values, as no data was given");

    free(x);
    free(tokens);
    return code;
}

static int inspect(const parsed_line *arguments)
{
    const inspect_values *values = arguments->values;
    const char *data = arguments->operands[1];
    network net;
    int code = network_open(arguments->operands[0], data != NULL, &net);
    if (code) return code;

    if (net.size.level_count == 0)
        code = failed("'%s' has no recurrent layer to inspect", net.path);
    else if (data && values->text)
        code = misused("expected DATA or --text, found both");
    else if (data) code = inspect_data(&net, values, data);
    else if (values->text) code = inspect_text(&net, values->text);
    else code = inspect_random(&net, values);

    network_close(&net);
    return code;
}

static const example examples[] = {
    {"elman inspect input.safetensors input.txt",
     "the flow of the gradient through the steps of a text"},
    {"elman inspect input.safetensors --text 'To be, or not to be'",
     "through this line"},
    {"elman inspect power.safetensors --steps 500",
     "far back, on random input"},
    {NULL, NULL},
};

const command_row inspect_command = {
    .name = "inspect",
    .summary = "show how far back in time the gradient reaches",
    .operands = "MODEL [DATA]",
    .description =
        "Puts a gradient on the last step of sequences of DATA and shows, for "
        "each recurrent level and on a logarithmic scale, what is left of it "
        "at the hidden state of each step before. Where it vanishes within a "
        "few steps, nothing can be learned from further back; where it grows, "
        "training becomes unstable.",
    .json = true,
    .options = {{"Options", options}, {"Data", reading_options}},
    .examples = examples,
    .size = sizeof(inspect_values),
    .run = inspect,
};
