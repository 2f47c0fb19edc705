/*
 * finding.c: the table of rules, and what becomes of their claims.
 */
#include "inspect/finding.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Causes before effects: numbers that are none spoil everything; inputs out of
 * scale and too high a rate saturate gates, and saturated gates make gradients
 * vanish. Among findings of one severity the first of these comes first. */
static const struct {
    const char *name;
    elman_section section;
    finding_rule *find;
} rules[] = {
    {"NaN in the data", ELMAN_SECTION_DATA, find_nan_data},
    {"NaN in the weights", ELMAN_SECTION_DATA, find_nan_weights},
    {"flipped target", ELMAN_SECTION_ERRORS, find_flipped},
    {"wrong scaling", ELMAN_SECTION_DATA, find_scaling},
    {"unlike its training", ELMAN_SECTION_ERRORS, find_unlike},
    {"underfitting", ELMAN_SECTION_TRAINING, find_untrained},
    {"unused input", ELMAN_SECTION_DATA, find_unused},
    {"constant input", ELMAN_SECTION_DATA, find_constant},
    {"learning rate too high", ELMAN_SECTION_TRAINING, find_high_rate},
    {"saturated gates", ELMAN_SECTION_GATES, find_saturated},
    {"dead units", ELMAN_SECTION_GATES, find_dead},
    {"exploding", ELMAN_SECTION_FLOW, find_exploding},
    {"window too short", ELMAN_SECTION_TRUNCATION, find_window},
    {"vanishing", ELMAN_SECTION_FLOW, find_vanishing},
    {"short memory", ELMAN_SECTION_FLOW, find_short_memory},
    {"label noise", ELMAN_SECTION_ERRORS, find_label_noise},
    {"overfitting", ELMAN_SECTION_TRAINING, find_overfitting},
    {"underfitting", ELMAN_SECTION_ERRORS, find_underfitting},
    {"duplicate units", ELMAN_SECTION_GATES, find_duplicates},
    {"calibration", ELMAN_SECTION_ERRORS, find_calibration},
    {"good answers", ELMAN_SECTION_ERRORS, find_good_answers},
    {"steady gradient", ELMAN_SECTION_FLOW, find_steady},
    {"lively units", ELMAN_SECTION_GATES, find_lively},
};

enum { RULES = sizeof rules / sizeof *rules };

void claim_say(claim *c, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(c->text, sizeof c->text, format, arguments);
    va_end(arguments);
}

void claim_advise(claim *c, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(c->advice, sizeof c->advice, format, arguments);
    va_end(arguments);
}

static void clear(inspection *in)
{
    for (size_t n = 0; n < in->public.finding_count; n++) {
        free((void *)(uintptr_t)in->findings[n].text);
        free((void *)(uintptr_t)in->findings[n].advice);
    }
    in->public.finding_count = 0;
}

void findings_free(inspection *in)
{
    clear(in);
    free(in->findings);
}

static elman_status add(inspection *in, size_t rule, const claim *c)
{
    char *text = text_copy(c->text);
    char *advice = c->advice[0] ? text_copy(c->advice) : NULL;
    if (!text || (c->advice[0] && !advice)) {
        free(text);
        free(advice);
        return failure(ELMAN_NO_MEMORY, "no memory for a finding");
    }
    in->findings[in->public.finding_count++] =
        (elman_finding){.name = rules[rule].name,
                        .severity = c->severity,
                        .section = rules[rule].section,
                        .value = c->value,
                        .text = text,
                        .advice = advice};
    return ELMAN_OK;
}

/* The worst first; equals stay in the order of the rules. */
static void sort(elman_finding *list, size_t count)
{
    for (size_t n = 1; n < count; n++) {
        elman_finding one = list[n];
        size_t at = n;
        for (; at > 0 && list[at - 1].severity < one.severity; at--)
            list[at] = list[at - 1];
        list[at] = one;
    }
}

elman_status findings_make(inspection *in)
{
    clear(in);
    if (!in->findings) in->findings = calloc(RULES, sizeof *in->findings);
    if (!in->findings)
        return failure(ELMAN_NO_MEMORY, "no memory for findings");
    in->public.findings = in->findings;

    elman_status status = ELMAN_OK;
    for (size_t n = 0; n < RULES && !status; n++) {
        claim c = {.severity = ELMAN_SEVERITY_FINE, .value = NAN};
        if (!(in->config.sections & (unsigned)rules[n].section)) continue;
        if (rules[n].find(in, &c)) status = add(in, n, &c);
    }
    sort(in->findings, in->public.finding_count);
    return status;
}
