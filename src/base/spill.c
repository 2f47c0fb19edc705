/* spill.c: see spill.h. */
#include "base/spill.h"

#include "base/memory.h"
#include "base/system.h"
#include "base/system_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SHARE = 16,              /* of the limit: blocks of more lie in files */
    LEAST = 1 << 16,         /* bytes, for which no file is worth it */
    KEEPER_STACK = 1 << 16,  /* bytes */
    KEEPER_MILLISECONDS = 10 /* between two looks */
};

/* A block that lies in a file. */
typedef struct spilled {
    struct spilled *next;
    char *at;
    size_t bytes;
    system_file file;
    char folder[256]; /* for messages */
} spilled;

static struct {
    mutex lock; /* of all that follows */
    spilled *first;
    size_t bytes; /* of all blocks */
    size_t most;  /* what may be loaded: the limit of the thread that made the
                     last one, and what was before the first */
    size_t begun;

    bool keeping, ended; /* the keeper runs; no other may begin */
    bool joinable;
    system_thread keeper;
} all = {.lock = MUTEX_READY};

static _Thread_local size_t limit;
static _Thread_local char reason[400];

size_t spill_limit(size_t bytes)
{
    size_t before = limit;
    limit = bytes;
    return before;
}

const char *spill_reason(void)
{
    static _Thread_local char told[sizeof reason];
    memcpy(told, reason, sizeof told);
    reason[0] = 0;
    return told;
}

size_t spill_in_files(void)
{
    mutex_lock(&all.lock);
    size_t bytes = all.bytes;
    mutex_unlock(&all.lock);
    return bytes;
}

static bool is_spilled(size_t bytes)
{
    return limit && bytes > LEAST && bytes > limit / SHARE;
}

/* ---- The keeper ---------------------------------------------------------- */

/* Drops what is loaded above the limit, until no block is left. */
static void keep(void *context)
{
    (void)context;
    for (;;) {
        mutex_lock(&all.lock);
        bool done = !all.first || all.ended;
        if (done) all.keeping = false;
        else if (system_file_loaded() > all.most)
            for (spilled *s = all.first; s; s = s->next)
                system_file_unload(s->at, s->bytes);
        mutex_unlock(&all.lock);
        if (done) return;
        system_thread_sleep(KEEPER_MILLISECONDS);
    }
}

/* With the lock held. */
static void join_keeper(void)
{
    if (all.joinable) system_thread_join(&all.keeper);
    all.joinable = false;
}

/* The same. Where the system gives no thread, or does not tell what is loaded,
 * it drops pages as it needs all the same. */
static void start_keeper(void)
{
    if (all.keeping || all.ended) return;
    all.begun = system_file_loaded();
    if (!all.begun) return;
    join_keeper();
    all.keeping = all.joinable =
        system_thread_start(keep, NULL, KEEPER_STACK, &all.keeper);
}

/* When the library is unloaded, its code must not run any more. */
SYSTEM_AT_UNLOAD static void end_keeper(void)
{
    mutex_lock(&all.lock);
    all.ended = true;
    mutex_unlock(&all.lock);
    join_keeper();
}

/* ---- Forks --------------------------------------------------------------- */

static void before_fork(void) { mutex_lock(&all.lock); }

static void after_fork(void) { mutex_unlock(&all.lock); }

/* A child has no keeper until it makes a block of its own. */
static void renew(void)
{
    mutex_renew(&all.lock);
    all.keeping = all.joinable = false;
}

static void watch_forks(void)
{
    (void)system_at_fork(before_fork, after_fork, renew);
}

/* ---- Blocks in files ----------------------------------------------------- */

/* Keeps why there is no file for a block, or none for so many bytes. */
static void give_up(const spilled *s)
{
    snprintf(reason, sizeof reason,
             "'%s' takes no more: %s; name a folder with more room in TMPDIR",
             s->folder, strerror(errno));
}

/* Room for so many bytes in the file of a block, mapped; NULL, with the reason.
 */
static char *map_room(spilled *s, size_t bytes)
{
    bool reserved = system_file_reserve(s->file, bytes);
    char *at = reserved ? system_file_map(s->file, bytes) : NULL;
    if (!reserved) give_up(s);
    else if (!at)
        snprintf(reason, sizeof reason,
                 "this process may have no more addresses: %s; raise that "
                 "limit (ulimit -v)",
                 strerror(errno));
    return at;
}

static void *create_spilled(size_t bytes)
{
    static once forks_watched = ONCE_READY;
    once_run(&forks_watched, watch_forks);
    spilled *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    if (!system_file_temporary(s->folder, sizeof s->folder, &s->file)) {
        give_up(s);
        free(s);
        return NULL;
    }

    s->bytes = bytes;
    s->at = map_room(s, bytes);
    if (!s->at) {
        system_file_close(s->file);
        free(s);
        return NULL;
    }

    /* known to spill_free, and to the keeper */
    mutex_lock(&all.lock);
    s->next = all.first;
    all.first = s;
    all.bytes += bytes;
    start_keeper();
    all.most = all.begun + limit;
    mutex_unlock(&all.lock);
    return s->at;
}

/* With the lock held: where the block is in the list; NULL if it is malloc's.
 * No block of a file begins within a page. */
static spilled **find(const void *block)
{
    enum { SMALLEST_PAGE = 4096 };
    if ((uintptr_t)block % SMALLEST_PAGE) return NULL;
    for (spilled **s = &all.first; *s; s = &(*s)->next)
        if ((*s)->at == block) return s;
    return NULL;
}

static bool is_in_file(const void *block)
{
    mutex_lock(&all.lock);
    bool found = find(block);
    mutex_unlock(&all.lock);
    return found;
}

/* The file stays and is mapped anew, then elsewhere. No map may reach past the
 * end of its file, so one that gets shorter is cut behind the new map, and
 * stays as it is where there is no room for that. */
static void *resize_spilled(spilled *s, size_t bytes)
{
    if (bytes == 0) bytes = 1;
    bool shorter = bytes < s->bytes;
    char *at = shorter ? system_file_map(s->file, bytes) : map_room(s, bytes);
    if (!at) return shorter ? s->at : NULL;

    system_file_unmap(s->at, s->bytes);
    if (shorter) (void)system_file_reserve(s->file, bytes);
    all.bytes += bytes - s->bytes;
    s->at = at;
    s->bytes = bytes;
    return at;
}

/* ---- Blocks -------------------------------------------------------------- */

void *spill_create(size_t bytes)
{
    return is_spilled(bytes) ? create_spilled(bytes)
                             : malloc(bytes ? bytes : 1);
}

void *spill_zeroed(size_t count, size_t size)
{
    size_t bytes = 0;
    if (!sizes_multiply(count, size, 1, &bytes)) return NULL;
    return is_spilled(bytes) ? create_spilled(bytes)
                             : calloc(1, bytes ? bytes : 1);
}

void *spill_resize(void *block, size_t used, size_t bytes)
{
    /* one that lies in a file stays there */
    mutex_lock(&all.lock);
    spilled **s = block ? find(block) : NULL;
    void *same = s ? resize_spilled(*s, bytes) : NULL;
    mutex_unlock(&all.lock);
    if (s) return same;
    if (!is_spilled(bytes)) return realloc(block, bytes ? bytes : 1);

    /* one of malloc moves there */
    void *moved = create_spilled(bytes);
    if (!moved) return NULL;
    if (block) memcpy(moved, block, used < bytes ? used : bytes);
    free(block);
    return moved;
}

void *spill_widen(void *array, size_t *room, size_t needed, size_t bytes)
{
    size_t wanted = *room, total = 0;
    if (needed <= *room && array) return array;

    /* what it had stays */
    if (!array_room(&wanted, needed, bytes, &total)) return NULL;
    void *wider = spill_resize(array, array ? *room * bytes : 0, total);
    if (wider) *room = wanted;
    return wider;
}

void spill_free(void *block)
{
    if (!block) return;
    mutex_lock(&all.lock);
    spilled **at = find(block), *s = at ? *at : NULL;
    if (s) {
        *at = s->next;
        all.bytes -= s->bytes;
        system_file_unmap(s->at, s->bytes);
    }
    mutex_unlock(&all.lock);

    if (!s) free(block);
    else system_file_close(s->file);
    free(s);
}

/* ---- Order --------------------------------------------------------------- */

/* A list and how it is compared. */
typedef struct sorting {
    char *list;
    size_t bytes;
    int (*compare)(const void *left, const void *right);
} sorting;

static void swap(const sorting *s, size_t i, size_t j)
{
    char *a = s->list + i * s->bytes, *b = s->list + j * s->bytes;
    for (size_t k = 0; k < s->bytes; k++) {
        char kept = a[k];
        a[k] = b[k];
        b[k] = kept;
    }
}

static int compare_at(const sorting *s, size_t i, size_t j)
{
    return s->compare(s->list + i * s->bytes, s->list + j * s->bytes);
}

/* Puts the elements from begin to end around one of them, which it puts where
 * it belongs: that place. It walks from both ends, as a file is read best. */
static size_t part(const sorting *s, size_t begin, size_t end)
{
    size_t low = begin, high = end;
    swap(s, begin, begin + (end - begin) / 2);
    for (;;) {
        do
            low++;
        while (low < end && compare_at(s, low, begin) < 0);
        do
            high--;
        while (compare_at(s, high, begin) > 0);
        if (low >= high) break;
        swap(s, low, high);
    }
    swap(s, begin, high);
    return high;
}

/* Sorts the shorter side by itself, so that the stack is short. */
static void sort(const sorting *s, size_t begin, size_t end)
{
    while (end - begin > 1) {
        size_t middle = part(s, begin, end);
        if (middle - begin < end - middle - 1) {
            sort(s, begin, middle);
            begin = middle + 1;
        } else {
            sort(s, middle + 1, end);
            end = middle;
        }
    }
}

void spill_sort(void *list, size_t count, size_t bytes,
                int (*compare)(const void *left, const void *right))
{
    sorting s = {list, bytes, compare};
    size_t sorted = 1;
    while (sorted < count && compare_at(&s, sorted - 1, sorted) <= 0)
        sorted++;
    if (sorted >= count) return;

    /* qsort may copy all of it into memory */
    if (is_in_file(list)) sort(&s, 0, count);
    else qsort(list, count, bytes, compare);
}
