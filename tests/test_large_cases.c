/*
 * test_large_cases.c: arrays and series that stay in their files are those that
 * they would be in memory: the same batches, hash, encoding, facts and answers.
 * And an array of 2 GB trains in an eighth of that.
 */
#include "dataset.h"

#include "data/hash.h"
#include "data/store.h"
#include "format/npy.h"
#include "learn/baseline.h"
#include "pace.h"
#include "zip_build.h"

#include <math.h>
#include <string.h>

#ifndef _WIN32
#include <fcntl.h>
#include <sys/resource.h>
#endif

enum { MOST = 8000000 };

static char bytes[MOST];
static uint32_t drawn = 1;

static uint32_t draw(uint32_t below)
{
    drawn = drawn * 1664525u + 1013904223u;
    return (drawn >> 8) % below;
}

/* ---- The same ------------------------------------------------------------ */

/* Two epochs of a part in one of the orders, and from some place. */
static void check_order(const elman_dataset *want, const elman_dataset *got,
                        const elman_loader_config *config)
{
    const elman_encoding *e = dataset_encoding(want);
    bool one;
    size_t I = e->input_size, O = elman_encoding_outputs(e, &one);
    elman_loader *a, *b;
    CHECK_OK(loader_create(want, config, &a));
    CHECK_OK(loader_create(got, config, &b));
    loader_reset(a, 0, loader_size(a) / 2);
    loader_reset(b, 0, loader_size(b) / 2);

    for (int ended = 0; ended < 2;) {
        elman_batch x, y;
        elman_target t, u;
        CHECK_OK(loader_read(a, &x, &t));
        CHECK_OK(loader_read(b, &y, &u));
        assert_int_equal(x.T, y.T);
        assert_int_equal(x.B, y.B);
        ended += !x.B;
        if (!x.B) continue;

        size_t rows = x.T * x.B, targets = one ? x.B : rows;
        assert_memory_equal(x.x, y.x, rows * I * sizeof *x.x);
        assert_memory_equal(x.ids, y.ids, x.B * sizeof *x.ids);
        assert_true(!x.lengths == !y.lengths);
        if (x.lengths)
            assert_memory_equal(x.lengths, y.lengths, x.B * sizeof *x.lengths);
        assert_true(!t.classes == !u.classes);
        if (t.classes)
            assert_memory_equal(t.classes, u.classes,
                                targets * sizeof *t.classes);
        else
            assert_memory_equal(t.values, u.values,
                                targets * O * sizeof *t.values);
    }
    loader_destroy(a);
    loader_destroy(b);
}

static void check_sequences(const elman_dataset *want, const elman_dataset *got)
{
    const elman_encoding *e = dataset_encoding(want);
    size_t room = dataset_longest(want) * e->input_size;
    float *x = calloc(2 * room + 1, sizeof *x), *y = x + room;
    assert_int_equal(want->sequence_count, got->sequence_count);
    for (size_t id = 0; id < want->sequence_count; id++) {
        size_t T = dataset_inputs(want, id, x);
        elman_origin a, b;
        assert_int_equal(T, dataset_inputs(got, id, y));
        assert_memory_equal(x, y, T * e->input_size * sizeof *x);
        assert_int_equal(dataset_class(want, id, 0), dataset_class(got, id, 0));
        double truth[2][8];
        size_t O = elman_encoding_outputs(e, NULL);
        for (size_t t = 0; O <= 8 && e->target_count && t < T; t++) {
            dataset_truth(want, id, t, truth[0]);
            dataset_truth(got, id, t, truth[1]);
            assert_memory_equal(truth[0], truth[1], O * sizeof(double));
        }
        dataset_origin(want, id, 0, &a);
        dataset_origin(got, id, 0, &b);
        assert_int_equal(a.line, b.line);
    }
    free(x);
}

static void check_part(const elman_dataset *want, const elman_dataset *got,
                       elman_part part)
{
    assert_int_equal(dataset_size(want, part), dataset_size(got, part));
    if (!dataset_size(want, part)) return;
    for (int order = 0; order < 4; order++) {
        elman_loader_config config = {.part = part,
                                      .batch_size = 7,
                                      .shuffled = order & 1,
                                      .bucketed = order & 2,
                                      .seed = 3};
        check_order(want, got, &config);
    }

    bool classes = dataset_encoding(want)->task == ELMAN_TASK_CLASSIFY;
    elman_baseline_config config = {.part = part,
                                    .neighbour =
                                        classes && dataset_longest(want) < 50,
                                    .warp = 0.1};
    elman_baseline a, b;
    CHECK_OK(baseline_read(want, &config, &a));
    CHECK_OK(baseline_read(got, &config, &b));
    assert_memory_equal(&a, &b, sizeof a);
}

/* Opens a file in memory, and under a limit. */
static void check_under(const elman_dataset *want, const char *path,
                        elman_dataset_config config, size_t limit)
{
    uint64_t before, after;
    config.memory = limit;
    elman_dataset *got = must_open(path, &config);
    assert_true(got->kept);
    assert_null(got->x);
    assert_string_equal(dataset_note(want), dataset_note(got));
    check_same_facts(want, got);
    for (int part = 0; part <= ELMAN_PART_TEST; part++)
        check_part(want, got, (elman_part)part);
    check_sequences(want, got);
    CHECK_OK(dataset_hash(want, &before));
    CHECK_OK(dataset_hash(got, &after));
    assert_true(before == after);
    dataset_close(got);
}

static void check_same(const char *path, elman_dataset_config config)
{
    elman_dataset *want = must_open(path, &config);
    check_under(want, path, config, 1);
    check_under(want, path, config, 3000); /* smaller files are held */
    dataset_close(want);
}

/* ---- Refused ------------------------------------------------------------- */

static void check_both_refuse(const char *path, elman_dataset_config config,
                              elman_status status, const char *words)
{
    check_refused(path, &config, status, words);
    config.memory = 1;
    check_refused(path, &config, status, words);
}

static void check_broken(const char *path, elman_dataset_config config,
                         const char *words, long cut, size_t written)
{
    elman_loader_config batches = {.batch_size = 4};
    elman_batch batch;
    elman_target target;
    elman_loader *loader;
    config.memory = 1;
    elman_dataset *d = must_open(path, &config);
    CHECK_OK(loader_create(d, &batches, &loader));
    CHECK_OK(loader_read(loader, &batch, &target));

    if (cut) assert_int_equal(truncate(path, cut), 0);
    usleep(20000); /* a clock of files may be this coarse */
    if (written) (void)put_bytes(system_file_name(path), bytes, written);
    elman_status status = ELMAN_OK;
    for (size_t i = 1; i < loader_size(loader) && !status; i++)
        status = loader_read(loader, &batch, &target);
    CHECK_FAILS(status, ELMAN_BAD_FILE, words);

    float *x =
        calloc(dataset_longest(d) * dataset_encoding(d)->input_size, sizeof *x);
    assert_int_equal(dataset_inputs(d, 0, x), 0);
    free(x);
    loader_destroy(loader);
    dataset_close(d);
}

/* ---- Arrays -------------------------------------------------------------- */

enum { N = 61, T = 12, I = 3 };

/* What an array may be made of. */
typedef enum holes { WHOLE, PADDED, HOLED } holes;

/* Writes x (n,T,I), or (n,I,T), in a type. */
static const char *put_x(const char *name, element_type type, size_t n,
                         holes with)
{
    static double wide[N * T * I];
    static float narrow[N * T * I];
    static int16_t whole[N * T * I];
    const void *data[] = {
        [ELEMENT_F32] = narrow, [ELEMENT_F64] = wide, [ELEMENT_I16] = whole};
    for (size_t k = 0; k < n * T * I; k++) {
        whole[k] = (int16_t)(draw(2000) - 900);
        wide[k] = whole[k] * 1.0001;
        size_t t = k / I % T;
        bool hole = with == HOLED && t && draw(9) == 0;
        bool behind = with == PADDED && t > T - 1 - k / (T * I) % 5;
        if (hole || behind) wide[k] = NAN;
        narrow[k] = (float)wide[k];
    }
    named_tensor x = {.name = "x", .type = type, .rank = 3, .shape = {n, T, I}};
    x.data = data[type];
    assert_true(tensor_count_elements(&x));
    const char *path = in_folder(name);
    CHECK_OK(npy_save(path, &x));
    return path;
}

/* Writes y for a task. */
static const char *put_y(const char *name, elman_task task, size_t n)
{
    static int32_t classes[N * T];
    static float values[N * T * 2];
    bool per_step = task == ELMAN_TASK_TAG || task == ELMAN_TASK_TRACK;
    bool whole = task == ELMAN_TASK_TAG || task == ELMAN_TASK_CLASSIFY;
    for (size_t k = 0; k < N * T; k++) {
        classes[k] = (int32_t)draw(4);
        values[2 * k] = (float)classes[k] * 0.37f;
        values[2 * k + 1] = (float)draw(1000);
    }
    named_tensor y = {.name = "y",
                      .type = whole ? ELEMENT_I32 : ELEMENT_F32,
                      .rank = whole ? 1 : 2,
                      .shape = {n, 2}};
    if (per_step) {
        y.rank++;
        y.shape[2] = 2;
        y.shape[1] = T;
    }
    y.data = whole ? (const void *)classes : values;
    assert_true(tensor_count_elements(&y));
    const char *path = in_folder(name);
    CHECK_OK(npy_save(path, &y));
    return path;
}

TEST(an_array_in_its_file_is_that_in_memory)
{
    static const element_type types[] = {ELEMENT_F32, ELEMENT_F64, ELEMENT_I16};
    static const elman_task tasks[] = {ELMAN_TASK_CLASSIFY, ELMAN_TASK_TAG,
                                       ELMAN_TASK_REGRESS, ELMAN_TASK_TRACK};
    for (int type = 0; type < 3; type++)
        for (int task = 0; task < 4; task++) {
            const char *y = put_y("y.npy", tasks[task], N);
            holes with = types[type] == ELEMENT_I16 ? WHOLE : PADDED;
            const char *x = put_x("x.npy", types[type], N, with);
            elman_dataset_config config = {
                .task = tasks[task], .target_path = y, .test = 0.2, .seed = 5};
            check_same(x, config);
            config.channels_first = true;
            if (task != 1 && task != 3) {
                x = put_x("x.npy", types[type], N, WHOLE);
                check_same(x, config);
            }
            config = (elman_dataset_config){.task = tasks[task],
                                            .target_path = y,
                                            .no_scaling = true,
                                            .folds = 3,
                                            .fold = 1};
            check_same(x, config);
        }
}

/* Both of an .npz, stored as numpy.savez does. */
static const char *put_archive(const char *name, const char *x, const char *y)
{
    zip_part parts[2] = {{.name = "x.npy"}, {.name = "y.npy"}};
    char *data[2];
    CHECK_OK(file_read(x, &data[0], &parts[0].bytes));
    CHECK_OK(file_read(y, &data[1], &parts[1].bytes));
    parts[0].data = data[0];
    parts[1].data = data[1];
    zip_file zip = zip_build(parts, 2);
    const char *path = put_bytes(name, zip.bytes, zip.size);
    free(zip.bytes);
    free(data[0]);
    free(data[1]);
    return path;
}

TEST(an_array_in_an_archive_is_that_in_memory)
{
    static const elman_task tasks[] = {ELMAN_TASK_CLASSIFY, ELMAN_TASK_TAG,
                                       ELMAN_TASK_REGRESS, ELMAN_TASK_TRACK};
    for (int task = 0; task < 4; task++) {
        const char *y = put_y("y.npy", tasks[task], N);
        const char *x = put_x("x.npy", ELEMENT_F64, N, PADDED);
        const char *both = put_archive("both.npz", x, y);
        elman_dataset_config config = {.task = tasks[task], .test = 0.2};
        check_same(both, config);
        check_broken(both, config, "shrank while it was read: it has 7000 of",
                     7000, 0);

        /* a byte of x is another than it was */
        char *bad;
        size_t size;
        CHECK_OK(file_read(put_archive("both.npz", x, y), &bad, &size));
        bad[5000] = (char)(bad[5000] ^ 1);
        check_both_refuse(put_bytes("bad.npz", bad, size), config,
                          ELMAN_BAD_FORMAT,
                          "entry \"x.npy\" is damaged: its bytes do not match "
                          "its size and CRC");
        free(bad);
    }
}

TEST(what_is_missing_in_an_array_is_filled_as_in_memory)
{
    static const elman_missing ways[] = {
        ELMAN_MISSING_DROP, ELMAN_MISSING_PREVIOUS, ELMAN_MISSING_MEAN};
    const char *y = put_y("y.npy", ELMAN_TASK_CLASSIFY, N);
    const char *x = put_x("x.npy", ELEMENT_F64, N, HOLED);
    for (int way = 0; way < 3; way++)
        for (int zscore = 0; zscore < 2; zscore++) {
            elman_dataset_config config = {.target_path = y,
                                           .validation = 0.3,
                                           .missing = ways[way],
                                           .transform =
                                               zscore ? "zscore" : NULL};
            if (ways[way] == ELMAN_MISSING_PREVIOUS) {
                /* the first step has none before it */
                x = put_x("x.npy", ELEMENT_F64, N, HOLED);
            }
            check_same(x, config);
        }
}

TEST(an_encoding_is_followed_in_an_array_as_in_memory)
{
    const char *y = put_y("y.npy", ELMAN_TASK_REGRESS, N);
    elman_dataset_config config = {.target_path = y,
                                   .missing = ELMAN_MISSING_MEAN};
    elman_dataset *known =
        must_open(put_x("x.npy", ELEMENT_F32, N, HOLED), &config);
    config.encoding = dataset_note(known);
    check_same(put_x("z.npy", ELEMENT_F64, N, HOLED), config);
    config.target_path = NULL;
    config.answers = true;
    check_same(put_x("z.npy", ELEMENT_F32, N - 20, HOLED), config);
    dataset_close(known);

    /* some values of steps are not known yet */
    y = put_y("y.npy", ELMAN_TASK_TRACK, N);
    config = (elman_dataset_config){.target_path = y};
    known = must_open(put_x("x.npy", ELEMENT_F32, N, PADDED), &config);
    config.encoding = dataset_note(known);
    config.answers = true;
    char *text;
    size_t size;
    float none = NAN;
    CHECK_OK(file_read(y, &text, &size));
    for (size_t k = 0; k < 50; k++)
        memcpy(text + size - 4 * (7 * k + 1), &none, sizeof none);
    config.target_path = put_bytes("y.npy", text, size);
    free(text);
    check_same(put_x("x.npy", ELEMENT_F32, N, PADDED), config);
    dataset_close(known);
}

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
TEST(what_comes_through_a_pipe_is_read_as_its_file)
{
    char paths[2][2 * PATH_ROOM];
    const char *y = put_y("y.npy", ELMAN_TASK_CLASSIFY, N);
    const char *x = put_x("x.npy", ELEMENT_F32, N, PADDED);
    snprintf(paths[0], sizeof paths[0], "%s", put_archive("b.npz", x, y));
    size_t size = make_series(TS, 90, 20, false);
    snprintf(paths[1], sizeof paths[1], "%s", put_bytes("s.ts", bytes, size));

    for (int i = 0; i < 2; i++) {
        elman_dataset_config config = {.test = 0.2};
        elman_dataset *want = must_open(paths[i], &config);
        int before = dup(0), file = open(paths[i], O_RDONLY);
        assert_true(before >= 0 && file >= 0 && dup2(file, 0) == 0);
        check_under(want, "-", config, 1000);
        assert_true(dup2(before, 0) == 0);
        close(before);
        close(file);
        dataset_close(want);
    }
}
#endif

/* ---- What cannot be read ------------------------------------------------- */

TEST(what_is_refused_in_memory_is_refused_in_a_file)
{
    const char *y = put_y("y.npy", ELMAN_TASK_CLASSIFY, N);
    const char *x = put_x("x.npy", ELEMENT_F64, N, HOLED);
    elman_dataset_config config = {.target_path = y};
    check_both_refuse(x, config, ELMAN_BAD_FORMAT, "is nan, and others follow");
    y = put_y("y.npy", ELMAN_TASK_CLASSIFY, N - 1);
    check_both_refuse(x, config, ELMAN_BAD_FORMAT, "which does not fit x");
    assert_int_equal(truncate(x, 500), 0);
    check_both_refuse(x, config, ELMAN_BAD_FORMAT,
                      "bytes of data, but the shape needs");

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

TEST(an_array_in_columns_stays_in_no_file)
{
    static const char header[] =
        "\x93NUMPY\1\0v\0{'descr': '<f4', 'fortran_order': True, 'shape': "
        "(61, 4), }";
    const char *y = put_y("y.npy", ELMAN_TASK_CLASSIFY, N);
    memset(bytes, ' ', 128);
    memcpy(bytes, header, sizeof header - 1);
    bytes[127] = '\n';
    for (size_t k = 0; k < 244; k++) {
        float value = (float)k;
        memcpy(bytes + 128 + 4 * k, &value, sizeof value);
    }
    const char *x = put_bytes("f.npy", bytes, 128 + 976);
    elman_dataset_config config = {.target_path = y, .memory = 1};
    check_refused(x, &config, ELMAN_BAD_FORMAT,
                  "the 976 bytes of x are more than are read into memory, and "
                  "it is in column-major order");
    config.memory = 0;
    dataset_close(must_open(x, &config));
}

TEST(a_file_that_changes_while_it_is_read_is_refused)
{
    const char *y = put_y("y.npy", ELMAN_TASK_CLASSIFY, N);
    elman_dataset_config config = {.target_path = y};
    const char *x = put_x("x.npy", ELEMENT_F64, N, WHOLE);
    check_broken(x, config, "shrank while it was read: it has 5000 of 17", 5000,
                 0);
    x = put_x("x.npy", ELEMENT_F64, N, WHOLE);
    check_broken(x, config, "was written to while it was read", 0, 17696);

    config = (elman_dataset_config){.format = ELMAN_DATA_FORMAT_SERIES};
    size_t size = make_series(TABS, 80, 20, false);
    x = put_bytes("s.tsv", bytes, size);
    check_broken(x, config, "shrank while it was read: it has 5000 of", 5000,
                 0);
    x = put_bytes("s.tsv", bytes, size);
    check_broken(x, config, "was written to while it was read", 0, size);
}

/* ---- 2 GB ---------------------------------------------------------------- */

#if defined __linux__ && !defined SLOW_BUILD
/* x (n,1000,1) of float64, most of which are holes, and classes by the first
 * number of each. */
static const char *make_huge(size_t n, size_t steps)
{
    const char *path = in_folder("huge.npy");
    char header[129] = "\x93NUMPY\1\0v\0";
    snprintf(header + 10, 118,
             "{'descr': '<f8', 'fortran_order': False, 'shape': (%zu, %zu), }",
             n, steps);
    memset(header + strlen(header + 10) + 10, ' ',
           128 - strlen(header + 10) - 10);
    header[127] = '\n';
    int32_t *y = calloc(n, sizeof *y);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0 && y);
    bool sparse = write(fd, header, 128) == 128 &&
                  ftruncate(fd, (off_t)(128 + 8 * n * steps)) == 0;
    for (size_t k = 0; sparse && k < n; k += 500) {
        double value = 3;
        y[k] = 1;
        sparse = pwrite(fd, &value, 8, (off_t)(128 + 8 * k * steps)) == 8;
    }
    close(fd);
    named_tensor t = {.type = ELEMENT_I32, .rank = 1, .shape = {n}, .data = y};
    assert_true(tensor_count_elements(&t));
    CHECK_OK(npy_save(in_folder("y.npy"), &t));
    free(y);
    return sparse ? path : NULL;
}

TEST(two_gigabytes_train_in_a_quarter_gigabyte)
{
    enum { CASES = 50000, STEPS = 5000 };
    const char *path = sizeof(size_t) < 8 ? NULL : make_huge(CASES, STEPS);
    if (!path) skip();

    struct rlimit before, limit;
    assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
    limit = before;
    limit.rlim_cur = (rlim_t)256 << 20;
    assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);

    elman_dataset_config config = {.target_path = in_folder("y.npy"),
                                   .memory = 16 << 20};
    elman_dataset *d = must_open(path, &config);
    assert_int_equal(dataset_size(d, ELMAN_PART_TRAIN), CASES / 10 * 9);
    assert_true(dataset_encoding(d)->mean[0] > 0);

    elman_config network = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_GRU, .hidden_size = 8},
                   {.kind = ELMAN_LAST},
                   {.kind = ELMAN_LINEAR, .output_size = 2}}};
    elman_trainer_config training = {.loss.kind = ELMAN_LOSS_CROSS_ENTROPY,
                                     .batch_size = 4};
    elman_model *m;
    elman_trainer *t;
    CHECK_OK(elman_model_create(&network, &m));
    CHECK_OK(elman_trainer_create(m, d, &training, &t));
    for (int step = 0; step < 20; step++)
        CHECK_OK(elman_trainer_step(t));
    assert_true(isfinite(elman_trainer_progress(t)->last.loss));

    elman_trainer_destroy(t);
    elman_model_destroy(m);
    dataset_close(d);
    assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
    remove(in_folder("huge.npy"));
}
#else
TEST(two_gigabytes_train_in_a_quarter_gigabyte) { skip(); }
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_array_in_its_file_is_that_in_memory),
        cmocka_unit_test(an_array_in_an_archive_is_that_in_memory),
        cmocka_unit_test(what_is_missing_in_an_array_is_filled_as_in_memory),
        cmocka_unit_test(an_encoding_is_followed_in_an_array_as_in_memory),
        cmocka_unit_test(series_in_their_files_are_those_in_memory),
        cmocka_unit_test(
            series_of_many_blocks_and_of_long_lines_are_those_in_memory),
        cmocka_unit_test(an_encoding_is_followed_in_series_as_in_memory),
#ifndef _WIN32
        cmocka_unit_test(what_comes_through_a_pipe_is_read_as_its_file),
#endif
        cmocka_unit_test(what_is_refused_in_memory_is_refused_in_a_file),
        cmocka_unit_test(an_array_in_columns_stays_in_no_file),
        cmocka_unit_test(a_file_that_changes_while_it_is_read_is_refused),
        cmocka_unit_test(two_gigabytes_train_in_a_quarter_gigabyte),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
