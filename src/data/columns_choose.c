/*
 * columns_choose.c: the choice of targets and inputs, and with it of the task,
 * while an encoding is being learned.
 */
#include "data/columns_parts.h"
#include "data/encoding.h"

#include "base/memory.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_number(const columns *c, size_t column)
{
    column_kind kind = columns_profile(c, column)->kind;
    return kind == COLUMN_NUMBERS || kind == COLUMN_AMBIGUOUS;
}

/* Whether a column of numbers tells something by itself. */
static bool is_telling(const columns *c, size_t column)
{
    return is_number(c, column) && !columns_tell_order(c, column) &&
           !c->counters[column] && !columns_profile(c, column)->constant;
}

/* Whether texts can be classes: few, with many rows each. */
static bool is_plausible(const columns *c, size_t column, bool asked)
{
    const profile *p = columns_profile(c, column);
    size_t filled = c->profiles.row_count - p->missing, n = p->distinct;
    if (p->kind != COLUMN_TEXT || n > MOST_DISTINCT) return false;
    if (asked) return 2 * n <= filled;
    return n > 1 && 5 * n <= filled && (n <= 20 || 50 * n <= filled);
}

/* Whether a column that counts rows may still be what is asked about: it comes
 * last, under a name that is not that of an index or a time. */
static bool may_be_asked(const columns *c, size_t column)
{
    static const char *const words[] = {
        "index", "id",   "no",   "nr",    "row",  "step", "t",    "x",   "n",
        "i",     "time", "year", "month", "week", "day",  "date", "hour"};
    const char *name = c->names[column];
    if (column + 1 < c->table->column_count || name == c->numbers[column])
        return false;

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strncasecmp(name, words[i], strlen(words[i]) + 1)) return false;
    return c->counters[column] && !columns_tell_order(c, column);
}

/* The last column that can be a target; false if there is none. */
static bool find_target(const columns *c, elman_task task, size_t *target)
{
    bool tags = task == ELMAN_TASK_AUTO || task == ELMAN_TASK_TAG;
    for (size_t j = c->table->column_count; j-- > 0;) {
        bool text = !columns_tell_order(c, j) && tags &&
                    is_plausible(c, j, task == ELMAN_TASK_TAG);
        *target = j;
        if (text || is_telling(c, j) || may_be_asked(c, j)) return true;
    }

    /* what tells nothing is better than no column at all */
    for (int constant = 0; constant < 2; constant++)
        for (size_t j = c->table->column_count; j-- > 0;) {
            *target = j;
            if (is_number(c, j) && !columns_tell_order(c, j) &&
                columns_profile(c, j)->constant == constant)
                return true;
        }
    return false;
}

static elman_status no_numbers(const columns *c, const char *role)
{
    char list[400] = "", reason[80];
    size_t at = 0;
    for (size_t j = 0; j < c->table->column_count && at < 300; j++) {
        columns_reason(c, j, reason, sizeof reason);
        at += (size_t)snprintf(list + at, sizeof list - at, "%s%.60s (%s)",
                               j ? ", " : "", c->names[j], reason);
    }
    return failure(ELMAN_BAD_FORMAT,
                   "no column of numbers is left as %s: %s%s%s", role, list,
                   at < 300 ? "" : ", ...",
                   c->table->column_count > 1
                       ? ""
                       : "; only one column was found: columns are separated "
                         "by commas, semicolons, tabs, bars or blanks");
}

/* Whether text begins with a digit, a sign or a currency before it. */
static bool begins_as_number(const char *text)
{
    while (*text && !isalnum((unsigned char)*text))
        text++;
    return isdigit((unsigned char)*text) != 0;
}

/* A column behind the target that is text, but was meant to be numbers, is more
 * likely what is asked about: "12.3 kg". */
static elman_status check_passed(const columns *c, size_t target)
{
    for (size_t j = target + 1; j < c->table->column_count; j++) {
        const profile *p = columns_profile(c, j);
        size_t rows = c->profiles.row_count, row = 0;
        if (p->kind != COLUMN_TEXT || 2 * p->distinct < rows) continue;
        while (row < rows && begins_as_number(columns_cell(c, row, j)))
            row++;
        if (row < rows || columns_tell_order(c, j)) continue;

        return failure(
            ELMAN_BAD_FORMAT,
            "line %zu, column \"%.60s\": \"%.40s\" is not a number; "
            "write numbers alone, or name another target (--target), "
            "as \"%.60s\"",
            columns_line(c, 0), c->names[j], columns_cell(c, 0, j),
            c->names[target]);
    }
    return ELMAN_OK;
}

/* A class for nearly each row can be learned by heart alone. */
static elman_status check_classes(const columns *c, size_t target)
{
    size_t rows = c->profiles.row_count, distinct = 0, other;
    TRY(profiles_distinct(&c->profiles, target, &distinct));
    if (2 * distinct <= rows) return ELMAN_OK;

    char advice[140] = "";
    if (find_target(c, ELMAN_TASK_FORECAST, &other))
        snprintf(advice, sizeof advice,
                 "; give a column of numbers, as target (--target) \"%.60s\"",
                 c->names[other]);
    return failure(ELMAN_BAD_VALUE,
                   "column \"%.60s\" has %zu%s different texts in %zu rows "
                   "(\"%.40s\"), too many for classes%s",
                   c->names[target], distinct,
                   distinct > MOST_DISTINCT ? " or more" : "", rows,
                   columns_cell(c, 0, target), advice);
}

/* Text in a target column means tags, numbers mean a forecast. */
static elman_status settle_task(columns *c, elman_encoding *e)
{
    bool text = false;
    for (size_t i = 0; i < c->target_count; i++)
        text = text || !is_number(c, c->targets[i]);

    if (e->task == ELMAN_TASK_AUTO)
        e->task = text ? ELMAN_TASK_TAG : ELMAN_TASK_FORECAST;

    if (e->task == ELMAN_TASK_TAG && c->target_count > 1)
        return failure(ELMAN_BAD_VALUE,
                       "%zu target columns, but tags are in one",
                       c->target_count);

    if (text && e->task != ELMAN_TASK_TAG)
        return failure(ELMAN_BAD_VALUE,
                       "the target column holds text (\"%.40s\"), and %s needs "
                       "numbers",
                       columns_cell(c, 0, c->targets[0]), task_name(e->task));
    return e->task == ELMAN_TASK_TAG ? check_classes(c, c->targets[0])
                                     : ELMAN_OK;
}

/* All columns of numbers that tell something, and what a forecast continues
 * from its own past; without any, those of numbers that tell nothing. */
static void collect_inputs(columns *c, elman_task task)
{
    bool forecast = task == ELMAN_TASK_FORECAST;
    for (int turn = 0; turn < 2 && c->input_count == 0; turn++)
        for (size_t j = 0; j < c->table->column_count; j++) {
            bool target = columns_contain(c->targets, c->target_count, j);
            bool fits = turn == 0
                            ? is_telling(c, j)
                            : is_number(c, j) && !columns_tell_order(c, j);
            if (target ? forecast : fits) c->inputs[c->input_count++] = j;
        }

    c->poor = true;
    for (size_t i = 0; i < c->input_count; i++)
        c->poor = c->poor && !is_telling(c, c->inputs[i]) &&
                  !may_be_asked(c, c->inputs[i]);
}

static elman_status
choose_inputs(columns *c, const elman_dataset_config *config, elman_task task)
{
    c->inputs_named = config->columns;
    if (!config->columns) collect_inputs(c, task);
    else
        TRY(columns_read_list(c, config->columns, SIZE_MAX, c->inputs,
                              &c->input_count));

    /* a forecast may read its own targets, every other task leaves them out */
    for (size_t i = 0; i < c->input_count && task != ELMAN_TASK_FORECAST; i++)
        if (columns_contain(c->targets, c->target_count, c->inputs[i]))
            return failure(ELMAN_BAD_VALUE,
                           "column \"%.60s\" is a target, so it cannot be an "
                           "input of %s",
                           c->names[c->inputs[i]], task_name(task));

    return c->input_count ? ELMAN_OK : no_numbers(c, "an input");
}

static elman_status copy_columns(const columns *c, const size_t *column,
                                 size_t count, char ***names, size_t **places)
{
    *names = calloc(count + 1, sizeof **names);
    *places = calloc(count + 1, sizeof **places);
    if (!*names || !*places) return columns_no_memory();

    for (size_t i = 0; i < count; i++) {
        (*places)[i] = column[i] + 1;
        if (!((*names)[i] = text_copy(c->names[column[i]])))
            return columns_no_memory();
    }
    return ELMAN_OK;
}

/* Notes how the numbers of a column are written, for files whose own do not
 * show it. */
static void note_style(const columns *c, size_t column, elman_encoding *e)
{
    const profile *p = columns_profile(c, column);
    if (p->kind != COLUMN_NUMBERS) return;
    if (p->amount.proven) e->decimal = p->amount.style.decimal;
    if (p->amount.style.thousands) {
        e->decimal = p->amount.style.decimal;
        e->thousands = p->amount.style.thousands;
    }
}

/* Writes what was chosen into the encoding. */
static elman_status write_choice(const columns *c, elman_encoding *e,
                                 const elman_dataset_config *config)
{
    const row_order *o = &c->order;
    e->input_size = c->input_count;
    e->target_count = c->target_count;
    TRY(copy_columns(c, c->inputs, c->input_count, &e->columns, &e->positions));
    TRY(copy_columns(c, c->targets, c->target_count, &e->target_names,
                     &e->target_positions));

    for (size_t i = 0; i < c->input_count; i++)
        note_style(c, c->inputs[i], e);
    for (size_t i = 0; i < c->target_count; i++)
        note_style(c, c->targets[i], e);

    if (o->time_count)
        TRY(columns_write_list(c, o->time, o->time_count, &e->time));
    else if (config->time && !(e->time = text_copy("none")))
        return columns_no_memory();
    if (o->by_count) TRY(columns_write_list(c, o->by, o->by_count, &e->by));
    else if (config->by && !(e->by = text_copy("none")))
        return columns_no_memory();
    return ELMAN_OK;
}

elman_status columns_choose(columns *c, elman_encoding *e,
                            const elman_dataset_config *config)
{
    c->target_named = config->target;
    if (config->target)
        TRY(columns_read_list(c, config->target, SIZE_MAX, c->targets,
                              &c->target_count));
    else if (find_target(c, e->task, &c->targets[0])) {
        c->target_count = 1;
        TRY(check_passed(c, c->targets[0]));
    } else return no_numbers(c, "a target");

    TRY(settle_task(c, e));
    TRY(choose_inputs(c, config, e->task));
    return write_choice(c, e, config);
}
