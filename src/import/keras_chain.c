/*
 * keras_chain.c: which layer follows which, and where its weights are. A model
 * may hold others as layers.
 */
#include "import/keras_parts.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 8 };

static elman_status add_box(keras_model *k, const keras_box *box);

/* ---- Names -------------------------------------------------------------- */

const char *keras_name_of(const json_node *node)
{
    const char *name = keras_text(json_find(node, "config"), "name");
    if (!name) name = keras_text(node, "name");
    return name ? name : "without a name";
}

bool keras_is_class(const json_node *node, const char *name)
{
    const char *found = keras_text(node, "class_name");
    return found && strcmp(found, name) == 0;
}

bool keras_is_operation(const json_node *node)
{
    const char *module = keras_text(node, "module");
    return module && strncmp(module, "keras.src.ops", 13) == 0;
}

bool keras_is_own(const json_node *node)
{
    const char *module = keras_text(node, "module");
    const char *registered = keras_text(node, "registered_name");
    if (registered && strchr(registered, '>')) return false;
    return !module || strncmp(module, "keras", 5) == 0 ||
           strncmp(module, "tf_keras", 8) == 0 ||
           strncmp(module, "tensorflow.python.keras", 23) == 0;
}

/* ---- Paths of weights --------------------------------------------------- */

/* In a .keras file layers go by class and number: layers/lstm_1. */
static const char *counted_path(keras_model *k, const keras_box *box,
                                const json_node *node, const char *word)
{
    size_t before = 0;
    for (const json_node *at = box->layers->is.first; at != node;
         at = at->next) {
        const char *name = keras_text(at, "class_name");
        const char *other = name ? keras_path_word(name) : NULL;
        before += other && strcmp(other, word) == 0;
    }
    return before
               ? import_text(k->im, "%slayers/%s_%zu", box->path, word, before)
               : import_text(k->im, "%slayers/%s", box->path, word);
}

/* Whether an object of the file is called vars and carries that name. */
static bool carries_name(const keras_model *k, const char *path,
                         const char *name, bool otherwise)
{
    char vars[600];
    int bytes = snprintf(vars, sizeof vars, "%s/vars", path);
    const hdf5_object *o = bytes > 0 && (size_t)bytes < sizeof vars
                               ? hdf5_find(k->file, vars)
                               : NULL;
    const hdf5_attribute *a =
        o ? hdf5_find_attribute(k->file, (size_t)(o - k->file->objects), "name")
          : NULL;
    if (!a || !a->count) return otherwise;
    const hdf5_text *text = k->file->texts + a->first;
    return text->bytes == strlen(name) &&
           memcmp(text->text, name, text->bytes) == 0;
}

/* Newer files also have the names of the layers: what is at the counted place
 * may be another where a model was put together in another order. */
static const char *find_path(keras_model *k, const keras_box *box,
                             const json_node *node, const char *word)
{
    const char *name = keras_name_of(node);
    const char *path = counted_path(k, box, node, word);
    if (!path || carries_name(k, path, name, true)) return path;

    const char *above = import_text(k->im, "%slayers", box->path);
    const hdf5_object *home = above ? hdf5_find(k->file, above) : NULL;
    for (size_t i = 0; home && i < k->file->object_count; i++) {
        const hdf5_object *o = k->file->objects + i;
        if (o->parent == (size_t)(home - k->file->objects) &&
            carries_name(k, o->name, name, false))
            return o->name;
    }
    return path;
}

/* ---- Models in models --------------------------------------------------- */

/* A class of one's own: what it computes is in its program alone. */
static elman_status refuse_program(const json_node *model, const char *name)
{
    const char *class_name = keras_text(model, "class_name");
    return failure(ELMAN_BAD_FORMAT,
                   "the model %.60s, of the class %.60s, is neither "
                   "Sequential nor functional and lists no layers: its class "
                   "is a program, which is not run; if it calls its layers one "
                   "after the other, in Python: keras.Sequential([keras.Input("
                   "x.shape[1:]), *model.layers]).save(\"layers.keras\"), and "
                   "--reference x.npy y.npy checks that",
                   name, class_name ? class_name : "?");
}

static elman_status read_box(keras_model *k, const json_node *model,
                             const keras_layer *l, size_t depth, keras_box *box)
{
    const json_node *config = json_find(model, "config");
    const json_node *layers = json_find(config, "layers");

    /* in old files the list itself is the config */
    if (config && config->kind == JSON_KIND_LIST) layers = config;
    *box = (keras_box){.name = l ? l->name : keras_name_of(model),
                       .layers = layers,
                       .config = config,
                       .path = "",
                       .group = l ? l->group : NULL,
                       .depth = depth};
    if (l) box->part = l->part;
    if (!layers || layers->kind != JSON_KIND_LIST)
        return refuse_program(model, box->name);
    if (layers->count > KERAS_MOST_LAYERS)
        return failure(ELMAN_BAD_FORMAT,
                       "the model %.60s has %zu layers, expected at most %d",
                       box->name, layers->count, KERAS_MOST_LAYERS);
    if (depth > DEEPEST)
        return failure(ELMAN_BAD_FORMAT,
                       "models are in models more than %d deep", DEEPEST);
    if (l) box->path = import_text(k->im, "%s/", l->path);
    return box->path ? ELMAN_OK : ELMAN_NO_MEMORY;
}

/* The first layer of a model says what it reads. */
static void read_input(keras_model *k, const json_node *config)
{
    const json_node *shape = json_find(config, "batch_shape");
    if (!shape) shape = json_find(config, "batch_input_shape");
    if (!shape || shape->kind != JSON_KIND_LIST || k->in_rank) return;

    k->in_rank = shape->count;
    const json_node *last = shape->is.first;
    while (last && last->next)
        last = last->next;
    int64_t size;
    if (k->in_rank != 3 || !json_whole(last, &size) || size < 1 ||
        !size_narrow((uint64_t)size, &k->width))
        return;
    k->im->config.input_size = k->width;
}

/* ---- Parts -------------------------------------------------------------- */

/* Whether there are cells in layers [first, end), or in models among them. */
static bool has_cells(const json_node *first, const json_node *end, int depth)
{
    static const char *const classes[] = {"LSTM", "GRU", "SimpleRNN", "RNN",
                                          "Bidirectional"};
    for (const json_node *at = first; at && at != end && depth; at = at->next) {
        for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
            if (keras_is_class(at, classes[i])) return true;

        const json_node *inner = json_find(json_find(at, "config"), "layers");
        if (inner && inner->kind == JSON_KIND_LIST &&
            has_cells(inner->is.first, NULL, depth - 1))
            return true;
    }
    return false;
}

static keras_part find_part(const keras_box *box, const json_node *node,
                            const char *before)
{
    const json_node *first = box->layers->is.first;
    keras_part part = {.number = 0};
    if (before && has_cells(first, node, DEEPEST)) part.front = before;

    /* behind it others may be that are refused as well */
    const json_node *last = node;
    for (const json_node *at = node->next;
         at && !has_cells(at, at->next, DEEPEST); at = at->next)
        if (!keras_takes(at)) last = at;
    if (has_cells(node->next, NULL, DEEPEST) && !keras_is_operation(last))
        part.rest = keras_name_of(last);

    /* model.layers of a Sequential is without its input */
    bool graph = json_find(box->config, "output_layers");
    for (const json_node *at = first; !graph && at != last->next; at = at->next)
        part.number += !keras_is_class(at, "InputLayer");
    return part;
}

/* ---- Layers ------------------------------------------------------------- */

elman_status keras_add_node(keras_model *k, const keras_box *box,
                            const json_node *node, const char *before,
                            keras_use use)
{
    const char *class_name = keras_text(node, "class_name");
    const char *name = keras_name_of(node);
    keras_layer l = {.name = name,
                     .class_name = class_name ? class_name : "?",
                     .config = json_find(node, "config"),
                     .group = box->group ? box->group : name,
                     .inside = box->group ? name : NULL,
                     .part =
                         box->group ? box->part : find_part(box, node, before),
                     .use = use};
    if (use.masked) l.part.rest = NULL; /* the mask is in front of it */
    const char *word = keras_path_word(l.class_name);
    if (!class_name || !l.config || !word || !keras_is_own(node))
        return keras_lacks(&l);
    TRY(keras_check_known(k, &l));

    l.path = find_path(k, box, node, word);
    if (!l.path) return ELMAN_NO_MEMORY;
    if (!k->layer_count) read_input(k, l.config);

    /* a model goes on with its own layers */
    bool holds = !strcmp(class_name, "Sequential") ||
                 !strcmp(class_name, "Functional") ||
                 !strcmp(class_name, "Model");
    if (!holds) return keras_add_layer(k, &l);

    keras_box inner;
    TRY(read_box(k, node, &l, box->depth + 1, &inner));
    return add_box(k, &inner);
}

/* ---- Models ------------------------------------------------------------- */

static elman_status add_box(keras_model *k, const keras_box *box)
{
    const char *before = NULL;
    if (json_find(box->config, "output_layers"))
        return keras_add_functional(k, box);

    for (const json_node *at = box->layers->is.first; at; at = at->next) {
        TRY(keras_add_node(k, box, at, before, (keras_use){0}));
        if (!keras_is_class(at, "InputLayer")) before = keras_name_of(at);
    }
    return ELMAN_OK;
}

elman_status keras_add_inner(keras_model *k, const keras_layer *l,
                             const json_node *model)
{
    keras_box box;
    TRY(read_box(k, model, l, 1, &box));
    return add_box(k, &box);
}

/* Where the answers of Keras have other axes, which is said. */
static elman_status say_shape(keras_model *k)
{
    if (!k->shaped) return ELMAN_OK;
    const char *before = k->im->unlike ? k->im->unlike : "";
    k->im->unlike = import_text(k->im,
                                "%s; Keras gives them the axes that the layer "
                                "%.60s (Reshape) says, here they stay %zu "
                                "features",
                                before, k->shaped, k->width);
    return k->im->unlike ? ELMAN_OK : ELMAN_NO_MEMORY;
}

elman_status keras_add_model(keras_model *k, const json_node *root)
{
    keras_box box;
    TRY(read_box(k, root, NULL, 0, &box));
    const char *class_name = keras_text(root, "class_name");
    TRY(keras_check_known(
        k, &(keras_layer){.name = box.name,
                          .class_name = class_name ? class_name : "Sequential",
                          .config = box.config}));
    k->sequence = true;
    TRY(add_box(k, &box));

    /* what a model of ours reads and gives */
    if (k->flipped)
        return failure(
            ELMAN_BAD_FORMAT,
            "the model %.60s gives its steps from the last to the "
            "first (go_backwards with return_sequences), which a "
            "model of elman cannot; it can be saved with its steps "
            "in their own order, in Python: "
            "keras.Model(model.inputs, "
            "keras.ops.flip(model.outputs[0], 1)).save(\"steps.keras\")",
            box.name);
    TRY(say_shape(k));
    bool tokens = k->im->config.layers[0].kind == ELMAN_EMBEDDING;
    if (!k->layer_count || (k->in_rank == 2 && !tokens))
        return failure(ELMAN_BAD_FORMAT,
                       "the model %.60s reads no sequences, which elman's "
                       "models do: expected an input of steps and features, "
                       "or tokens into an Embedding",
                       box.name);
    return ELMAN_OK;
}
