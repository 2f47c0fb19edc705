/*
 * test_journal.c: the journal of a training run: rows and settings come back to
 * the bit, which rows stay does not depend on where the run was stopped, and
 * hostile text is refused.
 */
#include "check.h"
#include "folder.h"

static elman_journal *made(const char *text)
{
    elman_journal *journal = NULL;
    CHECK_OK(elman_journal_create(text, &journal));
    return journal;
}

static const char *note_of(elman_journal *journal)
{
    const char *text = elman_journal_note(journal);
    CHECK(text != NULL, "no memory");
    return text;
}

static void add(elman_journal *journal, uint64_t step, double loss, bool best)
{
    elman_journal_row row = {.step = step,
                             .epoch = (double)step / 3,
                             .seconds = 1,
                             .train_loss = loss / 3,
                             .loss = loss,
                             .score = NAN,
                             .learning_rate = 1e-3,
                             .norm = 1.0 / 7,
                             .horizon = NAN,
                             .rate = NAN,
                             .saturation = NAN,
                             .update = NAN,
                             .best = best};
    CHECK_OK(elman_journal_write(journal, &row));
}

/* ---- Round trip --------------------------------------------------------- */

TEST(doubles_come_back_to_the_bit)
{
    elman_journal *journal = made(NULL);
    const double values[] = {0.1,     1.0 / 3,  0x1p-1074, -0.0,
                             1.7e308, INFINITY, -INFINITY, 123456789.0};
    enum { VALUES = sizeof values / sizeof *values };
    for (size_t i = 0; i < VALUES; i++)
        add(journal, i + 1, values[i], i == 2);

    elman_journal *again = made(note_of(journal));
    size_t count = 0;
    const elman_journal_row *rows = elman_journal_rows(again, &count);
    assert_int_equal(count, VALUES);
    for (size_t i = 0; i < VALUES; i++) {
        CHECK(!memcmp(&rows[i].loss, &values[i], sizeof *values), "row %zu: %a",
              i, rows[i].loss);
        double third = values[i] / 3, epoch = (double)(i + 1) / 3;
        CHECK(!memcmp(&rows[i].train_loss, &third, sizeof third), "row %zu", i);
        CHECK(rows[i].epoch == epoch && rows[i].norm == 1.0 / 7, "row %zu", i);
        CHECK(rows[i].step == i + 1 && rows[i].best == (i == 2), "row %zu", i);
        CHECK(isnan(rows[i].horizon) && isnan(rows[i].score), "row %zu", i);
    }
    assert_string_equal(note_of(again), note_of(journal));
    elman_journal_destroy(again);
    elman_journal_destroy(journal);
}

TEST(seconds_are_not_in_the_text)
{
    elman_journal *journal = made(NULL);
    add(journal, 1, 2, true);
    CHECK(elman_journal_rows(journal, NULL)->seconds == 1, "lost at once");
    elman_journal *again = made(note_of(journal));
    CHECK(isnan(elman_journal_rows(again, NULL)->seconds), "kept");
    elman_journal_destroy(again);
    elman_journal_destroy(journal);
}

TEST(settings_are_replaced_in_place_and_removed)
{
    elman_journal *journal = made(NULL);
    const char odd[] = "a \"quoted\\ line\nend\t\x01 \xc3\xa9";
    CHECK_OK(elman_journal_write_setting(journal, "data", odd));
    CHECK_OK(elman_journal_write_setting(journal, "lr", "0.1"));
    CHECK_OK(elman_journal_write_setting(journal, "seed", "1"));
    CHECK_OK(elman_journal_write_setting(journal, "lr", "0.01"));
    CHECK_OK(elman_journal_write_setting(journal, "seed", NULL));
    CHECK_OK(elman_journal_write_setting(journal, "unknown", NULL));

    elman_journal *again = made(note_of(journal));
    size_t count = 0;
    const elman_setting *settings = elman_journal_settings(again, &count);
    assert_int_equal(count, 2);
    assert_string_equal(settings[0].name, "data");
    assert_string_equal(settings[0].value, odd);
    assert_string_equal(settings[1].name, "lr");
    assert_string_equal(settings[1].value, "0.01");
    elman_journal_destroy(again);
    elman_journal_destroy(journal);
}

/* ---- Which rows stay ---------------------------------------------------- */

enum { MOST = 500 };

/* Rows 0 to count - 1; the best is 777, and each power of two was before. */
static void add_many(elman_journal *journal, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++)
        add(journal, 10 * (i + 1), 1.0 / (double)(i + 1),
            i == 777 || (i < 777 && (i & (i - 1)) == 0));
}

TEST(of_many_rows_even_ones_the_best_and_the_last_stay)
{
    for (size_t total = 499; total < 5000; total += 499) {
        elman_journal *journal = made(NULL);
        add_many(journal, 0, total);
        size_t count = 0, best = 0;
        const elman_journal_row *rows = elman_journal_rows(journal, &count);
        CHECK(count <= MOST, "%zu of %zu", count, total);
        CHECK(2 * count + 4 >= (total < MOST ? total : MOST), "%zu of %zu",
              count, total);
        CHECK(rows[count - 1].step == 10 * total, "the last is gone");
        for (size_t i = 0; i < count; i++)
            if (rows[i].best) best = i;
        CHECK(rows[best].step == 7780 || total <= 777, "the best is gone");

        /* the gap between two of them, but for best and last, is one number */
        size_t gap = rows[1].step - rows[0].step;
        for (size_t i = 1; i + 1 < count; i++)
            CHECK(rows[i].step % gap == 10 % gap || i == best,
                  "%zu of %zu: gap %zu", i, total, gap);
        elman_journal_destroy(journal);
    }
}

TEST(a_journal_that_was_saved_half_way_is_the_same_at_the_end)
{
    const size_t cuts[] = {1, 499, 500, 778, 1000, 1501, 2999};
    elman_journal *whole = made(NULL);
    add_many(whole, 0, 3000);
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        elman_journal *first = made(NULL);
        add_many(first, 0, cuts[i]);
        elman_journal *second = made(note_of(first));
        add_many(second, cuts[i], 3000);
        assert_string_equal(note_of(second), note_of(whole));
        elman_journal_destroy(second);
        elman_journal_destroy(first);
    }
    elman_journal_destroy(whole);
}

/* ---- What is refused ---------------------------------------------------- */

TEST(rows_and_settings_that_cannot_be_are_refused)
{
    elman_journal *journal = made(NULL);
    add(journal, 5, 1, true);
    elman_journal_row row = {.step = 5};
    CHECK_FAILS(elman_journal_write(journal, &row), ELMAN_BAD_VALUE,
                "expected more than 5");
    row.step = UINT64_MAX;
    CHECK_FAILS(elman_journal_write(journal, &row), ELMAN_BAD_VALUE, "2^63");

    char *name = calloc(1, 70001);
    assert_non_null(name);
    memset(name, 'x', 70000);
    CHECK_FAILS(elman_journal_write_setting(journal, name, "1"),
                ELMAN_BAD_VALUE, "1 to 63");
    CHECK_FAILS(elman_journal_write_setting(journal, "", "1"), ELMAN_BAD_VALUE,
                "0 bytes");
    CHECK_FAILS(elman_journal_write_setting(journal, "long", name),
                ELMAN_BAD_VALUE, "70000 bytes");
    CHECK_FAILS(elman_journal_write_setting(journal, "latin1", "\xe9"),
                ELMAN_BAD_VALUE, "not UTF-8");
    free(name);

    for (int i = 0; i < 300; i++) {
        char number[16];
        snprintf(number, sizeof number, "%d", i);
        CHECK_OK(elman_journal_write_setting(journal, number, "x"));
    }
    CHECK_FAILS(elman_journal_write_setting(journal, "more", "x"),
                ELMAN_BAD_VALUE, "300");
    CHECK_OK(elman_journal_write_setting(journal, "299", "y"));
    elman_journal_destroy(journal);
}

#define COLUMNS "\"columns\":[\"number\",\"step\",\"best\",\"loss\"]"
#define HEAD    "{\"version\":1,\"settings\":{},\"total\":1," COLUMNS ",\"rows\":"

TEST(hostile_texts_are_refused)
{
    static const char *const texts[] = {
        "",
        "[]",
        "{}",
        "null",
        "{\"version\":2,\"settings\":{},\"total\":0," COLUMNS ",\"rows\":[]}",
        "{\"version\":1,\"settings\":{\"a\":1},\"total\":0," COLUMNS
        ",\"rows\":[]}",
        "{\"version\":1,\"settings\":[],\"total\":0," COLUMNS ",\"rows\":[]}",
        "{\"version\":1,\"settings\":{},\"total\":0,\"columns\":[\"number\","
        "\"step\"],\"rows\":[]}",
        "{\"version\":1,\"settings\":{},\"total\":0,\"columns\":[\"number\","
        "\"step\",\"best\",\"step\"],\"rows\":[]}",
        "{\"version\":1,\"settings\":{},\"total\":0,\"columns\":[1],\"rows\":"
        "[]}",
        "{\"version\":1,\"settings\":{},\"total\":9," COLUMNS
        ",\"rows\":[[0,1,0,1]]}",
        HEAD "[[0,1,0]]}",
        HEAD "[[0,1,2,1]]}",
        HEAD "[[0,-1,0,1]]}",
        HEAD "[[-1,1,0,1]]}",
        HEAD "[[0,1,0,\"x\"]]}",
        HEAD "[[0,1,0,true]]}",
        HEAD "[[0,1,0,[1]]]}",
        HEAD "[[0,1.5,0,1]]}",
        HEAD "[[0,1,0,1e999]]}",
        HEAD "[[0,null,0,1]]}",
        HEAD "[[0,1,0,1],[0,2,0,1]]}",
        HEAD "[[0,2,0,1],[1,2,0,1]]}",
        HEAD "[[9223372036854775807,2,0,1]]}",
        HEAD "{}}",
        HEAD "[1]}",
        HEAD "[[0,1,0,1]]} x",
        HEAD "[[0,1,0,1]]",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        elman_journal *journal = NULL;
        elman_status status = elman_journal_create(texts[i], &journal);
        CHECK(status != ELMAN_OK && !journal, "accepted: %s", texts[i]);
        CHECK(strstr(elman_message(), "journal"), "%s", elman_message());
    }
}

TEST(too_many_rows_are_refused_and_unknown_columns_are_left)
{
    char *text = calloc(1, 1 << 16);
    assert_non_null(text);
    size_t used = (size_t)sprintf(
        text,
        "{\"version\":1,\"settings\":{},\"total\":501," COLUMNS ",\"rows\":[");
    for (int i = 0; i < 501; i++)
        used += (size_t)sprintf(text + used, "%s[%d,%d,0,1]", i ? "," : "", i,
                                i + 1);
    strcpy(text + used, "]}");
    elman_journal *journal = NULL;
    CHECK_FAILS(elman_journal_create(text, &journal), ELMAN_BAD_FORMAT,
                "at most 500");
    free(text);

    journal = made("{\"version\":1,\"settings\":{},\"total\":8,\"columns\":["
                   "\"number\",\"step\",\"best\",\"later\",\"loss\"],\"rows\":"
                   "[[7,30,1,[\"x\"],0.5]],\"more\":[]}");
    const elman_journal_row *row = elman_journal_rows(journal, NULL);
    CHECK(row->step == 30 && row->loss == 0.5 && row->best, "step %zu",
          (size_t)row->step);
    elman_journal_destroy(journal);
}

/* ---- In a checkpoint ---------------------------------------------------- */

static elman_trainer *begin(elman_model **model, elman_dataset **dataset)
{
    static const elman_config network = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_GRU, .hidden_size = 3},
                   {.kind = ELMAN_LINEAR, .output_size = 1}}};
    elman_trainer_config training = {.loss.kind = ELMAN_LOSS_MEAN_SQUARED,
                                     .optimizer.clip_norm = 0.3,
                                     .batch_size = 2,
                                     .evaluate_every = 4};
    float x[8 * 5], y[8 * 5];
    random_fill(1, 8 * 5, -1, 1, x);
    random_fill(2, 8 * 5, -1, 1, y);
    elman_tensor array = {.data = x, .rank = 3, .shape = {8, 5, 1}};
    CHECK_OK(elman_array_save(in_folder("x.npy"), &array));
    array.data = y;
    CHECK_OK(elman_array_save(in_folder("y.npy"), &array));

    elman_dataset_config reading = {.target_path = in_folder("y.npy"),
                                    .task = ELMAN_TASK_TRACK,
                                    .validation = -1};
    elman_trainer *trainer = NULL;
    CHECK_OK(elman_dataset_open(in_folder("x.npy"), &reading, dataset));
    CHECK_OK(elman_model_create(&network, model));
    CHECK_OK(elman_trainer_create(*model, *dataset, &training, &trainer));
    return trainer;
}

static void end(elman_trainer *trainer, elman_model *model,
                elman_dataset *dataset)
{
    elman_trainer_destroy(trainer);
    elman_model_destroy(model);
    elman_dataset_close(dataset);
}

TEST(a_checkpoint_keeps_the_note_and_the_means_between_evaluations)
{
    elman_model *model = NULL, *other = NULL;
    elman_dataset *dataset = NULL, *same = NULL;
    elman_trainer *whole = begin(&model, &dataset);
    const elman_progress *p = elman_trainer_progress(whole);
    CHECK(isnan(p->train_loss) && isnan(p->update), "before any evaluation");
    CHECK_OK(elman_model_write_note(model, "journal", "half way"));
    for (int i = 0; i < 6; i++)
        CHECK_OK(elman_trainer_step(whole));
    const char *path = in_folder("half");
    CHECK_OK(elman_trainer_save(whole, path));

    elman_trainer *resumed = begin(&other, &same);
    CHECK_OK(elman_model_write_note(other, "journal", "something else"));
    CHECK_OK(elman_trainer_load(resumed, path));
    assert_string_equal(elman_model_note(other, "journal"), "half way");
    const elman_progress *q = elman_trainer_progress(resumed);
    CHECK(q->train_loss == p->train_loss && q->update == p->update &&
              q->clipped == p->clipped && q->mean_norm == p->mean_norm,
          "the means of the last evaluation are lost");

    for (int i = 0; i < 2; i++) {
        CHECK_OK(elman_trainer_step(whole));
        CHECK_OK(elman_trainer_step(resumed));
    }
    CHECK(p->evaluated && q->evaluated, "no evaluation");
    CHECK(q->train_loss == p->train_loss && q->update == p->update &&
              q->clipped == p->clipped && q->mean_norm == p->mean_norm,
          "%g %g %g %g", q->train_loss, p->train_loss, q->update, p->update);
    end(resumed, other, same);
    end(whole, model, dataset);
}

TEST(the_means_are_those_of_the_steps)
{
    elman_model *model = NULL;
    elman_dataset *dataset = NULL;
    elman_trainer *trainer = begin(&model, &dataset);
    const elman_progress *p = elman_trainer_progress(trainer);
    size_t clipped = 0;
    for (int round = 0; round < 2; round++) {
        double loss = 0, norm = 0;
        clipped = 0;
        for (int i = 0; i < 4; i++) {
            CHECK_OK(elman_trainer_step(trainer));
            loss += p->last.loss;
            norm += p->norm;
            clipped += p->norm > 0.3;
        }
        CHECK(p->train_loss == loss / 4 && p->mean_norm == norm / 4, "%g %g",
              p->train_loss, loss / 4);
        CHECK(p->clipped == (double)clipped / 4, "%g", p->clipped);
    }
    end(trainer, model, dataset);
}

/* The median of the five parameters' ratios, by plain double sums. */
TEST(update_is_the_median_ratio_of_the_evaluated_step)
{
    elman_model *model = NULL;
    elman_dataset *dataset = NULL;
    elman_trainer *trainer = begin(&model, &dataset);
    float before[6][64];
    double ratios[6];
    for (int i = 0; i < 3; i++)
        CHECK_OK(elman_trainer_step(trainer));

    elman_const_tensor shape;
    const char *name;
    size_t count = 0, sizes[6];
    for (; (name = elman_model_parameter(model, count, &shape)); count++) {
        sizes[count] = shape.shape[0] * (shape.rank > 1 ? shape.shape[1] : 1);
        CHECK_OK(elman_model_read(model, name, sizes[count], before[count]));
    }
    assert_int_equal(count, 6);
    CHECK_OK(elman_trainer_step(trainer));
    for (size_t i = 0; i < count; i++) {
        float now[64];
        double change = 0, weight = 0;
        name = elman_model_parameter(model, i, &shape);
        CHECK_OK(elman_model_read(model, name, sizes[i], now));
        for (size_t k = 0; k < sizes[i]; k++) {
            double difference = (double)now[k] - (double)before[i][k];
            change += difference * difference;
            weight += (double)before[i][k] * (double)before[i][k];
        }
        ratios[i] = sqrt(change / weight);
    }

    /* as many are over it as under it */
    double got = elman_trainer_progress(trainer)->update;
    size_t below = 0, above = 0;
    for (size_t i = 0; i < count; i++) {
        below += ratios[i] < got * (1 + 1e-4);
        above += ratios[i] > got * (1 - 1e-4);
    }
    CHECK(below == 3 && above == 3, "%g: %zu below, %zu above", got, below,
          above);
    end(trainer, model, dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubles_come_back_to_the_bit),
        cmocka_unit_test(seconds_are_not_in_the_text),
        cmocka_unit_test(settings_are_replaced_in_place_and_removed),
        cmocka_unit_test(of_many_rows_even_ones_the_best_and_the_last_stay),
        cmocka_unit_test(
            a_journal_that_was_saved_half_way_is_the_same_at_the_end),
        cmocka_unit_test(rows_and_settings_that_cannot_be_are_refused),
        cmocka_unit_test(hostile_texts_are_refused),
        cmocka_unit_test(
            too_many_rows_are_refused_and_unknown_columns_are_left),
        cmocka_unit_test(
            a_checkpoint_keeps_the_note_and_the_means_between_evaluations),
        cmocka_unit_test(the_means_are_those_of_the_steps),
        cmocka_unit_test(update_is_the_median_ratio_of_the_evaluated_step),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
