/*
 * table.h: tables made column by column, and what was understood of them.
 */
#ifndef TESTS_TABLE_H
#define TESTS_TABLE_H

#include "dataset.h"

#include "data/store.h"

/* The text of a cell of a column of some kind. */
static inline void make_cell(char kind, size_t row, char cell[40])
{
    double wave = 50 + 30 * sin((double)row / 3) + (double)(row * 7 % 5);
    static const char *const groups[] = {"rain", "sun", "snow"};

    cell[0] = 0;
    if (kind == 'd') sprintf(cell, "20%02zu-%02zu-15", row / 12, row % 12 + 1);
    if (kind == 'i') sprintf(cell, "%zu", row);
    if (kind == 'y') sprintf(cell, "%zu", 1900 + row);
    if (kind == 'f') sprintf(cell, "%.2f", 0.25 * (double)row - 3);
    if (kind == 'v') sprintf(cell, "%.3f", wave);
    if (kind == 'w') sprintf(cell, "%.0f", wave * wave);
    if (kind == 'c') strcpy(cell, "7");
    if (kind == 's') sprintf(cell, "name %zu", row * 31 % 997);
    if (kind == 'g') strcpy(cell, groups[row * row % 7 % 3]);
    if (kind == '2') sprintf(cell, "%s", row % 2 ? "on" : "off");
}

/* A table of columns of the kinds given, under the names of header, which may
 * be NULL. */
static inline const char *put_kinds(const char *name, const char *header,
                                    const char *kinds, size_t rows)
{
    static char text[200000];
    size_t at = 0;
    if (header) at += (size_t)sprintf(text, "%s\n", header);
    for (size_t row = 0; row < rows; row++)
        for (size_t j = 0; kinds[j]; j++) {
            char cell[40];
            make_cell(kinds[j], row, cell);
            at += (size_t)sprintf(text + at, "%s%s", cell,
                                  kinds[j + 1] ? "," : "\n");
        }
    return put_bytes(name, text, at);
}

/* The facts of one name, one on each line. */
static inline const char *facts_of(const elman_dataset *d, const char *name)
{
    static char text[4000];
    size_t count = 0, at = 0;
    const elman_fact *list = dataset_facts(d, &count);
    text[0] = 0;
    for (size_t i = 0; i < count; i++)
        if (!strcmp(list[i].name, name))
            at += (size_t)snprintf(text + at, sizeof text - at, "%s\n",
                                   list[i].text);
    return text;
}

static inline void check_fact(const elman_dataset *d, const char *name,
                              const char *part)
{
    CHECK(strstr(facts_of(d, name), part) != NULL, "%s: \"%s\" lacks \"%s\"",
          name, facts_of(d, name), part);
}

/* "a,b" of names. */
static inline const char *joined(char *const *names, size_t count)
{
    static char text[400];
    size_t at = 0;
    text[0] = 0;
    for (size_t i = 0; i < count; i++)
        at += (size_t)sprintf(text + at, "%s%s", i ? "," : "", names[i]);
    return text;
}

/* The value of an input as it was in the file. */
static inline double input_at(const elman_dataset *d, size_t row, size_t i)
{
    const elman_encoding *e = d->encoding;
    return (double)d->x[row * e->input_size + i] * e->scale[i] + e->mean[i];
}

#endif
