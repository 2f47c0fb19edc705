/*
 * finding_learned.c: whether training taught the model anything, and whether
 * this data is of the kind that it learned.
 */
#include "inspect/finding.h"
#include "inspect/finding_limits.h"

#include "learn/journal.h"

#include <math.h>
#include <stdio.h>

#include "base/real.h"

/* ---- What training did -------------------------------------------------- */

double taught(const inspection *in)
{
    size_t count;
    const elman_journal_row *rows = journal_of(in, &count);
    if (!count) return NAN;
    double least = INFINITY;
    for (size_t n = 0; n < count; n++)
        least = real_min(least, rows[n].train_loss);

    /* one row alone says not what training began with */
    double open = real_max(open_loss(in), rows[0].train_loss);
    return isfinite(least) && open > 0 ? 1 - least / open : NAN;
}

/* |change| / |weight| of all steps together; NaN where a row does not know. */
static double way_moved(const elman_journal_row *rows, size_t count)
{
    double way = 0;
    uint64_t from = 0;
    for (size_t n = 0; n < count; n++) {
        way += rows[n].update * (double)(rows[n].step - from);
        from = rows[n].step;
    }
    return way;
}

bool hardly_trained(const inspection *in)
{
    size_t count;
    const elman_journal_row *rows = journal_of(in, &count);
    if (!count || taught(in) > TAUGHT_LEAST) return false;
    return rows[count - 1].step < FEW_STEPS ||
           way_moved(rows, count) < MOVED_LEAST;
}

bool trained_long(const inspection *in)
{
    size_t count;
    const elman_journal_row *rows = journal_of(in, &count);
    return count && rows[count - 1].step >= FEW_STEPS && !hardly_trained(in);
}

bool find_untrained(const inspection *in, claim *c)
{
    size_t count;
    const elman_journal_row *rows = journal_of(in, &count);
    if (!hardly_trained(in) || skill_of(in) > SKILL_SOME) return false;

    const elman_journal_row *last = &rows[count - 1];
    c->severity = ELMAN_SEVERITY_NOTE;
    c->value = (double)last->step;

    /* a run that ended within its first epoch may know no loss */
    char losses[96] = "";
    double open = real_max(open_loss(in), rows[0].train_loss);
    if (!isnan(last->train_loss) && !isnan(open))
        snprintf(losses, sizeof losses,
                 ": the training loss is %.3g, where knowing nothing has %.3g",
                 last->train_loss, open);
    claim_say(c,
              "underfitting: %llu update%s of the weights taught it next to "
              "nothing%s",
              (unsigned long long)last->step, last->step == 1 ? "" : "s",
              losses);
    claim_advise(c, "train longer (--epochs) or with a larger --lr (--find-lr "
                    "looks for one); what else is said here is of weights that "
                    "are nearly random");
    return true;
}

/* ---- Other data --------------------------------------------------------- */

/* The loss of this data, that of its training part if it has one: what a model
 * knows by heart is like its training. */
static double loss_here(const inspection *in)
{
    const elman_errors *e = in->public.errors;
    const elman_errors *there = in->public.training_errors;
    return e && there ? real_min(e->loss, there->loss) : e ? e->loss : NAN;
}

bool is_unlike(const inspection *in)
{
    const elman_journal_row *kept = kept_row(in);
    double loss = loss_here(in), open = open_loss(in);
    if (!kept || !(loss > 0) || !(open > 0) || hardly_trained(in)) return false;
    if (skill_of(in) > SKILL_NONE) return false; /* too sure, but not lost */

    /* the worst that training knew of */
    double known = real_max(kept->train_loss, kept->loss);
    double times = isnan(kept->loss) ? UNLIKE_HEART : UNLIKE_ALARM;
    claim other;
    return loss > times * known && loss > times * open &&
           !find_flipped(in, &other);
}

bool find_unlike(const inspection *in, claim *c)
{
    if (!is_unlike(in)) return false;
    const elman_journal_row *kept = kept_row(in);
    const char *name = inspection_setting_text(in, "data");
    c->severity = ELMAN_SEVERITY_ALARM;
    c->value = loss_here(in) / kept->train_loss;
    claim_say(c,
              "unlike its training: the loss is %.3g here, and was %.3g in "
              "training; knowing nothing of this data would have %.3g",
              loss_here(in), kept->train_loss, open_loss(in));
    claim_advise(c,
                 "inspect it with data of the kind that trained it%s%.200s; if "
                 "this is what it is for, train it on this",
                 name ? ", which was " : "", name ? name : "");
    return true;
}
