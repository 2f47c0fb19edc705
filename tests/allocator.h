/*
 * allocator.h: the C library's allocator, watched. A test linked with
 * --wrap=malloc and its kin (tests/CMakeLists.txt) counts the allocations of
 * the code it calls and lets any of them fail.
 *
 * What the C library allocates for itself (inside fopen, say) is not seen.
 */
#ifndef TESTS_ALLOCATOR_H
#define TESTS_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>

/* Since the last reset. */
typedef struct allocations {
    size_t calls;          /* that could have failed */
    size_t failed;         /* that were made to */
    ptrdiff_t outstanding; /* blocks taken and not yet given back */
    ptrdiff_t held;        /* bytes in such blocks now */
    size_t peak;           /* most bytes in such blocks at one time */
} allocations;

/* Counts from zero again; no allocation fails. */
void allocator_reset(void);

/* Lets allocation number call (from 0) fail, and all after it if ever_after.
 * Counts from zero again. */
void allocator_fail(size_t call, bool ever_after);

allocations allocator_read(void);

#endif
