/* config.c: fills in what a config leaves to the defaults, and checks it. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/activation.h"
#include "base/kind.h"
#include "format/utf8.h"
#include "model/config_fields.h"
#include "model/model.h"

static bool is_zero(const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bytes[i]) return false;
    return true;
}

static elman_status check_fields(const elman_layer *l, size_t index)
{
    const char *title = kind_at(l->kind)->title;
    for (size_t i = 0; i < LAYER_FIELDS; i++) {
        /* kind and name are every layer's */
        const config_field *f = layer_fields + i;
        const unsigned char *at = (const unsigned char *)l + f->at;
        bool is_any = f->at == offsetof(elman_layer, kind) ||
                      f->at == offsetof(elman_layer, name);
        if (is_any || is_zero(at, f->bytes)) continue;

        if (!kind_has_field(l->kind, f->name))
            return failure(
                ELMAN_BAD_VALUE,
                "layer %zu (%s): %s is set, but the kind %s has none", index,
                title, f->name, title);

        if (f->range == ANY) continue;
        float value;
        memcpy(&value, at, sizeof value);
        bool probability = f->range == PROBABILITY;
        if (!(value >= 0) || isinf(value) || (probability && value > 1))
            return failure(
                ELMAN_BAD_VALUE, "layer %zu (%s): %s is %g, expected %s", index,
                title, f->name, (double)value,
                probability ? "0 to 1" : "a finite number of 0 or more");
    }
    return ELMAN_OK;
}

static elman_status check_init(elman_init init, const char *name, size_t index)
{
    if ((unsigned)init.kind <= ELMAN_INIT_IDENTITY && isfinite(init.value))
        return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE,
                   "layer %zu: %s has kind %d and value %g, expected kind 0 to "
                   "%d and a finite value",
                   index, name, (int)init.kind, init.value,
                   ELMAN_INIT_IDENTITY);
}

static elman_status check_activation(elman_activation *a, unsigned least,
                                     size_t index)
{
    if ((unsigned)a->kind < least || (unsigned)a->kind >= ACTIVATION_COUNT)
        return failure(ELMAN_BAD_VALUE,
                       "layer %zu: an activation has kind %d, expected %u to "
                       "%d",
                       index, (int)a->kind, least, ACTIVATION_COUNT - 1);
    if (!isfinite(a->alpha) || !isfinite(a->beta))
        return failure(ELMAN_BAD_VALUE,
                       "layer %zu: an activation has alpha %g and beta %g, "
                       "expected finite numbers",
                       index, (double)a->alpha, (double)a->beta);

    int takes = activation_parameters(a->kind);
    if ((a->alpha != 0 && takes < 1) || (a->beta != 0 && takes < 2))
        return failure(ELMAN_BAD_VALUE,
                       "layer %zu: an activation of kind %d has alpha %g and "
                       "beta %g, but takes %s",
                       index, (int)a->kind, (double)a->alpha, (double)a->beta,
                       takes ? "alpha alone" : "neither");
    if (a->alpha == 0) a->alpha = 0; /* never -0 */
    if (a->beta == 0) a->beta = 0;
    return ELMAN_OK;
}

/* An activation that is the layer's own anyway becomes the default, so that
 * such a layer is like any other. */
static elman_status check_activations(elman_layer *l, size_t index)
{
    size_t count = cell_for(l)->function_count;
    size_t directions = l->bidirectional ? 2 : 1, relus = 0;
    bool relu = l->nonlinearity == ELMAN_ACTIVATION_RELU;
    bool has_relu = kind_has_field(l->kind, "nonlinearity");

    /* each one's own values, and whether the layer has room for it */
    for (size_t i = 0; i < 6; i++) {
        elman_activation *a = &l->activations[i / 3][i % 3];
        TRY(check_activation(a, 0, index));

        /* by position */
        if (!a->kind) continue;
        if (i / 3 >= directions || i % 3 >= count)
            return failure(ELMAN_BAD_VALUE,
                           "layer %zu: activations[%zu][%zu] is set, but the "
                           "last that this %s reads is activations[%zu][%zu]",
                           index, i / 3, i % 3, kind_at(l->kind)->title,
                           directions - 1, count - 1);
        if (relu)
            return failure(ELMAN_BAD_VALUE,
                           "layer %zu: nonlinearity and activations are both "
                           "set, expected one of them",
                           index);
        relus += has_relu && a->kind == ELMAN_ACTIVATION_RELU;
    }

    /* what the layer does anyway is no setting; relu in all directions is its
     * nonlinearity */
    for (size_t i = 0; i < 6; i++) {
        elman_activation *a = &l->activations[i / 3][i % 3];
        if (a->kind == cell_own_activation(l, i % 3).kind ||
            relus == directions)
            *a = (elman_activation){0};
    }
    if (relus == directions) l->nonlinearity = ELMAN_ACTIVATION_RELU;
    return ELMAN_OK;
}

/* tanh said in full becomes the default, so that such a layer is like any. */
static elman_status check_nonlinearity(elman_layer *l, size_t index)
{
    if (l->nonlinearity == ELMAN_ACTIVATION_TANH)
        l->nonlinearity = ELMAN_ACTIVATION_DEFAULT;
    if (l->nonlinearity == ELMAN_ACTIVATION_DEFAULT ||
        l->nonlinearity == ELMAN_ACTIVATION_RELU)
        return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE,
                   "layer %zu: nonlinearity is %d, expected tanh (%d) or relu "
                   "(%d); activations take the others",
                   index, (int)l->nonlinearity, ELMAN_ACTIVATION_TANH,
                   ELMAN_ACTIVATION_RELU);
}

static elman_status check_recurrent(elman_layer *l, size_t index)
{
    TRY(check_activations(l, index));

    /* levels, and the size of each */
    if (l->num_layers == 0) {
        l->num_layers = 1;
        while (l->num_layers < ELMAN_MAX_LEVELS &&
               l->hidden_sizes[l->num_layers])
            l->num_layers++;
    }
    if (l->num_layers > ELMAN_MAX_LEVELS)
        return failure(ELMAN_BAD_VALUE,
                       "layer %zu: num_layers is %zu, expected 1 to %d", index,
                       l->num_layers, ELMAN_MAX_LEVELS);

    bool listed = l->hidden_sizes[0] != 0;
    for (size_t k = 0; k < ELMAN_MAX_LEVELS; k++) {
        bool wanted = listed && k < l->num_layers;
        if (wanted != (l->hidden_sizes[k] != 0))
            return failure(ELMAN_BAD_VALUE,
                           "layer %zu: hidden_sizes[%zu] is %zu, expected one "
                           "size for each of %zu levels or none at all",
                           index, k, l->hidden_sizes[k], l->num_layers);
    }
    if (listed && l->hidden_size && l->hidden_size != l->hidden_sizes[0])
        return failure(ELMAN_BAD_VALUE,
                       "layer %zu: hidden_size %zu and hidden_sizes are both "
                       "set, expected one of them",
                       index, l->hidden_size);
    if (listed) l->hidden_size = l->hidden_sizes[0];

    /* directions and how they merge */
    if (l->reverse && l->bidirectional)
        return failure(ELMAN_BAD_VALUE,
                       "layer %zu: reverse and bidirectional are both set, "
                       "expected one of them",
                       index);
    if ((unsigned)l->merge > ELMAN_MERGE_NONE ||
        (l->merge && !l->bidirectional))
        return failure(ELMAN_BAD_VALUE,
                       "layer %zu: merge is %d, expected 0 to %d, and 0 unless "
                       "bidirectional",
                       index, (int)l->merge, ELMAN_MERGE_NONE);
    if (l->merge == ELMAN_MERGE_NONE && l->num_layers > 1)
        return failure(ELMAN_BAD_VALUE,
                       "layer %zu: merge none gives two outputs, which the "
                       "next of %zu levels cannot read",
                       index, l->num_layers);

    if (l->clip == 0) l->clip = 0; /* never -0 */
    if (l->chrono > 0 && l->chrono <= 2)
        return failure(ELMAN_BAD_VALUE,
                       "layer %zu: chrono is %g, expected more than 2 steps",
                       index, (double)l->chrono);
    return ELMAN_OK;
}

/* A name becomes part of tensors' names in files, and of messages. */
static bool is_printable(const char *name)
{
    size_t bytes = strlen(name);
    for (size_t i = 0; i < bytes; i++)
        if ((unsigned char)name[i] < 0x20 || name[i] == 0x7F) return false;
    return utf8_valid(name, bytes) == bytes;
}

/* rnn, then rnn2, rnn3 ... among the layers before index. */
static elman_status name_layer(elman_config *c, size_t index)
{
    elman_layer *l = c->layers + index;
    if (!memchr(l->name, 0, sizeof l->name))
        return failure(ELMAN_BAD_VALUE,
                       "layer %zu: its name is not terminated within %d bytes",
                       index, ELMAN_MAX_NAME);
    if (!is_printable(l->name))
        return failure(ELMAN_BAD_VALUE,
                       "layer %zu: its name is %s, expected printable UTF-8",
                       index, l->name);

    /* the name as it is, or the first free one of its kind */
    bool given = l->name[0] != 0;
    for (size_t n = 1; n <= ELMAN_MAX_LAYERS + 1; n++) {
        if (!given)
            snprintf(l->name, sizeof l->name, n > 1 ? "%s%zu" : "%s",
                     kind_at(l->kind)->prefix, n);
        size_t same = 0;
        while (same < index && strcmp(c->layers[same].name, l->name))
            same++;
        if (same == index) return ELMAN_OK;
        if (given) break;
    }
    return failure(ELMAN_BAD_VALUE,
                   "layer %zu: the name %s is taken by an earlier layer", index,
                   l->name);
}

static elman_status check_pool(const elman_layer *l, size_t index)
{
    if ((unsigned)l->pool > ELMAN_POOL_SUM)
        return failure(ELMAN_BAD_VALUE,
                       "layer %zu: pool is %d, expected 0 to %d", index,
                       (int)l->pool, ELMAN_POOL_SUM);
    if (l->pool != ELMAN_POOL_ATTENTION &&
        (l->init_ih.kind || l->init_bias.kind))
        return failure(ELMAN_BAD_VALUE,
                       "layer %zu: %s is set, but only attention has weights "
                       "to draw, expected pool %d (found %d)",
                       index, l->init_ih.kind ? "init_ih" : "init_bias",
                       ELMAN_POOL_ATTENTION, (int)l->pool);
    return ELMAN_OK;
}

static elman_status complete_layer(elman_config *c, size_t index)
{
    elman_layer *l = c->layers + index;
    if (!kind_at(l->kind))
        return failure(ELMAN_BAD_VALUE,
                       "layer %zu: kind is %d, expected 1 to %zu", index,
                       (int)l->kind, kind_count() - 1);

    /* each field by itself */
    TRY(check_fields(l, index));
    TRY(check_init(l->init_ih, "init_ih", index));
    TRY(check_init(l->init_hh, "init_hh", index));
    TRY(check_init(l->init_bias, "init_bias", index));
    if (!isfinite(l->forget_bias))
        return failure(ELMAN_BAD_VALUE,
                       "layer %zu: forget_bias is %g, expected a finite number",
                       index, (double)l->forget_bias);
    TRY(check_nonlinearity(l, index));

    /* fields that depend on others */
    if (kind_is_recurrent(l->kind)) TRY(check_recurrent(l, index));
    if ((unsigned)l->last > ELMAN_LAST_FINAL)
        return failure(ELMAN_BAD_VALUE,
                       "layer %zu: last is %d, expected 0 or 1", index,
                       (int)l->last);
    if (l->kind == ELMAN_POOL) TRY(check_pool(l, index));

    /* what remains of other kinds */
    if (l->kind == ELMAN_LAYER_NORM && l->eps == 0) l->eps = 1e-5f;
    if (l->kind == ELMAN_L2_NORM && l->eps == 0) l->eps = 1e-12f;
    TRY(check_activation(&l->activation, l->kind == ELMAN_ACTIVATION, index));
    return name_layer(c, index);
}

elman_status config_complete(const elman_config *config, elman_config *full)
{
    if (!kernels_here()) return failure(ELMAN_BAD_VALUE, KERNELS_ABSENT);

    *full = *config;
    size_t n = 0;
    while (n < ELMAN_MAX_LAYERS && full->layers[n].kind != ELMAN_END)
        n++;
    if (n == 0)
        return failure(ELMAN_BAD_VALUE,
                       "config has no layers, expected at least one");

    /* what the first layer reads */
    bool embeds = full->layers[0].kind == ELMAN_EMBEDDING;
    if (embeds != (full->input_size == 0))
        return failure(ELMAN_BAD_VALUE, "input_size is %zu, expected %s",
                       full->input_size,
                       embeds ? "0 with an embedding first" : "at least 1");

    /* each layer; what follows the last is cleared */
    for (size_t i = 0; i < n; i++)
        TRY(complete_layer(full, i));
    for (size_t i = n; i < ELMAN_MAX_LAYERS; i++)
        memset(full->layers + i, 0, sizeof *full->layers);
    return ELMAN_OK;
}
