/*
 * test_kernel_step.c: fused steps of cells agree with ref.c and give the bits
 * of the product and then the gates, cut into any parts, on every ISA.
 */
#include <math.h>

#include "check.h"
#include "kernel/kernel.h"

enum { MAX_ROWS = 64 };

/* A step's arrays, each row of them guarded. */
typedef struct arrays {
    size_t M, H, I, gates, ih_gates, hh_gates;
    float *x[MAX_ROWS], *h_prev[MAX_ROWS], *c_prev[MAX_ROWS];
    float *gate[MAX_ROWS], *q[MAX_ROWS], *c[MAX_ROWS], *h[MAX_ROWS];
    float *start, *bias_hn, *ih, *hh;
} arrays;

static void fill_rows(uint64_t which, size_t M, size_t n, float **row)
{
    for (size_t m = 0; m < M; m++) {
        row[m] = guarded_floats(n);
        random_fill(100 * which + m, n, -2, 2, row[m]);
    }
}

static float *packed_random(uint64_t which, size_t gates, size_t H, size_t K)
{
    float *w = guarded_floats(gates * H * K);
    float *to = guarded_floats(packed_size(gates, H, K));
    random_fill(which, gates * H * K, -1, 1, w);
    pack(gates, H, K, w, K, 1, to);
    guarded_free(w, gates * H * K);
    return to;
}

static arrays arrays_make(size_t gates, size_t M, size_t H, size_t I)
{
    arrays a = {.M = M, .H = H, .I = I, .gates = gates};
    a.ih_gates = H < PANEL ? 1 : gates;
    a.hh_gates = H < PANEL && gates != 3 ? 1 : gates;

    fill_rows(1, M, I, a.x);
    fill_rows(2, M, H, a.h_prev);
    fill_rows(3, M, H, a.c_prev);
    fill_rows(4, M, gates * H, a.gate);
    fill_rows(5, M, H, a.q);
    fill_rows(6, M, H, a.c);
    fill_rows(7, M, H, a.h);

    a.start = guarded_floats(gates * H);
    random_fill(8, gates * H, -1, 1, a.start);
    a.bias_hn = guarded_floats(H);
    random_fill(9, H, -1, 1, a.bias_hn);
    a.ih = packed_random(10, a.ih_gates, gates * H / a.ih_gates, I);
    a.hh = packed_random(11, a.hh_gates, gates * H / a.hh_gates, H);
    return a;
}

static void arrays_free(arrays *a)
{
    for (size_t m = 0; m < a->M; m++) {
        guarded_free(a->x[m], a->I);
        guarded_free(a->h_prev[m], a->H);
        guarded_free(a->c_prev[m], a->H);
        guarded_free(a->gate[m], a->gates * a->H);
        guarded_free(a->q[m], a->H);
        guarded_free(a->c[m], a->H);
        guarded_free(a->h[m], a->H);
    }

    guarded_free(a->start, a->gates * a->H);
    guarded_free(a->bias_hn, a->H);
    guarded_free(a->ih,
                 packed_size(a->ih_gates, a->gates * a->H / a->ih_gates, a->I));
    guarded_free(a->hh,
                 packed_size(a->hh_gates, a->gates * a->H / a->hh_gates, a->H));
}

/* The step that reads and writes these arrays. */
static fused_step step_of(arrays *a, bool has_x, bool relu, float clip)
{
    return (fused_step){
        .M = a->M,
        .H = a->H,
        .start = has_x ? a->start : NULL,
        .ih = {a->ih_gates, a->gates * a->H / a->ih_gates, a->I, a->ih},
        .hh = {a->hh_gates, a->gates * a->H / a->hh_gates, a->H, a->hh},
        .x = has_x ? (const float *const *)a->x : NULL,
        .h_in = (const float *const *)a->h_prev,
        .h_prev = (const float *const *)a->h_prev,
        .c_prev = (const float *const *)a->c_prev,
        .gate = a->gate,
        .q = a->q,
        .c = a->c,
        .h = a->h,
        .bias_hn = a->bias_hn,
        .variant = {.clip = clip},
        .relu = relu,
    };
}

static void run(const kernels *k, const fused_step *s, size_t begin, size_t end)
{
    const size_t gates = s->hh.gates * s->hh.H / s->H;
    if (gates == 4) k->lstm_step(s, begin, end);
    if (gates == 3) k->gru_step(s, begin, end);
    if (gates == 1) k->rnn_step(s, begin, end);
}

/* The same step by the product and the kernels of one row. */
static void run_apart(const kernels *k, const fused_step *s)
{
    const size_t H = s->H, gates = s->hh.gates * s->hh.H / s->H;

    if (s->x) k->product(s->M, &s->ih, s->start, s->x, s->gate);
    if (gates != 3) {
        k->product(s->M, &s->hh, NULL, s->h_in, s->gate);
    } else {
        /* one product of all gates; the last gate starts from its bias and
         * gives q, the others go on from their sums */
        float *sums[MAX_ROWS];
        for (size_t m = 0; m < s->M; m++) {
            sums[m] = guarded_floats(3 * H);
            memcpy(sums[m], s->gate[m], 2 * H * sizeof(float));
            memcpy(sums[m] + 2 * H, s->bias_hn, H * sizeof(float));
        }
        k->product(s->M, &s->hh, NULL, s->h_in, sums);

        for (size_t m = 0; m < s->M; m++) {
            memcpy(s->gate[m], sums[m], 2 * H * sizeof(float));
            memcpy(s->q[m], sums[m] + 2 * H, H * sizeof(float));
            guarded_free(sums[m], 3 * H);
        }
    }

    /* the gates, row by row */
    for (size_t m = 0; m < s->M; m++) {
        if (gates == 4)
            k->lstm_forward(H, &s->variant, s->c_prev[m], s->gate[m], s->c[m],
                            s->h[m]);
        if (gates == 3)
            k->gru_forward(H, s->variant.clip, s->q[m], s->h_prev[m],
                           s->gate[m], s->h[m]);
        if (gates != 1) continue;

        (s->relu ? k->relu_forward : k->tanh_forward)(H, s->variant.clip,
                                                      s->gate[m], s->gate[m]);
        memcpy(s->h[m], s->gate[m], H * sizeof(float));
    }
}

static void check_same(const arrays *got, const arrays *want, bool bits,
                       const char *what)
{
    for (size_t m = 0; m < got->M; m++) {
        const float *g[] = {got->gate[m], got->h[m], got->c[m], got->q[m]};
        const float *w[] = {want->gate[m], want->h[m], want->c[m], want->q[m]};
        for (size_t i = 0; i < 4; i++) {
            const size_t n = i ? got->H : got->gates * got->H;
            if (bits)
                CHECK_BITS(g[i], w[i], n, "%s gates=%zu M=%zu H=%zu array %zu",
                           what, got->gates, got->M, got->H, i);
            else
                CHECK_CLOSE(g[i], w[i], n, 1e-5, got->H > 500 ? 1e-4 : 1e-5,
                            "%s gates=%zu M=%zu H=%zu array %zu", what,
                            got->gates, got->M, got->H, i);
        }
    }
}

static void check_step(size_t gates, size_t M, size_t H, size_t I, bool relu,
                       float clip)
{
    for (int has_x = 0; has_x < 2; has_x++) {
        arrays want = arrays_make(gates, M, H, I), first;
        fused_step s = step_of(&want, has_x, relu, clip);
        const size_t groups = packed_groups(&s.hh);
        run(&kernels_ref, &s, 0, groups);

        for (const kernels *const *k = kernels_all(); *k; k++) {
            arrays got = arrays_make(gates, M, H, I);
            arrays apart = arrays_make(gates, M, H, I);

            /* in two parts, the later one first */
            s = step_of(&got, has_x, relu, clip);
            run(*k, &s, groups / 2, groups);
            run(*k, &s, 0, groups / 2);
            check_same(&got, &want, false, (*k)->isa);

            s = step_of(&apart, has_x, relu, clip);
            run_apart(*k, &s);
            check_same(&got, &apart, true, (*k)->isa);
            arrays_free(&apart);

            /* the first ISA is kept for the others to agree with */
            if (k == kernels_all()) {
                first = got;
                continue;
            }
            check_same(&got, &first, true, (*k)->isa);
            arrays_free(&got);
        }

        arrays_free(&first);
        arrays_free(&want);
    }
}

TEST(fused_steps_are_right_and_the_same_everywhere)
{
    static const size_t units[] = {16, 17, 32, 33, 48, 64, 90, 130};
    static const size_t rows[] = {1, 2, 3, 5, 6, 7, 9, 13, 20};
    static const size_t gates[] = {1, 3, 4};
    for (size_t g = 0; g < 3; g++)
        for (size_t h = 0; h < sizeof units / sizeof *units; h++)
            for (size_t m = 0; m < sizeof rows / sizeof *rows; m++)
                check_step(gates[g], rows[m], units[h], 1 + (h * m) % 20, m % 2,
                           m % 3 ? INFINITY : 1.5f);
}

TEST(steps_of_few_units_are_right_and_the_same_everywhere)
{
    static const size_t inputs[] = {1, 3, 15, 16, 21, 40};
    static const size_t rows[] = {1, 2, 4, 9, 13};
    static const size_t gates[] = {1, 3, 4};
    for (size_t g = 0; g < 3; g++)
        for (size_t H = 1; H < 16; H++)
            for (size_t m = 0; m < sizeof rows / sizeof *rows; m++)
                check_step(gates[g], rows[m], H, inputs[(H + m) % 6], m % 2,
                           m % 3 ? INFINITY : 1.5f);
}

TEST(tall_steps_are_right_and_the_same_everywhere)
{
    check_step(4, 64, 65, 5, false, INFINITY);
    check_step(3, 37, 130, 1, false, INFINITY);
    check_step(1, 64, 90, 20, true, INFINITY);
    check_step(4, 33, 300, 7, false, INFINITY); /* beyond FAR_BYTES */
    check_step(4, 8, 400, 7, false, INFINITY);  /* beyond FARTHER_BYTES */
    check_step(3, 7, 450, 7, false, INFINITY);
    check_step(3, 9, 1030, 3, false, INFINITY); /* k in two blocks */
}

/* Every special number through the fused step of an RNN: h_in and the weights
 * are 0, so that the sums stay what gate holds, but for -0 + 0. */
TEST(fused_relu_is_the_relu_of_every_layer)
{
    static const float special[] = {0,        -0.0f,     1,         -1,
                                    INFINITY, -INFINITY, 0x1p-149f, NAN};
    for (const kernels *const *k = kernels_all(); *k; k++)
        for (size_t clipped = 0; clipped < 2; clipped++) {
            enum { H = 90 };
            const float clip = clipped ? 0.5f : INFINITY;
            arrays a = arrays_make(1, 1, H, 1);
            float x[H], y[H];
            for (size_t j = 0; j < H; j++) {
                a.gate[0][j] = special[j % 8];
                x[j] = special[j % 8] + 0.0f;
                a.h_prev[0][j] = 0;
            }
            memset(a.hh, 0, packed_size(1, H, H) * sizeof *a.hh);

            fused_step s = step_of(&a, false, true, clip);
            run(*k, &s, 0, packed_groups(&s.hh));
            (*k)->relu_forward(H, clip, x, y);
            for (size_t j = 0; j < H; j++) {
                if (isnan(y[j])) y[j] = NAN;
                if (isnan(a.h[0][j])) a.h[0][j] = NAN;
            }
            CHECK_BITS(a.h[0], y, H, "%s clip %g", (*k)->isa, (double)clip);
            arrays_free(&a);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fused_steps_are_right_and_the_same_everywhere),
        cmocka_unit_test(fused_relu_is_the_relu_of_every_layer),
        cmocka_unit_test(steps_of_few_units_are_right_and_the_same_everywhere),
        cmocka_unit_test(tall_steps_are_right_and_the_same_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
