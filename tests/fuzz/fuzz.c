/* fuzz.c: a run of a target, watched. */
#include "fuzz.h"

#include "allocator.h"
#include "format/file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FOLDER_ROOM = 256, PATH_ROOM = 512 };

static char folder[FOLDER_ROOM];

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

_Noreturn void fuzz_stop(const char *file, int line, const char *sentence)
{
    fprintf(stderr, "%s:%d: does not hold: %s\nlast message: \"%s\"\n", file,
            line, sentence, elman_message());
    abort();
}

/* ---- Files -------------------------------------------------------------- */

static void empty_folder(void)
{
    DIR *entries = opendir(folder);
    if (!entries) return;
    for (struct dirent *entry; (entry = readdir(entries));)
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            remove(fuzz_path(entry->d_name));
    closedir(entries);
}

static void remove_folder(void)
{
    empty_folder();
    rmdir(folder);
}

const char *fuzz_path(const char *name)
{
    static char paths[8][PATH_ROOM];
    static unsigned turn;
    char *path = paths[turn++ % 8];
    snprintf(path, PATH_ROOM, "%s/%.200s", folder, name);
    return path;
}

const char *fuzz_put(const char *name, const uint8_t *data, size_t size)
{
    const char *path = fuzz_path(name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file)) abort();
    return path;
}

char *fuzz_copy(const uint8_t *data, size_t size)
{
    char *copy = malloc(size + 1);
    if (!copy) abort();
    if (size) memcpy(copy, data, size);
    copy[size] = 0;
    return copy;
}

void fuzz_same(const char *path, const char *other)
{
    char *left = NULL, *right = NULL;
    size_t left_bytes = 0, right_bytes = 0;
    MUST_OK(file_read(path, &left, &left_bytes));
    MUST_OK(file_read(other, &right, &right_bytes));
    MUST(left_bytes == right_bytes);
    MUST(!memcmp(left, right, left_bytes));
    free(left);
    free(right);
}

/* ---- Runs --------------------------------------------------------------- */

void fuzz_refused(const char *part)
{
    const char *message = elman_message();
    MUST(message[0]);
    MUST(strstr(message, part));
    for (const char *c = message; *c; c++)
        MUST((unsigned char)*c >= 0x20 && *c != 0x7F);
}

void fuzz_prepare(void)
{
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%.200s/elman-fuzz-XXXXXX",
             base ? base : "/tmp");
    if (!mkdtemp(folder)) abort();
    atexit(remove_folder);
    if (target.prepare) target.prepare();
    empty_folder();
}

int fuzz_run(const uint8_t *data, size_t size)
{
    /* the sentence of an earlier run is none of this one */
    (void)failure(ELMAN_OK, "%s", "");
    allocator_reset();
    target.run(data, size);
    allocations after = allocator_read();
    empty_folder();
    size_t times = target.times ? target.times : MEMORY_TIMES;
    size_t room = target.room ? target.room : MEMORY_ROOM;
    if (after.outstanding || after.peak > times * size + room) {
        fprintf(stderr,
                "an input of %zu bytes: %zu bytes at most, %td blocks left\n",
                size, after.peak, after.outstanding);
        abort();
    }
    return 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    fuzz_prepare();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_run(data, size);
}
