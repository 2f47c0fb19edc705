/* system_file_posix.c: system_file.h for Linux, macOS and their kin. */
#include "base/system_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/system_posix.h"

enum { LONGEST_NAME = 255 };

const char *posix_type_name(mode_t mode)
{
    if (S_ISREG(mode)) return NULL;
    if (S_ISDIR(mode)) return "a directory";
    if (S_ISFIFO(mode)) return "a pipe";
    if (S_ISSOCK(mode)) return "a socket";
    return "a device";
}

const char *system_file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool system_file_open(const char *path, system_file *file)
{
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd >= 0) file->id = fd;
    return fd >= 0;
}

/* Opens one name in the folder at, which is closed. */
static int step_into(int at, const char *name, int flags)
{
    int fd = openat(at, name, flags | O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int reason = errno;
    close(at);
    errno = reason;
    return fd;
}

bool system_file_open_below(const char *folder, const char *names,
                            system_file *file)
{
    int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    while (at >= 0 && *names) {
        char name[LONGEST_NAME + 1];
        const size_t length = strcspn(names, "/");
        const bool last = !names[length];
        if (length > LONGEST_NAME) {
            close(at);
            errno = ENAMETOOLONG;
            return false;
        }

        memcpy(name, names, length);
        name[length] = 0;
        names += length + !last;
        /* "a//b" and "./a" name no other file */
        if (!length || !strcmp(name, ".")) continue;
        at = step_into(at, name, last ? O_NONBLOCK | O_NOCTTY : O_DIRECTORY);
    }

    if (at >= 0) file->id = at;
    return at >= 0;
}

/* Nanoseconds, in which a file is not written to twice. */
static uint64_t time_written(const struct stat *about)
{
#ifdef __APPLE__
    const struct timespec *at = &about->st_mtimespec;
#else
    const struct timespec *at = &about->st_mtim;
#endif
    return (uint64_t)at->tv_sec * UINT64_C(1000000000) + (uint64_t)at->tv_nsec;
}

bool system_file_look(system_file file, system_file_facts *facts)
{
    struct stat about;
    if (fstat((int)file.id, &about)) return false;
    *facts = (system_file_facts){.type = posix_type_name(about.st_mode),
                                 .bytes = (uint64_t)about.st_size,
                                 .device = (uint64_t)about.st_dev,
                                 .number = (uint64_t)about.st_ino,
                                 .changed = time_written(&about)};
    return true;
}

void system_file_close(system_file file) { close((int)file.id); }

ptrdiff_t system_file_read(system_file file, uint64_t offset, size_t bytes,
                           void *data)
{
    ssize_t got;
    do
        got = pread((int)file.id, data, bytes, (off_t)offset);
    while (got < 0 && errno == EINTR);
    return got;
}

void system_file_data(system_file file, uint64_t offset, uint64_t bytes,
                      uint64_t *begin, uint64_t *end)
{
    *begin = offset;
    *end = bytes;
#if defined(SEEK_DATA) && defined(SEEK_HOLE)
    off_t from = lseek((int)file.id, (off_t)offset, SEEK_DATA);
    if (from < 0 && errno == ENXIO) *begin = bytes;
    if (from < 0) return;

    off_t to = lseek((int)file.id, from, SEEK_HOLE);
    if ((uint64_t)from < bytes) *begin = (uint64_t)from;
    else *begin = bytes;
    if (to > from && (uint64_t)to < bytes) *end = (uint64_t)to;
#else
    (void)file;
#endif
}

/* Makes the file in one folder; its name goes at once, the file with its
 * descriptor. */
static bool make_in(const char *folder, system_file *file)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/elman-XXXXXX", folder) >=
        (int)sizeof path) {
        errno = ENAMETOOLONG;
        return false;
    }

    int fd = mkstemp(path);
    if (fd < 0) return false;
    bool made = unlink(path) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
    int reason = errno;
    if (!made) close(fd);
    errno = reason;
    if (made) file->id = fd;
    return made;
}

bool system_file_temporary(char *folder, size_t room, system_file *file)
{
    const char *place = getenv("TMPDIR");
    if (!place || !*place) {
        snprintf(folder, room, "/var/tmp");
        if (make_in("/var/tmp", file)) return true;
        place = "/tmp";
    }
    snprintf(folder, room, "%s", place);
    return make_in(place, file);
}

bool system_file_write(system_file file, uint64_t offset, size_t bytes,
                       const void *data)
{
    for (size_t done = 0; done < bytes;) {
        ssize_t put = pwrite((int)file.id, (const char *)data + done,
                             bytes - done, (off_t)(offset + done));
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return false;
        done += (size_t)put;
    }
    return true;
}

/* Writes zeros over a file from where it ends on, where a system has no other
 * way to keep room for it. */
static bool fill(system_file file, uint64_t from, uint64_t bytes)
{
    static const char zeros[1 << 16];
    while (from < bytes) {
        uint64_t left = bytes - from;
        size_t count = left < sizeof zeros ? (size_t)left : sizeof zeros;
        if (!system_file_write(file, from, count, zeros)) return false;
        from += count;
    }
    return true;
}

bool system_file_reserve(system_file file, uint64_t bytes)
{
    struct stat about;
    if (fstat((int)file.id, &about)) return false;

    /* a shorter file gives back what is behind its end */
    uint64_t have = (uint64_t)about.st_size;
    if (bytes <= have)
        return bytes == have || !ftruncate((int)file.id, (off_t)bytes);

#ifdef __APPLE__
    return fill(file, have, bytes);
#else
    int reason = 0;
    do
        reason =
            posix_fallocate((int)file.id, (off_t)have, (off_t)(bytes - have));
    while (reason == EINTR);
    if (reason == EOPNOTSUPP || reason == EINVAL)
        return fill(file, have, bytes);
    errno = reason;
    return !reason;
#endif
}

void *system_file_map(system_file file, size_t bytes)
{
    void *at =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, (int)file.id, 0);
    if (at == MAP_FAILED) return NULL;
#ifdef MADV_NOHUGEPAGE
    /* what is touched is loaded, and not 2 MB around it */
    (void)madvise(at, bytes, MADV_NOHUGEPAGE);
#endif
    return at;
}

void system_file_unmap(void *at, size_t bytes) { munmap(at, bytes); }

void system_file_unload(void *at, size_t bytes)
{
#ifdef MADV_DONTNEED
    (void)madvise(at, bytes, MADV_DONTNEED);
#else
    (void)at;
    (void)bytes;
#endif
}

size_t system_file_loaded(void)
{
    size_t pages = 0;
#ifdef __linux__
    char text[128];
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0) close(fd);
    if (got <= 0) return 0;

    /* its size, what of it is in memory, and what of that is of files */
    text[got] = 0;
    char *at = text;
    for (int i = 0; i < 3; i++)
        pages = (size_t)strtoull(at, &at, 10);
#endif
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

bool system_is_pipe(const char *path)
{
    struct stat about;
    if (stat(path, &about)) return false;
    if (S_ISREG(about.st_mode) || S_ISDIR(about.st_mode)) return false;
    return S_ISFIFO(about.st_mode) || !strcmp(path, "/dev/stdin");
}

bool system_pipe_open(const char *path, system_file *pipe)
{
    int fd = STDIN_FILENO;
    if (path) fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd >= 0) pipe->id = fd;
    return fd >= 0;
}

ptrdiff_t system_pipe_read(system_file pipe, size_t bytes, void *data)
{
    return read((int)pipe.id, data, bytes);
}

void system_pipe_close(system_file pipe)
{
    if (pipe.id != STDIN_FILENO) close((int)pipe.id);
}
