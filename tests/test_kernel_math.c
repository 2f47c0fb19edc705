/*
 * test_kernel_math.c: exp, tanh, sigmoid and log over the whole float range:
 * their error in ulp, their ends, and that every ISA gives the same bits.
 */
#include "base/activation.h"
#include "check.h"
#include "kernel/kernel.h"

/* Every STRIDEth float by its bits: 7 million, all exponents, both signs. The
 * bounds below were checked once for all four billion. */
enum { STRIDE = 613, BLOCK = 4096 };

/* The least float whose sigmoid is not 0, and what the others miss at most. */
#define SIGMOID_LEAST -0x1.61814cp+6f
#define SIGMOID_LOST  4.156e-39

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
    float least;  /* below it, it may be farther off */
} functions[] = {
    {"exp", run_exp, exp, 1.05, -INFINITY},
    {"tanh", run_tanh, tanh, 2.57, -INFINITY},
    {"sigmoid", run_sigmoid, exact_sigmoid, 2.49, SIGMOID_LEAST},
    {"log", run_log, log, 0.84, -INFINITY},
    {"elu", run_elu, exact_elu, 0.95, -INFINITY},
    {"softplus", run_softplus, exact_softplus, 2.8, -INFINITY},
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

/* The bits of a NaN are not promised. */
static void hide_nan(size_t n, float *x)
{
    for (size_t i = 0; i < n; i++)
        if (isnan(x[i])) x[i] = NAN;
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
                if (x[i] < functions[f].least) continue;
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

TEST(a_sigmoid_is_0_below_its_least_and_misses_no_more_than_a_denormal)
{
    enum { N = 1000 };
    static float x[N], y[N];
    x[0] = SIGMOID_LEAST;
    for (size_t i = 1; i < N; i++)
        x[i] = i < N / 2 ? nextafterf(x[i - 1], -INFINITY) : x[i - 1] * 1.25f;

    for (const kernels *const *k = kernels_all(); *k; k++) {
        (*k)->sigmoid_forward(N, INFINITY, x, y);
        const double error = error_in_ulp(y[0], exact_sigmoid((double)x[0]));
        CHECK(y[0] > 0 && error <= 2.49, "%s: %a, %.2f ulp", (*k)->isa,
              (double)y[0], error);

        /* from the next float on, to -inf */
        for (size_t i = 1; i < N; i++)
            CHECK(y[i] == 0 && exact_sigmoid((double)x[i]) < SIGMOID_LOST,
                  "%s: sigmoid(%a) = %a", (*k)->isa, (double)x[i],
                  (double)y[i]);
    }
    assert_true(isinf(x[N - 1]));
}

TEST(gates_of_cells_are_the_functions_whatever_is_next_to_them)
{
    static float x[4 * BLOCK], want[4 * BLOCK], gate[4 * BLOCK], rest[BLOCK],
        c[BLOCK], h[BLOCK];
    for (const kernels *const *k = kernels_all(); *k; k++)
        for (uint64_t bits = 0; bits <= UINT32_MAX;
             bits += 10 * STRIDE * BLOCK) {
            const size_t n = sweep(&bits, rest);

            /* four different arguments side by side, NaN as well */
            for (size_t i = 0; i < n; i++)
                for (size_t g = 0; g < 4; g++)
                    x[g * n + i] = rest[i * (2 * g + 1) % n];
            (*k)->sigmoid_forward(4 * n, INFINITY, x, want);
            (*k)->tanh_forward(n, INFINITY, x + 2 * n, want + 2 * n);
            hide_nan(4 * n, want);

            /* an LSTM's i f g o */
            memcpy(gate, x, 4 * n * sizeof *gate);
            (*k)->lstm_forward(n, NULL, rest, gate, c, h);
            hide_nan(4 * n, gate);
            CHECK_BITS(gate, want, 4 * n, "%s", (*k)->isa);

            /* a GRU's r z */
            memcpy(gate, x, 3 * n * sizeof *gate);
            (*k)->gru_forward(n, INFINITY, rest, rest, gate, h);
            hide_nan(2 * n, gate);
            CHECK_BITS(gate, want, 2 * n, "%s", (*k)->isa);
        }
}

TEST(nan_stays_in_its_gate_until_the_cell)
{
    for (const kernels *const *k = kernels_all(); *k; k++)
        for (size_t g = 0; g < 4; g++) {
            float all[4] = {0}, c, h, zero = 0;
            const uint32_t payload = 0x7fc12345;
            memcpy(all + g, &payload, sizeof payload);
            (*k)->lstm_forward(1, NULL, &zero, all, &c, &h);
            for (size_t i = 0; i < 4; i++)
                CHECK(isnan(all[i]) == (i == g), "%s gates %zu %zu", (*k)->isa,
                      g, i);
            CHECK(isnan(h) && isnan(c) == (g != 3), "%s gate %zu", (*k)->isa,
                  g);
        }
}

TEST(open_and_closed_gates_are_exact)
{
    /* a forget gate that is open keeps what it holds, one that is closed
     * nothing */
    for (const kernels *const *k = kernels_all(); *k; k++) {
        float all[] = {-100, 100, 0, 0}, kept = 3, c, h;
        (*k)->lstm_forward(1, NULL, &kept, all, &c, &h);
        CHECK(all[0] == 0 && all[1] == 1 && c == 3, "%s %a %a", (*k)->isa,
              (double)all[1], (double)c);
    }
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

/* A triple whose sum a b + c is hard to round once, of one of three kinds: any
 * bits at all; a product and a sum of about the same size; a product just
 * beside half the last digit of c, which a sum in double would round to the
 * middle. */
static void draw_triple(uint64_t *seed, float triple[3])
{
    uint32_t word[4];
    for (size_t i = 0; i < 4; i++) {
        *seed = *seed * 6364136223846793005u + 1442695040888963407u;
        word[i] = (uint32_t)(*seed >> 32);
    }
    if (word[3] % 3 == 0) {
        memcpy(triple, word, 3 * sizeof *triple);
        return;
    }

    const int size = (int)(word[3] >> 8) % 300 - 150;
    for (size_t i = 0; i < 3; i++)
        triple[i] = (float)((int32_t)(word[i] | 0x800000) >> 8) * 0x1p-23f;
    if (word[3] % 3 == 1) {
        const int apart = (int)(word[3] >> 24) % 64 - 32;
        triple[2] = ldexpf(triple[2], apart);
    } else {
        triple[0] = 1 + (float)(word[0] % 4) * 0x1p-23f;
        triple[1] = 1 - (float)(word[1] % 4) * 0x1p-24f;
        triple[2] = (float)(word[2] >> 8 | 0x800000) * 2;
        if (word[2] & 1) triple[2] = -triple[2];
    }
    triple[0] = ldexpf(triple[0], size);
    triple[2] = ldexpf(triple[2], size);
}

TEST(a_multiply_add_rounds_once_on_every_isa)
{
    static float a[BLOCK], b[BLOCK], c[BLOCK], y[BLOCK], want[BLOCK];
    uint64_t seed = 1, unfused = 0;
    for (size_t round = 0; round < 1000; round++) {
        for (size_t i = 0; i < BLOCK; i++) {
            float triple[3];
            draw_triple(&seed, triple);
            a[i] = triple[0], b[i] = triple[1], c[i] = triple[2];
            want[i] = fmaf(a[i], b[i], c[i]);
            unfused += (float)((double)a[i] * b[i] + c[i]) != want[i];
        }
        hide_nan(BLOCK, want);

        for (const kernels *const *k = kernels_all(); *k; k++) {
            memcpy(y, c, sizeof y);
            (*k)->multiply_add(BLOCK, a, b, y);
            hide_nan(BLOCK, y);
            CHECK_BITS(y, want, BLOCK, "%s", (*k)->isa);
        }
    }

    /* not an easy test: many come out wrong where double rounds first */
    CHECK(unfused > 100000, "%llu", (unsigned long long)unfused);
}

TEST(functions_know_their_ends)
{
    const float x[] = {-INFINITY, INFINITY, NAN,  0,
                       -0.0f,     100,      -100, 0x1p-149f};
    const float want[FUNCTIONS][8] = {
        {0, INFINITY, NAN, 1, 1, INFINITY, 0x1.bp-145f, 1},
        {-1, 1, NAN, 0, -0.0f, 1, -1, 0x1p-149f},
        {0, 1, NAN, 0.5f, 0.5f, 1, 0, 0.5f},
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
        kernels_train(*k)->tanh_backward(3, INFINITY, sure, d, y);
        CHECK(isnan(y[0]) && isnan(y[1]) && isnan(y[2]), "%s", (*k)->isa);
        CHECK(isnan((*k)->softmax(3, d, y)) && isnan(y[1]), "%s", (*k)->isa);
    }
}

/* One relu, one tanh and one sigmoid, whichever kernel computes them. */
TEST(functions_with_kernels_of_their_own_are_the_same_in_the_common_one)
{
    enum { N = 11 };
    static const float x[N] = {0,          -0.0f,     1,    -1,
                               NAN,        INFINITY,  2,    0x1p-149f,
                               -0x1p-149f, -INFINITY, -1.5f};
    static const float d[] = {1, -1, 0, -0.0f, INFINITY, -INFINITY, NAN};
    static const elman_activation relu = {.kind = ELMAN_ACTIVATION_RELU},
                                  tanh = {.kind = ELMAN_ACTIVATION_TANH},
                                  sigmoid = {.kind = ELMAN_ACTIVATION_SIGMOID};

    for (const kernels *const *at = kernels_all(); *at; at++) {
        const kernels *k = *at;
        float y[6][N], dx[6][N], dy[N];
        k->relu_forward(N, INFINITY, x, y[0]);
        k->activation_forward(N, &relu, INFINITY, x, y[1]);
        k->tanh_forward(N, INFINITY, x, y[2]);
        k->activation_forward(N, &tanh, INFINITY, x, y[3]);
        k->sigmoid_forward(N, INFINITY, x, y[4]);
        k->activation_forward(N, &sigmoid, INFINITY, x, y[5]);

        for (size_t i = 0; i < sizeof d / sizeof *d; i++) {
            for (size_t j = 0; j < N; j++)
                dy[j] = d[i];
            kernels_train(k)->relu_backward(N, INFINITY, y[0], dy, dx[0]);
            kernels_train(k)->activation_backward(N, &relu, INFINITY, x, dy,
                                                  dx[1]);
            kernels_train(k)->tanh_backward(N, INFINITY, y[2], dy, dx[2]);
            kernels_train(k)->activation_backward(N, &tanh, INFINITY, x, dy,
                                                  dx[3]);
            kernels_train(k)->sigmoid_backward(N, INFINITY, y[4], dy, dx[4]);
            kernels_train(k)->activation_backward(N, &sigmoid, INFINITY, x, dy,
                                                  dx[5]);

            hide_nan(6 * N, y[0]);
            hide_nan(6 * N, dx[0]);
            for (size_t f = 0; f < 6; f += 2) {
                CHECK_BITS(y[f], y[f + 1], N, "%s %zu", k->isa, f);
                CHECK_BITS(dx[f], dx[f + 1], N, "%s %zu, dy %g", k->isa, f,
                           (double)d[i]);
            }
        }
    }
}

/* What torch.relu and its gradient give. */
TEST(relu_is_what_it_is_in_pytorch)
{
    enum { N = 8 };
    const float x[N] = {0, -0.0f, 1, -1, INFINITY, -INFINITY, -0x1p-149f, NAN};
    const float want[N] = {0, -0.0f, 1, 0, INFINITY, 0, 0, NAN};
    static const float d[] = {1, -1, -0.0f, INFINITY, NAN};
    for (const kernels *const *k = kernels_all(); *k; k++) {
        float y[N];
        (*k)->relu_forward(N, INFINITY, x, y);
        hide_nan(N, y);
        CHECK_BITS(y, want, N, "%s", (*k)->isa);

        /* +0 where x <= 0, whatever dy is, and dy elsewhere */
        for (size_t i = 0; i < sizeof d / sizeof *d; i++) {
            const float dy[N] = {d[i], d[i], d[i], d[i],
                                 d[i], d[i], d[i], d[i]};
            const float back[N] = {0, 0, d[i], 0, d[i], 0, 0, d[i]};
            float dx[N];
            kernels_train(*k)->relu_backward(N, INFINITY, y, dy, dx);
            hide_nan(N, dx);
            CHECK_BITS(dx, back, N, "%s, dy %g", (*k)->isa, (double)d[i]);
        }
    }
}

/* NaN goes through every function that a config may name, bounded or not. */
TEST(no_function_swallows_a_nan)
{
    for (const kernels *const *k = kernels_all(); *k; k++)
        for (int kind = 1; kind < ACTIVATION_COUNT; kind++)
            for (int bounded = 0; bounded < 2; bounded++) {
                const elman_activation f = {(elman_activation_kind)kind, 0.7f,
                                            0.4f};
                const float clip = bounded ? 2 : INFINITY, x[2] = {NAN, 0.5f};
                const float d[2] = {1, NAN};
                float y[2], dx[2];
                (*k)->activation_forward(2, &f, clip, x, y);
                CHECK(isnan(y[0]) && !isnan(y[1]), "%s %d", (*k)->isa, kind);

                /* but for what is flat at 0.5, as thresholded relu is here */
                kernels_train(*k)->activation_backward(2, &f, clip, x, d, dx);
                CHECK(isnan(dx[1]) || kind == ELMAN_ACTIVATION_THRESHOLDED_RELU,
                      "%s %d", (*k)->isa, kind);
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
        kernels_train(*k)->tanh_backward(5, clip, y, d, dx);
        CHECK(dx[0] == 0 && dx[1] == 0 && dx[3] == 0 && dx[4] == 0, "%s",
              (*k)->isa);
        CHECK(fabsf(dx[2] - 0.786447733f) < 1e-6f, "%s %g", (*k)->isa,
              (double)dx[2]);

        /* likewise */
        (*k)->sigmoid_forward(5, clip, x, y);
        kernels_train(*k)->sigmoid_backward(5, clip, y, d, dx);
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
            a_sigmoid_is_0_below_its_least_and_misses_no_more_than_a_denormal),
        cmocka_unit_test(
            gates_of_cells_are_the_functions_whatever_is_next_to_them),
        cmocka_unit_test(nan_stays_in_its_gate_until_the_cell),
        cmocka_unit_test(open_and_closed_gates_are_exact),
        cmocka_unit_test(functions_have_the_same_bits_everywhere),
        cmocka_unit_test(a_multiply_add_rounds_once_on_every_isa),
        cmocka_unit_test(functions_know_their_ends),
        cmocka_unit_test(results_rise_but_for_rounding_and_saturate),
        cmocka_unit_test(nan_comes_through_every_bound),
        cmocka_unit_test(
            functions_with_kernels_of_their_own_are_the_same_in_the_common_one),
        cmocka_unit_test(relu_is_what_it_is_in_pytorch),
        cmocka_unit_test(no_function_swallows_a_nan),
        cmocka_unit_test(gradients_stop_where_a_sum_was_at_its_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
