/*
 * columns_names.c: columns by name and place, as a list of the user's or an
 * encoding names them.
 */
#include "data/columns_parts.h"
#include "data/encoding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Columns by name ---------------------------------------------------- */

/* Numbers serve as names where the header has none. */
elman_status columns_set_names(columns *c)
{
    size_t count = c->table->column_count, number;
    for (size_t j = 0; j < count; j++) {
        snprintf(c->numbers[j], sizeof c->numbers[j], "%zu", j + 1);
        const char *name = c->profiles.header ? c->table->cells[j] : "";
        c->names[j] = name[0] ? name : c->numbers[j];

        TRY(dictionary_add(&c->by_name, c->names[j], strlen(c->names[j]),
                           &number));
        if (c->by_name.entries[number].uses == 1) c->first_of[number] = j;
    }
    return ELMAN_OK;
}

/* How many columns are called name (bytes long), and the first of them. */
size_t columns_count_named(const columns *c, const char *name, size_t bytes,
                           size_t *first)
{
    size_t found = dictionary_find(&c->by_name, name, bytes);
    if (found == c->by_name.count) return 0;
    *first = c->first_of[found];
    return c->by_name.entries[found].uses;
}

/* The column of that number, from 1, or false. */
static bool find_number(const columns *c, const char *name, size_t bytes,
                        size_t *column)
{
    size_t count = c->table->column_count, number = 0;
    for (size_t i = 0; i < bytes; i++) {
        if (name[i] < '0' || name[i] > '9' || number > count) return false;
        number = number * 10 + (size_t)(name[i] - '0');
    }
    if (number < 1 || number > count) return false;
    *column = number - 1;
    return true;
}

static elman_status no_column(const columns *c, const char *name, size_t bytes)
{
    char list[160] = "";
    size_t at = 0;

    /* as many of the names as fit */
    for (size_t j = 0; j < c->table->column_count && at < sizeof list - 1; j++)
        at += (size_t)snprintf(list + at, sizeof list - at, "%s%.40s",
                               j ? ", " : "", c->names[j]);

    return failure(ELMAN_BAD_VALUE,
                   "no column \"%.*s\"; the %zu columns are %s%s%s",
                   bytes > 60 ? 60 : (int)bytes, name, c->table->column_count,
                   list, at < sizeof list - 1 ? "" : "...",
                   c->profiles.doubtful ? "; if the first row holds their "
                                          "names, give header (--header)"
                                        : "");
}

/* The column called name; else the column with that number. */
static elman_status find_column(const columns *c, const char *name,
                                size_t bytes, size_t *column)
{
    size_t named = columns_count_named(c, name, bytes, column);
    if (named == 1 || (!named && find_number(c, name, bytes, column)))
        return ELMAN_OK;
    if (!named) return no_column(c, name, bytes);

    /* which of them: as many numbers as fit */
    char list[80] = "";
    size_t at = 0;
    for (size_t j = *column; j < c->table->column_count && at < 60; j++)
        if (!strncmp(c->names[j], name, bytes) && !c->names[j][bytes])
            at += (size_t)snprintf(list + at, sizeof list - at, "%s%zu",
                                   at ? ", " : "", j + 1);
    return failure(ELMAN_BAD_VALUE,
                   "%zu columns are called \"%.*s\": %s; give the number of "
                   "one instead",
                   named, bytes > 60 ? 60 : (int)bytes, name, list);
}

/* Finds the columns of a list "a,b,3", at most most of them. */
elman_status columns_read_list(const columns *c, const char *list, size_t most,
                               size_t *column, size_t *count)
{
    bool *seen = calloc(c->table->column_count + 1, sizeof *seen);
    if (!seen) return columns_no_memory();
    elman_status status = ELMAN_OK;

    /* one name per turn, up to a comma or the end */
    for (bool last = false; !last && status == ELMAN_OK;) {
        list += strspn(list, " ");
        size_t whole = strcspn(list, ","), bytes = whole, found = 0;
        while (bytes > 0 && list[bytes - 1] == ' ')
            bytes--;

        status = find_column(c, list, bytes, &found);
        if (status == ELMAN_OK && seen[found])
            status = failure(ELMAN_BAD_VALUE, "column \"%.60s\" is named twice",
                             c->names[found]);
        else if (status == ELMAN_OK && *count == most)
            status = failure(ELMAN_BAD_VALUE,
                             "column \"%.60s\" is one too many; expected at "
                             "most %zu",
                             c->names[found], most);
        else if (status == ELMAN_OK) {
            seen[found] = true;
            column[(*count)++] = found;
        }

        last = list[whole] == 0;
        list += whole + 1;
    }

    free(seen);
    return status;
}

/* A list that read_list reads as these columns; names that could not be told
 * apart in it give way to numbers. */
elman_status columns_write_list(const columns *c, const size_t *column,
                                size_t count, char **list)
{
    size_t room = 1, at = 0, first;
    for (size_t i = 0; i < count; i++)
        room += strlen(c->names[column[i]]) + sizeof *c->numbers + 1;
    free(*list);
    *list = calloc(room, 1);
    if (!*list) return columns_no_memory();

    for (size_t i = 0; i < count; i++) {
        const char *name = c->names[column[i]];
        size_t bytes = strlen(name);
        if (strchr(name, ',') || name[0] == ' ' || name[bytes - 1] == ' ' ||
            !strcmp(name, "none") ||
            columns_count_named(c, name, strlen(name), &first) > 1)
            name = c->numbers[column[i]];
        at +=
            (size_t)snprintf(*list + at, room - at, "%s%s", i ? "," : "", name);
    }
    return ELMAN_OK;
}

/* ---- By an encoding ----------------------------------------------------- */

/* The column that an encoding knows by name and by its place (from 1; 0: not
 * known). */
static elman_status follow_name(columns *c, const char *name, size_t place,
                                size_t *column)
{
    size_t bytes = strlen(name), count = c->table->column_count;
    size_t named = columns_count_named(c, name, bytes, column);
    bool placed = place > 0 && place <= count;
    if (named == 1) return ELMAN_OK;

    if (named > 1 && placed && !strcmp(c->names[place - 1], name)) {
        *column = place - 1;
        return ELMAN_OK;
    }
    if (named > 1)
        return failure(ELMAN_BAD_FORMAT,
                       "%zu columns are called \"%.60s\", and column %zu, "
                       "where the model had it, is not; give it a name of its "
                       "own",
                       named, name, place);

    /* without a header the place is all there is */
    if (placed && !c->profiles.header) {
        c->by_position = true;
        *column = place - 1;
        return ELMAN_OK;
    }
    if (find_number(c, name, bytes, column)) return ELMAN_OK;
    return no_column(c, name, bytes);
}

static elman_status follow_names(columns *c, char *const *names,
                                 const size_t *places, size_t wanted,
                                 bool may_lack, size_t *column, size_t *count)
{
    if (!names && wanted)
        return failure(ELMAN_BAD_FORMAT,
                       "the encoding needs %zu columns, but has no names for "
                       "them",
                       wanted);

    for (*count = 0; *count < wanted; ++*count) {
        size_t i = *count;
        failure_text kept = failure_keep();
        elman_status status =
            follow_name(c, names[i], places ? places[i] : 0, &column[i]);
        if (status != ELMAN_OK && !may_lack) return status;

        /* one that may lack is no failure */
        if (status != ELMAN_OK) column[i] = SIZE_MAX;
        failure_restore(&kept);
    }
    return ELMAN_OK;
}

/* Whether a table of count columns has all places that the inputs had. */
static bool all_placed(const elman_encoding *e, size_t count)
{
    for (size_t i = 0; i < e->input_size; i++)
        if (!e->positions || e->positions[i] > count) return false;
    return true;
}

/* The targets of a table of inputs alone: those that are inputs too. */
static void follow_targets(columns *c, const elman_encoding *e)
{
    for (size_t k = 0; k < e->target_count; k++) {
        size_t column = SIZE_MAX;
        for (size_t i = 0; i < e->input_size; i++)
            if (e->positions && e->target_positions
                    ? e->positions[i] == e->target_positions[k]
                    : e->columns && e->target_names &&
                          !strcmp(e->columns[i], e->target_names[k]))
                column = i;
        c->targets[c->target_count++] = column;
    }
}

/* Refuses a table for the first input or target that it has no column of. */
static elman_status check_there(columns *c, const elman_encoding *e)
{
    size_t ignored;
    for (size_t i = 0; e->columns && i < e->input_size; i++)
        TRY(follow_name(c, e->columns[i], 0, &ignored));
    for (size_t k = 0; e->target_names && k < e->target_count; k++)
        TRY(follow_name(c, e->target_names[k], 0, &ignored));
    return ELMAN_OK;
}

elman_status columns_follow(columns *c, const elman_encoding *e, bool answers)
{
    size_t count = c->table->column_count;
    bool few = e->input_size > count || (!answers && e->target_count > count);
    c->target_named = c->inputs_named = true;
    if (few && c->profiles.header) TRY(check_there(c, e));
    if (few)
        return failure(ELMAN_BAD_FORMAT,
                       "%zu columns, but the encoding needs %zu", count,
                       e->input_size > count ? e->input_size : e->target_count);

    /* the inputs alone, in their order */
    if (!c->profiles.header && answers && count == e->input_size &&
        !all_placed(e, count)) {
        c->by_position = true;
        for (size_t i = 0; i < count; i++)
            c->inputs[c->input_count++] = i;
        follow_targets(c, e);
        return ELMAN_OK;
    }

    TRY(follow_names(c, e->columns, e->positions, e->input_size, false,
                     c->inputs, &c->input_count));
    return follow_names(c, e->target_names, e->target_positions,
                        e->target_count, answers, c->targets, &c->target_count);
}
