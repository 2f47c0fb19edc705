/*
 * record.h: a result as one line of JSON, written member by member.
 */
#ifndef RECORD_H
#define RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct record {
    FILE *file;
    bool follows; /* not the first member: a comma comes first */
} record;

/* Begin and end the line's object, and an object '{' or list '[' inside; key
 * is NULL in a list. */
record record_begin(FILE *file);
void record_end(record *out);
void record_open(record *out, const char *key, char bracket);
void record_close(record *out, char bracket);

/* A member. Text that is not UTF-8 gets U+FFFD for each bad byte; a number has
 * 9 digits, and is null if it is not finite; raw is JSON already. */
void record_text(record *out, const char *key, const char *text);
void record_number(record *out, const char *key, double number);
void record_count(record *out, const char *key, uint64_t count);
void record_flag(record *out, const char *key, bool flag);
void record_null(record *out, const char *key);
void record_raw(record *out, const char *key, const char *json);

#endif
