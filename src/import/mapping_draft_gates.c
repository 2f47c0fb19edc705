/* mapping_draft_gates.c: finds W_i W_f W_c W_o. */
#include "import/mapping_draft_gates.h"

#include <string.h>

/* Letters of each gate, in the order of torch.nn's. */
static const struct {
    size_t count;
    const char *letters[MOST_GATES];
} cells[] = {
    {4, {"i", "f", "gcjzu", "o"}},
    {3, {"r", "zu", "nhcg"}},
};

static bool same_shape(const named_tensor *a, const named_tensor *b)
{
    return a->type == b->type && a->rank == b->rank &&
           !memcmp(a->shape, b->shape, a->rank * sizeof *a->shape);
}

/* A tensor named as the first up to its last letter, which is one of some. */
static bool find_gate(const elman_import *im, const bool *used, size_t first,
                      const char *letters, size_t *at)
{
    const named_tensor *f = im->weights.tensors + first;
    size_t stem = strlen(f->name) - 1;
    for (size_t i = 0; i < im->weights.tensor_count; i++) {
        const named_tensor *t = im->weights.tensors + i;
        if (used[i] || strlen(t->name) != stem + 1 ||
            strncmp(t->name, f->name, stem) != 0 ||
            !strchr(letters, t->name[stem]) || !same_shape(t, f))
            continue;
        *at = i;
        return true;
    }
    return false;
}

bool gate_set_find(const elman_import *im, const bool *used, size_t index,
                   gate_set *set)
{
    const char *name = im->weights.tensors[index].name;
    size_t bytes = strlen(name);
    for (size_t c = 0; bytes > 0 && c < sizeof cells / sizeof *cells; c++) {
        if (!strchr(cells[c].letters[0], name[bytes - 1])) continue;

        /* all of its gates, or it is none */
        *set = (gate_set){.count = cells[c].count};
        size_t found = 0;
        while (found < set->count &&
               find_gate(im, used, index, cells[c].letters[found],
                         set->at + found)) {
            size_t at = set->at[found];
            set->letters[found++] = im->weights.tensors[at].name[bytes - 1];
        }
        if (found == set->count) return true;
    }
    set->count = 0;
    return false;
}
