/*
 * fuzz.h: what a fuzz target is. Each NAME.c here is one: it gives any bytes
 * to one reader and says what must hold. fuzz.c watches every run: no block is
 * left, memory stays within a small multiple of the input. libFuzzer drives it,
 * or replay.c, which runs it on files.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

/* Bytes of memory at one time for each of the input, and for any input, unless
 * the target says otherwise. */
enum { MEMORY_TIMES = 40, MEMORY_ROOM = 1 << 21 };

typedef struct fuzz_target {
    void (*run)(const uint8_t *data, size_t size);
    void (*prepare)(void);          /* once, before the first run; or NULL */
    void (*seed)(const char *path); /* writes a valid input; or NULL */
    size_t times, room;             /* of memory; 0: as above */
} fuzz_target;

extern const fuzz_target target; /* in NAME.c */

/* One input under watch; 0, or the end of the process. */
int fuzz_run(const uint8_t *data, size_t size);
void fuzz_prepare(void);

/* The folder for the files of this process, emptied after every run, and the
 * path of a name in it, one of eight buffers in turn. */
const char *fuzz_path(const char *name);

/* Puts a file into the folder; its path. */
const char *fuzz_put(const char *name, const uint8_t *data, size_t size);

/* A copy for readers that own their bytes, with a zero at [size]. */
char *fuzz_copy(const uint8_t *data, size_t size);

/* A call was refused: there is a sentence, of printable characters, that holds
 * part ("" for any). */
void fuzz_refused(const char *part);

/* Two files of the folder have the same bytes. */
void fuzz_same(const char *path, const char *other);

/* Ends the process with a sentence if it does not hold. */
#define MUST(condition)                                                        \
    ((condition) ? (void)0 : fuzz_stop(__FILE__, __LINE__, #condition))
#define MUST_OK(call) MUST((call) == ELMAN_OK)

_Noreturn void fuzz_stop(const char *file, int line, const char *sentence);

#endif
