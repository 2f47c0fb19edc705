/* test_groups.c: parameters that an optimizer treats in their own way, and
 * norms of several models together. */
#include "random_batch.h"

#include "learn/optimizer.h"
#include "model/model.h"

/* ---- A model with gradients --------------------------------------------- */

typedef struct setting {
    elman_model *model;
    elman_state *state;
} setting;

/* Gradients are random; no pass is needed. */
static void draw_gradients(setting *s, uint64_t which)
{
    float *total = gradients_join(s->state);
    for (size_t i = 0; i < s->model->info.parameter_count; i++) {
        const parameter *p = s->model->parameters + i;
        random_fill(100 * which + i, p->count, -2, 2, total + p->offset);
    }
}

static setting begin(const elman_config *config)
{
    setting s;
    elman_state_config room = {.training = true};
    CHECK_OK(elman_model_create(config, &s.model));
    CHECK_OK(elman_state_create(s.model, &room, &s.state));
    draw_gradients(&s, 0);
    return s;
}

static void end(setting s)
{
    elman_state_destroy(s.state);
    elman_model_destroy(s.model);
}

static const elman_config network = {
    .input_size = 3,
    .seed = 4,
    .layers = {{.kind = ELMAN_LSTM,
                .hidden_size = 7,
                .num_layers = 2,
                .learned_state = true},
               {.kind = ELMAN_LAYER_NORM},
               {.kind = ELMAN_LINEAR, .output_size = 5}}};

/* ---- Each rule, with groups --------------------------------------------- */

/* How a parameter should be treated. */
typedef struct treatment {
    bool frozen;
    double rate, decay; /* negative decay: the rule's own */
} treatment;

/* What the groups below say, in other words. */
static treatment expected(const parameter *p, const elman_optimizer_config *c)
{
    treatment t = {.rate = 0.02, .decay = 0.3};
    if (!strncmp(p->name, "norm.", 5)) t.frozen = true;
    if (strstr(p->name, "_hh_l")) t = (treatment){.rate = 0.005, .decay = 0.3};
    if (!strncmp(p->name, "fc.", 3)) t = (treatment){.rate = 0.02, .decay = 1};
    if (strstr(p->name, "_0_l1")) t = (treatment){.rate = 0.1, .decay = 0};
    if (c->no_bias_decay && p->rank < 2) t.decay = 0;
    return t;
}

static const elman_optimizer_group groups[] = {
    {.names = "norm", .frozen = true},
    {.names = "rnn.*_hh_l*", .learning_rate = 0.005},
    {.names = "fc.weight,fc.bias", .weight_decay = 1},
    {.names = " rnn.h_0_l1 ,  *c_0_l1",
     .learning_rate = 0.1,
     .no_weight_decay = true},
};

/* Each parameter by an optimizer of its own, clipped by the norm of all. */
static void check_rule(elman_optimizer_config config)
{
    setting s = begin(&network);
    size_t count = s.model->info.parameter_count, n = s.model->weight_count;
    elman_optimizer_group mine[4];
    memcpy(mine, groups, sizeof mine);
    config.learning_rate = 0.02;
    config.weight_decay = 0.3;
    config.clip_norm = 3;
    elman_optimizer_config grouped = config;
    grouped.groups = mine;
    grouped.group_count = 4;
    elman_optimizer *all, *one[64] = {0};
    CHECK_OK(elman_optimizer_create(s.model, &grouped, &all));
    memset(mine, 0, sizeof mine); /* they were borrowed */
    float *weights = malloc(n * sizeof *weights);
    memcpy(weights, model_flat(s.model), n * sizeof *weights);

    config.no_bias_decay = false;
    for (int step = 0; step < 4; step++) {
        double rate = step < 2 ? -1 : 0.01, norm, squares = 0;
        draw_gradients(&s, (uint64_t)step);
        float *g = gradients_join(s.state);
        for (size_t i = 0; i < count; i++) {
            const parameter *p = s.model->parameters + i;
            for (size_t k = 0; k < p->count; k++)
                if (!expected(p, &grouped).frozen)
                    squares +=
                        (double)g[p->offset + k] * (double)g[p->offset + k];
        }
        CHECK_OK(elman_optimizer_step(all, s.model, s.state, rate, &norm));
        CHECK(fabs(norm - sqrt(squares)) < 1e-12 * norm, "%g and %g", norm,
              sqrt(squares));

        for (size_t i = 0; i < count; i++) {
            const parameter *p = s.model->parameters + i;
            treatment t = expected(p, &grouped);
            float *want = weights + p->offset;
            elman_optimizer_config own = config;
            own.learning_rate = t.rate;
            own.weight_decay = t.decay;
            own.no_weight_decay = t.decay == 0 && own.rule == ELMAN_RULE_ADAMW;
            if (!one[i]) CHECK_OK(optimizer_create(&own, p->count, &one[i]));
            double scaled = rate < 0 ? t.rate : rate / 0.02 * t.rate;
            if (!t.frozen)
                CHECK_OK(optimizer_move(one[i], scaled, 1, norm, g + p->offset,
                                        want));
            CHECK_BITS(model_flat(s.model) + p->offset, want, p->count,
                       "%s, rule %d, step %d", p->name, (int)config.rule, step);
            if (t.frozen) CHECK(g[p->offset] == 0, "%s", p->name);
        }
    }
    for (size_t i = 0; i < count; i++)
        optimizer_destroy(one[i]);
    free(weights);
    elman_optimizer_destroy(all);
    end(s);
}

TEST(each_group_moves_as_an_optimizer_of_its_own_would)
{
    elman_rule_info info;
    for (int rule = 0; elman_rule_read((elman_rule)rule, &info) == 0; rule++)
        for (int which = 0; which < 4; which++)
            check_rule(
                (elman_optimizer_config){.rule = (elman_rule)rule,
                                         .flavour = (elman_flavour)(which & 1),
                                         .no_bias_decay = which & 2});
}

/* torch.optim.AdamW over two groups, in plain double: decay, then the step. */
TEST(decay_leaves_out_what_has_one_dimension)
{
    setting s = begin(&network);
    elman_optimizer_config config = {.rule = ELMAN_RULE_ADAMW,
                                     .learning_rate = 0.125,
                                     .weight_decay = 0.5,
                                     .no_bias_decay = true};
    elman_optimizer *o;
    CHECK_OK(elman_optimizer_create(s.model, &config, &o));
    size_t n = s.model->weight_count, flat = 0;
    float *before = malloc(n * sizeof *before);
    memcpy(before, model_flat(s.model), n * sizeof *before);
    const float *g = gradients_join(s.state);
    CHECK_OK(elman_optimizer_step(o, s.model, s.state, -1, NULL));

    for (size_t i = 0; i < s.model->info.parameter_count; i++) {
        const parameter *p = s.model->parameters + i;
        double keep = p->rank > 1 ? 1 - 0.125 * 0.5 : 1;
        flat += p->rank == 1;
        for (size_t k = p->offset; k < p->offset + p->count; k++) {
            double slope = (double)g[k];
            double want =
                (double)before[k] * keep - 0.125 * slope / (fabs(slope) + 1e-8);
            CHECK(fabs(want - (double)model_flat(s.model)[k]) < 1e-6,
                  "%s: %g %g", p->name, want, (double)model_flat(s.model)[k]);
        }
    }
    CHECK(flat == 4 + 4 + 2 + 1, "%zu", flat);
    free(before);
    elman_optimizer_destroy(o);
    end(s);
}

/* With one group or none, whatever the names, a step has the same bits. */
TEST(groups_that_say_nothing_change_no_bit)
{
    for (int which = 0; which < 3; which++) {
        elman_optimizer_group same[] = {{.names = "rnn.weight*"},
                                        {.names = "*.bias"}};
        elman_optimizer_config config = {
            .learning_rate = 0.1, .clip_norm = 1, .weight_decay = 0.1};
        setting a = begin(&network), b = begin(&network);
        elman_optimizer *plain, *grouped;
        CHECK_OK(elman_optimizer_create(a.model, &config, &plain));
        config.groups = same;
        config.group_count = (size_t)which;
        CHECK_OK(elman_optimizer_create(b.model, &config, &grouped));
        for (int step = 0; step < 3; step++) {
            CHECK_OK(elman_optimizer_step(plain, a.model, a.state, 0.2, NULL));
            CHECK_OK(
                elman_optimizer_step(grouped, b.model, b.state, 0.2, NULL));
        }
        CHECK_BITS(model_flat(a.model), model_flat(b.model),
                   a.model->weight_count, "%d groups", which);
        elman_optimizer_destroy(plain);
        elman_optimizer_destroy(grouped);
        end(a);
        end(b);
    }
}

TEST(groups_that_make_no_sense_are_refused)
{
    static const struct {
        elman_optimizer_group groups[2];
        const char *message;
    } cases[] = {
        {{{0}}, "groups[0].names is NULL"},
        {{{.names = ""}}, "groups[0].names is empty"},
        {{{.names = " rnn , "}, {.names = "gru"}},
         "groups[1] names 'gru', which is no layer or parameter of the model; "
         "its layers with weights are rnn, norm, fc"},
        {{{.names = "rnn*x"}}, "groups[0] names 'rnn*x'"},
        {{{.names = "rnn"}, {.names = "fc,*.bias_hh_l1"}},
         "groups[0] and groups[1] both name rnn.bias_hh_l1"},
        {{{.names = "*", .frozen = true}}, "leave no weight to train"},
        {{{.names = "rnn,norm,f*", .frozen = true}}, "leave no weight"},
        {{{.names = "fc", .frozen = true, .learning_rate = 1}},
         "groups[0] is frozen and has a learning rate"},
        {{{.names = "fc", .frozen = true, .no_weight_decay = true}},
         "groups[0] is frozen and has a weight decay"},
        {{{.names = "fc", .learning_rate = -1}},
         "groups[0].learning_rate is -1"},
        {{{.names = "fc"}, {.names = "rnn", .weight_decay = NAN}},
         "groups[1].weight_decay is"},
        {{{.names = "fc", .weight_decay = 1, .no_weight_decay = true}},
         "groups[0].weight_decay is 1 and no_weight_decay is set"},
    };
    setting s = begin(&network);
    elman_optimizer *o = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        elman_optimizer_config config = {.groups = cases[i].groups,
                                         .group_count =
                                             cases[i].groups[1].names ? 2 : 1};
        CHECK_FAILS(elman_optimizer_create(s.model, &config, &o),
                    ELMAN_BAD_VALUE, cases[i].message);
    }

    elman_optimizer_config config = {.group_count = 1};
    CHECK_FAILS(elman_optimizer_create(s.model, &config, &o), ELMAN_BAD_VALUE,
                "group_count is 1, but groups is NULL");
    /* blanks are no names, and nothing between commas is none */
    static const char *const empty[] = {",rnn", "rnn,,fc", " ", ",", "rnn, ,"};
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        const elman_optimizer_group group = {.names = empty[i], .frozen = true};
        config = (elman_optimizer_config){.groups = &group, .group_count = 1};
        CHECK_FAILS(elman_optimizer_create(s.model, &config, &o),
                    ELMAN_BAD_VALUE,
                    "groups[0] has an empty name, expected layers or "
                    "parameters separated by commas");
    }
    config = (elman_optimizer_config){.no_bias_decay = true};
    CHECK_FAILS(elman_optimizer_create(s.model, &config, &o), ELMAN_BAD_VALUE,
                "no_bias_decay is set, but weight_decay is 0");
    CHECK_FAILS(optimizer_create(&config, 5, &o), ELMAN_BAD_VALUE, "");
    CHECK(!o, "made");

    /* a rate of its own that no number can hold */
    const elman_optimizer_group steep = {.names = "fc", .learning_rate = 1e300};
    config = (elman_optimizer_config){
        .learning_rate = 1e-5, .groups = &steep, .group_count = 1};
    CHECK_OK(elman_optimizer_create(s.model, &config, &o));
    float first = model_flat(s.model)[0];
    CHECK_FAILS(elman_optimizer_step(o, s.model, s.state, 1e10, NULL),
                ELMAN_BAD_VALUE, "the learning rate is 1e+10");
    CHECK(model_flat(s.model)[0] == first, "moved");
    elman_optimizer_destroy(o);
    end(s);
}

TEST(an_optimizer_of_other_parameters_is_refused)
{
    elman_config wide = {.input_size = 3,
                         .layers = {{.kind = ELMAN_RNN, .hidden_size = 16},
                                    {.kind = ELMAN_LINEAR, .output_size = 1}}};
    elman_config narrow = wide;
    narrow.input_size = 4;
    narrow.layers[0].hidden_size = 16;
    narrow.layers[0].no_bias = true; /* 16 weights for two biases of 16 ... */
    narrow.input_size = 5;           /* ... and as many floats in all */
    setting a = begin(&wide), b = begin(&narrow);
    CHECK(a.model->weight_count == b.model->weight_count, "%zu %zu",
          a.model->weight_count, b.model->weight_count);
    elman_optimizer_config config = {0};
    elman_optimizer *o;
    CHECK_OK(elman_optimizer_create(a.model, &config, &o));
    CHECK_FAILS(elman_optimizer_step(o, b.model, b.state, -1, NULL),
                ELMAN_BAD_VALUE, "made for another model");
    elman_optimizer_destroy(o);
    end(a);
    end(b);
}

/* ---- Norms of several models -------------------------------------------- */

TEST(a_norm_of_one_model_gives_the_bits_of_a_step)
{
    elman_optimizer_group frozen = {.names = "fc", .frozen = true};
    elman_optimizer_config config = {.learning_rate = 0.1,
                                     .clip_norm = 0.5,
                                     .groups = &frozen,
                                     .group_count = 1};
    for (int threads = 1; threads <= 3; threads++) {
        setting a = begin(&network), b = begin(&network);
        a.state->config.threads = threads;
        elman_optimizer *one, *two;
        CHECK_OK(elman_optimizer_create(a.model, &config, &one));
        CHECK_OK(elman_optimizer_create(b.model, &config, &two));
        double norm = 0, same;
        CHECK_OK(elman_optimizer_norm(one, a.model, a.state, &norm));
        CHECK_OK(elman_optimizer_step_norm(one, a.model, a.state, -1, norm));
        CHECK_OK(elman_optimizer_step(two, b.model, b.state, -1, &same));
        CHECK(!memcmp(&norm, &same, sizeof norm), "%a %a", norm, same);
        CHECK_BITS(model_flat(a.model), model_flat(b.model),
                   a.model->weight_count, "%d threads", threads);
        elman_optimizer_destroy(one);
        elman_optimizer_destroy(two);
        end(a);
        end(b);
    }
}

/* torch.nn.utils.clip_grad_norm_ over the parameters of an encoder and a
 * decoder: SGD moves each weight by rate g clip / (norm + 1e-6). */
TEST(an_encoder_and_a_decoder_are_clipped_together)
{
    static const elman_config other = {
        .input_size = 2, .layers = {{.kind = ELMAN_GRU, .hidden_size = 4}}};
    setting s[2] = {begin(&network), begin(&other)};
    elman_optimizer_config sgd = {
        .rule = ELMAN_RULE_SGD, .learning_rate = 0.5, .clip_norm = 1};
    elman_optimizer *o[2];
    double squares = 0, norm = 0;
    float *before[2];
    for (size_t i = 0; i < 2; i++) {
        const elman_model *m = s[i].model;
        size_t n = m->weight_count;
        CHECK_OK(elman_optimizer_create(m, &sgd, &o[i]));
        before[i] = malloc(n * sizeof *before[i]);
        memcpy(before[i], model_flat(m), n * sizeof *before[i]);
        const float *g = gradients_join(s[i].state);
        for (size_t k = 0; k < n; k++)
            squares += (double)g[k] * (double)g[k];
        CHECK_OK(elman_optimizer_norm(o[i], m, s[i].state, &norm));
    }
    CHECK(fabs(norm - sqrt(squares)) < 1e-12 * norm, "%g", norm);

    for (size_t i = 0; i < 2; i++) {
        elman_model *m = s[i].model;
        CHECK_OK(elman_optimizer_step_norm(o[i], m, s[i].state, -1, norm));
        const float *g = gradients_join(s[i].state);
        for (size_t k = 0; k < m->weight_count; k++) {
            double want = (double)before[i][k] -
                          0.5 * (double)g[k] / (sqrt(squares) + 1e-6);
            CHECK(fabs(want - (double)model_flat(m)[k]) < 1e-6, "%g %g", want,
                  (double)model_flat(m)[k]);
        }
        free(before[i]);
        elman_optimizer_destroy(o[i]);
        end(s[i]);
    }
}

TEST(a_norm_that_is_none_moves_nothing)
{
    setting s = begin(&network);
    elman_optimizer_config config = {.clip_norm = 1};
    elman_optimizer *o;
    CHECK_OK(elman_optimizer_create(s.model, &config, &o));
    float first = model_flat(s.model)[0];
    static const double bad[] = {NAN, INFINITY, -1};
    for (size_t i = 0; i < 3; i++) {
        double norm = bad[i];
        CHECK_FAILS(elman_optimizer_norm(o, s.model, s.state, &norm),
                    ELMAN_BAD_VALUE, "expected a finite number of 0 or more");
        CHECK_FAILS(elman_optimizer_step_norm(o, s.model, s.state, -1, bad[i]),
                    ELMAN_BAD_VALUE, "norm is ");
    }

    /* gradients of 0 have a norm of 0, and a step of 0 */
    double norm = 0;
    elman_state_zero_gradients(s.state);
    CHECK_OK(elman_optimizer_norm(o, s.model, s.state, &norm));
    CHECK(norm == 0, "%g", norm);
    CHECK_OK(elman_optimizer_step_norm(o, s.model, s.state, -1, norm));
    CHECK(model_flat(s.model)[0] == first, "moved");

    norm = 2;
    gradients_join(s.state)[3] = NAN;
    CHECK_FAILS(elman_optimizer_norm(o, s.model, s.state, &norm),
                ELMAN_NOT_FINITE, "the gradient's norm is nan");
    CHECK(norm == 2, "touched");
    elman_optimizer_destroy(o);
    end(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_group_moves_as_an_optimizer_of_its_own_would),
        cmocka_unit_test(decay_leaves_out_what_has_one_dimension),
        cmocka_unit_test(groups_that_say_nothing_change_no_bit),
        cmocka_unit_test(groups_that_make_no_sense_are_refused),
        cmocka_unit_test(an_optimizer_of_other_parameters_is_refused),
        cmocka_unit_test(a_norm_of_one_model_gives_the_bits_of_a_step),
        cmocka_unit_test(an_encoder_and_a_decoder_are_clipped_together),
        cmocka_unit_test(a_norm_that_is_none_moves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
