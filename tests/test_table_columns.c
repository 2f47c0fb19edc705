/*
 * test_table_columns.c: what the columns of a table are, whatever dialect it is
 * written in, and which of them are learned from.
 */
#include "table.h"

/* ---- Dialects ----------------------------------------------------------- */

typedef struct dialect {
    char separator, decimal, thousands;
    bool quoted, marked; /* every cell; a byte order mark */
    const char *end;     /* of a line */
} dialect;

/* A number of two decimals as the dialect has it. */
static void write_number(const dialect *d, double value, char *to)
{
    char plain[40];
    sprintf(plain, "%.2f", fabs(value));
    size_t whole = strcspn(plain, ".");
    if (value < 0) *to++ = '-';
    for (size_t i = 0; i < whole; i++) {
        if (i && (whole - i) % 3 == 0 && d->thousands) *to++ = d->thousands;
        *to++ = plain[i];
    }
    sprintf(to, "%c%s", d->decimal, plain + whole + 1);
}

static const char *put_dialect(const char *name, const dialect *d)
{
    static char text[20000];
    const char *quote = d->quoted ? "\"" : "";
    size_t at = 0;
    if (d->marked) at += (size_t)sprintf(text, "\xEF\xBB\xBF");
    at += (size_t)sprintf(text + at, "%sday%s%c%sprice%s%c%sheat%s%s", quote,
                          quote, d->separator, quote, quote, d->separator,
                          quote, quote, d->end);

    for (size_t row = 0; row < 60; row++) {
        char price[40], heat[40];
        write_number(d, 250 + 1234.5 * (double)(row % 11), price);
        write_number(d, 30 * sin((double)row), heat);
        at += (size_t)sprintf(
            text + at, "%s2020-%02zu-%02zu%s%c%s%s%s%c%s%s%s%s", quote,
            row / 28 + 1, row % 28 + 1, quote, d->separator, quote, price,
            quote, d->separator, quote, heat, quote, d->end);
    }
    return put_bytes(name, text, at);
}

static bool can_be(const dialect *d)
{
    if (d->decimal == d->thousands) return false;
    if (d->decimal == ',' && d->thousands == '_') return false;
    if (d->quoted) return true;
    return d->separator != d->decimal && d->separator != d->thousands;
}

TEST(a_table_is_the_same_in_every_dialect)
{
    const dialect plain = {',', '.', 0, false, false, "\n"};
    elman_dataset_config config = {.window = 5, .transform = "none"};
    elman_dataset *want = must_open(put_dialect("p.csv", &plain), &config);
    size_t bytes = want->row_count * 2 * sizeof(float), tried = 0;
    assert_int_equal(want->row_count, 60);
    assert_int_equal(want->encoding->input_size, 2);

    static const char separators[] = ",;\t|", marks[] = ".,' _";
    static const char *const ends[] = {"\n", "\r\n", "\r"};
    for (size_t i = 0; i < 4 * 2 * 6 * 2 * 2 * 3; i++) {
        dialect d = {separators[i % 4],
                     ".,"[i / 4 % 2],
                     i / 8 % 6 == 5 ? (char)0 : marks[i / 8 % 6],
                     i / 48 % 2,
                     i / 96 % 2,
                     ends[i / 192]};
        if (!can_be(&d)) continue;

        elman_dataset *got = must_open(put_dialect("d.csv", &d), &config);
        CHECK(got->row_count == 60 && !memcmp(got->x, want->x, bytes),
              "separator '%c' decimal '%c' thousands '%c' quoted %d end %d",
              d.separator, d.decimal, d.thousands ? d.thousands : '0', d.quoted,
              d.end[0]);
        assert_string_equal(got->encoding->target_names[0], "heat");
        if (d.decimal == ',') check_fact(got, "numbers", "decimal comma");
        if (d.thousands) check_fact(got, "numbers", "between thousands");
        dataset_close(got);

        /* what one dialect taught is read in any other */
        config.encoding = dataset_note(want);
        config.window = 0;
        config.transform = NULL;
        got = must_open(in_folder("d.csv"), &config);
        assert_memory_equal(got->x, want->x, bytes);
        dataset_close(got);
        config = (elman_dataset_config){.window = 5, .transform = "none"};
        tried++;
    }
    CHECK(tried > 150, "%zu", tried);
    dataset_close(want);
}

/* Volumes of three digits behind a comma may be either. */
static const char *put_volumes(const char *extra)
{
    char text[2000] = "price;volume\n";
    for (int i = 0; i < 40; i++)
        sprintf(text + strlen(text), "%d;%d,%03d\n", i * i % 7, 1 + i % 9,
                i * 37 % 1000);
    strcat(text, extra);
    return put_text("v.csv", text);
}

TEST(numbers_that_may_be_two_are_asked_about)
{
    elman_dataset_config config = {.window = 4, .transform = "none"};
    check_refused(put_volumes(""), &config, ELMAN_BAD_FORMAT,
                  "line 2, column \"volume\": \"1,000\" may be 1 or a number");
    check_refused(in_folder("v.csv"), &config, ELMAN_BAD_FORMAT,
                  "decimal (--decimal) , or thousands (--thousands) ,");

    config.decimal = ',';
    elman_dataset *d = must_open(in_folder("v.csv"), &config);
    CHECK(fabs(input_at(d, 1, 1) - 2.037) < 1e-4, "%g", input_at(d, 1, 1));
    config.decimal = 0;
    config.thousands = ',';
    elman_dataset *t = must_open(in_folder("v.csv"), &config);
    CHECK(fabs(input_at(t, 1, 1) - 2037) < 1e-2, "%g", input_at(t, 1, 1));

    /* what was settled once is settled for files that follow */
    elman_dataset_config follow = {.encoding = dataset_note(t)};
    elman_dataset *f = must_open(in_folder("v.csv"), &follow);
    assert_memory_equal(f->x, t->x, 80 * sizeof(float));
    dataset_close(f);
    dataset_close(d);
    dataset_close(t);

    /* one cell that can be only one settles the column */
    config.thousands = 0;
    d = must_open(put_volumes("3;1234,5\n"), &config);
    CHECK(fabs(input_at(d, 1, 1) - 2.037) < 1e-4, "%g", input_at(d, 1, 1));
    dataset_close(d);
}

TEST(units_are_said_and_left_out)
{
    char text[2000] = "price,share\n";
    for (int i = 0; i < 40; i++)
        sprintf(text + strlen(text), "$%d.50,%d %%\n", i * i % 7, i * 3 % 11);
    elman_dataset *d = must_open(put_text("u.csv", text),
                                 &(elman_dataset_config){.window = 4});
    check_fact(d, "numbers", "price is in $");
    check_fact(d, "target", "share (column 2): 0 to 10 %");
    dataset_close(d);
}

/* ---- The header --------------------------------------------------------- */

static const struct {
    const char *first; /* the first row */
    const char *kinds; /* of the columns below */
    elman_presence asked;
    bool header;
    const char *names; /* of inputs */
} headers[] = {
    {"a,b", "vw", ELMAN_PRESENCE_AUTO, true, "a,b"},
    {"50.5,2500", "vw", ELMAN_PRESENCE_AUTO, false, "1,2"},
    {"50.5,2500", "vw", ELMAN_PRESENCE_YES, true, "50.5,2500"},
    {"a,b", "sv", ELMAN_PRESENCE_AUTO, true, "b"},
    {"day,2500", "dv", ELMAN_PRESENCE_AUTO, true, "2500"},
    {"\"Month\", \"2021\", \"2022\"", "svw", ELMAN_PRESENCE_AUTO, true,
     "2021,2022"},
    {"Month,2021,2022", "svw", ELMAN_PRESENCE_AUTO, true, "2021,2022"},
    {"\"2021\",\"2022\"", "vw", ELMAN_PRESENCE_AUTO, true, "2021,2022"},
    {"2021,2022", "vw", ELMAN_PRESENCE_AUTO, false, "1,2"},
    {"2021,2022", "vw", ELMAN_PRESENCE_YES, true, "2021,2022"},
    {"0,1,2", "vwv", ELMAN_PRESENCE_AUTO, false, "1,2,3"},
    {"0,1,2", "vwv", ELMAN_PRESENCE_YES, true, "0,1,2"},
    {",0", "yv", ELMAN_PRESENCE_AUTO, true, "0"},
    {",0,1", "ivw", ELMAN_PRESENCE_AUTO, true, "0,1"},
    {",a", "iv", ELMAN_PRESENCE_AUTO, true, "a"},
    {"1999-12-15,44.5", "dv", ELMAN_PRESENCE_AUTO, false, "2"},
    {"date,44.5", "dv", ELMAN_PRESENCE_NO, false, "2"},
    {"sun,44.5", "gv", ELMAN_PRESENCE_AUTO, false, "2"},
};

TEST(a_header_is_what_stands_out_from_the_rows)
{
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        elman_dataset_config config = {
            .window = 4, .header = headers[i].asked, .transform = "none"};
        const char *path =
            put_kinds("h.csv", headers[i].first, headers[i].kinds, 40);
        elman_dataset *d = NULL;
        elman_status status = dataset_open(path, &config, &d);
        CHECK(status == ELMAN_OK, "%s: %s", headers[i].first, elman_message());
        CHECK(d->row_count == (headers[i].header ? 40 : 41), "%s: %zu rows",
              headers[i].first, d->row_count);
        CHECK(!strcmp(joined(d->encoding->columns, d->encoding->input_size),
                      headers[i].names),
              "%s: %s", headers[i].first,
              joined(d->encoding->columns, d->encoding->input_size));
        dataset_close(d);
    }

    /* one odd cell is a mistake, no name */
    check_refused(put_kinds("h.csv", "2x,3,4", "vww", 40),
                  &(elman_dataset_config){.window = 4}, ELMAN_BAD_FORMAT,
                  "line 1, column \"1\": \"2x\" is not a number");
}

TEST(a_first_row_that_may_be_a_header_is_told)
{
    elman_dataset_config config = {.window = 4, .transform = "none"};
    elman_dataset *d =
        must_open(put_kinds("n.csv", "0,1,2", "vwv", 40), &config);
    check_fact(d, "note",
               "line 1 counts as data; if it holds names, give "
               "header (--header)");
    dataset_close(d);
    config.target = "9";
    check_refused(in_folder("n.csv"), &config, ELMAN_BAD_VALUE,
                  "if the first row holds their names, give header (--header)");

    d = must_open(put_kinds("n.csv", NULL, "vwv", 40),
                  &(elman_dataset_config){.window = 4});
    assert_string_equal(facts_of(d, "note"), "");
    dataset_close(d);
}

/* ---- Inputs and targets ------------------------------------------------- */

static const struct {
    const char *header, *kinds;
    elman_dataset_config config;
    const char *inputs, *targets;
    elman_task task;
    const char *ignored; /* a part of that fact */
} choices[] = {
    {"date,a,b", "dvw", {0}, "a,b", "b", ELMAN_TASK_FORECAST, ""},
    {"n,a,b", "ivw", {0}, "a,b", "b", ELMAN_TASK_FORECAST, "n (counts rows)"},
    {",a,b",
     "ivw",
     {0},
     "a,b",
     "b",
     ELMAN_TASK_FORECAST,
     "1 (no name, counts rows)"},
    {"YEAR,a", "yv", {0}, "a", "a", ELMAN_TASK_FORECAST, ""},
    {"x,a", "fv", {0}, "a", "a", ELMAN_TASK_FORECAST, "x (counts rows)"},
    {"a,id", "vi", {0}, "a", "a", ELMAN_TASK_FORECAST, "id (counts rows)"},
    {"a,sales", "vi", {0}, "a,sales", "sales", ELMAN_TASK_FORECAST, ""},
    {"a,b,k", "vwc", {0}, "a,b", "b", ELMAN_TASK_FORECAST, "k (always \"7\")"},
    {"a,b,e", "vwe", {.columns = "a,b"}, "a,b", "b", ELMAN_TASK_FORECAST, ""},
    {"a,e,b", "vew", {0}, "a,b", "b", ELMAN_TASK_FORECAST, "e (empty)"},
    {"a,b,name", "vws", {0}, "a,b", "b", ELMAN_TASK_FORECAST, "name (text, "},
    {"a,b,sky", "vwg", {0}, "a,b", "sky", ELMAN_TASK_TAG, ""},
    {"a,b,sky",
     "vwg",
     {.task = ELMAN_TASK_FORECAST},
     "a,b",
     "b",
     ELMAN_TASK_FORECAST,
     "sky (text, 3 different)"},
    {"sky,a,b", "gvw", {.target = "sky"}, "a,b", "sky", ELMAN_TASK_TAG, ""},
    {"n,a,b",
     "ivw",
     {.columns = "n,a", .target = "b"},
     "n,a",
     "b",
     ELMAN_TASK_FORECAST,
     "b"},
    {"n,a", "iv", {.target = "n"}, "n,a", "n", ELMAN_TASK_FORECAST, ""},
    {"n,k", "ic", {0}, "n", "n", ELMAN_TASK_FORECAST, "k (always"},
    {"n,a", "iv", {.task = ELMAN_TASK_TRACK}, "n", "a", ELMAN_TASK_TRACK, ""},
    {"date,time,a", "ddv", {.columns = "a"}, "a", "a", ELMAN_TASK_FORECAST, ""},
};

TEST(inputs_and_targets_are_the_columns_that_tell_something)
{
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
        elman_dataset_config config = choices[i].config;
        config.window = 4;
        config.transform = "none";
        const char *path =
            put_kinds("c.csv", choices[i].header, choices[i].kinds, 40);
        elman_dataset *d = NULL;
        CHECK(dataset_open(path, &config, &d) == ELMAN_OK, "%s: %s",
              choices[i].header, elman_message());

        const elman_encoding *e = d->encoding;
        CHECK(e->task == choices[i].task, "%s: task %d", choices[i].header,
              e->task);
        CHECK(!strcmp(joined(e->columns, e->input_size), choices[i].inputs),
              "%zu %s: inputs %s", i, choices[i].header,
              joined(e->columns, e->input_size));
        CHECK(!strcmp(joined(e->target_names, e->target_count),
                      choices[i].targets),
              "%s: target %s", choices[i].header,
              joined(e->target_names, e->target_count));
        if (choices[i].ignored[0] && strcmp(choices[i].ignored, "b"))
            check_fact(d, "ignored", choices[i].ignored);
        dataset_close(d);
    }
}

TEST(a_class_for_each_row_is_not_learned)
{
    const char *path = put_kinds("s.csv", "a,name", "vs", 40);
    elman_dataset_config config = {.window = 4, .target = "name"};
    check_refused(path, &config, ELMAN_BAD_VALUE,
                  "column \"name\" has 40 different texts in 40 rows");
    check_refused(path, &config, ELMAN_BAD_VALUE,
                  "too many for classes; give a column of numbers, as target "
                  "(--target) \"a\"");
    config = (elman_dataset_config){.window = 4, .task = ELMAN_TASK_TAG};
    check_refused(path, &config, ELMAN_BAD_VALUE, "different texts in 40 rows");

    /* with nothing else to learn each column is named with its reason */
    check_refused(put_kinds("s.csv", "day,name", "ds", 40),
                  &(elman_dataset_config){.window = 4}, ELMAN_BAD_FORMAT,
                  "no column of numbers is left as a target: day (time), name "
                  "(text, 40 different)");
}

TEST(what_was_understood_is_told)
{
    elman_dataset *d =
        must_open(put_kinds("t.csv", "date,n,a,sky", "divg", 60),
                  &(elman_dataset_config){.window = 5, .validation = 0.2});
    check_fact(d, "file", "a table of 60 rows and 4 columns, commas between");
    check_fact(d, "file", "names in line 1 (text above numbers)");
    check_fact(d, "task", "tag, as the target is text with few values");
    check_fact(d, "target", "sky (column 4), 3 classes: ");
    check_fact(d, "target", " %");
    check_fact(d, "target", "the last column that can be one");
    check_fact(d, "inputs", "1: a");
    check_fact(d, "ignored", "n (counts rows)");
    check_fact(d, "time", "date, step 1 month");
    check_fact(d, "split",
               "train rows 1 to 48 (2000-01-15 to 2003-12-15), "
               "validation rows 49 to 60 (2004-01-15 to");
    dataset_close(d);
}

/* ---- By an encoding ----------------------------------------------------- */

TEST(columns_are_found_again_by_name_or_place)
{
    elman_dataset_config config = {.window = 4, .transform = "none"};
    elman_dataset *d =
        must_open(put_kinds("a.csv", "n,a,b", "ivw", 40), &config);
    elman_dataset_config follow = {.encoding = dataset_note(d)};

    /* another order, other columns, no header */
    elman_dataset *f =
        must_open(put_kinds("f.csv", "b,x,y,a", "wscv", 40), &follow);
    assert_memory_equal(f->x, d->x, 80 * sizeof(float));
    dataset_close(f);
    f = must_open(put_kinds("f.csv", NULL, "ivw", 40), &follow);
    assert_memory_equal(f->x, d->x, 80 * sizeof(float));
    check_fact(f, "note", "taken by their place");
    dataset_close(f);

    /* the inputs alone, as they come through a pipe */
    follow.answers = true;
    f = must_open(put_kinds("f.csv", NULL, "vw", 40), &follow);
    assert_memory_equal(f->x, d->x, 80 * sizeof(float));
    assert_int_equal(dataset_size(f, ELMAN_PART_VALIDATION), 37);
    dataset_close(f);

    check_refused(put_kinds("f.csv", "b,x", "wv", 40), &follow, ELMAN_BAD_VALUE,
                  "no column \"a\"; the 2 columns are b, x");
    check_refused(put_kinds("f.csv", "a,x,a,b", "vsvw", 40), &follow,
                  ELMAN_BAD_FORMAT,
                  "2 columns are called \"a\", and column 2, where");
    dataset_close(d);
}

TEST(columns_of_one_name_are_kept_apart)
{
    elman_dataset_config config = {
        .window = 4, .target = "3", .transform = "none"};
    elman_dataset *d =
        must_open(put_kinds("a.csv", "date,Close,Close", "dvw", 40), &config);
    assert_int_equal(d->encoding->input_size, 2);
    assert_int_equal(d->encoding->target_positions[0], 3);

    elman_dataset_config follow = {.encoding = dataset_note(d)};
    elman_dataset *f = must_open(in_folder("a.csv"), &follow);
    assert_memory_equal(f->x, d->x, 80 * sizeof(float));
    assert_memory_equal(f->raw_targets.values, d->raw_targets.values,
                        40 * sizeof(double));
    dataset_close(f);
    dataset_close(d);

    config.target = "Close";
    check_refused(in_folder("a.csv"), &config, ELMAN_BAD_VALUE,
                  "2 columns are called \"Close\": 2, 3; give the number of "
                  "one instead");
}

TEST(a_column_without_a_name_is_found_by_its_number)
{
    elman_dataset_config config = {
        .window = 4, .columns = "1,a", .target = "a", .transform = "none"};
    elman_dataset *d = must_open(put_kinds("a.csv", ",a", "iv", 40), &config);
    assert_string_equal(d->encoding->columns[0], "1");
    elman_dataset_config follow = {.encoding = dataset_note(d)};
    elman_dataset *f = must_open(in_folder("a.csv"), &follow);
    assert_memory_equal(f->x, d->x, 80 * sizeof(float));
    dataset_close(f);
    dataset_close(d);
}

TEST(answers_need_no_targets)
{
    elman_dataset_config config = {.window = 4,
                                   .task = ELMAN_TASK_TRACK,
                                   .target = "b",
                                   .transform = "none"};
    elman_dataset *d =
        must_open(put_kinds("a.csv", "a,c,b", "vww", 40), &config);
    elman_dataset_config follow = {.encoding = dataset_note(d),
                                   .answers = true};
    elman_dataset *f = must_open(put_kinds("f.csv", "a,c", "vw", 40), &follow);
    double truth = 0;
    CHECK_OK(dataset_truth(f, 0, 0, 1, &truth));
    assert_true(isnan(truth));
    dataset_close(f);
    follow.answers = false;
    check_refused(in_folder("f.csv"), &follow, ELMAN_BAD_VALUE,
                  "no column \"b\"");
    dataset_close(d);

    /* labels too; half of them known */
    config = (elman_dataset_config){.window = 4, .target = "sky"};
    d = must_open(put_kinds("a.csv", "a,b,sky", "vwg", 40), &config);
    follow.encoding = dataset_note(d);
    follow.answers = true;
    f = must_open(put_kinds("f.csv", "a,b", "vw", 40), &follow);
    assert_int_equal(dataset_size(f, ELMAN_PART_VALIDATION), 10);
    assert_int_equal(dataset_class(f, 0, 0), -1);
    dataset_close(f);
    dataset_close(d);
}

/* ---- The encoding's text ------------------------------------------------ */

static const struct {
    const char *keys, *message;
} bad_keys[] = {
    {"\"positions\": [1]", "positions is not a list as long as the columns"},
    {"\"positions\": [1, 0]", "positions is not a list of columns"},
    {"\"positions\": [1, 2.5]", "positions is not a list of columns"},
    {"\"positions\": [1, 99999999999]", "positions is not a list of columns"},
    {"\"target_positions\": 3", "target_positions is not a list"},
    {"\"time\": \"\"", "time is not the name of a column"},
    {"\"by\": [1]", "by is not the name of a column"},
    {"\"by\": \"a\\u0000b\"", "by is not the name of a column"},
    {"\"decimal\": \"x\"", "decimal is not a mark"},
    {"\"decimal\": \",,\"", "decimal is not a mark"},
    {"\"decimal\": \",\", \"thousands\": \",\"", "thousands is not another"},
    {"\"missing\": \"guess\"", "missing is not refuse, drop"},
    {"\"fill\": [1]", "fill is not a list as long"},
    {"\"fill\": [1, \"x\"]", "fill is not a list of numbers"},
};

TEST(each_bad_key_of_an_encoding_gives_its_own_sentence)
{
    static const char good[] =
        "{\"version\": 1, \"task\": \"forecast\", \"columns\": [\"a\", \"b\"], "
        "\"mean\": [0, 0], \"scale\": [1, 1], \"target_names\": [\"b\"], "
        "\"target_mean\": [0], \"target_scale\": [1], \"window\": 4, "
        "\"horizon\": 1%s%s}";
    char text[1000];
    elman_encoding *e = NULL;

    for (size_t i = 0; i < sizeof bad_keys / sizeof *bad_keys; i++) {
        snprintf(text, sizeof text, good, ", ", bad_keys[i].keys);
        CHECK_FAILS(encoding_create(text, &e), ELMAN_BAD_FORMAT,
                    bad_keys[i].message);
    }

    /* all of them come back as they were; none is as before */
    snprintf(text, sizeof text, good, ", ",
             "\"positions\": [3, 1], \"target_positions\": [1], \"time\": "
             "\"day\", \"by\": \"x,y\", \"decimal\": \",\", \"thousands\": "
             "\".\", \"missing\": \"mean\", \"fill\": [0.5, -2]");
    CHECK_OK(encoding_create(text, &e));
    char *again = NULL;
    CHECK_OK(encoding_write(e, &again));
    encoding_destroy(e);
    CHECK_OK(encoding_create(again, &e));
    assert_int_equal(e->positions[0], 3);
    assert_int_equal(e->target_positions[0], 1);
    assert_string_equal(e->time, "day");
    assert_string_equal(e->by, "x,y");
    assert_true(e->decimal == ',' && e->thousands == '.');
    assert_int_equal(e->missing, ELMAN_MISSING_MEAN);
    assert_true(e->fill[0] == 0.5 && e->fill[1] == -2);
    encoding_destroy(e);
    free(again);

    snprintf(text, sizeof text, good, "", "");
    CHECK_OK(encoding_create(text, &e));
    assert_null(e->positions);
    assert_null(e->fill);
    encoding_destroy(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_is_the_same_in_every_dialect),
        cmocka_unit_test(numbers_that_may_be_two_are_asked_about),
        cmocka_unit_test(units_are_said_and_left_out),
        cmocka_unit_test(a_header_is_what_stands_out_from_the_rows),
        cmocka_unit_test(a_first_row_that_may_be_a_header_is_told),
        cmocka_unit_test(
            inputs_and_targets_are_the_columns_that_tell_something),
        cmocka_unit_test(a_class_for_each_row_is_not_learned),
        cmocka_unit_test(what_was_understood_is_told),
        cmocka_unit_test(columns_are_found_again_by_name_or_place),
        cmocka_unit_test(columns_of_one_name_are_kept_apart),
        cmocka_unit_test(a_column_without_a_name_is_found_by_its_number),
        cmocka_unit_test(answers_need_no_targets),
        cmocka_unit_test(each_bad_key_of_an_encoding_gives_its_own_sentence),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
