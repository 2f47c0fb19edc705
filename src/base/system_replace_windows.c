/*
 * system_replace_windows.c: system_replace.h for Windows.
 *
 * A temporary is called TARGET.PID-NUMBER.elman-tmp. Its writer keeps it open,
 * so nobody can open it for himself alone: who can has found one that was left
 * behind. Permissions are those that the folder gives to a new file.
 */
#include "base/system_replace.h"

#include <windows.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/memory.h"
#include "base/system_windows.h"
#include "base/unwritten.h"

static const wchar_t suffix[] = L".elman-tmp";

enum {
    KEPT_NAME = 200, /* of the target's name in the temporary's */
    ADDED_NAME = 48, /* ".PID-NUMBER", the suffix, a zero */
    ATTEMPTS = 1000,
    TRIES = 50, /* to replace a file that somebody looks at */
    PAUSE = 10  /* milliseconds between them */
};

struct replacement {
    char *path;         /* as the caller gave it, for messages */
    wchar_t *target;    /* whole */
    wchar_t *temporary; /* whole; in the same folder */
    HANDLE handle;      /* open temporary, INVALID_HANDLE_VALUE none */
    bool committed;
};

/* ---- Where to write ------------------------------------------------------ */

/* The name behind the folder of a whole path. */
static wchar_t *name_of(wchar_t *whole) { return wcsrchr(whole, L'\\') + 1; }

/* Where the links of a whole path lead to; the path itself, if it is none or
 * leads nowhere. */
static wchar_t *follow_links(wchar_t *whole)
{
    const DWORD all = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    const DWORD facts = GetFileAttributesW(whole);
    if (facts == INVALID_FILE_ATTRIBUTES ||
        !(facts & FILE_ATTRIBUTE_REPARSE_POINT))
        return whole;

    HANDLE file = CreateFileW(whole, 0, all, NULL, OPEN_EXISTING,
                              FILE_FLAG_BACKUP_SEMANTICS, NULL);
    if (file == INVALID_HANDLE_VALUE) return whole;
    const DWORD size = GetFinalPathNameByHandleW(file, NULL, 0, 0);
    wchar_t *real = size ? malloc(size * sizeof *real) : NULL;
    const bool known =
        real && GetFinalPathNameByHandleW(file, real, size, 0) < size;
    CloseHandle(file);

    free(known ? whole : real);
    return known ? real : whole;
}

static elman_status check_target(const replacement *file)
{
    if (!*name_of(file->target))
        return failure(ELMAN_BAD_FILE,
                       "cannot write '%.200s': the path names no file",
                       file->path);

    /* no target yet is fine */
    const DWORD facts = GetFileAttributesW(file->target);
    if (facts == INVALID_FILE_ATTRIBUTES) {
        windows_failure();
        if (errno == ENOENT) return ELMAN_OK;
        return failure(ELMAN_BAD_FILE, "cannot write '%.200s': %s", file->path,
                       unwritten_because(errno).text);
    }

    if (facts & FILE_ATTRIBUTE_DIRECTORY)
        return failure(
            ELMAN_BAD_FILE,
            "cannot write '%.200s': it is a directory, not a regular file",
            file->path);
    if (facts & FILE_ATTRIBUTE_READONLY)
        return failure(ELMAN_BAD_FILE, "cannot replace '%.200s': %s",
                       file->path, strerror(EACCES));
    return ELMAN_OK;
}

/* ---- The temporary ------------------------------------------------------- */

/* Whether name is what open_temporary makes of the first stem letters of
 * target: those, ".PID-NUMBER", the suffix. */
static bool is_temporary(const wchar_t *name, const wchar_t *target,
                         size_t stem)
{
    if (wcsncmp(name, target, stem) != 0 || name[stem] != L'.') return false;
    const wchar_t *rest = name + stem + 1;
    const size_t middle = wcsspn(rest, L"0123456789-");
    return middle >= 3 && wcscmp(rest + middle, suffix) == 0;
}

/* Removes a temporary whose writer is gone: one that can be opened alone. */
static void remove_if_stale(const wchar_t *whole)
{
    HANDLE file = CreateFileW(
        whole, DELETE, 0, NULL, OPEN_EXISTING,
        FILE_FLAG_DELETE_ON_CLOSE | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    if (file != INVALID_HANDLE_VALUE) CloseHandle(file);
}

/* Removes all of them. file->temporary, which has room for any of their names,
 * is a pattern, then each name in turn. */
static void remove_stale(replacement *file, size_t stem)
{
    const wchar_t *target = name_of(file->target);
    wchar_t *at = name_of(file->temporary);
    WIN32_FIND_DATAW found;
    wcscpy(at + stem, L".*");
    HANDLE list = FindFirstFileW(file->temporary, &found);
    if (list == INVALID_HANDLE_VALUE) return;

    do
        if (is_temporary(found.cFileName, target, stem) &&
            wcslen(found.cFileName) < stem + ADDED_NAME) {
            wcscpy(at, found.cFileName);
            remove_if_stale(file->temporary);
        }
    while (FindNextFileW(list, &found));
    FindClose(list);
}

static elman_status open_temporary(replacement *file, size_t stem)
{
    static atomic_uint number;
    wchar_t *at = name_of(file->temporary);
    wcsncpy(at, name_of(file->target), stem);

    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        swprintf(at + stem, ADDED_NAME, L".%lu-%u%ls",
                 (unsigned long)GetCurrentProcessId(),
                 atomic_fetch_add(&number, 1), suffix);

        /* renamed while it is open: others may share that */
        file->handle = CreateFileW(file->temporary, GENERIC_WRITE | DELETE,
                                   FILE_SHARE_READ | FILE_SHARE_DELETE, NULL,
                                   CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
        if (file->handle != INVALID_HANDLE_VALUE) return ELMAN_OK;
        windows_failure();
        if (errno != EEXIST) break;
    }

    return failure(ELMAN_BAD_FILE, "cannot write '%.200s': %s", file->path,
                   unwritten_because(errno).text);
}

static elman_status open_parts(replacement *file)
{
    file->target = windows_path(file->path);
    if (!file->target)
        return failure(errno == ENOMEM ? ELMAN_NO_MEMORY : ELMAN_BAD_FILE,
                       "cannot write '%.200s': %s", file->path,
                       unwritten_because(errno).text);
    file->target = follow_links(file->target);
    TRY(check_target(file));

    /* the temporary begins like the target; half a letter is none */
    const wchar_t *name = name_of(file->target);
    size_t stem = wcsnlen(name, KEPT_NAME);
    if (stem == KEPT_NAME && name[stem - 1] >= 0xD800 &&
        name[stem - 1] < 0xDC00)
        stem--;
    const size_t before = (size_t)(name - file->target) + stem;
    file->temporary = malloc((before + ADDED_NAME) * sizeof *file->temporary);
    if (!file->temporary)
        return failure(ELMAN_NO_MEMORY, "no memory for a path");
    wmemcpy(file->temporary, file->target, before);
    file->temporary[before] = 0;

    remove_stale(file, stem);
    return open_temporary(file, stem);
}

/* ---- Writing ------------------------------------------------------------- */

elman_status replacement_open(const char *path, replacement **out)
{
    replacement *file = calloc(1, sizeof *file);
    if (!file)
        return failure(ELMAN_NO_MEMORY, "no memory to write '%.200s'", path);
    file->handle = INVALID_HANDLE_VALUE;
    file->path = text_copy(path);

    elman_status status =
        file->path
            ? open_parts(file)
            : failure(ELMAN_NO_MEMORY, "no memory to write '%.200s'", path);

    if (status == ELMAN_OK) *out = file;
    else replacement_close(file);
    return status;
}

const char *replacement_path(const replacement *file) { return file->path; }

elman_status replacement_write(replacement *file, const void *data,
                               size_t bytes)
{
    const DWORD most = (DWORD)1 << 30;
    const char *from = data;
    while (bytes) {
        DWORD done = 0;
        const DWORD wanted = bytes < most ? (DWORD)bytes : most;
        if (!WriteFile(file->handle, from, wanted, &done, NULL) || !done) {
            windows_failure();
            return failure(ELMAN_BAD_FILE, "cannot write '%.200s': %s",
                           file->path, unwritten_because(errno).text);
        }
        from += done;
        bytes -= done;
    }
    return ELMAN_OK;
}

/* Renames over the target. For a moment somebody may hold it without sharing,
 * as scanners for viruses do with every new file. */
static bool take_place(const replacement *file)
{
    const DWORD how = MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH;
    for (int tries = 0; tries < TRIES; tries++) {
        if (MoveFileExW(file->temporary, file->target, how)) return true;
        windows_failure();
        if (errno != EACCES) break;
        Sleep(PAUSE);
    }
    return false;
}

elman_status replacement_commit(replacement *file)
{
    /* everything written must be on the disk before the rename */
    if (!FlushFileBuffers(file->handle)) {
        windows_failure();
        return failure(ELMAN_BAD_FILE, "cannot write '%.200s': %s", file->path,
                       unwritten_because(errno).text);
    }

    file->committed = take_place(file);
    if (file->committed) return ELMAN_OK;
    return failure(ELMAN_BAD_FILE, "cannot replace '%.200s': %s", file->path,
                   unwritten_because(errno).text);
}

void replacement_close(replacement *file)
{
    const bool open = file->handle != INVALID_HANDLE_VALUE;
    if (open) CloseHandle(file->handle);
    if (open && !file->committed) DeleteFileW(file->temporary);
    free(file->temporary);
    free(file->target);
    free(file->path);
    free(file);
}
