/* tsf.c: forecasts of series in .tsf files. */
#include "data.h"

static void run(const uint8_t *data, size_t size)
{
    const char *path = fuzz_put("m.tsf", data, size);
    read_data(path, (elman_dataset_config){.format = ELMAN_DATA_FORMAT_TSF});
    read_data(path, (elman_dataset_config){.format = ELMAN_DATA_FORMAT_TSF,
                                           .missing = ELMAN_MISSING_MEAN,
                                           .window = 3,
                                           .horizon = 2,
                                           .validation = -1});
}

/* a value of two bytes is a row, with its time, level and place in the file */
const fuzz_target target = {.run = run, .times = 200};
