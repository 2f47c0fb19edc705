/*
 * profile.c: see profile.h.
 */
#include "profile.h"
#include "outcome.h"
#include "screen.h"
#include "system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void spent_begin(spent *run) { run->begun = seconds_now(); }

void spent_mark(spent *run) { run->marked = seconds_now(); }

void spent_lap(spent *run, spent_on activity)
{
    double now = seconds_now();
    run->seconds[activity] += now - run->marked;
    run->marked = now;
}

/* What is shown: rows, the last of them everything else, and their sums. */
typedef struct spent_table {
    size_t count;
    elman_profile_row *rows;
    double seconds, flops;
} spent_table;

static void add_row(spent_table *all, const char *name, double seconds)
{
    elman_profile_row *row = all->rows + all->count++;
    *row = (elman_profile_row){.seconds = seconds};
    snprintf(row->name, sizeof row->name, "%s", name);
}

/* False if there is no memory. */
static bool table_make(const training *run, spent_table *all)
{
    const elman_profile *steps = elman_trainer_profile(run->trainer);
    const spent *mine = &run->spent;
    size_t count = steps->count - 1; /* its last is part of our last */
    double known = 0;

    /* the steps by layer, from the library */
    *all = (spent_table){.seconds = seconds_now() - mine->begun};
    all->rows = calloc(count + SPENT_COUNT, sizeof *all->rows);
    if (!all->rows) return false;
    memcpy(all->rows, steps->rows, count * sizeof *all->rows);
    all->count = count;
    for (size_t n = 0; n < count; n++)
        if (!strcmp(all->rows[n].name, "evaluation"))
            all->rows[n].seconds += mine->seconds[SPENT_EVALUATION];

    /* the program's own part, and what has not been measured */
    add_row(all, "reading", mine->seconds[SPENT_READING]);
    add_row(all, "checkpoints", mine->seconds[SPENT_CHECKPOINTS]);
    add_row(all, "model file", mine->seconds[SPENT_MODELS]);
    add_row(all, "pulse", mine->seconds[SPENT_PULSE]);
    add_row(all, "logging", mine->seconds[SPENT_LOGGING]);
    for (size_t n = 0; n < all->count; n++) {
        known += all->rows[n].seconds;
        all->flops += all->rows[n].flops;
    }

    add_row(all, "everything else", all->seconds - known);
    return true;
}

static void show_row(const char *name, double seconds, double flops,
                     const spent_table *all, double peak)
{
    printf("%-28s %9.3f %5.1f %%", name, seconds,
           all->seconds > 0 ? 100 * seconds / all->seconds : 0);

    if (flops > 0 && seconds > 0)
        printf(" %9.1f %5.1f %%", flops / seconds / 1e9,
               100 * flops / seconds / peak);
    putchar('\n');
}

void profile_show(const training *run)
{
    spent_table all;
    if (!table_make(run, &all)) return;
    printf("\n%s%-28s %9s %7s %9s %7s%s\n", paint(stdout, BOLD),
           "where the time went", "seconds", "share", "GFLOP/s", "of peak",
           paint(stdout, PLAIN));

    for (size_t n = 0; n < all.count; n++)
        show_row(all.rows[n].name, all.rows[n].seconds, all.rows[n].flops, &all,
                 run->meter.peak);

    show_row("all", all.seconds, all.flops, &all, run->meter.peak);
    free(all.rows);
}

void profile_record(record *out, const training *run)
{
    spent_table all;
    if (!table_make(run, &all)) return;
    record_open(out, "profile", '{');
    record_number(out, "seconds", all.seconds);
    record_number(out, "peak", run->meter.peak);

    /* each row as it is shown */
    record_open(out, "rows", '[');
    for (size_t n = 0; n < all.count; n++) {
        record_open(out, NULL, '{');
        record_text(out, "name", all.rows[n].name);
        record_number(out, "seconds", all.rows[n].seconds);
        record_number(out, "flops", all.rows[n].flops);
        record_close(out, '}');
    }

    record_close(out, ']');
    record_close(out, '}');
    free(all.rows);
}
