/*
 * finding_units.c: gates that are stuck, units that say nothing or all the
 * same.
 */
#include "inspect/finding.h"
#include "inspect/finding_limits.h"

#include <math.h>

/* The level for which worse is greatest. */
static const elman_gates_level *
worst_level(const elman_gates *gates,
            double (*share)(const elman_gates_level *))
{
    const elman_gates_level *worst = NULL;
    for (size_t n = 0; n < gates->count; n++)
        if (!worst || share(&gates->levels[n]) > share(worst))
            worst = &gates->levels[n];
    return worst;
}

static double saturation_share(const elman_gates_level *level)
{
    return level->saturation;
}

static double dead_share(const elman_gates_level *level)
{
    return level->H ? (double)level->dead / (double)level->H : 0;
}

/* Units that another one already says, as a share. */
static double twin_share(const elman_gates_level *level)
{
    size_t twins = 0;
    for (size_t j = 0; j < level->H; j++)
        for (size_t p = 0; p < level->duplicates; p++)
            if (level->pairs[p].second == j) {
                twins++;
                break;
            }
    return level->H ? (double)twins / (double)level->H : 0;
}

/* The gate that is most often at an end. */
static const elman_gate *worst_gate(const elman_gates_level *level)
{
    const elman_gate *worst = level->gates;
    for (size_t g = 1; g < level->gate_count; g++)
        if (level->gates[g].low + level->gates[g].high >
            worst->low + worst->high)
            worst = &level->gates[g];
    return worst;
}

/* The share at an end of the gates that open and close, from 0 to 1, without
 * what goes through them; 0 if there is but one such gate, which may be shut or
 * open for a reason. */
static double switch_share(const elman_gates_level *level)
{
    double sum = 0, count = 0;
    for (size_t g = 0; g < level->gate_count; g++) {
        const elman_gate *gate = &level->gates[g];
        if (gate->least != 0 || gate->most != 1) continue;
        sum += gate->low + gate->high;
        count++;
    }
    return count > 1 ? sum / count : 0;
}

/* How stuck a level is: 2 an alarm, 1 a note, 0 not. */
static int stuck_rank(const inspection *in, const elman_gates_level *level)
{
    if (!level->gate_count) return 0;
    if (level->saturation > SATURATION_ALARM ||
        switch_share(level) > SWITCH_ALARM)
        return 2;

    /* a gate that is always at an end, and silences units */
    const elman_gate *worst = worst_gate(level);
    if (level->gate_count > 1 && dead_share(level) >= DEAD_ALARM &&
        worst->low + worst->high > STUCK_ALARM)
        return 2;

    /* many at an end where little was learned, and gradients do not grow in
     * spite of it */
    if (!(level->saturation > SATURATION_NOTE)) return 0;
    bool poor = skill_of(in) < SKILL_SOME;
    return poor && !(growth_measured(in) > GROWTH_ALARM) ? 2 : 1;
}

/* The level that is most stuck, and how much. */
static const elman_gates_level *stuck_level(const inspection *in, int *rank)
{
    const elman_gates *gates = in->public.gates;
    const elman_gates_level *found = NULL;
    *rank = 0;
    for (size_t n = 0; gates && n < gates->count; n++) {
        const elman_gates_level *level = &gates->levels[n];
        int here = stuck_rank(in, level);
        if (!here || here < *rank ||
            (here == *rank && level->saturation <= found->saturation))
            continue;
        found = level;
        *rank = here;
    }
    return found;
}

bool find_saturated(const inspection *in, claim *c)
{
    int rank;
    const elman_gates_level *level = stuck_level(in, &rank);
    if (!level) return false;

    /* which gate, and at which end */
    const elman_gate *worst = worst_gate(level);
    c->severity = rank > 1 ? ELMAN_SEVERITY_ALARM : ELMAN_SEVERITY_NOTE;
    c->value = level->saturation;
    if (level->saturation > SATURATION_NOTE)
        claim_say(c,
                  "saturated gates: %.0f %% of all gate values of %s are at an "
                  "end of their range, where they have no slope to learn by; "
                  "worst is %s, %.0f %% at its low end and %.0f %% at its high "
                  "one",
                  100 * level->saturation, level->name, worst->name,
                  100 * worst->low, 100 * worst->high);
    else
        claim_say(c,
                  "saturated gates: gate %s of %s is at its low end in %.0f %% "
                  "of all cases and at its high end in %.0f %%, where it has "
                  "no slope to learn by, and %zu of %zu units always say the "
                  "same",
                  worst->name, level->name, 100 * worst->low, 100 * worst->high,
                  level->dead, level->H);
    claim_advise(c, "large inputs, weights or steps do that: check the scaling "
                    "of the inputs, start from smaller weights (--init, "
                    "--init-hidden), lower --lr, or add --layer-norm");
    return true;
}

bool find_dead(const inspection *in, claim *c)
{
    const elman_gates *gates = in->public.gates;
    const elman_gates_level *level =
        gates ? worst_level(gates, dead_share) : NULL;
    double share = level ? dead_share(level) : 0;
    if (!(share > DEAD_NOTE)) return false;

    /* a few are no harm */
    c->severity =
        share >= DEAD_ALARM ? ELMAN_SEVERITY_ALARM : ELMAN_SEVERITY_NOTE;
    c->value = share;
    claim_say(
        c,
        "dead units: %zu of %zu units of %s say the same at every step of "
        "every sequence",
        level->dead, level->H, level->name);
    claim_advise(c,
                 "a relu that is never above 0 stays so: lower --lr, or take "
                 "tanh or another cell; otherwise start from other weights "
                 "or make the layer smaller");
    return true;
}

bool find_duplicates(const inspection *in, claim *c)
{
    const elman_gates *gates = in->public.gates;
    const elman_gates_level *level =
        gates ? worst_level(gates, twin_share) : NULL;
    double share = level ? twin_share(level) : 0;
    if (!(share > TWIN_NOTE)) return false;

    /* one pair as an example */
    const elman_unit_pair *first = level->pairs;
    c->severity = ELMAN_SEVERITY_NOTE;
    c->value = share;
    claim_say(
        c,
        "duplicate units: %.0f %% of the units of %s say what another one "
        "says, as units %zu and %zu do (correlation %.4f)",
        100 * share, level->name, first->first, first->second,
        first->correlation);
    claim_advise(c, "units that see one input alone can but agree; else equal "
                    "weights stay equal, or a smaller --hidden does the same "
                    "work");
    return true;
}

bool find_lively(const inspection *in, claim *c)
{
    const elman_gates *gates = in->public.gates;
    const elman_gates_level *level =
        gates ? worst_level(gates, saturation_share) : NULL;
    if (!level || level->saturation > SATURATION_NOTE ||
        dead_share(worst_level(gates, dead_share)) > DEAD_NOTE)
        return false;
    c->value = level->saturation;
    claim_say(
        c,
        "units and gates are alive: at most %.0f %% of the gate values of "
        "a level are at an end of their range, and %s",
        100 * level->saturation,
        dead_share(worst_level(gates, dead_share)) > 0 ? "hardly a unit is dead"
                                                       : "no unit is dead");
    return true;
}
