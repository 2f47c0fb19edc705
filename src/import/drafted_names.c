/* drafted_names.c: what the names of tensors say of the layers of a draft. */
#include "import/drafted_parts.h"

#include <string.h>

size_t draft_prefix(const char *name)
{
    size_t bytes = strlen(name);
    while (bytes > 0 && !strchr("./", name[bytes - 1]))
        bytes--;
    return bytes;
}

/* Whether a name has one of some words, up to a NULL. */
bool draft_has_any(const char *name, const char *const *words)
{
    for (; *words; words++)
        if (strstr(name, *words)) return true;
    return false;
}

bool draft_is_backward(const char *name)
{
    return draft_has_any(name, (const char *const[]){"reverse", "backward",
                                                     "/bw/", "_bw", NULL});
}

/* What training keeps beside the weights, in their shapes. */
bool draft_is_optimizers(const char *name)
{
    return draft_has_any(name,
                         (const char *const[]){"optim", "Adam", "adam/",
                                               "exp_avg", "momentum", "RMSProp",
                                               "Adagrad", "Momentum", NULL});
}

/* The level in "weight_ih_l2_reverse"; 0 where there is none. */
size_t draft_level(const char *name)
{
    const char *at = strstr(name + draft_prefix(name), "_l");
    size_t level = 0;
    for (at = at ? at + 2 : ""; *at >= '0' && *at <= '9' && level < 1000; at++)
        level = 10 * level + (size_t)(*at - '0');
    return level;
}

/* Whether two tensors may be of one layer, in one direction. */
bool draft_are_together(const char *a, const char *b)
{
    return draft_is_backward(a) == draft_is_backward(b) &&
           draft_level(a) == draft_level(b);
}

/* Whether a tensor may be of a layer. */
bool draft_may_be_any(const named_tensor *t)
{
    return element_is_float(t->type) && t->count &&
           !draft_is_optimizers(t->name);
}

/* The same, and is of none yet. */
bool draft_may_take(const draft *d, size_t i)
{
    return !d->used[i] && draft_may_be_any(d->import->weights.tensors + i);
}

/* Whether the last part of a name speaks of h. */
bool draft_says_recurrent(const named_tensor *t)
{
    static const char *const words[] = {"hh", "h2h", "recurrent", "hidden",
                                        "Wh", "w_h", "U"};
    const char *last = t->name + draft_prefix(t->name);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(last, words[i])) return true;
    return false;
}
