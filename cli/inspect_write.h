/*
 * inspect_write.h: the tables of numbers that `elman inspect --csv` writes.
 */
#ifndef INSPECT_WRITE_H
#define INSPECT_WRITE_H

#include "inspect.h"

#include <stdio.h>

/* A table; the list ends with a NULL name. */
typedef struct csv_table {
    const char *name;   /* of the file, without .csv */
    const char *header; /* by which a file of ours is known again */
    bool (*there)(const inspect_view *view);
    void (*write)(const inspect_view *view, FILE *file);
} csv_table;

extern const csv_table csv_tables[];

/* A cell: text in quotes where it must be; a number of 9 digits, nothing for
 * NaN. */
void csv_text(FILE *file, const char *text);
void csv_number(FILE *file, double number);

/* True if nothing is at path, or a file that begins so. */
bool inspect_owns(const char *path, const char *beginning);

/* The error line where it is not so: EXIT_FAILED. */
int inspect_foreign(const char *path);

/* Makes the folder unless it is there. */
int inspect_folder(const char *folder);

#endif
