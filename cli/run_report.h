/*
 * run_report.h: the page of a training run (--report): what `elman inspect`
 * finds in the model on its validation data.
 */
#ifndef RUN_REPORT_H
#define RUN_REPORT_H

#include "outcome.h"

/* Whether an evaluation is one after which the page is written. */
bool report_due(const training *run, const elman_progress *progress);

/* Writes it. A failure is an error line and an exit code, and costs nothing
 * but the page. */
int report_write(const training *run);

#endif
