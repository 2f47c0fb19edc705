/*
 * need.h: the front door. Every public function is in this room: what must not
 * be NULL, then one call down. What arguments mean is checked where they are
 * used.
 */
#ifndef API_NEED_H
#define API_NEED_H

#include "base/status.h"

/* Says that the argument at index of names, which are separated by commas, is
 * NULL. */
__attribute__((cold)) void missing(const char *names, size_t index);

/* ELMAN_BAD_VALUE, and a message about the first, if some argument is NULL. */
static inline elman_status find_missing(const char *names, size_t count,
                                        const void *const *arguments)
{
    for (size_t i = 0; i < count; i++) {
        if (arguments[i]) continue;
        missing(names, i);
        return ELMAN_BAD_VALUE;
    }
    return ELMAN_OK;
}

/* The status of arguments that may not be NULL. */
#define MISSING(...)                                                           \
    find_missing(#__VA_ARGS__,                                                 \
                 sizeof((const void *[]){__VA_ARGS__}) / sizeof(void *),       \
                 (const void *[]){__VA_ARGS__})

/* Leaves the function with that status if an argument is NULL. */
#define NEED(...) TRY(MISSING(__VA_ARGS__))

#endif
