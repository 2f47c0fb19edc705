/*
 * test_large_series.c: labelled series that stay in their files are those that
 * they would be in memory: the same batches, hash, encoding, facts and answers.
 */
#include "large.h"

enum { MOST = 8000000 };

static char bytes[MOST];

/* ---- Series -------------------------------------------------------------- */

/* What a file of series may be. */
typedef enum series_kind {
    TABS,
    COMMAS,
    DECIMAL_COMMAS,
    BEHIND,
    TS,
    TS_STAMPED,
    TS_TARGETS,
    ARFF,
    ARFF_RELATION,
    SERIES_KINDS
} series_kind;

static const char *const names[] = {"s.tsv", "s.tsv", "s.tsv",  "s.tsv", "s.ts",
                                    "s.ts",  "s.ts",  "s.arff", "s.arff"};

static size_t write_text(size_t at, const char *text)
{
    size_t length = strlen(text);
    memcpy(bytes + at, text, length);
    return at + length;
}

static size_t put_header(series_kind kind, size_t steps)
{
    static const char *const headers[] = {
        [TS] = "# a comment\n@problemName x\n@univariate false\n@classLabel "
               "true a b c\n@data\n",
        [TS_STAMPED] = "@timeStamps true\n@univariate true\n@classLabel true a "
                       "b c\n@data\n",
        [TS_TARGETS] = "@univariate false\n@targetLabel true\n@data\n",
        [ARFF_RELATION] = "@relation x\n@attribute s relational\n@attribute a "
                          "numeric\n@end s\n@attribute c {a,b,c}\n@data\n",
        [SERIES_KINDS] = NULL};
    size_t at = headers[kind] ? write_text(0, headers[kind]) : 0;
    if (kind != ARFF) return at;
    at = write_text(0, "@relation x\n");
    for (size_t t = 0; t < steps; t++)
        at = write_text(at, "@attribute v numeric\n");
    return write_text(at, "@attribute c {a,b,c}\n@data\n");
}

static size_t put_value(series_kind kind, size_t at, size_t t, bool hole)
{
    char text[64];
    double value = (double)draw(100000) / 1000 + 0.0001;
    if (hole) snprintf(text, sizeof text, "%s", kind >= TS ? "?" : "NaN");
    else snprintf(text, sizeof text, "%.4f", value);
    if (kind == DECIMAL_COMMAS && !hole) *strchr(text, '.') = ',';
    if (kind == TS_STAMPED) {
        char stamped[96];
        snprintf(stamped, sizeof stamped, "(%zu,%s)", t, text);
        return write_text(at, stamped);
    }
    return write_text(at, text);
}

/* One case with its label. */
static size_t put_case(series_kind kind, size_t at, size_t steps, bool holed)
{
    static const char *const separators[] = {"\t", ",", ";", " ", ",",
                                             ",",  ",", ",", ","};
    const char *separator = separators[kind];
    size_t dimensions =
        kind == TS || kind == TS_TARGETS || kind == ARFF_RELATION ? 2 : 1;
    char label[8];
    snprintf(label, sizeof label, "%c",
             (char)((kind < BEHIND ? '1' : 'a') + (char)draw(3)));
    if (kind == TS_TARGETS) snprintf(label, sizeof label, "%u.5", draw(90));
    if (kind < BEHIND) {
        at = write_text(at, label);
        at = write_text(at, separator);
    }
    if (kind == ARFF_RELATION) at = write_text(at, "'");
    for (size_t k = 0; k < dimensions; k++) {
        if (k) at = write_text(at, kind == ARFF_RELATION ? "\\n" : ":");
        for (size_t t = 0; t < steps; t++) {
            bool hole = holed && t && t + 1 < steps && draw(12) == 0;
            if (t) at = write_text(at, separator);
            at = put_value(kind, at, t, hole);
        }
    }
    if (kind == ARFF_RELATION) at = write_text(at, "'");
    if (kind >= BEHIND) {
        at = write_text(at, kind == BEHIND ? " " : kind < ARFF ? ":" : ",");
        at = write_text(at, label);
    }
    return at;
}

/* Cases of steps or, where they may differ, fewer; with what may stand between
 * them. */
static size_t make_series(series_kind kind, size_t cases, size_t steps,
                          bool holed)
{
    static const char *const ends[] = {"\n", "\r\n", "\n\n", "\n% comment\n"};
    size_t at = put_header(kind, steps);
    for (size_t n = 0; n < cases; n++) {
        size_t fewer = kind == ARFF ? 0 : draw((uint32_t)(steps / 2));
        at = put_case(kind, at, steps - fewer, holed);
        at = write_text(at, n + 1 == cases && draw(2) ? "" : ends[draw(4)]);
        assert_true(at < MOST - 1000000);
    }
    return at;
}

TEST(series_in_their_files_are_those_in_memory)
{
    static const elman_missing ways[] = {
        ELMAN_MISSING_DROP, ELMAN_MISSING_PREVIOUS, ELMAN_MISSING_MEAN};
    for (int kind = 0; kind < SERIES_KINDS; kind++) {
        char name[16], other[2 * PATH_ROOM];
        const char *ending = strchr(names[kind], '.');
        snprintf(name, sizeof name, "o%.9s", ending);
        size_t size = make_series((series_kind)kind, 40, 20, true);
        snprintf(other, sizeof other, "%s", put_bytes(name, bytes, size));
        size = make_series((series_kind)kind, 90, 20, true);
        const char *path = put_bytes(names[kind], bytes, size);

        for (int way = 0; way < 3; way++) {
            elman_dataset_config config = {
                .format = kind < TS ? ELMAN_DATA_FORMAT_SERIES
                                    : ELMAN_DATA_FORMAT_AUTO,
                .missing = ways[way],
                .test = 0.2};
            check_same(path, config);
            config.test = 0;
            config.validation_path = other;
            config.transform = way == 1 ? "zscore" : NULL;
            check_same(path, config);
        }
    }
}

TEST(series_of_many_blocks_and_of_long_lines_are_those_in_memory)
{
    static const series_kind kinds[] = {TABS, DECIMAL_COMMAS, TS,
                                        ARFF_RELATION};
    for (int kind = 0; kind < 4; kind++) {
        elman_dataset_config config = {.format = kind < 2
                                                     ? ELMAN_DATA_FORMAT_SERIES
                                                     : ELMAN_DATA_FORMAT_AUTO};
        size_t size = make_series(kinds[kind], 1200, 100, false);
        assert_true(size > 600000);
        check_same(put_bytes(names[kinds[kind]], bytes, size), config);
        size = make_series(kinds[kind], 8, 60000, false);
        check_same(put_bytes(names[kinds[kind]], bytes, size), config);
    }
}

TEST(an_encoding_is_followed_in_series_as_in_memory)
{
    for (int kind = 0; kind < SERIES_KINDS; kind++) {
        elman_dataset_config config = {.format = kind < TS
                                                     ? ELMAN_DATA_FORMAT_SERIES
                                                     : ELMAN_DATA_FORMAT_AUTO,
                                       .missing = ELMAN_MISSING_MEAN};
        size_t size = make_series((series_kind)kind, 80, 20, true);
        elman_dataset *known =
            must_open(put_bytes(names[kind], bytes, size), &config);
        config.encoding = dataset_note(known);
        for (int answers = 0; answers < 2; answers++) {
            config.answers = answers;
            size = make_series((series_kind)kind, 70, 20, true);
            check_same(put_bytes(names[kind], bytes, size), config);
        }
        dataset_close(known);
    }
}

#ifndef _WIN32
TEST(series_come_through_a_pipe)
{
    size_t size = make_series(TS, 90, 20, false);
    check_pipe(put_bytes("s.ts", bytes, size),
               (elman_dataset_config){.test = 0.2});
}
#endif

/* ---- What cannot be read ------------------------------------------------- */

TEST(what_is_refused_in_memory_is_refused_in_a_file)
{
    elman_dataset_config config;
    size_t size = make_series(TABS, 80, 20, false);
    memcpy(bytes + size - 20, "\t0.5\twhat\t1\n", 12);
    config = (elman_dataset_config){.format = ELMAN_DATA_FORMAT_SERIES};
    check_both_refuse(put_bytes("s.tsv", bytes, size), config, ELMAN_BAD_FORMAT,
                      "\"what\" is not a number");
    size = write_text(0, "@data\n");
    config.format = ELMAN_DATA_FORMAT_TS;
    check_both_refuse(put_bytes("s.ts", bytes, size), config, ELMAN_BAD_FORMAT,
                      "a header, but no cases");

    /* in memory these are converted or replaced */
    config =
        (elman_dataset_config){.memory = 1, .format = ELMAN_DATA_FORMAT_SERIES};
    size = write_text(0, "gr\xFC\t1\t2\nb\t1\t2\nc\t3\t4\n");
    check_refused(put_bytes("s.tsv", bytes, size), &config, ELMAN_BAD_FORMAT,
                  "one of this size stays in its file and is UTF-8; make that "
                  "of it first");
}

TEST(files_that_are_changed_anywhere_are_read_alike_or_refused_alike)
{
    static const char marks[] = ",;\t :?.\n\r\"'{}()@#%-+019eNa\\";
    static char changed[200000];
    size_t read = 0, tried = 0;
    for (int kind = 0; kind < SERIES_KINDS; kind++) {
        elman_dataset_config config = {.format = kind < TS
                                                     ? ELMAN_DATA_FORMAT_SERIES
                                                     : ELMAN_DATA_FORMAT_AUTO,
                                       .missing = ELMAN_MISSING_MEAN};
        size_t size = make_series((series_kind)kind, 12, 8, true);
        for (int turn = 0; turn < 300 / PACE; turn++, tried++) {
            memcpy(changed, bytes, size);
            for (uint32_t n = 1 + draw(3); n > 0; n--)
                changed[draw((uint32_t)size)] = marks[draw(sizeof marks - 1)];
            size_t cut = draw(4) ? size : 1 + draw((uint32_t)size);
            read += check_alike(names[kind], changed, cut, config);
        }
    }
    assert_true(read > tried / 20 && read < tried);
}

TEST(a_file_that_changes_while_it_is_read_is_refused)
{
    elman_dataset_config config = {.format = ELMAN_DATA_FORMAT_SERIES};
    const char *x;
    size_t size = make_series(TABS, 80, 20, false);
    x = put_bytes("s.tsv", bytes, size);
    check_broken(x, config, "shrank while it was read: it has 5000 of", 5000,
                 NULL, 0);
    x = put_bytes("s.tsv", bytes, size);
    check_broken(x, config, "was written to while it was read", 0, bytes, size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(series_in_their_files_are_those_in_memory),
        cmocka_unit_test(
            series_of_many_blocks_and_of_long_lines_are_those_in_memory),
        cmocka_unit_test(an_encoding_is_followed_in_series_as_in_memory),
#ifndef _WIN32
        cmocka_unit_test(series_come_through_a_pipe),
#endif
        cmocka_unit_test(what_is_refused_in_memory_is_refused_in_a_file),
        cmocka_unit_test(
            files_that_are_changed_anywhere_are_read_alike_or_refused_alike),
        cmocka_unit_test(a_file_that_changes_while_it_is_read_is_refused),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
