/*
 * table.h: the rows of a table, as table.c reads them and split.c divides them.
 */
#ifndef DATA_TABLE_H
#define DATA_TABLE_H

#include "data/columns.h"

/* Opens a dataset of rows, which read reads of each of its files. Lists of more
 * rows than config->memory holds lie in files. */
elman_status rows_open(elman_dataset *dataset, const input *in,
                       const elman_dataset_config *config, dataset_step read);

/* Divides the rows of each series: the last are for test and validation, as in
 * a random split training would see the future. Missing values are filled or
 * their rows left out, and the windows of each part made. */
elman_status table_split(elman_dataset *dataset, const input *in,
                         const elman_dataset_config *config);

/* Fills what is missing in the rows of parts, (part_count) spans that each lie
 * in one series and one part; training is the first train_count of them. */
elman_status rows_fill(elman_dataset *dataset, const span *parts,
                       size_t part_count, size_t train_count, bool answers);

/* Adds the facts of a file. asked: the task of the config; note: what its bytes
 * are, or "". */
elman_status table_tell(elman_dataset *dataset, const columns *c,
                        elman_task asked, const char *note);

/* Adds a note on each input and target with a number, as -999, that is more
 * likely the mark of a missing value. */
elman_status sentinel_tell(facts *f, const columns *c);

#endif
