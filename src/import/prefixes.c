/* prefixes.c: the words in prefixes, as people call their modules. */
#include "import/prefixes.h"

#include <string.h>

/* ---- Parts of a prefix --------------------------------------------------- */

size_t parent_bytes(const module *m)
{
    size_t bytes = m->prefix_bytes;
    while (bytes > 0 && m->prefix[bytes - 1] != '.')
        bytes--;
    return bytes;
}

bool are_siblings(const module *a, const module *b)
{
    size_t bytes = parent_bytes(a);
    return bytes == parent_bytes(b) && !memcmp(a->prefix, b->prefix, bytes);
}

size_t common_parts(const module *a, const module *b)
{
    size_t same = 0;
    for (size_t k = 0; k < a->prefix_bytes && k < b->prefix_bytes &&
                       a->prefix[k] == b->prefix[k];
         k++)
        if (a->prefix[k] == '.') same = k + 1;
    return same;
}

bool last_number(const module *m, size_t *number)
{
    size_t first = parent_bytes(m);
    *number = 0;
    for (size_t i = first; i < m->prefix_bytes; i++) {
        if (m->prefix[i] < '0' || m->prefix[i] > '9') return false;
        if (*number < 1000000)
            *number = 10 * *number + (size_t)(m->prefix[i] - '0');
    }
    return first < m->prefix_bytes;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

/* Whether a prefix from a byte on has that word between what is no letter. */
static bool has_word_from(const module *m, size_t from, const char *word)
{
    size_t length = strlen(word);
    for (size_t i = from; i < m->prefix_bytes;) {
        size_t end = i;
        while (end < m->prefix_bytes && is_letter(m->prefix[end]))
            end++;

        size_t same = 0;
        while (same < length && i + same < end &&
               lower(m->prefix[i + same]) == word[same])
            same++;
        if (same == length && i + same == end) return true;
        i = end + 1;
    }
    return false;
}

static bool has_word(const module *m, const char *word)
{
    return has_word_from(m, 0, word);
}

/* Whether those letters are anywhere from a byte on. */
static bool has_letters_from(const module *m, size_t from, const char *letters)
{
    size_t length = strlen(letters);
    for (size_t i = from; i + length <= m->prefix_bytes; i++) {
        size_t same = 0;
        while (same < length && lower(m->prefix[i + same]) == letters[same])
            same++;
        if (same == length) return true;
    }
    return false;
}

/* ---- Networks of one file ------------------------------------------------ */

struct pair_of_nets {
    const char *title[2];
    const char *words[2][7];
};

/* An actor with its critic, and an encoder whose decoder may read what it
 * gives; all others stand beside each other. */
enum { ACTORS, CODERS };

static const pair_of_nets pairs[] = {
    [ACTORS] = {{"the actor alone", "the critic alone"},
                {{"actor", "policy", "action", "pi", "a"},
                 {"critic", "value", "vf", "values", "v", "c"}}},
    [CODERS] = {{"the encoder alone", "the decoder alone"},
                {{"encoder", "enc"}, {"decoder", "dec"}}},
    {{"the online alone", "the target alone"},
     {{"online", "net", "model"}, {"target"}}},
    {{"the student alone", "the teacher alone"}, {{"student"}, {"teacher"}}},
    {{"the generator alone", "the discriminator alone"},
     {{"generator", "gen", "netg", "g"},
      {"discriminator", "disc", "netd", "critic", "d"}}},
    {{"the left alone", "the right alone"}, {{"left"}, {"right"}}},
    {{"the model as it was trained alone", "the average over training alone"},
     {{NULL}, {"ema", "shadow", "averaged", "swa"}}},
};

enum { PAIRS = sizeof pairs / sizeof *pairs };

int side_of(const pair_of_nets *p, const module *m)
{
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; i < 7 && p->words[side][i]; i++)
            if (has_word(m, p->words[side][i])) return side;

    /* without words of its own, the first is everything else */
    return p->words[0][0] ? BOTH : 0;
}

const char *side_title(const pair_of_nets *p, int side)
{
    return p->title[side];
}

/* Two networks are there if both have their full word or a recurrent layer; of
 * an encoder and a decoder both have a recurrent layer, since an embedding and
 * a linear layer are called so too. */
static bool pair_is_there(const pair_of_nets *p, const module_list *list)
{
    bool recurrent[2] = {false, false}, any[2] = {false, false}, full = false;
    for (size_t i = 0; i < list->count; i++) {
        const module *m = list->modules + i;
        int side = side_of(p, m);
        if (side == BOTH) continue;

        any[side] = true;
        recurrent[side] |= module_is_recurrent(m);
        for (size_t k = 0; k < 2 && p->words[side][k]; k++)
            full |= has_word(m, p->words[side][k]);
    }
    if (p == pairs) return full && any[0] && any[1];
    return recurrent[0] && recurrent[1];
}

const pair_of_nets *pair_in(const module_list *list)
{
    const pair_of_nets *pair = NULL;
    for (size_t k = PAIRS; k-- > 0;)
        if (pair_is_there(pairs + k, list)) pair = pairs + k;
    return pair;
}

bool pair_may_chain(const pair_of_nets *p) { return !p || p == pairs + CODERS; }

/* ---- Front and end ------------------------------------------------------- */

bool is_called(const module *m, called what)
{
    static const char *const heads[] = {
        "out",    "output",     "outputs", "head",   "fc",       "decoder",
        "linear", "classifier", "proj",    "logits", "generator"};
    size_t from = parent_bytes(m);
    if (what == CALLED_EMBEDDING)
        return has_letters_from(m, from, "emb") ||
               has_word_from(m, from, "wte") ||
               has_word_from(m, from, "lookup");
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (has_word_from(m, from, heads[i])) return true;
    return false;
}

/* ---- What is no link of a chain ------------------------------------------ */

/* Words of what reads more than the layer before it. */
typedef struct unlike {
    const char *is;
    bool embeds;            /* of a matrix alone */
    const char *letters[4]; /* anywhere in the name */
    const char *words[14];  /* between what is no letter */
} unlike;

static const unlike kinds[] = {
    {"attention over the steps",
     false,
     {"attn", "attent", "qkv"},
     {"att", "query", "queries", "key", "keys", "wq", "wk", "wv", "energy",
      "align", "alignment", "context", "memory"}},
    {"a highway layer", false, {"highway"}, {"carry"}},
    {"a gate, a factor of what another layer gives",
     false,
     {NULL},
     {"gate", "gates", "gating", "glu", "gater"}},
    {"a connection past other layers, whose outputs are added",
     false,
     {"residual", "shortcut"},
     {"res", "skip", "downsample", "bypass"}},
    {"a part of a cell or of attention, which reads a state of the step before",
     false,
     {"i2h", "h2h", "x2h", "hid2hid"},
     {NULL}},
    {"an embedding of positions, which is added to another",
     true,
     {"position"},
     {"pos", "wpe", "pe"}},
    {"an embedding of something else beside the tokens",
     true,
     {"speaker"},
     {"lang", "language", "segment", "user"}},
};

/* Where the name of a module begins: behind every part that a recurrent layer
 * has as well, for those are of the network and not of the module. */
static size_t own_part(const module_list *list, const module *m)
{
    size_t own = 0;
    for (size_t i = 0; i < list->count; i++) {
        const module *n = list->modules + i;
        if (n == m || !module_is_recurrent(n)) continue;

        size_t same = common_parts(m, n);
        if (same > own) own = same;
    }
    return own;
}

/* W_a U_a v_a, Wa Ua Va: those of Bahdanau's paper. */
static bool is_bahdanau(const module *m)
{
    size_t first = parent_bytes(m), bytes = m->prefix_bytes - first;
    const char *last = m->prefix + first;
    if (bytes < 2 || bytes > 3 || !strchr("wuv", lower(*last))) return false;
    return lower(last[bytes - 1]) == 'a' && (bytes == 2 || last[1] == '_');
}

/* q and k, or q_proj and k_proj, beside each other; or one of them. */
static bool is_one_of_qkv(const module_list *list, const module *m)
{
    bool q = false, k = false;
    size_t first = parent_bytes(m);
    static const char *const mine[] = {"q", "k", "v", "value", "values"};
    bool is = false;
    for (size_t i = 0; i < sizeof mine / sizeof *mine; i++)
        is = is || has_word_from(m, first, mine[i]);

    for (size_t i = 0; is && i < list->count; i++) {
        const module *n = list->modules + i;
        if (!are_siblings(m, n)) continue;
        q = q || has_word_from(n, first, "q") ||
            has_word_from(n, first, "query");
        k = k || has_word_from(n, first, "k") || has_word_from(n, first, "key");
    }
    return q && k;
}

/* The logarithm of a variance, beside a layer that reads what is sampled. */
static bool is_spread(const module_list *list, const module *m)
{
    size_t from = parent_bytes(m);
    if (!has_letters_from(m, from, "logv") &&
        !has_letters_from(m, from, "log_v") &&
        !has_letters_from(m, from, "logsigma") &&
        !has_letters_from(m, from, "log_sigma"))
        return false;

    /* a VAE's latent: neither of two layers reads it, and another does */
    for (size_t i = 0; i < list->count; i++) {
        const module *n = list->modules + i;
        if (n != m && n->kind == ELMAN_LINEAR && n->I == m->O && n->I != m->I)
            return true;
    }
    return false;
}

const char *module_unlike(const module_list *list, const module *m)
{
    if (m->kind != ELMAN_LINEAR) return NULL;
    if (m->prefix_bytes == 0 && list->count > 1)
        return "a parameter of the model itself";
    size_t from = own_part(list, m);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const unlike *u = kinds + i;
        if (u->embeds && !m->may_embed) continue;
        for (size_t k = 0; k < 4 && u->letters[k]; k++)
            if (has_letters_from(m, from, u->letters[k])) return u->is;
        for (size_t k = 0; k < 14 && u->words[k]; k++)
            if (has_word_from(m, from, u->words[k])) return u->is;
    }
    if (is_spread(list, m))
        return "the spread of numbers that are drawn at random, as in a VAE";
    return is_bahdanau(m) || is_one_of_qkv(list, m) ? kinds[0].is : NULL;
}
