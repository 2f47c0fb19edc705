/* test_init.c: parameters are drawn from the distributions they are said to be
 * drawn from, and from nothing but seed, number and element. */
#include "check.h"

#include "layer/init.h"
#include "layer/mask.h"

enum { ROWS = 240, COLUMNS = 100, COUNT = ROWS * COLUMNS };

static parameter matrix(size_t rows, size_t columns, size_t gates,
                        elman_init_kind kind, double value)
{
    return (parameter){.name = "rnn.weight_hh_l0",
                       .rank = 2,
                       .shape = {rows, columns},
                       .count = rows * columns,
                       .role = "weight_hh",
                       .gate_count = gates,
                       .init = {kind, value},
                       .bound = 0.25};
}

static parameter bias(size_t H, const char *role)
{
    return (parameter){.name = "rnn.bias_ih_l0",
                       .rank = 1,
                       .shape = {4 * H},
                       .count = 4 * H,
                       .role = role,
                       .gate_count = 4,
                       .bound = 0.1};
}

static void draw(const parameter *p, uint64_t seed, uint32_t which,
                 float *values)
{
    CHECK_OK(init_parameter(p, seed, which, values));
}

/* Mean 0 within six sigma of the mean, that sigma, and a fourth moment of
 * kurtosis sigma^4: 3 for a Gaussian, 9/5 for a uniform. */
static void check_moments(const float *values, double sigma, double kurtosis)
{
    double sum[4] = {0};
    for (int i = 0; i < COUNT; i++)
        for (int power = 1; power <= 4; power++)
            sum[power - 1] +=
                pow((double)values[i] / sigma, power) / (double)COUNT;
    double s = 6 / sqrt(COUNT);
    CHECK(fabs(sum[0]) < s, "mean %g", sum[0]);
    CHECK(fabs(sum[1] - 1) < 2 * s, "variance %g", sum[1]);
    CHECK(fabs(sum[3] - kurtosis) < 10 * s, "kurtosis %g", sum[3]);
}

TEST(each_rule_has_its_spread)
{
    const double both = ROWS + COLUMNS, in = COLUMNS;
    const struct {
        elman_init init;
        double bound, sigma; /* one of them */
    } cases[] = {
        {{ELMAN_INIT_DEFAULT, 0}, 0.25, 0},
        {{ELMAN_INIT_UNIFORM, 0.7}, 0.7, 0},
        {{ELMAN_INIT_NORMAL, 0.3}, 0, 0.3},
        {{ELMAN_INIT_XAVIER_UNIFORM, 0}, sqrt(6 / both), 0},
        {{ELMAN_INIT_XAVIER_UNIFORM, 2}, 2 * sqrt(6 / both), 0},
        {{ELMAN_INIT_XAVIER_NORMAL, 0}, 0, sqrt(2 / both)},
        {{ELMAN_INIT_HE_UNIFORM, 0}, sqrt(2) * sqrt(3 / in), 0},
        {{ELMAN_INIT_HE_UNIFORM, 1}, sqrt(3 / in), 0},
        {{ELMAN_INIT_HE_NORMAL, 0}, 0, sqrt(2) / sqrt(in)},
    };

    static float values[COUNT];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        parameter p =
            matrix(ROWS, COLUMNS, 4, cases[i].init.kind, cases[i].init.value);
        draw(&p, test_seed(), (uint32_t)i, values);

        /* the spread, and for uniform rules the whole range */
        double bound = cases[i].bound, low = 0, high = 0;
        check_moments(values, bound > 0 ? bound / sqrt(3) : cases[i].sigma,
                      bound > 0 ? 1.8 : 3);
        for (int e = 0; e < COUNT && bound > 0; e++) {
            low = fmin(low, (double)values[e]);
            high = fmax(high, (double)values[e]);
        }
        CHECK(low >= (double)(float)-bound && high <= (double)(float)bound,
              "case %zu: %g to %g", i, low, high);
        CHECK(bound == 0 || (low < -0.99 * bound && high > 0.99 * bound),
              "case %zu: %g to %g", i, low, high);
    }
}

TEST(default_rule_reads_its_bound)
{
    static float values[COUNT];
    parameter p = matrix(ROWS, COLUMNS, 1, ELMAN_INIT_DEFAULT, 0);
    p.bound = 0;
    draw(&p, test_seed(), 0, values);
    check_moments(values, 1, 3);
    p.bound = -2;
    draw(&p, test_seed(), 0, values);
    for (int i = 0; i < COUNT; i++)
        CHECK(values[i] == 1, "%g", (double)values[i]);
    p.init = (elman_init){ELMAN_INIT_CONSTANT, -0.5};
    draw(&p, test_seed(), 0, values);
    for (int i = 0; i < COUNT; i++)
        CHECK(values[i] == -0.5f, "%g", (double)values[i]);
}

/* Entry (a,b) of block block^T or block^T block. */
static double dot(const float *block, size_t rows, size_t columns, size_t a,
                  size_t b)
{
    double sum = 0;
    if (rows >= columns)
        for (size_t r = 0; r < rows; r++)
            sum +=
                (double)block[r * columns + a] * (double)block[r * columns + b];
    else
        for (size_t c = 0; c < columns; c++)
            sum +=
                (double)block[a * columns + c] * (double)block[b * columns + c];
    return sum;
}

TEST(orthogonal_blocks_are_orthonormal_times_the_gain)
{
    static const size_t shapes[][2] = {{1, 1},   {64, 64}, {70, 30},
                                       {30, 70}, {1, 9},   {9, 1}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (size_t gates = 1; gates <= 4; gates += 3) {
            size_t rows = shapes[i][0], columns = shapes[i][1];
            size_t size = rows * columns;
            double gain = gates == 1 ? 1 : 1.5;
            parameter p = matrix(gates * rows, columns, gates,
                                 ELMAN_INIT_ORTHOGONAL, gates == 1 ? 0 : 1.5);

            float *values = guarded_floats(p.count);
            draw(&p, test_seed(), 1, values);

            /* the shorter side's vectors are orthogonal, of length gain */
            size_t few = rows < columns ? rows : columns;
            for (size_t gate = 0; gate < gates; gate++)
                for (size_t a = 0; a < few; a++)
                    for (size_t b = 0; b <= a; b++) {
                        double d =
                            dot(values + gate * size, rows, columns, a, b);
                        double want = a == b ? gain * gain : 0;
                        CHECK(fabs(d - want) < 2e-6,
                              "%zu by %zu gate %zu (%zu,%zu): %g", rows,
                              columns, gate, a, b, d);
                    }

            CHECK(gates == 1 || size < 9 ||
                      memcmp(values, values + size, size * sizeof *values),
                  "two gates are equal");
            guarded_free(values, p.count);
        }
}

/* With a positive diagonal of R the first vector is the drawn one, scaled:
 * over many draws its numbers have no sign of their own. */
TEST(orthogonal_rotations_favour_no_direction)
{
    enum { DRAWS = 4000 };
    double mean[4] = {0}, square[4] = {0};
    for (uint32_t d = 0; d < DRAWS; d++) {
        float values[4];
        parameter p = matrix(2, 2, 1, ELMAN_INIT_ORTHOGONAL, 0);
        draw(&p, test_seed(), d, values);
        for (int i = 0; i < 4; i++) {
            mean[i] += (double)values[i] / (double)DRAWS;
            square[i] += (double)(values[i] * values[i]) / (double)DRAWS;
        }
    }
    for (int i = 0; i < 4; i++)
        CHECK(fabs(mean[i]) < 0.07 && fabs(square[i] - 0.5) < 0.04,
              "entry %d: mean %g square %g", i, mean[i], square[i]);
}

TEST(identity_stands_in_each_gate)
{
    float values[3 * 2 * 3];
    parameter p = matrix(6, 3, 3, ELMAN_INIT_IDENTITY, 0);
    draw(&p, 1, 0, values);
    for (size_t i = 0; i < 18; i++)
        CHECK(values[i] == (i % 6 / 3 == i % 3 ? 1 : 0), "%zu: %g", i,
              (double)values[i]);
    p.init.value = -0.25;
    draw(&p, 1, 0, values);
    CHECK(values[0] == -0.25f && values[1] == 0 && values[4] == -0.25f, "-");
}

TEST(forget_bias_is_added_to_what_was_drawn)
{
    enum { H = 8 };
    float plain[4 * H], raised[4 * H];
    parameter p = bias(H, "bias_ih");
    draw(&p, 1, 2, plain);
    p.forget_bias = 1;
    draw(&p, 1, 2, raised);
    for (size_t i = 0; i < 4 * H; i++)
        CHECK(raised[i] == plain[i] + (i / H == 1 ? 1.0f : 0.0f), "%zu", i);
}

TEST(chrono_spreads_the_memory_of_the_gates)
{
    enum { H = 5000, LONGEST = 100 };
    static float ih[4 * H], hh[4 * H];
    parameter p = bias(H, "bias_ih");
    p.chrono = LONGEST;
    draw(&p, test_seed(), 0, ih);
    double mean = 0, least = INFINITY, most = 0;
    for (size_t j = 0; j < H; j++) {
        CHECK(ih[j] == -ih[H + j], "%zu: b_i %g b_f %g", j, (double)ih[j],
              (double)ih[H + j]);
        double steps = exp((double)ih[H + j]); /* U(1, LONGEST - 1) */
        mean += steps / (double)H;
        least = fmin(least, steps);
        most = fmax(most, steps);
    }
    CHECK(fabs(mean - 50) < 6 * 98 / sqrt(12.0 * (double)H), "%g", mean);
    CHECK(least >= 1 && least < 1.5 && most <= 99.001 && most > 98, "%g %g",
          least, most);
    CHECK(fabs((double)ih[2 * H]) <= 0.1 && ih[2 * H] != 0, "g is drawn");

    p.role = "bias_hh";
    draw(&p, test_seed(), 1, hh);
    for (size_t j = 0; j < 2 * H; j++)
        CHECK(hh[j] == 0, "%zu: %g", j, (double)hh[j]);
    CHECK(hh[3 * H] != 0, "o is drawn");
}

TEST(seed_and_number_decide_and_nothing_else)
{
    static float a[COUNT], b[COUNT];
    for (int kind = ELMAN_INIT_UNIFORM; kind <= ELMAN_INIT_ORTHOGONAL; kind++) {
        parameter p = matrix(24, 10, 4, (elman_init_kind)kind, 1);
        draw(&p, 5, 3, a);
        draw(&p, 5, 3, b);
        CHECK_BITS(a, b, p.count, "kind %d again", kind);
        draw(&p, 6, 3, b);
        CHECK(memcmp(a, b, sizeof(float) * 8), "kind %d: seed", kind);
        draw(&p, 5, 4, b);
        CHECK(memcmp(a, b, sizeof(float) * 8), "kind %d: number", kind);
    }
}

TEST(misuse_of_a_rule_is_reported)
{
    static const struct {
        elman_init init;
        size_t rank;
        const char *message;
    } cases[] = {
        {{99, 0}, 2, "init kind is 99, expected 0 to 9"},
        {{ELMAN_INIT_DEFAULT, 2},
         2,
         "the value of init is 2, but the default rule takes none"},
        {{ELMAN_INIT_UNIFORM, -1},
         2,
         "the value of uniform init is -1, expected a finite number of 0 or "
         "more"},
        {{ELMAN_INIT_CONSTANT, NAN},
         2,
         "the value of constant init is nan, expected a finite number"},
        {{ELMAN_INIT_HE_NORMAL, INFINITY}, 2, "the value of He normal init"},
        {{ELMAN_INIT_XAVIER_UNIFORM, 0},
         1,
         "Xavier uniform init needs 2 dimensions, found 1"},
        {{ELMAN_INIT_ORTHOGONAL, 0}, 1, "orthogonal init needs 2 dimensions"},
        {{ELMAN_INIT_IDENTITY, 0}, 1, "identity init needs 2 dimensions"},
    };

    float values[8] = {7};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        /* additions to biases */
        parameter p = bias(2, "bias_ih");
        p.init = cases[i].init;
        p.rank = cases[i].rank;
        CHECK_FAILS(init_parameter(&p, 1, 0, values), ELMAN_BAD_VALUE,
                    cases[i].message);
    }
    parameter p = bias(2, "bias_ih");
    p.forget_bias = NAN;
    CHECK_FAILS(init_parameter(&p, 1, 0, values), ELMAN_BAD_VALUE,
                "forget_bias is nan");
    p = bias(2, "bias_ih");
    p.chrono = 1.5f;
    CHECK_FAILS(init_parameter(&p, 1, 0, values), ELMAN_BAD_VALUE,
                "chrono is 1.5, expected more than 2 steps");

    CHECK(values[0] == 7, "written");
}

/* ---- Masks -------------------------------------------------------------- */

TEST(masks_depend_on_every_number_of_their_key)
{
    const uint64_t far = (uint64_t)1 << 32;
    const struct {
        mask_key key; /* seed, draw, layer, kind */
        uint64_t id, step;
    } of[] = {
        {{1, 0, 0, 0}, 0, 0},     {{2, 0, 0, 0}, 0, 0},
        {{1, 1, 0, 0}, 0, 0},     {{1, far, 0, 0}, 0, 0},
        {{1, 0, 1, 0}, 0, 0},     {{1, 0, 0, 1}, 0, 0},
        {{1, 0, 0, 0}, 1, 0},     {{1, 0, 0, 0}, far, 0},
        {{1, far, 0, 0}, far, 0}, {{1, far, 0, 0}, 2 * far, 0},
        {{1, 0, 0, 0}, 0, 1},     {{1, 0, 0, 0}, 0, MASK_EVERY_STEP},
    };
    enum { N = 700, KEYS = sizeof of / sizeof *of };
    static float mask[KEYS][N], part[N];

    for (size_t i = 0; i < KEYS; i++) {
        mask_fill(&of[i].key, of[i].id, of[i].step, 0.3f, 2, N, mask[i]);
        double ones = 0;
        for (size_t j = 0; j < N; j++)
            ones += (double)mask[i][j] / 2 / (double)N;
        CHECK(fabs(ones - 0.3) < 6 * sqrt(0.21 / (double)N), "key %zu: %g", i,
              ones);

        for (size_t other = 0; other < i; other++)
            CHECK(memcmp(mask[i], mask[other], sizeof mask[i]),
                  "keys %zu and %zu", i, other);
    }

    /* a unit's mask does not depend on how many there are */
    for (size_t n = 0; n < N; n += 37) {
        part[n] = 7;
        mask_fill(&of[0].key, 0, 0, 0.3f, 2, n, part);
        CHECK_BITS(part, mask[0], n, "%zu units", n);
        CHECK(part[n] == 7, "%zu units", n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_has_its_spread),
        cmocka_unit_test(default_rule_reads_its_bound),
        cmocka_unit_test(orthogonal_blocks_are_orthonormal_times_the_gain),
        cmocka_unit_test(orthogonal_rotations_favour_no_direction),
        cmocka_unit_test(identity_stands_in_each_gate),
        cmocka_unit_test(forget_bias_is_added_to_what_was_drawn),
        cmocka_unit_test(chrono_spreads_the_memory_of_the_gates),
        cmocka_unit_test(seed_and_number_decide_and_nothing_else),
        cmocka_unit_test(misuse_of_a_rule_is_reported),
        cmocka_unit_test(masks_depend_on_every_number_of_their_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
