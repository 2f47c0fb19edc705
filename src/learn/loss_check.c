/* loss_check.c: what a loss refuses, before it writes anything. */
#include "base/memory.h"
#include "learn/loss.h"

#include <math.h>

/* ---- The config --------------------------------------------------------- */

static elman_status check_class_weights(const elman_loss_config *config,
                                        size_t O)
{
    if (!config->class_weights) return ELMAN_OK;

    for (size_t c = 0; c < O; c++) {
        double w = (double)config->class_weights[c];
        if (!(w >= 0 && isfinite(w)))
            return failure(ELMAN_BAD_VALUE,
                           "class_weights[%zu] is %g, expected a finite number "
                           "of 0 or more",
                           c, w);
    }
    return ELMAN_OK;
}

elman_status loss_check(const elman_loss_config *config, size_t O)
{
    if (!config) return failure(ELMAN_BAD_VALUE, "the loss config is NULL");
    bool classes = config->kind == ELMAN_LOSS_CROSS_ENTROPY;

    /* which loss, of how many outputs */
    if ((unsigned)config->kind > ELMAN_LOSS_BINARY_CROSS_ENTROPY)
        return failure(ELMAN_BAD_VALUE, "loss kind is %d, expected 0 to %d",
                       (int)config->kind, ELMAN_LOSS_BINARY_CROSS_ENTROPY);
    if ((unsigned)config->reduction > ELMAN_REDUCTION_SUM)
        return failure(ELMAN_BAD_VALUE,
                       "loss reduction is %d, expected 0 to %d",
                       (int)config->reduction, ELMAN_REDUCTION_SUM);
    if (O == 0 || O > INT32_MAX)
        return failure(ELMAN_BAD_VALUE,
                       "the loss was given %zu outputs, expected 1 to %d", O,
                       INT32_MAX);

    /* what only classes have */
    if (!classes && config->class_weights)
        return failure(ELMAN_BAD_VALUE,
                       "class_weights belong to the cross-entropy loss alone");
    if (!classes && config->has_ignored)
        return failure(ELMAN_BAD_VALUE,
                       "ignore_index belongs to the cross-entropy loss alone");
    if (!(config->label_smoothing >= 0 && config->label_smoothing <= 1))
        return failure(ELMAN_BAD_VALUE,
                       "label_smoothing is %g, expected 0 to 1",
                       config->label_smoothing);
    if (!classes && config->label_smoothing > 0)
        return failure(
            ELMAN_BAD_VALUE,
            "label_smoothing belongs to the cross-entropy loss alone");

    /* what only Huber's has */
    if (!(config->delta >= 0 && isfinite(config->delta)))
        return failure(ELMAN_BAD_VALUE,
                       "delta is %g, expected a finite number of 0 or more, "
                       "where 0 means 1",
                       config->delta);
    if (config->kind != ELMAN_LOSS_HUBER && config->delta > 0)
        return failure(ELMAN_BAD_VALUE,
                       "delta belongs to the Huber loss alone");

    /* what only the mean has */
    if (!(config->divisor >= 0 && isfinite(config->divisor)))
        return failure(ELMAN_BAD_VALUE,
                       "divisor is %g, expected a finite number of 0 or more, "
                       "where 0 means what the targets weigh",
                       config->divisor);
    if (config->reduction != ELMAN_REDUCTION_MEAN && config->divisor > 0)
        return failure(ELMAN_BAD_VALUE, "divisor belongs to the mean alone");

    return check_class_weights(config, O);
}

/* ---- The arrays --------------------------------------------------------- */

/* An array that is read while dy is written. */
typedef struct read_array {
    const char *name;
    const void *data;
    size_t count;
    bool may_be_dy; /* each row is read before its gradient is written */
} read_array;

/* An array that ends before T, B and O say so is often seen here, by dy that
 * would run into another, and before anything is written. */
static elman_status check_apart(const loss_rows *rows, size_t count,
                                const read_array *in)
{
    uintptr_t dy = (uintptr_t)rows->dy, from = (uintptr_t)in->data;
    size_t before = dy < from ? count : in->count; /* of the one in front */
    size_t far = (dy < from ? from - dy : dy - from) / sizeof *rows->dy;
    if (!in->data || far >= before || (dy == from && in->may_be_dy))
        return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE,
                   "dy and %s are %zu numbers apart, but T %zu, B %zu and %zu "
                   "outputs make %zu: expected arrays that do not overlap; for "
                   "one vector per sequence T is 1, which elman_model_loss "
                   "knows by itself",
                   in->name, far, rows->shape->T, rows->shape->B, rows->O,
                   count);
}

static elman_status check_overlap(const elman_loss_config *config,
                                  const loss_rows *rows,
                                  const elman_target *target)
{
    size_t row_count = rows->shape->T * rows->shape->B;
    size_t count = row_count * rows->O;
    bool alike = rows->dy_batch_first == rows->batch_first;
    const read_array wanted =
        config->kind == ELMAN_LOSS_CROSS_ENTROPY
            ? (read_array){"target->classes", target->classes, row_count, false}
            : (read_array){"target->values", target->values, count, alike};
    const read_array y = {"y", rows->y, count,
                          !rows->keeps_y && !rows->dy_batch_first};

    if (!rows->dy || !count) return ELMAN_OK;
    TRY(check_apart(rows, count, &y));
    return check_apart(rows, count, &wanted);
}

elman_status loss_check_rows(const elman_loss_config *config,
                             const loss_rows *rows, const elman_target *target)
{
    const elman_batch *shape = rows->shape;
    size_t O = rows->O, count, bytes;
    if (!shape || !target)
        return failure(ELMAN_BAD_VALUE, "the loss's %s is NULL",
                       shape ? "target" : "shape");
    if (!sizes_multiply(shape->T, shape->B, 1, &count) || count > INT32_MAX)
        return failure(ELMAN_BAD_VALUE,
                       "the loss was given T %zu and B %zu, expected a product "
                       "of at most %d",
                       shape->T, shape->B, INT32_MAX);
    if (!sizes_multiply(count, O, sizeof(float), &bytes))
        return failure(ELMAN_BAD_VALUE,
                       "T %zu, B %zu and %zu outputs of the loss are too large "
                       "for this machine's addresses",
                       shape->T, shape->B, O);

    /* targets of the right type */
    if (config->kind == ELMAN_LOSS_CROSS_ENTROPY && !target->classes)
        return failure(ELMAN_BAD_VALUE,
                       "the cross-entropy loss needs classes as targets, but "
                       "target->classes is NULL");
    if (config->kind != ELMAN_LOSS_CROSS_ENTROPY && !target->values)
        return failure(ELMAN_BAD_VALUE, "this loss needs values as targets, "
                                        "but target->values is NULL");

    size_t most = rows->steps ? rows->steps : shape->T;
    for (size_t b = 0; shape->lengths && b < shape->B; b++)
        if (shape->lengths[b] > most)
            return failure(ELMAN_BAD_VALUE,
                           "lengths[%zu] is %zu, expected 0 to T = %zu", b,
                           shape->lengths[b], most);
    return check_overlap(config, rows, target);
}
