/*
 * test_file_posix.c: what only Linux, macOS and their kin have of files: pipes,
 * links, permissions; and a target is replaced as a whole or not at all,
 * whichever call of the system fails.
 */
#include "content.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>

/* ---- The system, failing on request ------------------------------------- */

/* fallible calls until one fails; negative: none does */
static int calls_left = -1;
static bool short_writes;

static bool fails_now(void) { return calls_left >= 0 && calls_left-- == 0; }

ssize_t write(int fd, const void *data, size_t bytes)
{
    if (fails_now()) {
        errno = ENOSPC;
        return -1;
    }
    if (short_writes && bytes > 7) bytes = 7;
    return syscall(SYS_write, fd, data, bytes);
}

int fsync(int fd)
{
    if (fails_now()) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

int close(int fd)
{
    bool fails = fails_now();
    int result = (int)syscall(SYS_close, fd);
    if (!fails) return result;
    errno = EIO;
    return -1;
}

int renameat(int from, const char *old, int to, const char *new)
{
    if (fails_now()) {
        errno = EACCES;
        return -1;
    }
    return (int)syscall(SYS_renameat2, from, old, to, new, 0);
}

/* ---- Types and links ----------------------------------------------------- */

TEST(pipes_and_devices_are_refused_by_their_type)
{
    folder_clear();
    char *data = NULL;
    size_t bytes = 0;
    const char *pipe_path = in_folder("pipe");
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    CHECK_FAILS(file_read(pipe_path, &data, &bytes), ELMAN_BAD_FILE,
                "pipe' is a pipe, not a regular file");
    CHECK_FAILS(file_write("/dev/full", "x", 1), ELMAN_BAD_FILE,
                "it is a device, not a regular file");
    put_text("file", "old");
    CHECK_FAILS(file_write(in_folder("file/x"), "x", 1), ELMAN_BAD_FILE,
                "Not a directory");
    assert_null(data);
}

static mode_t mode_of(const char *path)
{
    struct stat about;
    assert_int_equal(lstat(path, &about), 0);
    return about.st_mode;
}

TEST(modes_are_those_of_the_old_file_or_of_the_umask)
{
    folder_clear();
    mode_t before = umask(027);
    CHECK_OK(file_write(in_folder("new"), "x", 1));
    assert_int_equal(mode_of(in_folder("new")) & 0777, 0640);
    umask(before);
    assert_int_equal(chmod(in_folder("new"), 0604), 0);
    CHECK_OK(file_write(in_folder("new"), "y", 1));
    assert_int_equal(mode_of(in_folder("new")) & 0777, 0604);
}

TEST(a_link_stays_a_link_and_what_it_names_is_replaced)
{
    folder_clear();
    put_text("real", "old");
    assert_int_equal(symlink("real", in_folder("link")), 0);
    assert_int_equal(symlink(in_folder("link"), in_folder("link2")), 0);
    CHECK_OK(file_write(in_folder("link2"), "new", 3));
    check_content(in_folder("real"), "new", 3);
    assert_true(S_ISLNK(mode_of(in_folder("link"))));

    assert_int_equal(symlink("later", in_folder("dangling")), 0);
    CHECK_OK(file_write(in_folder("dangling"), "new", 3));
    check_content(in_folder("later"), "new", 3);

    assert_int_equal(symlink("circle", in_folder("circle")), 0);
    CHECK_FAILS(file_write(in_folder("circle"), "new", 3), ELMAN_BAD_FILE,
                "loop of symbolic links");
}

/* ---- Calls that fail ----------------------------------------------------- */

TEST(a_system_that_writes_little_at_once_is_asked_again)
{
    folder_clear();
    char large[30000];
    for (size_t i = 0; i < sizeof large; i++)
        large[i] = (char)(i * 7 + i / 1000);
    short_writes = true;
    elman_status status = file_write(in_folder("target"), large, sizeof large);
    short_writes = false;
    CHECK_OK(status);
    check_content(in_folder("target"), large, sizeof large);
}

/* The old content or the new one stands, and no temporary is left, whichever
 * call fails. */
TEST(every_failing_call_is_reported_and_leaves_old_or_new)
{
    folder_clear();
    char data[200000];
    memset(data, 'n', sizeof data);
    const char *path = in_folder("target");
    int k = 0;
    for (bool through = false; !through; k++) {
        put_text("target", "old");
        calls_left = k;
        elman_status status = file_write(path, data, sizeof data);
        through = calls_left >= 0;
        calls_left = -1;

        char *got = NULL;
        size_t bytes = 0;
        CHECK_OK(file_read(path, &got, &bytes));
        bool is_new = bytes == sizeof data && !memcmp(got, data, bytes);
        bool is_old = bytes == 3 && !memcmp(got, "old", 3);
        CHECK(status == ELMAN_OK ? is_new : is_old || is_new, "call %d", k);
        CHECK(folder_count() == 1, "call %d", k);
        if (status != ELMAN_OK)
            CHECK(strstr(elman_message(), path), "\"%s\"", elman_message());
        free(got);
    }
    CHECK(k > 5, "only %d calls could fail", k);
}

TEST(a_full_disk_is_reported_and_the_old_file_stays)
{
    folder_clear();
    put_text("target", "old");
    struct rlimit before, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 100000;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    static char data[200000];
    elman_status status = file_write(in_folder("target"), data, sizeof data);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_DFL);
    CHECK_FAILS(status, ELMAN_BAD_FILE, "File too large");
    check_content(in_folder("target"), "old", 3);
    assert_int_equal(folder_count(), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pipes_and_devices_are_refused_by_their_type),
        cmocka_unit_test(modes_are_those_of_the_old_file_or_of_the_umask),
        cmocka_unit_test(a_link_stays_a_link_and_what_it_names_is_replaced),
        cmocka_unit_test(a_system_that_writes_little_at_once_is_asked_again),
        cmocka_unit_test(every_failing_call_is_reported_and_leaves_old_or_new),
        cmocka_unit_test(a_full_disk_is_reported_and_the_old_file_stays),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
