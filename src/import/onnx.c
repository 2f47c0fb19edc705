/* onnx.c: an ONNX graph as a model of ours. */
#include "import/onnx.h"

#include "import/onnx_facts.h"
#include "import/onnx_heads.h"
#include "import/onnx_part.h"
#include "trace/assemble.h"
#include "trace/attribute.h"
#include "trace/directions.h"
#include "trace/layers.h"
#include "trace/tensor.h"
#include "trace/view.h"
#include "trace/open.h"

#include <stdlib.h>
#include <string.h>

/* What an import of a graph owns. */
typedef struct onnx_source {
    onnx_graph *graph, part; /* part of it that is asked for */
    void *owned;             /* by the part */
    trace *trace;
} onnx_source;

static void close_source(void *owned)
{
    onnx_source *s = owned;
    trace_close(s->trace);
    onnx_close(s->graph);
    free(s->owned);
    free(s);
}

/* ---- Inputs -------------------------------------------------------------- */

/* Checks that x is the graph's input as it is, but for the order of steps and
 * sequences. */
static elman_status check_x(const trace *t)
{
    const view *x = &t->x;
    const source *s = t->sources + x->source;
    const char *name = t->graph->inputs[s->index].name;
    size_t used = 0, before = 0, last = 0;

    /* every axis of the input is used once and whole, the features last and in
     * order */
    for (size_t k = 0; k < x->rank; k++)
        for (size_t i = 0; i < x->axes[k].factor_count; i++) {
            const factor *f = &x->axes[k].factors[i];
            bool features = k + 1 == x->rank;

            if (!factor_is_whole(t, x, f) ||
                (features && i && f->axis < before))
                return failure(ELMAN_BAD_FORMAT,
                               "the graph reads a part of its input %.80s, or "
                               "its features in another order, which a model "
                               "cannot; elman run can",
                               name);

            before = f->axis;
            used++;
            if (!features && f->axis > last) last = f->axis;

            if (features && f->axis < last)
                return failure(ELMAN_BAD_FORMAT,
                               "the graph's input %.80s has its features "
                               "before steps or sequences, which a model has "
                               "last; elman run can take it",
                               name);
        }

    /* an axis of size 1 counts as used */
    for (size_t k = 0; k < s->rank; k++)
        used += extent_is(s->shape + k, 1);

    return used >= s->rank
               ? ELMAN_OK
               : failure(ELMAN_BAD_FORMAT,
                         "the graph reads a part of its input %.80s, which a "
                         "model cannot; elman run can",
                         name);
}

/* The axis of the graph's input that an axis of x is; -1 if it has none. */
static int input_axis(const trace *t, int axis)
{
    if (axis < 0) return -1;
    return (int)t->x.axes[axis].factors[0].axis;
}

/* Whether sequences come before steps. If one of the two has size 1, the
 * position of the other decides. */
static bool is_batch_first(const trace *t)
{
    const source *s = t->sources + t->x.source;
    int time = input_axis(t, t->time), batch = input_axis(t, t->batch);
    if (time >= 0 && batch >= 0) return batch < time;

    bool both = s->rank == (t->tokens ? 2u : 3u);
    if (both && time >= 0) return time == 1;
    if (both && batch >= 0) return batch == 0;
    return false;
}

/* Whether the graph's input has an axis of sequences and none of steps: the
 * graph is one step. Where that axis has size 1, either reading is the same. */
static bool is_one_step(const trace *t)
{
    const source *s = t->sources + t->x.source;
    return s->rank == (t->tokens ? 1u : 2u) && input_axis(t, t->time) < 0 &&
           input_axis(t, t->batch) >= 0;
}

/* Keeps that the model was one step, so that its arrays are read as such. */
static elman_status keep_one_step(elman_import *import, const trace *t)
{
    /* the sentence of the table; the model keeps it as a note */
    const char *name = t->graph->inputs[t->sources[t->x.source].index].name;
    if (!is_one_step(t)) return ELMAN_OK;
    import->steps = "one";
    return import_add_remark(
        import,
        import_text(import,
                    "one step: the graph reads %.80s as one step of each "
                    "sequence, and so does the model read an array without an "
                    "axis of steps; with one, %s, it takes any number",
                    name, t->tokens ? "(T,B)" : "(T,B,features)"));
}

static elman_status check_states(const trace *t)
{
    for (size_t i = 0; i < t->layer_count; i++) {
        const traced_start *starts[] = {&t->layers[i].h_0, &t->layers[i].c_0};
        for (size_t k = 0; k < 2; k++)
            if (starts[k]->given &&
                t->sources[starts[k]->view.source].kind == SOURCE_TENSOR)
                return refuse(t->graph->nodes + t->layers[i].node,
                              "its initial state differs between the sequences "
                              "of a batch, which a model cannot hold");
    }

    if (t->lengths && is_tensor(t, t->lengths))
        return failure(ELMAN_BAD_FORMAT,
                       "the graph's sequence_lens are fixed, which a model "
                       "cannot hold; they are given with each batch");
    return ELMAN_OK;
}

/* ---- Outputs ------------------------------------------------------------- */

/* Whether a view is of a layer's final output or of its final states. */
static bool is_given(const trace *t, const view *of)
{
    const source *s = t->sources + of->source;
    if (s->kind == SOURCE_FINAL_H || s->kind == SOURCE_FINAL_C) return true;
    return s->kind == SOURCE_LAYER && s->index != NO_LAYER &&
           t->layers[s->index].y == of->source;
}

/* What an output asks of the end of the stack. */
typedef enum ending {
    ENDS_ELSEWHERE, /* at another layer, or at a part of the last */
    ENDS_HERE,
    ENDS_STEP,
    ENDS_FINAL
} ending;

/* Whether a view is of all of its source (or of one step of it), with the
 * features in their order; where they stand does not matter, a model has them
 * last. */
static bool is_in_order(const trace *t, const view *of, bool step)
{
    const source *s = t->sources + of->source;
    size_t own = 0, seen[AXES] = {0};

    for (size_t k = 0; k < of->rank; k++)
        for (size_t i = 0; i < of->axes[k].factor_count; i++) {
            const factor *f = &of->axes[k].factors[i];

            if (!factor_is_whole(t, of, f) || f->order) return false;
            bool is_own = s->identity[f->axis] == OWN_AXIS;
            if (is_own && f->axis < own) return false;
            if (is_own) own = f->axis;
            seen[f->axis]++;
        }

    /* nothing of the source may be missing but the other steps */
    for (size_t k = 0; k < s->rank; k++) {
        bool one = extent_is(s->shape + k, 1);

        bool picked = step && s->identity[k] == t->time;
        if (!one && !picked && seen[k] != 1) return false;
    }
    return true;
}

static ending ending_of(const trace *t, const view *of)
{
    const source *s = t->sources + of->source;
    bool step = false;

    if (s->index + 1 != t->layer_count || s->kind == SOURCE_FINAL_C)
        return ENDS_ELSEWHERE;

    /* an axis of steps that the view does not use: one step is taken */
    for (size_t k = 0; k < s->rank && s->kind == SOURCE_LAYER; k++) {
        if (s->identity[k] != t->time || extent_is(s->shape + k, 1)) continue;
        step = step || !view_uses(of, k);
    }

    if (!is_in_order(t, of, step)) return ENDS_ELSEWHERE;
    return s->kind == SOURCE_FINAL_H ? ENDS_FINAL
           : step                    ? ENDS_STEP
                                     : ENDS_HERE;
}

/* Whether a value says nothing of the layers: a shape, a constant, or a copy of
 * an input, such as lengths that are passed through. */
static bool is_copy(const trace *t, const traced_value *v)
{
    bool copy = v->kind == VALUE_SIZES;
    if (v->kind == VALUE_VIEW && v->norm == NORM_NONE && v->view_count == 1)
        copy = t->sources[v->views->source].kind <= SOURCE_INPUT;
    return copy;
}

/* Checks that an output is what layers give. It may join several of them, or
 * copy an input, only if another output is the model's. */
static elman_status check_output(const trace *t, const traced_value *v)
{
    bool given = v->kind == VALUE_VIEW && v->norm == NORM_NONE;

    for (size_t p = 0; given && p < v->view_count; p++)
        given = is_given(t, v->views + p);
    if (given || is_copy(t, v)) return ELMAN_OK;

    if (v->kind == VALUE_VIEW && v->norm != NORM_NONE)
        return refuse(t->graph->nodes + v->node,
                      "it makes the output %.80s by a function that elman has "
                      "as a part of a norm or a softsign alone",
                      v->name);
    return refuse(
        t->graph->nodes + v->node,
        "it makes the output %.80s, which is not the final output of a layer",
        v->name);
}

/* Ends the stack at the first output that layers of ones and zeros make of what
 * the last layer gives: one direction of two, or both in another order. */
static elman_status end_in_part(trace *t)
{
    const onnx_graph *g = t->graph;
    const failure_text kept = failure_keep();
    const size_t layers = t->layer_count;
    for (size_t i = 0; i < g->output_count; i++) {
        const traced_value *v = trace_find(t, g->outputs[i].name);
        view read;
        size_t I;
        if (v->kind != VALUE_VIEW || v->view_count != 1 || is_copy(t, v) ||
            v->views->rank == 0)
            continue;

        /* the features are last, in the graph as in a model */
        elman_status status = layer_read(t, g->nodes + v->node, v->views,
                                         v->views->rank - 1, &read, &I);
        failure_restore(&kept);
        if (status == ELMAN_OK) return status;
        t->layer_count = layers;
    }
    return ELMAN_BAD_FORMAT;
}

/* Finds the output that the model is to give: all of the last layer's, its last
 * step or its final state. Other outputs may be of layers before it, or states.
 */
static elman_status end_stack(trace *t)
{
    const onnx_graph *g = t->graph;
    const traced_value *end = NULL;
    ending how = ENDS_ELSEWHERE;
    char text[NODE_TEXT];

    /* prefer all steps to the last step, and that to the final state */
    for (size_t i = 0; i < g->output_count; i++) {
        const traced_value *v = trace_find(t, g->outputs[i].name);
        TRY(check_output(t, v));

        if (is_copy(t, v)) continue;
        ending one =
            v->view_count == 1 ? ending_of(t, v->views) : ENDS_ELSEWHERE;
        if (one == ENDS_ELSEWHERE || (end && one >= how)) continue;

        end = v;
        how = one;
    }

    if (!end && !end_in_part(t)) return ELMAN_OK;
    if (!end)
        return failure(
            ELMAN_BAD_FORMAT,
            "no output of the graph is all that its last layer (of "
            "%s) gives, its last step or its final state; a model "
            "can give nothing else, elman run can",
            node_text(g->nodes + t->layers[t->layer_count - 1].node, text));

    /* taking the last step or the final state is a layer of its own */
    view read;
    size_t I;
    if (how == ENDS_HERE) return ELMAN_OK;
    return layer_read(t, g->nodes + end->node, end->views, ANY_AXIS, &read, &I);
}

/* ---- Together ------------------------------------------------------------ */

/* Lists the tensors for the table: all but those that folding made, and of a
 * part of a graph those that nothing in it reads. Tensor i of
 * the trace is number shown[i] of them. */
static elman_status list_tensors(elman_import *import, trace *t, bool part,
                                 size_t **shown)
{
    named_tensor *list = trace_keep(t, t->tensor_count + 1, sizeof *list);
    *shown = trace_keep(t, t->tensor_count + 1, sizeof **shown);
    if (!list || !*shown)
        return failure(ELMAN_NO_MEMORY, "no memory for a list of tensors");

    import->weights.tensors = list;
    for (size_t i = 0; i < t->tensor_count; i++) {
        (*shown)[i] = import->weights.tensor_count;
        if (part && t->uses[i] == TENSOR_UNUSED) continue;
        if (t->uses[i] != TENSOR_MADE)
            list[import->weights.tensor_count++] = t->tensors[i];
    }
    return ELMAN_OK;
}

/* Adds the tensors that are not weights. */
static elman_status add_spares(elman_import *import, const trace *t,
                               const size_t *shown)
{
    static const char *const how[] = {
        [TENSOR_READ] = "not needed",
        [TENSOR_FOLDED] = "part of another",
        [TENSOR_QUANTIZED] = "dequantized",
        [TENSOR_SHAPE] = "shape",
        [TENSOR_STATE] = "initial state",
        [TENSOR_SETTING] = "setting",
        [TENSOR_ROUNDING] = "rounding, not kept",
    };

    for (size_t i = 0; i < t->tensor_count; i++) {
        /* leave out those that nothing reads, that folding made or that are
         * weights */
        bool is_spare = t->uses[i] != TENSOR_UNUSED &&
                        t->uses[i] != TENSOR_MADE &&
                        t->uses[i] != TENSOR_WEIGHT;
        if (!is_spare || (import->left_out && import->left_out[shown[i]]))
            continue;

        bool reads =
            t->uses[i] == TENSOR_READ && !element_is_float(t->tensors[i].type);
        TRY(import_add_spare(import, shown[i],
                             how[reads ? TENSOR_SHAPE : t->uses[i]]));
    }
    return ELMAN_OK;
}

/* Says of which layer one direction alone is left. */
static elman_status leave_out_direction(elman_import *import, trace *t)
{
    char text[NODE_TEXT];
    for (size_t i = 0; i < t->layer_count; i++) {
        const traced_layer *l = t->layers + i;
        if (!direction_prune(t, i)) continue;
        TRY(import_add_remark(
            import, import_text(import,
                                "one direction: of %s only what runs %s is "
                                "read, and imported",
                                node_text(t->graph->nodes + l->node, text),
                                l->config.reverse ? "backward" : "forward")));
    }
    return ELMAN_OK;
}

static elman_status import_trace(elman_import *import, trace *t,
                                 const elman_import_config *config)
{
    size_t *shown = NULL;
    if (!t->timed)
        return failure(ELMAN_BAD_FORMAT,
                       "the graph has no RNN, GRU or LSTM that its outputs "
                       "need");

    /* what was chosen as the input is what all of it goes through */
    const char *from = t->graph->inputs[t->sources[t->x.source].index].name;
    if (config->from_tensor && strcmp(from, config->from_tensor) != 0)
        return failure(ELMAN_BAD_VALUE,
                       "the layers read the graph's input %.80s, and do not "
                       "begin with \"%.80s\"; name a value that all of it goes "
                       "through",
                       from, config->from_tensor);

    /* the graph as a stack of layers: its input, its memory, its end */
    TRY(check_x(t));
    TRY(check_states(t));
    TRY(end_stack(t));
    TRY(leave_out_direction(import, t));

    /* its tensors, as the table shows them */
    TRY(list_tensors(import, t, config->from_tensor || config->to_tensor,
                     &shown));
    TRY(import_leave_out(import, config->ignore));

    import->config.batch_first = is_batch_first(t);
    TRY(keep_one_step(import, t));
    TRY(assemble(t, 0, t->layer_count, true, &import->config,
                 &import->weights));

    for (size_t i = 0; i < import->weights.slice_count; i++)
        if (import->weights.slices[i].from != FROM_NOTHING)
            import->weights.slices[i].from =
                shown[import->weights.slices[i].from];
    return add_spares(import, t, shown);
}

elman_status import_look_onnx(elman_import *import, const byte_source *file)
{
    onnx_source *s = calloc(1, sizeof *s);
    if (!s) return failure(ELMAN_NO_MEMORY, "%.200s: no memory", file->name);
    import->source = s;
    import->close = close_source;

    TRY(onnx_open(file, &s->graph));
    import->weights.tensors = s->graph->initializers;
    import->weights.tensor_count = s->graph->initializer_count;
    return onnx_add_facts(import, s->graph);
}

elman_status import_onnx(elman_import *import, const byte_source *file,
                         const elman_import_config *config)
{
    onnx_source *s = calloc(1, sizeof *s);
    if (!s) return failure(ELMAN_NO_MEMORY, "%.200s: no memory", file->name);
    import->source = s;
    import->close = close_source;

    TRY(onnx_open(file, &s->graph));
    elman_status status = onnx_part(s->graph, config, &s->part, &s->owned);
    if (status == ELMAN_OK) status = trace_open(&s->part, NULL, &s->trace);
    if (status == ELMAN_OK) status = import_trace(import, s->trace, config);
    if (status == ELMAN_OK) status = onnx_say_rounding(import, s->trace);
    if (status == ELMAN_OK) return status;
    if (!import->tried)
        status = onnx_name_heads(status, s->graph, file, config, import_onnx);
    return failure_in(status, file->name);
}
