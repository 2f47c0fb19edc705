/*
 * network.c: model files and their descriptions; see network.h.
 */
#include "network.h"
#include "cells.h"
#include "options.h"
#include "ranks.h"
#include "screen.h"
#include "system.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static elman_loss_kind loss_named(const char *name)
{
    static const char *const names[] = {"cross-entropy", "mse", "mae", "huber",
                                        "bce"};
    for (int n = 0; name && n < 5; n++)
        if (!strcmp(name, names[n])) return (elman_loss_kind)n;
    return ELMAN_LOSS_MEAN_SQUARED;
}

/* The encoding is text in a file that anybody may have written: true if its
 * sizes are the model's. */
static bool encoding_fits(const network *net)
{
    const elman_encoding *encoding = net->encoding;
    bool one = false;
    size_t outputs = elman_encoding_outputs(encoding, &one);
    return net->size.vocabulary == encoding->vocabulary &&
           net->size.input_size == encoding->input_size &&
           net->size.output_size == outputs && net->size.per_sequence == one;
}

int network_take(const char *path, elman_model *model, network *net)
{
    *net = (network){.path = path, .model = model};

    /* the encoding is a note of the file: it must be valid and fit the model */
    net->size = elman_model_read_info(net->model);
    net->note = elman_model_note(net->model, "encoding");
    if (net->note &&
        elman_encoding_create(net->note, &net->encoding) != ELMAN_OK) {
        int code = failed("%s: its note \"encoding\" is broken: %s", path,
                          elman_message());
        network_close(net);
        return code;
    }
    if (net->encoding && !encoding_fits(net)) {
        int code = failed("%s: its note \"encoding\" is for another model: %s",
                          path, encoding_describe(net->encoding));
        network_close(net);
        return code;
    }

    if (net->encoding && task_has_classes(net->encoding->task))
        net->loss = ELMAN_LOSS_CROSS_ENTROPY;
    else net->loss = loss_named(elman_model_note(net->model, "loss"));
    return 0;
}

const char *network_looks_ahead(const network *net)
{
    const elman_layer *l = elman_model_config(net->model)->layers;
    for (size_t i = 0; i < ELMAN_MAX_LAYERS && l[i].kind; i++)
        if (l[i].kind == ELMAN_REPEAT)
            return "repeats what a whole sequence gave";
    return "reads a sequence from both ends";
}

void network_close(network *net)
{
    elman_encoding_destroy(net->encoding);
    elman_model_destroy(net->model);
    net->encoding = NULL;
    net->model = NULL;
}

const char *task_word(elman_task task)
{
    static const char *const names[] = {
        "auto", "language", "classify", "tag", "forecast", "regress", "track"};
    return names[task];
}

bool task_has_classes(elman_task task)
{
    return task == ELMAN_TASK_LANGUAGE || task == ELMAN_TASK_CLASSIFY ||
           task == ELMAN_TASK_TAG;
}

const char *unit_name(const elman_encoding *encoding)
{
    static const char *const names[] = {"character", "byte", "character",
                                        "word"};
    return encoding->task == ELMAN_TASK_LANGUAGE ? names[encoding->unit]
                                                 : "step";
}

const char *sequence_word(const elman_encoding *encoding)
{
    return encoding->task == ELMAN_TASK_LANGUAGE   ? unit_name(encoding)
           : encoding->task == ELMAN_TASK_FORECAST ? "window"
                                                   : "sequence";
}

const char *short_unit_name(const elman_encoding *encoding)
{
    const char *name = unit_name(encoding);
    return strcmp(name, "character") ? name : "char";
}

/* Appends to text (size) as printf does. */
__attribute__((format(printf, 3, 4))) static void
append(char *text, size_t size, const char *format, ...)
{
    size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
}

/* "elu(0.5)", "affine(0.5, 0.2)" */
static void describe_activation(const elman_activation *activation, char *text,
                                size_t size)
{
    static const char *const names[] = {
        "its own",      "tanh",       "sigmoid",          "relu",
        "affine",       "leaky relu", "thresholded relu", "scaled tanh",
        "hard sigmoid", "elu",        "softsign",         "softplus"};
    double alpha = activation->alpha, beta = activation->beta;
    size_t kind = (size_t)activation->kind;
    append(text, size, "%s",
           kind < sizeof names / sizeof *names ? names[kind] : "a function");
    if (beta != 0) append(text, size, "(%g, %g)", alpha, beta);
    else if (alpha != 0) append(text, size, "(%g)", alpha);
}

/* "by relu, its own, tanh" of each direction that chooses */
static void describe_activations(const elman_layer *layer, char *text,
                                 size_t size)
{
    size_t count = kind_of(layer).activation_count;
    bool custom = false;
    for (size_t n = 0; n < 2 * count; n++)
        custom |= layer->activations[n / count][n % count].kind != 0;
    if (!custom) return;

    for (size_t n = 0; n < (layer->bidirectional ? 2 : 1) * count; n++) {
        append(text, size, "%s", n == 0 ? " by " : n % count ? ", " : "; ");
        describe_activation(&layer->activations[n / count][n % count], text,
                            size);
    }
}

/* " with learned state and zoneout 0.1": what begins the state and what is
 * random in training */
static void describe_extras(const elman_layer *layer, char *text, size_t size)
{
    const struct {
        float rate;
        const char *name;
    } masks[] = {
        {layer->dropout,
         layer->variational ? "variational dropout" : "dropout"},
        {layer->recurrent_dropout, "recurrent dropout"},
        {layer->zoneout, "zoneout"},
        {layer->zoneout_cell, "zoneout of the cell"},
    };

    if (layer->learned_state) append(text, size, " with learned state");
    const char *word = layer->learned_state ? "and" : "with";
    for (size_t n = 0; n < sizeof masks / sizeof *masks; n++) {
        if (masks[n].rate == 0) continue;
        append(text, size, " %s %s %g", word, masks[n].name,
               (double)masks[n].rate);
        word = "and";
    }
}

static void describe_recurrent(const elman_layer *layer, char *text,
                               size_t size)
{
    static const char *const merges[] = {"", " (sum)", " (mul)", " (average)",
                                         " (apart)"};
    *text = '\0';
    if (layer->bidirectional)
        append(text, size, "bidirectional%s ", merges[layer->merge]);
    if (layer->reverse) append(text, size, "reverse ");
    if (layer->nonlinearity == ELMAN_ACTIVATION_RELU)
        append(text, size, "relu ");
    if (layer->peephole) append(text, size, "peephole ");
    if (layer->coupled) append(text, size, "coupled ");
    if (layer->reset_before) append(text, size, "reset-before ");
    append(text, size, "%s ", kind_of(layer).title);
    if (layer->hidden_sizes[0])
        for (size_t n = 0; n < ELMAN_MAX_LEVELS && layer->hidden_sizes[n]; n++)
            append(text, size, "%s%zu", n ? "-" : "", layer->hidden_sizes[n]);
    else append(text, size, "%zu", layer->hidden_size);

    /* what follows the size, where it is not the default */
    if (layer->proj_size) append(text, size, " to %zu", layer->proj_size);
    if (!layer->hidden_sizes[0] && layer->num_layers > 1)
        append(text, size, " x %zu levels", layer->num_layers);
    if (layer->clip > 0) append(text, size, " clipped at %g", layer->clip);
    describe_extras(layer, text, size);
    if (layer->no_bias) append(text, size, " without biases");
    describe_activations(layer, text, size);
}

void layer_describe(const elman_layer *layer, char *text, size_t size)
{
    if (is_recurrent(layer)) {
        describe_recurrent(layer, text, size);
        return;
    }
    switch (layer->kind) {
    case ELMAN_LINEAR:
        snprintf(text, size, "linear %zu", layer->output_size);
        return;
    case ELMAN_EMBEDDING:
        snprintf(text, size, "embedding %zu x %zu", layer->num_embeddings,
                 layer->embedding_dim);
        return;
    case ELMAN_ACTIVATION:
        *text = '\0';
        describe_activation(&layer->activation, text, size);
        return;
    case ELMAN_DROPOUT:
        snprintf(text, size, "%sdropout %g",
                 layer->variational ? "variational " : "",
                 (double)layer->dropout);
        return;
    case ELMAN_LAST:
        snprintf(text, size, "%s",
                 layer->last == ELMAN_LAST_FINAL ? "final state" : "last step");
        return;
    case ELMAN_REPEAT:
        if (layer->repeats)
            snprintf(text, size, "repeat %zu times", layer->repeats);
        else snprintf(text, size, "repeat at each step");
        return;
    case ELMAN_POOL:
        snprintf(text, size, "%s",
                 layer->pool == ELMAN_POOL_MEAN  ? "mean of the steps"
                 : layer->pool == ELMAN_POOL_MAX ? "maximum of the steps"
                 : layer->pool == ELMAN_POOL_SUM ? "sum of the steps"
                                                 : "attention over the steps");
        return;
    default:
        snprintf(text, size, "%s", kind_of(layer).title);
    }
}

const char *model_describe(const elman_model *model)
{
    static char text[1024];
    const elman_layer *layer = elman_model_config(model)->layers;
    *text = '\0';

    for (size_t n = 0; n < ELMAN_MAX_LAYERS && layer[n].kind; n++) {
        char one[512];
        layer_describe(&layer[n], one, sizeof one);
        append(text, sizeof text, "%s%s", n ? ", " : "", one);
    }

    append(text, sizeof text, "; %s weights",
           with_commas(elman_model_read_info(model).weight_count));
    return text;
}

/* "1 step", "3 steps" */
static const char *plural(size_t count) { return count == 1 ? "" : "s"; }

const char *encoding_describe(const elman_encoding *encoding)
{
    static char text[512];
    size_t inputs = encoding->input_size, targets = encoding->target_count;
    snprintf(text, sizeof text, "%s: ", task_word(encoding->task));

    /* what a sequence is, and what is made of it */
    switch (encoding->task) {
    case ELMAN_TASK_LANGUAGE:
        append(text, sizeof text, "%ss, vocabulary %zu", unit_name(encoding),
               encoding->vocabulary);
        break;
    case ELMAN_TASK_CLASSIFY:
    case ELMAN_TASK_TAG:
        append(text, sizeof text, "%zu value%s a step to one of %zu classes%s",
               inputs, plural(inputs), encoding->class_count,
               encoding->task == ELMAN_TASK_TAG ? " at each step" : "");
        break;
    case ELMAN_TASK_FORECAST:
        append(text, sizeof text,
               "%zu steps of %zu value%s to the next %zu step%s of %zu",
               encoding->window, inputs, plural(inputs), encoding->horizon,
               plural(encoding->horizon), targets);
        break;
    default:
        append(text, sizeof text, "%zu value%s a step to %zu value%s%s", inputs,
               plural(inputs), targets, plural(targets),
               encoding->task == ELMAN_TASK_TRACK ? " at each step" : "");
    }
    return text;
}

double file_bytes(const char *path)
{
    path_facts file;
    return path_look(path, &file) ? file.bytes : 0;
}

int threads_to_use(uint64_t threads)
{
    elman_machine machine;
    if (threads) return (int)threads;
    if (elman_machine_read(&machine) != ELMAN_OK) return 1;
    int share = rank_threads(machine.threads);
    return share < MOST_THREADS ? share : MOST_THREADS;
}
