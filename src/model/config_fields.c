/* config_fields.c: the table of a layer's fields. */
#include "model/config_fields.h"

#include "base/activation.h"
#include "base/kind.h"

#include <assert.h>

/* Each at its number; the last stays NULL. */
static const char *const kind_words[KIND_COUNT + 1] = {
    [0] = "end",
#define CELL(value, NAME, word, ...)  [value] = #word,
#define LAYER(value, NAME, word, ...) [value] = #word,
#include "base/kind.def"
};
static const char *const activation_words[ACTIVATION_COUNT + 1] = {
    [0] = "default",
#define FUNCTION(value, NAME, word, parameters) [value] = #word,
#include "base/activation.def"
};
/* by elman_activation_kind; a default is written and read as tanh */
static const char *const nonlinearity_words[] = {"tanh", "tanh", "", "relu",
                                                 NULL};
static const char *const merge_words[] = {"concat",  "sum",  "mul",
                                          "average", "none", NULL};
static const char *const last_words[] = {"step", "final", NULL};
static const char *const pool_words[] = {"mean", "max", "attention", "sum",
                                         NULL};
static const char *const init_words[] = {
    "default",        "constant",      "uniform",    "gaussian",
    "xavier_uniform", "xavier_normal", "he_uniform", "he_normal",
    "orthogonal",     "identity",      NULL};

#define LAYER(member) FIELD(elman_layer, member)

const config_field layer_fields[] = {
    {LAYER(kind), .type = WORD, .words = kind_words},
    {LAYER(name), .type = TEXT},
    {LAYER(hidden_size), .type = SIZE},
    {LAYER(num_layers), .type = SIZE},
    {LAYER(hidden_sizes), .type = SIZES},
    {LAYER(proj_size), .type = SIZE},
    {LAYER(nonlinearity), .type = WORD, .words = nonlinearity_words},
    {LAYER(activations), .type = ACTIVATIONS, .words = activation_words},
    {LAYER(no_bias), .type = FLAG},
    {LAYER(reverse), .type = FLAG},
    {LAYER(bidirectional), .type = FLAG},
    {LAYER(merge), .type = WORD, .words = merge_words},
    {LAYER(peephole), .type = FLAG},
    {LAYER(coupled), .type = FLAG},
    {LAYER(clip), .type = REAL, .range = NOT_NEGATIVE},
    {LAYER(reset_before), .type = FLAG},
    {LAYER(learned_state), .type = FLAG},
    {LAYER(dropout), .type = REAL, .range = PROBABILITY},
    {LAYER(variational), .type = FLAG},
    {LAYER(recurrent_dropout), .type = REAL, .range = PROBABILITY},
    {LAYER(zoneout), .type = REAL, .range = PROBABILITY},
    {LAYER(zoneout_cell), .type = REAL, .range = PROBABILITY},
    {LAYER(init_ih), .type = INIT, .words = init_words},
    {LAYER(init_hh), .type = INIT, .words = init_words},
    {LAYER(init_bias), .type = INIT, .words = init_words},
    {LAYER(forget_bias), .type = REAL},
    {LAYER(chrono), .type = REAL, .range = NOT_NEGATIVE},
    {LAYER(output_size), .type = SIZE},
    {LAYER(num_embeddings), .type = SIZE},
    {LAYER(embedding_dim), .type = SIZE},
    {LAYER(eps), .type = REAL, .range = NOT_NEGATIVE},
    {LAYER(last), .type = WORD, .words = last_words},
    {LAYER(activation), .type = ACTIVATION, .words = activation_words},
    {LAYER(pool), .type = WORD, .words = pool_words},
    {LAYER(repeats), .type = SIZE},
};

static_assert(sizeof layer_fields / sizeof *layer_fields == LAYER_FIELDS,
              "a field in the table for each of LAYER_FIELDS");
