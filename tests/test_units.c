/*
 * test_units.c: every unit at every step, the unit that tells most of a
 * property, and the properties of texts, classes and values.
 */
#include "check.h"
#include "data/dataset.h"
#include "data/loader.h"
#include "inspect/property.h"
#include "inspect/property_text.h"
#include "inspect/units.h"
#include "model/model.h"
#include "random_batch.h"

static elman_units *show(const elman_model *m, const elman_batch *batch,
                         size_t sequence, const elman_property *asked,
                         size_t count)
{
    elman_units *units;
    CHECK_OK(units_begin(m, batch, sequence, asked, count, &units));
    double before = -1;
    while (!units->done) {
        CHECK_OK(units_step(units));
        CHECK(units->progress > before, "progress went from %g to %g", before,
              units->progress);
        before = units->progress;
    }
    CHECK(before == 1, "progress ended at %g", before);
    CHECK_OK(units_step(units));
    return units;
}

/* ---- Traces -------------------------------------------------------------- */

TEST(traces_are_the_views_in_the_order_of_time)
{
    for (uint64_t i = 0; i < 100; i++) {
        draws d = draws_begin(i);
        elman_config config = random_config(&d, MOST_H);
        random_batch random = draw_batch(&d, &config, MOST_B);
        size_t b = 0;
        while (b < random.B && random.lengths[b] == 0)
            b++;
        if (b == random.B) continue;
        elman_batch batch = {.T = random.T,
                             .B = random.B,
                             .x = random.x,
                             .tokens = random.tokens,
                             .lengths = random.lengths};
        elman_model *m;
        elman_state *s;
        CHECK_OK(model_create(&config, &m));
        elman_units *units = show(m, &batch, b, NULL, 0);
        const elman_state_config room = {.T = random.T, .B = random.B};
        CHECK_OK(state_create(m, &room, &s));
        CHECK_OK(model_forward(m, s, &batch, NULL));

        CHECK(units->T == random.lengths[b] && units->sequence == b, "T is %zu",
              units->T);
        for (size_t k = 0; k < units->count; k++) {
            const elman_units_level *l = units->levels + k;
            elman_tensor view;
            char name[80];
            snprintf(name, sizeof name, "%s.h", l->name);
            CHECK_OK(state_view(m, s, name, &view));
            size_t level = strtoul(l->name + 5, NULL, 10), n = 0;
            while (!m->layers[n].cell || m->layers[n].level != level)
                n++;
            bool reverse =
                m->layers[n].config.reverse || strstr(l->name, "_reverse");
            for (size_t t = 0; t < units->T; t++) {
                size_t entry = reverse ? units->T - 1 - t : t;
                CHECK_BITS(l->h + t * l->R,
                           view.data + (entry * random.B + b) * l->R, l->R,
                           "%s at step %zu", l->name, t);
            }
        }
        state_destroy(s);
        units_end(units);
        model_destroy(m);
    }
}

/* ---- Matches ------------------------------------------------------------- */

enum { T = 40, B = 4, I = 3, ROWS = T * B };

/* A network whose unit j follows input j: h = tanh(x), but -tanh(x) of unit 2.
 */
static elman_model *create_followers(bool bidirectional)
{
    const elman_config config = {
        .input_size = I,
        .layers = {{.kind = ELMAN_RNN,
                    .hidden_size = I,
                    .bidirectional = bidirectional,
                    .no_bias = true,
                    .init_hh = {ELMAN_INIT_CONSTANT, 0}}}};
    static const float w[I * I] = {1, 0, 0, 0, 1, 0, 0, 0, -1};
    static const float nothing[I * I];
    elman_model *m;
    CHECK_OK(model_create(&config, &m));
    CHECK_OK(
        model_write(m, "rnn.weight_ih_l0", I * I, bidirectional ? nothing : w));
    if (bidirectional)
        CHECK_OK(model_write(m, "rnn.weight_ih_l0_reverse", I * I, w));
    return m;
}

static void draw_inputs(float x[ROWS * I])
{
    draws d = draws_begin(77);
    for (size_t i = 0; i < ROWS * I; i++)
        x[i] = draw_real(&d, -1, 1);
}

/* Pearson's correlation of a and b over the rows that chosen says. */
static double pearson(const float *a, const float *b, const bool *chosen)
{
    double n = 0, ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
    for (size_t r = 0; r < ROWS; r++)
        if (chosen[r]) n++, ma += (double)a[r], mb += (double)b[r];
    ma /= n, mb /= n;
    for (size_t r = 0; r < ROWS; r++) {
        double x = (double)a[r] - ma, y = (double)b[r] - mb;
        if (chosen[r]) aa += x * x, bb += y * y, ab += x * y;
    }
    return ab / sqrt(aa * bb);
}

TEST(the_unit_that_follows_a_property_is_found)
{
    static float x[ROWS * I], first[ROWS], third[ROWS], noise[ROWS], h[ROWS];
    static size_t lengths[B] = {40, 33, 12, 1};
    draw_inputs(x);
    draws d = draws_begin(78);
    for (size_t r = 0; r < ROWS; r++) {
        first[r] = x[r * I] > 0;
        third[r] = r % 5 == 0 ? NAN : x[r * I + 2];
        noise[r] = draw_real(&d, -1, 1);
    }
    const elman_property asked[3] = {
        {"noise", noise}, {"first", first}, {"third", third}};
    elman_batch batch = {.T = T, .B = B, .x = x, .lengths = lengths};

    for (int both = 0; both < 2; both++) {
        elman_model *m = create_followers(both);
        elman_units *units = show(m, &batch, 0, asked, 3);
        CHECK(units->match_count == 3, "%zu matches", units->match_count);
        const elman_unit_match *match = units->matches;
        CHECK(strcmp(match[0].name, "third") == 0 && match[0].unit == 2 &&
                  match[0].correlation < -0.98 && match[0].held_out < -0.98,
              "%s unit %zu %g %g", match[0].name, match[0].unit,
              match[0].correlation, match[0].held_out);
        CHECK(strcmp(match[1].name, "first") == 0 && match[1].unit == 0,
              "%s unit %zu", match[1].name, match[1].unit);
        CHECK(strcmp(match[2].name, "noise") == 0 &&
                  fabs(match[2].held_out) < 0.5,
              "noise is told at %g", match[2].held_out);
        CHECK(match[0].reverse == both && match[1].reverse == both, "reverse");

        /* by hand: the second half of each sequence's steps */
        bool chosen[ROWS];
        for (size_t half = 0; half < 2; half++) {
            for (size_t t = 0; t < T; t++)
                for (size_t b = 0; b < B; b++) {
                    size_t r = t * B + b;
                    h[r] = -tanhf(x[r * I + 2]);
                    chosen[r] = !isnan(third[r]) && t < lengths[b] &&
                                (t >= (lengths[b] + 1) / 2) == half;
                }
            double want = pearson(h, third, chosen);
            double got = half ? match[0].held_out : match[0].correlation;
            CHECK(fabs(got - want) < 1e-6, "half %zu: %g not %g", half, got,
                  want);
        }
        units_end(units);
        model_destroy(m);
    }
}

TEST(what_holds_for_whole_sequences_is_halved_by_sequences)
{
    /* of class 0, 0, 1, 1: each half has one of both */
    static float x[ROWS * I], class[ROWS];
    draw_inputs(x);
    for (size_t r = 0; r < ROWS; r++) {
        class[r] = r % B >= 2;
        x[r * I + 1] = (class[r] > 0 ? 1 : -1) + (r % B == 3 ? 0.5f : 0);
    }
    const elman_property property = {"class", class};
    elman_batch batch = {.T = T, .B = B, .x = x};
    elman_model *m = create_followers(false);
    elman_units *units = show(m, &batch, 1, &property, 1);
    CHECK(units->match_count == 1 && units->matches->unit == 1 &&
              units->matches->correlation > 0.999 &&
              units->matches->held_out > 0.999,
          "%zu matches, unit %zu %g %g", units->match_count,
          units->matches->unit, units->matches->correlation,
          units->matches->held_out);
    units_end(units);

    /* without a second one of each there is nothing to hold out */
    batch.B = 1;
    for (size_t t = 0; t < T; t++)
        class[t] = 1;
    units = show(m, &batch, 0, &property, 1);
    CHECK(units->match_count == 0, "%zu matches", units->match_count);
    units_end(units);
    model_destroy(m);
}

TEST(what_is_unknown_is_not_matched)
{
    static float x[ROWS * I], unknown[ROWS], half[ROWS];
    draw_inputs(x);
    for (size_t r = 0; r < ROWS; r++) {
        unknown[r] = NAN;
        half[r] = r < ROWS / 2 ? x[r * I] : NAN;
    }
    const elman_property asked[2] = {{"unknown", unknown}, {"half", half}};
    elman_batch batch = {.T = T, .B = B, .x = x};
    elman_model *m = create_followers(false);
    elman_units *units = show(m, &batch, 0, asked, 2);
    CHECK(units->match_count == 0, "%zu matches", units->match_count);
    units_end(units);
    model_destroy(m);
}

TEST(every_instruction_set_matches_alike)
{
    static float x[ROWS * I], noise[ROWS];
    draw_inputs(x);
    draws d = draws_begin(79);
    for (size_t r = 0; r < ROWS; r++)
        noise[r] = draw_real(&d, -1, 1);
    const elman_property property = {"noise", noise};
    const elman_config config = {
        .input_size = I,
        .seed = 2,
        .layers = {{.kind = ELMAN_LSTM, .hidden_size = 19, .num_layers = 2}}};
    elman_batch batch = {.T = T, .B = B, .x = x};
    elman_model *m;
    CHECK_OK(model_create(&config, &m));
    elman_units *first = show(m, &batch, 0, &property, 1);
    for (const kernels *const *k = kernels_all(); *k; k++) {
        if (*k == &kernels_ref) continue;
        kernels_use(*k);
        elman_units *units = show(m, &batch, 0, &property, 1);
        kernels_use(NULL);
        CHECK(!memcmp(units->matches, first->matches, sizeof *first->matches) &&
                  !memcmp(units->levels[1].h, first->levels[1].h,
                          T * 19 * sizeof(float)),
              "other bits on %s", (*k)->isa);
        units_end(units);
    }
    units_end(first);
    model_destroy(m);
}

TEST(what_cannot_be_shown_is_refused)
{
    static float x[ROWS * I];
    static const size_t lengths[B] = {0, 3, 3, 3};
    elman_batch batch = {.T = T, .B = B, .x = x, .lengths = lengths};
    elman_model *m = create_followers(false);
    elman_units *units;
    CHECK_FAILS(units_begin(m, &batch, 4, NULL, 0, &units), ELMAN_BAD_VALUE,
                "sequence is 4, expected less than the batch's B 4");
    CHECK_FAILS(units_begin(m, &batch, 0, NULL, 0, &units), ELMAN_BAD_VALUE,
                "sequence 0 has 0 steps");
    CHECK_FAILS(units_begin(m, &batch, 1, NULL, 2, &units), ELMAN_BAD_VALUE,
                "properties is NULL");
    batch.x = NULL;
    CHECK_OK(units_begin(m, &batch, 1, NULL, 0, &units));
    CHECK_FAILS(units_step(units), ELMAN_BAD_VALUE, "the batch has no x");
    units_end(units);
    units_end(NULL);
    model_destroy(m);
}

/* ---- Places in a text ---------------------------------------------------- */

/* One digit for each character of text, after it; '.' where it is unknown. */
static void check_text(const char *text, text_property property, bool ends,
                       const char *want)
{
    text_place place = {.quotes_end = ends};
    CHECK(strlen(text) == strlen(want), "lengths of \"%s\" differ", text);
    for (size_t i = 0; text[i]; i++) {
        text_read(&place, text + i, 1);
        float value = text_value(&place, property);
        char got = isnan(value) ? '.' : (char)('0' + (int)value);
        CHECK(got == want[i], "%s in \"%s\" at %zu: %c not %c",
              text_names[property], text, i, got, want[i]);
    }
}

TEST(a_text_is_read_as_people_read_it)
{
    check_text("a\"b\nc\"d\"e", TEXT_QUOTES, true, "...001100");
    check_text("\n\"a\nb\"c", TEXT_QUOTES, false, "0111100");
    check_text("\n\"a\nb", TEXT_QUOTES, true, "01100");
    check_text("\n\"a\n\nb", TEXT_QUOTES, false, "011100");
    check_text("\n\"a\\\"b\"c", TEXT_QUOTES, true, "01111100");
    check_text("\n'\"' x", TEXT_QUOTES, true, "000000");
    check_text("\n\xE2\x80\x9C"
               "a\xE2\x80\x9D",
               TEXT_QUOTES, false, "00011110");
    check_text(")\n(a(b)c)d", TEXT_PARENTHESES, true, ".011111100");
    check_text("\n(\n\n(x", TEXT_PARENTHESES, true, "011011");
    check_text("\n{[(a)]}}(", TEXT_BRACKETS, true, "0123321001");
    check_text("\n\"(\"(", TEXT_BRACKETS, true, "00001");
    check_text("\na//b\nc", TEXT_COMMENT, true, "0001100");
    check_text("\na/*b*/c", TEXT_COMMENT, true, "00011100");
    check_text("\nhttp://b", TEXT_COMMENT, true, "000000000");
    check_text("\n// \"a\nb", TEXT_QUOTES, true, "00000000");
    check_text("ab\nc\xC3\xA9"
               "d\n",
               TEXT_COLUMN, true, "..012230");
    check_text("\n  a b\n\tc", TEXT_INDENT, true, "012222044");
    check_text("ab cd-e", TEXT_WORD, true, "..01201");
    check_text("aB3", TEXT_CAPITAL, true, "010");
    check_text("aB3", TEXT_DIGIT, true, "001");
}

/* ---- Properties of datasets ---------------------------------------------- */

typedef struct opened {
    elman_dataset *dataset;
    elman_loader *loader;
    elman_batch batch;
    elman_target target;
    properties *made;
} opened;

static opened open_text(const char *name, const char *text,
                        const elman_dataset_config *config,
                        const elman_loader_config *batches)
{
    opened o;
    CHECK_OK(dataset_read(name, text, strlen(text), config, &o.dataset));
    CHECK_OK(loader_create(o.dataset, batches, &o.loader));
    CHECK_OK(loader_read(o.loader, &o.batch, &o.target));
    CHECK_OK(properties_create(o.dataset, &o.batch, &o.target, &o.made));
    return o;
}

static void close_text(opened *o)
{
    properties_destroy(o->made);
    loader_destroy(o->loader);
    dataset_close(o->dataset);
}

static const float *find(const opened *o, const char *name)
{
    for (size_t i = 0; i < o->made->count; i++)
        if (strcmp(o->made->items[i].name, name) == 0)
            return o->made->items[i].values;
    return NULL;
}

TEST(texts_of_every_unit_have_the_same_properties)
{
    const char *text = "\nSay \"hello\" to (all) 3 of us.\n  And \"go\" on.\n";
    static const elman_unit units[] = {ELMAN_UNIT_BYTES, ELMAN_UNIT_CHARACTERS,
                                       ELMAN_UNIT_WORDS};
    for (size_t i = 0; i < 3; i++) {
        const elman_dataset_config config = {
            .task = ELMAN_TASK_LANGUAGE, .unit = units[i], .validation = -1};
        opened o =
            open_text("some.txt", text, &config,
                      &(elman_loader_config){.batch_size = 1, .steps = 200});
        const elman_encoding *e = dataset_encoding(o.dataset);
        const float *quotes = find(&o, "inside quotes");
        const float *column = find(&o, "position in the line");
        const float *space = find(&o, "a space comes next");
        CHECK(quotes && column && space && find(&o, "inside parentheses") &&
                  find(&o, "digit") && find(&o, "capital letter"),
              "unit %d lacks one", (int)units[i]);
        CHECK(!find(&o, "inside a comment"), "nothing is a comment");

        /* as a place in the text itself */
        text_place place = {.quotes_end = true};
        size_t at = 0;
        for (size_t t = 0; t < o.batch.T; t++) {
            size_t bytes = e->token_bytes[o.batch.tokens[t]];
            text_read(&place, text + at, bytes);
            at += bytes;
            float want = text_value(&place, TEXT_QUOTES);
            CHECK(quotes[t] == want, "step %zu: %g not %g", t,
                  (double)quotes[t], (double)want);
            want = text_value(&place, TEXT_COLUMN);
            CHECK(column[t] == want, "step %zu: %g not %g", t,
                  (double)column[t], (double)want);
            want = text[at] == ' ' || text[at] == '\n';
            CHECK(space[t] == want, "step %zu: %g not %g", t, (double)space[t],
                  (double)want);
        }
        close_text(&o);
    }
}

TEST(classes_of_sequences_are_properties_of_their_steps)
{
    const char *text = "cat\t1\t2\t3\ndog\t4\t5\t6\ncat\t7\t8\t9\n";
    const elman_dataset_config config = {.task = ELMAN_TASK_CLASSIFY,
                                         .format = ELMAN_DATA_FORMAT_SERIES,
                                         .validation = -1};
    opened o = open_text("some.tsv", text, &config,
                         &(elman_loader_config){.batch_size = 3});
    const float *cat = find(&o, "class cat"), *dog = find(&o, "class dog");
    CHECK(cat && dog && find(&o, "input 1"), "%zu properties", o.made->count);
    for (size_t t = 0; t < o.batch.T; t++)
        for (size_t b = 0; b < 3; b++) {
            bool is_dog = o.batch.ids[b] == 1;
            CHECK(dog[t * 3 + b] == is_dog && cat[t * 3 + b] == !is_dog,
                  "step %zu of sequence %zu", t, b);
        }
    close_text(&o);
}

TEST(targets_and_inputs_of_a_table_are_properties)
{
    char text[4096] = "a,b\n";
    for (int i = 0; i < 60; i++)
        sprintf(text + strlen(text), "%d,%d\n", i * i % 17, i * 3 % 11);
    const elman_dataset_config config = {.task = ELMAN_TASK_TRACK,
                                         .target = "b",
                                         .columns = "a",
                                         .window = 20,
                                         .validation = -1};
    opened o = open_text("some.csv", text, &config,
                         &(elman_loader_config){.batch_size = 2});
    const float *a = find(&o, "input a"), *b = find(&o, "target b");
    CHECK(a && b, "%zu properties", o.made->count);
    for (size_t r = 0; r < o.batch.T * o.batch.B; r++)
        CHECK(a[r] == o.batch.x[r] && b[r] == o.target.values[r], "row %zu", r);
    close_text(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(traces_are_the_views_in_the_order_of_time),
        cmocka_unit_test(the_unit_that_follows_a_property_is_found),
        cmocka_unit_test(what_holds_for_whole_sequences_is_halved_by_sequences),
        cmocka_unit_test(what_is_unknown_is_not_matched),
        cmocka_unit_test(every_instruction_set_matches_alike),
        cmocka_unit_test(what_cannot_be_shown_is_refused),
        cmocka_unit_test(a_text_is_read_as_people_read_it),
        cmocka_unit_test(texts_of_every_unit_have_the_same_properties),
        cmocka_unit_test(classes_of_sequences_are_properties_of_their_steps),
        cmocka_unit_test(targets_and_inputs_of_a_table_are_properties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
