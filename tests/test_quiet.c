/*
 * test_quiet.c: a quiet model gives, in a training state, what a model gives in
 * evaluation, and gradients of that.
 */
#include "check.h"
#include "inspect/quiet.h"

enum { T = 9, B = 3, I = 2, H = 6 };

static elman_model *create_loud(float zoneout_cell)
{
    const elman_config config = {
        .input_size = I,
        .seed = 8,
        .layers = {{.kind = ELMAN_LSTM,
                    .hidden_size = H,
                    .num_layers = 2,
                    .dropout = 0.5f,
                    .recurrent_dropout = 0.25f,
                    .zoneout = 0.3f,
                    .zoneout_cell = zoneout_cell},
                   {.kind = ELMAN_DROPOUT, .dropout = 0.5f},
                   {.kind = ELMAN_LINEAR, .output_size = 1}}};
    elman_model *m = NULL;
    CHECK_OK(model_create(&config, &m));
    return m;
}

/* y (T,B) of a pass in a state of some kind, and dx (T,B,I) for a gradient of 1
 * at the last y of each sequence; dx NULL: forward alone. */
static void run(const elman_model *m, const float *x, float *y, float *dx)
{
    elman_state *s = NULL;
    const elman_state_config config = {.T = T, .B = B, .training = dx != NULL};
    const elman_batch batch = {.T = T, .B = B, .x = x};
    CHECK_OK(state_create(m, &config, &s));
    CHECK_OK(model_forward(m, s, &batch, y));
    float dy[T * B] = {0};
    for (size_t b = 0; b < B; b++)
        dy[(T - 1) * B + b] = 1;
    if (dx) CHECK_OK(model_backward(m, s, dy, dx));
    state_destroy(s);
}

TEST(a_training_state_of_it_gives_what_evaluation_gives)
{
    elman_model *m = create_loud(0.2f), *quiet = NULL;
    float x[T * B * I], want[T * B], got[T * B], loud[T * B], dx[T * B * I];
    for (size_t i = 0; i < T * B * I; i++)
        x[i] = (float)(i % 7) / 3 - 1;

    CHECK_OK(quiet_create(m, &quiet));
    run(m, x, want, NULL);
    run(quiet, x, got, dx);
    CHECK(memcmp(want, got, sizeof want) == 0, "they differ");
    run(m, x, loud, dx);
    CHECK(memcmp(want, loud, sizeof want) != 0, "training draws nothing");

    quiet_destroy(quiet);
    model_destroy(m);
}

TEST(its_gradients_are_those_of_evaluation)
{
    elman_model *m = create_loud(0.2f), *quiet = NULL;
    float x[T * B * I], up[T * B], down[T * B], dx[T * B * I];
    for (size_t i = 0; i < T * B * I; i++)
        x[i] = (float)(i % 5) / 3 - 0.5f;
    CHECK_OK(quiet_create(m, &quiet));
    run(quiet, x, up, dx);

    /* each input of the first sequence by finite differences */
    for (size_t t = 0; t < T; t++) {
        float *at = x + t * B * I, kept = *at, step = 1.0f / 64;
        *at = kept + step;
        run(m, x, up, NULL);
        *at = kept - step;
        run(m, x, down, NULL);
        *at = kept;
        double want =
            (double)(up[(T - 1) * B] - down[(T - 1) * B]) / 2 / (double)step;
        double got = (double)dx[t * B * I];
        CHECK(fabs(got - want) <= 2e-3 * fabs(want) + 2e-6,
              "at step %zu %g, by differences %g", t, got, want);
    }

    quiet_destroy(quiet);
    model_destroy(m);
}

TEST(the_model_itself_stays_as_it_is)
{
    elman_model *m = create_loud(0), *quiet = NULL;
    CHECK_OK(quiet_create(m, &quiet));
    CHECK(m->layers[0].config.recurrent_dropout == 0.25f && !m->layers[0].quiet,
          "it was changed");
    CHECK(quiet->packed == m->packed && quiet->late == m->late,
          "its weights were copied");
    quiet_destroy(quiet);
    quiet_destroy(NULL);
    model_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_training_state_of_it_gives_what_evaluation_gives),
        cmocka_unit_test(its_gradients_are_those_of_evaluation),
        cmocka_unit_test(the_model_itself_stays_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
