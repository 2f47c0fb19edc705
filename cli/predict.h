/*
 * predict.h: where `elman predict` gets its input from. Whatever it is, the
 * library reads it, as in training: a whole file, or the last lines of a pipe
 * as a small file of their own.
 */
#ifndef PREDICT_H
#define PREDICT_H

#include "answer.h"
#include "answer_file.h"
#include "network.h"
#include "source.h"

/* Takes an answer; returns 0 or an exit code after an error line. */
typedef int answer_taker(void *to, const answer *a);

/* predict_files.c: answers that wait for those before them. */
typedef struct waiting_answers waiting_answers;

typedef struct predictor {
    const network *net;
    answer_style style;
    elman_dataset_config reading; /* how to read the data */
    const char *output;           /* a file for the answers, or NULL */
    int threads;
    bool streams; /* tables: carry the state from row to row */
    bool last;    /* forecasts: only those past the end of each series */
    size_t steps; /* of such a forecast, 0: the model's horizon */

    answer_taker *take; /* what becomes of an answer: standard output, a */
    void *to;           /* file */
    uint64_t answers;   /* how many were given */
    waiting_answers *waiting; /* NULL: each is given at once */
    elman_state *state;
    size_t T, B; /* room of the state and of y */
    float *y;    /* (T,B,O) */
    double *values;
} predictor;

/* predictor.c: makes room for T steps of B sequences; the state is as after a
 * reset. Returns 0 or an exit code. */
int predictor_reserve(predictor *run, size_t T, size_t B);
void predictor_close(predictor *run);

/* Gives the answer y (O) to step `step` of sequence id. */
int predictor_answer(predictor *run, const elman_dataset *dataset, uint64_t id,
                     size_t step, const float *y);

/* predict_files.c: answers all of a file, "-" for standard input, or of what
 * is in memory. */
int predict_file(predictor *run, const char *path);
int predict_bytes(predictor *run, const char *name, const char *bytes,
                  size_t size);

/* What there is to say where a forecast has no window in the rows of name. */
void note_shortness(const predictor *run, const char *name, uint64_t rows);

/* Answers each sequence of dataset, or each of its steps: rows of a table in
 * the order of the file, whatever the order of their times. */
int answer_dataset(predictor *run, const elman_dataset *dataset);

/* predict_past.c: answers the last window of each series, for run->steps. */
int answer_past_end(predictor *run, elman_dataset *dataset);

/* predict_live.c: answers each line of standard input at once. */
int predict_live(predictor *run, line_source *source);

/* predict_text.c: one line is one text. */
int predict_text(predictor *run, line_source *source);

#endif
