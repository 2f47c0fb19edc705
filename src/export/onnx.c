/*
 * onnx.c: a model as an ONNX graph for any T and B. Values run from
 * layer to layer as (T,B,.), or (B,.) once there is one vector per sequence.
 */
#include "export/onnx.h"

#include "base/kind.h"
#include "export/onnx_function.h"
#include "export/onnx_recurrent.h"
#include "export/python.h"

#include <string.h>

/* ---- Layers that are not recurrent -------------------------------------- */

static const char *put_linear(onnx_export *e, const layer *l, const char *x)
{
    const float *w = model_flat(e->model);
    const char *name = build_text(e->b, "%s.weight", l->config.name);
    float *to = build_weights(e->b, name, 2, (size_t[]){l->I, l->O});

    /* MatMul wants (I,O) */
    for (size_t i = 0; to && i < l->I; i++)
        for (size_t j = 0; j < l->O; j++)
            to[i * l->O + j] = w[(size_t)l->weight + j * l->I + i];

    const char *y = build_op(e->b, "MatMul", x, name, NULL);
    if (l->bias == NOWHERE) return y;

    name = build_text(e->b, "%s.bias", l->config.name);
    to = build_weights(e->b, name, 1, &l->O);
    if (to) memcpy(to, w + l->bias, l->O * sizeof *to);
    return build_op(e->b, "Add", y, name, NULL);
}

static const char *put_embedding(onnx_export *e, const layer *l, const char *x)
{
    size_t V = l->config.num_embeddings;
    const char *name = build_text(e->b, "%s.weight", l->config.name);
    float *to = build_weights(e->b, name, 2, (size_t[]){V, l->O});
    if (to) memcpy(to, model_flat(e->model) + l->weight, V * l->O * sizeof *to);

    return build_op(e->b, "Gather", name, x, NULL);
}

static const char *put_norm(onnx_export *e, const layer *l, const char *x)
{
    const float *w = model_flat(e->model);
    const char *scale = build_text(e->b, "%s.weight", l->config.name),
               *shift = build_text(e->b, "%s.bias", l->config.name);

    float *to = build_weights(e->b, scale, 1, &l->O);
    if (to) memcpy(to, w + l->weight, l->O * sizeof *to);
    to = build_weights(e->b, shift, 1, &l->O);
    if (to) memcpy(to, w + l->bias, l->O * sizeof *to);

    const char *y = build_op(e->b, "LayerNormalization", x, scale, shift, NULL);
    build_whole(e->b, "axis", -1);
    build_number(e->b, "epsilon", l->config.eps);
    return y;
}

/* y = x / max(|x|, eps) */
static const char *put_l2_norm(onnx_export *e, const layer *l, const char *x)
{
    const char *length = build_op(e->b, "ReduceL2", x, NULL);
    build_wholes(e->b, "axes", 1, (int64_t[]){-1});
    build_whole(e->b, "keepdims", 1);

    const char *least = build_scalar(e->b, l->config.eps);
    return build_op(e->b, "Div", x, build_op(e->b, "Max", length, least, NULL),
                    NULL);
}

/* n times the vector, as (n,B,I) */
static const char *put_repeat(onnx_export *e, const layer *l, const char *x)
{
    onnx_builder *b = e->b;
    size_t n = l->config.repeats;
    const char *first = build_list(b, 1, (int64_t[]){0});
    const char *steps = NULL;
    x = build_op(b, "Unsqueeze", x, first, NULL);

    /* or as often as the input has steps */
    if (n) {
        steps = build_list(b, 1, (int64_t[]){(int64_t)n});
    } else {
        steps = build_op(b, "Shape", e->x, NULL);
        build_whole(b, "start", 0);
        build_whole(b, "end", 1);
    }
    const char *ones = build_list(b, 2, (int64_t[]){1, 1});
    const char *shape = build_op(b, "Concat", steps, ones, NULL);
    build_whole(b, "axis", 0);
    return build_op(b, "Expand", x, shape, NULL);
}

static const char *put_activation(onnx_export *e, const layer *l, const char *x)
{
    return onnx_function_put(e->b, l->config.activation, x);
}

/* Features from begin to before end of one step of x (T,B,I). */
static const char *put_step(onnx_export *e, const char *x, int64_t step,
                            size_t begin, size_t end)
{
    onnx_builder *b = e->b;
    const char *index = build_list(b, 1, &step),
               *axis = build_list(b, 1, (int64_t[]){0});

    const char *y = build_op(b, "Gather", x, index, NULL);
    build_whole(b, "axis", 0);
    y = build_op(b, "Squeeze", y, axis, NULL);

    if (begin == end) return y;
    return build_op(b, "Slice", y,
                    build_list(b, 1, (int64_t[]){(int64_t)begin}),
                    build_list(b, 1, (int64_t[]){(int64_t)end}),
                    build_list(b, 1, (int64_t[]){-1}), NULL);
}

/* One vector per sequence: the last step, or each direction's final one. */
static const char *put_last(onnx_export *e, const layer *l, const char *x)
{
    size_t forward =
        l->config.last == ELMAN_LAST_FINAL ? l->forward_features : l->I;
    if (forward == l->I) return put_step(e, x, -1, 0, 0);
    if (forward == 0) return put_step(e, x, 0, 0, 0);

    /* the forward direction ends at the last step, the reverse at the first */
    const char *y = build_op(e->b, "Concat", put_step(e, x, -1, 0, forward),
                             put_step(e, x, 0, forward, l->I), NULL);
    build_whole(e->b, "axis", -1);
    return y;
}

/* The steps of x weighed by the softmax of their scores. */
static const char *put_attention(onnx_export *e, const layer *l, const char *x)
{
    const float *w = model_flat(e->model);
    const char *score = build_text(e->b, "%s.score", l->config.name);
    float *to = build_weights(e->b, score, 2, (size_t[]){l->I, 1});
    if (to) memcpy(to, w + l->score, l->I * sizeof *to);

    /* u, then one score for each step */
    const char *u = build_op(e->b, "Tanh", put_linear(e, l, x), NULL);
    const char *a = build_op(e->b, "MatMul", u, score, NULL);
    a = build_op(e->b, "Softmax", a, NULL);
    build_whole(e->b, "axis", 0);

    const char *y =
        build_op(e->b, "ReduceSum", build_op(e->b, "Mul", x, a, NULL),
                 build_list(e->b, 1, (int64_t[]){0}), NULL);
    build_whole(e->b, "keepdims", 0);
    return y;
}

/* One vector per sequence, from all its steps. */
static const char *put_pool(onnx_export *e, const layer *l, const char *x)
{
    if (l->config.pool == ELMAN_POOL_ATTENTION) return put_attention(e, l, x);

    /* the axes of a sum became an input first */
    bool mean = l->config.pool == ELMAN_POOL_MEAN,
         sum = l->config.pool == ELMAN_POOL_SUM;
    const char *y =
        sum ? build_op(e->b, "ReduceSum", x,
                       build_list(e->b, 1, (int64_t[]){0}), NULL)
            : build_op(e->b, mean ? "ReduceMean" : "ReduceMax", x, NULL);
    if (!sum) build_wholes(e->b, "axes", 1, (int64_t[]){0});
    build_whole(e->b, "keepdims", 0);
    return y;
}

static const char *put_tanh(onnx_export *e, const layer *l, const char *x)
{
    (void)l;
    return build_op(e->b, "Tanh", x, NULL);
}

static const char *put_sigmoid(onnx_export *e, const layer *l, const char *x)
{
    (void)l;
    return build_op(e->b, "Sigmoid", x, NULL);
}

static const char *put_relu(onnx_export *e, const layer *l, const char *x)
{
    (void)l;
    return build_op(e->b, "Relu", x, NULL);
}

static const char *put_softmax(onnx_export *e, const layer *l, const char *x)
{
    bool log = l->config.kind == ELMAN_LOG_SOFTMAX;
    const char *y = build_op(e->b, log ? "LogSoftmax" : "Softmax", x, NULL);
    build_whole(e->b, "axis", -1);
    return y;
}

/* Dropout does nothing but in training. */
static const char *put_nothing(onnx_export *e, const layer *l, const char *x)
{
    (void)e, (void)l;
    return x;
}

/* How a layer of each kind is written: the name of its output from that of its
 * input. A kind without an entry is refused before anything is written. */
typedef const char *layer_writer(onnx_export *e, const layer *l, const char *x);
static layer_writer *const writers[] = {
    [ELMAN_LINEAR] = put_linear,       [ELMAN_EMBEDDING] = put_embedding,
    [ELMAN_TANH] = put_tanh,           [ELMAN_SIGMOID] = put_sigmoid,
    [ELMAN_RELU] = put_relu,           [ELMAN_SOFTMAX] = put_softmax,
    [ELMAN_LAYER_NORM] = put_norm,     [ELMAN_DROPOUT] = put_nothing,
    [ELMAN_LAST] = put_last,           [ELMAN_ACTIVATION] = put_activation,
    [ELMAN_LOG_SOFTMAX] = put_softmax, [ELMAN_POOL] = put_pool,
    [ELMAN_L2_NORM] = put_l2_norm,     [ELMAN_REPEAT] = put_repeat,
};

static layer_writer *writer_of(const layer *l)
{
    size_t kind = (size_t)l->config.kind;
    if (l->cell) return onnx_export_level;
    return kind < sizeof writers / sizeof *writers ? writers[kind] : NULL;
}

/* ---- The graph ---------------------------------------------------------- */

static const onnx_dimension steps = {.size = -1, .symbol = "T"},
                            sequences = {.size = -1, .symbol = "B"};

/* The graph's input, steps first. */
static const char *put_input(onnx_export *e)
{
    const elman_config *c = &e->model->config;
    bool tokens = c->layers[0].kind == ELMAN_EMBEDDING;
    const char *x = tokens ? "tokens" : "x";
    size_t rank = tokens ? 2 : 3;
    onnx_dimension shape[] = {c->batch_first ? sequences : steps,
                              c->batch_first ? steps : sequences,
                              {.size = (int64_t)c->input_size}};

    build_input(e->b, x, tokens ? ELEMENT_I64 : ELEMENT_F32, rank, shape);

    if (!c->batch_first) return x;
    x = build_op(e->b, "Transpose", x, NULL);
    build_wholes(e->b, "perm", rank, (int64_t[]){1, 0, 2});
    return x;
}

/* Makes the shape (B,1), to which the memory of one sequence is expanded. */
static void put_spread(onnx_export *e, const char *x)
{
    const char *B = build_op(e->b, "Shape", x, NULL);
    build_whole(e->b, "start", 1);
    build_whole(e->b, "end", 2);

    e->spread =
        build_op(e->b, "Concat", B, build_list(e->b, 1, (int64_t[]){1}), NULL);
    build_whole(e->b, "axis", 0);
}

/* The graph's output, from what the last layer gives. */
static void put_output(onnx_export *e, const char *y)
{
    const elman_model *m = e->model;
    const layer *l = m->layers + m->layer_count - 1;
    bool apart = l->kind == &layer_recurrent && l->D == 2 &&
                 l->config.merge == ELMAN_MERGE_NONE;
    bool transposed = m->config.batch_first && !m->info.per_sequence;

    /* directions that are not merged have an axis before the others */
    size_t before = apart ? 1 : 0, rank = m->info.per_sequence ? 2 : 3 + before;

    /* steps and sequences change places */
    if (transposed) {
        static const int64_t whole[] = {1, 0, 2}, halves[] = {0, 2, 1, 3};
        y = build_op(e->b, "Transpose", y, NULL);
        build_wholes(e->b, "perm", rank, apart ? halves : whole);
    }
    build_rename(e->b, y, "y");

    onnx_dimension shape[4] = {{.size = DIRECTIONS}};
    onnx_dimension *next = shape + before;
    onnx_dimension T = steps;
    if (m->info.output_steps)
        T = (onnx_dimension){.size = (int64_t)m->info.output_steps};
    if (!m->info.per_sequence) *next++ = transposed ? sequences : T;
    *next++ = transposed ? T : sequences;
    *next = (onnx_dimension){.size = (int64_t)(l->O / (before + 1))};
    build_output(e->b, "y", rank, shape);
    if (e->b->failed) return;

    /* first, before the memory of layers, as people expect it */
    onnx_value *list = e->b->outputs, found = list[e->b->output_count - 1];
    memmove(list + 1, list, (e->b->output_count - 1) * sizeof *list);
    list[0] = found;
}

static void put_graph(onnx_export *e)
{
    const elman_model *m = e->model;
    e->b->scope = "input";
    const char *x = e->x = put_input(e);

    /* fresh names begin with the name of the layer */
    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        e->b->scope = l->config.name;

        if (l->kind == &layer_recurrent && !e->spread) put_spread(e, x);
        x = writer_of(l)(e, l, x);
    }

    e->b->scope = "output";
    put_output(e, x);
}

static elman_status check_model(const elman_model *m)
{
    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        if (!writer_of(l))
            return failure(ELMAN_BAD_VALUE,
                           "the layer %s is of the kind %s, for which ONNX "
                           "has no operator; elman's own format keeps it",
                           l->config.name, kind_title(l->config.kind));
        if (l->cell) TRY(onnx_export_check(l));
        if (l->config.kind == ELMAN_ACTIVATION)
            TRY(onnx_function_check(l->config.name, l->config.activation.kind));
    }
    return ELMAN_OK;
}

elman_status export_onnx(const elman_model *model, const char *path)
{
    TRY(check_model(model));
    TRY(model_make_flat(model));
    onnx_builder b = {0};
    onnx_export e = {.model = model, .b = &b};

    put_graph(&e);
    elman_status status = e.status ? e.status : build_save(&b, path);
    build_end(&b);
    return status;
}

static void put_lines(python_writer *w, const elman_model *model,
                      const char *path)
{
    const char *x = model->info.vocabulary ? "tokens" : "x";
    python_put(w, "import onnxruntime; session = "
                  "onnxruntime.InferenceSession(");
    python_put_text(w, path);
    python_put(w, ")\ny = session.run([\"y\"], {\"%s\": %s})[0]\n", x, x);
}

elman_status export_onnx_lines(const elman_model *model, const char *path,
                               size_t capacity, char *lines)
{
    TRY(check_model(model));
    return python_write(put_lines, model, path, capacity, lines);
}
