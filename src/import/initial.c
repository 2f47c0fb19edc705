/* initial.c: learned initial states, by their names and sizes. */
#include "import/initial.h"

#include "import/leftover.h"

#include <stdio.h>
#include <string.h>

enum { H, C };

static size_t states_of(const module *m)
{
    return m->kind == ELMAN_LSTM ? 2 : 1;
}

/* Numbers of h or c in one direction of a level. */
static size_t width_of(const module *m, size_t level, size_t state)
{
    return state == H && m->proj_size ? m->proj_size : m->H[level];
}

/* Numbers of h or c of all levels and directions. */
static size_t size_of(const module *m, size_t state)
{
    size_t count = 0;
    for (size_t k = 0; k < m->level_count; k++)
        count += m->direction_count * width_of(m, k, state);
    return count;
}

/* ---- What the names say -------------------------------------------------- */

/* c0, init_c, initial_cell */
static bool is_of_cell(const char *name)
{
    const char *dot = strrchr(name, '.'), *last = dot ? dot + 1 : name;
    return *last == 'c' || strstr(last, "cell") || strstr(last, "_c");
}

/* The tensors that seem to be the states of m. */
static bool find_states(const elman_import *im, const module *m, size_t at[2])
{
    bool found[2] = {false, m->kind != ELMAN_LSTM};
    for (size_t i = 0; i < im->weights.tensor_count; i++) {
        const named_tensor *t = im->weights.tensors + i;
        if (im->left_out[i] || !element_is_float(t->type) ||
            leftover_of(im, i) != LEFTOVER_STATE)
            continue;

        size_t state = is_of_cell(t->name) ? C : H;
        if (found[state] || t->count != size_of(m, state)) continue;
        found[state] = true;
        at[state] = i;
    }
    return found[H] && found[C];
}

bool initial_print(const elman_import *im, const module_list *list,
                   const module *m, size_t room, char *names)
{
    size_t at[2], recurrent = 0;
    for (size_t i = 0; i < list->count; i++)
        recurrent += module_is_recurrent(list->modules + i);
    if (recurrent != 1 || !module_is_recurrent(m) || !find_states(im, m, at))
        return false;

    const named_tensor *tensors = im->weights.tensors;
    bool two = states_of(m) == 2;
    int length = snprintf(names, room, "%s%s%s", tensors[at[H]].name,
                          two ? "," : "", two ? tensors[at[C]].name : "");
    return length > 0 && (size_t)length < room;
}

elman_status initial_check(const elman_import *im, const module_list *list,
                           const module_order *o)
{
    char names[200], sentence[700];
    for (size_t i = 0; i < o->count; i++) {
        const entry *e = o->entries + i;
        if (!e->module || e->learned_state ||
            !initial_print(im, list, e->module, sizeof names, names))
            continue;
        snprintf(sentence, sizeof sentence,
                 "%s: learned initial states, as it seems, which "
                 "initial(%s):%.*s takes",
                 names, names, (int)e->module->prefix_bytes,
                 e->module->prefix_bytes ? e->module->prefix : ".");

        /* asked for, with the word that takes them in front of the module's */
        char head[240];
        snprintf(head, sizeof head, "initial(%s):", names);
        return modules_ask_word(im, list, sentence, e->module->prefix,
                                e->module->prefix_bytes,
                                (const char *const[]){head, NULL});
    }
    return ELMAN_OK;
}

/* ---- The word ------------------------------------------------------------ */

static elman_status bad_state(const char *text, size_t bytes, const char *what)
{
    return failure(ELMAN_BAD_VALUE, "the order of the layers has %.*s, %s",
                   bytes < 120 ? (int)bytes : 120, text, what);
}

static const named_tensor *tensor_named(const elman_import *im,
                                        const char *name, size_t bytes)
{
    for (size_t i = 0; i < im->weights.tensor_count; i++) {
        const named_tensor *t = im->weights.tensors + i;
        if (strlen(t->name) == bytes && !memcmp(t->name, name, bytes)) return t;
    }
    return NULL;
}

/* Finds the tensors between the parentheses. */
static elman_status read_states(const elman_import *im, const char *text,
                                size_t bytes, const char *at, const char *end,
                                entry *e)
{
    const module *m = e->module;
    for (size_t state = 0; state < states_of(m); state++) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        bool last = state + 1 == states_of(m);
        if (last == (comma != NULL))
            return bad_state(text, bytes,
                             states_of(m) == 2
                                 ? "where two tensors were expected, h and c"
                                 : "where one tensor was expected");

        const char *stop = last ? end : comma;
        while (at < stop && *at == ' ')
            at++;
        const named_tensor *t = tensor_named(im, at, (size_t)(stop - at));
        if (!t)
            return bad_state(text, bytes, "whose tensor is not in the file");
        if (!element_is_float(t->type) || t->count != size_of(m, state))
            return failure(ELMAN_BAD_FORMAT,
                           "the tensor %.80s has %zu numbers, expected %zu "
                           "floats for the initial state of %zu levels and %zu "
                           "directions",
                           t->name, t->count, size_of(m, state), m->level_count,
                           m->direction_count);
        e->state[state] = (size_t)(t - im->weights.tensors);
        at = last ? end : comma + 1;
    }
    e->learned_state = true;
    return ELMAN_OK;
}

elman_status initial_read(const elman_import *im, module_list *list,
                          const char *text, size_t bytes, entry *e, bool *found)
{
    static const char head[] = "initial(";
    size_t skip = sizeof head - 1;
    *found = bytes > skip && !memcmp(text, head, skip);
    if (!*found) return ELMAN_OK;

    const char *end = memchr(text, ')', bytes), *last = text + bytes;
    if (!end || last - end < 3 || end[1] != ':')
        return bad_state(text, bytes,
                         "expected initial(h0,c0):lstm, with the names of its "
                         "tensors and of its module");

    TRY(word_read(im, list, end + 2, (size_t)(last - end - 2), e));
    if (!e->module || !module_is_recurrent(e->module))
        return bad_state(text, bytes, "whose module is not recurrent");
    return read_states(im, text, bytes, text + skip, end, e);
}

/* ---- Slices -------------------------------------------------------------- */

elman_status initial_build(elman_import *im, const entry *e,
                           const elman_layer *l)
{
    const module *m = e->module;
    for (size_t state = 0; state < states_of(m); state++) {
        size_t offset = 0;

        /* level by level, direction by direction, as PyTorch has them */
        for (size_t i = 0; i < m->level_count * m->direction_count; i++) {
            size_t level = i / m->direction_count, d = i % m->direction_count;
            tensor_slice p = {.from = e->state[state],
                              .offset = offset,
                              .row_step = 1,
                              .column_step = 1,
                              .blocks = 1,
                              .how = "the initial state"};
            snprintf(p.parameter, sizeof p.parameter, "%s.%s_0_l%zu%s", l->name,
                     state == H ? "h" : "c", level, d ? "_reverse" : "");
            TRY(weights_add(&im->weights, &p));
            offset += width_of(m, level, state);
        }
    }
    return ELMAN_OK;
}
