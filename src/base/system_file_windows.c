/* system_file_windows.c: system_file.h for Windows, and what goes with it. */
#include "base/system_file.h"

#include <windows.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system_windows.h"

/* ---- Reasons ------------------------------------------------------------- */

bool windows_failure(void)
{
    static const struct {
        DWORD code;
        int reason;
    } reasons[] = {
        {ERROR_FILE_NOT_FOUND, ENOENT},
        {ERROR_PATH_NOT_FOUND, ENOENT},
        {ERROR_INVALID_NAME, ENOENT},
        {ERROR_BAD_PATHNAME, ENOENT},
        {ERROR_BAD_NETPATH, ENOENT},
        {ERROR_INVALID_DRIVE, ENOENT},
        {ERROR_DIRECTORY, ENOTDIR},
        {ERROR_ACCESS_DENIED, EACCES},
        {ERROR_SHARING_VIOLATION, EACCES},
        {ERROR_LOCK_VIOLATION, EACCES},
        {ERROR_WRITE_PROTECT, EROFS},
        {ERROR_FILE_EXISTS, EEXIST},
        {ERROR_ALREADY_EXISTS, EEXIST},
        {ERROR_FILENAME_EXCED_RANGE, ENAMETOOLONG},
        {ERROR_DISK_FULL, ENOSPC},
        {ERROR_HANDLE_DISK_FULL, ENOSPC},
        {ERROR_NOT_ENOUGH_MEMORY, ENOMEM},
        {ERROR_OUTOFMEMORY, ENOMEM},
        {ERROR_TOO_MANY_OPEN_FILES, EMFILE},
        {ERROR_BROKEN_PIPE, EPIPE},
        {ERROR_NO_DATA, EPIPE},
        {ERROR_CANT_RESOLVE_FILENAME, ELOOP},
    };
    const DWORD code = GetLastError();
    errno = EIO;
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].code == code) errno = reasons[i].reason;
    return false;
}

/* ---- Paths --------------------------------------------------------------- */

/* Text as UTF-16; NULL as windows_path says. */
static wchar_t *widen(const char *text)
{
    const int size =
        MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, NULL, 0);
    if (size <= 0) {
        errno = ENOENT;
        return NULL;
    }

    wchar_t *wide = malloc((size_t)size * sizeof *wide);
    if (!wide) {
        errno = ENOMEM;
        return NULL;
    }
    MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, size);
    return wide;
}

/* How a whole path of Windows begins if it may be long. */
static const wchar_t *prefix_of(const wchar_t *full, const wchar_t **rest)
{
    enum { LONGEST_PLAIN = 240 };
    *rest = full;
    if (wcslen(full) < LONGEST_PLAIN || !wcsncmp(full, L"\\\\?\\", 4) ||
        !wcsncmp(full, L"\\\\.\\", 4))
        return L"";

    /* \\server\share, or C: and what follows */
    if (wcsncmp(full, L"\\\\", 2) != 0) return L"\\\\?\\";
    *rest = full + 2;
    return L"\\\\?\\UNC\\";
}

wchar_t *windows_path(const char *path)
{
    enum { PREFIX = 8 };
    wchar_t *given = widen(path), *full = NULL, *whole = NULL;
    if (!given) return NULL;

    /* an empty path names nothing, yet would be taken for the folder */
    const DWORD size = *given ? GetFullPathNameW(given, 0, NULL, NULL) : 0;
    if (!size) errno = ENOENT;
    else {
        full = malloc(size * sizeof *full);
        whole = malloc((size + PREFIX) * sizeof *whole);
        if (!full || !whole) errno = ENOMEM;
    }

    const wchar_t *rest;
    const bool good =
        full && whole && GetFullPathNameW(given, size, full, NULL) < size;
    if (good) {
        wcscpy(whole, prefix_of(full, &rest));
        wcscat(whole, rest);
    } else {
        free(whole);
        whole = NULL;
    }
    free(given);
    free(full);
    return whole;
}

/* ---- Files --------------------------------------------------------------- */

/* Everybody else may read, write, rename or remove it meanwhile, as elsewhere.
 * Folders open as well, so that they can be told from files. */
static bool open_wide(const wchar_t *path, DWORD flags, system_file *file)
{
    const DWORD all = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    HANDLE handle = CreateFileW(
        path, GENERIC_READ, all, NULL, OPEN_EXISTING,
        FILE_ATTRIBUTE_NORMAL | FILE_FLAG_BACKUP_SEMANTICS | flags, NULL);
    if (handle == INVALID_HANDLE_VALUE) return windows_failure();
    file->id = (intptr_t)handle;
    return true;
}

/* Both slashes, and the colon of a drive. */
const char *system_file_name(const char *path)
{
    const char *name = path;
    for (const char *at = path; *at; at++)
        if (*at == '/' || *at == '\\' || *at == ':') name = at + 1;
    return name;
}

bool system_file_open(const char *path, system_file *file)
{
    wchar_t *whole = windows_path(path);
    const bool opened = whole && open_wide(whole, 0, file);
    free(whole);
    return opened;
}

/* Whether a name of the way is a link, or not a folder where it has to be. */
static bool check_step(const wchar_t *path, bool last)
{
    const DWORD facts = GetFileAttributesW(path);
    if (facts == INVALID_FILE_ATTRIBUTES) return windows_failure();
    const bool folder = facts & FILE_ATTRIBUTE_DIRECTORY;
    const bool link = facts & FILE_ATTRIBUTE_REPARSE_POINT;
    if (link) errno = ELOOP;
    else if (!folder && !last) errno = ENOTDIR;
    return !link && (folder || last);
}

bool system_file_open_below(const char *folder, const char *names,
                            system_file *file)
{
    /* other separators, drives and streams of a file are no names */
    if (strpbrk(names, "\\:")) {
        errno = ENOENT;
        return false;
    }
    const size_t begin = strlen(folder) + 1, bytes = begin + strlen(names) + 1;
    char *joined = malloc(bytes);
    if (!joined) {
        errno = ENOMEM;
        return false;
    }
    memcpy(joined, folder, begin - 1);
    joined[begin - 1] = '/';
    memcpy(joined + begin, names, bytes - begin);

    /* every folder on the way, then the file */
    bool good = true;
    for (size_t at = begin; good && at < bytes; at++) {
        const char kept = joined[at];
        if (kept && kept != '/') continue;
        joined[at] = 0;
        wchar_t *whole = windows_path(joined);
        good = whole && check_step(whole, !kept);
        if (good && !kept)
            good = open_wide(whole, FILE_FLAG_OPEN_REPARSE_POINT, file);
        free(whole);
        joined[at] = kept;
    }

    free(joined);
    return good;
}

bool system_file_look(system_file file, system_file_facts *facts)
{
    const HANDLE handle = (HANDLE)file.id;
    const DWORD type = GetFileType(handle);
    if (type == FILE_TYPE_PIPE || type == FILE_TYPE_CHAR) {
        *facts = (system_file_facts){
            .type = type == FILE_TYPE_PIPE ? "a pipe" : "a device"};
        return true;
    }

    BY_HANDLE_FILE_INFORMATION about;
    if (!GetFileInformationByHandle(handle, &about)) return windows_failure();
    const bool folder = about.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY;
    *facts = (system_file_facts){
        .type = folder ? "a directory" : NULL,
        .bytes = (uint64_t)about.nFileSizeHigh << 32 | about.nFileSizeLow,
        .device = about.dwVolumeSerialNumber,
        .number = (uint64_t)about.nFileIndexHigh << 32 | about.nFileIndexLow,
        .changed = (uint64_t)about.ftLastWriteTime.dwHighDateTime << 32 |
                   about.ftLastWriteTime.dwLowDateTime};
    return true;
}

void system_file_close(system_file file) { CloseHandle((HANDLE)file.id); }

/* One call reads less than 4 GB. */
static DWORD at_most(size_t bytes)
{
    const DWORD most = (DWORD)1 << 30;
    return bytes < most ? (DWORD)bytes : most;
}

ptrdiff_t system_file_read(system_file file, uint64_t offset, size_t bytes,
                           void *data)
{
    OVERLAPPED from = {.Offset = (DWORD)offset,
                       .OffsetHigh = (DWORD)(offset >> 32)};
    DWORD got = 0;
    if (ReadFile((HANDLE)file.id, data, at_most(bytes), &got, &from))
        return (ptrdiff_t)got;
    if (GetLastError() == ERROR_HANDLE_EOF) return 0;
    windows_failure();
    return -1;
}

void system_file_data(system_file file, uint64_t offset, uint64_t bytes,
                      uint64_t *begin, uint64_t *end)
{
    (void)file; /* which parts are holes is not asked */
    *begin = offset;
    *end = bytes;
}

bool system_file_temporary(char *folder, size_t room, system_file *file)
{
    wchar_t place[MAX_PATH + 1], path[MAX_PATH + 1];
    const DWORD length = GetTempPathW(MAX_PATH + 1, place);
    if (length == 0 || length > MAX_PATH ||
        !GetTempFileNameW(place, L"elm", 0, path))
        return windows_failure();
    if (!WideCharToMultiByte(CP_UTF8, 0, place, -1, folder, (int)room, NULL,
                             NULL))
        snprintf(folder, room, "TMP");

    HANDLE handle = CreateFileW(
        path, GENERIC_READ | GENERIC_WRITE | DELETE, 0, NULL, OPEN_EXISTING,
        FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    if (handle == INVALID_HANDLE_VALUE) return windows_failure();
    file->id = (intptr_t)handle;
    return true;
}

bool system_file_write(system_file file, uint64_t offset, size_t bytes,
                       const void *data)
{
    for (size_t done = 0; done < bytes;) {
        OVERLAPPED to = {.Offset = (DWORD)(offset + done),
                         .OffsetHigh = (DWORD)((offset + done) >> 32)};
        DWORD put = 0;
        if (!WriteFile((HANDLE)file.id, (const char *)data + done,
                       at_most(bytes - done), &put, &to))
            return windows_failure();
        if (put == 0) return false;
        done += put;
    }
    return true;
}

bool system_file_reserve(system_file file, uint64_t bytes)
{
    FILE_END_OF_FILE_INFO end = {.EndOfFile.QuadPart = (LONGLONG)bytes};
    return SetFileInformationByHandle((HANDLE)file.id, FileEndOfFileInfo, &end,
                                      sizeof end) ||
           windows_failure();
}

void *system_file_map(system_file file, size_t bytes)
{
    uint64_t size = bytes;
    HANDLE mapping = CreateFileMappingW((HANDLE)file.id, NULL, PAGE_READWRITE,
                                        (DWORD)(size >> 32), (DWORD)size, NULL);
    void *at =
        mapping ? MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, bytes) : NULL;
    if (!at) windows_failure();
    if (mapping) CloseHandle(mapping); /* the view keeps it */
    return at;
}

void system_file_unmap(void *at, size_t bytes)
{
    (void)bytes;
    UnmapViewOfFile(at);
}

void system_file_unload(void *at, size_t bytes)
{
    (void)VirtualUnlock(at, bytes); /* of what is not locked: out of memory */
}

size_t system_file_loaded(void) { return 0; }

/* Pipes have names here that no file has; standard input alone is read. */
bool system_is_pipe(const char *path)
{
    (void)path;
    return false;
}

bool system_pipe_open(const char *path, system_file *pipe)
{
    pipe->id = (intptr_t)GetStdHandle(STD_INPUT_HANDLE);
    if (path) errno = ENOENT;
    return !path;
}

ptrdiff_t system_pipe_read(system_file pipe, size_t bytes, void *data)
{
    DWORD got = 0;
    if (ReadFile((HANDLE)pipe.id, data, at_most(bytes), &got, NULL))
        return (ptrdiff_t)got;

    /* the writer of a pipe has ended */
    if (GetLastError() == ERROR_BROKEN_PIPE) return 0;
    windows_failure();
    return -1;
}

void system_pipe_close(system_file pipe) { (void)pipe; }
