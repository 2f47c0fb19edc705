/* module_config.c: the config and the slices of modules in their order. */
#include "import/module_config.h"

#include "base/kind.h"
#include "import/initial.h"

#include <stdio.h>
#include <string.h>

/* ---- Config ------------------------------------------------------------- */

static elman_layer layer_of(const entry *e, elman_activation_kind nonlinearity)
{
    const module *m = e->module;
    elman_layer l = {.kind = e->kind,
                     .last = e->last,
                     .pool = e->pool,
                     .repeats = e->repeats,
                     .activation = e->activation,
                     .eps = e->eps};

    /* a function has no weights, and so no sizes */
    if (!m) return l;

    if (e->kind == ELMAN_EMBEDDING) {
        l.num_embeddings = m->O;
        l.embedding_dim = m->I;
    } else if (e->kind == ELMAN_LINEAR) {
        l.output_size = m->O;
        l.no_bias = module_other(m, ROLE_BIAS) == NOWHERE;
    } else if (module_is_recurrent(m)) {
        bool same = true;
        for (size_t k = 1; k < m->level_count; k++)
            same = same && m->H[k] == m->H[0];
        if (same) l.hidden_size = m->H[0];
        else memcpy(l.hidden_sizes, m->H, sizeof l.hidden_sizes);
        l.num_layers = m->level_count;
        l.proj_size = m->proj_size;
        l.bidirectional = m->direction_count == 2;
        l.merge = e->merge;
        l.no_bias = m->at[0][0][ROLE_BIAS_IH] == NOWHERE;
        l.learned_state = e->learned_state;
        if (kind_has_field(m->kind, "nonlinearity"))
            l.nonlinearity = nonlinearity;
    }
    return l;
}

/* Names a layer by the last part of its module's prefix, if that can be a name
 * and no other module has it. */
static void name_layer(const module_order *o, size_t index, char *name)
{
    size_t bytes[ELMAN_MAX_LAYERS], same = 0;
    const char *last[ELMAN_MAX_LAYERS];

    /* where each module's prefix has its last part */
    for (size_t i = 0; i < o->count; i++) {
        const module *m = o->entries[i].module;

        size_t first = m ? m->prefix_bytes : 0;
        while (first > 0 && m->prefix[first - 1] != '.')
            first--;

        last[i] = m ? m->prefix + first : "";
        bytes[i] = m ? m->prefix_bytes - first : 0;
    }

    for (size_t i = 0; i < o->count; i++)
        same += bytes[i] == bytes[index] &&
                memcmp(last[i], last[index], bytes[i]) == 0;

    if (same == 1 && bytes[index] < ELMAN_MAX_NAME)
        memcpy(name, last[index], bytes[index]);
}

/* What a layout says that PyTorch's names do not; all levels and directions
 * must say the same. */
static elman_status apply_traits(const elman_import *im, const module *m,
                                 elman_layer *l)
{
    /* the first level's, or none */
    const layer_trait *first = import_trait(im, m->at[0][0][ROLE_WEIGHT_IH]);
    for (size_t i = 0; i < m->level_count * m->direction_count; i++) {
        ptrdiff_t at = m->at[i / m->direction_count][i % m->direction_count]
                            [ROLE_WEIGHT_IH];
        const layer_trait *t = import_trait(im, at);
        bool same = first && t ? first->reset_before == t->reset_before &&
                                     first->relu == t->relu &&
                                     (first->peephole == NOWHERE) ==
                                         (t->peephole == NOWHERE)
                               : first == t;
        if (!same)
            return failure(ELMAN_BAD_FORMAT,
                           "the tensor %.80s is of another cell than level 0 "
                           "(reset before the product, relu or peepholes)",
                           im->weights.tensors[at].name);
    }

    if (!first) return ELMAN_OK;
    l->reset_before = first->reset_before;
    l->peephole = first->peephole != NOWHERE;
    if (first->relu) l->nonlinearity = ELMAN_ACTIVATION_RELU;
    return ELMAN_OK;
}

/* Checks that each layer reads as many features as the one before gives. */
static elman_status check_widths(const elman_import *im, const module_order *o,
                                 size_t *input)
{
    size_t width = 0;
    bool known = false;
    for (size_t i = 0; i < o->count; i++) {
        const module *m = o->entries[i].module;
        if (!m) continue;
        bool embeds = o->entries[i].kind == ELMAN_EMBEDDING;

        const named_tensor *t =
            im->weights.tensors + (module_is_recurrent(m)
                                       ? m->at[0][0][ROLE_WEIGHT_IH]
                                       : module_other(m, ROLE_WEIGHT));

        /* an embedding reads tokens and gives its columns */
        if (!known) *input = embeds ? 0 : m->I;
        else if (m->I != width)
            return failure(ELMAN_BAD_FORMAT,
                           "the tensor %.80s reads %zu features, but the layer "
                           "before it gives %zu",
                           t->name, m->I, width);

        bool joined = o->entries[i].merge != ELMAN_MERGE_CONCAT;
        width = embeds ? m->I : m->kind == ELMAN_LAYER_NORM ? m->I : m->O;
        if (joined) width /= 2;
        known = true;
    }

    if (known) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE, "the order of the layers has no module of "
                                    "the file");
}

/* Refuses a nonlinearity that no layer would use. */
static elman_status check_nonlinearity(const module_order *o,
                                       const elman_import_config *config)
{
    bool used = !config->nonlinearity;
    for (size_t i = 0; i < o->count && !used; i++)
        used = kind_has_field(o->entries[i].kind, "nonlinearity");
    if (used) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE, "--nonlinearity is given, which has no "
                                    "use for a model without nn.RNN");
}

static elman_status make_config(elman_import *im, const module_order *o,
                                const elman_import_config *config)
{
    elman_config c = {.batch_first = config->batch_first};
    TRY(check_nonlinearity(o, config));
    TRY(check_widths(im, o, &c.input_size));

    for (size_t i = 0; i < o->count; i++) {
        const module *m = o->entries[i].module;
        c.layers[i] = layer_of(o->entries + i, config->nonlinearity);
        if (m && module_is_recurrent(m)) TRY(apply_traits(im, m, c.layers + i));
        if (o->entries[i].module) name_layer(o, i, c.layers[i].name);
    }
    if (config_complete(&c, &im->config) == ELMAN_OK) return ELMAN_OK;

    /* invalid names are not an error: such layers get default names */
    for (size_t i = 0; i < o->count; i++)
        memset(c.layers[i].name, 0, sizeof c.layers[i].name);
    return config_complete(&c, &im->config);
}

/* ---- Slices ------------------------------------------------------------- */

static elman_status add_whole(elman_import *im, ptrdiff_t tensor,
                              const char *prefix, const char *role,
                              const char *how)
{
    if (tensor == NOWHERE) return ELMAN_OK;
    const named_tensor *t = im->weights.tensors + tensor;
    size_t columns = t->rank > 1 ? t->shape[1] : 1;
    tensor_slice p = {.from = (size_t)tensor,
                      .row_step = columns,
                      .column_step = 1,
                      .blocks = 1,
                      .how = how};

    snprintf(p.parameter, sizeof p.parameter, "%s.%s", prefix, role);
    return weights_add(&im->weights, &p);
}

static elman_status add_recurrent(elman_import *im, const module *m,
                                  const elman_layer *l)
{
    const char *how = NULL;
    bool known = import_trait(im, m->at[0][0][ROLE_WEIGHT_IH]) != NULL;
    if (!known && kind_has_field(m->kind, "nonlinearity"))
        how = l->nonlinearity == ELMAN_ACTIVATION_RELU
                  ? "as it is, for relu (the file does not say)"
                  : "as it is, for tanh, as the file does not say "
                    "(--nonlinearity relu)";

    /* level by level, direction by direction, as PyTorch has them */
    for (size_t i = 0; i < m->level_count * m->direction_count * ROLES; i++) {
        size_t level = i / (m->direction_count * ROLES);
        size_t d = i / ROLES % m->direction_count;
        module_role role = (module_role)(i % ROLES);

        char name[LONGEST_ROLE];
        role_print(false, role, level, d, sizeof name, name);
        TRY(add_whole(im, m->at[level][d][role], l->name, name,
                      role == ROLE_WEIGHT_IH ? how : NULL));
        if (role != ROLE_WEIGHT_IH) continue;

        const layer_trait *t = import_trait(im, m->at[level][d][role]);
        snprintf(name, sizeof name, "peephole_l%zu%s", level,
                 d ? "_reverse" : "");
        if (t) TRY(add_whole(im, t->peephole, l->name, name, NULL));
    }
    return ELMAN_OK;
}

static elman_status add_zero_bias(elman_import *im, const char *prefix)
{
    tensor_slice p = {.from = FROM_NOTHING, .blocks = 1, .how = "zero"};
    snprintf(p.parameter, sizeof p.parameter, "%s.bias", prefix);
    return weights_add(&im->weights, &p);
}

elman_status modules_build(elman_import *im, const module_order *o,
                           const elman_import_config *config)
{
    TRY(make_config(im, o, config));
    for (size_t i = 0; i < o->count; i++) {
        const module *m = o->entries[i].module;
        const elman_layer *l = im->config.layers + i;
        if (!m) continue;
        if (module_is_recurrent(m)) TRY(add_recurrent(im, m, l));
        if (o->entries[i].learned_state)
            TRY(initial_build(im, o->entries + i, l));

        /* a square one is an embedding by its name alone, which is said */
        bool named = o->entries[i].kind == ELMAN_EMBEDDING && m->I == m->O &&
                     !config->layers;
        for (module_role r = ROLE_WEIGHT; r < ROLE_COUNT; r++)
            TRY(add_whole(im, module_other(m, r), l->name, role_word(r),
                          named ? "as it is, an embedding by its name (a "
                                  "linear layer without bias has this shape)"
                                : NULL));
        if (m->norm == NORM_ALONE) TRY(add_zero_bias(im, l->name));
    }
    return ELMAN_OK;
}
