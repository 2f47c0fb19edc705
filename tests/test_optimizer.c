/* test_optimizer.c: every rule in both flavours against its formula in plain
 * double, clipping, what a checkpoint keeps, and refusals. */
#include "check.h"

#include "learn/optimizer.h"

enum { N = 37, STEPS = 30 };

/* ---- The rules in double, as PyTorch and Keras document them ------------ */

typedef struct moments {
    double m[N], v[N], top[N], mean[N], buf[N];
} moments;

static double sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }

/* As the paper has it; Keras's is the same. */
static double lion_step(const elman_optimizer_config *c, moments *s, size_t i,
                        double g, double p, double lr)
{
    double step = sign(c->beta1 * s->m[i] + (1 - c->beta1) * g);
    s->m[i] = c->beta2 * s->m[i] + (1 - c->beta2) * g;
    return p - lr * step;
}

static double torch_step(const elman_optimizer_config *c, moments *s, size_t i,
                         double g, double p, int t, double lr)
{
    bool decoupled = c->rule == ELMAN_RULE_ADAMW || c->rule == ELMAN_RULE_LION;
    if (decoupled) p *= 1 - lr * c->weight_decay;
    else g += c->weight_decay * p;
    switch (c->rule) {
    case ELMAN_RULE_SGD:
        if (c->momentum == 0) return p - lr * g;
        s->buf[i] =
            t == 1 ? g : c->momentum * s->buf[i] + (1 - c->dampening) * g;
        return p - lr * (c->nesterov ? g + c->momentum * s->buf[i] : s->buf[i]);
    case ELMAN_RULE_ADAGRAD:
        s->v[i] += g * g;
        return p - lr / (1 + (t - 1) * c->lr_decay) * g /
                       (sqrt(s->v[i]) + c->epsilon);
    case ELMAN_RULE_RMSPROP: {
        s->v[i] = c->alpha * s->v[i] + (1 - c->alpha) * g * g;
        s->mean[i] = c->alpha * s->mean[i] + (1 - c->alpha) * g;
        double v = s->v[i] - (c->centered ? s->mean[i] * s->mean[i] : 0);
        double step = g / (sqrt(v) + c->epsilon);
        if (c->momentum > 0) step = s->buf[i] = c->momentum * s->buf[i] + step;
        return p - lr * step;
    }
    case ELMAN_RULE_LION:
        return lion_step(c, s, i, g, p, lr);
    default: {
        s->m[i] += (1 - c->beta1) * (g - s->m[i]);
        s->v[i] = c->beta2 * s->v[i] + (1 - c->beta2) * g * g;
        s->top[i] = fmax(s->top[i], s->v[i]);
        double root =
            sqrt(c->amsgrad ? s->top[i] : s->v[i]) / sqrt(1 - pow(c->beta2, t));
        return p - lr / (1 - pow(c->beta1, t)) * s->m[i] / (root + c->epsilon);
    }
    }
}

static double keras_step(const elman_optimizer_config *c, moments *s, size_t i,
                         double g, double p, int t, double lr)
{
    p -= p * c->weight_decay * lr;
    switch (c->rule) {
    case ELMAN_RULE_SGD:
        s->buf[i] = c->momentum * s->buf[i] - lr * g;
        if (c->momentum == 0) return p - lr * g;
        return p + (c->nesterov ? c->momentum * s->buf[i] - lr * g : s->buf[i]);
    case ELMAN_RULE_ADAGRAD:
        s->v[i] += g * g;
        return p - lr * g / sqrt(s->v[i] + c->epsilon);
    case ELMAN_RULE_RMSPROP: {
        s->v[i] = c->alpha * s->v[i] + (1 - c->alpha) * g * g;
        s->mean[i] = c->alpha * s->mean[i] + (1 - c->alpha) * g;
        double v = s->v[i] - (c->centered ? s->mean[i] * s->mean[i] : 0);
        double step = lr * g / sqrt(v + c->epsilon);
        if (c->momentum > 0) step = s->buf[i] = c->momentum * s->buf[i] + step;
        return p - step;
    }
    case ELMAN_RULE_LION:
        return lion_step(c, s, i, g, p, lr);
    default: {
        s->m[i] += (g - s->m[i]) * (1 - c->beta1);
        s->v[i] += (g * g - s->v[i]) * (1 - c->beta2);
        s->top[i] = fmax(s->top[i], s->v[i]);
        double alpha = lr * sqrt(1 - pow(c->beta2, t)) / (1 - pow(c->beta1, t));
        return p - alpha * s->m[i] /
                       (sqrt(c->amsgrad ? s->top[i] : s->v[i]) + c->epsilon);
    }
    }
}

/* Clips as the flavour does and moves p (N); returns the norm. */
static double reference_step(const elman_optimizer_config *c, moments *s, int t,
                             double lr, const float *gradients, double *p)
{
    double square = 0;
    for (size_t i = 0; i < N; i++)
        square += (double)gradients[i] * (double)gradients[i];
    double norm = sqrt(square), scale = 1;
    if (c->clip_norm > 0 && c->flavour == ELMAN_FLAVOUR_TORCH)
        scale = fmin(1, c->clip_norm / (norm + 1e-6));
    if (c->clip_norm > 0 && c->flavour == ELMAN_FLAVOUR_KERAS)
        scale = c->clip_norm / fmax(norm, c->clip_norm);
    for (size_t i = 0; i < N; i++) {
        double g = scale * (double)gradients[i];
        if (c->clip_value > 0) g = fmax(-c->clip_value, fmin(c->clip_value, g));
        if (c->maximize) g = -g;
        p[i] = c->flavour == ELMAN_FLAVOUR_KERAS
                   ? keras_step(c, s, i, g, p[i], t, lr)
                   : torch_step(c, s, i, g, p[i], t, lr);
    }
    return norm;
}

/* ---- Settings ----------------------------------------------------------- */

static const elman_optimizer_config settings[] = {
    {0},
    {.rule = ELMAN_RULE_ADAM, .amsgrad = true, .weight_decay = 0.05},
    {.rule = ELMAN_RULE_ADAM, .beta1 = 0.7, .beta2 = 0.95, .epsilon = 1e-3},
    {.rule = ELMAN_RULE_ADAM, .maximize = true, .clip_value = 0.3},
    {.rule = ELMAN_RULE_ADAM, .no_beta1 = true, .no_beta2 = true},
    {.rule = ELMAN_RULE_ADAMW},
    {.rule = ELMAN_RULE_ADAMW, .weight_decay = 0.2, .amsgrad = true},
    {.rule = ELMAN_RULE_ADAMW, .no_weight_decay = true, .clip_norm = 0.5},
    {.rule = ELMAN_RULE_SGD, .weight_decay = 0.1},
    {.rule = ELMAN_RULE_SGD, .momentum = 0.9, .clip_norm = 2},
    {.rule = ELMAN_RULE_SGD, .momentum = 0.9, .nesterov = true},
    {.rule = ELMAN_RULE_SGD, .momentum = 0.5, .dampening = 0.3},
    {.rule = ELMAN_RULE_SGD,
     .clip_norm = 1,
     .clip_value = 0.1,
     .maximize = true},
    {.rule = ELMAN_RULE_ADAGRAD},
    {.rule = ELMAN_RULE_ADAGRAD, .lr_decay = 0.1, .weight_decay = 0.01},
    {.rule = ELMAN_RULE_ADAGRAD, .initial_accumulator = 0.5, .epsilon = 0.01},
    {.rule = ELMAN_RULE_RMSPROP},
    {.rule = ELMAN_RULE_RMSPROP, .centered = true, .alpha = 0.9},
    {.rule = ELMAN_RULE_RMSPROP, .no_alpha = true},
    {.rule = ELMAN_RULE_RMSPROP, .momentum = 0.8, .weight_decay = 0.01},
    {.rule = ELMAN_RULE_RMSPROP, .momentum = 0.8, .centered = true},
    {.rule = ELMAN_RULE_LION},
    {.rule = ELMAN_RULE_LION, .learning_rate = 0.01, .weight_decay = 0.3},
    {.rule = ELMAN_RULE_LION, .beta1 = 0.5, .beta2 = 0.75, .clip_norm = 1},
    {.rule = ELMAN_RULE_LION, .no_beta1 = true},
    {.rule = ELMAN_RULE_LION, .maximize = true, .clip_value = 0.5},
};
enum { SETTINGS = sizeof settings / sizeof *settings };

static elman_optimizer *start(elman_optimizer_config config)
{
    elman_optimizer *optimizer = NULL;
    CHECK_OK(optimizer_create(&config, N, &optimizer));
    return optimizer;
}

static bool has_rule(const elman_optimizer_config *c, elman_flavour flavour)
{
    return flavour == ELMAN_FLAVOUR_TORCH ||
           (c->dampening == 0 && c->lr_decay == 0);
}

/* ---- Tests -------------------------------------------------------------- */

static void check_rule(elman_optimizer_config config, size_t number)
{
    elman_optimizer *optimizer = start(config);
    const elman_optimizer_config *full = optimizer_config(optimizer);
    float *p = guarded_floats(N), g[N], want[N];
    double exact[N], norm;
    moments s = {0};

    /* the same start for both */
    random_fill(number, N, -1, 1, p);
    for (size_t i = 0; i < N; i++) {
        exact[i] = (double)p[i];
        s.v[i] = full->initial_accumulator;
    }

    /* the config's rate, then others; a gradient of 0 now and then */
    for (int t = 1; t <= STEPS; t++) {
        double lr = t < 20 ? -1 : 0.05 / t;
        random_fill(100 * number + (uint64_t)t, N, -2, 2, g);
        g[3] = 0;
        if (t == 7) memset(g, 0, sizeof g);
        CHECK_OK(optimizer_update(optimizer, lr, 1, g, p, &norm));
        double exact_norm = reference_step(
            full, &s, t, lr < 0 ? full->learning_rate : lr, g, exact);
        CHECK(fabs(norm - exact_norm) <= 1e-12 * exact_norm, "norm %g", norm);
        for (size_t i = 0; i < N; i++)
            want[i] = (float)exact[i];
        CHECK_CLOSE(p, want, N, 2e-6, 2e-6, "setting %zu flavour %d step %d",
                    number, config.flavour, t);
    }
    guarded_free(p, N);
    optimizer_destroy(optimizer);
}

TEST(each_rule_is_its_formula_in_both_flavours)
{
    for (size_t i = 0; i < SETTINGS; i++)
        for (int flavour = 0; flavour < 2; flavour++) {
            elman_optimizer_config config = settings[i];
            config.flavour = (elman_flavour)flavour;
            if (has_rule(&config, config.flavour)) check_rule(config, i);
        }
}

TEST(defaults_are_those_of_the_frameworks)
{
    static const struct {
        elman_rule rule;
        elman_flavour flavour;
        double rate, epsilon, decay, alpha, accumulator, beta1, beta2;
    } want[] = {
        {ELMAN_RULE_ADAM, ELMAN_FLAVOUR_TORCH, 1e-3, 1e-8, 0, 0, 0, 0.9, 0.999},
        {ELMAN_RULE_ADAMW, ELMAN_FLAVOUR_TORCH, 1e-3, 1e-8, 0.01, 0, 0, 0.9,
         0.999},
        {ELMAN_RULE_SGD, ELMAN_FLAVOUR_TORCH, 1e-3, 0, 0, 0, 0, 0, 0},
        {ELMAN_RULE_ADAGRAD, ELMAN_FLAVOUR_TORCH, 1e-2, 1e-10, 0, 0, 0, 0, 0},
        {ELMAN_RULE_RMSPROP, ELMAN_FLAVOUR_TORCH, 1e-2, 1e-8, 0, 0.99, 0, 0, 0},
        {ELMAN_RULE_ADAM, ELMAN_FLAVOUR_KERAS, 1e-3, 1e-7, 0, 0, 0, 0.9, 0.999},
        {ELMAN_RULE_ADAMW, ELMAN_FLAVOUR_KERAS, 1e-3, 1e-7, 0.004, 0, 0, 0.9,
         0.999},
        {ELMAN_RULE_SGD, ELMAN_FLAVOUR_KERAS, 1e-2, 0, 0, 0, 0, 0, 0},
        {ELMAN_RULE_ADAGRAD, ELMAN_FLAVOUR_KERAS, 1e-3, 1e-7, 0, 0, 0.1, 0, 0},
        {ELMAN_RULE_RMSPROP, ELMAN_FLAVOUR_KERAS, 1e-3, 1e-7, 0, 0.9, 0, 0, 0},
        {ELMAN_RULE_LION, ELMAN_FLAVOUR_TORCH, 1e-4, 0, 0, 0, 0, 0.9, 0.99},
        {ELMAN_RULE_LION, ELMAN_FLAVOUR_KERAS, 1e-3, 0, 0, 0, 0, 0.9, 0.99},
    };

    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        elman_optimizer *o = start((elman_optimizer_config){
            .rule = want[i].rule, .flavour = want[i].flavour});
        const elman_optimizer_config *c = optimizer_config(o);
        CHECK(
            c->learning_rate == want[i].rate && c->epsilon == want[i].epsilon &&
                c->weight_decay == want[i].decay && c->alpha == want[i].alpha &&
                c->initial_accumulator == want[i].accumulator &&
                c->beta1 == want[i].beta1 && c->beta2 == want[i].beta2,
            "row %zu", i);
        optimizer_destroy(o);
    }
    optimizer_destroy(NULL);
}

/* What tests/golden/lion.py prints: weights after each of its gradients. */
TEST(lion_gives_the_numbers_of_an_independent_program)
{
    enum { WEIGHTS = 4, GRADIENTS = 6 };
    static const float gradients[GRADIENTS][WEIGHTS] = {
        {0.5f, -1, 0, 0.25f},  {-0.0625f, 0.125f, 0, 0.5f},
        {-2, 4, 0, -0.03125f}, {0, 0, 0, 0},
        {1.5f, -0.75f, 0, -8}, {0.25f, 0.5f, 0, 1},
    };
    static const struct {
        elman_optimizer_config config;
        float weights[GRADIENTS][WEIGHTS];
    } cases[] = {
        {{.rule = ELMAN_RULE_LION},
         {{0.4999f, -1.2499f, 0, 1.9999f},
          {0.5f, -1.25f, 0, 1.9998f},
          {0.5001f, -1.2501f, 0, 1.9997f},
          {0.5002f, -1.2502f, 0, 1.9996f},
          {0.5001f, -1.2501f, 0, 1.9997f},
          {0.5f, -1.2502f, 0, 1.9996f}}},
        {{.rule = ELMAN_RULE_LION,
          .learning_rate = 0.01,
          .beta1 = 0.5,
          .beta2 = 0.75,
          .weight_decay = 0.1},
         {{0.4895f, -1.23875f, 0, 1.988f},
          {0.4790105f, -1.22751125f, 0, 1.976012f},
          {0.4885314895f, -1.23628373875f, 0, 1.964035988f},
          {0.498042958011f, -1.24504745501f, 0, 1.95207195201f},
          {0.487544915052f, -1.23380240756f, 0, 1.96011988006f},
          {0.477057370137f, -1.24256860515f, 0, 1.96815976018f}}},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        elman_optimizer *o = NULL;
        float p[WEIGHTS] = {0.5f, -1.25f, 0, 2};
        CHECK_OK(optimizer_create(&cases[i].config, WEIGHTS, &o));
        for (size_t t = 0; t < GRADIENTS; t++) {
            CHECK_OK(optimizer_update(o, -1, 1, gradients[t], p, NULL));
            CHECK_CLOSE(p, cases[i].weights[t], WEIGHTS, 1e-6, 1e-6,
                        "case %zu, step %zu", i, t);
            CHECK(p[2] == 0, "the sign of 0 is %g", (double)p[2]);
        }
        optimizer_destroy(o);
    }
}

static void copy_moments(elman_optimizer *to, elman_optimizer *from)
{
    optimizer_tensor a[OPTIMIZER_MAX_TENSORS], b[OPTIMIZER_MAX_TENSORS];
    size_t count = optimizer_tensors(from, a);
    CHECK(optimizer_tensors(to, b) == count, "%zu", count);
    for (size_t i = 0; i < count; i++) {
        CHECK(!strcmp(a[i].name, b[i].name), "%s", a[i].name);
        memcpy(b[i].values, a[i].values, N * sizeof(float));
    }
    *optimizer_progress(to) = *optimizer_progress(from);
}

TEST(an_optimizer_goes_on_from_what_a_checkpoint_keeps)
{
    for (size_t number = 0; number < SETTINGS; number++) {
        elman_optimizer *o = start(settings[number]);
        float p[N], q[N], g[N];
        random_fill(number, N, -1, 1, p);
        for (uint64_t t = 0; t < 5; t++) {
            random_fill(t, N, -1, 1, g);
            CHECK_OK(optimizer_update(o, -1, 1, g, p, NULL));
        }

        elman_optimizer *resumed = start(settings[number]);
        copy_moments(resumed, o);
        memcpy(q, p, sizeof p);
        for (uint64_t t = 5; t < 9; t++) {
            random_fill(t, N, -1, 1, g);
            CHECK_OK(optimizer_update(o, -1, 1, g, p, NULL));
            CHECK_OK(optimizer_update(resumed, -1, 1, g, q, NULL));
            CHECK_BITS(q, p, N, "setting %zu", number);
        }
        optimizer_destroy(o);
        optimizer_destroy(resumed);
    }
}

/* Adam's first step is then the rate itself, whatever the gradient's size. */
TEST(without_an_epsilon_a_weight_moves_by_the_rate_and_stays_without_a_gradient)
{
    for (int flavour = 0; flavour < 2; flavour++) {
        elman_optimizer *o =
            start((elman_optimizer_config){.flavour = (elman_flavour)flavour,
                                           .learning_rate = 0.5,
                                           .no_epsilon = true});
        float p[N] = {0}, g[N] = {1e-18f, -3, 0};
        CHECK_OK(optimizer_update(o, -1, 1, g, p, NULL));
        CHECK(fabs((double)p[0] + 0.5) < 1e-6 &&
                  fabs((double)p[1] - 0.5) < 1e-6 && p[2] == 0,
              "%g %g %g", (double)p[0], (double)p[1], (double)p[2]);
        optimizer_destroy(o);
    }
    elman_optimizer *o =
        start((elman_optimizer_config){.rule = ELMAN_RULE_ADAGRAD,
                                       .flavour = ELMAN_FLAVOUR_KERAS,
                                       .learning_rate = 0.5,
                                       .no_epsilon = true,
                                       .no_initial_accumulator = true});
    float p[N] = {0}, g[N] = {2, 0};
    CHECK_OK(optimizer_update(o, -1, 1, g, p, NULL));
    CHECK(fabs((double)p[0] + 0.5) < 1e-6 && p[1] == 0, "%g %g", (double)p[0],
          (double)p[1]);
    optimizer_destroy(o);
}

TEST(gaps_of_zero_stay_zero)
{
    for (size_t number = 0; number < SETTINGS; number++) {
        elman_optimizer *o = start(settings[number]);
        float p[N] = {0}, zero[N] = {0};
        for (int t = 0; t < 5; t++)
            CHECK_OK(optimizer_update(o, 0.5, 1, zero, p, NULL));
        for (size_t i = 0; i < N; i++)
            CHECK(p[i] == 0, "setting %zu: %g", number, (double)p[i]);
        optimizer_destroy(o);
    }
}

TEST(a_gradient_that_is_not_finite_changes_nothing)
{
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t number = 0; number < SETTINGS; number++) {
        elman_optimizer *o = start(settings[number]);
        elman_optimizer *before = start(settings[number]);
        float p[N], q[N], g[N];
        random_fill(1, N, -1, 1, p);
        random_fill(2, N, -1, 1, g);
        CHECK_OK(optimizer_update(o, -1, 1, g, p, NULL));
        copy_moments(before, o);
        memcpy(q, p, sizeof p);

        /* each is refused */
        double norm = 7;
        float kept = g[N - 1];
        for (int i = 0; i < 3; i++) {
            g[N - 1] = bad[i];
            CHECK_FAILS(optimizer_update(o, -1, 1, g, p, &norm),
                        ELMAN_NOT_FINITE, "the gradient's norm is");
        }
        CHECK(norm == 7, "%g", norm);
        CHECK_BITS(p, q, N, "weights");

        /* and the next step is that of an optimizer that saw none of them */
        g[N - 1] = kept;
        CHECK_OK(optimizer_update(o, -1, 1, g, p, NULL));
        CHECK_OK(optimizer_update(before, -1, 1, g, q, NULL));
        CHECK_BITS(p, q, N, "the next step of setting %zu", number);
        optimizer_destroy(o);
        optimizer_destroy(before);
    }
}

TEST(huge_gradients_are_clipped_not_refused)
{
    elman_optimizer *o = start((elman_optimizer_config){
        .rule = ELMAN_RULE_SGD, .learning_rate = 1, .clip_norm = 1});
    float p[N] = {0}, g[N] = {3e38f, -3e38f};
    double norm;
    CHECK_OK(optimizer_update(o, -1, 1, g, p, &norm));
    CHECK(fabs(norm / 4.242640687e38 - 1) < 1e-6, "%g", norm);
    CHECK(fabs((double)p[0] + sqrt(0.5)) < 1e-6 && p[1] == -p[0], "%g",
          (double)p[0]);
    optimizer_destroy(o);
}

TEST(misuse_of_an_optimizer_is_reported)
{
    static const struct {
        elman_optimizer_config config;
        const char *message;
    } cases[] = {
        {{.rule = 12}, "optimizer rule is 12, expected 0 to "},
        {{.flavour = 3}, "optimizer flavour is 3, expected 0 to 1"},
        {{.learning_rate = NAN},
         "learning_rate is nan, expected a finite number of 0 or more"},
        {{.learning_rate = -1}, "learning_rate is -1"},
        {{.beta2 = 1}, "beta2 is 1, expected 0 or more and less than 1"},
        {{.momentum = 0.9}, "momentum is 0.9, but Adam has no momentum"},
        {{.rule = ELMAN_RULE_SGD, .beta1 = 0.9}, "SGD has no beta1"},
        {{.rule = ELMAN_RULE_SGD, .centered = true}, "SGD has no centered"},
        {{.rule = ELMAN_RULE_LION, .epsilon = 1e-8},
         "epsilon is 1e-08, but Lion has no epsilon"},
        {{.rule = ELMAN_RULE_LION, .amsgrad = true},
         "amsgrad is 1, but Lion has no amsgrad"},
        {{.rule = ELMAN_RULE_ADAGRAD, .amsgrad = true},
         "Adagrad has no amsgrad"},
        {{.rule = ELMAN_RULE_RMSPROP, .nesterov = true},
         "RMSprop has no nesterov"},
        {{.rule = ELMAN_RULE_SGD, .nesterov = true},
         "nesterov with momentum 0 and dampening 0"},
        {{.rule = ELMAN_RULE_SGD,
          .nesterov = true,
          .momentum = 0.9,
          .dampening = 0.1},
         "nesterov with momentum 0.9 and dampening 0.1"},
        {{.rule = ELMAN_RULE_SGD,
          .flavour = ELMAN_FLAVOUR_KERAS,
          .momentum = 0.9,
          .dampening = 0.1},
         "dampening belongs to the PyTorch flavour alone"},
        {{.no_weight_decay = true, .weight_decay = 0.1},
         "weight_decay is 0.1 and no_weight_decay is set"},
        {{.rule = ELMAN_RULE_SGD, .no_weight_decay = true},
         "no_weight_decay is set, but SGD decays no weights by default"},
        {{.epsilon = 1e-60},
         "epsilon is 1e-60, expected 1e-45 or more, or no_epsilon"},
        {{.beta1 = 0.5, .no_beta1 = true},
         "beta1 is 0.5 and no_beta1 is set, expected one of them"},
        {{.rule = ELMAN_RULE_LION, .no_epsilon = true},
         "no_epsilon is set, but Lion has no epsilon"},
        {{.clip_norm = -3}, "clip_norm is -3"},
        {{.clip_value = INFINITY}, "clip_value is inf"},
    };
    elman_optimizer *o = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_FAILS(optimizer_create(&cases[i].config, N, &o), ELMAN_BAD_VALUE,
                    cases[i].message);
        CHECK(o == NULL, "case %zu", i);
    }
    CHECK_FAILS(optimizer_create(NULL, N, &o), ELMAN_BAD_VALUE, "is NULL");
    CHECK_FAILS(optimizer_create(&settings[0], SIZE_MAX / 2, &o),
                ELMAN_NO_MEMORY, "no memory for an optimizer of");

    o = start(settings[0]);
    float p[N] = {0}, g[N] = {1};
    CHECK_FAILS(optimizer_update(o, NAN, 1, g, p, NULL), ELMAN_BAD_VALUE,
                "the learning rate is nan");
    CHECK_FAILS(optimizer_update(o, INFINITY, 1, g, p, NULL), ELMAN_BAD_VALUE,
                "the learning rate is inf");
    CHECK(p[0] == 0 && optimizer_progress(o)->step == 0, "moved");
    optimizer_destroy(o);
}

/* A config with one field that not every rule has. */
static const struct {
    const char *name;
    elman_optimizer_config config;
} fields[] = {
    {"momentum", {.momentum = 0.5}},
    {"dampening", {.momentum = 0.5, .dampening = 0.5}},
    {"nesterov", {.momentum = 0.5, .nesterov = true}},
    {"beta1", {.beta1 = 0.5}},
    {"beta2", {.beta2 = 0.5}},
    {"alpha", {.alpha = 0.5}},
    {"epsilon", {.epsilon = 0.5}},
    {"no_weight_decay", {.no_weight_decay = true}},
    {"lr_decay", {.lr_decay = 0.5}},
    {"initial_accumulator", {.initial_accumulator = 0.5}},
    {"centered", {.centered = true}},
    {"amsgrad", {.amsgrad = true}},
    {"no_beta1", {.no_beta1 = true}},
    {"no_beta2", {.no_beta2 = true}},
    {"no_alpha", {.no_alpha = true}},
    {"no_epsilon", {.no_epsilon = true}},
    {"no_initial_accumulator", {.no_initial_accumulator = true}},
};

TEST(a_rule_takes_the_fields_it_names_and_no_other)
{
    elman_rule_info info;
    int rule = 0;
    for (; elman_rule_read((elman_rule)rule, &info) == ELMAN_OK; rule++) {
        CHECK(info.rule == (elman_rule)rule, "%d", rule);
        size_t known = 0;
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
            bool named = false;
            for (const char *const *at = info.fields; *at; at++)
                named = named || !strcmp(*at, fields[i].name);
            known += named;

            elman_optimizer_config config = fields[i].config;
            config.rule = (elman_rule)rule;
            elman_optimizer *o = NULL;
            elman_status status = optimizer_create(&config, N, &o);
            CHECK(!status == named, "%s and %s: %s", info.word, fields[i].name,
                  status ? elman_message() : "taken");
            if (status && config.momentum == 0)
                CHECK(strstr(elman_message(), fields[i].name), "%s",
                      elman_message());
            optimizer_destroy(o);
        }
        size_t count = 0;
        while (info.fields[count])
            count++;
        CHECK(count == known, "%s has %zu fields, %zu known here", info.word,
              count, known);
    }
    CHECK(rule > 0, "no rules");

    elman_rule_info before = info;
    CHECK_FAILS(elman_rule_read((elman_rule)rule, &info), ELMAN_BAD_VALUE,
                "expected 0 to ");
    CHECK_FAILS(elman_rule_read((elman_rule)-1, &info), ELMAN_BAD_VALUE,
                "optimizer rule is -1, expected 0 to ");
    CHECK(info.rule == before.rule && info.word == before.word, "touched");
    CHECK_FAILS(elman_rule_read(ELMAN_RULE_ADAM, NULL), ELMAN_BAD_VALUE,
                "info is NULL");
}

/* A step of every setting over several blocks and an odd end, the norm bound:
 * threads change no bit, and the norm is that of a plain sum. */
TEST(threads_change_no_bit_of_a_step)
{
    enum { MANY = 3 * OPTIMIZER_BLOCK + 37 };
    float *g = malloc(MANY * sizeof *g);
    random_fill(3, MANY, -1, 1, g);
    double plain = 0;
    for (size_t i = 0; i < MANY; i++)
        plain += (double)g[i] * (double)g[i];

    for (size_t number = 0; number < SETTINGS; number++) {
        elman_optimizer_config config = settings[number];
        config.clip_norm = 2;
        float *p[4];
        double norm[4];

        for (int threads = 1; threads <= 4; threads++) {
            elman_optimizer *o = NULL;
            float *q = p[threads - 1] = malloc(MANY * sizeof *q);
            CHECK_OK(optimizer_create(&config, MANY, &o));
            random_fill(4, MANY, -1, 1, q);
            for (int step = 0; step < 2; step++)
                CHECK_OK(
                    optimizer_update(o, -1, threads, g, q, norm + threads - 1));
            CHECK(fabs(norm[threads - 1] / sqrt(plain) - 1) < 1e-12, "%g",
                  norm[threads - 1]);
            CHECK(!memcmp(norm, norm + threads - 1, sizeof *norm),
                  "norm of %d threads", threads);
            CHECK_BITS(q, p[0], MANY, "setting %zu, %d threads", number,
                       threads);
            optimizer_destroy(o);
        }

        for (int i = 0; i < 4; i++)
            free(p[i]);
    }
    free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_is_its_formula_in_both_flavours),
        cmocka_unit_test(defaults_are_those_of_the_frameworks),
        cmocka_unit_test(lion_gives_the_numbers_of_an_independent_program),
        cmocka_unit_test(an_optimizer_goes_on_from_what_a_checkpoint_keeps),
        cmocka_unit_test(
            without_an_epsilon_a_weight_moves_by_the_rate_and_stays_without_a_gradient),
        cmocka_unit_test(gaps_of_zero_stay_zero),
        cmocka_unit_test(a_gradient_that_is_not_finite_changes_nothing),
        cmocka_unit_test(huge_gradients_are_clipped_not_refused),
        cmocka_unit_test(a_rule_takes_the_fields_it_names_and_no_other),
        cmocka_unit_test(threads_change_no_bit_of_a_step),
        cmocka_unit_test(misuse_of_an_optimizer_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
