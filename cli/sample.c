/*
 * sample.c: `elman sample`: generates text from a language model, one token at
 * a time, and shows each as soon as it is drawn.
 */
#include "commands.h"
#include "network.h"
#include "screen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct sample_values {
    const char *prompt;
    uint64_t length, top_k, seed;
    double temperature;
    bool no_prompt, no_unknown;
} sample_values;

#define AT(field) offsetof(sample_values, field)

static const option_row options[] = {
    {.name = "prompt",
     .letter = 'p',
     .type = OPTION_TEXT,
     .value = "TEXT",
     .field = AT(prompt),
     .fallback = "(a line break)",
     .common = true,
     .help = "text to begin with"},
    {.name = "length",
     .letter = 'n',
     .type = OPTION_COUNT,
     .value = "N",
     .field = AT(length),
     .fallback = "500",
     .range = {0, 1e15},
     .common = true,
     .help = "characters (bytes, words) to generate"},
    {.name = "temperature",
     .type = OPTION_REAL,
     .value = "T",
     .field = AT(temperature),
     .fallback = "0.8",
     .range = {0, 100},
     .common = true,
     .help = "randomness: 0 always takes the likeliest, 1 draws as learned"},
    {.name = "top-k",
     .type = OPTION_COUNT,
     .value = "K|all",
     .field = AT(top_k),
     .fallback = "all",
     .range = {1, 1e9},
     .help = "draw only from the K likeliest"},
    {.name = "seed",
     .type = OPTION_COUNT,
     .value = "N",
     .field = AT(seed),
     .fallback = "1",
     .range = {0, 9e18},
     .common = true,
     .help = "random seed; the same seed gives the same text"},
    {.name = "no-prompt",
     .type = OPTION_FLAG,
     .field = AT(no_prompt),
     .help = "write only what follows the prompt"},
    {.name = "no-unknown",
     .type = OPTION_FLAG,
     .field = AT(no_unknown),
     .help = "words: never draw <unk>, which stands for rare words"},
    {0},
};

/* A text being written. */
typedef struct writer {
    const network *net;
    elman_state *state;
    float *logits; /* (V) after the last token */
    bool terminal; /* standard output is one: no control characters */
    bool within;   /* a line has begun: words that are bare need a blank */
} writer;

static int read_token(writer *pen, int32_t token)
{
    if (elman_model_step_tokens(pen->net->model, pen->state, &token,
                                pen->logits) != ELMAN_OK)
        return library_failed();
    return 0;
}

/* True if a token begins with what a terminal might take for a command;
 * C2 80 to C2 9F are control characters too. */
static bool is_control(const char *text)
{
    unsigned char c = (unsigned char)text[0], next = (unsigned char)text[1];
    return (c < 32 && c != '\n' && c != '\t') || c == 127 ||
           (c == 0xC2 && next < 0xA0);
}

static void write_token(writer *pen, int32_t token)
{
    const elman_encoding *encoding = pen->net->encoding;
    const char *text = encoding->tokens[token];
    size_t bytes = encoding->token_bytes[token];

    /* words that stand in the vocabulary without the blank before them */
    if (encoding->bare && !strcmp(text, "<eos>")) {
        text = "\n";
        bytes = 1;
    }
    if (encoding->bare && pen->within && *text != '\n') putchar(' ');
    pen->within = *text != '\n';

    if (pen->terminal && is_control(text)) putchar('?');
    else fwrite(text, 1, bytes, stdout);
}

/* Whether a token stands for rare words. */
static bool is_unknown(const char *token)
{
    return !strcmp(token, "<unk>") || !strcmp(token, " <unk>");
}

/* Makes it impossible to draw such a token. */
static void bar_unknown(writer *pen)
{
    const elman_encoding *encoding = pen->net->encoding;
    for (size_t n = 0; n < encoding->vocabulary; n++)
        if (is_unknown(encoding->tokens[n])) pen->logits[n] = -INFINITY;
}

/* Options that this model cannot follow. */
static int check_options(const network *net, const sample_values *values)
{
    const elman_encoding *encoding = net->encoding;
    if (encoding->task != ELMAN_TASK_LANGUAGE)
        return failed("'%s' is not a language model, its task is %s", net->path,
                      task_word(encoding->task));
    if (!values->no_unknown) return 0;
    if (encoding->unit != ELMAN_UNIT_WORDS)
        return misused("--no-unknown is for words, and '%s' writes %ss",
                       net->path, unit_name(encoding));

    /* something must be left to draw */
    for (size_t n = 0; n < encoding->vocabulary; n++)
        if (!is_unknown(encoding->tokens[n])) return 0;
    return misused("--no-unknown leaves nothing to draw, as '%s' knows no "
                   "other words; train it with a smaller --min-count",
                   net->path);
}

/* The prompt as tokens, to be freed by the caller. Without one: a line break,
 * or the first token if the vocabulary has none. */
static int prompt_tokens(const network *net, const char *prompt,
                         int32_t **tokens, size_t *count)
{
    const char *text = prompt ? prompt : "\n";
    size_t bytes = strlen(text);
    int32_t *list = calloc(bytes + 1, sizeof *list);
    if (!list) return failed("out of memory");

    elman_status status = elman_encoding_read(net->encoding, text, bytes,
                                              bytes + 1, list, count, NULL);

    /* a vocabulary without a line break begins with its first token */
    if (!prompt && (status != ELMAN_OK || *count == 0)) {
        list[0] = 0;
        *count = 1;
    } else if (status != ELMAN_OK || *count == 0) {
        free(list);
        return *count == 0 && status == ELMAN_OK
                   ? misused("--prompt contains no token")
                   : misused("--prompt: %s", elman_message());
    }

    *tokens = list;
    return 0;
}

static int write_text(writer *pen, const sample_values *values)
{
    const network *net = pen->net;
    const elman_sampler sampler = {values->temperature, (size_t)values->top_k,
                                   values->seed};

    /* the prompt brings the state to where the text begins */
    int32_t *prompt = NULL;
    size_t count = 0;
    int code = prompt_tokens(net, values->prompt, &prompt, &count);
    for (size_t n = 0; n < count && !code; n++) {
        if (values->prompt && !values->no_prompt) write_token(pen, prompt[n]);
        code = read_token(pen, prompt[n]);
    }
    free(prompt);

    /* each token is drawn from what the model says, and then read by it */
    for (uint64_t draw = 0; draw < values->length && !code; draw++) {
        int32_t token;
        if (values->no_unknown) bar_unknown(pen);
        if (elman_sampler_step(&sampler, draw, net->size.output_size,
                               pen->logits, &token) != ELMAN_OK)
            return library_failed();
        write_token(pen, token);

        /* a terminal shows each at once; elsewhere now and then is enough */
        if (pen->terminal || draw % 256 == 0)
            if (screen_broken()) return EXIT_FAILED;
        code = read_token(pen, token);
    }

    if (!code) putchar('\n');
    return code;
}

static int sample(const parsed_line *arguments)
{
    network net;
    int code = network_open(arguments->operands[0], NULL, true, &net);
    if (code) return code;

    const sample_values *values = arguments->values;
    code = check_options(&net, values);
    if (code) {
        network_close(&net);
        return code;
    }

    /* one stream, one step at a time */
    const elman_state_config config = {.T = 1, .B = 1};
    writer pen = {.net = &net, .terminal = isatty(STDOUT_FILENO)};
    pen.logits = calloc(net.size.output_size + 1, sizeof *pen.logits);
    if (!pen.logits) code = failed("out of memory");
    else if (elman_state_create(net.model, &config, &pen.state) != ELMAN_OK)
        code = library_failed();
    else code = write_text(&pen, values);

    elman_state_destroy(pen.state);
    free(pen.logits);
    network_close(&net);
    return code;
}

static const example examples[] = {
    {"elman sample input.safetensors",
     "500 characters that look like the text"},
    {"elman sample input.safetensors --prompt 'static int ' --temperature 0.5",
     "continue a beginning, cautiously"},
    {"elman sample input.safetensors --length 2000 --top-k 5 --seed 7 > "
     "new.txt",
     "another text, into a file"},
    {NULL, NULL},
};

const command_row sample_command = {
    .name = "sample",
    .summary = "generate text from a language model",
    .operands = "MODEL",
    .description = "Generates text with a language model and prints it as it "
                   "goes. The same seed gives the same text on every machine.",
    .options = {{"Options", options}},
    .examples = examples,
    .size = sizeof(sample_values),
    .run = sample,
};
