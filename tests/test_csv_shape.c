/*
 * test_csv_shape.c: what separates the cells of a table, and which of its lines
 * are rows.
 */
#include "check.h"

#include "format/csv.h"
#include "format/missing.h"

static elman_status parse(const char *text, char separator, csv **table)
{
    size_t bytes = strlen(text);
    char *copy = malloc(bytes + 1);
    memcpy(copy, text, bytes + 1);
    return csv_parse_as(copy, bytes, &(csv_config){.separator = separator},
                        table);
}

/* The cells as one text: a bar between, a slash behind each row. */
static void join(const csv *table, char *text, size_t room)
{
    size_t at = 0;
    text[0] = 0;
    for (size_t i = 0; i < table->row_count; i++)
        for (size_t j = 0; j < table->column_count && at < room; j++)
            at += (size_t)snprintf(text + at, room - at, "%s%s",
                                   table->cells[i * table->column_count + j],
                                   j + 1 < table->column_count ? "|" : "/");
}

/* ---- Separators --------------------------------------------------------- */

TEST(the_separator_that_fits_most_lines_is_found)
{
    static const struct {
        const char *text;
        char separator;
        const char *cells;
    } cases[] = {
        {"a,b\n1,2\n", ',', "a|b/1|2/"},
        {"a|b\n1|2\n", '|', "a|b/1|2/"},
        /* decimal commas, with a header and without */
        {"d;x;y\n01;2,1;3,5\n02;2,3;3,6\n", ';',
         "d|x|y/01|2,1|3,5/02|2,3|3,6/"},
        {"1,5;2,5\n3,5;4,5\n", ';', "1,5|2,5/3,5|4,5/"},
        {"x;s;d;y\n"
         "40,7;up;1 May;6,2\n"
         "41,3;on;2 May;5,9\n"
         "42,1;up;3 May;5,7\n"
         "42,8;on;4 May;5,5\n"
         "43,0;up;5 May;5,1\n"
         "43,2;on;6 May;4,8\n",
         ';',
         "x|s|d|y/"
         "40,7|up|1 May|6,2/"
         "41,3|on|2 May|5,9/"
         "42,1|up|3 May|5,7/"
         "42,8|on|4 May|5,5/"
         "43,0|up|5 May|5,1/"
         "43,2|on|6 May|4,8/"},
        {"d;x\n1;2,5\n2;x\n3;4,5;7,1\n4;5,5\n5;6,5\n6;7,5\n", ';', NULL},
        {"x\ty\n1,5\t2,5\n", '\t', "x|y/1,5|2,5/"},
        /* commas in dates */
        {"March 12, 2020\t5\nMarch 13, 2020\t6\n", '\t',
         "March 12, 2020|5/March 13, 2020|6/"},
        /* a comma in one line, a blank in each */
        {"2020-01-01 10:00,5\n2020-01-01 11:00,6\n", ',',
         "2020-01-01 10:00|5/2020-01-01 11:00|6/"},
        {"\"a;b\",\"c;d\"\n1,2\n", ',', "a;b|c;d/1|2/"},
        /* blanks */
        {"A B C\n5 150 60\n6 157 59\n", ' ', "A|B|C/5|150|60/6|157|59/"},
        {"5 150\n6 157\n", ' ', "5|150/6|157/"},
        {"\"A\" \"B b\"\n5 150\n6 157\n", ' ', "A|B b/5|150/6|157/"},
        {"  A   B  \n  5 \t 150\n16   7  \n", ' ', "A|B/5|150/16|7/"},
        {"A B\n5,1 150,2\n6,3 157,4\n", ' ', "A|B/5,1|150,2/6,3|157,4/"},
        {"\"Month\", \"2021\"\n\"JAN\",  300\n", ',', "Month|2021/JAN|300/"},
        /* one column */
        {"112\n118\n", ',', "112/118/"},
        {"Monthly totals\n112\n118\n", ',', "Monthly totals/112/118/"},
        {"Wert\n2,1\n3,4\n", ',', "Wert/2,1/3,4/"},
        {"a\n", ',', "a/"},
        {"it was the\nbest of\ntimes\n", ',', "it was the/best of/times/"},
        /* said by the file, single quotes, old line ends */
        {"sep=|\na|b\n1|2\n", '|', "a|b/1|2/"},
        {"'a, b','c'\n'1','2'\n", ',', "a, b|c/1|2/"},
        {"it's,'tis\n1,2\n", ',', "it's|'tis/1|2/"},
        {"a,b\r1,2\r3,4\r", ',', "a|b/1|2/3|4/"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        csv *table = NULL;
        char cells[200];
        elman_status status = parse(cases[i].text, 0, &table);
        CHECK((status == ELMAN_OK) == (cases[i].cells != NULL), "case %zu: %s",
              i, elman_message());
        if (status != ELMAN_OK) continue;
        join(table, cells, sizeof cells);
        CHECK(!strcmp(cells, cases[i].cells), "case %zu: %s", i, cells);
        CHECK(table->separator == cases[i].separator, "case %zu: '%c'", i,
              table->separator);
        csv_close(table);
    }
}

TEST(a_separator_that_is_said_is_taken)
{
    csv *table = NULL;
    char cells[80];
    CHECK_OK(parse("a,b;c\n1,2;3\n", ',', &table));
    join(table, cells, sizeof cells);
    assert_string_equal(cells, "a|b;c/1|2;3/");
    csv_close(table);
    CHECK_OK(parse("a,b;c\n1,2;3\n", '|', &table));
    join(table, cells, sizeof cells);
    assert_string_equal(cells, "a,b;c/1,2;3/");
    csv_close(table);
}

TEST(quoted_cells_are_known)
{
    csv *table = NULL;
    CHECK_OK(parse("\"2021\",x\n1,\"2\"\n\"\",3\n\"\",\"\"\n", 0, &table));
    static const bool want[] = {true, false, false, true, true, false};

    /* no text in any cell is an empty row, quoted or not */
    assert_int_equal(table->row_count, 3);
    for (size_t i = 0; i < 6; i++)
        CHECK(table->quoted[i] == want[i], "cell %zu", i);
    csv_close(table);
}

/* ---- Rows --------------------------------------------------------------- */

#define TEN       "1,1\n2,2\n3,3\n4,4\n5,5\n6,6\n7,7\n8,8\n9,9\n0,0\n"
#define TEN_CELLS "1|1/2|2/3|3/4|4/5|5/6|6/7|7/8|8/9|9/0|0/"

TEST(lines_that_are_no_rows_are_left_out_and_counted)
{
    static const struct {
        const char *text, *cells;
        csv_facts facts;
    } cases[] = {
        /* comments, and a header in one */
        {"# a, b\n% c\nx,y\n1,2\n", "x|y/1|2/", {.comment_lines = 2}},
        {"#x,y\n1,2\n", "x|y/1|2/", {.header_in_comment = true}},
        {"# made today\n# x y\n1 2\n3 4\n",
         "x|y/1|2/3|4/",
         {.comment_lines = 1, .header_in_comment = true}},
        {"#\"\nx,y\n1,2\n# note\n3,4\n", "x|y/1|2/3|4/", {.comment_lines = 2}},
        {"#,y\n1,2\n", "1|2/", {.comment_lines = 1}},
        /* titles, with the separators of empty cells and without */
        {"Report\n\nx,y\n1,2\n",
         "x|y/1|2/",
         {.title_lines = 1, .title_line = 1, .empty_rows = 1}},
        {"Report,,\nof 2020,,\nx,y,z\n1,2,3\n",
         "x|y|z/1|2|3/",
         {.title_lines = 2, .title_line = 1}},
        {"a b\nx,y,z,u\n1,2,3,4\n5,6,7,8\n",
         "x|y|z|u/1|2|3|4/5|6|7|8/",
         {.title_lines = 1, .title_line = 1}},
        {"sep=,\nx,y\n1,2\n", "x|y/1|2/", {.title_lines = 1, .title_line = 1}},
        /* a header over an index without a name is no title */
        {",value\n0,5\n1,6\n", "|value/0|5/1|6/", {0}},
        {"\"x\" \"y\"\n\"r1\" 5 6\n\"r2\" 7 8\n",
         "|x|y/r1|5|6/r2|7|8/",
         {.header_moved = true}},
        /* footers */
        {"a,b\n" TEN "\nMonthly totals\n",
         "a|b/" TEN_CELLS,
         {.footer_lines = 1, .footer_line = 13, .empty_rows = 1}},
        {"a,b\n" TEN ",\nMonthly totals,\n",
         "a|b/" TEN_CELLS,
         {.footer_lines = 1, .footer_line = 13, .empty_rows = 1}},
        {"a,b\n" TEN "Total,45\n",
         "a|b/" TEN_CELLS,
         {.footer_lines = 1, .footer_line = 12}},
        {"a,b\n" TEN "Source: x, y, z\nof 1\n",
         "a|b/" TEN_CELLS,
         {.footer_lines = 2, .footer_line = 12}},
        {"a\n112\n118\n119\n\nin thousands\n",
         "a/112/118/119/",
         {.footer_lines = 1, .footer_line = 6, .empty_rows = 1}},
        {"m,v\nJan,1\nFeb,2\nMar,\n\nsome words,\n",
         "m|v/Jan|1/Feb|2/Mar|/",
         {.footer_lines = 1, .footer_line = 6, .empty_rows = 1}},
        /* a value that is missing at the end is no footer */
        {"m,v\n2020-01,1\n2020-02,2\n2020-03,\n",
         "m|v/2020-01|1/2020-02|2/2020-03|/",
         {0}},
        {"m,v\nJan,1\nFeb,2\nMar,\n", "m|v/Jan|1/Feb|2/Mar|/", {0}},
        {"v\n1\n2\nNA\n", "v/1/2/NA/", {0}},
        /* empty rows and columns */
        {"a,b\n1,2\n,\n,\n3,4\n,\n", "a|b/1|2/3|4/", {.empty_rows = 3}},
        {"a;b;;\n1;2;;\n3;;;\n;;;\n",
         "a|b/1|2/3|/",
         {.empty_rows = 1, .dropped_columns = 2}},
        {"a,b\n1,2,\n3,4,\n", "a|b/1|2/3|4/", {.dropped_columns = 1}},
        {"a,b,c\n1,2,\n3,4,\n", "a|b|c/1|2|/3|4|/", {0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        csv *table = NULL;
        char cells[200];
        CHECK(parse(cases[i].text, 0, &table) == ELMAN_OK, "case %zu: %s", i,
              elman_message());
        join(table, cells, sizeof cells);
        CHECK(!strcmp(cells, cases[i].cells), "case %zu: %s", i, cells);

        csv_facts got = table->facts, want = cases[i].facts;
        CHECK(got.comment_lines == want.comment_lines, "case %zu: %zu", i,
              got.comment_lines);
        CHECK(got.title_lines == want.title_lines &&
                  got.title_line == want.title_line,
              "case %zu: %zu", i, got.title_lines);
        CHECK(got.footer_lines == want.footer_lines &&
                  got.footer_line == want.footer_line,
              "case %zu: %zu at %zu", i, got.footer_lines, got.footer_line);
        CHECK(got.empty_rows == want.empty_rows, "case %zu: %zu", i,
              got.empty_rows);
        CHECK(got.dropped_columns == want.dropped_columns, "case %zu: %zu", i,
              got.dropped_columns);
        CHECK(got.header_in_comment == want.header_in_comment, "case %zu", i);
        CHECK(got.header_moved == want.header_moved, "case %zu", i);
        csv_close(table);
    }
}

TEST(rows_of_another_length_are_refused_with_their_line)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"a,b\n1,2\n3\n4,5\n", "line 3: 1 columns, but line 1 has 2; correct"},
        {"a,b\n1,2\n3,4,5\n6,7\n", "line 3: 3 columns"},
        {"a,b\n" TEN "1\n2\n3\n", "line 12: 1 columns"},
        {"a,b\n" TEN "1,2,3\n4,5\n", "line 12: 3 columns"},
        {"1,2,3\n1,2\n3,4\n5,6\n", "line 1: 3 columns, but line 2 has 2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        csv *table = NULL;
        CHECK_FAILS(parse(cases[i].text, 0, &table), ELMAN_BAD_FORMAT,
                    cases[i].message);
    }
}

/* ---- Every dialect ------------------------------------------------------ */

/* A number, a date or words; whatever it is it reads back. */
static void draw_cell(const float *draw, char separator, char cell[40])
{
    int number = (int)(draw[1] * 2000) - 1000;
    if (separator == ' ' || draw[0] < 0.6f)
        snprintf(cell, 40, "%d.%02d", number, abs(number) % 100);
    else if (draw[0] < 0.7f) cell[0] = 0;
    else if (draw[0] < 0.8f) snprintf(cell, 40, "x %d, or; so", number);
    else snprintf(cell, 40, "19%02d-0%d", abs(number) % 90 + 10, 1);
}

TEST(random_tables_of_every_dialect_are_read_back)
{
    static const char separators[] = ",;\t| ";
    static const char *const ends[] = {"\n", "\r\n", "\r"};
    enum { DRAWS = 2 * 12 * 6 + 8 };
    static char text[12 * 6 * 60];
    float draws[DRAWS];

    for (uint64_t run = 0; run < 1500; run++) {
        random_fill(run, DRAWS, 0, 1, draws);
        char separator = separators[run % 5];
        const char *end = ends[run / 5 % 3];
        size_t rows = 3 + (size_t)(draws[0] * 8);
        size_t columns = 2 + (size_t)(draws[1] * 4), at = 0;
        char cells[12][6][40];

        for (size_t i = 0; i <= rows; i++)
            for (size_t j = 0; j < columns; j++) {
                char *cell = cells[i][j];
                draw_cell(&draws[8 + 2 * (i * 6 + j)], separator, cell);
                /* a header, and no empty row or column */
                if (i == 0) snprintf(cell, 40, "n%zu", j);
                else if (j == 0) snprintf(cell, 40, "%zu", 100 + i);

                bool quote = strpbrk(cell, ",; ") || draws[2] < 0.3f;
                at += (size_t)sprintf(text + at, "%s%s%s", quote ? "\"" : "",
                                      cell, quote ? "\"" : "");
                if (j + 1 < columns) text[at++] = separator;
                else at += (size_t)sprintf(text + at, "%s", end);
            }

        csv *table = NULL;
        CHECK(parse(text, 0, &table) == ELMAN_OK, "run %d: %s\n%s", (int)run,
              elman_message(), text);
        CHECK(table->row_count == rows + 1 && table->column_count == columns,
              "run %d: %zu rows of %zu\n%s", (int)run, table->row_count,
              table->column_count, text);
        for (size_t i = 0; i <= rows; i++)
            for (size_t j = 0; j < columns; j++)
                CHECK(!strcmp(table->cells[i * columns + j], cells[i][j]),
                      "run %d: \"%s\"\n%s", (int)run,
                      table->cells[i * columns + j], text);
        csv_close(table);
    }
}

TEST(random_characters_are_survived)
{
    static const char alphabet[] = "12ab,;|\t \"'\n\r#%.";
    enum { ROOM = 80 };
    float draws[ROOM];

    for (uint64_t run = 0; run < 20000; run++) {
        char text[ROOM];
        random_fill(run + 7000, ROOM, 0, 1, draws);
        size_t size = (size_t)(draws[0] * (ROOM - 2));
        for (size_t i = 0; i < size; i++)
            text[i] = alphabet[(size_t)(draws[i + 1] * (sizeof alphabet - 1))];
        text[size] = 0;

        csv *table = NULL;
        if (parse(text, 0, &table) != ELMAN_OK) continue;
        for (size_t i = 0; i < table->row_count * table->column_count; i++)
            CHECK(table->cells[i] && strlen(table->cells[i]) <= size, "%s",
                  text);
        for (size_t i = 1; i < table->row_count; i++)
            CHECK(table->lines[i] > table->lines[i - 1], "%s", text);
        csv_close(table);
    }
}

TEST(marks_of_missing_values_are_known)
{
    static const char *const marks[] = {
        "",        " ",    "NA",      "na",   "N/A",         "n/a",
        "#N/A",    "NaN",  "-nan",    "null", "NULL",        "None",
        "-",       "--",   ".",       "?",    "*",           "#DIV/0!",
        "#VALUE!", "<NA>", "1.#QNAN", " NA ", "\xE2\x80\x94"};
    static const char *const others[] = {"0",    "1",      "-1", "x",
                                         "NAN1", "inf",    "N",  "a",
                                         "1.5",  "1.#QNA", "#",  "--1"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        CHECK(missing_mark(marks[i]), "\"%s\"", marks[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        CHECK(!missing_mark(others[i]), "\"%s\"", others[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_separator_that_fits_most_lines_is_found),
        cmocka_unit_test(a_separator_that_is_said_is_taken),
        cmocka_unit_test(quoted_cells_are_known),
        cmocka_unit_test(lines_that_are_no_rows_are_left_out_and_counted),
        cmocka_unit_test(rows_of_another_length_are_refused_with_their_line),
        cmocka_unit_test(random_tables_of_every_dialect_are_read_back),
        cmocka_unit_test(random_characters_are_survived),
        cmocka_unit_test(marks_of_missing_values_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
