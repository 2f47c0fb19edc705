/*
 * trace.c: the bad values that learn/finite.c lists, between what led to them
 * and what they led to.
 */
#include "inspect/trace.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "learn/trainer.h"
#include "model/hash.h"

/* From these on a growing norm and a large weight are worth a link. */
static const double GROWTH = 10, LARGE_WEIGHT = 100;

/* Norms that are shown of those that are known. */
enum { SHOWN_NORMS = 5, MORE_LINKS = 3 };

/* An elman_trace with what it points to. */
typedef struct traced {
    elman_trace trace; /* first: it is what the caller holds */
    recent recent;
    elman_trace_link *links;
    char (*texts)[FINITE_TEXT]; /* (room) of each link */
    bad_value *bad;
} traced;

/* The next link, whose text is still to be written. */
static elman_trace_link *add(traced *t, const char *what, const char *name,
                             double value, char **text)
{
    size_t i = t->trace.count++;
    *text = t->texts[i];
    t->links[i] = (elman_trace_link){
        .text = *text, .what = what, .name = name, .value = value};
    return &t->links[i];
}

/* ---- What led to it ----------------------------------------------------- */

static void add_growth(traced *t)
{
    const recent *r = &t->recent;
    double least = INFINITY, last = 0;
    for (size_t i = 0; i < r->count; i++) {
        last = r->norms[i];
        if (last < least) least = last;
    }
    if (r->count < 2 || !(last >= GROWTH * least)) return;

    char *text;
    (void)add(t, "norm", "gradient", last, &text);
    size_t first = r->count > SHOWN_NORMS ? r->count - SHOWN_NORMS : 0;
    size_t used = (size_t)snprintf(text, FINITE_TEXT, "|gradient| grew:");
    for (size_t i = first; i < r->count; i++)
        used += (size_t)snprintf(text + used, FINITE_TEXT - used, "%s%.3g",
                                 i > first ? " -> " : " ", r->norms[i]);
}

/* The largest weight, if it is so large that it tells something. */
static void add_weight(traced *t, const elman_model *m)
{
    double most = 0;
    const parameter *of = NULL;
    size_t element = 0;
    for (size_t i = 0; i < m->info.parameter_count; i++) {
        const parameter *p = m->parameters + i;
        for (size_t k = 0; k < p->count; k++) {
            double size = fabs((double)model_flat(m)[p->offset + k]);
            if (!isfinite(size)) return; /* the first bad value itself */
            if (!(size > most)) continue;
            most = size;
            of = p;
            element = k;
        }
    }
    if (!(most >= LARGE_WEIGHT)) return;

    char *text;
    double value = (double)model_flat(m)[of->offset + element];
    elman_trace_link *link = add(t, "weight", of->name, value, &text);
    link->unit = element;
    snprintf(text, FINITE_TEXT,
             "weight of %s, element %zu is %.3g, the largest", of->name,
             element, value);
}

/* ---- The bad values ----------------------------------------------------- */

static void add_bad(traced *t, const bad_value *v)
{
    char *text;
    elman_trace_link *link = add(t, v->what, v->name, v->value, &text);
    link->gate = v->gate;
    link->sequence = v->sample;
    link->step = v->step;
    link->unit = v->unit;
    if (v->l)
        snprintf(link->level, sizeof link->level, "layer%zu%s", v->l->level,
                 v->direction ? "_reverse" : "");
    finite_describe(v, text);
}

static void fill(traced *t, const elman_trainer *trainer)
{
    const elman_model *m = trainer->model;
    finite_pass left = trainer_pass(trainer);
    size_t count = finite_list(&left, finite_most(m), t->bad);

    /* large numbers explain nothing that came with the data */
    const char *first = count ? t->bad[0].what : "";
    if (strcmp(first, "input") != 0 && strcmp(first, "target") != 0) {
        add_growth(t);
        add_weight(t, m);
    }
    for (size_t i = 0; i < count; i++)
        add_bad(t, &t->bad[i]);

    /* what ended the step */
    char *text;
    const bad_step *bad = &trainer->bad;
    bool loss = !strcmp(bad->what, "loss");
    (void)add(t, loss ? "loss" : "norm", loss ? "the data" : "gradient",
              bad->value, &text);
    snprintf(text, FINITE_TEXT, "the %s is %s",
             loss ? "loss" : "norm of the gradient", finite_word(bad->value));
}

elman_status trace_create(const elman_trainer *trainer, elman_trace **trace)
{
    if (!trainer->bad.what)
        return failure(ELMAN_BAD_VALUE,
                       "the trainer's last step did not fail with "
                       "ELMAN_NOT_FINITE, so there is nothing to trace");

    size_t room = finite_most(trainer->model) + MORE_LINKS;
    traced *t = calloc(1, sizeof *t);
    if (t) {
        t->links = calloc(room, sizeof *t->links);
        t->texts = calloc(room, sizeof *t->texts);
        t->bad = calloc(room, sizeof *t->bad);
    }
    if (!t || !t->links || !t->texts || !t->bad) {
        if (t) trace_destroy(&t->trace);
        return failure(ELMAN_NO_MEMORY, "no memory for a trace");
    }

    /* copied: the trainer may go on or end */
    t->recent = trainer->recent;
    fill(t, trainer);
    t->trace.epoch = trainer->progress.epoch;
    t->trace.step = trainer->progress.step;
    t->trace.links = t->links;
    t->trace.norm_count = t->recent.count;
    t->trace.norms = t->recent.norms;
    t->trace.weights = model_hash(trainer->model);
    *trace = &t->trace;
    return ELMAN_OK;
}

void trace_destroy(elman_trace *trace)
{
    if (!trace) return;
    traced *t = (traced *)(void *)trace;
    free(t->links);
    free(t->texts);
    free(t->bad);
    free(t);
}
