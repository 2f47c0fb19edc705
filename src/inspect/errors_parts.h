/* errors_parts.h: what the files of elman_errors share. */
#ifndef INSPECT_ERRORS_PARTS_H
#define INSPECT_ERRORS_PARTS_H

#include "data/truth.h"
#include "learn/evaluate.h"
#include "elman_inspect.h"

enum {
    MOST_MISTAKES = 20,
    MOST_POSITIONS = 50,
    MOST_BEFORE = 40, /* tokens shown before one */
    MOST_SHOWN = 500,
    MOST_CONFUSED = 100 /* tokens of a vocabulary with a confusion */
};

/* A mean over answers, by their weight. */
typedef struct weighted {
    double sum, weight;
} weighted;

/* What residuals of one step of the horizon and one target come from. */
typedef struct residual_sums {
    double sum, squares, naive;
    uint64_t count, naive_count;
} residual_sums;

/* Answers (a) and truths (t) of a target: means and sums of products of what
 * differs from them (Welford 1962). */
typedef struct moments {
    double n, a, t, aa, tt, at;
} moments;

/* An elman_errors with what it is made of. */
typedef struct measuring_errors {
    elman_errors errors; /* first: it is what the caller holds */
    elman_trainer_config config;
    evaluation on;
    windows *all;
    metric_tree tree;
    size_t windows_done, windows_count;
    size_t before;       /* steps of the windows since the state was reset */
    size_t stream_steps; /* text: of a stream; else 0 */

    elman_mistake mistakes[MOST_MISTAKES];
    int32_t text[MOST_MISTAKES][MOST_BEFORE]; /* what before points to */
    weighted positions[MOST_POSITIONS];
    double position_means[MOST_POSITIONS];

    /* classes */
    uint64_t *confusion; /* (class_count,class_count), or NULL */
    uint64_t *there;     /* (O) how often each class is the truth */
    uint64_t bin_right[ELMAN_CALIBRATION_BINS];
    double bin_sum[ELMAN_CALIBRATION_BINS]; /* of probabilities */

    /* values, O = (horizon,targets) */
    residual_sums *residuals;       /* (O) */
    double *truth, *answer, *naive; /* (O) of the answer at hand */
    truth_reader reader;
    double *mean, *rms, *naive_rms;     /* (O) */
    moments *moments;                   /* (targets) */
    double *correlation;                /* (targets) */
    double *shown_truth, *shown_answer; /* (MOST_SHOWN,targets) */
} measuring_errors;

/* One answer of the window that just ran. */
typedef struct answer_row {
    uint64_t id;
    size_t step;    /* of the sequence or stream */
    size_t row;     /* of the window */
    double loss;    /* alone, without weights */
    const float *y; /* (O) */
} answer_row;

/* Keeps a mistake if it is among the worst; of equal ones the first. */
void mistake_add(measuring_errors *e, const elman_mistake *mistake);

/* Classes and tokens; values. reserve takes memory, add one answer, end fills
 * in what the sums come to. */
elman_status error_classes_reserve(measuring_errors *e);
void error_classes_add(measuring_errors *e, const answer_row *at,
                       int32_t truth);
void error_classes_end(measuring_errors *e);
void error_classes_release(measuring_errors *e);

elman_status error_values_reserve(measuring_errors *e);
elman_status error_values_add(measuring_errors *e, const answer_row *at,
                              const float *target);
void error_values_end(measuring_errors *e);
void error_values_release(measuring_errors *e);

#endif
