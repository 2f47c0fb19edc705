/* layouts_table.c: how others than PyTorch keep the weights of a module. */
#include "import/layouts_table.h"

#define FORGET                                                                 \
    "1 added to gate f as it does by default (forget_bias: the file does not " \
    "say)"

#define RESET                                                                  \
    "its reset gate behind the product, as by default (reset_after: the file " \
    "does not say)"

/* A gate of Burn: a linear layer of x and one of h. */
#define BURN(gate, letter)                                                     \
    {gate ".input_transform.weight", LEAF_IH, letter, true, false},            \
        {gate ".hidden_transform.weight", LEAF_HH, letter, true, false},       \
        {gate ".input_transform.bias", LEAF_BIAS_IH, letter, false, true},     \
    {                                                                          \
        gate ".hidden_transform.bias", LEAF_BIAS_HH, letter, false, true       \
    }

/* A gate of recurrent.js: x, h, and a bias. */
#define RECURRENT_JS(gate, letter)                                             \
    {"W" gate "x#", LEAF_IH, letter, false, false},                            \
        {"W" gate "h#", LEAF_HH, letter, false, false},                        \
    {                                                                          \
        "b" gate "#", LEAF_BIAS_IH, letter, false, false                       \
    }

/* A gate of Chainer's stacks, by the numbers of its weights. */
#define CHAINER(x, h, letter)                                                  \
    {"#.w" x, LEAF_IH, letter, false, false},                                  \
        {"#.w" h, LEAF_HH, letter, false, false},                              \
        {"#.b" x, LEAF_BIAS_IH, letter, false, false},                         \
    {                                                                          \
        "#.b" h, LEAF_BIAS_HH, letter, false, false                            \
    }

/* The tensors of MXNet's Gluon, with what stands before them. */
#define GLUON(before, letters)                                                 \
    {before "h2h_weight", LEAF_HH, letters, false, false},                     \
        {before "i2h_weight", LEAF_IH, letters, false, false},                 \
        {before "i2h_bias", LEAF_BIAS_IH, letters, false, true},               \
        {before "h2h_bias", LEAF_BIAS_HH, letters, false, true},               \
    {                                                                          \
        before "h2r_weight", LEAF_HR, NULL, false, true                        \
    }

/* Its layers have levels and directions, its cells have none. */
#define GLUON_ROWS(k, letters, more)                                           \
    {.tool = "MXNet",                                                          \
     .kind = k,                                                                \
     .separators = "._",                                                       \
     .either_function = more,                                                  \
     .leaves = {GLUON("l#_", letters)}},                                       \
        {.tool = "MXNet",                                                      \
         .kind = k,                                                            \
         .separators = "._",                                                   \
         .backward = true,                                                     \
         .either_function = more,                                              \
         .leaves = {GLUON("r#_", letters)}},                                   \
    {                                                                          \
        .tool = "MXNet", .kind = k, .separators = "._", .leaves = {            \
            GLUON("", letters)                                                 \
        }                                                                      \
    }

const layout layouts[] = {
    /* weights gate by gate */
    {.tool = "Flax",
     .kind = ELMAN_LSTM,
     .leaves = {{"ii.kernel", LEAF_IH, "i", true, false},
                {"if.kernel|if_.kernel", LEAF_IH, "f", true, false},
                {"ig.kernel", LEAF_IH, "g", true, false},
                {"io.kernel", LEAF_IH, "o", true, false},
                {"hi.kernel", LEAF_HH, "i", true, false},
                {"hf.kernel", LEAF_HH, "f", true, false},
                {"hg.kernel", LEAF_HH, "g", true, false},
                {"ho.kernel", LEAF_HH, "o", true, false},
                {"hi.bias", LEAF_BIAS_HH, "i", false, true},
                {"hf.bias", LEAF_BIAS_HH, "f", false, true},
                {"hg.bias", LEAF_BIAS_HH, "g", false, true},
                {"ho.bias", LEAF_BIAS_HH, "o", false, true}}},
    {.tool = "Flax",
     .kind = ELMAN_GRU,
     .leaves = {{"ir.kernel", LEAF_IH, "r", true, false},
                {"iz.kernel", LEAF_IH, "z", true, false},
                {"in.kernel", LEAF_IH, "n", true, false},
                {"hr.kernel", LEAF_HH, "r", true, false},
                {"hz.kernel", LEAF_HH, "z", true, false},
                {"hn.kernel", LEAF_HH, "n", true, false},
                {"ir.bias", LEAF_BIAS_IH, "r", false, true},
                {"iz.bias", LEAF_BIAS_IH, "z", false, true},
                {"in.bias", LEAF_BIAS_IH, "n", false, true},
                {"hn.bias", LEAF_BIAS_HH, "n", false, true}}},
    {.tool = "Flax",
     .kind = ELMAN_RNN,
     .leaves = {{"i.kernel", LEAF_IH, NULL, true, false},
                {"h.kernel", LEAF_HH, NULL, true, false},
                {"i.bias", LEAF_BIAS_IH, NULL, false, true},
                {"h.bias", LEAF_BIAS_HH, NULL, false, true}}},
    {.tool = "Burn",
     .kind = ELMAN_LSTM,
     .either_way = true,
     .batch_first = true,
     .leaves = {BURN("input_gate", "i"), BURN("forget_gate", "f"),
                BURN("cell_gate", "g"), BURN("output_gate", "o")}},
    {.tool = "Burn",
     .kind = ELMAN_GRU,
     .either_way = true,
     .batch_first = true,
     .note = RESET,
     .leaves = {BURN("reset_gate", "r"), BURN("update_gate", "z"),
                BURN("new_gate", "n")}},
    {.tool = "Burn",
     .kind = ELMAN_RNN,
     .either_way = true,
     .batch_first = true,
     .leaves = {BURN("gate", NULL)}},
    {.tool = "recurrent.js",
     .kind = ELMAN_LSTM,
     .name = "lstm",
     .order = "embedding,lstm,out",
     .leaves = {RECURRENT_JS("i", "i"), RECURRENT_JS("f", "f"),
                RECURRENT_JS("o", "o"), RECURRENT_JS("c", "g")}},
    {.tool = "Chainer",
     .kind = ELMAN_LSTM,
     .batch_first = true,
     .leaves = {CHAINER("0", "4", "i"), CHAINER("1", "5", "f"),
                CHAINER("2", "6", "g"), CHAINER("3", "7", "o")}},
    {.tool = "Chainer",
     .kind = ELMAN_GRU,
     .batch_first = true,
     .leaves = {CHAINER("0", "3", "r"), CHAINER("1", "4", "z"),
                CHAINER("2", "5", "n")}},
    {.tool = "Chainer",
     .kind = ELMAN_RNN,
     .batch_first = true,
     .either_function = true,
     .leaves = {CHAINER("0", "1", NULL)}},

    /* all gates in one tensor, which their number tells apart */
    {.tool = "Flax",
     .kind = ELMAN_LSTM,
     .leaves = {{"dense_i.kernel", LEAF_IH, "ifgo", true, false},
                {"dense_h.kernel", LEAF_HH, "ifgo", true, false},
                {"dense_i.bias", LEAF_BIAS_IH, "ifgo", false, true},
                {"dense_h.bias", LEAF_BIAS_HH, "ifgo", false, true}}},
    {.tool = "Flax",
     .kind = ELMAN_GRU,
     .leaves = {{"dense_i.kernel", LEAF_IH, "rzn", true, false},
                {"dense_h.kernel", LEAF_HH, "rzn", true, false},
                {"dense_i.bias", LEAF_BIAS_IH, "rzn", false, true}}},
    {.tool = "Flax",
     .kind = ELMAN_RNN,
     .leaves = {{"dense_i.kernel", LEAF_IH, NULL, true, false},
                {"dense_h.kernel", LEAF_HH, NULL, true, false},
                {"dense_i.bias", LEAF_BIAS_IH, NULL, false, true},
                {"dense_h.bias", LEAF_BIAS_HH, NULL, false, true}}},
    {.tool = "Keras",
     .kind = ELMAN_LSTM,
     .batch_first = true,
     .leaves = {{"recurrent_kernel", LEAF_HH, "ifgo", true, false},
                {"kernel", LEAF_IH, "ifgo", true, false},
                {"bias", LEAF_BIAS_IH, "ifgo", false, true}}},
    {.tool = "Keras",
     .kind = ELMAN_GRU,
     .batch_first = true,
     .leaves = {{"recurrent_kernel", LEAF_HH, "zrn", true, false},
                {"kernel", LEAF_IH, "zrn", true, false},
                {"bias", LEAF_BIAS_IH, "zrn", false, true}}},
    {.tool = "Keras",
     .kind = ELMAN_RNN,
     .batch_first = true,
     .leaves = {{"recurrent_kernel", LEAF_HH, NULL, true, false},
                {"kernel", LEAF_IH, NULL, true, false},
                {"bias", LEAF_BIAS_IH, NULL, false, true}}},
    {.tool = "MLX",
     .kind = ELMAN_LSTM,
     .batch_first = true,
     .leaves = {{"Wx", LEAF_IH, "ifgo", false, false},
                {"Wh", LEAF_HH, "ifgo", false, false},
                {"bias", LEAF_BIAS_IH, "ifgo", false, true}}},
    {.tool = "MLX",
     .kind = ELMAN_GRU,
     .batch_first = true,
     .leaves = {{"Wx", LEAF_IH, "rzn", false, false},
                {"Wh", LEAF_HH, "rzn", false, false},
                {"b", LEAF_BIAS_IH, "rzn", false, true},
                {"bhn", LEAF_BIAS_HH, "n", false, true}}},
    {.tool = "char-rnn",
     .kind = ELMAN_LSTM,
     .first = 1,
     .name = "lstm",
     .order = "lstm,decoder,log_softmax",
     .leaves = {{"h2h_#.weight", LEAF_HH, "ifog", false, false},
                {"i2h_#.weight", LEAF_IH, "ifog", false, false},
                {"i2h_#.bias", LEAF_BIAS_IH, "ifog", false, false},
                {"h2h_#.bias", LEAF_BIAS_HH, "ifog", false, true}}},
    GLUON_ROWS(ELMAN_LSTM, "ifgo", false),
    GLUON_ROWS(ELMAN_GRU, "rzn", false),
    GLUON_ROWS(ELMAN_RNN, NULL, true),
    {.tool = "Chainer",
     .kind = ELMAN_LSTM,
     .interleaved = true,
     .leaves = {{"lateral.W", LEAF_HH, "gifo", false, false},
                {"upward.W", LEAF_IH, "gifo", false, false},
                {"upward.b", LEAF_BIAS_IH, "gifo", false, false}}},
    {.tool = "Equinox",
     .kind = ELMAN_LSTM,
     .leaves = {{"weight_hh", LEAF_HH, "ifgo", false, false},
                {"weight_ih", LEAF_IH, "ifgo", false, false},
                {"bias", LEAF_BIAS_IH, "ifgo", false, false}}},
    {.tool = "Equinox",
     .kind = ELMAN_GRU,
     .leaves = {{"weight_hh", LEAF_HH, "rzn", false, false},
                {"weight_ih", LEAF_IH, "rzn", false, false},
                {"bias", LEAF_BIAS_IH, "rzn", false, false},
                {"bias_n", LEAF_BIAS_HH, "n", false, false}}},
    {.tool = "min-char-rnn",
     .kind = ELMAN_RNN,
     .leaves = {{"Wxh", LEAF_IH, NULL, false, false},
                {"Whh", LEAF_HH, NULL, false, false},
                {"bh", LEAF_BIAS_IH, NULL, false, false}}},
    {.tool = "recurrent.js",
     .kind = ELMAN_RNN,
     .relu = true,
     .name = "rnn",
     .order = "embedding,rnn,out",
     .leaves = {{"Whh#", LEAF_HH, NULL, false, false},
                {"Wxh#", LEAF_IH, NULL, false, false},
                {"bhh#", LEAF_BIAS_IH, NULL, false, false}}},
    {.tool = "MLX",
     .kind = ELMAN_RNN,
     .batch_first = true,
     .leaves = {{"Wxh", LEAF_IH, NULL, false, false},
                {"Whh", LEAF_HH, NULL, false, false},
                {"bias", LEAF_BIAS_IH, NULL, false, true}}},
    {.tool = "Haiku",
     .kind = ELMAN_GRU,
     .reset_before = true,
     .negated = "z",
     .leaves = {{"w_i", LEAF_IH, "zrn", true, false},
                {"w_h", LEAF_HH, "zrn", true, false},
                {"b", LEAF_BIAS_IH, "zrn", false, false}}},
    {.tool = "Haiku",
     .kind = ELMAN_RNN,
     .parent = "vanilla_rnn",
     .relu = true,
     .leaves = {{"linear_1.w", LEAF_HH, NULL, true, false},
                {"linear.w", LEAF_IH, NULL, true, false},
                {"linear.b", LEAF_BIAS_IH, NULL, false, true},
                {"linear_1.b", LEAF_BIAS_HH, NULL, false, true}}},

    /* one kernel for x and h */
    {.tool = "Haiku",
     .kind = ELMAN_LSTM,
     .parent = "lstm",
     .added = "f",
     .leaves = {{"linear.w", LEAF_JOINT, "igfo", true, false},
                {"linear.b", LEAF_BIAS_IH, "igfo", false, false}}},
    {.tool = "TensorFlow 1",
     .kind = ELMAN_LSTM,
     .parent = "basic_lstm_cell",
     .added = "f",
     .note = FORGET,
     .leaves = {{"kernel|weights", LEAF_JOINT, "igfo", true, false},
                {"bias|biases", LEAF_BIAS_IH, "igfo", false, false}}},
    {.tool = "TensorFlow 1",
     .kind = ELMAN_LSTM,
     .parent = "lstm_cell",
     .added = "f",
     .note = FORGET,
     .leaves = {{"kernel|weights", LEAF_JOINT, "igfo", true, false},
                {"bias|biases", LEAF_BIAS_IH, "igfo", false, false},
                {"w_i_diag", LEAF_PEEPHOLE, "i", false, true},
                {"w_f_diag", LEAF_PEEPHOLE, "f", false, true},
                {"w_o_diag", LEAF_PEEPHOLE, "o", false, true},
                {"projection.kernel", LEAF_HR, NULL, true, true}}},
    {.tool = "TensorFlow 1",
     .kind = ELMAN_GRU,
     .reset_before = true,
     .leaves = {{"gates.kernel|gates.weights", LEAF_JOINT, "rz", true, false},
                {"candidate.kernel|candidate.weights", LEAF_JOINT, "n", true,
                 false},
                {"gates.bias|gates.biases", LEAF_BIAS_IH, "rz", false, false},
                {"candidate.bias|candidate.biases", LEAF_BIAS_IH, "n",
                 false, false}}},
    {.tool = "TensorFlow 1",
     .kind = ELMAN_RNN,
     .parent = "basic_rnn_cell",
     .leaves = {{"kernel|weights", LEAF_JOINT, NULL, true, false},
                {"bias|biases", LEAF_BIAS_IH, NULL, false, false}}},

    /* layers that are not recurrent */
    {.tool = "Keras or Flax",
     .kind = ELMAN_LINEAR,
     .leaves = {{"kernel", LEAF_WEIGHT, NULL, true, false},
                {"bias", LEAF_BIAS, NULL, false, true}}},
    {.tool = "Haiku",
     .kind = ELMAN_LINEAR,
     .leaves = {{"w", LEAF_WEIGHT, NULL, true, false},
                {"b", LEAF_BIAS, NULL, false, true}}},
    {.tool = "TensorFlow 1",
     .kind = ELMAN_LINEAR,
     .leaves = {{"softmax_w", LEAF_WEIGHT, NULL, true, false},
                {"softmax_b", LEAF_BIAS, NULL, false, false}}},
    {.tool = "recurrent.js",
     .kind = ELMAN_LINEAR,
     .name = "out",
     .leaves = {{"Whd", LEAF_WEIGHT, NULL, false, false},
                {"bd", LEAF_BIAS, NULL, false, true}}},
    {.tool = "recurrent.js",
     .kind = ELMAN_EMBEDDING,
     .name = "embedding",
     .leaves = {{"Wil", LEAF_WEIGHT, NULL, false, false}}},
    {.tool = "Chainer",
     .kind = ELMAN_LINEAR,
     .leaves = {{"W", LEAF_WEIGHT, NULL, false, false},
                {"b", LEAF_BIAS, NULL, false, true}}},
    {.tool = "MXNet",
     .kind = ELMAN_LINEAR,
     .separators = "_",
     .leaves = {{"weight", LEAF_WEIGHT, NULL, false, false},
                {"bias", LEAF_BIAS, NULL, false, true}}},
    {.tool = "min-char-rnn",
     .kind = ELMAN_LINEAR,
     .name = "out",
     .leaves = {{"Why", LEAF_WEIGHT, NULL, false, false},
                {"by", LEAF_BIAS, NULL, false, false}}},
    {.tool = "Keras",
     .kind = ELMAN_EMBEDDING,
     .leaves = {{"embeddings", LEAF_WEIGHT, NULL, false, false}}},
    {.tool = "Flax or Haiku",
     .kind = ELMAN_EMBEDDING,
     .leaves = {{"embedding", LEAF_WEIGHT, NULL, false, false}}},
    {.tool = "Keras",
     .kind = ELMAN_LAYER_NORM,
     .eps = 1e-3,
     .leaves = {{"moving_variance", LEAF_VAR, NULL, false, false},
                {"moving_mean", LEAF_MEAN, NULL, false, false},
                {"gamma", LEAF_WEIGHT, NULL, false, true},
                {"beta", LEAF_BIAS, NULL, false, true}}},
    {.tool = "Keras",
     .kind = ELMAN_LAYER_NORM,
     .leaves = {{"gamma", LEAF_WEIGHT, NULL, false, false},
                {"beta", LEAF_BIAS, NULL, false, true}}},
    {.tool = "Flax",
     .kind = ELMAN_LAYER_NORM,
     .leaves = {{"scale", LEAF_WEIGHT, NULL, false, false},
                {"bias", LEAF_BIAS, NULL, false, true}}},
    {.tool = NULL},
};
