/*
 * rtneural.c: models of RTNeural, as its Python scripts write them:
 *
 *   {"in_shape": [null, null, I],
 *    "layers": [{"type": "lstm", "shape": [null, null, H], "activation": "",
 *                "weights": [...]}, ...]}
 *
 * with Keras's weights: kernels (I,.) and (H,.), an LSTM's gates i f c o and
 * one bias, a GRU's z r h and two (reset after the product).
 */
#include "import/json_parts.h"
#include "import/mapping_read.h"
#include "import/members.h"

#include "base/kind.h"
#include "base/memory.h"
#include "format/json_tensor.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What RTNeural calls a layer, how many lists of weights it has, and the
 * members that it may have (members.h). RTNeural computes a cell with tanh and
 * sigmoid, whatever its activation says: with another one its answers would not
 * be those of the network that was trained. */
typedef struct layer_row {
    const char *type;
    elman_kind kind;
    size_t lists;
    const char *gates, *known;
} layer_row;

#define ANY  "type name shape weights "
#define CELL ANY "activation=tanh| recurrent_activation=sigmoid|"

/* What the lists of a layer are called here, by how many it has; a layer that
 * is not known has numbers. */
enum { MOST_LISTS = 4 };

static const char *const list_names[MOST_LISTS + 1][MOST_LISTS] = {
    [1] = {"kernel"},
    [2] = {"kernel", "bias"},
    [3] = {"kernel", "recurrent_kernel", "bias"},
};

static const char *const norm_names[MOST_LISTS + 1][MOST_LISTS] = {
    [2] = {"mean", "variance"},
    [4] = {"gamma", "beta", "mean", "variance"},
};

static const layer_row layer_rows[] = {
    {"lstm", ELMAN_LSTM, 3, "ifco", CELL},
    {"gru", ELMAN_GRU, 3, "zrh", CELL " reset_after=true"},
    {"dense", ELMAN_LINEAR, 2, NULL, ANY "activation"},
    {"time-distributed-dense", ELMAN_LINEAR, 2, NULL, ANY "activation"},
    {"activation", ELMAN_END, 0, NULL, ANY "activation alpha=1"},
    {"batchnorm", ELMAN_LAYER_NORM, 4, NULL,
     ANY "activation=linear| epsilon momentum"},
};

/* Of the file itself. AIDA-X adds a gain before and behind the layers, in dB,
 * and what goes around them. */
static const char root_known[] =
    "in_shape layers in_skip=0|false in_gain=0 out_gain=0 name author version "
    "date description license metadata samplerate sample_rate input_batch "
    "output_batch";

static const struct {
    const char *name;
    elman_kind kind;
} functions[] = {
    {"tanh", ELMAN_TANH},      {"sigmoid", ELMAN_SIGMOID},
    {"relu", ELMAN_RELU},      {"softmax", ELMAN_SOFTMAX},
    {"elu", ELMAN_ACTIVATION},
};

/* A chain that is being read. */
typedef struct chain {
    elman_import *import;
    elman_config config;
    size_t layer_count; /* of config */
    struct {
        const layer_row *row;
        size_t layer, first; /* of config, of the tensors */
        size_t lists;
    } weights[ELMAN_MAX_LAYERS];
    size_t weight_count;
    size_t width; /* features that come in */
} chain;

/* ---- Layers -------------------------------------------------------------- */

static elman_status add_layer(chain *c, const elman_layer *l)
{
    if (c->layer_count == ELMAN_MAX_LAYERS)
        return failure(ELMAN_BAD_FORMAT,
                       "it has more than %d layers, functions included",
                       ELMAN_MAX_LAYERS);
    c->config.layers[c->layer_count++] = *l;
    return ELMAN_OK;
}

/* The function that a layer names, if it names one. */
static elman_status add_function(chain *c, const json_node *node)
{
    const char *name = json_text(json_find(node, "activation"));
    if (!name || !*name || !strcmp(name, "linear")) return ELMAN_OK;

    size_t count = sizeof functions / sizeof *functions, i = 0;
    while (i < count && strcmp(functions[i].name, name) != 0)
        i++;
    if (i == count)
        return failure(ELMAN_BAD_FORMAT,
                       "it has the activation %.40s, expected tanh, sigmoid, "
                       "relu, softmax or elu",
                       name);

    elman_layer l = {.kind = functions[i].kind};
    if (l.kind == ELMAN_ACTIVATION)
        l.activation =
            (elman_activation){.kind = ELMAN_ACTIVATION_ELU, .alpha = 1};
    return add_layer(c, &l);
}

/* The last size of a shape, which may have nulls before it. */
static elman_status last_size(const json_node *shape, size_t *size)
{
    const json_node *last = NULL;
    int64_t whole;
    if (shape && shape->kind == JSON_KIND_LIST)
        for (last = shape->is.first; last && last->next; last = last->next) {
        }
    if (json_whole(last, &whole) && whole >= 1 && whole <= 1 << 24 &&
        size_narrow((uint64_t)whole, size))
        return ELMAN_OK;
    return failure(ELMAN_BAD_FORMAT,
                   "its shape does not end in a number of features of at least "
                   "1");
}

static const layer_row *find_row(const char *type)
{
    size_t count = sizeof layer_rows / sizeof *layer_rows;
    for (size_t i = 0; i < count; i++)
        if (strcmp(layer_rows[i].type, type) == 0) return layer_rows + i;
    return NULL;
}

/* A GRU has two biases, since its reset gate is behind a product. */
static elman_status check_biases(const elman_import *im, size_t index)
{
    const named_tensor *bias = im->weights.tensors + index;
    if (bias->rank == 2 && bias->shape[0] == 2) return ELMAN_OK;

    char shape[100];
    shape_print(bias->rank, bias->shape, sizeof shape, shape);
    return failure(ELMAN_BAD_FORMAT,
                   "a gru has a bias of shape %s, expected (2,3H), as Keras "
                   "writes it with reset_after=True, the only GRU that "
                   "RTNeural computes",
                   shape);
}

/* The name of a list of a layer: "layers.2.gru.bias". */
static void name_list(const json_node *node, size_t place, size_t count,
                      size_t i, size_t room, char *name)
{
    const char *type = json_text(json_find(node, "type")), *of = NULL;
    const layer_row *row = type ? find_row(type) : NULL;
    if (row && count <= MOST_LISTS)
        of = row->kind == ELMAN_LAYER_NORM ? norm_names[count][i]
                                           : list_names[count][i];
    if (of) snprintf(name, room, "layers.%zu.%s.%s", place, type, of);
    else
        snprintf(name, room, "layers.%zu.%.40s.%zu", place,
                 type ? type : "layer", i);
}

/* Finds a layer's weights, which are tensors one after the other. */
static elman_status find_tensors(chain *c, const json_node *node, size_t place,
                                 const layer_row *row)
{
    const json_node *weights = json_find(node, "weights");
    size_t lists =
        weights && weights->kind == JSON_KIND_LIST ? weights->count : 0;

    /* a dense layer may be without bias */
    if (lists != row->lists && !(row->kind == ELMAN_LINEAR && lists == 1))
        return failure(ELMAN_BAD_FORMAT,
                       "a %s has %zu lists of weights, expected %zu", row->type,
                       lists, row->lists);

    /* each by its name; they came one after the other */
    c->weights[c->weight_count].row = row;
    c->weights[c->weight_count].layer = c->layer_count;
    c->weights[c->weight_count].lists = lists;
    size_t first = 0;
    for (size_t i = 0; i < lists; i++) {
        char name[100];
        name_list(node, place, lists, i, sizeof name, name);
        ptrdiff_t at = mapping_find(c->import, name);
        if (at == NOWHERE)
            return failure(ELMAN_BAD_FORMAT,
                           "%s is not a list of numbers, or of such lists",
                           name);
        if (i == 0) first = (size_t)at;
    }
    c->weights[c->weight_count++].first = first;
    return row->kind == ELMAN_GRU ? check_biases(c->import, first + 2)
                                  : ELMAN_OK;
}

/* The lists of a norm are no weights themselves. */
static elman_status spare_norm(elman_import *im, const json_node *node,
                               size_t place, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char name[100];
        name_list(node, place, count, i, sizeof name, name);
        ptrdiff_t at = mapping_find(im, name);
        if (at != NOWHERE)
            TRY(import_add_spare(im, (size_t)at,
                                 "in the scale and the shift of its norm"));
    }
    return ELMAN_OK;
}

/* A norm over all the data that it was trained on is a scale and a shift of
 * each feature: a linear layer with a diagonal weight. */
static elman_status add_norm(chain *c, const json_node *node, size_t place)
{
    const json_node *weights = json_find(node, "weights"), *list = NULL;
    double eps = 0;
    size_t n = c->width, index, rank, shape[TENSOR_MAX_RANK];
    float *values = NULL, *diagonal = NULL, *bias = NULL;
    char name[80];

    if (!weights || weights->kind != JSON_KIND_LIST ||
        (weights->count != 4 && weights->count != 2) ||
        !json_number(json_find(node, "epsilon"), &eps))
        return failure(ELMAN_BAD_FORMAT,
                       "a batchnorm has no epsilon, or neither 2 nor 4 lists "
                       "of weights");

    /* scale, shift, mean and variance, of which the first two may lack */
    size_t skip = 4 - weights->count, i = skip;

    /* the diagonal must not be much larger than a file of that many numbers */
    if (!sizes_multiply(n, n, sizeof(float), &index) ||
        index / 64 > c->import->size)
        return failure(ELMAN_BAD_FORMAT,
                       "a batchnorm of %zu features is more than a file of "
                       "%zu bytes should have",
                       n, c->import->size);
    values = calloc(4 * n, sizeof *values);
    if (!values) return failure(ELMAN_NO_MEMORY, "no memory for a norm");

    elman_status status = ELMAN_OK;
    for (list = weights->is.first; list && !status; list = list->next, i++) {
        if (!json_list_shape(list, &rank, shape) || rank != 1 || shape[0] != n)
            status = failure(ELMAN_BAD_FORMAT,
                             "a batchnorm has a list that is not of %zu "
                             "numbers, as many features as come in",
                             n);
        if (!status) status = json_list_read(list, 1, shape, values + i * n);
    }
    if (!status) status = spare_norm(c->import, node, place, weights->count);

    c->weights[c->weight_count].row = find_row("dense");
    c->weights[c->weight_count].lists = 2;
    c->weights[c->weight_count].layer = c->layer_count;
    c->weights[c->weight_count++].first = c->import->weights.tensor_count;

    /* both as a dense layer has them */
    snprintf(name, sizeof name, "layers.%zu.batchnorm.scale", place);
    if (!status)
        diagonal =
            import_make_tensor(c->import, name, 2, (size_t[]){n, n}, &index);
    snprintf(name, sizeof name, "layers.%zu.batchnorm.shift", place);
    if (diagonal) bias = import_make_tensor(c->import, name, 1, &n, &index);
    if (!status && !bias) status = ELMAN_NO_MEMORY;

    for (size_t k = 0; k < n && !status; k++) {
        double scale = skip ? 1 : (double)values[k];
        double shift = skip ? 0 : (double)values[n + k];
        scale /= sqrt((double)values[3 * n + k] + eps);
        diagonal[k * n + k] = (float)scale;
        bias[k] = (float)(shift - scale * (double)values[2 * n + k]);
    }
    free(values);
    return status;
}

/* One layer of the file, with its function behind it. */
static elman_status add_one(chain *c, const json_node *node, size_t place)
{
    const char *type = json_text(json_find(node, "type"));
    const layer_row *row = type ? find_row(type) : NULL;
    size_t features;

    if (!row)
        return failure(ELMAN_BAD_FORMAT,
                       "layer %zu is a %.40s, which no layer of elman is; "
                       "expected lstm, gru, dense, time-distributed-dense, "
                       "activation or batchnorm",
                       place, type ? type : "thing without type");
    TRY(members_check(node, row->known, row->type));
    if (!row->lists) return add_function(c, node);
    if (c->weight_count == ELMAN_MAX_LAYERS)
        return failure(ELMAN_BAD_FORMAT, "it has more than %d layers",
                       ELMAN_MAX_LAYERS);

    TRY(last_size(json_find(node, "shape"), &features));
    elman_layer l = {.kind = row->kind};
    if (row->kind == ELMAN_LAYER_NORM) {
        TRY(add_norm(c, node, place));
        features = c->width;
        l.kind = ELMAN_LINEAR;
    } else {
        TRY(find_tensors(c, node, place, row));
    }

    const size_t last = c->weight_count - 1;
    if (l.kind == ELMAN_LINEAR) {
        l.output_size = features;
        l.no_bias = c->weights[last].lists == 1;
    } else {
        l.hidden_size = features;
    }
    c->width = features;
    TRY(add_layer(c, &l));

    /* RTNeural gives recurrent layers no other function than their own */
    return l.kind == ELMAN_LINEAR ? add_function(c, node) : ELMAN_OK;
}

/* ---- Weights ------------------------------------------------------------- */

/* Which of a layer's tensors makes a parameter, and how. */
typedef struct weight_row {
    elman_kind kind;
    const char *role;
    size_t tensor;
    bool transpose;
    ptrdiff_t row; /* of a bias of two rows, else -1 */
} weight_row;

static const weight_row weight_rows_of[] = {
    {ELMAN_LINEAR, "weight", 0, true, -1},
    {ELMAN_LINEAR, "bias", 1, false, -1},
    {ELMAN_LSTM, "weight_ih_l0", 0, true, -1},
    {ELMAN_LSTM, "weight_hh_l0", 1, true, -1},
    {ELMAN_LSTM, "bias_ih_l0", 2, false, -1},
    {ELMAN_GRU, "weight_ih_l0", 0, true, -1},
    {ELMAN_GRU, "weight_hh_l0", 1, true, -1},
    {ELMAN_GRU, "bias_ih_l0", 2, false, 0},
    {ELMAN_GRU, "bias_hh_l0", 2, false, 1},
};

static elman_status fill_weight(elman_import *im, const elman_model *m,
                                const char *of, const weight_row *w,
                                size_t first, const char *gates)
{
    char name[sizeof((parameter *)0)->name];
    bool covered[ELMAN_MAX_GATES];
    tensor_part part;
    snprintf(name, sizeof name, "%s.%s", of, w->role);
    mapping_source *source = malloc(sizeof *source);
    if (!source) return failure(ELMAN_NO_MEMORY, "no memory for a mapping");

    elman_status status = part_take(im, first + w->tensor, &part);
    if (!status && w->row >= 0) status = part_row(&part, (size_t)w->row);
    if (!status) status = source_take(&part, source);
    if (!status && w->transpose) status = source_transpose(source);
    source->gates = gates;
    if (!status)
        status = source_fill(im, source, model_find(m, name), false, covered);
    free(source);
    return status ? failure_in(status, name) : ELMAN_OK;
}

static elman_status fill_layer(elman_import *im, const elman_model *m,
                               const elman_layer *l, const layer_row *row,
                               size_t first)
{
    size_t count = sizeof weight_rows_of / sizeof *weight_rows_of;
    for (size_t i = 0; i < count; i++)
        if (weight_rows_of[i].kind == l->kind &&
            !(l->no_bias && weight_rows_of[i].tensor))
            TRY(fill_weight(im, m, l->name, weight_rows_of + i, first,
                            row->gates));

    /* an LSTM of Keras has one bias */
    if (l->kind != ELMAN_LSTM) return ELMAN_OK;
    tensor_slice p = {.from = FROM_NOTHING, .how = "zero: one bias is enough"};
    snprintf(p.parameter, sizeof p.parameter, "%s.bias_hh_l0", l->name);
    return weights_add(&im->weights, &p);
}

/* ---- Together ------------------------------------------------------------ */

static elman_status fill_chain(chain *c)
{
    elman_import *im = c->import;
    elman_model *m = NULL;
    TRY(config_complete(&c->config, &im->config));
    TRY(import_model(im, &m));

    elman_status status = ELMAN_OK;
    for (size_t i = 0; i < c->weight_count && !status; i++)
        status = fill_layer(im, m, im->config.layers + c->weights[i].layer,
                            c->weights[i].row, c->weights[i].first);
    model_destroy(m);
    return status;
}

static elman_status read_layers(chain *c, const json_node *layers)
{
    size_t place = 0;
    if (layers->kind != JSON_KIND_LIST)
        return failure(ELMAN_BAD_FORMAT, "layers is not a list");
    for (const json_node *at = layers->is.first; at; at = at->next, place++) {
        char where[40];
        elman_status status = add_one(c, at, place);
        snprintf(where, sizeof where, "layer %zu", place);
        if (status) return failure_in(status, where);
    }
    return ELMAN_OK;
}

static elman_status import_rtneural(elman_import *im,
                                    const elman_import_config *config)
{
    const json_node *root = json_root_of(im);
    chain *c = calloc(1, sizeof *c);
    if (!c) return failure(ELMAN_NO_MEMORY, "no memory for a chain");

    c->import = im;
    c->config.batch_first = config->batch_first;
    elman_status status = members_check(root, root_known, "the file");
    if (!status) status = last_size(json_find(root, "in_shape"), &c->width);
    c->config.input_size = c->width;
    if (!status) status = read_layers(c, json_find(root, "layers"));
    if (!status) status = fill_chain(c);
    free(c);
    return status;
}

/* The lists of every layer as tensors, those of layers as well that only a
 * mapping file can have a use for. */
static elman_status add_lists(elman_import *im, const json_node *node,
                              size_t place)
{
    const json_node *weights = json_find(node, "weights");
    size_t i = 0, index, rank, shape[TENSOR_MAX_RANK];
    if (!weights || weights->kind != JSON_KIND_LIST) return ELMAN_OK;

    for (const json_node *at = weights->is.first; at; at = at->next, i++) {
        char name[100];
        name_list(node, place, weights->count, i, sizeof name, name);
        const char *kept = import_text(im, "%s", name);
        if (!kept) return ELMAN_NO_MEMORY;
        if (json_list_shape(at, &rank, shape))
            TRY(json_add_tensor(im, kept, at, &index));
    }
    return ELMAN_OK;
}

elman_status rtneural_open(elman_import *im, const json_node *root)
{
    const json_node *layers = json_find(root, "layers");
    size_t place = 0;
    im->computes = true;
    im->known = import_rtneural;
    TRY(import_add_fact(im, "producer", "RTNeural"));
    if (layers->kind != JSON_KIND_LIST) return ELMAN_OK;
    for (const json_node *at = layers->is.first; at; at = at->next)
        TRY(add_lists(im, at, place++));
    return ELMAN_OK;
}
