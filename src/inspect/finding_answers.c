/*
 * finding_answers.c: what the answers say against the truth.
 */
#include "inspect/finding.h"
#include "inspect/finding_limits.h"

#include "data/dataset.h"
#include "learn/journal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/real.h"

/* ---- What other rules ask too ------------------------------------------- */

static bool is_text(const inspection *in)
{
    return in->public.errors->task == ELMAN_TASK_LANGUAGE;
}

static bool has_classes(const inspection *in)
{
    elman_task task = in->public.errors->task;
    return task == ELMAN_TASK_CLASSIFY || task == ELMAN_TASK_TAG;
}

/* The mean squared error of values, in the data's units. */
static double squared_error(const elman_errors *e)
{
    size_t count = e->horizon * e->target_count;
    double sum = 0;
    for (size_t k = 0; k < count; k++)
        sum += e->residual_rms[k] * e->residual_rms[k];
    return count ? sum / (double)count : NAN;
}

/* The least mean squared error of answers that need no network. */
static double least_squares(const inspection *in)
{
    const elman_baseline *b = &in->baseline;
    double least = b->mean_mse; /* the others may be NaN */
    least = real_min(least, b->naive_mse);
    return real_min(least, b->seasonal_mse);
}

double skill_of(const inspection *in)
{
    const elman_errors *e = in->public.errors;
    const elman_baseline *b = &in->baseline;
    if (!e || !in->has_baseline || !e->targets) return NAN;
    if (is_text(in)) return 1 - e->loss / b->loss;
    if (has_classes(in)) {
        double open = 1 - b->accuracy;
        return open > 0 ? (e->accuracy - b->accuracy) / open : NAN;
    }
    double least = least_squares(in);
    return least > 0 ? 1 - squared_error(e) / least : NAN;
}

/* Of classes what their shares alone would have; of values that of answering 0,
 * which is the mean of scaled ones, or what the run began with. */
double open_loss(const inspection *in)
{
    size_t count;
    const elman_journal_row *rows = journal_of(in, &count);
    bool classes = in->public.errors && (is_text(in) || has_classes(in));
    if (classes && in->has_baseline) return in->baseline.loss;
    if (in->config.loss != ELMAN_LOSS_MEAN_SQUARED)
        return count ? rows[0].train_loss : NAN;

    /* from all targets if both errors are in one unit, else from the batch */
    const elman_errors *e = in->public.errors;
    if (e && in->has_baseline && !dataset_transformed(in->public.dataset) &&
        squared_error(e) > 0)
        return e->loss / squared_error(e) * in->baseline.mean_mse;
    double size = target_size(in);
    if (size > 0) return size * size;
    return count ? rows[0].train_loss : NAN;
}

double learned_training(const inspection *in)
{
    const elman_errors *there = in->public.training_errors;
    size_t count;
    const elman_journal_row *rows = journal_of(in, &count);
    double open = open_loss(in), loss = there   ? there->loss
                                        : count ? rows[count - 1].train_loss
                                                : NAN;
    return isnan(loss) || isnan(open) ? NAN : GAP_ALARM * loss < open;
}

/* Whether values are better than the mean, and as good as the last value: of a
 * series that cannot be foreseen no answer is better, and a season that repeats
 * itself is a strong one. */
static bool keeps_up(const inspection *in)
{
    if (is_text(in) || has_classes(in)) return false;
    double error = squared_error(in->public.errors);
    return error < (1 - SKILL_NONE) * in->baseline.mean_mse &&
           !(error > (1 + SKILL_NONE) * in->baseline.naive_mse);
}

bool validated_well(const inspection *in)
{
    const elman_journal_row *kept = kept_row(in);
    if (!kept || !(kept->loss < (1 - SKILL_SOME) * open_loss(in))) return false;
    return kept->loss < GAP_ALARM * kept->train_loss ||
           kept->loss < SKILL_SOME * open_loss(in);
}

bool learned_nothing(const inspection *in)
{
    double skill = skill_of(in), training = learned_training(in);
    if (isnan(skill) || training > 0 || keeps_up(in) || is_unlike(in))
        return false;

    /* two standard deviations of chance are nothing */
    double chance = 0;
    if (has_classes(in)) {
        double p = in->baseline.accuracy;
        chance = 2 * sqrt(p * (1 - p) / (double)in->public.errors->targets) /
                 (1 - p);
    }
    return skill < real_max(SKILL_NONE, chance);
}

/* ---- A flipped target --------------------------------------------------- */

/* The answer that class k mostly gets, if more than half of it gets that, by
 * two standard deviations; else k. */
static size_t main_answer(const elman_errors *e, size_t k)
{
    const uint64_t *row = e->confusion + k * e->class_count;
    uint64_t all = 0;
    size_t best = 0;
    for (size_t j = 0; j < e->class_count; j++) {
        all += row[j];
        if (row[j] > row[best]) best = j;
    }
    double share = (double)row[best] / (double)all;
    return share > 0.5 + 1 / sqrt((double)all) ? best : k;
}

static const char *class_name(const inspection *in, size_t k)
{
    const elman_encoding *e = dataset_encoding(in->public.dataset);
    return e->labels && k < e->class_count ? e->labels[k] : "?";
}

/* Classes that are taken for each other in a ring: a for b and b for a, or one
 * further round. */
static bool classes_swapped(const inspection *in, claim *c)
{
    const elman_errors *e = in->public.errors;
    size_t count = e->class_count;
    if (!e->confusion) return false;
    for (size_t k = 0; k < count; k++) {
        /* round the ring that begins with k, if there is one */
        size_t at = main_answer(e, k), length = 1;
        while (at != k && length < count) {
            size_t next = main_answer(e, at);
            if (next == at) break;
            at = next;
            length++;
        }
        if (at != k || length < 2) continue;

        size_t other = main_answer(e, k);
        const uint64_t *row = e->confusion + k * count;
        uint64_t all = 0;
        for (size_t j = 0; j < count; j++)
            all += row[j];
        c->value = (double)row[other] / (double)all;
        claim_say(c,
                  "flipped target: \"%.60s\" is answered with \"%.60s\" in "
                  "%.0f %% of its cases, and %s",
                  class_name(in, k), class_name(in, other), 100 * c->value,
                  length == 2 ? "the other way round as well"
                              : "so on in a ring of classes");
        return true;
    }
    return false;
}

/* Classes that are right less often than by chance: Cohen's kappa (1960), the
 * share of right answers over that of answers drawn by their frequencies, 1 for
 * all and 0 for chance, so that below it truth and answer are opposed. */
static bool classes_opposed(const elman_errors *e, claim *c)
{
    size_t count = e->class_count;
    double all = (double)e->targets, by_chance = 0;
    if (!e->confusion || !(all > 0)) return false;
    for (size_t k = 0; k < count; k++) {
        double truths = 0, answers = 0;
        for (size_t j = 0; j < count; j++) {
            truths += (double)e->confusion[k * count + j];
            answers += (double)e->confusion[j * count + k];
        }
        by_chance += truths / all * (answers / all);
    }

    double kappa = (e->accuracy - by_chance) / (1 - by_chance);
    if (!(kappa < FLIPPED_ALARM) || !(kappa < -4 / sqrt(all))) return false;
    c->value = kappa;
    claim_say(c,
              "flipped target: only %.0f %% of the answers are right, where "
              "chance alone would have %.0f %%, so the model has learned the "
              "opposite of what this data says",
              100 * e->accuracy, 100 * by_chance);
    return true;
}

/* The deviation of n values that are stride apart, of those that are finite. */
static double deviation_of(const double *list, size_t n, size_t stride)
{
    double count = 0, sum = 0, squares = 0;
    for (size_t k = 0; k < n; k++)
        if (isfinite(list[k * stride])) {
            sum += list[k * stride];
            count++;
        }
    for (size_t k = 0; k < n; k++)
        if (isfinite(list[k * stride]))
            squares += (list[k * stride] - sum / count) *
                       (list[k * stride] - sum / count);
    return sqrt(squares / count);
}

/* The deviation of the answers for target k over that of the truth. With a
 * correlation r the best answers have |r|. */
static double spread_of_answers(const elman_errors *e, size_t k)
{
    size_t stride = e->target_count;
    return deviation_of(e->answer + k, e->shown, stride) /
           deviation_of(e->truth + k, e->shown, stride);
}

bool find_flipped(const inspection *in, claim *c)
{
    const elman_errors *e = in->public.errors;
    if (!e) return false;

    /* who has learned nothing knows no opposite; without a journal it is a
     * guess that anything was learned */
    double skill = taught(in);
    if (hardly_trained(in)) return false;
    c->severity = isnan(skill) ? ELMAN_SEVERITY_NOTE : ELMAN_SEVERITY_ALARM;
    claim_advise(c,
                 "compare the labels or signs of this file with those of the "
                 "file that trained: one of the two is the wrong way round");
    if (has_classes(in)) return classes_swapped(in, c) || classes_opposed(e, c);
    if (is_text(in) || !e->correlation) return false;

    /* values: the target that agrees least */
    size_t worst = 0;
    for (size_t k = 1; k < e->target_count; k++)
        if (e->correlation[k] < e->correlation[worst]) worst = k;
    double r = e->correlation[worst], n = (double)e->targets;
    if (!(r < FLIPPED_ALARM) || !(r < -4 / sqrt(n))) return false;
    if (!(spread_of_answers(e, worst) > -r * MEANT_PART)) return false;
    if (skill < real_max(TAUGHT_LEAST, r * r / 2)) return false; /* by chance */
    c->value = r;
    claim_say(c,
              "flipped target: answers and truth have a correlation of %.2f, "
              "so the model has learned the opposite of what this data says",
              r);
    return true;
}

/* ---- Labels that contradict --------------------------------------------- */

/* The accuracy of the surest answers, at least a quarter of all, and how sure
 * they are in the mean. */
static double sure_accuracy(const elman_errors *e, double *share,
                            double *confidence)
{
    double count = 0, right = 0, sure = 0, all = (double)e->targets;
    for (size_t n = ELMAN_CALIBRATION_BINS; n-- > 0 && count < all / 4;) {
        double here = (double)e->calibration_counts[n];
        if (here == 0) continue;
        count += here;
        right += here * e->calibration_accuracy[n];
        sure += here * e->calibration_confidence[n];
    }
    *confidence = sure / count;
    *share = count / all;
    return right / count;
}

/* Whether the training data is learned by heart, noise and all: what it gets
 * wrong elsewhere then says nothing of the labels there. */
static bool knows_by_heart(const inspection *in)
{
    const elman_errors *there = in->public.training_errors;
    const elman_journal_row *kept = kept_row(in);
    double train = there ? there->loss : kept ? kept->train_loss : NAN;
    return GAP_ALARM * train < in->public.errors->loss && !validated_well(in);
}

bool find_label_noise(const inspection *in, claim *c)
{
    const elman_errors *e = in->public.errors;
    double share = 0, confidence = 0;
    if (!e || !has_classes(in) || e->targets < 40 || knows_by_heart(in))
        return false;

    /* it has learned something, and errs as often where it is sure */
    double sure = sure_accuracy(e, &share, &confidence);
    double chosen = in->baseline.accuracy;
    double chance = 2 * sqrt(sure * (1 - sure) / (share * (double)e->targets));
    if (!(skill_of(in) > SKILL_SOME) ||
        !(confidence > chosen + SKILL_SOME * (1 - chosen)) ||
        !(sure + chance < SURE_ALARM + 0.02) ||
        !(sure - e->accuracy < SURE_GAIN))
        return false;

    c->severity = ELMAN_SEVERITY_ALARM;
    c->value = 1 - sure;
    claim_say(c,
              "label noise: of the answers that the model is surest of (%.0f "
              "%% of all; it is %.0f %% sure) %.0f %% are wrong, hardly fewer "
              "than of all (%.0f %%), so about that many labels contradict "
              "the rest",
              100 * share, 100 * confidence, 100 * (1 - sure),
              100 * (1 - e->accuracy));
    if (e->mistake_count)
        claim_advise(c,
                     "look at the worst first: sequence %llu is labelled "
                     "\"%.40s\" and answered \"%.40s\" with %.0f %%; where "
                     "labels cannot be mended, train with --label-smoothing "
                     "0.1",
                     (unsigned long long)e->mistakes[0].id,
                     class_name(in, (size_t)e->mistakes[0].truth),
                     class_name(in, (size_t)e->mistakes[0].answer),
                     100 * e->mistakes[0].probability);
    return true;
}

/* ---- No better than the baseline ---------------------------------------- */

bool find_underfitting(const inspection *in, claim *c)
{
    const elman_errors *e = in->public.errors;
    double skill = skill_of(in);
    if (!(skill < SKILL_SOME) || hardly_trained(in) || is_unlike(in))
        return false;
    bool none = skill < SKILL_NONE || learned_nothing(in);

    /* an untrained model is no better either: only a journal says otherwise */
    bool trained = trained_long(in);
    const char *much = none ? "no" : "little";
    c->severity = none && trained && !keeps_up(in) ? ELMAN_SEVERITY_ALARM
                                                   : ELMAN_SEVERITY_NOTE;
    c->value = skill;
    if (is_text(in))
        claim_say(c,
                  "underfitting: a loss of %.3g is %s better than guessing "
                  "by how often each token occurs (%.3g)",
                  e->loss, much, in->baseline.loss);
    else if (has_classes(in))
        claim_say(c,
                  "underfitting: %.1f %% right is %s better than always "
                  "answering the largest class (%.1f %%)",
                  100 * e->accuracy, much, 100 * in->baseline.accuracy);
    else
        claim_say(c,
                  "underfitting: a root mean square error of %.3g is %s "
                  "better than %.3g, which needs no network",
                  sqrt(squared_error(e)), much, sqrt(least_squares(in)));
    claim_advise(c, trained
                        ? "train longer (--epochs), with a larger --hidden "
                          "or another --lr (--find-lr looks for one); check "
                          "that the inputs tell what is asked for"
                        : "if it was trained at all, train longer or with "
                          "another --lr");
    return true;
}

/* What the calibration error would be if probabilities were right, from chance
 * alone: in each bin the mean of |right - sure| of so many answers, which is
 * sqrt(2 p (1 - p) n / pi). */
static double chance_error(const elman_errors *e)
{
    double sum = 0;
    for (size_t n = 0; n < ELMAN_CALIBRATION_BINS; n++) {
        double count = (double)e->calibration_counts[n];
        double p = e->calibration_confidence[n];
        if (count > 0) sum += sqrt(0.6366197723675814 * p * (1 - p) * count);
    }
    return sum / (double)e->targets;
}

/* What makes it surer or less sure: by the sign of what it is, or 0 if it is
 * too sure of some answers and not sure enough of others. */
static void advise_calibration(claim *c, double surer)
{
    const char *way = "";
    if (surer > 0)
        way = "--label-smoothing 0.1 or fewer --epochs make it less sure; ";
    if (surer < 0)
        way = "more --epochs, or less --label-smoothing and --dropout, make it "
              "surer; ";
    claim_advise(c, "%sdo not decide by these probabilities as they are", way);
}

bool find_calibration(const inspection *in, claim *c)
{
    const elman_errors *e = in->public.errors;
    if (!e || !(e->calibration_error > CALIBRATION_NOTE)) return false;
    if (e->targets < CALIBRATION_ANSWERS ||
        !(e->calibration_error - chance_error(e) > CALIBRATION_NOTE))
        return false;

    /* how sure it is in the mean, and how right */
    double sure = 0, right = 0, all = (double)e->targets;
    for (size_t n = 0; n < ELMAN_CALIBRATION_BINS; n++) {
        double here = (double)e->calibration_counts[n];
        if (here == 0) continue;
        sure += here * e->calibration_confidence[n] / all;
        right += here * e->calibration_accuracy[n] / all;
    }
    double surer = sure - right;
    if (fabs(surer) < e->calibration_error / 2) surer = 0;

    c->severity = ELMAN_SEVERITY_NOTE;
    c->value = e->calibration_error;
    claim_say(c,
              "calibration: probabilities are off by %.2f in the mean; the "
              "model is %s (%.0f %% sure, %.0f %% right)",
              e->calibration_error,
              surer > 0   ? "surer of itself than it is right"
              : surer < 0 ? "less sure of itself than it is right"
                          : "too sure of some answers and too unsure of others",
              100 * sure, 100 * right);
    advise_calibration(c, surer);
    return true;
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Adds how much of this data trained the model, if it is the file that did, and
 * how it fared on the rest. */
static void say_fitted(const inspection *in, claim *c)
{
    const char *name = inspection_setting_text(in, "data");
    if (!name || strcmp(file_name(name), file_name(in->data_name)) != 0) return;

    size_t used = strlen(c->text);
    const elman_journal_row *kept = kept_row(in);
    double apart = inspection_setting(in, "validation");
    if (!kept || isnan(kept->loss)) {
        snprintf(c->text + used, sizeof c->text - used,
                 "; all of this file trained the model");
        return;
    }
    char share[32] = "most";
    if (apart > 0 && apart < 1)
        snprintf(share, sizeof share, "about %.0f %%", 100 * (1 - apart));

    char fitted[48] = "";
    if (!isnan(kept->train_loss))
        snprintf(fitted, sizeof fitted, ", with a loss of %.3g,",
                 kept->train_loss);
    snprintf(c->text + used, sizeof c->text - used,
             "; %s of this file trained the model%s and on the validation part "
             "the loss was %.3g",
             share, fitted, kept->loss);
}

bool find_good_answers(const inspection *in, claim *c)
{
    const elman_errors *e = in->public.errors;
    double skill = skill_of(in);
    if (!(skill > SKILL_SOME)) return false;
    c->value = skill;

    /* in the words of the task */
    if (is_text(in))
        claim_say(c,
                  "answers: %.2f bits a token, where guessing by frequency "
                  "needs %.2f",
                  e->loss / 0.6931471805599453,
                  in->baseline.loss / 0.6931471805599453);
    else if (has_classes(in))
        claim_say(c,
                  "answers: %.1f %% of %llu are right, where the largest "
                  "class alone would be %.1f %%",
                  100 * e->accuracy, (unsigned long long)e->targets,
                  100 * in->baseline.accuracy);
    else
        claim_say(c,
                  "answers: the root mean square error is %.3g, where the "
                  "best answer without a network has %.3g",
                  sqrt(squared_error(e)), sqrt(least_squares(in)));
    say_fitted(in, c);
    return true;
}
