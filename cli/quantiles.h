/*
 * quantiles.h: bounds around an answer, from how far the model's answers were
 * off when it was trained.
 */
#ifndef QUANTILES_H
#define QUANTILES_H

#include "network.h"

enum { MOST_QUANTILES = 16 };

typedef struct quantiles {
    size_t count;
    double levels[MOST_QUANTILES];
    elman_residuals *residuals;
    size_t targets;
    double *scale; /* (targets) of the answer that is written */
} quantiles;

/* Reads the levels of a list like "0.1,0.9", and the residuals of the model.
 * Returns 0 or an exit code after an error line; quantiles_close ends it
 * either way. */
int quantiles_open(const char *list, const network *net, quantiles *q);
void quantiles_close(quantiles *q);

/* Makes scale that of the answer to sequence id. */
void quantiles_place(const quantiles *q, const elman_dataset *dataset,
                     uint64_t id);

/* What the truth stays below in levels[n] of all cases, for a value that is
 * output `output` of the model, after quantiles_place; NaN where nothing was
 * measured, as beyond the horizon. */
double quantile_at(const quantiles *q, size_t n, size_t output, double value);

/* "0.1", in a static buffer. */
const char *level_text(const quantiles *q, size_t n);

#endif
