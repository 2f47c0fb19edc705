/* keras_weight.c: where the weights of a Keras layer are. */
#include "import/keras_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- By their paths ----------------------------------------------------- */

/* layers/lstm/cell/vars/0 */
static const hdf5_object *find_path(const keras_model *k, const keras_layer *l,
                                    const keras_place *place)
{
    char name[600];
    int bytes = snprintf(name, sizeof name, "%s%s/vars/%zu", l->path,
                         place->under, place->index);
    bool fits = bytes > 0 && (size_t)bytes < sizeof name;
    return fits ? hdf5_find(k->file, name) : NULL;
}

/* ---- By their names ----------------------------------------------------- */

/* Whether a path has a part of that name. */
static bool has_part(const hdf5_text *path, const char *part)
{
    size_t bytes = strlen(part);
    const char *at = path->text, *end = at + path->bytes;
    while (at < end) {
        const char *slash = memchr(at, '/', (size_t)(end - at));
        const char *stop = slash ? slash : end;
        if ((size_t)(stop - at) == bytes && memcmp(at, part, bytes) == 0)
            return true;
        at = slash ? slash + 1 : end;
    }
    return false;
}

/* Whether its last part is role, or role:0 as TensorFlow names it. */
static bool has_role(const hdf5_text *path, const char *role)
{
    size_t bytes = strlen(role), first = path->bytes;
    while (first > 0 && path->text[first - 1] != '/')
        first--;
    const char *last = path->text + first;
    size_t left = path->bytes - first;
    if (left < bytes || memcmp(last, role, bytes) != 0) return false;
    return left == bytes || last[bytes] == ':';
}

/* The weights of a layer's group in the order in which it lists them. */
static const hdf5_object *find_name(const keras_model *k, const keras_layer *l,
                                    const keras_place *place)
{
    char name[1200];
    snprintf(name, sizeof name, "%s%.500s", k->home, l->group);
    const hdf5_object *group = hdf5_find(k->file, name);
    if (!group) return NULL;
    const hdf5_attribute *list = hdf5_find_attribute(
        k->file, (size_t)(group - k->file->objects), "weight_names");

    /* the one whose turn it is among those of that role */
    size_t turn = 0;
    for (size_t i = 0; list && i < list->count; i++) {
        const hdf5_text *path = k->file->texts + list->first + i;
        if (!has_role(path, place->role) || path->bytes > 600 ||
            (l->inside && !has_part(path, l->inside)) || turn++ < place->turn)
            continue;

        snprintf(name, sizeof name, "%s%.500s/%.*s", k->home, l->group,
                 (int)path->bytes, path->text);
        return hdf5_find(k->file, name);
    }
    return NULL;
}

/* ---- Both --------------------------------------------------------------- */

bool keras_has(const keras_model *k, const keras_layer *l,
               const keras_place *place, size_t *tensor)
{
    const hdf5_object *found =
        k->by_name ? find_name(k, l, place) : find_path(k, l, place);
    if (!found || found->tensor == SIZE_MAX) return false;
    *tensor = found->tensor;
    return true;
}

elman_status keras_find(const keras_model *k, const keras_layer *l,
                        const keras_place *place, size_t rank, size_t *shape,
                        size_t *tensor)
{
    if (!keras_has(k, l, place, tensor))
        return failure(ELMAN_BAD_FORMAT,
                       "the layer %.60s (%.40s) has no weight %s in the file; "
                       "save it again in Python: model.save(\"out.keras\")",
                       l->name, l->class_name, place->role);

    /* sizes that are not known yet are the tensor's */
    const named_tensor *t = k->file->tensors + *tensor;
    bool fits = t->rank == rank && element_is_float(t->type);
    for (size_t i = 0; fits && i < rank; i++) {
        if (!shape[i]) shape[i] = t->shape[i];
        fits = shape[i] == t->shape[i] && shape[i] > 0;
    }

    if (fits) return ELMAN_OK;

    char got[100], wanted[100];
    if (!element_is_float(t->type))
        return keras_refuse(l, "has weights that are no floats: it was "
                               "quantized; save the model before "
                               "model.quantize(), which elman reads");
    shape_print(t->rank, t->shape, sizeof got, got);
    shape_print(rank, shape, sizeof wanted, wanted);
    return failure(ELMAN_BAD_FORMAT,
                   "the tensor %.100s is %s %s, expected floats %s as %s of "
                   "the layer %.60s (%.40s)",
                   t->name, element_name(t->type), got, wanted, place->role,
                   l->name, l->class_name);
}

/* ---- LoRA --------------------------------------------------------------- */

/* kernel + a b alpha / rank, in doubles. */
static elman_status add_adapter(const keras_model *k, const size_t *at,
                                const size_t *shape, size_t rank, double factor,
                                float *sum)
{
    const named_tensor *tensors = k->im->weights.tensors;
    size_t rows = shape[0], columns = shape[1];
    double *a = malloc((rows * rank + rank * columns + columns) * sizeof *a);
    if (!a) return failure(ELMAN_NO_MEMORY, "no memory for a kernel");
    double *b = a + rows * rank, *row = b + rank * columns;
    tensor_doubles(tensors + at[1], 0, rows * rank, a);
    tensor_doubles(tensors + at[2], 0, rank * columns, b);

    /* row by row, for only the small ones are held whole */
    for (size_t i = 0; i < rows; i++) {
        tensor_doubles(tensors + at[0], i * columns, columns, row);
        for (size_t j = 0; j < columns; j++) {
            double product = 0;
            for (size_t r = 0; r < rank; r++)
                product += a[i * rank + r] * b[r * columns + j];
            sum[i * columns + j] = (float)(row[j] + product * factor);
        }
    }
    free(a);
    return ELMAN_OK;
}

/* alpha / rank, of which older files have no alpha. */
static elman_status read_factor(const keras_layer *l, size_t rank,
                                double *factor)
{
    double said = keras_number(l->config, "lora_rank", 0);
    double alpha = keras_number(l->config, "lora_alpha", said);
    *factor = alpha / (double)rank;
    if (said > 0 && said == (double)rank) return ELMAN_OK;
    return keras_refuse(l,
                        "has kernels of LoRA in the file, but no lora_rank "
                        "that they have; save it in Python as .keras, which "
                        "adds them to the others: model.save(\"out.keras\")");
}

elman_status keras_find_adapted(keras_model *k, const keras_layer *l,
                                const keras_place *place, const char *prefix,
                                size_t *shape, size_t *tensor)
{
    char roles[2][40];
    size_t at[3], part[2] = {0, 0};
    double factor;
    TRY(keras_find(k, l, place, 2, shape, tensor));
    at[0] = *tensor;
    for (size_t i = 0; i < 2; i++)
        snprintf(roles[i], sizeof roles[i], "%.30s_%c", prefix, "ab"[i]);

    /* a .keras file has the sum; in an .h5 they are apart */
    const keras_place a = {"", 0, roles[0], 0}, b = {"", 0, roles[1], 0};
    if (!k->by_name || !keras_has(k, l, &a, at + 1)) return ELMAN_OK;
    part[0] = shape[0];
    TRY(keras_find(k, l, &a, 2, part, at + 1));
    size_t rank = part[1];
    TRY(keras_find(k, l, &b, 2, (size_t[]){rank, shape[1]}, at + 2));
    TRY(read_factor(l, rank, &factor));

    const char *name =
        import_text(k->im, "%s (%s with LoRA)", l->name, place->role);
    float *sum =
        name ? import_make_tensor(k->im, name, 2, shape, tensor) : NULL;
    if (!sum) return ELMAN_NO_MEMORY;
    TRY(add_adapter(k, at, shape, rank, factor, sum));
    for (size_t i = 0; i < 3; i++)
        TRY(import_add_spare(k->im, at[i], "part of a sum with LoRA's"));
    return ELMAN_OK;
}

elman_status keras_slice(keras_model *k, const char *role, tensor_slice slice)
{
    weight_source *weights = &k->im->weights;
    TRY(list_grow(&k->slice_layer, weights->slice_count, &k->slice_layer_room,
                  sizeof *k->slice_layer));
    k->slice_layer[weights->slice_count] = k->layer_count - 1;
    if (!slice.blocks) slice.blocks = 1;
    snprintf(slice.parameter, sizeof slice.parameter, "%s", role);
    return weights_add(weights, &slice);
}

elman_status keras_flow(keras_model *k, const keras_layer *l, size_t reads,
                        size_t gives)
{
    if (k->width && k->width != reads)
        return failure(ELMAN_BAD_FORMAT,
                       "the layer %.60s (%.40s) reads %zu features, but the "
                       "layer before it gives %zu",
                       l->name, l->class_name, reads, k->width);

    /* the first layer with weights says how many features the model reads */
    if (!k->width) k->im->config.input_size = reads;
    k->width = gives;
    return ELMAN_OK;
}
