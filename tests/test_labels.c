/*
 * test_labels.c: series whose labels are not there yet: what is a label and
 * what is a value is told by what was learned, or asked for.
 */
#include "dataset.h"

/* Learns from a text, and follows what was learned. */
static elman_dataset *learn(const char *name, const char *text, elman_task task,
                            elman_dataset_config *follow)
{
    elman_dataset *d =
        must_open(put_text(name, text),
                  &(elman_dataset_config){
                      .task = task, .validation = -1, .no_scaling = true});
    *follow =
        (elman_dataset_config){.encoding = dataset_note(d), .answers = true};
    return d;
}

static void check_answers(const char *name, const char *text,
                          const elman_dataset_config *follow, const char *want)
{
    elman_dataset *d = must_open(put_text(name, text), follow);
    CHECK(!strcmp(show_part(d, ELMAN_PART_VALIDATION), want), "%s: %s", text,
          show_part(d, ELMAN_PART_VALIDATION));
    dataset_close(d);
}

TEST(lines_of_the_learned_length_need_no_label)
{
    elman_dataset_config follow;
    elman_dataset *d =
        learn("t.tsv", "1\t5\t6\t7\n2\t7\t6\t5\n1\t5\t5\t6\n", 0, &follow);
    assert_int_equal(dataset_encoding(d)->steps, 3);

    check_answers("a", "1 5 6 7\n2 1 1 1\n", &follow, "1:5,6,7 2:1,1,1");
    check_answers("a", "1 2 1\n2 1 2\n", &follow, "none:1,2,1 none:2,1,2");
    check_answers("a", "5\t6\t7\t\n", &follow, "none:5,6,7");
    check_answers("a", "?,5,6,7\n1,1,1,2\n", &follow, "none:5,6,7 1:1,1,2");
    check_answers("a", "9 5 6 7\n", &follow, "none:5,6,7");

    /* the same is asked for */
    follow.labels = ELMAN_PRESENCE_NO;
    check_answers("a", "1 5 6 7\n", &follow, "none:1,5,6,7");
    follow.labels = ELMAN_PRESENCE_YES;
    check_answers("a", "1 5 6\n", &follow, "1:5,6");
    dataset_close(d);
}

TEST(labels_tell_where_lengths_do_not)
{
    elman_dataset_config follow;
    elman_dataset *d =
        learn("t.tsv", "up 1 2 3\ndown 3 2\nup 1 2\n", 0, &follow);
    check_answers("a", "down 1 2\nup 4\n", &follow, "down:1,2 up:4");
    check_answers("a", "1 2\n4\n", &follow, "none:1,2 none:4");
    check_answers("a", "other 1 2\n", &follow, "none:1,2");
    check_answers("a", "1 0.5\n", &follow, "none:1,0.5");
    check_refused(put_text("a", "up 1 2\n1 2 3\n"), &follow, ELMAN_BAD_FORMAT,
                  "say --labels or --no-labels");
    dataset_close(d);

    /* labels that are numbers could be values as well */
    d = learn("t.tsv", "1 1.5 2.5 3\n2 3.5 2\n1 1.5\n", 0, &follow);
    check_answers("a", "1 1.5\n2 0.5 3\n", &follow, "1:1.5 2:0.5,3");
    check_answers("a", "1.5 2.5\n0.5\n", &follow, "none:1.5,2.5 none:0.5");
    static const char *const doubtful[] = {
        "1 2 1\n2 1 1 2\n",    /* labels, or values that are all labels */
        "1 1.5\n3.5 2.5 1\n",  /* one begins with a label */
        "3 1.5\n4 2.5 1.5\n"}; /* labels that were not learned, or values */
    for (size_t i = 0; i < 3; i++)
        check_refused(put_text("a", doubtful[i]), &follow, ELMAN_BAD_FORMAT,
                      "say --labels or --no-labels");
    dataset_close(d);

    /* a target can be any number */
    d = learn("t.tsv", "0.5 1 2\n1.5 3\n", ELMAN_TASK_REGRESS, &follow);
    check_refused(put_text("a", "1 2 3\n"), &follow, ELMAN_BAD_FORMAT,
                  "say --labels or --no-labels");
    check_answers("a", "? 2 3\n", &follow, ":nan:2,3");
    dataset_close(d);
}

TEST(cases_of_a_header_need_no_label)
{
    elman_dataset_config follow;
    elman_dataset *d = learn("t.ts",
                             "@classLabel true up down\n@data\n"
                             "1,2:3,4:up\n4,3:2,1:down\n",
                             0, &follow);
    check_answers("a.ts", "@classLabel false\n@data\n1,2:3,4\n5,6:7,8\n",
                  &follow, "none:1/3,2/4 none:5/7,6/8");
    check_answers("a.ts", "@classLabel true up down\n@data\n1,2:3,4:?\n",
                  &follow, "none:1/3,2/4");
    check_answers("a.ts",
                  "@classLabel true up down\n@data\n1,2:3,4\n"
                  "1,2:3,4:\n1,2:3,4:down\n1,2:3,4:odd\n",
                  &follow,
                  "none:1/3,2/4 none:1/3,2/4 down:1/3,2/4 none:1/3,2/4");
    check_refused(put_text("a.ts", "@data\n1,2:3,4:5,6:up\n"), &follow,
                  ELMAN_BAD_FORMAT, "line 2: 3 dimensions, expected 2");

    elman_dataset *more =
        must_open(put_text("a.ts", "@data\n1,2:3,4:odd\n1,2:3,4\n"), &follow);
    CHECK_FACT(more, "note", "1 of 2 sequences have no label");
    CHECK_FACT(more, "note", "1 labels are not among the 2 learned");
    dataset_close(more);

    /* evaluation needs them, and learning */
    follow.answers = false;
    check_refused(put_text("a.ts", "@data\n1,2:3,4\n"), &follow,
                  ELMAN_BAD_FORMAT, "line 2: no \":\" and label");
    check_refused(put_text("a.ts", "@data\n1,2:3,4:odd\n"), &follow,
                  ELMAN_BAD_FORMAT, "label \"odd\" is not among the 2 learned");
    check_refused(put_text("a.ts", "@data\n1,2:3,4:?\n"), &follow,
                  ELMAN_BAD_FORMAT, "line 2: the label is missing (?)");
    dataset_close(d);
    check_refused(put_text("a.ts", "@classLabel false\n@data\n1,2\n"),
                  &(elman_dataset_config){0}, ELMAN_BAD_FORMAT,
                  "nothing to learn");
    check_refused(put_text("a.tsv", "1 2 3\n"),
                  &(elman_dataset_config){.labels = ELMAN_PRESENCE_NO},
                  ELMAN_BAD_FORMAT, "nothing to learn");
}

TEST(labels_may_stand_in_quotes_or_behind_the_values)
{
    static const char *const texts[] = {
        "\"up, up\",1,2,3\n\"down\",3,2,1\n", "1,2,3,\"up, up\"\n3,2,1,down\n",
        "1\t2\t3\tup, up\n3\t2\t1\tdown\n",
        "1, 2, 3, \"up, up\"\n3, 2, 1, \"down\" \n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        elman_dataset_config follow;
        elman_dataset *d = learn("t.tsv", texts[i], 0, &follow);
        CHECK(
            !strcmp(show_part(d, ELMAN_PART_TRAIN), "up, up:1,2,3 down:3,2,1"),
            "%zu: %s", i, show_part(d, ELMAN_PART_TRAIN));

        /* other files may have them elsewhere, or not at all */
        check_answers("a", "\"down\",1,1,2\n", &follow, "down:1,1,2");
        check_answers("a", "1,1,2,\"down\"\n", &follow, "down:1,1,2");
        check_answers("a", "1 1 2 down\n1 2 2 NA\n", &follow,
                      "down:1,1,2 none:1,2,2");
        check_answers("a", "1,1,2\n", &follow, "none:1,1,2");
        dataset_close(d);
    }

    /* without a name that tells so they are no text either */
    check_refused(put_text("t", "1.5,2,3,up\n3,2,down\n3,2,1,4,down\n"),
                  &(elman_dataset_config){.validation = -1}, ELMAN_BAD_FORMAT,
                  "lines of 3 numbers and a word");
}

TEST(where_each_answer_belongs_is_known)
{
    elman_dataset_config follow;
    elman_dataset *d = learn("t.tsv", "1 5 6\n2 6 5\n", 0, &follow), *more;
    more = must_open(put_text("a", "# new ones\n\n1 6\n5 6\n"), &follow);
    elman_origin origin;
    dataset_origin(more, 1, 0, &origin);
    assert_int_equal(origin.line, 4);
    assert_int_equal(origin.sequence, 1);
    assert_int_equal(dataset_class(more, 1, 0), -1);
    dataset_close(more);
    dataset_close(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_the_learned_length_need_no_label),
        cmocka_unit_test(labels_tell_where_lengths_do_not),
        cmocka_unit_test(cases_of_a_header_need_no_label),
        cmocka_unit_test(labels_may_stand_in_quotes_or_behind_the_values),
        cmocka_unit_test(where_each_answer_belongs_is_known),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
