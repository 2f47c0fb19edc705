/* gates_end.c: steps of a cell that is written out become a layer. */
#include "trace/gates_end.h"

#include "trace/attribute.h"
#include "trace/layers.h"
#include "trace/tensor.h"
#include "trace/unrolled.h"
#include "trace/view.h"

#include <string.h>

static bool same_view(const view *a, const view *b)
{
    return view_next_axis(a, b) == BROADCAST;
}

/* ---- Steps --------------------------------------------------------------- */

static bool same_product(const gate_node *a, const gate_node *b)
{
    if (!a || !b) return a == b;
    return a->weight.tensor == b->weight.tensor &&
           a->weight.offset == b->weight.offset &&
           a->transposed == b->transposed &&
           a->weight.step[0] == b->weight.step[0] &&
           a->weight.step[1] == b->weight.step[1] && a->biased == b->biased &&
           a->bias.tensor == b->bias.tensor && a->bias.offset == b->bias.offset;
}

static bool same_cell(const gate_cell *a, const gate_cell *b)
{
    bool same = a->kind == b->kind && a->H == b->H &&
                a->reset_before == b->reset_before &&
                same_product(a->products[0], b->products[0]) &&
                same_product(a->products[1], b->products[1]);
    for (size_t k = 0; k < 3; k++)
        same = same && a->functions[k].kind == b->functions[k].kind &&
               a->functions[k].alpha == b->functions[k].alpha &&
               a->functions[k].beta == b->functions[k].beta;
    for (size_t k = 0; k < a->gate_count; k++)
        same = same && a->first[k] == b->first[k];
    return same;
}

/* Whether a state is a tensor of zeros. */
static bool is_zero(const trace *t, const view *of)
{
    view one = *of;
    size_t shape[AXES], index[AXES] = {0}, count = 1;
    const source *s = t->sources + of->source;
    if (s->kind != SOURCE_TENSOR) return false;

    /* what is repeated is looked at once */
    for (size_t k = 0; k < one.rank; k++) {
        view_axis *a = &one.axes[k];
        if (a->factor_count == 1 && a->factors[0].axis == BROADCAST)
            a->factor_count = 0;
        extent size = a->factor_count ? a->factors[0].size : extent_of(1);
        if (a->factor_count > 1 || !extent_is_plain(&size)) return false;
        shape[k] = (size_t)size.factor;
        if (!sizes_multiply(count, shape[k], 1, &count)) return false;
    }
    if (count > t->budget) return false;

    bool zero = true;
    for (size_t i = 0; zero && i < count;
         i++, index_advance(one.rank, shape, index)) {
        double value;
        tensor_doubles(t->tensors + s->index, view_element(t, &one, index), 1,
                       &value);
        zero = value == 0;
    }
    return zero;
}

/* Notes what the first step starts from; zeros are nothing. */
static elman_status set_starts(trace *t, const onnx_node *n,
                               const gate_cell *cell, traced_direction *w)
{
    const gate_node *states[] = {cell->h, cell->c};
    const view **to[] = {&w->start, &w->start_c};
    for (size_t k = 0; k < 2; k++) {
        if (!states[k]) continue;
        if (states[k]->op != GATE_VIEW)
            return refuse(n, "its first step does not start from a state");
        if (is_zero(t, states[k]->of)) {
            size_t from = t->sources[states[k]->of->source].index;
            if (t->uses[from] <= TENSOR_READ) t->uses[from] = TENSOR_STATE;
            continue;
        }
        *to[k] = states[k]->of;
    }
    return ELMAN_OK;
}

/* The layer that the cell is. */
static elman_layer layer_of(const gate_cell *cell)
{
    elman_layer config = {.kind = cell->kind,
                          .hidden_size = cell->H,
                          .reset_before = cell->reset_before};
    const cell_kind *kind = cell_for(&config);
    bool own = true;
    for (size_t k = 0; k < kind->function_count; k++) {
        config.activations[0][k] = cell->functions[k];
        own = own && cell->functions[k].kind == kind->own[k];
    }
    if (own) memset(config.activations, 0, sizeof config.activations);
    return config;
}

/* Checks what a step reads: the next step of the input, and the state before.
 */
static elman_status check_step(const trace *t, const onnx_node *n,
                               const gate_cell *cell, size_t index)
{
    const traced_layer *l = unrolled_tip(t);
    const unrolled *u = l->unrolled;
    const traced_direction *w = &u->directions[u->direction_count - 1];
    const view *p = cell->x->of, *h = cell->h->of;

    if (p->rank <= w->axes.far || cell->h->op != GATE_VIEW)
        return refuse(n, "the sequences of its operands are along different "
                         "axes");
    view want = step_view(t, w->p, &w->axes, p->rank, index);
    if (!same_view(p, &want))
        return refuse(n,
                      "it reads another step of the input, or a part of it, "
                      "expected step %zu",
                      index);
    if (w->steps_met == 0) return ELMAN_OK;

    /* the state is what the step before gave */
    size_t last = w->reverse ? index + 1 : index - 1;
    bool fits = h->rank > w->axes.far && h->rank > 0 && cell->c == w->cell;
    if (fits)
        want = unrolled_output(t, l, u->direction_count - 1, h->rank, last);
    if (!fits || !same_view(h, &want))
        return refuse(n,
                      "it does not read the state of step %zu, the one "
                      "before it",
                      last);
    return same_cell(w->gates, cell)
               ? ELMAN_OK
               : refuse(n, "its weights or functions are not those of the "
                           "steps before it");
}

elman_status gate_cell_step(trace *t, const onnx_node *n, const gate_cell *cell,
                            size_t rank, element_type type, traced_value *out)
{
    const elman_layer config = layer_of(cell);
    const gate_node *product = cell->products[0];
    size_t wide = product->weight.shape[product->transposed ? 0 : 1] +
                  (cell->reset_before ? cell->H : 0);
    if (wide != cell->gate_count * cell->H ||
        (cell->reset_before && (product->biased || cell->products[1]->biased)))
        return refuse(n,
                      "the product of its state has %zu columns, or a bias, "
                      "that a cell of %zu units has not",
                      wide, cell->H);

    /* the first step makes a recurrent layer of the linear one */
    TRY(unrolled_start(t, n, cell->x->of, cell->gate_count, &config));
    traced_direction *w = unrolled_direction(t);
    if (!w || w->p != cell->x->of->source)
        return refuse(n, "it reads something other than a step of the linear "
                         "layer before it");

    traced_layer *l = unrolled_tip(t);
    size_t index =
        w->reverse ? l->unrolled->T - 1 - w->steps_met : w->steps_met;
    TRY(check_step(t, n, cell, index));
    if (w->steps_met == 0) {
        gate_cell *copy = trace_keep(t, 1, sizeof *copy);
        if (!copy) return failure(ELMAN_NO_MEMORY, "no memory for a graph");
        *copy = *cell;
        w->gates = copy;
        TRY(set_starts(t, n, cell, w));
        size_t d = l->unrolled->direction_count - 1;
        memcpy(l->config.activations[d], config.activations[0],
               sizeof config.activations[0]);
        if (d && l->config.kind != config.kind)
            return refuse(n, "its two directions are of different kinds");
    }

    w->weighed = true;
    w->step.biased = product->biased;
    w->cell = cell->cell;
    w->steps_met++;
    view h =
        unrolled_output(t, l, l->unrolled->direction_count - 1, rank, index);
    out->sizes = NULL;
    out->rank = 0;
    return value_set_view(t, out, type, &h);
}

/* ---- Weights ------------------------------------------------------------- */

static const traced_weight *find(const traced_layer *l, const char *role,
                                 size_t d)
{
    for (size_t i = 0; i < l->weight_count; i++)
        if (l->weights[i].direction == d && !strcmp(l->weights[i].role, role))
            return l->weights + i;
    return NULL;
}

/* A parameter of the linear layer, its gates in our order. */
static void take(traced_layer *l, const traced_weight *from, const char *role,
                 const gate_cell *cell)
{
    traced_weight *w = &l->weights[l->weight_count++];
    *w = *from;
    w->role = role;
    w->slice.blocks = cell->gate_count;
    w->slice.how = "gates in order";
    memcpy(w->slice.order, cell->first, sizeof cell->first);
}

/* The weight of the state, of one product or of two. */
static elman_status weigh_state(trace *t, const onnx_node *n,
                                const gate_cell *cell, size_t d)
{
    traced_layer *l = &t->layers[t->layer_count - 1];
    for (size_t k = 0; k < 2 && cell->products[k]; k++) {
        const gate_node *p = cell->products[k];
        size_t only[] = {0}, before = cell->gate_count - 1;
        bool all = !cell->reset_before;
        TRY(layer_weigh(t, n, &p->weight,
                        &(weight_view){.role = "weight_hh",
                                       .how = "gates in order",
                                       .direction = d,
                                       .blocks = all ? cell->gate_count
                                                 : k ? 1
                                                     : before,
                                       .order = k ? only : cell->first,
                                       .row_axis = p->transposed ? 0 : 1,
                                       .column_axis = p->transposed ? 1 : 0}));

        /* the gates come first, what the reset gate leaves last */
        if (all) continue;
        tensor_slice *made = &l->weights[l->weight_count - 1].slice;
        made->to_row = k ? before * cell->H : 0;
        made->to_rows = k ? cell->H : before * cell->H;
    }
    return ELMAN_OK;
}

elman_status gate_cell_weigh(trace *t, const onnx_node *n,
                             const traced_layer *was, size_t d)
{
    traced_layer *l = &t->layers[t->layer_count - 1];
    const gate_cell *cell = was->unrolled->directions[d].gates;
    const gate_node *p = cell->products[0];
    const traced_weight *bias = find(was, "bias", d);

    take(l, find(was, "weight", d), "weight_ih", cell);
    TRY(weigh_state(t, n, cell, d));

    /* a layer with a bias has both; one that is missing is zero */
    if (l->config.no_bias) return ELMAN_OK;
    if (bias) take(l, bias, "bias_ih", cell);
    else TRY(layer_weigh_zero(t, n, "bias_ih", d));
    if (!p->biased) return layer_weigh_zero(t, n, "bias_hh", d);
    return layer_weigh(t, n, &p->bias,
                       &(weight_view){.role = "bias_hh",
                                      .how = "gates in order",
                                      .direction = d,
                                      .blocks = cell->gate_count,
                                      .order = cell->first,
                                      .row_axis = 0,
                                      .column_axis = NO_STRIDE});
}
