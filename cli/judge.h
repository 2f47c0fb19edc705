/*
 * judge.h: a score beside what it has to beat, and in words whether it does.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include "elman.h"
#include "record.h"

/* What a part's score is held against, on one line: "always 'early': accuracy
 * 50.0 %". In a static buffer. */
const char *baseline_describe(const elman_encoding *encoding,
                              const elman_baseline *baseline);

/* A sentence if the score is no better than that, with what to try; NULL if it
 * is. rate is the learning rate of the run, 0 if it is not known. In a static
 * buffer. */
const char *verdict(const elman_encoding *encoding,
                    const elman_metrics *metrics,
                    const elman_baseline *baseline, double rate);

/* True if the score is so much worse than that that no one should use the
 * model: no number at all, ten times the error, twice the bits of a blind
 * guess. */
bool has_diverged(const elman_encoding *encoding, const elman_metrics *metrics,
                  const elman_baseline *baseline);

/* The same as members of a JSON object: "baseline" and, if there is one,
 * "verdict"; metrics may be NULL, where there is no score yet. */
void baseline_record(record *out, const elman_encoding *encoding,
                     const elman_metrics *metrics,
                     const elman_baseline *baseline, double rate);

#endif
