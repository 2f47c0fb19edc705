/* allocator.c: the wrapped calls, which any thread may make. */
#include "allocator.h"

#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

/* the linker gives the C library's own functions these names */
void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t bytes);
void *__real_aligned_alloc(size_t alignment, size_t bytes);
void __real_free(void *block);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t bytes);
void *__wrap_aligned_alloc(size_t alignment, size_t bytes);
void __wrap_free(void *block);

static atomic_size_t calls, failed;
static atomic_ptrdiff_t outstanding, bytes_held, peak;
static atomic_size_t first_failing = SIZE_MAX;
static atomic_bool fails_ever_after;

static void begin(size_t call, bool ever_after)
{
    first_failing = SIZE_MAX;
    calls = 0;
    failed = 0;
    outstanding = 0;
    bytes_held = 0;
    peak = 0;
    fails_ever_after = ever_after;
    first_failing = call;
}

void allocator_reset(void) { begin(SIZE_MAX, false); }

void allocator_fail(size_t call, bool ever_after) { begin(call, ever_after); }

allocations allocator_read(void)
{
    return (allocations){calls, failed, outstanding, bytes_held, (size_t)peak};
}

/* Counts a call; true if it is to fail. */
static bool call_fails(void)
{
    size_t call = atomic_fetch_add(&calls, 1), first = first_failing;
    if (call != first && !(fails_ever_after && call > first)) return false;
    failed++;
    errno = ENOMEM;
    return true;
}

/* Blocks from before the reset may be given back: held can be below 0. */
static void hold(ptrdiff_t bytes)
{
    ptrdiff_t held = atomic_fetch_add(&bytes_held, bytes) + bytes;
    for (ptrdiff_t most = peak; held > most;)
        if (atomic_compare_exchange_weak(&peak, &most, held)) break;
}

static ptrdiff_t bytes_of(void *block)
{
    return (ptrdiff_t)malloc_usable_size(block);
}

static void *taken(void *block)
{
    if (block) outstanding++;
    if (block) hold(bytes_of(block));
    return block;
}

void *__wrap_malloc(size_t bytes)
{
    return call_fails() ? NULL : taken(__real_malloc(bytes));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return call_fails() ? NULL : taken(__real_calloc(count, size));
}

void *__wrap_realloc(void *block, size_t bytes)
{
    if (call_fails()) return NULL;
    ptrdiff_t old = block ? bytes_of(block) : 0;
    void *moved = __real_realloc(block, bytes);
    if (!block) return taken(moved);
    if (moved) hold(bytes_of(moved) - old);
    return moved;
}

void *__wrap_aligned_alloc(size_t alignment, size_t bytes)
{
    return call_fails() ? NULL : taken(__real_aligned_alloc(alignment, bytes));
}

void __wrap_free(void *block)
{
    if (block) outstanding--;
    if (block) hold(-bytes_of(block));
    __real_free(block);
}
