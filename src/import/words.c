/*
 * words.c: one word of an order of layers. The engine's tables say what there
 * is; here are PyTorch's numbers, and the words that are no layer.
 *
 *   PREFIX                   the module of that prefix
 *   FUNCTION  FUNCTION(1,2)  a layer without weights, with its numbers
 *   repeat(N)                one vector of each sequence at N steps
 *   KIND:PREFIX  KIND(1):PREFIX   a module that shapes leave open
 *   initial(H0,C0):PREFIX    a recurrent one with learned states: initial.c
 *   lstm(ifog):PREFIX  bidirectional(A,B)   what layouts were told:
 *                            layouts_word.c
 */
#include "base/activation.h"
#include "base/kind.h"
#include "base/real.h"
#include "import/initial.h"
#include "format/number.h"
#include "import/layouts_word.h"
#include "import/module_order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The words ----------------------------------------------------------- */

typedef struct function {
    const char *word;
    entry entry;
} function;

/* What elementwise functions do not say: see activation.def. */
static const function functions[] = {
    {"tanh", {.kind = ELMAN_TANH}},
    {"sigmoid", {.kind = ELMAN_SIGMOID}},
    {"relu", {.kind = ELMAN_RELU}},
    {"softmax", {.kind = ELMAN_SOFTMAX}},
    {"log_softmax", {.kind = ELMAN_LOG_SOFTMAX}},
    {"last", {.kind = ELMAN_LAST, .last = ELMAN_LAST_STEP}},
    {"final", {.kind = ELMAN_LAST, .last = ELMAN_LAST_FINAL}},
    {"mean", {.kind = ELMAN_POOL, .pool = ELMAN_POOL_MEAN}},
    {"max", {.kind = ELMAN_POOL, .pool = ELMAN_POOL_MAX}},
    {"sum", {.kind = ELMAN_POOL, .pool = ELMAN_POOL_SUM}},
    {"l2_norm", {.kind = ELMAN_L2_NORM}},
};

enum { FUNCTIONS = sizeof functions / sizeof *functions, MOST_NUMBERS = 2 };

/* The numbers that torch.nn's functions have by default; where there are none
 * they must be given. */
static const struct {
    elman_activation_kind kind;
    float numbers[MOST_NUMBERS];
} defaults[] = {
    {ELMAN_ACTIVATION_LEAKY_RELU, {0.01f}},
    {ELMAN_ACTIVATION_ELU, {1}},
    {ELMAN_ACTIVATION_HARD_SIGMOID, {1.0f / 6, 0.5f}},
};

/* A word in its parts. */
typedef struct word_parts {
    const char *text; /* all of it, for messages */
    size_t bytes;
    char head[24];
    size_t number_count;
    float numbers[MOST_NUMBERS];
    const char *prefix; /* or NULL */
    size_t prefix_bytes;
} word_parts;

static elman_status bad_word(const word_parts *w, const char *what)
{
    return failure(ELMAN_BAD_VALUE, "the order of the layers has %.*s, %s",
                   w->bytes < 80 ? (int)w->bytes : 80, w->text, what);
}

/* Lists every function, each with the numbers it takes. */
static void list_functions(size_t room, char *text)
{
    size_t used = 0;
    for (size_t i = 0; i < FUNCTIONS && used < room; i++)
        used += (size_t)snprintf(text + used, room - used, "%s%s",
                                 used ? ", " : "", functions[i].word);

    for (int k = ELMAN_ACTIVATION_RELU + 1; k < ACTIVATION_COUNT; k++) {
        elman_activation_kind kind = (elman_activation_kind)k;
        bool leaky = kind == ELMAN_ACTIVATION_LEAKY_RELU;
        const char *const numbers[] = {"", leaky ? "(0.01)" : "(1)", "(1,2)"};
        if (used < room)
            used += (size_t)snprintf(text + used, room - used, ", %s%s",
                                     activation_word(kind),
                                     numbers[activation_parameters(kind)]);
    }
    if (used < room)
        snprintf(text + used, room - used, ", repeat(10), dropout, identity");
}

/* ---- Reading ------------------------------------------------------------- */

/* Reads "(1e-5,2)" from at on; NULL if it is not numbers. */
static const char *read_numbers(const char *at, const char *end, word_parts *w)
{
    char text[40];

    /* one after the other, each up to a comma or the end */
    for (at++; at < end; at++) {
        size_t bytes = 0;
        while (at + bytes < end && at[bytes] != ',' && at[bytes] != ')')
            bytes++;
        if (at + bytes == end || bytes == 0 || bytes >= sizeof text ||
            w->number_count == MOST_NUMBERS)
            return NULL;

        double number;
        memcpy(text, at, bytes);
        text[bytes] = 0;
        if (number_parse(text, &number) != NUMBER_VALUE) return NULL;

        w->numbers[w->number_count++] = (float)number;
        at += bytes;
        if (*at == ')') return at + 1;
    }
    return NULL;
}

/* Takes a word apart; one that has other parts is as good as unknown. */
static bool take_apart(word_parts *w)
{
    const char *at = w->text, *end = w->text + w->bytes;
    while (at < end && *at != '(' && *at != ':')
        at++;

    size_t head = (size_t)(at - w->text);
    if (head == 0 || head >= sizeof w->head) return false;
    memcpy(w->head, w->text, head);
    w->head[head] = 0;

    if (at < end && *at == '(') at = read_numbers(at, end, w);
    if (!at) return false;
    if (at == end) return true;
    if (*at != ':' || at + 1 == end) return false;
    w->prefix = at + 1;
    w->prefix_bytes = (size_t)(end - w->prefix);
    return true;
}

static module *module_named(module_list *list, const char *word, size_t bytes)
{
    if (bytes == 1 && *word == '.') bytes = 0;
    for (size_t i = 0; i < list->count + list->alone; i++) {
        module *m = list->modules + i;
        if (m->prefix_bytes == bytes && memcmp(m->prefix, word, bytes) == 0)
            return m;
    }
    return NULL;
}

/* ---- Functions ----------------------------------------------------------- */

static elman_status set_numbers(const word_parts *w, elman_activation *a)
{
    int takes = activation_parameters(a->kind);
    size_t count = w->number_count;
    float numbers[MOST_NUMBERS] = {w->numbers[0], w->numbers[1]};

    /* PyTorch's, where none are given */
    for (size_t i = 0; count == 0 && i < sizeof defaults / sizeof *defaults;
         i++)
        if (defaults[i].kind == a->kind) {
            memcpy(numbers, defaults[i].numbers, sizeof numbers);
            count = (size_t)takes;
        }

    if (count != (size_t)takes)
        return bad_word(w, takes == 0   ? "which takes no numbers"
                           : takes == 1 ? "which takes one number, as in elu(1)"
                                        : "which takes two numbers, as in "
                                          "affine(2,0.5)");
    a->alpha = takes > 0 ? numbers[0] : 0;
    a->beta = takes > 1 ? numbers[1] : 0;
    return ELMAN_OK;
}

static elman_status read_repeat(const word_parts *w, entry *e)
{
    double n = w->number_count == 1 ? (double)w->numbers[0] : 0;
    *e = (entry){.kind = ELMAN_REPEAT};
    if (!w->number_count) return ELMAN_OK; /* as the sequence has steps */
    if (!(n >= 1 && n <= 1 << 20 && real_floor(n) == n))
        return bad_word(w, "which takes the number of steps, as in repeat(10), "
                           "or none: as many as the sequence has");
    e->repeats = (size_t)n;
    return ELMAN_OK;
}

/* Sets found where the word is a function. */
static elman_status read_function(const word_parts *w, entry *e, bool *found)
{
    *found = true;

    /* these act in training alone */
    if (strcmp(w->head, "dropout") == 0 || strcmp(w->head, "identity") == 0) {
        *e = (entry){.kind = ELMAN_END};
        return ELMAN_OK;
    }

    for (size_t i = 0; i < FUNCTIONS; i++) {
        if (strcmp(functions[i].word, w->head) != 0) continue;
        *e = functions[i].entry;
        return w->number_count ? bad_word(w, "which takes no numbers")
                               : ELMAN_OK;
    }

    if (strcmp(w->head, "repeat") == 0) return read_repeat(w, e);

    for (int k = 1; k < ACTIVATION_COUNT; k++) {
        elman_activation_kind kind = (elman_activation_kind)k;
        if (strcmp(activation_word(kind), w->head) != 0) continue;
        *e = (entry){.kind = ELMAN_ACTIVATION, .activation.kind = kind};
        return set_numbers(w, &e->activation);
    }
    *found = false;
    return ELMAN_OK;
}

/* A function whose parentheses hold no numbers, as in elu(x). */
static elman_status check_numbers(const word_parts *w)
{
    size_t bytes = 0;
    while (bytes < w->bytes && w->text[bytes] != '(')
        bytes++;
    if (bytes == w->bytes) return ELMAN_OK;

    /* what is before them says that it was meant as a function */
    for (int k = 1; k < ACTIVATION_COUNT; k++) {
        const char *word = activation_word((elman_activation_kind)k);
        if (strlen(word) != bytes || memcmp(word, w->text, bytes) != 0)
            continue;
        return bad_word(w, "whose parentheses should hold numbers, with commas "
                           "between them, as in elu(1) and affine(2,0.5)");
    }
    return ELMAN_OK;
}

/* ---- Modules ------------------------------------------------------------- */

static elman_status set_eps(const word_parts *w, entry *e)
{
    if (w->number_count == 0) return ELMAN_OK;
    if (w->number_count > 1 || !(w->numbers[0] > 0))
        return bad_word(w, "which takes one number above 0, the eps, as in "
                           "layer_norm(1e-6):norm");
    e->eps = w->numbers[0];
    return ELMAN_OK;
}

/* A norm by its prefix alone says what it is by its statistics, or not. */
static elman_status plain_norm(const elman_import *im, const module_list *list,
                               module *m, entry *e)
{
    char name[64], why[600];
    module_print(m, sizeof name, name);
    *e = (entry){.module = m, .kind = m->kind, .batch_norm = true};
    if (m->norm == NORM_STATISTICS) return ELMAN_OK;

    /* what it may be, and how to say it */
    if (m->norm == NORM_ALONE)
        snprintf(why, sizeof why,
                 "%s is a vector without bias, and the file does not say what "
                 "it scales: layer_norm:%s is a LayerNorm without bias; an "
                 "RMSNorm is none of elman's layers",
                 name, name);
    else if (m->norm == NORM_UNSURE)
        snprintf(why, sizeof why,
                 "%s has running_mean and running_var alone, and the file does "
                 "not say whose: batch_norm(1e-5):%s is a BatchNorm without "
                 "weight and bias, or any (x - mean) / sqrt(var + 1e-5)",
                 name, name);
    else
        snprintf(why, sizeof why,
                 "%s is a norm, and the file does not say which: LayerNorm, "
                 "InstanceNorm and GroupNorm have the same weight and bias; "
                 "layer_norm:%s is a LayerNorm over the features of each step, "
                 "and the others are none of elman's layers",
                 name, name);
    const char *const instead[] = {
        m->norm == NORM_UNSURE ? "batch_norm(1e-5):" : "layer_norm:", NULL};
    return modules_ask_word(im, list, why, m->prefix, m->prefix_bytes, instead);
}

static elman_status kind_misfit(const word_parts *w, const module *m)
{
    const char *is = m->norm == NORM_STATISTICS
                         ? "a batch norm, with its running statistics"
                     : m->norm == NORM_UNSURE ? "statistics of a norm"
                     : m->norm != NORM_NONE ? "a norm without running_mean and "
                                              "running_var"
                                            : kind_title(m->kind);
    char what[160];
    snprintf(what, sizeof what, "but that module is %s", is);
    return bad_word(w, what);
}

static elman_status read_norm(const word_parts *w, module *m, entry *e,
                              bool *found)
{
    *found = true;
    if (strcmp(w->head, "instance_norm") == 0 ||
        strcmp(w->head, "group_norm") == 0)
        return bad_word(w, "whose mean is over all steps of a sequence at "
                           "once, which no layer of elman is; a network with "
                           "layer_norm or batch_norm in its place converts");

    bool batch = strcmp(w->head, "batch_norm") == 0;
    if (!batch && strcmp(w->head, "layer_norm") != 0) {
        *found = false;
        return ELMAN_OK;
    }
    bool bare = m->norm == NORM_BARE || m->norm == NORM_ALONE;
    if (m->norm == NORM_NONE || batch == bare) return kind_misfit(w, m);
    *e = (entry){.module = m, .kind = m->kind, .batch_norm = batch};
    return set_eps(w, e);
}

/* "sum:rnn": how the two directions of a recurrent module are joined. */
static elman_status read_merge(const word_parts *w, module *m, entry *e,
                               bool *found)
{
    static const struct {
        const char *word;
        elman_merge merge;
    } words[] = {{"concat", ELMAN_MERGE_CONCAT},
                 {"sum", ELMAN_MERGE_SUM},
                 {"mul", ELMAN_MERGE_MUL},
                 {"average", ELMAN_MERGE_AVERAGE}};
    *found = false;

    /* torch.nn joins the levels of a module otherwise */
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i].word, w->head) != 0) continue;
        if (!module_is_recurrent(m) || m->direction_count < 2)
            return bad_word(w, "which joins two directions, but that module "
                               "has not two");
        if (m->level_count > 1)
            return bad_word(w, "but that module has several levels, and those "
                               "of torch.nn read both directions beside each "
                               "other");
        if (w->number_count) return bad_word(w, "which takes no numbers");
        *found = true;
        *e = (entry){.module = m, .kind = m->kind, .merge = words[i].merge};
    }
    return ELMAN_OK;
}

/* "linear:decoder", "embedding:embed", "lstm:rnn", "attention:pool" */
static elman_status read_kind(const word_parts *w, module *m, entry *e)
{
    bool found, fits;
    TRY(read_norm(w, m, e, &found));
    if (found) return ELMAN_OK;

    TRY(read_merge(w, m, e, &found));
    if (found) return ELMAN_OK;

    /* the name of its kind, or of one that its shapes leave open */
    elman_kind kind =
        strcmp(w->head, "attention") == 0 ? ELMAN_POOL : kind_named(w->head);
    fits =
        kind && (kind == m->kind || (kind == ELMAN_EMBEDDING && m->may_embed));
    if (!kind) return bad_word(w, "whose first part is no kind of layer");
    if (!fits) return kind_misfit(w, m);
    if (w->number_count) return bad_word(w, "which takes no numbers");

    *e = (entry){.module = m, .kind = kind};
    if (kind == ELMAN_POOL) e->pool = ELMAN_POOL_ATTENTION;
    return ELMAN_OK;
}

/* Two modules that only differ in which way they read become one; the first
 * has the weights of both. */
static module *join_directions(module_list *list, const pair_word *pair)
{
    module *a = module_named(list, pair->names[0], pair->bytes[0]);
    module *b = module_named(list, pair->names[1], pair->bytes[1]);
    if (!a || !b || a == b || !module_is_recurrent(a) || a->kind != b->kind ||
        a->level_count != 1 || b->level_count != 1 || a->direction_count != 1 ||
        b->direction_count != 1 || a->I != b->I || a->O != b->O ||
        a->H[0] != b->H[0] || a->one_step != b->one_step)
        return NULL;

    /* both with biases, or neither */
    for (size_t r = 0; r < ROLES; r++)
        if ((a->at[0][0][r] == NOWHERE) != (b->at[0][0][r] == NOWHERE))
            return NULL;
    memcpy(a->at[0][1], b->at[0][0], sizeof a->at[0][1]);
    a->direction_count = 2;
    a->O *= 2;
    return a;
}

/* A module whose gates or directions a word has told; it has become one like
 * others. */
static bool read_told(module_list *list, const char *text, size_t bytes,
                      entry *e)
{
    gates_word gates;
    pair_word pair;
    module *m = NULL;
    if (gates_word_read(text, bytes, &gates)) {
        m = module_named(list, gates.prefix_bytes ? gates.prefix : ".",
                         gates.prefix_bytes ? gates.prefix_bytes : 1);
        if (m && m->kind != gates.kind) m = NULL;
    } else if (pair_word_read(text, bytes, &pair)) {
        m = module_named(list, pair.names[0], pair.bytes[0]);
        if (m && m->direction_count != 2) m = join_directions(list, &pair);
    }
    if (m) *e = (entry){.module = m, .kind = m->kind};
    return m;
}

elman_status word_read(const elman_import *im, module_list *list,
                       const char *text, size_t bytes, entry *e)
{
    word_parts w = {.text = text, .bytes = bytes};
    bool found = false;

    /* a module of the file, whatever its name */
    module *m = module_named(list, text, bytes);
    if (m && m->norm) return plain_norm(im, list, m, e);
    if (m) {
        *e = (entry){.module = m, .kind = m->kind};
        if (m->kind == ELMAN_POOL) e->pool = ELMAN_POOL_ATTENTION;
        return ELMAN_OK;
    }

    static const char *const functions_there[] = {"relu", "tanh", "", NULL};
    if (bytes == 1 && *text == '?')
        return modules_ask_word(
            im, list,
            "the order of the layers has ?, which stands for the function "
            "there: write relu, tanh, elu(1) or what the model has in its "
            "place, or leave it out",
            text, bytes, functions_there);

    TRY(initial_read(im, list, text, bytes, e, &found));
    if (found) return ELMAN_OK;

    if (read_told(list, text, bytes, e)) return ELMAN_OK;
    pair_word pair;
    if (pair_word_read(text, bytes, &pair)) {
        char why[300];
        snprintf(why, sizeof why,
                 "the order of the layers has %.*s, which joins two recurrent "
                 "modules of the same kind and sizes, with one level and "
                 "direction each",
                 bytes < 120 ? (int)bytes : 120, text);
        return modules_ask(im, list, why);
    }

    bool parts = take_apart(&w);
    if (parts && !w.prefix) TRY(read_function(&w, e, &found));
    if (found) return ELMAN_OK;

    m = parts && w.prefix ? module_named(list, w.prefix, w.prefix_bytes) : NULL;
    if (m) return read_kind(&w, m, e);

    TRY(check_numbers(&w));
    char known[440], what[840];
    list_functions(sizeof known, known);
    snprintf(what, sizeof what,
             "which is neither a function (%s) nor a module of the file, alone "
             "or with its kind (linear:, embedding:, lstm:, gru:, rnn:, "
             "layer_norm:, batch_norm:, attention:, sum:, initial(h0,c0):, "
             "lstm(ifog):, bidirectional(a,b))",
             known);
    char sentence[1040];
    snprintf(sentence, sizeof sentence, "the order of the layers has %.*s, %s",
             bytes < 80 ? (int)bytes : 80, text, what);
    return modules_ask(im, list, sentence);
}
