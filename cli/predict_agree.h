/*
 * predict_agree.h: files that one rank each answers, and which all were to have
 * alike: what a rank reads elsewhere than the first is compared by content.
 */
#ifndef PREDICT_AGREE_H
#define PREDICT_AGREE_H

#include "predict_many.h"

/* Of each file its bytes on rank 0, to all; below 0 where it has none. */
int files_weigh(const many_files *files, double *bytes);

/* Once all know who owns which: 0, or an exit code after an error line on a
 * rank that has another file than rank 0. */
int files_agree(const many_files *files, const int *owners,
                const double *bytes);

#endif
