/*
 * explain_network.c: the network of a lesson: made of the numbers of the
 * command line, or the first recurrent level of a model file; see explain.h.
 */
#include "cells.h"
#include "explain.h"
#include "network.h"
#include "screen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Why the cell of a model file has no equations here; NULL if it has. */
static const char *strange_part(const elman_layer *layer)
{
    const struct {
        bool there;
        const char *what;
    } parts[] = {
        /* options of some cells */
        {layer->peephole, "peepholes"},
        {layer->coupled, "coupled gates"},
        {layer->proj_size > 0, "a projection"},
        {layer->clip > 0, "clipped sums"},
        {layer->activations[0][0].kind != 0, "functions of its own"},
        {layer->activations[0][1].kind != 0, "functions of its own"},
        {layer->activations[0][2].kind != 0, "functions of its own"},
        {layer->zoneout > 0 || layer->zoneout_cell > 0, "zoneout"},
        {layer->learned_state, "a learned state"},
        {layer->reverse, "steps read backwards"},
    };

    for (size_t n = 0; n < sizeof parts / sizeof *parts; n++)
        if (parts[n].there) return parts[n].what;
    return NULL;
}

/* Copies one parameter of layer in from to the new model's. */
static elman_status copy_parameter(const elman_model *from, const char *prefix,
                                   const char *suffix, elman_model *to)
{
    char source[96], name[96];
    elman_const_tensor view;
    snprintf(source, sizeof source, "%s.%s", prefix, suffix);
    snprintf(name, sizeof name, "rnn.%s", suffix);
    const char *found;
    for (size_t n = 0; (found = elman_model_parameter(from, n, &view)); n++) {
        if (strcmp(found, source) != 0) continue;
        size_t count = view.shape[0] * (view.rank > 1 ? view.shape[1] : 1);
        return elman_model_write(to, name, count, view.data);
    }
    return ELMAN_OK;
}

/* The first recurrent level of a model file, by itself. */
static int take_level(lesson *l, const network *net)
{
    const elman_layer *layer = elman_model_config(net->model)->layers;
    size_t n = 0, I = net->size.input_size;
    for (; n < ELMAN_MAX_LAYERS && layer[n].kind && !is_recurrent(&layer[n]);
         n++)
        if (layer[n].kind == ELMAN_EMBEDDING) I = layer[n].embedding_dim;
        else if (layer[n].kind == ELMAN_LINEAR) I = layer[n].output_size;
    if (n == ELMAN_MAX_LAYERS || !layer[n].kind)
        return failed("'%s' has no recurrent layer to explain", net->path);

    /* what can be laid open */
    layer += n;
    size_t H =
        layer->hidden_sizes[0] ? layer->hidden_sizes[0] : layer->hidden_size;
    const char *strange = strange_part(layer);
    if (strange)
        return failed("'%s' has %s, which no equation here has; "
                      "docs/EQUATIONS.md does",
                      net->path, strange);
    if (H > EXPLAIN_HIDDEN || I > EXPLAIN_INPUT)
        return failed("'%s' has %zu inputs and %zu units; up to %d and %d fit "
                      "a page: train a small one, as with --hidden 2",
                      net->path, I, H, EXPLAIN_INPUT, EXPLAIN_HIDDEN);

    elman_config config = {.input_size = I};
    config.layers[0] = (elman_layer){.kind = layer->kind,
                                     .hidden_size = H,
                                     .no_bias = layer->no_bias,
                                     .reset_before = layer->reset_before,
                                     .nonlinearity = layer->nonlinearity};
    config.layers[1].kind = ELMAN_LAST;
    l->I = I;
    l->H = H;
    static const char *const suffixes[] = {"weight_ih_l0", "weight_hh_l0",
                                           "bias_ih_l0", "bias_hh_l0"};
    if (elman_model_create(&config, &l->model) != ELMAN_OK)
        return library_failed();
    for (n = 0; n < sizeof suffixes / sizeof *suffixes; n++)
        if (copy_parameter(net->model, layer->name, suffixes[n], l->model) !=
            ELMAN_OK)
            return library_failed();
    return 0;
}

/* Random weights with two decimals are easier to read. */
static elman_status round_weights(elman_model *model)
{
    elman_const_tensor view;
    const char *name;
    for (size_t n = 0; (name = elman_model_parameter(model, n, &view)); n++) {
        float values[4 * EXPLAIN_HIDDEN * EXPLAIN_HIDDEN];
        size_t count = view.shape[0] * (view.rank > 1 ? view.shape[1] : 1);
        for (size_t k = 0; k < count; k++)
            values[k] = roundf(view.data[k] * 100) / 100 + 0.0f; /* no -0 */
        elman_status status = elman_model_write(model, name, count, values);
        if (status != ELMAN_OK) return status;
    }
    return ELMAN_OK;
}

static int make_model(lesson *l, const lesson_config *config)
{
    bool drawn = isnan(config->weight);
    elman_init same = {ELMAN_INIT_CONSTANT, config->weight};
    elman_config made = {.input_size = config->I, .seed = config->seed};
    elman_layer *layer = &made.layers[0];
    layer->kind = config->kind;
    made.layers[1].kind = ELMAN_LAST; /* of whose h the loss is */
    layer->hidden_size = config->H;
    layer->reset_before = config->reset_before;
    if (config->relu) layer->nonlinearity = ELMAN_ACTIVATION_RELU;

    /* given weights have no biases beside them */
    if (!drawn) {
        layer->init_ih = same;
        layer->init_bias = (elman_init){ELMAN_INIT_CONSTANT, 0};
        if (kind_of(layer).recurrence) layer->init_hh = same;
    }
    l->I = config->I;
    l->H = config->H;
    if (elman_model_create(&made, &l->model) != ELMAN_OK ||
        (drawn && round_weights(l->model) != ELMAN_OK))
        return library_failed();
    return 0;
}

/* The steps, and whether x has that many. */
static int settle_steps(lesson *l, const lesson_config *config)
{
    enum { USUAL_STEPS = 3 };
    size_t I = l->I, count = config->x_count;
    l->T = config->T ? config->T : config->x ? count / I : USUAL_STEPS;
    if (config->x && (l->T == 0 || l->T * I != count))
        return misused("--x has %zu numbers, expected a multiple of the %zu "
                       "inputs%s",
                       count, I, config->T ? ", as many as --steps" : "");
    if (l->T > EXPLAIN_STEPS)
        return misused("--x has %zu steps, expected at most %d", l->T,
                       EXPLAIN_STEPS);
    return 0;
}

int lesson_open(const lesson_config *config, lesson *l)
{
    *l = (lesson){.path = config->path,
                  .target = config->target,
                  .constant = config->path ? NAN : config->weight,
                  .seed = config->seed};
    network net;
    int code = config->path
                   ? network_open(config->path, config->foreign, false, &net)
                   : 0;
    if (code) return code;
    code = config->path ? take_level(l, &net) : make_model(l, config);
    if (config->path) network_close(&net);
    if (!code) code = settle_steps(l, config);
    if (code) return code;

    /* its equations */
    const elman_layer *layer = elman_model_config(l->model)->layers;
    l->kind = kind_of(layer);
    l->cell = cell_lesson_find(layer->kind,
                               layer->nonlinearity == ELMAN_ACTIVATION_RELU,
                               layer->reset_before);
    if (!l->cell)
        return failed("there are no equations of %s here", l->kind.title);

    elman_state_config room = {
        .T = l->T, .training = true, .keep_gradients = true};
    elman_state *state = NULL;
    if (elman_state_create(l->model, &room, &state) != ELMAN_OK)
        return library_failed();
    if (!lesson_fill(l, state, config))
        code = elman_message()[0] ? library_failed() : failed("out of memory");
    if (!code && !isfinite(l->loss))
        code = failed("the numbers outgrow float32: try a smaller --weight, or "
                      "fewer --steps");
    elman_state_destroy(state);
    return code;
}

void lesson_close(lesson *l)
{
    for (size_t n = 0; n < l->quantity_count; n++)
        free(l->quantities[n].values);
    for (size_t n = 0; n < l->weight_count; n++) {
        free(l->weights[n].values);
        free(l->weights[n].gradient);
    }
    elman_model_destroy(l->model);
    *l = (lesson){0};
}
