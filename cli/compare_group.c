/*
 * compare_group.c: which runs differ in the seed alone, and in what the others
 * differ.
 */
#include "compare.h"
#include "screen.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Settings that make no other run: the seed, and which version trained it. */
static bool is_seed(const char *name)
{
    return !strcmp(name, "seed") || !strcmp(name, "version");
}

/* The setting that follows from others. */
static const char summary[] = "model";

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

/* Whether every setting of a is one of b; two runs without any are two. */
static bool holds(const run_file *a, const run_file *b)
{
    size_t count;
    const elman_setting *list = elman_journal_settings(a->journal, &count);
    for (size_t n = 0; n < count; n++)
        if (!is_seed(list[n].name) &&
            !same_text(setting_of(b, list[n].name), list[n].value))
            return false;
    return count > 0;
}

static void find_groups(comparison *all)
{
    for (size_t n = 0; n < all->count; n++) {
        run_file *run = &all->runs[n];
        size_t group = 0;
        for (; group < all->group_count; group++) {
            const run_file *first = &all->runs[all->groups[group].first];
            if (holds(run, first) && holds(first, run)) break;
        }
        if (group == all->group_count)
            all->groups[all->group_count++] = (run_group){.first = n};
        all->groups[group].count++;
        run->group = group;
    }
}

/* Means over the runs of a group that have any row. */
static void sum_group(comparison *all, size_t index)
{
    run_group *group = &all->groups[index];
    double count = 0, reaches = 0, squares = 0;
    group->mean = group->loss = group->horizon = 0;
    for (size_t n = 0; n < all->count; n++) {
        const run_file *run = &all->runs[n];
        if (run->group != index || !run->best) continue;
        count++;
        group->mean += run->best->score;
        group->loss += loss_of(run->best);

        /* the last time that it was measured */
        size_t rows;
        const elman_journal_row *row = elman_journal_rows(run->journal, &rows);
        while (rows > 0 && isnan(row[rows - 1].horizon))
            rows--;
        if (rows == 0) continue;
        group->horizon += row[rows - 1].horizon;
        reaches++;
    }

    group->mean /= count;
    group->loss /= count;
    group->horizon /= reaches;
    for (size_t n = 0; n < all->count; n++) {
        const run_file *run = &all->runs[n];
        if (run->group != index || !run->best) continue;
        double distance = run->best->score - group->mean;
        squares += distance * distance;
    }
    group->deviation = count > 1 ? sqrt(squares / (count - 1)) : NAN;
}

/* The seeds of a group, "1, 2, 5"; NULL without memory. */
static const char *list_seeds(const comparison *all, size_t index)
{
    size_t size = 1, used = 0;
    for (size_t n = 0; n < all->count; n++) {
        const char *seed = setting_of(&all->runs[n], "seed");
        size += seed ? strlen(seed) + 2 : 0;
    }
    char *text = calloc(size, 1);
    for (size_t n = 0; text && n < all->count; n++) {
        const char *seed = setting_of(&all->runs[n], "seed");
        if (all->runs[n].group != index || !seed) continue;
        used += (size_t)snprintf(text + used, size - used, "%s%s",
                                 used ? ", " : "", seed);
    }
    return text;
}

static bool is_known(const comparison *all, const char *name)
{
    for (size_t n = 0; n < all->difference_count; n++)
        if (!strcmp(all->differences[n].name, name)) return true;
    return false;
}

/* Compares a setting over the groups; adds it if it differs. */
static int compare_setting(comparison *all, const char *name, bool *differs)
{
    const char **values = calloc(all->group_count + 1, sizeof *values);
    run_difference *wider =
        realloc(all->differences,
                (all->difference_count + 1) * sizeof *all->differences);
    if (wider) all->differences = wider;
    if (!values || !wider) {
        free(values);
        return failed("out of memory");
    }

    /* the first run of a group stands for all of it */
    *differs = false;
    for (size_t g = 0; g < all->group_count; g++) {
        values[g] = setting_of(&all->runs[all->groups[g].first], name);
        *differs = *differs || !same_text(values[g], values[0]);
    }
    if (*differs)
        all->differences[all->difference_count++] =
            (run_difference){name, values};
    else free(values);
    return 0;
}

/* All settings of all groups, in the order in which they first come. */
static int find_differences(comparison *all)
{
    for (size_t g = 0; g < all->group_count; g++) {
        size_t count;
        const run_file *run = &all->runs[all->groups[g].first];
        const elman_setting *list =
            elman_journal_settings(run->journal, &count);
        for (size_t n = 0; n < count; n++) {
            bool differs = false;
            if (is_seed(list[n].name) || is_known(all, list[n].name) ||
                !strcmp(list[n].name, summary))
                continue;
            int code = compare_setting(all, list[n].name, &differs);
            if (code) return code;
            all->same += g == 0 && !differs;
        }
    }
    return 0;
}

int runs_group(comparison *all)
{
    all->groups = calloc(all->count + 1, sizeof *all->groups);
    if (!all->groups) return failed("out of memory");
    find_groups(all);

    /* what follows from other settings is told only where none differs */
    for (size_t g = 0; g < all->group_count; g++) {
        sum_group(all, g);
        all->groups[g].seeds = list_seeds(all, g);
        if (!all->groups[g].seeds) return failed("out of memory");
    }
    bool differs;
    int code = find_differences(all);
    if (code || all->difference_count) return code;
    return compare_setting(all, summary, &differs);
}

void runs_free(comparison *all)
{
    for (size_t n = 0; n < all->count; n++) {
        free(all->runs[n].name);
        elman_journal_destroy(all->runs[n].journal);
    }
    for (size_t g = 0; g < all->group_count; g++)
        free((char *)(uintptr_t)all->groups[g].seeds);
    for (size_t n = 0; n < all->difference_count; n++)
        free(all->differences[n].values);
    free(all->runs);
    free(all->groups);
    free(all->differences);
}
