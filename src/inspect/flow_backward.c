/*
 * flow_backward.c: a layer that pools hands a gradient to every step directly.
 * Such paths are no memory: without any recurrent weight they reach as far.
 * What time keeps is seen from one step alone.
 */
#include "inspect/flow_backward.h"

#include <string.h>

#include "base/kind.h"

/* Leaves the gradients dy (T,B,O) of all steps at one of each sequence. */
static void gather(const pass *p, bool from_first, bool pools, size_t O,
                   float *dy)
{
    for (size_t b = 0; b < p->B; b++) {
        size_t length = p->lengths[b];
        if (length == 0) continue;
        size_t kept = from_first ? 0 : length - 1;
        float *there = dy + (kept * p->B + b) * O;

        for (size_t t = 0; t < length; t++) {
            if (t == kept) continue;
            float *here = dy + (t * p->B + b) * O;
            if (pools) p->k->add(O, here, there);
            memset(here, 0, O * sizeof *here);
        }
    }
}

elman_status flow_backward(const elman_model *m, elman_state *s,
                           bool from_first)
{
    if (!m->info.per_sequence) return model_backward(m, s, NULL, NULL);

    TRY(gradients_begin(s));
    for (size_t i = m->layer_count; i-- > 0;) {
        const layer *l = m->layers + i;
        layer_backward(l, l->per_sequence ? &s->tail : &s->full, s->layers + i,
                       i ? s->layers[i - 1].y : s->x,
                       i ? s->layers[i - 1].dy : NULL);

        /* the layer that makes one vector of all steps */
        if (l->per_sequence || !model_per_sequence(m, i)) continue;
        bool pools = kind_at(l->config.kind)->family == ELMAN_FAMILY_POOL;
        gather(&s->full, from_first, pools, l->I, s->layers[i - 1].dy);
    }
    gradients_end(s);
    return ELMAN_OK;
}
