/*
 * test_truncation.c: what shorter windows lose, against the double-precision
 * reference: from each loss by itself, only the steps within the window.
 */
#include "inspect_grid.h"

#include "inspect/truncation.h"

enum { CASES = 120, T = 20, B = 2, MOST_WINDOWS = 3, ROOM = 1 << 14 };

static const elman_loss_config loss = {.kind = ELMAN_LOSS_MEAN_SQUARED,
                                       .reduction = ELMAN_REDUCTION_SUM};

static elman_truncation *measure(const elman_model *m, const elman_batch *batch,
                                 const elman_target *target)
{
    elman_truncation *all = NULL;
    CHECK_OK(truncation_begin(m, batch, target, &loss, &all));
    for (double before = 0; !all->done; before = all->progress) {
        CHECK_OK(truncation_step(all));
        CHECK(all->progress >= before && all->progress <= 1, "from %g to %g",
              before, all->progress);
    }
    return all;
}

/* ---- A line ------------------------------------------------------------- */

/* h = relu(x + w h_prev) and a loss at the end alone: the window w has the
 * first w terms of a sum of positive numbers, so all cosines are 1 and the
 * ratios those of the sums. */
TEST(a_line_loses_the_far_terms_of_its_sum)
{
    enum { STEPS = 40 };
    const double w = 0.9;
    static float x[STEPS], zero;
    for (size_t t = 0; t < STEPS; t++)
        x[t] = 1;
    const elman_config config = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_RNN,
                    .hidden_size = 1,
                    .no_bias = true,
                    .nonlinearity = ELMAN_ACTIVATION_RELU,
                    .init_ih = {ELMAN_INIT_CONSTANT, 1},
                    .init_hh = {ELMAN_INIT_CONSTANT, w}},
                   {.kind = ELMAN_LAST}}};
    elman_model *m = NULL;
    CHECK_OK(model_create(&config, &m));
    const elman_batch batch = {.T = STEPS, .B = 1, .x = x};
    const elman_target target = {.values = &zero};
    elman_truncation *all = measure(m, &batch, &target);

    double sums[STEPS + 1] = {0}, h[STEPS + 1] = {0};
    for (size_t t = 0; t < STEPS; t++)
        h[t + 1] = 1 + w * h[t];
    for (size_t k = 0; k < STEPS; k++)
        sums[k + 1] = sums[k] + pow(w, (double)k) * h[STEPS - 1 - k];

    static const size_t steps[] = {8, 16, 32, 40};
    CHECK(all->count == 4, "%zu windows", all->count);
    for (size_t i = 0; i < 4; i++) {
        const elman_truncation_window *window = all->windows + i;
        double want = sums[steps[i]] / sums[STEPS];
        CHECK(window->steps == steps[i], "window %zu", window->steps);
        CHECK(fabs(window->ratio - want) < 1e-5, "window %zu: %g not %g",
              steps[i], window->ratio, want);
        CHECK(fabs(window->cosine - 1) < 1e-9, "cosine %g", window->cosine);
    }
    CHECK(all->enough == 8, "enough is %zu", all->enough);
    truncation_end(all);
    model_destroy(m);
}

/* ---- The reference ------------------------------------------------------ */

/* A network of the grid with longer sequences. */
typedef struct long_case {
    grid_case *g;
    float x[T * B * MOST_I], values[T * B * 64];
    double dx[T * B * MOST_I];
    int32_t tokens[T * B];
    size_t lengths[B];
} long_case;

static long_case *long_begin(size_t which)
{
    long_case *c = calloc(1, sizeof *c);
    assert_non_null(c);
    grid_case *g = c->g = grid_begin(which);
    reference *r = NULL;
    CHECK_OK(reference_create(&g->config, T, B, &r));
    memcpy(r->weights, g->r->weights, r->weight_count * sizeof *r->weights);
    reference_destroy(g->r);
    g->r = r;

    for (size_t i = 0; i < T * B * MOST_I; i++)
        c->dx[i] = (double)(c->x[i] = draw_real(&g->d, -1.5f, 1.5f));
    for (size_t i = 0; i < T * B * 64; i++)
        c->values[i] = draw_real(&g->d, -1, 1);
    size_t V = g->config.layers[0].num_embeddings;
    for (size_t i = 0; i < T * B && V; i++)
        c->tokens[i] = (int32_t)draw_size(&g->d, 0, V - 1);
    c->lengths[0] = draw_size(&g->d, 0, 1) ? T : draw_size(&g->d, 1, T);
    c->lengths[1] = draw_size(&g->d, 0, T);
    g->batch = (elman_batch){
        .T = T, .B = B, .x = c->x, .tokens = c->tokens, .lengths = c->lengths};

    const reference_batch batch = {
        .T = T, .B = B, .x = c->dx, .tokens = c->tokens, .lengths = c->lengths};
    CHECK_OK(reference_forward(r, &batch, NULL));
    return c;
}

/* The gradients of windows, all weights that count one after the other. */
typedef struct gradients {
    size_t count, windows[MOST_WINDOWS];
    size_t at;
    double values[MOST_WINDOWS][ROOM];
} gradients;

/* The gradient at row n's product, and what it was a product with. */
static double at_sum(const reference_direction *d, const cell_kind *kind,
                     size_t row, size_t n)
{
    const reference_cell *c = &d->cell;
    double da = d->da[row * c->G + n];
    bool rest = n >= kind->split * c->H;
    if (!rest || !kind->dsaved_is_gradient) return da;
    return da * d->gate[row * c->G + n % c->H]; /* q is under r */
}

static void add_step(gradients *all, const long_case *c, const layer *l,
                     const reference_layer *below, const reference_direction *d,
                     size_t b, size_t entry, size_t distance)
{
    const reference_cell *cell = &d->cell;
    size_t row = entry * B + b, G = cell->G, H = cell->H, R = cell->R;
    size_t step = d->reversed ? c->lengths[b] - 1 - entry : entry;
    size_t place =
        c->g->config.batch_first && !below ? b * T + step : step * B + b;
    const double *x = (below ? below->y : c->dx) + place * l->I;
    bool none = l->cell->recurrence == ELMAN_RECURRENCE_NONE;
    bool vector = l->cell->recurrence == ELMAN_RECURRENCE_VECTOR;
    size_t K = none ? l->I : vector ? 1 : R;

    for (size_t n = 0; n < G; n++)
        for (size_t k = 0; k < K; k++) {
            bool rest = n >= l->cell->split * H;
            double in = none     ? x[k]
                        : vector ? d->h_in[row * R + n]
                        : rest && l->cell->saved_is_input
                            ? d->saved[row * H + k]
                            : d->h_in[row * R + k];
            for (size_t w = 0; w < all->count; w++)
                if (distance < all->windows[w])
                    all->values[w][all->at + n * K + k] +=
                        at_sum(d, l->cell, row, n) * in;
        }
}

/* Adds what loss t of sequence b gives each direction. */
static void add_loss(gradients *all, const long_case *c, size_t b, size_t t)
{
    const elman_model *m = c->g->model;
    reference *r = c->g->r;
    size_t length = c->lengths[b];
    all->at = 0;
    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        for (size_t direction = 0; l->cell && direction < l->D; direction++) {
            const reference_direction *d =
                reference_level(r, l->level, direction);
            for (size_t e = 0; e < length; e++) {
                size_t s = d->reversed ? length - 1 - e : e;
                size_t far = r->per_sequence ? length - 1 - e
                             : s > t         ? s - t
                                             : t - s;
                add_step(all, c, l, i ? r->layers + i - 1 : NULL, d, b, e, far);
            }
            bool none = l->cell->recurrence == ELMAN_RECURRENCE_NONE;
            bool vector = l->cell->recurrence == ELMAN_RECURRENCE_VECTOR;
            all->at += l->G * (none ? l->I : vector ? 1 : l->R);
            CHECK(all->at <= ROOM, "too many weights");
        }
    }
}

/* 2 (y - target) at loss t of sequence b alone. */
static void put_loss(const long_case *c, size_t b, size_t t, double *dy)
{
    const reference *r = c->g->r;
    size_t O = r->O, steps = r->per_sequence ? 1 : T;
    memset(dy, 0, steps * B * O * sizeof *dy);
    size_t row = (r->per_sequence ? 0 : t) * B + b;
    size_t to = c->g->config.batch_first && !r->per_sequence ? b * T + t : row;
    const double *y = r->layers[r->layer_count - 1].y + row * O;
    for (size_t j = 0; j < O; j++)
        dy[to * O + j] = 2 * (y[j] - (double)c->values[to * O + j]);
}

static double product(size_t n, const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static void check_windows(const long_case *c, const gradients *all,
                          const elman_truncation *got)
{
    size_t last = all->count - 1, n = all->at;
    CHECK(got->count == all->count, "config %zu: %zu windows, expected %zu",
          c->g->which, got->count, all->count);
    double whole = sqrt(product(n, all->values[last], all->values[last]));

    for (size_t w = 0; w < all->count; w++) {
        double norm = sqrt(product(n, all->values[w], all->values[w]));
        double both = product(n, all->values[w], all->values[last]);
        double cosine = norm > 0 ? both / norm / whole : 0;
        CHECK(got->windows[w].steps == all->windows[w], "steps");
        if (whole < 1e-9) continue;
        CHECK(fabs(got->windows[w].ratio - norm / whole) < 1e-4 &&
                  fabs(got->windows[w].cosine - cosine) < 1e-4,
              "config %zu (%s): window %zu has cosine %g and ratio %g, the "
              "reference %g and %g",
              c->g->which, c->g->line, all->windows[w], got->windows[w].cosine,
              got->windows[w].ratio, cosine, norm / whole);
    }
}

static void check_case(size_t which)
{
    static gradients all;
    static double dy[T * B * 64];
    long_case *c = long_begin(which);
    const reference *r = c->g->r;
    if (r->outputs == 1) {
        size_t longest =
            c->lengths[0] > c->lengths[1] ? c->lengths[0] : c->lengths[1];
        memset(&all, 0, sizeof all);
        for (size_t w = 8; w < longest; w *= 2)
            all.windows[all.count++] = w;
        all.windows[all.count++] = longest;

        for (size_t b = 0; b < B; b++)
            for (size_t t = 0; t < c->lengths[b]; t++) {
                if (r->per_sequence && t + 1 < c->lengths[b]) continue;
                put_loss(c, b, t, dy);
                CHECK_OK(reference_backward(c->g->r, dy, NULL));
                add_loss(&all, c, b, t);
            }

        const elman_target target = {.values = c->values};
        elman_truncation *got = measure(c->g->model, &c->g->batch, &target);
        check_windows(c, &all, got);
        truncation_end(got);
    }
    grid_end(c->g);
    free(c);
}

TEST(each_window_has_the_near_steps_of_every_loss)
{
    for (size_t which = 0; which < CASES; which++)
        check_case(which);
}

/* ---- Misuse ------------------------------------------------------------- */

TEST(misuse_is_reported)
{
    const elman_config config = {
        .input_size = 1, .layers = {{.kind = ELMAN_RNN, .hidden_size = 2}}};
    const elman_config flat = {
        .input_size = 1, .layers = {{.kind = ELMAN_LINEAR, .output_size = 1}}};
    float x[3] = {0}, values[6] = {0};
    size_t none[1] = {0};
    elman_batch batch = {.T = 3, .B = 1, .x = x};
    const elman_target target = {.values = values}, empty = {0};
    elman_truncation *all = NULL;
    elman_model *m = NULL;

    CHECK_OK(model_create(&flat, &m));
    CHECK_FAILS(truncation_begin(m, &batch, &target, &loss, &all),
                ELMAN_BAD_VALUE, "no recurrent layer");
    model_destroy(m);

    CHECK_OK(model_create(&config, &m));
    CHECK_OK(truncation_begin(m, &batch, &empty, &loss, &all));
    CHECK_FAILS(truncation_step(all), ELMAN_BAD_VALUE, "values");
    truncation_end(all);
    batch.lengths = none;
    CHECK_FAILS(truncation_begin(m, &batch, &target, &loss, &all),
                ELMAN_BAD_VALUE, "no sequence of the batch has a step");
    model_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_loses_the_far_terms_of_its_sum),
        cmocka_unit_test(each_window_has_the_near_steps_of_every_loss),
        cmocka_unit_test(misuse_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
