/*
 * system_replace_posix.c: system_replace.h for Linux, macOS and their kin.
 *
 * A temporary is called TARGET.PID-NUMBER.elman-tmp and its writer holds a lock
 * (flock) on it. A temporary that can be locked has lost its writer: that holds
 * across containers and reused process numbers, where asking for the process
 * would not.
 */
#include "base/system_replace.h"

#include "base/memory.h"
#include "base/system_posix.h"
#include "base/unwritten.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char suffix[] = ".elman-tmp";

enum {
    LINKS = 40,         /* as many as Linux follows */
    LONGEST_NAME = 255, /* NAME_MAX of the usual file systems */
    KEPT_NAME = 200,    /* of the target's name in the temporary's */
    ATTEMPTS = 1000
};

/* ---- Where to write ----------------------------------------------------- */

struct replacement {
    char *path;   /* as the caller gave it, for messages */
    char *target; /* the file's name within its folder */
    char temporary[LONGEST_NAME + 1];
    int folder; /* open folder, -1 none */
    int fd;     /* open temporary, -1 none */
    int lock;   /* the same file, while fd is closed and it is renamed */
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
static elman_status find_folder(replacement *file)
{
    char *full = NULL;
    TRY(follow_links(file->path, &full));

    /* cut full in two: the folder, and the file's name in it */
    size_t folder = folder_bytes(full);
    elman_status status = ELMAN_OK;
    file->target = text_copy(full + folder);
    full[folder] = 0;

    /* from here on the folder is an open file, whatever happens to its path */
    if (!file->target)
        status = failure(ELMAN_NO_MEMORY, "no memory for a path");
    else if (!file->target[0])
        status = failure(ELMAN_BAD_FILE,
                         "cannot write '%.200s': the path names no file",
                         file->path);
    else {
        file->folder =
            open(folder ? full : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (file->folder < 0)
            status = failure(
                ELMAN_BAD_FILE, "cannot write '%.200s': folder '%.200s': %s",
                file->path, folder ? full : ".", unwritten_because(errno).text);
    }

    free(full);
    return status;
}

/* The mode of the file to replace, 0 if there is none. */
static elman_status check_target(const replacement *file, mode_t *mode)
{
    struct stat about;
    *mode = 0;

    /* no target yet is fine */
    if (fstatat(file->folder, file->target, &about, 0)) {
        if (errno == ENOENT) return ELMAN_OK;
        return failure(ELMAN_BAD_FILE, "cannot write '%.200s': %s", file->path,
                       unwritten_because(errno).text);
    }

    if (!S_ISREG(about.st_mode))
        return failure(ELMAN_BAD_FILE,
                       "cannot write '%.200s': it is %s, not a regular file",
                       file->path, posix_type_name(about.st_mode));

    /* a rename would replace even a file that may not be written */
    if (faccessat(file->folder, file->target, W_OK, AT_EACCESS))
        return failure(ELMAN_BAD_FILE, "cannot replace '%.200s': %s",
                       file->path, unwritten_because(errno).text);

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

static void remove_stale(const replacement *file)
{
    int copy = openat(file->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = copy < 0 ? NULL : fdopendir(copy);
    if (!folder) {
        if (copy >= 0) close(copy);
        return;
    }

    size_t stem = stem_bytes(file->target);
    for (struct dirent *entry; (entry = readdir(folder));)
        if (is_temporary(entry->d_name, file->target, stem))
            remove_if_stale(file->folder, entry->d_name);

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

static elman_status open_temporary(replacement *file)
{
    static atomic_uint number;
    int stem = (int)stem_bytes(file->target);

    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        snprintf(file->temporary, sizeof file->temporary, "%.*s.%ld-%u%s", stem,
                 file->target, (long)getpid(), atomic_fetch_add(&number, 1),
                 suffix);

        /* by open and not mkstemp, so that the umask applies */
        int fd = openat(file->folder, file->temporary,
                        O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

        /* ours, if no cleaner took it between the open and the lock */
        if (fd >= 0 && keep_temporary(fd)) {
            file->fd = fd;
            return ELMAN_OK;
        }

        if (fd >= 0) close(fd);
        else if (errno != EEXIST) break;
    }

    return failure(ELMAN_BAD_FILE, "cannot write '%.200s': %s", file->path,
                   unwritten_because(errno).text);
}

static elman_status open_parts(replacement *file)
{
    mode_t mode = 0;
    TRY(find_folder(file));
    TRY(check_target(file, &mode));

    remove_stale(file);
    TRY(open_temporary(file));

    if (mode && fchmod(file->fd, mode))
        return failure(ELMAN_BAD_FILE, "cannot keep the mode of '%.200s': %s",
                       file->path, unwritten_because(errno).text);
    return ELMAN_OK;
}

/* ---- Writing ------------------------------------------------------------ */

elman_status replacement_open(const char *path, replacement **out)
{
    replacement *file = malloc(sizeof *file);
    if (!file)
        return failure(ELMAN_NO_MEMORY, "no memory to write '%.200s'", path);
    file->path = text_copy(path);
    file->target = NULL;
    file->folder = file->fd = file->lock = -1;

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
    const char *from = data;
    while (bytes) {
        ssize_t done = write(file->fd, from, bytes);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0)
            return failure(ELMAN_BAD_FILE, "cannot write '%.200s': %s",
                           file->path,
                           done < 0 ? unwritten_because(errno).text
                                    : "no bytes were written");

        from += done;
        bytes -= (size_t)done;
    }
    return ELMAN_OK;
}

/* Removes a temporary that is already closed. */
static elman_status fail_closed(const replacement *file, const char *verb)
{
    int reason = errno;
    unlinkat(file->folder, file->temporary, 0);
    return failure(ELMAN_BAD_FILE, "cannot %s '%.200s': %s", verb, file->path,
                   unwritten_because(reason).text);
}

/* Flushes to the disk, closes and renames; a failing close is a failing write.
 * A second descriptor keeps the lock until the name has changed. */
static elman_status finish_temporary(replacement *file)
{
    /* everything written must be on the disk before the rename */
    if (fsync(file->fd))
        return failure(ELMAN_BAD_FILE, "cannot write '%.200s': %s", file->path,
                       unwritten_because(errno).text);

    /* a second descriptor keeps the lock beyond the close */
    file->lock = fcntl(file->fd, F_DUPFD_CLOEXEC, 0);
    if (file->lock < 0)
        return failure(ELMAN_BAD_FILE, "cannot write '%.200s': %s", file->path,
                       unwritten_because(errno).text);

    int fd = file->fd;
    file->fd = -1;
    if (close(fd)) return fail_closed(file, "write");

    if (renameat(file->folder, file->temporary, file->folder, file->target))
        return fail_closed(file, "replace");
    return ELMAN_OK;
}

elman_status replacement_commit(replacement *file)
{
    TRY(finish_temporary(file));

    /* the new name must be durable as well; some file systems cannot do that,
     * and say so */
    if (fsync(file->folder) && errno != EINVAL && errno != ENOTSUP)
        return failure(
            ELMAN_BAD_FILE,
            "'%.200s' was replaced, but might not survive a crash: %s",
            file->path, unwritten_because(errno).text);
    return ELMAN_OK;
}

void replacement_close(replacement *file)
{
    if (file->fd >= 0) {
        unlinkat(file->folder, file->temporary, 0);
        close(file->fd);
    }

    if (file->lock >= 0) close(file->lock);
    if (file->folder >= 0) close(file->folder);

    free(file->target);
    free(file->path);
    free(file);
}
