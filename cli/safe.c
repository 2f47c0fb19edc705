/*
 * safe.c: see safe.h.
 */
#include "safe.h"
#include "screen.h"
#include "system.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Seconds between two checkpoints of evaluations that follow each other fast.
 */
static const double PAUSE = 1;

int check_writable(const char *path)
{
    char folder[PATH_ROOM];
    path_facts file;
    if (strlen(path) >= sizeof folder - 16)
        return failed("the path '%.60s...' is too long", path);

    if (path_look(path, &file) && !file.file)
        return failed("cannot write to '%s': it is a %s, not a file", path,
                      file.folder ? "folder" : "device or pipe");

    if (!path_folder_takes(path, sizeof folder, folder))
        return failed("cannot write to '%s': folder '%s': %s", path, folder,
                      strerror(errno));
    return 0;
}

static int take_lock(safe_file *safe)
{
    const int reason = lock_take(safe->lock_path, &safe->lock);
    if (reason == EWOULDBLOCK)
        return failed("another run is using the checkpoint '%s'; give this one "
                      "its own with --checkpoint or --output",
                      safe->path);
    if (reason)
        return failed("cannot lock '%s': %s", safe->lock_path,
                      strerror(reason));
    return 0;
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
    safe->kept_earlier = resumed || !path_exists(path);
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

    path_remove(aside);
    if (!path_keep(safe->path, aside))
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
        if (safe->aside[0] && path_exists(safe->path)) path_remove(safe->aside);
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
        if (safe->aside[0] && path_exists(safe->path)) path_remove(safe->aside);
        return code;
    }

    safe->writes = true;
    safe->begun_step = elman_trainer_progress(trainer)->step;
    safe->begun_time = seconds_now();
    safe->passed = false;
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

bool safe_holds(const safe_file *safe, const elman_trainer *trainer)
{
    return !safe->passed &&
           safe->begun_step == elman_trainer_progress(trainer)->step;
}

int safe_check(safe_file *safe, elman_trainer *trainer)
{
    return check_save(safe, trainer, false);
}

void safe_close(safe_file *safe)
{
    if (safe->lock < 0) return;
    lock_end(safe->lock_path, safe->lock);
    safe->lock = -1;
}
