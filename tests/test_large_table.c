/*
 * test_large_table.c: tables and .tsf whose rows lie in files without a name,
 * held against the same in memory: what is said of them, every number, the
 * order of epochs, where rows stand, and forecasts that go on. Memory stays
 * below its limit, and a disk that is full is said.
 */
#include "large.h"

#include "base/spill.h"

#include <signal.h>
#include <stdlib.h>

#ifndef _WIN32
#include <sys/resource.h>
#include <sys/wait.h>
#endif

enum { ROWS = 12000, LINE = 120, LIMIT = 1 << 16 };

/* ---- Tables -------------------------------------------------------------- */

/* Writes a number as a table of this kind has it. */
static int put_value(char *text, double value, bool comma)
{
    int bytes = sprintf(text, "%.2f", value);
    char *point = strchr(text, '.');
    if (comma && point) *point = ',';
    return bytes;
}

/* A table as one of the kinds of tables is, a bit for each way. */
enum {
    SERIES = 1,    /* rows of three series take turns */
    NEWEST = 2,    /* the newest row comes first */
    UNSORTED = 4,  /* rows in no order */
    HOLES = 8,     /* values are missing here and there */
    COMMAS = 16,   /* 1,5; and titles above, a footer below, no first name */
    TAGS = 32,     /* the last column is text */
    CONSTANT = 64, /* the last column never changes */
    CLOCK = 128    /* a date and a time of day in columns of their own */
};

static void put_row(char *text, size_t row, unsigned kind)
{
    char separator = kind & COMMAS ? ';' : ',';
    size_t step = kind & SERIES ? row / 3 : row;
    size_t minute = step % 60, hour = step / 60 % 24, day = step / 1440;
    text += sprintf(text, "2021-%02zu-%02zu%c%02zu:%02zu", day / 28 + 1,
                    day % 28 + 1, kind & CLOCK ? separator : ' ', hour, minute);
    if (kind & SERIES) text += sprintf(text, "%cs%zu", separator, row % 3);

    for (int column = 0; column < 2; column++) {
        double value = 50 + 20 * sin((double)step / (7 + 5 * column)) +
                       (double)draw(100) / 20;
        *text++ = separator;
        if ((kind & HOLES) && draw(90) == 0) continue;
        text += put_value(text, value, kind & COMMAS);
    }

    *text++ = separator;
    if (kind & TAGS) sprintf(text, "%s", step % 40 < 20 ? "low" : "high");
    else if (kind & CONSTANT) sprintf(text, "7");
    else
        put_value(text, (double)(step % 31) + 1 + (double)draw(9),
                  kind & COMMAS);
}

static const char *put_table(const char *name, unsigned kind)
{
    char(*lines)[LINE] = calloc(ROWS, sizeof *lines);
    char *all = malloc(ROWS * (size_t)LINE + 1000), *at = all;
    for (size_t row = 0; row < ROWS; row++) {
        size_t to = kind & NEWEST ? ROWS - 1 - row : row;
        put_row(lines[to], row, kind);
    }
    for (size_t row = ROWS - 1; (kind & UNSORTED) && row > 0; row--) {
        char kept[LINE];
        size_t other = draw((uint32_t)row + 1);
        memcpy(kept, lines[row], LINE);
        memcpy(lines[row], lines[other], LINE);
        memcpy(lines[other], kept, LINE);
    }

    if (kind & COMMAS) at += sprintf(at, "# of a station\nThe table\n");
    const char *names = kind & SERIES  ? "time,plant,a,b,c"
                        : kind & CLOCK ? "day,clock,a,b,c"
                                       : "time,a,b,c";
    for (; *names; names++)
        *at++ = *names == ',' && (kind & COMMAS) ? ';' : *names;
    *at++ = '\n';
    for (size_t row = 0; row < ROWS; row++)
        at += sprintf(at, "%s\n", lines[row]);
    if (kind & COMMAS) at += sprintf(at, "\nend of the table\n");

    const char *path = put_bytes(name, all, (size_t)(at - all));
    free(all);
    free(lines);
    return path;
}

static const char *put_tsf(const char *name)
{
    char *all = malloc(ROWS * (size_t)LINE), *at = all;
    at += sprintf(at, "@relation r\n@attribute series_name string\n"
                      "@attribute start_timestamp date\n@frequency daily\n"
                      "@horizon 3\n@missing true\n@equallength false\n@data\n");
    for (int s = 0; s < 7; s++) {
        at += sprintf(at, "s%d:1990-02-%02d 00-00-00:", s, s + 1);
        for (int t = 0; t < 1500 + 100 * s; t++) {
            bool hole = t && draw(200) == 0;
            at += hole ? sprintf(at, "%s?", t ? "," : "")
                       : sprintf(at, "%s%u", t ? "," : "", 10 + draw(90));
        }
        *at++ = '\n';
    }
    const char *path = put_bytes(name, all, (size_t)(at - all));
    free(all);
    return path;
}

/* ---- The same ------------------------------------------------------------ */

static void check_places(const elman_dataset *want, const elman_dataset *got)
{
    for (size_t id = 0; id < want->sequence_count; id += 97) {
        elman_origin a, b;
        dataset_origin(want, id, 0, &a);
        dataset_origin(got, id, 0, &b);
        assert_memory_equal(a.time, b.time, strlen(a.time) + 1);
        assert_int_equal(a.line, b.line);
        assert_int_equal(a.step, b.step);
        assert_int_equal(a.sequence, b.sequence);
    }
}

/* A forecast goes on behind each series, some steps at a time. */
static void check_extended(elman_dataset *want, elman_dataset *got)
{
    const elman_encoding *e = dataset_encoding(want);
    double values[8] = {51, 52, 53, 54, 55, 56, 57, 58};
    if (e->task != ELMAN_TASK_FORECAST || e->horizon * e->target_count > 8)
        return;
    for (size_t id = want->sequence_count; id-- > 0;) {
        uint64_t a = id, b = id;
        for (int k = 0; k < 3; k++) {
            elman_status status = dataset_extend(want, a, values, &a);
            assert_int_equal(status, dataset_extend(got, b, values, &b));
            if (status) break;
            assert_true(a == b);
        }
        if (a != id) break;
    }
    check_sequences(want, got);
    check_places(want, got);
}

static void check_table(const char *path, elman_dataset_config config)
{
    uint64_t hash[2];
    elman_dataset *want = must_open(path, &config);
    assert_int_equal(spill_in_files(), 0);
    config.memory = LIMIT;
    elman_dataset *got = must_open(path, &config);
    assert_true(spill_in_files() > 0);

    assert_string_equal(dataset_note(want), dataset_note(got));
    check_same_facts(want, got);
    CHECK_OK(dataset_hash(want, &hash[0]));
    CHECK_OK(dataset_hash(got, &hash[1]));
    assert_true(hash[0] == hash[1]);

    bool none = !dataset_size(want, ELMAN_PART_TRAIN);
    const elman_loader_config epochs = {.part = none ? ELMAN_PART_VALIDATION
                                                     : ELMAN_PART_TRAIN,
                                        .batch_size = 700,
                                        .shuffled = true,
                                        .bucketed = true,
                                        .seed = 3};
    check_order(want, got, &epochs);
    check_places(want, got);
    check_extended(want, got);
    dataset_close(want);
    dataset_close(got);
    assert_int_equal(spill_in_files(), 0);
}

TEST(a_large_table_is_the_one_in_memory)
{
    static const struct {
        unsigned kind;
        elman_dataset_config config;
    } cases[] = {
        {0, {.window = 12, .horizon = 2}},
        {NEWEST, {.window = 12, .test = 0.1}},
        {UNSORTED, {.window = 7, .transform = "log,difference"}},
        {SERIES, {.by = "plant", .target = "a", .window = 9}},
        {SERIES | UNSORTED | HOLES,
         {.by = "plant", .missing = ELMAN_MISSING_PREVIOUS}},
        {HOLES, {.missing = ELMAN_MISSING_DROP, .columns = "a,c"}},
        {HOLES | NEWEST, {.missing = ELMAN_MISSING_MEAN, .folds = 4}},
        {COMMAS, {.window = 5, .transform = "seasonal:31"}},
        {TAGS, {.window = 50}},
        {TAGS | SERIES, {.by = "plant", .window = 33}},
        {CONSTANT, {.task = ELMAN_TASK_TRACK, .target = "a", .window = 40}},
        {CLOCK | UNSORTED, {.target = "b,c", .columns = "b,c"}},
        {UNSORTED, {.time = "none", .no_scaling = true}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_table(put_table("t.csv", cases[i].kind), cases[i].config);
}

TEST(so_are_series_of_the_archive)
{
    check_table(put_tsf("s.tsf"),
                (elman_dataset_config){.missing = ELMAN_MISSING_PREVIOUS});
}

TEST(several_files_and_a_model_of_one_may_be_large)
{
    char other[PATH_ROOM];
    snprintf(other, sizeof other, "%s", put_table("v.csv", 0));
    elman_dataset_config config = {.validation_path = other, .window = 8};
    const char *path = put_table("t.csv", 0);
    check_table(path, config);

    /* answered by what was learned */
    elman_dataset *learned = must_open(path, &config);
    char *note = strdup(dataset_note(learned));
    dataset_close(learned);
    check_table(path,
                (elman_dataset_config){.encoding = note, .answers = true});
    free(note);
}

/* ---- Limits -------------------------------------------------------------- */

#if !defined _WIN32 && !defined SLOW_BUILD
TEST(a_folder_that_takes_no_more_is_named)
{
    const char *path = put_table("t.csv", 0);
    const elman_dataset_config config = {.memory = LIMIT};
    struct rlimit all, few;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &all), 0);
    few = (struct rlimit){100000, all.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
    check_refused(path, &config, ELMAN_BAD_FILE, "takes no more: ");
    check_refused(path, &config, ELMAN_BAD_FILE,
                  "more room in TMPDIR, or give");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
    assert_int_equal(spill_in_files(), 0);
}

/* Whatever the thread that drops pages does meanwhile, a child goes on. */
TEST(a_child_of_fork_has_blocks_of_its_own)
{
    enum { CHILDREN = 40 };
    const char *path = put_table("t.csv", 0);
    const elman_dataset_config config = {.memory = LIMIT};
    elman_dataset *d = must_open(path, &config);
    for (int i = 0; i < CHILDREN; i++) {
        int status = 0;
        fflush(stdout);
        pid_t child = fork();
        if (!child) {
            alarm(20);
            elman_dataset *own = NULL;
            bool opened = dataset_open(path, &config, &own) == ELMAN_OK;
            dataset_close(own);
            _exit(!opened);
        }
        assert_true(child > 0 && waitpid(child, &status, 0) == child);
        assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
    }
    uint64_t hash;
    CHECK_OK(dataset_hash(d, &hash));
    dataset_close(d);
}
#else
TEST(a_folder_that_takes_no_more_is_named) { skip(); }
TEST(a_child_of_fork_has_blocks_of_its_own) { skip(); }
#endif

#if defined __linux__ && !defined SLOW_BUILD
/* What this process has in memory of no file. */
static size_t own_memory(void)
{
    char line[200];
    size_t kilobytes = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, "VmData:", 7))
            kilobytes = strtoull(line + 7, NULL, 10);
    fclose(file);
    return kilobytes * 1024;
}

/* With a tenth of what its rows take. */
TEST(memory_stays_below_its_limit)
{
    enum { TIMES = 80, MORE = 8 << 20 };
    FILE *table = fopen(in_folder("big.csv"), "w");
    fprintf(table, "a,b\n");
    for (size_t row = 0; row < TIMES * (size_t)ROWS; row++)
        fprintf(table, "%u,%u.5\n", draw(100), draw(1000));
    fclose(table);

    struct rlimit all, few;
    assert_int_equal(getrlimit(RLIMIT_DATA, &all), 0);
    few = (struct rlimit){own_memory() + MORE, all.rlim_max};
    elman_dataset_config config = {.window = 6, .memory = 1 << 20};
    assert_int_equal(setrlimit(RLIMIT_DATA, &few), 0);
    elman_dataset *d = must_open(in_folder("big.csv"), &config);
    uint64_t hash;
    CHECK_OK(dataset_hash(d, &hash));
    assert_int_equal(setrlimit(RLIMIT_DATA, &all), 0);
    assert_true(spill_in_files() > 2 * (size_t)MORE);
    dataset_close(d);
}

/* Addresses that are taken. */
static size_t bytes_of_process(void)
{
    size_t pages = 0;
    FILE *own = fopen("/proc/self/statm", "r");
    assert_true(own && fscanf(own, "%zu", &pages) == 1);
    fclose(own);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* Files take as many addresses as bytes. */
TEST(addresses_that_are_limited_are_named)
{
    const char *path = put_table("t.csv", 0);
    const elman_dataset_config config = {.memory = LIMIT};
    struct rlimit all, few;
    assert_int_equal(getrlimit(RLIMIT_AS, &all), 0);
    few.rlim_cur = bytes_of_process() + LIMIT;
    few.rlim_max = all.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_AS, &few), 0);
    check_refused(path, &config, ELMAN_BAD_FILE, "limit (ulimit -v), or give");
    assert_int_equal(setrlimit(RLIMIT_AS, &all), 0);
    assert_int_equal(spill_in_files(), 0);
}

/* Without addresses for it elsewhere, it stays where it is. */
TEST(a_block_shrinks_without_a_second_one_beside_it)
{
    enum { BYTES = 64 << 20, SHORTER = 60 << 20 };
    size_t before = spill_limit(LIMIT);
    unsigned char *block = spill_create(BYTES);
    assert_true(block && spill_in_files() == BYTES);
    for (size_t i = 0; i < BYTES; i += 1000)
        block[i] = (unsigned char)(i / 1000);

    struct rlimit all, few;
    assert_int_equal(getrlimit(RLIMIT_AS, &all), 0);
    few = (struct rlimit){bytes_of_process() + (16 << 20), all.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_AS, &few), 0);
    unsigned char *wider = spill_resize(block, BYTES, 2 * (size_t)BYTES);
    unsigned char *shorter = spill_resize(block, SHORTER, SHORTER);
    assert_int_equal(setrlimit(RLIMIT_AS, &all), 0);
    assert_null(wider);
    assert_non_null(shorter);

    /* all that it has can be read, and the rest is cut off later */
    size_t have = spill_in_files();
    assert_true(have == SHORTER || have == BYTES);
    for (size_t i = 0; i < have; i += 1000)
        assert_int_equal(shorter[i], (unsigned char)(i / 1000));
    shorter = spill_resize(shorter, SHORTER, SHORTER);
    assert_non_null(shorter);
    assert_int_equal(spill_in_files(), SHORTER);
    spill_free(shorter);
    spill_limit(before);
}
#else
TEST(a_block_shrinks_without_a_second_one_beside_it) { skip(); }
TEST(memory_stays_below_its_limit) { skip(); }
TEST(addresses_that_are_limited_are_named) { skip(); }
#endif

/* ---- Blocks -------------------------------------------------------------- */

static int compare_bytes(const void *left, const void *right)
{
    return memcmp(left, right, 3);
}

TEST(a_block_grows_shrinks_and_is_sorted_wherever_it_lies)
{
    enum { COUNT = 50000 };
    for (size_t limit = 0; limit <= LIMIT; limit += LIMIT) {
        size_t before = spill_limit(limit), room = 0;
        unsigned char *list = NULL;
        for (size_t i = 0; i < COUNT; i++) {
            list = spill_widen(list, &room, i + 1, 3);
            assert_non_null(list);
            for (size_t k = 0; k < 3; k++)
                list[3 * i + k] = (unsigned char)draw(i % 2 ? 256 : 3);
        }
        assert_true(!limit == !spill_in_files());

        unsigned char *want = malloc(3 * COUNT);
        memcpy(want, list, 3 * COUNT);
        qsort(want, COUNT, 3, compare_bytes);
        spill_sort(list, COUNT, 3, compare_bytes);
        assert_memory_equal(want, list, 3 * COUNT);
        spill_sort(list, COUNT, 3, compare_bytes);

        list = spill_resize(list, 3 * COUNT, COUNT);
        assert_memory_equal(want, list, COUNT);
        spill_free(list);
        free(want);
        assert_int_equal(spill_in_files(), 0);
        assert_int_equal(spill_limit(before), limit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_large_table_is_the_one_in_memory),
        cmocka_unit_test(so_are_series_of_the_archive),
        cmocka_unit_test(several_files_and_a_model_of_one_may_be_large),
        cmocka_unit_test(a_folder_that_takes_no_more_is_named),
        cmocka_unit_test(a_child_of_fork_has_blocks_of_its_own),
        cmocka_unit_test(memory_stays_below_its_limit),
        cmocka_unit_test(addresses_that_are_limited_are_named),
        cmocka_unit_test(a_block_shrinks_without_a_second_one_beside_it),
        cmocka_unit_test(a_block_grows_shrinks_and_is_sorted_wherever_it_lies),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
