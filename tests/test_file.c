/*
 * test_file.c: a file that cannot be read is refused with the reason; a target
 * is replaced as a whole or not at all, also by a process that dies meanwhile.
 * Links, permissions and calls that fail are in test_file_posix.c.
 */
#include "content.h"

/* ---- Reading ------------------------------------------------------------ */

TEST(a_file_is_read_whole_with_zeros_and_without_a_final_newline)
{
    check_content(put_bytes("a", "x\0y\n\0", 5), "x\0y\n\0", 5);
    check_content(put_text("b", "no newline"), "no newline", 10);
    check_content(put_text("c", ""), "", 0);
}

TEST(what_is_not_a_regular_file_is_refused_by_its_type)
{
    char *data = NULL;
    size_t bytes = 0;
    CHECK_FAILS(file_read(folder_path, &data, &bytes), ELMAN_BAD_FILE,
                "' is a directory, not a regular file");
    CHECK_FAILS(file_read(DEVICE, &data, &bytes), ELMAN_BAD_FILE,
                "'" DEVICE "' is a device, not a regular file");
    CHECK_FAILS(file_read(in_folder("none"), &data, &bytes), ELMAN_BAD_FILE,
                "No such file");
    assert_null(data);
}

/* ---- Writing ------------------------------------------------------------ */

TEST(a_write_replaces_the_target_and_leaves_nothing_else)
{
    folder_clear();
    const char *path = in_folder("target");
    char *large = malloc(300000);
    for (size_t i = 0; i < 300000; i++)
        large[i] = (char)(i * 7 + i / 1000);

    CHECK_OK(file_write(path, "first", 5));
    check_content(path, "first", 5);
    CHECK_OK(file_write(path, large, 300000));
    check_content(path, large, 300000);

    /* in chunks of every size around the buffer's */
    file_writer *writer = NULL;
    CHECK_OK(file_writer_open(path, &writer));
    size_t at = 0;
    for (size_t chunk = 0; at < 300000; chunk = chunk * 3 + 1) {
        size_t bytes = chunk < 300000 - at ? chunk : 300000 - at;
        CHECK_OK(file_writer_write(writer, large + at, bytes));
        at += bytes;
    }
    CHECK_OK(file_writer_commit(writer));
    check_content(path, large, 300000);
    free(large);
    assert_int_equal(folder_count(), 1);
}

TEST(a_target_that_cannot_be_written_is_refused_in_one_sentence)
{
    folder_clear();
    CHECK_FAILS(file_write(folder_path, "x", 1), ELMAN_BAD_FILE,
                "it is a directory, not a regular file");
    CHECK_FAILS(file_write(in_folder(""), "x", 1), ELMAN_BAD_FILE,
                "the path names no file");
    CHECK_FAILS(file_write(in_folder("no/file"), "x", 1), ELMAN_BAD_FILE,
                "No such file or directory");
    put_text("file", "old");
    if (!may_write_all()) {
        assert_int_equal(chmod(in_folder("file"), 0444), 0);
        CHECK_FAILS(file_write(in_folder("file"), "x", 1), ELMAN_BAD_FILE,
                    "Permission denied");
        assert_int_equal(chmod(in_folder("file"), 0644), 0);
    }
    check_content(in_folder("file"), "old", 3);
    assert_int_equal(folder_count(), 1);
}

TEST(an_aborted_write_changes_nothing)
{
    folder_clear();
    put_text("target", "old");
    file_writer *writer = NULL;
    CHECK_OK(file_writer_open(in_folder("target"), &writer));
    CHECK_OK(file_writer_write(writer, "new", 3));
    assert_int_equal(folder_count(), 2);
    file_writer_abort(writer);
    file_writer_abort(NULL);
    check_content(in_folder("target"), "old", 3);
    assert_int_equal(folder_count(), 1);
}

static const char *this_program;

/* Where the variable names a target, this program does not test, but dies in
 * the middle of writing that. */
static const char half_written[] = "HALF_WRITTEN";

static void write_half(void)
{
    file_writer *writer = NULL;
    if (file_writer_open(getenv(half_written), &writer)) _exit(1);
    if (file_writer_write(writer, "half", 4)) _exit(1);
    _exit(0);
}

TEST(temporaries_of_the_dead_are_removed_and_of_the_living_kept)
{
    folder_clear();
    assert_int_equal(setenv(half_written, in_folder("target"), 1), 0);
    assert_int_equal(process_run(this_program, write_half), 0);
    assert_int_equal(folder_count(), 1);
    put_text("target.12-3.elman-tmp2", "not ours");
    put_text("target.x.elman-tmp", "not ours");

    file_writer *first = NULL, *second = NULL;
    CHECK_OK(file_writer_open(in_folder("target"), &first));
    assert_int_equal(folder_count(), 3);
    CHECK_OK(file_writer_open(in_folder("target"), &second));
    assert_int_equal(folder_count(), 4);
    CHECK_OK(file_writer_write(first, "first", 5));
    CHECK_OK(file_writer_write(second, "second", 6));
    CHECK_OK(file_writer_commit(second));
    CHECK_OK(file_writer_commit(first));
    check_content(in_folder("target"), "first", 5);
    assert_int_equal(folder_count(), 3);
}

int main(int argc, char **argv)
{
    if (getenv(half_written)) write_half();
    this_program = argc ? argv[0] : "";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_file_is_read_whole_with_zeros_and_without_a_final_newline),
        cmocka_unit_test(what_is_not_a_regular_file_is_refused_by_its_type),
        cmocka_unit_test(a_write_replaces_the_target_and_leaves_nothing_else),
        cmocka_unit_test(
            a_target_that_cannot_be_written_is_refused_in_one_sentence),
        cmocka_unit_test(an_aborted_write_changes_nothing),
        cmocka_unit_test(
            temporaries_of_the_dead_are_removed_and_of_the_living_kept),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
