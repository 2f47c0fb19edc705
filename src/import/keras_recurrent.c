/* keras_recurrent.c: Keras's layers with cells. */
#include "import/keras_cell.h"

#include <stdio.h>
#include <string.h>

static const keras_cell cells[] = {
    {"LSTM",
     "LSTMCell",
     "lstm_cell",
     ELMAN_LSTM,
     4,
     {0, 1, 2, 3},
     "transposed, gates ifco to ifgo",
     "gates ifco to ifgo",
     3},
    {"GRU",
     "GRUCell",
     "gru_cell",
     ELMAN_GRU,
     3,
     {1, 0, 2},
     "transposed, gates zrh to rzn",
     "gates zrh to rzn",
     2},
    {"SimpleRNN",
     "SimpleRNNCell",
     "simple_rnn_cell",
     ELMAN_RNN,
     1,
     {0},
     "transposed",
     NULL,
     1},
};

const keras_cell *keras_find_cell(const char *name, bool alone)
{
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        if (strcmp(alone ? cells[i].cell_name : cells[i].class_name, name) == 0)
            return cells + i;
    return NULL;
}

/* ---- Settings ----------------------------------------------------------- */

static elman_status refuse_gate(const keras_layer *l, const char *key)
{
    char what[300];
    snprintf(what, sizeof what,
             "has an %.30s in its cell that elman has only behind a layer; in "
             "a cell it has tanh, sigmoid, hard_sigmoid, relu, leaky_relu, "
             "elu, softplus, softsign and linear",
             key);
    return keras_refuse(l, what);
}

/* A function in a gate is one of ours; the identity is one as well. */
static elman_status read_gate_function(const keras_model *k,
                                       const keras_layer *l,
                                       const json_node *config, const char *key,
                                       elman_activation *activation)
{
    keras_function f;
    TRY(keras_read_function(k, l, json_find(config, key), &f));
    *activation = (elman_activation){ELMAN_ACTIVATION_AFFINE, 1, 0};
    if (!f.count) return ELMAN_OK;
    if (f.count > 1 || f.step[0].kind != ELMAN_ACTIVATION)
        return refuse_gate(l, key);
    *activation = f.step[0].activation;
    return ELMAN_OK;
}

/* The functions of a cell where they are not those that it has anyway. */
static elman_status read_functions(const keras_model *k, const keras_layer *l,
                                   const keras_unit *u, elman_layer *made)
{
    elman_activation value, gate = {0}, *to = made->activations[u->direction];
    TRY(read_gate_function(k, l, u->config, "activation", &value));
    if (u->cell->functions > 1)
        TRY(read_gate_function(k, l, u->config, "recurrent_activation", &gate));

    /* both directions say theirs, or neither */
    bool other = u->direction && made->activations[0][0].kind;
    bool plain = value.kind == ELMAN_ACTIVATION_TANH &&
                 (!gate.kind || gate.kind == ELMAN_ACTIVATION_SIGMOID);
    if (plain && !other) return ELMAN_OK;

    bool single = u->cell->functions == 1;
    to[0] = single ? value : gate;
    for (size_t i = 1; i < u->cell->functions; i++)
        to[i] = value;

    /* the first direction had its own, which now are written out */
    if (!u->direction || made->activations[0][0].kind) return ELMAN_OK;
    elman_activation *first = made->activations[0];
    first[0].kind = single ? ELMAN_ACTIVATION_TANH : ELMAN_ACTIVATION_SIGMOID;
    for (size_t i = 1; i < u->cell->functions; i++)
        first[i].kind = ELMAN_ACTIVATION_TANH;
    return ELMAN_OK;
}

static bool resets_before(const keras_unit *u)
{
    return u->cell->kind == ELMAN_GRU &&
           !keras_flag(u->config, "reset_after", false);
}

/* ---- Weights ------------------------------------------------------------ */

/* The roles of a direction's parameters. */
static const char *role_of(const keras_unit *u, const char *role, char *text,
                           size_t room)
{
    snprintf(text, room, "%s_l0%s", role, u->direction ? "_reverse" : "");
    return text;
}

/* A kernel (rows, gates H), of which the parameter is the transposed. */
static elman_status add_kernel(keras_model *k, const keras_layer *l,
                               const keras_unit *u, bool recurrent, size_t H,
                               size_t *rows)
{
    const keras_cell *c = u->cell;
    size_t shape[2] = {*rows, 0};
    tensor_slice s = {.row_step = 1, .blocks = c->gates, .how = c->how};
    keras_place place = {.under = u->under,
                         .index = recurrent,
                         .role = recurrent ? "recurrent_kernel" : "kernel",
                         .turn = u->kernel_turn};

    if (!sizes_multiply(H, c->gates, 1, shape + 1))
        return keras_refuse(l, "has more units than a machine can hold");
    /* gates stand beside each other there, and ours below each other */
    memcpy(s.order, c->order, sizeof s.order);
    s.column_step = shape[1];
    TRY(keras_find(k, l, &place, 2, shape, &s.from));
    *rows = shape[0];

    char role[40];
    return keras_slice(
        k, role_of(u, recurrent ? "weight_hh" : "weight_ih", role, sizeof role),
        s);
}

/* A bias (gates H), or both of them in one (2, gates H). */
static elman_status add_bias(keras_model *k, const keras_layer *l,
                             const keras_unit *u, size_t H)
{
    const keras_cell *c = u->cell;
    bool both = c->kind == ELMAN_GRU && !resets_before(u);
    size_t shape[2] = {2, H * c->gates};
    keras_place place = {u->under, 2, "bias", u->bias_turn};
    tensor_slice s = {.row_step = 1,
                      .column_step = 1,
                      .blocks = c->gates,
                      .how = c->how_bias};

    memcpy(s.order, c->order, sizeof s.order);
    TRY(keras_find(k, l, &place, both ? 2 : 1, both ? shape : shape + 1,
                   &s.from));

    /* the second is the other row, or was added to the first */
    char role[40];
    TRY(keras_slice(k, role_of(u, "bias_ih", role, sizeof role), s));
    if (both) s.offset = shape[1];
    else s = (tensor_slice){.from = FROM_NOTHING, .how = "zero"};
    return keras_slice(k, role_of(u, "bias_hh", role, sizeof role), s);
}

/* ---- Layers ------------------------------------------------------------- */

/* What a layer or cell does that no layer of ours can. */
static elman_status check_unit(const keras_layer *l, const keras_unit *u)
{
    if (keras_flag(u->config, "time_major", false))
        return keras_refuse(l, "reads steps before sequences (time_major), "
                               "which elman does not; build it without");
    return ELMAN_OK;
}

/* Fills in one direction of a layer of ours. */
elman_status keras_add_unit(keras_model *k, const keras_layer *l,
                            const keras_unit *u, elman_layer *made,
                            size_t *reads)
{
    double units = keras_number(u->config, "units", 0);
    bool bias = keras_flag(u->config, "use_bias", true);
    if (!(units >= 1 && units <= UINT32_MAX / SLICE_BLOCKS))
        return keras_refuse(l, "has no number of units");

    /* what both directions have in common must be equal */
    size_t H = (size_t)units;
    TRY(check_unit(l, u));
    if (u->direction &&
        (made->kind != u->cell->kind || made->hidden_size != H ||
         made->no_bias != !bias || made->reset_before != resets_before(u)))
        return keras_refuse_directions(
            l, "has two directions that differ, which elman cannot join");

    made->hidden_size = H;
    made->no_bias = !bias;
    made->reset_before = resets_before(u);
    TRY(read_functions(k, l, u, made));

    TRY(add_kernel(k, l, u, false, H, reads));
    TRY(add_kernel(k, l, u, true, H, &(size_t){H}));
    return bias ? add_bias(k, l, u, H) : ELMAN_OK;
}

elman_status keras_expect_sequence(const keras_model *k, const keras_layer *l)
{
    if (k->sequence) return ELMAN_OK;
    return keras_refuse(l, "reads one vector, where elman has steps; "
                           "return_sequences of the layer before it gives "
                           "them");
}

/* Behind the last cell: all steps, or where each direction ends. */
elman_status keras_end_layer(keras_model *k, const keras_layer *l,
                             bool sequences, bool reverse, bool both)
{
    k->flipped = reverse;
    k->masked = k->im->padding && !k->repeated;
    if (reverse && sequences && k->masked)
        return keras_refuse(l, "turns its steps round, but Keras not what it "
                               "knows of padding (Masking, mask_zero), which "
                               "elman cannot; build the model without one of "
                               "them");
    if (sequences) return ELMAN_OK;

    elman_layer *last = keras_new(k, l, ELMAN_LAST, false);
    if (!last) return ELMAN_BAD_FORMAT;
    last->last = reverse || both ? ELMAN_LAST_FINAL : ELMAN_LAST_STEP;
    k->sequence = k->flipped = false;
    return ELMAN_OK;
}

/* All steps, if those are what is read. */
static bool gives_steps(const keras_layer *l)
{
    return keras_flag(l->config, "return_sequences", false) && !l->use.state;
}

/* Reading steps backwards that come backwards is reading them forwards. */
static bool reads_backwards(const keras_model *k, const json_node *config)
{
    return keras_flag(config, "go_backwards", false) != k->flipped;
}

static elman_status add_one(keras_model *k, const keras_layer *l,
                            const keras_unit *u, bool reverse, bool named)
{
    size_t reads = 0;
    elman_layer *made = keras_new(k, l, u->cell->kind, named);
    if (!made) return ELMAN_BAD_FORMAT;
    made->reverse = reverse;
    TRY(keras_add_unit(k, l, u, made, &reads));
    return keras_flow(k, l, reads, made->hidden_size);
}

elman_status keras_add_recurrent(keras_model *k, const keras_layer *l)
{
    bool reverse = reads_backwards(k, l->config);
    keras_unit u = {.cell = keras_find_cell(l->class_name, false),
                    .config = l->config,
                    .under = "/cell"};
    TRY(keras_expect_sequence(k, l));
    TRY(add_one(k, l, &u, reverse, true));
    return keras_end_layer(k, l, gives_steps(l), reverse, false);
}

/* ---- RNN over cells ----------------------------------------------------- */

/* Where the weights of a cell of several are: by its class, and how many of
 * that class come before. */
static const char *cell_path(keras_model *k, const json_node *list,
                             const json_node *node, const keras_cell *c)
{
    const char *other;
    const json_node *config;
    size_t before = 0;
    for (const json_node *at = list->is.first; at != node; at = at->next)
        if (keras_object(at, &other, &config))
            before += keras_find_cell(other, true) == c;
    return before
               ? import_text(k->im, "/cell/cells/%s_%zu", c->cell_word, before)
               : import_text(k->im, "/cell/cells/%s", c->cell_word);
}

static elman_status refuse_cell(const keras_layer *l, const char *class_name)
{
    char what[160];
    snprintf(what, sizeof what,
             "has a cell %.60s, expected LSTMCell, GRUCell or SimpleRNNCell",
             class_name);
    return keras_refuse(l, what);
}

static elman_status add_cell(keras_model *k, const keras_layer *l,
                             const json_node *list, const json_node *node,
                             bool reverse, keras_unit *u)
{
    const char *class_name = "";
    if (keras_object(node, &class_name, &u->config))
        u->cell = keras_find_cell(class_name, true);
    if (!u->cell || !u->config) return refuse_cell(l, class_name);

    u->under = list ? cell_path(k, list, node, u->cell) : "/cell";
    if (!u->under) return ELMAN_NO_MEMORY;
    bool first = !list || node == list->is.first;
    TRY(add_one(k, l, u, reverse, first));

    /* the next one has the next kernel, and bias if this one had one */
    u->kernel_turn++;
    u->bias_turn += keras_flag(u->config, "use_bias", true);
    u->cell = NULL;
    return ELMAN_OK;
}

elman_status keras_add_cells(keras_model *k, const keras_layer *l)
{
    const json_node *cell = json_find(l->config, "cell"), *config = NULL;
    const char *class_name = "";
    bool reverse = reads_backwards(k, l->config);
    keras_unit u = {.cell = NULL};
    TRY(keras_expect_sequence(k, l));

    bool stacked = keras_object(cell, &class_name, &config) &&
                   strcmp(class_name, "StackedRNNCells") == 0;
    const json_node *list = stacked ? json_find(config, "cells") : NULL;
    if (stacked && (!list || list->kind != JSON_KIND_LIST || !list->count))
        return keras_refuse(l, "has no cells");

    if (!stacked) TRY(add_cell(k, l, NULL, cell, reverse, &u));
    for (const json_node *at = list ? list->is.first : NULL; at; at = at->next)
        TRY(add_cell(k, l, list, at, reverse, &u));
    return keras_end_layer(k, l, gives_steps(l), reverse, false);
}
