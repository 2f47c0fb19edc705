/*
 * columns_parts.h: what columns.c, columns_names.c and columns_choose.c share.
 */
#ifndef DATA_COLUMNS_PARTS_H
#define DATA_COLUMNS_PARTS_H

#include "data/columns.h"

static inline elman_status columns_no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for the table");
}

/* What is known of the cells of a column. */
static inline const profile *columns_profile(const columns *c, size_t column)
{
    return &c->profiles.list[column];
}

/* Whether a list of count columns has that one. */
static inline bool columns_contain(const size_t *list, size_t count,
                                   size_t column)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == column) return true;
    return false;
}

/* Whether a column is time or tells series apart; once c->order is open. */
static inline bool columns_tell_order(const columns *c, size_t column)
{
    return columns_contain(c->order.time, c->order.time_count, column) ||
           columns_contain(c->order.by, c->order.by_count, column);
}

/* Gives each column its name: the header's, or its number where that has none.
 * names, numbers and first_of must have room for all columns; by_name must be
 * empty. All of the others below need it. */
elman_status columns_set_names(columns *c);

/* How many columns are called name (bytes long, which need no end), and in
 * *first the first of them, which is left alone if there is none. */
size_t columns_count_named(const columns *c, const char *name, size_t bytes,
                           size_t *first);

/* Finds the columns of a list "a,b,3", at most most of them; *count must be 0,
 * and column needs room for most or for all columns, whichever is less. A
 * column that is not there, named twice or one too many is a failure; *count
 * then tells how many came before it. */
elman_status columns_read_list(const columns *c, const char *list, size_t most,
                               size_t *column, size_t *count);

/* A list that columns_read_list reads as these columns; names that could not be
 * told apart in it give way to numbers. *list is freed before, NULL or not, and
 * is the caller's. */
elman_status columns_write_list(const columns *c, const size_t *column,
                                size_t count, char **list);

/* Finds the inputs and targets that an encoding was learned with, by name and,
 * where names do not tell, by place; both lists of c must be empty. Answers: a
 * table that is only to be answered, which may lack targets (SIZE_MAX). */
elman_status columns_follow(columns *c, const elman_encoding *e, bool answers);

/* Chooses targets and inputs, as far as config does not name them, decides the
 * task and writes all of it into the encoding. Order and counters must be
 * known, and both lists of c be empty. */
elman_status columns_choose(columns *c, elman_encoding *e,
                            const elman_dataset_config *config);

#endif
