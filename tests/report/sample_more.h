/*
 * sample_more.h: the rest of sample.h: dynamics, answers, findings.
 */
#ifndef TESTS_REPORT_SAMPLE_MORE_H
#define TESTS_REPORT_SAMPLE_MORE_H

#include "report/sample.h"

/* ---- Dynamics ----------------------------------------------------------- */

static inline void sample_disc(sample *s, size_t n, double radius,
                               const double **real, const double **imaginary)
{
    double *x = sample_take(s, n, sizeof *x), *y = sample_take(s, n, sizeof *y);
    for (size_t i = 0; i < n; i++) {
        double r = radius * sqrt((double)(n - i) / (double)n);
        double angle = 2.399963 * (double)(i / 2);
        x[i] = r * cos(angle);
        y[i] = (i % 2 ? -1 : 1) * r * sin(angle);
    }
    *real = x;
    *imaginary = y;
}

static inline void sample_dynamics(sample *s, size_t T, size_t H)
{
    static const char *const gates[] = {"i", "f", "g", "o"};
    elman_spectrum *spectrum = sample_take(s, 1, sizeof *spectrum);
    elman_spectrum_matrix *m = sample_take(s, 4, sizeof *m);
    for (size_t i = 0; i < 4; i++) {
        snprintf(m[i].name, sizeof m[i].name, "rnn.weight_hh_l0 %s", gates[i]);
        m[i].n = H;
        m[i].radius = 0.7 + 0.2 * (double)i;
        m[i].norm = 2.1 + (double)i;
        sample_disc(s, H, m[i].radius, &m[i].real, &m[i].imaginary);
    }
    *spectrum = (elman_spectrum){true, 1, 4, m, NULL};
    s->of.spectrum = spectrum;

    elman_exponents *e = sample_take(s, 1, sizeof *e);
    elman_exponents_level *l = sample_take(s, 1, sizeof *l);
    size_t windows = T / 10;
    double *values = sample_take(s, 16, sizeof *values);
    double *finite = sample_take(s, windows * 16, sizeof *finite);
    for (size_t i = 0; i < 16; i++)
        values[i] = -0.021 - 0.004 * (double)(i * i);
    for (size_t i = 0; i < windows * 16; i++)
        finite[i] = values[i % 16] + 0.03 * sin((double)(i / 16));
    *l = (elman_exponents_level){.count = 16,
                                 .values = values,
                                 .dimension = 0,
                                 .windows = windows,
                                 .finite = finite};
    strcpy(l->name, "layer0");
    *e = (elman_exponents){.done = true,
                           .T = T,
                           .window = 10,
                           .count = 1,
                           .levels = l,
                           .largest = values[0]};
    s->of.exponents = e;

    elman_fixed_points *f = sample_take(s, 1, sizeof *f);
    elman_fixed_point *points = sample_take(s, 3, sizeof *points);
    for (size_t i = 0; i < 3; i++) {
        points[i] = (elman_fixed_point){.speed = 1e-13,
                                        .starts = 16 - 5 * i,
                                        .distance = 0.4 + (double)i,
                                        .radius = 0.8 + 0.2 * (double)i,
                                        .unstable = i,
                                        .stable = i == 0};
        sample_disc(s, 2 * H, points[i].radius, &points[i].real,
                    &points[i].imaginary);
    }
    *f = (elman_fixed_points){true, 1, 2 * H, 3, points, 32, 1, NULL};
    s->of.fixed_points = f;
}

/* ---- Answers ------------------------------------------------------------ */

static inline elman_errors *sample_errors(sample *s, elman_task task)
{
    elman_errors *e = sample_take(s, 1, sizeof *e);
    elman_mistake *m = sample_take(s, 5, sizeof *m);
    *e = (elman_errors){.done = true,
                        .task = task,
                        .targets = 4821,
                        .loss = 1.432,
                        .accuracy = 0.587,
                        .largest_share = 0.17,
                        .calibration_error = 0.034,
                        .mistake_count = 5,
                        .mistakes = m};
    for (size_t i = 0; i < 5; i++)
        m[i] = (elman_mistake){.id = i,
                               .step = 7 * i + 2,
                               .loss = 9.5 - (double)i,
                               .truth = (int32_t)i,
                               .answer = (int32_t)(i + 1) % 3,
                               .probability = 0.99 - 0.04 * (double)i};
    for (size_t i = 0; i < ELMAN_CALIBRATION_BINS; i++) {
        e->calibration_counts[i] = 100 * (i + 1);
        e->calibration_confidence[i] = ((double)i + 0.5) / 10;
        e->calibration_accuracy[i] =
            ((double)i + 0.5) / 10 - 0.05 * sin((double)i);
    }

    double *position = sample_take(s, 32, sizeof *position);
    for (size_t i = 0; i < 32; i++)
        position[i] = 1.4 + 2.2 * exp(-(double)i / 3);
    e->positions = 32;
    e->position_steps = 8;
    e->position_loss = position;
    s->of.errors = e;
    return e;
}

static inline void sample_confusion(sample *s, elman_errors *e, size_t count)
{
    uint64_t *confusion = sample_take(s, count * count, sizeof *confusion);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < count; k++)
            confusion[i * count + k] =
                i == k ? 90 + 3 * i : (i * 7 + k * 3) % 11;
    e->class_count = count;
    e->confusion = confusion;
}

static inline void sample_values(sample *s, elman_errors *e, size_t horizon,
                                 size_t targets)
{
    size_t n = horizon * targets, shown = 300;
    double *mean = sample_take(s, n, sizeof *mean);
    double *rms = sample_take(s, n, sizeof *rms);
    double *naive = sample_take(s, n, sizeof *naive);
    double *correlation = sample_take(s, targets, sizeof *correlation);
    double *truth = sample_take(s, shown * targets, sizeof *truth);
    double *answer = sample_take(s, shown * targets, sizeof *answer);
    for (size_t i = 0; i < n; i++) {
        mean[i] = 0.4 * sin((double)i);
        rms[i] = 3 + 0.5 * (double)(i / targets);
        naive[i] = 5 + 1.4 * (double)(i / targets);
    }
    for (size_t i = 0; i < shown * targets; i++) {
        double x = (double)(i / targets);
        truth[i] = 400 + x / 2 + 60 * sin(x / 6) + 9 * sin(x * 1.7);
        answer[i] = 402 + x / 2 + 55 * sin(x / 6 - 0.1);
    }
    for (size_t i = 0; i < targets; i++)
        correlation[i] = 0.97;

    e->calibration_error = NAN;
    memset(e->calibration_counts, 0, sizeof e->calibration_counts);
    e->horizon = horizon;
    e->target_count = targets;
    e->residual_mean = mean;
    e->residual_rms = rms;
    e->naive_rms = naive;
    e->correlation = correlation;
    e->shown = shown;
    e->truth = truth;
    e->answer = answer;
    for (size_t i = 0; i < e->mistake_count; i++) {
        elman_mistake *m = (elman_mistake *)&e->mistakes[i];
        m->truth = m->answer = -1;
        m->wanted = 480 + (double)i;
        m->given = 455;
    }
}

/* ---- Training ----------------------------------------------------------- */

static inline elman_journal *sample_journal(unsigned seed, const char *rate)
{
    elman_journal *journal = NULL;
    char text[32];
    snprintf(text, sizeof text, "%u", seed);
    if (journal_create(NULL, &journal) != ELMAN_OK) return NULL;
    CHECK_OK(journal_write_setting(journal, "command",
                                   "elman train source.txt --hidden 256"));
    CHECK_OK(journal_write_setting(journal, "optimizer", "adam"));
    CHECK_OK(journal_write_setting(journal, "rate", rate));
    CHECK_OK(journal_write_setting(journal, "seed", text));

    for (size_t i = 0; i < 60; i++) {
        double x = (double)i, shift = 0.02 * (double)seed;
        elman_journal_row row = {
            .step = 50 * (i + 1),
            .epoch = x / 12,
            .seconds = x * 1.3,
            .train_loss = 1.1 + 2.6 * exp(-x / 9) + shift,
            .loss = 1.25 + 2.5 * exp(-x / 9) + 0.0001 * x * x + shift,
            .score = 0.62 - 0.5 * exp(-x / 9),
            .learning_rate = 2e-3 * (1 - x / 70),
            .norm = 0.4 + 2 * exp(-x / 20) + 0.1 * sin(x * 3),
            .clipped = 0.5 * exp(-x / 8),
            .horizon = 12 + 40 * (1 - exp(-x / 15)),
            .rate = 0.95,
            .saturation = 0.05 + 0.3 * (1 - exp(-x / 25)),
            .update = 1e-3 * exp(-x / 30),
            .best = i == 47};
        CHECK_OK(journal_write(journal, &row));
    }
    return journal;
}

/* ---- All of it ---------------------------------------------------------- */

static inline void sample_findings(sample *s)
{
    static const elman_finding findings[] = {
        {"vanishing", ELMAN_SEVERITY_ALARM, ELMAN_SECTION_FLOW, 98,
         "The gradient vanishes: 98 steps back a hundredth of it is left in "
         "layer0, while the sequences have 300.",
         "Start the forget gates open (--forget-bias 1), or initialize for "
         "long memory (--chrono 300)."},
        {"dead units", ELMAN_SEVERITY_NOTE, ELMAN_SECTION_GATES, 1,
         "1 of 256 units of layer0 is dead: it says the same at every step.",
         "Fewer units would do (--hidden 192)."},
        {"window", ELMAN_SEVERITY_FINE, ELMAN_SECTION_TRUNCATION, 32,
         "Windows of 32 steps are long enough: their gradient points the same "
         "way as the exact one (cosine 0.96).",
         NULL},
        {"calibration", ELMAN_SEVERITY_FINE, ELMAN_SECTION_ERRORS, 0.034,
         "Probabilities mean what they say, to 3.4 %.", NULL}};
    static const elman_absence absences[] = {
        {ELMAN_SECTION_TRAINING,
         "the model has no journal: it was trained before elman kept one"}};
    s->of.findings = findings;
    s->of.finding_count = sizeof findings / sizeof *findings;
    s->of.absences = absences;
    s->of.absence_count = 1;
}

static const char sample_text[] =
    "/* tree.h: the order of long sums. */\n"
    "static elman_status file_write(const char *path, const void *data,\n"
    "                               size_t bytes)\n"
    "{\n"
    "    file_writer *writer = NULL;\n"
    "    TRY(file_writer_open(path, &writer));\n"
    "    return file_writer_end(writer, \"<b>bold</b> & \\\"quoted\\\"\");\n"
    "}\n\tint x[3] = {1, 2, 3};\n\n";

/* A character model with everything measured, of T steps and H units. */
static inline void sample_language(sample *s, size_t T, size_t H)
{
    enum { REPEATS = 20 };
    size_t bytes = strlen(sample_text);
    char *text = sample_take(s, REPEATS * bytes + 1, 1);
    for (size_t i = 0; i < REPEATS; i++)
        memcpy(text + i * bytes, sample_text, bytes);

    const elman_dataset_config data = {.task = ELMAN_TASK_LANGUAGE};
    CHECK_OK(
        dataset_read("source.txt", text, REPEATS * bytes, &data, &s->dataset));
    size_t V = dataset_encoding(s->dataset)->vocabulary;
    const elman_config config = {
        .layers = {
            {.kind = ELMAN_EMBEDDING, .num_embeddings = V, .embedding_dim = 32},
            {.kind = ELMAN_LSTM, .hidden_size = H},
            {.kind = ELMAN_LINEAR, .output_size = V}}};
    CHECK_OK(model_create(&config, &s->model));

    int32_t *tokens = sample_take(s, T, sizeof *tokens);
    const elman_encoding *encoding = dataset_encoding(s->dataset);
    for (size_t t = 0; t < T; t++)
        for (size_t v = 0; v < V; v++)
            if (encoding->token_bytes[v] == 1 &&
                encoding->tokens[v][0] == text[t])
                tokens[t] = (int32_t)v;
    uint64_t *ids = sample_take(s, 1, sizeof *ids);
    s->batch = (elman_batch){.T = T, .B = 1, .tokens = tokens, .ids = ids};

    s->of.model = s->model;
    s->of.dataset = s->dataset;
    s->of.batch = &s->batch;
    s->of.model_name = "source.safetensors";
    s->of.data_name = "source.txt";
    sample_flow(s, T, H, 1, true, false);
    sample_truncation(s, T);
    sample_contributions(s, T);
    sample_gates(s, H);
    sample_units(s, T, H);
    sample_attribution(s, T < 160 ? T : 160, 1, 3, V);
    sample_dynamics(s, T, H);
    sample_confusion(s, sample_errors(s, ELMAN_TASK_LANGUAGE), V);
    s->of.training_errors = s->of.errors;
    s->journal = sample_journal(1, "0.002");
    s->of.journal = s->journal;
    sample_findings(s);
}

/* A model of series: of T steps and 6 inputs, two levels; task forecast,
 * regress or classify. */
static inline void sample_series(sample *s, size_t T, elman_task task)
{
    enum { I = 6, H = 32, O = 12 };
    const elman_config config = {
        .input_size = I,
        .layers = {{.kind = ELMAN_GRU, .hidden_size = H, .num_layers = 2},
                   {.kind = ELMAN_LAST},
                   {.kind = ELMAN_LINEAR, .output_size = O}}};
    CHECK_OK(model_create(&config, &s->model));
    static const elman_input inputs[I] = {
        {"temperature", 0.01, 1, -2.3, 2.6, 0, 0.4},
        {"humidity", 0, 1, -1.9, 2.2, 0, 0.3},
        {"pressure", 0, 1, -3, 3, 0.02, 0.15},
        {"wind <speed>", 0, 1, -1, 6, 0, 0.1},
        {"hour", 0, 1, -1.7, 1.7, 0, 0.05},
        {"constant", 0, 0, 0, 0, 0, 0}};

    float *x = sample_take(s, T * I, sizeof *x);
    for (size_t k = 0; k < T * I; k++)
        x[k] = (float)sin((double)(k / I) / (3.0 + (double)(k % I)));
    s->batch = (elman_batch){.T = T, .B = 1, .x = x};

    s->of.model = s->model;
    s->of.batch = &s->batch;
    s->of.model_name = "weather.safetensors";
    s->of.data_name = "weather.csv";
    s->of.inputs = inputs;
    s->of.input_count = I;
    sample_flow(s, T, H, 2, false, true);
    sample_gates(s, H);
    sample_units(s, T, H);
    sample_attribution(s, T, I, 2, O);
    elman_errors *e = sample_errors(s, task);
    if (task == ELMAN_TASK_CLASSIFY) sample_confusion(s, e, 5);
    else sample_values(s, e, task == ELMAN_TASK_FORECAST ? O : 1, 2);
    sample_findings(s);
}

/* Nothing but one map of T x T. */
static inline void sample_large(sample *s, size_t T)
{
    s->of.model_name = "large.safetensors";
    sample_flow(s, T, 16, 1, false, false);
}

#endif
