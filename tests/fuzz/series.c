/* series.c: labelled series of any format, told apart by what they hold. */
#include "data.h"

static void run(const uint8_t *data, size_t size)
{
    const char *path = fuzz_put("s.tsv", data, size);
    read_data(path, (elman_dataset_config){0});
    read_data(path, (elman_dataset_config){.task = ELMAN_TASK_REGRESS,
                                           .missing = ELMAN_MISSING_MEAN,
                                           .validation = -1});
    read_data(path, (elman_dataset_config){.format = ELMAN_DATA_FORMAT_TS,
                                           .missing = ELMAN_MISSING_DROP,
                                           .validation = -1});
}

const fuzz_target target = {.run = run};
