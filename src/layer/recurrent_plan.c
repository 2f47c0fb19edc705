/*
 * recurrent_plan.c: how the threads share a walk. Every way gives the same
 * bits, so the first passes try each of them and the fastest stays: a state of
 * another batch size tries again.
 */
#include <stdatomic.h>

#include "base/clock.h"
#include "layer/recurrent.h"

/* Passes that try each way: the first also warms it up. */
enum { TRIES = 3 };

/* Multiply-adds of a pass, and of a step, that are worth a second thread. */
enum { PASS_MIN = 1 << 16, STEP_MIN = 1 << 16 };

static _Atomic walk_way forced = WALK_WAYS;

void walk_force(walk_way how) { atomic_store(&forced, how); }

/* Whether a way makes sense at all. */
static bool is_possible(const layer *l, const pass *p, walk_way how)
{
    switch (how) {
    case WALK_ROWS:
        return l->D > 1 || p->B > 1;
    case WALK_UNITS:
        return l->fused && p->B * l->G * l->R >= STEP_MIN;
    default:
        return true;
    }
}

walk_way walk_choose(const layer *l, const pass *p, walk_plan *plan)
{
    plan->began = 0;
    walk_way asked = atomic_load(&forced);
    if (asked != WALK_WAYS && p->threads > 1) return asked;
    if (p->threads < 2 || p->row_count * l->G * (l->I + l->R) < PASS_MIN)
        return WALK_ALONE;
    if (plan->B != p->B) *plan = (walk_plan){.B = p->B};
    if (plan->chosen) return plan->way;

    /* the least tried one next */
    walk_way least = WALK_ALONE;
    for (walk_way how = WALK_ALONE; how < WALK_WAYS; how++)
        if (is_possible(l, p, how) && plan->tries[how] < plan->tries[least])
            least = how;
    plan->way = least;
    plan->began = clock_seconds();
    return least;
}

void walk_done(const layer *l, const pass *p, walk_plan *plan)
{
    if (plan->began == 0) return;
    double taken = (clock_seconds() - plan->began) / (double)p->row_count;
    walk_way tried = plan->way;
    if (plan->tries[tried]++ == 0 || taken < plan->best[tried])
        plan->best[tried] = taken;

    bool chosen = true;
    walk_way best = WALK_ALONE;
    for (walk_way how = WALK_ALONE; how < WALK_WAYS; how++) {
        if (!is_possible(l, p, how)) continue;
        if (plan->tries[how] < TRIES) chosen = false;
        else if (plan->best[how] < plan->best[best]) best = how;
    }
    plan->chosen = chosen;
    if (chosen) plan->way = best;
}
