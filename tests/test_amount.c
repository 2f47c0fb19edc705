/* test_amount.c: numbers as people write them, a cell and a column at a time.
 */
#include "check.h"

#include "format/amount.h"

#define EURO   "\xE2\x82\xAC"
#define MINUS  "\xE2\x88\x92"
#define NARROW "\xE2\x80\xAF"
#define HARD   "\xC2\xA0"

TEST(cells_are_read_in_a_style)
{
    static const struct {
        const char *text;
        amount_style style;
        number_kind kind;
        double value;
    } cases[] = {
        {"7,380,500", {'.', ','}, NUMBER_VALUE, 7380500},
        {"1,000.47", {'.', ','}, NUMBER_VALUE, 1000.47},
        {"12,34,567.8", {'.', ','}, NUMBER_VALUE, 1234567.8},
        {"12,345,67", {'.', ','}, NUMBER_NONE, 0},
        {"1,23,45", {'.', ','}, NUMBER_NONE, 0},
        {"1234,567", {'.', ','}, NUMBER_NONE, 0},
        {"0,750", {'.', ','}, NUMBER_NONE, 0},
        {"1,,234", {'.', ','}, NUMBER_NONE, 0},
        {",234", {'.', ','}, NUMBER_NONE, 0},
        {"1,234,", {'.', ','}, NUMBER_NONE, 0},
        {"6,2", {',', 0}, NUMBER_VALUE, 6.2},
        {",5", {',', 0}, NUMBER_VALUE, .5},
        {"6.2", {',', 0}, NUMBER_NONE, 0},
        {"1.234", {',', '.'}, NUMBER_VALUE, 1234},
        {"1.234,5", {',', '.'}, NUMBER_VALUE, 1234.5},
        {"1.5", {',', '.'}, NUMBER_NONE, 0},
        {"1'234.5", {'.', '\''}, NUMBER_VALUE, 1234.5},
        {"1\xE2\x80\x99"
         "234",
         {'.', '\''},
         NUMBER_VALUE,
         1234},
        {"1 234,5", {',', ' '}, NUMBER_VALUE, 1234.5},
        {"1" NARROW "234" HARD "567", {',', ' '}, NUMBER_VALUE, 1234567},
        {"1_000", {'.', '_'}, NUMBER_VALUE, 1000},
        {"$5", {'.', 0}, NUMBER_VALUE, 5},
        {"-$5", {'.', 0}, NUMBER_VALUE, -5},
        {"$-5", {'.', 0}, NUMBER_VALUE, -5},
        {"($1,234.50)", {'.', ','}, NUMBER_VALUE, -1234.5},
        {"(5)", {'.', 0}, NUMBER_VALUE, -5},
        {"(5", {'.', 0}, NUMBER_NONE, 0},
        {"5)", {'.', 0}, NUMBER_NONE, 0},
        {"(-5)", {'.', 0}, NUMBER_NONE, 0},
        {"5 " EURO, {',', '.'}, NUMBER_VALUE, 5},
        {EURO HARD "5,25", {',', 0}, NUMBER_VALUE, 5.25},
        {"EUR 5", {'.', 0}, NUMBER_VALUE, 5},
        {"5 USD", {'.', 0}, NUMBER_VALUE, 5},
        {"-0.55%", {'.', 0}, NUMBER_VALUE, -.55},
        {"5 %", {'.', 0}, NUMBER_VALUE, 5},
        {"%5", {'.', 0}, NUMBER_NONE, 0},
        {MINUS "3.5", {'.', 0}, NUMBER_VALUE, -3.5},
        {"--3", {'.', 0}, NUMBER_NONE, 0},
        {" +3 ", {'.', 0}, NUMBER_VALUE, 3},
        {"26.17M", {'.', 0}, NUMBER_VALUE, 26170000},
        {"1,5K", {',', 0}, NUMBER_VALUE, 1500},
        {"1,5E+03", {',', 0}, NUMBER_VALUE, 1500},
        {"1e400", {'.', 0}, NUMBER_TOO_LARGE, 0},
        {"1,5e400", {',', 0}, NUMBER_TOO_LARGE, 0},
        {"#DIV/0!", {'.', 0}, NUMBER_MISSING, 0},
        {"", {',', 0}, NUMBER_MISSING, 0},
        {"inf", {'.', 0}, NUMBER_NONE, 0},
        {"5 km", {'.', 0}, NUMBER_NONE, 0},
        {"2020-01-01", {'.', 0}, NUMBER_NONE, 0},
        {"10:30", {'.', 0}, NUMBER_NONE, 0},
        {"1.2.3", {'.', 0}, NUMBER_NONE, 0},
        {"$", {'.', 0}, NUMBER_NONE, 0},
        {".", {'.', 0}, NUMBER_MISSING, 0},
        {"x", {'.', 0}, NUMBER_NONE, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double value = 1;
        number_kind kind = amount_parse(cases[i].text, cases[i].style, &value);
        CHECK(kind == cases[i].kind, "\"%s\" gives %d", cases[i].text,
              (int)kind);
        if (kind == NUMBER_VALUE)
            CHECK(value == cases[i].value, "\"%s\": %.17g", cases[i].text,
                  value);
        else CHECK(isnan(value), "\"%s\"", cases[i].text);
    }
}

enum { MOST = 6 };

static amount_survey look(const char *const *cells)
{
    amount_survey survey = {0};
    for (size_t row = 0; row < MOST && cells[row]; row++)
        amount_look(&survey, row, cells[row]);
    return survey;
}

TEST(columns_are_settled_as_a_whole)
{
    static const struct {
        const char *cells[MOST];
        amount_kind kind;
        amount_style style;
        bool proven;
        size_t numbers, missing, other, first_other;
        const char *unit;
    } cases[] = {
        {{"1", "2"}, AMOUNT_NUMBERS, {'.', 0}, false, 2, 0, 0, 0, ""},
        {{"1.5", "2"}, AMOUNT_NUMBERS, {'.', 0}, true, 2, 0, 0, 0, ""},
        {{"1.234", "2.345"}, AMOUNT_NUMBERS, {'.', 0}, false, 2, 0, 0, 0, ""},
        {{"1,5", "2,25"}, AMOUNT_NUMBERS, {',', 0}, true, 2, 0, 0, 0, ""},
        {{"1,234", "2,345"},
         AMOUNT_AMBIGUOUS,
         {'.', ','},
         false,
         2,
         0,
         0,
         0,
         ""},
        {{"1,234", "0,750"}, AMOUNT_NUMBERS, {',', 0}, true, 2, 0, 0, 0, ""},
        {{"1,234", "1,234,567"},
         AMOUNT_NUMBERS,
         {'.', ','},
         true,
         2,
         0,
         0,
         0,
         ""},
        {{"980.00", "1,000.47"},
         AMOUNT_NUMBERS,
         {'.', ','},
         true,
         2,
         0,
         0,
         0,
         ""},
        {{"1.234,5", "2.345"},
         AMOUNT_NUMBERS,
         {',', '.'},
         true,
         2,
         0,
         0,
         0,
         ""},
        {{"1 234", "2 345"}, AMOUNT_NUMBERS, {'.', ' '}, false, 2, 0, 0, 0, ""},
        {{"1'234", "2"}, AMOUNT_NUMBERS, {'.', '\''}, false, 2, 0, 0, 0, ""},
        {{"NA", "", "-"}, AMOUNT_EMPTY, {'.', 0}, false, 0, 3, 0, 0, ""},
        {{"1", "NA", "3"}, AMOUNT_NUMBERS, {'.', 0}, false, 2, 1, 0, 0, ""},
        {{"1", "2", "x", "3"}, AMOUNT_NUMBERS, {'.', 0}, false, 3, 0, 1, 2, ""},
        {{"a", "b"}, AMOUNT_TEXT, {'.', 0}, false, 0, 0, 2, 0, ""},
        {{"a", "1"}, AMOUNT_TEXT, {'.', 0}, false, 1, 0, 1, 0, ""},
        {{"$1", "$2"}, AMOUNT_NUMBERS, {'.', 0}, false, 2, 0, 0, 0, "$"},
        {{"1 %", "2%", "0"}, AMOUNT_NUMBERS, {'.', 0}, false, 3, 0, 0, 0, "%"},
        {{"$1", "$2", EURO "3"},
         AMOUNT_NUMBERS,
         {'.', 0},
         false,
         2,
         0,
         1,
         2,
         "$"},
        {{"1", "2", "inf"}, AMOUNT_NUMBERS, {'.', 0}, false, 2, 0, 1, 2, ""},
        {{"1.5", "1,5", "2.5"}, AMOUNT_NUMBERS, {'.', 0}, true, 2, 0, 1, 1, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        amount_survey survey = look(cases[i].cells);
        amount_column c;
        amount_settle(&survey, NULL, &c);
        CHECK(c.kind == cases[i].kind, "case %zu: %d", i, (int)c.kind);
        CHECK(c.style.decimal == cases[i].style.decimal &&
                  c.style.thousands == cases[i].style.thousands,
              "case %zu: %c %c", i, c.style.decimal, c.style.thousands);
        CHECK(c.proven == cases[i].proven, "case %zu", i);
        CHECK(c.numbers == cases[i].numbers && c.missing == cases[i].missing &&
                  c.other == cases[i].other &&
                  c.first_other == cases[i].first_other,
              "case %zu: %zu %zu %zu %zu", i, c.numbers, c.missing, c.other,
              c.first_other);
        CHECK(!strcmp(c.unit, cases[i].unit), "case %zu: %s", i, c.unit);
    }
}

TEST(what_is_asked_for_settles_a_column)
{
    static const char *const doubtful[MOST] = {"1,234", "2,345"};
    amount_survey survey = look(doubtful);
    amount_column c;
    static const struct {
        amount_style asked, got;
    } cases[] = {{{',', 0}, {',', 0}},
                 {{'.', 0}, {'.', ','}},
                 {{0, ','}, {'.', ','}},
                 {{'.', ','}, {'.', ','}},
                 {{',', '.'}, {',', 0}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        amount_settle(&survey, &cases[i].asked, &c);
        CHECK(c.kind == AMOUNT_NUMBERS, "case %zu", i);
        CHECK(c.style.decimal == cases[i].got.decimal, "case %zu", i);
        CHECK(c.style.thousands == cases[i].got.thousands, "case %zu", i);
    }
}

TEST(the_other_columns_settle_one_that_is_ambiguous)
{
    static const char *const doubtful[MOST] = {"1,234", "2,345"},
                             *const points[MOST] = {"1.5", "2.25"},
                             *const commas[MOST] = {"1,5", "2,25"},
                             *const dotted[MOST] = {"1.234", "2.345"},
                             *const mixed[MOST] = {"969", "1.051"},
                             *const above[MOST] = {"1969", "1.051"},
                             *const plain[MOST] = {"1", "2"};
    struct {
        const char *const *columns[3];
        amount_kind kind;
        amount_style style;
    } cases[] = {
        {{doubtful, plain, plain}, AMOUNT_AMBIGUOUS, {'.', ','}},
        {{doubtful, points, plain}, AMOUNT_NUMBERS, {'.', ','}},
        {{doubtful, commas, plain}, AMOUNT_NUMBERS, {',', 0}},
        {{doubtful, points, commas}, AMOUNT_AMBIGUOUS, {'.', ','}},
        {{doubtful, dotted, plain}, AMOUNT_AMBIGUOUS, {'.', ','}},
        {{dotted, commas, plain}, AMOUNT_NUMBERS, {',', '.'}},
        {{dotted, points, plain}, AMOUNT_NUMBERS, {'.', 0}},
        {{dotted, plain, plain}, AMOUNT_NUMBERS, {'.', 0}},
        {{plain, commas, commas}, AMOUNT_NUMBERS, {'.', 0}},
        {{mixed, plain, plain}, AMOUNT_AMBIGUOUS, {'.', 0}},
        {{mixed, commas, plain}, AMOUNT_NUMBERS, {',', '.'}},
        {{mixed, points, plain}, AMOUNT_NUMBERS, {'.', 0}},
        {{above, plain, plain}, AMOUNT_NUMBERS, {'.', 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        amount_survey surveys[3];
        amount_column c[3];
        for (size_t j = 0; j < 3; j++)
            surveys[j] = look(cases[i].columns[j]);
        amount_settle_table(surveys, 3, NULL, c);
        CHECK(c[0].kind == cases[i].kind, "case %zu: %d", i, (int)c[0].kind);
        CHECK(c[0].style.decimal == cases[i].style.decimal &&
                  c[0].style.thousands == cases[i].style.thousands,
              "case %zu: %c %c", i, c[0].style.decimal, c[0].style.thousands);
    }
}

/* Writes a whole number with marks between its thousands, and two decimals. */
static void write_amount(long long cents, amount_style style, char *text)
{
    char digits[32];
    int bytes = sprintf(digits, "%lld", llabs(cents) / 100);
    if (cents < 0) *text++ = '-';
    for (int i = 0; i < bytes; i++) {
        *text++ = digits[i];
        int left = bytes - 1 - i;
        if (left && left % 3 == 0 && style.thousands) *text++ = style.thousands;
    }
    sprintf(text, "%c%02lld", style.decimal, llabs(cents) % 100);
}

TEST(random_amounts_of_every_style_are_read_back)
{
    static const amount_style styles[] = {{'.', 0},   {'.', ','}, {'.', '\''},
                                          {'.', ' '}, {'.', '_'}, {',', 0},
                                          {',', '.'}, {',', ' '}, {',', '\''}};
    enum { CELLS = 20 };
    float draws[2 * CELLS];
    for (uint64_t run = 0; run < 900; run++) {
        amount_style style = styles[run % 9];
        amount_survey survey = {0};
        char cells[CELLS][40];
        long long cents[CELLS];
        random_fill(run, 2 * CELLS, 0, 1, draws);
        for (size_t i = 0; i < CELLS; i++) {
            double size = pow(10, 3 + 9 * (double)draws[2 * i]);
            cents[i] = (long long)(((double)draws[2 * i + 1] - 0.5) * size);
            write_amount(cents[i], style, cells[i]);
            amount_look(&survey, i, cells[i]);
        }
        amount_column c;
        amount_settle(&survey, NULL, &c);
        CHECK(c.kind == AMOUNT_NUMBERS && c.proven && c.numbers == CELLS,
              "run %d", (int)run);
        for (size_t i = 0; i < CELLS; i++) {
            double value;
            amount_parse(cells[i], c.style, &value);
            CHECK(value == (double)cents[i] / 100, "run %d: %s", (int)run,
                  cells[i]);
        }
    }
}

/* A blank of Unicode at the end means nothing, but keeps a cell from being read
 * as a simple one. */
TEST(simple_cells_are_counted_and_read_like_all_others)
{
    static const char *const cells[] = {
        "0",       "-7",     "+123",   "1234",  "1.5", "1,5",
        "1.234",   "1,234",  "0.750",  "0,750", ".5",  ",5",
        "5.",      "5,",     "12.345", "12,",   "1e5", "1,5e-3",
        "1.234E2", " 1,5\t", "1.2.3",  "1,2,3", "1e",  "1234.567"};
    static const amount_style styles[] = {
        {'.', 0}, {'.', ','}, {',', 0}, {',', '.'}};

    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        amount_survey simple = {0}, other = {0};
        char text[20];
        snprintf(text, sizeof text, "%s" HARD, cells[i]);

        amount_look(&simple, 4, cells[i]);
        amount_look(&other, 4, text);
        CHECK(!memcmp(&simple, &other, sizeof simple), "%s", cells[i]);

        for (size_t k = 0; k < sizeof styles / sizeof *styles; k++) {
            double read, want;
            number_kind kind = amount_parse(cells[i], styles[k], &read);
            CHECK(kind == amount_parse(text, styles[k], &want), "%s", cells[i]);
            CHECK(!memcmp(&read, &want, sizeof read), "%s", cells[i]);
        }
    }
}

TEST(random_text_is_survived)
{
    static const char alphabet[] = "0123.,' _-+()%$eEKxNA\xE2\x80\xAF";
    float draws[100];
    for (uint64_t run = 0; run < 20000; run++) {
        char text[100];
        random_fill(run + 900, 100, 0, 1, draws);
        size_t size = (size_t)(draws[0] * (run % 50 ? 12 : 98));
        for (size_t i = 0; i < size; i++)
            text[i] = alphabet[(size_t)(draws[i + 1] * (sizeof alphabet - 1))];
        text[size] = 0;
        amount_survey survey = {0};
        amount_column c;
        double value;
        amount_look(&survey, 0, text);
        amount_settle(&survey, NULL, &c);
        number_kind kind = amount_parse(text, c.style, &value);
        CHECK((c.numbers == 1) ==
                  (kind == NUMBER_VALUE || kind == NUMBER_TOO_LARGE),
              "\"%s\": %d", text, (int)kind);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_read_in_a_style),
        cmocka_unit_test(columns_are_settled_as_a_whole),
        cmocka_unit_test(what_is_asked_for_settles_a_column),
        cmocka_unit_test(the_other_columns_settle_one_that_is_ambiguous),
        cmocka_unit_test(random_amounts_of_every_style_are_read_back),
        cmocka_unit_test(simple_cells_are_counted_and_read_like_all_others),
        cmocka_unit_test(random_text_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
