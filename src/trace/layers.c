/*
 * layers.c: how a layer is added, and what it reads. The operators that add one
 * are in dense.c, norm.c and recurrent.c.
 */
#include "trace/layers.h"

#include "trace/attribute.h"
#include "trace/view.h"

#include <string.h>

static bool is_one(const extent *e) { return extent_is(e, 1); }

/* ---- x ------------------------------------------------------------------- */

/* Begins the stack: what the first layer reads becomes x, with an axis for each
 * axis that is not a feature. */
static elman_status begin(trace *t, const onnx_node *n, const view *from,
                          size_t features, view *read)
{
    const source *input = t->sources + from->source;
    source s = {.kind = SOURCE_LAYER, .index = NO_LAYER};
    view x = *from;
    *read = *from;
    x.rank = 0;

    /* first the factors of all other axes, then those of the features */
    if (features == ANY_AXIS) features = from->rank - 1;
    for (size_t round = 0; round < 2; round++)
        for (size_t k = 0; k < from->rank; k++) {
            if ((k == features) != (round == 1)) continue;
            for (size_t i = 0; i < from->axes[k].factor_count; i++) {
                const factor *f = &from->axes[k].factors[i];
                if (f->axis == BROADCAST || s.rank == AXES - 1)
                    return refuse(
                        n, "it reads an input in a way that is not supported");

                read->axes[k].factors[i] =
                    (factor){s.rank, f->size, 1, f->order};
                s.identity[s.rank] = round ? OWN_AXIS : (int)s.rank;
                s.shape[s.rank++] = f->size;
                if (round) continue;

                x.axes[x.rank].factor_count = 1;
                x.axes[x.rank].factors[0] = *f;
                x.axes[x.rank++].factors[0].order = NULL;
            }
        }

    x.axes[x.rank++] =
        features < from->rank ? from->axes[features] : (view_axis){0};

    if (input->kind == SOURCE_TENSOR)
        return refuse(n, "it reads a constant, expected an input");

    t->x = x;
    t->started = true;
    memset(read->offset, 0, sizeof read->offset);
    memset(read->from_end, 0, sizeof read->from_end);
    return source_add(t, n, &s, &read->source);
}

bool trace_has_recurrent(const trace *t, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (t->layers[i].config.hidden_size) return true;
    return false;
}

/* ---- What a layer reads -------------------------------------------------- */

static elman_status check_tip(const trace *t, const onnx_node *n, size_t index)
{
    const source *s = t->sources + index;
    char other[NODE_TEXT];
    bool same = s->kind == SOURCE_INPUT && t->started &&
                t->sources[t->x.source].kind == SOURCE_INPUT &&
                t->sources[t->x.source].index == s->index;
    if (same && graph_recurs(t->graph))
        return refuse(n,
                      "it reads the input %.80s beside what the layers make of "
                      "it: a branch is not a stack of layers",
                      t->graph->inputs[s->index].name);
    if (same)
        return refuse(n,
                      "it reads a further part of the input %.80s, as a cell "
                      "does that is written out step by step; in PyTorch "
                      "torch.onnx.export(torch.jit.script(model), ..., dynamo="
                      "False) keeps a loop, which converts if its cell is an "
                      "RNN, GRU or LSTM",
                      t->graph->inputs[s->index].name);
    if (s->kind == SOURCE_INPUT)
        return refuse(n,
                      "it reads the input %.80s, but the layers begin with "
                      "another; a stack has one",
                      t->graph->inputs[s->index].name);

    if (s->kind == SOURCE_FINAL_C)
        return refuse(n,
                      "it reads final cell states (c_n), which are no output "
                      "of a layer; 'elman run' computes the graph as it is, "
                      "and one whose head reads h_n or the last step is a "
                      "model");

    /* the layer has been changed since, and its earlier output does not exist
     */
    bool stale = s->kind == SOURCE_LAYER && s->index != NO_LAYER &&
                 t->layers[s->index].y != index;
    if (stale)
        return refuse(
            n,
            "it reads the output of %s before the graph adds to it: "
            "a branch is not a stack of layers",
            node_text(t->graph->nodes + t->layers[s->index].node, other));

    if (s->index + 1 == t->layer_count) return ELMAN_OK;
    return refuse(
        n,
        "it reads what %s reads as well: a branch is not a stack of "
        "layers",
        node_text(t->graph->nodes + t->layers[s->index + 1].node, other));
}

/* Checks that an axis holds all features in their order, and nothing else. */
static elman_status check_features(const trace *t, const onnx_node *n,
                                   const view *read, size_t features)
{
    const source *s = t->sources + read->source;
    const view_axis *a = read->axes + features;
    size_t next = 0;
    bool fits = true;

    for (size_t k = 0; k < s->rank && fits; k++) {
        if (s->identity[k] != OWN_AXIS || is_one(s->shape + k)) continue;
        fits = next < a->factor_count && a->factors[next].axis == k;
        next++;
    }

    if (fits && next == a->factor_count) return ELMAN_OK;
    return refuse(n, "the axis it works along is not all features of what it "
                     "reads, in their order");
}

static elman_status check_whole(const trace *t, const onnx_node *n,
                                const view *read)
{
    const source *s = t->sources + read->source;

    /* each axis of the source is used once, and from its first index to its
     * last */
    for (size_t k = 0; k < s->rank; k++)
        if (!is_one(s->shape + k) && view_uses(read, k) != 1)
            return refuse(n, "it reads only a part of what comes before, "
                             "expected all of it");

    for (size_t k = 0; k < read->rank; k++)
        if (view_is_flipped(t, read, k))
            return refuse(n, "it reads its steps from the last to the first, "
                             "which only a recurrent layer can");

    for (size_t k = 0; k < read->rank; k++)
        for (size_t i = 0; i < read->axes[k].factor_count; i++)
            if (!factor_is_whole(t, read, &read->axes[k].factors[i]))
                return refuse(n, "it reads only a part of what comes before, "
                                 "expected all of it");
    return ELMAN_OK;
}

/* ---- Directions in another order ------------------------------------------
 */

/* Which directions of two a view has along its features, first to last, and
 * that is neither both in order nor anything else. */
typedef struct picked {
    size_t axis, count, which[2];
} picked;

static bool find_picked(const trace *t, const view *read, size_t features,
                        picked *p)
{
    const source *s = t->sources + read->source;
    size_t own[AXES], count = 0;
    for (size_t k = 0; k < s->rank; k++)
        if (s->identity[k] == OWN_AXIS) own[count++] = k;
    if (s->kind != SOURCE_LAYER || count != 2 || features >= read->rank ||
        !extent_is(s->shape + own[0], 2))
        return false;

    /* where the first of them begins */
    const view_axis *a = read->axes + features;
    size_t begin = (size_t)read->offset[own[0]];
    if (read->from_end[own[0]]) begin = 1 - begin;

    /* the units of one, or of the second and the first */
    const factor *d = a->factors, *units = a->factors + a->factor_count - 1;
    bool lone = a->factor_count == 1 && !view_uses(read, own[0]);
    bool swapped = a->factor_count == 2 && d->axis == own[0] && d->step == -1 &&
                   begin == 1 && extent_is(&d->size, 2);
    if ((!lone && !swapped) || units->axis != own[1]) return false;
    *p = (picked){
        .axis = own[0], .count = lone ? 1 : 2, .which = {begin, 1 - begin}};
    return true;
}

/* A view of both directions in order, in place of those that are picked. */
static view read_both(const view *read, size_t features, const picked *p)
{
    view whole = *read;
    view_axis *a = whole.axes + features;
    const factor units = a->factors[a->factor_count - 1];
    whole.offset[p->axis] = 0;
    whole.from_end[p->axis] = false;
    a->factor_count = 2;
    a->factors[0] = factor_of(p->axis, extent_of(2), 1);
    a->factors[1] = units;
    return whole;
}

/* The features of one direction, or of both in another order, are taken by a
 * linear layer, whose weights are one and zero. read becomes a view of what it
 * gives. */
static elman_status take_direction(trace *t, const onnx_node *n,
                                   size_t features, view *read)
{
    picked p;
    if (!find_picked(t, read, features, &p)) return ELMAN_OK;
    const view_axis *a = read->axes + features;
    size_t R = (size_t)a->factors[a->factor_count - 1].size.factor,
           shape[] = {p.count * R, 2 * R};

    /* one where the feature is the direction's own */
    traced_value made = {.name = "directions"};
    void *data = NULL;
    strides s;
    TRY(tensor_create(t, n, made.name, ELEMENT_F64, 2, shape, &data, &made));
    for (size_t i = 0; i < shape[0]; i++)
        ((double *)data)[i * 2 * R + p.which[i / R] * R + i % R] = 1;
    tensor_round(t, &made, ELEMENT_F32);

    /* it reads both */
    view whole = read_both(read, features, &p), y;
    TRY(check_whole(t, n, &whole));
    const elman_layer config = {
        .kind = ELMAN_LINEAR, .output_size = shape[0], .no_bias = true};
    TRY(layer_add(t, n, &whole, features, &config, shape[0], &y));
    if (p.count == 1) t->layers[t->layer_count - 1].picks = p.which[0] + 1;

    TRY(need_strides(t, n, &made, 2, "weight", TENSOR_WEIGHT, &s));
    *read = y;
    return layer_weigh(t, n, &s,
                       &(weight_view){.role = "weight",
                                      .how = "directions",
                                      .row_axis = 0,
                                      .column_axis = 1});
}

/* ---- Reading ------------------------------------------------------------- */

/* Rounds what the last layer gives: a layer that changes nothing, whose output
 * is rounded. read becomes a view of that. */
static elman_status add_rounding(trace *t, const onnx_node *n,
                                 const traced_rounding *how, size_t features,
                                 view *read)
{
    const elman_layer same = {.kind = ELMAN_ACTIVATION,
                              .activation = {ELMAN_ACTIVATION_AFFINE, 1, 0}};
    view plain = *read, y;
    size_t I;
    plain.rounds = NULL;
    TRY(layer_read(t, n, &plain, features, read, &I));

    TRY(layer_add(t, n, read, ANY_AXIS, &same, I, &y));
    t->layers[t->layer_count - 1].rounds = how;
    *read = y;
    return ELMAN_OK;
}

elman_status layer_read(trace *t, const onnx_node *n, const view *from,
                        size_t features, view *read, size_t *I)
{
    view rounded = *from;
    if (from->rounds) {
        TRY(add_rounding(t, n, from->rounds, features, &rounded));
        from = &rounded;
    }

    const source *s = t->sources + from->source;

    /* the first layer reads an input, every other what the last one gives */
    *read = *from;
    if (!t->started) {
        TRY(begin(t, n, from, features, read));
    } else if (s->kind == SOURCE_TENSOR) {
        return refuse(n, "it reads a constant, expected the output of a layer");
    } else {
        TRY(check_tip(t, n, from->source));
        if (s->kind == SOURCE_FINAL_H) TRY(ending_take_final(t, n, read));
        else TRY(ending_take_step(t, n, read));
        TRY(ending_take_repeat(t, n, read));
        if (features != ANY_AXIS) TRY(take_direction(t, n, features, read));
    }

    TRY(check_whole(t, n, read));
    if (features != ANY_AXIS) TRY(check_features(t, n, read, features));

    /* how many features there are */
    s = t->sources + read->source;
    extent all = extent_of(1);
    for (size_t k = 0; k < s->rank; k++)
        if (s->identity[k] == OWN_AXIS &&
            !extent_multiply(&all, s->shape + k, &all))
            return refuse(n, "a size does not fit in 64 bits");

    if (!extent_is_plain(&all) || all.factor < 1)
        return refuse(n, "the number of features is not known");
    if ((uint64_t)all.factor > SIZE_MAX)
        return refuse(n, "the number of features does not fit in memory");

    *I = (size_t)all.factor;
    return ELMAN_OK;
}

/* ---- Adding -------------------------------------------------------------- */

elman_status layer_add(trace *t, const onnx_node *n, const view *read,
                       size_t features, const elman_layer *config, size_t O,
                       view *y)
{
    /* its output has the axes of what it reads; features that it changes become
     * one axis, the last */
    const source *old = t->sources + read->source;
    source s = {.kind = SOURCE_LAYER, .index = t->layer_count};
    size_t to[AXES], I = 1;
    for (size_t k = 0; k < old->rank; k++) {
        bool own = old->identity[k] == OWN_AXIS;
        if (own) I *= (size_t)old->shape[k].factor;
        to[k] = s.rank;
        if (own && features != ANY_AXIS) continue;
        s.shape[s.rank] = old->shape[k];
        s.identity[s.rank++] = old->identity[k];
    }

    if (t->layer_count == ELMAN_MAX_LAYERS || s.rank == AXES)
        return refuse(n, "more than %d layers", ELMAN_MAX_LAYERS);

    /* y has the axes of read, but for the features */
    *y = *read;
    y->alone = false;
    if (features != ANY_AXIS) {
        y->axes[features].factor_count = 0;
        s.shape[s.rank] = extent_of((int64_t)O);
        s.identity[s.rank++] = OWN_AXIS;
    }

    traced_layer *l = &t->layers[t->layer_count];
    *l = (traced_layer){
        .config = *config,
        .node = (size_t)(n - t->graph->nodes),
        .per_sequence =
            t->layer_count && t->layers[t->layer_count - 1].per_sequence,
        .repeated = t->layer_count ? t->layers[t->layer_count - 1].repeated : 0,
        .I = I,
        .O = O};
    t->layer_count++;
    TRY(source_add(t, n, &s, &l->y));
    ending_point_at_last(t, to, y);

    if (features != ANY_AXIS) {
        y->axes[features].factor_count = 1;
        y->axes[features].factors[0] =
            factor_of(s.rank - 1, extent_of((int64_t)O), 1);
    }

    view_tidy(y);
    return ELMAN_OK;
}

static elman_status add_weight(trace *t, const onnx_node *n,
                               const traced_weight *weight)
{
    traced_layer *l = &t->layers[t->layer_count - 1];
    if (l->weight_count == MOST_TRACED_WEIGHTS)
        return refuse(n, "more than %d weights", MOST_TRACED_WEIGHTS);
    l->weights[l->weight_count++] = *weight;
    return ELMAN_OK;
}

elman_status layer_weigh(trace *t, const onnx_node *n, const strides *s,
                         const weight_view *w)
{
    traced_weight made = {.role = w->role, .direction = w->direction};

    made.slice = (tensor_slice){
        .from = s->tensor,
        .offset = s->offset,
        .row_step = w->row_axis < NO_STRIDE ? s->step[w->row_axis] : 0,
        .column_step = w->column_axis < NO_STRIDE ? s->step[w->column_axis] : 0,
        .blocks = w->blocks ? w->blocks : 1,
        .scale = w->scale,
        .how = w->how};

    for (size_t k = 0; k < made.slice.blocks; k++)
        made.slice.order[k] = w->order ? w->order[k] : k;

    t->uses[s->tensor] = TENSOR_WEIGHT;
    return add_weight(t, n, &made);
}

elman_status layer_weigh_zero(trace *t, const onnx_node *n, const char *role,
                              size_t d)
{
    traced_weight made = {.role = role, .direction = d};
    made.slice =
        (tensor_slice){.from = FROM_NOTHING, .blocks = 1, .how = "zero"};
    return add_weight(t, n, &made);
}
