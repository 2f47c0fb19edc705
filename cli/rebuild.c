/*
 * rebuild.c: see rebuild.h.
 */
#include "rebuild.h"
#include "screen.h"

#include <stdlib.h>
#include <string.h>

/* One parameter of the other model. */
static bool copy_parameter(const elman_model *from, elman_model *to,
                           const char *name, const elman_const_tensor *view,
                           float *room)
{
    size_t count = 1;
    for (size_t d = 0; d < view->rank; d++)
        count *= view->shape[d];
    return elman_model_read(from, name, count, room) == ELMAN_OK &&
           elman_model_write(to, name, count, room) == ELMAN_OK;
}

/* All parameters, and what is known of the model. */
static bool copy_model(const elman_model *from, elman_model *to, float *room)
{
    static const char *const notes[] = {"proof",    "padding", "steps", "loss",
                                        "encoding", "tokens",  "labels"};
    const char *name;
    elman_const_tensor view;
    bool done = true;
    for (size_t i = 0; done && (name = elman_model_parameter(to, i, &view));
         i++)
        done = copy_parameter(from, to, name, &view, room);

    for (size_t n = 0; done && n < sizeof notes / sizeof *notes; n++) {
        const char *text = elman_model_note(from, notes[n]);
        if (text) done = elman_model_write_note(to, notes[n], text) == ELMAN_OK;
    }
    return done;
}

int model_rebuild(const elman_config *config, elman_model **model)
{
    elman_model *made = NULL;
    size_t count = elman_model_read_info(*model).weight_count;
    float *room = calloc(count + 1, sizeof *room);
    if (!room) return failed("out of memory");

    bool done = elman_model_create(config, &made) == ELMAN_OK &&
                copy_model(*model, made, room);
    free(room);
    if (!done) {
        int code = library_failed();
        elman_model_destroy(made);
        return code;
    }
    elman_model_destroy(*model);
    *model = made;
    return 0;
}

elman_layer *find_softmax(elman_config *config, bool log)
{
    elman_layer *last = config->layers;
    while (last[1].kind)
        last++;
    bool found = last->kind == (log ? ELMAN_LOG_SOFTMAX : ELMAN_SOFTMAX);
    return found && last > config->layers ? last : NULL;
}

/* What is known of a network that has another model now. */
static int take_again(network *net, const elman_config *config)
{
    int code = model_rebuild(config, &net->model);
    if (code) return code;
    net->size = elman_model_read_info(net->model);
    net->note = elman_model_note(net->model, "encoding");
    return 0;
}

int network_drop_softmax(network *net)
{
    elman_config config = *elman_model_config(net->model);
    elman_layer *last = find_softmax(&config, false);
    if (!last) last = find_softmax(&config, true);
    if (!last) return 0;
    *last = (elman_layer){0};
    return take_again(net, &config);
}

int network_drop_embedding(network *net, float **table)
{
    elman_config config = *elman_model_config(net->model);
    elman_layer *layers = config.layers;
    size_t V = layers->num_embeddings, E = layers->embedding_dim;
    char name[ELMAN_MAX_NAME + 16];

    /* what it makes of tokens */
    snprintf(name, sizeof name, "%s.weight", layers->name);
    *table = calloc(V * E + 1, sizeof **table);
    if (!*table) return failed("out of memory");
    if (elman_model_read(net->model, name, V * E, *table) != ELMAN_OK)
        return library_failed();

    /* the layers behind it read that */
    memmove(layers, layers + 1, (ELMAN_MAX_LAYERS - 1) * sizeof *layers);
    layers[ELMAN_MAX_LAYERS - 1] = (elman_layer){0};
    config.input_size = E;
    return take_again(net, &config);
}
