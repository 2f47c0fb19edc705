/*
 * keras_chain.c: which layer follows which. Sequential models list them; in
 * functional ones each says what it reads, and the chain is followed from the
 * output back. A model may hold others as layers.
 */
#include "import/keras_parts.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LAYERS = 256, DEEPEST = 8 };

/* A model among the layers of another, or the outermost. */
typedef struct keras_box {
    const char *name;
    const json_node *layers; /* a list */
    const json_node *config;
    const char *path;  /* of its weights, with a slash behind it, or "" */
    const char *group; /* of the outermost layer that it is in, or NULL */
    size_t depth;
} keras_box;

static elman_status add_box(keras_model *k, const keras_box *box);

/* What a layer reads, or a model gives: an output of a layer. */
typedef struct keras_link {
    const char *name;
    int64_t output; /* 0; a state from 1 on */
} keras_link;

enum { MOST_LINKS = 16 };
typedef struct link_list {
    keras_link link[MOST_LINKS];
    size_t count;
    bool other; /* something else is read as well */
} link_list;

/* The layers of a functional model on the way from input to output. */
typedef struct chain {
    const json_node *node[MOST_LAYERS];
    size_t count;
    const char *states[2 * MOST_LINKS]; /* inputs that are initial states */
    size_t state_count;
} chain;

/* ---- Names -------------------------------------------------------------- */

static const char *name_of(const json_node *node)
{
    const char *name = keras_text(json_find(node, "config"), "name");
    if (!name) name = keras_text(node, "name");
    return name ? name : "without a name";
}

static const json_node *find_layer(const json_node *layers, const char *name)
{
    for (const json_node *at = layers->is.first; at; at = at->next)
        if (strcmp(name_of(at), name) == 0) return at;
    return NULL;
}

static bool is_class(const json_node *node, const char *name)
{
    const char *found = keras_text(node, "class_name");
    return found && strcmp(found, name) == 0;
}

/* A class of the user's own may have a name of Keras's. */
static bool is_of_keras(const json_node *node)
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
    const char *name = name_of(node);
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

/* ---- Layers ------------------------------------------------------------- */

static elman_status read_box(keras_model *k, const json_node *model,
                             const keras_layer *l, size_t depth, keras_box *box)
{
    const json_node *config = json_find(model, "config");
    const json_node *layers = json_find(config, "layers");

    /* in old files the list itself is the config */
    if (config && config->kind == JSON_KIND_LIST) layers = config;
    *box = (keras_box){.name = l ? l->name : name_of(model),
                       .layers = layers,
                       .config = config,
                       .path = "",
                       .group = l ? l->group : NULL,
                       .depth = depth};
    if (!layers || layers->kind != JSON_KIND_LIST)
        return failure(ELMAN_BAD_FORMAT,
                       "the model %.60s is neither Sequential nor functional "
                       "and lists no layers: its class is a program, which is "
                       "not run; build it from layers and save that",
                       box->name);
    if (layers->count > MOST_LAYERS)
        return failure(ELMAN_BAD_FORMAT,
                       "the model %.60s has %zu layers, expected at most %d",
                       box->name, layers->count, MOST_LAYERS);
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

static elman_status add_layer(keras_model *k, const keras_box *box,
                              const json_node *node, const char *before)
{
    const char *class_name = keras_text(node, "class_name");
    const char *name = name_of(node);
    keras_layer l = {.name = name,
                     .class_name = class_name ? class_name : "?",
                     .config = json_find(node, "config"),
                     .group = box->group ? box->group : name,
                     .inside = box->group ? name : NULL,
                     .before = before};
    const char *word = keras_path_word(l.class_name);
    if (!class_name || !l.config || !word || !is_of_keras(node))
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

/* ---- Functional models -------------------------------------------------- */

static void add_link(link_list *list, const char *name, int64_t output)
{
    if (list->count == MOST_LINKS) list->other = true;
    else list->link[list->count++] = (keras_link){name, output};
}

/* ["lstm", 0, 0] or Keras 3's object around it; false if it is neither. */
static bool read_link(link_list *list, const json_node *node)
{
    const json_node *history =
        json_find(json_find(node, "config"), "keras_history");
    if (!history) history = node;
    if (history->kind != JSON_KIND_LIST || history->count < 3) return false;

    const json_node *first = history->is.first;
    const char *name = json_text(first);
    int64_t output;
    if (!name || !json_whole(first->next->next, &output)) return false;
    add_link(list, name, output);
    return true;
}

/* One link, or a list of them. */
static void read_links(link_list *list, const json_node *node)
{
    if (!node || read_link(list, node)) return;
    if (node->kind != JSON_KIND_LIST) return;
    for (const json_node *at = node->is.first; at; at = at->next)
        if (!read_link(list, at) && at->kind == JSON_KIND_LIST && at->count)
            list->other = true;
}

/* Settings of a call: an initial state is read as any input, other tensors are
 * not for a chain. */
static void read_call(link_list *list, const json_node *settings)
{
    for (const json_node *at = settings && settings->kind == JSON_KIND_OBJECT
                                   ? settings->is.first
                                   : NULL;
         at; at = at->next) {
        size_t before = list->count;
        read_links(list, at);
        if (list->count != before && strcmp(at->key, "initial_state") != 0)
            list->other = true;
    }
}

/* What a layer reads where it is used. */
static void read_use(link_list *list, const json_node *use)
{
    /* Keras 3: {"args": [...], "kwargs": {...}} */
    const json_node *args = json_find(use, "args");
    for (const json_node *at =
             args && args->kind == JSON_KIND_LIST ? args->is.first : NULL;
         at; at = at->next)
        read_links(list, at);
    read_call(list, json_find(use, "kwargs"));
    if (use->kind != JSON_KIND_LIST) return;

    /* Keras 2: [["lstm", 0, 0, {...}], ...], or that alone */
    read_links(list, use);
    for (const json_node *at = use->is.first; at; at = at->next)
        if (at->kind == JSON_KIND_LIST && at->count > 3)
            read_call(list, at->is.first->next->next->next);
}

static elman_status no_chain(const keras_box *box, const char *name,
                             const char *what)
{
    return failure(ELMAN_BAD_FORMAT,
                   "the layer %.60s of the model %.60s %s; elman takes a "
                   "chain of layers: keras.Model(a.output, b.output) in Python "
                   "is the part behind layer a up to layer b, where a is "
                   "model.get_layer(NAME)",
                   name, box->name, what);
}

/* Follows a layer to what it reads: *node becomes that, or NULL at an input. */
static elman_status step_back(const keras_box *box, chain *c,
                              const json_node **node)
{
    const json_node *uses = json_find(*node, "inbound_nodes");
    link_list reads = {.count = 0};
    size_t count = uses && uses->kind == JSON_KIND_LIST ? uses->count : 0;
    const char *name = name_of(*node);
    if (is_class(*node, "InputLayer")) {
        *node = NULL;
        return ELMAN_OK;
    }

    if (count == 1) read_use(&reads, uses->is.first);
    if (count > 1) return no_chain(box, name, "is used several times");
    if (!reads.count) return no_chain(box, name, "reads nothing");

    /* all but the first are initial states, which are the model's inputs */
    for (size_t i = 1; i < reads.count; i++) {
        const json_node *from = find_layer(box->layers, reads.link[i].name);
        if (!from || !is_class(from, "InputLayer") ||
            c->state_count == sizeof c->states / sizeof *c->states)
            return no_chain(box, name, "reads several others");
        c->states[c->state_count++] = reads.link[i].name;
    }
    if (reads.other) return no_chain(box, name, "reads several others");
    if (reads.link[0].output)
        return no_chain(box, name, "reads the state of another");

    *node = find_layer(box->layers, reads.link[0].name);
    return *node ? ELMAN_OK
                 : no_chain(box, name, "reads a layer that is not there");
}

/* Where the chain ends: the first output. Others may be states of layers. */
static elman_status find_end(const keras_box *box, link_list *ends,
                             const json_node **node)
{
    read_links(ends, json_find(box->config, "output_layers"));
    *node = ends->count ? find_layer(box->layers, ends->link[0].name) : NULL;
    if (!*node)
        return failure(ELMAN_BAD_FORMAT, "the model %.60s has no output",
                       box->name);
    if (ends->link[0].output || ends->other)
        return no_chain(box, ends->link[0].name,
                        "gives a state as the model's first output");
    return ELMAN_OK;
}

static bool is_in(const chain *c, const char *name)
{
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(name_of(c->node[i]), name) == 0) return true;
    for (size_t i = 0; i < c->state_count; i++)
        if (strcmp(c->states[i], name) == 0) return true;
    return false;
}

/* Nothing of the model may be beside the chain. */
static elman_status check_rest(const keras_box *box, const chain *c,
                               const link_list *ends)
{
    for (const json_node *at = box->layers->is.first; at; at = at->next)
        if (!is_in(c, name_of(at)))
            return no_chain(box, name_of(at), "is beside the chain of layers");

    for (size_t i = 1; i < ends->count; i++)
        if (!ends->link[i].output)
            return no_chain(box, ends->link[i].name,
                            "gives a second output of the model");
    return ELMAN_OK;
}

static elman_status add_functional(keras_model *k, const keras_box *box)
{
    link_list ends = {.count = 0};
    const json_node *node;
    TRY(find_end(box, &ends, &node));

    chain *c = calloc(1, sizeof *c);
    if (!c) return failure(ELMAN_NO_MEMORY, "no memory for a chain of layers");
    elman_status status = ELMAN_OK;
    while (!status && node) {
        if (c->count == MOST_LAYERS || c->count == box->layers->count) {
            status = no_chain(box, name_of(node), "reads what it gives");
            break;
        }
        c->node[c->count++] = node;
        status = step_back(box, c, &node);
    }
    if (!status) status = check_rest(box, c, &ends);

    /* from the input on */
    const char *before = NULL;
    for (size_t i = c->count; !status && i-- > 0;) {
        status = add_layer(k, box, c->node[i], before);
        if (!is_class(c->node[i], "InputLayer")) before = name_of(c->node[i]);
    }
    free(c);
    return status;
}

/* ---- Models ------------------------------------------------------------- */

static elman_status add_box(keras_model *k, const keras_box *box)
{
    const char *before = NULL;
    if (json_find(box->config, "output_layers")) return add_functional(k, box);

    for (const json_node *at = box->layers->is.first; at; at = at->next) {
        TRY(add_layer(k, box, at, before));
        if (!is_class(at, "InputLayer")) before = name_of(at);
    }
    return ELMAN_OK;
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
        return failure(ELMAN_BAD_FORMAT,
                       "the model %.60s gives its steps from the last to the "
                       "first (go_backwards with return_sequences), which a "
                       "model of elman cannot; wrap that layer in "
                       "Bidirectional, or leave out return_sequences",
                       box.name);
    bool tokens = k->im->config.layers[0].kind == ELMAN_EMBEDDING;
    if (!k->layer_count || (k->in_rank == 2 && !tokens))
        return failure(ELMAN_BAD_FORMAT,
                       "the model %.60s reads no sequences, which elman's "
                       "models do: expected an input of steps and features, "
                       "or tokens into an Embedding",
                       box.name);
    return ELMAN_OK;
}
