/*
 * keras_graph.c: functional models. Each layer says what it reads, and the
 * chain is followed from the output back.
 */
#include "import/keras_parts.h"

#include <stdio.h>
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
    bool other;       /* something else is read as well */
    const char *mask; /* the layer that says what pads, or NULL */
} link_list;

/* The layers of a functional model on the way from input to output. */
typedef struct chain {
    const json_node *node[KERAS_MOST_LAYERS];
    keras_use use[KERAS_MOST_LAYERS];
    bool joins[KERAS_MOST_LAYERS]; /* it joins directions, and is no more */
    size_t count;
    keras_use next; /* of the one before all these, as far as it is known */
    const char *states[2 * MOST_LINKS]; /* inputs that are initial states */
    size_t state_count;
    size_t stateful; /* the last layer that begins from one */
} chain;

const json_node *keras_find_node(const json_node *layers, const char *name)
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

/* Settings of a call: an initial state is read as any input, a mask is none;
 * other tensors are not for a chain. */
static void read_call(link_list *list, const json_node *settings)
{
    for (const json_node *at = settings && settings->kind == JSON_KIND_OBJECT
                                   ? settings->is.first
                                   : NULL;
         at; at = at->next) {
        size_t before = list->count;
        read_links(list, at);
        if (list->count == before + 1 && strcmp(at->key, "mask") == 0) {
            list->mask = list->link[--list->count].name;
            continue;
        }
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

/* Refuses what a layer is in; part, if it is one of the outermost layers, ends
 * what can be saved. */
static elman_status no_chain(const keras_box *box, const json_node *node,
                             const char *what, const char *part)
{
    const char *class_name = keras_text(node, "class_name");
    const json_node *end = part ? keras_find_node(box->layers, part) : NULL;
    char sentence[500];
    snprintf(sentence, sizeof sentence,
             "the layer %.60s (%.40s) of the model %.60s %.120s; elman takes a "
             "chain of layers",
             keras_name_of(node), class_name ? class_name : "?", box->name,
             what);

    /* get_layer knows the outermost ones */
    if (!box->group && end && !keras_is_class(end, "InputLayer") &&
        !keras_is_operation(end))
        return failure(ELMAN_BAD_FORMAT,
                       "%s: keras.Model(model.inputs, "
                       "model.get_layer(\"%.60s\").output)"
                       ".save(\"front.keras\") in Python saves what is up to "
                       "that layer",
                       sentence, part);
    return failure(ELMAN_BAD_FORMAT,
                   "%s: keras.Model(a.output, b.output) in Python is the part "
                   "behind layer a up to layer b, where a is "
                   "model.get_layer(NAME)",
                   sentence);
}

/* ---- What is read of a layer -------------------------------------------- */

/* Where a cell of one kind ends is the first of its states. */
static bool has_ends(const json_node *from)
{
    static const char *const cells[] = {"LSTM", "GRU", "SimpleRNN"};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        if (keras_is_class(from, cells[i])) return true;
    const json_node *cell = json_find(json_find(from, "config"), "cell");
    return keras_is_class(from, "RNN") && cell &&
           !keras_is_class(cell, "StackedRNNCells");
}

/* A Bidirectional that gives its directions one by one. */
static bool gives_two(const json_node *from)
{
    const json_node *config = json_find(from, "config");
    const json_node *merge = json_find(config, "merge_mode");
    return keras_is_class(from, "Bidirectional") && merge &&
           merge->kind == JSON_KIND_NULL;
}

/* An output by its number; false if elman has nothing like it. */
static bool read_one(const json_node *from, int64_t output, keras_use *read)
{
    *read = (keras_use){.state = output == 1};
    return output == 0 ? !gives_two(from) : output == 1 && has_ends(from);
}

/* Whether a layer joins along the features. */
static bool is_over_last(const json_node *joint, bool ends)
{
    const json_node *axis = json_find(json_find(joint, "config"), "axis");
    int64_t number;
    if (!axis) return true;
    return json_whole(axis, &number) &&
           (number == -1 || number == (ends ? 1 : 2));
}

/* Two outputs of one Bidirectional that a layer joins as merge_mode does: its
 * directions, or where both of them end. */
static bool read_pair(const json_node *from, const json_node *joint,
                      const link_list *reads, keras_use *read)
{
    static const char *const joints[][2] = {{"Concatenate", "concat"},
                                            {"Add", "sum"},
                                            {"Multiply", "mul"},
                                            {"Average", "ave"}};
    const keras_link *link = reads->link;
    const json_node *inner = json_find(json_find(from, "config"), "layer");
    *read = (keras_use){.state = false};
    for (size_t i = 0; i < sizeof joints / sizeof *joints; i++)
        if (keras_is_class(joint, joints[i][0])) read->merge = joints[i][1];
    if (!read->merge || !keras_is_class(from, "Bidirectional") ||
        reads->count != 2 || strcmp(link[0].name, link[1].name) != 0)
        return false;

    /* states are behind the outputs, those of the first direction first */
    int64_t outputs = gives_two(from) ? 2 : 1;
    int64_t states = keras_is_class(inner, "LSTM") ? 2 : 1;
    bool known = states == 2 || keras_is_class(inner, "GRU") ||
                 keras_is_class(inner, "SimpleRNN");
    read->state = known && link[0].output == outputs &&
                  link[1].output == outputs + states;
    bool both = outputs == 2 && !link[0].output && link[1].output == 1;
    const json_node *config = json_find(inner, "config");
    bool ends = read->state || !keras_flag(config, "return_sequences", false);
    return (read->state || both) && is_over_last(joint, ends);
}

/* Layers that begin from states, and models that may hold such. */
static bool begins_from_states(const json_node *node)
{
    static const char *const classes[] = {
        "LSTM",          "GRU",        "SimpleRNN",  "RNN",
        "Bidirectional", "Sequential", "Functional", "Model"};
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (keras_is_class(node, classes[i])) return true;
    return false;
}

/* All but the first link of a layer are initial states, which are the model's
 * inputs. */
static elman_status take_states(const keras_box *box, chain *c,
                                const json_node *node, const link_list *reads)
{
    for (size_t i = 1; i < reads->count; i++) {
        const char *name = reads->link[i].name;
        const json_node *from = keras_find_node(box->layers, name);
        const json_node *first =
            keras_find_node(box->layers, reads->link[0].name);

        /* what can be saved is what comes first, or what the state is of */
        bool input = first && keras_is_class(first, "InputLayer");
        if (!from || !keras_is_class(from, "InputLayer") ||
            !begins_from_states(node) ||
            c->state_count == sizeof c->states / sizeof *c->states)
            return no_chain(box, node, "reads several others",
                            input ? name : reads->link[0].name);
        if (!c->state_count) c->stateful = c->count - 1;
        c->states[c->state_count++] = name;
    }
    return reads->other ? no_chain(box, node, "reads several others",
                                   reads->link[0].name)
                        : ELMAN_OK;
}

/* How a layer is called. A mask that it is given is one that ours have anyway:
 * Keras would hand it on from layer to layer without. */
static elman_status take_call(const keras_box *box, chain *c,
                              const json_node *node, const link_list *reads)
{
    keras_use *use = c->use + c->count - 1;
    use->call = json_find(node, "inbound_nodes")->is.first;
    use->masked = reads->mask != NULL;
    if (!reads->mask || keras_is_mask(box, reads->mask)) return ELMAN_OK;
    return no_chain(box, node, "is given a mask of its own",
                    reads->count ? reads->link[0].name : NULL);
}

/* Follows a layer to what it reads: *node becomes that, or NULL at an input. */
static elman_status step_back(const keras_box *box, chain *c,
                              const json_node **node)
{
    const json_node *uses = json_find(*node, "inbound_nodes"), *at = *node;
    link_list reads = {.count = 0};
    size_t count = uses && uses->kind == JSON_KIND_LIST ? uses->count : 0;
    if (keras_is_class(at, "InputLayer")) {
        *node = NULL;
        return ELMAN_OK;
    }

    if (count) read_use(&reads, uses->is.first);
    if (count) TRY(take_call(box, c, at, &reads));
    const char *before = reads.count ? reads.link[0].name : NULL;
    if (count > 1) return no_chain(box, at, "is used several times", before);
    if (!before) return no_chain(box, at, "reads nothing", NULL);
    *node = keras_find_node(box->layers, before);
    if (!*node)
        return no_chain(box, at, "reads a layer that is not there", NULL);

    /* two outputs of one layer, or one of them */
    c->joins[c->count - 1] = read_pair(*node, at, &reads, &c->next);
    if (c->joins[c->count - 1]) return ELMAN_OK;
    TRY(take_states(box, c, at, &reads));
    return read_one(*node, reads.link[0].output, &c->next)
               ? ELMAN_OK
               : no_chain(box, at, "reads the state of another", before);
}

/* Whether both directions that a Bidirectional gives one by one are outputs. */
static bool ends_with_two(const json_node *node, const link_list *ends)
{
    return gives_two(node) && ends->count > 1 && !ends->link[0].output &&
           ends->link[1].output == 1 &&
           strcmp(ends->link[0].name, ends->link[1].name) == 0;
}

/* Where the chain ends: the first output. Others may be states of layers. */
static elman_status find_end(const keras_box *box, link_list *ends, chain *c,
                             const json_node **node)
{
    read_links(ends, json_find(box->config, "output_layers"));
    *node =
        ends->count ? keras_find_node(box->layers, ends->link[0].name) : NULL;
    if (!*node)
        return failure(ELMAN_BAD_FORMAT, "the model %.60s has no output",
                       box->name);
    if (!ends->other && ends_with_two(*node, ends)) return ELMAN_OK;
    if (ends->other || !read_one(*node, ends->link[0].output, &c->next))
        return no_chain(box, *node,
                        "gives a state or one of two directions first",
                        ends->link[0].name);
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

/* Inputs that are not read, and what makes masks. */
static bool is_no_layer(const json_node *node)
{
    return keras_is_class(node, "InputLayer") || keras_makes_masks(node);
}

/* Nothing else of the model may be beside the chain. */
static elman_status check_rest(const keras_box *box, const chain *c,
                               const link_list *ends)
{
    const char *end = keras_name_of(c->node[0]);
    for (const json_node *at = box->layers->is.first; at; at = at->next)
        if (!is_in(c, keras_name_of(at)) && !is_no_layer(at))
            return no_chain(box, at, "is beside the chain of layers", end);

    for (size_t i = 1; i < ends->count; i++)
        if (!ends->link[i].output)
            return no_chain(box, c->node[0], "is not the only output", end);
    return ELMAN_OK;
}

/* What is behind a repeat always begins anew. */
static elman_status check_states(const keras_box *box, const chain *c)
{
    for (size_t i = c->stateful; c->state_count && i < c->count; i++)
        if (keras_is_class(c->node[i], "RepeatVector"))
            return no_chain(box, c->node[c->stateful],
                            "begins from a state that is given, behind a "
                            "RepeatVector, where elman's layers begin anew",
                            keras_name_of(c->node[i]));
    return ELMAN_OK;
}

elman_status keras_add_functional(keras_model *k, const keras_box *box)
{
    link_list ends = {.count = 0};
    const json_node *node;
    chain *c = calloc(1, sizeof *c);
    if (!c) return failure(ELMAN_NO_MEMORY, "no memory for a chain of layers");
    elman_status status = find_end(box, &ends, c, &node);
    while (!status && node) {
        if (c->count == KERAS_MOST_LAYERS || c->count == box->layers->count) {
            status = no_chain(box, node, "reads what it gives", NULL);
            break;
        }
        c->use[c->count] = c->next;
        c->node[c->count++] = node;
        status = step_back(box, c, &node);
    }
    if (!status) status = check_rest(box, c, &ends);
    if (!status) status = check_states(box, c);

    /* from the input on */
    const char *before = NULL;
    for (size_t i = c->count; !status && i-- > 0;) {
        if (c->joins[i]) continue;
        status = keras_add_node(k, box, c->node[i], before, c->use[i]);
        if (!keras_is_class(c->node[i], "InputLayer") &&
            !keras_is_operation(c->node[i]))
            before = keras_name_of(c->node[i]);
    }
    free(c);
    return status;
}
