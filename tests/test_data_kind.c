/*
 * test_data_kind.c: which kind a file of data is: by what is asked for, by its
 * name where the content agrees, else by what it holds.
 */
#include "dataset.h"

static const char ts[] = "@problemName x\n@classLabel true a b\n@data\n"
                         "1,2:a\n3,4:b\n1,3:a\n4,4:b\n";
static const char arff[] = "@RELATION x\n@ATTRIBUTE a0 NUMERIC\n"
                           "@attribute a1 real\n@attribute c {a,b}\n@DATA\n"
                           "1,2,a\n3,4,b\n";
static const char tsf[] = "# x\n@relation x\n@attribute name string\n"
                          "@frequency yearly\n@horizon 1\n@data\n"
                          "T1:1,2,3,4,5,6,7,8\nT2:5,4,3,2,1,0\n";
static const char blanks[] = "  1.0e0  1.5  2  3  4\n  2.0  4  3  2  1\n"
                             "  1  2  3  4  5\n  2  9  8  7  6\n";
static const char commas[] = "1,1,2,3,4,5,6\n2,9,8,7,6,5,4\n1,2,3,4,5,6,7\n"
                             "2,8,7,6,5,4,3\n";
static const char names[] = "up 1 2 3 4\ndown 4 3 2 1\nup 2 3 4 5\n"
                            "down 9 8 7 6\n";
static const char prose[] = "It was the best of times,\nit was the worst of "
                            "times, 1859,\nand so on.\n";

static const struct {
    const char *name, *text;
    elman_task task;
} clear[] = {
    {"x", ts, ELMAN_TASK_CLASSIFY},
    {"x.txt", ts, ELMAN_TASK_CLASSIFY},
    {"x.tsv", ts, ELMAN_TASK_CLASSIFY},
    {"x.csv", ts, ELMAN_TASK_CLASSIFY},
    {"x", arff, ELMAN_TASK_CLASSIFY},
    {"x.arff", arff, ELMAN_TASK_CLASSIFY},
    {"x.ts", arff, ELMAN_TASK_CLASSIFY},
    {"x", tsf, ELMAN_TASK_FORECAST},
    {"x.tsf", tsf, ELMAN_TASK_FORECAST},
    {"x.txt", tsf, ELMAN_TASK_FORECAST},
    {"x.txt", blanks, ELMAN_TASK_CLASSIFY},
    {"x", blanks, ELMAN_TASK_CLASSIFY},
    {"x.dat", commas, ELMAN_TASK_CLASSIFY},
    {"x", names, ELMAN_TASK_CLASSIFY},
    {"x.txt", prose, ELMAN_TASK_LANGUAGE},
    {"x", prose, ELMAN_TASK_LANGUAGE},
    {"x.txt", "@someone said: 1, 2, 3\n@other answered\n", ELMAN_TASK_LANGUAGE},
};

TEST(a_file_is_what_it_holds)
{
    for (size_t i = 0; i < sizeof clear / sizeof *clear; i++) {
        elman_dataset *d = must_open(put_text(clear[i].name, clear[i].text),
                                     &(elman_dataset_config){.validation = -1});
        CHECK(dataset_encoding(d)->task == clear[i].task, "file %zu is %s", i,
              task_name(dataset_encoding(d)->task));
        dataset_close(d);
    }

    /* the same through memory, as what came through a pipe */
    elman_dataset *d = NULL;
    CHECK_OK(dataset_read("standard input", blanks, strlen(blanks),
                          &(elman_dataset_config){.validation = -1}, &d));
    assert_int_equal(dataset_encoding(d)->task, ELMAN_TASK_CLASSIFY);
    dataset_close(d);

    /* UTF-16 is looked at as text */
    char wide[2 * sizeof blanks];
    for (size_t i = 0; i < sizeof blanks; i++)
        wide[2 * i] = blanks[i], wide[2 * i + 1] = 0;
    d = must_open(put_bytes("x.txt", wide, 2 * (sizeof blanks - 1)),
                  &(elman_dataset_config){.validation = -1});
    assert_int_equal(dataset_encoding(d)->task, ELMAN_TASK_CLASSIFY);
    dataset_close(d);
}

TEST(what_could_be_several_kinds_is_asked_for)
{
    static const char *const files[] = {
        "1 2 3\n4 5 6\n7 8 9\n",                     /* no label occurs twice */
        "1.5,2,3,4,5\n2.5,3,4,5,6\n",                /* no label is whole */
        "1\n2\n3\n",                                 /* one column */
        "1 2\n1 3\n2 4\n2 2\n1 5\n2 2\n1 1\n2 2\n"}; /* two columns */
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        check_refused(put_text("x.txt", files[i]), &(elman_dataset_config){0},
                      ELMAN_BAD_FORMAT, "--format series");

    /* a .csv that looks like the archive's series */
    check_refused(put_text("x.csv", "1,1,2,3,4,5,6,7,8,9,1,2,3,4,5,6.5\n"
                                    "2,1,2,3,4,5,6,7,8,9,1,2,3,4,5,6.5\n"
                                    "1,1,2,3,4,5,6,7,8,9,1,2,3,4,5,6.5\n"),
                  &(elman_dataset_config){0}, ELMAN_BAD_FORMAT,
                  "--format table");

    /* each answer settles it */
    const char *path = put_text("x.txt", files[0]);
    elman_dataset *d = must_open(
        path, &(elman_dataset_config){.format = ELMAN_DATA_FORMAT_SERIES,
                                      .validation = -1});
    assert_int_equal(dataset_encoding(d)->class_count, 3);
    dataset_close(d);
    d = must_open(path,
                  &(elman_dataset_config){.format = ELMAN_DATA_FORMAT_TABLE,
                                          .window = 1,
                                          .validation = -1});
    assert_int_equal(dataset_encoding(d)->task, ELMAN_TASK_FORECAST);
    dataset_close(d);
    d = must_open(path,
                  &(elman_dataset_config){.format = ELMAN_DATA_FORMAT_TEXT,
                                          .validation = -1});
    assert_int_equal(dataset_encoding(d)->task, ELMAN_TASK_LANGUAGE);
    dataset_close(d);
    d = must_open(path, &(elman_dataset_config){.task = ELMAN_TASK_LANGUAGE,
                                                .validation = -1});
    assert_int_equal(dataset_encoding(d)->vocabulary, 11);
    dataset_close(d);
}

TEST(an_encoding_decides_where_a_name_does_not)
{
    elman_dataset *d =
        must_open(put_text("x.ts", ts), &(elman_dataset_config){0});
    elman_dataset_config follow = {.encoding = dataset_note(d),
                                   .answers = true};

    static const char *const files[] = {"x", "x.csv", "x.txt", "x.tsv"};
    for (size_t i = 0; i < 4; i++) {
        elman_dataset *more =
            must_open(put_text(files[i], "b 1 2\na 2 3\n"), &follow);
        assert_string_equal(
            show_part(more, ELMAN_PART_VALIDATION)[0] == 'b' ? "b" : "", "b");
        dataset_close(more);
    }
    dataset_close(d);
}

TEST(a_kind_against_the_name_is_said)
{
    elman_dataset *d =
        must_open(put_text("x.tsv", "a\tb\tc\n1\t2\t3\n2\t3\t4\n"
                                    "3\t4\t5\n4\t5\t6\n"),
                  &(elman_dataset_config){.window = 1, .validation = -1});
    assert_int_equal(dataset_encoding(d)->task, ELMAN_TASK_FORECAST);
    CHECK_FACT(d, "note", "read as a table, although its name says labelled");
    dataset_close(d);
    check_refused(put_text("x.ts", ts),
                  &(elman_dataset_config){.task = ELMAN_TASK_TRACK},
                  ELMAN_BAD_VALUE, "task track is not possible for");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_what_it_holds),
        cmocka_unit_test(what_could_be_several_kinds_is_asked_for),
        cmocka_unit_test(an_encoding_decides_where_a_name_does_not),
        cmocka_unit_test(a_kind_against_the_name_is_said),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
