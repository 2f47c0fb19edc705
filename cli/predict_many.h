/*
 * predict_many.h: the files that `elman predict` answers: none, one, or several
 * in the order of the command line, each as if it were the only one.
 */
#ifndef PREDICT_MANY_H
#define PREDICT_MANY_H

#include <stddef.h>

/* Answers a file, "-" or NULL for standard input, on standard output or into
 * the file output. Returns 0 or an exit code after an error line. */
typedef int file_answerer(void *context, const char *path, const char *output);

typedef struct many_files {
    char *const *paths;
    size_t count;
    const char *output; /* {} in it is the name of each file; NULL: none */
    file_answerer *answer;
    void *context;
} many_files;

/* One file is answered as answer does it. Of several what is said of each is
 * shown once it is answered: lines behind the file's name and a tab, records
 * with it as their first member; of one that fails why, and nothing else. It
 * ends no other. Several ranks have some of them each. Returns 0, or the first
 * exit code of any. */
int predict_many(const many_files *files);

#endif
