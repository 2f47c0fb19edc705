/*
 * test_figure.c: lines as SVG: ticks, gaps, names that do not overlap, texts
 * that stay text.
 */
#include "folder.h"

#include "format/file.h"
#include "report/axis.h"
#include "report/figure.h"

static char *figure_of(const elman_figure *figure)
{
    char *text = NULL;
    size_t bytes;
    CHECK_OK(figure_save(figure, in_folder("figure.svg")));
    CHECK_OK(file_read(in_folder("figure.svg"), &text, &bytes));
    CHECK(strncmp(text, "<svg ", 5) == 0, "begins with %.20s", text);
    CHECK(strstr(text, "</svg>"), "does not end");

    /* as XML, where every value of an attribute is in quotes */
    for (const char *tag = strchr(strstr(text, "</style>") + 1, '<'); tag;
         tag = strchr(tag + 1, '<'))
        for (const char *c = tag; *c != '>'; c++)
            CHECK(*c != '=' || c[1] == '"', "no XML: %.40s", tag);
    return text;
}

/* The path of line i. */
static const char *path_of(const char *text, size_t i)
{
    char mark[48];
    snprintf(mark, sizeof mark, "class=\"line s%zu\" d=\"", i);
    const char *at = strstr(text, mark);
    CHECK(at, "no line %zu", i);
    return at + strlen(mark);
}

static size_t letters(const char *path, char letter)
{
    size_t count = 0;
    for (; *path != '"'; path++)
        count += *path == letter;
    return count;
}

static const double x[] = {1, 2, 3, 4, 5, 6};
static const double y[] = {1, 10, 100, NAN, 1e4, 1e5};

TEST(a_value_that_is_none_leaves_a_gap)
{
    const elman_line line = {"a", 6, x, y};
    char *text = figure_of(&(elman_figure){.count = 1, .lines = &line});
    CHECK(letters(path_of(text, 0), 'M') == 2, "pieces");
    CHECK(letters(path_of(text, 0), 'L') == 3, "points");
    free(text);
}

TEST(what_is_not_above_0_has_no_place_on_a_logarithmic_axis)
{
    static const double low[] = {0.01, -3, 0, 100, INFINITY, 1};
    const elman_line line = {"a", 6, x, low};
    char *text =
        figure_of(&(elman_figure){.count = 1, .lines = &line, .log_y = true});
    CHECK(letters(path_of(text, 0), 'M') == 3, "pieces");
    CHECK(strstr(text, ">0.01<") && strstr(text, ">100<"), "decades");
    free(text);
}

TEST(texts_stay_text)
{
    const elman_line lines[] = {{"<b> & \"c\"", 6, x, y}, {NULL, 6, x, x}};
    char *text = figure_of(&(elman_figure){.title = "a < b & \x01\xff",
                                           .x_label = "<x>",
                                           .y_label = "'y'",
                                           .count = 2,
                                           .lines = lines});
    CHECK(strstr(text, "a &lt; b &amp; \xe2\x90\x81\xef\xbf\xbd"), "title");
    CHECK(strstr(text, "&lt;b&gt; &amp; &quot;c&quot;"), "name");
    CHECK(strstr(text, "&lt;x&gt;") && strstr(text, "&#39;y&#39;"), "labels");
    free(text);
}

TEST(names_at_the_ends_of_lines_do_not_overlap)
{
    static const double ends[7][2] = {{0, 1},    {0, 1.01}, {0, 1.02}, {1, 0},
                                      {0, 0.99}, {2, 1},    {3, 1}};
    elman_line lines[7];
    double places[7];
    for (size_t i = 0; i < 7; i++)
        lines[i] = (elman_line){"name", 2, x, ends[i]};
    char *text = figure_of(&(elman_figure){.count = 7, .lines = lines});

    const char *at = text;
    for (size_t i = 0; i < 7; i++) {
        at = strstr(at, "class=\"name");
        CHECK(at, "name %zu", i);
        at = strstr(at, " y=\"") + 4;
        places[i] = strtod(at, NULL);
        CHECK(places[i] > 0 && places[i] < 360, "outside: %g", places[i]);
        CHECK(i == 0 || places[i] - places[i - 1] >= 15, "%g and %g",
              places[i - 1], places[i]);
    }
    free(text);
}

TEST(many_lines_have_their_names_above)
{
    elman_line lines[20];
    for (size_t i = 0; i < 20; i++)
        lines[i] = (elman_line){"a rather long name", 6, x, x};
    char *text = figure_of(&(elman_figure){.count = 20, .lines = lines});
    CHECK(!strstr(text, "class=\"name"), "names at the ends");
    free(text);
}

TEST(a_long_line_keeps_its_extremes)
{
    enum { COUNT = 100000 };
    double *far = calloc(COUNT, sizeof *far), *up = calloc(COUNT, sizeof *up);
    for (size_t i = 0; i < COUNT; i++)
        far[i] = (double)i;
    up[77777] = 1;
    up[33333] = -1;
    const elman_line line = {"a", COUNT, far, up};
    char *text = figure_of(&(elman_figure){.count = 1, .lines = &line});
    CHECK(strlen(text) < 60000, "%zu bytes", strlen(text));

    /* the line reaches the ends of the axis, which are 1 and -1 */
    double high = 1e9, low = -1e9;
    for (const char *p = path_of(text, 0); *p != '"'; p++)
        if (*p == ' ') {
            double place = strtod(p, NULL);
            high = fmin(high, place);
            low = fmax(low, place);
        }
    CHECK(low - high > 250, "%g to %g", high, low);
    free(text);
    free(far);
    free(up);
}

TEST(nothing_to_draw_is_a_figure)
{
    const elman_line empty = {"a", 0, NULL, NULL};
    free(figure_of(&(elman_figure){0}));
    free(figure_of(&(elman_figure){.count = 1, .lines = &empty}));
    free(
        figure_of(&(elman_figure){.count = 1, .lines = &empty, .log_y = true}));
}

TEST(bad_figures_are_refused)
{
    const char *path = in_folder("bad.svg");
    CHECK_FAILS(figure_save(&(elman_figure){.width = 100000}, path),
                ELMAN_BAD_VALUE, "at most 10000");
    CHECK_FAILS(figure_save(&(elman_figure){.count = 2}, path), ELMAN_BAD_VALUE,
                "lines is NULL");
    CHECK_FAILS(figure_save(&(elman_figure){0}, in_folder("no/a.svg")),
                ELMAN_BAD_FILE, "no/a.svg");
}

/* ---- Axes --------------------------------------------------------------- */

TEST(ticks_are_round_numbers_inside_the_axis)
{
    static const double ends[][2] = {{0, 1},       {-3.7, 12}, {1e-9, 3e-9},
                                     {0.5, 0.5},   {0, 0},     {1e6, 1e6 + 1},
                                     {-1e12, 1e12}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        axis a = {.low = ends[i][0], .high = ends[i][1], .from = 0, .to = 1};
        axis_settle(&a, 5, true);
        CHECK(a.tick_count >= 2 && a.tick_count <= 12, "%zu ticks of %zu",
              a.tick_count, i);
        CHECK(a.low <= ends[i][0] && a.high >= ends[i][1], "ends of %zu", i);
        for (size_t k = 0; k < a.tick_count; k++) {
            double place = axis_place(&a, a.ticks[k]);
            CHECK(place > -1e-6 && place < 1 + 1e-6, "tick %g at %g",
                  a.ticks[k], place);
        }
    }
}

TEST(logarithmic_ticks_are_powers_of_ten)
{
    axis a = {.log = true, .low = 3e-31, .high = 40, .from = 0, .to = 1};
    char text[NUMBER_ROOM];
    axis_settle(&a, 5, true);
    CHECK(a.tick_count >= 3 && a.tick_count <= 8, "%zu ticks", a.tick_count);
    axis_tick_text(&a, 0, text);
    CHECK(strcmp(text, "10⁻³¹") == 0, "%s", text);

    a = (axis){.log = true, .low = 8, .high = 300};
    axis_settle(&a, 5, false);
    CHECK(a.tick_count == 5 && a.ticks[0] == 10 && a.ticks[1] == 20, "%zu, %g",
          a.tick_count, a.ticks[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_that_is_none_leaves_a_gap),
        cmocka_unit_test(
            what_is_not_above_0_has_no_place_on_a_logarithmic_axis),
        cmocka_unit_test(texts_stay_text),
        cmocka_unit_test(names_at_the_ends_of_lines_do_not_overlap),
        cmocka_unit_test(many_lines_have_their_names_above),
        cmocka_unit_test(a_long_line_keeps_its_extremes),
        cmocka_unit_test(nothing_to_draw_is_a_figure),
        cmocka_unit_test(bad_figures_are_refused),
        cmocka_unit_test(ticks_are_round_numbers_inside_the_axis),
        cmocka_unit_test(logarithmic_ticks_are_powers_of_ten)};
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
