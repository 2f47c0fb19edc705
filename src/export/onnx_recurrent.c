/*
 * onnx_recurrent.c: a level as a node RNN, GRU or LSTM of layout 0, in
 * the form that onnx_form.h says.
 */
#include "export/onnx_recurrent.h"

#include "base/kind.h"
#include "export/onnx_form.h"
#include "export/onnx_function.h"
#include "export/onnx_memory.h"
#include "export/onnx_projection.h"

#include <string.h>

elman_status onnx_export_check(const layer *l)
{
    onnx_form form;
    for (size_t d = 0; d < l->D; d++)
        TRY(onnx_form_make(l, d, &form));
    return ELMAN_OK;
}

/* A level that is being written, and the form of each direction. */
typedef struct level {
    onnx_export *e;
    const layer *l;
    const float *w; /* the model's weights */
    size_t I;       /* features that the operator reads */
    onnx_form forms[DIRECTIONS];
} level;

static const char *weight_name(const level *v, const char *what)
{
    return build_text(v->e->b, "%s.%s_l%zu", v->l->config.name, what,
                      v->l->depth);
}

/* ---- Weights ------------------------------------------------------------ */

static void copy_scaled(size_t count, float scale, const float *from, float *to)
{
    for (size_t i = 0; i < count; i++)
        to[i] = scale * from[i];
}

/* W (D,G,I). */
static const char *put_W(const level *v)
{
    const layer *l = v->l;
    size_t H = l->H, n = v->forms->block_count;
    const char *name = weight_name(v, "W");
    float *to = build_weights(v->e->b, name, 3, (size_t[]){l->D, n * H, v->I});

    for (size_t i = 0; to && i < l->D * n; i++, to += H * v->I) {
        size_t d = i / n;
        const onnx_block *b = v->forms[d].blocks + i % n;
        if (b->gate == NO_GATE) continue;

        /* gates that are made before are taken as they are: z, then n */
        size_t first = (2 * d + (size_t)b->gate) * H;
        for (size_t j = 0; j < H && v->forms->gates_first; j++)
            to[j * v->I + first + j] = 1;
        if (!v->forms->gates_first)
            copy_scaled(
                H * v->I, b->scale,
                v->w + l->directions[d].w_ih + (size_t)b->gate * H * v->I, to);
    }
    return name;
}

/* One gate's block of R (H,H). */
static void fill_R(const level *v, size_t d, const onnx_block *b, float *to)
{
    const layer *l = v->l;
    size_t H = l->H, R = l->R, gate = (size_t)b->gate;
    const float *from = v->w + l->directions[d].w_hh;

    switch (l->cell->recurrence) {
    case ELMAN_RECURRENCE_NONE:
        return;
    case ELMAN_RECURRENCE_VECTOR:
        for (size_t j = 0; j < H; j++)
            to[j * H + j] = from[gate * H + j];
        return;
    case ELMAN_RECURRENCE_MATRIX:
        from += gate * H * R;
        if (l->config.proj_size)
            projection_multiply(H, R, H, from, v->w + l->directions[d].w_hr,
                                to);
        else
            for (size_t i = 0; i < H * H; i++)
                to[i] = (float)((double)from[i] * b->recurrent);
    }
}

/* R (D,G,H). */
static const char *put_R(const level *v)
{
    size_t H = v->l->H, n = v->forms->block_count;
    const char *name = weight_name(v, "R");
    float *to = build_weights(v->e->b, name, 3, (size_t[]){v->l->D, n * H, H});

    for (size_t i = 0; to && i < v->l->D * n; i++) {
        const onnx_block *b = v->forms[i / n].blocks + i % n;
        if (b->gate != NO_GATE && !v->forms->gates_first)
            fill_R(v, i / n, b, to + i * H * H);
    }
    return name;
}

static bool has_bias(const level *v)
{
    bool has = v->l->directions->b_ih != NOWHERE && !v->forms->gates_first;
    for (size_t i = 0; i < v->forms->block_count; i++)
        has |= v->forms->blocks[i].constant != 0;
    return has;
}

/* B (D,2G): those of the input, then the recurrent ones. */
static const char *put_B(const level *v)
{
    size_t H = v->l->H, n = v->forms->block_count;
    if (!has_bias(v)) return "";

    const char *name = weight_name(v, "B");
    float *to = build_weights(v->e->b, name, 2, (size_t[]){v->l->D, 2 * n * H});

    for (size_t i = 0; to && i < v->l->D * n; i++) {
        const direction_plan *from = v->l->directions + i / n;
        const onnx_block *b = v->forms[i / n].blocks + i % n;
        float *ih = to + (i / n * 2 * n + i % n) * H, *hh = ih + n * H;

        for (size_t j = 0; j < H; j++)
            ih[j] = b->constant;
        if (b->gate == NO_GATE || v->forms->gates_first) continue;

        size_t at = (size_t)b->gate * H;
        if (from->b_ih != NOWHERE)
            copy_scaled(H, b->scale, v->w + from->b_ih + at, ih);
        if (from->b_hh != NOWHERE)
            copy_scaled(H, b->scale, v->w + from->b_hh + at, hh);
    }
    return name;
}

/* P (D,3H): i o f there, i f o here. */
static const char *put_peepholes(const level *v)
{
    static const size_t order[] = {0, 2, 1};
    size_t H = v->l->H;
    if (!v->l->config.peephole) return "";

    const char *name = weight_name(v, "P");
    float *to = build_weights(v->e->b, name, 2, (size_t[]){v->l->D, 3 * H});
    for (size_t i = 0; to && i < v->l->D * 3; i++)
        memcpy(to + i * H,
               v->w + v->l->directions[i / 3].peephole + order[i % 3] * H,
               H * sizeof *to);
    return name;
}

/* ---- Gates that are made before ----------------------------------------- */

/* a (T,B,D*G): the sums of all directions' gates. */
static const char *put_sums(const level *v, const char *x)
{
    const layer *l = v->l;
    size_t N = l->D * l->G;
    const char *name = weight_name(v, "gates");
    float *to = build_weights(v->e->b, name, 2, (size_t[]){l->I, N});

    for (size_t i = 0; to && i < l->I; i++)
        for (size_t n = 0; n < N; n++)
            to[i * N + n] = v->w[l->directions[n / l->G].w_ih +
                                 (ptrdiff_t)(n % l->G * l->I + i)];
    const char *a = build_op(v->e->b, "MatMul", x, name, NULL);
    if (l->directions->b_ih == NOWHERE) return a;

    name = weight_name(v, "gates_bias");
    to = build_weights(v->e->b, name, 1, &N);
    for (size_t n = 0; to && n < N; n++)
        to[n] = v->w[l->directions[n / l->G].b_ih + (ptrdiff_t)(n % l->G)];
    return build_op(v->e->b, "Add", a, name, NULL);
}

/* How much of h stays, with zoneout p: 1 - (1 - p) z of a minGRU, p + (1 - p) k
 * of a minLSTM. sums are its gates'. */
static const char *put_keep(const level *v, size_t d, const char *const *sums)
{
    onnx_builder *b = v->e->b;
    float p = v->l->config.zoneout;
    bool lstm = v->l->config.kind == ELMAN_MINLSTM;
    const char *keep;

    if (lstm) {
        const char *minus_log[2];
        for (size_t i = 0; i < 2; i++)
            minus_log[i] = build_op(b, "Softplus",
                                    build_op(b, "Neg", sums[i], NULL), NULL);
        keep = build_op(b, "Sub", minus_log[1], minus_log[0], NULL);
        keep = build_op(b, "Sigmoid", keep, NULL);
    } else
        keep =
            onnx_function_put(b, cell_activation(&v->l->config, d, 0), sums[0]);

    if (lstm && p == 0) return keep;
    float scale = lstm ? 1 - p : p - 1;
    keep = build_op(b, "Mul", keep, build_scalar(b, scale), NULL);
    return build_op(b, "Add", keep, build_scalar(b, lstm ? p : 1), NULL);
}

/* (T,B,D*2H): what stays and n, direction by direction. */
static const char *put_gates(const level *v, const char *x)
{
    enum { MOST = DIRECTIONS * ELMAN_MAX_GATES };
    const layer *l = v->l;
    size_t count = l->cell->gate_count;
    const char *sums[MOST] = {""}, *gates[2 * DIRECTIONS];
    int64_t cut[MOST];

    for (size_t i = 0; i < l->D * count; i++) {
        sums[i] = build_fresh(v->e->b);
        cut[i] = (int64_t)l->H;
    }
    const char *inputs[] = {put_sums(v, x),
                            build_list(v->e->b, l->D * count, cut)};
    build_node(v->e->b, "Split", 2, inputs, l->D * count, sums);
    build_whole(v->e->b, "axis", -1);

    for (size_t d = 0; d < l->D; d++) {
        gates[2 * d] = put_keep(v, d, sums + d * count);
        gates[2 * d + 1] = sums[(d + 1) * count - 1];
    }

    const char *all = build_fresh(v->e->b);
    build_node(v->e->b, "Concat", 2 * l->D, gates, 1, &all);
    build_whole(v->e->b, "axis", -1);
    return all;
}

/* ---- Projection --------------------------------------------------------- */

/* h (D,.,R) as that of the operator, (D,.,H). */
static const char *put_start(const level *v, const char *h)
{
    const layer *l = v->l;
    if (!l->config.proj_size) return h;

    const char *name = weight_name(v, "start");
    float *to = build_weights(v->e->b, name, 3, (size_t[]){l->D, l->R, l->H});
    for (size_t d = 0; to && d < l->D && !v->e->status; d++) {
        elman_status status = projection_invert(
            l->R, l->H, v->w + l->directions[d].w_hr, to + d * l->R * l->H);
        if (status == ELMAN_BAD_VALUE)
            status = failure(
                ELMAN_BAD_VALUE,
                "the layer %s has a projection of %zu to %zu whose rows are "
                "not independent, so that ONNX's LSTM can not begin from its "
                "h; elman's own format keeps it",
                l->config.name, l->H, l->R);
        v->e->status = status;
    }
    return build_op(v->e->b, "MatMul", h, name, NULL);
}

/* Y (T,D,B,H) as the projections of all directions, (T,B,D*R). */
static const char *put_projection(const level *v, const char *Y)
{
    onnx_builder *b = v->e->b;
    const layer *l = v->l;
    size_t H = l->H, R = l->R, D = l->D;

    /* directions are features beside each other */
    const char *y = build_op(b, "Transpose", Y, NULL);
    build_wholes(b, "perm", 4, (int64_t[]){0, 2, 1, 3});
    y = build_op(b, "Reshape", y,
                 build_list(b, 3, (int64_t[]){0, 0, (int64_t)(D * H)}), NULL);

    /* each sees its own rows */
    const char *name = weight_name(v, "projection");
    float *to = build_weights(b, name, 2, (size_t[]){D * H, D * R});
    for (size_t i = 0; to && i < D * H; i++) {
        size_t d = i / H;
        const float *P = v->w + l->directions[d].w_hr;
        for (size_t r = 0; r < R; r++)
            to[i * D * R + d * R + r] = P[r * H + i % H];
    }
    return build_op(b, "MatMul", y, name, NULL);
}

/* One step of y (T,B,D*R), of direction d alone: (1,B,R). */
static const char *put_step(const level *v, const char *y, int64_t step,
                            size_t d)
{
    onnx_builder *b = v->e->b;
    int64_t R = (int64_t)v->l->R, begin = (int64_t)d * R, end = begin + R;
    y = build_op(b, "Gather", y, build_list(b, 1, &step), NULL);
    build_whole(b, "axis", 0);
    if (v->l->D == 1) return y;
    return build_op(b, "Slice", y, build_list(b, 1, &begin),
                    build_list(b, 1, &end), build_list(b, 1, (int64_t[]){-1}),
                    NULL);
}

/* Gives the final h of a projected level: the last steps of y. */
static void put_end(const level *v, const char *y)
{
    onnx_builder *b = v->e->b;
    const char *h[DIRECTIONS] = {
        put_step(v, y, v->l->config.reverse ? 0 : -1, 0)};
    if (v->l->D == 2) h[1] = put_step(v, y, 0, 1);

    build_node(b, v->l->D == 2 ? "Concat" : "Identity", v->l->D, h, 1,
               &v->e->memory.h_n[v->l->depth]);
    if (v->l->D == 2) build_whole(b, "axis", 0);
}

/* ---- Attributes --------------------------------------------------------- */

/* Adds the list of functions, and the lists of alphas and betas of those that
 * have one. */
static void put_activations(const level *v)
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

static void put_attributes(const level *v)
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
static const char *merge(const level *v, const char *Y)
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
static const char *merge_projected(const level *v, const char *Y)
{
    onnx_builder *b = v->e->b;
    const char *y = put_projection(v, Y);
    put_end(v, y);
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
    level v = {.e = e, .l = l, .w = model_flat(e->model), .I = l->I};
    bool of_c = l->cell->has_cell, projects = l->config.proj_size > 0;
    size_t k = l->depth;
    for (size_t d = 0; d < l->D && !e->status; d++)
        e->status = onnx_form_make(l, d, v.forms + d);
    if (e->status) return "";

    onnx_memory_begin(e, l);
    onnx_memory_name(e, l);
    if (v.forms->gates_first) {
        x = put_gates(&v, x);
        v.I = l->D * 2 * l->H;
    }
    const char *W = put_W(&v), *R = put_R(&v), *B = put_B(&v);

    /* expand the memory, which may be given for one sequence, to all */
    const char *h = put_start(&v, e->memory.h_0[k]), *c = "",
               *P = put_peepholes(&v), *Y = build_fresh(e->b);
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
