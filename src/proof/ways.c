/* ways.c: see ways.h. */
#include "proof/ways.h"

#include <stdbool.h>
#include <stdio.h>

static const training_way ways[] = {
    {.threads = 1},
    {.threads = 2},
    {.threads = 3},
    {.threads = 4},
    {.ranks = 1},
    {.ranks = 2},
    {.ranks = 3},
    {.ranks = 4},
    {.ranks = 5},
    {.ranks = 6},
    {.ranks = 7},
    {.ranks = 8},
    {.budget = 1},
    {.budget = 2, .threads = 4},
    {.budget = 3, .threads = 3},
    {.budget = 4, .threads = 2},
    {.group = 8},
    {.group = 16, .threads = 2},
    {.chunk = 7},
    {.chunk = 1, .threads = 2},
    {.group = 8, .chunk = 3},
    {.group = 16, .chunk = 10, .threads = 4},
    {.group = 8, .budget = 2},
    {.group = 16, .budget = 4, .threads = 3},
    {.ranks = 2, .budget = 2},
    {.ranks = 5, .budget = 4},
};

size_t training_way_count(void) { return sizeof ways / sizeof *ways; }

const training_way *training_way_at(size_t index) { return ways + index; }

/* Writes a count, or "all" where it is 0. */
static const char *count_or_all(size_t count, size_t bytes, char *words)
{
    if (count == 0) return "all";
    snprintf(words, bytes, "%zu", count);
    return words;
}

void training_way_write(const training_way *way, size_t bytes, char *words)
{
    char group[24], chunk[24];
    bool ranks = way->ranks > 0;
    snprintf(words, bytes, "%s %d, passes of B %s T %s, budget %d of 4",
             ranks ? "ranks" : "threads",
             ranks          ? way->ranks
             : way->threads ? way->threads
                            : 1,
             count_or_all(way->group, sizeof group, group),
             count_or_all(way->chunk, sizeof chunk, chunk), way->budget);
}
