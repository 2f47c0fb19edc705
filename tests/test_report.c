/*
 * test_report.c: the page of an inspection: that what was measured is there,
 * that nothing foreign gets out of its place, and that it does not fall over
 * what is empty or no number. How it looks and works in a browser:
 * report_browser.py.
 */
#include "folder.h"

#include "allocator.h"
#include "format/file.h"
#include "format/utf8.h"
#include "report/map.h"
#include "report/report.h"
#include "report/sample_more.h"

#include <locale.h>

/* ---- Pages as text ------------------------------------------------------ */

static char *page_of(const elman_inspection *of)
{
    char *text = NULL;
    size_t bytes;
    CHECK_OK(report_save(of, in_folder("page.html")));
    CHECK_OK(file_read(in_folder("page.html"), &text, &bytes));
    CHECK(strlen(text) == bytes, "a zero byte in the page");
    CHECK(utf8_valid(text, bytes) == bytes, "no UTF-8 at byte %zu",
          utf8_valid(text, bytes));
    return text;
}

static size_t times(const char *text, const char *part)
{
    size_t count = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        count++;
    return count;
}

static void check_shape(const char *text)
{
    static const char *const pairs[][2] = {
        {"<figure", "</figure>"},   {"<svg", "</svg>"},
        {"<section", "</section>"}, {"<table", "</table>"},
        {"<details", "</details>"}, {"<script", "</script>"},
        {"<div", "</div>"},         {"<select", "</select>"},
        {"<style", "</style>"},     {"<nav", "</nav>"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        CHECK(times(text, pairs[i][0]) == times(text, pairs[i][1]),
              "%zu of %s, %zu of %s", times(text, pairs[i][0]), pairs[i][0],
              times(text, pairs[i][1]), pairs[i][1]);

    /* one script runs; what has data says that it is none */
    CHECK(times(text, "<script>") == 1, "%zu scripts", times(text, "<script>"));
    CHECK(times(text, "<script") ==
              1 + times(text, "<script type=\"text/plain\""),
          "a script of another kind");
    CHECK(times(text, "<canvas") == times(text, "<figure class=\"map"),
          "a map needs one image");
    for (const char *c = text; *c; c++)
        CHECK((unsigned char)*c >= ' ' || *c == '\n' || *c == '\t',
              "control character %d", *c);
}

/* No path of a picture goes where no number is. */
static void check_paths(const char *text)
{
    const char *script = strstr(text, "<script>");
    for (const char *d = text; (d = strstr(d, " d=\"")) && d < script;) {
        d += 4;
        size_t length = strcspn(d, "\"");
        for (size_t i = 0; i < length; i++)
            CHECK(strchr("MLHVhvmlaz0123456789.- ", d[i]), "path %.*s",
                  (int)length, d);
    }
}

static const char *const ids[] = {
    "findings",     "flow",          "truncation", "gates",    "units",
    "attribution",  "answers",       "training",   "spectrum", "exponents",
    "fixed-points", "contributions", "settings",   "absent"};

TEST(a_page_has_a_section_for_each_measurement)
{
    sample *s = calloc(1, sizeof *s);
    sample_language(s, 40, 12);
    char *text = page_of(&s->of);
    check_shape(text);
    check_paths(text);

    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        char section[64], link[64];
        snprintf(section, sizeof section, "<section id=%s ", ids[i]);
        snprintf(link, sizeof link, "href=\"#%s\"", ids[i]);
        CHECK(times(text, section) == 1, "no section %s", ids[i]);
        CHECK(times(text, link) >= 1, "no link to %s", ids[i]);
    }
    for (size_t i = 0; i < s->of.finding_count; i++)
        CHECK(strstr(text, s->of.findings[i].text), "finding %zu", i);
    CHECK(strstr(text, "<b>LSTM 12</b>"), "the model");
    CHECK(strstr(text, "source.txt"), "the data");
    free(text);
    sample_free(s);
    free(s);
}

TEST(series_of_all_tasks_make_a_page)
{
    static const elman_task tasks[] = {ELMAN_TASK_FORECAST, ELMAN_TASK_REGRESS,
                                       ELMAN_TASK_CLASSIFY};
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++) {
        sample *s = calloc(1, sizeof *s);
        sample_series(s, 20, tasks[i]);
        char *text = page_of(&s->of);
        check_shape(text);
        check_paths(text);
        CHECK(strstr(text, "wind &lt;speed&gt;"), "the name of an input");
        CHECK(strstr(text, "<section id=inputs "), "no inputs");
        free(text);
        sample_free(s);
        free(s);
    }
}

TEST(nothing_measured_makes_a_page_without_pictures)
{
    const elman_inspection nothing = {0};
    char *text = page_of(&nothing);
    check_shape(text);
    CHECK(times(text, "<figure") == 0, "a figure of nothing");
    CHECK(times(text, "<section") == 1, "%zu sections",
          times(text, "<section"));
    free(text);
}

TEST(measurements_that_are_empty_make_a_page)
{
    const elman_flow flow = {.done = true};
    const elman_gates gates = {.done = true};
    const elman_errors errors = {.calibration_error = NAN};
    const elman_truncation truncation = {.done = true};
    const elman_units units = {.done = true};
    const elman_spectrum spectrum = {.absent = "LAPACK is <not> there"};
    const elman_exponents exponents = {.done = true};
    const elman_fixed_points points = {.absent = "LAPACK is <not> there"};
    const elman_contributions contributions = {.done = true};
    const elman_inspection of = {.flow = &flow,
                                 .gates = &gates,
                                 .errors = &errors,
                                 .truncation = &truncation,
                                 .units = &units,
                                 .spectrum = &spectrum,
                                 .exponents = &exponents,
                                 .fixed_points = &points,
                                 .contributions = &contributions};
    char *text = page_of(&of);
    check_shape(text);
    check_paths(text);
    CHECK(times(text, "<figure") == 0, "a figure of nothing");
    CHECK(strstr(text, "LAPACK is &lt;not&gt; there"), "why");
    free(text);
}

/* ---- Hostile texts ------------------------------------------------------ */

#define HOSTILE                                                                \
    "</script><script>alert(1)</script>\"'&\x01\x7f\xff\xc3(\xe2\x80\xae"      \
    "<img src=x onerror=alert(2)>"

TEST(hostile_texts_stay_text)
{
    sample *s = calloc(1, sizeof *s);
    sample_series(s, 20, ELMAN_TASK_CLASSIFY);
    const elman_finding finding = {
        HOSTILE, ELMAN_SEVERITY_ALARM, ELMAN_SECTION_FLOW, 1, HOSTILE, HOSTILE};
    const elman_absence absence = {ELMAN_SECTION_FLOW, HOSTILE};
    const elman_input input = {.name = HOSTILE};
    elman_unit_match match = {.unit = 1};
    elman_units units = *s->of.units;
    strcpy(match.name, HOSTILE);
    units.matches = &match;
    units.match_count = 1;
    s->of.units = &units;
    s->of.model_name = s->of.data_name = HOSTILE;
    s->of.findings = &finding;
    s->of.finding_count = 1;
    s->of.absences = &absence;
    s->of.inputs = &input;
    s->of.input_count = 1;

    char *text = page_of(&s->of);
    check_shape(text);
    check_paths(text);
    CHECK(!strstr(text, "<script>alert"), "a script got in");
    CHECK(!strstr(text, "<img"), "an image got in");
    CHECK(!strstr(text, "\xe2\x80\xae"), "text that turns text");
    CHECK(times(text, "&lt;/script&gt;&lt;script&gt;alert(1)") > 6, "%zu",
          times(text, "&lt;/script&gt;&lt;script&gt;alert(1)"));
    CHECK(strstr(text, "&quot;&#39;&amp;\xe2\x90\x81\xe2\x90\xa1\xef\xbf\xbd"),
          "pictures of controls, and U+FFFD");
    free(text);
    sample_free(s);
    free(s);
}

/* ---- Numbers ------------------------------------------------------------ */

TEST(numbers_are_short_and_follow_no_locale)
{
    static const struct {
        double value;
        int digits;
        const char *text;
    } rows[] = {{0, 4, "0"},
                {-0.0, 4, "0"},
                {1, 4, "1"},
                {-1.5, 4, "-1.5"},
                {0.95, 3, "0.95"},
                {123456, 4, "123456"},
                {1234567, 4, "1234567"},
                {12345678, 4, "1.235e7"},
                {0.00012346, 4, "0.0001235"},
                {1e-7, 4, "1e-7"},
                {2.5e-30, 4, "2.5e-30"},
                {1e300, 4, "1e300"},
                {3.14159265, 4, "3.142"},
                {99.996, 4, "100"},
                {NAN, 4, "–"},
                {INFINITY, 4, "∞"},
                {-INFINITY, 4, "-∞"},
                {100, 4, "100"}};
    static const char *const locales[] = {"C", "de_DE.UTF-8", "fr_FR.UTF-8"};
    for (size_t k = 0; k < 3; k++) {
        setlocale(LC_ALL, locales[k]);
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            char text[NUMBER_ROOM];
            number_label(rows[i].value, rows[i].digits, text);
            CHECK(strcmp(text, rows[i].text) == 0, "%s instead of %s", text,
                  rows[i].text);
        }
    }
    setlocale(LC_ALL, "C");
}

/* Every number of the sample becomes NaN, or infinite. */
static void spoil(sample *s, double bad)
{
    const elman_flow *flow = s->of.flow;
    for (size_t k = 0; k < flow->T * flow->T; k++)
        ((float *)flow->levels[0].h)[k] = (float)bad;
    for (size_t k = 0; k < flow->T; k++)
        ((double *)flow->levels[0].horizon.norms)[k] = bad;
    for (size_t k = 0; k < s->of.units->T * s->of.units->levels[0].R; k++)
        ((float *)s->of.units->levels[0].h)[k] = (float)bad;
    for (size_t k = 0; k < s->of.samples[0]->T; k++)
        ((double *)s->of.samples[0]->steps)[k] = bad;
    for (size_t k = 0; k < 16; k++)
        ((double *)s->of.exponents->levels[0].values)[k] = bad;
    for (size_t k = 0; k < s->of.spectrum->matrices[0].n; k++)
        ((double *)s->of.spectrum->matrices[0].real)[k] = bad;
    for (size_t k = 0; k < s->of.truncation->count; k++)
        ((elman_truncation_window *)s->of.truncation->windows)[k].cosine = bad;
    for (size_t k = 0; k < s->of.errors->positions; k++)
        ((double *)s->of.errors->position_loss)[k] = bad;
}

TEST(values_that_are_no_numbers_leave_gaps)
{
    static const double bad[] = {NAN, INFINITY, -INFINITY, 1e-310, 1e38, 0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        sample *s = calloc(1, sizeof *s);
        sample_language(s, 40, 12);
        spoil(s, bad[i]);
        char *text = page_of(&s->of);
        check_shape(text);
        check_paths(text);
        free(text);
        sample_free(s);
        free(s);
    }
}

/* ---- Maps --------------------------------------------------------------- */

static unsigned letter_value(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrs"
                                 "tuvwxyz0123456789+/";
    return (unsigned)(strchr(digits, c) - digits);
}

/* The bytes of a base64 text that ends with a mark. */
static unsigned char *decode(const char *text, size_t *bytes)
{
    size_t length = strcspn(text, "=<"), used = 0;
    unsigned char *out = malloc(length + 1);
    unsigned word = 0;
    for (size_t i = 0; i < length; i++) {
        word = word << 6 | letter_value(text[i]);
        if (i % 4) out[used++] = (unsigned char)(word >> (6 - 2 * (i % 4)));
    }
    *bytes = used;
    return out;
}

static double attribute(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    CHECK(at, "no %s", name);
    return strtod(at + strlen(name), NULL);
}

TEST(cells_hold_every_value_of_a_map)
{
    static const size_t sides[] = {1, 2, 100, 300};
    for (size_t k = 0; k < sizeof sides / sizeof *sides; k++) {
        sample *s = calloc(1, sizeof *s);
        size_t T = sides[k], bytes, at = 0;
        sample_large(s, T);
        float *h = (float *)s->of.flow->levels[0].h;
        if (T > 2) {
            h[T] = NAN;   /* t = 1, s = 0 */
            h[2 * T] = 0; /* t = 2, s = 0 */
            h[2 * T + 1] = INFINITY;
        }
        char *text = page_of(&s->of);
        const char *block = strstr(text, "class=layer>");
        if (T < 2) block = NULL; /* one step alone: a map of one cell */
        else CHECK(block, "no cells for %zu steps", T);

        if (block) {
            double low = attribute(text, "data-low=");
            double high = attribute(text, "data-high=");
            bool wide = strstr(text, "data-code=float") != NULL;
            unsigned char *cells = decode(block + 12, &bytes);
            CHECK(wide == (T * T <= 1 << 14), "code of %zu", T);
            CHECK(bytes == T * (T + 1) / 2 * (wide ? 4 : 2), "%zu bytes",
                  bytes);
            for (size_t t = 0; t < T; t++)
                for (size_t step = 0; step <= t; step++, at += wide ? 4 : 2) {
                    unsigned code = cells[at] | (unsigned)cells[at + 1] << 8;
                    float want = h[t * T + step], got;
                    if (wide) memcpy(&got, cells + at, 4);
                    else
                        got = code == 65535   ? NAN
                              : code == 65534 ? INFINITY
                              : code == 0
                                  ? 0
                                  : (float)exp2(low + (code - 1) / 65532.0 *
                                                          (high - low));
                    CHECK(isnan(want)   ? isnan(got)
                          : isinf(want) ? isinf(got)
                                        : fabsf(got - want) <= 1e-3f * want,
                          "%g instead of %g", (double)got, (double)want);
                }
            free(cells);
        }
        free(text);
        sample_free(s);
        free(s);
    }
}

TEST(a_map_beyond_a_million_cells_shows_the_largest_of_blocks)
{
    enum { T = 1201 };
    float *values = calloc((size_t)T * T, sizeof *values);
    values[1200 * T + 7] = 5;
    map m = {.rows = T,
             .columns = T,
             .row_stride = T,
             .column_stride = 1,
             .triangle = true,
             .count = 1,
             .layers = {{"h", values}}};
    map_scale scale = map_measure(&m);
    CHECK(scale.pool == 2 && scale.rows == 601, "pool %zu", scale.pool);
    CHECK(map_block(&m, &scale, 0, 600, 3) == 5, "the largest is lost");
    m.rows = m.columns = 1000;
    CHECK(map_measure(&m).pool == 1, "1000 x 1000 is shown in full");
    free(values);
}

/* ---- Files -------------------------------------------------------------- */

TEST(the_same_inspection_gives_the_same_bytes)
{
    sample *s = calloc(1, sizeof *s);
    sample_language(s, 40, 12);
    char *first = page_of(&s->of), *second = page_of(&s->of);
    CHECK(strcmp(first, second) == 0, "pages differ");
    free(first);
    free(second);
    sample_free(s);
    free(s);
}

TEST(a_page_is_written_whole_or_not_at_all)
{
    const elman_inspection nothing = {0};
    CHECK_FAILS(report_save(&nothing, in_folder("none/page.html")),
                ELMAN_BAD_FILE, "none/page.html");
    CHECK_FAILS(report_save(&nothing, folder_path), ELMAN_BAD_FILE,
                "a directory");
}

TEST(without_memory_the_old_page_stays)
{
    static const char old[] = "an old page";
    sample *s = calloc(1, sizeof *s);
    sample_series(s, 12, ELMAN_TASK_FORECAST);
    put_text("kept.html", old);
    const char *path = in_folder("kept.html");
    char kept[2 * PATH_ROOM];
    snprintf(kept, sizeof kept, "%s", path);

    allocator_reset();
    CHECK_OK(report_save(&s->of, in_folder("counted.html")));
    size_t calls = allocator_read().calls;
    CHECK(calls > 10, "%zu allocations", calls);

    for (size_t i = 0; i < calls; i++) {
        allocator_fail(i, i % 2);
        elman_status status = report_save(&s->of, kept);
        allocations seen = allocator_read();
        allocator_reset();
        CHECK(status == ELMAN_NO_MEMORY, "allocation %zu: status %d", i,
              (int)status);
        CHECK(seen.outstanding == 0, "allocation %zu: %td blocks left", i,
              seen.outstanding);

        char *text = NULL;
        size_t bytes;
        CHECK_OK(file_read(kept, &text, &bytes));
        CHECK(strcmp(text, old) == 0, "the old page is gone");
        free(text);
    }
    sample_free(s);
    free(s);
}

/* ---- Training ----------------------------------------------------------- */

TEST(what_was_not_measured_at_an_evaluation_leaves_no_gap)
{
    elman_journal *journal = NULL;
    char *text = NULL;
    size_t bytes;
    CHECK_OK(journal_create(NULL, &journal));
    for (size_t i = 0; i < 6; i++) {
        elman_journal_row row = {.step = 10 * (i + 1),
                                 .loss = 1.0 / (double)(i + 1),
                                 .train_loss = NAN,
                                 .score = NAN,
                                 .norm = NAN,
                                 .clipped = NAN,
                                 .saturation = NAN,
                                 .update = NAN,
                                 .learning_rate = NAN,
                                 .rate = NAN,
                                 .horizon = i % 2 ? NAN : (double)i};
        CHECK_OK(journal_write(journal, &row));
    }
    const elman_inspection of = {.journal = journal};
    CHECK_OK(report_save(&of, in_folder("page.html")));
    CHECK_OK(file_read(in_folder("page.html"), &text, &bytes));

    const char *reach = strstr(text, "Reach of the gradient");
    CHECK(reach, "no horizon");
    const char *path = strstr(reach, "class=\"line s0\" d=\"") + 19;
    CHECK(strcspn(path, "\"") > 0 && strcspn(path, "L") < strcspn(path, "\""),
          "a line in pieces: %.60s", path);
    CHECK(!strstr(text, "<h4>Score"), "a chart of nothing");
    free(text);
    journal_destroy(journal);
}

/* ---- Runs --------------------------------------------------------------- */

TEST(runs_stand_side_by_side)
{
    static const char *const names[] = {"one", "two <b>", "slow"};
    elman_journal *made[] = {sample_journal(1, "0.002"),
                             sample_journal(2, "0.002"),
                             sample_journal(3, "0.0005")};
    const elman_journal *const *journals = (const elman_journal *const *)made;
    char *text = NULL;
    size_t bytes;
    CHECK_OK(report_save_runs(journals, names, 3, in_folder("runs.html")));
    CHECK_OK(file_read(in_folder("runs.html"), &text, &bytes));
    check_shape(text);
    check_paths(text);

    /* rate and seed differ, the optimizer does not */
    const char *same = strstr(text, "Those that are the same");
    CHECK(same && strstr(same, "optimizer"), "what is the same");
    CHECK(!strstr(same, "<td>rate<td"), "rate is not the same");
    CHECK(strstr(text, "<td>rate<td class=text>0.002<td class=text>0.002<td "
                       "class=text>0.0005"),
          "the rates");
    CHECK(strstr(text, "two &lt;b&gt;"), "names");

    /* the first two differ in the seed alone: their losses by 0.02 */
    const char *spread = strstr(text, "Spread over seeds");
    CHECK(spread && strstr(spread, "<tr><td>one<td>2<td>"), "no spread");
    CHECK(strstr(spread, "<td>0.01414"), "the deviation of two runs");
    free(text);

    CHECK_FAILS(report_save_runs(journals, names, 0, in_folder("runs.html")),
                ELMAN_BAD_VALUE, "count is 0");
    const elman_journal *const none[] = {NULL};
    CHECK_FAILS(report_save_runs(none, names, 1, in_folder("runs.html")),
                ELMAN_BAD_VALUE, "journals[0] is NULL");
    for (size_t i = 0; i < 3; i++)
        journal_destroy(made[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_has_a_section_for_each_measurement),
        cmocka_unit_test(series_of_all_tasks_make_a_page),
        cmocka_unit_test(nothing_measured_makes_a_page_without_pictures),
        cmocka_unit_test(measurements_that_are_empty_make_a_page),
        cmocka_unit_test(hostile_texts_stay_text),
        cmocka_unit_test(numbers_are_short_and_follow_no_locale),
        cmocka_unit_test(values_that_are_no_numbers_leave_gaps),
        cmocka_unit_test(cells_hold_every_value_of_a_map),
        cmocka_unit_test(
            a_map_beyond_a_million_cells_shows_the_largest_of_blocks),
        cmocka_unit_test(the_same_inspection_gives_the_same_bytes),
        cmocka_unit_test(a_page_is_written_whole_or_not_at_all),
        cmocka_unit_test(without_memory_the_old_page_stays),
        cmocka_unit_test(what_was_not_measured_at_an_evaluation_leaves_no_gap),
        cmocka_unit_test(runs_stand_side_by_side)};
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
