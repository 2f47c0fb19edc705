/*
 * finding_gradient.c: how far back gradients reach, and whether that is far
 * enough.
 */
#include "inspect/finding.h"
#include "inspect/finding_limits.h"

#include "base/real.h"
#include "inspect/horizon.h"
#include "learn/journal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- What other rules ask too ------------------------------------------- */

size_t trained_window(const inspection *in)
{
    double k1 = inspection_setting(in, "k1");
    double k2 = inspection_setting(in, "k2");
    double most = real_max(k1, k2); /* of which either may be NaN */
    return most > 0 && most < 1e15 ? (size_t)most : 0;
}

/* Whether a gradient arrives at a level over several steps. */
static bool counts(const elman_horizon *h)
{
    return h->T >= SHORTEST_SEQUENCE && h->norms && h->norms[0] > 0 &&
           h->verdict != ELMAN_VERDICT_UNKNOWN;
}

/* The norm at its largest, over what it began with. */
static double growth_of(const elman_horizon *h)
{
    if (!counts(h)) return 0;
    double most = h->norms[0];
    for (size_t k = 1; k < h->T; k++)
        most = real_max(most, h->norms[k]);
    return most / h->norms[0];
}

/* Of a level the one that grows more, of h and c. */
static const elman_horizon *growing_horizon(const elman_flow_level *level)
{
    const elman_horizon *h = &level->horizon, *c = &level->c_horizon;
    return growth_of(c) > growth_of(h) ? c : h;
}

/* How far back the gradient of a level reaches. */
static double reach_of(const elman_flow_level *level)
{
    const elman_horizon *h = horizon_of_level(level);
    return counts(h) ? (double)h->hundredth : NAN;
}

static double fading_of(const elman_flow_level *level)
{
    return -reach_of(level);
}

static double growth_of_level(const elman_flow_level *level)
{
    const elman_horizon *h = growing_horizon(level);
    return counts(h) ? growth_of(h) : NAN;
}

/* The level with the most of that; NULL if none has any, which is NaN. */
static const elman_flow_level *
level_with_most(const elman_flow *flow,
                double (*of)(const elman_flow_level *level))
{
    const elman_flow_level *found = NULL;
    for (size_t n = 0; flow && n < flow->count; n++) {
        double here = of(&flow->levels[n]);
        if (!isnan(here) && (!found || here > of(found)))
            found = &flow->levels[n];
    }
    return found;
}

/* "layer0", or which of the states of a cell with two. In a buffer that the
 * next call takes. */
static const char *state_text(const elman_flow_level *level, bool is_c)
{
    static _Thread_local char text[96];
    if (!level->c_horizon.T) return level->name;
    snprintf(text, sizeof text, "%s of %s", is_c ? "c" : "h", level->name);
    return text;
}

static const char *reach_text(const elman_flow_level *level)
{
    return state_text(level, horizon_by_c(level));
}

/* ", x0.93 a step", or nothing where that is not known. In a buffer that the
 * next call takes. */
static const char *rate_text(const elman_horizon *h, const char *before)
{
    static _Thread_local char text[64];
    *text = '\0';
    if (isfinite(h->rate))
        snprintf(text, sizeof text, "%sx%.3g a step", before, h->rate);
    return text;
}

/* ---- Exploding ---------------------------------------------------------- */

/* Whether the model answers well in spite of it. */
static bool answers_well(const inspection *in)
{
    return skill_of(in) > 1 - SKILL_SOME;
}

static bool norms_explode(const inspection *in, claim *c)
{
    size_t count = 0;
    const elman_journal_row *rows = journal_of(in, &count);
    double least = INFINITY, from = 0, most = 0;
    uint64_t step = 0;
    for (size_t n = 0; n < count; n++) {
        if (!(rows[n].norm > 0)) continue;
        least = real_min(least, rows[n].norm);
        if (!(rows[n].norm > most)) continue;
        most = rows[n].norm;
        from = least; /* what was before, not what learning made of it */
        step = rows[n].step;
    }
    /* large, and larger than it was */
    if (!(most > NORM_ALARM && most > GROWTH_ALARM * from)) return false;

    /* a rise that training got over is past */
    c->severity = answers_well(in) ? ELMAN_SEVERITY_NOTE : ELMAN_SEVERITY_ALARM;
    c->value = most;
    claim_say(c,
              "exploding gradients: their mean norm rose from %.3g to %.3g in "
              "training, around step %llu%s",
              from, most, (unsigned long long)step,
              answers_well(in) ? "; training got over it" : "");
    return true;
}

/* States that part so fast that it shows within the sequences. */
static bool states_part(const inspection *in, claim *c)
{
    const elman_exponents *chaos = in->public.exponents;
    if (!chaos || !(chaos->largest > CHAOS_ALARM)) return false;
    double growth = real_exp(chaos->largest * (double)in->batch.T);
    if (!(growth > GROWTH_ALARM)) return false;

    c->severity = ELMAN_SEVERITY_ALARM;
    c->value = chaos->largest;
    claim_say(c,
              "exploding gradient: the largest Lyapunov exponent is %.3g a "
              "step, so that states which begin close together part by "
              "x%.3g a step and gradients grow with them",
              chaos->largest, real_exp(chaos->largest));
    return true;
}

double growth_measured(const inspection *in)
{
    const elman_flow_level *level =
        level_with_most(in->public.flow, growth_of_level);
    return level ? growth_of_level(level) : 0;
}

bool find_exploding(const inspection *in, claim *c)
{
    const elman_flow_level *level =
        level_with_most(in->public.flow, growth_of_level);
    double growth = growth_measured(in);
    double limit =
        answers_well(in) ? GROWTH_ALARM * GROWTH_ALARM : GROWTH_ALARM;
    claim_advise(c, "train with --clip-norm 1 and a lower --lr, and start the "
                    "recurrent weights smaller or orthogonal (--init-hidden "
                    "orthogonal), so that a step does not stretch states");

    /* first what goes back through this sequence */
    if (growth >= GROWTH_NOTE) {
        const elman_horizon *h = growing_horizon(level);
        c->severity =
            growth > limit ? ELMAN_SEVERITY_ALARM : ELMAN_SEVERITY_NOTE;
        c->value = growth;
        claim_say(c,
                  "exploding gradient: on its way back through %zu steps it "
                  "grows to %.3g times its start in %s%s",
                  h->T - 1, growth, state_text(level, h == &level->c_horizon),
                  rate_text(h, ", by "));
    }
    if (growth > GROWTH_ALARM || norms_explode(in, c)) return true;
    return states_part(in, c) || growth >= GROWTH_NOTE;
}

/* ---- The window --------------------------------------------------------- */

/* The cosine that a window of so many steps leaves; that of the next longer one
 * that was measured. */
static double cosine_at(const elman_truncation *t, size_t steps)
{
    for (size_t n = 0; n < t->count; n++)
        if (t->windows[n].steps >= steps) return t->windows[n].cosine;
    return NAN;
}

/* A forecast whose data repeats itself after more steps than it reads. */
static bool misses_season(const inspection *in, claim *c)
{
    const elman_dataset *d = in->public.dataset;
    const elman_encoding *e = d ? dataset_encoding(d) : NULL;
    if (!e || e->task != ELMAN_TASK_FORECAST || e->season <= e->window)
        return false;

    /* a transform by the season brings what the window does not show */
    bool brought = e->transform && strstr(e->transform, "seasonal");
    bool poor = !brought && !(skill_of(in) > SKILL_SOME);
    c->severity = poor ? ELMAN_SEVERITY_ALARM : ELMAN_SEVERITY_NOTE;
    c->value = (double)e->window;
    claim_say(c,
              "window too short: a forecast reads %zu steps, and the data "
              "repeats itself after %zu%s",
              e->window, e->season,
              brought ? ", for which its transform makes up" : "");
    claim_advise(c, "train with --window %zu", e->season);
    return true;
}

/* Training that cut gradients off within sequences, and learned nothing. */
static bool misses_beginning(const inspection *in, claim *c)
{
    size_t window = trained_window(in);
    size_t longest = in->public.dataset ? in->public.dataset->longest : 0;
    if (!window || window >= longest || !learned_nothing(in)) return false;

    c->severity = ELMAN_SEVERITY_ALARM;
    c->value = (double)window;
    claim_say(c,
              "window too short: sequences have up to %zu steps, but in "
              "training gradients went back through %zu of them, and the model "
              "has learned nothing",
              longest, window);
    claim_advise(c,
                 "train without --k1, so that the whole sequence takes part, "
                 "or with --k2 of a multiple of --k1");
    return true;
}

/* A window shorter than all that were measured. */
static bool cuts_flow(const inspection *in, claim *c)
{
    const elman_flow_level *level = level_with_most(in->public.flow, reach_of);
    size_t window = trained_window(in);
    if (!level) return false;
    const elman_horizon *h = horizon_of_level(level);
    if (!window || window >= h->T) return false;

    /* what lies inside the window, and what beyond */
    double all = 0, lost = 0;
    for (size_t k = 0; k < h->T; k++) {
        all += h->norms[k];
        if (k >= window) lost += h->norms[k];
    }
    if (!(lost > LOST_NOTE * all)) return false;
    c->severity =
        lost > LOST_ALARM * all ? ELMAN_SEVERITY_ALARM : ELMAN_SEVERITY_NOTE;
    c->value = lost / all;
    claim_say(
        c,
        "window too short: gradients went back through %zu step%s in "
        "training, but %.0f %% of all that flows in %s lies further back, "
        "up to %zu steps",
        window, window == 1 ? "" : "s", 100 * c->value, reach_text(level),
        h->hundredth);
    claim_advise(c, "train with --k1 %zu or more", h->hundredth);
    return true;
}

bool find_window(const inspection *in, claim *c)
{
    const elman_truncation *t = in->public.truncation;
    size_t window = trained_window(in);

    double cosine = t && window ? cosine_at(t, window) : NAN;
    if (misses_season(in, c) || misses_beginning(in, c)) return true;
    if (!t || !t->count || window < t->windows[0].steps)
        return cuts_flow(in, c);
    /* what the truncation itself says */
    if (!(cosine < COSINE_NOTE)) return false;
    c->severity =
        cosine < COSINE_ALARM ? ELMAN_SEVERITY_ALARM : ELMAN_SEVERITY_NOTE;
    c->value = cosine;
    claim_say(c,
              "window too short: cut off after the %zu steps of training, the "
              "gradient has a cosine of %.2f with the whole one; %zu steps "
              "would keep it over 0.95",
              window, cosine, t->enough);
    claim_advise(c,
                 "train with --k1 %zu, or with --k2 of a multiple of --k1: "
                 "each backward then goes further back",
                 t->enough);
    return true;
}

/* ---- Vanishing ---------------------------------------------------------- */

/* The kind of the cell of a level; 0: unknown. */
static elman_kind kind_of(const inspection *in, const elman_flow_level *level)
{
    const elman_model *m = in->public.model;
    for (size_t n = 0; n < m->layer_count; n++)
        if (m->layers[n].cell && m->layers[n].level == level->level)
            return m->layers[n].config.kind;
    return (elman_kind)0;
}

/* How this cell, or another one, comes to keep longer. */
static void advise_memory(const inspection *in, const elman_flow_level *level,
                          claim *c)
{
    elman_kind kind = kind_of(in, level);
    size_t T = level->horizon.T > 3 ? level->horizon.T : 3; /* as chrono asks */
    if (kind == ELMAN_LSTM)
        claim_advise(c,
                     "begin with gates that keep (--forget-bias 1, or --chrono "
                     "%zu for the whole of a sequence)",
                     T);
    else if (kind == ELMAN_MINGRU || kind == ELMAN_MINLSTM)
        claim_advise(c,
                     "take a cell whose gates can begin by keeping (--cell "
                     "lstm with --chrono %zu)",
                     T);
    else
        claim_advise(c,
                     "begin with recurrent weights that keep lengths "
                     "(--init-hidden orthogonal), or take a cell whose gates "
                     "can begin by keeping (--cell lstm with --forget-bias 1, "
                     "or --chrono %zu)",
                     T);
}

/* The level whose gradient fades first, if it fades too early. That it vanishes
 * is the verdict; another one is called a short memory where that may be what
 * the answers lack. */
static bool fades(const inspection *in, elman_verdict verdict, claim *c)
{
    const elman_flow_level *level = level_with_most(in->public.flow, fading_of);
    if (!level) return false;

    const elman_horizon *h = horizon_of_level(level);
    size_t reach = h->hundredth, T = h->T;
    double skill = skill_of(in);
    bool is_short = h->verdict == ELMAN_VERDICT_VANISHING;
    bool nothing =
        learned_nothing(in) && (double)reach < REACH_ALARM * (double)T;
    bool poor = skill < SKILL_SOME && reach * SHORT_PART < T && !is_unlike(in);
    if (!is_short && !nothing && !poor) return false;
    if (is_short != (verdict == ELMAN_VERDICT_VANISHING)) return false;

    /* who answers well needs no longer memory; who answers badly may */
    bool fine = is_short && !nothing && skill > SKILL_SOME;
    bool told = nothing && trained_long(in); /* before it nothing is known */
    /* few weights begin with less, but small networks do */
    bool begun = hardly_trained(in) && reach > SHORT_HORIZON;
    bool alarm = (is_short && !fine && !begun) || told;
    c->severity = alarm ? ELMAN_SEVERITY_ALARM : ELMAN_SEVERITY_NOTE;
    c->value = (double)reach;
    claim_say(c,
              "%s: after %zu step%s back less than 1 %% of a gradient is left "
              "in %s, of the %zu that were measured%s%s",
              is_short ? "vanishing gradient" : "short memory", reach,
              reach == 1 ? "" : "s", reach_text(level), T,
              rate_text(h, "; it changes by "),
              nothing ? ", and the model has learned nothing"
              : fine  ? "; the answers need no more"
              : poor  ? ", and the answers leave much open"
                      : "");
    advise_memory(in, level, c);
    return true;
}

bool find_vanishing(const inspection *in, claim *c)
{
    return fades(in, ELMAN_VERDICT_VANISHING, c);
}

bool find_short_memory(const inspection *in, claim *c)
{
    return fades(in, ELMAN_VERDICT_STEADY, c);
}

/* Says why there is no verdict. */
static bool is_too_short(const elman_flow *flow, claim *c)
{
    if (!flow || !flow->count || flow->T >= SHORTEST_SEQUENCE) return false;
    c->severity = ELMAN_SEVERITY_NOTE;
    c->value = (double)flow->T;
    claim_say(c,
              "memory: the longest sequence that was measured has %zu step%s, "
              "too few to tell how far back a gradient reaches",
              flow->T, flow->T == 1 ? "" : "s");
    return true;
}

bool find_steady(const inspection *in, claim *c)
{
    if (is_too_short(in->public.flow, c)) return true;
    const elman_flow_level *level = level_with_most(in->public.flow, reach_of);
    if (!level) return false;

    /* not beside a finding about the same gradient */
    claim other = {.severity = ELMAN_SEVERITY_FINE};
    if (find_vanishing(in, &other) || find_short_memory(in, &other) ||
        find_exploding(in, &other))
        return false;

    const elman_horizon *h = horizon_of_level(level);
    c->value = (double)h->hundredth;
    /* how far, or that it goes on to the end */
    if (h->hundredth < h->T)
        claim_say(c,
                  "memory: a gradient reaches %zu steps back in %s before less "
                  "than 1 %% of it is left, half of it %zu%s",
                  h->hundredth, reach_text(level), h->half,
                  rate_text(h, "; it changes by "));
    else
        claim_say(c,
                  "memory: a gradient reaches through all %zu steps that were "
                  "measured in %s%s",
                  h->T, reach_text(level), rate_text(h, "; it changes by "));
    return true;
}
