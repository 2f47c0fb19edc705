/* assemble.c: layers and weights of a trace as config and slices. */
#include "trace/assemble.h"

#include "base/kind.h"
#include "trace/directions.h"

#include <stdio.h>
#include <string.h>

bool traced_is_recurrent(const traced_layer *l)
{
    return kind_is_recurrent(l->config.kind);
}

/* Where a traced layer goes: the layer of the config, and the level of that. */
typedef struct position {
    size_t layer, depth;
} position;

/* Whether b, which reads a, can be the next level of the same layer. */
static bool is_next_level(const traced_layer *a, const traced_layer *b)
{
    return traced_is_recurrent(a) && traced_is_recurrent(b) &&
           recurrent_alike(&a->config, &b->config);
}

static elman_status place_layers(const trace *t, size_t begin, size_t end,
                                 bool merge, elman_config *config,
                                 position *positions)
{
    size_t count = 0;
    for (size_t i = begin; i < end; i++) {
        /* a level of the layer below, or a layer by itself */
        elman_layer *below = count ? &config->layers[count - 1] : NULL;
        bool joins = merge && i > begin &&
                     is_next_level(t->layers + i - 1, t->layers + i) &&
                     below->num_layers < ELMAN_MAX_LEVELS;

        if (joins) {
            positions[i] = (position){count - 1, below->num_layers++};
            continue;
        }

        positions[i] = (position){count, 0};
        config->layers[count] = t->layers[i].config;
        if (traced_is_recurrent(t->layers + i))
            config->layers[count].num_layers = 1;
        count++;
    }

    if (!t->tokens || begin) config->input_size = t->layers[begin].I;
    return ELMAN_OK;
}

static elman_status add_slices(const trace *t, size_t index, const position *at,
                               const elman_config *config,
                               weight_source *weights)
{
    const traced_layer *l = t->layers + index;
    const char *name = config->layers[at->layer].name;
    for (size_t i = 0; i < l->weight_count; i++) {
        const traced_weight *w = l->weights + i;
        tensor_slice made = w->slice;

        if (traced_is_recurrent(l))
            snprintf(made.parameter, sizeof made.parameter, "%s.%s_l%zu%s",
                     name, w->role, at->depth, w->direction ? "_reverse" : "");
        else
            snprintf(made.parameter, sizeof made.parameter, "%s.%s", name,
                     w->role);
        TRY(weights_add(weights, &made));
    }
    return ELMAN_OK;
}

/* A layer goes by the name that its weights have in the file: "fc" of
 * "net.fc.bias"; by its kind's where they have none, or another layer's. */
static void name_layer(const trace *t, const traced_layer *l,
                       elman_config *config, size_t index)
{
    for (size_t i = 0; i < l->weight_count; i++) {
        const tensor_slice *p = &l->weights[i].slice;
        if (p->from == FROM_NOTHING || t->uses[p->from] == TENSOR_MADE)
            continue;

        /* the part of the name before its last dot */
        const char *text = t->tensors[p->from].name;
        const char *end = strrchr(text, '.'), *first = end;
        while (first && first > text && first[-1] != '.' && first[-1] != '/')
            first--;
        if (!end || first == end || end - first >= ELMAN_MAX_NAME) continue;

        /* if no other layer has taken it */
        char found[ELMAN_MAX_NAME] = {0};
        memcpy(found, first, (size_t)(end - first));
        for (size_t k = 0; k < ELMAN_MAX_LAYERS; k++)
            if (!strcmp(config->layers[k].name, found)) return;

        memcpy(config->layers[index].name, found, sizeof found);
        return;
    }
}

elman_status assemble(const trace *t, size_t begin, size_t end, bool merge,
                      elman_config *config, weight_source *weights)
{
    position positions[ELMAN_MAX_LAYERS] = {0};
    elman_config full, named;

    TRY(place_layers(t, begin, end, merge, config, positions));
    TRY(config_complete(config, &full));

    named = full;
    for (size_t i = begin; i < end && merge; i++)
        name_layer(t, t->layers + i, &named, positions[i].layer);

    /* an invalid name, for example one with control characters, is not taken */
    if (config_complete(&named, config)) *config = full;

    for (size_t i = begin; i < end; i++)
        TRY(add_slices(t, i, positions + i, config, weights));
    return ELMAN_OK;
}
