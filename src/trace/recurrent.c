/*
 * recurrent.c: ONNX's RNN, GRU and LSTM, opset 7 on. Source of the
 * operators' meaning: github.com/onnx/onnx, docs/Operators.md.
 */
#include "trace/recurrent.h"

#include "base/kind.h"
#include "trace/attribute.h"
#include "trace/directions.h"
#include "trace/flip.h"
#include "trace/grow.h"
#include "trace/layers.h"
#include "trace/order.h"
#include "trace/start.h"
#include "trace/tensor.h"
#include "trace/view.h"

#include <string.h>

static const recurrent_row rows[] = {
    {"RNN", ELMAN_RNN, {0}, "as it is"},
    {"GRU", ELMAN_GRU, {1, 0, 2}, "zrh to rzn"},
    {"LSTM", ELMAN_LSTM, {0, 2, 3, 1}, "iofc to ifgo"},
    {"DynamicQuantizeLSTM", ELMAN_LSTM, {0, 2, 3, 1}, "iofc to ifgo"},
};

/* ---- Weights ------------------------------------------------------------- */

static elman_status expect(const onnx_node *n, const char *what,
                           const strides *s, size_t a, size_t b, size_t c)
{
    if (s->shape[0] == a && s->shape[1] == b && s->shape[2] == c)
        return ELMAN_OK;
    return refuse(n, "its %s is (%zu,%zu,%zu), expected (%zu,%zu,%zu)", what,
                  s->shape[0], s->shape[1], s->shape[2], a, b, c);
}

static elman_status read_weights(trace *t, recurrent_node *r,
                                 traced_value *const *in)
{
    const onnx_node *n = r->n;
    int64_t hidden;
    size_t p = kind_has_field(r->row->kind, "peephole") ? 7 : SIZE_MAX;

    /* W has I columns, R has H, and hidden_size, if given, is the same H */
    TRY(need_strides(t, n, in[1], 3, "W", TENSOR_WEIGHT, &r->W));
    TRY(need_strides(t, n, in[2], 3, "R", TENSOR_WEIGHT, &r->R));
    r->H = r->R.shape[2];
    TRY(attribute_whole(n, "hidden_size", (int64_t)r->H, &hidden));
    if (hidden < 1 || (uint64_t)hidden != r->H)
        return refuse(n, "its hidden_size is %lld, but its R is for %zu",
                      (long long)hidden, r->H);

    size_t G;
    if (!sizes_multiply(r->cell->gate_count, r->H, 1, &G) || G > MOST_FEATURES)
        return refuse(n, "its hidden_size is %zu, which is too large", r->H);
    TRY(expect(n, "W", &r->W, r->direction_count, G, r->I));
    TRY(expect(n, "R", &r->R, r->direction_count, G, r->H));

    /* biases and peepholes may be left out */
    r->has_B = n->input_count > 3 && in[3];
    r->has_P = p < n->input_count && in[p];
    if (r->has_B) {
        size_t both = r->grown ? G : 2 * G;
        TRY(need_strides(t, n, in[3], 2, "B", TENSOR_WEIGHT, &r->B));
        TRY(expect(n, "B", &r->B, r->direction_count, both, 0));
    }
    r->has_more = r->grown && n->input_count > 8 && in[8];
    if (r->has_more) {
        TRY(need_strides(t, n, in[8], 2, "B", TENSOR_WEIGHT, &r->more));
        TRY(expect(n, "B", &r->more, r->direction_count, G, 0));
    }

    if (r->has_P) {
        TRY(need_strides(t, n, in[p], 2, "P", TENSOR_WEIGHT, &r->P));
        TRY(expect(n, "P", &r->P, r->direction_count, 3 * r->H, 0));
    }

    r->config.hidden_size = r->H;
    r->config.no_bias = !r->has_B && !r->has_more;
    r->config.peephole = r->has_P;
    return ELMAN_OK;
}

/* One direction's part of a weight; it begins at row from. */
static elman_status weigh(trace *t, const recurrent_node *r, const char *role,
                          const strides *s, size_t d, size_t from)
{
    bool matrix = s == &r->W || s == &r->R;

    strides part = *s;
    part.offset += d * s->step[0] + from * s->step[1];
    return layer_weigh(t, r->n, &part,
                       &(weight_view){.role = role,
                                      .how = r->row->how,
                                      .direction = r->base + d,
                                      .blocks = r->cell->gate_count,
                                      .order = r->row->order,
                                      .row_axis = 1,
                                      .column_axis = matrix ? 2 : NO_STRIDE});
}

/* Peepholes are i o f there and i f o here, a row each. */
static elman_status weigh_peephole(trace *t, const recurrent_node *r, size_t d)
{
    static const size_t order[] = {0, 2, 1};

    /* (3 H) seen as (3,H) */
    strides part = r->P;
    part.offset += d * r->P.step[0];
    part.step[2] = r->P.step[1];
    part.step[1] = r->H * r->P.step[1];
    return layer_weigh(t, r->n, &part,
                       &(weight_view){.role = "peephole",
                                      .how = "iof to ifo",
                                      .direction = r->base + d,
                                      .blocks = 3,
                                      .order = order,
                                      .row_axis = 1,
                                      .column_axis = 2});
}

/* Biases of the input and of the state that are by themselves; one that is
 * missing is zero. */
static elman_status weigh_apart(trace *t, const recurrent_node *r, size_t d)
{
    size_t at = r->base + d;
    if (r->config.no_bias) return ELMAN_OK;
    TRY(r->has_B ? weigh(t, r, "bias_ih", &r->B, d, 0)
                 : layer_weigh_zero(t, r->n, "bias_ih", at));
    return r->has_more ? weigh(t, r, "bias_hh", &r->more, d, 0)
                       : layer_weigh_zero(t, r->n, "bias_hh", at);
}

static elman_status weigh_all(trace *t, const recurrent_node *r)
{
    for (size_t d = 0; d < r->direction_count; d++) {
        TRY(weigh(t, r, "weight_ih", &r->W, d, 0));
        TRY(weigh(t, r, "weight_hh", &r->R, d, 0));
        if (r->grown) {
            TRY(weigh_apart(t, r, d));
        } else if (r->has_B) {
            TRY(weigh(t, r, "bias_ih", &r->B, d, 0));
            TRY(weigh(t, r, "bias_hh", &r->B, d, r->cell->gate_count * r->H));
        }
        if (r->has_P) TRY(weigh_peephole(t, r, d));
    }
    return ELMAN_OK;
}

/* ---- Time and sequences -------------------------------------------------- */

/* The axis of x that an axis of a view runs along. */
static elman_status axis_of_x(const trace *t, const onnx_node *n,
                              const view *read, size_t axis, int *found)
{
    const view_axis *a = read->axes + axis;
    *found = NO_AXIS;

    if (a->factor_count > 1)
        return refuse(n, "the steps or the sequences of its X are several axes "
                         "merged into one");

    if (a->factor_count == 1)
        *found = t->sources[read->source].identity[a->factors[0].axis];
    return ELMAN_OK;
}

static elman_status check_time(trace *t, const recurrent_node *r,
                               const view *read)
{
    int time, batch;
    TRY(axis_of_x(t, r->n, read, r->batch_first, &time));
    TRY(axis_of_x(t, r->n, read, !r->batch_first, &batch));

    /* the first recurrent layer says which axes of x they are */
    if (!t->timed) {
        t->timed = true;
        t->time = time;
        t->batch = batch;
    }

    if (t->time == time && t->batch == batch) return ELMAN_OK;
    return refuse(r->n, "its steps are not those of the recurrent layer before "
                        "it");
}

/* ---- The node ------------------------------------------------------------ */

/* What the layer that was just added gives. */
static elman_status add_sources(trace *t, const recurrent_node *r,
                                const extent *T, const extent *B)
{
    size_t index = t->layer_count - 1;
    extent D = extent_of((int64_t)r->direction_count),
           R = extent_of((int64_t)r->H);

    /* y is (T,B,D,R), the final states are (D,B,R) */
    const source y = {.kind = SOURCE_LAYER,
                      .index = index,
                      .rank = 4,
                      .shape = {*T, *B, D, R},
                      .identity = {t->time, t->batch, OWN_AXIS, OWN_AXIS}};
    source final = {.kind = SOURCE_FINAL_H,
                    .index = index,
                    .rank = 3,
                    .shape = {D, *B, R},
                    .identity = {OWN_AXIS, t->batch, OWN_AXIS}};

    traced_layer *l = &t->layers[index];
    TRY(source_add(t, r->n, &y, &l->y));
    TRY(source_add(t, r->n, &final, &l->h_n));
    final.kind = SOURCE_FINAL_C;
    return source_add(t, r->n, &final, &l->c_n);
}

/* Y [T,D,B,R], Y_h and Y_c [D,B,R], of the node's directions; with layout 1 the
 * sequences come first. */
static elman_status set_outputs(trace *t, const recurrent_node *r,
                                element_type type, traced_value *const *out)
{
    static const size_t y_order[2][4] = {{0, 2, 1, 3}, {1, 0, 2, 3}},
                        h_order[2][3] = {{0, 1, 2}, {1, 0, 2}};
    const traced_layer *l = &t->layers[t->layer_count - 1];
    const size_t sources[] = {l->y, l->h_n, l->c_n};

    size_t most = r->cell->has_cell ? 3 : 2;
    if (r->n->output_count > most)
        return refuse(r->n, "%zu outputs, expected at most %zu",
                      r->n->output_count, most);

    /* each output is a view of its source, axes in the operator's order */
    for (size_t k = 0; k < r->n->output_count; k++) {
        const source *s = t->sources + sources[k];
        view whole = {.source = sources[k], .rank = s->rank};
        size_t D = k ? 0 : 2;

        for (size_t a = 0; a < s->rank; a++) {
            size_t from =
                k ? h_order[r->batch_first][a] : y_order[r->batch_first][a];
            extent size = from == D ? extent_of((int64_t)r->direction_count)
                                    : s->shape[from];
            whole.axes[a].factor_count = 1;
            whole.axes[a].factors[0] = factor_of(from, size, 1);
            if (from == 1) whole.axes[a].factors[0].order = r->order;
        }

        /* the node may be one of the layer's two directions */
        whole.offset[D] = (int64_t)r->base;
        if (!k && r->flipped)
            view_flip(t, &whole, r->batch_first ? 1 : 0, r->within);
        view_tidy(&whole);
        TRY(value_set_view(t, out[k], type, &whole));
    }
    return ELMAN_OK;
}

/* The layer before the node becomes that of both directions. */
static elman_status add_pair(trace *t, recurrent_node *r,
                             traced_value *const *in, traced_value *const *out)
{
    r->base = r->config.reverse ? 1 : 0;
    r->I = t->layers[t->layer_count - 1].I;
    TRY(read_weights(t, r, in));
    TRY(recurrent_pair(t, r, in));
    TRY(weigh_all(t, r));
    return set_outputs(t, r, in[0]->type, out);
}

/* X from its last step on makes a layer of the other direction, whose Y is
 * turned round as well. x gets its steps forward. */
static elman_status read_flip(trace *t, recurrent_node *r, traced_value *v,
                              view *x)
{
    size_t time = r->batch_first ? 1 : 0;
    traced_value *lengths = NULL;
    extent T, B;
    r->flipped = view_is_flipped(t, x, time);
    r->within = x->lengths;

    if (r->flipped && v) {
        TRY(view_size(r->n, x, time, &T));
        TRY(view_size(r->n, x, 1 - time, &B));
        TRY(lengths_read(t, r->n, v, &T, &B, &lengths));
    }

    /* padding must stay behind each sequence */
    bool fits = !lengths == !r->within;
    if (fits && lengths) fits = same_memory(t, lengths, r->within);
    if (r->flipped && (!fits || r->direction_count > 1))
        return refuse(r->n, "its X has its steps turned round, but %s",
                      fits ? "it runs in both directions"
                           : "not within its sequence_lens");

    if (r->flipped) {
        view_flip(t, x, time, r->within);
        r->config.reverse = !r->config.reverse;
    }

    r->x = *x;
    if (r->batch_first) {
        r->x.axes[0] = x->axes[1];
        r->x.axes[1] = x->axes[0];
    }
    return ELMAN_OK;
}

elman_status trace_recurrent(trace *t, const onnx_node *n,
                             traced_value *const *in, traced_value *const *out)
{
    recurrent_node r = {.n = n};
    const view *x = NULL;
    view read, y;
    extent T, B;

    /* what the operator and its attributes are */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!strcmp(rows[i].op, n->op)) r.row = rows + i;
    r.config.kind = r.row->kind;
    r.grown = n->domain == grow_domain;
    r.cell = cell_for(&r.config);
    TRY(recurrent_attributes(&r));

    /* X is (T,B,I), with layout 1 (B,T,I) */
    TRY(need_view(n, in[0], &x));
    if (!element_is_float(in[0]->type))
        return refuse(n, "its X is of %s, expected floats",
                      element_name(in[0]->type));

    if (x->rank != 3)
        return refuse(n, "its X has %zu dimensions, expected 3", x->rank);

    /* the order of its sequences goes over to what it gives */
    view forward = *x;
    r.order = order_of(x, r.batch_first ? 0 : 1);
    if (order_of(x, r.batch_first ? 1 : 0) || order_of(x, 2))
        return refuse(n, "its X has its steps in another order");
    TRY(read_flip(t, &r, n->input_count > 4 ? in[4] : NULL, &forward));
    if (recurrent_has_pair(t, &r)) return add_pair(t, &r, in, out);

    /* steps and sequences are those of the layers before */
    TRY(layer_read(t, n, &forward, 2, &read, &r.I));
    TRY(check_time(t, &r, &read));
    TRY(view_size(n, &read, r.batch_first, &T));
    TRY(view_size(n, &read, !r.batch_first, &B));

    if (T.factor < 1 || B.factor < 1)
        return refuse(n,
                      "its X has %lld steps of %lld sequences, expected at "
                      "least one",
                      (long long)T.factor, (long long)B.factor);

    TRY(read_weights(t, &r, in));
    TRY(layer_add(t, n, &read, 2, &r.config, r.direction_count * r.H, &y));
    t->layers[t->layer_count - 1].x = r.x;
    TRY(recurrent_lengths(t, &r, n->input_count > 4 ? in[4] : NULL, &T, &B));
    TRY(weigh_all(t, &r));

    traced_value *const states[] = {n->input_count > 5 ? in[5] : NULL,
                                    n->input_count > 6 ? in[6] : NULL};
    TRY(recurrent_starts(t, &r, states));
    TRY(add_sources(t, &r, &T, &B));
    return set_outputs(t, &r, in[0]->type, out);
}
