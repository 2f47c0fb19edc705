/* onnx_form.c: which operator a level is. */
#include "export/onnx_form.h"

#include "base/kind.h"
#include "cell/reference.h"
#include "export/onnx_function.h"

#include <math.h>

/* A function that gives its sum. */
static const elman_activation identity = {ELMAN_ACTIVATION_AFFINE, 1, 0};

static onnx_block gate_of_ours(int gate)
{
    return (onnx_block){.gate = gate, .scale = 1, .recurrent = 1};
}

static onnx_block constant_block(double value)
{
    return (onnx_block){.gate = NO_GATE, .constant = (float)value};
}

static onnx_form form_of(const char *op, size_t blocks, size_t functions)
{
    return (onnx_form){
        .op = op, .block_count = blocks, .function_count = functions};
}

/* ONNX's own: LSTM i o f c of i f g o; GRU z r h of r z n. */
static void make_own(const layer *l, size_t d, onnx_form *form)
{
    static const struct {
        const char *op;
        int order[ELMAN_MAX_GATES];
    } rows[] = {
        [ELMAN_RNN] = {"RNN", {0}},
        [ELMAN_LSTM] = {"LSTM", {0, 3, 1, 2}},
        [ELMAN_GRU] = {"GRU", {1, 0, 2}},
    };
    bool vector = l->cell->recurrence == ELMAN_RECURRENCE_VECTOR;
    elman_kind kind = vector ? ELMAN_RNN : l->config.kind;

    *form =
        form_of(rows[kind].op, l->cell->gate_count, l->cell->function_count);
    form->own = true;
    for (size_t i = 0; i < form->block_count; i++)
        form->blocks[i] = gate_of_ours(rows[kind].order[i]);
    for (size_t k = 0; k < form->function_count; k++)
        form->functions[k] = cell_activation(&l->config, d, k);
}

/* h = p h_prev + (1 - p) n of an Elman cell n: a GRU of z = p and r = 1. Its
 * sums are divided by the power of two that f multiplies by, so that no clip
 * meets them. */
static void make_mixed(const layer *l, size_t d, onnx_form *form)
{
    const elman_layer *c = &l->config;
    float alpha = 1;
    while (c->clip > 0 && c->clip * alpha < 1)
        alpha *= 2;

    *form = form_of("GRU", 3, 2);
    form->blocks[0] = constant_block((double)(c->zoneout / alpha));
    form->blocks[1] = constant_block((double)(1 / alpha));
    form->blocks[2] = gate_of_ours(0);
    form->functions[0] = (elman_activation){ELMAN_ACTIVATION_AFFINE, alpha, 0};
    form->functions[1] = cell_activation(c, d, 0);
}

/* r comes from the bias of a sum that no input enters. */
static elman_status make_ligru(const layer *l, size_t d, onnx_form *form)
{
    const elman_layer *c = &l->config;
    double sum = 20;
    if (c->clip > 0 && (double)c->clip < sum) sum = (double)c->clip;
    double r = reference_activation(cell_activation(c, d, 0), sum);

    if (!(fabs(r) > 1e-3))
        return failure(ELMAN_BAD_VALUE,
                       "the layer %s is a Li-GRU whose gate is %g for a sum of "
                       "%g, so that no reset gate of ONNX can stay open",
                       c->name, r, sum);

    *form = form_of("GRU", 3, 2);
    form->blocks[0] = gate_of_ours(0);
    form->blocks[1] = constant_block(sum);
    form->blocks[2] = gate_of_ours(1);
    form->blocks[2].recurrent = 1 / r;
    for (size_t k = 0; k < 2; k++)
        form->functions[k] = cell_activation(c, d, k);
    return ELMAN_OK;
}

/* Whether 1 - f(a) is f(-a), of a hard sigmoid with another beta. */
static bool can_turn(elman_activation f)
{
    return f.kind == ELMAN_ACTIVATION_SIGMOID ||
           f.kind == ELMAN_ACTIVATION_HARD_SIGMOID;
}

/* z of a minGRU is 1 - z of a GRU. */
static void make_minimal(const layer *l, size_t d, onnx_form *form)
{
    elman_activation f = cell_activation(&l->config, d, 0);

    *form = form_of("GRU", 3, 2);
    form->gates_first =
        l->config.zoneout > 0 || l->config.kind == ELMAN_MINLSTM;
    for (size_t i = 0; i < l->D; i++)
        form->gates_first |= !can_turn(cell_activation(&l->config, i, 0));

    form->blocks[0] = gate_of_ours(0);
    form->blocks[0].scale = -1;
    form->blocks[1] = constant_block(0);
    form->blocks[2] = gate_of_ours(1);

    if (f.kind == ELMAN_ACTIVATION_HARD_SIGMOID) f.beta = 1 - f.beta;
    form->functions[0] = form->gates_first ? identity : f;
    form->functions[1] = identity;
}

static elman_status refuse_zoneout(const layer *l)
{
    return failure(ELMAN_BAD_VALUE,
                   "the layer %s is of the kind %s and has zoneout, which "
                   "ONNX's operators do not have; elman's own format keeps it",
                   l->config.name, kind_title(l->config.kind));
}

elman_status onnx_form_make(const layer *l, size_t direction, onnx_form *form)
{
    const elman_layer *c = &l->config;
    bool mixed = c->zoneout > 0 || c->zoneout_cell > 0;

    switch ((int)c->kind) {
    case ELMAN_RNN:
    case ELMAN_INDRNN:
        if (mixed) make_mixed(l, direction, form);
        else make_own(l, direction, form);
        break;
    case ELMAN_LSTM:
    case ELMAN_GRU:
        if (mixed) return refuse_zoneout(l);
        make_own(l, direction, form);
        break;
    case ELMAN_LIGRU:
        if (mixed) return refuse_zoneout(l);
        TRY(make_ligru(l, direction, form));
        break;
    case ELMAN_MINGRU:
    case ELMAN_MINLSTM:
        make_minimal(l, direction, form);
        break;
    default:
        return failure(ELMAN_BAD_VALUE,
                       "the layer %s is of the kind %s, for which ONNX has no "
                       "operator; elman's own format keeps it",
                       c->name, kind_title(c->kind));
    }

    for (size_t k = 0; k < form->function_count; k++)
        TRY(onnx_function_check(c->name, form->functions[k].kind));
    return ELMAN_OK;
}
