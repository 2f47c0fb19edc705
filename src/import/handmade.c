/* handmade.c: finds cells that are written of linear layers. */
#include "import/handmade.h"

#include <stdio.h>
#include <string.h>

enum { MOST_SEARCHED = 1024, NAME_ROOM = 32 };

/* ---- Names --------------------------------------------------------------- */

/* Words between '|' that a linear layer of x may be called, and one of h. */
static const char x_names[] =
    "|i2h|x2h|ih|xh|in2h|inp2h|in2hidden|input2hidden|inputtohidden|itoh|xtoh|"
    "wih|wxh|wx|winput|input2h|x2hidden|i2hidden|";
static const char h_names[] =
    "|h2h|hh|hid2hid|hidden2hidden|hiddentohidden|htoh|whh|wh|uh|wrec|"
    "recurrent|rec|wrecurrent|whidden|hidden2h|h2hidden|";

/* One that reads both, beside an output of their own. */
static const char joint_names[] = "|i2h|x2h|xh2h|in2hidden|in2h|input2hidden|"
                                  "combined2hidden|ih2h|";

/* How the layers of single gates begin, before the letter of the gate. */
static const char *const sides[][2] = {
    {"wi", "wh"}, {"wx", "wh"}, {"i", "h"}, {"x", "h"}, {"w", "u"}};

/* Words of each gate, in the order of the letters. */
typedef struct gate_cell {
    elman_kind kind;
    size_t count;
    const char *letters[MOST_GATES]; /* that people call each by */
    const char *words[MOST_GATES];
    const char ours[MOST_GATES + 1];
} gate_cell;

static const gate_cell cells[] = {
    {ELMAN_LSTM,
     4,
     {"i", "f", "gcjzu", "o"},
     {"|inputgate|igate|gatei|wi|input|", "|forgetgate|fgate|gatef|wf|forget|",
      "|cellgate|candidategate|candidate|cgate|gatec|ggate|gateg|wc|wg|cell|"
      "celltilde|ctilde|cellcandidate|newgate|",
      "|outputgate|ogate|gateo|wo|output|"},
     "ifgo"},
    {ELMAN_GRU,
     3,
     {"r", "zu", "nhcg"},
     {"|resetgate|rgate|gater|wr|reset|",
      "|updategate|zgate|ugate|gatez|wz|update|",
      "|newgate|ngate|hgate|gaten|wn|candidate|candidategate|htilde|w|wh|"},
     "rzn"}};

/* The layer of "net.W_hi.weight" as "whi", with what is before it; nothing of
 * another tensor. */
static void plain_name(const named_tensor *t, char *plain, size_t *parent)
{
    static const char end[] = ".weight";
    size_t bytes = strlen(t->name), used = 0;
    *plain = 0;
    *parent = 0;
    if (t->rank != 2 || !element_is_float(t->type) || bytes < sizeof end ||
        strcmp(t->name + bytes - (sizeof end - 1), end) != 0)
        return;

    bytes -= sizeof end - 1;
    size_t first = bytes;
    while (first > 0 && t->name[first - 1] != '.')
        first--;
    if (bytes - first >= NAME_ROOM) return;

    /* small letters, without what joins words */
    for (size_t i = first; i < bytes; i++) {
        char c = t->name[i];
        if (c == '_' || c == '-') continue;
        plain[used++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    plain[used] = 0;
    *parent = first;

    /* what says no more than that it is a layer */
    static const char *const kinds[] = {"linear", "lin", "fc"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t length = strlen(kinds[i]);
        if (used > length && !strncmp(plain, kinds[i], length)) {
            memmove(plain, plain + length, used - length + 1);
            return;
        }
    }
}

static bool is_word(const char *words, const char *name)
{
    char word[NAME_ROOM + 2];
    snprintf(word, sizeof word, "|%s|", name);
    return *name && strstr(words, word);
}

/* ---- Tensors ------------------------------------------------------------- */

/* A search: among tensors that are free, in one parent. */
typedef struct search {
    const elman_import *import;
    const bool *used;
    const char *parent;
    size_t parent_bytes;
} search;

static const named_tensor *tensor_at(const search *s, size_t i)
{
    return s->import->weights.tensors + i;
}

static bool is_free(const search *s, size_t i)
{
    const bool *left_out = s->import->left_out;
    return !(s->used && s->used[i]) && !(left_out && left_out[i]) &&
           tensor_at(s, i)->count > 0;
}

/* The layer of the parent that is called one of some words, or that name. */
static bool find_layer(const search *s, const char *words, const char *name,
                       size_t *at)
{
    char plain[NAME_ROOM];
    size_t parent;

    /* with the same parts before it */
    for (size_t i = 0; i < s->import->weights.tensor_count; i++) {
        const named_tensor *t = tensor_at(s, i);
        if (t->rank != 2 || !is_free(s, i)) continue;
        plain_name(t, plain, &parent);
        if (parent != s->parent_bytes || strncmp(t->name, s->parent, parent))
            continue;
        if (words ? !is_word(words, plain) : strcmp(plain, name) != 0) continue;
        *at = i;
        return true;
    }
    return false;
}

/* The bias beside a weight, if it has one number for each row. */
static bool find_bias(const search *s, size_t weight, size_t *at)
{
    const named_tensor *w = tensor_at(s, weight);
    size_t bytes = strlen(w->name) - strlen("weight");
    for (size_t i = 0; i < s->import->weights.tensor_count; i++) {
        const named_tensor *t = tensor_at(s, i);
        if (t->rank != 1 || t->count != w->shape[0] || !is_free(s, i) ||
            strncmp(t->name, w->name, bytes) != 0 ||
            strcmp(t->name + bytes, "bias") != 0)
            continue;
        *at = i;
        return true;
    }
    return false;
}

/* The biases of all layers of a set, or of none. */
static void find_biases(const search *s, const gate_set *weights,
                        gate_set *biases)
{
    *biases = *weights;
    for (size_t i = 0; i < weights->count; i++)
        if (!find_bias(s, weights->at[i], biases->at + i)) biases->count = 0;
}

/* Whether all weights of a set are (rows,columns). */
static bool set_is(const search *s, const gate_set *set, size_t rows,
                   size_t columns)
{
    for (size_t i = 0; i < set->count; i++) {
        const size_t *shape = tensor_at(s, set->at[i])->shape;
        if (shape[0] != rows || shape[1] != columns) return false;
    }
    return true;
}

/* ---- Cells --------------------------------------------------------------- */

/* Two layers for each gate: W_ii and W_hi ... */
static bool find_pairs(const search *s, const gate_cell *g,
                       const char *const *side, handmade *c)
{
    gate_set x = {.count = g->count}, h = {.count = g->count};
    for (size_t k = 0; k < g->count; k++) {
        bool found = false;
        for (const char *l = g->letters[k]; *l && !found; l++) {
            char name[2][8];
            for (int i = 0; i < 2; i++)
                snprintf(name[i], sizeof name[i], "%s%c", side[i], *l);
            found = find_layer(s, NULL, name[0], x.at + k) &&
                    find_layer(s, NULL, name[1], h.at + k);
        }
        if (!found) return false;
        x.letters[k] = h.letters[k] = g->ours[k];
    }

    /* all of the same shapes */
    size_t H = tensor_at(s, h.at[0])->shape[0];
    size_t I = tensor_at(s, x.at[0])->shape[1];
    if (!set_is(s, &h, H, H) || !set_is(s, &x, H, I)) return false;
    *c = (handmade){.kind = g->kind,
                    .beside = NOWHERE,
                    .by_gate = true,
                    .I = I,
                    .H = H,
                    .gates = g->count,
                    .x = x,
                    .h = h};
    return true;
}

/* A layer for each gate, of x and h beside each other. */
static bool find_joint_gates(const search *s, const gate_cell *g, handmade *c)
{
    gate_set x = {.count = g->count};
    for (size_t k = 0; k < g->count; k++) {
        if (!find_layer(s, g->words[k], NULL, x.at + k)) return false;
        x.letters[k] = g->ours[k];
    }

    /* what is more than its rows is x */
    const size_t *shape = tensor_at(s, x.at[0])->shape;
    if (shape[1] <= shape[0] || !set_is(s, &x, shape[0], shape[1]))
        return false;
    *c = (handmade){.kind = g->kind,
                    .beside = NOWHERE,
                    .joint = true,
                    .by_gate = true,
                    .I = shape[1] - shape[0],
                    .H = shape[0],
                    .gates = g->count,
                    .x = x,
                    .h = x};
    return true;
}

static elman_kind kind_of_gates(size_t gates)
{
    return gates == 1   ? ELMAN_RNN
           : gates == 3 ? ELMAN_GRU
           : gates == 4 ? ELMAN_LSTM
                        : ELMAN_END;
}

/* One layer of x and one of h, for all gates. */
static bool find_fused(const search *s, size_t i, handmade *c)
{
    size_t k;
    if (!find_layer(s, h_names, NULL, &k) || i == k) return false;
    const size_t *x = tensor_at(s, i)->shape, *h = tensor_at(s, k)->shape;
    if (!h[1] || h[0] % h[1] || x[0] != h[0]) return false;

    elman_kind kind = kind_of_gates(h[0] / h[1]);
    *c = (handmade){.kind = kind,
                    .beside = NOWHERE,
                    .I = x[1],
                    .H = h[1],
                    .gates = h[0] / h[1],
                    .x = {.count = 1, .at = {i}},
                    .h = {.count = 1, .at = {k}}};
    return kind != ELMAN_END;
}

/* i2h alone, of x and h beside each other: another layer reads what it gives,
 * or the same as it does. */
static bool find_joint(const search *s, size_t i, handmade *c)
{
    const size_t *w = tensor_at(s, i)->shape;
    if (w[1] <= w[0]) return false;

    /* what reads h, or the same */
    for (size_t k = 0; k < s->import->weights.tensor_count; k++) {
        const named_tensor *t = tensor_at(s, k);
        char plain[NAME_ROOM];
        size_t parent;
        if (k == i || t->rank != 2 || !is_free(s, k)) continue;
        plain_name(t, plain, &parent);
        bool after = is_word("|h2o|i2o|h2out|hidden2out|hidden2output|ho|who|"
                             "in2output|x2o|input2output|",
                             plain);
        if (!after || (t->shape[1] != w[0] && t->shape[1] != w[1])) continue;
        *c = (handmade){.kind = ELMAN_RNN,
                        .joint = true,
                        .I = w[1] - w[0],
                        .H = w[0],
                        .gates = 1,
                        .beside = t->shape[1] == w[1] ? (ptrdiff_t)k : NOWHERE,
                        .x = {.count = 1, .at = {i}},
                        .h = {.count = 1, .at = {i}}};
        return true;
    }
    return false;
}

/* The cell of which tensor i is the first layer. */
static bool find_at(search *s, size_t i, handmade *c)
{
    char plain[NAME_ROOM];
    plain_name(tensor_at(s, i), plain, &s->parent_bytes);
    s->parent = tensor_at(s, i)->name;
    if (!*plain) return false;

    /* gate by gate, each with its letters or words */
    for (size_t k = 0; k < sizeof cells / sizeof *cells; k++) {
        const gate_cell *g = cells + k;
        for (size_t n = 0; n < sizeof sides / sizeof *sides; n++) {
            size_t bytes = strlen(sides[n][0]);
            if (!strncmp(plain, sides[n][0], bytes) &&
                !strcmp(plain + bytes, g->letters[0]) &&
                find_pairs(s, g, sides[n], c))
                return true;
        }
        if (is_word(g->words[0], plain) && find_joint_gates(s, g, c))
            return true;
    }
    return (is_word(x_names, plain) && find_fused(s, i, c)) ||
           (is_word(joint_names, plain) && find_joint(s, i, c));
}

bool handmade_find(const elman_import *im, const bool *used, handmade *c)
{
    search s = {.import = im, .used = used};
    size_t count = im->weights.tensor_count;
    for (size_t i = 0; i < count && count <= MOST_SEARCHED; i++) {
        if (!is_free(&s, i) || !find_at(&s, i, c)) continue;
        find_biases(&s, &c->x, &c->bx);
        if (!c->joint) find_biases(&s, &c->h, &c->bh);
        return true;
    }
    return false;
}

/* ---- Refusing ------------------------------------------------------------ */

elman_status handmade_check(const elman_import *im)
{
    handmade c;
    if (!handmade_find(im, NULL, &c)) return ELMAN_OK;

    const named_tensor *tensors = im->weights.tensors;
    const char *x = tensors[c.x.at[0]].name;
    const char *h = c.joint ? NULL : tensors[c.h.at[0]].name;
    bool one = !h && !c.by_gate;
    static const char *const kinds[][2] = {
        {"an RNN", "RNN"}, {"a GRU", "GRU"}, {"an LSTM", "LSTM"}};
    const char *const *kind = kinds[c.gates == 1 ? 0 : c.gates - 2];

    /* which layers, and what they are of */
    char beside[300] = "";
    if (c.beside != NOWHERE)
        snprintf(beside, sizeof beside,
                 "; %.100s reads the same, x and h before the step, as no "
                 "layer of elman does: the model does not convert as it is",
                 tensors[c.beside].name);
    return failure(
        ELMAN_BAD_FORMAT,
        "%.100s%s%.100s%s %s, by %s, the cell of %s that somebody wrote of "
        "linear layers: it reads %zu feature%s%s, keeps %zu, and is no chain "
        "of layers without memory%s; elman convert %.300s --mapping-draft "
        "map.json begins the mapping file that makes an nn.%s of it, which "
        "--mapping map.json takes (a chain of the same names is taken by "
        "--layers with all of them)",
        x, h ? " and " : "", h ? h : "", c.by_gate ? " with those beside" : "",
        one ? "seems to be" : "seem to be",
        one ? "its name and shape" : "their names and shapes", kind[0], c.I,
        c.I == 1 ? "" : "s", c.joint ? " with its own state beside" : "", c.H,
        beside, im->given.files ? im->given.files : "IN", kind[1]);
}
