/*
 * test_reference.c: the double-precision reference is right: it gives what was
 * recorded, and its gradients are those of finite differences.
 */
#include "check.h"
#include "golden.h"
#include "model/reference.h"
#include "random_batch.h"

static const bool every[16] = {true, true, true, true, true, true, true, true,
                               true, true, true, true, true, true, true, true};

/* ---- Recorded numbers --------------------------------------------------- */

static void check_recorded(const golden *g, const char *name, size_t n,
                           const double *got)
{
    double *want = golden_doubles(g, name);
    CHECK(want && golden_find(g, name)->count == n, "%s/%s has not %zu numbers",
          g->name, name, n);
    for (size_t i = 0; i < n; i++)
        CHECK(fabs(got[i] - want[i]) <= 1e-10 * fabs(want[i]) + 1e-13,
              "%s/%s[%zu] is %.15g, recorded %.15g", g->name, name, i, got[i],
              want[i]);
    free(want);
}

/* "layer1_reverse.what" of a direction */
static const char *level_name(size_t level, size_t direction, const char *what)
{
    static char name[64];
    snprintf(name, sizeof name, "layer%zu%s.%s", level,
             direction ? "_reverse" : "", what);
    return name;
}

typedef struct level_array {
    const char *name;
    double *values;
    size_t n; /* of one sequence */
} level_array;

enum { LEVEL_ARRAYS = 8 };
static void level_arrays(const reference_direction *d,
                         level_array arrays[LEVEL_ARRAYS])
{
    size_t R = d->cell.R, H = d->cell.H;
    const level_array all[LEVEL_ARRAYS] = {
        {"h_0", d->h_0, R},   {"c_0", d->c_0, H},   {"dh_n", d->dh_n, R},
        {"dc_n", d->dc_n, H}, {"h_n", d->h_n, R},   {"c_n", d->c_n, H},
        {"dh_0", d->dh_0, R}, {"dc_0", d->dc_0, H},
    };
    memcpy(arrays, all, sizeof all);
}

/* Calls each (direction, array) of levels that was recorded, for arrays
 * [begin,end): to read them in, or to check them. */
static void each_level(const golden *g, reference *r, size_t B, size_t begin,
                       size_t end, bool check)
{
    for (size_t i = 0; i < 2 * r->levels; i++) {
        reference_direction *d = reference_level(r, i / 2, i % 2);
        level_array arrays[LEVEL_ARRAYS];
        if (!d) continue;
        level_arrays(d, arrays);
        for (size_t k = begin; k < end; k++) {
            const char *name = level_name(i / 2, i % 2, arrays[k].name);
            if (!golden_find(g, name)) continue;
            if (check) {
                check_recorded(g, name, B * arrays[k].n, arrays[k].values);
                continue;
            }
            double *values = golden_doubles(g, name);
            memcpy(arrays[k].values, values, B * arrays[k].n * sizeof *values);
            free(values);
        }
    }
}

/* Each parameter's recorded values into weights, or gradients checked. */
static void each_parameter(const golden *g, reference *r, bool check)
{
    size_t at = 0;
    const char *name;
    for (size_t i = 0; (name = golden_parameter(g, i)); i++) {
        size_t count = golden_find(g, name)->count;
        CHECK(at + count <= r->weight_count, "%s: too many weights", g->name);

        if (check) {
            char full[128];
            snprintf(full, sizeof full, "%s.grad", name);
            check_recorded(g, full, count, r->gradients + at);
        } else {
            double *values = golden_doubles(g, name);
            memcpy(r->weights + at, values, count * sizeof *values);
            free(values);
        }
        at += count;
    }

    CHECK(at == r->weight_count, "%s has %zu weights, the reference %zu",
          g->name, at, r->weight_count);
}

static void check_case(const golden *g)
{
    elman_config config = golden_config(g);
    size_t T = golden_size(g->here, "T"), B = golden_size(g->here, "B");
    size_t *lengths = golden_lengths(g);
    int32_t *tokens = golden_integers(g, "tokens");
    double *x = golden_doubles(g, "x"), *dy = golden_doubles(g, "dy");
    size_t n = golden_find(g, "y")->count;
    double *y = calloc(n, sizeof *y);
    double *dx = calloc(T * B * config.input_size + 1, sizeof *dx);
    assert_non_null(y);
    assert_non_null(dx);

    reference *r;
    CHECK_OK(reference_create(&config, T, B, &r));

    /* forward, backward, and what was recorded of both */
    each_parameter(g, r, false);
    each_level(g, r, B, 0, 2, false);
    reference_batch batch = {.T = T,
                             .B = B,
                             .x = x,
                             .tokens = tokens,
                             .lengths = lengths,
                             .given =
                                 golden_find(g, "layer0.h_0") ? every : NULL};
    CHECK_OK(reference_forward(r, &batch, y));
    each_level(g, r, B, 2, 4, false);
    CHECK_OK(reference_backward(r, dy, dx));

    check_recorded(g, "y", n, y);
    each_level(g, r, B, 4, 8, true);
    each_parameter(g, r, true);
    if (x) check_recorded(g, "dx", T * B * config.input_size, dx);
    reference_destroy(r);
    free(dx), free(y), free(dy), free(x), free(tokens), free(lengths);
}

TEST(the_reference_gives_what_was_recorded)
{
    size_t cases = 0;
    const char *family;
    for (size_t i = 0; (family = golden_family(i)); i++) {
        golden g = golden_open(family);
        for (size_t k = 0; golden_next(&g, k); k++, cases++)
            check_case(&g);
        golden_close(&g);
    }
    CHECK(cases >= 80, "only %zu cases", cases);
}

/* ---- Finite differences ------------------------------------------------- */

/* A network, its batch, and what is summed up of all that comes out. */
typedef struct experiment {
    reference *r;
    reference_batch batch;
    reference_masks masks;
    double *y, *dy;
    size_t outputs;
    draws d;
} experiment;

static void fill_doubles(draws *d, size_t n, float high, double *values)
{
    for (size_t i = 0; i < n; i++)
        values[i] = (double)draw_real(d, -high, high);
}

/* Weighs the final states by what dh_n and dc_n will be. */
static double weigh_states(const experiment *e, double sum, bool write)
{
    draws d = {77};
    for (size_t i = 0; i < 2 * e->r->levels; i++) {
        reference_direction *direction = reference_level(e->r, i / 2, i % 2);
        level_array arrays[LEVEL_ARRAYS];
        if (!direction) continue;
        level_arrays(direction, arrays);
        for (size_t k = 0; k < 2; k++) {
            level_array *end = arrays + 4 + k, *dend = arrays + 2 + k;
            if (k == 1 && direction->cell.config->kind != ELMAN_LSTM) continue;
            for (size_t j = 0; j < e->batch.B * end->n; j++) {
                double weight = (double)draw_real(&d, -1, 1);
                sum += weight * end->values[j];
                if (write) dend->values[j] = weight;
            }
        }
    }
    return sum;
}

static double objective(const experiment *e)
{
    CHECK_OK(reference_forward(e->r, &e->batch, e->y));
    double sum = 0;
    for (size_t i = 0; i < e->outputs; i++)
        sum += e->y[i] * e->dy[i];
    return weigh_states(e, sum, false);
}

/* The derivative for *value. A step over a kink of relu or clip gives nonsense,
 * which a shorter one avoids: the nearer to what is expected counts. */
static double difference(const experiment *e, double *value, double expected)
{
    double kept = *value, best = INFINITY;
    for (double step = 1e-4; step > 1e-7; step /= 10) {
        *value = kept + step;
        double after = objective(e);
        *value = kept - step;
        double d = (after - objective(e)) / (2 * step);
        if (fabs(d - expected) < fabs(best - expected)) best = d;
        *value = kept;
        if (fabs(best - expected) <= 1e-7 * (1 + fabs(best))) break;
    }
    return best;
}

/* At most about 40 of the n values, spread over all. */
static void check_differences(experiment *e, const char *what, size_t which,
                              size_t n, double *values, const double *got)
{
    size_t stride = n / 40 + 1;
    for (size_t i = draw_size(&e->d, 0, stride - 1); i < n; i += stride) {
        if (isnan(values[i])) {
            CHECK(got[i] == 0, "config %zu: %s[%zu], after the end, is %g",
                  which, what, i, got[i]);
            continue;
        }
        double want = difference(e, values + i, got[i]);
        CHECK(fabs(got[i] - want) <= 1e-6 * (1 + fabs(want)),
              "ELMAN_SEED=%llu config %zu: %s[%zu] is %.12g, by differences "
              "%.12g",
              (unsigned long long)test_seed(), which, what, i, got[i], want);
    }
}

/* Random initial states. */
static void draw_states(experiment *e)
{
    for (size_t i = 0; i < 2 * e->r->levels; i++) {
        reference_direction *direction = reference_level(e->r, i / 2, i % 2);
        if (!direction) continue;
        fill_doubles(&e->d, e->batch.B * direction->cell.R, 1, direction->h_0);
        fill_doubles(&e->d, e->batch.B * direction->cell.H, 1, direction->c_0);
    }
}

static void check_states(experiment *e, size_t which)
{
    for (size_t i = 0; i < 2 * e->r->levels; i++) {
        reference_direction *direction = reference_level(e->r, i / 2, i % 2);
        if (!direction) continue;
        check_differences(e, "h_0", which, e->batch.B * direction->cell.R,
                          direction->h_0, direction->dh_0);
        if (direction->cell.config->kind == ELMAN_LSTM)
            check_differences(e, "c_0", which, e->batch.B * direction->cell.H,
                              direction->c_0, direction->dc_0);
    }
}

static void check_config(size_t which, bool training, bool given)
{
    experiment e = {.d = draws_begin(which)};
    elman_config config = random_config(&e.d, MOST_H);
    random_batch in = draw_batch(&e.d, &config, MOST_B);
    size_t I = config.input_size;
    double x[MOST_T * MOST_B * MOST_I], dx[MOST_T * MOST_B * MOST_I];
    for (size_t i = 0; i < in.T * in.B * I; i++)
        x[i] = (double)in.x[i];

    /* the network and its batch */
    CHECK_OK(reference_create(&config, in.T, in.B, &e.r));
    fill_doubles(&e.d, e.r->weight_count, 0.9f, e.r->weights);
    e.masks = (reference_masks){.seed = which, .draw = 3};
    e.batch = (reference_batch){.T = in.T,
                                .B = in.B,
                                .x = I ? x : NULL,
                                .tokens = in.tokens,
                                .lengths = in.ragged ? in.lengths : NULL,
                                .given = given ? every : NULL,
                                .mask = training ? reference_mask_same : NULL,
                                .context = &e.masks};

    /* the objective: the output times dy */
    e.outputs = in.T * in.B * e.r->O * e.r->outputs;
    if (e.r->per_sequence) e.outputs /= in.T;
    e.y = calloc(2 * e.outputs, sizeof *e.y);
    assert_non_null(e.y);
    e.dy = e.y + e.outputs;
    fill_doubles(&e.d, e.outputs, 1, e.dy);
    if (given) draw_states(&e);

    /* gradients against differences of that */
    CHECK(isfinite(objective(&e)), "config %zu read beyond an end", which);
    weigh_states(&e, 0, true);
    CHECK_OK(reference_backward(e.r, e.dy, dx));
    check_differences(&e, "weights", which, e.r->weight_count, e.r->weights,
                      e.r->gradients);
    if (I) check_differences(&e, "x", which, in.T * in.B * I, x, dx);
    if (given) check_states(&e, which);

    free(e.y);
    reference_destroy(e.r);
}

TEST(its_gradients_are_those_of_finite_differences)
{
    for (size_t which = 0; which < 160; which++)
        check_config(which, which % 2, which / 2 % 2);
}

/* ---- Refusals ----------------------------------------------------------- */

TEST(a_batch_that_does_not_fit_is_refused)
{
    elman_config config = {
        .layers = {
            {.kind = ELMAN_EMBEDDING, .num_embeddings = 3, .embedding_dim = 2},
            {.kind = ELMAN_GRU, .hidden_size = 2}}};
    int32_t tokens[4] = {0, 2, 3, 1};
    size_t lengths[2] = {1, 3};
    reference *r;
    CHECK_OK(reference_create(&config, 2, 2, &r));
    reference_batch batch = {.T = 2, .B = 2, .tokens = tokens};

    /* each bad batch by its own sentence */
    CHECK_FAILS(reference_backward(r, NULL, NULL), ELMAN_BAD_VALUE,
                "no forward before it");
    CHECK_FAILS(reference_forward(r, &batch, NULL), ELMAN_BAD_VALUE,
                "token 3 at step 1 of sequence 0");
    batch.lengths = lengths;
    CHECK_FAILS(reference_forward(r, &batch, NULL), ELMAN_BAD_VALUE,
                "lengths[1] is 3, expected at most 2");
    batch.T = 3;
    CHECK_FAILS(reference_forward(r, &batch, NULL), ELMAN_BAD_VALUE,
                "3 steps of 2 sequences");
    batch = (reference_batch){.T = 1, .B = 1};
    CHECK_FAILS(reference_forward(r, &batch, NULL), ELMAN_BAD_VALUE,
                "no tokens");

    reference_destroy(r);
    CHECK_FAILS(reference_create(&config, SIZE_MAX / 64, 1 << 20, &r),
                ELMAN_NO_MEMORY, "no memory for a reference");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_gives_what_was_recorded),
        cmocka_unit_test(its_gradients_are_those_of_finite_differences),
        cmocka_unit_test(a_batch_that_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
