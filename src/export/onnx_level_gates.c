/* onnx_level_gates.c: gates that do not see h, made before the node. */
#include "base/kind.h"
#include "export/onnx_function.h"
#include "export/onnx_level.h"

/* a (T,B,D*G): the sums of all directions' gates. */
static const char *put_sums(const onnx_level *v, const char *x)
{
    const layer *l = v->l;
    size_t N = l->D * l->G;
    const char *name = onnx_level_name(v, "gates");
    float *to = build_weights(v->e->b, name, 2, (size_t[]){l->I, N});

    for (size_t i = 0; to && i < l->I; i++)
        for (size_t n = 0; n < N; n++)
            to[i * N + n] = v->w[l->directions[n / l->G].w_ih +
                                 (ptrdiff_t)(n % l->G * l->I + i)];
    const char *a = build_op(v->e->b, "MatMul", x, name, NULL);
    if (l->directions->b_ih == NOWHERE) return a;

    name = onnx_level_name(v, "gates_bias");
    to = build_weights(v->e->b, name, 1, &N);
    for (size_t n = 0; to && n < N; n++)
        to[n] = v->w[l->directions[n / l->G].b_ih + (ptrdiff_t)(n % l->G)];
    return build_op(v->e->b, "Add", a, name, NULL);
}

/* How much of h stays, with zoneout p: 1 - (1 - p) z of a minGRU, p + (1 - p) k
 * of a minLSTM. sums are its gates'. */
static const char *put_keep(const onnx_level *v, size_t d,
                            const char *const *sums)
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
const char *onnx_level_gates(const onnx_level *v, const char *x)
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
