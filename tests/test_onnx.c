/* test_onnx.c: an ONNX file and its graph agree, and what is wrong in a file is
 * refused with its name. */
#include "onnx_bytes.h"

#include <dirent.h>

static void check_tensor(const named_tensor *got, const named_tensor *want)
{
    assert_string_equal(got->name, want->name);
    CHECK(got->type == want->type && got->rank == want->rank &&
              got->count == want->count && !got->strided && !got->swapped,
          "%s", want->name);
    for (size_t i = 0; i < want->rank; i++)
        assert_int_equal(got->shape[i], want->shape[i]);
    assert_memory_equal(got->data, want->data,
                        want->count * element_bytes(want->type));
}

static void check_attribute(const onnx_attribute *got,
                            const onnx_attribute *want)
{
    assert_string_equal(got->name, want->name);
    CHECK(got->kind == want->kind && got->count == want->count &&
              got->i == want->i,
          "%s", want->name);
    CHECK_BITS(&got->f, &want->f, 1, "%s", want->name);
    if (want->s) assert_string_equal(got->s, want->s);
    if (want->kind == ONNX_TENSOR) check_tensor(&got->t, &want->t);
    for (size_t i = 0; i < want->count; i++) {
        if (want->ints) CHECK(got->ints[i] == want->ints[i], "[%zu]", i);
        if (want->floats) CHECK_BITS(got->floats + i, want->floats + i, 1, " ");
        if (want->strings)
            assert_string_equal(got->strings[i], want->strings[i]);
    }
}

TEST(what_was_saved_is_read)
{
    size_t size, again;
    char *first = everything_read(&size), *second;
    onnx_graph *g = NULL;
    CHECK_OK(
        onnx_open(&(byte_source){.name = in_folder("everything.onnx")}, &g));
    assert_string_equal(g->name, "main");
    assert_string_equal(g->producer, "test");
    CHECK(g->ir_version == 8 && g->opset == 17 && g->node_count == 2, " ");
    CHECK(g->initializer_count == INITIALIZERS && g->input_count == 1, " ");
    for (size_t i = 0; i < INITIALIZERS; i++)
        check_tensor(&g->initializers[i], &initializers[i]);
    CHECK(g->nodes[0].attribute_count == ATTRIBUTES &&
              g->nodes[0].input_count == 3,
          " ");
    for (size_t i = 0; i < ATTRIBUTES; i++)
        check_attribute(onnx_find(&g->nodes[0], attributes[i].name),
                        &attributes[i]);
    assert_null(onnx_find(&g->nodes[0], "nothing"));
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(g->nodes[0].inputs[i], inputs[i]);
    assert_string_equal(g->nodes[0].outputs[0], "y");
    assert_string_equal(g->nodes[1].domain, "com.example");
    CHECK(g->inputs->shaped && g->inputs->rank == 3 &&
              g->inputs->dimensions[0].size == -1 &&
              g->inputs->dimensions[2].size == 3,
          " ");
    assert_string_equal(g->inputs->dimensions[0].symbol, "T");
    CHECK(!g->outputs->shaped && g->outputs->type == ELEMENT_F64, " ");

    CHECK_OK(onnx_save(g, in_folder("again.onnx")));
    CHECK_OK(file_read(in_folder("again.onnx"), &second, &again));
    CHECK(again == size, "%zu bytes, then %zu", size, again);
    assert_memory_equal(first, second, size);
    free(first);
    free(second);
    onnx_close(g);
}

/* What PyTorch and others wrote. */
TEST(recorded_models_are_read)
{
    char folder[1024], path[2048];
    int length = (int)(strrchr(__FILE__, '/') - __FILE__);
    snprintf(folder, sizeof folder, "%.*s/golden/onnx", length, __FILE__);
    DIR *all = opendir(folder);
    size_t count = 0;
    for (struct dirent *entry; all && (entry = readdir(all));) {
        onnx_graph *g = NULL;
        snprintf(path, sizeof path, "%s/%s/model.onnx", folder, entry->d_name);
        if (*entry->d_name == '.' || access(path, R_OK)) continue;
        CHECK_OK(onnx_open(&(byte_source){.name = path}, &g));
        CHECK(g->node_count && g->input_count && g->output_count, "%s", path);
        CHECK_OK(onnx_save(g, in_folder("model.onnx")));
        onnx_close(g);
        CHECK_OK(
            onnx_open(&(byte_source){.name = in_folder("model.onnx")}, &g));
        onnx_close(g);
        count++;
    }
    if (all) closedir(all);
    CHECK(count > 20, "%zu models", count);
}

/* ---- Tensors ------------------------------------------------------------ */

/* An initializer "w" with one dimension, its data not yet there. */
static bytes tensor_start(uint64_t type, uint64_t dimension)
{
    bytes t = {0};
    put_number(&t, 1, dimension);
    put_number(&t, 2, type);
    put_word(&t, 8, "w");
    return t;
}

static bytes graph_of(bytes *tensor)
{
    bytes graph = {0};
    put_inner(&graph, 5, tensor);
    return graph;
}

TEST(listed_numbers_are_what_raw_ones_would_be)
{
    /* type, field of the list; 1 0 and, at the end of its range, -2 or the
     * bits of a float */
    static const struct {
        uint64_t type;
        unsigned list;
        uint64_t third;
        double want;
    } rows[] = {{2, 5, 254, 254},
                {3, 5, UINT64_MAX - 1, -2},
                {4, 5, 65534, 65534},
                {5, 5, UINT64_MAX - 1, -2},
                {6, 5, UINT64_MAX - 1, -2},
                {7, 7, UINT64_MAX - 1, -2},
                {9, 5, 1, 1},
                {10, 5, 0xC000, -2},
                {12, 11, UINT32_MAX, UINT32_MAX},
                {13, 11, UINT32_MAX, UINT32_MAX},
                {16, 5, 0xC000, -2}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int packed = 0; packed < 2; packed++) {
            bytes t = tensor_start(rows[i].type, 2), list = {0}, g, m;
            onnx_graph *graph = NULL;
            double got[2];
            put_varint(&list, 0);
            put_varint(&list, rows[i].third);
            if (packed) put_inner(&t, rows[i].list, &list);
            else {
                put_number(&t, rows[i].list, 0);
                put_number(&t, rows[i].list, rows[i].third);
            }
            free(list.data);
            g = graph_of(&t);
            m = model_of(&g, 8, 17);
            CHECK_OK(parse(&m, NULL, &graph));
            tensor_doubles(&graph->initializers[0], 0, 2, got);
            CHECK(got[0] == 0 && got[1] == rows[i].want, "row %zu: %g", i,
                  got[1]);
            onnx_close(graph);
        }
}

TEST(tensors_that_lie_are_refused)
{
    static const struct {
        uint64_t type, dimensions[3];
        size_t raw; /* bytes */
        const char *part;
    } rows[] = {
        {1, {2, 3, 1}, 20, "20 bytes of data, float32 (2,3,1) needs 24"},
        {1, {2, 3, 1}, 28, "28 bytes"},
        {1, {1, 1, UINT64_MAX}, 4, "dimension 2 is -1"},
        {1, {UINT64_MAX, UINT64_MAX, 1}, 4, "dimension 0 is -1"},
        {1,
         {1ull << 62, 4, 1},
         0,
         BY_SIZE(
             "exceeds 64 bits",
             "dimension 0 is 4611686018427387904, which is not " BEYOND_32)},
        {1,
         {1ull << 32, 1ull << 31, 2},
         0,
         BY_SIZE("exceeds 64 bits", BEYOND_32)},
        {1, {1ull << 62, 1, 1}, 0, BY_SIZE("exceeds 64 bits", BEYOND_32)},
        {1,
         {1ull << 31, 1ull << 31, 4},
         0,
         "exceeds " BY_SIZE("64", "32") " bits"},
        {1, {1ull << 40, 1, 1}, 4, BY_SIZE("needs 4398046511104", BEYOND_32)},
        {1, {0, 1ull << 40, 1}, 4, BY_SIZE("needs 0", "dimension 1 is")},
        {0, {1, 1, 1}, 4, "element type undefined is not supported"},
        {8, {1, 1, 1}, 4, "element type string is not supported"},
        {14, {1, 1, 1}, 8, "element type complex64"},
        {17, {1, 1, 1}, 1, "float8"},
        {22, {1, 1, 1}, 1, "int4"},
        {27, {1, 1, 1}, 1, "element type 27 is unknown"},
        {UINT64_MAX, {1, 1, 1}, 1, "element type -1 is unknown"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bytes t = {0}, g;
        char zeros[32] = {0};
        for (size_t j = 0; j < 3; j++)
            put_number(&t, 1, rows[i].dimensions[j]);
        put_number(&t, 2, rows[i].type);
        put_word(&t, 8, "weight");
        put_data(&t, 9, zeros, rows[i].raw);
        g = graph_of(&t);
        REFUSED(&g, rows[i].part);
        CHECK(strstr(elman_message(), "tensor \"weight\""), "%s",
              elman_message());
    }
}

TEST(listed_numbers_that_lie_are_refused)
{
    bytes t = tensor_start(1, 2), g;
    REFUSED((g = graph_of(&t), &g), "0 numbers of data, float32 (2) needs 2");

    t = tensor_start(3, 1); /* int8 */
    put_number(&t, 5, 128);
    REFUSED((g = graph_of(&t), &g),
            "[0] is 128, which is out of range for int8");

    t = tensor_start(1, 1);
    for (size_t i = 0; i < 8; i++)
        put_number(&t, 1, 1);
    REFUSED((g = graph_of(&t), &g), "9 dimensions, expected at most 8");
}

/* ---- Names, versions ---------------------------------------------------- */

static void put_node(bytes *graph, const char *op, const char *output)
{
    bytes node = {0};
    put_word(&node, 2, output);
    put_word(&node, 4, op);
    put_inner(graph, 1, &node);
}

static void put_value(bytes *graph, unsigned field, const char *name)
{
    bytes value = {0}, type = {0}, tensor = {0};
    put_number(&tensor, 1, 1);
    put_inner(&type, 1, &tensor);
    put_word(&value, 1, name);
    put_inner(&value, 2, &type);
    put_inner(graph, field, &value);
}

static void put_scalar(bytes *graph, const char *name)
{
    bytes t = {0};
    put_number(&t, 2, 1);
    put_word(&t, 8, name);
    put_data(&t, 9, "abcd", 4);
    put_inner(graph, 5, &t);
}

TEST(names_that_occur_twice_are_refused)
{
    bytes g = {0};
    put_node(&g, "Relu", "a"), put_node(&g, "Relu", "a");
    REFUSED(&g, "initializer or node output \"a\" occurs twice");
    put_scalar(&g, "w"), put_scalar(&g, "w");
    REFUSED(&g, "initializer or node output \"w\" occurs twice");
    put_scalar(&g, "w"), put_node(&g, "Relu", "w");
    REFUSED(&g, "initializer or node output \"w\" occurs twice");
    put_value(&g, 11, "x"), put_node(&g, "Relu", "x");
    REFUSED(&g, "graph input or node output \"x\" occurs twice");
    put_value(&g, 11, "x"), put_value(&g, 11, "x");
    REFUSED(&g, "\"x\" occurs twice");
    put_value(&g, 12, "y"), put_value(&g, 12, "y");
    REFUSED(&g, "graph output \"y\" occurs twice");

    /* these are as they should be: a default, and outputs that nobody reads */
    onnx_graph *graph = NULL;
    put_value(&g, 11, "w"), put_scalar(&g, "w");
    put_node(&g, "LSTM", ""), put_node(&g, "LSTM", "");
    bytes m = model_of(&g, 8, 17);
    CHECK_OK(parse(&m, NULL, &graph));
    onnx_close(graph);
}

TEST(what_is_not_text_is_refused)
{
    bytes g = {0}, node = {0};
    put_data(&node, 3, "a\0b", 3);
    put_inner(&g, 1, &node);
    REFUSED(&g,
            "node 0 \"\" (): the name is not UTF-8, or contains a zero byte");
    put_word(&node, 4, "\xff");
    put_inner(&g, 1, &node);
    REFUSED(&g, "the operator is not UTF-8");
    put_word(&node, 1, "\xed\xa0\x80"); /* half of a pair */
    put_inner(&g, 1, &node);
    REFUSED(&g, "an input's name is not UTF-8");
}

TEST(attributes_occur_once_and_have_a_kind)
{
    bytes g = {0}, node = {0}, attribute = {0};
    for (int i = 0; i < 2; i++) {
        put_word(&attribute, 1, "hidden_size");
        put_inner(&node, 5, &attribute);
    }
    put_inner(&g, 1, &node);
    REFUSED(&g, "attribute \"hidden_size\" occurs twice");

    put_number(&attribute, 20, 4);
    put_inner(&node, 5, &attribute);
    put_inner(&g, 1, &node);
    REFUSED(&g, "has no tensor");

    /* a graph, and bytes that are not text: there, but not read */
    put_word(&attribute, 1, "body");
    put_data(&attribute, 6, "", 0);
    put_number(&attribute, 20, 5);
    put_inner(&node, 5, &attribute);
    put_word(&attribute, 1, "blob");
    put_data(&attribute, 4, "a\0b", 3);
    put_number(&attribute, 20, 3);
    put_inner(&node, 5, &attribute);
    put_inner(&g, 1, &node);
    onnx_graph *graph = NULL;
    bytes m = model_of(&g, 8, 17);
    CHECK_OK(parse(&m, NULL, &graph));
    CHECK(graph->nodes[0].attributes[0].kind == ONNX_GRAPH &&
              graph->nodes[0].attributes[0].g->node_count == 0,
          " ");
    CHECK(graph->nodes[0].attributes[1].kind == ONNX_OTHER, " ");
    onnx_close(graph);

    for (int i = 0; i < 201; i++)
        put_data(&node, 5, "", 0);
    put_inner(&g, 1, &node);
    REFUSED(&g, "201 attributes, expected at most 200");
}

TEST(versions_are_read)
{
    static const struct {
        uint64_t ir, opset;
        const char *part;
    } rows[] = {{2, 7, "IR version 2, expected 3 to 14"},
                {15, 17, "IR version 15"},
                {UINT64_MAX, 17, "IR version -1"},
                {8, 0, "opset 0, expected at least 1"},
                {8, UINT64_MAX, "opset -1"}};
    onnx_graph *graph = NULL;
    bytes g = {0}, m, opset = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        put_word(&g, 2, "main");
        m = model_of(&g, rows[i].ir, rows[i].opset);
        CHECK_FAILS(parse(&m, NULL, &graph), ELMAN_BAD_FORMAT, rows[i].part);
    }
    put_word(&g, 2, "main");
    m = model_of(&g, 8, 17);
    put_number(&opset, 2, 18);
    put_word(&opset, 1, "ai.onnx");
    put_inner(&m, 8, &opset);
    CHECK_FAILS(parse(&m, NULL, &graph), ELMAN_BAD_FORMAT, "two opsets");

    put_number(&m, 1, 8);
    put_data(&m, 7, "", 0);
    put_word(&opset, 1, "com.example");
    put_inner(&m, 8, &opset);
    CHECK_FAILS(parse(&m, NULL, &graph), ELMAN_BAD_FORMAT, "names no opset");
    CHECK_FAILS(parse(&m, NULL, &graph), ELMAN_BAD_FORMAT,
                "not an ONNX model: it has no IR version or no graph");

    put_data(&g, 15, "", 0);
    REFUSED(&g, "sparse initializers are not supported");
    put_word(&opset, 1, "x");
    put_inner(&g, 11, &opset);
    REFUSED(&g, "graph input 0 \"x\": it is not a tensor");
}

TEST(what_cannot_be_saved_is_refused)
{
    named_tensor t = initializers[0];
    onnx_graph g = everything;
    g.initializer_count = 1;
    g.initializers = &t;
    t.strided = true;
    CHECK_FAILS(onnx_save(&g, in_folder("a.onnx")), ELMAN_BAD_VALUE,
                "not row-major");
    t.strided = false;
    t.count = (size_t)1 << 30;
    CHECK_FAILS(onnx_save(&g, in_folder("a.onnx")), ELMAN_BAD_VALUE, "2 GiB");
    CHECK_FAILS(onnx_save(&everything, in_folder("no/a.onnx")), ELMAN_BAD_FILE,
                "no/a.onnx");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_saved_is_read),
        cmocka_unit_test(recorded_models_are_read),
        cmocka_unit_test(listed_numbers_are_what_raw_ones_would_be),
        cmocka_unit_test(tensors_that_lie_are_refused),
        cmocka_unit_test(listed_numbers_that_lie_are_refused),
        cmocka_unit_test(names_that_occur_twice_are_refused),
        cmocka_unit_test(what_is_not_text_is_refused),
        cmocka_unit_test(attributes_occur_once_and_have_a_kind),
        cmocka_unit_test(versions_are_read),
        cmocka_unit_test(what_cannot_be_saved_is_refused),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
