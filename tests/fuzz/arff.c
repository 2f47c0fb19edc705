/* arff.c: series in .arff files. */
#include "data.h"

static void run(const uint8_t *data, size_t size)
{
    const char *path = fuzz_put("a.arff", data, size);
    read_data(path, (elman_dataset_config){.format = ELMAN_DATA_FORMAT_ARFF});
    read_data(path, (elman_dataset_config){.format = ELMAN_DATA_FORMAT_ARFF,
                                           .task = ELMAN_TASK_REGRESS,
                                           .missing = ELMAN_MISSING_PREVIOUS,
                                           .validation = -1});
}

const fuzz_target target = {.run = run};
