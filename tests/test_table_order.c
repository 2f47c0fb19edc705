/*
 * test_table_order.c: rows of a table in the order of their times, series by
 * series.
 */
#include "table.h"

/* A row of a table under test. */
typedef struct line {
    char text[80];
} line;

static const char *put_lines(const char *name, const char *header,
                             const line *lines, size_t count)
{
    static char text[100000];
    size_t at = (size_t)sprintf(text, "%s\n", header);
    for (size_t i = 0; i < count; i++)
        at += (size_t)sprintf(text + at, "%s\n", lines[i].text);
    return put_bytes(name, text, at);
}

/* Row i of a series: a day and a value that tells which row it is. */
static double value_of(size_t row) { return (double)(row * row % 17) + 0.25; }

static void make_day(size_t row, char *text)
{
    sprintf(text, "2021-%02d-%02zu", row < 31 ? 1 : 2,
            row < 31 ? row + 1 : row - 30);
}

enum { ROWS = 56 };

/* The same rows by three ways through the file. */
static size_t place(int way, size_t row)
{
    return way == 0 ? row : way == 1 ? ROWS - 1 - row : row * 19 % ROWS;
}

TEST(rows_are_read_in_the_order_of_their_times)
{
    static const char *const said[] = {
        "day, step 1 day\n", "the newest row comes first, so the rows were",
        "rows were not in order, so they were sorted"};
    line lines[ROWS];
    elman_dataset *want = NULL;
    elman_dataset_config config = {
        .window = 6, .horizon = 2, .validation = 0.1, .transform = "none"};

    for (int way = 0; way < 3; way++) {
        for (size_t row = 0; row < ROWS; row++) {
            char day[20];
            make_day(row, day);
            sprintf(lines[place(way, row)].text, "%s,%g", day, value_of(row));
        }

        elman_dataset *d =
            must_open(put_lines("o.csv", "day,a", lines, ROWS), &config);
        check_fact(d, "time", said[way]);
        assert_int_equal(d->row_count, ROWS);
        if (way == 0) want = d;
        assert_memory_equal(d->x, want->x, ROWS * sizeof(float));
        assert_int_equal(dataset_size(d, 0), dataset_size(want, 0));

        /* each row knows where it stands in the file */
        for (size_t row = 0; row < ROWS; row++) {
            assert_int_equal(d->row_steps[row], place(way, row));
            assert_int_equal(d->row_lines[row], place(way, row) + 2);
        }

        /* the answers come in the order of the file */
        for (size_t i = 1; i < d->size[ELMAN_PART_VALIDATION]; i++) {
            elman_origin before, here;
            const size_t *ids = d->ids[ELMAN_PART_VALIDATION];
            dataset_origin(d, ids[i - 1], 5, &before);
            dataset_origin(d, ids[i], 5, &here);
            CHECK(before.line < here.line, "way %d: line %zu, %zu", way,
                  before.line, here.line);
        }
        if (way) dataset_close(d);
    }

    /* nobody wants an order */
    config.time = "none";
    elman_dataset *d = must_open(in_folder("o.csv"), &config);
    assert_int_equal(d->row_steps[1], 1);
    assert_null(d->times.at);
    assert_string_equal(d->encoding->time, "none");
    dataset_close(d);
    dataset_close(want);
}

TEST(a_forecast_goes_on_with_dates_past_the_end)
{
    line lines[ROWS];
    for (size_t row = 0; row < ROWS; row++) {
        char day[20];
        make_day(row, day);
        sprintf(lines[ROWS - 1 - row].text, "%s,%g", day, value_of(row));
    }
    elman_dataset_config config = {
        .window = 6, .horizon = 3, .transform = "none"};
    elman_dataset *d =
        must_open(put_lines("o.csv", "day,a", lines, ROWS), &config);
    elman_dataset_config follow = {.encoding = dataset_note(d),
                                   .answers = true};
    elman_dataset *f = must_open(in_folder("o.csv"), &follow);
    assert_int_equal(dataset_size(f, ELMAN_PART_VALIDATION), ROWS - 5);

    /* the newest window is that of the file's first rows */
    elman_origin at;
    uint64_t id = f->ids[ELMAN_PART_VALIDATION][0];
    dataset_origin(f, id, 5, &at);
    assert_int_equal(at.line, 2);
    assert_string_equal(at.time, "2021-02-25");
    dataset_origin(f, id, 6 + 2, &at);
    assert_int_equal(at.line, 0);
    assert_int_equal(at.step, ROWS + 2);
    assert_string_equal(at.time, "2021-02-28");

    /* and once more, behind what was answered */
    uint64_t next = 0;
    double values[3] = {1, 2, 3};
    CHECK_OK(dataset_extend(f, id, values, &next));
    dataset_origin(f, next, 5, &at);
    assert_string_equal(at.time, "2021-02-28");
    dataset_origin(f, next, 6 + 2, &at);
    assert_string_equal(at.time, "2021-03-03");
    assert_int_equal(at.step, ROWS + 5);
    dataset_close(f);
    dataset_close(d);
}

TEST(times_that_are_missing_or_doubled_are_told)
{
    line lines[ROWS];
    for (size_t row = 0; row < ROWS; row++) {
        char day[20];
        make_day(row < 10 ? row : row < 12 ? 10 : row + 2, day);
        sprintf(lines[row].text, "%s,%g", day, value_of(row));
    }
    elman_dataset *d = must_open(put_lines("o.csv", "day,a", lines, ROWS),
                                 &(elman_dataset_config){.window = 6});
    check_fact(d, "time", "3 times are missing");
    check_fact(d, "time", "1 rows have the time of another");
    dataset_close(d);
}

TEST(a_date_and_a_time_of_day_are_one_time)
{
    line lines[ROWS];
    for (size_t row = 0; row < ROWS; row++)
        sprintf(lines[ROWS - 1 - row].text, "2021-03-%02zu;%02zu:00;%g",
                row / 24 + 1, row % 24, value_of(row));
    elman_dataset *d = must_open(put_lines("o.csv", "day;clock;a", lines, ROWS),
                                 &(elman_dataset_config){.window = 6});
    check_fact(d, "time", "day and clock, step 1 hour; the newest row");
    assert_string_equal(d->encoding->time, "day,clock");
    assert_string_equal(row_time(d, 25), "2021-03-02 01:00");
    dataset_close(d);
}

TEST(numbers_are_a_time_where_that_is_asked)
{
    line lines[ROWS];
    for (size_t row = 0; row < ROWS; row++)
        sprintf(lines[row * 19 % ROWS].text, "%g,%g",
                (double)row * 0.5 + (row > 9 ? 0.1 : 0), value_of(row));
    elman_dataset_config config = {.window = 6, .time = "t"};
    elman_dataset *d =
        must_open(put_lines("o.csv", "t,a", lines, ROWS), &config);
    assert_int_equal(d->row_steps[1], 19);
    assert_int_equal(d->encoding->input_size, 1);
    dataset_close(d);

    config.time = "a,t,b";
    check_refused(in_folder("o.csv"), &config, ELMAN_BAD_VALUE, "no column");
    put_kinds("o.csv", "s,a", "sv", 40);
    config.time = "s";
    check_refused(in_folder("o.csv"), &config, ELMAN_BAD_FORMAT,
                  "column \"s\" holds no dates or times that can be read");
}

/* Numbers that count time: how a row's is written, and the column's name. */
static const struct {
    const char *name, *format;
    double first, step, bend; /* bend: the steps differ */
    int way;
} counts[] = {{"date", "%.0f", 44030, 1, 0, 1},
              {"id", "%.0f", 1, 1, 0, 1},
              {"timestamp", "%.3f", 1600000059.5, 0.5, 0, 1},
              {"decimal_date", "%.4f", 1974.5833, 1. / 12, 0, 0},
              {"Decimal Date", "%.4f", 1974.5833, 1. / 12, 0, 1},
              {"time", "%.3f", 0, 0.02, 0.001, 0},
              {"time", "%.0f", 0, 1, 0, 2},
              {"Time [s]", "%.0f", 0, 1, 0, 2},
              {"timestamp", "%.0f", 100, 3, 1, 2}};

TEST(numbers_called_like_a_time_bring_rows_into_order)
{
    line lines[ROWS];
    char number[40], header[60];
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
        for (size_t row = 0; row < ROWS; row++) {
            sprintf(number, counts[k].format,
                    counts[k].first + counts[k].step * (double)row +
                        counts[k].bend * (double)(row % 3));
            sprintf(lines[place(counts[k].way, row)].text, "%s,%g", number,
                    value_of(row));
        }
        sprintf(header, "%s,a", counts[k].name);
        elman_dataset_config config = {.window = 6, .transform = "none"};
        elman_dataset *d =
            must_open(put_lines("n.csv", header, lines, ROWS), &config);
        check_fact(d, "time", counts[k].name);
        assert_int_equal(d->encoding->input_size, 1);
        assert_string_equal(d->encoding->time, counts[k].name);
        for (size_t row = 0; row < ROWS; row++)
            assert_int_equal(d->row_steps[row], place(counts[k].way, row));

        /* and so where the model is followed */
        elman_dataset_config follow = {.encoding = dataset_note(d),
                                       .answers = true};
        elman_dataset *f = must_open(in_folder("n.csv"), &follow);
        for (size_t row = 0; row < ROWS; row++)
            assert_int_equal(f->row_steps[row], place(counts[k].way, row));
        dataset_close(f);
        dataset_close(d);
    }
}

TEST(numbers_that_are_asked_about_are_no_time)
{
    line lines[ROWS];
    for (size_t row = 0; row < ROWS; row++)
        sprintf(lines[row].text, "%g,%g", value_of(row),
                (double)(row * 19 % ROWS) * (double)(row + 1));
    elman_dataset *d = must_open(put_lines("n.csv", "size,time", lines, ROWS),
                                 &(elman_dataset_config){.window = 6});
    assert_string_equal(d->encoding->target_names[0], "time");
    assert_int_equal(d->row_steps[1], 1);
    dataset_close(d);

    /* nor is a target by name */
    for (size_t row = 0; row < ROWS; row++)
        sprintf(lines[row].text, "%zu,%g", row * 19 % ROWS, value_of(row));
    d = must_open(put_lines("n.csv", "time,size", lines, ROWS),
                  &(elman_dataset_config){.window = 6, .target = "time"});
    assert_int_equal(d->row_steps[1], 1);
    assert_null(d->encoding->time);
    dataset_close(d);

    /* nor what is left of a time, which is asked about */
    for (size_t row = 0; row < ROWS; row++)
        sprintf(lines[row].text, "%g,%zu", value_of(row), ROWS - row);
    d = must_open(put_lines("n.csv", "v,time_to_fail", lines, ROWS),
                  &(elman_dataset_config){.window = 6});
    assert_string_equal(d->encoding->target_names[0], "time_to_fail");
    assert_int_equal(d->row_steps[1], 1);
    dataset_close(d);

    /* a count backwards under any name is told */
    for (size_t row = 0; row < ROWS; row++)
        sprintf(lines[row].text, "%g,%zu,%g", value_of(row * 3), ROWS - row,
                value_of(row));
    d = must_open(put_lines("n.csv", "b,left,a", lines, ROWS),
                  &(elman_dataset_config){.window = 6});
    check_fact(d, "time", "column \"left\" counts backwards");
    dataset_close(d);
}

TEST(times_of_day_over_midnight_keep_the_order_of_the_file)
{
    /* quarters of an hour from 20:00 on: one midnight, and several */
    line lines[ROWS * 5];
    for (size_t rows = ROWS; rows <= 5 * ROWS; rows += 4 * ROWS)
        for (int turned = 0; turned < 2; turned++) {
            for (size_t row = 0; row < rows; row++) {
                size_t at = turned ? rows - 1 - row : row, clock = 80 + row;
                sprintf(lines[at].text, "%02zu:%02zu,%g", clock / 4 % 24,
                        clock % 4 * 15, value_of(row));
            }
            elman_dataset *d =
                must_open(put_lines("m.csv", "clock,a", lines, rows),
                          &(elman_dataset_config){.window = 6});
            check_fact(d, "time", "times of day without a date");
            for (size_t row = 0; row < rows; row++)
                assert_int_equal(d->row_steps[row],
                                 turned ? rows - 1 - row : row);
            dataset_close(d);
        }
}

/* Days of two columns: 'u' rising, 'd' falling, 's' in no order. */
static const char *put_days(const char *ways)
{
    line lines[28];
    for (size_t row = 0; row < 28; row++) {
        size_t day[2];
        for (size_t k = 0; k < 2; k++)
            day[k] = ways[k] == 'u'   ? row
                     : ways[k] == 'd' ? 27 - row
                                      : row * 19 % 28;
        sprintf(lines[row].text, "2021-01-%02zu,2021-02-%02zu,%g", day[0] + 1,
                day[1] + 1, value_of(row));
    }
    return put_lines("t.csv", "ordered,shipped,a", lines, 28);
}

TEST(two_columns_of_dates_agree_or_are_refused)
{
    elman_dataset_config config = {.window = 6};
    static const char *const kept[] = {"uu", "us", "su"};
    for (size_t k = 0; k < 3; k++) {
        elman_dataset *d = must_open(put_days(kept[k]), &config);
        check_fact(d, "time", "2 columns hold dates");
        assert_int_equal(d->row_steps[1], 1);
        dataset_close(d);
    }

    elman_dataset *d = must_open(put_days("dd"), &config);
    check_fact(d, "time", "ordered, step 1 day; the newest row comes first");
    assert_int_equal(d->row_steps[1], 26);
    dataset_close(d);

    static const char *const refused[] = {"ud", "du", "ds", "sd", "ss"};
    for (size_t k = 0; k < 5; k++)
        check_refused(put_days(refused[k]), &config, ELMAN_BAD_VALUE,
                      "time (--time) \"ordered\" or \"shipped\"");
    config.time = "shipped";
    d = must_open(put_days("ud"), &config);
    assert_int_equal(d->row_steps[1], 26);
    dataset_close(d);
}

/* ---- Series ------------------------------------------------------------- */

/* Stores of 30 days each; one after the other or day by day. store: 's' text,
 * 'n' a number, '2' two columns. */
static const char *put_stores(size_t stores, char store, bool by_day)
{
    line lines[200];
    for (size_t s = 0; s < stores; s++)
        for (size_t row = 0; row < 30; row++) {
            char day[20], name[48];
            make_day(row, day);
            if (store == 's') sprintf(name, "%c", (char)('B' + s * 5 % 3));
            if (store == 'n') sprintf(name, "%zu", 40 + s);
            if (store == 'm') sprintf(name, "%zu,%zu", s / 2 + 1, 7 + s % 2);
            if (store == '2') sprintf(name, "%c,%c", "xy"[s / 2], "pq"[s % 2]);
            sprintf(lines[by_day ? row * stores + s : s * 30 + row].text,
                    "%s,%s,%g", day, name, value_of(row + 11 * s));
        }
    return put_lines("s.csv",
                     store == '2' || store == 'm' ? "day,city,item,a"
                                                  : "day,store,a",
                     lines, stores * 30);
}

TEST(rows_of_several_series_are_told_apart)
{
    for (int by_day = 0; by_day < 2; by_day++)
        for (size_t kind = 0; kind < 4; kind++) {
            char store = "sn2m"[kind];
            size_t stores = kind > 1 ? 4 : 3;
            const char *by = kind > 1 ? "city,item" : "store", *want;
            const char *path = put_stores(stores, store, by_day);
            elman_dataset_config config = {
                .window = 6, .validation = 0.1, .transform = "none"};

            /* refused, with the advice that works */
            char advice[100];
            snprintf(advice, sizeof advice, "give by (--by) \"%s\"", by);
            want = by_day ? "has a time of another row in"
                          : "begins again at line 32";
            check_refused(path, &config, ELMAN_BAD_VALUE, want);
            check_refused(path, &config, ELMAN_BAD_VALUE, advice);

            /* also where the series asked for are still several each */
            if (kind > 1) {
                config.by = "city";
                check_refused(path, &config, ELMAN_BAD_VALUE, advice);
            }

            config.by = by;
            elman_dataset *d = must_open(path, &config);
            assert_int_equal(d->series_count, stores);
            assert_string_equal(d->encoding->by, by);
            assert_int_equal(d->encoding->input_size, 1);
            assert_int_equal(dataset_size(d, 0), stores * (27 - 6));
            assert_int_equal(dataset_size(d, 1), stores * 3);
            check_fact(d, "series", "rows: ");

            /* no sequence, with what it is to answer, has rows of two */
            for (size_t id = 0; id < d->sequence_count; id++) {
                const span *s = &d->sequences[id];
                const row_series *first = series_of(d, s->first);
                CHECK(series_of(d, s->first + s->length) == first, "id %zu",
                      id);
            }

            /* a file that follows is told apart in the same way */
            elman_dataset_config follow = {.encoding = dataset_note(d),
                                           .answers = true};
            elman_dataset *f = must_open(path, &follow);
            assert_int_equal(f->series_count, stores);
            assert_int_equal(dataset_size(f, 1), stores * 25);
            dataset_close(f);
            dataset_close(d);
        }

    /* as one, if somebody insists */
    elman_dataset_config config = {.window = 6, .by = "none"};
    elman_dataset *d = must_open(put_stores(3, 's', false), &config);
    assert_int_equal(d->series_count, 1);
    check_fact(d, "time", "so rows are taken in the order of the file");
    dataset_close(d);

    /* or without a column that would tell them apart */
    config.by = NULL;
    config.columns = "a";
    line lines[60];
    for (size_t i = 0; i < 60; i++) {
        char day[20];
        make_day(i % 12, day);
        sprintf(lines[i].text, "%s,%zu,%g", day, i % 2, value_of(i));
    }
    put_lines("s.csv", "day,flag,a", lines, 60);
    d = must_open(in_folder("s.csv"), &config);
    check_fact(d, "time", "begins again at line 14 and no column tells");
    dataset_close(d);
    config.time = "day";
    check_refused(in_folder("s.csv"), &config, ELMAN_BAD_VALUE,
                  "no column tells series apart; give by (--by) a column");
}

TEST(advice_works_for_names_with_blanks_and_commas)
{
    static const char *const names[] = {"\"shop \"", "\" shop\"",
                                        "\"shop, town\"", "a"};
    line lines[60];
    for (size_t k = 0; k < 4; k++) {
        char header[60], day[20];
        for (size_t i = 0; i < 60; i++) {
            make_day(i % 20, day);
            sprintf(lines[i].text, "%s,%c,%g", day, (char)('p' + i / 20),
                    value_of(i));
        }
        sprintf(header, "\"date \",%s,a", names[k]);
        elman_dataset_config config = {.window = 6};
        check_refused(put_lines("b.csv", header, lines, 60), &config,
                      ELMAN_BAD_VALUE, "give by (--by) \"2\"");
        config.by = "2";
        elman_dataset *d = must_open(in_folder("b.csv"), &config);
        assert_int_equal(d->series_count, 3);
        assert_string_equal(d->encoding->by, "2");
        elman_dataset_config follow = {.encoding = dataset_note(d),
                                       .answers = true};
        elman_dataset *f = must_open(in_folder("b.csv"), &follow);
        assert_int_equal(f->series_count, 3);
        dataset_close(f);
        dataset_close(d);
    }
}

TEST(years_that_begin_again_are_of_several_series)
{
    line lines[80];
    for (size_t i = 0; i < 80; i++)
        sprintf(lines[i].text, "%g,%c,%zu", value_of(i), (char)('p' + i / 20),
                1935 + i % 20);
    const char *path = put_lines("y.csv", "a,firm,year", lines, 80);
    elman_dataset_config config = {.window = 6};
    check_refused(path, &config, ELMAN_BAD_VALUE,
                  "column \"year\" begins again at line 22: the rows are of "
                  "several series, which column \"firm\" tells apart");
    config.by = "firm";
    elman_dataset *d = must_open(path, &config);
    check_fact(d, "time", "year, step 1 year");
    assert_string_equal(d->encoding->target_names[0], "a");
    dataset_close(d);
}

TEST(counts_that_begin_again_are_of_several_series)
{
    static const char *const names[] = {"t", "step", "frame", "seq"};
    line lines[120];
    elman_dataset_config config = {.window = 6};
    for (size_t k = 0; k < 8; k++) {
        char header[40];
        sprintf(header, "id,%s,a", names[k % 4]);
        for (size_t i = 0; i < 120; i++)
            sprintf(lines[i].text, k < 4 ? "%zu,%zu,%g" : "run %zu,%zu,%g",
                    7 + 3 * (i / 20) % 11, i % 20, value_of(i));
        config.by = NULL;
        check_refused(put_lines("c.csv", header, lines, 120), &config,
                      ELMAN_BAD_VALUE,
                      "begins again at line 22: the rows are of several "
                      "series, which column \"id\" tells apart");
        config.by = "id";
        elman_dataset *d = must_open(in_folder("c.csv"), &config);
        assert_int_equal(d->series_count, 6);
        assert_int_equal(d->encoding->input_size, 1);
        dataset_close(d);
    }

    /* series of other lengths */
    for (size_t i = 0; i < 120; i++)
        sprintf(lines[i].text, "%c,%zu,%g", i < 90 ? 'p' : 'q', i % 90,
                value_of(i));
    config.by = NULL;
    check_refused(put_lines("c.csv", "sensor,step,a", lines, 120), &config,
                  ELMAN_BAD_VALUE, "which column \"sensor\" tells apart");

    /* a cycle that no column explains is an input like others */
    for (size_t i = 0; i < 120; i++)
        sprintf(lines[i].text, "%g,%zu,%g", value_of(i / 7), i % 20,
                value_of(i));
    config.by = NULL;
    elman_dataset *d =
        must_open(put_lines("c.csv", "b,phase,a", lines, 120), &config);
    assert_int_equal(d->encoding->input_size, 3);
    dataset_close(d);
}

TEST(hours_of_a_day_are_no_series)
{
    line lines[96];
    for (size_t i = 0; i < 96; i++)
        sprintf(lines[i].text, "2021-03-%02zu,%zu,%g", i / 24 + 1, i % 24,
                value_of(i));
    elman_dataset *d = must_open(put_lines("h.csv", "day,hr,a", lines, 96),
                                 &(elman_dataset_config){.window = 6});
    check_fact(d, "time", "92 rows have the time of another");
    assert_int_equal(d->encoding->input_size, 2);
    assert_int_equal(d->row_steps[50], 50);
    dataset_close(d);
}

TEST(series_that_take_turns_are_told)
{
    line lines[ROWS];
    char day[20];
    elman_dataset_config config = {.window = 6};
    for (int dated = 0; dated < 2; dated++) {
        for (size_t i = 0; i < ROWS; i++) {
            make_day(i, day);
            sprintf(lines[i].text, "%s%s%c,%g", dated ? day : "",
                    dated ? "," : "", (char)('A' + i % 3),
                    1000 * (double)(i % 3) + value_of(i));
        }
        config.by = NULL;
        elman_dataset *d = must_open(
            put_lines("r.csv", dated ? "date,shop,a" : "shop,a", lines, ROWS),
            &config);
        check_fact(d, "time", "give by (--by) \"shop\"");
        if (dated) check_fact(d, "time", "date, step 1 day");
        dataset_close(d);

        config.by = "shop";
        d = must_open(in_folder("r.csv"), &config);
        assert_int_equal(d->series_count, 3);
        assert_null(strstr(facts_of(d, "time"), "take turns"));
        dataset_close(d);
    }
}

TEST(a_time_that_most_rows_share_has_no_step)
{
    line lines[96];
    for (size_t i = 0; i < 96; i++)
        sprintf(lines[i].text, "2021-03-%02zu,%zu,%g", i / 24 + 1, i % 24 + 1,
                value_of(i));
    elman_dataset *d = must_open(put_lines("h.csv", "Date,Hour,a", lines, 96),
                                 &(elman_dataset_config){.window = 6});
    assert_int_equal(d->clock.unit, STAMP_IRREGULAR);
    check_fact(d, "time", "with the hour it is time (--time) 1,2");
    elman_dataset_config follow = {.encoding = dataset_note(d),
                                   .answers = true};
    elman_dataset *f = must_open(in_folder("h.csv"), &follow);
    elman_origin at;
    dataset_origin(f, f->ids[ELMAN_PART_VALIDATION][90], 6, &at);
    assert_int_equal(at.line, 0);
    CHECK(!at.time[0], "time %s", at.time);
    dataset_close(f);
    dataset_close(d);
}

TEST(days_are_turned_round_but_not_the_hours_that_rise_in_them)
{
    line lines[96];
    for (int turned = 0; turned < 2; turned++) {
        for (size_t i = 0; i < 96; i++) {
            size_t hour = turned ? 24 - i % 24 : i % 24 + 1;
            sprintf(lines[i].text, "2021-03-%02zu,%zu,%g", 4 - i / 24, hour,
                    value_of(i));
        }
        put_lines("h.csv", "Date,Hour,a", lines, 96);
        elman_dataset *d =
            must_open(in_folder("h.csv"), &(elman_dataset_config){.window = 6});
        for (size_t row = 0; row < 96; row++)
            assert_int_equal(d->row_steps[row],
                             turned ? 95 - row
                                    : (3 - row / 24) * 24 + row % 24);
        dataset_close(d);
    }
}

TEST(a_date_and_an_hour_are_one_time_where_that_is_asked)
{
    line lines[96];
    for (size_t way = 0; way < 6; way++) {
        bool ends = way % 2; /* hours 1 to 24 */
        for (size_t i = 0; i < 96; i++) {
            size_t at = way / 2 == 1 ? 95 - i : i;
            sprintf(lines[at].text,
                    way < 4 ? "2021-03-%02zu,%zu,%g"
                            : "2021-03-%02zu %02zu:00,%g",
                    i / 24 + 1, i % 24 + ends, value_of(i));
        }
        elman_dataset_config config = {.window = 6,
                                       .time = way < 4 ? "Date,Hour" : NULL};
        elman_dataset *d = must_open(
            put_lines("h.csv", way < 4 ? "Date,Hour,a" : "Date,a", lines, 96),
            &config);
        check_fact(d, "time", "step 1 hour");
        elman_dataset_config follow = {.encoding = dataset_note(d),
                                       .answers = true};
        elman_dataset *f = must_open(in_folder("h.csv"), &follow);
        elman_origin at;
        dataset_origin(f, f->sequence_count - 1, 6, &at);
        CHECK(strstr(at.time, ends ? "2021-03-05 01:00" : "2021-03-05 00:00"),
              "way %zu: %s", way, at.time);
        dataset_close(f);
        dataset_close(d);
    }
}

TEST(hour_24_is_the_first_of_the_next_day)
{
    line lines[96];
    for (size_t i = 0; i < 96; i++) {
        size_t day = i / 24; /* from 2020-02-27 on */
        sprintf(lines[i].text, "2020,%d,%zu,%zu,%g", day < 3 ? 2 : 3,
                day < 3 ? 27 + day : 1, i % 24 + 1, value_of(i));
    }
    put_lines("h.csv", "year,month,day,hour,a", lines, 96);
    elman_dataset *d =
        must_open(in_folder("h.csv"), &(elman_dataset_config){.window = 6});
    check_fact(d, "time", "hour, step 1 hour");
    assert_string_equal(row_time(d, 23), "2020-02-28 00:00");
    assert_string_equal(row_time(d, 71), "2020-03-01 00:00");
    assert_string_equal(row_time(d, 72), "2020-03-01 01:00");
    for (size_t row = 0; row < 96; row++)
        assert_int_equal(d->row_steps[row], row);
    dataset_close(d);
}

TEST(a_series_too_short_to_train_is_left_out_and_counted)
{
    char text[4000] = "store,a\n";
    for (int i = 0; i < 60; i++)
        sprintf(text + strlen(text), "%s,%g\n", i < 4 ? "small" : "large",
                value_of((size_t)i));
    elman_dataset_config config = {
        .window = 6, .validation = 0.1, .by = "store"};
    elman_dataset *d = must_open(put_text("s.csv", text), &config);
    check_fact(d, "note", "1 of 2 series are too short for a window");
    assert_int_equal(d->series_count, 2);
    dataset_close(d);
    config.window = 60;
    check_refused(in_folder("s.csv"), &config, ELMAN_BAD_FORMAT,
                  "at most 51 rows for training in each of 2 series");
}

TEST(cells_that_join_to_the_same_name_are_of_two_series)
{
    char text[4000] = "p,q,a\n";
    for (int i = 0; i < 60; i++)
        sprintf(text + strlen(text), "%s,%g\n", i % 2 ? "x/y,z" : "x,y/z",
                i % 2 ? 1000 - value_of((size_t)i) : value_of((size_t)i));
    elman_dataset_config config = {.window = 6, .by = "p,q"};
    elman_dataset *d = must_open(put_text("slash.csv", text), &config);
    assert_int_equal(d->series_count, 2);
    assert_string_equal(d->series[0].name, "x/y/z");
    assert_int_equal(d->series[0].count, 30);
    dataset_close(d);

    /* and however long they are */
    static char lines[200000];
    size_t at = (size_t)sprintf(lines, "p,q,a\n");
    for (int i = 0; i < 60; i++)
        at += (size_t)sprintf(lines + at, "%01500d,%s,%g\n", 7,
                              i % 2 ? "north" : "south", value_of((size_t)i));
    d = must_open(put_text("long.csv", lines), &config);
    assert_int_equal(d->series_count, 2);
    dataset_close(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_read_in_the_order_of_their_times),
        cmocka_unit_test(a_forecast_goes_on_with_dates_past_the_end),
        cmocka_unit_test(times_that_are_missing_or_doubled_are_told),
        cmocka_unit_test(a_date_and_a_time_of_day_are_one_time),
        cmocka_unit_test(numbers_are_a_time_where_that_is_asked),
        cmocka_unit_test(numbers_called_like_a_time_bring_rows_into_order),
        cmocka_unit_test(numbers_that_are_asked_about_are_no_time),
        cmocka_unit_test(times_of_day_over_midnight_keep_the_order_of_the_file),
        cmocka_unit_test(two_columns_of_dates_agree_or_are_refused),
        cmocka_unit_test(rows_of_several_series_are_told_apart),
        cmocka_unit_test(advice_works_for_names_with_blanks_and_commas),
        cmocka_unit_test(years_that_begin_again_are_of_several_series),
        cmocka_unit_test(counts_that_begin_again_are_of_several_series),
        cmocka_unit_test(hours_of_a_day_are_no_series),
        cmocka_unit_test(series_that_take_turns_are_told),
        cmocka_unit_test(a_time_that_most_rows_share_has_no_step),
        cmocka_unit_test(
            days_are_turned_round_but_not_the_hours_that_rise_in_them),
        cmocka_unit_test(a_date_and_an_hour_are_one_time_where_that_is_asked),
        cmocka_unit_test(hour_24_is_the_first_of_the_next_day),
        cmocka_unit_test(a_series_too_short_to_train_is_left_out_and_counted),
        cmocka_unit_test(cells_that_join_to_the_same_name_are_of_two_series),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
