/* mapping_gates.c: the letters by which people call the gates of a cell. */
#include "import/mapping_gates.h"

#include "base/kind.h"
#include "cell/cell.h"

#include <stdio.h>
#include <string.h>

/* Letters that mean one of our gates, ours first. LSTM: Keras has c, TensorFlow
 * 1 j, Greff et al. z, others u for g. GRU: u and h in TensorFlow and papers, c
 * the candidate. */
static const struct {
    elman_kind kind;
    const char *letters[ELMAN_MAX_GATES];
} known[] = {
    {ELMAN_LSTM, {"i", "f", "gcjzu", "o"}}, {ELMAN_GRU, {"r", "zu", "nhcg"}},
    {ELMAN_LIGRU, {"zu", "nhc"}},           {ELMAN_MINGRU, {"zu", "nhc"}},
    {ELMAN_MINLSTM, {"f", "i", "nhc"}},
};

static gate_letters letters_of_cell(const elman_layer *l)
{
    const cell_kind *cell = cell_for(l);
    gate_letters letters = {.count = cell->gate_count};

    /* a cell that the table lacks has its own letters alone */
    for (size_t i = 0; i < cell->gate_count; i++) {
        letters.ours[i] = cell->gates[i].name[0];
        letters.also[i] = cell->gates[i].name;
    }

    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        for (size_t i = 0; known[k].kind == l->kind && i < letters.count; i++)
            letters.also[i] = known[k].letters[i];
    return letters;
}

gate_letters gates_of_kind(elman_kind kind)
{
    const elman_layer of = {.kind = kind};
    return letters_of_cell(&of);
}

gate_letters gates_of(const elman_config *c, const parameter *p)
{
    static const gate_letters peephole = {
        .count = 3, .ours = "ifo", .also = {"i", "f", "o"}};

    for (size_t i = 0; i < ELMAN_MAX_LAYERS && c->layers[i].kind; i++) {
        const elman_layer *l = c->layers + i;
        size_t length = strlen(l->name);
        bool mine =
            strncmp(p->name, l->name, length) == 0 && p->name[length] == '.';

        if (!mine) continue;
        if (strcmp(p->role, "peephole") == 0) return peephole;
        if (kind_is_recurrent(l->kind) && p->gate_count > 1 &&
            p->gate_count == cell_for(l)->gate_count)
            return letters_of_cell(l);
    }
    return (gate_letters){.count = 0};
}

/* "i f g(cjzu) o": what may be written. */
static void print_letters(const gate_letters *letters, size_t room, char *text)
{
    size_t at = 0;
    for (size_t i = 0; i < letters->count && at < room; i++) {
        const char *also = letters->also[i];
        at += (size_t)snprintf(text + at, room - at, "%s%c", i ? " " : "",
                               letters->ours[i]);
        if (also[1] && at < room)
            at += (size_t)snprintf(text + at, room - at, "(%s)", also + 1);
    }
}

bool gates_fit(const gate_letters *letters, const char *theirs, size_t *order)
{
    bool seen[ELMAN_MAX_GATES] = {false};
    size_t count = strlen(theirs);
    bool fits = count && count <= letters->count;

    /* each letter must be one of those that a gate is called, and only once */
    for (size_t j = 0; fits && j < count; j++) {
        size_t i = 0;
        while (i < letters->count && !strchr(letters->also[i], theirs[j]))
            i++;
        fits = i < letters->count && !seen[i];
        if (fits) seen[i] = true;
        order[j] = i;
    }
    return fits;
}

elman_status gates_order(const gate_letters *letters, const char *theirs,
                         size_t *order)
{
    if (!letters->count)
        return failure(ELMAN_BAD_FORMAT,
                       "it names gates \"%.20s\", but the "
                       "parameter has none",
                       theirs);

    if (gates_fit(letters, theirs, order)) return ELMAN_OK;

    char may[60];
    print_letters(letters, sizeof may, may);
    return failure(ELMAN_BAD_FORMAT,
                   "it has gates \"%.20s\", expected each at most once of the "
                   "letters %s, in the source's order",
                   theirs, may);
}
