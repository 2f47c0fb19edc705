/*
 * system_file_windows.c: system.h for Windows: paths, files, folders and locks.
 */
#include "system.h"

#include <windows.h>

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "system_windows.h"

/* ---- Texts and reasons --------------------------------------------------- */

bool system_failure(void)
{
    static const struct {
        DWORD code;
        int reason;
    } reasons[] = {{ERROR_FILE_NOT_FOUND, ENOENT},
                   {ERROR_PATH_NOT_FOUND, ENOENT},
                   {ERROR_INVALID_NAME, ENOENT},
                   {ERROR_DIRECTORY, ENOTDIR},
                   {ERROR_ACCESS_DENIED, EACCES},
                   {ERROR_SHARING_VIOLATION, EACCES},
                   {ERROR_LOCK_VIOLATION, EACCES},
                   {ERROR_WRITE_PROTECT, EROFS},
                   {ERROR_FILE_EXISTS, EEXIST},
                   {ERROR_ALREADY_EXISTS, EEXIST},
                   {ERROR_DIR_NOT_EMPTY, ENOTEMPTY},
                   {ERROR_FILENAME_EXCED_RANGE, ENAMETOOLONG},
                   {ERROR_DISK_FULL, ENOSPC},
                   {ERROR_NOT_ENOUGH_MEMORY, ENOMEM}};
    const DWORD code = GetLastError();
    errno = EIO;
    for (size_t n = 0; n < sizeof reasons / sizeof *reasons; n++)
        if (reasons[n].code == code) errno = reasons[n].reason;
    return false;
}

wchar_t *text_widen(const char *text)
{
    const int size =
        MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, NULL, 0);
    wchar_t *wide = size > 0 ? malloc((size_t)size * sizeof *wide) : NULL;
    if (!wide) errno = size > 0 ? ENOMEM : ENOENT;
    else MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, size);
    return wide;
}

char *text_narrow(const wchar_t *wide)
{
    const int size =
        WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
    char *text = size > 0 ? malloc((size_t)size) : NULL;
    if (!text) errno = size > 0 ? ENOMEM : ENOENT;
    else WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, size, NULL, NULL);
    return text;
}

/* ---- Paths --------------------------------------------------------------- */

bool path_look(const char *path, path_facts *facts)
{
    const DWORD all = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    wchar_t *wide = text_widen(path);
    if (!wide) return false;
    HANDLE file = CreateFileW(wide, 0, all, NULL, OPEN_EXISTING,
                              FILE_FLAG_BACKUP_SEMANTICS, NULL);
    free(wide);
    if (file == INVALID_HANDLE_VALUE) return system_failure();

    BY_HANDLE_FILE_INFORMATION about = {0};
    const bool disk = GetFileType(file) == FILE_TYPE_DISK &&
                      GetFileInformationByHandle(file, &about);
    const bool folder = about.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY;
    const uint64_t bytes =
        (uint64_t)about.nFileSizeHigh << 32 | about.nFileSizeLow;
    const uint64_t number =
        (uint64_t)about.nFileIndexHigh << 32 | about.nFileIndexLow;
    CloseHandle(file);
    *facts = (path_facts){.file = disk && !folder,
                          .folder = disk && folder,
                          .bytes = (double)bytes,
                          .device = about.dwVolumeSerialNumber,
                          .number = number};
    return true;
}

bool path_exists(const char *path)
{
    path_facts facts;
    return path_look(path, &facts);
}

bool path_same(const char *a, const char *b)
{
    path_facts one, other;
    return path_look(a, &one) && path_look(b, &other) && one.file &&
           other.file && one.device == other.device &&
           one.number == other.number;
}

const char *path_name(const char *path)
{
    const char *name = path;
    for (const char *at = path; *at; at++)
        if (strchr("/\\:", *at)) name = at + 1;
    return name;
}

bool path_forbids(char letter)
{
    return letter && strchr("\\:*?\"<>|", letter) != NULL;
}

bool path_folder_takes(const char *path, size_t bytes, char *folder)
{
    path_facts facts;
    int length = (int)(path_name(path) - path);
    if (length > 1 && path[length - 2] != ':') length--; /* the separator */
    snprintf(folder, bytes, "%.*s", length, path);
    if (!length) snprintf(folder, bytes, ".");

    /* who may write is known only by writing */
    if (!path_look(folder, &facts)) return false;
    if (!facts.folder) errno = ENOTDIR;
    return facts.folder;
}

void path_follow(const char *path, char *file, size_t room)
{
    snprintf(file, room, "%s", path);
}

bool path_rename(const char *from, const char *to)
{
    enum { TRIES = 50, PAUSE = 10 }; /* milliseconds, as scanners look at it */
    wchar_t *old = text_widen(from), *new = text_widen(to);
    bool done = false;
    for (int tries = 0; old && new && !done &&tries < TRIES; tries++) {
        done = MoveFileExW(old, new,
                           MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH);
        if (!done && (system_failure(), errno != EACCES)) break;
        if (!done) Sleep(PAUSE);
    }
    free(old);
    free(new);
    return done;
}

bool path_keep(const char *from, const char *to)
{
    wchar_t *old = text_widen(from), *new = text_widen(to);
    const bool done = old && new &&CreateHardLinkW(new, old, NULL);
    free(old);
    free(new);
    return done || path_rename(from, to);
}

void path_remove(const char *path)
{
    wchar_t *wide = text_widen(path);
    if (wide) DeleteFileW(wide);
    free(wide);
}

/* Whether a letter is among those in brackets; *end is behind them, and NULL
 * where they do not close. */
static bool is_among(const char *set, char letter, const char **end)
{
    const bool not = *set == '!' || *set == '^';
    const char *at = set + not ;
    bool found = false;
    do {
        const bool range = *at && at[1] == '-' && at[2] && at[2] != ']';
        const char last = range ? at[2] : *at;
        found = found || (letter >= *at && letter <= last);
        at += range ? 3 : *at != 0;
    } while (*at && *at != ']');
    *end = *at ? at + 1 : NULL;
    return found != not ;
}

bool name_matches(const char *pattern, const char *name)
{
    if (*pattern == '*') {
        while (pattern[1] == '*')
            pattern++;
        for (;; name++) {
            if (name_matches(pattern + 1, name)) return true;
            if (!*name) return false;
        }
    }
    if (!*pattern || !*name) return *pattern == *name;

    /* one letter, and the rest */
    const char *rest = pattern + 1;
    bool fits = *pattern == '?' || *pattern == *name;
    if (*pattern == '[') {
        const char *end;
        const bool among = is_among(pattern + 1, *name, &end);
        if (end) {
            fits = among;
            rest = end;
        }
    }
    return fits && name_matches(rest, name + 1);
}

/* ---- Files --------------------------------------------------------------- */

FILE *file_open(const char *path, const char *mode)
{
    wchar_t whole[8] = {0}, *wide = text_widen(path);
    for (size_t n = 0; n < 4 && mode[n]; n++)
        whole[n] = (wchar_t)mode[n];
    if (!strchr(mode, 'b')) wcscat(whole, L"b");
    wcscat(whole, L"N"); /* not for other processes */

    FILE *file = wide ? _wfopen(wide, whole) : NULL;
    free(wide);
    return file;
}

/* Puts a number into the end of a pattern, another one each time. */
static void fill_in(char *pattern)
{
    static unsigned count;
    unsigned number = (unsigned)GetCurrentProcessId() + 7919 * count++;
    char *end = pattern + strlen(pattern);
    for (int n = 1; n <= 6; n++, number /= 10)
        end[-n] = (char)('0' + number % 10);
}

enum { ATTEMPTS = 1000 };

FILE *file_open_new(char *pattern)
{
    const int flags = _O_WRONLY | _O_CREAT | _O_EXCL | _O_BINARY | _O_NOINHERIT;
    int descriptor = -1;
    errno = EEXIST;
    for (int n = 0; n < ATTEMPTS && descriptor < 0 && errno == EEXIST; n++) {
        fill_in(pattern);
        wchar_t *wide = text_widen(pattern);
        if (!wide) return NULL;
        descriptor = _wopen(wide, flags, _S_IREAD | _S_IWRITE);
        free(wide);
    }
    return descriptor < 0 ? NULL : _fdopen(descriptor, "wb");
}

bool file_settle(FILE *file)
{
    return fflush(file) == 0 && _commit(_fileno(file)) == 0;
}

bool file_cut(FILE *file, uint64_t bytes)
{
    return _chsize_s(_fileno(file), (long long)bytes) == 0;
}

int descriptor_open(const char *path)
{
    wchar_t *wide = text_widen(path);
    const int descriptor =
        wide ? _wopen(wide, _O_RDONLY | _O_BINARY | _O_NOINHERIT) : -1;
    free(wide);
    return descriptor;
}

/* Through a file that is gone once it is closed. */
bool text_open(text_stream *stream)
{
    wchar_t folder[MAX_PATH + 1], path[MAX_PATH + 1];
    *stream = (text_stream){0};
    if (!GetTempPathW(MAX_PATH, folder) ||
        !GetTempFileNameW(folder, L"elm", 0, path))
        return system_failure();
    stream->file = _wfopen(path, L"w+bTDN");
    return stream->file != NULL;
}

bool text_close(text_stream *stream)
{
    const long size = fflush(stream->file) == 0 ? ftell(stream->file) : -1;
    stream->text = size >= 0 ? calloc((size_t)size + 1, 1) : NULL;
    rewind(stream->file);
    if (stream->text)
        stream->bytes = fread(stream->text, 1, (size_t)size, stream->file);
    fclose(stream->file);
    return stream->text != NULL;
}

/* ---- Folders ------------------------------------------------------------- */

bool folder_create(const char *path)
{
    wchar_t *wide = text_widen(path);
    const bool made =
        wide && (CreateDirectoryW(wide, NULL) || system_failure());
    free(wide);
    return made;
}

bool folder_create_new(char *pattern)
{
    errno = EEXIST;
    for (int n = 0; n < ATTEMPTS && errno == EEXIST; n++) {
        fill_in(pattern);
        if (folder_create(pattern)) return true;
    }
    return false;
}

void folder_remove(const char *path)
{
    wchar_t *wide = text_widen(path);
    if (wide) RemoveDirectoryW(wide);
    free(wide);
}

static int by_name(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Everything that a search finds but names with a dot in front. */
static char **list_found(HANDLE search, WIN32_FIND_DATAW *found, size_t *count)
{
    size_t room = 16;
    char **names = malloc(room * sizeof *names);
    *count = 0;
    for (bool more = names; more; more = FindNextFileW(search, found)) {
        if (found->cFileName[0] == L'.') continue;
        if (*count == room) {
            char **wider = realloc(names, (room *= 2) * sizeof *names);
            if (!wider) break;
            names = wider;
        }
        names[*count] = text_narrow(found->cFileName);
        if (names[*count]) ++*count;
    }
    return names;
}

char **folder_list(const char *path, size_t *count)
{
    char pattern[PATH_ROOM];
    WIN32_FIND_DATAW found;
    snprintf(pattern, sizeof pattern, "%s/*", path);
    wchar_t *wide = text_widen(pattern);
    if (!wide) return NULL;
    HANDLE search = FindFirstFileW(wide, &found);
    free(wide);
    if (search == INVALID_HANDLE_VALUE) {
        system_failure();
        return NULL;
    }

    char **names = list_found(search, &found, count);
    FindClose(search);
    if (names) qsort(names, *count, sizeof *names, by_name);
    return names;
}

/* ---- Locks --------------------------------------------------------------- */

int lock_take(const char *path, intptr_t *lock)
{
    wchar_t *wide = text_widen(path);
    if (!wide) return errno;

    /* nobody else may open it, and with its handle the file is gone */
    HANDLE file = CreateFileW(wide, GENERIC_READ | DELETE, 0, NULL, OPEN_ALWAYS,
                              FILE_FLAG_DELETE_ON_CLOSE, NULL);
    free(wide);
    if (file == INVALID_HANDLE_VALUE) {
        if (GetLastError() == ERROR_SHARING_VIOLATION) return EWOULDBLOCK;
        system_failure();
        return errno;
    }
    *lock = (intptr_t)file;
    return 0;
}

void lock_end(const char *path, intptr_t lock)
{
    (void)path;
    CloseHandle((HANDLE)lock);
}
