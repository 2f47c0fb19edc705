/*
 * test_kernel_product.c: products, their gradients, column sums and packing:
 * around every edge of the tiles they mean what ref.c says, give the same bits
 * on every ISA, and touch nothing outside.
 */
#include "check.h"
#include "kernel/kernel.h"

/* Rows of their own block each, guarded. */
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

static float *packed_random(size_t N, size_t K)
{
    float *w = guarded_floats(N * K);
    float *packed = guarded_floats(packed_size(N, K));
    random_fill(3, N * K, -1, 1, w);
    pack(N, K, w, K, 1, packed);
    guarded_free(w, N * K);
    return packed;
}

/* ---- Products ----------------------------------------------------------- */

static void check_product(size_t M, size_t N, size_t K)
{
    float *w = packed_random(N, K);
    rows a = rows_random(1, M, K), want = rows_random(2, M, N), first;
    kernels_ref.product(M, N, K, read_only(&a), w, want.row);

    for (const kernels *const *k = kernels_all(); *k; k++) {
        rows got = rows_random(2, M, N);
        (*k)->product(M, N, K, read_only(&a), w, got.row);
        check_rows(&got, &want, false, (*k)->isa, K);
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
    guarded_free(w, packed_size(N, K));
}

static const size_t depths[] = {0, 1, 2, 3, 5, 15, 16, 17, 31, 33, 64};
static const size_t widths[] = {1,  2,  3,  4,  5,  7,  8,  11, 15, 16,  17,
                                31, 32, 33, 48, 63, 64, 65, 95, 97, 128, 143};

TEST(products_are_right_and_the_same_everywhere)
{
    for (size_t M = 0; M <= 13; M++)
        for (size_t n = 0; n < sizeof widths / sizeof *widths; n++)
            for (size_t k = 0; k < sizeof depths / sizeof *depths; k++)
                check_product(M, widths[n], depths[k]);
}

TEST(long_and_tall_products_are_right_and_the_same_everywhere)
{
    check_product(13, 70, 1030);
    check_product(31, 130, 300);
    check_product(9, 9, 1030);
    check_product(1, 300, 515);
}

TEST(a_product_cut_in_two_gives_the_same_bits)
{
    const size_t M = 7, N = 77, K = 300, row = K;
    float *w = guarded_floats(N * K),
          *packed = guarded_floats(packed_size(N, K));
    random_fill(3, N * K, -1, 1, w);
    for (const kernels *const *k = kernels_all(); *k; k++) {
        rows a = rows_random(1, M, K), want = rows_random(2, M, N);
        pack(N, K, w, row, 1, packed);
        (*k)->product(M, N, K, read_only(&a), packed, want.row);
        for (size_t cut = 1; cut < K; cut += 37) {
            rows got = rows_random(2, M, N);
            const float *late[7];
            for (size_t m = 0; m < M; m++)
                late[m] = a.row[m] + cut;
            pack(N, cut, w, row, 1, packed);
            (*k)->product(M, N, cut, read_only(&a), packed, got.row);
            pack(N, K - cut, w + cut, row, 1, packed);
            (*k)->product(M, N, K - cut, late, packed, got.row);
            check_rows(&got, &want, true, (*k)->isa, cut);
            rows_free(&got);
        }
        rows_free(&want);
        rows_free(&a);
    }
    guarded_free(w, N * K);
    guarded_free(packed, packed_size(N, K));
}

TEST(a_row_does_not_depend_on_the_rows_beside_it)
{
    const size_t M = 13, K = 50;
    for (size_t N = 5; N <= 100; N += 19) {
        float *w = packed_random(N, K);
        for (const kernels *const *k = kernels_all(); *k; k++) {
            rows a = rows_random(1, M, K), want = rows_random(2, M, N);
            rows got = rows_random(2, M, N);
            (*k)->product(M, N, K, read_only(&a), w, want.row);
            for (size_t m = 0; m < M; m++)
                (*k)->product(1, N, K, read_only(&a) + m, w, got.row + m);
            check_rows(&got, &want, true, (*k)->isa, K);
            rows_free(&got);
            rows_free(&want);
            rows_free(&a);
        }
        guarded_free(w, packed_size(N, K));
    }
}

/* ---- Sums over rows ----------------------------------------------------- */

/* dw as N rows, in one block, of which only first to last may change; then a
 * row db. */
static float *gradients_of(const kernels *k, const rows *da, const rows *x,
                           size_t first, size_t last)
{
    const size_t N = da->width, K = x->width, size = N * K + N;
    float *made = guarded_floats(size);
    random_fill(4, size, -1, 1, made);
    k->outer(da->count, first, last, K, read_only(da), read_only(x), made);
    k->column_sum(da->count, first, last, read_only(da), made + N * K);
    return made;
}

static void check_outer(size_t R, size_t N, size_t K, size_t begin, size_t end)
{
    const size_t size = N * K + N;
    rows da = rows_random(5, R, N), x = rows_random(6, R, K);
    float *want = gradients_of(&kernels_ref, &da, &x, begin, end);
    float *first = NULL;
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
}

TEST(sums_over_rows_keep_to_their_part)
{
    for (size_t K = 3; K <= 35; K += 16)
        for (size_t begin = 0; begin <= 20; begin += 5)
            for (size_t end = begin; end <= 80; end += 8)
                check_outer(9, 90, K, begin, end);
}

TEST(sums_over_rows_cut_in_two_give_the_same_bits)
{
    const size_t N = 21, K = 37, R = 300;
    for (const kernels *const *k = kernels_all(); *k; k++) {
        rows da = rows_random(5, R, N), x = rows_random(6, R, K);
        float *want = gradients_of(*k, &da, &x, 0, N);
        for (size_t cut = 0; cut <= R; cut += 50) {
            rows late = {.count = R - cut, .width = N};
            rows late_x = {.count = R - cut, .width = K};
            memcpy(late.row, da.row + cut, late.count * sizeof *late.row);
            memcpy(late_x.row, x.row + cut, late.count * sizeof *late.row);
            da.count = cut;
            float *got = gradients_of(*k, &da, &x, 0, N);
            da.count = R;
            (*k)->outer(R - cut, 0, N, K, read_only(&late), read_only(&late_x),
                        got);
            (*k)->column_sum(R - cut, 0, N, read_only(&late), got + N * K);
            CHECK_BITS(got, want, N * K + N, "%s cut %zu", (*k)->isa, cut);
            guarded_free(got, N * K + N);
        }
        guarded_free(want, N * K + N);
        rows_free(&da);
        rows_free(&x);
    }
}

/* ---- Packing ------------------------------------------------------------ */

TEST(packing_keeps_each_weight_and_fills_up_with_zero)
{
    for (size_t N = 1; N <= 50; N += N < 18 ? 1 : 7)
        for (size_t K = 0; K <= 35; K += 5) {
            const size_t size = packed_size(N, K);
            float *w = guarded_floats(N * K), *packed = guarded_floats(size);
            random_fill(8, N * K, 1, 2, w);
            for (int turned = 0; turned < 2; turned++) {
                pack(N, K, w, turned ? 1 : K, turned ? N : 1, packed);
                size_t zeros = 0;
                for (size_t i = 0; i < size; i++)
                    zeros += packed[i] == 0;
                CHECK(zeros == size - N * K, "N=%zu K=%zu", N, K);
                for (size_t i = 0; i < N * K; i++) {
                    const size_t n = i / K, k = i % K;
                    const size_t narrow = n * (size / N) + k;
                    const size_t panel =
                        (n / PANEL * K + k) * PANEL + n % PANEL;
                    CHECK(packed[N < NARROW ? narrow : panel] ==
                              w[turned ? k * N + n : i],
                          "N=%zu K=%zu n=%zu k=%zu", N, K, n, k);
                }
            }
            guarded_free(w, N * K);
            guarded_free(packed, size);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_right_and_the_same_everywhere),
        cmocka_unit_test(
            long_and_tall_products_are_right_and_the_same_everywhere),
        cmocka_unit_test(a_product_cut_in_two_gives_the_same_bits),
        cmocka_unit_test(a_row_does_not_depend_on_the_rows_beside_it),
        cmocka_unit_test(sums_over_rows_are_right_and_the_same_everywhere),
        cmocka_unit_test(sums_over_rows_keep_to_their_part),
        cmocka_unit_test(sums_over_rows_cut_in_two_give_the_same_bits),
        cmocka_unit_test(packing_keeps_each_weight_and_fills_up_with_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
