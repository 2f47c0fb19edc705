/*
 * test_golden.c: the library, in float32 and through elman.h alone, gives what
 * PyTorch gave in double: rtol 1e-4, atol 1e-5, forward and every gradient.
 */
#include "check.h"
#include "golden.h"

static const double RTOL = 1e-4, ATOL = 1e-5;

/* got (n) against the recorded array name */
static void check_recorded(const golden *g, const char *name, size_t n,
                           const float *got)
{
    double *want = golden_doubles(g, name);
    CHECK(want && golden_find(g, name)->count == n, "%s/%s has not %zu numbers",
          g->name, name, n);
    for (size_t i = 0; i < n; i++)
        CHECK(fabs((double)got[i] - want[i]) <= ATOL + RTOL * fabs(want[i]),
              "%s/%s[%zu] is %.9g, recorded %.9g", g->name, name, i,
              (double)got[i], want[i]);
    free(want);
}

static size_t elements(size_t rank, const size_t *shape)
{
    size_t n = 1;
    for (size_t i = 0; i < rank; i++)
        n *= shape[i];
    return n;
}

/* The model of this case with its recorded weights. */
static elman_model *make_model(const golden *g)
{
    elman_config config = golden_config(g);
    elman_model *model;
    elman_const_tensor view;
    CHECK_OK(elman_model_create(&config, &model));
    size_t n = 0;
    for (const char *name; (name = golden_parameter(g, n)); n++) {
        const char *mine = elman_model_parameter(model, n, &view);
        CHECK(mine && strcmp(mine, name) == 0,
              "%s: parameter %zu is %s, in "
              "PyTorch %s",
              g->name, n, mine ? mine : "missing", name);
        float *values = golden_floats(g, name);
        CHECK_OK(elman_model_write(model, name, elements(view.rank, view.shape),
                                   values));
        free(values);
    }
    CHECK(elman_model_parameter(model, n, NULL) == NULL,
          "%s: more than %zu parameters", g->name, n);
    return model;
}

/* ---- Networks ----------------------------------------------------------- */

/* A pass of one case. */
typedef struct run {
    const golden *g;
    elman_model *model;
    elman_state *state;
    elman_batch batch;
    float *x, *dx, *y, *dy;
    int32_t *tokens;
    size_t *lengths;
    size_t outputs; /* elements of y */
} run;

static run run_begin(const golden *g, int threads)
{
    run r = {.g = g, .model = make_model(g)};
    r.x = golden_floats(g, "x");
    r.dy = golden_floats(g, "dy");
    r.tokens = golden_integers(g, "tokens");
    r.lengths = golden_lengths(g);
    r.batch = (elman_batch){.T = golden_size(g->here, "T"),
                            .B = golden_size(g->here, "B"),
                            .x = r.x,
                            .tokens = r.tokens,
                            .lengths = r.lengths};
    elman_state_config config = {
        .T = r.batch.T, .B = r.batch.B, .training = true, .threads = threads};
    CHECK_OK(elman_state_create(r.model, &config, &r.state));
    r.outputs = golden_find(g, "y")->count;
    r.y = calloc(r.outputs, sizeof *r.y);
    r.dx = calloc(r.x ? golden_find(g, "x")->count : 1, sizeof *r.dx);
    assert_non_null(r.y);
    assert_non_null(r.dx);
    return r;
}

static void run_end(run *r)
{
    elman_state_destroy(r->state);
    elman_model_destroy(r->model);
    free(r->x), free(r->dx), free(r->y), free(r->dy);
    free(r->tokens), free(r->lengths);
}

/* Every level and direction: writes what was recorded of a state into its view
 * (from "h_0" into "h_n"), or checks the view against it. */
static void each_level(run *r, const char *recorded, const char *view,
                       bool check)
{
    size_t levels = elman_model_read_info(r->model).level_count;
    for (size_t i = 0; i < 2 * levels; i++) {
        char from[64], to[64];
        const char *suffix = i % 2 ? "_reverse" : "";
        snprintf(from, sizeof from, "layer%zu%s.%s", i / 2, suffix, recorded);
        snprintf(to, sizeof to, "layer%zu%s.%s", i / 2, suffix, view);
        if (!golden_find(r->g, from)) continue;
        elman_tensor at;
        CHECK_OK(elman_state_view(r->model, r->state, to, &at));
        if (check) {
            check_recorded(r->g, from, elements(at.rank, at.shape), at.data);
            continue;
        }
        float *values = golden_floats(r->g, from);
        CHECK(golden_find(r->g, from)->count == elements(at.rank, at.shape),
              "%s", from);
        memcpy(at.data, values, elements(at.rank, at.shape) * sizeof *values);
        free(values);
    }
}

static void check_gradients(run *r)
{
    const char *name;
    for (size_t i = 0; (name = golden_parameter(r->g, i)); i++) {
        char view[128];
        elman_tensor at;
        snprintf(view, sizeof view, "%s.grad", name);
        CHECK_OK(elman_state_view(r->model, r->state, view, &at));
        check_recorded(r->g, view, elements(at.rank, at.shape), at.data);
    }
    if (r->x) check_recorded(r->g, "dx", golden_find(r->g, "x")->count, r->dx);
    each_level(r, "dh_0", "dh_0", true);
    each_level(r, "dc_0", "dc_0", true);
}

static void check_network(const golden *g, int threads)
{
    run r = run_begin(g, threads);
    each_level(&r, "h_0", "h_n", false);
    each_level(&r, "c_0", "c_n", false);
    CHECK_OK(elman_model_forward(r.model, r.state, &r.batch, r.y));
    check_recorded(g, "y", r.outputs, r.y);
    each_level(&r, "h_n", "h_n", true);
    each_level(&r, "c_n", "c_n", true);

    each_level(&r, "dh_n", "dh_n", false);
    each_level(&r, "dc_n", "dc_n", false);
    CHECK_OK(elman_model_backward(r.model, r.state, r.dy, r.x ? r.dx : NULL));
    check_gradients(&r);
    run_end(&r);
}

TEST(networks_give_what_pytorch_gives)
{
    size_t cases = 0;
    const char *family;
    for (size_t i = 0; (family = golden_family(i)); i++) {
        golden g = golden_open(family);
        for (size_t k = 0; golden_next(&g, k); k++, cases++)
            check_network(&g, 1 + (int)k % 3);
        golden_close(&g);
    }
    CHECK(cases >= 80, "only %zu cases", cases);
}

TEST(cells_step_as_pytorch_cells_do)
{
    golden g = golden_open("cell");
    for (size_t k = 0; golden_next(&g, k); k++) {
        run r = run_begin(&g, 1);
        float *h = golden_floats(&g, "layer0.h_0");
        float *c = golden_floats(&g, "layer0.c_0");
        size_t n = golden_find(&g, "layer0.h_0")->count;

        /* in place */
        CHECK_OK(elman_cell_step(r.model, r.state, r.x, h, c, h, c));
        check_recorded(&g, "layer0.h_n", n, h);
        if (c) check_recorded(&g, "layer0.c_n", n, c);
        free(h), free(c);
        run_end(&r);
    }
    golden_close(&g);
}

/* ---- Losses ------------------------------------------------------------- */

static elman_loss_config loss_of(const golden *g)
{
    static const char *const kinds[] = {"cross_entropy",        "mean_squared",
                                        "mean_absolute",        "huber",
                                        "binary_cross_entropy", NULL};
    static const char *const reductions[] = {"mean", "sum", NULL};
    const json_t *j = json_object_get(g->here, "loss");
    return (elman_loss_config){
        .kind = (elman_loss_kind)golden_choice(j, "kind", kinds),
        .reduction = (elman_reduction)golden_choice(j, "reduction", reductions),
        .has_ignored = json_object_get(j, "ignore_index") != NULL,
        .ignore_index = (int32_t)golden_number(j, "ignore_index", 0),
        .label_smoothing = golden_number(j, "label_smoothing", 0),
        .delta = golden_number(j, "delta", 0),
    };
}

static void check_loss(const golden *g)
{
    elman_loss_config config = loss_of(g);
    size_t O = golden_size(g->here, "O");
    size_t *lengths = golden_lengths(g);
    float *y = golden_floats(g, "y");
    float *values = golden_floats(g, "values");
    float *weights = golden_floats(g, "class_weights");
    int32_t *classes = golden_integers(g, "classes");
    size_t n = golden_find(g, "y")->count;
    float *dy = calloc(n, sizeof *dy);
    assert_non_null(dy);
    config.class_weights = weights;
    elman_batch shape = {.T = golden_size(g->here, "T"),
                         .B = golden_size(g->here, "B"),
                         .lengths = lengths};
    elman_target target = {classes, values};

    double loss, *want = golden_doubles(g, "loss");
    CHECK_OK(elman_loss_forward(&config, &shape, O, y, &target, &loss, dy));
    CHECK(isnan(*want) ? isnan(loss) : fabs(loss - *want) <= 1e-6 * fabs(*want),
          "%s: the loss is %.12g, recorded %.12g", g->name, loss, *want);
    check_recorded(g, "dy", n, dy);
    free(want), free(lengths), free(y), free(values);
    free(weights), free(classes), free(dy);
}

TEST(losses_are_what_pytorch_says)
{
    golden g = golden_open("loss");
    for (size_t k = 0; golden_next(&g, k); k++)
        check_loss(&g);
    golden_close(&g);
}

/* ---- Training ----------------------------------------------------------- */

static elman_optimizer_config optimizer_of(const golden *g)
{
    enum { MOST = 31 };
    const char *rules[MOST + 1] = {NULL};
    elman_rule_info info;
    for (int i = 0; i < MOST && !elman_rule_read((elman_rule)i, &info); i++)
        rules[i] = info.word;

    const json_t *j = json_object_get(g->here, "optimizer");
    return (elman_optimizer_config){
        .rule = (elman_rule)golden_choice(j, "rule", rules),
        .learning_rate = golden_number(j, "learning_rate", 0),
        .momentum = golden_number(j, "momentum", 0),
        .dampening = golden_number(j, "dampening", 0),
        .nesterov = golden_size(j, "nesterov"),
        .beta1 = golden_number(j, "beta1", 0),
        .beta2 = golden_number(j, "beta2", 0),
        .alpha = golden_number(j, "alpha", 0),
        .epsilon = golden_number(j, "epsilon", 0),
        .weight_decay = golden_number(j, "weight_decay", 0),
        .lr_decay = golden_number(j, "lr_decay", 0),
        .initial_accumulator = golden_number(j, "initial_accumulator", 0),
        .centered = golden_size(j, "centered"),
        .amsgrad = golden_size(j, "amsgrad"),
        .maximize = golden_size(j, "maximize"),
        .clip_norm = golden_number(j, "clip_norm", 0),
        .clip_value = golden_number(j, "clip_value", 0),
    };
}

static elman_schedule_config schedule_of(const golden *g)
{
    static const char *const kinds[] = {"constant", "step",    "exponential",
                                        "cosine",   "plateau", NULL};
    const json_t *j = json_object_get(g->here, "schedule");
    return (elman_schedule_config){
        .kind = (elman_schedule_kind)golden_choice(j, "kind", kinds),
        .warmup = golden_size(j, "warmup"),
        .period = golden_size(j, "period"),
        .gamma = golden_number(j, "gamma", 0),
        .patience = golden_size(j, "patience"),
        .minimum = golden_number(j, "minimum", 0),
    };
}

static void check_weights(const golden *g, const elman_model *model,
                          size_t step)
{
    elman_const_tensor view;
    const char *name;
    for (size_t i = 0; (name = elman_model_parameter(model, i, &view)); i++) {
        char recorded[128];
        snprintf(recorded, sizeof recorded, "%s.%zu", name, step);
        if (golden_find(g, recorded))
            check_recorded(g, recorded, elements(view.rank, view.shape),
                           view.data);
    }
}

/* One step of training on the case's only batch; returns the loss. */
static double train_step(run *r, elman_optimizer *optimizer, double rate,
                         double *norm)
{
    elman_loss_config config = {.kind = ELMAN_LOSS_MEAN_SQUARED};
    elman_target target = {.values = r->y};
    elman_tensor y, dy;
    double loss;
    elman_state_reset(r->model, r->state);
    elman_state_zero_gradients(r->state);
    CHECK_OK(elman_model_forward(r->model, r->state, &r->batch, NULL));
    CHECK_OK(elman_state_view(r->model, r->state, "y", &y));
    CHECK_OK(elman_state_view(r->model, r->state, "dy", &dy));
    CHECK_OK(elman_loss_forward(&config, &r->batch, y.shape[2], y.data, &target,
                                &loss, dy.data));
    CHECK_OK(elman_model_backward(r->model, r->state, NULL, NULL));
    CHECK_OK(elman_optimizer_step(optimizer, r->model, r->state, rate, norm));
    return loss;
}

static run training_begin(const golden *g)
{
    run r = {.g = g, .model = make_model(g)};
    r.x = golden_floats(g, "x");
    r.y = golden_floats(g, "values");
    r.batch = (elman_batch){.T = 5, .B = 3, .x = r.x};
    elman_state_config config = {.T = 5, .B = 3, .training = true};
    CHECK_OK(elman_state_create(r.model, &config, &r.state));
    return r;
}

static void check_training(const golden *g)
{
    run r = training_begin(g);
    elman_optimizer_config config = optimizer_of(g);
    elman_schedule_config plan = schedule_of(g);
    elman_schedule seen = {0};
    bool planned = json_object_get(g->here, "schedule") != NULL;
    elman_optimizer *optimizer;
    CHECK_OK(elman_optimizer_create(r.model, &config, &optimizer));
    double *losses = golden_doubles(g, "losses"), norm;
    double *rates = golden_doubles(g, "rates");
    double *norms = golden_doubles(g, "norms");

    /* a step is an epoch here */
    for (size_t i = 0; i < golden_find(g, "losses")->count; i++) {
        double rate = -1;
        seen.step = seen.epoch = i;
        if (planned) {
            rate = elman_schedule_rate(&plan, &seen, config.learning_rate);
            CHECK(fabs(rate - rates[i]) <= 1e-12,
                  "%s: rate %zu is %.12g, "
                  "recorded %.12g",
                  g->name, i, rate, rates[i]);
        }
        double loss = train_step(&r, optimizer, rate, &norm);
        elman_schedule_step(&plan, &seen, loss);
        CHECK(fabs(loss - losses[i]) <= ATOL + RTOL * losses[i],
              "%s: loss %zu is %.9g, recorded %.9g", g->name, i, loss,
              losses[i]);
        CHECK(fabs(norm - norms[i]) <= ATOL + RTOL * norms[i],
              "%s: norm %zu is %.9g, recorded %.9g", g->name, i, norm,
              norms[i]);
        check_weights(g, r.model, i + 1);
    }
    elman_optimizer_destroy(optimizer);
    free(losses), free(rates), free(norms);
    run_end(&r);
}

TEST(training_takes_the_steps_that_pytorch_takes)
{
    static const char *const families[] = {"optimizer", "schedule"};
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        golden g = golden_open(families[i]);
        for (size_t k = 0; golden_next(&g, k); k++)
            check_training(&g);
        golden_close(&g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_give_what_pytorch_gives),
        cmocka_unit_test(cells_step_as_pytorch_cells_do),
        cmocka_unit_test(losses_are_what_pytorch_says),
        cmocka_unit_test(training_takes_the_steps_that_pytorch_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
