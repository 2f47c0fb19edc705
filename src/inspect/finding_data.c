/*
 * finding_data.c: what the inputs and the weights say about themselves.
 */
#include "inspect/finding.h"
#include "inspect/finding_limits.h"

#include "format/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/real.h"

/* "load", or "input 3" of inputs without names. In one of two buffers. */
static const char *name_of(const inspection *in, size_t i)
{
    static _Thread_local char texts[2][96];
    static _Thread_local int turn;
    char *text = texts[turn = !turn];
    const char *name = in->inputs[i].name;
    if (name && *name) snprintf(text, 96, "\"%.80s\"", name);
    else snprintf(text, 96, "%zu", i + 1);
    return text;
}

/* ---- Not a number ------------------------------------------------------- */

/* Whether the model's own training said what becomes of missing values. */
static bool knows_missing(const inspection *in)
{
    return in->encoding && in->encoding->missing != ELMAN_MISSING_REFUSE;
}

/* The facts about missing values as one text; the share that they tell of,
 * "3 of 600 ...", as far as they do. Those at an end are the length of a
 * series. */
static bool missing_facts(const inspection *in, char *text, size_t size,
                          double *share)
{
    size_t count = 0, used = 0;
    const elman_fact *list =
        in->public.dataset ? dataset_facts(in->public.dataset, &count) : NULL;
    *text = '\0';
    *share = 0;

    /* "3 of 600 cells ...": the share that the text begins with */
    for (size_t n = 0; n < count; n++) {
        const char *end;
        double some, all;
        if (strcmp(list[n].name, "missing") != 0 ||
            !strncmp(list[n].text, "values at ", 10))
            continue;
        if (number_read(list[n].text, &end, &some) == NUMBER_VALUE &&
            !strncmp(end, " of ", 4) &&
            number_read(end + 4, &end, &all) == NUMBER_VALUE && all > 0)
            *share = real_max(*share, some / all);
        if (used < size)
            used += (size_t)snprintf(text + used, size - used, "%s%s",
                                     used ? "; " : "", list[n].text);
    }
    return *text != '\0';
}

static bool find_bad_inputs(const inspection *in, claim *c)
{
    /* the input with most of them */
    double worst = 0;
    size_t at = 0, bad = 0;
    for (size_t i = 0; i < in->public.input_count; i++) {
        double share = in->inputs[i].missing;
        bad += share > 0;
        if (!(share > worst)) continue;
        worst = share;
        at = i;
    }
    if (!bad) return false;

    c->value = worst;
    claim_say(
        c,
        "NaN or infinity in the data: %.3g %% of input %s are no numbers, "
        "and %zu of %zu inputs have such values; one of them makes every "
        "answer of its sequence NaN",
        100 * worst, name_of(in, at), bad, in->public.input_count);
    return true;
}

bool find_nan_data(const inspection *in, claim *c)
{
    char told[CLAIM_TEXT / 2];
    double share;
    c->severity = ELMAN_SEVERITY_ALARM;
    claim_advise(c, "mend the file, or say what becomes of such values: "
                    "--missing drop, previous or mean");
    if (in->config.trouble) {
        c->value = 1;
        claim_say(c, "NaN or infinity in the data, which cannot be read: %s",
                  in->config.trouble);
        return true;
    }

    if (find_bad_inputs(in, c)) return true;
    if (!missing_facts(in, told, sizeof told, &share)) return false;
    c->value = share;
    claim_say(c, "NaN in the data, values that are missing: %s", told);
    if (!knows_missing(in)) return true;

    /* it was trained on such data, and what fills them is settled */
    claim_advise(c, "what fills them is no measurement: if it is many, prefer "
                    "--missing drop, or an input that says where they were");
    if (share < MISSING_ALARM && !learned_nothing(in))
        c->severity = ELMAN_SEVERITY_NOTE;
    return true;
}

bool find_nan_weights(const inspection *in, claim *c)
{
    if (!in->bad_weights && !in->blown) return false;
    c->severity = ELMAN_SEVERITY_ALARM;
    c->value = (double)in->bad_weights;
    if (in->bad_weights)
        claim_say(c,
                  "NaN in the weights: %llu of them are no numbers, the "
                  "first in %s, so no answer is one either",
                  (unsigned long long)in->bad_weights, in->bad_parameter);
    else
        claim_say(c, "NaN in the answers: the weights are finite, but some "
                     "answers to the measured sequences are not");
    claim_advise(c, "train again from the last good checkpoint with a lower "
                    "--lr and --clip-norm 1; elman replay shows the step at "
                    "which it broke");
    return true;
}

/* ---- Scale -------------------------------------------------------------- */

static double size_of(const elman_input *one)
{
    return sqrt(one->mean * one->mean + one->deviation * one->deviation);
}

/* Adds up the squares of the targets of the batch; returns how many. */
static double sum_targets(const inspection *in, double *sum)
{
    const elman_batch *batch = &in->batch;
    const float *values = in->target.values;
    *sum = 0;
    if (!values) return 0;

    /* targets past the end of a sequence are none */
    size_t O = in->public.model->info.output_size;
    bool one = in->public.model->info.per_sequence;
    double count = 0;
    for (size_t t = 0; t < (one ? 1 : batch->T); t++)
        for (size_t b = 0; b < batch->B; b++) {
            if (!one && batch->lengths && t >= batch->lengths[b]) continue;
            for (size_t j = 0; j < O; j++) {
                double value = (double)values[(t * batch->B + b) * O + j];
                if (!isfinite(value)) continue;
                *sum += value * value;
                count++;
            }
        }
    return count;
}

double target_size(const inspection *in)
{
    double sum, count = sum_targets(in, &sum);
    return count > 0 ? sqrt(sum / count) : NAN;
}

double target_count(const inspection *in)
{
    double sum;
    return sum_targets(in, &sum);
}

static bool scale_of_target(const inspection *in, claim *c)
{
    double size = target_size(in);
    if (!(size > SCALE_ALARM)) return false;
    c->severity = ELMAN_SEVERITY_ALARM;
    c->value = size;
    claim_say(
        c,
        "wrong scaling of the target: as the model is asked for it, it is "
        "%.3g in the root mean square, and 1 is what a network starts "
        "near",
        size);
    claim_advise(c,
                 "train without --no-scaling, which gives each target mean 0 "
                 "and deviation 1 and is undone in answers");
    return true;
}

bool find_scaling(const inspection *in, claim *c)
{
    size_t count = in->public.input_count, largest = 0, smallest = count;
    const elman_input *inputs = in->inputs;
    if (!count) return scale_of_target(in, c);

    /* what never changes is another finding */
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(size_of(&inputs[i]))) return false;
        if (size_of(&inputs[i]) > size_of(&inputs[largest])) largest = i;
        if (!(inputs[i].deviation > 0)) continue;
        if (smallest == count ||
            size_of(&inputs[i]) < size_of(&inputs[smallest]))
            smallest = i;
    }
    if (smallest == count) return scale_of_target(in, c);

    const elman_input *most = &inputs[largest], *least = &inputs[smallest];
    double high = size_of(most), ratio = high / size_of(least);
    bool faint = high < FAINT_ALARM;
    c->severity = high > SCALE_ALARM || ratio > RATIO_ALARM || faint
                      ? ELMAN_SEVERITY_ALARM
                      : ELMAN_SEVERITY_NOTE;
    c->value = ratio > RATIO_NOTE ? ratio : high;
    if (ratio > RATIO_NOTE)
        claim_say(
            c,
            "wrong scaling of the inputs: input %s is %.3g times as large "
            "as input %s as the model reads them (mean %.3g, deviation "
            "%.3g against %.3g, %.3g), so one drowns out the other",
            name_of(in, largest), ratio, name_of(in, smallest), most->mean,
            most->deviation, least->mean, least->deviation);
    else if (high > SCALE_NOTE || faint)
        claim_say(
            c,
            "wrong scaling of the inputs: as the model reads it, input %s "
            "has mean %.3g and deviation %.3g, where 0 and 1 are expected",
            name_of(in, largest), most->mean, most->deviation);
    else return scale_of_target(in, c);

    claim_advise(c, "train without --no-scaling; if the model was trained on "
                    "scaled data, this file is in other units than that was");
    return true;
}

/* ---- Inputs that do not count ------------------------------------------- */

bool find_unused(const inspection *in, claim *c)
{
    size_t count = in->public.input_count, unused = 0, at = 0;
    double limit = UNUSED_NOTE / (double)(count ? count : 1);
    if (count < 2) return false;
    for (size_t i = 0; i < count; i++) {
        /* one that never changes is another finding */
        const elman_input *one = &in->inputs[i];
        if (!(one->importance < limit) || !(one->deviation > 0)) continue;
        if (!unused++ || one->importance < in->inputs[at].importance) at = i;
    }
    if (!unused) return false;

    c->value = in->inputs[at].importance;
    c->severity =
        c->value < UNUSED_ALARM ? ELMAN_SEVERITY_ALARM : ELMAN_SEVERITY_NOTE;
    claim_say(c,
              "unused input: the answers hardly depend on input %s, %.2g %% of "
              "all influence where an equal share would be %.2g %%%s",
              name_of(in, at), 100 * c->value, 100 / (double)count,
              unused > 1 ? "; others are like it" : "");
    claim_advise(c,
                 "leave it out with --columns if it should not matter; if it "
                 "should, check that it has the right rows, and that it is "
                 "not constant or out of scale");
    return true;
}

bool find_constant(const inspection *in, claim *c)
{
    size_t count = 0, at = 0;
    for (size_t i = in->public.input_count; i-- > 0;) {
        if (in->inputs[i].deviation > 0 || in->inputs[i].missing > 0) continue;
        count++;
        at = i;
    }
    if (!count) return false;
    c->severity = ELMAN_SEVERITY_NOTE;
    c->value = (double)count;
    claim_say(c, "constant input: input %s never changes%s", name_of(in, at),
              count > 1 ? ", and neither do others" : "");
    claim_advise(c, "leave it out with --columns: it can tell nothing");
    return true;
}
