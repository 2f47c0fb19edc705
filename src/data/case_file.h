/*
 * case_file.h: cases whose numbers stay in their files and are read again where
 * they are needed, for data that is larger than memory: by any number of
 * readers at once. They are the numbers that they would be in memory. A file
 * that was written to since it was opened is refused, not read otherwise.
 */
#ifndef DATA_CASE_FILE_H
#define DATA_CASE_FILE_H

#include "data/store.h"

#include "format/file.h"

/* What somebody who reads needs for it; all zero is the beginning. */
struct case_reader {
    numbers rows;            /* (length,I) of the case that was read last */
    numbers values, scratch; /* the file's own */
    char *bytes;
    size_t room;
};

void case_reader_clear(case_reader *reader);

/* Room for so many bytes. */
elman_status case_reader_room(case_reader *reader, size_t bytes);

/* Settles whether the cases of the dataset stay in their files: where one has
 * more bytes than the config allows in memory, all do. */
void case_files_settle(elman_dataset *dataset, const input *in,
                       const elman_dataset_config *config);

/* Whether none of the files was cut short or written to. */
elman_status case_files_check(const elman_dataset *dataset);

/* Reads sequence id into reader->rows: with the means in the place of what is
 * missing, once they are known, and transformed, once that is settled. */
elman_status case_read(const elman_dataset *dataset, size_t id,
                       case_reader *reader);

/* Reads the values of some steps of it, (steps,O), into reader->rows; of
 * targets that are kept. */
elman_status case_targets(const elman_dataset *dataset, size_t id, size_t step,
                          size_t steps, case_reader *reader);

/* Checks that all numbers that are kept can be scaled. */
elman_status case_files_scale(const elman_dataset *dataset);

#endif
