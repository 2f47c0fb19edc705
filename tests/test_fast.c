/*
 * test_fast.c: the float32 library means what the double-precision reference
 * means, over random networks: outputs, states, gates, masks, every gradient,
 * also when a second batch goes on where the first one ended.
 */
#include "check.h"
#include "cell/cell.h"
#include "model/reference.h"
#include "random_batch.h"

enum { CASES = 300 };

/* One network, fast and in double. */
typedef struct pair {
    size_t which;
    draws d;
    elman_config config;
    elman_model *model;
    elman_state *state;
    reference *r;
    bool training;
    uint64_t ids[MOST_B], begin[MOST_B];
    bool given[MOST_B]; /* it has an earlier pass */
    reference_masks masks;
} pair;

static void check_close(const pair *p, const char *what, size_t n,
                        const float *got, const double *want)
{
    for (size_t i = 0; i < n; i++)
        CHECK(fabs((double)got[i] - want[i]) <= 1e-5 + 1e-4 * fabs(want[i]),
              "ELMAN_SEED=%llu config %zu: %s[%zu] is %.9g, the reference has "
              "%.9g",
              (unsigned long long)test_seed(), p->which, what, i,
              (double)got[i], want[i]);
}

static void draw_weights(pair *p, float high)
{
    size_t at = 0;
    elman_const_tensor view;
    const char *name;
    for (size_t i = 0; (name = elman_model_parameter(p->model, i, &view));
         i++) {
        size_t n =
            view.rank == 2 ? view.shape[0] * view.shape[1] : view.shape[0];

        /* the same numbers for both */
        CHECK(at + n <= p->r->weight_count, "%s is too large", name);
        float *values = malloc(n * sizeof *values);
        assert_non_null(values);
        for (size_t k = 0; k < n; k++) {
            values[k] = draw_real(&p->d, -high, high);
            p->r->weights[at + k] = (double)values[k];
        }
        CHECK_OK(elman_model_write(p->model, name, n, values));
        free(values);
        at += n;
    }

    CHECK(at == p->r->weight_count, "%zu weights, the reference has %zu", at,
          p->r->weight_count);
}

static pair pair_begin(size_t which)
{
    pair p = {.which = which, .d = draws_begin(which)};
    p.training = which % 4 != 0;
    p.config = random_config(&p.d, MOST_H);
    CHECK_OK(elman_model_create(&p.config, &p.model));
    elman_state_config room = {.T = MOST_T,
                               .B = MOST_B,
                               .training = p.training,
                               .keep_gradients = p.training,
                               .threads = 1 + (int)(which % 3),
                               .seed = which};
    CHECK_OK(elman_state_create(p.model, &room, &p.state));
    CHECK_OK(reference_create(&p.config, MOST_T, MOST_B, &p.r));
    draw_weights(&p, 0.8f);
    elman_state_reset(p.model, p.state); /* learned states are new */
    for (size_t b = 0; b < MOST_B; b++)
        p.ids[b] = draw_next(&p.d);
    return p;
}

static void pair_end(pair *p)
{
    elman_state_destroy(p->state);
    elman_model_destroy(p->model);
    reference_destroy(p->r);
}

/* ---- Recurrent levels --------------------------------------------------- */

static elman_tensor view_of(const pair *p, size_t level, size_t direction,
                            const char *what)
{
    char name[64];
    elman_tensor view;
    snprintf(name, sizeof name, "layer%zu%s.%s", level,
             direction ? "_reverse" : "", what);
    CHECK_OK(elman_state_view(p->model, p->state, name, &view));
    return view;
}

/* A view (B,n) of one level. */
static void check_memory(const pair *p, size_t level, size_t direction,
                         const char *what, size_t B, size_t n,
                         const double *want)
{
    elman_tensor view = view_of(p, level, direction, what);
    CHECK(view.rank == 2 && view.shape[1] == n, "%s", what);
    check_close(p, what, B * n, view.data, want);
}

/* A view (T,B,n): what was read of each sequence. */
static void check_walk(const pair *p, const random_batch *in, size_t level,
                       size_t direction, const char *what, size_t n,
                       const double *want)
{
    elman_tensor view = view_of(p, level, direction, what);
    CHECK(view.rank == 3 && view.shape[0] == in->T && view.shape[1] == in->B &&
              view.shape[2] == n,
          "%s", what);
    for (size_t b = 0; b < in->B; b++)
        for (size_t s = 0; s < in->lengths[b]; s++) {
            size_t at = (s * in->B + b) * n;
            check_close(p, what, n, view.data + at, want + at);
        }
}

/* The gradient at the sum into unit j, from that at its gate: times the
 * derivative there, which is 0 at a bound. */
static double da_from(const reference_cell *cell, size_t j, const float *dgate,
                      double sum)
{
    const elman_layer *c = cell->config;
    size_t block = j / cell->H;
    int function = cell_for(c)->gates[block].function;
    double d = (double)*dgate;
    if (function == FUNCTION_IDENTITY) return d;

    elman_activation f = reference_function(cell, (size_t)function);
    double derivative = reference_activation_derivative(f, sum);
    if (c->clip > 0 && fabs(sum) >= (double)c->clip) derivative = 0;
    if (c->coupled && block == 0) d -= (double)dgate[cell->H];
    if (c->coupled && block == 1) d = 0;
    return d * derivative;
}

static void check_dgate(const pair *p, const random_batch *in, size_t level,
                        size_t direction, const reference_direction *d)
{
    size_t G = d->cell.G;
    const float *dgate = view_of(p, level, direction, "dgate").data;
    double da[4 * MOST_I];
    for (size_t row = 0; row < in->T * in->B; row++) {
        if (row / in->B >= in->lengths[row % in->B]) continue;
        for (size_t j = 0; j < G; j++)
            da[j] =
                da_from(&d->cell, j, dgate + row * G + j, d->sum[row * G + j]);
        check_close(p, "da by dgate", G,
                    view_of(p, level, direction, "da").data + row * G, da);
    }
}

static void check_levels(const pair *p, const random_batch *in, bool backward)
{
    for (size_t i = 0; i < 2 * p->r->levels; i++) {
        size_t k = i / 2, direction = i % 2, B = in->B;
        const reference_direction *d = reference_level(p->r, k, direction);
        if (!d) continue;

        size_t R = d->cell.R, H = d->cell.H, G = d->cell.G;
        bool lstm = d->cell.config->kind == ELMAN_LSTM;

        /* after forward: the memory, and the gates that a training state keeps
         */
        if (!backward) {
            if (p->training)
                check_walk(p, in, k, direction, "gate", G, d->gate);
            check_walk(p, in, k, direction, "h", R, d->h);
            check_memory(p, k, direction, "h_n", B, R, d->h_n);
            if (!lstm) continue;
            check_walk(p, in, k, direction, "c", H, d->c);
            check_memory(p, k, direction, "c_n", B, H, d->c_n);
            continue;
        }

        /* after backward: gradients at all of these */
        check_walk(p, in, k, direction, "dh", R, d->dh);
        check_walk(p, in, k, direction, "da", G, d->da);
        check_memory(p, k, direction, "dh_0", B, R, d->dh_0);
        check_dgate(p, in, k, direction, d);
        if (!lstm) continue;
        check_walk(p, in, k, direction, "dc", H, d->dc);
        check_memory(p, k, direction, "dc_0", B, H, d->dc_0);
    }
}

/* Puts gradients of the final states into both. */
static void draw_dstates(pair *p, size_t B)
{
    for (size_t i = 0; i < 2 * p->r->levels; i++) {
        reference_direction *d = reference_level(p->r, i / 2, i % 2);
        if (!d) continue;
        float *dh = view_of(p, i / 2, i % 2, "dh_n").data, *dc = NULL;
        if (d->cell.config->kind == ELMAN_LSTM)
            dc = view_of(p, i / 2, i % 2, "dc_n").data;
        for (size_t j = 0; j < B * d->cell.R; j++)
            d->dh_n[j] = (double)(dh[j] = draw_real(&p->d, -1, 1));
        for (size_t j = 0; dc && j < B * d->cell.H; j++)
            d->dc_n[j] = (double)(dc[j] = draw_real(&p->d, -1, 1));
    }
}

/* The end of one batch is the begin of the next. */
static void carry(pair *p, const random_batch *in)
{
    for (size_t i = 0; i < 2 * p->r->levels; i++) {
        reference_direction *d = reference_level(p->r, i / 2, i % 2);
        if (!d) continue;
        memcpy(d->h_0, d->h_n, in->B * d->cell.R * sizeof *d->h_0);
        memcpy(d->c_0, d->c_n, in->B * d->cell.H * sizeof *d->c_0);
    }
    reference_carry_pool(p->r);
    for (size_t b = 0; b < in->B; b++) {
        p->begin[b] += in->lengths[b];
        p->given[b] = p->begin[b] > 0;
    }
}

/* ---- Passes ------------------------------------------------------------- */

enum { MOST_Y = 2 * MOST_T * MOST_B * 3 * MOST_I };

static size_t forward(pair *p, const random_batch *in, uint64_t draw)
{
    size_t n = in->T * in->B * p->config.input_size;
    double x[MOST_T * MOST_B * MOST_I], want[MOST_Y];
    float y[MOST_Y];
    for (size_t i = 0; i < n; i++)
        x[i] = (double)in->x[i];

    /* the same pass for both */
    p->masks = (reference_masks){p->which, draw, p->ids, p->begin};
    reference_batch plain = {.T = in->T,
                             .B = in->B,
                             .x = x,
                             .tokens = in->tokens,
                             .lengths = in->lengths,
                             .given = p->given,
                             .mask = p->training ? reference_mask_same : NULL,
                             .context = &p->masks};
    elman_batch batch = {.T = in->T,
                         .B = in->B,
                         .x = in->x,
                         .tokens = in->tokens,
                         .lengths = in->ragged ? in->lengths : NULL,
                         .ids = p->ids,
                         .draw = draw};

    CHECK_OK(reference_forward(p->r, &plain, want));
    CHECK_OK(elman_model_forward(p->model, p->state, &batch, y));
    size_t outputs =
        p->r->O * p->r->outputs * in->B * (p->r->per_sequence ? 1 : in->T);
    check_close(p, "y", outputs, y, want);
    check_levels(p, in, false);
    return outputs;
}

static void check_gradients(const pair *p)
{
    size_t at = 0;
    elman_tensor view;
    const char *name;
    for (size_t i = 0; (name = elman_model_parameter(p->model, i, NULL)); i++) {
        char full[128];
        snprintf(full, sizeof full, "%s.grad", name);
        CHECK_OK(elman_state_view(p->model, p->state, full, &view));
        size_t n =
            view.rank == 2 ? view.shape[0] * view.shape[1] : view.shape[0];
        check_close(p, full, n, view.data, p->r->gradients + at);
        at += n;
    }
}

static void backward(pair *p, const random_batch *in, size_t outputs)
{
    size_t n = in->T * in->B * p->config.input_size;
    float dy[MOST_Y], dx[MOST_T * MOST_B * MOST_I];
    double plain_dy[MOST_Y], want[MOST_T * MOST_B * MOST_I];
    for (size_t i = 0; i < outputs; i++)
        plain_dy[i] = (double)(dy[i] = draw_real(&p->d, -1, 1));
    draw_dstates(p, in->B);
    CHECK_OK(reference_backward(p->r, plain_dy, want));
    CHECK_OK(elman_model_backward(p->model, p->state, dy, n ? dx : NULL));
    check_gradients(p);
    check_close(p, "dx", n, dx, want);
    check_levels(p, in, true);
}

TEST(fast_code_means_what_the_reference_means)
{
    for (size_t which = 0; which < CASES; which++) {
        pair p = pair_begin(which);
        random_batch in = draw_batch(&p.d, &p.config, MOST_B);
        size_t outputs = forward(&p, &in, 1);
        if (p.training) backward(&p, &in, outputs);

        /* on with the same sequences; gradients go on adding up */
        random_batch next = draw_batch(&p.d, &p.config, in.B);
        carry(&p, &in);
        outputs = forward(&p, &next, 2);
        if (p.training) backward(&p, &next, outputs);
        pair_end(&p);
    }
}

/* ---- More sequences than a cell takes at once --------------------------- */

enum { MANY_T = 3, MANY_B = 150, MANY_I = 19 };

static void check_many(const elman_layer *layer)
{
    static float x[MANY_T * MANY_B * MANY_I], dx[MANY_T * MANY_B * MANY_I];
    static double xs[MANY_T * MANY_B * MANY_I], dxs[MANY_T * MANY_B * MANY_I];
    size_t lengths[MANY_B];
    pair p = {.d = draws_begin(5), .config = {.input_size = MANY_I}};
    p.config.layers[0] = *layer;
    elman_state_config room = {
        .T = MANY_T, .B = MANY_B, .training = true, .threads = 2};
    CHECK_OK(elman_model_create(&p.config, &p.model));
    CHECK_OK(elman_state_create(p.model, &room, &p.state));
    CHECK_OK(reference_create(&p.config, MANY_T, MANY_B, &p.r));
    draw_weights(&p, 0.15f);
    for (size_t i = 0; i < MANY_T * MANY_B * MANY_I; i++)
        xs[i] = (double)(x[i] = draw_real(&p.d, -1, 1));
    for (size_t b = 0; b < MANY_B; b++)
        lengths[b] = draw_size(&p.d, 0, MANY_T);

    size_t n = MANY_T * MANY_B * p.r->O;
    float *y = calloc(n, sizeof *y);
    double *ys = calloc(n, sizeof *ys);
    assert_non_null(y);
    assert_non_null(ys);
    elman_batch batch = {.T = MANY_T, .B = MANY_B, .x = x, .lengths = lengths};
    reference_batch plain = {
        .T = MANY_T, .B = MANY_B, .x = xs, .lengths = lengths};
    CHECK_OK(elman_model_forward(p.model, p.state, &batch, y));
    CHECK_OK(reference_forward(p.r, &plain, ys));
    check_close(&p, "y", n, y, ys);
    for (size_t i = 0; i < n; i++) /* y is now dy */
        ys[i] = (double)(y[i] = draw_real(&p.d, -0.1f, 0.1f));
    CHECK_OK(elman_model_backward(p.model, p.state, y, dx));
    CHECK_OK(reference_backward(p.r, ys, dxs));
    check_gradients(&p);
    check_close(&p, "dx", MANY_T * MANY_B * MANY_I, dx, dxs);
    free(y), free(ys);
    pair_end(&p);
}

TEST(many_wide_sequences_mean_the_same)
{
    const elman_layer layers[] = {
        {.kind = ELMAN_RNN, .hidden_size = 37, .bidirectional = true},
        {.kind = ELMAN_LSTM, .hidden_size = 20, .proj_size = 17},
        {.kind = ELMAN_LSTM, .hidden_size = 17, .peephole = true},
        {.kind = ELMAN_GRU, .hidden_size = 33},
        {.kind = ELMAN_GRU, .hidden_size = 18, .reset_before = true},
    };
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
        check_many(layers + i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fast_code_means_what_the_reference_means),
        cmocka_unit_test(many_wide_sequences_mean_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
