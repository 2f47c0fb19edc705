/*
 * keras_graph.c: functional models. Each layer says what it reads, and the
 * chain is followed from the output back.
 */
#include "import/keras_parts.h"

#include <stdlib.h>
#include <string.h>

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
    const json_node *node[KERAS_MOST_LAYERS];
    size_t count;
    const char *states[2 * MOST_LINKS]; /* inputs that are initial states */
    size_t state_count;
} chain;

static const json_node *find_layer(const json_node *layers, const char *name)
{
    for (const json_node *at = layers->is.first; at; at = at->next)
        if (strcmp(keras_name_of(at), name) == 0) return at;
    return NULL;
}

/* ---- Links ------------------------------------------------------------- */

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
    const char *name = keras_name_of(*node);
    if (keras_is_class(*node, "InputLayer")) {
        *node = NULL;
        return ELMAN_OK;
    }

    if (count == 1) read_use(&reads, uses->is.first);
    if (count > 1) return no_chain(box, name, "is used several times");
    if (!reads.count) return no_chain(box, name, "reads nothing");

    /* all but the first are initial states, which are the model's inputs */
    for (size_t i = 1; i < reads.count; i++) {
        const json_node *from = find_layer(box->layers, reads.link[i].name);
        if (!from || !keras_is_class(from, "InputLayer") ||
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
        if (strcmp(keras_name_of(c->node[i]), name) == 0) return true;
    for (size_t i = 0; i < c->state_count; i++)
        if (strcmp(c->states[i], name) == 0) return true;
    return false;
}

/* Nothing of the model may be beside the chain. */
static elman_status check_rest(const keras_box *box, const chain *c,
                               const link_list *ends)
{
    for (const json_node *at = box->layers->is.first; at; at = at->next)
        if (!is_in(c, keras_name_of(at)))
            return no_chain(box, keras_name_of(at),
                            "is beside the chain of layers");

    for (size_t i = 1; i < ends->count; i++)
        if (!ends->link[i].output)
            return no_chain(box, ends->link[i].name,
                            "gives a second output of the model");
    return ELMAN_OK;
}

elman_status keras_add_functional(keras_model *k, const keras_box *box)
{
    link_list ends = {.count = 0};
    const json_node *node;
    TRY(find_end(box, &ends, &node));

    chain *c = calloc(1, sizeof *c);
    if (!c) return failure(ELMAN_NO_MEMORY, "no memory for a chain of layers");
    elman_status status = ELMAN_OK;
    while (!status && node) {
        if (c->count == KERAS_MOST_LAYERS || c->count == box->layers->count) {
            status = no_chain(box, keras_name_of(node), "reads what it gives");
            break;
        }
        c->node[c->count++] = node;
        status = step_back(box, c, &node);
    }
    if (!status) status = check_rest(box, c, &ends);

    /* from the input on */
    const char *before = NULL;
    for (size_t i = c->count; !status && i-- > 0;) {
        status = keras_add_node(k, box, c->node[i], before);
        if (!keras_is_class(c->node[i], "InputLayer"))
            before = keras_name_of(c->node[i]);
    }
    free(c);
    return status;
}
