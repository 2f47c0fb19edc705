/*
 * test_gradients.c: the sums of gradients are the tree of docs/NUMERICS.md, and
 * no other.
 */
#include "gradients.h"

/* ---- The rule ----------------------------------------------------------- */

/* Blocks one by one, each from 0, joined by the tree above. */
static float *sum_by_rule(const elman_model *m, size_t block)
{
    array_tree tree = {.n = m->weight_count};
    elman_state *s = state_with(
        m, (elman_state_config){.B = block, .block = block, .passes = 1});

    for (size_t first = 0; first < B; first += block) {
        gradients_zero(s);
        CHECK_OK(run(m, s, first, first + block < B ? block : B - first));
        join(&tree, gradients_join(s));
    }
    state_destroy(s);
    return total(&tree);
}

TEST(gradients_are_the_tree_of_their_blocks)
{
    static const size_t blocks[] = {0, 1, 3, 8, 16, 50, 101};
    for (size_t network = 0; network < NETWORKS; network++) {
        elman_model *m = model_of(network);
        draw_inputs(network);
        for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
            float *want = sum_by_rule(m, blocks[i] ? blocks[i] : TREE_BLOCK);

            /* in a state that sums one pass, and in one that sums several */
            for (size_t passes = 1; passes <= 2; passes++) {
                float *got = whole_sum(m, blocks[i], passes);
                CHECK_BITS(got, want, m->weight_count,
                           "network %zu, block %zu, passes %zu", network,
                           blocks[i], passes);
                free(got);
            }
            free(want);
        }
        model_destroy(m);
    }
}

/* A weight that is summed in several slices, side by side and one below the
 * other, from short leaves and from long ones. */
TEST(slices_of_a_weight_are_the_tree_of_their_blocks)
{
    const elman_config wide = {
        .input_size = I,
        .seed = 6,
        .layers = {{.kind = ELMAN_RNN, .hidden_size = 603},
                   {.kind = ELMAN_LINEAR, .output_size = O}}};
    elman_model *m = NULL;
    CHECK_OK(model_create(&wide, &m));
    CHECK_OK(model_make_flat(m));

    for (size_t longest = 2; longest <= T; longest += T - 2) {
        draw_inputs(60);
        for (size_t b = 0; b < B; b++)
            lengths[b] = lengths[b] < longest ? lengths[b] : longest;
        float *want = sum_by_rule(m, TREE_BLOCK);
        for (size_t passes = 1; passes <= 2; passes++) {
            float *got = whole_sum(m, 0, passes);
            CHECK_BITS(got, want, m->weight_count, "%zu steps, passes %zu",
                       longest, passes);
            free(got);
        }
        free(want);
    }
    model_destroy(m);
}

/* Adds dy of the valid rows of a block into sums (O) as docs/NUMERICS.md says:
 * time backward, sequences ascending, in chains; only rows of one token, unless
 * it is -1. */
static void sum_block(size_t first, size_t end, int32_t token, float *sums)
{
    float chain[O] = {0};
    size_t rows = 0;
    memset(sums, 0, O * sizeof *sums);

    for (size_t t = T; t-- > 0;)
        for (size_t b = first; b < end; b++) {
            if (t >= lengths[b]) continue;
            bool counts = token == -1 || tokens[t * B + b] == token;
            for (size_t i = 0; i < O && counts; i++)
                chain[i] += dy[(t * B + b) * O + i];
            if (++rows % ROW_CHAIN) continue;

            for (size_t i = 0; i < O; i++) {
                sums[i] += chain[i];
                chain[i] = 0;
            }
        }
    for (size_t i = 0; i < O; i++)
        sums[i] += chain[i];
}

/* A parameter whose gradient is a sum of rows of dy, at an offset. */
static void check_sums_of_dy(const elman_config *config, size_t offset,
                             int32_t token)
{
    elman_model *m;
    CHECK_OK(model_create(config, &m));
    for (size_t passes = 1; passes <= 2; passes++) {
        array_tree tree = {.n = O};
        for (size_t first = 0; first < B; first += 8) {
            float leaf[O];
            sum_block(first, first + 8 < B ? first + 8 : B, token, leaf);
            join(&tree, leaf);
        }

        float *want = total(&tree), *got = whole_sum(m, 0, passes);
        CHECK_BITS(got + offset, want, O, "kind %d, passes %zu",
                   (int)config->layers[0].kind, passes);
        free(got);
        free(want);
    }
    model_destroy(m);
}

TEST(leaves_are_chains_of_rows)
{
    const elman_config linear = {
        .input_size = 16, .layers = {{.kind = ELMAN_LINEAR, .output_size = O}}};
    const elman_config norm = {.input_size = O,
                               .layers = {{.kind = ELMAN_LAYER_NORM}}};
    const elman_config table = {.layers = {{.kind = ELMAN_EMBEDDING,
                                            .num_embeddings = V,
                                            .embedding_dim = O}}};
    draw_inputs(5);

    /* the bias follows the weight, from the next multiple of 16 */
    check_sums_of_dy(&linear, 16 * O, -1);
    check_sums_of_dy(&norm, 16, -1);
    for (int32_t v = 0; v < V; v++)
        check_sums_of_dy(&table, (size_t)v * O, v);
}

/* ---- Rules that do not hold --------------------------------------------- */

/* Each of these is a sum that a mistake might make; were its bits the same, the
 * tests above would prove nothing. */
TEST(every_other_rule_gives_other_bits)
{
    elman_model *m = model_of(0);
    draw_inputs(30);
    float *want = whole_sum(m, 0, 1);
    size_t n = m->weight_count;

    /* one chain of all sequences; blocks of another size */
    float *chain = whole_sum(m, B, 1), *seven = whole_sum(m, 7, 1);
    CHECK(first_different(chain, want, n) < n, "one chain");
    CHECK(first_different(seven, want, n) < n, "blocks of 7");

    /* leaves one after the other instead of in pairs; passes added as totals */
    float *fold = calloc(n, sizeof *fold), *totals = calloc(n, sizeof *totals);
    assert_true(fold && totals);
    elman_state *s = state_with(m, (elman_state_config){0});
    for (size_t first = 0; first < B; first += 8) {
        gradients_zero(s);
        CHECK_OK(run(m, s, first, first + 8 < B ? 8 : B - first));
        for (size_t i = 0; i < n; i++)
            fold[i] += gradients_join(s)[i];
    }
    for (size_t first = 0; first < B; first += 24) {
        gradients_zero(s);
        CHECK_OK(run(m, s, first, first + 24 < B ? 24 : B - first));
        for (size_t i = 0; i < n; i++)
            totals[i] += gradients_join(s)[i];
    }
    CHECK(first_different(fold, want, n) < n, "a fold");
    CHECK(first_different(totals, want, n) < n, "totals of passes");

    /* a pass that ends within a block closes it */
    gradients_zero(s);
    CHECK_OK(run(m, s, 0, 20));
    CHECK_OK(run(m, s, 20, B - 20));
    CHECK(first_different(gradients_join(s), want, n) < n, "a cut block");
    state_destroy(s);

    /* the blocks in another order */
    s = state_with(m, (elman_state_config){0});
    CHECK_OK(run(m, s, 40, B - 40));
    CHECK_OK(run(m, s, 0, 40));
    CHECK(first_different(gradients_join(s), want, n) < n, "another order");
    state_destroy(s);

    free(totals);
    free(fold);
    free(seven);
    free(chain);
    free(want);
    model_destroy(m);
}

/* The product of two tiny numbers rounds to -0, which no sum may show. */
static void check_minus_zero(const elman_config *config, const float *in,
                             const float *gradient, size_t weights)
{
    elman_batch batch = {.T = 1, .B = 1, .x = in};
    elman_model *m;
    CHECK_OK(model_create(config, &m));

    for (const kernels *const *isa = kernels_all(); *isa; isa++) {
        kernels_use(*isa);
        for (size_t i = 0; i < 4; i++) {
            elman_state *s = state_with(
                m,
                (elman_state_config){
                    .T = 1, .B = 1, .passes = 1 + i % 2, .open_blocks = i / 2});
            CHECK_OK(model_forward(m, s, &batch, NULL));
            CHECK_OK(model_backward(m, s, gradient, NULL));
            for (size_t w = 0; w < weights; w++)
                CHECK(!signbit(gradients_join(s)[w]), "weight %zu on %s", w,
                      (*isa)->isa);
            state_destroy(s);
        }
    }
    kernels_use(NULL);
    model_destroy(m);
}

TEST(no_gradient_is_minus_zero)
{
    /* by a product with a weight */
    const elman_config linear = {
        .input_size = 1, .layers = {{.kind = ELMAN_LINEAR, .output_size = 1}}};
    check_minus_zero(&linear, (const float[]){1e-30f}, (const float[]){-1e-30f},
                     1);

    /* and row by row: the middle of x is a little less than the mean */
    const elman_config norm = {.input_size = 3,
                               .layers = {{.kind = ELMAN_LAYER_NORM}}};
    check_minus_zero(&norm, (const float[]){0, 0.9f, 2},
                     (const float[]){0, 1e-45f, 0}, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_the_tree_of_their_blocks),
        cmocka_unit_test(slices_of_a_weight_are_the_tree_of_their_blocks),
        cmocka_unit_test(leaves_are_chains_of_rows),
        cmocka_unit_test(every_other_rule_gives_other_bits),
        cmocka_unit_test(no_gradient_is_minus_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
