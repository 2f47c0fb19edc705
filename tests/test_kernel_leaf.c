/*
 * test_kernel_leaf.c: sums over rows that are leaves of a tree. On every ISA
 * outer and column_sum have the bits of plain chains, followed by plain
 * additions, and touch nothing outside of their range.
 */
#include <math.h>

#include "check.h"
#include "kernel/kernel.h"

enum { ROWS = 512, JOINS = 4, OPEN = -1 };

static const size_t heights[] = {0, 1, 7, 40, 127, 128, 129, 160, 512};

/* Sums of R rows, into N rows of K columns or into N numbers (K = 0). */
typedef struct sums {
    size_t R, N, K, begin, end;
    const float *da[ROWS], *x[ROWS];
    float *old;      /* what stands where the sums go */
    float *chain[2]; /* from old, and from 0 */
    const float *joins[JOINS];
} sums;

static size_t sums_size(const sums *s) { return s->N * (s->K ? s->K : 1); }

static float *floats_random(uint64_t which, size_t count)
{
    float *made = guarded_floats(count);
    random_fill(which, count, -1, 1, made);
    return made;
}

/* The sums of the range, one multiply-add or addition after the other in each
 * chain. */
static float *plain_chain(const sums *s, bool fresh)
{
    const size_t width = s->K ? s->K : 1, length = s->K ? CHAIN : ROW_CHAIN;
    float *made = guarded_floats(sums_size(s));
    memcpy(made, s->old, sums_size(s) * sizeof *made);

    for (size_t n = s->begin; n < s->end; n++)
        for (size_t k = 0; k < width; k++) {
            float sum = fresh ? 0 : made[n * width + k], chain = sum;
            for (size_t r = 0; r < s->R; r++) {
                chain = s->K ? fmaf(s->da[r][n], s->x[r][k], chain)
                             : chain + s->da[r][n];
                if ((r + 1) % length && r + 1 < s->R) continue;
                sum = r < length ? chain : sum + chain;
                chain = 0;
            }
            made[n * width + k] = sum;
        }
    return made;
}

static sums *sums_create(size_t R, size_t N, size_t K, size_t begin, size_t end)
{
    sums *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->R = R, s->N = N, s->K = K, s->begin = begin, s->end = end;

    for (size_t r = 0; r < R; r++) {
        s->da[r] = floats_random(1000 + r, N);
        s->x[r] = floats_random(2000 + r, K);
    }
    s->old = floats_random(1, sums_size(s));
    for (size_t j = 0; j < JOINS; j++)
        s->joins[j] = floats_random(10 + j, sums_size(s));
    for (int fresh = 0; fresh < 2; fresh++)
        s->chain[fresh] = plain_chain(s, fresh);
    return s;
}

static void sums_destroy(sums *s)
{
    for (size_t r = 0; r < s->R; r++) {
        guarded_free((float *)s->da[r], s->N);
        guarded_free((float *)s->x[r], s->K);
    }
    for (size_t j = 0; j < JOINS; j++)
        guarded_free((float *)s->joins[j], sums_size(s));
    guarded_free(s->old, sums_size(s));
    guarded_free(s->chain[0], sums_size(s));
    guarded_free(s->chain[1], sums_size(s));
    free(s);
}

/* The leaf that a kernel makes, and the one that it should make. Of an open
 * leaf nothing is joined. */
static void check_leaf(const kernels *k, const sums *s, bool fresh, int joins)
{
    const size_t size = sums_size(s), width = s->K ? s->K : 1;
    float *want = guarded_floats(size), *got = guarded_floats(size),
          *also = guarded_floats(size);
    memcpy(want, s->chain[fresh], size * sizeof *want);
    memcpy(got, s->old, size * sizeof *got);
    memcpy(also, s->old, size * sizeof *also);

    /* closed, which is seen at -0 alone, then joined in order */
    for (size_t i = s->begin * width; i < s->end * width && joins != OPEN;
         i++) {
        want[i] += 0.0f;
        for (int j = 0; j < joins; j++)
            want[i] += s->joins[j][i];
    }

    /* the arrays of the range alone */
    const float *from[JOINS];
    for (size_t j = 0; j < JOINS; j++)
        from[j] = s->joins[j] + s->begin * width;
    const leaf_sum leaf = {.to = got + s->begin * width,
                           .fresh = fresh,
                           .closed = joins != OPEN,
                           .join_count = joins != OPEN ? (size_t)joins : 0,
                           .joins = from,
                           .row = s->K,
                           .join_row = s->K};
    const outer_product all = {s->da, s->x, s->begin, s->end, 0, s->K};
    if (s->K) kernels_train(k)->outer(&all, 1, (size_t[]){0, s->R}, &leaf);
    else
        kernels_train(k)->column_sum(s->R, s->begin, s->end, s->da, &leaf,
                                     also + s->begin);

    CHECK_BITS(got, want, size, "%s R=%zu N=%zu K=%zu fresh %d joins %d",
               k->isa, s->R, s->N, s->K, fresh, joins);
    if (!s->K)
        CHECK_BITS(also, want, size, "%s R=%zu N=%zu fresh %d joins %d: also",
                   k->isa, s->R, s->N, fresh, joins);

    guarded_free(want, size);
    guarded_free(got, size);
    guarded_free(also, size);
}

/* All kinds of leaves of one shape. */
static void check_sums(size_t R, size_t N, size_t K, size_t begin, size_t end)
{
    sums *s = sums_create(R, N, K, begin, end);
    for (const kernels *const *k = kernels_all(); *k; k++)
        for (int fresh = 0; fresh < 2; fresh++)
            for (int joins = OPEN; joins <= JOINS; joins++)
                check_leaf(*k, s, fresh, joins);
    sums_destroy(s);
}

static void check_heights(size_t N, size_t K, size_t begin, size_t end)
{
    for (size_t i = 0; i < sizeof heights / sizeof *heights; i++)
        check_sums(heights[i], N, K, begin, end);
}

TEST(leaves_of_weights_are_plain_chains)
{
    check_heights(1, 1, 0, 1);
    check_heights(20, 3, 0, 20);
    check_heights(50, 31, 7, 50);
    check_heights(17, 32, 0, 17);
    check_heights(61, 70, 5, 58);
}

TEST(leaves_of_many_parts_are_plain_chains)
{
    check_sums(178, 1030, 9, 3, 1029);
    check_sums(178, 150, 293, 0, 150);
    check_sums(9, 1060, 40, 10, 1060);
}

TEST(leaves_of_biases_are_plain_chains)
{
    check_heights(1, 0, 0, 1);
    check_heights(19, 0, 3, 17);
    check_heights(300, 0, 0, 300);
}

/* A column sum need not go anywhere else. */
TEST(a_leaf_of_a_bias_may_have_one_place)
{
    sums *s = sums_create(7, 70, 0, 1, 69);
    for (const kernels *const *k = kernels_all(); *k; k++) {
        float *got = guarded_floats(70);
        memcpy(got, s->old, 70 * sizeof *got);
        const leaf_sum leaf = {.to = got + 1};
        kernels_train(*k)->column_sum(7, 1, 69, s->da, &leaf, NULL);
        CHECK_BITS(got, s->chain[0], 70, "%s", (*k)->isa);
        guarded_free(got, 70);
    }
    sums_destroy(s);
}

/* ---- Several sums of a call -----------------------------------------------
 */

enum { LEVELS = 6 };

/* Sums over rows[i] to before rows[i + 1] that join as a tree behind so many
 * leaves: of rows [3,N) and columns [2,K) of a matrix, into levels whose rows
 * are LEVEL_GAP longer; the last one joins all levels and goes to a total. */
enum { FIRST = 3, LEFT = 2, LEVEL_GAP = 5 };
typedef struct tree_sums {
    size_t count, before, N, K;
    size_t row[OUTER_SUMS + 1];
    float *levels, *total;
    const float *joins[OUTER_SUMS][LEVELS];
    leaf_sum sum[OUTER_SUMS];
} tree_sums;

/* Points the sums into arrays of their own, filled with numbers. */
static void tree_make(tree_sums *t)
{
    const size_t N = t->N - FIRST, K = t->K - LEFT;
    const size_t row = K + LEVEL_GAP, level = N * row;
    t->levels = floats_random(3, LEVELS * level);
    t->total = floats_random(4, N * (K + 1));

    for (size_t i = 0; i < t->count; i++) {
        const size_t number = t->before + i;
        const bool last = i + 1 == t->count;
        size_t k = 0, joins = 0;
        for (; last ? number >> k : number >> k & 1; k++)
            if (number >> k & 1) t->joins[i][joins++] = t->levels + k * level;
        t->sum[i] = (leaf_sum){.to = last ? t->total : t->levels + k * level,
                               .fresh = true,
                               .closed = true,
                               .join_count = joins,
                               .joins = t->joins[i],
                               .row = last ? K + 1 : row,
                               .join_row = row};
    }
}

/* The same sums by chains of fmaf, one after the other. */
static void tree_plain(const tree_sums *t, const float *const *da,
                       const float *const *x)
{
    for (size_t i = 0; i < t->count; i++)
        for (size_t n = 0; n < t->N - FIRST; n++)
            for (size_t k = 0; k < t->K - LEFT; k++) {
                const leaf_sum *leaf = t->sum + i;
                const size_t R = t->row[i + 1] - t->row[i];
                float sum = 0, chain = 0;
                for (size_t r = 0; r < R; r++) {
                    const size_t at = t->row[i] + r;
                    chain = fmaf(da[at][FIRST + n], x[at][LEFT + k], chain);
                    if ((r + 1) % CHAIN && r + 1 < R) continue;
                    sum = r < CHAIN ? chain : sum + chain;
                    chain = 0;
                }
                sum += 0.0f;
                for (size_t j = 0; j < leaf->join_count; j++)
                    sum += leaf->joins[j][n * leaf->join_row + k];
                leaf->to[n * leaf->row + k] = sum;
            }
}

/* So many leaves of these lengths in turn, after others. */
static void check_tree(size_t N, size_t K, size_t count, size_t before,
                       const size_t *lengths, size_t kinds)
{
    sums *s = sums_create(ROWS, N, K, 0, 0);
    tree_sums want = {.count = count, .before = before, .N = N, .K = K};
    for (size_t i = 0; i < count; i++)
        want.row[i + 1] = want.row[i] + lengths[i % kinds];
    assert_true(want.row[count] <= ROWS);

    tree_sums got = want;
    tree_make(&want);
    tree_plain(&want, s->da, s->x);
    const size_t total = (N - FIRST) * (K - LEFT + 1);

    for (const kernels *const *k = kernels_all(); *k; k++) {
        tree_make(&got);
        const outer_product part = {s->da, s->x, FIRST, N, LEFT, K};
        kernels_train(*k)->outer(&part, count, got.row, got.sum);
        CHECK_BITS(got.total, want.total, total,
                   "%s N=%zu K=%zu count %zu before %zu lengths %zu ...",
                   (*k)->isa, N, K, count, before, lengths[0]);
        guarded_free(got.levels, LEVELS * (N - FIRST) * (K - LEFT + LEVEL_GAP));
        guarded_free(got.total, total);
    }
    guarded_free(want.levels, LEVELS * (N - FIRST) * (K - LEFT + LEVEL_GAP));
    guarded_free(want.total, total);
    sums_destroy(s);
}

TEST(sums_of_a_call_join_as_a_tree)
{
    static const size_t lengths[][4] = {
        {8, 8, 8, 8}, {0, 3, 1, 8}, {40, 0, 24, 5}, {130, 2, 8, 20}};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        for (size_t before = 0; before <= 15; before += 5)
            for (size_t count = 1; count <= 12; count += 1 + count / 4) {
                check_tree(21, 37, count, before, lengths[i], 4);
                check_tree(30, 71, count, before, lengths[i], 4);
                check_tree(19, 14, count, before, lengths[i], 4);
            }
    check_tree(160, 300, 16, 0, lengths[0], 4);
    check_tree(1100, 90, 5, 2, lengths[3], 4);
}

/* What no later sum joins is left where it belongs. */
TEST(sums_of_a_call_that_nothing_joins_are_stored)
{
    enum { N = 40, K = 70, COUNT = 4, SIZE = N * K };
    sums *s = sums_create(8 * COUNT, N, K, 0, N);
    float *joined = floats_random(1, COUNT * SIZE);
    float *apart = floats_random(1, COUNT * SIZE);
    const outer_product all = {s->da, s->x, 0, N, 0, K};
    const size_t row[] = {0, 8, 16, 24, 32};

    for (const kernels *const *k = kernels_all(); *k; k++) {
        leaf_sum sum[COUNT];
        for (size_t i = 0; i < COUNT; i++) {
            sum[i] = (leaf_sum){.to = apart + i * SIZE,
                                .fresh = i<COUNT - 1, .closed = i> 0,
                                .row = K};
            kernels_train(*k)->outer(&all, 1, row + i, sum + i);
            sum[i].to = joined + i * SIZE;
        }
        kernels_train(*k)->outer(&all, COUNT, row, sum);
        CHECK_BITS(joined, apart, COUNT * SIZE, "%s", (*k)->isa);
    }
    guarded_free(joined, COUNT * SIZE);
    guarded_free(apart, COUNT * SIZE);
    sums_destroy(s);
}

/* ---- Zeros --------------------------------------------------------------- */

/* One product that is too small for a float leaves -0 in an open leaf. */
static void check_zero(const kernels *k, size_t K, bool closed)
{
    enum { N = 21, MOST = 40 };
    float tiny[N], x[MOST], got[N * MOST];
    const float *da_row = tiny, *x_row = x;
    for (size_t n = 0; n < N; n++)
        tiny[n] = -1e-30f;
    for (size_t i = 0; i < K; i++)
        x[i] = 1e-30f;

    const leaf_sum leaf = {
        .to = got, .fresh = true, .closed = closed, .row = K};
    const outer_product all = {&da_row, &x_row, 0, N, 0, K};
    kernels_train(k)->outer(&all, 1, (size_t[]){0, 1}, &leaf);
    for (size_t i = 0; i < N * K; i++)
        CHECK(got[i] == 0 && !signbit(got[i]) == closed, "%s K=%zu at %zu: %g",
              k->isa, K, i, (double)got[i]);
}

TEST(a_closed_leaf_holds_no_negative_zero)
{
    for (const kernels *const *k = kernels_all(); *k; k++)
        for (size_t K = 5; K <= 40; K += 35) {
            check_zero(*k, K, false);
            check_zero(*k, K, true);
        }
}

/* The same for a bias: -0 that stands there, and no row. */
TEST(a_closed_leaf_of_a_bias_holds_no_negative_zero)
{
    for (const kernels *const *k = kernels_all(); *k; k++) {
        float got = -0.0f;
        leaf_sum leaf = {.to = &got};
        kernels_train(*k)->column_sum(0, 0, 1, NULL, &leaf, NULL);
        CHECK(signbit(got), "%s", (*k)->isa);

        leaf.closed = true;
        kernels_train(*k)->column_sum(0, 0, 1, NULL, &leaf, NULL);
        CHECK(!signbit(got), "%s", (*k)->isa);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_of_weights_are_plain_chains),
        cmocka_unit_test(leaves_of_many_parts_are_plain_chains),
        cmocka_unit_test(leaves_of_biases_are_plain_chains),
        cmocka_unit_test(a_leaf_of_a_bias_may_have_one_place),
        cmocka_unit_test(sums_of_a_call_join_as_a_tree),
        cmocka_unit_test(sums_of_a_call_that_nothing_joins_are_stored),
        cmocka_unit_test(a_closed_leaf_holds_no_negative_zero),
        cmocka_unit_test(a_closed_leaf_of_a_bias_holds_no_negative_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
