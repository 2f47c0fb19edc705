/*
 * folder.h: a temporary folder for one test program, and files in it.
 */
#ifndef TESTS_FOLDER_H
#define TESTS_FOLDER_H

#include "check.h"
#include "system.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_ROOM = 512 };

static char folder_path[PATH_ROOM];

/* For cmocka_run_group_tests. */
static inline int folder_create(void **unused_state)
{
    (void)unused_state;
    const char *base = getenv("TMPDIR");
    snprintf(folder_path, sizeof folder_path, "%.200s/elman-test-XXXXXX",
             base ? base : TEMPORARY);
    return mkdtemp(folder_path) ? 0 : -1;
}

/* Names in the folder, besides . and .. */
static inline size_t folder_count(void)
{
    size_t count = 0;
    DIR *folder = opendir(folder_path);
    if (!folder) abort();
    for (struct dirent *entry; (entry = readdir(folder));)
        count += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
    closedir(folder);
    return count;
}

/* Removes all files, and folders that are empty. */
static inline void folder_clear(void)
{
    DIR *folder = opendir(folder_path);
    if (!folder) abort();
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[2 * PATH_ROOM];
        snprintf(path, sizeof path, "%s/%s", folder_path, entry->d_name);
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            remove(path);
    }
    closedir(folder);
}

static inline int folder_destroy(void **unused_state)
{
    (void)unused_state;
    folder_clear();
    return rmdir(folder_path);
}

/* The path of a name in the folder; one of eight buffers in turn. */
static inline const char *in_folder(const char *name)
{
    static char paths[8][2 * PATH_ROOM];
    static unsigned turn;
    char *path = paths[turn++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder_path, name);
    return path;
}

/* Writes a file in the folder by the C library alone; its path. */
static inline const char *put_bytes(const char *name, const void *data,
                                    size_t bytes)
{
    const char *path = in_folder(name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, bytes, file) != bytes || fclose(file)) abort();
    return path;
}

static inline const char *put_text(const char *name, const char *text)
{
    return put_bytes(name, text, strlen(text));
}

#endif
