/* keras_arithmetic.c: what flows in a model of Keras times a number, plus one,
 * and so on, as operators and keras.ops write it. */
#include "import/keras_parts.h"

#include <math.h>
#include <string.h>

/* The number beside the one tensor of a call; false if there is something
 * else. */
static bool read_operand(const keras_layer *l, double *number, bool *behind)
{
    const json_node *args = json_find(l->use.call, "args");
    const json_node *kwargs = json_find(l->use.call, "kwargs");
    if (!args || args->kind != JSON_KIND_LIST || args->count != 2 ||
        (kwargs && kwargs->count))
        return false;

    const json_node *first = args->is.first, *second = first->next;
    *behind = json_number(second, number);
    if (!*behind && !json_number(first, number)) return false;
    const json_node *tensor = *behind ? first : second;
    return json_find(json_find(tensor, "config"), "keras_history") != NULL;
}

elman_status keras_add_arithmetic(keras_model *k, const keras_layer *l)
{
    /* what flows becomes scale x + offset */
    double number = 0, scale = 1, offset = 0;
    bool behind = true, negative = !strcmp(l->class_name, "Negative");
    bool product = !strcmp(l->class_name, "Multiply");
    bool ratio = strstr(l->class_name, "Divide") != NULL;
    bool difference = !strcmp(l->class_name, "Subtract");
    if (!negative && !read_operand(l, &number, &behind)) return keras_lacks(l);
    if (ratio && (!behind || number == 0)) return keras_lacks(l);

    if (negative) scale = -1;
    else if (product) scale = number;
    else if (ratio) scale = 1 / number;
    else if (difference) {
        scale = behind ? 1 : -1;
        offset = behind ? -number : number;
    } else offset = number;
    if (!isfinite((float)scale) || !isfinite((float)offset))
        return keras_lacks(l);

    elman_layer *made = keras_new(k, l, ELMAN_ACTIVATION, false);
    if (!made) return ELMAN_BAD_FORMAT;
    made->activation = (elman_activation){ELMAN_ACTIVATION_AFFINE, (float)scale,
                                          (float)offset};
    return ELMAN_OK;
}
