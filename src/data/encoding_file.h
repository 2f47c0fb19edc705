/*
 * encoding_file.h: the part of an encoding's JSON text that says how the file
 * was read.
 *
 * "positions": [3, 4], "target_positions": [4], "time": "Date", "by": "Store",
 * "decimal": ",", "thousands": ".", "missing": "mean", "fill": [0.5, 2]
 *
 * Each key may be missing.
 */
#ifndef DATA_ENCODING_FILE_H
#define DATA_ENCODING_FILE_H

#include "base/status.h"
#include "format/json.h"

/* Reads those keys; input_size and target_count are read already. Values that
 * cannot be are ELMAN_BAD_FORMAT. */
elman_status encoding_read_file(const json_node *root, elman_encoding *e);

/* Writes those keys that say something. */
void encoding_write_file(json_writer *w, const elman_encoding *e);

#endif
