/*
 * test_exponents.c: Lyapunov exponents of maps where they are known, and of
 * random networks against a plain computation in double with full Jacobians.
 */
#include "check.h"
#include "base/kind.h"
#include "base/random.h"
#include "dynamics.h"
#include "inspect/exponents.h"
#include "inspect/qr.h"
#include "model/model.h"
#include "random_batch.h"

static elman_exponents *measure(const elman_model *m, const elman_batch *batch,
                                const elman_exponents_config *config)
{
    elman_exponents *e;
    double progress = 0;
    CHECK_OK(exponents_begin(m, batch, config, &e));
    while (!e->done) {
        CHECK(e->progress >= progress && e->progress < 1, "%g", e->progress);
        progress = e->progress;
        CHECK_OK(exponents_step(e));
    }
    CHECK(e->progress == 1, "%g", e->progress);
    return e;
}

/* ---- Known maps --------------------------------------------------------- */

static elman_model *create(elman_config config)
{
    elman_model *m;
    CHECK_OK(model_create(&config, &m));
    return m;
}

enum { T = 2000 };
static float nothing[T * 4];

TEST(a_linear_network_has_the_logarithms_of_its_eigenvalues)
{
    /* triangular: the eigenvalues are on the diagonal, and it is not normal */
    enum { H = 4 };
    static const float w[H * H] = {0.5f, 0.3f, -1, 0.2f, 0, -1.25f,
                                   0.4f, 1,    0,  0,    1, -0.5f,
                                   0,    0,    0,  0.8f};
    static const double want[H] = {1.25, 1, 0.8, 0.5};
    elman_model *m = create((elman_config){
        .input_size = 1,
        .layers = {{.kind = ELMAN_RNN,
                    .hidden_size = H,
                    .no_bias = true,
                    .activations = {
                        {{.kind = ELMAN_ACTIVATION_AFFINE, .alpha = 1}}}}}});
    CHECK_OK(model_write(m, "rnn.weight_hh_l0", H * H, w));
    elman_batch batch = {.T = T, .B = 1, .x = nothing};
    elman_exponents *e = measure(m, &batch, NULL);

    CHECK(e->count == 1 && e->levels[0].count == H, "%zu", e->count);
    for (size_t i = 0; i < H; i++)
        CHECK(fabs(e->levels[0].values[i] - log(want[i])) < 2e-3,
              "exponent %zu is %g, not %g", i, e->levels[0].values[i],
              log(want[i]));
    CHECK(e->largest == e->levels[0].values[0], "%g", e->largest);

    /* log 1.25 + 0 + log 0.8 is 0 but for rounding: at the border of the third
     * to the fourth */
    CHECK(fabs(e->levels[0].dimension - 3) < 0.02, "%g",
          e->levels[0].dimension);
    exponents_end(e);
    model_destroy(m);
}

TEST(one_unit_has_the_mean_logarithm_of_its_slope)
{
    /* h = tanh(-4 h + x): the input drives it about */
    elman_model *m = create(
        (elman_config){.input_size = 1,
                       .layers = {{.kind = ELMAN_RNN,
                                   .hidden_size = 1,
                                   .no_bias = true,
                                   .init_ih = {ELMAN_INIT_CONSTANT, 1},
                                   .init_hh = {ELMAN_INIT_CONSTANT, -4}}}});
    enum { STEPS = 500 };
    static float x[STEPS];
    random_fill(1, STEPS, -2, 2, x);
    elman_batch batch = {.T = STEPS, .B = 1, .x = x};
    elman_exponents *e = measure(m, &batch, NULL);

    double h = 0, sum = 0, window = 0;
    for (size_t t = 0; t < STEPS - STEPS / 10; t++) {
        h = tanh(-4 * h + (double)x[t]);
        double slope = log(4 * (1 - h * h));
        sum += slope;
        window += slope;
        if (t % 10 != 9) continue;
        CHECK(fabs(e->levels[0].finite[t / 10] - window / 10) < 1e-2,
              "window %zu: %g, not %g", t / 10, e->levels[0].finite[t / 10],
              window / 10);
        window = 0;
    }
    double want = sum / (STEPS - STEPS / 10);
    CHECK(e->levels[0].windows == (STEPS - STEPS / 10) / 10, "%zu",
          e->levels[0].windows);
    CHECK(fabs(e->levels[0].values[0] - want) < 1e-3, "%g, not %g",
          e->levels[0].values[0], want);
    exponents_end(e);
    model_destroy(m);
}

TEST(units_of_an_indrnn_are_exponents_of_their_own)
{
    enum { H = 6 };
    static const float w[H] = {0.5f, -2, 0.25f, 1, -0.75f, 0};
    static const double want[H] = {2, 1, 0.75, 0.5, 0.25, 0};
    elman_model *m = create((elman_config){
        .input_size = 1,
        .layers = {{.kind = ELMAN_INDRNN,
                    .hidden_size = H,
                    .no_bias = true,
                    .activations = {
                        {{.kind = ELMAN_ACTIVATION_AFFINE, .alpha = 1}}}}}});
    CHECK_OK(model_write(m, "rnn.weight_hh_l0", H, w));
    elman_batch batch = {.T = 600, .B = 1, .x = nothing};
    elman_exponents *e = measure(m, &batch, NULL);

    /* the unit without memory loses everything at once */
    for (size_t i = 0; i < H - 1; i++)
        CHECK(fabs(e->levels[0].values[i] - log(want[i])) < 1e-3,
              "exponent %zu is %g, not %g", i, e->levels[0].values[i],
              log(want[i]));
    CHECK(e->levels[0].values[H - 1] == -INFINITY, "%g",
          e->levels[0].values[H - 1]);

    /* log 2 + 0 + log 0.75 + ... stays positive up to the fourth */
    double sum = log(2) + log(0.75);
    CHECK(fabs(e->levels[0].dimension - (3 + sum / log(2))) < 0.01, "%g",
          e->levels[0].dimension);
    exponents_end(e);

    /* which two exponents cannot tell */
    e = measure(m, &batch, &(elman_exponents_config){.count = 2});
    CHECK(e->levels[0].count == 2, "%zu", e->levels[0].count);
    CHECK(isnan(e->levels[0].dimension), "%g", e->levels[0].dimension);
    exponents_end(e);
    model_destroy(m);
}

TEST(a_contraction_has_dimension_zero_and_lstms_count_both_states)
{
    elman_model *m = create((elman_config){
        .input_size = 1,
        .layers = {
            {.kind = ELMAN_LSTM, .hidden_size = 3, .bidirectional = true},
            {.kind = ELMAN_GRU, .hidden_size = 20, .reverse = true}}});
    elman_batch batch = {.T = 100, .B = 1, .x = nothing};
    elman_exponents *e = measure(m, &batch, NULL);
    CHECK(e->count == 3, "%zu", e->count);
    CHECK(e->levels[0].count == 6 && e->levels[2].count == 16, "%zu %zu",
          e->levels[0].count, e->levels[2].count);
    assert_string_equal(e->levels[0].name, "layer0");
    assert_string_equal(e->levels[1].name, "layer0_reverse");
    assert_string_equal(e->levels[2].name, "layer1");
    CHECK(e->levels[2].dimension == 0, "%g", e->levels[2].dimension);
    exponents_end(e);
    model_destroy(m);
}

/* ---- Every cell, against plain double ----------------------------------- */

/* The same iteration with full Jacobians in double; false if a row is lost or a
 * sum is at a corner, where neither is right. */
typedef struct plain {
    size_t n, count, steps, skipped;
    const double *jacobians; /* (steps,n,n) */
    double *values;          /* (count) not sorted */
} plain;

static bool run_plain(const plain *p, uint32_t which)
{
    size_t n = p->n, count = p->count;
    double *q = calloc(2 * count * n, sizeof *q), *next = q + count * n;
    random_key key = {.purpose = RANDOM_TEST, .which = which};
    bool well = true;
    for (size_t i = 0; i < count * n; i++)
        q[i] = (double)random_uniform(key, i) - 0.5;
    memset(p->values, 0, count * sizeof *p->values);

    for (size_t s = p->steps + 1; s-- > 0 && well;) {
        /* the first round only makes the start orthonormal */
        memcpy(next, q, count * n * sizeof *q);
        if (s < p->steps) memset(next, 0, count * n * sizeof *q);
        for (size_t i = 0; s < p->steps && i < count; i++)
            for (size_t j = 0; j < n; j++)
                for (size_t k = 0; k < n; k++)
                    next[i * n + k] +=
                        p->jacobians[(s * n + j) * n + k] * q[i * n + j];

        for (size_t i = 0; i < count; i++) {
            double whole = 0, length = 0;
            for (size_t k = 0; k < n; k++)
                whole += next[i * n + k] * next[i * n + k];
            for (size_t round = 0; round < 2; round++)
                for (size_t j = 0; j < i; j++) {
                    double r = 0;
                    for (size_t k = 0; k < n; k++)
                        r += q[j * n + k] * next[i * n + k];
                    for (size_t k = 0; k < n; k++)
                        next[i * n + k] -= r * q[j * n + k];
                }
            for (size_t k = 0; k < n; k++)
                length += next[i * n + k] * next[i * n + k];
            if (length <= 1e-6 * whole) well = false;
            for (size_t k = 0; k < n; k++)
                q[i * n + k] = next[i * n + k] / sqrt(length);
            if (s < p->steps - p->skipped) p->values[i] += log(length) / 2;
        }
    }
    free(q);
    for (size_t i = 0; i < count; i++)
        p->values[i] /= (double)(p->steps - p->skipped);
    return well;
}

static int descending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* Fills the Jacobians of all entries of sequence 0 of a reference that ran;
 * returns how near any came to a corner. */
static double fill_jacobians(const reference *r, const reference_layer *l,
                             const reference_direction *d, size_t length,
                             double *jacobians)
{
    size_t n = state_width(d), R = d->cell.R, H = d->cell.H, B = r->full.B;
    const double *input =
        l == r->layers ? r->x : l[-1].y; /* (T,B,I), time first */
    double nearest = INFINITY, state[4 * MOST_H], to[4 * MOST_H];
    for (size_t s = 0; s < length; s++) {
        size_t t = d->reversed ? length - 1 - s : s;
        const double *x = input + t * B * l->I;
        memcpy(state, s ? d->h + (s - 1) * B * R : d->h_0, R * sizeof *state);
        if (n > R)
            memcpy(state + R, s ? d->c + (s - 1) * B * H : d->c_0,
                   H * sizeof *state);
        nearest =
            fmin(nearest, reference_one_step(d, r->weights, x, state, to));
        reference_jacobian(d, r->weights, x, state, jacobians + s * n * n);
    }
    return nearest;
}

typedef struct tally {
    size_t compared, left_out, kinds[KIND_COUNT];
} tally;

static void compare_level(const reference *r, const reference_layer *l,
                          const reference_direction *d, size_t length,
                          const elman_exponents_level *got, uint32_t which,
                          size_t skipped, tally *count)
{
    size_t n = state_width(d);
    double values[16];
    double *jacobians = calloc(length * n * n, sizeof *jacobians);
    assert_non_null(jacobians);
    double nearest = fill_jacobians(r, l, d, length, jacobians);
    plain p = {n, got->count, length, skipped, jacobians, values};
    bool well = run_plain(&p, which) && nearest > 1e-3;
    free(jacobians);

    CHECK(got->count == (n < 16 ? n : 16), "%zu of %zu", got->count, n);
    if (!well) {
        count->left_out++;
        return;
    }
    count->compared++;
    count->kinds[l->config.kind]++;
    qsort(values, got->count, sizeof *values, descending);
    for (size_t i = 0; i < got->count; i++)
        CHECK(fabs(got->values[i] - values[i]) <= 5e-3 + 1e-3 * fabs(values[i]),
              "ELMAN_SEED=%llu: %s exponent %zu of %zu is %g, not %g",
              (unsigned long long)test_seed(), got->name, i, got->count,
              got->values[i], values[i]);
}

enum { STEPS = 40, BATCH = 2 };

static void compare_network(uint64_t which, tally *count)
{
    draws d = draws_begin(which);
    elman_config config = random_config(&d, MOST_H);
    elman_model *m = create(config);
    for (size_t i = 0; i < 40; i++)
        draw_next(&d);

    /* two sequences, of which the second is ragged */
    float x[STEPS * BATCH * MOST_I];
    double x_wide[STEPS * BATCH * MOST_I];
    int32_t tokens[STEPS * BATCH];
    size_t lengths[BATCH] = {STEPS, draw_size(&d, 1, STEPS)};
    size_t V = config.layers[0].num_embeddings, sequence = which % BATCH;
    for (size_t i = 0; i < STEPS * BATCH * MOST_I; i++) {
        x[i] = draw_real(&d, -1.5f, 1.5f);
        x_wide[i] = (double)x[i];
    }
    for (size_t i = 0; i < STEPS * BATCH; i++)
        tokens[i] = V ? (int32_t)draw_size(&d, 0, V - 1) : 0;
    elman_batch batch = {
        .T = STEPS, .B = BATCH, .x = x, .tokens = tokens, .lengths = lengths};

    /* the reference runs the one sequence alone */
    reference *r;
    CHECK_OK(reference_create(&config, STEPS, 1, &r));
    copy_weights(m, r);
    double one[STEPS * MOST_I];
    int32_t one_tokens[STEPS];
    size_t length = lengths[sequence], I = config.input_size;
    for (size_t t = 0; t < length; t++) {
        size_t row =
            config.batch_first ? sequence * STEPS + t : t * BATCH + sequence;
        memcpy(one + t * I, x_wide + row * I, I * sizeof *one);
        one_tokens[t] = tokens[row];
    }
    reference_batch wide = {
        .T = length, .B = 1, .x = one, .tokens = one_tokens};
    CHECK_OK(reference_forward(r, &wide, NULL));

    elman_exponents_config how = {.sequence = sequence,
                                  .threads = 1 + (int)(which % 3)};
    elman_exponents *e = measure(m, &batch, &how);
    size_t at = 0;
    for (size_t i = 0; i < r->layer_count; i++)
        for (size_t k = 0; k < r->layers[i].D; k++, at++)
            compare_level(r, r->layers + i, &r->layers[i].directions[k], length,
                          e->levels + at, (uint32_t)at, length / 10, count);
    CHECK(at == e->count, "%zu levels, not %zu", e->count, at);
    exponents_end(e);
    reference_destroy(r);
    model_destroy(m);
}

TEST(exponents_of_every_cell_are_those_of_full_jacobians)
{
    tally count = {0};
    for (uint64_t which = 0; which < 300; which++)
        compare_network(which, &count);
    print_message("%zu levels compared, %zu at a corner or without rank\n",
                  count.compared, count.left_out);
    CHECK(count.compared > count.left_out, "%zu", count.left_out);
#define CELL(value, NAME, word, ...)                                           \
    CHECK(count.kinds[value] > 5, #NAME " %zu", count.kinds[value]);
#define LAYER(...)
#include "base/kind.def"
}

/* ---- Bits --------------------------------------------------------------- */

/* All numbers of a measurement. */
static size_t collect(const elman_exponents *e, size_t room, double *numbers)
{
    size_t count = 0;
    for (size_t i = 0; i < e->count; i++) {
        const elman_exponents_level *l = e->levels + i;
        assert_true(count + l->count * (l->windows + 1) + 1 <= room);
        memcpy(numbers + count, l->values, l->count * sizeof *numbers);
        count += l->count;
        memcpy(numbers + count, l->finite,
               l->windows * l->count * sizeof *numbers);
        count += l->windows * l->count;
        numbers[count++] = l->dimension;
    }
    return count;
}

TEST(exponents_have_the_same_bits_on_every_isa_and_thread_count)
{
    enum { ROOM = 20000 };
    static double first[ROOM], again[ROOM];
    for (uint64_t which = 0; which < 12; which++) {
        draws d = draws_begin(1000 + which);
        elman_config config = random_config(&d, 40);
        elman_model *m = create(config);
        size_t V = config.layers[0].num_embeddings, count = 0;
        static float x[STEPS * 64];
        int32_t tokens[STEPS];
        random_fill(which, STEPS * 64, -1, 1, x);
        for (size_t i = 0; i < STEPS; i++)
            tokens[i] = V ? (int32_t)draw_size(&d, 0, V - 1) : 0;
        elman_batch batch = {.T = STEPS, .B = 1, .x = x, .tokens = tokens};
        assert_true(config.input_size <= 64);

        for (const kernels *const *k = kernels_all(); *k; k++)
            for (int threads = 1; threads <= 4; threads++) {
                kernels_use(*k);
                elman_exponents *e = measure(
                    m, &batch,
                    &(elman_exponents_config){.count = 20, .threads = threads});
                size_t n = collect(e, ROOM, count ? again : first);
                CHECK(count == 0 || (n == count &&
                                     !memcmp(first, again, n * sizeof *first)),
                      "network %d, %s, %d threads", (int)which, (*k)->isa,
                      threads);
                count = n;
                exponents_end(e);
            }
        kernels_use(NULL);
        model_destroy(m);
    }
}

TEST(rows_that_depend_on_each_other_are_lost_and_replaced)
{
    const kernels *k = kernels_here();
    enum { COUNT = 7, N = 40 };
    static float rows[COUNT * N], room[64 * N];
    double growth[COUNT];
    assert_true(qr_room(N) <= 64 * N);
    random_fill(3, COUNT * N, -1, 1, rows);

    /* the third is a sum of others, the sixth nothing, the last nearly the
     * first */
    for (size_t j = 0; j < N; j++) {
        rows[2 * N + j] = rows[j] - 2 * rows[N + j];
        rows[5 * N + j] = 0;
        rows[6 * N + j] = rows[j] + 1e-3f * rows[6 * N + j];
    }
    double first = sqrt(k->sum_squares(N, rows));
    qr_rows(k, COUNT, N, rows, room, growth);
    CHECK(fabs(growth[0] - log(first)) < 1e-6, "%g", growth[0]);
    CHECK(growth[2] == -INFINITY && growth[5] == -INFINITY, "%g %g", growth[2],
          growth[5]);
    CHECK(growth[6] > log(1e-4) && growth[6] < log(1e-2), "%g", growth[6]);
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < COUNT; j++)
            CHECK(fabs(k->dot(N, rows + i * N, rows + j * N) - (i == j)) < 1e-6,
                  "%zu %zu: %g", i, j, k->dot(N, rows + i * N, rows + j * N));
}

/* ---- Mistakes ----------------------------------------------------------- */

TEST(what_cannot_be_measured_is_said)
{
    elman_exponents *e;
    elman_batch batch = {.T = 10, .B = 2, .x = nothing};
    elman_model *flat = create((elman_config){
        .input_size = 1, .layers = {{.kind = ELMAN_LINEAR, .output_size = 2}}});
    CHECK_FAILS(exponents_begin(flat, &batch, NULL, &e), ELMAN_BAD_VALUE,
                "no recurrent level");
    model_destroy(flat);

    elman_model *m = create((elman_config){
        .input_size = 1, .layers = {{.kind = ELMAN_GRU, .hidden_size = 2}}});
    elman_exponents_config config = {.sequence = 2};
    CHECK_FAILS(exponents_begin(m, &batch, &config, &e), ELMAN_BAD_VALUE,
                "sequence is 2, expected less than the batch's B 2");
    config = (elman_exponents_config){.count = 65};
    CHECK_FAILS(exponents_begin(m, &batch, &config, &e), ELMAN_BAD_VALUE,
                "count is 65, expected at most 64");
    const size_t lengths[2] = {0, 11};
    batch.lengths = lengths;
    CHECK_FAILS(exponents_begin(m, &batch, NULL, &e), ELMAN_BAD_VALUE,
                "the length of sequence 0 is 0, expected 1 to T 10");
    config = (elman_exponents_config){.sequence = 1};
    CHECK_FAILS(exponents_begin(m, &batch, &config, &e), ELMAN_BAD_VALUE,
                "sequence 1 is 11");
    batch.lengths = NULL;
    batch.x = NULL;
    CHECK_FAILS(exponents_begin(m, &batch, NULL, &e), ELMAN_BAD_VALUE,
                "the batch has no x");
    model_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_linear_network_has_the_logarithms_of_its_eigenvalues),
        cmocka_unit_test(one_unit_has_the_mean_logarithm_of_its_slope),
        cmocka_unit_test(units_of_an_indrnn_are_exponents_of_their_own),
        cmocka_unit_test(
            a_contraction_has_dimension_zero_and_lstms_count_both_states),
        cmocka_unit_test(exponents_of_every_cell_are_those_of_full_jacobians),
        cmocka_unit_test(
            exponents_have_the_same_bits_on_every_isa_and_thread_count),
        cmocka_unit_test(rows_that_depend_on_each_other_are_lost_and_replaced),
        cmocka_unit_test(what_cannot_be_measured_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
