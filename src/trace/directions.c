/* directions.c: two nodes as the two directions of a layer, and how these are
 * merged. */
#include "trace/directions.h"

#include "trace/attribute.h"
#include "trace/sizes.h"
#include "trace/start.h"
#include "trace/view.h"

#include <string.h>

/* ---- Two nodes ----------------------------------------------------------- */

void layer_add_direction(trace *t, traced_layer *l)
{
    enum { Y_D = 2, H_D = 0 };
    l->config.bidirectional = true;
    l->O *= 2;
    t->sources[l->y].shape[Y_D] = extent_of(2);
    t->sources[l->h_n].shape[H_D] = t->sources[l->c_n].shape[H_D] =
        extent_of(2);
}

bool recurrent_alike(const elman_layer *a, const elman_layer *b)
{
    bool alike = a->kind == b->kind && a->hidden_size == b->hidden_size &&
                 a->nonlinearity == b->nonlinearity &&
                 a->no_bias == b->no_bias && a->reverse == b->reverse &&
                 a->bidirectional == b->bidirectional && a->merge == b->merge &&
                 a->peephole == b->peephole && a->coupled == b->coupled &&
                 a->clip == b->clip && a->reset_before == b->reset_before &&
                 a->learned_state == b->learned_state;

    for (size_t i = 0; i < 6; i++) {
        const elman_activation *x = &a->activations[i / 3][i % 3],
                               *y = &b->activations[i / 3][i % 3];
        alike = alike && x->kind == y->kind && x->alpha == y->alpha &&
                x->beta == y->beta;
    }
    return alike;
}

static const char *input_of(const onnx_node *n, size_t k)
{
    return k < n->input_count ? n->inputs[k] : "";
}

bool recurrent_has_pair(const trace *t, const recurrent_node *r)
{
    enum { LENGTHS = 4 };
    const traced_layer *l =
        t->layer_count ? &t->layers[t->layer_count - 1] : NULL;
    if (!l || l->config.kind != r->config.kind || l->unrolled ||
        l->config.bidirectional || l->config.reverse == r->config.reverse)
        return false;

    const onnx_node *before = t->graph->nodes + l->node, *n = r->n;
    return view_next_axis(&l->x, &r->x) == BROADCAST &&
           !strcmp(input_of(before, LENGTHS), input_of(n, LENGTHS));
}

/* The layer's only direction becomes its second: what views had of its sources
 * they have of new ones. */
static elman_status make_second(trace *t, const onnx_node *n, traced_layer *l)
{
    enum { Y_D = 2, H_D = 0 };
    const size_t old[] = {l->y, l->h_n, l->c_n};
    size_t made[3];

    /* sources of its own, as the old ones are those of the first direction */
    for (size_t k = 0; k < 3; k++) {
        source s = t->sources[old[k]];
        TRY(source_add(t, n, &s, made + k));
    }

    for (size_t i = 0; i < t->value_count; i++) {
        traced_value *v = t->values + i;
        for (size_t p = 0; v->kind == VALUE_VIEW && p < v->view_count; p++)
            for (size_t k = 0; k < 3; k++) {
                view *of = v->views + p;
                if (of->source != old[k]) continue;
                of->source = made[k];
                of->offset[k ? H_D : Y_D]++;
            }
    }

    l->y = made[0];
    l->h_n = made[1];
    l->c_n = made[2];
    for (size_t i = 0; i < l->weight_count; i++)
        l->weights[i].direction = 1;
    l->config.reverse = false;
    return ELMAN_OK;
}

elman_status recurrent_pair(trace *t, const recurrent_node *r,
                            traced_value *const *in)
{
    traced_layer *l = &t->layers[t->layer_count - 1];
    const onnx_node *n = r->n;
    char text[NODE_TEXT];
    const char *before = node_text(t->graph->nodes + l->node, text);

    /* but for its direction and weights the node must equal the one before it
     */
    elman_layer other = r->config;
    other.reverse = l->config.reverse;

    if (!recurrent_alike(&other, &l->config))
        return refuse(
            n,
            "it reads what %s reads as well, and differs in more than "
            "direction and weights: a branch is not a stack of layers",
            before);

    /* a layer has one initial state, two nodes would have two */
    traced_value *const states[] = {n->input_count > 5 ? in[5] : NULL,
                                    n->input_count > 6 ? in[6] : NULL};
    bool starts = l->h_0.given || l->c_0.given;
    TRY(recurrent_starts(t, r, states));

    if (starts || l->h_0.given || l->c_0.given || l->config.learned_state)
        return refuse(n,
                      "it and %s read the same in two directions, but "
                      "one of them starts from a state of its own",
                      before);

    if (l->config.reverse) TRY(make_second(t, n, l));
    memcpy(l->config.activations[1], l->config.activations[0],
           sizeof l->config.activations[1]);
    layer_add_direction(t, l);
    return ELMAN_OK;
}

/* ---- Joined -------------------------------------------------------------- */

/* Makes the last layer's Y its directions merged into one. */
static elman_status set_merge(trace *t, const onnx_node *n, elman_merge merge)
{
    enum { D = 2 };
    traced_layer *l = &t->layers[t->layer_count - 1];

    /* Y with one direction is a source of its own */
    source joined = t->sources[l->y];
    joined.shape[D] = extent_of(1);

    l->config.merge = merge;
    l->O = l->config.hidden_size;
    return source_add(t, n, &joined, &l->y);
}

bool directions_meet(const trace *t, const traced_value *a,
                     const traced_value *b)
{
    enum { D = 2 };
    const traced_layer *l =
        t->layer_count ? &t->layers[t->layer_count - 1] : NULL;
    if (!l || !l->config.bidirectional || l->config.merge ||
        a->kind != VALUE_VIEW || b->kind != VALUE_VIEW || a->view_count != 1 ||
        b->view_count != 1 || a->views->source != l->y)
        return false;
    return view_next_axis(a->views, b->views) == D ||
           view_next_axis(b->views, a->views) == D;
}

elman_status directions_merge(trace *t, const onnx_node *n,
                              const traced_value *a, traced_value *out)
{
    enum { D = 2 };
    view y = *a->views;
    bool sum = node_is(n, "Add");
    if (!sum && !node_is(n, "Mul"))
        return refuse(n, "its operands are the two directions of a layer, "
                         "which are joined by Concat, Add or Mul");

    TRY(set_merge(t, n, sum ? ELMAN_MERGE_SUM : ELMAN_MERGE_MUL));
    y.source = t->layers[t->layer_count - 1].y;
    y.offset[D] = 0;
    return value_set_view(t, out, a->type, &y);
}

/* A sum, product or mean over the directions of the last layer's Y. */
elman_status trace_merge(trace *t, const onnx_node *n, traced_value *const *in,
                         traced_value *const *out)
{
    enum { D = 2 };
    const view *of = NULL;
    int64_t axes[AXES], keep;
    size_t count, axis;
    TRY(need_view(n, in[0], &of));
    TRY(list_whole(t, n, in, "axes", 1, &count, axes));
    TRY(attribute_whole(n, "keepdims", 1, &keep));

    /* along one axis, that of the directions */
    if (count != 1)
        return refuse(n, "it reduces %zu axes, expected one", count);
    TRY(check_axis(n, axes[0], of->rank, &axis));

    const view_axis *a = of->axes + axis;
    traced_layer *l = t->layer_count ? &t->layers[t->layer_count - 1] : NULL;
    if (!l || of->source != l->y || !l->config.bidirectional ||
        l->config.merge || a->factor_count != 1 || a->factors[0].axis != D ||
        !factor_is_whole(t, of, a->factors))
        return refuse(
            n, "it does not reduce the two directions of the layer before it");

    /* ReduceSum, ReduceProd or ReduceMean */
    const char what = n->op[strlen("Reduce")];
    view y = *of;
    TRY(set_merge(t, n,
                  what == 'S'   ? ELMAN_MERGE_SUM
                  : what == 'P' ? ELMAN_MERGE_MUL
                                : ELMAN_MERGE_AVERAGE));

    y.source = l->y;
    y.axes[axis].factor_count = 0;

    if (!keep) {
        y.rank--;
        memmove(y.axes + axis, y.axes + axis + 1,
                (y.rank - axis) * sizeof *y.axes);
    }
    return value_set_view(t, out[0], in[0]->type, &y);
}

/* ---- One alone ----------------------------------------------------------- */

bool direction_prune(trace *t, size_t index)
{
    /* the layer, perhaps its last step or final state, and what picks one */
    traced_layer *l = &t->layers[index];
    size_t pick = index + 1;
    if (pick < t->layer_count && t->layers[pick].config.kind == ELMAN_LAST)
        pick++;
    if (pick >= t->layer_count || !t->layers[pick].picks ||
        !l->config.bidirectional || l->config.merge || l->h_0.given ||
        l->c_0.given)
        return false;

    /* its parameters alone stay */
    size_t d = t->layers[pick].picks - 1, kept = 0;
    for (size_t i = 0; i < l->weight_count; i++) {
        if (l->weights[i].direction != d) continue;
        l->weights[kept] = l->weights[i];
        l->weights[kept++].direction = 0;
    }
    l->weight_count = kept;
    memmove(l->config.activations[0], l->config.activations[d],
            sizeof l->config.activations[0]);
    memset(l->config.activations[1], 0, sizeof l->config.activations[1]);
    l->config.bidirectional = false;
    l->config.reverse = d == 1;
    l->O = l->config.hidden_size;

    /* and what picked it goes */
    t->uses[t->layers[pick].weights[0].slice.from] = TENSOR_MADE;
    if (pick > index + 1)
        t->layers[index + 1].I = t->layers[index + 1].O = l->O;
    memmove(t->layers + pick, t->layers + pick + 1,
            (t->layer_count - pick - 1) * sizeof *t->layers);
    t->layer_count--;
    return true;
}
