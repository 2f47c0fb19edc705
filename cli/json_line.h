/*
 * json_line.h: one line of JSON, read member by member: what --metrics writes.
 */
#ifndef JSON_LINE_H
#define JSON_LINE_H

#include <stdbool.h>

/* A member: its name, behind those of the objects that it is in ("validation
 * loss" as "validation.loss"), and its value. */
typedef struct json_member {
    const char *name;
    const char *text; /* NULL: it is a number, true (1), false (0) or null
                         (NAN) */
    double number;
} json_member;

typedef void json_take(void *context, const json_member *member);

/* Calls take for each member of an object that is the whole line, in order.
 * False if the line is something else: lists, and objects more than three deep,
 * are too. The line is overwritten. */
bool json_line_read(char *line, json_take *take, void *context);

#endif
