/* test_stamp.c: dates and times of a column are read, counted, continued. */
#include "check.h"
#include "system.h"

#include "format/stamp.h"

#include <time.h>

enum { MOST = 12 };

static size_t count_of(const char *const *cells)
{
    size_t count = 0;
    while (count < MOST && cells[count])
        count++;
    return count;
}

TEST(columns_are_recognised_and_continued)
{
    static const struct {
        const char *cells[MOST];
        stamp_kind kind;
        const char *step, *next;
    } cases[] = {
        {{"2020-01-30", "2020-01-31"}, STAMP_DATE, "1 day", "2020-02-01"},
        {{"2020-1-9", "2020-1-10"}, STAMP_DATE, "1 day", "2020-1-11"},
        {{"2020/01/01", "2020/01/08"}, STAMP_DATE, "1 week", "2020/01/15"},
        {{"2020-01-01 23:00", "2020-01-02 00:00"},
         STAMP_DATE,
         "1 hour",
         "2020-01-02 01:00"},
        {{"2020-01-01T00:00:00Z", "2020-01-01T00:15:00Z"},
         STAMP_DATE,
         "15 minutes",
         "2020-01-01T00:30:00Z"},
        {{"2020-01-01T00:00:00.250+02:00", "2020-01-01T00:00:00.500+02:00"},
         STAMP_DATE,
         "250 milliseconds",
         "2020-01-01T00:00:00.750+02:00"},
        {{"1949-01", "1949-02", "1949-03"}, STAMP_DATE, "1 month", "1949-04"},
        {{"2020-01-31", "2020-02-29", "2020-03-31"},
         STAMP_DATE,
         "1 month",
         "2020-04-30"},
        {{"2019-12-15", "2020-01-15"}, STAMP_DATE, "1 month", "2020-02-15"},
        {{"2021Q3", "2021Q4"}, STAMP_DATE, "1 quarter", "2022Q1"},
        {{"2021-Q3", "2021-Q4"}, STAMP_DATE, "1 quarter", "2022-Q1"},
        {{"2020-W52", "2020-W53"}, STAMP_DATE, "1 week", "2021-W01"},
        {{"31.12.2019", "01.01.2020"}, STAMP_DATE, "1 day", "02.01.2020"},
        {{"1/30/2012", "1/31/2012"}, STAMP_DATE, "1 day", "2/1/2012"},
        {{"30/1/2012", "31/1/2012"}, STAMP_DATE, "1 day", "1/2/2012"},
        {{"01/03/2004 18.00.00", "01/03/2004 19.00.00", "13/03/2004 19.00.00"},
         STAMP_DATE,
         "irregular",
         NULL},
        {{"12/31/99", "01/01/00"}, STAMP_DATE, "1 day", "01/02/00"},
        {{"Jan 1958", "Feb 1958"}, STAMP_DATE, "1 month", "Mar 1958"},
        {{"Nov-58", "Dec-58"}, STAMP_DATE, "1 month", "Jan-59"},
        {{"12 March 2020", "13 March 2020"},
         STAMP_DATE,
         "1 day",
         "14 March 2020"},
        {{"March 12, 2020", "March 13, 2020"},
         STAMP_DATE,
         "1 day",
         "March 14, 2020"},
        {{"1-JAN", "2-JAN", "3-JAN"}, STAMP_DATE, "1 day", "4-JAN"},
        {{"1-Nov", "1-Dec", "2-Jan", "2-Feb"}, STAMP_DATE, "1 month", "2-Mar"},
        {{"1-11", "1-12", "2-01", "2-02"}, STAMP_DATE, "1 month", "2-03"},
        {{"20200130", "20200131", "20200201"},
         STAMP_NUMBER,
         "1 day",
         "20200202"},
        {{"201911", "201912", "202001"}, STAMP_NUMBER, "1 month", "202002"},
        {{"1998", "1999", "2000"}, STAMP_NUMBER, "1 year", "2001"},
        {{"1600000000", "1600003600", "1600007200"},
         STAMP_NUMBER,
         "1 hour",
         "1600010800"},
        {{"1600000000000", "1600000001000", "1600000002000"},
         STAMP_NUMBER,
         "1 second",
         "1600000003000"},
        {{"10:00", "10:30"}, STAMP_TIME, "30 minutes", "11:00"},
        {{"1/31/2020 11:00 PM", "2/1/2020 12:00 AM"},
         STAMP_DATE,
         "1 hour",
         "2/1/2020 1:00 AM"},
        /* Thursday to Monday, and a week more */
        {{"2021-01-07", "2021-01-08", "2021-01-11", "2021-01-12", "2021-01-13",
          "2021-01-14", "2021-01-15"},
         STAMP_DATE,
         "1 business day",
         "2021-01-18"},
        {{"1969-01-01, Wed", "1969-02-01, Sat"},
         STAMP_DATE,
         "1 month",
         "1969-03-01, Sat"},
        {{"Thursday, 12 March 2020", "Friday, 13 March 2020"},
         STAMP_DATE,
         "1 day",
         "Saturday, 14 March 2020"},
        {{"Thu 2020-03-12 10:00", "Thu 2020-03-12 11:00"},
         STAMP_DATE,
         "1 hour",
         "Thu 2020-03-12 12:00"},
        {{"1958M01", "1958M02"}, STAMP_DATE, "1 month", "1958M03"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        stamp_column c;
        char text[STAMP_ROOM];
        size_t count = count_of(cases[i].cells);
        CHECK_OK(stamp_settle(cases[i].cells, 1, count, -1, &c));
        CHECK(c.kind == cases[i].kind, "case %zu: %d", i, (int)c.kind);
        for (size_t k = 0; k < count; k++) {
            stamp_write(&c.style, c.stamps[k], text);
            CHECK(!strcmp(text, cases[i].cells[k]), "case %zu: %s", i, text);
        }
        stamp_describe_step(&c, text);
        CHECK(!strcmp(text, cases[i].step), "case %zu: %s", i, text);
        if (cases[i].next) {
            stamp_write(&c.style, stamp_advance(&c, c.stamps[count - 1], 1),
                        text);
            CHECK(!strcmp(text, cases[i].next), "case %zu: %s", i, text);
            CHECK(stamp_advance(&c, stamp_advance(&c, c.stamps[0], 7), -7) ==
                          c.stamps[0] ||
                      c.month_ends,
                  "case %zu", i);
        }
        stamp_close(&c);
    }
}

TEST(prices_counts_and_words_are_no_stamps)
{
    static const char *const columns[][MOST] = {
        {"1.5", "2.25"},
        {"12", "13", "14"},
        {"2000", "2010", "2005"},
        {"1999", "2001", "2005"},
        {"1001", "1002", "1003"},
        {"2019.5", "2020.5"},
        {"20201301", "20201302", "20201303"},
        {"20200101", "20190502", "20200301"},
        {"1600000000", "1234567890", "1700000000"},
        {"7380500", "4398152"},
        {"1/2", "3/4"},
        {"a", "b"},
        {"", "NA"},
        {"2020-02-30", "2020-03-01"},
        {"2020-01-01", "2020-01-02", "x"},
        {"2021-W53", "2022-W01"},
        {"2021Q5", "2021Q0"},
        {"25:00", "26:00"},
        {"JAN", "FEB"},
        {"-5", "10-20", "30-40"},
        {"555-1234", "555-2345"},
        {"1-2-3", "4-5-6"},
        {"192.168.0.1", "10.0.0.1"},
        {"1999", "2000"},
    };
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        stamp_column c;
        CHECK_OK(stamp_settle(columns[i], 1, count_of(columns[i]), -1, &c));
        CHECK(c.kind == STAMP_NONE, "case %zu: %d, %s", i, (int)c.kind,
              c.style.date);
        stamp_close(&c);
    }
}

TEST(day_and_month_are_told_apart_or_ambiguous)
{
    static const struct {
        const char *cells[MOST];
        int day_first;
        stamp_kind kind;
        const char *style;
    } cases[] = {
        {{"1/2/2020", "1/13/2020"}, -1, STAMP_DATE, "MM/DD/YYYY"},
        {{"1/2/2020", "13/2/2020"}, -1, STAMP_DATE, "DD/MM/YYYY"},
        /* both are regular: a day, or a month */
        {{"01/03/2004", "02/03/2004", "03/03/2004"},
         -1,
         STAMP_AMBIGUOUS,
         "DD/MM/YYYY"},
        {{"01/03/2004", "02/03/2004", "03/03/2004"},
         1,
         STAMP_DATE,
         "DD/MM/YYYY"},
        {{"01/03/2004", "02/03/2004", "03/03/2004"},
         0,
         STAMP_DATE,
         "MM/DD/YYYY"},
        {{"2020-03-01", "2020-03-02"}, 0, STAMP_DATE, "YYYY-MM-DD"},
        /* two weeks apart, or in no order */
        {{"07/01/2020", "09/01/2020", "11/01/2020", "01/02/2020"},
         -1,
         STAMP_DATE,
         "DD/MM/YYYY"},
        /* hours tell the day, in order and not */
        {{"01/03/2004 23:00", "01/03/2004 22:00", "02/03/2004 00:00",
          "02/03/2004 01:00"},
         -1,
         STAMP_DATE,
         "DD/MM/YYYY hh:mm"},
        {{"01/03/2004 22:00", "01/03/2004 23:00", "02/03/2004 00:00"},
         -1,
         STAMP_DATE,
         "DD/MM/YYYY hh:mm"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        stamp_column c;
        char text[STAMP_ROOM];
        CHECK_OK(stamp_settle(cases[i].cells, 1, count_of(cases[i].cells),
                              cases[i].day_first, &c));
        CHECK(c.kind == cases[i].kind, "case %zu: %d", i, (int)c.kind);
        stamp_describe_style(&c.style, text);
        CHECK(!strcmp(text, cases[i].style), "case %zu: %s", i, text);
        stamp_close(&c);
    }
}

TEST(order_doubled_stamps_and_gaps_are_counted)
{
    static const struct {
        const char *cells[MOST];
        stamp_order order;
        size_t empty, doubled, gaps;
        const char *step;
    } cases[] = {
        {{"2020-01-03", "2020-01-02", "2020-01-01"},
         STAMP_DESCENDING,
         0,
         0,
         0,
         "1 day"},
        {{"2020-01-01", "2020-01-02", "2020-01-01", "2020-01-02"},
         STAMP_UNORDERED,
         0,
         2,
         0,
         "1 day"},
        {{"2020-01-01", "2020-01-01", "2020-01-02"},
         STAMP_ASCENDING,
         0,
         1,
         0,
         "1 day"},
        {{"2020-01-01", "2020-01-02", "2020-01-05", "", "2020-01-06"},
         STAMP_ASCENDING,
         1,
         0,
         2,
         "1 day"},
        {{"2020-01-01", "2020-01-02", "2020-05-07"},
         STAMP_ASCENDING,
         0,
         0,
         0,
         "irregular"},
        {{"2020-01-01 00:00", "2020-01-01 00:07", "2020-01-01 00:10"},
         STAMP_ASCENDING,
         0,
         0,
         0,
         "irregular"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        stamp_column c;
        char text[STAMP_ROOM];
        CHECK_OK(stamp_settle(cases[i].cells, 1,
                              i == 3 ? 5 : count_of(cases[i].cells), -1, &c));
        CHECK(c.kind == STAMP_DATE, "case %zu", i);
        CHECK(c.order == cases[i].order, "case %zu: %d", i, (int)c.order);
        CHECK(c.empty == cases[i].empty && c.doubled == cases[i].doubled &&
                  c.gaps == cases[i].gaps,
              "case %zu: %zu %zu %zu", i, c.empty, c.doubled, c.gaps);
        stamp_describe_step(&c, text);
        CHECK(!strcmp(text, cases[i].step), "case %zu: %s", i, text);
        stamp_close(&c);
    }
}

TEST(a_cell_that_breaks_the_style_is_named)
{
    static const char *const cells[] = {"2020-01-01", "2020-01-02",
                                        "2020-01-03", "2020-01-40"};
    stamp_column c;
    CHECK_OK(stamp_settle(cells, 1, 4, -1, &c));
    assert_int_equal(c.kind, STAMP_NONE);
    assert_int_equal(c.odd_row, 3);
    assert_string_equal(c.odd_style, "YYYY-MM-DD");
    stamp_close(&c);
}

TEST(days_are_those_of_the_calendar)
{
    static const stamp_style style = {
        .date = "%Y-%m-%d", .time = "%H:%M:%S", .join = "T"};
    int known = 0;
    for (int64_t second = -4000000000; second < 8000000000;
         second += 86400 * 13 + 4567) {
        time_t seconds = (time_t)second;
        struct tm parts;
        char want[32], got[STAMP_ROOM];
        int64_t back;
        if (!gmtime_r(&seconds, &parts)) continue;
        strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%S", &parts);
        stamp_write(&style, second * 1000000, got);
        CHECK(!strcmp(got, want), "%s, not %s", got, want);
        CHECK(stamp_read(&style, got, &back) && back == second * 1000000, "%s",
              got);
        known++;
    }
    CHECK(known > 7000, "the C library knows %d moments", known);
}

TEST(random_series_are_read_back_and_continued)
{
    static const char *const dates[] = {"%Y-%m-%d", "%d.%m.%Y", "%b %d, %Y",
                                        "%Y/%m/%d"};
    static const int64_t steps[] = {3600, 86400, 900, 7 * 86400, 60, 1};
    float draws[4];
    for (uint64_t run = 0; run < 600; run++) {
        enum { COUNT = 30 };
        char texts[COUNT][STAMP_ROOM], last[STAMP_ROOM];
        const char *cells[COUNT];
        stamp_style style = {.date = dates[run % 4],
                             .time = "%H:%M:%S",
                             .join = run % 3 ? " " : "T"};
        int64_t step = steps[run % 6] * 1000000;
        random_fill(run, 4, 0, 1, draws);
        int64_t begin = (int64_t)(draws[0] * 2e9f) * 1000000;
        for (int i = 0; i < COUNT; i++) {
            stamp_write(&style, begin + i * step, texts[i]);
            cells[i] = texts[i];
        }

        stamp_column c;
        CHECK_OK(stamp_settle(cells, 1, COUNT - 1, -1, &c));
        CHECK(c.kind == STAMP_DATE && c.step == step, "%s", cells[0]);
        CHECK(c.order == STAMP_ASCENDING && !c.gaps && !c.doubled, "%s",
              cells[0]);
        stamp_write(&c.style, stamp_advance(&c, c.stamps[COUNT - 2], 1), last);
        CHECK(!strcmp(last, cells[COUNT - 1]), "%s", last);
        stamp_close(&c);
    }
}

TEST(random_text_is_survived)
{
    static const char alphabet[] = "0123-/.: TZQWJan,+PM2019";
    float draws[60];
    for (uint64_t run = 0; run < 4000; run++) {
        char text[60];
        const char *cells[] = {text, text, text};
        random_fill(run + 800, 60, 0, 1, draws);
        size_t size = (size_t)(draws[0] * (run % 2 ? 12 : 58));
        for (size_t i = 0; i < size; i++)
            text[i] = alphabet[(size_t)(draws[i + 1] * (sizeof alphabet - 1))];
        text[size] = 0;
        stamp_column c;
        CHECK_OK(stamp_settle(cells, 1, 3, -1, &c));
        if (c.kind != STAMP_NONE)
            CHECK(c.stamps[0] != STAMP_MISSING, "%s", text);
        stamp_close(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_recognised_and_continued),
        cmocka_unit_test(prices_counts_and_words_are_no_stamps),
        cmocka_unit_test(day_and_month_are_told_apart_or_ambiguous),
        cmocka_unit_test(order_doubled_stamps_and_gaps_are_counted),
        cmocka_unit_test(a_cell_that_breaks_the_style_is_named),
        cmocka_unit_test(days_are_those_of_the_calendar),
        cmocka_unit_test(random_series_are_read_back_and_continued),
        cmocka_unit_test(random_text_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
