/*
 * texts.c: see texts.h.
 */
#include "texts.h"
#include "answer.h"
#include "options.h"
#include "screen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char tokens_note[] = "tokens", labels_note[] = "labels";

bool texts_are_read(const network *net)
{
    return !net->encoding && elman_model_note(net->model, tokens_note) &&
           elman_model_note(net->model, labels_note);
}

/* What a walk over texts has, and what it has found. */
typedef struct text_walk {
    const network *net;
    elman_encoding *tokens;
    char *labels;       /* a copy of the note, cut into: */
    const char **names; /* (O) */
    bool probabilities;
    size_t unknown;        /* tokens that are left out */
    uint64_t count, right; /* of eval: answers */
    double surprise;       /* -log of the right one's probability, summed */
} text_walk;

static void walk_close(text_walk *walk)
{
    elman_encoding_destroy(walk->tokens);
    free(walk->labels);
    free(walk->names);
}

/* The notes may be anybody's: they must fit the model. */
static int walk_open(const network *net, text_walk *walk)
{
    size_t O = net->size.output_size, count = 0;
    *walk = (text_walk){.net = net};
    if (elman_encoding_create(elman_model_note(net->model, tokens_note),
                              &walk->tokens) != ELMAN_OK)
        return failed("%s: its note \"tokens\" is broken: %s", net->path,
                      elman_message());

    const char *labels = elman_model_note(net->model, labels_note);
    walk->labels = strdup(labels);
    walk->names = calloc(O + 1, sizeof *walk->names);
    if (!walk->labels || !walk->names) return failed("out of memory");

    /* a label a line */
    for (char *at = walk->labels; at; count++) {
        char *end = strchr(at, '\n');
        if (count < O) walk->names[count] = at;
        if (end) *end = '\0';
        at = end ? end + 1 : NULL;
    }
    if (count != O || walk->tokens->vocabulary != net->size.vocabulary)
        return failed("%s: its notes \"tokens\" and \"labels\" are for another "
                      "model",
                      net->path);
    return 0;
}

/* ---- One text ------------------------------------------------------------ */

static int read_text(text_walk *walk, const char *name, const char *text,
                     size_t bytes, array_pass *pass)
{
    size_t count = 0, unknown = 0;
    *pass = (array_pass){.net = walk->net, .name = name, .B = 1, .I = 1};
    pass->tokens = calloc(bytes + 1, sizeof *pass->tokens);
    pass->x = pass->typed = calloc(bytes + 1, sizeof *pass->typed);
    if (!pass->tokens || !pass->typed) return failed("out of memory");
    if (elman_encoding_read(walk->tokens, text, bytes, bytes, pass->tokens,
                            &count, &unknown) != ELMAN_OK)
        return failed("%s: %s", name, elman_message());
    walk->unknown += unknown;
    pass->T = count;
    return 0;
}

int texts_read(const network *net, const char *name, const char *text,
               size_t bytes, array_pass *pass)
{
    text_walk walk;
    int code = walk_open(net, &walk);
    if (!code) code = read_text(&walk, name, text, bytes, pass);
    if (!code && !pass->T)
        code = misused("%s has no token that '%s' knows", name, net->path);
    walk_close(&walk);
    return code;
}

/* What the model gives for a text: y of the pass. */
static int run_text(array_pass *pass)
{
    static const array_values plain;
    if (!pass->T) return 0;
    int code = arrays_prepare(pass, &plain, 1, false, false);
    return code ? code : arrays_run(pass, false);
}

static size_t answers_of(const array_pass *pass)
{
    return !pass->T ? 0 : pass->net->size.per_sequence ? 1 : pass->T;
}

/* ---- Answers ------------------------------------------------------------- */

static void show_probabilities(const text_walk *walk, const float *y)
{
    size_t O = walk->net->size.output_size;
    for (size_t k = 0; k < O; k++)
        printf("%s%s=%.4f", k ? " " : "\t", printable(walk->names[k]),
               exp2(log2_softmax(y, O, k)));
}

/* A label with its probability, or the labels of all tokens. */
static void show_answer(const text_walk *walk, const array_pass *pass)
{
    size_t O = walk->net->size.output_size, rows = answers_of(pass);
    bool one = walk->net->size.per_sequence;
    for (size_t t = 0; t < rows; t++) {
        const float *y = pass->y.data + t * O;
        size_t best = likeliest(y, O);
        printf("%s%s", t ? " " : "", printable(walk->names[best]));
        if (one && !walk->probabilities)
            printf("\t%.4f", exp2(log2_softmax(y, O, best)));
        if (one && walk->probabilities) show_probabilities(walk, y);
    }
    putchar('\n');
}

static void record_answer(const text_walk *walk, const array_pass *pass)
{
    size_t O = walk->net->size.output_size, rows = answers_of(pass);
    record out = record_begin(stdout);
    record_open(&out, "answers", '[');
    for (size_t t = 0; t < rows; t++) {
        const float *y = pass->y.data + t * O;
        size_t best = likeliest(y, O);
        record_open(&out, NULL, '{');
        record_text(&out, "label", walk->names[best]);
        record_number(&out, "probability", exp2(log2_softmax(y, O, best)));
        record_close(&out, '}');
    }
    record_close(&out, ']');
    record_end(&out);
}

/* ---- Lines --------------------------------------------------------------- */

typedef int line_taker(text_walk *walk, const line_source *source);

static int for_each_line(const network *net, const char *path,
                         bool probabilities, line_taker *take, text_walk *walk)
{
    line_source source = {0};
    int code = walk_open(net, walk);
    walk->probabilities = probabilities;
    if (!code) code = source_open(path, &source);
    if (code) return code;

    while (!code && source_next(&source)) {
        code = take(walk, &source);
        if (!code && screen_broken()) code = EXIT_FAILED;
    }
    if (!code) code = source_error(&source);
    if (!code && walk->unknown)
        note("%zu %ss are not in the vocabulary: they are not read",
             walk->unknown, unit_name(walk->tokens));
    source_close(&source);
    return code;
}

static int predict_line(text_walk *walk, const line_source *source)
{
    array_pass pass;
    int code =
        read_text(walk, source->name, source->text, source->bytes, &pass);
    if (!code) code = run_text(&pass);
    if (!code && screen.json) record_answer(walk, &pass);
    else if (!code) show_answer(walk, &pass);
    arrays_close(&pass);
    return code;
}

int texts_predict(const network *net, const char *path, bool probabilities)
{
    text_walk walk;
    int code = for_each_line(net, path, probabilities, predict_line, &walk);
    walk_close(&walk);
    return code;
}

/* ---- Eval ---------------------------------------------------------------- */

/* The class that begins at *at, up to a blank or the end; O if there is none
 * of that name. */
static size_t take_label(const text_walk *walk, const char **at,
                         const char *end, bool one)
{
    size_t O = walk->net->size.output_size, length = 0;
    while (!one && *at < end && **at == ' ')
        ++*at;
    while (*at + length < end && (one || (*at)[length] != ' '))
        length++;

    size_t k = 0;
    while (k < O && (strlen(walk->names[k]) != length ||
                     memcmp(walk->names[k], *at, length) != 0))
        k++;
    *at += length;
    return k;
}

static int eval_line(text_walk *walk, const line_source *source)
{
    const char *tab = memchr(source->text, '\t', source->bytes);
    const char *at = source->text;
    size_t O = walk->net->size.output_size;
    bool one = walk->net->size.per_sequence;
    unsigned long long line = source->line;
    if (!source->bytes) return 0;
    if (!tab)
        return failed("%s: line %llu has no tab: %s in front of it, and a text "
                      "behind it",
                      source->name, line,
                      one ? "a label stands" : "labels with blanks between");

    array_pass pass;
    size_t before = (size_t)(tab + 1 - source->text);
    int code =
        read_text(walk, source->name, tab + 1, source->bytes - before, &pass);
    if (!code) code = run_text(&pass);

    /* each answer against its label */
    for (size_t t = 0; t < answers_of(&pass) && !code; t++) {
        const float *y = pass.y.data + t * O;
        size_t k = take_label(walk, &at, tab, one);
        if (k == O) {
            code = failed("%s: line %llu: label %zu is none of '%s', which has "
                          "%zu, or is missing; 'elman info' shows them",
                          source->name, line, t + 1, walk->net->path, O);
            break;
        }
        walk->count++;
        walk->right += likeliest(y, O) == k;
        walk->surprise -= log2_softmax(y, O, k) * log(2);
    }
    if (!code && at < tab)
        code = failed("%s: line %llu has more labels than the %zu token%s of "
                      "its text",
                      source->name, line, pass.T, pass.T == 1 ? "" : "s");
    arrays_close(&pass);
    return code;
}

int texts_eval(const network *net, const char *path)
{
    text_walk walk;
    int code = for_each_line(net, path, false, eval_line, &walk);
    double count = (double)walk.count;

    /* of all answers together */
    if (!code && !walk.count) code = failed("'%s' has no text", path);
    if (!code && screen.json) {
        record out = record_begin(stdout);
        record_text(&out, "model", net->path);
        record_text(&out, "data", path);
        record_count(&out, "count", walk.count);
        record_open(&out, "metrics", '{');
        record_text(&out, "loss_kind", "cross-entropy");
        record_number(&out, "loss", walk.surprise / count);
        record_number(&out, "accuracy", (double)walk.right / count);
        record_close(&out, '}');
        record_end(&out);
    } else if (!code)
        printf("cross-entropy %s, accuracy %.2f %% of %s classes\n",
               significant(walk.surprise / count, 6),
               100 * (double)walk.right / count, with_commas(walk.count));
    walk_close(&walk);
    return code;
}

void texts_show(const network *net)
{
    text_walk walk;
    if (!texts_are_read(net)) return;
    if (!walk_open(net, &walk)) {
        printf("texts     %ss, vocabulary %zu, to ", unit_name(walk.tokens),
               walk.tokens->vocabulary);
        for (size_t k = 0; k < net->size.output_size; k++)
            printf("%s%s", k ? ", " : "", printable(walk.names[k]));
        printf("%s\n", net->size.per_sequence ? "" : " at each");
    }
    walk_close(&walk);
}
