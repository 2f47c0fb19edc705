/*
 * process.h: processes of the same command, each of which works out one of its
 * parts: process_posix.c for Linux, macOS and their kin, process_windows.c for
 * Windows. What fails returns false or -1 with the reason in errno.
 */
#ifndef PROCESS_H
#define PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A process that works out one of the command's parts. */
typedef struct process {
    intptr_t id;     /* 0: it does not run */
    intptr_t result; /* what that is read from */
} process;

/* What it does: 0 is success, and then the result counts. */
typedef int process_part(void *context, size_t number, void *result);

/* Begins one that is run(context, number, result), a result of bytes: a copy of
 * this process, or on Windows the same command line from its start, which finds
 * its part when it comes to process_join. At most 64 run at once. */
bool process_begin(process_part *run, void *context, size_t number,
                   size_t bytes, process *p);

/* Before the first of them, and before anything is printed or written: in a
 * process that was begun from its start runs its part, and ends. */
void process_join(process_part *run, void *context, size_t bytes);

/* The id of the next that ends; -1 with EINTR after a signal, and where there
 * is none. *done: whether it ended well. */
intptr_t process_wait(bool *done);

/* After that: its result; false if it is not whole. */
bool process_result(process *p, size_t bytes, void *result);
void process_kill(const process *p);

#endif
