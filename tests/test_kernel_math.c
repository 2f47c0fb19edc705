/*
 * test_kernel_math.c: exp, tanh, sigmoid and log over the whole float range:
 * their error in ulp, their ends, and that every ISA gives the same bits.
 */
#include "check.h"
#include "kernel/kernel.h"

/* Every STRIDEth float by its bits: 7 million, all exponents, both signs. The
 * bounds below were checked once for all four billion. */
enum { STRIDE = 613, BLOCK = 4096 };

static double exact_sigmoid(double x)
{
    return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x));
}

static void run_exp(const kernels *k, size_t n, const float *x, float *y)
{
    k->exp_forward(n, x, y);
}
static void run_tanh(const kernels *k, size_t n, const float *x, float *y)
{
    k->tanh_forward(n, INFINITY, x, y);
}
static void run_sigmoid(const kernels *k, size_t n, const float *x, float *y)
{
    k->sigmoid_forward(n, INFINITY, x, y);
}
static void run_log(const kernels *k, size_t n, const float *x, float *y)
{
    k->log_forward(n, x, y);
}

/* Of the other activations those that are more than a product and a choice. */
static void run_elu(const kernels *k, size_t n, const float *x, float *y)
{
    const elman_activation elu = {ELMAN_ACTIVATION_ELU, 1, 0};
    k->activation_forward(n, &elu, INFINITY, x, y);
}
static void run_softplus(const kernels *k, size_t n, const float *x, float *y)
{
    const elman_activation softplus = {.kind = ELMAN_ACTIVATION_SOFTPLUS};
    k->activation_forward(n, &softplus, INFINITY, x, y);
}
static double exact_elu(double x) { return x < 0 ? expm1(x) : x; }
static double exact_softplus(double x)
{
    return (x > 0 ? x : 0) + log1p(exp(-fabs(x))) + (isnan(x) ? x : 0);
}

static const struct {
    const char *name;
    void (*run)(const kernels *k, size_t n, const float *x, float *y);
    double (*exact)(double x);
    double worst; /* ulp */
} functions[] = {
    {"exp", run_exp, exp, 1.05},
    {"tanh", run_tanh, tanh, 2.57},
    {"sigmoid", run_sigmoid, exact_sigmoid, 2.41},
    {"log", run_log, log, 0.84},
    {"elu", run_elu, exact_elu, 0.95},
    {"softplus", run_softplus, exact_softplus, 2.8},
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

/* |got - want| in units of the float spacing at want. */
static double error_in_ulp(float got, double want)
{
    if ((float)want == got || (isnan(want) && isnan(got))) return 0;
    if (isinf(got)) want = fmin(want, 0x1p+128), got = 0x1p+127f;
    int exponent = -125;
    if (fabs(want) >= 0x1p-126) frexp(want, &exponent);
    return fabs((double)got - want) / ldexp(1, exponent - 24);
}

/* The next block of the sweep, from bits on; returns how many floats. */
static size_t sweep(uint64_t *bits, float *x)
{
    size_t n = 0;
    for (; n < BLOCK && *bits <= UINT32_MAX; n++, *bits += STRIDE) {
        const uint32_t word = (uint32_t)*bits;
        memcpy(x + n, &word, sizeof word);
    }
    return n;
}

TEST(functions_are_right_to_a_few_ulp_over_the_whole_float_range)
{
    static float x[BLOCK], y[BLOCK];
    for (size_t f = 0; f < FUNCTIONS; f++) {
        double worst = 0;
        for (uint64_t bits = 0; bits <= UINT32_MAX;) {
            const size_t n = sweep(&bits, x);
            functions[f].run(kernels_here(), n, x, y);

            /* against libm in double */
            for (size_t i = 0; i < n; i++) {
                const double error =
                    error_in_ulp(y[i], functions[f].exact((double)x[i]));
                CHECK(error <= functions[f].worst,
                      "%s(%a) = %a is %.2f ulp off", functions[f].name,
                      (double)x[i], (double)y[i], error);
                if (error > worst) worst = error;
            }
        }
        print_message("%s: at most %.3f ulp\n", functions[f].name, worst);
    }
}

/* The error of one gate, which is computed together with others; below -43 a
 * sigmoid only has to be tiny. */
static double gate_error(float x, float got, bool is_tanh)
{
    const double want = is_tanh ? tanh((double)x) : exact_sigmoid((double)x);
    if (!is_tanh && x < -43) return got >= 0 && got < 3e-19f ? 0 : INFINITY;
    return error_in_ulp(got, want);
}

TEST(gates_of_cells_are_right_to_a_few_ulp_whatever_is_next_to_them)
{
    static float x[BLOCK], gate[4 * BLOCK], rest[BLOCK], c[BLOCK], h[BLOCK];
    const double most = 3;
    double worst = 0;
    for (uint64_t bits = 0; bits <= UINT32_MAX;) {
        const size_t n = sweep(&bits, x);

        /* four different arguments side by side */
        for (size_t i = 0; i < n; i++)
            for (size_t g = 0; g < 4; g++)
                gate[g * n + i] = x[i * (2 * g + 1) % n];
        for (size_t i = 0; i < 4 * n; i++)
            if (isnan(gate[i])) gate[i] = 0; /* would spoil its pair */

        kernels_here()->lstm_forward(n, NULL, rest, gate, c, h);
        for (size_t i = 0; i < 4 * n; i++) {
            const size_t g = i / n, at = i % n * (2 * g + 1) % n;
            const float from = isnan(x[at]) ? 0 : x[at];
            const double error = gate_error(from, gate[i], g == 2);
            CHECK(error <= most, "gate %zu of %a is %a", g, (double)x[at],
                  (double)gate[i]);
            if (error > worst) worst = error;
        }
    }
    print_message("gates: at most %.3f ulp\n", worst);

    /* NaN comes through each gate */
    for (size_t g = 0; g < 4; g++) {
        float all[4] = {0}, zero = 0;
        const uint32_t payload = 0x7fc12345;
        memcpy(all + g, &payload, sizeof payload);
        kernels_here()->lstm_forward(1, NULL, &zero, all, c, h);
        CHECK(isnan(all[g]) && isnan(h[0]), "gate %zu", g);
    }

    /* a forget gate that is open keeps what it holds */
    float all[] = {-100, 100, 0, 0}, kept = 3;
    kernels_here()->lstm_forward(1, NULL, &kept, all, c, h);
    CHECK(all[1] == 1 && c[0] == 3, "%a %a", (double)all[1], (double)c[0]);
}

TEST(functions_have_the_same_bits_everywhere)
{
    static float x[BLOCK], first[BLOCK], y[BLOCK];
    for (size_t f = 0; f < FUNCTIONS; f++)
        for (uint64_t bits = 0; bits <= UINT32_MAX;
             bits += 40 * STRIDE * BLOCK) {
            const size_t n = sweep(&bits, x);
            for (size_t i = 0; i < n; i++)
                if (isnan(x[i])) x[i] = (float)i; /* their bits may differ */

            for (const kernels *const *k = kernels_all(); *k; k++) {
                float *to = k == kernels_all() ? first : y;
                functions[f].run(*k, n, x, to);
                for (size_t i = 0; i < n; i++)
                    if (isnan(to[i])) to[i] = NAN;
                CHECK_BITS(to, first, n, "%s %s", (*k)->isa, functions[f].name);
            }
        }
}

TEST(functions_know_their_ends)
{
    const float x[] = {-INFINITY, INFINITY, NAN,  0,
                       -0.0f,     100,      -100, 0x1p-149f};
    const float want[FUNCTIONS][8] = {
        {0, INFINITY, NAN, 1, 1, INFINITY, 0x1.bp-145f, 1},
        {-1, 1, NAN, 0, -0.0f, 1, -1, 0x1p-149f},
        {0, 1, NAN, 0.5f, 0.5f, 1, 0x1.bp-145f, 0.5f},
        {NAN, INFINITY, NAN, -INFINITY, -INFINITY, 0x1.26bb1cp+2f, NAN,
         -0x1.9d1da0p+6f},
        {-1, INFINITY, NAN, 0, -0.0f, 100, -1, 0x1p-149f},
        {0, INFINITY, NAN, 0x1.62e43p-1f, 0x1.62e43p-1f, 100, 0x1.bp-145f,
         0x1.62e43p-1f},
    };

    /* NaN has no fixed bits, everything else has */
    for (const kernels *const *k = kernels_all(); *k; k++)
        for (size_t f = 0; f < FUNCTIONS; f++) {
            float y[8];
            functions[f].run(*k, 8, x, y);

            for (size_t i = 0; i < 8; i++) {
                if (isnan(want[f][i]))
                    CHECK(isnan(y[i]), "%s %s(%a) = %a", (*k)->isa,
                          functions[f].name, (double)x[i], (double)y[i]);
                else
                    CHECK_BITS(y + i, want[f] + i, 1, "%s %s(%a)", (*k)->isa,
                               functions[f].name, (double)x[i]);
            }
        }
}

TEST(results_rise_but_for_rounding_and_saturate)
{
    static float x[BLOCK], y[BLOCK];
    const float low = 1 - 0x1p-22f, high = 1 + 0x1p-22f;

    /* exp, tanh and sigmoid, from -125 to 125 */
    for (size_t f = 0; f < 3; f++) {
        float before = f == 1 ? -1 : 0;
        for (int i = -8000; i < 8000; i += BLOCK) {
            for (int j = 0; j < BLOCK; j++)
                x[j] = (float)(i + j) / 64;
            functions[f].run(kernels_here(), BLOCK, x, y);

            for (int j = 0; j < BLOCK; j++) {
                CHECK(y[j] >= before * (before > 0 ? low : high),
                      "%s(%a) = %a after %a", functions[f].name, (double)x[j],
                      (double)y[j], (double)before);
                CHECK(f != 1 || fabsf(y[j]) <= 1, "tanh %a", (double)y[j]);
                CHECK(f != 2 || y[j] <= 1, "sigmoid %a", (double)y[j]);
                before = y[j];
            }
        }
        CHECK(before == (f == 0 ? INFINITY : 1), "%s ends at %a",
              functions[f].name, (double)before);
    }
}

TEST(nan_comes_through_every_bound)
{
    for (const kernels *const *k = kernels_all(); *k; k++) {
        float x[3] = {NAN, -INFINITY, INFINITY}, y[3];
        (*k)->tanh_forward(3, 0.5f, x, y);
        CHECK(isnan(y[0]) && y[1] == -y[2] && y[2] < 0.5f, "%s", (*k)->isa);
        (*k)->sigmoid_forward(3, 0.5f, x, y);
        CHECK(isnan(y[0]) && y[1] > 0.3f && y[2] < 0.7f, "%s", (*k)->isa);
        (*k)->relu_forward(3, 0.5f, x, y);
        CHECK(isnan(y[0]) && y[1] == 0 && y[2] == 0.5f, "%s", (*k)->isa);

        /* a gradient that is NaN is not lost in a unit that has saturated */
        const float sure[3] = {1, -1, 0}, d[3] = {NAN, NAN, NAN};
        (*k)->tanh_backward(3, INFINITY, sure, d, y);
        CHECK(isnan(y[0]) && isnan(y[1]) && isnan(y[2]), "%s", (*k)->isa);
        CHECK(isnan((*k)->softmax(3, d, y)) && isnan(y[1]), "%s", (*k)->isa);
    }
}

TEST(gradients_stop_where_a_sum_was_at_its_bound)
{
    const float clip = 0.75f, d[5] = {1, 1, 1, 1, 1};
    const float x[5] = {-9, -clip, 0.5f, clip, 9};
    for (const kernels *const *k = kernels_all(); *k; k++) {
        float y[5], dx[5];

        /* 1 - tanh^2 inside, 0 at the bound and beyond it */
        (*k)->tanh_forward(5, clip, x, y);
        (*k)->tanh_backward(5, clip, y, d, dx);
        CHECK(dx[0] == 0 && dx[1] == 0 && dx[3] == 0 && dx[4] == 0, "%s",
              (*k)->isa);
        CHECK(fabsf(dx[2] - 0.786447733f) < 1e-6f, "%s %g", (*k)->isa,
              (double)dx[2]);

        /* likewise */
        (*k)->sigmoid_forward(5, clip, x, y);
        (*k)->sigmoid_backward(5, clip, y, d, dx);
        CHECK(dx[0] == 0 && dx[1] == 0 && dx[3] == 0 && dx[4] == 0, "%s",
              (*k)->isa);
        CHECK(fabsf(dx[2] - 0.235003712f) < 1e-6f, "%s %g", (*k)->isa,
              (double)dx[2]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            functions_are_right_to_a_few_ulp_over_the_whole_float_range),
        cmocka_unit_test(
            gates_of_cells_are_right_to_a_few_ulp_whatever_is_next_to_them),
        cmocka_unit_test(functions_have_the_same_bits_everywhere),
        cmocka_unit_test(functions_know_their_ends),
        cmocka_unit_test(results_rise_but_for_rounding_and_saturate),
        cmocka_unit_test(nan_comes_through_every_bound),
        cmocka_unit_test(gradients_stop_where_a_sum_was_at_its_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
