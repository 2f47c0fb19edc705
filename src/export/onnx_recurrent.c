/*
 * onnx_recurrent.c: a level as a node RNN, GRU or LSTM of layout 0.
 *
 * The memory of a layer is one input with a default, NAME.h_0 (L*D,B,H), cut
 * into levels, and one output, NAME.h_n, put together again. Levels of
 * different sizes have one each: NAME.h_0_l1 (D,B,H).
 */
#include "export/onnx_recurrent.h"

#include "base/kind.h"
#include "export/onnx_function.h"

#include <string.h>

enum { FUNCTIONS = 3 };

/* ---- What ONNX does not have -------------------------------------------- */

elman_status onnx_export_check(const layer *l)
{
    const elman_layer *c = &l->config;
    const char *what = NULL;
    if (c->proj_size) what = "proj_size";
    if (c->zoneout > 0 || c->zoneout_cell > 0) what = "zoneout";
    if (what)
        return failure(
            ELMAN_BAD_VALUE,
            "the layer %s has %s, which ONNX's operators do not have", c->name,
            what);

    for (size_t i = 0; i < DIRECTIONS * FUNCTIONS; i++) {
        elman_activation f = c->activations[i / FUNCTIONS][i % FUNCTIONS];
        if (f.kind) TRY(onnx_function_check(c->name, f.kind));
    }
    return ELMAN_OK;
}

/* ---- Weights ------------------------------------------------------------ */

/* ONNX's recurrent operators, and which of our gates each of theirs is: LSTM
 * i o f c of i f g o; GRU z r h of r z n. */
static const struct {
    const char *name;
    size_t gate_order[ELMAN_MAX_GATES];
} operators[] = {
    [ELMAN_RNN] = {"RNN", {0}},
    [ELMAN_LSTM] = {"LSTM", {0, 3, 1, 2}},
    [ELMAN_GRU] = {"GRU", {1, 0, 2}},
};

bool onnx_has_operator(elman_kind kind)
{
    size_t index = (size_t)kind;
    return index < sizeof operators / sizeof *operators &&
           operators[index].name;
}

/* And the peepholes, i o f of i f o. */
static const size_t peephole_order[] = {0, 2, 1};

/* Copies blocks of size floats in that order; returns where the next ones go.
 */
static float *put_blocks(size_t blocks, const size_t *order, size_t size,
                         const float *from, float *to)
{
    for (size_t j = 0; j < blocks; j++)
        memcpy(to + j * size, from + order[j] * size, size * sizeof *to);
    return to + blocks * size;
}

static const char *weight_name(onnx_export *e, const layer *l, const char *what)
{
    return build_text(e->b, "%s.%s_l%zu", l->config.name, what, l->depth);
}

/* W (D,G,I) or R (D,G,H). */
static const char *put_matrix(onnx_export *e, const layer *l, const char *what,
                              size_t columns)
{
    const float *w = model_flat(e->model);
    const char *name = weight_name(e, l, what);
    float *to = build_weights(e->b, name, 3, (size_t[]){l->D, l->G, columns});

    for (size_t d = 0; to && d < l->D; d++) {
        const direction_plan *from = &l->directions[d];
        to = put_blocks(l->cell->gate_count,
                        operators[l->config.kind].gate_order, l->H * columns,
                        w + (*what == 'W' ? from->w_ih : from->w_hh), to);
    }
    return name;
}

/* B (D,2G): those of the input, then the recurrent ones. */
static const char *put_bias(onnx_export *e, const layer *l)
{
    const float *w = model_flat(e->model);
    if (l->directions[0].b_ih == NOWHERE) return "";

    const char *name = weight_name(e, l, "B");
    float *to = build_weights(e->b, name, 2, (size_t[]){l->D, 2 * l->G});

    for (size_t d = 0; to && d < l->D; d++) {
        const direction_plan *from = &l->directions[d];
        to = put_blocks(l->cell->gate_count,
                        operators[l->config.kind].gate_order, l->H,
                        w + from->b_ih, to);
        to = put_blocks(l->cell->gate_count,
                        operators[l->config.kind].gate_order, l->H,
                        w + from->b_hh, to);
    }
    return name;
}

/* P (D,3H). */
static const char *put_peepholes(onnx_export *e, const layer *l)
{
    const float *w = model_flat(e->model);
    const char *name = weight_name(e, l, "P");
    float *to = build_weights(e->b, name, 2, (size_t[]){l->D, 3 * l->H});
    for (size_t d = 0; to && d < l->D; d++)
        to = put_blocks(3, peephole_order, l->H, w + l->directions[d].peephole,
                        to);
    return name;
}

/* ---- Memory ------------------------------------------------------------- */

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
    size_t found = 0;
    float *to =
        build_weights(e->b, name, 3, (size_t[]){levels * l->D, 1, l->H});
    if (!to || !l->config.learned_state) return;

    /* the layers of its levels follow each other, with dropout between them */
    for (; found < levels; l++) {
        if (l->kind != &layer_recurrent) continue;

        for (size_t d = 0; d < l->D; d++) {
            const direction_plan *from = &l->directions[d];
            memcpy(to, w + (of_c ? from->c_0 : from->h_0), l->H * sizeof *to);
            to += l->H;
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

    int64_t D = (int64_t)l->D, H = (int64_t)l->H, cut[ELMAN_MAX_LEVELS];

    build_input(e->b, name, ELEMENT_F32, 3,
                (onnx_dimension[]){{.size = (int64_t)levels * D},
                                   {.size = -1, .symbol = "state_batch"},
                                   {.size = H}});

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

static void begin_memory(onnx_export *e, const layer *l)
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
                                    {.size = (int64_t)l->H}});
}

/* The names of a level's final states, which are outputs if they are alone. */
static void name_memory(onnx_export *e, const layer *l)
{
    bool alone = l->config.num_layers == 1 || !one_size(&l->config);
    size_t k = l->depth;
    e->memory.h_n[k] = alone ? memory_name(e, l, "h_n") : build_fresh(e->b);
    e->memory.c_n[k] = alone ? memory_name(e, l, "c_n") : build_fresh(e->b);
}

static void end_memory(onnx_export *e, const layer *l)
{
    if (one_size(&l->config) && l->depth + 1 < l->config.num_layers) return;
    give_memory(e, l, false, e->memory.h_n);
    if (l->cell->has_cell) give_memory(e, l, true, e->memory.c_n);
}

/* ---- Attributes --------------------------------------------------------- */

/* Adds the list of functions, and the lists of alphas and betas of those that
 * have one. */
static void put_activations(onnx_export *e, const layer *l)
{
    size_t each = l->cell->function_count;

    const char *names[DIRECTIONS * FUNCTIONS];
    float alpha[DIRECTIONS * FUNCTIONS], beta[DIRECTIONS * FUNCTIONS];
    size_t count = 0, alphas = 0, betas = 0;

    /* direction by direction, in the order of the gates */
    for (size_t d = 0; d < l->D; d++)
        for (size_t k = 0; k < each; k++) {
            elman_activation f = cell_activation(&l->config, d, k);
            const onnx_function *function = onnx_function_of(f.kind);
            names[count++] = function->name;
            if (function->constants > 0) alpha[alphas++] = f.alpha;
            if (function->constants > 1) beta[betas++] = f.beta;
        }

    build_words(e->b, "activations", count, names);
    if (alphas) build_numbers(e->b, "activation_alpha", alphas, alpha);
    if (betas) build_numbers(e->b, "activation_beta", betas, beta);
}

static void put_attributes(onnx_export *e, const layer *l)
{
    const elman_layer *c = &l->config;
    bool usual = !cell_is_custom(c) &&
                 cell_own_activation(c, 0).kind != ELMAN_ACTIVATION_RELU;

    build_whole(e->b, "hidden_size", (int64_t)l->H);
    build_word(e->b, "direction",
               l->D == 2    ? "bidirectional"
               : c->reverse ? "reverse"
                            : "forward");

    /* only what is not the operator's default */
    if (!usual) put_activations(e, l);
    if (c->clip > 0) build_number(e->b, "clip", c->clip);
    if (c->coupled) build_whole(e->b, "input_forget", 1);
    if (kind_has_field(c->kind, "reset_before") && !c->reset_before)
        build_whole(e->b, "linear_before_reset", 1);
}

/* ---- The node ----------------------------------------------------------- */

/* Y (T,D,B,H) as the layer gives it. */
static const char *merge(onnx_export *e, const layer *l, const char *Y)
{
    static const char *const reduce[] = {[ELMAN_MERGE_SUM] = "ReduceSum",
                                         [ELMAN_MERGE_MUL] = "ReduceProd",
                                         [ELMAN_MERGE_AVERAGE] = "ReduceMean"};
    onnx_builder *b = e->b;
    elman_merge how = l->config.merge;
    const char *y;

    if (l->D == 1)
        return build_op(b, "Squeeze", Y, build_list(b, 1, (int64_t[]){1}),
                        NULL);

    switch (how) {
    case ELMAN_MERGE_CONCAT:
        y = build_op(b, "Transpose", Y, NULL);
        build_wholes(b, "perm", 4, (int64_t[]){0, 2, 1, 3});
        return build_op(b, "Reshape", y,
                        build_list(b, 3, (int64_t[]){0, 0, (int64_t)l->O}),
                        NULL);
    case ELMAN_MERGE_NONE:
        y = build_op(b, "Transpose", Y, NULL);
        build_wholes(b, "perm", 4, (int64_t[]){1, 0, 2, 3});
        return y;
    case ELMAN_MERGE_SUM: /* its axes became an input first */
        y = build_op(b, reduce[how], Y, build_list(b, 1, (int64_t[]){1}), NULL);
        break;
    default:
        y = build_op(b, reduce[how], Y, NULL);
        build_wholes(b, "axes", 1, (int64_t[]){1});
        break;
    }

    build_whole(b, "keepdims", 0);
    return y;
}

const char *onnx_export_level(onnx_export *e, const layer *l, const char *x)
{
    bool of_c = l->cell->has_cell;
    size_t k = l->depth;
    begin_memory(e, l);
    name_memory(e, l);

    const char *W = put_matrix(e, l, "W", l->I),
               *R = put_matrix(e, l, "R", l->H), *B = put_bias(e, l);

    /* expand the memory, which may be given for one sequence, to all */
    const char *h = build_op(e->b, "Expand", e->memory.h_0[k], e->spread, NULL);
    const char *c = "", *P = "", *Y = build_fresh(e->b);
    if (of_c) c = build_op(e->b, "Expand", e->memory.c_0[k], e->spread, NULL);
    if (l->config.peephole) P = put_peepholes(e, l);

    const char *const inputs[] = {x, W, R, B, "", h, c, P};
    const char *const outputs[] = {Y, e->memory.h_n[k], e->memory.c_n[k]};
    build_node(e->b, operators[l->config.kind].name,
               *P     ? 8
               : of_c ? 7
                      : 6,
               inputs, of_c ? 3 : 2, outputs);

    put_attributes(e, l);
    end_memory(e, l);
    return merge(e, l, Y);
}
