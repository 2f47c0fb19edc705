/*
 * status.h: how a call reports a failure: a status, and one sentence that the
 * caller's thread can read with elman_message().
 */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include "base/exact.h"
#include "elman.h"

/* Keeps the sentence for this thread and returns status. The sentence names the
 * file or argument, what was found and what was expected; it has no full stop.
 */
__attribute__((format(printf, 2, 3))) elman_status
failure(elman_status status, const char *format, ...);

/* This thread's sentence. A caller that tries what may fail keeps it before,
 * and restores it where that is no failure of its own. */
typedef struct failure_text {
    char text[2048];
} failure_text;

failure_text failure_keep(void);
void failure_restore(const failure_text *kept);

/* So that a compiler sees which status is returned. */
#define failure(status, ...)                                                   \
    ((void)failure(status, __VA_ARGS__), (elman_status)(status))

/* Puts "where: " in front of this thread's sentence, for a caller that knows
 * which file or layer it is about; returns status. */
elman_status failure_in(elman_status status, const char *where);

/* Returns from the function with the status of a call that failed. Only where
 * nothing has to be freed; otherwise goto done. */
#define TRY(expr)                                                              \
    do {                                                                       \
        elman_status try_status = (expr);                                      \
        if (try_status != ELMAN_OK) return try_status;                         \
    } while (0)

#endif
