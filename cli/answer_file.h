/*
 * answer_file.h: answers in a file, which is there once all of them are: a
 * table (.csv), records (.json, .jsonl: one on each line) or an array (.npy).
 */
#ifndef ANSWER_FILE_H
#define ANSWER_FILE_H

#include "answer.h"

typedef struct answer_file answer_file;

/* Begins a file; its name's ending says which kind. style and dataset must
 * outlive it; answers are to dataset. Returns 0 or an exit code after an error
 * line. */
int answer_file_open(const char *path, const answer_style *style,
                     const elman_dataset *dataset, answer_file **file);

/* Adds an answer to an answer_file: to a table, a row for each of its steps.
 * Returns 0 or an exit code. */
int answer_file_add(void *to, const answer *a);

/* Puts the file in its place. */
int answer_file_save(answer_file *file);

/* Ends it, and leaves nothing if it was not saved; NULL is fine. */
void answer_file_close(answer_file *file);

/* 0, or EXIT_MISUSED after an error line if path's ending is none of those. */
int answer_file_check(const char *path);

/* True if path's ending is that of an array. */
bool answer_file_is_array(const char *path);

#endif
