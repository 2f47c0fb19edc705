/* share.c: exchanges, and who has what. See share.h. */
#include "share/share.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"

elman_status share_create(const elman_transport *transport, share **out)
{
    const elman_transport *t = transport;
    if (!t->begin || !t->end || !t->abort)
        return failure(ELMAN_BAD_VALUE,
                       "the transport's %s is NULL, expected a function",
                       !t->begin ? "begin"
                       : !t->end ? "end"
                                 : "abort");
    if (t->size < 1 || t->rank < 0 || t->rank >= t->size)
        return failure(ELMAN_BAD_VALUE,
                       "the transport's rank is %d of %d, expected 0 to before "
                       "its size",
                       t->rank, t->size);

    size_t ranks = (size_t)t->size;
    share *s = calloc(1, sizeof *s);
    if (s) {
        s->order = calloc(ranks, sizeof *s->order);
        s->place = calloc(ranks, sizeof *s->place);
        s->dealt = calloc(ranks, sizeof *s->dealt);
    }
    if (!s || !s->order || !s->place || !s->dealt) {
        share_destroy(s);
        return failure(ELMAN_NO_MEMORY, "no memory for %d ranks", t->size);
    }
    s->transport = *t;
    s->parts.lock = (mutex)MUTEX_READY;
    s->rank = t->rank;
    s->size = t->size;
    deal_order(s->size, s->order);
    for (int slice = 0; slice < s->size; slice++)
        s->place[s->order[slice]] = slice;
    *out = s;
    return ELMAN_OK;
}

void share_destroy(share *s)
{
    if (!s) return;
    for (size_t i = 1; i < DEAL_NODES; i++)
        block_destroy(s->nodes[i]);
    block_destroy(s->room);
    share_parts_release(&s->parts);
    free(s->order);
    free(s->place);
    free(s->dealt);
    free(s->messages);
    free(s);
}

void share_abort(share *s, const char *sentence)
{
    s->transport.abort(s->transport.context, sentence);
}

/* ---- Who has what ------------------------------------------------------- */

stretch share_leaves(share *s, size_t leaves, int rank)
{
    if (leaves != s->leaves || s->unit == 0) {
        s->leaves = leaves;
        s->unit = deal_unit(leaves, s->size);
        for (int i = 0; i < s->size; i++)
            s->dealt[i] = deal_leaves(leaves, s->unit, s->size, i);
    }
    return s->dealt[rank];
}

stretch share_own_leaves(share *s, size_t leaves)
{
    return share_leaves(s, leaves, s->rank);
}

/* ---- Exchanges ---------------------------------------------------------- */

static void add(share *s, int rank, bool receives, void *data, size_t bytes)
{
    if (bytes == 0 || s->no_room) return;
    if (s->message_count == s->message_room) {
        size_t room = 2 * s->message_room + 16;
        elman_transfer *more = realloc(s->messages, room * sizeof *more);
        s->no_room = !more;
        if (!more) return;
        s->messages = more;
        s->message_room = room;
    }
    s->messages[s->message_count++] = (elman_transfer){
        .rank = rank, .receives = receives, .data = data, .bytes = bytes};
    if (!receives) s->sent += bytes;
}

void share_send(share *s, int rank, const void *data, size_t bytes)
{
    add(s, rank, false, (void *)(uintptr_t)data, bytes);
}

void share_receive(share *s, int rank, void *data, size_t bytes)
{
    add(s, rank, true, data, bytes);
}

elman_status share_exchange(share *s)
{
    const elman_transport *t = &s->transport;
    size_t count = s->message_count;
    s->message_count = 0;
    if (s->no_room) {
        s->no_room = false;
        return failure(ELMAN_NO_MEMORY,
                       "no memory for the messages of %d ranks", s->size);
    }
    if (count == 0) return ELMAN_OK;

    double begin = clock_seconds();
    void *exchange = NULL;
    const char *why = t->begin(t->context, s->messages, count, &exchange);
    if (!why) why = t->end(t->context, exchange);
    s->seconds += clock_seconds() - begin;
    if (!why) return ELMAN_OK;
    return failure(ELMAN_BAD_FILE, "rank %d of %d: %.400s", s->rank, s->size,
                   why);
}
