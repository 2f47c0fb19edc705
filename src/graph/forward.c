/* forward.c: a forward of a graph: arrays to layers to arrays. */
#include "graph/forward.h"

#include "base/memory.h"
#include "format/half.h"
#include "graph/stage.h"
#include "trace/assemble.h"
#include "trace/order.h"
#include "trace/rounding.h"
#include "trace/tensor.h"
#include "trace/view.h"
#include "trace/open.h"

#include <stdlib.h>
#include <string.h>

/* ---- In ------------------------------------------------------------------ */

/* Room for T x B x n numbers, zero; NULL if there is no memory. */
static double *room_for(size_t T, size_t B, size_t n)
{
    size_t count;
    return sizes_multiply(T, B, n + 1, &count) ? calloc(count, sizeof(double))
                                               : NULL;
}

static size_t size_along(const trace *t, int axis)
{
    if (axis < 0) return 1;
    return (size_t)t->x.axes[axis].factors[0].size.factor;
}

/* Without a recurrent layer x's axes are steps, then sequences. */
static elman_status choose_axes(graph_pass *p)
{
    trace *t = p->trace;
    size_t axes = t->x.rank - 1;
    if (!t->timed && axes > 2)
        return failure(ELMAN_BAD_FORMAT,
                       "the graph has no recurrent layer, and its input %zu "
                       "axes besides the features, expected at most 2",
                       axes);

    /* at most one of each */
    if (!t->timed) {
        t->time = axes > 0 ? 0 : NO_AXIS;
        t->batch = axes > 1 ? 1 : NO_AXIS;
    }

    p->T = size_along(t, t->time);
    p->B = size_along(t, t->batch);

    if (!p->T || !p->B)
        return failure(ELMAN_BAD_VALUE,
                       "the input has %zu steps of %zu sequences, expected at "
                       "least one",
                       p->T, p->B);
    return ELMAN_OK;
}

/* The index of x's view at step t of sequence b. */
static void index_of_x(const trace *t, size_t step, size_t b, size_t *index)
{
    memset(index, 0, AXES * sizeof *index);
    if (t->time >= 0) index[t->time] = step;
    if (t->batch >= 0) index[t->batch] = b;
}

static elman_status read_x(graph_pass *p)
{
    const trace *t = p->trace;
    const named_tensor *array = t->bound + t->sources[t->x.source].index;
    size_t I = t->tokens ? 1 : t->layers[0].I, index[AXES];
    p->x = room_for(p->T, p->B, I);
    if (t->tokens) p->tokens = calloc(p->T * p->B + 1, sizeof *p->tokens);
    if (!p->x || (t->tokens && !p->tokens))
        return failure(ELMAN_NO_MEMORY, "no memory for the input");

    /* row r is one step of one sequence */
    for (size_t r = 0; r < p->T * p->B; r++) {
        index_of_x(t, r / p->B, r % p->B, index);

        for (size_t i = 0; i < I; i++) {
            index[t->x.rank - 1] = i;
            tensor_doubles(array, view_element(t, &t->x, index), 1,
                           p->x + r * I + i);
        }

        if (!t->tokens) continue;

        double V = (double)t->layers[0].config.num_embeddings, token = p->x[r];
        if (token < 0) token += V; /* ONNX counts such from the end */

        if (!(token >= 0 && token < V))
            return failure(ELMAN_BAD_VALUE,
                           "input %.80s has the token %.0f, expected 0 to %.0f",
                           array->name, p->x[r], V - 1);
        p->tokens[r] = (int32_t)token;
    }
    return ELMAN_OK;
}

/* Reads the lengths, which the trace has checked. */
static elman_status read_lengths(graph_pass *p)
{
    const trace *t = p->trace;
    if (!t->lengths) return ELMAN_OK;

    int64_t *numbers = calloc(p->B, sizeof *numbers);
    p->lengths = calloc(p->B, sizeof *p->lengths);
    if (numbers && p->lengths) {
        tensor_view_wholes(t, t->lengths->views, p->B, numbers);
        for (size_t b = 0; b < p->B; b++)
            p->lengths[b] = (size_t)numbers[b];
    }

    free(numbers);
    if (!numbers || !p->lengths)
        return failure(ELMAN_NO_MEMORY, "no memory for lengths");

    /* a layer of ours repeats nothing for a sequence without steps */
    for (size_t b = 0; b < p->B; b++)
        for (size_t i = 0; !p->lengths[b] && i < t->layer_count; i++)
            if (t->layers[i].repeated)
                return failure(ELMAN_BAD_VALUE,
                               "sequence %zu has no steps, but a vector of "
                               "each is repeated: expected at least one",
                               b);
    return ELMAN_OK;
}

/* ---- The layers ---------------------------------------------------------- */

static elman_status make_arrays(graph_pass *p)
{
    for (size_t i = 0; i < p->trace->layer_count; i++) {
        const traced_layer *l = p->trace->layers + i;
        traced_arrays *a = p->layers + i;
        size_t D = l->config.bidirectional ? 2 : 1;

        a->y = room_for(graph_steps(p, l), p->B, l->O);
        if (traced_is_recurrent(l)) {
            a->h_n = room_for(D, p->B, l->config.hidden_size);
            a->c_n = room_for(D, p->B, l->config.hidden_size);
        }

        if (!a->y || (traced_is_recurrent(l) && (!a->h_n || !a->c_n)))
            return failure(ELMAN_NO_MEMORY, "no memory for outputs");
    }
    return ELMAN_OK;
}

/* Where the layers that run together from begin on end. Past the end of a
 * sequence a layer of ours gives zeros, but an ONNX operator what it makes of
 * zeros. So where sequences have lengths, recurrent layers run by themselves,
 * and the others run over all steps. */
static size_t stage_end(const graph_pass *p, size_t begin)
{
    const trace *t = p->trace;
    bool recurrent = traced_is_recurrent(t->layers + begin);
    size_t end = begin + 1;

    /* what rounds does so once all steps are there */
    size_t last = begin;
    while (last + 1 < t->layer_count && !t->layers[last].rounds)
        last++;

    /* without lengths all layers up to it run together */
    if (!p->lengths) return last + 1;

    for (; end <= last; end++) {
        const traced_layer *l = t->layers + end;
        bool along = traced_is_recurrent(l) ||
                     (recurrent && (l->config.kind == ELMAN_LAST ||
                                    l->config.kind == ELMAN_REPEAT));
        if (along != recurrent) break;
    }
    return end;
}

static elman_status run_layers(graph_pass *p)
{
    const trace *t = p->trace;
    for (size_t begin = 0, end; begin < t->layer_count; begin = end) {
        end = stage_end(p, begin);
        TRY(stage_run(p, begin, end));

        const traced_layer *l = t->layers + end - 1;
        size_t rows = graph_steps(p, l) * p->B;
        rounding_use(l->rounds, rows * l->O, p->layers[end - 1].y);
    }
    return ELMAN_OK;
}

/* ---- Out ----------------------------------------------------------------- */

/* The element at an index along the axes of a source. */
static double source_at(const graph_pass *p, const source *s,
                        const size_t *position)
{
    const trace *t = p->trace;
    size_t element = 0, step = 0, b = 0, feature = 0;
    double value;

    /* a tensor or an input is dense */
    if (s->kind <= SOURCE_INPUT) {
        for (size_t k = 0; k < s->rank; k++)
            element = element * (size_t)s->shape[k].factor + position[k];
        tensor_doubles(source_array(t, s), element, 1, &value);
        return value;
    }

    const traced_layer *l = t->layers + s->index;
    const traced_arrays *a = p->layers + s->index;

    /* a final state, (D,B,R) */
    if (s->kind != SOURCE_LAYER) {
        size_t R = l->config.hidden_size;
        const double *from = s->kind == SOURCE_FINAL_H ? a->h_n : a->c_n;
        return from[(position[0] * p->B + position[1]) * R + position[2]];
    }

    /* y, whose axes are steps, sequences and, row-major, the features */
    for (size_t k = 0; k < s->rank; k++) {
        if (s->identity[k] == OWN_AXIS)
            feature = feature * (size_t)s->shape[k].factor + position[k];
        else if (s->identity[k] >= 0 && s->identity[k] == t->time)
            step = position[k];
        else if (s->identity[k] >= 0 && s->identity[k] == t->batch)
            b = position[k];
    }

    if (l->per_sequence) step = 0;
    return a->y[(step * p->B + b) * l->O + feature];
}

/* Writes number i of an output in its type. A whole number that does not fit in
 * 64 bits becomes the nearest one that does. */
static void put_number(const named_tensor *to, void *data, size_t i,
                       double value)
{
    const named_tensor one = {.type = ELEMENT_F64, .count = 1, .data = &value};
    size_t bytes = element_bytes(to->type);
    char *at = (char *)data + i * bytes;

    /* as each type would have it */
    int64_t whole;
    float single = (float)value;
    uint16_t half = half_narrow(value);

    switch (to->type) {
    case ELEMENT_F64:
        memcpy(at, &value, bytes);
        break;
    case ELEMENT_F32:
        memcpy(at, &single, bytes);
        break;
    case ELEMENT_F16:
        memcpy(at, &half, bytes);
        break;

    default:
        tensor_wholes(&one, 0, 1, &whole);
        if (to->type == ELEMENT_BOOL) whole = whole != 0;
        memcpy(at, &whole, bytes);
        break;
    }
}

static elman_status write_sizes(const traced_value *v, graph_array *out)
{
    int64_t *data = calloc(v->count + 1, sizeof *data);
    if (!data) return failure(ELMAN_NO_MEMORY, "no memory for an output");

    for (size_t i = 0; i < v->count; i++)
        data[i] = v->sizes[i].factor;

    out->owner = data;
    out->tensor = (named_tensor){.name = v->name,
                                 .type = ELEMENT_I64,
                                 .rank = v->rank,
                                 .shape = {v->count},
                                 .count = v->count,
                                 .data = data};
    return ELMAN_OK;
}

/* The view of a value that an index is in; the index becomes one of that view.
 */
static const view *part_at(const traced_value *v, size_t *index)
{
    size_t p = 0;
    for (; p + 1 < v->view_count; p++) {
        extent size;
        if (view_size(NULL, v->views + p, v->axis, &size) ||
            index[v->axis] < (size_t)size.factor)
            break;
        index[v->axis] -= (size_t)size.factor;
    }

    return v->views + p;
}

static void write_elements(const graph_pass *p, const traced_value *v,
                           const named_tensor *to, void *data)
{
    size_t index[AXES] = {0}, own[AXES], position[AXES];
    for (size_t i = 0; i < to->count; i++) {
        memcpy(own, index, sizeof own);
        const view *of = part_at(v, own);
        view_position(p->trace, of, own, position);

        double value = source_at(p, p->trace->sources + of->source, position);
        rounding_use(of->rounds, 1, &value);
        put_number(to, data, i, value);

        /* the next index, row-major */
        for (size_t k = to->rank; k-- > 0;) {
            if (++index[k] < to->shape[k]) break;
            index[k] = 0;
        }
    }
}

/* Whether a view is of a layer's output as it was before the graph changed it.
 */
static bool is_stale(const trace *t, const traced_value *v)
{
    for (size_t p = 0; p < v->view_count; p++) {
        const source *s = t->sources + v->views[p].source;
        if (s->kind == SOURCE_LAYER &&
            (s->index == NO_LAYER ||
             t->layers[s->index].y != v->views[p].source))
            return true;
    }
    return false;
}

/* Whether a view is turned round within lengths: its elements are not where it
 * says. */
static bool is_within(const traced_value *v)
{
    for (size_t p = 0; p < v->view_count; p++)
        if (v->views[p].lengths) return true;
    return false;
}

static elman_status write_output(const graph_pass *p, const onnx_value *output,
                                 graph_array *out)
{
    const trace *t = p->trace;
    const traced_value *v = trace_find(t, output->name);
    extent shape[AXES];
    size_t rank;

    if (v->kind == VALUE_SIZES) return write_sizes(v, out);
    if (v->kind != VALUE_VIEW || v->norm != NORM_NONE || is_stale(t, v))
        return failure(ELMAN_BAD_FORMAT,
                       "the output %.80s is not the output of a layer",
                       output->name);

    for (size_t k = 0; k < v->view_count; k++)
        if (!order_is_own(v->views + k))
            return failure(ELMAN_BAD_FORMAT,
                           "the output %.80s has its sequences in the order of "
                           "their lengths, which is not supported; put them "
                           "back in the graph (PyTorch: index_select)",
                           output->name);
    if (is_within(v))
        return failure(ELMAN_BAD_FORMAT,
                       "the output %.80s has its steps turned round within "
                       "lengths, which is not supported for an output",
                       output->name);

    /* an array of the output's type and the shape that came out */
    TRY(value_shape(NULL, v, &rank, shape));
    named_tensor *to = &out->tensor;
    *to = (named_tensor){
        .name = output->name, .type = output->type, .rank = rank, .count = 1};
    if (to->type == ELEMENT_BF16) to->type = ELEMENT_F32;

    for (size_t k = 0; k < rank; k++) {
        to->shape[k] = (size_t)shape[k].factor;
        if ((uint64_t)shape[k].factor > SIZE_MAX ||
            !sizes_multiply(to->count, to->shape[k], 1, &to->count))
            return failure(ELMAN_NO_MEMORY, "the output %.80s is too large",
                           output->name);
    }

    out->owner = calloc(to->count + 1, sizeof(double));
    if (!out->owner) return failure(ELMAN_NO_MEMORY, "no memory for an output");

    write_elements(p, v, to, out->owner);
    to->data = out->owner;
    return ELMAN_OK;
}

/* ---- Together ------------------------------------------------------------ */

static void free_pass(graph_pass *p)
{
    free(p->x);
    free(p->tokens);
    free(p->lengths);
    for (size_t i = 0; i < ELMAN_MAX_LAYERS; i++) {
        free(p->layers[i].y);
        free(p->layers[i].h_n);
        free(p->layers[i].c_n);
    }
}

static elman_status run(graph_pass *p, const onnx_graph *g,
                        graph_array *outputs)
{
    const trace *t = p->trace;
    if (t->layer_count) {
        TRY(choose_axes(p));
        TRY(read_x(p));
        TRY(read_lengths(p));
        TRY(make_arrays(p));
        TRY(run_layers(p));
    }

    for (size_t i = 0; i < g->output_count; i++)
        TRY(write_output(p, g->outputs + i, outputs + i));
    return rounding_finish(t);
}

/* Whether a tensor is the array that an input was given. */
static bool is_given(const trace *t, const named_tensor *tensor)
{
    for (size_t i = 0; i < t->graph->input_count; i++)
        if (t->bound[i].data && t->bound[i].data == tensor->data) return true;
    return false;
}

/* Whether some weight or output is float64. A weight that is an input counts as
 * one: a file's array is widened when it is loaded, and one in memory gives the
 * same bits. */
static bool is_in_double(const trace *t)
{
    for (size_t i = 0; i < t->tensor_count; i++)
        if (t->uses[i] == TENSOR_WEIGHT &&
            (t->tensors[i].type == ELEMENT_F64 || is_given(t, t->tensors + i)))
            return true;
    for (size_t i = 0; i < t->graph->output_count; i++)
        if (t->graph->outputs[i].type == ELEMENT_F64) return true;
    return false;
}

elman_status graph_forward(elman_graph *g, size_t steps, int threads)
{
    const onnx_graph *onnx = g->onnx;
    trace *t = NULL;
    if (threads < 0 || threads > 64)
        return failure(ELMAN_BAD_VALUE, "threads is %d, expected 0 to 64",
                       threads);

    graph_array *outputs = calloc(onnx->output_count + 1, sizeof *outputs);
    if (!outputs) return failure(ELMAN_NO_MEMORY, "no memory for outputs");

    /* sizes are known now, so each pass has a trace of its own */
    elman_status status = trace_open(onnx, g->bound, &t);
    if (status == ELMAN_OK) {
        graph_pass p = {
            .trace = t, .steps = steps, .threads = threads ? threads : 1};
        p.in_double = is_in_double(t);
        status = run(&p, onnx, outputs);
        free_pass(&p);
    }

    trace_close(t);

    /* the new outputs take the place of the old, or go after a failure */
    graph_array *old = g->outputs;
    if (status == ELMAN_OK) g->outputs = outputs;
    else old = outputs;
    if (status == ELMAN_OK) graph_describe_outputs(g);

    for (size_t i = 0; i < onnx->output_count; i++)
        free(old[i].owner);
    free(old);
    return status;
}
