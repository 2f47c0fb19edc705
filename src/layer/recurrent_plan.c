/*
 * recurrent_plan.c: how the threads share a walk. Every sharing gives the same
 * bits, so the first passes of about one size try each one, and the fastest is
 * used for the next thousand passes.
 */
#include <stdatomic.h>

#include "base/clock.h"
#include "layer/recurrent.h"
#include "layer/wave.h"

/* Passes that try each sharing, unless the first was far behind. The pass
 * before them touches all memory. */
enum { TRIES = 2 };
#define FAR_BEHIND 1.3

/* Passes after which all are tried again: by then the machine's load may have
 * changed, or the first tries were disturbed by other work. */
enum { USES = 1000 };

/* Multiply-adds of a pass, and of a step, that are worth a second thread; and
 * of a pass that always is. */
enum { PASS_MIN = 1 << 16, STEP_MIN = 1 << 16, PASS_MUCH = 1 << 27 };

/* Rows for each thread that keep it busy: with weights that its cache holds
 * they need not be tried against units. */
enum { ROWS_ENOUGH = 8 };

static _Atomic walk_sharing forced = WALK_UNDECIDED;

void walk_force(walk_sharing sharing) { atomic_store(&forced, sharing); }

walk_sharing walk_forced(void) { return atomic_load(&forced); }

/* ---- Trying ------------------------------------------------------------- */

static double least_of(const walk_plan *plan)
{
    double least = 0;
    for (walk_sharing sharing = WALK_ALONE; sharing < WALK_SHARING_COUNT;
         sharing++)
        if (plan->tries[sharing] && (least == 0 || plan->best[sharing] < least))
            least = plan->best[sharing];
    return least;
}

/* The sharing to try next: the least tried one that may still be the best,
 * WALK_UNDECIDED if none is left. can (WALK_SHARING_COUNT): which make sense at
 * all. */
static walk_sharing next_try(const walk_plan *plan, const bool *can)
{
    walk_sharing next = WALK_UNDECIDED;
    double least = least_of(plan);

    for (walk_sharing sharing = WALK_ALONE; sharing < WALK_SHARING_COUNT;
         sharing++) {
        unsigned tries = plan->tries[sharing];
        if (!can[sharing] || tries == TRIES) continue;
        if (tries && plan->best[sharing] > FAR_BEHIND * least) continue;
        if (next == WALK_UNDECIDED || tries < plan->tries[next]) next = sharing;
    }
    return next;
}

static walk_sharing best_sharing(const walk_plan *plan)
{
    walk_sharing best = WALK_ALONE;
    double least = least_of(plan);

    for (walk_sharing sharing = WALK_ALONE; sharing < WALK_SHARING_COUNT;
         sharing++)
        if (plan->tries[sharing] && plan->best[sharing] <= least)
            best = sharing;
    return best;
}

static unsigned size_class(size_t n)
{
    unsigned bits = 0;
    for (; n > 0; n /= 2)
        bits++;
    return bits;
}

/* The plan for passes like p; a new one replaces the oldest. */
static walk_plan *plan_for(walk_plans *plans, const pass *p)
{
    enum { PLANS = sizeof plans->by_size / sizeof *plans->by_size };
    unsigned key = size_class(p->B) << 8 | size_class(p->row_count);

    for (unsigned i = 0; i < PLANS; i++) {
        plans->now = i;
        if (plans->by_size[i].key == key) return &plans->by_size[i];
    }

    plans->now = plans->next;
    plans->next = (plans->next + 1) % PLANS;
    plans->by_size[plans->now] = (walk_plan){.key = key};
    return &plans->by_size[plans->now];
}

static walk_sharing plan_choose(walk_plans *plans, const pass *p,
                                const bool *can)
{
    walk_plan *plan = plan_for(plans, p);
    plans->began = 0;

    /* decided, for some time */
    if (plan->decided && plan->uses++ > USES)
        *plan = (walk_plan){.key = plan->key};
    if (plan->decided) return plan->sharing;

    /* not yet: measure another, or take the best */
    plan->sharing = next_try(plan, can);
    if (plan->sharing == WALK_UNDECIDED) {
        plan->decided = true;
        plan->sharing = best_sharing(plan);
        return plan->sharing;
    }

    plans->began = clock_seconds();
    return plan->sharing;
}

static void plan_done(walk_plans *plans, size_t rows)
{
    if (plans->began == 0 || rows == 0) return;
    double taken = (clock_seconds() - plans->began) / (double)rows;

    walk_plan *plan = &plans->by_size[plans->now];
    if (!plans->warm) {
        plans->warm = true;
        return;
    }

    if (plan->tries[plan->sharing]++ == 0 || taken < plan->best[plan->sharing])
        plan->best[plan->sharing] = taken;
}

/* ---- A level ------------------------------------------------------------ */

static void level_can(const layer *l, const pass *p, bool *can)
{
    size_t weights = l->G * l->R;
    bool much = p->row_count * l->G * (l->I + l->R) >= PASS_MUCH;
    bool rows = p->B >= ROWS_ENOUGH * (size_t)p->threads;

    can[WALK_ROWS] = l->D > 1 || p->B > 1;
    can[WALK_UNITS] = l->fused && p->B * l->G * l->R >= STEP_MIN &&
                      (!rows || weights > WEIGHTS_FIT);
    can[WALK_ALONE] = !much || !(can[WALK_ROWS] || can[WALK_UNITS]);
    can[WALK_WAVE] = false;
}

static bool is_worth(const layer *l, const pass *p)
{
    return p->threads > 1 && p->row_count * l->G * (l->I + l->R) >= PASS_MIN;
}

walk_sharing walk_choose(const layer *l, const pass *p, walk_plans *plans)
{
    bool can[WALK_SHARING_COUNT];
    walk_sharing asked = atomic_load(&forced);
    plans->began = 0;

    if (asked == WALK_WAVE) return WALK_ALONE;
    if (asked != WALK_UNDECIDED && p->threads > 1) return asked;

    if (!is_worth(l, p)) return WALK_ALONE;
    level_can(l, p, can);
    return plan_choose(plans, p, can);
}

void walk_done(const pass *p, walk_plans *plans)
{
    plan_done(plans, p->row_count);
}

/* ---- Levels in a row ---------------------------------------------------- */

/* Level by level, each with its own sharing, against a wave of all. */
static const bool wave_can[WALK_SHARING_COUNT] = {
    [WALK_ALONE] = true, [WALK_WAVE] = true};

bool wave_choose(const layer *l, size_t count, const pass *p, layer_state *s)
{
    walk_sharing asked = atomic_load(&forced);
    s->wave_plans.began = 0;

    if (asked != WALK_UNDECIDED) return asked == WALK_WAVE && p->threads > 1;

    /* with enough sequences for all threads, none has to wait for a level */
    if (p->B >= 2 * (size_t)p->threads) return false;
    for (size_t i = 0; i < count; i++)
        if (!is_worth(l + i, p)) return false;
    return plan_choose(&s->wave_plans, p, wave_can) == WALK_WAVE;
}

void wave_done(size_t count, const pass *p, layer_state *s)
{
    /* levels must have decided their own sharing before they are compared */
    bool by_level =
        s->wave_plans.by_size[s->wave_plans.now].sharing == WALK_ALONE;
    for (size_t i = 0; i < count && by_level; i++)
        if (!s[i].forward_plans.by_size[s[i].forward_plans.now].decided)
            s->wave_plans.began = 0;

    plan_done(&s->wave_plans, p->row_count);
}
