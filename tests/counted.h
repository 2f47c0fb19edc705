/*
 * counted.h: a transport of ranks that counts what its rank does by another.
 */
#ifndef TESTS_COUNTED_H
#define TESTS_COUNTED_H

#include <elman_train.h>

/* Each thread has one of its own. */
static _Thread_local char here;

/* A transport that counts what its rank does. */
typedef struct counted {
    const elman_transport *real;
    elman_transport transport;
    const char *home; /* the rank's own thread */
    size_t exchanges, messages;
    size_t elsewhere; /* exchanges on another thread */
} counted;

static const char *begin_counted(void *context, const elman_transfer *messages,
                                 size_t count, void **exchange)
{
    counted *c = context;
    c->exchanges++;
    c->messages += count;
    c->elsewhere += c->home != &here;
    return c->real->begin(c->real->context, messages, count, exchange);
}

static const char *end_counted(void *context, void *exchange)
{
    const counted *c = context;
    return c->real->end(c->real->context, exchange);
}

static void abort_counted(void *context, const char *sentence)
{
    const counted *c = context;
    c->real->abort(c->real->context, sentence);
}

static const elman_transport *count_on(counted *c, const elman_transport *real)
{
    *c = (counted){.real = real, .home = &here};
    c->transport = *real;
    c->transport.context = c;
    c->transport.begin = begin_counted;
    c->transport.end = end_counted;
    c->transport.abort = abort_counted;
    return &c->transport;
}

#endif
