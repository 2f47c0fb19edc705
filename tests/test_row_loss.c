/* test_row_loss.c: the loss that is taken of rows as a layer makes them has the
 * bits of the loss of all rows afterwards: value, gradient and classes, over
 * vocabularies, ragged batches, options of the loss, threads and contexts. */
#include "check.h"

#include "learn/row_loss.h"
#include "model/model.h"
#include "base/kind.h"

enum { T = 9, B = 23, ROWS = T * B, I = 5 };

/* One case: a model that ends in logits and what its loss reads. */
typedef struct setting {
    elman_model *model;
    size_t V, context; /* steps without a target */
    size_t lengths[B], fresh[B];
    float *x, *weights;
    int32_t classes[ROWS];
    elman_loss_config config;
    elman_batch batch, shape;
    elman_target target;
} setting;

static void create(setting *s, size_t V, int options, bool one, bool tail)
{
    memset(s, 0, sizeof *s);
    s->V = V;
    elman_config config = {.input_size = I,
                           .layers = {{.kind = one ? ELMAN_LAST : ELMAN_TANH},
                                      {.kind = ELMAN_LINEAR,
                                       .output_size = V,
                                       .no_bias = (options & 16) != 0},
                                      {.kind = tail ? ELMAN_TANH : ELMAN_END}}};
    CHECK_OK(model_create(&config, &s->model));

    /* inputs, class weights and classes, some of them ignored */
    s->x = malloc(ROWS * I * sizeof *s->x);
    s->weights = malloc(V * sizeof *s->weights);
    random_fill(V, ROWS * I, -2, 2, s->x);
    random_fill(V + 1, V, 0.2f, 2, s->weights);
    float pick[ROWS];
    random_fill(V + 2, ROWS, 0, (float)V, pick);
    for (size_t r = 0; r < ROWS; r++)
        s->classes[r] = r % 7 == 3 ? -100 : (int32_t)pick[r];

    /* the loss, and steps without a target */
    if (options & 1) s->config.label_smoothing = 0.3;
    if (options & 2) s->config.class_weights = s->weights;
    if (options & 4) s->config.has_ignored = true;
    if (options & 8) s->config.reduction = ELMAN_REDUCTION_SUM;
    s->context = one ? 0 : (size_t)(options & 2);
    for (size_t b = 0; b < B; b++) {
        s->lengths[b] = (b * 5 + 2) % (T + 1); /* 0 to T */
        s->fresh[b] =
            s->lengths[b] > s->context ? s->lengths[b] - s->context : 0;
    }

    /* the pass, and the rows that have a target */
    bool ragged = options % 2 == 0;
    s->batch = (elman_batch){
        .T = T, .B = B, .x = s->x, .lengths = ragged ? s->lengths : NULL};
    s->shape = (elman_batch){.T = one ? 1 : T - s->context,
                             .B = B,
                             .lengths = one || !ragged ? NULL : s->fresh};
    s->target.classes = s->classes;
}

static void destroy(setting *s)
{
    model_destroy(s->model);
    free(s->x);
    free(s->weights);
}

/* The first likeliest class, found here. */
static uint32_t likeliest(size_t V, const float *y)
{
    size_t best = 0;
    for (size_t v = 1; v < V; v++)
        if (y[v] > y[best]) best = v;
    return (uint32_t)best;
}

/* Runs s row by row and in one sweep, on that many threads. */
static void compare(const setting *s, int threads, bool training)
{
    elman_state *state = NULL;
    row_losses *losses = NULL;
    elman_state_config shape = {
        .T = T, .B = B, .training = training, .threads = threads};
    size_t O = s->V, context = s->context * B, rows = context + s->shape.T * B;
    CHECK_OK(state_create(s->model, &shape, &state));
    CHECK_OK(row_losses_create(rows, &losses));

    /* in one sweep after the pass */
    double want, got;
    float *dy = malloc(rows * O * sizeof *dy);
    memset(dy, 0, context * O * sizeof *dy);
    CHECK_OK(model_forward(s->model, state, &s->batch, NULL));
    const float *y = state_output(s->model, state);
    CHECK_OK(loss_forward(&s->config, &s->shape, O, y + context * O, &s->target,
                          &want, dy + context * O));

    /* row by row, as the layer makes them */
    float *given = state_output_gradient(s->model, state);
    for (size_t i = 0; given && i < rows * O; i++)
        given[i] = NAN; /* all of it must be written */
    CHECK_OK(row_losses_begin(losses, &s->config, &s->shape, O, &s->target,
                              context));
    CHECK_OK(model_forward_into(s->model, state, &s->batch, &losses->sink));
    got = row_losses_end(losses, threads, y, given);

    /* loss, gradient and classes */
    CHECK(memcmp(&got, &want, sizeof got) == 0, "V %zu threads %d: %a %a", O,
          threads, got, want);
    if (given) CHECK_BITS(given, dy, rows * O, "V %zu", O);
    for (size_t row = context; row < rows; row++) {
        size_t r = row - context;
        bool counts = s->classes[r] >= 0 &&
                      !(s->config.has_ignored && s->classes[r] == 0);
        if (s->shape.lengths && r / B >= s->shape.lengths[r % B]) continue;
        if (counts)
            CHECK(losses->best[row] == likeliest(O, y + row * O),
                  "V %zu row %zu: %u", O, row, losses->best[row]);
    }

    free(dy);
    row_losses_destroy(losses);
    state_destroy(state);
}

TEST(rows_taken_as_they_are_made_have_the_bits_of_a_second_sweep)
{
    static const size_t sizes[] = {2, 15, 16, 17, 95, 1000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int options = 0; options<32; options += sizes[i]> 99 ? 5 : 1) {
            setting s;
            create(&s, sizes[i], options, options % 3 == 0, options % 5 == 0);
            for (int threads = 1; threads <= 3; threads++)
                compare(&s, threads, threads != 2);
            destroy(&s);
        }
}

/* The last layer's rows alone, each once, and of the layer that is last. */
static void count_rows(void *context, size_t count, const uint32_t *rows,
                       const float *y, float *dy)
{
    int *seen = context;
    CHECK(y && dy && count <= 64, "%zu rows", count);
    for (size_t r = 0; r < count; r++)
        seen[rows[r]]++;
}

TEST(a_sink_is_given_each_valid_row_once)
{
    for (int tail = 0; tail < 2; tail++) {
        setting s;
        create(&s, 17, 0, false, tail);
        elman_state *state = NULL;
        elman_state_config shape = {.T = T, .B = B, .training = true};
        CHECK_OK(state_create(s.model, &shape, &state));

        int seen[ROWS] = {0};
        row_sink sink = {count_rows, seen};
        CHECK_OK(model_forward_into(s.model, state, &s.batch, &sink));
        for (size_t row = 0; row < ROWS; row++) {
            int want = !tail && row / B < s.lengths[row % B];
            CHECK(seen[row] == want, "tail %d row %zu: %d", tail, row,
                  seen[row]);
        }

        /* and a pass without one gives none */
        CHECK_OK(model_forward(s.model, state, &s.batch, NULL));
        CHECK(seen[0] == (!tail && s.lengths[0] > 0), "%d", seen[0]);
        state_destroy(state);
        destroy(&s);
    }
}

TEST(row_losses_check_what_a_loss_does)
{
    setting s;
    row_losses *losses = NULL;
    create(&s, 17, 1, false, false);
    CHECK_OK(row_losses_create(ROWS, &losses));
    s.classes[4] = 17;
    CHECK_FAILS(row_losses_begin(losses, &s.config, &s.shape, 17, &s.target, 0),
                ELMAN_BAD_VALUE, "t=0 b=4 is 17");
    CHECK_FAILS(row_losses_create(SIZE_MAX / 4, &losses), ELMAN_NO_MEMORY,
                "no memory for the losses of");
    row_losses_destroy(losses);
    destroy(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            rows_taken_as_they_are_made_have_the_bits_of_a_second_sweep),
        cmocka_unit_test(a_sink_is_given_each_valid_row_once),
        cmocka_unit_test(row_losses_check_what_a_loss_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
