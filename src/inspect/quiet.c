/* quiet.c: views of a model: without anything random, yet with gradients; and
 * with time first. */
#include "inspect/quiet.h"

#include <stdlib.h>
#include <string.h>

elman_status inspect_check(const elman_model *m)
{
    if (!m->repeats) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE,
                   "the model repeats one vector of each sequence, which no "
                   "measurement looks behind: evaluation, prediction and views "
                   "of a state do");
}

elman_status quiet_create(const elman_model *m, elman_model **quiet)
{
    TRY(inspect_check(m));
    elman_model *q = malloc(sizeof *q);
    layer *layers = malloc(m->layer_count * sizeof *layers);
    if (!q || !layers) {
        free(q);
        free(layers);
        return failure(ELMAN_NO_MEMORY, "no memory for %zu layers",
                       m->layer_count);
    }

    /* everything but the layers is shared */
    *q = *m;
    q->layers = layers;
    memcpy(layers, m->layers, m->layer_count * sizeof *layers);
    for (size_t i = 0; i < m->layer_count; i++) {
        layers[i].config.dropout = 0;
        layers[i].config.recurrent_dropout = 0;
        layers[i].quiet = true;
    }
    *quiet = q;
    return ELMAN_OK;
}

void quiet_destroy(elman_model *q)
{
    if (!q) return;
    free(q->layers);
    free(q);
}

elman_status time_first_create(const elman_model *m, elman_model **view)
{
    elman_model *v = malloc(sizeof *v);
    if (!v) return failure(ELMAN_NO_MEMORY, "no memory for a view of a model");
    *v = *m;
    v->config.batch_first = false;
    *view = v;
    return ELMAN_OK;
}

void time_first_destroy(elman_model *v) { free(v); }
