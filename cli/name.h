/*
 * name.h: what this program is called, where it says so: in errors, usage and
 * lines to type. There are two: elman, and elman-mpi (mpi/main.c), which a
 * launcher starts several times and which therefore is typed behind one.
 */
#ifndef NAME_H
#define NAME_H

#include <stdbool.h>

/* Set once, before program(), by another program than elman: its name, what
 * begins so many of it, "" or with a space at the end ("mpirun -np "), and what
 * was typed, up to the program. The texts stay the caller's. */
void name_open(const char *name, const char *launcher, const char *typed);

/* The program alone, as errors begin: "elman". */
const char *name_short(void);

/* Whether it is one that a launcher starts. */
bool name_is_launched(void);

/* How to begin it: in general, with N for a number, and as now. A command that
 * ranks do not share is typed as elman's. */
const char *name_usage(bool shared);
const char *name_typed(void);

/* A line that begins with elman, as an example does, so that it begins as
 * name_usage; others, and those that read a pipe, are as they are. In a static
 * buffer. */
const char *name_example(const char *line, bool shared);

#endif
