/*
 * batch.c: what a pass reads, and the shapes of what it gives: (B,T,.) or
 * (T,B,.), as the model has it.
 */
#include "core.h"

#include <string.h>

static bool is_turned(const elman_model *model)
{
    return elman_model_config(model)->batch_first;
}

/* Whether the model gives both directions apart, (D,T,B,R). */
static bool gives_two(const elman_model *model)
{
    const elman_config *config = elman_model_config(model);
    size_t n = 0;
    while (n < ELMAN_MAX_LAYERS && config->layers[n].kind != ELMAN_END)
        n++;
    return n && config->layers[n - 1].bidirectional &&
           config->layers[n - 1].merge == ELMAN_MERGE_NONE;
}

/* Numbers of each sequence, or none. */
static bool read_one_each(core *core, PyObject *object, array_type type,
                          const char *name, size_t B, array *a)
{
    if (!array_optional(core, object, type, name, a)) return false;
    const Py_ssize_t shape[] = {(Py_ssize_t)B};
    return !a->held || array_fits(core, a, name, 1, shape);
}

bool batch_read(core *core, const elman_model *model, PyObject *x,
                PyObject *lengths, PyObject *ids, batch_arrays *arrays,
                elman_batch *batch)
{
    memset(arrays, 0, sizeof *arrays);
    elman_model_info info = elman_model_read_info(model);
    bool tokens = info.vocabulary != 0, turned = is_turned(model);

    // x, whose first two axes are the model's order
    array *a = &arrays->x;
    if (!array_argument(core, x, tokens ? ARRAY_INT32 : ARRAY_FLOAT32, "x", a))
        return false;
    const Py_ssize_t shape[] = {-1, -1, (Py_ssize_t)info.input_size};
    if (!array_fits(core, a, "x", tokens ? 2 : 3, shape)) return false;
    batch->T = a->shape[turned ? 1 : 0];
    batch->B = a->shape[turned ? 0 : 1];
    if (tokens) batch->tokens = a->data;
    else batch->x = a->data;

    // one number for each sequence
    if (!read_one_each(core, lengths, ARRAY_SIZE, "lengths", batch->B,
                       &arrays->lengths) ||
        !read_one_each(core, ids, ARRAY_UINT64, "ids", batch->B, &arrays->ids))
        return false;
    batch->lengths = arrays->lengths.data;
    batch->ids = arrays->ids.data;
    return true;
}

void batch_release(batch_arrays *arrays)
{
    array_release(&arrays->x);
    array_release(&arrays->lengths);
    array_release(&arrays->ids);
}

size_t batch_output(const elman_model *model, size_t T, size_t B, size_t *shape)
{
    elman_model_info info = elman_model_read_info(model);
    size_t n = 0;
    if (info.output_steps) T = info.output_steps; // of a decoder
    if (gives_two(model)) shape[n++] = 2;
    if (info.per_sequence) {
        shape[n++] = B;
    } else {
        shape[n++] = is_turned(model) ? B : T;
        shape[n++] = is_turned(model) ? T : B;
    }
    shape[n++] = info.output_size;
    return n;
}

bool target_argument(core *core, const elman_model *model, size_t T, size_t B,
                     elman_loss_kind kind, PyObject *object, array *a,
                     elman_target *target)
{
    bool classes = kind == ELMAN_LOSS_CROSS_ENTROPY;
    size_t shape[CORE_MAX_RANK];
    size_t rank = batch_output(model, T, B, shape);
    Py_ssize_t sizes[CORE_MAX_RANK];
    for (size_t i = 0; i < rank; i++)
        sizes[i] = (Py_ssize_t)shape[i];
    if (!array_argument(core, object, classes ? ARRAY_INT32 : ARRAY_FLOAT32,
                        "target", a) ||
        !array_fits(core, a, "target", classes ? rank - 1 : rank, sizes))
        return false;
    *target = (elman_target){.classes = classes ? a->data : NULL,
                             .values = classes ? NULL : a->data};
    return true;
}
