/*
 * test_order.c: the same weights read time first and batch first. What is
 * measured inside is the same bit by bit, of a batch in the model's own order
 * and of an inspection, whose batches are a loader's.
 */
#include "random_batch.h"

#include "folder.h"

#include "format/file.h"

/* ---- What was measured, as bytes ---------------------------------------- */

typedef struct record {
    char *bytes;
    size_t count, room;
} record;

static void put(record *r, const void *from, size_t bytes)
{
    if (!from) return;
    if (r->room < r->count + bytes) {
        r->room = 2 * (r->count + bytes);
        r->bytes = realloc(r->bytes, r->room);
        assert_non_null(r->bytes);
    }
    memcpy(r->bytes + r->count, from, bytes);
    r->count += bytes;
}

#define PUT(r, from, n) put(r, from, (n) * sizeof *(from))

/* Why it could not be measured. */
static bool refused(record *r, elman_status status)
{
    if (status) put(r, elman_message(), strlen(elman_message()));
    return status != ELMAN_OK;
}

static void check_same(const record *a, const record *b, const char *what,
                       const char *line)
{
    CHECK(a->count == b->count &&
              (!a->count || !memcmp(a->bytes, b->bytes, a->count)),
          "%s of %s: %.200s", what, line, b->bytes ? b->bytes : "");
}

/* ---- A batch in the model's own order ----------------------------------- */

/* What measurements read. */
typedef struct order_case {
    elman_model *model;
    elman_batch batch;
    elman_target target;
    elman_loss_config loss;
    elman_property property;
    size_t sequence;
} order_case;

static void measure_flow(const order_case *o, record *r)
{
    double norms[MOST_T] = {0};
    if (!refused(r, elman_flow_read(o->model, &o->batch, 0, norms)))
        PUT(r, norms, o->batch.T);

    for (int source = 0; source < 3; source++) {
        const elman_flow_config config = {.sequence = o->sequence,
                                          .source = (elman_flow_source)source,
                                          .target = &o->target,
                                          .loss = &o->loss};
        elman_flow *flow = NULL;
        if (refused(r, elman_flow_begin(o->model, &o->batch, &config, &flow)))
            continue;
        while (!flow->done && !refused(r, elman_flow_step(flow))) {
        }
        for (size_t i = 0; flow->done && i < flow->count; i++)
            PUT(r, flow->levels[i].h, flow->T * flow->T);
        elman_flow_end(flow);
    }
}

static void measure_contributions(const order_case *o, record *r)
{
    elman_contributions *c = NULL;
    if (refused(r, elman_contributions_begin(o->model, &o->batch, &o->target,
                                             &o->loss, &c)))
        return;
    while (!c->done && !refused(r, elman_contributions_step(c))) {
    }
    for (size_t i = 0; c->done && i < c->count; i++)
        PUT(r, c->parameters[i].norms, c->T);
    elman_contributions_end(c);
}

static void measure_truncation(const order_case *o, record *r)
{
    elman_truncation *t = NULL;
    if (refused(r, elman_truncation_begin(o->model, &o->batch, &o->target,
                                          &o->loss, &t)))
        return;
    while (!t->done && !refused(r, elman_truncation_step(t))) {
    }
    for (size_t i = 0; t->done && i < t->count; i++)
        PUT(r, &t->windows[i].cosine, 1);
    elman_truncation_end(t);
}

static void measure_exponents(const order_case *o, record *r)
{
    const elman_exponents_config config = {.sequence = o->sequence};
    elman_exponents *e = NULL;
    if (refused(r, elman_exponents_begin(o->model, &o->batch, &config, &e)))
        return;
    while (!e->done && !refused(r, elman_exponents_step(e))) {
    }
    for (size_t i = 0; e->done && i < e->count; i++)
        PUT(r, e->levels[i].values, e->levels[i].count);
    elman_exponents_end(e);
}

static void measure_points(const order_case *o, record *r)
{
    const elman_fixed_points_config config = {.input = ELMAN_CONSTANT_MEAN,
                                              .starts = 3};
    elman_fixed_points *p = NULL;
    if (refused(r, elman_fixed_points_begin(o->model, &o->batch, &config, &p)))
        return;
    while (!p->done && !refused(r, elman_fixed_points_step(p))) {
    }
    for (size_t i = 0; p->done && i < p->count; i++)
        PUT(r, &p->points[i].distance, 1);
    elman_fixed_points_end(p);
}

static void measure_gates(const order_case *o, record *r)
{
    elman_gates *g = NULL;
    if (refused(r, elman_gates_begin(o->model, &o->batch, &g))) return;
    while (!g->done && !refused(r, elman_gates_step(g))) {
    }
    for (size_t i = 0; g->done && i < g->count; i++)
        PUT(r, g->levels[i].unit_spread, g->levels[i].H);
    elman_gates_end(g);
}

static void measure_units(const order_case *o, record *r)
{
    elman_units *u = NULL;
    if (refused(r, elman_units_begin(o->model, &o->batch, o->sequence,
                                     &o->property, 1, &u)))
        return;
    while (!u->done && !refused(r, elman_units_step(u))) {
    }
    for (size_t i = 0; u->done && i < u->count; i++)
        PUT(r, u->levels[i].h, u->T * u->levels[i].R);
    for (size_t i = 0; u->done && i < u->match_count; i++)
        PUT(r, &u->matches[i].correlation, 1);
    elman_units_end(u);
}

static void measure_attribution(const order_case *o, record *r)
{
    const elman_attribution_config config = {.sequence = o->sequence,
                                             .points = 2};
    elman_attribution *a = NULL;
    if (refused(r, elman_attribution_begin(o->model, &o->batch, &config, &a)))
        return;
    while (!a->done && !refused(r, elman_attribution_step(a))) {
    }
    if (a->done) PUT(r, a->values, a->T * a->I);
    elman_attribution_end(a);
}

static void measure_pulse(const order_case *o, record *r)
{
    elman_pulse pulse = {0};
    if (!refused(r, elman_pulse_read(o->model, &o->batch, 1, &pulse)))
        put(r, &pulse.horizon, 2 * sizeof(double));
}

static const struct {
    const char *name;
    void (*measure)(const order_case *o, record *r);
} measurements[] = {
    {"flow", measure_flow},
    {"contributions", measure_contributions},
    {"truncation", measure_truncation},
    {"exponents", measure_exponents},
    {"fixed points", measure_points},
    {"gates", measure_gates},
    {"units", measure_units},
    {"attribution", measure_attribution},
    {"pulse", measure_pulse},
};

/* Rows (T,B) of n numbers, or bytes, as rows (B,T). */
static void turn(size_t T, size_t B, size_t bytes, const void *from, void *to)
{
    for (size_t t = 0; t < T; t++)
        for (size_t b = 0; b < B; b++)
            memcpy((char *)to + (b * T + t) * bytes,
                   (const char *)from + (t * B + b) * bytes, bytes);
}

enum { MOST_O = 16, MOST_ROWS = MOST_T * MOST_B };

/* All that the two orders differ in. */
typedef struct rows_of {
    float x[MOST_ROWS * MOST_I], values[MOST_ROWS * MOST_O];
    int32_t tokens[MOST_ROWS], classes[MOST_ROWS];
    float property[MOST_ROWS];
} rows_of;

static void draw_rows(draws *d, const random_batch *in, size_t O, rows_of *rows)
{
    memcpy(rows->x, in->x, sizeof rows->x);
    memcpy(rows->tokens, in->tokens, sizeof rows->tokens);
    for (size_t n = 0; n < MOST_ROWS; n++) {
        rows->classes[n] = (int32_t)draw_size(d, 0, O - 1);
        rows->property[n] = draw_real(d, 0, 1) < 0.5f ? 0 : 1;
    }
    for (size_t n = 0; n < MOST_ROWS * O; n++)
        rows->values[n] = draw_real(d, -1, 1);
}

static void turn_rows(const random_batch *in, size_t I, size_t O, bool one,
                      const rows_of *from, rows_of *to)
{
    const size_t T = in->T, B = in->B;
    *to = *from;
    turn(T, B, I * sizeof(float), from->x, to->x);
    turn(T, B, sizeof(int32_t), from->tokens, to->tokens);
    turn(T, B, sizeof(float), from->property, to->property);
    if (one) return;
    turn(T, B, O * sizeof(float), from->values, to->values);
    turn(T, B, sizeof(int32_t), from->classes, to->classes);
}

static order_case make_case(elman_config config, bool batch_first,
                            const random_batch *in, const rows_of *rows,
                            bool classes)
{
    order_case o = {
        .batch = {.T = in->T,
                  .B = in->B,
                  .x = rows->x,
                  .tokens = rows->tokens,
                  .lengths = in->lengths},
        .loss.kind =
            classes ? ELMAN_LOSS_CROSS_ENTROPY : ELMAN_LOSS_MEAN_SQUARED,
        .property = {"one", rows->property},
        .sequence = in->B - 1,
    };
    if (classes) o.target.classes = rows->classes;
    else o.target.values = rows->values;
    config.batch_first = batch_first;
    CHECK_OK(elman_model_create(&config, &o.model));
    return o;
}

TEST(measurements_read_a_batch_in_the_order_of_the_model)
{
    for (uint64_t which = 0; which < 150; which++) {
        draws d = draws_begin(which);
        elman_config config = random_config(&d, MOST_H);
        config.batch_first = false;
        config.seed = which + 1;
        random_batch in = draw_batch(&d, &config, MOST_B);

        static rows_of rows, turned;
        bool classes = draw_chance(&d, 50);
        order_case a = make_case(config, false, &in, &rows, classes);
        elman_model_info info = elman_model_read_info(a.model);
        if (info.output_size <= MOST_O) {
            draw_rows(&d, &in, info.output_size, &rows);
            turn_rows(&in, config.input_size, info.output_size,
                      info.per_sequence, &rows, &turned);
            order_case b = make_case(config, true, &in, &turned, classes);
            char line[512];
            config_write_line(&config, sizeof line, line);
            for (size_t n = 0; n < sizeof measurements / sizeof *measurements;
                 n++) {
                record got = {0}, want = {0};
                measurements[n].measure(&a, &want);
                measurements[n].measure(&b, &got);
                check_same(&want, &got, measurements[n].name, line);
                free(got.bytes);
                free(want.bytes);
            }
            elman_model_destroy(b.model);
        }
        elman_model_destroy(a.model);
    }
}

/* ---- An inspection ------------------------------------------------------ */

/* The page of an inspection, which has all of its numbers. */
static void inspect(elman_config config, bool batch_first,
                    const elman_dataset *dataset, record *r)
{
    elman_model *model = NULL;
    config.batch_first = batch_first;
    CHECK_OK(elman_model_create(&config, &model));

    const elman_inspection_config small = {
        .sequences = 3,
        .steps = dataset ? 0 : 6,
        .part = ELMAN_PART_TRAIN,
        .loss = dataset && elman_dataset_encoding(dataset)->target_count
                    ? ELMAN_LOSS_MEAN_SQUARED
                    : ELMAN_LOSS_CROSS_ENTROPY};
    elman_inspection *in = NULL;
    CHECK_OK(elman_inspection_begin(model, dataset, &small, &in));
    while (!in->done)
        CHECK_OK(elman_inspection_step(in));

    const char *path = in_folder("page.html");
    CHECK_OK(elman_report_save(in, path));
    CHECK_OK(file_read(path, &r->bytes, &r->count));
    elman_inspection_end(in);
    elman_model_destroy(model);
}

static void check_inspection(const elman_config *config,
                             const elman_dataset *dataset)
{
    record want = {0}, got = {0};
    char line[512];
    config_write_line(config, sizeof line, line);
    inspect(*config, false, dataset, &want);
    inspect(*config, true, dataset, &got);
    check_same(&want, &got, "the page", line);
    free(want.bytes);
    free(got.bytes);
}

TEST(random_input_is_inspected_alike)
{
    for (uint64_t which = 0; which < 25; which++) {
        draws d = draws_begin(which);
        elman_config config = random_config(&d, MOST_H);
        config.seed = which + 1;
        check_inspection(&config, NULL);
    }
}

enum { N = 24, STEPS = 9, INPUTS = 2, CLASSES = 3 };

/* Sequences of several lengths, with a class or a value for each or for each of
 * their steps. */
static elman_dataset *open_series(bool per_step, bool classes)
{
    static float x[N * STEPS * INPUTS], values[N * STEPS];
    static int32_t labels[N * STEPS];
    static size_t lengths[N];
    random_fill(1, N * STEPS * INPUTS, -2, 2, x);
    random_fill(2, N * STEPS, -1, 1, values);
    for (size_t n = 0; n < N * STEPS; n++)
        labels[n] = (int32_t)(n * n % CLASSES);
    for (size_t n = 0; n < N; n++)
        lengths[n] = STEPS - n % 4;

    const elman_arrays arrays = {.N = N,
                                 .T = STEPS,
                                 .I = INPUTS,
                                 .x = x,
                                 .lengths = lengths,
                                 .classes = classes ? labels : NULL,
                                 .class_count = classes ? CLASSES : 0,
                                 .values = classes ? NULL : values,
                                 .O = classes ? 0 : 1,
                                 .per_step = per_step};
    elman_dataset *dataset = NULL;
    CHECK_OK(elman_dataset_open_arrays(&arrays, &(elman_dataset_config){0},
                                       &dataset));
    return dataset;
}

TEST(series_are_inspected_alike)
{
    static const elman_kind kinds[] = {ELMAN_RNN,    ELMAN_LSTM,    ELMAN_GRU,
                                       ELMAN_MINGRU, ELMAN_MINLSTM, ELMAN_LIGRU,
                                       ELMAN_INDRNN};
    for (size_t n = 0; n < 8; n++) {
        bool per_step = n & 1, classes = n & 2;
        elman_dataset *dataset = open_series(per_step, classes);
        elman_config config = {.input_size = INPUTS, .seed = n + 1};
        elman_layer *to = config.layers;
        *to++ = (elman_layer){
            .kind = kinds[n % 7], .hidden_size = 4, .bidirectional = n & 4};
        if (!per_step) *to++ = (elman_layer){.kind = ELMAN_LAST};
        *to = (elman_layer){.kind = ELMAN_LINEAR,
                            .output_size = classes ? CLASSES : 1};
        check_inspection(&config, dataset);
        elman_dataset_close(dataset);
    }
}

TEST(a_text_is_inspected_alike)
{
    char text[600];
    for (size_t n = 0; n < sizeof text; n++)
        text[n] = "the quick brown fox. "[n * (n / 21 + 1) % 21];
    elman_dataset *dataset = NULL;
    const elman_dataset_config how = {.task = ELMAN_TASK_LANGUAGE};
    CHECK_OK(elman_dataset_read("t.txt", text, sizeof text, &how, &dataset));

    size_t tokens =
        elman_encoding_outputs(elman_dataset_encoding(dataset), NULL);
    const elman_config config = {
        .seed = 5,
        .layers = {{.kind = ELMAN_EMBEDDING,
                    .num_embeddings = tokens,
                    .embedding_dim = 3},
                   {.kind = ELMAN_GRU, .hidden_size = 5},
                   {.kind = ELMAN_LINEAR, .output_size = tokens}}};
    check_inspection(&config, dataset);
    elman_dataset_close(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measurements_read_a_batch_in_the_order_of_the_model),
        cmocka_unit_test(random_input_is_inspected_alike),
        cmocka_unit_test(series_are_inspected_alike),
        cmocka_unit_test(a_text_is_inspected_alike),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
