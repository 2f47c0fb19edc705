/*
 * plan.h: what was understood of the data before training began, and why: on
 * the terminal, for --plan, and in the model, where `elman info` finds it.
 */
#ifndef PLAN_H
#define PLAN_H

#include "elman.h"
#include "record.h"

#include <stdbool.h>
#include <stdio.h>

/* The column at which the text of a line begins, behind its name. */
enum { PLAN_INDENT = 10 };

/* Facts of a short account: with data, baseline, model and run a dozen
 * lines. */
enum { PLAN_LINES = 7 };

/* The note of a model under which its plan is kept. */
extern const char plan_note[];

/* The facts of a dataset as text, a line "name<tab>text" for each, minor ones
 * with a tab in front; malloc'ed, or NULL without memory. */
char *plan_write(const elman_dataset *dataset);

/* What a model keeps of it: not how this run has read its data, which depends
 * on its memory. Freed by the caller; NULL without memory. */
char *plan_kept(const char *plan);

/* Prints such a text: all of it, wrapped, or what people ask for first, each
 * fact cut to one line; true if something was left out. */
bool plan_show(FILE *file, const char *plan, bool all);

/* Notes what is odd in data that a model of a task reads: what it does not
 * know, what is missing, how a text was decoded. */
void plan_warn(const elman_dataset *dataset, elman_task task);

/* The same as members of a JSON object "plan". */
void plan_record(record *out, const char *plan);

#endif
