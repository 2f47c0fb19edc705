/*
 * sentinel.c: numbers that stand for missing values, as -999: they are learned
 * as what they are, but said where they lie far from all others.
 */
#include "data/table.h"

#include <math.h>

#include "base/real.h"

enum { MOST_LOOKED = 20000 }; /* rows of a long table */

static const double sentinels[] = {
    -9,      -99,     -999,  -9999, -99999, -99.9, -99.99, -999.9,
    -999.99, -9999.9, -8888, 999,   9999,   99999, 999.9,  9999.9};

/* The least or, with sign -1, the greatest number of a column: the numbers are
 * looked at times sign. */
typedef struct edge {
    double sign, value; /* the least */
    double next;        /* the least of the others */
    double far;         /* the greatest of all */
    size_t count;       /* rows that have the least */
} edge;

static void look(edge *e, double value)
{
    value *= e->sign;
    e->far = real_max(e->far, value);
    if (value == e->value) e->count++;
    else if (value < e->value) {
        e->next = e->value;
        e->value = value;
        e->count = 1;
    } else e->next = real_min(e->next, value);
}

/* Whether it is one of the usual numbers, more than once, and further from the
 * others than these are from each other. */
static bool is_sentinel(const edge *e)
{
    bool usual = false;
    for (size_t i = 0; i < sizeof sentinels / sizeof *sentinels; i++)
        usual = usual || e->sign * e->value == sentinels[i];
    return usual && e->count > 1 && e->next < e->far &&
           e->next - e->value > e->far - e->next;
}

static elman_status tell_column(facts *f, const columns *c, size_t column)
{
    const amount_style style = c->profiles.list[column].amount.style;
    size_t rows = c->profiles.row_count, step = rows / MOST_LOOKED + 1;
    edge edges[2] = {
        {.sign = 1, .value = INFINITY, .next = INFINITY, .far = -INFINITY},
        {.sign = -1, .value = INFINITY, .next = INFINITY, .far = -INFINITY}};

    for (size_t row = 0; row < rows; row += step) {
        double value;
        if (amount_parse(columns_cell(c, row, column), style, &value) !=
            NUMBER_VALUE)
            continue;
        look(&edges[0], value);
        look(&edges[1], value);
    }

    for (size_t i = 0; i < 2; i++)
        if (is_sentinel(&edges[i]))
            TRY(facts_add(f, "note", false,
                          "column \"%.60s\": %g is far from all other numbers, "
                          "as marks of missing values are; if it is one, leave "
                          "these cells empty and give --missing",
                          c->names[column], edges[i].sign * edges[i].value));
    return ELMAN_OK;
}

elman_status sentinel_tell(facts *f, const columns *c)
{
    for (size_t i = 0; i < c->input_count; i++)
        TRY(tell_column(f, c, c->inputs[i]));

    /* targets that are no inputs as well */
    for (size_t i = 0; i < c->target_count; i++) {
        bool done = c->profiles.list[c->targets[i]].kind != COLUMN_NUMBERS;
        for (size_t j = 0; j < c->input_count; j++)
            done = done || c->inputs[j] == c->targets[i];
        if (!done) TRY(tell_column(f, c, c->targets[i]));
    }
    return ELMAN_OK;
}
