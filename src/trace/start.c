/* start.c: how long sequences are and what they begin from. */
#include "trace/start.h"

#include "trace/attribute.h"
#include "trace/layers.h"
#include "trace/order.h"
#include "trace/tensor.h"
#include "trace/view.h"

#include <string.h>

/* ---- Lengths ------------------------------------------------------------- */

/* Checks known lengths against X, and whether all are full. */
static elman_status count_full(trace *t, const onnx_node *n, traced_value *v,
                               const extent *T, const extent *B, bool *all_full)
{
    const view *of = NULL;
    size_t shape[AXES], count, full = 0;
    TRY(need_tensor(t, n, v, "sequence_lens", TENSOR_STATE, &of));
    TRY(need_shape(n, of, shape, &count));

    if (of->rank != 1 || (extent_is_plain(B) && !extent_is(B, (int64_t)count)))
        return refuse(n,
                      "its sequence_lens has %zu numbers in %zu "
                      "dimensions, expected one for each of %lld "
                      "sequences",
                      count, of->rank, (long long)B->factor);

    int64_t *lengths = trace_keep(t, count + 1, sizeof *lengths);
    if (!lengths) return failure(ELMAN_NO_MEMORY, "no memory for lengths");
    tensor_view_wholes(t, of, count, lengths);

    for (size_t b = 0; b < count; b++) {
        /* a length is at most T, where T is known */
        bool beyond = extent_is_plain(T) && lengths[b] > T->factor;
        if (lengths[b] < 0 || beyond)
            return refuse(n,
                          "its sequence_lens has %lld for sequence %zu, "
                          "expected 0 to the number of steps",
                          (long long)lengths[b], b);
        full += extent_is(T, lengths[b]);
    }

    *all_full = full == count;
    return ELMAN_OK;
}

elman_status lengths_read(trace *t, const onnx_node *n, traced_value *v,
                          const extent *T, const extent *B,
                          traced_value **lengths)
{
    const view *of = NULL;
    bool all_full = false;

    /* as many as there are steps, for each sequence */
    if (v->kind == VALUE_SIZES && !v->undecided) {
        bool full = v->rank == 1;
        for (size_t i = 0; i < v->count; i++)
            full = full && extent_equal(v->sizes + i, T);
        if (!full)
            return refuse(n,
                          "its sequence_lens are sizes of the graph, but not "
                          "those of all steps");
        *lengths = NULL;
        return ELMAN_OK;
    }
    TRY(need_view(n, v, &of));

    /* who reads them has compared the order */
    if (!order_is_own(of)) {
        traced_value *own = trace_keep(t, 1, sizeof *own);
        if (!own) return failure(ELMAN_NO_MEMORY, "no memory for lengths");
        own->name = v->name;
        own->node = v->node;
        TRY(order_strip(t, v, own));
        v = own;
    }

    if (element_is_float(v->type))
        return refuse(n,
                      "its sequence_lens is of %s, expected whole "
                      "numbers",
                      element_name(v->type));

    if (is_tensor(t, v) || t->bound) TRY(count_full(t, n, v, T, B, &all_full));
    *lengths = all_full ? NULL : v;
    return ELMAN_OK;
}

elman_status recurrent_lengths(trace *t, const recurrent_node *r,
                               traced_value *v, const extent *T,
                               const extent *B)
{
    traced_value *lengths = NULL;
    if (v) TRY(lengths_read(t, r->n, v, T, B, &lengths));
    if (lengths && !order_same(t, order_of(v->views, 0), r->order))
        return refuse(r->n, "its sequence_lens are in another order than its "
                            "sequences");

    /* the steps of a repeat are all there */
    if (layer_is_repeated(t))
        return lengths ? refuse(r->n, "its sequence_lens leave out steps of a "
                                      "vector that is repeated")
                       : ELMAN_OK;

    /* only the first recurrent layer may say lengths, the others have the same
     */
    bool same = !lengths == !t->lengths;
    if (lengths && t->lengths) same = same_memory(t, t->lengths, lengths);
    if (trace_has_recurrent(t, t->layer_count - 1) && !same)
        return refuse(r->n, "its sequence_lens are not those of the recurrent "
                            "layer before it");

    t->lengths = lengths;
    return ELMAN_OK;
}

/* ---- Initial states ------------------------------------------------------ */

/* Puts the axes of an initial state in the order D, B, R; with layout 1 the
 * sequences come first. */
static void order_start(const recurrent_node *r, view *of)
{
    if (!r->batch_first) return;
    view_axis first = of->axes[0];
    of->axes[0] = of->axes[1];
    of->axes[1] = first;
}

typedef struct start {
    view view; /* (D,B,R) */
    const traced_order *order;
    bool there, zero, shared, flows;
} start;

/* Whether a value joins several inputs or tensors. */
static bool is_joined(const trace *t, const traced_value *v)
{
    bool joined = v->kind == VALUE_VIEW && v->view_count > 1;
    for (size_t p = 0; joined && p < v->view_count; p++)
        joined = t->sources[v->views[p].source].kind <= SOURCE_INPUT &&
                 order_is_own(v->views + p);
    return joined;
}

/* A state that joins several inputs, each of which a batch gives. */
static elman_status inspect_joined(const trace *t, const recurrent_node *r,
                                   const traced_value *v, start *s)
{
    extent shape[AXES];
    size_t rank;
    TRY(value_shape(r->n, v, &rank, shape));
    if (rank != 3 ||
        !extent_is(shape + r->batch_first, (int64_t)r->direction_count) ||
        !extent_is(shape + 2, (int64_t)r->H))
        return refuse(r->n,
                      "its initial state joins inputs that are not for %zu "
                      "directions of %zu units",
                      r->direction_count, r->H);

    /* one of them stands for all */
    size_t p = 0;
    while (t->sources[v->views[p].source].kind != SOURCE_INPUT &&
           p + 1 < v->view_count)
        p++;
    s->view = v->views[p];
    s->flows = true;
    s->zero = false;
    return ELMAN_OK;
}

/* Finds out whether a state is all zero, and whether all sequences share it. */
static elman_status inspect_start(trace *t, const recurrent_node *r,
                                  traced_value *v, start *s)
{
    const view *of = NULL;
    extent batch;
    traced_value joined = {.name = v->name, .node = v->node};
    if (is_joined(t, v) && !t->bound) return inspect_joined(t, r, v, s);
    if (is_joined(t, v)) {
        TRY(tensor_join(t, r->n, v, &joined));
        v = &joined;
    }
    TRY(need_view(r->n, v, &of));

    const source *from = t->sources + of->source;
    s->flows = from->kind != SOURCE_TENSOR;
    s->zero = false;

    if (from->kind > SOURCE_INPUT)
        return refuse(r->n, "its initial state is the output of another layer");

    /* its axes are the layer's directions, the sequences, and units */
    s->view = *of;
    for (size_t k = 0; k < of->rank; k++) {
        if (!order_of(of, k)) continue;
        s->order = order_of(of, k);
        s->view.axes[k].factors[0].order = NULL;
    }
    if (of->rank != 3)
        return refuse(r->n, "its initial state has %zu dimensions, expected 3",
                      of->rank);
    order_start(r, &s->view);

    extent D, R;
    TRY(view_size(r->n, &s->view, 0, &D));
    TRY(view_size(r->n, &s->view, 2, &R));
    TRY(view_size(r->n, &s->view, 1, &batch));

    if (!extent_is(&D, (int64_t)r->direction_count) ||
        !extent_is(&R, (int64_t)r->H))
        return refuse(r->n,
                      "its initial state is for %lld directions of %lld "
                      "units, expected %zu of %zu",
                      (long long)D.factor, (long long)R.factor,
                      r->direction_count, r->H);
    if (s->flows && layer_is_repeated(t))
        return refuse(r->n, "its initial state is an input, but behind a "
                            "vector that is repeated layers of elman begin "
                            "anew; --to-tensor and --from-tensor make two "
                            "models of the parts");
    if (s->flows) return ELMAN_OK;

    /* where all sequences share the state, looking at one is enough */
    const view_axis *b = &s->view.axes[1];
    view one = s->view;
    s->shared = b->factor_count == 0 ||
                (b->factor_count == 1 && b->factors[0].axis == BROADCAST);
    if (s->shared) one.axes[1].factor_count = 0;

    size_t shape[AXES], count;
    TRY(need_shape(r->n, &one, shape, &count));
    if (count > t->budget)
        return refuse(r->n, "its initial state is too large");

    double *values = trace_keep(t, count + 1, sizeof *values);
    if (!values) return failure(ELMAN_NO_MEMORY, "no memory for a state");
    tensor_view_doubles(t, &one, count, values);

    s->zero = true;
    for (size_t i = 0; i < count; i++)
        s->zero = s->zero && values[i] == 0;

    if (t->uses[from->index] != TENSOR_MADE)
        t->uses[from->index] = TENSOR_STATE;
    return ELMAN_OK;
}

/* Makes a state that all sequences share a parameter, as learned ones are. */
static elman_status learn_start(trace *t, const recurrent_node *r,
                                const char *role, const start *s)
{
    for (size_t d = 0; d < r->direction_count; d++) {
        if (!s->there || s->zero) {
            TRY(layer_weigh_zero(t, r->n, role, d));
            continue;
        }

        /* the first sequence's numbers of this direction, as a tensor */
        view row = s->view;
        size_t index[AXES] = {d};
        traced_value made = {.name = "initial state"};
        void *data = NULL;
        TRY(tensor_create(t, r->n,
                          t->tensors[t->sources[row.source].index].name,
                          ELEMENT_F64, 1, &r->H, &data, &made));

        for (index[2] = 0; index[2] < r->H; index[2]++) {
            const source *from = t->sources + row.source;
            tensor_doubles(t->tensors + from->index,
                           view_element(t, &row, index), 1,
                           (double *)data + index[2]);
        }

        tensor_round(t, &made, t->tensors[t->sources[row.source].index].type);

        /* that tensor is the parameter; the one in the file went into it */
        strides whole;
        TRY(need_strides(t, r->n, &made, 1, role, TENSOR_WEIGHT, &whole));
        TRY(layer_weigh(t, r->n, &whole,
                        &(weight_view){.role = role,
                                       .how = "initial state",
                                       .direction = d,
                                       .row_axis = 0,
                                       .column_axis = NO_STRIDE}));

        tensor_use *use = t->uses + t->sources[row.source].index;
        if (*use != TENSOR_MADE) *use = TENSOR_FOLDED;
    }
    return ELMAN_OK;
}

elman_status recurrent_starts(trace *t, const recurrent_node *r,
                              traced_value *const *states)
{
    static const char *const roles[] = {"h_0", "c_0"};
    traced_layer *l = &t->layers[t->layer_count - 1];
    traced_start *to[] = {&l->h_0, &l->c_0};
    size_t count = r->cell->has_cell ? 2 : 1;
    start starts[2] = {{.zero = true}, {.zero = true}};
    bool learned = false;

    /* a state is zero, shared by all sequences, or given with each batch */
    for (size_t k = 0; k < count; k++) {
        start *s = starts + k;
        if (!states[k]) continue;
        s->there = true;
        TRY(inspect_start(t, r, states[k], s));
        if (s->zero) continue;
        if (!s->shared && !order_same(t, s->order, r->order))
            return refuse(r->n, "its initial states are in another order than "
                                "its sequences");
        if (s->shared) learned = true;
        else *to[k] = (traced_start){true, s->view};
    }

    if (!learned) return ELMAN_OK;

    /* where one state is learned, so is the other: zero, unless it is given */
    l->config.learned_state = true;
    for (size_t k = 0; k < count; k++) {
        start *s = starts + k;
        if (to[k]->given) s->there = false;
        TRY(learn_start(t, r, roles[k], s));
    }
    return ELMAN_OK;
}
