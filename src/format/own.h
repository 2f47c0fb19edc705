/*
 * own.h: the kinds of files that this library writes as safetensors, told apart
 * by their note "format", and what reads each.
 */
#ifndef FORMAT_OWN_H
#define FORMAT_OWN_H

#include "format/safetensors.h"

typedef enum own_kind {
    OWN_NONE, /* somebody else's */
    OWN_MODEL,
    OWN_STATE,
    OWN_OPTIMIZER,
    OWN_CHECKPOINT,
    OWN_REPLAY, /* a checkpoint that also says how its run broke */
    OWN_COUNT   /* how many */
} own_kind;

/* The key of that note, and its text in files of a kind. */
#define OWN_KEY "format"
const char *own_format(own_kind kind);

own_kind own_kind_of(const safetensors *file);

/* Whether a file is of a kind, where a replay is a checkpoint as well: else
 * ELMAN_BAD_FORMAT, which says what it is and what reads it. */
elman_status own_expect(const safetensors *file, own_kind wanted);

/* status, with which a reader has refused source and left its message. If that
 * was ELMAN_BAD_FORMAT or ELMAN_BAD_VALUE and source is a file of this library,
 * the message becomes what it is instead of what was expected, "data". */
elman_status own_explain(elman_status status, const byte_source *source,
                         const char *expected);

#endif
