/*
 * ts.h: the .ts format of sktime and aeon: a header of @words, then one case
 * per line: dimensions separated by ':', values by ',', '?' for a missing one,
 * the label or target last.
 *
 *   @univariate false
 *   @classLabel true walk run
 *   @data
 *   1,2,3:4,5,6:walk
 */
#ifndef DATA_TS_H
#define DATA_TS_H

#include "data/line.h"
#include "data/store.h"

/* Reads all cases, beginning at line l; messages name the line. */
elman_status ts_read(elman_dataset *dataset, line l);

#endif
