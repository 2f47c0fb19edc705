/*
 * test_flow_map.c: gradients from each step to each earlier one: against a
 * closed form, and against the double-precision reference, which goes back from
 * each loss by itself.
 */
#include "inspect_grid.h"

#include "base/random.h"
#include "inspect/flow.h"
#include "kernel/kernel.h"

enum { CASES = 400 };

static elman_flow *measure(const elman_model *m, const elman_batch *batch,
                           const elman_flow_config *config)
{
    elman_flow *flow = NULL;
    CHECK_OK(flow_begin(m, batch, config, &flow));
    for (double before = 0; !flow->done; before = flow->progress) {
        CHECK_OK(flow_step(flow));
        CHECK(flow->progress >= before && flow->progress <= 1, "from %g to %g",
              before, flow->progress);
    }
    return flow;
}

/* ---- Closed form -------------------------------------------------------- */

/* h = relu(x + w h_prev): with x and w positive, dh[t-1] = w dh[t]. */
TEST(every_loss_of_a_line_falls_by_its_own_power)
{
    enum { T = 60 };
    static float x[T];
    for (size_t i = 0; i < T; i++)
        x[i] = 1;
    const elman_batch batch = {.T = T, .B = 1, .x = x};

    static const float weights[] = {0.375f, 1, 1.25f};
    for (size_t i = 0; i < 3; i++) {
        const elman_config config = {
            .input_size = 1,
            .layers = {{.kind = ELMAN_RNN,
                        .hidden_size = 1,
                        .no_bias = true,
                        .nonlinearity = ELMAN_ACTIVATION_RELU,
                        .init_ih = {ELMAN_INIT_CONSTANT, 1},
                        .init_hh = {ELMAN_INIT_CONSTANT, (double)weights[i]}}}};
        elman_model *m = NULL;
        CHECK_OK(elman_model_create(&config, &m));
        elman_flow *flow = measure(m, &batch, NULL);

        CHECK(flow->T == T && flow->count == 1 && !flow->levels[0].c, "shape");
        for (size_t t = 0; t < T; t++)
            for (size_t s = 0; s < T; s++) {
                double got = (double)flow->levels[0].h[t * T + s];
                double want =
                    s > t ? 0 : pow((double)weights[i], (double)(t - s));
                CHECK(fabs(got - want) <= 1e-5 * want,
                      "w %g: [%zu][%zu] is %g not %g", (double)weights[i], t, s,
                      got, want);
            }
        const elman_horizon *h = &flow->levels[0].horizon;
        CHECK(fabs(h->rate - (double)weights[i]) < 1e-5, "rate %g", h->rate);
        CHECK(h->verdict == (i == 0   ? ELMAN_VERDICT_VANISHING
                             : i == 1 ? ELMAN_VERDICT_STEADY
                                      : ELMAN_VERDICT_EXPLODING),
              "w %g: verdict %d", (double)weights[i], (int)h->verdict);
        CHECK(h->half == (i ? T : 1) && h->hundredth == (i ? T : 5),
              "half %zu hundredth %zu", h->half, h->hundredth);
        flow_end(flow);
        model_destroy(m);
    }
}

/* ---- The reference ------------------------------------------------------ */

static double norm_of(size_t n, const double *x)
{
    double sum = 0;
    for (size_t j = 0; j < n; j++)
        sum += x[j] * x[j];
    return sqrt(sum);
}

/* Puts what a source gives loss t of sequence b on the reference's output. */
static void put_loss(grid_case *g, const elman_flow_config *config, size_t t,
                     double *dy)
{
    const reference *r = g->r;
    size_t T = r->per_sequence ? 1 : g->in.T, B = g->in.B, O = r->O;
    memset(dy, 0, r->outputs * T * B * O * sizeof *dy);
    random_key key = {.purpose = RANDOM_TEST};
    size_t row = (r->per_sequence ? 0 : t) * B + config->sequence;
    size_t in_time = row;

    /* the caller's order */
    if (g->config.batch_first && !r->per_sequence)
        row = config->sequence * T + t;
    for (size_t i = 0; i < r->outputs; i++)
        for (size_t j = 0; j < O; j++) {
            double sign = random_uniform(key, i * O + j) < 0.5f ? -1 : 1;
            double one = i * O + j == config->output ? 1 : 0;
            size_t at = in_time * O + j;
            double residual = r->layers[r->layer_count - 1].y[at];
            if (config->target)
                residual -= (double)config->target->values[row * O + j];
            dy[(i * T * B + row) * O + j] =
                config->source == ELMAN_FLOW_OUTPUT ? one
                : config->source == ELMAN_FLOW_LOSS ? 2 * residual
                                                    : sign;
        }
}

typedef struct wanted {
    double h, c;
} wanted;

/* The reference backward; of what makes one vector of all steps, only what it
 * gives to step t of sequence b directly. */
static void go_back(grid_case *g, const double *dy, size_t b, size_t t)
{
    reference *r = g->r;
    if (!r->per_sequence) {
        CHECK_OK(reference_backward(r, dy, NULL));
        return;
    }

    reference_layer *last = r->layers + r->layer_count - 1;
    memcpy(last->dy, dy, g->in.B * r->O * sizeof *dy);
    for (size_t i = r->layer_count; i-- > 0;) {
        reference_layer *l = r->layers + i;
        bool reads = i || g->config.input_size;
        const double *x = i ? r->layers[i - 1].y : r->x;
        double *dx = i ? r->layers[i - 1].dy : r->dx;
        reference_layer_backward(l, l->per_sequence ? &r->tail : &r->full,
                                 reads ? x : NULL, reads ? dx : NULL);

        /* below the one that makes one vector of all */
        bool next = i && !l->per_sequence &&
                    (i + 1 == r->layer_count || r->layers[i + 1].per_sequence);
        size_t O = next ? r->layers[i - 1].O : 0;
        for (size_t n = 0; n < g->in.T * g->in.B * O; n++)
            if (n / O != t * g->in.B + b) r->layers[i - 1].dy[n] = 0;
    }
}

/* The norms at a step of a direction. */
static wanted norms_at(const grid_case *g, const reference_direction *d,
                       size_t b, size_t s)
{
    size_t entry = d->reversed ? g->in.lengths[b] - 1 - s : s;
    size_t row = entry * g->in.B + b;
    return (wanted){norm_of(d->cell.R, d->dh + row * d->cell.R),
                    norm_of(d->cell.H, d->dc + row * d->cell.H)};
}

static void check_near(const grid_case *g, const char *what, size_t t, size_t s,
                       double scale, double got, double want)
{
    CHECK(fabs(got - want) <= 2e-4 * want + 2e-5 * scale + 1e-7,
          "config %zu (%s), %s [%zu][%zu]: %g, the reference has %g", g->which,
          g->line, what, t, s, got, want);
}

/* ---- Paths -------------------------------------------------------------- */

/* Takes the recurrent weights of a direction away, or gives them back: a
 * gradient that goes back without them has only the way from c to c. */
static void cut(grid_case *g, const reference_direction *d, double *kept,
                bool away)
{
    const reference_cell *c = &d->cell;
    double *w = g->r->weights + c->w_hh;
    size_t bytes = c->G * c->R * sizeof *w;
    if (away) memcpy(kept, w, bytes);
    if (away) memset(w, 0, bytes);
    else memcpy(w, kept, bytes);
}

static void check_paths(grid_case *g, const elman_flow_level *level,
                        reference_direction *d, const double *dy, size_t b,
                        size_t t)
{
    enum { MOST = MOST_T * MOST_H, WEIGHTS = 4 * MOST_H * MOST_H };
    size_t T = g->in.lengths[b], H = d->cell.H, B = g->in.B;
    double whole[MOST], kept[WEIGHTS];

    /* with the whole gradient at hand, the part that comes by c alone */
    for (size_t e = 0; e < T; e++)
        memcpy(whole + e * H, d->dc + (e * B + b) * H, H * sizeof *whole);
    cut(g, d, kept, true);
    go_back(g, dy, b, t);
    cut(g, d, kept, false);

    for (size_t e = 0; e < T; e++) {
        size_t s = d->reversed ? T - 1 - e : e, at = t * T + s;
        const double *by_c = d->dc + (e * B + b) * H;
        double all = norm_of(H, whole + e * H);
        for (size_t j = 0; j < H; j++)
            whole[e * H + j] -= by_c[j];
        check_near(g, "by c", t, s, all, (double)level->c_path[at],
                   norm_of(H, by_c));
        check_near(g, "by h", t, s, all, (double)level->h_path[at],
                   norm_of(H, whole + e * H));
    }
}

/* ---- Each loss ---------------------------------------------------------- */

static void check_level(grid_case *g, const elman_flow *flow,
                        const elman_flow_level *level, const double *dy,
                        size_t b, size_t t)
{
    bool second = strstr(level->name, "_reverse") != NULL;
    reference_direction *d = reference_level(g->r, level->level, second);
    assert_non_null(d);
    CHECK(level->reverse == d->reversed, "%s", level->name);

    go_back(g, dy, b, t);
    for (size_t s = 0; s < flow->T; s++) {
        wanted want = norms_at(g, d, b, s);
        size_t at = t * flow->T + s;
        check_near(g, "h", t, s, want.h, (double)level->h[at], want.h);
        if (level->c)
            check_near(g, "c", t, s, want.c, (double)level->c[at], want.c);
    }
    if (level->c && d->cell.config->zoneout == 0)
        check_paths(g, level, d, dy, b, t);
}

static void check_loss(grid_case *g, const elman_flow *flow,
                       const elman_flow_config *config, size_t t)
{
    double dy[2 * MOST_T * MOST_B * 64];
    put_loss(g, config, t, dy);
    for (size_t i = 0; i < flow->count; i++)
        check_level(g, flow, flow->levels + i, dy, config->sequence, t);
}

static void check_case(size_t which)
{
    grid_case *g = grid_begin(which);
    elman_flow_config config = {.threads = (int)(which % 4),
                                .sequence = draw_size(&g->d, 0, g->in.B - 1)};
    config.source = (elman_flow_source)(which % 3);
    float values[MOST_T * MOST_B * 64];
    for (size_t i = 0; i < MOST_T * MOST_B * 64; i++)
        values[i] = draw_real(&g->d, -1, 1);
    const elman_target target = {.values = values};
    const elman_loss_config loss = {.kind = ELMAN_LOSS_MEAN_SQUARED,
                                    .reduction = ELMAN_REDUCTION_SUM};
    if (config.source == ELMAN_FLOW_LOSS) {
        config.target = &target;
        config.loss = &loss;
        if (g->r->outputs > 1) config.source = ELMAN_FLOW_SIGNS;
    }
    config.output = draw_size(&g->d, 0, g->r->outputs * g->r->O - 1);
    size_t length = g->in.lengths[config.sequence];

    if (length) {
        elman_flow *flow = measure(g->model, &g->batch, &config);
        CHECK(flow->T == length, "T is %zu, expected %zu", flow->T, length);
        grid_forward(g);
        for (size_t t = 0; t < length; t++)
            check_loss(g, flow, &config, t);
        flow_end(flow);
    }
    grid_end(g);
}

TEST(each_loss_by_itself_gives_the_norms_of_the_reference)
{
    for (size_t which = 0; which < CASES; which++)
        check_case(which);
}

/* ---- Far losses --------------------------------------------------------- */

/* What falls below 2^-90 is nothing, in one level and in the one below. */
TEST(a_gradient_of_which_nothing_is_left_is_zero)
{
    enum { T = 300 };
    static float x[T];
    for (size_t i = 0; i < T; i++)
        x[i] = 1;
    const elman_batch batch = {.T = T, .B = 1, .x = x};
    const elman_layer line = {.kind = ELMAN_RNN,
                              .hidden_size = 1,
                              .num_layers = 2,
                              .no_bias = true,
                              .nonlinearity = ELMAN_ACTIVATION_RELU,
                              .init_ih = {ELMAN_INIT_CONSTANT, 1},
                              .init_hh = {ELMAN_INIT_CONSTANT, 0.5}};
    const elman_config config = {.input_size = 1, .layers = {line}};
    elman_model *m = NULL;
    CHECK_OK(elman_model_create(&config, &m));
    elman_flow *flow = measure(m, &batch, NULL);
    for (size_t level = 0; level < 2; level++)
        for (size_t k = 0; k < T; k++) {
            /* below, a path may change levels at any of k + 1 steps */
            double paths = level ? 1 : (double)(k + 1);
            double want = paths * pow(0.5, (double)k);
            double got = (double)flow->levels[level].h[(T - 1) * T + T - 1 - k];
            CHECK(fabs(got - want) <= 1e-5 * want + 0x1p-84,
                  "level %zu, %zu steps back: %g not %g", level, k, got, want);
            CHECK(got == 0 || k < 110, "level %zu, %zu steps back: %g", level,
                  k, got);
        }
    flow_end(flow);
    model_destroy(m);
}

/* ---- Misuse ------------------------------------------------------------- */

static void check_refused(const elman_model *m, const elman_batch *batch,
                          elman_flow_config config, const char *part)
{
    elman_flow *flow = NULL;
    elman_status status = flow_begin(m, batch, &config, &flow);
    if (!status) status = flow_step(flow);
    CHECK(status == ELMAN_BAD_VALUE, "%s: status %d", part, (int)status);
    CHECK(strstr(elman_message(), part), "\"%s\" lacks \"%s\"", elman_message(),
          part);
    flow_end(flow);
}

TEST(misuse_is_reported)
{
    const elman_config flat = {
        .input_size = 1, .layers = {{.kind = ELMAN_LINEAR, .output_size = 1}}};
    const elman_config config = {
        .input_size = 1, .layers = {{.kind = ELMAN_GRU, .hidden_size = 2}}};
    float x[6] = {0};
    size_t lengths[2] = {3, 0};
    const elman_batch batch = {.T = 3, .B = 2, .x = x, .lengths = lengths};
    elman_batch bad = batch;
    elman_flow_config plain = {0};
    const elman_loss_config loss = {.kind = ELMAN_LOSS_MEAN_SQUARED};
    const elman_target none = {0};
    elman_model *m = NULL;
    CHECK_OK(model_create(&flat, &m));
    check_refused(m, &batch, plain, "no recurrent layer");
    model_destroy(m);

    CHECK_OK(model_create(&config, &m));
    check_refused(m, &batch, (elman_flow_config){.sequence = 2},
                  "sequence is 2, expected less than the batch's 2");
    check_refused(m, &batch, (elman_flow_config){.sequence = 1},
                  "sequence 1 of the batch has no steps");
    check_refused(m, &batch, (elman_flow_config){.threads = -1},
                  "threads is -1");
    check_refused(m, &batch,
                  (elman_flow_config){.source = ELMAN_FLOW_OUTPUT, .output = 2},
                  "output is 2, expected less than the model's 2");
    check_refused(m, &batch, (elman_flow_config){.source = ELMAN_FLOW_LOSS},
                  "target is NULL");
    check_refused(
        m, &batch,
        (elman_flow_config){.source = ELMAN_FLOW_LOSS, .target = &none},
        "loss is NULL");
    check_refused(m, &batch,
                  (elman_flow_config){.source = ELMAN_FLOW_LOSS,
                                      .target = &none,
                                      .loss = &loss},
                  "values");
    check_refused(m, &batch, (elman_flow_config){.source = 7},
                  "source is 7, expected 0 to 2");

    lengths[0] = 4;
    check_refused(m, &batch, plain, "lengths[0] is 4");
    bad.x = NULL;
    check_refused(m, &bad, plain, "the batch has no x");
    bad.B = 0;
    check_refused(m, &bad, plain, "B 0");
    model_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_loss_of_a_line_falls_by_its_own_power),
        cmocka_unit_test(each_loss_by_itself_gives_the_norms_of_the_reference),
        cmocka_unit_test(a_gradient_of_which_nothing_is_left_is_zero),
        cmocka_unit_test(misuse_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
