/* saving.c: see saving.h. */
#include "learn/saving.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/thread.h"

struct saving {
    checkpoint *copy;
    thread_task *task;
    elman_status status;
    char message[1024]; /* why it failed; a sentence belongs to a thread */
};

static void write_copy(void *context)
{
    saving *s = context;
    s->status = checkpoint_write(s->copy);
    if (s->status)
        snprintf(s->message, sizeof s->message, "%s", elman_message());
}

static void destroy(saving *s)
{
    checkpoint_destroy(s->copy);
    free(s);
}

elman_status saving_begin(elman_trainer *t, const char *path)
{
    TRY(saving_end(t, true, NULL));
    saving *s = calloc(1, sizeof *s);
    if (!s) return failure(ELMAN_NO_MEMORY, "%.200s: no memory", path);

    elman_status status = checkpoint_copy(t, path, &s->copy);
    if (!status) status = thread_begin(write_copy, s, &s->task);
    if (status) destroy(s);
    else t->saving = s;
    return status;
}

elman_status saving_end(elman_trainer *t, bool wait, bool *ended)
{
    saving *s = t->saving;
    bool over = wait || !s || thread_is_done(s->task);
    elman_status status = ELMAN_OK;

    /* the sentence of the writing thread becomes this thread's */
    if (over && s) {
        thread_end(s->task);
        status = s->status;
        if (status) (void)failure(status, "%s", s->message);
        t->saving = NULL;
        destroy(s);
    }

    if (ended && !status) *ended = over;
    return status;
}

elman_status saving_run(const elman_trainer *t, const char *path)
{
    if (t->saving) thread_wait(t->saving->task);
    return checkpoint_save(t, NULL, path);
}
