/* layouts_word.c: words of an order of layers that say what no tensor's name
 * does of a layout. */
#include "import/layouts_word.h"

#include "base/kind.h"
#include "base/memory.h"
#include "cell/cell.h"
#include "import/layouts_search.h"
#include "import/mapping_gates.h"
#include "import/module_order.h"

#include <stdio.h>
#include <string.h>

/* ---- Reading ------------------------------------------------------------- */

bool gates_word_read(const char *text, size_t bytes, gates_word *w)
{
    static const struct {
        const char *word;
        elman_kind kind;
    } heads[] = {{"lstm(", ELMAN_LSTM}, {"gru(", ELMAN_GRU}};
    size_t at = 0, count = 0;
    *w = (gates_word){.kind = ELMAN_END};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        size_t head = strlen(heads[i].word);
        if (bytes <= head || strncmp(text, heads[i].word, head) != 0) continue;
        w->kind = heads[i].kind;
        at = head;
    }
    if (!w->kind) return false;

    /* every gate once, by any letter that people call it */
    char theirs[8] = "";
    while (at < bytes && text[at] != ')' && count < sizeof theirs - 1)
        theirs[count++] = text[at++];
    gate_letters letters = gates_of_kind(w->kind);
    size_t order[ELMAN_MAX_GATES];
    if (count != letters.count || at + 2 >= bytes || text[at] != ')' ||
        text[at + 1] != ':' || !gates_fit(&letters, theirs, order))
        return false;

    for (size_t j = 0; j < count; j++)
        w->gates[j] = letters.ours[order[j]];
    w->prefix = text + at + 2;
    w->prefix_bytes = bytes - at - 2;
    if (w->prefix_bytes == 1 && *w->prefix == '.') w->prefix_bytes = 0;
    return true;
}

bool pair_word_read(const char *text, size_t bytes, pair_word *w)
{
    static const char head[] = "bidirectional(";
    size_t first = sizeof head - 1;
    if (bytes < first + 4 || strncmp(text, head, first) != 0 ||
        text[bytes - 1] != ')')
        return false;

    /* two names, with a comma and perhaps a blank between */
    const char *comma = memchr(text + first, ',', bytes - first);
    if (!comma) return false;
    w->names[0] = text + first;
    w->bytes[0] = (size_t)(comma - w->names[0]);
    w->names[1] = comma + 1;
    w->bytes[1] = (size_t)(text + bytes - 1 - w->names[1]);
    while (w->bytes[1] && *w->names[1] == ' ') {
        w->names[1]++;
        w->bytes[1]--;
    }
    return w->bytes[0] && w->bytes[1];
}

/* ---- Kernels ------------------------------------------------------------- */

/* How people call the tensors of one kernel, and of two. */
static const leaf_row joint_leaves[] = {
    {"weight|kernel|w|W", LEAF_JOINT, NULL, true, false},
    {"bias|b", LEAF_BIAS_IH, NULL, false, false},
};

static const leaf_row pair_leaves[] = {
    {"h2h.weight|h2h_weight|hh.weight|Wh|w_h|U", LEAF_HH, NULL, false, false},
    {"i2h.weight|i2h_weight|x2h.weight|ih.weight|Wx|w_i|W", LEAF_IH, NULL,
     false, false},
    {"i2h.bias|i2h_bias|x2h.bias|ih.bias|b", LEAF_BIAS_IH, NULL, false, true},
    {"h2h.bias|h2h_bias|hh.bias", LEAF_BIAS_HH, NULL, false, true},
};

/* Makes the layout of a word's kernel: leaves, with its gates. */
static layout *add_layout(layout_search *s, const gates_word *w,
                          const leaf_row *leaves, size_t count,
                          const char *gates, bool turned)
{
    layout *l = s->said + s->said_count;
    *l = (layout){.tool = strcmp(gates, "ifog") ? "another tool" : "torch-rnn",
                  .kind = w->kind};
    for (size_t k = 0; k < count; k++) {
        l->leaves[k] = leaves[k];
        l->leaves[k].gates = gates;
        if (leaves[k].role != LEAF_BIAS_IH && leaves[k].role != LEAF_BIAS_HH)
            l->leaves[k].transposed = turned;
    }
    return l;
}

/* Takes the module of a layout whose tensors are those of a prefix. */
static elman_status take_said(layout_search *s, const gates_word *w,
                              const layout *kind, bool *taken)
{
    found_module m = {.kind = kind, .said = true};
    m.prefix = import_text(s->import, "%.*s", (int)w->prefix_bytes, w->prefix);
    if (!m.prefix) return ELMAN_NO_MEMORY;

    /* each leaf behind the prefix, which ends in a dot unless it is none */
    size_t before = s->count, number = 0;
    for (size_t k = 0; kind->leaves[k].role; k++) {
        m.at[k] = NOWHERE;
        size_t prefix = w->prefix_bytes ? w->prefix_bytes + 1 : 0;
        for (size_t i = 0; i < s->tensor_count && m.at[k] == NOWHERE; i++)
            if (!s->taken[i] &&
                strncmp(s->names[i], m.prefix, w->prefix_bytes) == 0 &&
                (!prefix || s->names[i][prefix - 1] == '.') &&
                layout_leaf_is(s->names[i] + prefix, kind->leaves[k].name,
                               &number))
                m.at[k] = (ptrdiff_t)i;
        if (m.at[k] == NOWHERE && !kind->leaves[k].optional) return ELMAN_OK;
    }
    TRY(search_take(s, &m));
    *taken = s->count > before;
    if (*taken) s->said_count++;
    return ELMAN_OK;
}

static elman_status take_word(layout_search *s, const gates_word *w)
{
    const char *gates = import_text(s->import, "%s", w->gates);
    if (!gates) return ELMAN_NO_MEMORY;
    bool taken = false;

    /* one kernel or two, either way round: shapes tell */
    for (size_t k = 0; k < 4 && !taken; k++) {
        bool joint = k < 2, turned = joint ? k == 0 : k == 3;
        const leaf_row *leaves = joint ? joint_leaves : pair_leaves;
        size_t count = joint ? 2 : 4;
        const layout *kind = add_layout(s, w, leaves, count, gates, turned);
        TRY(take_said(s, w, kind, &taken));
    }
    if (taken) return ELMAN_OK;
    const char *prefix = w->prefix_bytes ? w->prefix : ".";
    size_t bytes = w->prefix_bytes ? w->prefix_bytes : 1;
    return failure(ELMAN_BAD_VALUE,
                   "no kernel of %s fits %.*s: expected weight (I+H,%zuH) and "
                   "bias, or i2h.weight and h2h.weight, with that in front",
                   kind_title(w->kind), bytes < 80 ? (int)bytes : 80, prefix,
                   strlen(w->gates));
}

/* A word that begins as one of these, with other letters. */
static elman_status check_gates(const char *text, size_t bytes)
{
    bool lstm = bytes > 5 && !strncmp(text, "lstm(", 5);
    bool gru = bytes > 4 && !strncmp(text, "gru(", 4);
    char first = lstm ? text[5] : gru ? text[4] : 0;
    if (first < 'a' || first > 'z' || !memchr(text, ':', bytes))
        return ELMAN_OK;
    return failure(
        ELMAN_BAD_VALUE,
        "the order of the layers has %.*s, expected every gate once, "
        "in the order of the kernel: %s",
        bytes < 80 ? (int)bytes : 80, text,
        lstm ? "i, f, g (or c, j, z, u) and o, as in lstm(ifog)"
             : "r, z (or u) and n (or h, c, g), as in gru(zrh)");
}

elman_status layouts_said(layout_search *s)
{
    const char *list = s->config->layers, *text;
    size_t bytes;
    while (order_next(&list, &text, &bytes)) {
        gates_word w;
        bool said = gates_word_read(text, bytes, &w);
        if (!said) TRY(check_gates(text, bytes));
        if (said && s->said_count < ELMAN_MAX_LAYERS) TRY(take_word(s, &w));
    }
    return ELMAN_OK;
}

/* ---- Directions ---------------------------------------------------------- */

static found_module *find_named(const layout_search *s, const char *name,
                                size_t bytes)
{
    for (size_t i = 0; i < s->count; i++) {
        found_module *m = s->found + i;
        if (strlen(m->name) == bytes && !memcmp(m->name, name, bytes) &&
            kind_is_recurrent(m->kind->kind))
            return m;
    }
    return NULL;
}

elman_status layouts_pair(layout_search *s)
{
    const char *list = s->config->layers, *text;
    size_t bytes;
    while (order_next(&list, &text, &bytes)) {
        pair_word w;
        if (!pair_word_read(text, bytes, &w)) continue;
        found_module *a = find_named(s, w.names[0], w.bytes[0]);
        found_module *b = find_named(s, w.names[1], w.bytes[1]);

        /* two that only differ in which way they read */
        bool alike = a && b && a != b && a->kind == b->kind && a->I == b->I &&
                     a->H == b->H && a->R == b->R;
        if (!alike)
            return failure(ELMAN_BAD_VALUE,
                           "the order of the layers has %.*s, which joins two "
                           "recurrent modules of the same kind and sizes",
                           bytes < 120 ? (int)bytes : 120, text);
        b->direction = 1;
        b->level = a->level;
        snprintf(b->name, sizeof b->name, "%s", a->name);
    }
    return ELMAN_OK;
}
