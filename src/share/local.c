/*
 * local.c: a message is taken straight out of its sender's memory, whose end()
 * waits until everybody has. Between two ranks messages are numbered as they
 * are begun, so that the n-th that is sent is the n-th that is received.
 */
#include "share/local.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system.h"

/* A message that has been sent and not yet received. */
typedef struct post {
    struct post *next;
    int from;
    uint64_t number; /* among those from one rank to the other */
    const void *data;
    size_t bytes;
    struct exchange *of; /* the sender's */
} post;

typedef struct exchange {
    size_t count;  /* of messages */
    size_t unsent; /* posts that nobody has taken yet */
    const elman_transfer *messages;
    uint64_t *numbers; /* (count) of what is received */
    post *posts;       /* (count) of what is sent */
} exchange;

/* The context of a transport. */
typedef struct local_end {
    local_ranks *all;
    elman_transport transport;
    post *posts;       /* all that wait for this rank to receive them */
    condition changed; /* there is one more, or one of its own was received */
} local_end;

struct local_ranks {
    int size;
    local_end *ends;     /* (size) */
    mutex lock;          /* of all that follows, and of the ends' posts */
    uint64_t *sent;      /* (size,size) from, to: numbers given to messages */
    uint64_t *received;  /* (size,size) the same of those that are awaited */
    char given_up[1024]; /* the sentence of who gave up; "": nobody has */
    int who;             /* which rank that is */
};

/* ---- Exchanges ---------------------------------------------------------- */

static void exchange_free(exchange *e)
{
    if (e) {
        free(e->messages ? (void *)(uintptr_t)e->messages : NULL);
        free(e->numbers);
        free(e->posts);
    }
    free(e);
}

/* An exchange with copies of its messages; NULL without memory. */
static exchange *exchange_of(const elman_transfer *messages, size_t count)
{
    exchange *e = calloc(1, sizeof *e);
    if (!e) return NULL;
    elman_transfer *copy = calloc(count + 1, sizeof *copy);
    e->messages = copy;
    e->numbers = calloc(count + 1, sizeof *e->numbers);
    e->posts = calloc(count + 1, sizeof *e->posts);
    if (!copy || !e->numbers || !e->posts) {
        exchange_free(e);
        return NULL;
    }
    memcpy(copy, messages, count * sizeof *copy);
    e->count = count;
    return e;
}

static const char *begin(void *context, const elman_transfer *messages,
                         size_t count, void **out)
{
    local_end *end = context;
    local_ranks *all = end->all;
    int own = end->transport.rank;
    exchange *e = exchange_of(messages, count);
    if (!e) return "no memory for an exchange";

    mutex_lock(&all->lock);
    for (size_t i = 0; i < count; i++) {
        const elman_transfer *m = e->messages + i;
        int from = m->receives ? m->rank : own,
            to = m->receives ? own : m->rank;
        size_t pair = (size_t)from * (size_t)all->size + (size_t)to;
        if (m->receives) {
            e->numbers[i] = all->received[pair]++;
            continue;
        }
        local_end *there = &all->ends[to];
        e->posts[i] = (post){.next = there->posts,
                             .from = from,
                             .number = all->sent[pair]++,
                             .data = m->data,
                             .bytes = m->bytes,
                             .of = e};
        there->posts = &e->posts[i];
        e->unsent++;
        condition_wake(&there->changed);
    }
    mutex_unlock(&all->lock);
    *out = e;
    return NULL;
}

/* Where the post is that a message of an exchange waits for; NULL: not yet. */
static post **find_post(local_end *end, const elman_transfer *m,
                        uint64_t number)
{
    for (post **at = &end->posts; *at; at = &(*at)->next)
        if ((*at)->from == m->rank && (*at)->number == number) return at;
    return NULL;
}

/* Takes one message, with the lock held; why not, or NULL. */
static const char *take(local_end *end, const exchange *e, size_t i)
{
    const elman_transfer *m = e->messages + i;
    local_ranks *all = end->all;
    post **at;
    while (!(at = find_post(end, m, e->numbers[i]))) {
        if (all->given_up[0]) return all->given_up;
        condition_wait(&end->changed, &all->lock);
    }

    post *found = *at;
    *at = found->next;
    const char *why = NULL;
    if (found->bytes == m->bytes) memcpy(m->data, found->data, m->bytes);
    else why = "two ranks do not agree how long a message is";
    found->of->unsent--;
    condition_wake(&all->ends[m->rank].changed);
    return why;
}

/* Takes back what nobody has received. */
static void withdraw(local_ranks *all, const exchange *e)
{
    for (size_t i = 0; i < e->count; i++)
        for (post **at = &all->ends[e->messages[i].rank].posts; *at;) {
            if ((*at)->of == e) *at = (*at)->next;
            else at = &(*at)->next;
        }
}

static const char *finish(void *context, void *handle)
{
    local_end *end = context;
    local_ranks *all = end->all;
    exchange *e = handle;
    const char *why = NULL;

    mutex_lock(&all->lock);
    for (size_t i = 0; i < e->count && !why; i++)
        if (e->messages[i].receives) why = take(end, e, i);
    while (e->unsent && !why) {
        if (all->given_up[0]) why = all->given_up;
        else condition_wait(&end->changed, &all->lock);
    }
    if (why) withdraw(all, e);
    mutex_unlock(&all->lock);
    exchange_free(e);
    return why;
}

static void give_up(void *context, const char *sentence)
{
    local_end *end = context;
    local_ranks *all = end->all;
    mutex_lock(&all->lock);
    if (!all->given_up[0]) {
        all->who = end->transport.rank;
        snprintf(all->given_up, sizeof all->given_up, "rank %d gave up: %s",
                 all->who, sentence);
    }
    for (int rank = 0; rank < all->size; rank++)
        condition_wake(&all->ends[rank].changed);
    mutex_unlock(&all->lock);
}

/* ---- Life --------------------------------------------------------------- */

elman_status local_create(int size, local_ranks **out)
{
    local_ranks *all = calloc(1, sizeof *all);
    size_t ranks = (size_t)size;
    if (all) {
        *all = (local_ranks){.size = size, .lock = MUTEX_READY};
        all->ends = calloc(ranks, sizeof *all->ends);
        all->sent = calloc(ranks * ranks, sizeof *all->sent);
        all->received = calloc(ranks * ranks, sizeof *all->received);
    }
    if (!all || !all->ends || !all->sent || !all->received) {
        local_destroy(all);
        return failure(ELMAN_NO_MEMORY, "no memory for %d ranks", size);
    }

    for (int rank = 0; rank < size; rank++)
        all->ends[rank] = (local_end){.all = all,
                                      .changed = CONDITION_READY,
                                      .transport = {.context = &all->ends[rank],
                                                    .rank = rank,
                                                    .size = size,
                                                    .begin = begin,
                                                    .end = finish,
                                                    .abort = give_up,
                                                    .any_thread = true}};
    *out = all;
    return ELMAN_OK;
}

void local_destroy(local_ranks *all)
{
    if (!all) return;
    free(all->ends);
    free(all->sent);
    free(all->received);
    free(all);
}

const elman_transport *local_transport(local_ranks *all, int rank)
{
    return &all->ends[rank].transport;
}

/* ---- A thread for each rank --------------------------------------------- */

typedef struct local_job {
    elman_status (*run)(void *context, const elman_transport *transport);
    void *context;
    const elman_transport *transport;
    system_thread thread;
    elman_status status;
    char sentence[1024];
} local_job;

static void run_job(void *context)
{
    local_job *job = context;
    job->status = job->run(job->context, job->transport);
    if (!job->status) return;
    snprintf(job->sentence, sizeof job->sentence, "%s", elman_message());
    job->transport->abort(job->transport->context, job->sentence);
}

/* Bytes of a rank's stack. */
enum { STACK = 1 << 21 };

static elman_status run_jobs(local_job *jobs, int size)
{
    int started = 1;
    for (; started < size; started++)
        if (!system_thread_start(run_job, jobs + started, STACK,
                                 &jobs[started].thread))
            break;

    /* without all of them nobody can begin */
    elman_status status = ELMAN_OK;
    if (started < size) {
        status = failure(ELMAN_NO_MEMORY,
                         "the system gives no thread for rank "
                         "%d of %d",
                         started, size);
        jobs->transport->abort(jobs->transport->context, elman_message());
    } else run_job(jobs);
    for (int rank = 1; rank < started; rank++)
        system_thread_join(&jobs[rank].thread);
    return status;
}

elman_status local_run(int size,
                       elman_status (*run)(void *context,
                                           const elman_transport *transport),
                       void *context)
{
    local_ranks *all;
    TRY(local_create(size, &all));
    local_job *jobs = calloc((size_t)size, sizeof *jobs);
    elman_status status =
        jobs ? ELMAN_OK
             : failure(ELMAN_NO_MEMORY, "no memory for %d ranks", size);

    for (int rank = 0; jobs && rank < size; rank++)
        jobs[rank] = (local_job){.run = run,
                                 .context = context,
                                 .transport = local_transport(all, rank)};
    if (!status) status = run_jobs(jobs, size);
    const local_job *first = jobs ? jobs + all->who : NULL;
    if (!status && first->status)
        status = failure(first->status, "%s", first->sentence);
    free(jobs);
    local_destroy(all);
    return status;
}
