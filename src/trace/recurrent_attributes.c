/* recurrent_attributes.c: what the attributes of an RNN, GRU or LSTM say. */
#include "trace/recurrent_node.h"

#include "base/kind.h"
#include "trace/attribute.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { FUNCTIONS = 3 };

/* How many of alpha and beta each function takes, and what they are if the node
 * does not say; where ONNX's text and ONNX Runtime differ in that, it must. */
static const struct {
    const char *name;
    elman_activation_kind kind;
    size_t takes;
    bool needed;
    float alpha, beta;
} functions[] = {
    {"Tanh", ELMAN_ACTIVATION_TANH, 0, false, 0, 0},
    {"Sigmoid", ELMAN_ACTIVATION_SIGMOID, 0, false, 0, 0},
    {"Relu", ELMAN_ACTIVATION_RELU, 0, false, 0, 0},
    {"Affine", ELMAN_ACTIVATION_AFFINE, 2, true, 0, 0},
    {"LeakyRelu", ELMAN_ACTIVATION_LEAKY_RELU, 1, false, 0.01F, 0},
    {"ThresholdedRelu", ELMAN_ACTIVATION_THRESHOLDED_RELU, 1, true, 0, 0},
    {"ScaledTanh", ELMAN_ACTIVATION_SCALED_TANH, 2, true, 0, 0},
    {"HardSigmoid", ELMAN_ACTIVATION_HARD_SIGMOID, 2, false, 0.2F, 0.5F},
    {"Elu", ELMAN_ACTIVATION_ELU, 1, false, 1, 0},
    {"Softsign", ELMAN_ACTIVATION_SOFTSIGN, 0, false, 0, 0},
    {"Softplus", ELMAN_ACTIVATION_SOFTPLUS, 0, false, 0, 0},
};

static elman_status find_list(const onnx_node *n, const char *name,
                              onnx_kind kind, const onnx_attribute **list)
{
    *list = onnx_find(n, name);
    if (*list && (*list)->kind != kind)
        return refuse(n, "the attribute %s is not a list of %s", name,
                      kind == ONNX_FLOATS ? "numbers" : "texts");
    return ELMAN_OK;
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; }

/* Whether two names differ in capitals alone. */
static bool same_name(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b))
        a++, b++;
    return *a == *b;
}

/* Takes the next of a list of alphas or betas, if there is one. */
static bool take_number(const onnx_attribute *list, size_t *next, float *number)
{
    if (!list || *next == list->count) return false;
    *number = list->floats[(*next)++];
    return true;
}

static elman_status read_function(const onnx_node *n, const char *name,
                                  const onnx_attribute *alphas, size_t *alpha,
                                  const onnx_attribute *betas, size_t *beta,
                                  elman_activation *a)
{
    /* the row of that name */
    size_t i = 0;
    while (i < sizeof functions / sizeof *functions &&
           !same_name(functions[i].name, name))
        i++;
    if (i == sizeof functions / sizeof *functions)
        return refuse(n, "the activation \"%.40s\" is unknown", name);

    *a = (elman_activation){functions[i].kind, functions[i].alpha,
                            functions[i].beta};

    /* alphas and betas are lists for those functions that take one */
    size_t takes = functions[i].takes, got = 0;
    if (takes > 0) got += take_number(alphas, alpha, &a->alpha);
    if (takes > 1) got += take_number(betas, beta, &a->beta);
    if (functions[i].needed && got < takes)
        return refuse(n,
                      "its activation %s has no %s, whose defaults differ "
                      "between systems",
                      functions[i].name, takes > 1 ? "alpha or beta" : "alpha");

    if (isfinite(a->alpha) && isfinite(a->beta)) return ELMAN_OK;
    return refuse(n, "the alpha or beta of %s is not finite",
                  functions[i].name);
}

/* Leaves out functions that the layer has by default, so that it is PyTorch's
 * layer where it can be. */
static void prefer_own(elman_layer *c, size_t direction_count)
{
    const elman_activation_kind *own = cell_for(c)->own;
    bool same = true, relu = kind_has_field(c->kind, "nonlinearity");

    for (size_t d = 0; d < direction_count; d++) {
        for (size_t k = 0; k < FUNCTIONS; k++)
            same = same && c->activations[d][k].kind == own[k];
        relu = relu && c->activations[d][0].kind == ELMAN_ACTIVATION_RELU;
    }

    if (same || relu) memset(c->activations, 0, sizeof c->activations);
    if (relu) c->nonlinearity = ELMAN_ACTIVATION_RELU;
}

static elman_status read_activations(recurrent_node *r)
{
    const onnx_node *n = r->n;
    const onnx_attribute *names, *alphas, *betas;
    size_t wanted = r->direction_count * r->cell->function_count, alpha = 0,
           beta = 0;
    TRY(find_list(n, "activations", ONNX_STRINGS, &names));
    TRY(find_list(n, "activation_alpha", ONNX_FLOATS, &alphas));
    TRY(find_list(n, "activation_beta", ONNX_FLOATS, &betas));

    /* without names the layer has its own functions */
    if (!names) return ELMAN_OK;
    if (names->count != wanted)
        return refuse(n, "%zu activations, expected %zu", names->count, wanted);

    for (size_t i = 0; i < wanted; i++)
        TRY(read_function(n, names->strings[i], alphas, &alpha, betas, &beta,
                          &r->config.activations[i / r->cell->function_count]
                                                [i % r->cell->function_count]));

    prefer_own(&r->config, r->direction_count);
    return ELMAN_OK;
}

/* The places of the gates of a cell that was written out, if they are not those
 * of the operator. */
static elman_status read_blocks(recurrent_node *r)
{
    int64_t blocks[AXES];
    size_t count, moved = 0;
    TRY(attribute_wholes(r->n, "blocks", &count, blocks));
    r->of = *r->row;
    for (size_t k = 0; k < count; k++) {
        r->of.order[k] = (size_t)blocks[r->row->order[k]];
        moved += r->of.order[k] != k;
    }
    if (count) r->of.how = moved ? "gates in order" : "as it is";
    r->row = &r->of;
    return ELMAN_OK;
}

static elman_status check_names(const recurrent_node *r)
{
    static const char *const known[] = {"activations",
                                        "activation_alpha",
                                        "activation_beta",
                                        "blocks",
                                        "clip",
                                        "direction",
                                        "hidden_size",
                                        "input_forget",
                                        "linear_before_reset",
                                        "layout"};

    /* "blocks" is our own */
    for (size_t i = 0; i < r->n->attribute_count; i++) {
        const char *name = r->n->attributes[i].name;
        size_t k = 0;
        while (k < sizeof known / sizeof *known && strcmp(known[k], name))
            k++;
        bool ours = !r->grown && !strcmp(name, "blocks");
        if (k == sizeof known / sizeof *known || ours)
            return refuse(r->n, "the attribute %.40s is unknown", name);
    }
    return ELMAN_OK;
}

elman_status recurrent_attributes(recurrent_node *r)
{
    const onnx_node *n = r->n;
    elman_layer *c = &r->config;
    const char *where;
    int64_t layout, forget = 0, linear = 1;

    TRY(check_names(r));
    if (r->grown) TRY(read_blocks(r));
    TRY(attribute_text(n, "direction", "forward", &where));
    TRY(attribute_whole(n, "layout", 0, &layout));
    TRY(attribute_float(n, "clip", FLT_MAX, &c->clip));
    if (kind_has_field(c->kind, "coupled"))
        TRY(attribute_whole(n, "input_forget", 0, &forget));
    if (kind_has_field(c->kind, "reset_before"))
        TRY(attribute_whole(n, "linear_before_reset", 0, &linear));

    c->reverse = !strcmp(where, "reverse");
    c->bidirectional = !strcmp(where, "bidirectional");

    if (!c->reverse && !c->bidirectional && strcmp(where, "forward"))
        return refuse(n,
                      "the direction \"%.40s\" is unknown, expected forward, "
                      "reverse or bidirectional",
                      where);

    if (layout != 0 && layout != 1)
        return refuse(n, "its layout is %lld, expected 0 or 1",
                      (long long)layout);

    if (!(c->clip > 0) || isinf(c->clip))
        return refuse(n, "its clip is %g, expected a finite number above 0",
                      (double)c->clip);
    if (c->clip == FLT_MAX) c->clip = 0; /* none */

    r->direction_count = c->bidirectional ? 2 : 1;
    r->batch_first = layout == 1;
    c->coupled = forget != 0;
    c->reset_before = linear == 0;

    return read_activations(r);
}
