/* onnx_level_projection.c: an LSTM with proj_size, around a node without. */
#include "export/onnx_level.h"
#include "export/onnx_projection.h"

/* h (D,.,R) as that of the operator, (D,.,H). */
const char *onnx_level_start(const onnx_level *v, const char *h)
{
    const layer *l = v->l;
    if (!l->config.proj_size) return h;

    const char *name = onnx_level_name(v, "start");
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
const char *onnx_level_project(const onnx_level *v, const char *Y)
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
    const char *name = onnx_level_name(v, "projection");
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
static const char *put_step(const onnx_level *v, const char *y, int64_t step,
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
void onnx_level_end(const onnx_level *v, const char *y)
{
    onnx_builder *b = v->e->b;
    const char *h[DIRECTIONS] = {
        put_step(v, y, v->l->config.reverse ? 0 : -1, 0)};
    if (v->l->D == 2) h[1] = put_step(v, y, 0, 1);

    build_node(b, v->l->D == 2 ? "Concat" : "Identity", v->l->D, h, 1,
               &v->e->memory.h_n[v->l->depth]);
    if (v->l->D == 2) build_whole(b, "axis", 0);
}
