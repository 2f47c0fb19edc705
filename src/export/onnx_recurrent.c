/*
 * onnx_recurrent.c: a level as a node RNN, GRU or LSTM of layout 0, in
 * the form that onnx_form.h says.
 */
#include "export/onnx_recurrent.h"

#include "base/kind.h"
#include "export/onnx_function.h"
#include "export/onnx_level.h"

elman_status onnx_export_check(const layer *l)
{
    onnx_form form;
    for (size_t d = 0; d < l->D; d++)
        TRY(onnx_form_make(l, d, &form));
    return ELMAN_OK;
}

/* ---- Attributes --------------------------------------------------------- */

/* Adds the list of functions, and the lists of alphas and betas of those that
 * have one. */
static void put_activations(const onnx_level *v)
{
    onnx_builder *b = v->e->b;
    const char *names[DIRECTIONS * FUNCTIONS];
    float alpha[DIRECTIONS * FUNCTIONS], beta[DIRECTIONS * FUNCTIONS];
    size_t count = 0, alphas = 0, betas = 0;

    /* direction by direction, in the order of the gates */
    for (size_t d = 0; d < v->l->D; d++)
        for (size_t k = 0; k < v->forms->function_count; k++) {
            elman_activation f = v->forms[d].functions[k];
            const onnx_function *function = onnx_function_of(f.kind);
            names[count++] = function->name;
            if (function->constants > 0) alpha[alphas++] = f.alpha;
            if (function->constants > 1) beta[betas++] = f.beta;
        }

    build_words(b, "activations", count, names);
    if (alphas) build_numbers(b, "activation_alpha", alphas, alpha);
    if (betas) build_numbers(b, "activation_beta", betas, beta);
}

static void put_attributes(const onnx_level *v)
{
    onnx_builder *b = v->e->b;
    const elman_layer *c = &v->l->config;
    bool own = v->forms->own;
    bool usual = own && !cell_is_custom(c) &&
                 cell_own_activation(c, 0).kind != ELMAN_ACTIVATION_RELU;

    build_whole(b, "hidden_size", (int64_t)v->l->H);
    build_word(b, "direction",
               v->l->D == 2 ? "bidirectional"
               : c->reverse ? "reverse"
                            : "forward");

    /* only what is not the operator's default */
    if (!usual) put_activations(v);
    if (c->clip > 0) build_number(b, "clip", c->clip);
    if (c->coupled) build_whole(b, "input_forget", 1);
    if (own && kind_has_field(c->kind, "reset_before") && !c->reset_before)
        build_whole(b, "linear_before_reset", 1);
}

/* ---- The node ----------------------------------------------------------- */

/* Y (T,D,B,R) as the layer gives it. */
static const char *merge(const onnx_level *v, const char *Y)
{
    static const char *const reduce[] = {[ELMAN_MERGE_SUM] = "ReduceSum",
                                         [ELMAN_MERGE_MUL] = "ReduceProd",
                                         [ELMAN_MERGE_AVERAGE] = "ReduceMean"};
    onnx_builder *b = v->e->b;
    elman_merge how = v->l->config.merge;
    const char *y;

    if (v->l->D == 1)
        return build_op(b, "Squeeze", Y, build_list(b, 1, (int64_t[]){1}),
                        NULL);

    switch (how) {
    case ELMAN_MERGE_CONCAT:
        y = build_op(b, "Transpose", Y, NULL);
        build_wholes(b, "perm", 4, (int64_t[]){0, 2, 1, 3});
        return build_op(b, "Reshape", y,
                        build_list(b, 3, (int64_t[]){0, 0, (int64_t)v->l->O}),
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

/* The same of a projected level, whose h_n it gives as well. */
static const char *merge_projected(const onnx_level *v, const char *Y)
{
    onnx_builder *b = v->e->b;
    const char *y = onnx_level_project(v, Y);
    onnx_level_end(v, y);
    if (v->l->D == 1 || v->l->config.merge == ELMAN_MERGE_CONCAT) return y;

    y = build_op(b, "Reshape", y,
                 build_list(b, 4, (int64_t[]){0, 0, 2, (int64_t)v->l->R}),
                 NULL);
    y = build_op(b, "Transpose", y, NULL);
    build_wholes(b, "perm", 4, (int64_t[]){0, 2, 1, 3});
    return merge(v, y);
}

const char *onnx_export_level(onnx_export *e, const layer *l, const char *x)
{
    onnx_level v = {.e = e, .l = l, .w = model_flat(e->model), .I = l->I};
    bool of_c = l->cell->has_cell, projects = l->config.proj_size > 0;
    size_t k = l->depth;
    for (size_t d = 0; d < l->D && !e->status; d++)
        e->status = onnx_form_make(l, d, v.forms + d);
    if (e->status) return "";

    onnx_memory_begin(e, l);
    onnx_memory_name(e, l);
    if (v.forms->gates_first) {
        x = onnx_level_gates(&v, x);
        v.I = l->D * 2 * l->H;
    }
    const char *W = onnx_level_W(&v), *R = onnx_level_R(&v),
               *B = onnx_level_B(&v);

    /* expand the memory, which may be given for one sequence, to all */
    const char *h = onnx_level_start(&v, e->memory.h_0[k]), *c = "",
               *P = onnx_level_peepholes(&v), *Y = build_fresh(e->b);
    h = build_op(e->b, "Expand", h, e->spread, NULL);
    if (of_c) c = build_op(e->b, "Expand", e->memory.c_0[k], e->spread, NULL);

    const char *const inputs[] = {x, W, R, B, "", h, c, P};
    const char *const outputs[] = {Y, projects ? "" : e->memory.h_n[k],
                                   e->memory.c_n[k]};
    build_node(e->b, v.forms->op,
               *P     ? 8
               : of_c ? 7
                      : 6,
               inputs, of_c ? 3 : 2, outputs);
    put_attributes(&v);

    const char *y = projects ? merge_projected(&v, Y) : merge(&v, Y);
    onnx_memory_end(e, l);
    return y;
}
