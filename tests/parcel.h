/*
 * parcel.h: files of tensors, put together for importers to open.
 */
#ifndef TESTS_PARCEL_H
#define TESTS_PARCEL_H

#include "folder.h"
#include "format/safetensors.h"

enum { MOST = 64, ROOM = 1 << 14 };

/* ---- Files of others ---------------------------------------------------- */

/* A file of tensors that is being put together. */
typedef struct parcel {
    size_t count, used;
    named_tensor tensors[MOST];
    char names[MOST][80];
    unsigned char bytes[8 * ROOM];
} parcel;

static parcel box;

static inline void parcel_clear(void) { box.count = box.used = 0; }

/* Multiples of 1/64 below 2: exact in every type. */
static inline void put_number(element_type type, double value,
                              unsigned char *to)
{
    float single = (float)value;
    uint32_t bits;
    memcpy(&bits, &single, sizeof bits);
    uint16_t brain = (uint16_t)(bits >> 16);
    uint16_t half =
        (uint16_t)((bits >> 16 & 0x8000) |
                   (bits << 1 ? (bits >> 13 & 0x3FFFF) - 0x1C000 : 0));
    switch (type) {
    case ELEMENT_F64:
        memcpy(to, &value, sizeof value);
        break;
    case ELEMENT_F16:
        memcpy(to, &half, sizeof half);
        break;
    case ELEMENT_BF16:
        memcpy(to, &brain, sizeof brain);
        break;
    default:
        memcpy(to, &single, sizeof single);
    }
}

static inline void parcel_add(const char *name, element_type type, size_t rank,
                              const size_t *shape, const float *values)
{
    named_tensor *t = box.tensors + box.count;
    *t = (named_tensor){.type = type, .rank = rank, .count = 1};
    snprintf(box.names[box.count], sizeof box.names[0], "%s", name);
    for (size_t i = 0; i < rank; i++)
        t->count *= t->shape[i] = shape[i];
    unsigned char *to = box.bytes + box.used;
    box.used += t->count * element_bytes(type);
    assert_true(box.used <= sizeof box.bytes && box.count < MOST);
    for (size_t i = 0; i < t->count; i++)
        put_number(type, values ? (double)values[i] : 0,
                   to + i * element_bytes(type));
    t->name = box.names[box.count++];
    t->data = to;
}

static inline const char *parcel_save(void)
{
    const char *path = in_folder("weights.safetensors");
    safetensors file = {.tensor_count = box.count, .tensors = box.tensors};
    CHECK_OK(safetensors_save(&file, path));
    return path;
}

static inline elman_status open_parcel(const elman_import_config *config,
                                       elman_import **import)
{
    const char *path = parcel_save();
    return elman_import_open(&path, 1, config, import);
}

/* Opens, builds and closes. */
static inline elman_status import_parcel(const elman_import_config *config,
                                         elman_model **model)
{
    elman_import *import = NULL;
    elman_status status = open_parcel(config, &import);
    if (!status) status = elman_import_create(import, model);
    elman_import_close(import);
    return status;
}

/* Weights that every type holds. */
static inline void fill_weights(elman_model *model, uint64_t which)
{
    float values[ROOM];
    elman_const_tensor t;
    const char *name;
    for (size_t i = 0; (name = elman_model_parameter(model, i, &t)); i++) {
        size_t n = t.shape[0] * (t.rank > 1 ? t.shape[1] : 1);
        assert_true(n <= ROOM);
        random_fill(which * 100 + i, n, -64, 64, values);
        for (size_t j = 0; j < n; j++)
            values[j] = floorf(values[j]) / 64;
        CHECK_OK(elman_model_write(model, name, n, values));
    }
}

/* Adds the parameters of a model, with prefix for the name of its layer; as of
 * a cell, without level. */
static inline void add_model(const elman_model *model, const char *prefix,
                             element_type type, bool cell)
{
    elman_const_tensor t;
    const char *name;
    for (size_t i = 0; (name = elman_model_parameter(model, i, &t)); i++) {
        char foreign[80];
        const char *dot = strchr(name, '.') + 1;
        int bytes = cell ? (int)strlen(dot) - 3 : (int)strlen(dot);
        if (prefix)
            snprintf(foreign, sizeof foreign, "%s%s%.*s", prefix,
                     *prefix ? "." : "", bytes, dot);
        else snprintf(foreign, sizeof foreign, "%s", name);
        parcel_add(foreign, type, t.rank, t.shape, t.data);
    }
}

#endif
