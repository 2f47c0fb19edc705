/*
 * recurrent_plan.c: how the threads share a walk. Every sharing gives the same
 * bits, so the fastest is used: by a model of the work at first
 * (recurrent_cost.c), then by what passes of about one size take (choice.c).
 * Two looks at the clock a pass are all that this costs.
 */
#include <assert.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "layer/recurrent.h"
#include "layer/wave.h"

static_assert((int)WALK_SHARING_COUNT == (int)CHOICE_WAYS,
              "a choice has as many ways as there are sharings");

/* Nanoseconds of a walk that are worth a second thread. */
static const double WALK_MIN = 2e3;

/* Of a walk that is short, another sharing leaves caches cold for a part of it
 * that counts. */
static const double WALK_SHORT = 1e6;

static _Atomic walk_sharing forced = WALK_UNDECIDED;

void walk_force(walk_sharing sharing) { atomic_store(&forced, sharing); }

walk_sharing walk_forced(void) { return atomic_load(&forced); }

/* ---- Plans by size ------------------------------------------------------ */

static unsigned size_class(size_t n)
{
    unsigned bits = 0;
    for (; n > 0; n /= 2)
        bits++;
    return bits;
}

/* The plan for passes like p, if there is one; it is then the one in use. */
static walk_plan *find_plan(walk_plans *plans, const pass *p)
{
    enum { PLANS = sizeof plans->by_size / sizeof *plans->by_size };
    unsigned key = size_class(p->B) << 8 | size_class(p->row_count);

    for (unsigned i = 0; i < PLANS; i++)
        if (plans->by_size[i].key == key) {
            plans->now = i;
            return &plans->by_size[i];
        }
    return NULL;
}

/* A new one replaces the oldest. expected (WALK_SHARING_COUNT): nanoseconds, 0
 * where a sharing makes no sense. */
static walk_plan *add_plan(walk_plans *plans, const pass *p,
                           const double *expected)
{
    enum { PLANS = sizeof plans->by_size / sizeof *plans->by_size };
    plans->now = plans->next;
    plans->next = (plans->next + 1) % PLANS;

    walk_plan *plan = &plans->by_size[plans->now];
    plan->key = size_class(p->B) << 8 | size_class(p->row_count);

    double least = expected[WALK_ALONE];
    for (walk_sharing i = WALK_ALONE; i < WALK_SHARING_COUNT; i++)
        if (expected[i] > 0 && expected[i] < least) least = expected[i];
    choice_begin(&plan->sharing, expected, least < WALK_SHORT ? 2 : 1);
    return plan;
}

/* The sharing of the pass that begins now, by that plan. */
static walk_sharing plan_begin(walk_plans *plans, const walk_plan *plan)
{
    plans->tries = choice_tries(&plan->sharing);
    plans->began = clock_seconds();
    return (walk_sharing)choice_next(&plan->sharing);
}

/* Such a pass is done. The first one of all, which touches memory that nobody
 * has touched, is not counted. */
static void plan_end(walk_plans *plans, size_t rows)
{
    if (plans->began == 0 || rows == 0) return;
    double taken = clock_seconds() - plans->began;
    plans->began = 0;

    bool counts = plans->warm;
    plans->warm = true;
    if (counts)
        choice_report(&plans->by_size[plans->now].sharing,
                      taken / (double)rows);
}

/* ---- A level ------------------------------------------------------------ */

/* What each sharing of a level costs, 0 where it makes no sense. */
static void level_costs(const layer *l, const pass *p, bool backward,
                        double *costs)
{
    for (walk_sharing i = WALK_ALONE; i < WALK_SHARING_COUNT; i++)
        costs[i] = walk_cost(l, p, i, backward);

    if (l->D == 1 && p->B == 1) costs[WALK_ROWS] = 0;
    if (!l->fused) costs[WALK_UNITS] = 0;
    costs[WALK_WAVE] = 0;
}

static double least_cost(const double *costs)
{
    double least = costs[WALK_ALONE];
    for (walk_sharing i = WALK_ALONE; i < WALK_SHARING_COUNT; i++)
        if (costs[i] > 0 && costs[i] < least) least = costs[i];
    return least;
}

walk_sharing walk_choose(const layer *l, const pass *p, layer_state *s,
                         bool backward)
{
    if (p->threads < 2 || !s->plans) return WALK_ALONE;
    walk_plans *plans = backward ? &s->plans->backward : &s->plans->forward;
    plans->began = 0;
    plans->tries = false;

    walk_sharing asked = walk_forced();
    if (asked == WALK_WAVE) return WALK_ALONE;
    if (asked != WALK_UNDECIDED) return asked;
    if (walk_cost(l, p, WALK_ALONE, backward) < WALK_MIN) return WALK_ALONE;

    walk_plan *plan = find_plan(plans, p);
    if (!plan) {
        double costs[WALK_SHARING_COUNT];
        level_costs(l, p, backward, costs);
        plan = add_plan(plans, p, costs);
    }
    return plan_begin(plans, plan);
}

void walk_done(const pass *p, layer_state *s, bool backward)
{
    if (!s->plans) return;
    plan_end(backward ? &s->plans->backward : &s->plans->forward, p->row_count);
}

/* ---- Levels in a row ---------------------------------------------------- */

/* Level by level, each with its own sharing, against a wave of all, where every
 * thread has a level and the first and last turns leave some without work. */
static void wave_costs(const layer *l, size_t count, const pass *p,
                       double *costs)
{
    double by_level = 0, sum = 0, most = 0;
    for (size_t i = 0; i < count; i++) {
        double level[WALK_SHARING_COUNT];
        level_costs(l + i, p, false, level);
        by_level += least_cost(level);

        double alone = level[WALK_ALONE];
        sum += alone;
        if (alone > most) most = alone;
    }

    /* a turn takes as long as the slowest thread */
    double threads = (double)p->threads, turns = (double)wave_turns(p);
    double shared = sum / threads > most ? sum / threads : most;
    costs[WALK_ALONE] = by_level;
    costs[WALK_WAVE] = shared * (turns + (double)count - 1) / turns +
                       turns * (double)WALK_MEET;
}

bool wave_choose(const layer *l, size_t count, const pass *p, layer_state *s)
{
    if (p->threads < 2 || !s->plans) return false;
    walk_plans *plans = &s->plans->wave;
    plans->began = 0;

    walk_sharing asked = walk_forced();
    if (asked != WALK_UNDECIDED) return asked == WALK_WAVE;

    /* with enough sequences for all threads, none has to wait for a level */
    if (p->B >= 2 * (size_t)p->threads) return false;
    for (size_t i = 0; i < count; i++)
        if (walk_cost(l + i, p, WALK_ALONE, false) < WALK_MIN) return false;

    walk_plan *plan = find_plan(plans, p);
    if (!plan) {
        double costs[WALK_SHARING_COUNT] = {0};
        wave_costs(l, count, p, costs);
        plan = add_plan(plans, p, costs);
    }
    return plan_begin(plans, plan) == WALK_WAVE;
}

void wave_done(size_t count, const pass *p, layer_state *s)
{
    if (!s->plans) return;
    walk_plans *plans = &s->plans->wave;

    /* level by level counts only while no level tries something */
    const walk_plan *plan = &plans->by_size[plans->now];
    bool by_level = choice_next(&plan->sharing) != WALK_WAVE;
    for (size_t i = 0; i < count && by_level; i++)
        if (s[i].plans->forward.tries) plans->began = 0;

    plan_end(plans, p->row_count);
}
