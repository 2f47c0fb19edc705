/* drafted_handmade.c: layers of a draft that are cells written of linear
 * layers. */
#include "import/drafted_parts.h"
#include "import/handmade.h"

#include <string.h>

/* A file whose names say which layers are recurrent needs no other guess. */
static bool says_recurrent(const elman_import *im)
{
    for (size_t i = 0; i < im->weights.tensor_count; i++)
        if (strstr(im->weights.tensors[i].name, "weight_hh")) return true;
    return false;
}

static ptrdiff_t first_of(const gate_set *s)
{
    return s->count ? (ptrdiff_t)s->at[0] : NOWHERE;
}

static void use(draft *d, const gate_set *s)
{
    for (size_t i = 0; i < s->count; i++)
        d->used[s->at[i]] = true;
}

void draft_guess_handmade(draft *d)
{
    handmade c;
    while (d->count < MOST_DRAFTED && !says_recurrent(d->import) &&
           handmade_find(d->import, d->used, &c)) {
        drafted l = {.prefix = draft_tensor(d, first_of(&c.x))->name,
                     .kind = c.kind,
                     .input = first_of(&c.x),
                     .recurrent = first_of(&c.h),
                     .bias = {first_of(&c.bx), first_of(&c.bh)},
                     .pair = NOWHERE,
                     .joint = c.joint,
                     .handmade = true,
                     .I = c.I,
                     .H = c.H,
                     .gates = c.gates};

        /* the bias of h alone is the first as well */
        bool turn = l.bias[0] == NOWHERE && l.bias[1] != NOWHERE;
        if (turn) {
            l.bias[0] = l.bias[1];
            l.bias[1] = NOWHERE;
        }
        if (c.by_gate) {
            const gate_set sets[] = {c.x, c.h, turn ? c.bh : c.bx,
                                     turn ? c.bx : c.bh};
            memcpy(l.sets, sets, sizeof sets);
        }

        l.backward = draft_is_backward(l.prefix);
        use(d, &c.x);
        use(d, &c.h);
        use(d, &c.bx);
        use(d, &c.bh);
        d->layers[d->count++] = l;
    }
}
