/*
 * test_kernel_product.c: products, their gradients, column sums and packing:
 * around every edge of the tiles they agree with ref.c, give the same bits on
 * every ISA, and touch nothing outside.
 */
#include <math.h>

#include "check.h"
#include "kernel/kernel.h"

/* Rows, each in a guarded block of its own. */
typedef struct rows {
    size_t count, width;
    float *row[600];
} rows;

static rows rows_random(uint64_t which, size_t count, size_t width)
{
    rows r = {.count = count, .width = width};
    for (size_t i = 0; i < count; i++) {
        r.row[i] = guarded_floats(width);
        random_fill(1000 * which + i, width, -1, 1, r.row[i]);
    }
    return r;
}

static void rows_free(rows *r)
{
    for (size_t i = 0; i < r->count; i++)
        guarded_free(r->row[i], r->width);
}

static void check_rows(const rows *got, const rows *want, bool bits,
                       const char *what, size_t K)
{
    for (size_t m = 0; m < got->count; m++) {
        if (bits)
            CHECK_BITS(got->row[m], want->row[m], got->width,
                       "%s M=%zu N=%zu K=%zu row %zu", what, got->count,
                       got->width, K, m);
        else
            CHECK_CLOSE(got->row[m], want->row[m], got->width, 1e-5, 1e-5,
                        "%s M=%zu N=%zu K=%zu row %zu", what, got->count,
                        got->width, K, m);
    }
}

static const float *const *read_only(const rows *r)
{
    return (const float *const *)r->row;
}

/* A packed weight (gates H,K); freed by packed_free. */
static packed packed_random(size_t gates, size_t H, size_t K)
{
    float *w = guarded_floats(gates * H * K);
    float *to = guarded_floats(packed_size(gates, H, K));
    random_fill(3, gates * H * K, -1, 1, w);
    pack(gates, H, K, w, K, 1, to);
    guarded_free(w, gates * H * K);
    return (packed){gates, H, K, to};
}

static void packed_free(const packed *w)
{
    guarded_free((float *)w->w, packed_size(w->gates, w->H, w->K));
}

/* ---- Products ----------------------------------------------------------- */

/* One product from one start: close to ref, and the same bits everywhere. */
static void check_start(size_t M, const packed *w, const float *start)
{
    const size_t N = w->gates * w->H, K = w->K;
    rows a = rows_random(1, M, K), want = rows_random(2, M, N), first;
    kernels_ref.product(M, w, start, read_only(&a), want.row);

    for (const kernels *const *k = kernels_all(); *k; k++) {
        rows got = rows_random(2, M, N);
        (*k)->product(M, w, start, read_only(&a), got.row);
        check_rows(&got, &want, false, (*k)->isa, K);

        /* the first ISA is kept for the others to agree with */
        if (k == kernels_all()) {
            first = got;
            continue;
        }
        check_rows(&got, &first, true, (*k)->isa, K);
        rows_free(&got);
    }

    rows_free(&first);
    rows_free(&want);
    rows_free(&a);
}

static void check_product(size_t M, size_t gates, size_t H, size_t K)
{
    packed w = packed_random(gates, H, K);
    float *start = guarded_floats(gates * H);
    random_fill(4, gates * H, -1, 1, start);

    /* from what stands there, from a vector, from 0 */
    check_start(M, &w, NULL);
    check_start(M, &w, start);
    check_start(M, &w, zeros);
    guarded_free(start, gates * H);
    packed_free(&w);
}

static const size_t depths[] = {0, 1, 2, 3, 5, 15, 16, 17, 31, 33, 64};
static const size_t widths[] = {1,  2,  3,  4,  5,  7,  8,  11, 15, 16,  17,
                                31, 32, 33, 48, 63, 64, 65, 95, 97, 128, 143};

TEST(products_are_right_and_the_same_everywhere)
{
    for (size_t M = 0; M <= 13; M++)
        for (size_t n = 0; n < sizeof widths / sizeof *widths; n++)
            for (size_t k = n % 3; k < sizeof depths / sizeof *depths; k += 3)
                check_product(M, 1, widths[n], depths[k]);
}

TEST(products_by_gates_are_right_and_the_same_everywhere)
{
    for (size_t gates = 2; gates <= 4; gates++)
        for (size_t M = 1; M <= 17; M += 2)
            for (size_t H = 1; H <= 70; H += H < 18 ? 3 : 13)
                check_product(M, gates, H, 1 + (M * H) % 40);
}

TEST(long_and_tall_products_are_right_and_the_same_everywhere)
{
    check_product(13, 1, 70, 1030);
    check_product(31, 1, 130, 300);
    check_product(9, 1, 9, 1030);
    check_product(1, 1, 300, 515);
    check_product(25, 4, 260, 300); /* beyond FAR_BYTES */
    check_product(33, 3, 352, 260);
}

/* Who fetches weights ahead, and how rows are cut for it, changes no bit. */
TEST(products_are_the_same_fetched_ahead_or_not)
{
    const size_t here = atomic_load(&product_unaided);
    const size_t settings[] = {0, SIZE_MAX};

    for (size_t i = 0; i < 2; i++) {
        atomic_store(&product_unaided, settings[i]);
        check_product(4, 4, 160, 260); /* beyond FAR_BYTES */
        check_product(8, 4, 160, 260);
        check_product(8, 3, 352, 800); /* beyond FARTHER_BYTES and MANY_K */
        check_product(17, 1, 640, 1030);
    }
    atomic_store(&product_unaided, here);
}

/* Output n of a row by the definition in docs/NUMERICS.md, a number at a time;
 * w is its row of weights. */
static float defined(size_t N, size_t K, const float *w, const float *a,
                     float start)
{
    if (N >= 16 || K < 16) {
        for (size_t k = 0; k < K;) {
            const size_t end = K - k < 128 ? K : k + 128;
            float chain = 0;
            for (; k < end; k++)
                chain = fmaf(w[k], a[k], chain);
            start += chain;
        }
        return start;
    }

    for (size_t begin = 0; begin < K; begin += 4 * 128) {
        float sum[4] = {0};
        for (size_t k = begin; k < K && k < begin + 4 * 128; k++)
            sum[k % 4] = fmaf(w[k], a[k], sum[k % 4]);
        start += (sum[0] + sum[2]) + (sum[1] + sum[3]);
    }
    return start;
}

static void check_defined(size_t M, size_t gates, size_t H, size_t K)
{
    const size_t N = gates * H;
    float *w = guarded_floats(N * K),
          *to = guarded_floats(packed_size(gates, H, K));
    random_fill(3, N * K, -1, 1, w);
    pack(gates, H, K, w, K, 1, to);
    const packed all = {gates, H, K, to};
    float *start = guarded_floats(N);
    random_fill(4, N, -1, 1, start);

    /* from what stands there, from a vector, from 0 */
    const float *const starts[] = {NULL, start, zeros};
    rows a = rows_random(1, M, K);
    for (size_t i = 0; i < 3; i++) {
        rows want = rows_random(2, M, N);
        for (size_t m = 0; m < M; m++)
            for (size_t n = 0; n < N; n++)
                want.row[m][n] = defined(N, K, w + n * K, a.row[m],
                                         i == 2   ? 0
                                         : i == 1 ? start[n]
                                                  : want.row[m][n]);

        for (const kernels *const *k = kernels_all(); *k; k++) {
            rows got = rows_random(2, M, N);
            (*k)->product(M, &all, starts[i], read_only(&a), got.row);
            check_rows(&got, &want, true, (*k)->isa, K);
            rows_free(&got);
        }
        rows_free(&want);
    }

    rows_free(&a);
    guarded_free(start, N);
    guarded_free(w, N * K);
    guarded_free(to, packed_size(gates, H, K));
}

TEST(products_of_few_columns_are_as_defined)
{
    for (size_t N = 1; N <= 20; N++)
        for (size_t K = 0; K <= 40; K++)
            for (size_t M = 1; M <= 9; M++)
                check_defined(M, 1, N, K);

    /* by gates, and long ones */
    for (size_t gates = 2; gates <= 4; gates++)
        for (size_t H = 1; H <= 8; H++)
            for (size_t K = 9; K <= 23; K += 7)
                check_defined(1 + H, gates, H, K);
    for (size_t N = 1; N <= 20; N++)
        check_defined(33, 1, N, 1023 + N);
}

TEST(products_are_chains_that_join)
{
    static const size_t ends[] = {1,         CHAIN - 1,     CHAIN,
                                  CHAIN + 1, 2 * CHAIN + 1, 3 * CHAIN - 1};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        check_defined(1, 1, 77, ends[i]);
        check_defined(1, 4, 37, ends[i]);
        check_defined(7, 2, 33, ends[i]);
        check_defined(13, 3, 21, ends[i]);
    }
    check_defined(9, 1, 70, 1030); /* k in two blocks */
    check_defined(1, 1, 70, 1030);
}

TEST(a_product_cut_between_chains_gives_the_same_bits)
{
    const size_t M = 7, N = 77, K = 3 * CHAIN + 5;
    float *w = guarded_floats(N * K),
          *to = guarded_floats(packed_size(1, N, K));
    random_fill(3, N * K, -1, 1, w);

    for (const kernels *const *k = kernels_all(); *k; k++) {
        rows a = rows_random(1, M, K), want = rows_random(2, M, N);
        packed all = {1, N, K, to};
        pack(1, N, K, w, K, 1, to);
        (*k)->product(M, &all, NULL, read_only(&a), want.row);

        /* the first k, then the others on top of them */
        for (size_t cut = CHAIN; cut < K; cut += CHAIN) {
            rows got = rows_random(2, M, N);
            packed early = {1, N, cut, to}, late = {1, N, K - cut, to};
            const float *rest[7];
            for (size_t m = 0; m < M; m++)
                rest[m] = a.row[m] + cut;

            pack(1, N, cut, w, K, 1, to);
            (*k)->product(M, &early, NULL, read_only(&a), got.row);
            pack(1, N, K - cut, w + cut, K, 1, to);
            (*k)->product(M, &late, NULL, rest, got.row);
            check_rows(&got, &want, true, (*k)->isa, cut);
            rows_free(&got);
        }

        rows_free(&want);
        rows_free(&a);
    }
    guarded_free(w, N * K);
    guarded_free(to, packed_size(1, N, K));
}

TEST(a_row_does_not_depend_on_the_other_rows)
{
    const size_t M = 13, K = 50;
    for (size_t N = 5; N <= 100; N += 19) {
        packed w = packed_random(1, N, K);
        for (const kernels *const *k = kernels_all(); *k; k++) {
            rows a = rows_random(1, M, K), want = rows_random(2, M, N);
            rows got = rows_random(2, M, N);

            /* all rows together, then each alone */
            (*k)->product(M, &w, NULL, read_only(&a), want.row);
            for (size_t m = 0; m < M; m++)
                (*k)->product(1, &w, NULL, read_only(&a) + m, got.row + m);
            check_rows(&got, &want, true, (*k)->isa, K);

            rows_free(&got);
            rows_free(&want);
            rows_free(&a);
        }
        packed_free(&w);
    }
}

/* ---- Sums over rows ----------------------------------------------------- */

/* dw as N rows, in one block, of which only [begin,end) may change; then a row
 * db. */
static float *gradients_of(const kernels *k, const rows *da, const rows *x,
                           size_t begin, size_t end)
{
    const size_t N = da->width, K = x->width, size = N * K + N;
    float *made = guarded_floats(size);
    random_fill(4, size, -1, 1, made);
    const outer_product all = {read_only(da), read_only(x), begin, end, 0, K};
    const leaf_sum dw = {.to = made + begin * K, .row = K},
                   db = {.to = made + N * K + begin};
    kernels_train(k)->outer(&all, 1, (size_t[]){0, da->count}, &dw);
    kernels_train(k)->column_sum(da->count, begin, end, read_only(da), &db,
                                 NULL);
    return made;
}

static void check_outer(size_t R, size_t N, size_t K, size_t begin, size_t end)
{
    const size_t size = N * K + N;
    rows da = rows_random(5, R, N), x = rows_random(6, R, K);
    float *want = gradients_of(&kernels_ref, &da, &x, begin, end);
    float *first = NULL;

    /* each ISA close to ref, and to the bits of the first */
    for (const kernels *const *k = kernels_all(); *k; k++) {
        float *got = gradients_of(*k, &da, &x, begin, end);
        CHECK_CLOSE(got, want, size, 2e-5, 2e-5, "%s R=%zu N=%zu K=%zu",
                    (*k)->isa, R, N, K);
        if (!first) first = got;
        CHECK_BITS(got, first, size, "%s R=%zu N=%zu K=%zu", (*k)->isa, R, N,
                   K);
        if (got != first) guarded_free(got, size);
    }

    guarded_free(first, size);
    guarded_free(want, size);
    rows_free(&da);
    rows_free(&x);
}

TEST(sums_over_rows_are_right_and_the_same_everywhere)
{
    const size_t heights[] = {0, 1, 2, 7, 40};
    const size_t sides[] = {1,  2,  3,  5,  6,  7,  13, 15, 16,
                            17, 24, 31, 33, 63, 64, 65, 79, 130};
    const size_t count = sizeof sides / sizeof *sides;

    for (size_t r = 0; r < sizeof heights / sizeof *heights; r++)
        for (size_t n = 0; n < count; n++)
            for (size_t k = 0; k < count; k++)
                check_outer(heights[r], sides[n], sides[k], 0, sides[n]);
    check_outer(600, 20, 50, 0, 20);
    check_outer(600, 70, 3, 0, 70);
    check_outer(353, 310, 293, 0, 310); /* more than one block of everything */
    check_outer(178, 1100, 9, 3, 1099);
}

TEST(sums_over_rows_keep_to_their_part)
{
    for (size_t K = 3; K <= 35; K += 16)
        for (size_t begin = 0; begin <= 20; begin += 5)
            for (size_t end = begin; end <= 80; end += 8)
                check_outer(9, 90, K, begin, end);
}

TEST(chains_of_rows_cut_in_two_give_the_same_bits)
{
    const size_t N = 21, K = 37, R = ROW_CHAIN;
    for (const kernels *const *k = kernels_all(); *k; k++) {
        rows da = rows_random(5, R, N), x = rows_random(6, R, K);
        float *want = gradients_of(*k, &da, &x, 0, N);

        /* the first rows, then the others on top of them */
        for (size_t cut = 0; cut <= R; cut += 2) {
            rows late = {.count = R - cut, .width = N};
            rows late_x = {.count = R - cut, .width = K};
            memcpy(late.row, da.row + cut, late.count * sizeof *late.row);
            memcpy(late_x.row, x.row + cut, late.count * sizeof *late.row);

            da.count = cut;
            float *got = gradients_of(*k, &da, &x, 0, N);
            da.count = R;

            const outer_product all = {
                read_only(&late), read_only(&late_x), 0, N, 0, K};
            const leaf_sum dw = {.to = got, .row = K}, db = {.to = got + N * K};
            kernels_train(*k)->outer(&all, 1, (size_t[]){0, R - cut}, &dw);
            kernels_train(*k)->column_sum(R - cut, 0, N, read_only(&late), &db,
                                          NULL);
            CHECK_BITS(got, want, N * K + N, "%s cut %zu", (*k)->isa, cut);
            guarded_free(got, N * K + N);
        }

        guarded_free(want, N * K + N);
        rows_free(&da);
        rows_free(&x);
    }
}

/* ---- Packing ------------------------------------------------------------ */

/* Where element (n,k) of (gates H,K) is, by the contract of pack(). */
static size_t packed_index(size_t gates, size_t H, size_t K, size_t n, size_t k)
{
    if (gates * H < 16 && K >= 16)
        return gates * H > 4 ? k * 16 + n : k / 4 * 16 + n * 4 + k % 4;
    const size_t per_gate = gates >= 3 ? 1 : 4 / gates;
    const size_t gate = n / H, unit = n % H, blocks = (H + PANEL - 1) / PANEL;
    const size_t group = unit / PANEL / per_gate, before = group * per_gate;
    const size_t here = blocks - before < per_gate ? blocks - before : per_gate;
    const size_t panel = (unit / PANEL - before) * gates + gate;
    return (before * gates * K + k * here * gates + panel) * PANEL +
           unit % PANEL;
}

static void check_packing(size_t gates, size_t H, size_t K)
{
    const size_t N = gates * H, size = packed_size(gates, H, K);
    float *w = guarded_floats(N * K), *to = guarded_floats(size);
    const packed shape = {gates, H, K, NULL};
    random_fill(8, N * K, 1, 2, w);

    for (int transposed = 0; transposed < 2; transposed++) {
        /* in two parts: any cut gives the same */
        const size_t row = transposed ? 1 : K, column = transposed ? N : 1;
        const size_t groups = packed_groups(&shape), cut = groups / 2;
        memset(to, 255, size * sizeof *to);
        pack_groups(&shape, w, row, column, cut, groups, to);
        pack_groups(&shape, w, row, column, 0, cut, to);

        /* every number is a weight or a 0 that fills up */
        size_t empty = 0;
        for (size_t i = 0; i < size; i++)
            empty += to[i] == 0;
        CHECK(empty == size - N * K, "gates=%zu H=%zu K=%zu", gates, H, K);
        for (size_t i = 0; i < N * K; i++) {
            const size_t n = i / K, k = i % K;
            CHECK(to[packed_index(gates, H, K, n, k)] ==
                      w[transposed ? k * N + n : i],
                  "gates=%zu H=%zu K=%zu n=%zu k=%zu", gates, H, K, n, k);
        }
    }
    guarded_free(w, N * K);
    guarded_free(to, size);
}

/* Part after part, the rows of a weight give what packing all of it does, and
 * come out again. */
static void check_parts(size_t gates, size_t H, size_t K)
{
    const size_t N = gates * H, size = packed_size(gates, H, K);
    float *w = guarded_floats(N * K), *want = guarded_floats(size);
    float *got = guarded_floats(size), *out = guarded_floats(N * K);
    const packed shape = {gates, H, K, got};
    random_fill(9, N * K, 1, 2, w);
    pack(gates, H, K, w, K, 1, want);
    memset(got, 0, size * sizeof *got);

    size_t next = 0;
    for (size_t i = 0; i < packed_parts(&shape); i++) {
        const packed_rows part = packed_part(&shape, i);
        CHECK(part.first == next && part.count > 0 && part.count <= PANEL,
              "gates=%zu H=%zu K=%zu part %zu", gates, H, K, i);
        next += part.count;

        float *from = w + part.first * K;
        pack_part(&shape, i, from, got);
        unpack_part(&shape, i, out + part.first * K);
        CHECK(packed_part_is(&shape, i, from), "part %zu", i);
        if (K == 0) continue;

        /* one number makes a difference, be it only the sign of 0 */
        float was = from[part.count * K - 1];
        from[part.count * K - 1] = was == 0 ? -was : 0;
        CHECK(!packed_part_is(&shape, i, from), "part %zu", i);
        from[part.count * K - 1] = was;
    }

    CHECK(next == N, "gates=%zu H=%zu K=%zu: %zu rows", gates, H, K, next);
    CHECK_BITS(got, want, size, "gates=%zu H=%zu K=%zu", gates, H, K);
    CHECK_BITS(out, w, N * K, "gates=%zu H=%zu K=%zu", gates, H, K);
    CHECK(packed_is(&shape, w), "gates=%zu H=%zu K=%zu", gates, H, K);
    for (size_t i = 0; i < N * K; i += 1 + N * K / 50) {
        float was = w[i];
        w[i] = -was;
        CHECK(!packed_is(&shape, w), "element %zu of %zu", i, N * K);
        w[i] = was;
    }
    for (size_t n = 0; n < N && K > 0; n++) {
        memset(out, 255, K * sizeof *out);
        unpack_row(&shape, n, K / 3, K - K / 3, out);
        CHECK_BITS(out, w + n * K + K / 3, K - K / 3, "row %zu", n);
    }

    /* in another shape, of as many rows */
    const packed one = {1, N, K, NULL};
    const size_t other = packed_size(1, N, K);
    float *again = guarded_floats(other), *direct = guarded_floats(other);
    pack(1, N, K, w, K, 1, direct);
    pack_again(&shape, &one, again);
    CHECK_BITS(again, direct, other, "gates=%zu H=%zu K=%zu", gates, H, K);
    guarded_free(again, other);
    guarded_free(direct, other);

    guarded_free(w, N * K);
    guarded_free(want, size);
    guarded_free(got, size);
    guarded_free(out, N * K);
}

TEST(rows_are_packed_and_taken_out_part_by_part)
{
    for (size_t gates = 1; gates <= 4; gates++)
        for (size_t H = 1; H <= 140; H += H < 18 ? 1 : 7)
            for (size_t K = 0; K <= 35; K += 5)
                check_parts(gates, H, K);
}

TEST(packing_keeps_each_weight_and_fills_up_with_zero)
{
    for (size_t gates = 1; gates <= 4; gates++)
        for (size_t H = 1; H <= 140; H += H < 18 ? 1 : 7)
            for (size_t K = 0; K <= 35; K += 5)
                check_packing(gates, H, K);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_right_and_the_same_everywhere),
        cmocka_unit_test(products_by_gates_are_right_and_the_same_everywhere),
        cmocka_unit_test(
            long_and_tall_products_are_right_and_the_same_everywhere),
        cmocka_unit_test(products_are_the_same_fetched_ahead_or_not),
        cmocka_unit_test(products_are_chains_that_join),
        cmocka_unit_test(a_product_cut_between_chains_gives_the_same_bits),
        cmocka_unit_test(products_of_few_columns_are_as_defined),
        cmocka_unit_test(a_row_does_not_depend_on_the_other_rows),
        cmocka_unit_test(sums_over_rows_are_right_and_the_same_everywhere),
        cmocka_unit_test(sums_over_rows_keep_to_their_part),
        cmocka_unit_test(chains_of_rows_cut_in_two_give_the_same_bits),
        cmocka_unit_test(rows_are_packed_and_taken_out_part_by_part),
        cmocka_unit_test(packing_keeps_each_weight_and_fills_up_with_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
