/*
 * profile.h: where the seconds of a training run went (--profile): the
 * library's rows of its steps, and what the program does between them.
 */
#ifndef PROFILE_H
#define PROFILE_H

#include "record.h"

typedef enum spent_on {
    SPENT_READING,     /* the data, before the first step */
    SPENT_CHECKPOINTS, /* copying and waiting, not writing during steps */
    SPENT_MODELS,      /* writing the best one */
    SPENT_LOGGING,
    SPENT_PULSE,      /* looking inside the network */
    SPENT_EVALUATION, /* of what is kept, at the end */
    SPENT_COUNT
} spent_on;

/* The program's part, from before the data is read, timed in laps: mark, work,
 * lap. */
typedef struct spent {
    double begun, marked, seconds[SPENT_COUNT];
} spent;

void spent_begin(spent *spent);
void spent_mark(spent *spent);
void spent_lap(spent *spent, spent_on activity);

struct training;

/* A table on standard output: seconds, share, GFLOP/s and the share of the
 * peak of all threads for what is arithmetic. */
void profile_show(const struct training *run);

/* The same as member "profile". */
void profile_record(record *out, const struct training *run);

#endif
