/* data.h: for targets that read a data set: all of it, by the public calls. */
#ifndef TESTS_FUZZ_DATA_H
#define TESTS_FUZZ_DATA_H

#include "fuzz.h"

#include <string.h>

/* Reads every batch of a part. */
static inline void read_part(const elman_dataset *dataset, elman_part part)
{
    enum { MOST_BATCHES = 64 };
    elman_loader_config config = {.part = part, .batch_size = 4, .steps = 8};
    elman_loader *loader = NULL;
    elman_batch batch = {.B = 1};
    elman_target wanted;
    if (elman_loader_create(dataset, &config, &loader) != ELMAN_OK) {
        fuzz_refused("");
        return;
    }
    for (size_t i = 0; batch.B && i < MOST_BATCHES; i++)
        MUST_OK(elman_loader_read(loader, &batch, &wanted));
    elman_loader_destroy(loader);
}

/* Opens the file; follows its own encoding once more, which must fit. */
static inline void read_data(const char *path, elman_dataset_config config)
{
    elman_dataset *dataset = NULL, *again = NULL;
    if (elman_dataset_open(path, &config, &dataset) != ELMAN_OK) {
        MUST(!dataset);
        fuzz_refused(path);
        return;
    }
    read_part(dataset, ELMAN_PART_TRAIN);
    read_part(dataset, ELMAN_PART_VALIDATION);

    /* to be evaluated, and to be answered */
    for (int turn = 0; turn < 2; turn++) {
        config = (elman_dataset_config){.encoding = elman_dataset_note(dataset),
                                        .format = config.format,
                                        .answers = turn};
        again = NULL;
        if (elman_dataset_open(path, &config, &again) != ELMAN_OK)
            fuzz_refused("");
        else read_part(again, ELMAN_PART_VALIDATION);
        elman_dataset_close(again);
    }
    elman_dataset_close(dataset);
}

#endif
