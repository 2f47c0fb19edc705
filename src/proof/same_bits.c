/* same_bits.c: a grid of variants, and one comparison for all of them. */
#include "proof/same_bits.h"

#include <stdio.h>
#include <string.h>

#include "layer/recurrent.h"

/* How a batch is cut; the plain pass first. */
static const split cuts[] = {
    {0},
    {.padding = 3},
    {.permuted = true, .padding = 2},
    {.single = true},
    {.group = 8},
    {.group = 8, .uneven = true},
    {.group = 8, .uneven = true, .chunk = 2},
    {.chunk = 1},
    {.chunk = 3, .permuted = true},
    {.budget = 2, .group = 8},
    {.budget = 4},
    {.forward = true},
    {.forward = true, .permuted = true},
    {.forward = true, .chunk = 1},
    {.forward = true, .chunk = 4},
    {.forward = true, .chunk = 1, .single = true},
};
enum { CUTS = sizeof cuts / sizeof *cuts };

typedef struct comparison {
    const trial *t;
    outcome want,
        want_forward; /* one pass, one thread, first instruction set */
    outcome got;
    size_t bytes;
    char *difference;
} comparison;

static void describe(const comparison *c, const char *part, const char *isa,
                     const split *cut)
{
    snprintf(c->difference, c->bytes,
             "%s on %s, threads %d, passes of B %zu T %zu (0: all), padding "
             "%zu, budget %d%s%s%s",
             part, isa, cut->threads, cut->single ? 1 : cut->group, cut->chunk,
             cut->padding, cut->budget, cut->permuted ? ", permuted" : "",
             cut->single ? ", single" : "", cut->forward ? ", forward" : "");
}

static elman_status compare(comparison *c, const char *isa, const split *cut)
{
    if (!split_fits(c->t, cut)) return ELMAN_OK;
    TRY(trial_run(c->t, cut, &c->got));

    /* a pass without training has no gradients, and both sides have zeros */
    const outcome *want = cut->forward ? &c->want_forward : &c->want;
    const char *part = outcome_difference(
        want, &c->got, cut->forward || split_keeps_gradients(cut));
    if (part && !c->difference[0]) describe(c, part, isa, cut);
    return ELMAN_OK;
}

/* Every cut with one thread, and the plain pass with more. How many, 2 to 4,
 * varies with trial and instruction set: all three would be slow where other
 * programs keep the processors busy. */
static elman_status compare_isa(comparison *c, const kernels *table,
                                size_t index)
{
    kernels_use(table);

    for (size_t i = 0; i < CUTS; i++) {
        split cut = cuts[i];
        cut.threads = 1;
        TRY(compare(c, table->isa, &cut));
    }

    /* each method by which threads share a walk */
    split many = {.threads = 2 + (int)((c->t->draw + index) % 3)};
    elman_status status = ELMAN_OK;
    for (walk_sharing sharing = WALK_ROWS;
         !status && sharing < WALK_SHARING_COUNT; sharing++) {
        walk_force(sharing);
        status = compare(c, table->isa, &many);
    }
    walk_force(WALK_UNDECIDED);
    return status;
}

static elman_status compare_all(comparison *c)
{
    const kernels *const *tables = kernels_all();

    /* what all others are compared with, and room for these */
    TRY(outcome_create(c->t, &c->want));
    TRY(outcome_create(c->t, &c->want_forward));
    TRY(outcome_create(c->t, &c->got));

    kernels_use(tables[0]);
    TRY(trial_run(c->t, &(split){0}, &c->want));
    TRY(trial_run(c->t, &(split){.forward = true}, &c->want_forward));

    for (size_t i = 0; tables[i]; i++)
        TRY(compare_isa(c, tables[i], i));
    return ELMAN_OK;
}

elman_status bits_check(const trial *t, size_t bytes, char *difference)
{
    comparison c = {.t = t, .bytes = bytes, .difference = difference};
    difference[0] = 0;

    elman_status status = compare_all(&c);
    kernels_use(NULL);

    outcome_destroy(&c.want);
    outcome_destroy(&c.want_forward);
    outcome_destroy(&c.got);
    return status;
}

void bits_write_isas(size_t bytes, char *names)
{
    size_t used = 0;
    names[0] = 0;
    for (const kernels *const *table = kernels_all(); *table; table++) {
        int n = snprintf(names + used, bytes - used, "%s%s", used ? " " : "",
                         (*table)->isa);
        if (n > 0) used += (size_t)n;
        if (used >= bytes) return;
    }
}
