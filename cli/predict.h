/*
 * predict.h: where `elman predict` gets its input from; each source ends in a
 * pass of the model and a line of answer.
 */
#ifndef PREDICT_H
#define PREDICT_H

#include "answer.h"
#include "fields.h"
#include "network.h"

typedef struct predictor {
    const network *net;
    answer_style style;
    int threads;
    bool streams; /* tables: carry the state from row to row */
    const char *output;
    elman_state *state;
    size_t T, B; /* room of the state and of x and y */
    float *x;    /* (T,B,I) or (B,T,I): as the model reads it */
    float *y;    /* (T,B,O) */
} predictor;

/* Makes room for T steps of B sequences; the state is as after a reset.
 * Returns 0 or an exit code. */
int predictor_reserve(predictor *run, size_t T, size_t B);
void predictor_close(predictor *run);

/* Runs T steps of what is in x for one sequence, from the state as it is. */
int predictor_forward(predictor *run, size_t T);

/* One line is one series. */
int predict_series(predictor *run, line_source *source);

/* One line is one row of a table; a first line that is not all numbers names
 * the columns. */
int predict_rows(predictor *run, line_source *source);

/* One line is one text. */
int predict_text(predictor *run, line_source *source);

/* A file of labelled series, and an .npy file whose answers go to
 * run->output if it is set. */
int predict_dataset(predictor *run, const char *path);
int predict_array(predictor *run, const char *path);

#endif
