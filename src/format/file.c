/*
 * file.c: whole files in, whole files out.
 *
 * A temporary is called TARGET.PID-NUMBER.elman-tmp and its writer holds a lock
 * (flock) on it. A temporary that can be locked has lost its writer: that holds
 * across containers and reused process numbers, where asking for the process
 * would not.
 */
#include "format/file.h"

#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char suffix[] = ".elman-tmp";

enum {
    BUFFER = 1 << 16,
    LINKS = 40,         /* as many as Linux follows */
    LONGEST_NAME = 255, /* NAME_MAX of the usual file systems */
    KEPT_NAME = 200,    /* of the target's name in the temporary's */
    ATTEMPTS = 1000
};

/* ---- Reading ------------------------------------------------------------ */

/* What to call something that is not a regular file. */
static const char *type_name(mode_t mode)
{
    if (S_ISDIR(mode)) return "a directory";
    if (S_ISFIFO(mode)) return "a pipe";
    if (S_ISSOCK(mode)) return "a socket";
    return "a device";
}

static elman_status read_all(int fd, const char *path, char *data, size_t bytes)
{
    size_t done = 0;

    while (done < bytes) {
        ssize_t got = read(fd, data + done, bytes - done);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0)
            return failure(ELMAN_BAD_FILE, "cannot read '%.200s': %s", path,
                           strerror(errno));

        /* the file may change while it is read */
        if (got == 0)
            return failure(
                ELMAN_BAD_FILE,
                "'%.200s' shrank while it was read: %zu of %zu bytes", path,
                done, bytes);

        done += (size_t)got;
    }
    return ELMAN_OK;
}

static elman_status read_regular(int fd, const char *path, char **data,
                                 size_t *bytes)
{
    struct stat about;
    if (fstat(fd, &about))
        return failure(ELMAN_BAD_FILE, "cannot stat '%.200s': %s", path,
                       strerror(errno));

    if (!S_ISREG(about.st_mode))
        return failure(ELMAN_BAD_FILE, "'%.200s' is %s, not a regular file",
                       path, type_name(about.st_mode));

    if (about.st_size < 0 || (uintmax_t)about.st_size > PTRDIFF_MAX - 1)
        return failure(ELMAN_NO_MEMORY, "'%.200s' is too large for memory",
                       path);

    size_t size = (size_t)about.st_size;
    char *block = malloc(size + 1);
    if (!block)
        return failure(ELMAN_NO_MEMORY,
                       "no memory for the %zu bytes of '%.200s'", size, path);

    /* the whole file, followed by a zero */
    elman_status status = read_all(fd, path, block, size);
    if (status != ELMAN_OK) {
        free(block);
        return status;
    }

    block[size] = 0;
    *data = block;
    *bytes = size;
    return ELMAN_OK;
}

elman_status file_read(const char *path, char **data, size_t *bytes)
{
    /* without blocking: opening a pipe that nobody writes to would hang */
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return failure(ELMAN_BAD_FILE, "cannot open '%.200s': %s", path,
                       strerror(errno));
    elman_status status = read_regular(fd, path, data, bytes);
    close(fd);
    return status;
}

elman_status source_read(const byte_source *source, char **data, size_t *bytes)
{
    if (!source->data) return file_read(source->name, data, bytes);

    size_t size = source->size;
    char *block = size < PTRDIFF_MAX ? malloc(size + 1) : NULL;
    if (!block)
        return failure(ELMAN_NO_MEMORY, "%.200s: no memory for its %zu bytes",
                       source->name, size);

    memcpy(block, source->data, size);
    block[size] = 0;
    *data = block;
    *bytes = size;
    return ELMAN_OK;
}

/* ---- Where to write ----------------------------------------------------- */

struct file_writer {
    char *path;   /* as the caller gave it, for messages */
    char *target; /* the file's name within its folder */
    char temporary[LONGEST_NAME + 1];
    int folder; /* open folder, -1 none */
    int fd;     /* open temporary, -1 none */
    int lock;   /* the same file, while fd is closed and it is renamed */
    bool failed;
    size_t buffered; /* bytes in buffer */
    char buffer[BUFFER];
};

/* How many bytes of full are the folder, with its slash. */
static size_t folder_bytes(const char *full)
{
    const char *slash = strrchr(full, '/');
    return slash ? (size_t)(slash + 1 - full) : 0;
}

/* Where the link at full points, relative to where full is. */
static elman_status link_target(const char *full, char **next)
{
    char text[4096];
    ssize_t got = readlink(full, text, sizeof text - 1);
    if (got < 0 || (size_t)got == sizeof text - 1)
        return failure(ELMAN_BAD_FILE, "cannot follow the link '%.200s'", full);

    text[got] = 0;

    /* a relative link starts in the link's own folder */
    size_t folder = text[0] == '/' ? 0 : folder_bytes(full);
    char *joined = malloc(folder + (size_t)got + 1);
    if (!joined) return failure(ELMAN_NO_MEMORY, "no memory for a path");

    memcpy(joined, full, folder);
    memcpy(joined + folder, text, (size_t)got + 1);
    *next = joined;
    return ELMAN_OK;
}

/* Follows symbolic links, also to a file that does not exist yet. */
static elman_status follow_links(const char *path, char **real)
{
    char *full = text_copy(path);
    if (!full) return failure(ELMAN_NO_MEMORY, "no memory for a path");

    /* one link after another, but not round and round */
    struct stat about;
    for (int links = 0; !lstat(full, &about) && S_ISLNK(about.st_mode);
         links++) {
        char *next = NULL;
        elman_status status =
            links < LINKS
                ? link_target(full, &next)
                : failure(ELMAN_BAD_FILE,
                          "'%.200s' is a loop of symbolic links", path);
        free(full);
        TRY(status);
        full = next;
    }

    *real = full;
    return ELMAN_OK;
}

/* Opens the folder of the target and keeps the target's name. */
static elman_status find_folder(file_writer *writer)
{
    char *full = NULL;
    TRY(follow_links(writer->path, &full));

    /* cut full in two: the folder, and the file's name in it */
    size_t folder = folder_bytes(full);
    elman_status status = ELMAN_OK;
    writer->target = text_copy(full + folder);
    full[folder] = 0;

    /* from here on the folder is an open file, whatever happens to its path */
    if (!writer->target)
        status = failure(ELMAN_NO_MEMORY, "no memory for a path");
    else if (!writer->target[0])
        status = failure(ELMAN_BAD_FILE,
                         "cannot write '%.200s': the path names no file",
                         writer->path);
    else {
        writer->folder =
            open(folder ? full : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (writer->folder < 0)
            status = failure(
                ELMAN_BAD_FILE, "cannot write '%.200s': folder '%.200s': %s",
                writer->path, folder ? full : ".", strerror(errno));
    }

    free(full);
    return status;
}

/* The mode of the file to replace, 0 if there is none. */
static elman_status check_target(const file_writer *writer, mode_t *mode)
{
    struct stat about;
    *mode = 0;

    /* no target yet is fine */
    if (fstatat(writer->folder, writer->target, &about, 0)) {
        if (errno == ENOENT) return ELMAN_OK;
        return failure(ELMAN_BAD_FILE, "cannot write '%.200s': %s",
                       writer->path, strerror(errno));
    }

    if (!S_ISREG(about.st_mode))
        return failure(ELMAN_BAD_FILE,
                       "cannot write '%.200s': it is %s, not a regular file",
                       writer->path, type_name(about.st_mode));

    /* a rename would replace even a file that may not be written */
    if (faccessat(writer->folder, writer->target, W_OK, AT_EACCESS))
        return failure(ELMAN_BAD_FILE, "cannot replace '%.200s': %s",
                       writer->path, strerror(errno));

    *mode = about.st_mode & 0777;
    return ELMAN_OK;
}

/* ---- The temporary ------------------------------------------------------ */

/* Removes a temporary whose writer is gone, which shows by its lock. */
static void remove_if_stale(int folder, const char *name)
{
    int fd = openat(folder, name,
                    O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return;
    if (!flock(fd, LOCK_EX | LOCK_NB)) unlinkat(folder, name, 0);
    close(fd);
}

/* Whether name is what temporary_name makes of the first stem bytes of target:
 * those bytes, ".PID-NUMBER", the suffix. */
static bool is_temporary(const char *name, const char *target, size_t stem)
{
    if (strncmp(name, target, stem) != 0 || name[stem] != '.') return false;
    const char *rest = name + stem + 1;
    size_t middle = strspn(rest, "0123456789-");
    return middle >= 3 && strcmp(rest + middle, suffix) == 0;
}

static size_t stem_bytes(const char *target)
{
    return strnlen(target, KEPT_NAME);
}

static void remove_stale(const file_writer *writer)
{
    int copy = openat(writer->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = copy < 0 ? NULL : fdopendir(copy);
    if (!folder) {
        if (copy >= 0) close(copy);
        return;
    }

    size_t stem = stem_bytes(writer->target);
    for (struct dirent *entry; (entry = readdir(folder));)
        if (is_temporary(entry->d_name, writer->target, stem))
            remove_if_stale(writer->folder, entry->d_name);

    closedir(folder);
}

/* Locks a fresh temporary; false if a cleaner was quicker. A file system
 * without locks is fine: nobody can take the lock there, so nobody cleans. */
static bool keep_temporary(int fd)
{
    struct stat about;
    if (flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) return false;
    return !fstat(fd, &about) && about.st_nlink > 0;
}

static elman_status open_temporary(file_writer *writer)
{
    static atomic_uint number;
    int stem = (int)stem_bytes(writer->target);

    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        snprintf(writer->temporary, sizeof writer->temporary, "%.*s.%ld-%u%s",
                 stem, writer->target, (long)getpid(),
                 atomic_fetch_add(&number, 1), suffix);

        /* by open and not mkstemp, so that the umask applies */
        int fd = openat(writer->folder, writer->temporary,
                        O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

        /* ours, if no cleaner took it between the open and the lock */
        if (fd >= 0 && keep_temporary(fd)) {
            writer->fd = fd;
            return ELMAN_OK;
        }

        if (fd >= 0) close(fd);
        else if (errno != EEXIST) break;
    }

    return failure(ELMAN_BAD_FILE, "cannot write '%.200s': %s", writer->path,
                   strerror(errno));
}

static elman_status open_parts(file_writer *writer)
{
    mode_t mode = 0;
    TRY(find_folder(writer));
    TRY(check_target(writer, &mode));

    remove_stale(writer);
    TRY(open_temporary(writer));

    if (mode && fchmod(writer->fd, mode))
        return failure(ELMAN_BAD_FILE, "cannot keep the mode of '%.200s': %s",
                       writer->path, strerror(errno));
    return ELMAN_OK;
}

/* ---- Writing ------------------------------------------------------------ */

elman_status file_writer_open(const char *path, file_writer **writer)
{
    file_writer *w = malloc(sizeof *w);
    if (!w)
        return failure(ELMAN_NO_MEMORY, "no memory to write '%.200s'", path);
    w->path = text_copy(path);
    w->target = NULL;
    w->folder = w->fd = w->lock = -1;
    w->failed = false;
    w->buffered = 0;

    elman_status status =
        w->path ? open_parts(w)
                : failure(ELMAN_NO_MEMORY, "no memory to write '%.200s'", path);

    if (status == ELMAN_OK) *writer = w;
    else file_writer_abort(w);
    return status;
}

static elman_status write_all(file_writer *writer, const char *data,
                              size_t bytes)
{
    while (bytes) {
        ssize_t done = write(writer->fd, data, bytes);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) {
            writer->failed = true;
            return failure(
                ELMAN_BAD_FILE, "cannot write '%.200s': %s", writer->path,
                done < 0 ? strerror(errno) : "no bytes were written");
        }

        data += done;
        bytes -= (size_t)done;
    }
    return ELMAN_OK;
}

static elman_status flush(file_writer *writer)
{
    size_t buffered = writer->buffered;
    writer->buffered = 0;
    return write_all(writer, writer->buffer, buffered);
}

elman_status file_writer_write(file_writer *writer, const void *data,
                               size_t bytes)
{
    if (writer->failed)
        return failure(ELMAN_BAD_FILE, "an earlier write to '%.200s' failed",
                       writer->path);

    /* flush when the buffer is full; large writes bypass it */
    if (bytes > BUFFER - writer->buffered) TRY(flush(writer));
    if (bytes > BUFFER) return write_all(writer, data, bytes);

    if (bytes) memcpy(writer->buffer + writer->buffered, data, bytes);
    writer->buffered += bytes;
    return ELMAN_OK;
}

/* Removes a temporary that is already closed. */
static elman_status fail_closed(const file_writer *writer, const char *verb)
{
    int reason = errno;
    unlinkat(writer->folder, writer->temporary, 0);
    return failure(ELMAN_BAD_FILE, "cannot %s '%.200s': %s", verb, writer->path,
                   strerror(reason));
}

/* Flushes to the disk, closes and renames; a failing close is a failing write.
 * A second descriptor keeps the lock until the name has changed. */
static elman_status finish_temporary(file_writer *writer)
{
    if (writer->failed)
        return failure(ELMAN_BAD_FILE, "an earlier write to '%.200s' failed",
                       writer->path);

    /* everything written must be on the disk before the rename */
    TRY(flush(writer));
    if (fsync(writer->fd))
        return failure(ELMAN_BAD_FILE, "cannot write '%.200s': %s",
                       writer->path, strerror(errno));

    /* a second descriptor keeps the lock beyond the close */
    writer->lock = fcntl(writer->fd, F_DUPFD_CLOEXEC, 0);
    if (writer->lock < 0)
        return failure(ELMAN_BAD_FILE, "cannot write '%.200s': %s",
                       writer->path, strerror(errno));

    int fd = writer->fd;
    writer->fd = -1;
    if (close(fd)) return fail_closed(writer, "write");

    if (renameat(writer->folder, writer->temporary, writer->folder,
                 writer->target))
        return fail_closed(writer, "replace");
    return ELMAN_OK;
}

elman_status file_writer_commit(file_writer *writer)
{
    elman_status status = finish_temporary(writer);

    /* the new name must be durable as well; some file systems cannot do that,
     * and say so */
    if (status == ELMAN_OK && fsync(writer->folder) && errno != EINVAL &&
        errno != ENOTSUP)
        status =
            failure(ELMAN_BAD_FILE,
                    "'%.200s' was replaced, but might not survive a crash: %s",
                    writer->path, strerror(errno));

    file_writer_abort(writer);
    return status;
}

void file_writer_abort(file_writer *writer)
{
    if (!writer) return;
    if (writer->fd >= 0) {
        unlinkat(writer->folder, writer->temporary, 0);
        close(writer->fd);
    }

    if (writer->lock >= 0) close(writer->lock);
    if (writer->folder >= 0) close(writer->folder);

    free(writer->target);
    free(writer->path);
    free(writer);
}

elman_status file_writer_end(file_writer *writer, elman_status status)
{
    if (status == ELMAN_OK) return file_writer_commit(writer);
    file_writer_abort(writer);
    return status;
}

elman_status file_write(const char *path, const void *data, size_t bytes)
{
    file_writer *writer = NULL;
    TRY(file_writer_open(path, &writer));
    return file_writer_end(writer, file_writer_write(writer, data, bytes));
}
