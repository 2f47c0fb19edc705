/*
 * attach.h: gives a model from elsewhere what it needs to take people's data:
 * the task, and tokens, labels or scales, as training would have noted them.
 */
#ifndef ATTACH_H
#define ATTACH_H

#include "options.h"
#include "record.h"

typedef struct attach_values {
    int task, unit; /* indices of their choices; task 0: nothing is attached */
    const char *encoding, *labels, *scaling, *target_scaling;
    uint64_t window, horizon;
} attach_values;

/* The words of --as, "none" first, in the order of elman_task. */
extern const char attach_tasks[];
extern const char attach_units[];

/* Writes the note into *model; source is its name in messages. The model may
 * become another one: sequences first is undone, and a softmax at its end, as
 * what it is of is read. Returns 0 or an exit code after an error line. */
int attach(const attach_values *values, const char *source,
           elman_model **model);

#endif
