/*
 * output.h: files that a command writes by itself, whole or not at all, and
 * what is said where one cannot be written.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "system.h"

/* After path could not be written, with the reason in errno: the error line,
 * and what helps where there is no room. Returns EXIT_FAILED. */
int unwritten(const char *path);

/* A file that takes the place of path when it is saved; until then path is as
 * it was. Devices and pipes are written to at once. */
typedef struct output_file {
    FILE *file;
    const char *path; /* borrowed */
    char staged[PATH_ROOM];
} output_file;

/* Returns 0, or an exit code after an error line. save ends the output, also
 * when it fails, and then nothing is left of it. */
int output_open(const char *path, output_file *out);
int output_save(output_file *out);

/* Opens a file of lines to go on with it; a line that was cut short at its end,
 * as by a full disk, is removed. NULL with the reason in errno. */
FILE *output_continue(const char *path);

#endif
