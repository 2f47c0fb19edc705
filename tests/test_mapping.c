/*
 * test_mapping.c: a mapping file makes models of what others call otherwise and
 * keep in another order: Keras' layouts, against Keras' formulas.
 */
#include "parcel.h"

enum { T = 4, I = 3, U = 2, GATES = 4 };

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

/* A tensor of random numbers, also as they are in the file. */
static const float *random_tensor(const char *name, uint64_t which, size_t rank,
                                  const size_t *shape)
{
    static float numbers[16][64];
    float *values = numbers[which];
    random_fill(which, 64, -1, 1, values);
    parcel_add(name, ELEMENT_F32, rank, shape, values);
    return values;
}

static elman_status import_mapped(const char *mapping, elman_model **model)
{
    const char *path = put_text("mapping.json", mapping);
    return import_parcel(&(elman_import_config){.mapping = path}, model);
}

/* The last h of a model, against want. */
static void check_outcome(const char *mapping, const float *x,
                          const double *want)
{
    elman_model *model = NULL;
    elman_state *state = NULL;
    float y[T * U], last[U];
    CHECK_OK(import_mapped(mapping, &model));
    CHECK_OK(elman_state_create(model, &(elman_state_config){.T = T}, &state));
    CHECK_OK(elman_model_forward(model, state,
                                 &(elman_batch){.T = T, .B = 1, .x = x}, y));
    for (size_t u = 0; u < U; u++)
        last[u] = (float)want[u];
    CHECK_CLOSE(y + (T - 1) * U, last, U, 1e-5, 1e-6, "the last h");
    elman_state_destroy(state);
    elman_model_destroy(model);
}

/* x kernel of column n */
static double product(const float *x, const float *kernel, size_t rows,
                      size_t columns, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < rows; i++)
        sum += (double)x[i] * (double)kernel[i * columns + n];
    return sum;
}

/* keras.layers.LSTM: kernels [., 4U], gates i f c o, one bias. */
TEST(an_lstm_of_keras_gives_what_its_formulas_give)
{
    float x[T * I], h[U] = {0};
    double c[U] = {0}, want[U];
    random_fill(9, T * I, -2, 2, x);
    parcel_clear();
    const float *kernel =
        random_tensor("lstm/kernel", 0, 2, (size_t[]){I, GATES * U});
    const float *recurrent =
        random_tensor("lstm/recurrent", 1, 2, (size_t[]){U, GATES * U});
    const float *bias = random_tensor("lstm/bias", 2, 1, (size_t[]){GATES * U});
    for (size_t t = 0; t < T; t++) {
        double z[GATES * U];
        for (size_t n = 0; n < GATES * U; n++)
            z[n] = product(x + t * I, kernel, I, GATES * U, n) +
                   product(h, recurrent, U, GATES * U, n) + (double)bias[n];
        for (size_t u = 0; u < U; u++) {
            c[u] =
                sigmoid(z[U + u]) * c[u] + sigmoid(z[u]) * tanh(z[2 * U + u]);
            want[u] = sigmoid(z[3 * U + u]) * tanh(c[u]);
        }
        for (size_t u = 0; u < U; u++)
            h[u] = (float)want[u];
    }
    check_outcome(
        "{\"config\": {\"input_size\": 3, \"layers\":"
        " [{\"kind\": \"lstm\", \"hidden_size\": 2}]}, \"tensors\": {"
        "\"rnn.weight_ih_l0\": {\"from\": \"lstm/kernel\","
        " \"transpose\": true, \"gates\": \"ifco\"},"
        "\"rnn.weight_hh_l0\": {\"from\": \"lstm/recurrent\","
        " \"transpose\": true, \"gates\": \"ifco\"},"
        "\"rnn.bias_ih_l0\": {\"from\": \"lstm/bias\", \"gates\": \"ifco\"},"
        "\"rnn.bias_hh_l0\": {\"zero\": true}}}",
        x, want);
}

/* keras.layers.GRU, reset_after: gates z r h, bias [2, 3U]. */
TEST(a_gru_of_keras_gives_what_its_formulas_give)
{
    enum { G = 3 * U };
    float x[T * I], h[U] = {0};
    double want[U];
    random_fill(9, T * I, -2, 2, x);
    parcel_clear();
    const float *kernel = random_tensor("kernel", 0, 2, (size_t[]){I, G});
    const float *recurrent = random_tensor("recurrent", 1, 2, (size_t[]){U, G});
    const float *bias = random_tensor("bias", 2, 2, (size_t[]){2, G});
    for (size_t t = 0; t < T; t++) {
        double in[G], back[G];
        for (size_t n = 0; n < G; n++) {
            in[n] = product(x + t * I, kernel, I, G, n) + (double)bias[n];
            back[n] = product(h, recurrent, U, G, n) + (double)bias[G + n];
        }
        for (size_t u = 0; u < U; u++) {
            double z = sigmoid(in[u] + back[u]);
            double r = sigmoid(in[U + u] + back[U + u]);
            double n = tanh(in[2 * U + u] + r * back[2 * U + u]);
            want[u] = z * (double)h[u] + (1 - z) * n;
        }
        for (size_t u = 0; u < U; u++)
            h[u] = (float)want[u];
    }
    check_outcome(
        "{\"config\": {\"input_size\": 3, \"layers\":"
        " [{\"kind\": \"gru\", \"hidden_size\": 2}]}, \"tensors\": {"
        "\"rnn.weight_ih_l0\": {\"from\": \"kernel\", \"transpose\": true,"
        " \"gates\": \"zrh\"},"
        "\"rnn.weight_hh_l0\": {\"from\": \"recurrent\", \"transpose\": true,"
        " \"gates\": \"zrh\"},"
        "\"rnn.bias_ih_l0\": {\"from\": \"bias\", \"row\": 0,"
        " \"gates\": \"zrh\"},"
        "\"rnn.bias_hh_l0\": {\"from\": \"bias\", \"row\": 1,"
        " \"gates\": \"zrh\"}}}",
        x, want);
}

#define LINEAR                                                                 \
    "\"config\": {\"input_size\": 3, \"layers\":"                              \
    " [{\"kind\": \"linear\", \"output_size\": 2}]}"
#define WEIGHT "\"fc.weight\": \"w\""

static void add_linear(void)
{
    parcel_clear();
    random_tensor("w", 0, 2, (size_t[]){2, 3});
    random_tensor("b", 1, 1, (size_t[]){2});
    random_tensor("b2", 2, 1, (size_t[]){2});
}

TEST(sources_in_a_list_are_added_up)
{
    elman_import *import = NULL;
    elman_model *model = NULL;
    size_t count;
    float bias[2];
    add_linear();
    const float *b = (const float *)(const void *)box.tensors[1].data;
    const float *b2 = (const float *)(const void *)box.tensors[2].data;
    const char *path =
        put_text("mapping.json", "{" LINEAR ", \"tensors\": {" WEIGHT ","
                                 "\"fc.bias\": [\"b\", {\"from\": \"b2\"}]}}");
    CHECK_OK(open_parcel(&(elman_import_config){.mapping = path}, &import));
    const elman_import_row *row = elman_import_rows(import, &count);
    assert_int_equal(count, 3);
    assert_string_equal(row[0].how, "as it is");
    assert_string_equal(row[1].to, "fc.bias");
    assert_string_equal(row[1].how, "added");
    assert_string_equal(row[2].to, "fc.bias");
    CHECK_OK(elman_import_create(import, &model));
    CHECK_OK(elman_model_read(model, "fc.bias", 2, bias));
    for (size_t i = 0; i < 2; i++)
        assert_true(bias[i] == (float)((double)b[i] + (double)b2[i]));
    elman_import_close(import);
    elman_model_destroy(model);
}

TEST(the_table_says_what_is_moved)
{
    elman_import *import = NULL;
    size_t count;
    parcel_clear();
    random_tensor("k", 0, 2, (size_t[]){3, 8});
    random_tensor("r", 1, 2, (size_t[]){2, 8});
    const char *path = put_text(
        "mapping.json",
        "{\"config\": {\"input_size\": 3, \"layers\": [{\"kind\": \"lstm\","
        " \"hidden_size\": 2, \"no_bias\": true}]}, \"tensors\": {"
        "\"rnn.weight_ih_l0\": {\"from\": \"k\", \"transpose\": true,"
        " \"gates\": \"ofig\"}, \"rnn.weight_hh_l0\": {\"from\": \"r\","
        " \"transpose\": true}}}");
    CHECK_OK(open_parcel(&(elman_import_config){.mapping = path}, &import));
    const elman_import_row *row = elman_import_rows(import, &count);
    assert_string_equal(row[0].how, "transposed, gates ofig to ifgo");
    assert_string_equal(row[1].how, "transposed");
    elman_import_close(import);
}

TEST(a_mapping_that_does_not_fit_gets_its_own_sentence)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "mapping.json: "},
        {"[]", "there is no object \"config\""},
        {"{\"tensors\": {}}", "there is no object \"config\""},
        {"{" LINEAR "}", "there is no object \"tensors\""},
        {"{" LINEAR ", \"tensors\": {}, \"more\": 1}", "the field more"},
        {"{\"config\": {\"layers\": []}, \"tensors\": {}}", "no layers"},
        {"{\"config\": {\"input_size\": 4000, \"layers\": [{\"kind\":"
         " \"gru\", \"hidden_size\": 4000}]}, \"tensors\": {}}",
         "many more than the file has"},
        {"{" LINEAR ", \"tensors\": {" WEIGHT "}}",
         "does not say what fc.bias is"},
        {"{" LINEAR ", \"tensors\": {\"fc.bais\": \"b\"}}",
         "fc.bais, which is not a parameter"},
        {"{" LINEAR ", \"tensors\": {\"fc.weight\": \"x\"}}",
         "asks for the tensor x, which the file does not have"},
        {"{" LINEAR ", \"tensors\": {\"fc.weight\": 3}}", "neither a name nor"},
        {"{" LINEAR ", \"tensors\": {\"fc.weight\": []}}", "an empty list"},
        {"{" LINEAR ", \"tensors\": {\"fc.weight\": {}}}",
         "names neither a tensor"},
        {"{" LINEAR ", \"tensors\": {\"fc.weight\": {\"from\": \"w\","
         " \"zero\": true}}}",
         "names neither a tensor"},
        {"{" LINEAR ", \"tensors\": {\"fc.weight\": {\"form\": \"w\"}}}",
         "has the field form"},
        {"{" LINEAR ", \"tensors\": {\"fc.weight\": {\"from\": \"w\","
         " \"transpose\": 1}}}",
         "the mapping of fc.weight: its field transpose is neither true nor "
         "false"},
        {"{" LINEAR ", \"tensors\": {\"fc.weight\": {\"from\": \"w\","
         " \"row\": -1}}}",
         "its field row is not a row, a whole number of at least 0"},
        {"{" LINEAR ", \"tensors\": {\"fc.weight\": {\"from\": \"w\","
         " \"gates\": \"ifgo\"}}}",
         "it names gates \"ifgo\", but the parameter has none"},
        {"{" LINEAR ", \"tensors\": {\"fc.weight\": {\"from\": \"w\","
         " \"transpose\": true}}}",
         "fc.weight: the tensor w (2,3) gives the shape (3,2), expected (2,3), "
         "which it has without \"transpose\""},
        {"{" LINEAR ", \"tensors\": {\"fc.bias\": {\"from\": \"w\","
         " \"row\": 0}}}",
         "fc.bias: the tensor w (2,3) gives the shape (3), expected (2)"},
        {"{" LINEAR ", \"tensors\": {\"fc.bias\": \"b\"," WEIGHT "}}",
         "the tensor b2, float32 (2), cannot be mapped"},
        {"{\"config\": {\"input_size\": 2, \"layers\": [{\"kind\": \"lstm\","
         " \"hidden_size\": 1}]}, \"tensors\": {\"rnn.bias_ih_l0\":"
         " {\"from\": \"b\", \"gates\": \"iffo\"}}}",
         "gates \"iffo\", expected each at most once of the letters i f "
         "g(cjzu) o"},
#define WEIGHT_IS(fields)                                                      \
    "{" LINEAR ", \"tensors\": {\"fc.weight\": {" fields "}}}"
#define OF_W "\"from\": \"w\", "
        {WEIGHT_IS(OF_W "\"range\": [0,7]"),
         "range [0,7,1] of an array of shape (2,3), expected [begin,end] or "
         "[begin,end,step] with begin below end, an end of at most 6"},
        {WEIGHT_IS(OF_W "\"range\": [5,5]"), "range [5,5,1] of an array"},
        {WEIGHT_IS(OF_W "\"range\": [0,6,0]"), "a step of at least 1"},
        {WEIGHT_IS(OF_W "\"range\": [0,18446744073709551615]"), "out of range"},
        {WEIGHT_IS(OF_W "\"range\": [-1,6]"), "its field range is not a list"},
        {WEIGHT_IS(OF_W "\"rows\": [0,9223372036854775807]"), "rows"},
        {WEIGHT_IS(OF_W "\"rows\": [0,3]"),
         "rows [0,3,1] of an array of shape (2,3)"},
        {WEIGHT_IS(OF_W "\"range\": [0,4], \"cols\": [0,1]"),
         "cols of an array of shape (4), expected a matrix"},
        {WEIGHT_IS(OF_W "\"shape\": [4,2]"),
         "shape (4,2) of an array of shape (2,3), expected one of 6 elements"},
        {WEIGHT_IS(OF_W "\"shape\": [4294967296,4294967296]"), "shape"},
        {WEIGHT_IS(OF_W "\"shape\": [6,1,1]"), "a source of an array of shape"},
        {WEIGHT_IS(OF_W "\"row\": 2"), "row 2 of an array of shape (2,3)"},
        {WEIGHT_IS(OF_W "\"shape\": [3,2]"),
         "gives the shape (3,2), expected (2,3), which \"transpose\": true "
         "makes"},
        {WEIGHT_IS(OF_W "\"axis\": 1"), "field axis has no use here, where no "
                                        "join is"},
        {WEIGHT_IS(OF_W "\"value\": 1"), "names neither a tensor (from) nor"},
        {WEIGHT_IS(OF_W "\"scale\": 0"), "a number other than 0"},
        {WEIGHT_IS("\"value\": 1, \"rows\": [0,1]"),
         "field rows has no use here, where no tensor is"},
        {WEIGHT_IS("\"value\": 1e60"), "a number that a float32 can hold"},
        {WEIGHT_IS("\"value\": 1, \"shape\": [2,2]"),
         "a constant gives the shape (2,2), expected (2,3)"},
        {WEIGHT_IS("\"values\": [[1,2],[3]]"), "field values is not a list"},
        {WEIGHT_IS("\"values\": [[1,2],[3,\"x\"]]"), "not a number"},
        {WEIGHT_IS("\"values\": [[1,2],[3,4]]"),
         "the tensor values (2,2) gives the shape (2,2), expected (2,3)"},
        {WEIGHT_IS("\"join\": []"), "field join is not a list of sources"},
        {WEIGHT_IS("\"join\": [\"w\", \"b\"]"),
         "it joins (2,3) and (2,1) along axis 0, expected the same columns"},
        {WEIGHT_IS("\"join\": [\"w\", {\"join\": [\"w\"]}]"),
         "a part of its join has the field join"},
        {WEIGHT_IS("\"join\": [{\"value\": 1}, \"w\"]"),
         "a constant in its join has no shape"},
        {WEIGHT_IS("\"join\": [\"w\"], \"axis\": 2"),
         "0 (rows) or 1 (columns)"},
        {WEIGHT_IS("\"zero\": false"), "field zero is not true"},
        {"{" LINEAR ", \"tensors\": {\"fc.bias\": [\"b\",\"b2\"]," WEIGHT "},"
         "\"reference\": {\"x\": \"in\", \"y\": \"b\"}}",
         "reference has as x in, which is not a tensor"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        elman_model *model = NULL;
        add_linear();
        CHECK_FAILS(import_mapped(cases[i].text, &model), ELMAN_BAD_FORMAT,
                    cases[i].message);
        assert_null(model);
    }
    elman_model *model = NULL;
    parcel_clear();
    random_tensor("b", 0, 1, (size_t[]){4});
    CHECK_FAILS(import_mapped("{\"config\": {\"input_size\": 2, \"layers\": "
                              "[{\"kind\": \"lstm\", \"hidden_size\": 1}]}, "
                              "\"tensors\": {\"rnn.bias_ih_l0\": {\"from\": "
                              "\"b\", \"gates\": \"iffo\"}}}",
                              &model),
                ELMAN_BAD_FORMAT,
                "gates \"iffo\", expected each at most once of the letters");
}

/* Values of a parameter, each a multiple of 1/64 and so exact, against what
 * want says of its row and column. */
static void check_parameter(const elman_model *m, const char *name, size_t rows,
                            size_t columns, double (*want)(size_t, size_t))
{
    float values[256];
    CHECK_OK(elman_model_read(m, name, rows * columns, values));
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++)
            if ((double)values[r * columns + c] != want(r, c))
                fail_msg("%s (%zu,%zu) is %g, expected %g", name, r, c,
                         (double)values[r * columns + c], want(r, c));
}

/* A tensor whose elements are their numbers. */
static void counting_tensor(const char *name, size_t rank, const size_t *shape)
{
    float values[256];
    for (size_t i = 0; i < 256; i++)
        values[i] = (float)i / 64;
    parcel_add(name, ELEMENT_F32, rank, shape, values);
}

/* TensorFlow 1: a kernel (I+H,4H) with gates i j f o, and 1 added to f. */
enum { TF_I = 2, TF_H = 2, TF_G = 4 * TF_H };
static const size_t tf_gate[] = {0, 2, 1, 3};

static double tf_input(size_t r, size_t c)
{
    size_t column = tf_gate[r / TF_H] * TF_H + r % TF_H;
    return (double)(c * TF_G + column) / 64;
}

static double tf_recurrent(size_t r, size_t c) { return tf_input(r, c + TF_I); }

static double tf_bias(size_t r, size_t c)
{
    return tf_input(r, c) + (r / TF_H == 1 ? 1 : 0);
}

TEST(parts_gates_and_constants_make_tensorflow_s_kernel)
{
    elman_model *model = NULL;
    parcel_clear();
    counting_tensor("kernel", 2, (size_t[]){TF_I + TF_H, TF_G});
    counting_tensor("bias", 1, (size_t[]){TF_G});
    CHECK_OK(import_mapped(
        "{\"config\": {\"input_size\": 2, \"layers\":"
        " [{\"kind\": \"lstm\", \"hidden_size\": 2}]}, \"tensors\": {"
        "\"rnn.weight_ih_l0\": {\"from\": \"kernel\", \"rows\": [0,2],"
        " \"transpose\": true, \"gates\": \"ijfo\"},"
        "\"rnn.weight_hh_l0\": {\"from\": \"kernel\", \"rows\": [2,4],"
        " \"transpose\": true, \"gates\": \"ijfo\"},"
        "\"rnn.bias_ih_l0\": [{\"from\": \"bias\", \"gates\": \"ijfo\"},"
        " {\"value\": 1, \"gates\": \"f\"}],"
        "\"rnn.bias_hh_l0\": {\"zero\": true}}}",
        &model));
    check_parameter(model, "rnn.weight_ih_l0", TF_G, TF_I, tf_input);
    check_parameter(model, "rnn.weight_hh_l0", TF_G, TF_H, tf_recurrent);
    check_parameter(model, "rnn.bias_ih_l0", TF_G, 1, tf_bias);
    elman_model_destroy(model);
}

/* A tensor for each gate, two of them in one; gates in any order. */
static double joined(size_t r, size_t c)
{
    static const double first[] = {0, 1, 2}; /* r z n */
    return first[r / 2] + (double)(2 * c + r % 2) / 64;
}

TEST(tensors_of_single_gates_are_joined)
{
    static const char *const ways[] = {
        "{\"join\": [{\"from\": \"z\", \"transpose\": true}, {\"from\": \"n\","
        " \"transpose\": true}, {\"from\": \"r\", \"transpose\": true}],"
        " \"gates\": \"zhr\"}",
        "{\"join\": [\"z\", \"n\", \"r\"], \"axis\": 1,"
        " \"transpose\": true, \"gates\": \"unr\"}",
        "[{\"from\": \"z\", \"transpose\": true, \"gates\": \"z\"},"
        " {\"from\": \"r\", \"transpose\": true, \"gates\": \"r\"},"
        " {\"from\": \"n\", \"transpose\": true, \"gates\": \"c\"}]",
        "[{\"join\": [\"z\", \"r\"], \"axis\": 1, \"transpose\": true,"
        " \"gates\": \"ur\"},"
        " {\"from\": \"n\", \"transpose\": true, \"gates\": \"h\"}]",
    };
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
        elman_model *model = NULL;
        char text[1000];
        parcel_clear();
        for (size_t k = 0; k < 3; k++) {
            float values[6];
            for (size_t i = 0; i < 6; i++)
                values[i] = (float)k + (float)i / 64;
            parcel_add((const char *const[]){"r", "z", "n"}[k], ELEMENT_F32, 2,
                       (size_t[]){3, 2}, values);
        }
        snprintf(
            text, sizeof text,
            "{\"config\": {\"input_size\": 3, \"layers\":"
            " [{\"kind\": \"gru\", \"hidden_size\": 2, \"no_bias\": true}]},"
            " \"tensors\": {\"rnn.weight_ih_l0\": %s,"
            " \"rnn.weight_hh_l0\": {\"zero\": true}}}",
            ways[w]);
        CHECK_OK(import_mapped(text, &model));
        check_parameter(model, "rnn.weight_ih_l0", 6, 3, joined);
        elman_model_destroy(model);
    }
    elman_model *model = NULL;
    CHECK_FAILS(import_mapped("{\"config\": {\"input_size\": 3, \"layers\":"
                              " [{\"kind\": \"gru\", \"hidden_size\": 2,"
                              " \"no_bias\": true}]}, \"tensors\":"
                              " {\"rnn.weight_ih_l0\": [{\"from\": \"z\","
                              " \"transpose\": true, \"gates\": \"z\"}]}}",
                              &model),
                ELMAN_BAD_FORMAT,
                "no source gives the gate r, expected all of rzn");
}

/* One vector of everything: W and R row by row, bias, h, c. */
static double flat_input(size_t r, size_t c)
{
    return (double)(r * 3 + c) / 64;
}
static double flat_recurrent(size_t r, size_t c)
{
    return (double)(r * 3 + 1 + c) / 64;
}
static double flat_h(size_t r, size_t c)
{
    return (double)(32 + 2 * r + c) / 64;
}
static double flat_c(size_t r, size_t c) { return -2 * flat_h(r, c) - 0.5; }

TEST(a_flat_vector_becomes_matrices_and_states)
{
    elman_model *model = NULL;
    parcel_clear();
    counting_tensor("flat", 1, (size_t[]){64});
    CHECK_OK(import_mapped(
        "{\"config\": {\"input_size\": 1, \"layers\": [{\"kind\": \"lstm\","
        " \"hidden_size\": 2, \"learned_state\": true}]}, \"tensors\": {"
        "\"rnn.weight_ih_l0\": {\"from\": \"flat\", \"range\": [0,24],"
        " \"shape\": [8,3], \"cols\": [0,1]},"
        "\"rnn.weight_hh_l0\": {\"from\": \"flat\", \"range\": [0,24],"
        " \"shape\": [8,3], \"cols\": [1,3]},"
        "\"rnn.bias_ih_l0\": {\"values\": [1,2,3,4,5,6,7,8]},"
        "\"rnn.bias_hh_l0\": {\"value\": 0.25},"
        "\"rnn.h_0_l0\": {\"from\": \"flat\", \"range\": [32,36,2]},"
        "\"rnn.c_0_l0\": [{\"from\": \"flat\", \"range\": [32,36,2],"
        " \"scale\": -2}, {\"value\": -0.5}]}}",
        &model));
    check_parameter(model, "rnn.weight_ih_l0", 8, 1, flat_input);
    check_parameter(model, "rnn.weight_hh_l0", 8, 2, flat_recurrent);
    check_parameter(model, "rnn.h_0_l0", 2, 1, flat_h);
    check_parameter(model, "rnn.c_0_l0", 2, 1, flat_c);
    elman_model_destroy(model);
}

TEST(a_reference_must_be_reproduced)
{
    static const char mapping[] =
        "{" LINEAR ", \"tensors\": {" WEIGHT ", \"fc.bias\": \"b\"},"
        "\"reference\": {\"x\": \"in\", \"y\": \"out\"}}";
    elman_model *model = NULL;
    float x[3] = {1, 2, 3}, y[2];
    add_linear();
    box.count--;
    const float *w = (const float *)(const void *)box.tensors[0].data;
    const float *b = (const float *)(const void *)box.tensors[1].data;
    for (size_t i = 0; i < 2; i++)
        y[i] =
            (float)(product(x, (float[]){w[3 * i], w[3 * i + 1], w[3 * i + 2]},
                            3, 1, 0) +
                    (double)b[i]);
    parcel_add("in", ELEMENT_F32, 2, (size_t[]){1, 3}, x);
    parcel_add("out", ELEMENT_F32, 2, (size_t[]){1, 2}, y);
    CHECK_OK(import_mapped(mapping, &model));
    elman_model_destroy(model);
    model = NULL;
    y[1] += 0.01f;
    box.count--;
    parcel_add("out", ELEMENT_F32, 2, (size_t[]){1, 2}, y);
    CHECK_FAILS(import_mapped(mapping, &model), ELMAN_BAD_FORMAT,
                "does not give the reference output: step 0, sequence 0, "
                "output 1 is");
    assert_null(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_lstm_of_keras_gives_what_its_formulas_give),
        cmocka_unit_test(a_gru_of_keras_gives_what_its_formulas_give),
        cmocka_unit_test(sources_in_a_list_are_added_up),
        cmocka_unit_test(the_table_says_what_is_moved),
        cmocka_unit_test(parts_gates_and_constants_make_tensorflow_s_kernel),
        cmocka_unit_test(tensors_of_single_gates_are_joined),
        cmocka_unit_test(a_flat_vector_becomes_matrices_and_states),
        cmocka_unit_test(a_mapping_that_does_not_fit_gets_its_own_sentence),
        cmocka_unit_test(a_reference_must_be_reproduced),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
