/* rounding.c: casts to 16 bits, and whole numbers of steps. */
#include "trace/rounding.h"

#include "base/real.h"
#include "format/half.h"
#include "trace/attribute.h"
#include "trace/layers.h"
#include "trace/tensor.h"
#include "trace/view.h"

#include <math.h>
#include <string.h>

/* ---- Numbers ------------------------------------------------------------- */

/* The nearest bfloat16, of two the even one. */
static double bfloat_round(double x)
{
    float single = (float)x;
    uint32_t bits;
    memcpy(&bits, &single, sizeof bits);
    if (!isfinite(single)) return single;

    /* half a unit of the upper half, less one where that is even */
    bits += 0x7FFF + (bits >> 16 & 1);
    return bfloat_widen((uint16_t)(bits >> 16));
}

/* As QuantizeLinear and DequantizeLinear compute in floats. */
static double steps_round(const traced_rounding *how, double x)
{
    double steps = real_nearest((float)x / (float)how->step) + how->zero;
    steps = real_min(real_max(steps, how->least), how->most);
    return (float)((float)(steps - how->zero) * (float)how->step);
}

/* As DynamicQuantizeLinear has it: 256 steps, of which one is 0. */
static traced_rounding range_of(size_t count, const double *numbers)
{
    float low = 0, high = 0;
    for (size_t i = 0; i < count; i++) {
        if (numbers[i] < low) low = (float)numbers[i];
        if (numbers[i] > high) high = (float)numbers[i];
    }

    traced_rounding how = {.kind = ROUND_STEPS, .most = 255, .step = 1};
    if (high > low) how.step = (high - low) / 255;
    how.zero = real_nearest(real_min(real_max(-low / (float)how.step, 0), 255));
    return how;
}

void rounding_apply(const traced_rounding *how, size_t count, double *numbers)
{
    traced_rounding range;
    if (how->first) rounding_apply(how->first, count, numbers);

    /* steps that follow from the numbers */
    if (how->kind == ROUND_RANGE) {
        range = range_of(count, numbers);
        how = &range;
    }

    for (size_t i = 0; i < count; i++)
        switch (how->kind) {
        case ROUND_HALF:
            numbers[i] = half_widen(half_narrow(numbers[i]));
            break;
        case ROUND_BFLOAT:
            numbers[i] = bfloat_round(numbers[i]);
            break;
        case ROUND_STEPS:
            numbers[i] = steps_round(how, numbers[i]);
            break;
        case ROUND_NEVER:
        case ROUND_RANGE:
            break;
        }
}

void rounding_use(const traced_rounding *how, size_t count, double *numbers)
{
    if (!how) return;
    rounding_apply(how, count, numbers);
    for (; how; how = how->first)
        *how->done = true;
}

rounding_kind rounding_to(element_type type)
{
    return type == ELEMENT_F16    ? ROUND_HALF
           : type == ELEMENT_BF16 ? ROUND_BFLOAT
                                  : ROUND_NEVER;
}

/* ---- Values -------------------------------------------------------------- */

/* Notes a rounding of this trace, behind what was rounded before. */
static elman_status keep(trace *t, const onnx_node *n,
                         const traced_rounding *how,
                         const traced_rounding *first,
                         const traced_rounding **kept)
{
    enum { MOST_ROUNDINGS = 1024 };
    traced_rounding *made = trace_keep(t, 1, sizeof *made);
    if (!t->roundings)
        t->roundings = trace_keep(t, MOST_ROUNDINGS, sizeof *t->roundings);
    if (!made || !t->roundings)
        return failure(ELMAN_NO_MEMORY, "no memory for a graph");
    if (t->rounding_count == MOST_ROUNDINGS)
        return refuse(n, "more than %d values are rounded", MOST_ROUNDINGS);

    *made = *how;
    made->first = first;
    made->node = (size_t)(n - t->graph->nodes);
    made->done = &t->roundings[t->rounding_count].done;
    t->roundings[t->rounding_count++].node = made->node;
    *kept = made;
    return ELMAN_OK;
}

elman_status rounding_mark(trace *t, const onnx_node *n, const traced_value *v,
                           const traced_rounding *how, traced_value *out)
{
    TRY(value_copy_views(t, n, v, out));

    /* a model does not round, which is said */
    if (!t->bound) {
        if (!t->rounded) t->rounded = n;
        return ELMAN_OK;
    }

    /* parts that were alike before stay so */
    const traced_rounding *last = NULL;
    for (size_t p = 0; p < out->view_count; p++) {
        const traced_rounding *first = out->views[p].rounds;
        if (!last || last->first != first) TRY(keep(t, n, how, first, &last));
        out->views[p].rounds = last;
    }
    return ELMAN_OK;
}

elman_status rounding_layer(trace *t, const onnx_node *n, const traced_value *v,
                            const traced_rounding *how, traced_value *out)
{
    const view *of = NULL;
    view read;
    size_t I;
    TRY(rounding_mark(t, n, v, how, out));
    if (!t->bound) return ELMAN_OK;

    TRY(need_view(n, out, &of));
    TRY(layer_read(t, n, of, of->rank - 1, &read, &I));
    return value_set_view(t, out, v->type, &read);
}

elman_status rounding_tensor(trace *t, const onnx_node *n, traced_value *v,
                             rounding_kind kind, traced_value *out)
{
    const view *of = NULL;
    size_t shape[AXES], count;
    void *data = NULL;
    TRY(need_tensor(t, n, v, "input", TENSOR_FOLDED, &of));
    TRY(need_shape(n, of, shape, &count));

    const view from = *of;
    TRY(tensor_create(t, n, n->outputs[0], ELEMENT_F64, from.rank, shape, &data,
                      out));
    tensor_view_doubles(t, &from, count, data);
    rounding_apply(&(traced_rounding){.kind = kind}, count, data);
    tensor_round(t, out, ELEMENT_F32);
    return ELMAN_OK;
}

elman_status rounding_finish(const trace *t)
{
    for (size_t i = 0; i < t->rounding_count; i++)
        if (!t->roundings[i].done)
            return refuse(t->graph->nodes + t->roundings[i].node,
                          "it rounds what is read in a way that this program "
                          "cannot follow; elman convert makes a model that "
                          "does not round");
    return ELMAN_OK;
}
