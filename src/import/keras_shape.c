/* keras_shape.c: Keras's layers that make no numbers: shapes, and parts of
 * sequences. */
#include "import/keras_parts.h"

#include <string.h>

/* ---- Shapes ------------------------------------------------------------- */

static elman_status refuse_shape(const keras_layer *l)
{
    return keras_refuse(l, "changes the shape of what flows, which elman has "
                           "not; leave it out where it changes nothing, or "
                           "give the last step or a pool instead");
}

elman_status keras_add_flatten(keras_model *k, const keras_layer *l)
{
    return k->sequence ? refuse_shape(l) : ELMAN_OK;
}

/* Features that get axes of their own: the same numbers, which is right at the
 * end of a model. */
static elman_status keep_shape(keras_model *k, const keras_layer *l,
                               const json_node *target)
{
    uint64_t known = 1;
    size_t free_axes = 0;
    int64_t size;
    for (const json_node *at = target->is.first; at; at = at->next) {
        if (!json_whole(at, &size)) return refuse_shape(l);
        free_axes += size == -1;
        if (size == -1) size = 1;
        if (size < 1 || (uint64_t)size > k->width / known)
            return refuse_shape(l);
        known *= (uint64_t)size;
    }
    if (free_axes > 1 || (!free_axes && known != k->width) ||
        k->width % known != 0)
        return refuse_shape(l);

    k->shaped = import_text(k->im, "%s", l->name);
    return k->shaped ? ELMAN_OK : ELMAN_NO_MEMORY;
}

elman_status keras_add_reshape(keras_model *k, const keras_layer *l)
{
    const json_node *target = json_find(l->config, "target_shape");
    if (!target || target->kind != JSON_KIND_LIST || !target->count)
        return refuse_shape(l);

    /* the features, and in front of them whatever there was */
    const json_node *last = target->is.first;
    while (last->next)
        last = last->next;
    int64_t size;
    bool axes = target->count == (k->sequence ? 2u : 1u);
    if (!json_whole(last, &size)) return refuse_shape(l);
    if (axes && size > 0 && k->width && (uint64_t)size == k->width)
        return ELMAN_OK;

    if (!k->sequence && k->width) return keep_shape(k, l, target);
    if (!axes) return refuse_shape(l);

    /* numbers that become steps of one feature */
    if (k->layer_count || k->in_rank != 2 || size != 1) return refuse_shape(l);
    k->in_rank = 3;
    k->width = k->im->config.input_size = 1;
    return ELMAN_OK;
}

elman_status keras_add_permute(keras_model *k, const keras_layer *l)
{
    const json_node *dims = json_find(l->config, "dims");
    int64_t axis, expected = 1;
    if (!dims || dims->kind != JSON_KIND_LIST) return refuse_shape(l);
    (void)k;

    for (const json_node *at = dims->is.first; at; at = at->next)
        if (!json_whole(at, &axis) || axis != expected++)
            return refuse_shape(l);
    return ELMAN_OK;
}

/* ---- Parts of sequences ------------------------------------------------- */

/* x[::-1] of the steps, as keras.ops.flip(x, 1) has it. */
elman_status keras_add_flip(keras_model *k, const keras_layer *l)
{
    const json_node *axis = json_find(l->config, "axis");
    if (axis && axis->kind == JSON_KIND_LIST)
        axis = axis->count == 1 ? axis->is.first : NULL;

    /* the steps are axis 1, also of tokens */
    int64_t number = 0;
    bool whole = axis && json_whole(axis, &number) && k->sequence;
    if (number == -2 && (k->layer_count || k->in_rank == 3)) number = 1;
    if (!whole || number != 1)
        return keras_refuse(l, "turns round other axes than the steps, which "
                               "elman does not");
    k->flipped = !k->flipped;
    return ELMAN_OK;
}

/* A slice of everything, ":". */
static bool is_whole(const json_node *node)
{
    static const char *const ends[] = {"start", "stop", "step"};
    const char *class_name;
    const json_node *config;
    if (!keras_object(node, &class_name, &config) ||
        strcmp(class_name, "__slice__") != 0)
        return false;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        const json_node *end = json_find(config, ends[i]);
        if (!end || end->kind != JSON_KIND_NULL) return false;
    }
    return true;
}

/* x[:, -1] and x[:, -1, :], which are the last step. */
elman_status keras_add_item(keras_model *k, const keras_layer *l)
{
    const json_node *args = json_find(l->use.call, "args"), *key = NULL;
    int64_t step = 0;
    if (args && args->kind == JSON_KIND_LIST && args->count == 2)
        key = args->is.first->next;
    if (key && key->kind == JSON_KIND_OBJECT) key = json_find(key, "items");

    /* all sequences, the last step, and all features if they are named */
    bool fits = key && key->kind == JSON_KIND_LIST &&
                (key->count == 2 || key->count == 3) && k->sequence &&
                !k->flipped;
    const json_node *at = fits ? key->is.first : NULL;
    fits = fits && is_whole(at) && json_whole(at->next, &step) && step == -1 &&
           (key->count == 2 || is_whole(at->next->next));
    if (!fits)
        return keras_refuse(l, "takes another part of what flows than the last "
                               "step, x[:, -1], which elman does not");

    elman_layer *last = keras_new(k, l, ELMAN_LAST, false);
    if (!last) return ELMAN_BAD_FORMAT;
    k->sequence = false;
    return ELMAN_OK;
}

elman_status keras_add_repeat(keras_model *k, const keras_layer *l)
{
    int64_t n;
    if (k->sequence && (k->in_rank == 2 || !k->layer_count))
        return failure(ELMAN_BAD_FORMAT,
                       "the layer %.60s (%.40s) repeats one vector that the "
                       "model reads, and elman's models read steps; what is "
                       "behind it does, the vector at each: keras.Model("
                       "model.get_layer(\"%.60s\").output, "
                       "model.outputs).save(\"rest.keras\") in Python",
                       l->name, l->class_name, l->name);
    if (k->sequence)
        return keras_refuse(l, "repeats one vector, but the layer before it "
                               "gives steps");
    if (!json_whole(json_find(l->config, "n"), &n) || n < 1 || n > INT32_MAX)
        return keras_refuse(l, "has an n that is no whole number of 1 or more");

    /* from here on there are steps again, none of which pads */
    elman_layer *made = keras_new(k, l, ELMAN_REPEAT, false);
    if (!made) return ELMAN_BAD_FORMAT;
    made->repeats = (size_t)n;
    k->sequence = k->repeated = true;
    k->masked = false;
    return ELMAN_OK;
}
