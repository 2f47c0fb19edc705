/*
 * lines.h: labelled series, one per line: the UCR archive's label and values,
 * separated by tabs, semicolons, commas or blanks. NaN or nothing at the end of
 * a line is padding; lines that begin with # or % are comments.
 *
 *   1 0.5 0.7 1e0
 *   2 0.1 0.2 NaN
 *
 * Lines to be answered may have no label in front. Whether they do is told by
 * how many values were learned and by the labels that were, never guessed.
 */
#ifndef DATA_LINES_H
#define DATA_LINES_H

#include "data/store.h"

/* Reads all lines of a text, zero-terminated, and writes over it; messages name
 * the line. */
elman_status lines_read(elman_dataset *dataset, char *text,
                        const elman_dataset_config *config);

#endif
