/*
 * safe.c: see safe.h.
 */
#include "safe.h"
#include "screen.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Seconds between two checkpoints of evaluations that follow each other fast.
 */
static const double PAUSE = 1;

double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int check_writable(const char *path)
{
    char copy[PATH_MAX];
    struct stat file;
    if (strlen(path) >= sizeof copy - 16)
        return failed("the path '%.60s...' is too long", path);

    if (stat(path, &file) == 0 && !S_ISREG(file.st_mode))
        return failed("cannot write to '%s': it is a %s, not a file", path,
                      S_ISDIR(file.st_mode) ? "folder" : "device or pipe");

    snprintf(copy, sizeof copy, "%s", path);
    const char *folder = dirname(copy);
    if (access(folder, W_OK | X_OK) != 0)
        return failed("cannot write to '%s': folder '%s': %s", path, folder,
                      strerror(errno));
    return 0;
}

/* Opens and locks the lock file. A run that ended between the two may have
 * removed it, which makes the lock worthless; then it is tried again. */
static int take_lock(safe_file *safe)
{
    for (;;) {
        struct stat held, there;
        int lock = open(safe->lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (lock < 0)
            return failed("cannot create '%s': %s", safe->lock_path,
                          strerror(errno));

        /* a lock that another run holds is not waited for */
        if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
            int reason = errno;
            close(lock);
            if (reason == EWOULDBLOCK)
                return failed("another run is using the checkpoint '%s'; give "
                              "this one its own with --checkpoint or --output",
                              safe->path);
            return failed("cannot lock '%s': %s", safe->lock_path,
                          strerror(reason));
        }

        /* ours if the file that is locked is still the one of that name */
        if (fstat(lock, &held) == 0 && stat(safe->lock_path, &there) == 0 &&
            held.st_ino == there.st_ino && held.st_dev == there.st_dev) {
            safe->lock = lock;
            return 0;
        }
        close(lock);
    }
}

int safe_open(const char *path, option_span every, bool resumed,
              safe_file *safe)
{
    *safe = (safe_file){.lock = -1, .every = every};
    int code = check_writable(path);
    if (code) return code;

    snprintf(safe->path, sizeof safe->path, "%s", path);
    snprintf(safe->lock_path, sizeof safe->lock_path, "%.*s.lock",
             (int)sizeof safe->lock_path - 8, path);
    safe->kept_earlier = resumed || access(path, F_OK) != 0;
    safe->begun_time = seconds_now();
    return take_lock(safe);
}

/* Gives the earlier run's checkpoint a second name, so that it is kept whatever
 * becomes of the first. */
static int keep_earlier(safe_file *safe)
{
    char *aside = safe->aside;
    snprintf(aside, sizeof safe->aside, "%.*s.previous",
             (int)sizeof safe->aside - 16, safe->path);

    unlink(aside);
    if (link(safe->path, aside) != 0 && rename(safe->path, aside) != 0)
        return failed("cannot rename '%s' to '%s': %s", safe->path, aside,
                      strerror(errno));
    return 0;
}

/* If the save on its way has ended, counts it as written, or says why it is
 * not. wait: until it has ended. */
static int check_save(safe_file *safe, elman_trainer *trainer, bool wait)
{
    bool ended = true;
    if (!safe->writes) return 0;
    if (elman_trainer_end_save(trainer, wait, &ended) != ELMAN_OK) {
        int code = library_failed();
        safe->writes = false;
        /* the earlier file is still there under its own name, which will do */
        if (safe->aside[0] && access(safe->path, F_OK) == 0)
            unlink(safe->aside);
        return code;
    }

    if (!ended) return 0;
    if (safe->aside[0])
        note("the earlier run's checkpoint is now '%s'",
             printable(safe->aside));
    safe->aside[0] = '\0';
    safe->kept_earlier = true;
    safe->last_step = safe->begun_step;
    safe->writes = false;
    return 0;
}

int safe_settle(safe_file *safe, elman_trainer *trainer)
{
    return check_save(safe, trainer, true);
}

int safe_write(safe_file *safe, elman_trainer *trainer)
{
    int code = check_save(safe, trainer, true);
    if (!code && !safe->kept_earlier) code = keep_earlier(safe);
    if (code) return code;

    elman_status status = elman_trainer_begin_save(trainer, safe->path);
    safe->broken = status == ELMAN_NOT_FINITE;
    if (status != ELMAN_OK) {
        code = safe->broken ? 0 : library_failed();
        if (safe->aside[0] && access(safe->path, F_OK) == 0)
            unlink(safe->aside);
        return code;
    }

    safe->writes = true;
    safe->begun_step = elman_trainer_progress(trainer)->step;
    safe->begun_time = seconds_now();
    /* replacing an earlier run's checkpoint is worth a moment's wait */
    return safe->aside[0] ? check_save(safe, trainer, true) : 0;
}

bool safe_is_due(const safe_file *safe, const elman_trainer *trainer, bool now)
{
    uint64_t step = elman_trainer_progress(trainer)->step;
    bool due = safe->every.steps
                   ? step >= safe->begun_step + safe->every.steps
                   : seconds_now() >= safe->begun_time + safe->every.seconds;
    now =
        now && (!safe->begun_step || seconds_now() >= safe->begun_time + PAUSE);
    return due || now;
}

int safe_check(safe_file *safe, elman_trainer *trainer)
{
    return check_save(safe, trainer, false);
}

void safe_close(safe_file *safe)
{
    if (safe->lock < 0) return;
    /* removed while it is held, so that no other run's is removed */
    unlink(safe->lock_path);
    close(safe->lock);
    safe->lock = -1;
}
