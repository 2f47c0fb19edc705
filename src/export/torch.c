/*
 * torch.c: a model as torch.nn modules: the tensors of their state dict,
 * and the Python that builds them. Layers without weights are modules as well,
 * but for those that are code there (torch_between.h), which a comment says.
 * Attention's weights are parameters.
 */
#include "export/torch.h"

#include "base/kind.h"
#include "export/python.h"
#include "export/torch_between.h"
#include "format/safetensors.h"

#include <stdlib.h>
#include <string.h>

/* ---- What torch.nn does not have ---------------------------------------- */

static elman_status refuse(const elman_layer *l, const char *reason)
{
    return failure(ELMAN_BAD_VALUE, "the layer %s %s, which torch.nn does not",
                   l->name, reason);
}

/* The activation of an RNN, which two fields of the config can set; DEFAULT if
 * torch.nn does not have it. */
static elman_activation_kind rnn_activation(const elman_layer *l)
{
    elman_activation_kind kind = l->activations[0][0].kind;
    if (l->bidirectional && l->activations[1][0].kind != kind)
        return ELMAN_ACTIVATION_DEFAULT;
    if (kind == ELMAN_ACTIVATION_DEFAULT)
        return l->nonlinearity == ELMAN_ACTIVATION_RELU ? ELMAN_ACTIVATION_RELU
                                                        : ELMAN_ACTIVATION_TANH;
    bool ours = kind == ELMAN_ACTIVATION_TANH || kind == ELMAN_ACTIVATION_RELU;
    return ours ? kind : ELMAN_ACTIVATION_DEFAULT;
}

static bool has_own_activations(const elman_layer *l)
{
    if (kind_has_field(l->kind, "nonlinearity"))
        return rnn_activation(l) == ELMAN_ACTIVATION_DEFAULT;

    for (size_t i = 0; i < 6; i++) {
        elman_activation_kind kind = l->activations[i / 3][i % 3].kind;
        if (kind != ELMAN_ACTIVATION_DEFAULT &&
            kind != cell_own_activation(l, i % 3).kind)
            return true;
    }
    return false;
}

static elman_status check_recurrent(const elman_layer *l)
{
    /* one hidden size for all levels */
    bool sizes_differ = false;
    for (size_t k = 1; l->hidden_sizes[0] && k < l->num_layers; k++)
        if (l->hidden_sizes[k] != l->hidden_sizes[0]) sizes_differ = true;

    const struct {
        bool has;
        const char *reason;
    } reasons[] = {
        {l->peephole, "has peephole weights"},
        {l->coupled, "couples its gates (f = 1 - i)"},
        {l->clip > 0, "clips its sums"},
        {l->reset_before, "resets h before the product"},
        {l->learned_state, "learns its initial state"},
        {l->reverse, "reads only in reverse"},
        {l->merge != ELMAN_MERGE_CONCAT, "has a merge other than concat"},
        {sizes_differ, "has levels of different hidden sizes"},
        {has_own_activations(l), "has other activations than torch.nn's"},
        {l->recurrent_dropout > 0, "drops out between steps"},
        {l->zoneout > 0 || l->zoneout_cell > 0, "has zoneout"},
        {l->variational && l->dropout > 0, "has variational dropout"},
    };

    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].has) return refuse(l, reasons[i].reason);
    return ELMAN_OK;
}

/* torch.nn's modules, NULL where it has none; rest is what follows alpha, NULL
 * if it takes no alpha. */
static const struct {
    const char *name, *rest;
} activations[] = {
    [ELMAN_ACTIVATION_TANH] = {"Tanh", NULL},
    [ELMAN_ACTIVATION_SIGMOID] = {"Sigmoid", NULL},
    [ELMAN_ACTIVATION_RELU] = {"ReLU", NULL},
    [ELMAN_ACTIVATION_LEAKY_RELU] = {"LeakyReLU", ""},
    [ELMAN_ACTIVATION_THRESHOLDED_RELU] = {"Threshold", ", 0"},
    [ELMAN_ACTIVATION_ELU] = {"ELU", ""},
    [ELMAN_ACTIVATION_SOFTSIGN] = {"Softsign", NULL},
    [ELMAN_ACTIVATION_SOFTPLUS] = {"Softplus", NULL},
};

static bool has_function(const elman_layer *l)
{
    size_t kind = (size_t)l->activation.kind;
    return kind < sizeof activations / sizeof *activations &&
           activations[kind].name;
}

/* torch.nn's modules, and how each is written. A kind without an entry is
 * refused before anything is written; what has no weights and is no module
 * (last, mean, max) is left out. */
typedef void module_writer(python_writer *w, const elman_model *m,
                           const elman_layer *l);
static module_writer put_recurrent, put_linear, put_embedding, put_norm,
    put_dropout, put_activation, put_attention, put_plain;

static const struct {
    const char *name;
    module_writer *put;
} modules[] = {
    [ELMAN_RNN] = {"RNN", put_recurrent},
    [ELMAN_LSTM] = {"LSTM", put_recurrent},
    [ELMAN_GRU] = {"GRU", put_recurrent},
    [ELMAN_LINEAR] = {"Linear", put_linear},
    [ELMAN_EMBEDDING] = {"Embedding", put_embedding},
    [ELMAN_TANH] = {"Tanh()", put_plain},
    [ELMAN_SIGMOID] = {"Sigmoid()", put_plain},
    [ELMAN_RELU] = {"ReLU()", put_plain},
    [ELMAN_SOFTMAX] = {"Softmax(-1)", put_plain},
    [ELMAN_LAYER_NORM] = {"LayerNorm", put_norm},
    [ELMAN_DROPOUT] = {"Dropout", put_dropout},
    [ELMAN_LAST] = {"", NULL},
    [ELMAN_ACTIVATION] = {"", put_activation},
    [ELMAN_LOG_SOFTMAX] = {"LogSoftmax(-1)", put_plain},
    [ELMAN_POOL] = {"ParameterDict", put_attention},
    [ELMAN_L2_NORM] = {"", NULL},
    [ELMAN_REPEAT] = {"", NULL},
};

static bool has_module(elman_kind kind)
{
    size_t index = (size_t)kind;
    return index < sizeof modules / sizeof *modules && modules[index].name;
}

/* A torch.nn.ModuleDict has these names itself, and takes no module of one. */
static elman_status check_name(const elman_layer *l)
{
    static const char *const taken[] = {"T_destination",
                                        "add_module",
                                        "apply",
                                        "bfloat16",
                                        "buffers",
                                        "call_super_init",
                                        "children",
                                        "clear",
                                        "compile",
                                        "cpu",
                                        "cuda",
                                        "double",
                                        "dump_patches",
                                        "eval",
                                        "extra_repr",
                                        "float",
                                        "forward",
                                        "get_buffer",
                                        "get_extra_state",
                                        "get_parameter",
                                        "get_submodule",
                                        "half",
                                        "ipu",
                                        "items",
                                        "keys",
                                        "load_state_dict",
                                        "modules",
                                        "mtia",
                                        "named_buffers",
                                        "named_children",
                                        "named_modules",
                                        "named_parameters",
                                        "parameters",
                                        "pop",
                                        "register_buffer",
                                        "register_module",
                                        "register_parameter",
                                        "requires_grad_",
                                        "set_extra_state",
                                        "set_submodule",
                                        "share_memory",
                                        "state_dict",
                                        "to",
                                        "to_empty",
                                        "train",
                                        "training",
                                        "type",
                                        "update",
                                        "values",
                                        "xpu",
                                        "zero_grad"};

    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (!strcmp(l->name, taken[i]))
            return failure(ELMAN_BAD_VALUE,
                           "the layer %s has a name that torch.nn.ModuleDict "
                           "uses itself; elman's own format keeps it",
                           l->name);
    return ELMAN_OK;
}

static elman_status check_layer(const elman_layer *l, bool alone)
{
    if (!has_module(l->kind))
        return failure(ELMAN_BAD_VALUE,
                       "the layer %s is of the kind %s, which torch.nn does "
                       "not have; elman's own format keeps it",
                       l->name, kind_title(l->kind));
    if (kind_is_recurrent(l->kind)) TRY(check_recurrent(l));

    if (l->kind == ELMAN_DROPOUT && l->variational)
        return refuse(l, "has variational dropout");
    if (l->kind == ELMAN_ACTIVATION && !has_function(l))
        return refuse(l, "is a function");

    if (alone || torch_is_between(l)) return ELMAN_OK;
    if (!l->name[0] || strchr(l->name, '.'))
        return refuse(l, "has a dot in its name");
    return check_name(l);
}

static size_t count_layers(const elman_model *m)
{
    size_t n = 0;
    while (n < ELMAN_MAX_LAYERS && m->config.layers[n].kind)
        n++;
    return n;
}

static elman_status check_model(const elman_model *m)
{
    size_t n = count_layers(m);
    for (size_t i = 0; i < n; i++)
        TRY(check_layer(m->config.layers + i, n == 1));
    if (m->info.parameter_count > 0) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE, "the model has no weights, so there is "
                                    "nothing to load");
}

/* ---- Tensors ------------------------------------------------------------ */

elman_status export_torch(const elman_model *m, const char *path)
{
    TRY(check_model(m));
    model_feed feed;
    elman_status status = model_feed_begin(m, &feed);
    if (status) return failure_in(status, path);

    /* "rnn." stays only where there are others */
    const char *first = m->config.layers[0].name;
    size_t prefix = count_layers(m) == 1 ? strlen(first) + 1 : 0;
    for (size_t i = 0; i < m->info.parameter_count; i++)
        feed.tensors[i].name += prefix;

    safetensors_note note = {"format", "pt"};
    safetensors file = {.tensor_count = m->info.parameter_count,
                        .tensors = feed.tensors,
                        .note_count = 1,
                        .notes = &note,
                        .feed = &feed.feed};

    status = safetensors_save(&file, path);
    model_feed_end(&feed);
    return status;
}

/* ---- Python ------------------------------------------------------------- */

/* Features that a layer of the config reads. */
static size_t input_of(const elman_model *m, const elman_layer *l)
{
    for (size_t i = 0; i < m->layer_count; i++)
        if (strcmp(m->layers[i].config.name, l->name) == 0)
            return m->layers[i].I;
    return 0;
}

static void put_recurrent(python_writer *w, const elman_model *m,
                          const elman_layer *l)
{
    python_put(w, "torch.nn.%s(%zu, %zu", modules[l->kind].name, input_of(m, l),
               l->hidden_size);

    /* only what is not torch.nn's default */
    if (l->num_layers > 1) python_put(w, ", num_layers=%zu", l->num_layers);
    if (kind_has_field(l->kind, "nonlinearity") &&
        rnn_activation(l) == ELMAN_ACTIVATION_RELU)
        python_put(w, ", nonlinearity=\"relu\"");
    if (l->no_bias) python_put(w, ", bias=False");
    if (m->config.batch_first) python_put(w, ", batch_first=True");
    if (l->dropout > 0 && l->num_layers > 1)
        python_put(w, ", dropout=%.7g", (double)l->dropout);
    if (l->bidirectional) python_put(w, ", bidirectional=True");
    if (l->proj_size) python_put(w, ", proj_size=%zu", l->proj_size);

    python_put(w, ")");
}

static void put_activation(python_writer *w, const elman_model *m,
                           const elman_layer *l)
{
    (void)m;
    elman_activation_kind kind = l->activation.kind;
    const char *rest = activations[kind].rest;
    python_put(w, "torch.nn.%s(", activations[kind].name);
    if (rest) python_put(w, "%.9g%s", (double)l->activation.alpha, rest);
    python_put(w, ")");
}

static void put_linear(python_writer *w, const elman_model *m,
                       const elman_layer *l)
{
    python_put(w, "torch.nn.Linear(%zu, %zu%s)", input_of(m, l), l->output_size,
               l->no_bias ? ", bias=False" : "");
}

static void put_embedding(python_writer *w, const elman_model *m,
                          const elman_layer *l)
{
    (void)m;
    python_put(w, "torch.nn.Embedding(%zu, %zu)", l->num_embeddings,
               l->embedding_dim);
}

static void put_norm(python_writer *w, const elman_model *m,
                     const elman_layer *l)
{
    python_put(w, "torch.nn.LayerNorm(%zu, eps=%.7g)", input_of(m, l),
               (double)l->eps);
}

static void put_dropout(python_writer *w, const elman_model *m,
                        const elman_layer *l)
{
    (void)m;
    python_put(w, "torch.nn.Dropout(%.7g)", (double)l->dropout);
}

static void put_attention(python_writer *w, const elman_model *m,
                          const elman_layer *l)
{
    size_t I = input_of(m, l);
    python_put(w,
               "torch.nn.ParameterDict({\"weight\": torch.empty(%zu, %zu), "
               "\"bias\": torch.empty(%zu), \"score\": torch.empty(1, %zu)})",
               I, I, I, I);
}

/* A module that takes what its name says. */
static void put_plain(python_writer *w, const elman_model *m,
                      const elman_layer *l)
{
    (void)m;
    python_put(w, "torch.nn.%s", modules[l->kind].name);
}

static void put_modules(python_writer *w, const elman_model *m)
{
    size_t n = count_layers(m);

    /* one module stands alone, several are in a dictionary by name */
    const elman_layer *l = m->config.layers;
    if (n == 1) {
        modules[l->kind].put(w, m, l);
        return;
    }

    python_put(w, "torch.nn.ModuleDict({");
    bool first = true;

    for (size_t i = 0; i < n; i++) {
        if (torch_is_between(l + i)) continue;
        if (!first) python_put(w, ", ");

        python_put_text(w, l[i].name);
        python_put(w, ": ");
        modules[l[i].kind].put(w, m, l + i);
        first = false;
    }

    python_put(w, "})");
}

static void put_lines(python_writer *w, const elman_model *m, const char *path)
{
    python_put(w, "import torch, safetensors.torch; model = ");
    put_modules(w, m);
    python_put(w, "\nmodel.load_state_dict(safetensors.torch.load_file(");
    python_put_text(w, path);
    python_put(w, "))\n");
    torch_put_between(w, m);
}

elman_status export_torch_lines(const elman_model *m, const char *path,
                                size_t capacity, char *lines)
{
    TRY(check_model(m));
    return python_write(put_lines, m, path, capacity, lines);
}
