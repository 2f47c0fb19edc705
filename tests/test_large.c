/*
 * test_large.c: a text that stays in its file is the text that it would be in
 * memory: the same tokens, batches, hash and facts. And one of 20 GB trains in
 * a fortieth of that.
 */
#include "dataset.h"

#include "data/hash.h"
#include "data/store.h"
#include "data/text_file.h"
#include "learn/baseline.h"
#include "pace.h"

#include <string.h>

#ifndef _WIN32
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#endif

enum { MOST = 400000, STREAMS = 5 };

static char bytes[MOST];
static uint32_t drawn = 1;

static uint32_t draw(uint32_t below)
{
    drawn = drawn * 1664525u + 1013904223u;
    return (drawn >> 8) % below;
}

/* What a text may be made of. */
enum { PLAIN, ACCENTS, RETURNS, BAD, MARKED, LONG_WORD, TEXTS };

/* A text of about that many bytes, with what is hard to cut in all places. */
static size_t make_text(int kind, size_t size)
{
    static const char *const plain[] = {"the ", "cat", " don't", " o'", "\n",
                                        "  ",   ", ",  "x",      " 'a"};
    static const char *const more[] = {"gr\xC3\xBC\xC3\x9F", " \xE4\xB8\xAD",
                                       "\xF0\x9F\x98\x80", "\xE2\x82\xAC's"};
    static const char *const turns[] = {"\r\n", "\r", "\r\r\n", "\n\r"};
    static const char *const bad[] = {"\x92", "\xE4\xB8", "\xF0\x9F\x98",
                                      "\xC3"};
    size_t done = 0;
    if (kind == MARKED) {
        memcpy(bytes, "\xEF\xBB\xBF", 3);
        done = 3;
    }
    while (done < size) {
        const char *piece = plain[draw(9)];
        uint32_t rare = draw(1000);
        if (kind != PLAIN && rare < 200) piece = more[rare % 4];
        if ((kind == RETURNS || kind == MARKED) && rare > 950)
            piece = turns[rare % 4];
        if (kind == BAD && rare > 995) piece = bad[rare % 4];
        memcpy(bytes + done, piece, strlen(piece));
        done += strlen(piece);
        if (kind == LONG_WORD && done > 1000 && done < 1100) {
            memset(bytes + done, 'w', 150000);
            done += 150000;
        }
    }
    return done;
}

/* Batch by batch from a place on. */
static void check_batches(elman_loader *want, elman_loader *got)
{
    elman_batch a, b;
    elman_target y, z;
    do {
        CHECK_OK(loader_read(want, &a, &y));
        CHECK_OK(loader_read(got, &b, &z));
        assert_int_equal(a.T, b.T);
        assert_int_equal(a.B, b.B);
        size_t size = a.T * a.B * sizeof *a.tokens;
        if (!a.B) break;
        assert_memory_equal(a.tokens, b.tokens, size);
        assert_memory_equal(y.classes, z.classes, size);
        assert_memory_equal(a.ids, b.ids, a.B * sizeof *a.ids);
    } while (a.B);
}

static void check_part(const elman_dataset *want, const elman_dataset *got,
                       elman_part part)
{
    static const size_t steps[] = {7, 1500, 100000};
    assert_int_equal(dataset_size(want, part), dataset_size(got, part));
    if (!dataset_size(want, part)) return;

    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        elman_loader_config config = {
            .part = part, .batch_size = STREAMS, .steps = steps[i]};
        elman_loader *a, *b;
        CHECK_OK(loader_create(want, &config, &a));
        CHECK_OK(loader_create(got, &config, &b));
        if (i) check_batches(a, b);

        /* and from any place in any order */
        size_t size = loader_size(a);
        for (int jump = 0; jump < 2; jump++) {
            uint64_t index =
                size < 20 ? draw((uint32_t)size) : size - 20 + draw(20);
            loader_reset(a, 3, index);
            loader_reset(b, 3, index);
            check_batches(a, b);
            loader_reset(b, 3, draw((uint32_t)size));
            CHECK_OK(loader_read(b, &(elman_batch){0}, &(elman_target){0}));
        }
        loader_destroy(a);
        loader_destroy(b);
    }

    elman_baseline_config config = {.part = part};
    elman_baseline a, b;
    CHECK_OK(baseline_read(want, &config, &a));
    CHECK_OK(baseline_read(got, &config, &b));
    assert_memory_equal(&a, &b, sizeof a);
}

/* Opens a file both ways. */
static void check_same(const char *path, elman_dataset_config config)
{
    uint64_t before, after;
    elman_dataset *want = must_open(path, &config);
    config.memory = 1;
    elman_dataset *got = must_open(path, &config);
    assert_non_null(got->rows[0].file);
    assert_string_equal(dataset_note(want), dataset_note(got));
    check_same_facts(want, got);
    for (int part = 0; part <= ELMAN_PART_TEST; part++)
        check_part(want, got, (elman_part)part);

    CHECK_OK(dataset_hash(want, &before));
    CHECK_OK(dataset_hash(got, &after));
    assert_true(before == after);
    dataset_close(want);
    dataset_close(got);
}

TEST(a_text_in_its_file_is_that_in_memory)
{
    static const elman_unit units[] = {ELMAN_UNIT_AUTO, ELMAN_UNIT_BYTES,
                                       ELMAN_UNIT_CHARACTERS, ELMAN_UNIT_WORDS};
    for (int kind = 0; kind < TEXTS; kind++) {
        char other[2 * PATH_ROOM];
        size_t size = make_text(kind, 30000);
        snprintf(other, sizeof other, "%s", put_bytes("o.txt", bytes, size));
        size = make_text(kind, 200000);
        const char *path = put_bytes("t.txt", bytes, size);

        for (int unit = 0; unit < 4; unit++) {
            elman_dataset_config config = {.unit = units[unit], .test = 0.05};
            check_same(path, config);
            if (kind != RETURNS && kind != BAD) continue;
            config.test = 0;
            config.validation_path = other;
            config.keep_line_ends = true;
            check_same(path, config);
            config.keep_line_ends = false;
            config.validation_path = NULL;
            config.test_path = other;
            config.min_count = units[unit] == ELMAN_UNIT_WORDS ? 40 : 0;
            check_same(path, config);
        }
        check_same(path,
                   (elman_dataset_config){.bad_bytes = ELMAN_BAD_BYTES_KEEP});
    }
}

TEST(an_encoding_is_followed_in_a_file_as_in_memory)
{
    static const elman_unit units[] = {ELMAN_UNIT_BYTES, ELMAN_UNIT_CHARACTERS,
                                       ELMAN_UNIT_WORDS};
    for (int unit = 0; unit < 3; unit++) {
        /* what the first has not seen is left out, or is <unk> */
        elman_dataset_config config = {.unit = units[unit]};
        size_t size = make_text(PLAIN, 50000);
        elman_dataset *known =
            must_open(put_bytes("k.txt", bytes, size), &config);
        config = (elman_dataset_config){.encoding = dataset_note(known)};
        for (int kind = 0; kind < TEXTS; kind++) {
            size = make_text(kind, 70000);
            check_same(put_bytes("t.txt", bytes, size), config);
        }
        dataset_close(known);
    }
}

/* ---- Pipes --------------------------------------------------------------- */

#ifndef _WIN32
/* Opens standard input, which a file is in the place of. */
static elman_status open_input(const char *path, size_t memory,
                               elman_dataset **dataset)
{
    elman_dataset_config config = {.memory = memory, .test = 0.05};
    int before = dup(0), file = open(path, O_RDONLY);
    assert_true(before >= 0 && file >= 0 && dup2(file, 0) == 0);
    elman_status status = dataset_open("-", &config, dataset);
    assert_true(dup2(before, 0) == 0);
    close(before);
    close(file);
    return status;
}

TEST(a_pipe_that_is_more_than_memory_is_the_text_that_it_would_be_there)
{
    size_t size = make_text(ACCENTS, 200000);
    const char *path = put_bytes("t.txt", bytes, size);
    const size_t limits[] = {1, 65535, 65536, 100000, size - 1, size, 0};
    elman_dataset_config config = {.test = 0.05};
    elman_dataset *want = must_open(path, &config), *got;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        CHECK_OK(open_input(path, limits[i], &got));
        assert_true((got->rows[0].file != NULL) ==
                    (limits[i] && limits[i] < size));
        assert_string_equal(dataset_note(want), dataset_note(got));
        for (int part = 0; part <= ELMAN_PART_TEST; part++)
            check_part(want, got, (elman_part)part);
        dataset_close(got);
    }
    dataset_close(want);
}

TEST(a_pipe_is_refused_where_there_is_no_room_for_it)
{
    char before[PATH_ROOM] = "";
    const char *folder = getenv("TMPDIR");
    if (folder) snprintf(before, sizeof before, "%s", folder);
    size_t size = make_text(PLAIN, 200000);
    const char *path = put_bytes("t.txt", bytes, size);
    elman_dataset *d;

    setenv("TMPDIR", "/no/such/folder", 1);
    CHECK_FAILS(open_input(path, 1000, &d), ELMAN_BAD_FILE,
                "after 0 bytes '/no/such/folder' takes no more: No such file "
                "or directory; name a folder with more room in TMPDIR");
    if (folder) setenv("TMPDIR", before, 1);
    else unsetenv("TMPDIR");

    /* a limit of the size of a file is what a full disk is */
    struct rlimit all, few;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &all), 0);
    signal(SIGXFSZ, SIG_IGN);
    few = all;
    few.rlim_cur = 150000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
    elman_status status = open_input(path, 1000, &d);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
    CHECK_FAILS(status, ELMAN_BAD_FILE, "takes no more: File too large");
}
#endif

/* ---- What cannot be read ------------------------------------------------- */

static void check_both_refuse(const char *path, elman_dataset_config config,
                              elman_status status, const char *words)
{
    check_refused(path, &config, status, words);
    config.memory = 1;
    check_refused(path, &config, status, words);
}

TEST(what_is_refused_in_memory_is_refused_in_a_file)
{
    size_t size = make_text(PLAIN, 200000);
    elman_dataset_config refuse = {.bad_bytes = ELMAN_BAD_BYTES_REFUSE};
    bytes[150000] = 0;
    check_both_refuse(put_bytes("t.txt", bytes, size),
                      (elman_dataset_config){0}, ELMAN_BAD_FORMAT,
                      "a zero byte at 150000, expected text");
    bytes[150000] = '\xFF';
    const char *path = put_bytes("t.txt", bytes, size);
    check_both_refuse(
        path, refuse, ELMAN_BAD_FORMAT,
        "byte 0xff at offset 150000 is not UTF-8 text, one of 1 such");
    elman_dataset_config kept = {.bad_bytes = ELMAN_BAD_BYTES_KEEP,
                                 .unit = ELMAN_UNIT_CHARACTERS};
    check_both_refuse(path, kept, ELMAN_BAD_VALUE,
                      "bad_bytes keeps byte 0xff at byte 150000");

    memset(bytes + 100000, '\xFF', 20000);
    path = put_bytes("t.txt", bytes, size);
    check_both_refuse(path, (elman_dataset_config){0}, ELMAN_BAD_FORMAT,
                      "places are not UTF-8 text, the first is 0xff at byte");

    /* in memory these are converted */
    elman_dataset_config large = {.memory = 1};
    path = put_bytes("w.txt", "caf\xE9 na\xEFve \x93x\x94\n", 15);
    check_refused(path, &large, ELMAN_BAD_FORMAT,
                  "it is Windows-1252 text, but one of this size stays in its "
                  "file and is UTF-8; make that of it first (iconv -f "
                  "Windows-1252 -t UTF-8)");
    path = put_bytes("w.txt",
                     "\xFF\xFE"
                     "a\0b\0",
                     6);
    check_refused(path, &large, ELMAN_BAD_FORMAT, "it is UTF-16LE text");
}

static void check_broken(const char *words, long cut, bool written)
{
    size_t size = make_text(ACCENTS, 100000);
    elman_dataset_config config = {.memory = 1};
    elman_loader_config streams = {.batch_size = 4};
    elman_batch batch;
    elman_target target;
    elman_loader *loader;
    const char *path = put_bytes("t.txt", bytes, size);
    elman_dataset *d = must_open(path, &config);
    CHECK_OK(loader_create(d, &streams, &loader));
    CHECK_OK(loader_read(loader, &batch, &target));

    if (cut) assert_int_equal(truncate(path, cut), 0);
    usleep(20000); /* a clock of files may be this coarse */
    if (written) (void)put_bytes("t.txt", bytes, size);
    elman_status status = ELMAN_OK;
    for (size_t i = 1; i < loader_size(loader) && !status; i++)
        status = loader_read(loader, &batch, &target);
    CHECK_FAILS(status, ELMAN_BAD_FILE, words);
    loader_destroy(loader);
    dataset_close(d);
}

TEST(a_file_that_changes_while_it_is_read_is_refused)
{
    check_broken("shrank while it was read: it has 50000 of 100", 50000, false);
    check_broken("was written to while it was read", 0, true);
}

/* ---- 20 GB -------------------------------------------------------------- */

#if defined __linux__ && !defined SLOW_BUILD
/* Most of the file is holes, which are zeros; some places have letters. */
static const char *make_huge(uint64_t size)
{
    const char *path = in_folder("huge.bin");
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    bool sparse = ftruncate(fd, (off_t)size) == 0;
    for (uint64_t at = 0; sparse && at < size; at += size / 100)
        sparse = pwrite(fd, "to be or not to be", 18, (off_t)at) == 18;
    close(fd);
    return sparse ? path : NULL;
}

TEST(twenty_gigabytes_train_in_half_a_gigabyte)
{
    const uint64_t size = UINT64_C(20000000000);
    const char *path = sizeof size > sizeof(size_t) ? NULL : make_huge(size);
    if (!path) skip();

    struct rlimit before, limit;
    assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
    limit = before;
    limit.rlim_cur = (rlim_t)512 << 20;
    assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);

    elman_dataset_config config = {
        .unit = ELMAN_UNIT_BYTES, .memory = 1 << 20, .test = 0.2};
    elman_dataset *d = must_open(path, &config);
    assert_int_equal(dataset_encoding(d)->vocabulary, 8);
    assert_int_equal(dataset_size(d, ELMAN_PART_TRAIN), size / 10 * 7);

    elman_baseline baseline;
    elman_baseline_config all = {.part = ELMAN_PART_TRAIN};
    CHECK_OK(baseline_read(d, &all, &baseline));
    assert_true(baseline.loss > 0 && baseline.loss < 1e-5);

    elman_config network = {
        .layers = {
            {.kind = ELMAN_EMBEDDING, .num_embeddings = 8, .embedding_dim = 8},
            {.kind = ELMAN_LSTM, .hidden_size = 32},
            {.kind = ELMAN_LINEAR, .output_size = 8}}};
    elman_trainer_config training = {.loss.kind = ELMAN_LOSS_CROSS_ENTROPY};
    elman_model *m;
    elman_trainer *t;
    CHECK_OK(elman_model_create(&network, &m));
    CHECK_OK(elman_trainer_create(m, d, &training, &t));
    double first = 0;
    for (int step = 0; step < 40; step++) {
        CHECK_OK(elman_trainer_step(t));
        if (step == 0) first = elman_trainer_progress(t)->last.loss;
    }
    assert_true(elman_trainer_progress(t)->last.loss < first);

    elman_trainer_destroy(t);
    elman_model_destroy(m);
    dataset_close(d);
    assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
    remove(in_folder("huge.bin"));
}
#else
TEST(twenty_gigabytes_train_in_half_a_gigabyte) { skip(); }
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_in_its_file_is_that_in_memory),
        cmocka_unit_test(an_encoding_is_followed_in_a_file_as_in_memory),
#ifndef _WIN32
        cmocka_unit_test(
            a_pipe_that_is_more_than_memory_is_the_text_that_it_would_be_there),
        cmocka_unit_test(a_pipe_is_refused_where_there_is_no_room_for_it),
#endif
        cmocka_unit_test(what_is_refused_in_memory_is_refused_in_a_file),
        cmocka_unit_test(a_file_that_changes_while_it_is_read_is_refused),
        cmocka_unit_test(twenty_gigabytes_train_in_half_a_gigabyte),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
