/*
 * test_import.c: weights of others become a model with the same bits, in the
 * order that their shapes leave or that is given; everything else gets a
 * sentence that names the tensor.
 */
#include "parcel.h"

#include "format/file.h"

static void check_same(const elman_model *got, const elman_model *want,
                       const char *what)
{
    elman_const_tensor a, b;
    for (size_t i = 0; elman_model_parameter(want, i, &a); i++) {
        const char *name = elman_model_parameter(got, i, &b);
        CHECK(name, "%s: parameter %zu", what, i);
        size_t n = a.shape[0] * (a.rank > 1 ? a.shape[1] : 1);
        assert_int_equal(a.rank, b.rank);
        assert_memory_equal(a.shape, b.shape, a.rank * sizeof *a.shape);
        CHECK_BITS(b.data, a.data, n, "%s: %s", what, name);
    }
    elman_model_info info = elman_model_read_info(got);
    assert_int_equal(info.parameter_count,
                     elman_model_read_info(want).parameter_count);
}

/* ---- Whatever the prefix and the type ----------------------------------- */

static void check_import(elman_layer l, size_t turn)
{
    static const char *const prefixes[] = {"", "rnn", "model.encoder.lstm",
                                           "module.0"};
    static const char *const names[] = {"rnn", "rnn", "lstm", "0"};
    static const element_type types[] = {ELEMENT_F32, ELEMENT_F64, ELEMENT_F16,
                                         ELEMENT_BF16};
    elman_config config = {.input_size = 3, .seed = turn, .layers = {l}};
    elman_model *model = NULL;
    CHECK_OK(elman_model_create(&config, &model));
    fill_weights(model, turn);
    for (size_t i = 0; i < 4; i++) {
        elman_model *got = NULL;
        char what[80];
        parcel_clear();
        add_model(model, prefixes[i], types[(i + turn) % 4], false);
        snprintf(what, sizeof what, "case %zu as \"%s\"", turn, prefixes[i]);
        CHECK_OK(import_parcel(NULL, &got));
        check_same(got, model, what);
        const elman_layer *made = elman_model_config(got)->layers;
        assert_string_equal(made->name, names[i]);
        assert_int_equal(made->kind, l.kind);
        elman_model_destroy(got);
    }
    elman_model_destroy(model);
}

TEST(weights_keep_their_bits_whatever_their_prefix_and_type)
{
    static const elman_kind kinds[] = {ELMAN_RNN, ELMAN_LSTM, ELMAN_GRU};
    size_t turn = 0;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (size_t levels = 1; levels <= 3; levels++)
            for (size_t i = 0; i < (kinds[k] == ELMAN_LSTM ? 8 : 4); i++)
                check_import((elman_layer){.kind = kinds[k],
                                           .hidden_size = 5,
                                           .num_layers = levels,
                                           .bidirectional = i & 1,
                                           .no_bias = i & 2,
                                           .proj_size = i & 4 ? 2 : 0},
                             turn++);
    check_import((elman_layer){.kind = ELMAN_GRU, .hidden_sizes = {4, 2, 7}},
                 turn++);
    check_import((elman_layer){.kind = ELMAN_LSTM,
                               .hidden_sizes = {4, 6},
                               .proj_size = 3,
                               .bidirectional = true},
                 turn);
}

TEST(a_cell_is_a_layer_of_one_level)
{
    elman_config config = {.input_size = 3,
                           .layers = {{.kind = ELMAN_RNN, .hidden_size = 4}}};
    elman_model *model = NULL, *got = NULL;
    elman_import *import = NULL;
    size_t count;
    CHECK_OK(elman_model_create(&config, &model));
    fill_weights(model, 1);
    parcel_clear();
    add_model(model, "cell", ELEMENT_F32, true);
    CHECK_OK(open_parcel(
        &(elman_import_config){.nonlinearity = ELMAN_ACTIVATION_RELU,
                               .batch_first = true},
        &import));
    const elman_import_row *row = elman_import_rows(import, &count);
    assert_int_equal(count, 4);
    assert_string_equal(row->from, "cell.weight_ih");
    assert_string_equal(row->to, "cell.weight_ih_l0");
    assert_string_equal(row->how, "as it is, for relu (the file does not "
                                  "say)");
    assert_string_equal(row[1].how, "as it is");
    CHECK_OK(elman_import_create(import, &got));
    check_same(got, model, "cell");
    assert_int_equal(elman_model_config(got)->layers[0].nonlinearity,
                     ELMAN_ACTIVATION_RELU);
    assert_true(elman_model_config(got)->batch_first);
    elman_import_close(import);
    elman_model_destroy(got);
    elman_model_destroy(model);
}

TEST(the_table_reports_rounding_and_numbers_that_are_not_finite)
{
    static const float odd[] = {NAN, INFINITY, 1, NAN, 0, 0};
    elman_import *import = NULL;
    elman_model *model = NULL;
    size_t count;
    parcel_clear();
    parcel_add("fc.weight", ELEMENT_F64, 2, (size_t[]){2, 3}, odd);
    parcel_add("fc.bias", ELEMENT_F32, 1, (size_t[]){2}, NULL);
    CHECK_OK(open_parcel(NULL, &import));
    const elman_import_row *row = elman_import_rows(import, &count);
    assert_int_equal(count, 2);
    assert_string_equal(row->type, "float64");
    assert_true(row->rank == 2 && row->shape[0] == 2 && row->shape[1] == 3);
    assert_string_equal(row->how, "as it is, rounded to float32, 2 NaN, 1 "
                                  "infinite");
    CHECK_OK(elman_import_create(import, &model));
    elman_model_destroy(model);
    elman_import_close(import);
}

/* ---- Orders and refusals ------------------------------------------------ */

typedef struct shape {
    const char *name;
    size_t rows, columns; /* columns 0: a vector */
} shape;

#define RNN(prefix, I, H)                                                      \
    {prefix ".weight_ih_l0", (H), (I)}, { prefix ".weight_hh_l0", (H), (H) }
#define BACKWARD(prefix, I, H)                                                 \
    {prefix ".weight_ih_l0_reverse", (H), (I)},                                \
    {                                                                          \
        prefix ".weight_hh_l0_reverse", (H), (H)                               \
    }
#define LINEAR(prefix, I, O)                                                   \
    {prefix ".weight", (O), (I)}, { prefix ".bias", (O), 0 }

#define NORM(prefix, N)                                                        \
    {prefix ".weight", (N), 0}, { prefix ".bias", (N), 0 }
#define STATISTICS(prefix, N)                                                  \
    NORM(prefix, N), {prefix ".running_mean", (N), 0},                         \
    {                                                                          \
        prefix ".running_var", (N), 0                                          \
    }

static void add_shapes(const shape *s)
{
    parcel_clear();
    for (; s->name; s++)
        parcel_add(s->name, ELEMENT_F32, s->columns ? 2 : 1,
                   (size_t[]){s->rows, s->columns}, NULL);
}

/* "lstm:8 last fc:2" */
static void print_layers(const elman_model *model, size_t room, char *text)
{
    const elman_layer *l = elman_model_config(model)->layers;
    text[0] = 0;
    for (; l->kind; l++) {
        size_t used = strlen(text);
        snprintf(text + used, room - used, "%s%s:%zu", used ? " " : "", l->name,
                 l->hidden_size + l->output_size + l->num_embeddings);
    }
}

TEST(layers_are_put_in_the_order_that_shapes_leave_or_that_is_given)
{
    static const struct {
        shape shapes[12];
        const char *layers, *order;
    } cases[] = {
        {{RNN("rnn", 3, 4), LINEAR("head", 4, 2)}, NULL, "rnn:4 head:2"},
        {{RNN("rnn", 3, 4), LINEAR("head", 4, 3)}, NULL, "rnn:4 head:3"},
        {{LINEAR("decoder", 4, 9), {"encoder.weight", 9, 3}, RNN("rnn", 3, 4)},
         NULL,
         "encoder:9 rnn:4 decoder:9"},
        {{{"out.weight", 9, 4}, {"in.weight", 9, 3}, RNN("rnn", 3, 4)},
         NULL,
         "in:9 rnn:4 out:9"},
        {{RNN("b", 4, 5), RNN("c", 5, 6), RNN("a", 3, 4)},
         "a,b,c",
         "a:4 b:5 c:6"},
        {{RNN("rnn", 3, 4), NORM("norm", 4), LINEAR("head", 4, 2)},
         "rnn,layer_norm(1e-6):norm,head",
         "rnn:4 norm:0 head:2"},
        {{RNN("rnn", 3, 4), STATISTICS("bn", 4), LINEAR("head", 4, 2)},
         NULL,
         "rnn:4 head:2"},
        {{STATISTICS("bn", 3), RNN("rnn", 3, 4)},
         "batch_norm(1e-3):bn,rnn",
         "bn:3 rnn:4"},
        {{{"m.weight", 4, 4}, RNN("rnn", 4, 4)},
         "linear:m,elu(1),rnn,leaky_relu( 0.2 ),affine(2,-1),hard_sigmoid,"
         "mean,softplus",
         "m:4 activation:0 rnn:4 activation2:0 activation3:0 activation4:0 "
         "pool:0 activation5:0"},
        {{LINEAR("a.0", 4, 2), RNN("b.0", 3, 4)}, NULL, "rnn:4 fc:2"},
        {{LINEAR("only", 4, 2)}, NULL, "only:2"},
        {{RNN("rnn", 3, 4), LINEAR("a", 4, 4), LINEAR("b", 4, 4)},
         " rnn, last,b ,relu,a, log_softmax",
         "rnn:4 last:0 b:4 relu:0 a:4 log_softmax:0"},
        {{LINEAR("a", 4, 3), RNN("rnn", 3, 4)},
         "a,tanh,dropout,rnn,final",
         "a:3 tanh:0 rnn:4 last:0"},
        {{{"weight_ih_l0", 4, 3}, {"weight_hh_l0", 4, 4}, LINEAR("relu", 4, 4)},
         ".,relu,sigmoid",
         "rnn:4 relu:4 sigmoid:0"},
        {{{"e.weight", 4, 4}, RNN("rnn", 4, 4)},
         "embedding:e,rnn",
         "e:4 rnn:4"},
        {{{"e.weight", 3, 4}, RNN("rnn", 3, 4)}, "e,rnn", "e:3 rnn:4"},
        {{RNN("rnn", 3, 4), BACKWARD("rnn", 3, 4), LINEAR("fc", 4, 2)},
         "sum:rnn,fc",
         "rnn:4 fc:2"},
        {{RNN("rnn", 3, 4), {"n.weight", 4, 0}, LINEAR("fc", 4, 2)},
         "rnn,layer_norm:n,fc",
         "rnn:4 n:0 fc:2"},
        {{RNN("relu", 3, 4), LINEAR("relu2", 4, 4)},
         "relu,relu2",
         "relu:4 relu2:4"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        elman_model *model = NULL;
        char order[200];
        add_shapes(cases[i].shapes);
        CHECK_OK(import_parcel(
            &(elman_import_config){.layers = cases[i].layers}, &model));
        print_layers(model, sizeof order, order);
        assert_string_equal(order, cases[i].order);
        elman_model_destroy(model);
    }
}

/* One refusal: of these shapes, with these layers. */
typedef struct refusal {
    shape shapes[12];
    const char *layers, *message;
} refusal;

static void check_refusal(const refusal *r)
{
    elman_model *model = NULL;
    elman_import_config config = {.layers = r->layers};
    add_shapes(r->shapes);
    elman_status status = import_parcel(&config, &model);
    assert_null(model);
    CHECK(status == ELMAN_BAD_FORMAT || status == ELMAN_BAD_VALUE,
          "status %d for \"%s\"", (int)status, r->message);
    CHECK(strstr(elman_message(), r->message), "\"%s\" lacks \"%s\"",
          elman_message(), r->message);
    CHECK(strstr(elman_message(), "weights.safetensors: "),
          "\"%s\" names no file", elman_message());
}

TEST(an_ambiguous_order_is_asked_for)
{
    static const refusal cases[] = {
        {{RNN("rnn", 3, 4), LINEAR("a", 4, 5), LINEAR("b", 5, 2)},
         NULL,
         "several linear layers, and the file does not say what stands "
         "between them; give the order of the layers, and what stands between "
         "them, by --layers, with the function (relu, tanh, elu(1) ...) or "
         "nothing in place of each ?: what fits is elman convert "},
        {{RNN("rnn", 3, 4), LINEAR("a", 4, 5), LINEAR("b", 5, 2)},
         NULL,
         " weights-elman.safetensors --layers 'rnn,a,?,b'"},
        {{RNN("rnn", 3, 4), LINEAR("a", 4, 5), LINEAR("b", 5, 2)},
         "rnn,a,?,b",
         "has ?, which stands for the function there"},
        {{LINEAR("head", 4, 3), RNN("rnn", 3, 4)},
         NULL,
         "--layers head,rnn or elman convert "},
        {{LINEAR("head", 4, 3), RNN("rnn", 3, 4)}, NULL, "--layers rnn,head"},
        {{RNN("a", 3, 4), RNN("b", 4, 4)},
         NULL,
         "several recurrent layers, and the file does not say how they are "
         "joined: in a row, or with last,repeat(10) between them, where the "
         "second reads the last state of the first at each of 10 steps; give "
         "the order of the layers, and what stands between them, by --layers: "
         "what fits is elman convert "},
        {{RNN("a", 4, 5), RNN("b", 6, 7)},
         NULL,
         "--layers a --ignore 'b.*' or elman convert "},
        {{RNN("a", 4, 5), RNN("b", 6, 7)}, NULL, "--layers b --ignore 'a.*'"},
        {{RNN("rnn", 3, 4), LINEAR("attn", 4, 1), LINEAR("fc", 4, 2)},
         NULL,
         "attn seems to be attention over the steps, by its name, and that is "
         "no layer of elman; linear:attn in --layers says that it is a plain "
         "one in a chain"},
        {{RNN("rnn", 3, 4), LINEAR("attn", 4, 1), LINEAR("fc", 4, 2)},
         NULL,
         "--layers rnn --ignore 'attn.*,fc.*'"},
        {{RNN("rnn", 3, 4), LINEAR("pi", 4, 1), LINEAR("mu", 4, 2)},
         NULL,
         "no order fits all of them: what a model does besides, or which part "
         "of it is wanted, the file does not say: what fits is a part of it: "
         "elman convert "},
        {{RNN("rnn", 3, 4), LINEAR("pi", 4, 1), LINEAR("mu", 4, 2)},
         NULL,
         "--layers rnn,mu --ignore 'pi.*'"},
        {{RNN("rnn", 3, 4), LINEAR("fc", 4, 2), RNN("ema.rnn", 3, 4),
          LINEAR("ema.fc", 4, 2)},
         NULL,
         "--layers rnn,fc --ignore 'ema.*'; the average over training alone: "
         "elman convert "},
        {{{"in.weight", 3, 5}, RNN("rnn", 3, 4)},
         NULL,
         "in fits in front of the recurrent layer as a linear layer, and the "
         "file does not say what stands between them; give the order of the "
         "layers, and what stands between them, by --layers: what fits is "},
        {{{"in.weight", 3, 5}, RNN("rnn", 3, 4)},
         NULL,
         "--layers linear:in,rnn"},
        {{RNN("rnn", 3, 4), BACKWARD("rnn", 3, 4), LINEAR("fc", 4, 2)},
         NULL,
         "fc reads half of what the two directions of rnn give: added (sum:rnn "
         "in --layers), averaged (average:rnn)"},
        {{RNN("rnn", 3, 4)}, "sum:rnn", "that module has not two"},
        {{RNN("rnn", 3, 4), {"n.weight", 4, 0}},
         "rnn,n",
         "n is a vector without bias, and the file does not say what it "
         "scales: layer_norm:n is a LayerNorm without bias"},
        {{RNN("rnn", 4, 4),
          {"a.in_proj_weight", 12, 4},
          LINEAR("a.out_proj", 4, 4)},
         NULL,
         "a is attention between the steps, a torch.nn.MultiheadAttention (it "
         "has in_proj_weight)"},
        {{RNN("encoder.rnn", 3, 4), RNN("decoder.rnn", 4, 4),
          LINEAR("decoder.out", 4, 2)},
         NULL,
         "--layers encoder.rnn,decoder.rnn,decoder.out; the encoder alone: "
         "elman convert "},
        {{RNN("encoder.rnn", 3, 4), RNN("decoder.rnn", 4, 4),
          LINEAR("decoder.out", 4, 2)},
         NULL,
         "--layers decoder.rnn,decoder.out --ignore 'encoder.*'"},
        {{RNN("rnn", 3, 4), LINEAR("head", 5, 2)},
         NULL,
         "head fits neither in front of nor behind the recurrent layer"},
        {{RNN("rnn", 4, 4), {"m.weight", 9, 4}},
         NULL,
         "may be an embedding or a linear layer"},
        {{{"m.weight", 5, 5}, RNN("rnn", 5, 4)}, NULL, "--layers linear:m,rnn"},
        {{{"m.weight", 5, 5}, RNN("rnn", 5, 4)},
         "m,rnn",
         "--layers linear:m,rnn"},
        {{RNN("rnn", 3, 4), {"h0", 1, 4}},
         "initial(h0,h0):rnn",
         "initial(h0,h0):rnn, where one tensor was expected"},
        {{RNN("rnn", 3, 4), {"h0", 2, 4}},
         "initial(h0):rnn",
         "the tensor h0 has 8 numbers, expected 4 floats for the initial state "
         "of 1 levels and 1 directions"},
        {{RNN("rnn", 3, 4), {"h0", 1, 4}},
         "initial(h1):rnn",
         "whose tensor is not in the file"},
        {{RNN("rnn", 3, 4), {"h0", 1, 4}},
         "initial(h0)rnn",
         "expected initial(h0,c0):lstm"},
        {{RNN("rnn", 3, 4), LINEAR("fc", 4, 2), {"h0", 1, 4}},
         "rnn,initial(h0):fc",
         "whose module is not recurrent"},
        {{RNN("rnn", 4, 4), NORM("n", 4)},
         NULL,
         "n is a norm, and the file does not say which"},
        {{RNN("rnn", 4, 4), NORM("n", 4)},
         "rnn,n",
         "--layers rnn,layer_norm:n"},
        {{RNN("rnn", 4, 4), STATISTICS("n", 4)},
         NULL,
         "n fits in more than one position"},
        {{RNN("rnn", 3, 4), STATISTICS("n", 9)}, NULL, "n fits nowhere"},
        {{RNN("rnn", 3, 4), {"n.running_mean", 3, 0}, {"n.running_var", 3, 0}},
         NULL,
         "n has running_mean and running_var alone"},
        {{RNN("rnn", 3, 4), {"n.running_mean", 3, 0}},
         NULL,
         "n.running_var is missing: a norm has running_mean and running_var"},
        {{RNN("rnn", 3, 4), STATISTICS("n", 3)},
         "layer_norm:n,rnn",
         "has layer_norm:n, but that module is a batch norm"},
        {{RNN("rnn", 3, 4), NORM("n", 3)},
         "batch_norm:n,rnn",
         "that module is a norm without running_mean and running_var"},
        {{RNN("rnn", 3, 4), NORM("n", 4)},
         "rnn,instance_norm:n",
         "whose mean is over all steps of a sequence at once"},
        {{RNN("rnn", 3, 4), NORM("n", 4)},
         "rnn,group_norm(2):n",
         "whose mean is over all steps of a sequence at once"},
        {{RNN("rnn", 3, 4)}, "rnn,elu(1,2)", "which takes one number"},
        {{RNN("rnn", 3, 4)}, "rnn,affine(1)", "which takes two numbers"},
        {{RNN("rnn", 3, 4)}, "rnn,tanh(1)", "which takes no numbers"},
        {{RNN("rnn", 3, 4)}, "rnn,last,repeat(0)", "as in repeat(10)"},
        {{RNN("rnn", 3, 4)}, "rnn,last,repeat(1.5)", "as in repeat(10)"},
        {{RNN("rnn", 3, 4)}, "rnn,last,repeat(2,3)", "as in repeat(10)"},
        {{RNN("rnn", 3, 4)}, "rnn,last,repeat(1e9)", "as in repeat(10)"},
        {{RNN("rnn", 3, 4)}, "rnn,repeat(3)", "expected last or pool before"},
        {{RNN("rnn", 3, 4)}, "rnn,elu(1", "has elu(1, whose parentheses"},
        {{RNN("rnn", 3, 4)},
         "rnn,elu(one)",
         "has elu(one), whose parentheses should hold numbers"},
        {{RNN("rnn", 3, 4)},
         "rnn,fc",
         "leaky_relu(0.01), thresholded_relu(1), scaled_tanh(1,2)"},
        {{RNN("rnn", 3, 4), NORM("n", 4)},
         "rnn,layer_norm(-1):n",
         "which takes one number above 0, the eps"},
        {{RNN("rnn", 3, 4)}, "lstm:rnn", "but that module is RNN"},
        {{{"m.weight", 9, 4}}, NULL, "there is no recurrent layer"},
        {{RNN("rnn", 3, 4)}, "rnn,fc", "has fc, which is neither a function"},
        {{RNN("rnn", 3, 4)}, "rnn,rnn", "has rnn twice"},
        {{RNN("rnn", 3, 4)}, "last", "has no module of the file"},
        {{RNN("rnn", 3, 4), LINEAR("a", 5, 2)},
         "rnn,a",
         "the tensor a.weight reads 5 features, but the layer before it gives "
         "4"},
        {{RNN("a", 3, 4), RNN("b", 4, 4)}, "a,last,b", "b: a recurrent layer"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_refusal(cases + i);
}

TEST(weights_that_are_missing_or_do_not_fit_are_named)
{
    static const refusal cases[] = {
        {{{"a", 2, 2}, {"weights", 2, 2}}, NULL, "none of 2 tensors"},
        {{{"r.weight_ih_l0", 4, 3}}, NULL, "r.weight_hh_l0 is missing: every"},
        {{RNN("r", 3, 4), {"r.bias_ih_l0", 4, 0}},
         NULL,
         "r.bias_hh_l0 is missing: a layer has both biases in every level or "
         "none, and r.bias_ih_l0 is there"},
        {{RNN("r", 3, 4),
          {"r.weight_ih_l1", 4, 4},
          {"r.weight_hh_l1", 4, 4},
          {"r.bias_ih_l1", 4, 0},
          {"r.bias_hh_l1", 4, 0}},
         NULL,
         "r.bias_ih_l0 is missing: a layer has both"},
        {{RNN("r", 3, 4), {"r.weight_ih_l2", 4, 4}, {"r.weight_hh_l2", 4, 4}},
         NULL,
         "r.weight_ih_l1 is missing: there is a level 2"},
        {{RNN("r", 3, 4), {"r.weight_ih_l0_reverse", 4, 3}},
         NULL,
         "r.weight_hh_l0_reverse is missing: a layer of two directions"},
        {{{"r.weight_ih_l0_reverse", 4, 3}, {"r.weight_hh_l0_reverse", 4, 4}},
         NULL,
         "r.weight_ih_l0 is missing: a layer of two directions"},
        {{{"r.weight_ih_l0", 0, 3}, {"r.weight_hh_l0", 0, 4}},
         NULL,
         "r.weight_hh_l0 has shape (0,4): the hidden size is 0"},
        {{{"r.weight_ih_l0", 4, 3}, {"r.weight_hh_l0", 4, 0}},
         NULL,
         "r.weight_hh_l0 has rank 1, expected a matrix"},
        {{{"r.weight_ih_l0", 8, 3}, {"r.weight_hh_l0", 8, 4}},
         NULL,
         "r.weight_hh_l0 has shape (8,4), expected as many (RNN)"},
        {{{"r.weight_ih_l0", 9, 3}, {"r.weight_hh_l0", 9, 4}},
         NULL,
         "r.weight_hh_l0 has shape (9,4)"},
        {{{"r.weight_ih_l0", 8, 3}, {"r.weight_hh_l0", 12, 4}},
         NULL,
         "r.weight_ih_l0 has shape (8,3), expected (12,3)"},
        {{RNN("r", 3, 4), {"r.bias_ih_l0", 4, 0}, {"r.bias_hh_l0", 5, 0}},
         NULL,
         "r.bias_hh_l0 has shape (5), expected (4)"},
        {{RNN("r", 3, 4), {"r.weight_ih_l1", 4, 3}, {"r.weight_hh_l1", 4, 4}},
         NULL,
         "r.weight_ih_l1 has shape (4,3), expected (4,4)"},
        {{RNN("r", 3, 4),
          {"r.weight_ih_l0_reverse", 4, 2},
          {"r.weight_hh_l0_reverse", 4, 4}},
         NULL,
         "r.weight_ih_l0_reverse has shape (4,2), expected (4,3)"},
        {{{"r.weight_ih_l0", 12, 3},
          {"r.weight_hh_l0", 12, 2},
          {"r.weight_hr_l0", 2, 4}},
         NULL,
         "r.weight_hh_l0 has shape (12,2), expected 4 times as many"},
        {{RNN("r", 3, 4), {"r.weight_ih", 4, 3}}, NULL, "has no level"},
        {{RNN("r", 3, 4), {"r.weight_ih_l16", 4, 3}}, NULL, "of level 16"},
        {{RNN("r", 3, 4), {"r.weight", 4, 3}}, NULL, "r.weight stands among"},
        {{{"f.weight", 2, 3}, {"f.bias", 3, 0}},
         NULL,
         "f.bias has shape (3), expected (2)"},
        {{RNN("r", 3, 4), {"conv.kernel", 2, 2}, {"act.weight", 1, 0}},
         NULL,
         "the tensor conv.kernel, float32 (2,2), (and 1 more) cannot be mapped "
         "to the model: conv.kernel float32 (2,2): of a layer that is not "
         "named: --layers with its prefix, or a mapping file (--mapping-draft "
         "begins one), says what it is; act.weight float32 (1): one number, 0: "
         "affine(0,0) in --layers where it is a factor, leaky_relu(0) where it "
         "is a PReLU's slope, both with --ignore='act.weight'"},
        {{RNN("r", 3, 4), {"rms.count", 1, 0}, {"num_batches", 1, 0}},
         NULL,
         "weights-elman.safetensors --ignore rms.count,num_batches"},
        {{RNN("r", 3, 4), {"r.bias", 4, 0}},
         NULL,
         "r.bias stands among those of a recurrent layer, expected a prefix of "
         "its own; if this is no layout of PyTorch's, elman convert "
         "--mapping-draft map.json writes"},
        {{RNN("r", 3, 4), {"h0", 1, 4}},
         NULL,
         "learned initial states, as it seems, which initial(h0):r takes"},
        {{RNN("r", 3, 4), {"log_std", 4, 0}, {"b.position_ids", 2, 0}},
         NULL,
         "log_std float32 (4): it seems to be the noise of a policy's actions"},
        {{RNN("r", 3, 4), {"x.weight_hh_l0", 4, 4}},
         "r",
         "x.weight_ih_l0 is missing"},
        {{RNN("r", 3, 4), {"buffer", 4, 4}, {"n.num_batches_tracked", 1, 0}},
         NULL,
         "(and 1 more) cannot be mapped to the model: it does not matter to "
         "the "
         "model (a count, an optimizer's, positions, a copy of another): what "
         "fits is elman "
         "convert "},
        {{RNN("r", 3, 4), LINEAR("fc", 4, 2)},
         "r,last",
         "the tensor fc.weight, float32 (2,4), (and 1 more) cannot be mapped"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_refusal(cases + i);
}

TEST(a_convolution_says_what_to_do_with_it)
{
    static const struct {
        size_t steps;
        const char *message;
    } cases[] = {
        {3, "--ignore='conv.*' converts the rest alone"},
        {1, "makes a linear layer: {\"from\": \"conv.weight\", \"shape\": "
            "[4,2]}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        elman_model *model = NULL;
        add_shapes(
            (shape[]){RNN("rnn", 4, 4), {"conv.bias", 4, 0}, {NULL, 0, 0}});
        parcel_add("conv.weight", ELEMENT_F32, 3,
                   (size_t[]){4, 2, cases[i].steps}, NULL);
        CHECK_FAILS(import_parcel(NULL, &model), ELMAN_BAD_FORMAT,
                    cases[i].message);
    }
}

TEST(integers_are_not_weights)
{
    elman_model *model = NULL;
    static const unsigned char zeros[8];
    parcel_clear();
    parcel_add("fc.weight", ELEMENT_F32, 2, (size_t[]){2, 4}, NULL);
    box.tensors[0].type = ELEMENT_I8;
    box.tensors[0].data = zeros;
    CHECK_FAILS(import_parcel(NULL, &model), ELMAN_BAD_FORMAT,
                "fc.weight has the type int8, expected floats");
}

TEST(names_with_stars_leave_tensors_out)
{
    static const shape shapes[] = {RNN("a.rnn", 3, 4),
                                   {"a.rnn.mask", 2, 0},
                                   {"b.mask", 2, 0},
                                   {"steps", 1, 0},
                                   {NULL, 0, 0}};
    static const struct {
        const char *ignore, *message;
    } cases[] = {
        {"*mask,steps", NULL},
        {"a.*mask, b.**k ,s*p*", NULL},
        {"*.m*k,*", "none of 5 tensors"},
        {"*mask", "the tensor steps, float32 (1), cannot be mapped"},
        {"*mask,step", "no tensor is named step, which was to be ignored"},
        {"mask,steps", "no tensor is named mask"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        elman_import_config config = {.ignore = cases[i].ignore};
        elman_model *model = NULL;
        add_shapes(shapes);
        elman_status status = import_parcel(&config, &model);
        if (!cases[i].message) CHECK_OK(status);
        else
            CHECK(status && strstr(elman_message(), cases[i].message),
                  "\"%s\" lacks \"%s\"", elman_message(), cases[i].message);
        elman_model_destroy(model);
    }
    elman_import *import = NULL;
    size_t count;
    add_shapes(shapes);
    CHECK_OK(open_parcel(&(elman_import_config){.ignore = "*mask"}, &import));
    const elman_import_row *row = elman_import_rows(import, &count);
    assert_int_equal(count, 5);
    assert_string_equal(row[2].how, "ignored");
    assert_string_equal(row[2].to, "");
    assert_null(row[4].to);
    elman_import_close(import);
}

/* ---- From memory --------------------------------------------------------- */

/* What the file at path becomes by its bytes alone, which then are gone. */
static void check_bytes(const char *path, const elman_model *want)
{
    char *bytes = NULL;
    size_t size;
    elman_import *import = NULL;
    elman_model *got = NULL, *loaded = NULL;
    CHECK_OK(file_read(path, &bytes, &size));
    CHECK_OK(elman_model_load_memory(bytes, size, &loaded));
    CHECK_OK(elman_import_open_memory(bytes, size, NULL, &import));
    memset(bytes, 0xA5, size);
    free(bytes);
    CHECK_OK(elman_import_create(import, &got));
    check_same(got, want, path);
    check_same(loaded, want, path);
    elman_import_close(import);
    elman_model_destroy(got);
    elman_model_destroy(loaded);
}

TEST(bytes_in_memory_are_imported_as_their_file_is)
{
    const elman_config config = {
        .input_size = 2,
        .layers = {{.kind = ELMAN_LSTM, .hidden_size = 3},
                   {.kind = ELMAN_LINEAR, .output_size = 2}}};
    elman_model *model = NULL;
    elman_import *none = NULL;
    CHECK_OK(elman_model_create(&config, &model));
    const char *path = in_folder("weights.safetensors");
    CHECK_OK(elman_model_export(model, ELMAN_EXPORT_TORCH, path));
    check_bytes(path, model);

    /* a build without ONNX says so */
    path = in_folder("model.onnx");
    if (!elman_model_export(model, ELMAN_EXPORT_ONNX, path))
        check_bytes(path, model);
    else assert_non_null(strstr(elman_message(), "no ONNX support"));

    /* an array's name is that of its file */
    float numbers[2] = {1, 2};
    elman_tensor array = {numbers, 1, {2}};
    char *bytes = NULL;
    size_t size;
    CHECK_OK(elman_array_save(in_folder("fc.bias.npy"), &array));
    CHECK_OK(file_read(in_folder("fc.bias.npy"), &bytes, &size));
    CHECK_FAILS(elman_import_open_memory(bytes, size, NULL, &none),
                ELMAN_BAD_VALUE, "expected an .npz of such arrays");
    CHECK_FAILS(elman_import_open_memory(bytes, 4, NULL, &none),
                ELMAN_BAD_FORMAT, "<memory>: unknown format");
    free(bytes);
    elman_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            weights_keep_their_bits_whatever_their_prefix_and_type),
        cmocka_unit_test(a_cell_is_a_layer_of_one_level),
        cmocka_unit_test(
            the_table_reports_rounding_and_numbers_that_are_not_finite),
        cmocka_unit_test(
            layers_are_put_in_the_order_that_shapes_leave_or_that_is_given),
        cmocka_unit_test(an_ambiguous_order_is_asked_for),
        cmocka_unit_test(weights_that_are_missing_or_do_not_fit_are_named),
        cmocka_unit_test(a_convolution_says_what_to_do_with_it),
        cmocka_unit_test(integers_are_not_weights),
        cmocka_unit_test(names_with_stars_leave_tensors_out),
        cmocka_unit_test(bytes_in_memory_are_imported_as_their_file_is),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
