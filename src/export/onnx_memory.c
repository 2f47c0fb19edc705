/* onnx_memory.c: states in and out of an ONNX graph. */
#include "export/onnx_memory.h"

#include <string.h>

/* Of one sequence's h or c. */
static size_t width_of(const layer *l, bool of_c) { return of_c ? l->H : l->R; }

static bool one_size(const elman_layer *c)
{
    for (size_t k = 1; k < c->num_layers; k++)
        if (c->hidden_sizes[k] != c->hidden_sizes[0]) return false;
    return true;
}

/* NAME.h_0, h_0 if the layer is all of the model, NAME.h_0_l1. */
static const char *memory_name(onnx_export *e, const layer *l, const char *what)
{
    const elman_config *config = &e->model->config;
    bool alone = !config->layers[1].kind;
    const char *prefix = alone ? "" : l->config.name, *dot = alone ? "" : ".";

    if (one_size(&l->config))
        return build_text(e->b, "%s%s%s", prefix, dot, what);
    return build_text(e->b, "%s%s%s_l%zu", prefix, dot, what, l->depth);
}

/* Adds the default memory of levels from l on: what was learned, or zero. */
static void put_default(onnx_export *e, const layer *l, const char *name,
                        size_t levels, bool of_c)
{
    const float *w = model_flat(e->model);
    size_t found = 0, width = width_of(l, of_c);
    float *to =
        build_weights(e->b, name, 3, (size_t[]){levels * l->D, 1, width});
    if (!to || !l->config.learned_state) return;

    /* the layers of its levels follow each other, with dropout between them */
    for (; found < levels; l++) {
        if (l->kind != &layer_recurrent) continue;

        for (size_t d = 0; d < l->D; d++) {
            const direction_plan *from = &l->directions[d];
            memcpy(to, w + (of_c ? from->c_0 : from->h_0), width * sizeof *to);
            to += width;
        }

        found++;
    }
}

/* Adds the input that holds the memory of one or all levels, and cuts it into
 * their values (D,.,H). */
static void take_memory(onnx_export *e, const layer *l, bool of_c,
                        const char **values)
{
    size_t levels = one_size(&l->config) ? l->config.num_layers : 1;
    const char *name = memory_name(e, l, of_c ? "c_0" : "h_0");

    int64_t D = (int64_t)l->D, cut[ELMAN_MAX_LEVELS];

    /* what is behind a repeat always begins anew */
    if (!l->repeated)
        build_input(e->b, name, ELEMENT_F32, 3,
                    (onnx_dimension[]){{.size = (int64_t)levels * D},
                                       {.size = -1, .symbol = "state_batch"},
                                       {.size = (int64_t)width_of(l, of_c)}});

    put_default(e, l, name, levels, of_c);

    values[0] = name;

    /* a Split gives each level its own */
    if (levels == 1) return;

    for (size_t k = 0; k < levels; k++) {
        cut[k] = D;
        values[k] = build_fresh(e->b);
    }

    const char *inputs[] = {name, build_list(e->b, levels, cut)};
    build_node(e->b, "Split", 2, inputs, levels, values);
    build_whole(e->b, "axis", 0);
}

void onnx_memory_begin(onnx_export *e, const layer *l)
{
    size_t k = l->depth;
    if (k > 0 && one_size(&l->config)) return;
    take_memory(e, l, false, e->memory.h_0 + k);
    if (l->cell->has_cell) take_memory(e, l, true, e->memory.c_0 + k);
}

static void give_memory(onnx_export *e, const layer *l, bool of_c,
                        const char *const *values)
{
    size_t levels = one_size(&l->config) ? l->config.num_layers : 1;
    const char *name = memory_name(e, l, of_c ? "c_n" : "h_n");

    if (levels > 1) {
        build_node(e->b, "Concat", levels, values, 1, &name);
        build_whole(e->b, "axis", 0);
    }

    build_output(e->b, name, 3,
                 (onnx_dimension[]){{.size = (int64_t)(levels * l->D)},
                                    {.size = -1, .symbol = "B"},
                                    {.size = (int64_t)width_of(l, of_c)}});
}

/* They are outputs if they are alone. */
void onnx_memory_name(onnx_export *e, const layer *l)
{
    bool alone = l->config.num_layers == 1 || !one_size(&l->config);
    size_t k = l->depth;
    e->memory.h_n[k] = alone ? memory_name(e, l, "h_n") : build_fresh(e->b);
    e->memory.c_n[k] = alone ? memory_name(e, l, "c_n") : build_fresh(e->b);
}

void onnx_memory_end(onnx_export *e, const layer *l)
{
    if (one_size(&l->config) && l->depth + 1 < l->config.num_layers) return;
    give_memory(e, l, false, e->memory.h_n);
    if (l->cell->has_cell) give_memory(e, l, true, e->memory.c_n);
}
