/*
 * need.h: the front door. Every public function is in this room: what must not
 * be NULL, then one call down. What arguments mean is checked where they are
 * used.
 */
#ifndef API_NEED_H
#define API_NEED_H

#include "base/status.h"

/* ELMAN_BAD_VALUE for the argument at index of names, which are separated by
 * commas. */
elman_status missing(const char *names, size_t index);

/* The first argument that is NULL, or ELMAN_OK. */
static inline elman_status find_missing(const char *names, size_t count,
                                        const void *const *arguments)
{
    for (size_t i = 0; i < count; i++)
        if (!arguments[i]) return missing(names, i);
    return ELMAN_OK;
}

/* The status of arguments that may not be NULL; NEED leaves the function with
 * it if one is. */
#define MISSING(...)                                                           \
    find_missing(#__VA_ARGS__,                                                 \
                 sizeof((const void *[]){__VA_ARGS__}) / sizeof(void *),       \
                 (const void *[]){__VA_ARGS__})
#define NEED(...) TRY(MISSING(__VA_ARGS__))

#endif
