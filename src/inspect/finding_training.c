/*
 * finding_training.c: what the journal of the run tells, beside the answers.
 */
#include "inspect/finding.h"
#include "inspect/finding_limits.h"

#include "data/dataset.h"
#include "learn/journal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/real.h"

const elman_journal_row *journal_of(const inspection *in, size_t *count)
{
    *count = 0;
    return in->config.journal ? journal_rows(in->config.journal, count) : NULL;
}

const elman_journal_row *kept_row(const inspection *in)
{
    size_t count;
    const elman_journal_row *rows = journal_of(in, &count), *kept = NULL;
    for (size_t n = 0; n < count; n++)
        if (rows[n].best || !kept) kept = &rows[n];
    return kept;
}

/* ---- Too high a rate ---------------------------------------------------- */

/* Whether steps were large at a row of the journal or just before it. The loss
 * of a row that has few batches moves by itself. */
static bool large_steps(const elman_journal_row *rows, size_t n)
{
    double change = rows[n].update;
    if (n > 0) change = real_max(change, rows[n - 1].update);
    return change > UPDATE_NOTE;
}

/* The largest rise of the training loss over the least before it, and its row;
 * the first row may be anything. What rises from next to nothing to next to
 * nothing is none, and with steps that were but large here, neither is what
 * training got over in the end. */
static double largest_jump(const inspection *in, const elman_journal_row *rows,
                           size_t count, bool large, size_t *at)
{
    double nothing = (1 - SKILL_MOST) * open_loss(in);
    double least = INFINITY, jump = 0;
    double last = count ? rows[count - 1].train_loss : NAN;
    for (size_t n = 0; n < count; n++) {
        double loss = rows[n].train_loss;
        if (isnan(loss)) continue;
        bool lasting = large || (large_steps(rows, n) && !(last < least));
        if (loss > 0 && least > 0 && loss / least > jump && !(loss < nothing) &&
            lasting) {
            jump = loss / least;
            *at = n;
        }
        least = real_min(least, loss);
    }
    return jump;
}

/* The largest |change| / |weight| of the rows: a schedule makes later ones
 * small. */
static double largest_update(const elman_journal_row *rows, size_t count)
{
    double most = NAN;
    for (size_t n = 0; n < count; n++)
        most = real_max(most, rows[n].update);
    return most;
}

/* The most that the training loss was over that of knowing nothing, and
 * where; of values as far as the few targets of the batch can tell (two
 * standard deviations of a mean square). */
static double largest_excess(const inspection *in,
                             const elman_journal_row *rows, size_t count,
                             bool large, size_t *at)
{
    double open = open_loss(in), excess = 0;
    double targets = target_count(in);
    if (targets > 0 && dataset_transformed(in->public.dataset))
        open *= 1 + 2 * sqrt(2 / targets);
    for (size_t n = 0; n < count; n++) {
        if (!(rows[n].train_loss / open > excess)) continue;
        if (!large && !large_steps(rows, n)) continue;
        excess = rows[n].train_loss / open;
        *at = n;
    }
    return excess;
}

/* |change| / |weight| of the first steps, of rules that move each weight by the
 * rate; NaN of the others. */
static double first_update(const inspection *in, double rate)
{
    static const char *const words[] = {"adam", "adamw", "rmsprop", "lion"};
    const char *rule = inspection_setting_text(in, "optimizer");
    bool known = false;
    for (size_t n = 0; rule && n < sizeof words / sizeof *words; n++)
        known = known || !strcmp(rule, words[n]);

    size_t most = 0;
    const elman_model *m = in->public.model;
    for (size_t n = 0; n < m->layer_count; n++)
        if (m->layers[n].cell && m->layers[n].H > most) most = m->layers[n].H;
    return known && most ? rate * sqrt(3 * (double)most) : NAN;
}

/* What training went through where steps were large, or all the time: jumps,
 * losses worse than knowing nothing. */
static bool went_wrong(const inspection *in, bool large, char *text,
                       size_t size)
{
    size_t count, jumped = 0, exceeded = 0;
    const elman_journal_row *rows = journal_of(in, &count);
    double jump = largest_jump(in, rows, count, large, &jumped);
    double excess = largest_excess(in, rows, count, large, &exceeded);
    *text = '\0';
    if (excess > JUMP_ALARM)
        snprintf(text, size,
                 ", and up to step %llu the training loss was %.3g times that "
                 "of knowing nothing",
                 (unsigned long long)rows[exceeded].step, excess);
    else if (jump > JUMP_ALARM)
        snprintf(
            text, size,
            ", and at step %llu the training loss was %.3g times its least",
            (unsigned long long)rows[jumped].step, jump);
    return *text != '\0';
}

bool find_high_rate(const inspection *in, claim *c)
{
    size_t count;
    const elman_journal_row *rows = journal_of(in, &count);
    const elman_gates *gates = in->public.gates;
    double change = largest_update(rows, count);
    double rate = inspection_setting(in, "lr");
    for (size_t n = 0; n < count; n++)
        rate = real_max(rate, rows[n].learning_rate);
    double first = first_update(in, rate);
    if (!(change > UPDATE_NOTE) && !(first > FIRST_NOTE)) return false;

    /* large steps do harm where the loss shows it, where little was learned,
     * or where they have driven gates to their ends */
    char text[160];
    bool shown = went_wrong(in, first > FIRST_NOTE, text, sizeof text);
    bool stuck = false;
    for (size_t n = 0; gates && n < gates->count; n++)
        stuck = stuck || gates->levels[n].saturation > SATURATION_ALARM;
    bool over = skill_of(in) > SKILL_MOST; /* training got over it */
    bool large = change > UPDATE_ALARM || first > FIRST_ALARM;
    bool harm =
        (shown && (large || !over)) || stuck || skill_of(in) < SKILL_SOME;
    if (!large && !shown) return false;

    bool begins = first > change || isnan(change);
    c->severity = harm ? ELMAN_SEVERITY_ALARM : ELMAN_SEVERITY_NOTE;
    c->value = real_max(first, change);
    claim_say(c,
              "learning rate too high: at %.2g %s changes the weights by %.2g "
              "times their size, where about 0.001 is usual and 0.1 much%s",
              rate, begins ? "a first step" : "a step", c->value, text);
    claim_advise(c, "train with --lr %.1g, or let --find-lr look for one",
                 rate * real_min(0.1, 0.05 / c->value));
    return true;
}

/* ---- Overfitting -------------------------------------------------------- */

/* Training went on after the best evaluation, and the validation loss rose
 * while that of training fell. */
static bool course_parts(const inspection *in, claim *c)
{
    size_t count;
    const elman_journal_row *rows = journal_of(in, &count);
    const elman_journal_row *kept = kept_row(in);
    if (!kept || count < 3) return false;

    const elman_journal_row *last = &rows[count - 1];
    double rise = last->loss / kept->loss;
    bool falls = last->train_loss < kept->train_loss;
    if (last == kept || !falls || !(kept->loss > 0) || !(rise > COURSE_NOTE) ||
        !(last->loss > last->train_loss * GAP_ALARM))
        return false;

    /* a small loss that rises is still a small one */
    bool matters =
        last->loss > SKILL_SOME * open_loss(in) && !(skill_of(in) > SKILL_MOST);
    c->severity = rise > COURSE_ALARM && matters ? ELMAN_SEVERITY_ALARM
                                                 : ELMAN_SEVERITY_NOTE;
    c->value = rise;
    claim_say(
        c,
        "overfitting: after step %llu the training loss fell on from %.3g "
        "to %.3g, but the validation loss rose from %.3g to %.3g",
        (unsigned long long)kept->step, kept->train_loss, last->train_loss,
        kept->loss, last->loss);
    return true;
}

/* The loss of other data, of the weights that were kept, against that of
 * training. */
static bool losses_part(const inspection *in, claim *c)
{
    const elman_errors *here = in->public.errors;
    const elman_errors *there = in->public.training_errors;
    const elman_journal_row *kept = kept_row(in);
    double train = there ? there->loss : kept ? kept->train_loss : NAN;
    double other = here ? here->loss : NAN;
    if (kept && !there) other = real_max(other, kept->loss);

    /* a small loss may be twice a smaller one */
    double skill = skill_of(in);
    if (!(other > GAP_ALARM * train) || !(skill < 1 - SKILL_SOME) ||
        validated_well(in))
        return false;
    c->severity = ELMAN_SEVERITY_ALARM;
    c->value = other / train;
    claim_say(c,
              "overfitting: the loss is %.3g on the training data and %.3g on "
              "data that it was not fitted to, %.3g times as much",
              train, other, c->value);
    return true;
}

bool find_overfitting(const inspection *in, claim *c)
{
    claim_advise(c, "more data helps most; else --dropout 0.3, --weight-decay "
                    "0.1, a smaller --hidden, or fewer --epochs (--patience "
                    "stops at the best)");
    if (!is_unlike(in) && losses_part(in, c)) return true;
    return course_parts(in, c);
}
