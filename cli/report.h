/*
 * report.h: how good a model is, for people (on standard output) and as JSON.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>

#include "elman.h"
#include "record.h"

/* The metrics in a few words: "loss 1.456, 2.10 bits/char, perplexity 4.29".
 * In one of two static buffers. */
const char *metrics_describe(const elman_encoding *encoding,
                             const elman_metrics *metrics);

/* The metric people look at first: "2.10 bits/char", "accuracy 93.3 %",
 * "MAE 0.31". In one of two static buffers. */
const char *metric_describe(const elman_encoding *encoding,
                            const elman_metrics *metrics);

/* Per-class table from the confusion (classes,classes). */
void classes_show(const elman_encoding *encoding, const uint64_t *confusion);

/* The confusion as a table: rows are true classes. */
void confusion_show(const elman_encoding *encoding, const uint64_t *confusion);

/* MSE and MAE next to those of the naive forecast and, unless it is NULL, of
 * the baseline. */
void forecast_show(const elman_metrics *metrics,
                   const elman_baseline *baseline);

/* All that a task has, as tables. confusion and baseline may be NULL. */
void metrics_show(const elman_encoding *encoding, const elman_metrics *metrics,
                  const uint64_t *confusion, const elman_baseline *baseline);

/* As JSON: the members of the metrics that the task has; an object for each
 * class; both under "metrics" and, unless confusion is NULL, "classes". */
void metrics_record(record *out, const elman_metrics *metrics);
void classes_record(record *out, const elman_encoding *encoding,
                    const uint64_t *confusion);
void results_record(record *out, const elman_encoding *encoding,
                    const elman_metrics *metrics, const uint64_t *confusion);

/* Columns that UTF-8 text takes, one for each character. */
int text_width(const char *text);

#endif
