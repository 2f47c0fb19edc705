/* test_onnx_export.c: which nodes, ports and weights a model becomes in ONNX,
 * what is refused, and that it comes back. tests/exchange/onnxruntime says that
 * it gives the same elsewhere. */
#include "check.h"
#include "onnx_config.h"

#include "allocator.h"
#include "export/onnx.h"
#include "export/onnx_projection.h"
#include "folder.h"
#include "format/file.h"
#include "format/onnx.h"
#include "proof/random_config.h"

static elman_model *model_of(const elman_config *config)
{
    elman_model *model = NULL;
    CHECK_OK(elman_model_create(config, &model));
    return model;
}

static onnx_graph *graph_of(const elman_config *config)
{
    onnx_graph *graph = NULL;
    elman_model *model = model_of(config);
    CHECK_OK(export_onnx(model, in_folder("model.onnx")));
    CHECK_OK(
        onnx_open(&(byte_source){.name = in_folder("model.onnx")}, &graph));
    elman_model_destroy(model);
    return graph;
}

static const onnx_node *find_node(const onnx_graph *g, const char *op)
{
    for (size_t i = 0; i < g->node_count; i++)
        if (!strcmp(g->nodes[i].op, op)) return &g->nodes[i];
    return NULL;
}

static const named_tensor *find_tensor(const onnx_graph *g, const char *name)
{
    for (size_t i = 0; i < g->initializer_count; i++)
        if (!strcmp(g->initializers[i].name, name)) return &g->initializers[i];
    return NULL;
}

/* "x(T,B,3) h_0(1,state_batch,4)" */
static const char *ports(size_t count, const onnx_value *value)
{
    static char text[600];
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s(",
                               i ? " " : "", value[i].name);
        for (size_t j = 0; j < value[i].rank; j++) {
            const onnx_dimension *d = &value[i].dimensions[j];
            char size[24];
            snprintf(size, sizeof size, "%lld", (long long)d->size);
            at += (size_t)snprintf(text + at, sizeof text - at, "%s%s",
                                   j ? "," : "", *d->symbol ? d->symbol : size);
        }
        at += (size_t)snprintf(text + at, sizeof text - at, ")");
    }
    return text;
}

#define CHECK_PORTS(config, in, out)                                           \
    do {                                                                       \
        onnx_graph *g_ = graph_of(config);                                     \
        assert_string_equal(ports(g_->input_count, g_->inputs), in);           \
        assert_string_equal(ports(g_->output_count, g_->outputs), out);        \
        onnx_close(g_);                                                        \
    } while (0)

TEST(ports_are_named_after_layers)
{
    elman_config c = {
        .input_size = 3,
        .layers = {{.kind = ELMAN_LSTM, .hidden_size = 4, .num_layers = 2}}};
    CHECK_PORTS(&c, "x(T,B,3) h_0(2,state_batch,4) c_0(2,state_batch,4)",
                "y(T,B,4) h_n(2,B,4) c_n(2,B,4)");

    c.batch_first = c.layers[0].bidirectional = true;
    c.layers[0].merge = ELMAN_MERGE_SUM;
    c.layers[1] = (elman_layer){.kind = ELMAN_LAST};
    CHECK_PORTS(&c,
                "x(B,T,3) rnn.h_0(4,state_batch,4) rnn.c_0(4,state_batch,4)",
                "y(B,4) rnn.h_n(4,B,4) rnn.c_n(4,B,4)");

    c = (elman_config){
        .layers = {
            {.kind = ELMAN_EMBEDDING, .num_embeddings = 9, .embedding_dim = 2},
            {.kind = ELMAN_GRU,
             .num_layers = 2,
             .hidden_sizes = {4, 5},
             .name = "one"},
            {.kind = ELMAN_RNN, .hidden_size = 3, .name = "two"},
            {.kind = ELMAN_LINEAR, .output_size = 7}}};
    CHECK_PORTS(&c,
                "tokens(T,B) one.h_0_l0(1,state_batch,4) "
                "one.h_0_l1(1,state_batch,5) two.h_0(1,state_batch,3)",
                "y(T,B,7) one.h_n_l0(1,B,4) one.h_n_l1(1,B,5) two.h_n(1,B,3)");

    c = (elman_config){.input_size = 3,
                       .batch_first = true,
                       .layers = {{.kind = ELMAN_GRU,
                                   .hidden_size = 4,
                                   .bidirectional = true,
                                   .merge = ELMAN_MERGE_NONE}}};
    CHECK_PORTS(&c, "x(B,T,3) h_0(2,state_batch,4)", "y(2,B,T,4) h_n(2,B,4)");
}

/* Row block of an initializer is block from of a parameter. */
static void check_block(const named_tensor *t, size_t block,
                        const elman_model *model, const char *name, size_t from,
                        size_t size)
{
    float all[400], got[100];
    size_t index = 0;
    elman_const_tensor shape;
    while (strcmp(elman_model_parameter(model, index, &shape), name))
        index++;
    size_t count = shape.shape[0] * (shape.rank > 1 ? shape.shape[1] : 1);
    CHECK_OK(elman_model_read(model, name, count, all));
    memcpy(got, (const char *)t->data + block * size * sizeof *got,
           size * sizeof *got);
    CHECK_BITS(got, all + from * size, size, "%s: %zu from %zu of %s", t->name,
               block, from, name);
}

TEST(gates_are_in_the_order_of_onnx)
{
    static const size_t lstm[] = {0, 3, 1, 2}, gru[] = {1, 0, 2},
                        peephole[] = {0, 2, 1};
    for (int kind = 0; kind < 2; kind++) {
        size_t G = kind ? 3 : 4;
        const size_t *order = kind ? gru : lstm;
        elman_config c = {.input_size = 3,
                          .layers = {{.kind = kind ? ELMAN_GRU : ELMAN_LSTM,
                                      .hidden_size = 5,
                                      .bidirectional = true,
                                      .peephole = !kind}}};
        elman_model *model = model_of(&c);
        onnx_graph *g = graph_of(&c); /* the same seed, the same weights */
        for (size_t i = 0; i < G; i++) {
            check_block(find_tensor(g, "rnn.W_l0"), i, model,
                        "rnn.weight_ih_l0", order[i], 15);
            check_block(find_tensor(g, "rnn.R_l0"), G + i, model,
                        "rnn.weight_hh_l0_reverse", order[i], 25);
            check_block(find_tensor(g, "rnn.B_l0"), i, model, "rnn.bias_ih_l0",
                        order[i], 5);
            check_block(find_tensor(g, "rnn.B_l0"), 3 * G + i, model,
                        "rnn.bias_hh_l0_reverse", order[i], 5);
        }
        for (size_t i = 0; i < 3 && !kind; i++)
            check_block(find_tensor(g, "rnn.P_l0"), 3 + i, model,
                        "rnn.peephole_l0_reverse", peephole[i], 5);
        onnx_close(g);
        elman_model_destroy(model);
    }
}

TEST(a_node_says_what_is_unusual)
{
    elman_config c = {.input_size = 3,
                      .layers = {{.kind = ELMAN_LSTM, .hidden_size = 4}}};
    onnx_graph *g = graph_of(&c);
    CHECK(g->ir_version == 8 && g->opset == 17, " ");
    const onnx_node *n = find_node(g, "LSTM");
    CHECK(n->attribute_count == 2 && n->input_count == 7 &&
              n->output_count == 3,
          " ");
    CHECK(onnx_find(n, "hidden_size")->i == 4, " ");
    assert_string_equal(onnx_find(n, "direction")->s, "forward");
    onnx_close(g);

    c.layers[0].clip = 0.5f;
    c.layers[0].coupled = c.layers[0].reverse = c.layers[0].no_bias = true;
    c.layers[0].activations[0][1] =
        (elman_activation){.kind = ELMAN_ACTIVATION_ELU, .alpha = 0.25f};
    g = graph_of(&c);
    n = find_node(g, "LSTM");
    CHECK(onnx_find(n, "clip")->f == 0.5f, " ");
    CHECK(onnx_find(n, "input_forget")->i == 1, " ");
    assert_string_equal(onnx_find(n, "direction")->s, "reverse");
    assert_string_equal(n->inputs[3], "");
    const onnx_attribute *a = onnx_find(n, "activations");
    assert_int_equal(a->count, 3);
    assert_string_equal(a->strings[0], "Sigmoid");
    assert_string_equal(a->strings[1], "Elu");
    a = onnx_find(n, "activation_alpha");
    CHECK(a->count == 1 && a->floats[0] == 0.25f, " ");
    assert_null(onnx_find(n, "activation_beta"));
    onnx_close(g);
}

TEST(learned_states_are_defaults)
{
    elman_config c = {.input_size = 3,
                      .layers = {{.kind = ELMAN_RNN,
                                  .hidden_size = 2,
                                  .num_layers = 2,
                                  .dropout = 0.5f,
                                  .learned_state = true}}};
    const float h[2][2] = {{1, 2}, {3, 4}};
    elman_model *model = model_of(&c);
    onnx_graph *g = NULL;
    CHECK_OK(elman_model_write(model, "rnn.h_0_l0", 2, h[0]));
    CHECK_OK(elman_model_write(model, "rnn.h_0_l1", 2, h[1]));
    CHECK_OK(export_onnx(model, in_folder("model.onnx")));
    CHECK_OK(onnx_open(&(byte_source){.name = in_folder("model.onnx")}, &g));
    CHECK_OK(tensor_expect(find_tensor(g, "h_0"), ELEMENT_F32, 3,
                           (size_t[]){2, 1, 2}));
    assert_memory_equal(find_tensor(g, "h_0")->data, h, sizeof h);
    onnx_close(g);
    elman_model_destroy(model);
}

static void check_refused(const elman_config *config, const char *sentence)
{
    elman_model *model = model_of(config);
    const char *path = in_folder("refused.onnx");
    CHECK_FAILS(export_onnx(model, path), ELMAN_BAD_VALUE, sentence);
    CHECK(access(path, F_OK) != 0, "it was written");
    elman_model_destroy(model);
}

TEST(what_onnx_lacks_is_refused)
{
    elman_config c = {
        .input_size = 3,
        .layers = {
            {.kind = ELMAN_LSTM, .hidden_size = 4, .zoneout_cell = 0.1f}}};
    snprintf(c.layers[0].name, sizeof c.layers[0].name, "memory");
    check_refused(&c, "the layer memory is of the kind LSTM and has zoneout");
    c.layers[0] =
        (elman_layer){.kind = ELMAN_GRU, .hidden_size = 4, .zoneout = 0.1f};
    check_refused(&c, "the layer rnn is of the kind GRU and has zoneout");
    c.layers[0].kind = ELMAN_LIGRU;
    check_refused(&c, "the layer rnn is of the kind Li-GRU and has zoneout");
    elman_model *model = model_of(&c);
    char lines[200];
    CHECK_FAILS(export_onnx_lines(model, "m.onnx", sizeof lines, lines),
                ELMAN_BAD_VALUE, "zoneout");
    elman_model_destroy(model);

    /* a reset gate that no bias opens */
    c.layers[0].zoneout = 0;
    c.layers[0].activations[0][0] = (elman_activation){
        .kind = ELMAN_ACTIVATION_SCALED_TANH, .alpha = 0, .beta = 1};
    check_refused(&c, "the layer rnn is a Li-GRU whose gate is 0");
}

TEST(a_projection_that_no_h_comes_from_is_refused)
{
    elman_config c = {
        .input_size = 2,
        .layers = {{.kind = ELMAN_LSTM, .hidden_size = 3, .proj_size = 2}}};
    elman_model *model = model_of(&c);
    const float dependent[] = {1, 2, 3, -2, -4, -6};
    const char *path = in_folder("refused.onnx");
    CHECK_OK(elman_model_write(model, "rnn.weight_hr_l0", 6, dependent));
    CHECK_FAILS(export_onnx(model, path), ELMAN_BAD_VALUE,
                "the layer rnn has a projection of 3 to 2 whose rows are not "
                "independent");
    CHECK(access(path, F_OK) != 0, "it was written");
    elman_model_destroy(model);
}

TEST(a_projection_is_undone_before_the_first_step)
{
    enum { R = 5, H = 9 };
    float P[R * H], inverse[R * H];
    random_fill(3, R * H, -1, 1, P);
    CHECK_OK(projection_invert(R, H, P, inverse));
    for (size_t i = 0; i < R; i++)
        for (size_t k = 0; k < R; k++) {
            double sum = 0;
            for (size_t j = 0; j < H; j++)
                sum += (double)inverse[i * H + j] * (double)P[k * H + j];
            CHECK(fabs(sum - (i == k)) < 1e-6, "%zu %zu: %g", i, k, sum);
        }

    /* W P, of W the identity */
    float identity[R * R] = {0}, same[R * H];
    for (size_t i = 0; i < R; i++)
        identity[i * R + i] = 1;
    projection_multiply(R, R, H, identity, P, same);
    CHECK_BITS(same, P, R * H, "identity");
}

TEST(two_lines_read_it)
{
    elman_config c = {.input_size = 3,
                      .layers = {{.kind = ELMAN_LSTM, .hidden_size = 4}}};
    elman_model *model = model_of(&c);
    char lines[200];
    CHECK_OK(export_onnx_lines(model, "a \"b\".onnx", sizeof lines, lines));
    assert_string_equal(lines,
                        "import onnxruntime; session = "
                        "onnxruntime.InferenceSession(\"a \\\"b\\\".onnx\")\n"
                        "y = session.run([\"y\"], {\"x\": x})[0]\n");
    for (size_t room = 0; room <= strlen(lines); room++) {
        char *exact = malloc(room + 1);
        CHECK_FAILS(export_onnx_lines(model, "a \"b\".onnx", room, exact),
                    ELMAN_BAD_VALUE, "capacity is");
        free(exact);
    }
    elman_model_destroy(model);
}

/* Whether a minGRU is a GRU whose gates are made inside it. */
static bool is_gru(const elman_layer *l)
{
    bool turns = true;
    for (size_t d = 0; d < 1 + (size_t)l->bidirectional; d++) {
        elman_activation_kind f = l->activations[d][0].kind;
        turns &= !f || f == ELMAN_ACTIVATION_SIGMOID ||
                 f == ELMAN_ACTIVATION_HARD_SIGMOID;
    }
    return turns && l->zoneout == 0;
}

/* What no stack of layers can be read from, and what has none. */
static bool comes_back(const elman_config *c)
{
    bool recurrent = false;
    for (size_t i = 0; c->layers[i].kind; i++) {
        const elman_layer *l = c->layers + i;
        recurrent |= l->hidden_size || l->hidden_sizes[0];
        if (l->kind > ELMAN_REPEAT) return false; /* newer than the exporter */
        /* an axis of size 1, or one that is reduced at once */
        if (l->repeats == 1) return false;
        bool repeats = l->kind == ELMAN_REPEAT;
        if (repeats && l[1].kind == ELMAN_POOL) return false;
        if (repeats && l[1].kind == ELMAN_LAST) return false;
        if (l->merge == ELMAN_MERGE_NONE) return false;
        if (l->proj_size && l->bidirectional && l->merge) return false;
        if (l->kind == ELMAN_MINLSTM) return false;
        if (l->kind == ELMAN_MINGRU && !is_gru(l)) return false;
        if (l->pool == ELMAN_POOL_ATTENTION) return false;
    }
    return recurrent;
}

/* y of a model, for tokens or x that are always the same. */
static void run(const elman_model *model, size_t count, float *y)
{
    enum { T = 4, B = 3 };
    elman_state *state = NULL;
    float x[T * B * 8];
    int32_t tokens[T * B] = {0};
    bool reads_tokens = elman_model_read_info(model).vocabulary != 0;
    random_fill(5, sizeof x / sizeof *x, -1, 1, x);
    CHECK(count <= 7 * B * 16, "%zu outputs", count);
    CHECK_OK(elman_state_create(model, &(elman_state_config){.T = T, .B = B},
                                &state));
    elman_batch batch = {.T = T, .B = B};
    if (reads_tokens) batch.tokens = tokens;
    else batch.x = x;
    CHECK_OK(elman_model_forward(model, state, &batch, y));
    elman_state_destroy(state);
}

TEST(what_was_exported_is_imported)
{
    enum { NETWORKS = 150, ROOM = 7 * 3 * 16 };
    size_t count = 0;
    for (uint64_t i = 0; i < NETWORKS; i++) {
        draws d = draws_from(test_seed(), i);
        elman_config c = i % 5 ? random_config(&d, 8) : random_repeating(&d, 8);
        make_expressible(&c);
        if (!comes_back(&c)) continue;
        float want[ROOM] = {0}, got[ROOM] = {0};
        const char *path = in_folder("model.onnx");
        char line[300];
        elman_model *model = model_of(&c), *back = NULL;
        config_write_line(&c, sizeof line, line);
        CHECK_OK(export_onnx(model, path));
        CHECK(elman_model_load(path, &back) == ELMAN_OK, "%s: %s", line,
              elman_message());
        elman_model_info size = elman_model_read_info(model);
        CHECK(elman_model_read_info(back).output_size == size.output_size &&
                  elman_model_read_info(back).input_size == size.input_size,
              "%s", line);
        CHECK(elman_model_read_info(back).output_steps == size.output_steps,
              "%s", line);
        size_t steps = size.output_steps ? size.output_steps : 4;
        run(model, size.output_size * 3 * steps, want);
        run(back, size.output_size * 3 * steps, got);
        CHECK_CLOSE(got, want, ROOM, 1e-5, 1e-6, "%s", line);
        elman_model_destroy(model);
        elman_model_destroy(back);
        count++;
    }
    CHECK(count > NETWORKS / 2, "%zu networks", count);
}

TEST(a_projection_comes_back_as_a_linear_layer)
{
    elman_config c = {.input_size = 3,
                      .layers = {{.kind = ELMAN_LSTM,
                                  .hidden_size = 5,
                                  .proj_size = 2,
                                  .num_layers = 2,
                                  .learned_state = true},
                                 {.kind = ELMAN_LINEAR, .output_size = 2}}};
    for (int both = 0; both < 2; both++) {
        c.layers[0].bidirectional = both;
        const char *path = in_folder("model.onnx");
        float want[24] = {0}, got[24] = {0};
        elman_model *model = model_of(&c), *back = NULL;
        CHECK_OK(export_onnx(model, path));
        CHECK_OK(elman_model_load(path, &back));
        const elman_layer *l = elman_model_config(back)->layers;
        CHECK(l[0].kind == ELMAN_LSTM && l[1].kind == ELMAN_LINEAR &&
                  l[2].kind == ELMAN_LSTM && l[3].kind == ELMAN_LINEAR &&
                  l[4].kind == ELMAN_LINEAR && !l[0].proj_size,
              "other layers");
        run(model, 24, want);
        run(back, 24, got);
        CHECK_CLOSE(got, want, 24, 1e-5, 1e-6, "both %d", both);
        elman_model_destroy(model);
        elman_model_destroy(back);
    }
}

TEST(every_allocation_may_fail_and_bytes_stay_the_same)
{
    elman_config c = {.input_size = 3,
                      .batch_first = true,
                      .layers = {{.kind = ELMAN_LSTM,
                                  .hidden_size = 4,
                                  .proj_size = 3,
                                  .num_layers = 2,
                                  .bidirectional = true,
                                  .peephole = true},
                                 {.kind = ELMAN_MINLSTM, .hidden_size = 3},
                                 {.kind = ELMAN_LAYER_NORM},
                                 {.kind = ELMAN_LAST, .last = ELMAN_LAST_FINAL},
                                 {.kind = ELMAN_LINEAR, .output_size = 2}}};
    elman_model *model = model_of(&c);
    const char *path = in_folder("model.onnx");
    char *first, *again;
    size_t size, second;
    CHECK_OK(export_onnx(model, path));
    CHECK_OK(file_read(path, &first, &size));
    for (size_t k = 0;; k++) {
        allocator_fail(k, k % 2);
        elman_status status = export_onnx(model, path);
        allocations got = allocator_read();
        allocator_reset();
        CHECK(got.outstanding == 0, "allocation %zu", k);
        CHECK_OK(file_read(path, &again, &second));
        CHECK(second == size && !memcmp(first, again, size), "allocation %zu",
              k);
        free(again);
        if (status == ELMAN_OK && !got.failed) break;
        CHECK(status == ELMAN_OK || status == ELMAN_NO_MEMORY, "%zu: %s", k,
              elman_message());
    }
    free(first);
    elman_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ports_are_named_after_layers),
        cmocka_unit_test(gates_are_in_the_order_of_onnx),
        cmocka_unit_test(a_node_says_what_is_unusual),
        cmocka_unit_test(learned_states_are_defaults),
        cmocka_unit_test(what_onnx_lacks_is_refused),
        cmocka_unit_test(a_projection_that_no_h_comes_from_is_refused),
        cmocka_unit_test(a_projection_is_undone_before_the_first_step),
        cmocka_unit_test(a_projection_comes_back_as_a_linear_layer),
        cmocka_unit_test(two_lines_read_it),
        cmocka_unit_test(what_was_exported_is_imported),
        cmocka_unit_test(every_allocation_may_fail_and_bytes_stay_the_same),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
