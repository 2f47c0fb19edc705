/*
 * segments_plan.c: how long segments are and how many snapshots there are, for
 * a budget; and the order in which they are made (treeverse: Griewank 1992;
 * revolve: Griewank and Walther 2000).
 *
 * With s snapshots, one of them at the beginning, and each step made again at
 * most r times, C(s + r, r) segments can be gone back through. r = 1 is one
 * more forward pass; segments as long as snapshots are large make that possible
 * in memory that grows with the square root of the steps.
 */
#include "model/segments_run.h"

#include <stdio.h>

/* How often a step is made again at most: few more snapshots buy much. */
enum { REPEATS = 20 };

/* C(s + r, r), or SIZE_MAX if that is more. */
static size_t reach(size_t s, size_t r)
{
    double count = 1;
    for (size_t i = 1; i <= r; i++)
        count = count * (double)(s + i) / (double)i;
    return count < 0x1p52 ? (size_t)(count + 0.5) : SIZE_MAX;
}

size_t segment_repeats(size_t count, size_t slots)
{
    for (size_t r = 0; r <= REPEATS; r++)
        if (reach(slots, r) >= count) return r;
    return SIZE_MAX;
}

size_t segment_middle(size_t low, size_t high, size_t free)
{
    size_t count = high - low, r = 1;
    while (reach(free + 1, r) < count)
        r++;
    size_t first = reach(free + 1, r - 1);
    return low + (first < count ? first : count - 1);
}

size_t segment_spine(const segments *g, size_t count)
{
    size_t n = 0, slots = g->plan.slots;
    g->at[n++] = 0;
    while (n < slots && g->at[n - 1] + 1 < count) {
        g->at[n] = segment_middle(g->at[n - 1], count, slots - n);
        n++;
    }
    return n;
}

/* Snapshots that a plan of so many segments takes, one more pass over them and
 * no more; and the fewest that are allowed. */
static size_t slots_for(size_t count, size_t repeats)
{
    size_t slots = 1;
    while (reach(slots, repeats) < count)
        slots++;
    return slots;
}

/* The bytes of a state with that plan; SIZE_MAX if they are too many. */
static size_t bytes_of(const elman_model *m, const elman_state_config *full,
                       size_t L, size_t slots)
{
    size_t room, bytes = state_bytes(m, full, (segment_plan){L, slots}, &room);
    return bytes ? bytes : SIZE_MAX;
}

/* The plan of segments of L steps, in at most budget bytes; false if that is
 * too few. least becomes the fewest bytes that any such plan takes, if that is
 * less. */
static bool plan_of(const elman_model *m, const elman_state_config *full,
                    size_t L, size_t *least, segment_plan *plan)
{
    size_t count = (full->T + L - 1) / L, few = slots_for(count, REPEATS);
    size_t fewest = bytes_of(m, full, L, few);
    if (fewest < *least) *least = fewest;
    if (fewest == SIZE_MAX || fewest > full->budget) return false;

    /* as many snapshots as one more pass needs, or as there is room for: arrays
     * are padded, so only measuring tells how many these are */
    size_t fit = few, many = count > few ? count - 1 : few;
    while (fit < many) {
        size_t middle = many - (many - fit) / 2;
        if (bytes_of(m, full, L, middle) <= full->budget) fit = middle;
        else many = middle - 1;
    }
    *plan = (segment_plan){L, fit};
    return true;
}

/* Segments of all lengths, from the longest on, each a tenth shorter. */
static segment_plan choose(const elman_model *m, const elman_state_config *full,
                           size_t *least)
{
    segment_plan best = {0}, plan;
    size_t repeats = SIZE_MAX;
    for (size_t count = 2; count <= full->T;) {
        size_t L = (full->T + count - 1) / count;
        if (plan_of(m, full, L, least, &plan)) {
            size_t made = segment_repeats((full->T + L - 1) / L, plan.slots);
            if (made < repeats) {
                repeats = made;
                best = plan;
            }
            if (repeats <= 1) break;
        }
        if (count == full->T) break;
        count += count / 10 + 1;
        if (count > full->T) count = full->T;
    }
    return best;
}

/* The first level whose output has to be kept for all steps, or NULL. */
static const layer *reversing(const elman_model *m)
{
    for (size_t i = 0; i < m->layer_count; i++)
        if (recurrent_reverses(m->layers + i)) return m->layers + i;
    return NULL;
}

/* The same of a state whose gradients are those of one pass alone: it has no
 * sums of several to keep. */
static size_t least_of_one_pass(const elman_model *m,
                                const elman_state_config *full)
{
    elman_state_config one = *full;
    size_t least = SIZE_MAX;
    one.passes = 1;
    (void)choose(m, &one, &least);
    return least;
}

elman_status segments_least(const elman_model *m,
                            const elman_state_config *config, size_t *least)
{
    elman_state_config one = *config;
    segment_plan plan;
    size_t bytes, room;
    one.budget = SIZE_MAX;
    TRY(state_measure(m, &one, &one, &plan, &bytes, &room));
    *least = bytes;
    one.budget = 1;
    (void)choose(m, &one, least);
    return ELMAN_OK;
}

elman_status segments_plan(const elman_model *m, const elman_state_config *full,
                           segment_plan *plan)
{
    size_t room, all = state_bytes(m, full, (segment_plan){0}, &room);
    size_t least = all ? all : SIZE_MAX;
    *plan = choose(m, full, &least);
    if (plan->L) return ELMAN_OK;

    /* or how many bytes it takes at least */
    const layer *l = reversing(m);
    char fewer[64] = "";
    if (full->passes > 1)
        snprintf(fewer, sizeof fewer, ", passes 1, which takes %zu",
                 least_of_one_pass(m, full));
    return failure(
        ELMAN_BAD_VALUE,
        "budget is %zu bytes, but a state of T %zu and B %zu takes "
        "%zu at least%s%s%s: expected as many%s, or shorter passes",
        full->budget, full->T, full->B, least,
        l ? ", because layers on both sides of level " : "",
        l ? l->config.name : "",
        l ? ", which reads backward, keep all steps between them" : "", fewer);
}
