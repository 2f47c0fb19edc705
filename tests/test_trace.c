/*
 * test_trace.c: graphs that resemble a stack of layers and are not one, made by
 * hand: each must be refused, for the stack would compute something else.
 */
#include "check.h"

#include "trace/open.h"

enum { T = 3, B = 3, I = 2, H = 3 }; /* T, B and H alike, to be mistaken */

static const float weights[64];
static const int64_t numbers[] = {1, 0, 2};

static const named_tensor tensors[] = {
    {.name = "W", .rank = 3, .shape = {1, H, I}, .count = H * I},
    {.name = "R", .rank = 3, .shape = {1, H, H}, .count = H * H},
    {.name = "M", .rank = 2, .shape = {H, H}, .count = H * H},
    {.name = "b", .rank = 1, .shape = {H}, .count = H},
    {.name = "deep", .rank = 4, .shape = {1, 1, 1, 1}, .count = 1},
    {.name = "one",
     .type = ELEMENT_I64,
     .rank = 1,
     .shape = {1},
     .count = 1,
     .data = numbers},
};
enum { TENSORS = sizeof tensors / sizeof *tensors };

/* "OP in in > out", with an attribute or none. */
typedef struct line {
    const char *op, *in[4], *out;
    onnx_attribute attribute;
} line;

enum { MOST = 8 };

/* An RNN on x, its Y without the axis of directions as y, then lines. */
static const line head[] = {
    {"RNN", {"x", "W", "R"}, "Y", {0}},
    {"Squeeze", {"Y", "one"}, "y", {0}},
};

static elman_status follow(const line *lines, size_t count,
                           const char *const *outputs, size_t output_count)
{
    onnx_node nodes[MOST + 2] = {{0}};
    onnx_value wanted[4] = {{0}};
    named_tensor made[TENSORS];
    onnx_value x = {.name = "x",
                    .shaped = true,
                    .rank = 3,
                    .dimensions = {{T, ""}, {B, ""}, {I, ""}}};
    size_t n = 0;
    for (size_t i = 0; i < count + 2; i++) {
        const line *l = i < 2 ? head + i : lines + i - 2;
        size_t inputs = 0;
        while (inputs < 4 && l->in[inputs])
            inputs++;
        nodes[n++] = (onnx_node){.name = l->out,
                                 .op = l->op,
                                 .domain = "",
                                 .input_count = inputs,
                                 .output_count = 1,
                                 .attribute_count = l->attribute.name ? 1 : 0,
                                 .inputs = l->in,
                                 .outputs = &l->out,
                                 .attributes = &l->attribute};
    }
    for (size_t i = 0; i < TENSORS; i++) {
        made[i] = tensors[i];
        if (!made[i].data) made[i].data = weights;
    }
    for (size_t i = 0; i < output_count; i++)
        wanted[i].name = outputs[i];
    const onnx_graph graph = {.opset = 17,
                              .node_count = n,
                              .nodes = nodes,
                              .initializer_count = TENSORS,
                              .initializers = made,
                              .input_count = 1,
                              .inputs = &x,
                              .output_count = output_count,
                              .outputs = wanted};
    trace *t = NULL;
    elman_status status = trace_open(&graph, NULL, &t);
    trace_close(t);
    return status;
}

#define FOLLOW(outputs, ...)                                                   \
    follow((const line[]){__VA_ARGS__},                                        \
           sizeof((const line[]){__VA_ARGS__}) / sizeof(line),                 \
           (const char *const[])UNPACK outputs,                                \
           sizeof((const char *const[])UNPACK outputs) / sizeof(char *))
#define UNPACK(...)                                                            \
    {                                                                          \
        __VA_ARGS__                                                            \
    }

static const line linear = {"MatMul", {"y", "M"}, "m", {0}};
static const line biased = {"Add", {"m", "b"}, "a", {0}};

TEST(a_linear_layer_is_followed) { CHECK_OK(FOLLOW(("a"), linear, biased)); }

/* The layer has its bias for all who read it, or for none. */
TEST(what_is_read_without_its_bias_is_a_branch)
{
    const line other = {"Relu", {"m"}, "r", {0}};
    CHECK_FAILS(FOLLOW(("a", "r"), linear, biased, other), ELMAN_BAD_FORMAT,
                "a branch is not a stack of layers");
    CHECK_FAILS(FOLLOW(("r", "a"), linear, biased, other), ELMAN_BAD_FORMAT,
                "a branch is not a stack of layers");
}

/* b goes along steps here, though it is as long as features are many. */
TEST(an_addend_along_another_axis_is_not_a_bias)
{
    static const int64_t order[] = {1, 2, 0};
    const line turned = {
        "Transpose",
        {"m"},
        "turned",
        {.name = "perm", .kind = ONNX_INTS, .count = 3, .ints = order}};
    const line added = {"Add", {"turned", "b"}, "a", {0}};
    CHECK_FAILS(FOLLOW(("a"), linear, turned, added), ELMAN_BAD_FORMAT,
                "not all features");
    const line deep = {"Mul", {"m", "deep"}, "a", {0}};
    CHECK_FAILS(FOLLOW(("a"), linear, deep), ELMAN_BAD_FORMAT,
                "4 dimensions, more than the value it is applied to");
}

TEST(numbers_are_not_cut_on_the_way)
{
    const line whole = {"Cast", {"x"}, "w", {"to", ONNX_INT, .i = 7}};
    const line back = {"Cast", {"w"}, "f", {"to", ONNX_INT, .i = 1}};
    const line again = {"RNN", {"f", "W", "R"}, "Z", {0}};
    const line straight = {"RNN", {"w", "W", "R"}, "Z", {0}};
    const line truth = {"Cast", {"y"}, "Z", {"to", ONNX_INT, .i = 9}};
    CHECK_FAILS(FOLLOW(("Z"), whole, back, again), ELMAN_BAD_FORMAT,
                "floats to whole numbers and back");
    CHECK_FAILS(FOLLOW(("Z"), whole, straight), ELMAN_BAD_FORMAT,
                "its X is of int64, expected floats");
    CHECK_FAILS(FOLLOW(("Z"), truth), ELMAN_BAD_FORMAT, "whole numbers");
}

TEST(a_clip_of_zero_is_refused)
{
    const line clipped = {
        "RNN", {"x", "W", "R"}, "Z", {"clip", ONNX_FLOAT, .f = 0}};
    CHECK_FAILS(FOLLOW(("Z"), clipped), ELMAN_BAD_FORMAT,
                "its clip is 0, expected a finite number above 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_linear_layer_is_followed),
        cmocka_unit_test(what_is_read_without_its_bias_is_a_branch),
        cmocka_unit_test(an_addend_along_another_axis_is_not_a_bias),
        cmocka_unit_test(numbers_are_not_cut_on_the_way),
        cmocka_unit_test(a_clip_of_zero_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
