/*
 * finding.h: what the measurements of an inspection mean: a sentence with a
 * number, and what to do about it. finding.c has the table of rules, in the
 * order in which one thing causes another; finding_limits.h what is too much.
 */
#ifndef INSPECT_FINDING_H
#define INSPECT_FINDING_H

#include "inspect/measured.h"

enum { CLAIM_TEXT = 1024 };

/* What a rule has to say. */
typedef struct claim {
    elman_severity severity;
    double value;
    char text[CLAIM_TEXT], advice[CLAIM_TEXT]; /* advice: "" for none */
} claim;

/* A rule: false if it has nothing to say of what was measured so far. */
typedef bool finding_rule(const inspection *in, claim *c);

/* Write the sentence and the advice as printf does. */
__attribute__((format(printf, 2, 3))) void claim_say(claim *c,
                                                     const char *format, ...);
__attribute__((format(printf, 2, 3))) void
claim_advise(claim *c, const char *format, ...);

/* Makes the findings of what was measured so far. */
elman_status findings_make(inspection *in);
void findings_free(inspection *in);

/* finding_data.c */
finding_rule find_nan_data, find_nan_weights, find_scaling, find_unused,
    find_constant;

/* finding_answers.c */
finding_rule find_flipped, find_label_noise, find_underfitting,
    find_calibration, find_good_answers;

/* finding_learned.c */
finding_rule find_unlike, find_untrained;

/* finding_gradient.c */
finding_rule find_exploding, find_window, find_vanishing, find_short_memory,
    find_steady;

/* finding_units.c */
finding_rule find_saturated, find_dead, find_duplicates, find_lively;

/* finding_training.c */
finding_rule find_high_rate, find_overfitting;

/* ---- What several rules ask --------------------------------------------- */

/* How much of what the baseline leaves open the model answers, on data that it
 * was not fitted to if there is such: 1 everything, 0 nothing. NaN: unknown. */
double skill_of(const inspection *in);

/* The root mean square of the targets of the batch, if they are values, as the
 * model is asked for them; NaN: they are none. */
double target_size(const inspection *in);

/* How many targets that is; 0: they are none. */
double target_count(const inspection *in);

/* The loss without learning anything; NaN: unknown. */
double open_loss(const inspection *in);

/* Whether it learned at least the training data: 1 yes, 0 no, NaN unknown. */
double learned_training(const inspection *in);

/* Whether the model is so near the baseline that it has learned nothing:
 * neither elsewhere nor on the training data. False if that is not known. */
bool learned_nothing(const inspection *in);

/* How many times its start a gradient grows to on its way back; 0: unknown. */
double growth_measured(const inspection *in);

/* Whether validation while training says that the model knows more than its
 * training data. False if nothing validated. */
bool validated_well(const inspection *in);

/* Whether it was trained for more than a few steps, so that what it does not
 * know is a result. */
bool trained_long(const inspection *in);

/* The part of the loss that training took away; NaN without a journal. */
double taught(const inspection *in);

/* Whether a journal says that it was trained so little that its weights are
 * still those that it began with, and it has learned next to nothing. */
bool hardly_trained(const inspection *in);

/* Whether this data is of another kind than what trained the model: it answers
 * worse than knowing nothing, and did well in training. */
bool is_unlike(const inspection *in);

/* The rows of the journal (count), NULL if there are none; and the one whose
 * weights were kept. */
const elman_journal_row *journal_of(const inspection *in, size_t *count);
const elman_journal_row *kept_row(const inspection *in);

/* Steps that a gradient went back through in training, and those of a sequence;
 * 0: unknown, or without an end. */
size_t trained_window(const inspection *in);

#endif
