/*
 * test_series.c: labelled series of the UCR archive and of .ts files, with
 * their oddities, and the parts that they are split into.
 */
#include "dataset.h"

#include <locale.h>

static void check_malformed(const char *path,
                            const elman_dataset_config *config,
                            const char *message)
{
    check_refused(path, config, ELMAN_BAD_FORMAT, message);
}

static const elman_dataset_config as_it_is = {.validation = -1,
                                              .no_scaling = true};

TEST(the_same_series_written_differently_is_the_same_data)
{
    static const struct {
        const char *name, *text;
    } files[] = {
        {"a.tsv", "2\t0.5\t-1\t2e1\n1\t3\t4\n"},
        {"a.tsv", "2\t0.5\t-1\t2e1\n1\t3\t4"},
        {"a.tsv", "2\t0.5\t-1\t2e1\r\n1\t3\t4\r\n"},
        {"a.tsv", "\xEF\xBB\xBF"
                  "2\t0.5\t-1\t20\n\n1\t3\t4\t\n  \n"},
        {"a.tsv", "2.0\t0.5\t-1\t20\n1.0e0\t3\t4\tNaN\n"},
        {"a.tsv", "2,0.5,-1,20\n1,3,4,nan\n"},
        {"a.tsv", "2, 0.5, -1, 20\n1, 3, 4, ,\n"},
        {"a.tsv", "2;0.5;-1;20\n1;3;4;?\n"},
        {"a.tsv", "  2.0000000e+00  5.0000000e-01 -1 20 \n 1 3 4\n"},
        {"a.ts", "@problemName x\n@timeStamps false\n@univariate true\n"
                 "@classLabel true 1 2\n@data\n0.5,-1,20:2\n3,4:1\n"},
        {"a.TS", "# comment\r\n\r\n@CLASSLABEL TRUE\r\n@data\r\n"
                 "0.5, -1 , 20 : 2\r\n# no case\r\n3,4,?:1.0"},
    };

    /* label 2 first, three values and two */
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        elman_dataset *d =
            must_open(put_text(files[i].name, files[i].text), &as_it_is);
        CHECK(!strcmp(show_part(d, ELMAN_PART_TRAIN), "2:0.5,-1,20 1:3,4"),
              "file %zu: %s", i, show_part(d, ELMAN_PART_TRAIN));
        assert_int_equal(dataset_encoding(d)->class_count, 2);
        assert_string_equal(dataset_encoding(d)->labels[0], "1");
        assert_int_equal(dataset_longest(d), 3);
        dataset_close(d);
    }
}

TEST(several_dimensions_and_targets_are_read)
{
    elman_dataset *d = must_open(
        put_text("m.ts", "@dimensions 2\n@equalLength true\n@seriesLength 3\n"
                         "@classLabel true up down\n@data\n"
                         "1,2,3:4,5,6:up\n7,8,9:-1,-2,-3:down\n"),
        &as_it_is);
    assert_string_equal(show_part(d, ELMAN_PART_TRAIN),
                        "up:1/4,2/5,3/6 down:7/-1,8/-2,9/-3");
    dataset_close(d);

    /* a target instead of a label */
    d = must_open(put_text("r.ts", "@targetLabel true\n@data\n1,2:0.5\n3:-2\n"),
                  &as_it_is);
    assert_int_equal(dataset_encoding(d)->task, ELMAN_TASK_REGRESS);
    assert_string_equal(show_part(d, ELMAN_PART_TRAIN), ":0.5:1,2 :-2:3");
    dataset_close(d);

    /* the same in the archive's format, where only the task can say so */
    elman_dataset_config regress = as_it_is;
    regress.task = ELMAN_TASK_REGRESS;
    d = must_open(put_text("r.tsv", "0.5\t1\t2\n-2\t3\n"), &regress);
    assert_string_equal(show_part(d, ELMAN_PART_TRAIN), ":0.5:1,2 :-2:3");
    dataset_close(d);

    /* the task makes a file of any name labelled series */
    elman_dataset_config classify = as_it_is;
    classify.task = ELMAN_TASK_CLASSIFY;
    d = must_open(put_text("Coffee_TRAIN", "0 1 2\n1 3 4\n"), &classify);
    assert_string_equal(show_part(d, ELMAN_PART_TRAIN), "0:1,2 1:3,4");
    dataset_close(d);
}

TEST(labels_are_names_whatever_their_size)
{
    elman_dataset *d = must_open(
        put_text("l.tsv", "2147483647\t1\n-1\t1\n1.5\t1\n1e20\t1\nb c\t1\n"
                          "10\t1\n9\t1\n-0\t1\n20160701123456789\t1\n"
                          "20160701123456788\t1\n9.0\t1\n"),
        &as_it_is);

    /* numbers by value, then texts; equal numbers are one label */
    static const char *const want[] = {"-1",
                                       "0",
                                       "1.5",
                                       "9",
                                       "10",
                                       "2147483647",
                                       "20160701123456788",
                                       "20160701123456789",
                                       "1e+20",
                                       "b c"};

    const elman_encoding *e = dataset_encoding(d);
    assert_int_equal(e->class_count, 10);
    for (size_t i = 0; i < 10; i++)
        assert_string_equal(e->labels[i], want[i]);
    dataset_close(d);
}

static const struct {
    const char *name, *text, *message;
} bad_series[] = {
    {"b.tsv", "", "b.tsv: the file is empty"},
    {"b.tsv", "\n\n", "only blank lines"},
    {"b.tsv", "1\t2\n1\t3\n", "only one class (\"1\")"},
    {"b.tsv", "1\t2\n", "only one class"},
    {"b.tsv", "1\t2\n2\n", "line 2: no values"},
    {"b.tsv", "1\t2\n2\tnan\tnan\n", "line 2: no values"},
    {"b.tsv", "1\t2\n2\t1\tnan\t3\n",
     "line 2, value 2 is missing, and others follow it; choose missing "
     "(--missing) previous"},
    {"b.tsv", "1\t2\n2\t1\t0.2x\n",
     "line 2, value 3: \"0.2x\" is not a number"},
    {"b.tsv", "1\t2\n2\t1\t1e400\n", "\"1e400\" is too large"},
    {"b.tsv", "1\t2\n2\tinf\n", "\"inf\" is not a number"},
    {"b.tsv", "1\t2.5\n2\t1,5\n", "\"1,5\" is not a number"},
    {"b.tsv", "1\t2\n\t1\t5\n", "line 2: the label is empty"},
    {"b.tsv", "1\t2\nNaN\t1\t5\n", "line 2: the label is missing (NaN)"},
    {"b.tsv", "label\tvalue\n1\t2\n", "\"value\" is not a number"},
    {"b.tsv",
     "\xFF\xFE"
     "1",
     "line 1: no values"},
    {"b.tsv", "1\t2\n2\t\xB0\n",
     "line 2, value 2: \"\xC2\xB0\" is not a number"},
    {"b.tsv", "1\t1e300\n2\t-1e300\n", "too large to be scaled"},
    {"b.ts", "@data\n1,2:a\n", "only one class (\"a\")"},
    {"b.ts", "@classLabel false\n@data\n1,2\n", "nothing to learn"},
    {"b.ts", "@classLabel true\n@targetLabel true\n@data\n1:a\n",
     "line 4: the target \"a\" is not a number"},
    {"b.ts", "@classLabel true a b\n", "the header has no @data"},
    {"b.ts", "@classLabel true a b\n@data\n", "a header, but no cases"},
    {"b.ts", "@timeStamps true\n@data\n1,2:a\n",
     "line 3: \"1,2:a\", expected (time,value)"},
    {"b.ts", "@classLabel true a b\n@data\n(0,1),(1:a\n",
     "line 3: no \":\" and label after the values"},
    {"b.ts", "@classLabel true a b\n@data\n(0,1),(1):a\n",
     "line 3: \"(1\" without a comma, expected (time,value)"},
    {"b.ts", "@univariate maybe\n", "\"maybe\", expected true or false"},
    {"b.ts", "@dimensions 0\n", "expected a whole number from 1"},
    {"b.ts", "@dimensions 2x\n", "expected a whole number"},
    {"b.ts", "@dimensions 99999999999999999999\n",
     BY_SIZE("expected a number that a machine of 64 bits", BEYOND_32)},
    {"b.ts", "@wrong true\n", "the header has no @data"},
    {"b.ts", "@univariate true\n1,2:c\n", "line 2: \"1\" in the header"},
    {"b.ts", "@classLabel true a b\n@data\n1,2\n", "line 3: no \":\""},
    {"b.ts", "@classLabel true a b\n@univariate true\n@data\n1:2:a\n",
     "line 4: 2 dimensions, expected 1"},
    {"b.ts", "@classLabel true a b\n@univariate true\n@dimensions 2\n@data\n",
     "univariate, but 2 dimensions"},
    {"b.ts", "@classLabel true a b\n@data\n1:2:a\n1:a\n",
     "line 4: 1 dimensions, expected 2"},
    {"b.ts", "@classLabel true a b\n@data\n1,2:3:a\n",
     "line 3: dimension 2 has 1 values, the first has 2"},
    {"b.ts", "@classLabel true a b\n@data\n1,?,2:a\n",
     "line 3, value 2 is missing, and others follow it"},
    {"b.ts", "@classLabel true a b\n@data\n?,?:a\n", "line 3: no values"},
    {"b.ts", "@classLabel true a b\n@data\n1,x:a\n", "\"x\" is not a number"},
    {"b.ts", "@classLabel true\n@data\n1,2:\n", "the label is empty"},
    {"b.ts", "@targetLabel true\n@data\n1,2:a\n", "\"a\" is not a number"},
    {"b.ts", "@targetLabel true\n@data\n1,2:?\n", "the target is missing"},
};

TEST(each_bad_series_gives_its_own_sentence)
{
    for (size_t i = 0; i < sizeof bad_series / sizeof *bad_series; i++)
        check_malformed(put_text(bad_series[i].name, bad_series[i].text),
                        &(elman_dataset_config){0}, bad_series[i].message);

    /* a zero byte, and what contradicts the config */
    check_malformed(put_bytes("b.tsv", "1\t2\n2\t\0\n", 8),
                    &(elman_dataset_config){0}, "line 2: a zero byte");
    check_malformed(put_text("b.ts", "@targetLabel true\n@data\n1,2:3\n"),
                    &(elman_dataset_config){.task = ELMAN_TASK_CLASSIFY},
                    "the file has targets, not classes");
    elman_dataset *d = NULL;
    CHECK_FAILS(dataset_open(put_text("b.tsv", "1\t2\n2\t3\n"),
                             &(elman_dataset_config){.window = 3}, &d),
                ELMAN_BAD_VALUE,
                "window is given, but does not apply to labelled series");
}

TEST(a_file_cut_at_any_length_is_read_or_refused)
{
    static const char *const wholes[] = {
        "1\t2\t3.5e1\n2\t\xC3\xA4\t4\n3\t5\n",
        "@classLabel true a b\n@dimensions 2\n@data\n1,2:3,4:a\n5,6:7,8:b\n"};

    for (size_t i = 0; i < 2; i++)
        for (size_t cut = 0; cut < strlen(wholes[i]); cut++) {
            elman_dataset *d = NULL;
            const char *path =
                put_bytes(i ? "cut.ts" : "cut.tsv", wholes[i], cut);
            if (dataset_open(path, &as_it_is, &d) == ELMAN_OK) dataset_close(d);
            else CHECK(strstr(elman_message(), "cut.ts"), "cut at %zu", cut);
        }
}

TEST(a_validation_file_must_fit)
{
    const char *path = put_text("t.tsv", "1\t2\t3\n2\t4\t6\n");
    put_text("v.tsv", "2.0\t7\n");
    elman_dataset_config config = {.validation_path = in_folder("v.tsv")};

    elman_dataset *d = must_open(path, &config);
    assert_int_equal(dataset_size(d, ELMAN_PART_TRAIN), 2);
    assert_int_equal(dataset_size(d, ELMAN_PART_VALIDATION), 1);
    assert_true(dataset_encoding(d)->mean[0] == 15.0 / 4); /* of 2 3 4 6 */
    show_part(d, ELMAN_PART_VALIDATION);

    /* with an encoding, everything is validation */
    elman_dataset *more =
        must_open(path, &(elman_dataset_config){.encoding = dataset_note(d)});
    assert_int_equal(dataset_size(more, ELMAN_PART_VALIDATION), 2);
    assert_string_equal(dataset_note(more), dataset_note(d));
    dataset_close(more);

    /* more data of another form, or with an unknown label */
    elman_dataset_config follow = {.encoding = dataset_note(d)};
    check_malformed(put_text("m.ts", "@classLabel true\n@data\n1:2:1\n"),
                    &follow, "m.ts: line 3: 2 dimensions, expected 1");
    check_malformed(put_text("m.tsv", "3\t1\n"), &follow,
                    "m.tsv: line 1: label \"3\" is not among the 2");
    dataset_close(d);

    put_text("v.tsv", "3\t7\n");
    check_malformed(path, &config,
                    "v.tsv: line 1: label \"3\" is not among the 2 learned");
}

TEST(the_split_keeps_every_class_and_follows_the_seed)
{
    /* class c has c*c+1 sequences; each sequence's value is its number */
    char text[4000] = "";
    size_t have[6], n = 0;
    for (size_t c = 0; c < 6; c++) {
        have[c] = c * c + 1;
        for (size_t i = 0; i < have[c]; i++)
            sprintf(text + strlen(text), "%zu\t%zu\n", c, n++);
    }

    const char *path = put_text("s.tsv", text);
    char first[2000] = "";
    size_t others = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        elman_dataset_config config = {
            .seed = seed, .validation = 0.3, .no_scaling = true};
        elman_dataset *d = must_open(path, &config);

        size_t got[6] = {0};
        size_t train = dataset_size(d, ELMAN_PART_TRAIN);
        size_t validation = dataset_size(d, ELMAN_PART_VALIDATION);
        assert_int_equal(train + validation, n);
        CHECK(validation >= n * 3 / 10 - 2 && validation <= n * 3 / 10 + 1,
              "%zu of %zu", validation, n);

        /* another split for almost every seed */
        const char *shown = show_part(d, ELMAN_PART_TRAIN);
        if (seed == 0) strcpy(first, shown);
        others += strcmp(first, shown) != 0;

        /* training gets 0.7 of each class, and at least one */
        for (const char *c = shown; c; c = strchr(c, ' '))
            got[(c += *c == ' ')[0] - '0']++;
        for (size_t c = 0; c < 6; c++) {
            double want = 0.7 * (double)have[c];
            CHECK(got[c] >= 1 && fabs((double)got[c] - want) < 2,
                  "seed %d: class %zu has %zu of %zu", (int)seed, c, got[c],
                  have[c]);
        }

        /* the same split for the same seed */
        elman_dataset *again = must_open(path, &config);
        char once[2000];
        strcpy(once, show_part(d, ELMAN_PART_VALIDATION));
        assert_string_equal(show_part(again, ELMAN_PART_VALIDATION), once);
        dataset_close(again);
        dataset_close(d);
    }
    CHECK(others >= 18, "only %zu seeds of 19 gave another split", others);
}

TEST(a_locale_with_a_decimal_comma_changes_nothing)
{
    const char *path = put_text("c.tsv", "1\t2.5\n2\t0.12345678901234567\n");
    elman_dataset *d = must_open(path, &(elman_dataset_config){0});

    static const char *const locales[] = {"de_DE.UTF-8", "fr_FR.UTF-8",
                                          "de_DE"};
    for (size_t i = 0; i < 3; i++) {
        setlocale(LC_ALL, locales[i]);
        elman_dataset *e = must_open(path, &(elman_dataset_config){0});
        assert_string_equal(dataset_note(e), dataset_note(d));
        dataset_close(e);
    }

    setlocale(LC_ALL, "C");
    dataset_close(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_series_written_differently_is_the_same_data),
        cmocka_unit_test(several_dimensions_and_targets_are_read),
        cmocka_unit_test(labels_are_names_whatever_their_size),
        cmocka_unit_test(each_bad_series_gives_its_own_sentence),
        cmocka_unit_test(a_file_cut_at_any_length_is_read_or_refused),
        cmocka_unit_test(a_validation_file_must_fit),
        cmocka_unit_test(the_split_keeps_every_class_and_follows_the_seed),
        cmocka_unit_test(a_locale_with_a_decimal_comma_changes_nothing),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
