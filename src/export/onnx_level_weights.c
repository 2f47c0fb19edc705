/* onnx_level_weights.c: W, R, B and P of a node, in the form that onnx_form.h
 * says. */
#include "export/onnx_level.h"

#include "export/onnx_projection.h"

#include <string.h>

const char *onnx_level_name(const onnx_level *v, const char *what)
{
    return build_text(v->e->b, "%s.%s_l%zu", v->l->config.name, what,
                      v->l->depth);
}

static void copy_scaled(size_t count, float scale, const float *from, float *to)
{
    for (size_t i = 0; i < count; i++)
        to[i] = scale * from[i];
}

/* W (D,G,I). */
const char *onnx_level_W(const onnx_level *v)
{
    const layer *l = v->l;
    size_t H = l->H, n = v->forms->block_count;
    const char *name = onnx_level_name(v, "W");
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
static void fill_R(const onnx_level *v, size_t d, const onnx_block *b,
                   float *to)
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
const char *onnx_level_R(const onnx_level *v)
{
    size_t H = v->l->H, n = v->forms->block_count;
    const char *name = onnx_level_name(v, "R");
    float *to = build_weights(v->e->b, name, 3, (size_t[]){v->l->D, n * H, H});

    for (size_t i = 0; to && i < v->l->D * n; i++) {
        const onnx_block *b = v->forms[i / n].blocks + i % n;
        if (b->gate != NO_GATE && !v->forms->gates_first)
            fill_R(v, i / n, b, to + i * H * H);
    }
    return name;
}

static bool has_bias(const onnx_level *v)
{
    bool has = v->l->directions->b_ih != NOWHERE && !v->forms->gates_first;
    for (size_t i = 0; i < v->forms->block_count; i++)
        has |= v->forms->blocks[i].constant != 0;
    return has;
}

/* B (D,2G): those of the input, then the recurrent ones. */
const char *onnx_level_B(const onnx_level *v)
{
    size_t H = v->l->H, n = v->forms->block_count;
    if (!has_bias(v)) return "";

    const char *name = onnx_level_name(v, "B");
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
const char *onnx_level_peepholes(const onnx_level *v)
{
    static const size_t order[] = {0, 2, 1};
    size_t H = v->l->H;
    if (!v->l->config.peephole) return "";

    const char *name = onnx_level_name(v, "P");
    float *to = build_weights(v->e->b, name, 2, (size_t[]){v->l->D, 3 * H});
    for (size_t i = 0; to && i < v->l->D * 3; i++)
        memcpy(to + i * H,
               v->w + v->l->directions[i / 3].peephole + order[i % 3] * H,
               H * sizeof *to);
    return name;
}
