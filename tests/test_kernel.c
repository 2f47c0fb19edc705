/*
 * test_kernel.c: every kernel on one row: it agrees with ref.c, gives the same
 * bits on every ISA, and touches nothing outside its arrays, for every length
 * up to four of the widest vectors and a tail. Products are in
 * test_kernel_product.c, exp and the like over all floats in
 * test_kernel_math.c.
 */
#include "base/activation.h"
#include "check.h"
#include "kernel/kernel.h"

enum { LONGEST = 67, ARRAYS = 6 };

/* One call of some kernels. in and out hold the arrays, whose sizes are these
 * multiples of n; all of in is random in (-3,3). */
typedef struct call {
    const char *name;
    void (*run)(const kernels *k, size_t n, float *const *in,
                float *const *out);
    size_t in[ARRAYS], out[ARRAYS];
} call;

#define RUN(name)                                                              \
    static void name(const kernels *k, size_t n, float *const *in,             \
                     float *const *out)

static void copy(float *to, const float *from, size_t n)
{
    memcpy(to, from, n * sizeof *to);
}

/* ---- Cells: forward and backward ----------------------------------------- */

/* in: sums (4), c_prev, dh, dc, peephole (3); out: gate (4), c, h, da (4), dc
 */
static void lstm(const kernels *k, size_t n, const lstm_variant *variant,
                 float *const *in, float *const *out)
{
    copy(out[0], in[0], 4 * n);
    k->lstm_forward(n, variant, in[1], out[0], out[1], out[2]);
    copy(out[4], in[3], n);
    kernels_train(k)->lstm_backward(n, variant, in[1], out[0], in[2], out[4],
                                    out[3]);
}
RUN(lstm_plain) { lstm(k, n, NULL, in, out); }
RUN(lstm_peephole)
{
    lstm(k, n, &(lstm_variant){.peephole = in[4], .clip = INFINITY}, in, out);
}
RUN(lstm_coupled)
{
    lstm(k, n, &(lstm_variant){.clip = INFINITY, .coupled = true}, in, out);
}
RUN(lstm_clipped)
{
    lstm_variant all = {.peephole = in[4], .clip = 0.75f, .coupled = true};
    lstm(k, n, &all, in, out);
    all.coupled = false;
    lstm(k, n, &all, in, out);
}
RUN(lstm_in_place)
{
    copy(out[0], in[0], 4 * n);
    copy(out[1], in[1], n);
    k->lstm_forward(n, NULL, out[1], out[0], out[1], out[2]);
}

/* in: sums (3), q, h_prev, dh; out: gate (3), h, dh, da (3), dq */
static void gru(const kernels *k, size_t n, float clip, float *const *in,
                float *const *out)
{
    copy(out[0], in[0], 3 * n);
    k->gru_forward(n, clip, in[1], in[2], out[0], out[1]);
    copy(out[2], in[3], n);
    kernels_train(k)->gru_backward(n, clip, in[1], in[2], out[0], out[2],
                                   out[3], out[4]);
}
RUN(gru_after) { gru(k, n, INFINITY, in, out); }
RUN(gru_after_clipped) { gru(k, n, 0.75f, in, out); }

/* in: sums (3), drh, h_prev, dh; out: gate (3), h, dh, da (3) */
RUN(gru_before)
{
    const float clip = 2;
    copy(out[0], in[0], 3 * n);
    k->sigmoid_forward(2 * n, clip, out[0], out[0]);
    k->tanh_forward(n, clip, out[0] + 2 * n, out[0] + 2 * n);
    k->gru_mix(n, in[2], out[0], out[1]);
    copy(out[2], in[3], n);
    kernels_train(k)->gru_mix_backward(n, clip, in[2], out[0], out[2], out[3]);
    kernels_train(k)->gru_reset_backward(n, clip, in[1], in[2], out[0], out[2],
                                         out[3]);
}

/* ---- Elementwise -------------------------------------------------------- */

/* in: x, dy; out: y, dx, and both computed in place */
#define RUN_ACTIVATION(name, clip)                                             \
    RUN(name##_there_and_back)                                                 \
    {                                                                          \
        k->name##_forward(n, clip, in[0], out[0]);                             \
        kernels_train(k)->name##_backward(n, clip, out[0], in[1], out[1]);     \
        copy(out[2], in[0], n);                                                \
        k->name##_forward(n, clip, out[2], out[2]);                            \
        copy(out[3], in[1], n);                                                \
        kernels_train(k)->name##_backward(n, clip, out[2], out[3], out[3]);    \
    }
RUN_ACTIVATION(tanh, INFINITY)
RUN_ACTIVATION(sigmoid, INFINITY)
RUN_ACTIVATION(relu, 1.5f)

/* Every function that a config may name, every second one bounded. in: x, dy;
 * out: y, dx, and both computed in place, all (ACTIVATIONS) */
enum { ACTIVATIONS = ACTIVATION_COUNT - 1 };
RUN(activations)
{
    for (size_t i = 0; i < ACTIVATIONS; i++) {
        const elman_activation f = {(elman_activation_kind)(i + 1), 0.7f,
                                    -0.4f};
        const float clip = i % 2 ? 2 : INFINITY;

        k->activation_forward(n, &f, clip, in[0], out[0] + i * n);
        kernels_train(k)->activation_backward(n, &f, clip, in[0], in[1],
                                              out[1] + i * n);
        copy(out[2] + i * n, in[0], n);
        k->activation_forward(n, &f, clip, out[2] + i * n, out[2] + i * n);
        copy(out[3] + i * n, in[1], n);
        kernels_train(k)->activation_backward(n, &f, clip, in[0],
                                              out[3] + i * n, out[3] + i * n);
    }
}

RUN(exp_and_log)
{
    k->exp_forward(n, in[0], out[0]);
    k->log_forward(n, out[0], out[1]);
    copy(out[2], in[0], n);
    k->exp_forward(n, out[2], out[2]);
    k->log_forward(n, out[2], out[2]);
}
RUN(multiplied)
{
    k->multiply(n, in[0], in[1], out[0]);
    copy(out[1], in[1], n);
    k->multiply(n, in[0], out[1], out[1]);
    copy(out[2], in[0], n);
    k->multiply(n, out[2], in[1], out[2]);
}
RUN(added)
{
    for (int i = 0; i < 3; i++)
        copy(out[i], in[2], n);
    k->add(n, in[0], out[0]);
    k->multiply_add(n, in[0], in[1], out[1]);
    k->add_scaled(n, 0.7f, in[0], out[2]);
}
RUN(blended)
{
    k->blend(n, in[0], in[1], in[2], out[0]);
    copy(out[1], in[1], n);
    k->blend(n, in[0], out[1], in[2], out[1]);
    copy(out[2], in[2], n);
    k->blend(n, in[0], in[1], out[2], out[2]);
}

/* ---- Sums --------------------------------------------------------------- */

RUN(summed)
{
    out[0][0] = (float)k->sum_squares(n, in[0]);
    out[1][0] = (float)k->dot(n, in[0], in[1]);
}

/* out: y, the same in place, dx, in place, log of the sum twice */
RUN(softmaxed)
{
    out[4][0] = (float)k->softmax(n, in[0], out[0]);
    out[5][0] = (float)k->softmax(n, in[0], NULL);
    copy(out[1], in[0], n);
    k->softmax(n, out[1], out[1]);
    kernels_train(k)->softmax_backward(n, out[0], in[1], out[2]);
    copy(out[3], in[1], n);
    kernels_train(k)->softmax_backward(n, out[0], out[3], out[3]);
}

RUN(log_softmaxed)
{
    k->log_softmax(n, in[0], out[0]);
    copy(out[1], in[0], n);
    k->log_softmax(n, out[1], out[1]);
    kernels_train(k)->log_softmax_backward(n, out[0], in[1], out[2]);
    copy(out[3], in[1], n);
    kernels_train(k)->log_softmax_backward(n, out[0], out[3], out[3]);
}

/* out: dx, the same in place, log of the sum twice, index of the largest */
RUN(cross_entropy)
{
    size_t best[2];
    out[2][0] =
        (float)kernels_train(k)->cross_entropy(n, in[0], 0.25f, out[0], best);
    out[3][0] =
        (float)kernels_train(k)->cross_entropy(n, in[0], 1, NULL, best + 1);
    copy(out[1], in[0], n);
    kernels_train(k)->cross_entropy(n, out[1], 0.25f, out[1], best + 1);
    out[4][0] = (float)best[0];
    CHECK(best[0] == best[1], "%zu and %zu", best[0], best[1]);
}

/* in: x, w, b, dy; out: x_hat, y, dx, in place, rstd */
RUN(normed)
{
    const float rstd =
        k->norm_forward(n, 1e-3f, in[0], in[1], in[2], out[0], out[1]);
    kernels_train(k)->norm_backward(n, rstd, out[0], in[1], in[3], out[2]);
    copy(out[3], in[3], n);
    kernels_train(k)->norm_backward(n, rstd, out[0], in[1], out[3], out[3]);
    out[4][0] = rstd;

    /* x_hat and y may be x */
    copy(out[5], in[0], n);
    k->norm_forward(n, 1e-3f, out[5], in[1], in[2], out[5], out[5]);
}

/* in: x, dy; out: y and in place, dx and in place, y and dx of a short x */
RUN(l2_normed)
{
    const train_kernels *train = kernels_train(k);
    k->l2_norm_forward(n, 1e-3f, in[0], out[0]);
    copy(out[1], in[0], n);
    k->l2_norm_forward(n, 1e-3f, out[1], out[1]);

    train->l2_norm_backward(n, 1e-3f, in[0], in[1], out[2]);
    copy(out[3], in[1], n);
    train->l2_norm_backward(n, 1e-3f, in[0], out[3], out[3]);

    k->l2_norm_forward(n, 1e6f, in[0], out[4]);
    train->l2_norm_backward(n, 1e6f, in[0], in[1], out[5]);
}

/* ---- Optimizers --------------------------------------------------------- */

static const update settings = {.scale = 0.5f,
                                .clip_value = 1.25f,
                                .weight_decay = 0.01f,
                                .decay = 0.999f,
                                .rate = 0.1f,
                                .momentum = 0.9f,
                                .damped = 0.8f,
                                .beta1 = 0.9f,
                                .beta2 = 0.99f,
                                .rest1 = 0.1f,
                                .rest2 = 0.01f,
                                .root = 3,
                                .alpha = 0.95f,
                                .rest = 0.05f,
                                .epsilon = 0.001f};

/* in: gradients (3), weights, moments (3); out: weights and moments after
 * three steps */
static void optimize(const kernels *k, size_t n, char rule, int flavour,
                     float *const *in, float *const *out)
{
    update u = settings;
    u.keras = flavour & 1;
    u.nesterov = u.centered = (flavour & 2) != 0;
    float *extra = flavour & 4 ? out[3] : NULL;

    copy(out[0], in[1], n);
    for (size_t i = 0; i < 3 * n; i++) /* squares well above the means */
        out[1 + i / n][i % n] = (i < n ? 20 : 1) + fabsf(in[2][i]);
    if (rule == 'l') copy(out[1], in[2], n); /* of both signs */

    for (size_t t = 0; t < 3; t++) {
        const float *dp = in[0] + t * n;
        if (rule == 's') kernels_train(k)->sgd(n, &u, dp, extra, out[0]);
        if (rule == 'a')
            kernels_train(k)->adam(n, &u, dp, out[1], out[2], extra, out[0]);
        if (rule == 'g') kernels_train(k)->adagrad(n, &u, dp, out[1], out[0]);
        if (rule == 'r')
            kernels_train(k)->rmsprop(n, &u, dp, out[1], out[2], extra, out[0]);
        if (rule == 'l') kernels_train(k)->lion(n, &u, dp, out[1], out[0]);
    }
}
RUN(sgd_plain) { optimize(k, n, 's', 0, in, out); }
RUN(sgd_keras_plain) { optimize(k, n, 's', 1, in, out); }
RUN(sgd_momentum) { optimize(k, n, 's', 4, in, out); }
RUN(sgd_nesterov) { optimize(k, n, 's', 6, in, out); }
RUN(sgd_keras) { optimize(k, n, 's', 5, in, out); }
RUN(sgd_keras_nesterov) { optimize(k, n, 's', 7, in, out); }
RUN(adam_plain) { optimize(k, n, 'a', 0, in, out); }
RUN(adam_largest) { optimize(k, n, 'a', 4, in, out); }
RUN(adagrad_plain) { optimize(k, n, 'g', 0, in, out); }
RUN(adagrad_keras) { optimize(k, n, 'g', 1, in, out); }
RUN(rmsprop_plain) { optimize(k, n, 'r', 0, in, out); }
RUN(rmsprop_momentum) { optimize(k, n, 'r', 4, in, out); }
RUN(rmsprop_centered) { optimize(k, n, 'r', 6, in, out); }
RUN(rmsprop_keras) { optimize(k, n, 'r', 1, in, out); }
RUN(rmsprop_keras_momentum) { optimize(k, n, 'r', 7, in, out); }
RUN(lion_plain) { optimize(k, n, 'l', 0, in, out); }

/* ---- All of them -------------------------------------------------------- */

#define OPTIMIZER(name)                                                        \
    {                                                                          \
#name, name, {3, 1, 3 }, { 1, 1, 1, 1 }                                \
    }
static const call calls[] = {
    {"lstm_plain", lstm_plain, {4, 1, 1, 1}, {4, 1, 1, 4, 1}},
    {"lstm_peephole", lstm_peephole, {4, 1, 1, 1, 3}, {4, 1, 1, 4, 1}},
    {"lstm_coupled", lstm_coupled, {4, 1, 1, 1}, {4, 1, 1, 4, 1}},
    {"lstm_clipped", lstm_clipped, {4, 1, 1, 1, 3}, {4, 1, 1, 4, 1}},
    {"lstm_in_place", lstm_in_place, {4, 1}, {4, 1, 1}},
    {"gru_after", gru_after, {3, 1, 1, 1}, {3, 1, 1, 3, 1}},
    {"gru_after_clipped", gru_after_clipped, {3, 1, 1, 1}, {3, 1, 1, 3, 1}},
    {"gru_before", gru_before, {3, 1, 1, 1}, {3, 1, 1, 3}},
    {"tanh", tanh_there_and_back, {1, 1}, {1, 1, 1, 1}},
    {"sigmoid", sigmoid_there_and_back, {1, 1}, {1, 1, 1, 1}},
    {"relu", relu_there_and_back, {1, 1}, {1, 1, 1, 1}},
    {"activations",
     activations,
     {1, 1},
     {ACTIVATIONS, ACTIVATIONS, ACTIVATIONS, ACTIVATIONS}},
    {"exp_and_log", exp_and_log, {1}, {1, 1, 1}},
    {"multiplied", multiplied, {1, 1}, {1, 1, 1}},
    {"added", added, {1, 1, 1}, {1, 1, 1}},
    {"blended", blended, {1, 1, 1}, {1, 1, 1}},
    {"summed", summed, {1, 1}, {1, 1}},
    {"softmaxed", softmaxed, {1, 1}, {1, 1, 1, 1, 1, 1}},
    {"log_softmaxed", log_softmaxed, {1, 1}, {1, 1, 1, 1}},
    {"cross_entropy", cross_entropy, {1}, {1, 1, 1, 1, 1}},
    {"normed", normed, {1, 1, 1, 1}, {1, 1, 1, 1, 1, 1}},
    {"l2_normed", l2_normed, {1, 1}, {1, 1, 1, 1, 1, 1}},
    OPTIMIZER(sgd_plain),
    OPTIMIZER(sgd_keras_plain),
    OPTIMIZER(sgd_momentum),
    OPTIMIZER(sgd_nesterov),
    OPTIMIZER(sgd_keras),
    OPTIMIZER(sgd_keras_nesterov),
    OPTIMIZER(adam_plain),
    OPTIMIZER(adam_largest),
    OPTIMIZER(adagrad_plain),
    OPTIMIZER(adagrad_keras),
    OPTIMIZER(rmsprop_plain),
    OPTIMIZER(rmsprop_momentum),
    OPTIMIZER(rmsprop_centered),
    OPTIMIZER(rmsprop_keras),
    OPTIMIZER(rmsprop_keras_momentum),
    OPTIMIZER(lion_plain),
};

/* Runs one call with k. Each array has a block of its own, so that a sanitizer
 * sees a read outside; guards see a write. */
static void run_call(const call *c, const kernels *k, size_t n, float **out)
{
    float *in[ARRAYS];
    for (size_t i = 0; i < ARRAYS; i++) {
        in[i] = malloc((c->in[i] * n + 1) * sizeof *in[i]);
        out[i] = guarded_floats(c->out[i] * n);
        if (!in[i]) abort();
        random_fill(100 * n + i, c->in[i] * n, -3, 3, in[i]);
    }
    c->run(k, n, in, out);

    for (size_t i = 0; i < ARRAYS; i++)
        free(in[i]);
}

static void check_call(const call *c, size_t n)
{
    float *want[ARRAYS], *first[ARRAYS], *got[ARRAYS];
    run_call(c, &kernels_ref, n, want);

    /* each ISA close to ref, and to the bits of the first */
    for (const kernels *const *k = kernels_all(); *k; k++) {
        run_call(c, *k, n, got);
        for (size_t i = 0; i < ARRAYS; i++) {
            const size_t size = c->out[i] * n;
            CHECK_CLOSE(got[i], want[i], size, 4e-6, 4e-6,
                        "%s %s n=%zu out %zu", (*k)->isa, c->name, n, i);
            if (k == kernels_all()) {
                first[i] = got[i];
                continue;
            }
            CHECK_BITS(got[i], first[i], size, "%s %s n=%zu out %zu", (*k)->isa,
                       c->name, n, i);
            guarded_free(got[i], size);
        }
    }

    for (size_t i = 0; i < ARRAYS; i++) {
        guarded_free(first[i], c->out[i] * n);
        guarded_free(want[i], c->out[i] * n);
    }
}

TEST(kernels_agree_with_ref_and_have_the_same_bits_everywhere)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        for (size_t n = 1; n <= LONGEST; n++)
            check_call(&calls[i], n);
}

TEST(rows_with_minus_infinity_have_a_softmax)
{
    float x[5] = {-INFINITY, 1, -INFINITY, 1, -INFINITY}, y[5];
    const float want[5] = {0, 0.5f, 0, 0.5f, 0};
    for (const kernels *const *k = kernels_all(); *k; k++) {
        const double sum = (*k)->softmax(5, x, y);
        CHECK_BITS(y, want, 5, "%s", (*k)->isa);
        CHECK(fabs(sum - 1 - log(2)) < 1e-15, "%s %.17g", (*k)->isa, sum);
    }
}

TEST(the_first_largest_is_found_and_nan_skipped)
{
    enum { N = 70 };
    const kernels *const *k = kernels_all();

    /* all tables, then ref */
    for (bool last = false; !last; k++) {
        const kernels *table = *k ? *k : &kernels_ref;
        last = *k == NULL;
        float x[N];
        size_t best;
        for (size_t n = 1; n <= N; n++)
            for (size_t at = 0; at < n; at++) {
                for (size_t i = 0; i < N; i++)
                    x[i] = i < at ? -1 : 2; /* 2 again further on */
                if (at > 3) x[at - 2] = NAN;
                (void)kernels_train(table)->cross_entropy(n, x, 1, NULL, &best);
                CHECK(best == at, "%s n=%zu: %zu, want %zu", table->isa, n,
                      best, at);
            }

        for (size_t i = 0; i < N; i++)
            x[i] = NAN;
        (void)kernels_train(table)->cross_entropy(N, x, 1, NULL, &best);
        CHECK(best == 0, "%s: %zu", table->isa, best);
    }
}

TEST(sums_in_double_are_the_same_to_the_last_bit)
{
    float x[2000];
    random_fill(7, 2000, -3, 3, x);
    for (size_t n = 0; n <= 1000; n += 37) {
        const kernels *first = kernels_all()[0];
        const double squares = first->sum_squares(n, x);
        const double product = first->dot(n, x, x + n);
        const double sum = first->softmax(n, x, NULL);

        for (const kernels *const *k = kernels_all(); *k; k++) {
            const double again = (*k)->sum_squares(n, x);
            const double product_again = (*k)->dot(n, x, x + n);
            const double sum_again = (*k)->softmax(n, x, NULL);
            CHECK(memcmp(&again, &squares, sizeof again) == 0, "%s n=%zu",
                  (*k)->isa, n);
            CHECK(memcmp(&product_again, &product, sizeof product) == 0,
                  "%s n=%zu", (*k)->isa, n);
            CHECK(memcmp(&sum_again, &sum, sizeof sum) == 0, "%s n=%zu",
                  (*k)->isa, n);
        }
    }
}

TEST(tables_are_selected_by_name_and_by_processor)
{
    const kernels *const *all = kernels_all();
    size_t count = 0;
    while (all[count])
        count++;
    CHECK(count >= 1, "no table at all");
    CHECK(strcmp(all[0]->isa, "base") == 0, "first is %s", all[0]->isa);
    if (!getenv("ELMAN_ISA"))
        CHECK(kernels_here() == all[count - 1], "%s", kernels_here()->isa);

    const kernels *usual = kernels_here();
    kernels_use(&kernels_ref);
    CHECK(kernels_here() == &kernels_ref, "%s", kernels_here()->isa);
    kernels_use(NULL);
    CHECK(kernels_here() == usual, "%s", kernels_here()->isa);
}

TEST(peaks_count_what_they_do)
{
    static float x[1024];
    random_fill(8, 1024, -3, 3, x);
    for (const kernels *const *k = kernels_all(); *k; k++) {
        CHECK(kernels_train(*k)->peak(10) > 0, "%s", (*k)->isa);
        CHECK(kernels_train(*k)->peak(20) == 2 * kernels_train(*k)->peak(10),
              "%s", (*k)->isa);

        /* a processor without the instruction does nothing, and says so */
        const double bf16 = kernels_train(*k)->peak_bf16(10),
                     int8 = kernels_train(*k)->peak_int8(10);
        CHECK(bf16 == 0 || bf16 == 2 * kernels_train(*k)->peak(10), "%s",
              (*k)->isa);
        CHECK(int8 == 0 || int8 == 4 * kernels_train(*k)->peak(10), "%s",
              (*k)->isa);
        CHECK(kernels_train(*k)->read(3, 1024, x) == 3 * 4096, "%s", (*k)->isa);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            kernels_agree_with_ref_and_have_the_same_bits_everywhere),
        cmocka_unit_test(rows_with_minus_infinity_have_a_softmax),
        cmocka_unit_test(the_first_largest_is_found_and_nan_skipped),
        cmocka_unit_test(sums_in_double_are_the_same_to_the_last_bit),
        cmocka_unit_test(tables_are_selected_by_name_and_by_processor),
        cmocka_unit_test(peaks_count_what_they_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
