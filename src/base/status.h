/*
 * status.h: how a call says that it failed: a status, and one sentence that
 * the caller's thread can read with elman_message().
 */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include "elman.h"

/* Keeps the sentence for this thread and returns status. The sentence names
 * the file or argument, what was found and what was expected; no final stop. */
__attribute__((format(printf, 2, 3))) elman_status
failure(elman_status status, const char *format, ...);

/* So that a compiler sees what comes back. */
#define failure(status, ...)                                                   \
    ((void)failure(status, __VA_ARGS__), (elman_status)(status))

/* Puts "where: " before this thread's sentence, for a caller that knows the
 * file or layer better; returns status. */
elman_status failure_in(elman_status status, const char *where);

/* Leaves the function with the status of a call that failed. Only where
 * nothing is held; otherwise goto done. */
#define TRY(expr)                                                              \
    do {                                                                       \
        elman_status try_status = (expr);                                      \
        if (try_status != ELMAN_OK) return try_status;                         \
    } while (0)

#endif
