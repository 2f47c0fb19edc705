/*
 * keras_mask.c: what a functional model of Keras 3 says of padding: layers that
 * compare its input with a number are beside the others, and what they give is
 * an argument, mask, of each layer that passes over it.
 */
#include "import/keras_parts.h"

#include <string.h>

/* What a layer is called with, a list; NULL if it is called never or twice. */
static const json_node *arguments_of(const json_node *node)
{
    const json_node *uses = json_find(node, "inbound_nodes");
    if (!uses || uses->kind != JSON_KIND_LIST || uses->count != 1) return NULL;
    const json_node *args = json_find(uses->is.first, "args");
    return args && args->kind == JSON_KIND_LIST ? args : NULL;
}

/* The layer whose output it reads first. */
static const char *first_of(const json_node *node)
{
    const json_node *args = arguments_of(node);
    const json_node *config =
        args && args->count ? json_find(args->is.first, "config") : NULL;
    const json_node *history = json_find(config, "keras_history");
    return history && history->kind == JSON_KIND_LIST && history->count
               ? json_text(history->is.first)
               : NULL;
}

bool keras_makes_masks(const json_node *node)
{
    return (keras_is_class(node, "NotEqual") || keras_is_class(node, "Any")) &&
           keras_is_own(node);
}

/* Any step of whose features one is another: over the last axis alone. */
static bool is_any_feature(const json_node *node)
{
    const json_node *config = json_find(node, "config");
    const json_node *axis = json_find(config, "axis");
    int64_t number;
    if (axis && axis->kind == JSON_KIND_LIST)
        axis = axis->count == 1 ? axis->is.first : NULL;
    return keras_is_class(node, "Any") && axis && json_whole(axis, &number) &&
           number == -1 && !keras_flag(config, "keepdims", false);
}

/* Whether a layer says that this number pads in what it reads. */
static bool says_so(const json_node *node, bool features, double number)
{
    const json_node *config = json_find(node, "config");
    if (features)
        return keras_is_class(node, "Masking") &&
               keras_number(config, "mask_value", 0) == number;
    return keras_is_class(node, "Embedding") && number == 0 &&
           keras_flag(config, "mask_zero", false);
}

bool keras_is_mask(const keras_box *box, const char *name)
{
    const json_node *node = keras_find_node(box->layers, name);
    bool features = node && is_any_feature(node);
    if (features) {
        name = first_of(node);
        node = name ? keras_find_node(box->layers, name) : NULL;
    }
    if (!node || !keras_is_class(node, "NotEqual") || !keras_is_own(node))
        return false;

    /* what is compared, and with what */
    const json_node *args = arguments_of(node);
    const char *source = first_of(node);
    double number;
    if (!source || args->count != 2 ||
        !json_number(args->is.first->next, &number))
        return false;

    for (const json_node *at = box->layers->is.first; at; at = at->next) {
        const char *from = first_of(at);
        if (from && strcmp(from, source) == 0 && says_so(at, features, number))
            return true;
    }
    return false;
}
