/*
 * test_archives.c: the archives' .ts, .arff and .tsf with what occurs in them:
 * comments, times, missing values, labels in other forms.
 */
#include "dataset.h"

static const elman_dataset_config as_it_is = {.validation = -1,
                                              .no_scaling = true};

static void check_data(const char *name, const char *text,
                       const elman_dataset_config *config, const char *want)
{
    elman_dataset *d = must_open(put_text(name, text), config);
    CHECK(!strcmp(show_part(d, ELMAN_PART_TRAIN), want), "%s: %s", text,
          show_part(d, ELMAN_PART_TRAIN));
    dataset_close(d);
}

static void check_bad(const char *name, const char *text, const char *message)
{
    check_refused(put_text(name, text), &as_it_is, ELMAN_BAD_FORMAT, message);
}

/* ---- .ts ---------------------------------------------------------------- */

TEST(headers_hold_what_the_archives_write)
{
    static const char want[] = "1:5,6 -1:7,8";
    static const char *const files[] = {
        "%# cut down\n%\n@problemName x\n@classLabel true 1 -1\n@data\n"
        "5,6:1\n% no case\n7,8:-1\n",
        "\n## x\n#\n@problemName a b c\n@problemName x\n@timeStamps false\n"
        "@missing false\n@univariate true\n@equalLength true\n"
        "@seriesLength 2\n@classLabel true 1.0 -1.0\n@data\n5,6:1\n7,8:-1\n",
        "@dimension 1\n@unknown word\n@CLASSLABEL TRUE\n@DATA\n"
        " 5 , 6 : 1e0\n\n7,8:-1.00\n",
        "@data\n5,6:1\n7,8:-1\n"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        check_data("a.ts", files[i], &as_it_is, want);

    elman_dataset *d = must_open(
        put_text("a.ts", "@classLabel true 1.0 2\n@seriesLength 3\n@other x\n"
                         "@data\n5,6:1\n7,8:3\n"),
        &as_it_is);
    CHECK_FACT(d, "note", "1 labels are not in the list of @classLabel");
    CHECK_FACT(d, "note", "2 cases have other than the 3 steps");
    CHECK_FACT(d, "note", "1 words of the header are unknown");
    CHECK_FACT(d, "task", "classify");
    CHECK_FACT(d, "inputs", "2 sequences of 2 steps with 1 value each");
    CHECK_FACT(d, "target", "one of 2 classes: 1 50.0 %, 3 50.0 %");
    dataset_close(d);

    /* a target counts more than classes */
    check_data("a.ts",
               "@classLabel true\n@targetLabel true\n@data\n1,2:0.5\n"
               "3:4\n",
               &as_it_is, ":0.5:1,2 :4:3");
}

TEST(values_with_times_are_even_steps_or_said_to_be_none)
{
    static const char head[] =
        "@timeStamps true\n@classLabel true a b\n@data\n";
    static const struct {
        const char *cases, *want, *fact;
    } files[] = {
        {"(0,1.5),(1,2):a\n(0,3),(1,?):b\n", "a:1.5,2 b:3", "even steps of 1"},
        {"(2007-01-01 00:00:00,1),(2007-01-01 00:01:00,2):a\n"
         "(2008-03-01 00:00:00,3),(2008-03-01 00:01:00,4):b\n",
         "a:1,2 b:3,4", "even steps of 60 seconds"},
        {"(0,1),(1,2):(0,3),(1,4):a\n(5,1),(6,2):(5,3),(6,4):b\n",
         "a:1/3,2/4 b:1/3,2/4", "even steps of 1"},
        {"(0,1),(1,2),(3,3):a\n(0,3):b\n", "a:1,2,3 b:3",
         "the times of 1 of 2 series are not even steps"},
        {"(a,1),(b,2):a\n(0,3):b\n", "a:1,2 b:3", "not even steps"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char text[300];
        snprintf(text, sizeof text, "%s%s", head, files[i].cases);
        elman_dataset *d = must_open(put_text("t.ts", text), &as_it_is);
        CHECK(!strcmp(show_part(d, ELMAN_PART_TRAIN), files[i].want),
              "file %zu: %s", i, show_part(d, ELMAN_PART_TRAIN));
        CHECK_FACT(d, "time", files[i].fact);
        dataset_close(d);
    }
}

TEST(missing_values_become_what_is_asked_for)
{
    static const char text[] = "@classLabel true a b\n@data\n1,?,NA,4:a\n"
                               "?,5,null:b\n3,2:a\n";
    elman_dataset_config config = as_it_is;
    check_refused(put_text("m.ts", text), &config, ELMAN_BAD_FORMAT,
                  "line 3, value 2 is missing, and others follow it; "
                  "choose missing (--missing) previous, mean or drop");

    config.missing = ELMAN_MISSING_DROP;
    check_data("m.ts", text, &config, "a:1,4 b:5 a:3,2");
    config.missing = ELMAN_MISSING_MEAN;
    check_data("m.ts", text, &config, "a:1,3,3,4 b:3,5 a:3,2");
    config.missing = ELMAN_MISSING_PREVIOUS;
    check_refused(put_text("m.ts", text), &config, ELMAN_BAD_FORMAT,
                  "line 4, value 1 is missing, and there is none before it");
    check_data("m.tsv", "a,1,?,,4\nb,5,-,7\na,3,2\n", &config,
               "a:1,1,1,4 b:5,5,7 a:3,2");

    /* of several dimensions a step may lack one */
    check_data("m.ts", "@data\n1,2,3:4,?,?:a\n1,2:3,4:b\n", &config,
               "a:1/4,2/4,3/4 b:1/3,2/4");
    check_refused(put_text("m.ts", "@data\n1,2:3:a\n1,2:3,4:b\n"), &config,
                  ELMAN_BAD_FORMAT, "fill the shorter ones with ?");
    check_refused(put_text("m.ts", "@data\n?,2:?,4:a\n?:?:b\n"),
                  &(elman_dataset_config){.missing = ELMAN_MISSING_DROP},
                  ELMAN_BAD_FORMAT, "line 3: no values");
}

TEST(means_come_from_training_and_stay_in_the_encoding)
{
    const char *path = put_text("t.tsv", "a 1 ? 3\nb 5 6 7\n");
    put_text("v.tsv", "a 100 ? 100\n");
    elman_dataset *d = must_open(
        path, &(elman_dataset_config){.missing = ELMAN_MISSING_MEAN,
                                      .no_scaling = true,
                                      .validation_path = in_folder("v.tsv")});
    assert_string_equal(show_part(d, ELMAN_PART_VALIDATION), "a:100,4.4,100");
    CHECK_FACT(d, "missing", "2 values of 2 sequences: each becomes the mean");

    /* a sequence alone is filled in the same way */
    elman_dataset_config follow = {.encoding = dataset_note(d),
                                   .answers = true};
    elman_dataset *more = must_open(put_text("w.tsv", "b 5 ? 9\n"), &follow);
    assert_string_equal(show_part(more, ELMAN_PART_VALIDATION), "b:5,4.4,9");
    assert_string_equal(dataset_note(more), dataset_note(d));
    dataset_close(more);
    dataset_close(d);

    d = must_open(put_text("t.tsv", "a 1 2\nb 5 6\n"), &as_it_is);
    follow = (elman_dataset_config){.encoding = dataset_note(d),
                                    .missing = ELMAN_MISSING_MEAN};
    check_refused(path, &follow, ELMAN_BAD_VALUE, "the encoding has no means");
    dataset_close(d);
}

TEST(decimal_commas_are_read_where_commas_separate_nothing)
{
    check_data("c.tsv", "1\t2,5\t3\n2\t-0,5\t1e0\n", &as_it_is,
               "1:2.5,3 2:-0.5,1");
    check_data("c.tsv", "1;2,5;3\n2;1;0,25\n", &as_it_is, "1:2.5,3 2:1,0.25");
    elman_dataset *d = must_open(put_text("c.tsv", "1;2,5\n2;1\n"), &as_it_is);
    CHECK_FACT(d, "numbers", "decimal commas");
    dataset_close(d);
}

/* ---- .arff -------------------------------------------------------------- */

TEST(an_arff_file_is_read_with_one_dimension_or_more)
{
    check_data("a.arff",
               "% a comment\n@RELATION 'my x'\n\n@attribute att0 numeric\n"
               "@attribute 'att 1' REAL\n@Attribute att2 integer\n"
               "@attribute  target{ up , down }\n\n@data\n"
               "1,2.5,-3,up\n\n% no case\n 4 , 5 , ? , 'down'\n",
               &as_it_is, "up:1,2.5,-3 down:4,5");
    check_data("a.arff",
               "@relation x\n@attribute series relational\n"
               "@attribute a0 numeric\n@attribute a1 numeric\n@end series\n"
               "@attribute class {a,\"b c\"}\n@data\n"
               "'1,2\\n3,4',a\n\"5,6\\n7,?\",\"b c\"\n",
               &(elman_dataset_config){.validation = -1,
                                       .no_scaling = true,
                                       .missing = ELMAN_MISSING_PREVIOUS},
               "a:1/3,2/4 b c:5/7,6/7");

    /* a class in front, a target, and attributes that are neither */
    check_data("a.arff",
               "@relation x\n@attribute c {1,2}\n"
               "@attribute a numeric\n@attribute b numeric\n"
               "@data\n1.0,5,6\n2,7,8\n",
               &as_it_is, "1:5,6 2:7,8");
    check_data("a.arff",
               "@relation x\n@attribute id string\n"
               "@attribute a numeric\n@attribute b numeric\n"
               "@attribute y numeric\n@data\nu,5,6,0.5\nv,7,8,1\n",
               &as_it_is, ":0.5:5,6 :1:7,8");
}

TEST(an_arff_file_to_be_answered_may_lack_its_class)
{
    static const char head[] = "@relation x\n@attribute a numeric\n"
                               "@attribute b numeric\n";
    char text[300];
    snprintf(text, sizeof text, "%s@attribute c {u,v}\n@data\n1,2,u\n3,4,v\n",
             head);
    elman_dataset *d = must_open(put_text("a.arff", text), &as_it_is);
    elman_dataset_config follow = {.encoding = dataset_note(d),
                                   .answers = true};

    static const char *const rests[] = {"@attribute c {u,v}\n@data\n1,2,?\n",
                                        "@attribute c {u,v}\n@data\n1,2\n",
                                        "@data\n1,2\n"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(text, sizeof text, "%s%s", head, rests[i]);
        elman_dataset *more = must_open(put_text("b.arff", text), &follow);
        assert_string_equal(show_part(more, ELMAN_PART_VALIDATION), "none:1,2");
        dataset_close(more);
    }
    dataset_close(d);
}

TEST(each_bad_arff_file_gives_its_own_sentence)
{
    static const char head[] = "@relation x\n@attribute a numeric\n"
                               "@attribute b numeric\n@attribute c {u,v}\n";
    static const struct {
        const char *rest, *message;
    } cases[] = {
        {"", "the header has no @data"},
        {"@data\n", "a header, but no cases"},
        {"@attribute d {x}\n@data\n1,2,u,x\n", "2 attributes are lists of"},
        {"@attribute d color\n", "line 5: an attribute of type \"color\""},
        {"1,2,u\n", "line 5: \"1,2,u\", expected @relation"},
        {"@data\n1,2\n", "line 6: too few values, expected 3 (2)"},
        {"@data\n1,2,u,3\n", "line 6: too many values, expected 3 (4)"},
        {"@data\n1,x,u\n", "line 6: \"x\" is not a number"},
        {"@data\n1,1e999,u\n", "\"1e999\" is too large"},
        {"@data\n{0 1, 1 2, 2 u}\n", "line 6: sparse rows"},
        {"@data\n'1' 5,2,u\n", "line 6: text after a closing quote"},
        {"@data\n1,2,?\n", "line 6: the label is missing (?)"},
        {"@data\n?,2,u\n1,2,v\n", "line 6, value 1 is missing"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[300];
        snprintf(text, sizeof text, "%s%s", head, cases[i].rest);
        check_bad("b.arff", text, cases[i].message);
    }

    check_bad("b.arff",
              "@relation x\n@attribute a relational\n@end a\n"
              "@attribute c {u,v}\n@data\n'1,2\\n3',u\n",
              "line 6: dimension 2 has 1 values, the first has 2");
    check_bad("b.arff", "@relation x\n@attribute a numeric\n@data\n1\n",
              "no attribute is a class or target");
}

/* ---- .tsf --------------------------------------------------------------- */

static const char monthly[] =
    "# sales\n@relation sales\n@attribute group string\n"
    "@attribute name string\n@attribute start date\n@frequency monthly\n"
    "@horizon 2\n@missing false\n@equallength false\n@data\n"
    "G:A:1979-11-01 00-00-00:1,2,3,4,5,6,7,8,9\n"
    "G:B:1980-01-01 00-00-00:?,10,20,30,40,50,60,70\n";

TEST(series_of_a_tsf_file_are_forecast_each_by_itself)
{
    elman_dataset *d =
        must_open(put_text("m.tsf", monthly),
                  &(elman_dataset_config){
                      .window = 3, .transform = "none", .no_scaling = true});
    const elman_encoding *e = dataset_encoding(d);
    assert_int_equal(e->task, ELMAN_TASK_FORECAST);
    assert_int_equal(e->horizon, 2);
    CHECK_FACT(d, "task", "forecast 2 values (@horizon) from the 3 before");
    CHECK_FACT(d, "missing", "values at an end of 1 series");

    /* windows of A alone and of B alone; the names and months of both */
    elman_origin origin;
    double truth[2];
    for (int part = 0; part < 2; part++)
        for (size_t i = 0; i < dataset_size(d, (elman_part)part); i++) {
            elman_batch batch;
            elman_target target;
            elman_loader *loader =
                must_load(d, (elman_part)part, &batch, &target);
            float first = batch.x[i], last = batch.x[2 * batch.B + i];
            CHECK((first < 10) == (last < 10), "%g to %g", (double)first,
                  (double)last);
            CHECK_OK(dataset_truth(d, batch.ids[i], 0, 1, truth));
            float step = last - batch.x[batch.B + i];
            CHECK(truth[0] == (double)(last + step), "%g", truth[0]);
            loader_destroy(loader);
        }

    dataset_origin(d, 0, 0, &origin);
    assert_string_equal(origin.series, "G A");
    assert_string_equal(origin.time, "1979-11-01");
    assert_int_equal(origin.line, 11);
    dataset_origin(d, 0, 2, &origin);
    assert_string_equal(origin.time, "1980-01-01");

    /* to be answered: a window at the end of each series, the rest is new */
    elman_dataset *more = must_open(
        put_text("n.tsf", "@relation n\n@attribute name string\n@data\n"
                          "A:7,8,9\nB:50,60,70\nC:1,2\n"),
        &(elman_dataset_config){.encoding = dataset_note(d), .answers = true});
    assert_int_equal(dataset_size(more, ELMAN_PART_VALIDATION), 2);
    CHECK_OK(dataset_truth(more, 1, 0, 1, truth));
    assert_true(isnan(truth[0]) && isnan(truth[1]));
    dataset_origin(more, 1, 0, &origin);
    assert_string_equal(origin.series, "B");
    assert_string_equal(origin.time, "");
    CHECK_FACT(more, "note", "1 series are shorter than the 3 values");
    dataset_close(more);
    dataset_close(d);
}

TEST(a_window_fits_short_series)
{
    elman_dataset *d = must_open(
        put_text("s.tsf", "@relation s\n@attribute name string\n"
                          "@frequency yearly\n@horizon 4\n@data\n"
                          "T1:1,2,3,4,5,6,7\nT2:1,2,3\nT3:5,4,3,2,1\n"),
        &(elman_dataset_config){0});
    assert_int_equal(dataset_encoding(d)->window, 1);
    assert_int_equal(dataset_size(d, ELMAN_PART_TRAIN), 4);
    dataset_close(d);

    /* another horizon, and times of day */
    d = must_open(put_text("h.tsf", "@relation h\n@attribute start date\n"
                                    "@frequency 10_minutes\n@data\n"
                                    "2020-01-31 23-50-00:1,2,3,4,5,6\n"),
                  &(elman_dataset_config){.horizon = 2, .window = 2});
    elman_origin origin;
    dataset_origin(d, 0, 1, &origin);
    assert_string_equal(origin.time, "2020-02-01 00:00:00");
    assert_string_equal(origin.series, "1");
    dataset_close(d);
}

TEST(each_bad_tsf_file_gives_its_own_sentence)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"@relation x\n", "the header has no @data"},
        {"@relation x\n@frequency daily\n@data\n", "a header, but no series"},
        {"@relation x\n@attribute a color\n", "line 2: an attribute of type"},
        {"@relation x\n@horizon two\n", "line 2: @horizon \"two\""},
        {"@relation x\n@attribute a string\n@data\n1,2,3\n",
         "line 4: 0 attributes before the values, expected 1"},
        {"@relation x\n@attribute a string\n@data\nT:b:1,2\n",
         "line 4, value 1: \"b\" is not a number"},
        {"@relation x\n@attribute a string\n@data\nT:1:1,2\n",
         "line 4: more attributes before the values than the 1"},
        {"@relation x\n@attribute a string\n@data\nT:1,x,2\n",
         "line 4, value 2: \"x\" is not a number"},
        {"@relation x\n@attribute a string\n@data\nT:1,?,2\n",
         "line 4, value 2 of series T is missing"},
        {"@relation x\n@attribute a string\n@data\nT:?,?\n",
         "line 4: series T has no values"},
        {"@relation x\n@horizon 9\n@data\n1,2,3\n",
         "the longest series has 3 values, which leaves none"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_refused(put_text("b.tsf", cases[i].text),
                      &(elman_dataset_config){0}, ELMAN_BAD_FORMAT,
                      cases[i].message);
}

TEST(a_file_cut_at_any_length_is_read_or_refused)
{
    static const struct {
        const char *name, *text;
    } wholes[] = {
        {"c.tsf", monthly},
        {"c.ts", "@timeStamps true\n@data\n(0,1),(1,2):(0,3),(1,4):a\n"},
        {"c.arff", "@relation x\n@attribute s relational\n"
                   "@attribute a numeric\n@end s\n@attribute c {u,v}\n@data\n"
                   "'1,2\\n3,4',u\n\"1\\n\",v\n"}};
    for (size_t i = 0; i < 3; i++)
        for (size_t cut = 0; cut < strlen(wholes[i].text); cut++) {
            elman_dataset *d = NULL;
            const char *path = put_bytes(wholes[i].name, wholes[i].text, cut);
            if (dataset_open(path, &as_it_is, &d) == ELMAN_OK) dataset_close(d);
            else
                CHECK(strstr(elman_message(), wholes[i].name), "cut at %zu",
                      cut);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_hold_what_the_archives_write),
        cmocka_unit_test(values_with_times_are_even_steps_or_said_to_be_none),
        cmocka_unit_test(missing_values_become_what_is_asked_for),
        cmocka_unit_test(means_come_from_training_and_stay_in_the_encoding),
        cmocka_unit_test(decimal_commas_are_read_where_commas_separate_nothing),
        cmocka_unit_test(an_arff_file_is_read_with_one_dimension_or_more),
        cmocka_unit_test(an_arff_file_to_be_answered_may_lack_its_class),
        cmocka_unit_test(each_bad_arff_file_gives_its_own_sentence),
        cmocka_unit_test(series_of_a_tsf_file_are_forecast_each_by_itself),
        cmocka_unit_test(a_window_fits_short_series),
        cmocka_unit_test(each_bad_tsf_file_gives_its_own_sentence),
        cmocka_unit_test(a_file_cut_at_any_length_is_read_or_refused),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
