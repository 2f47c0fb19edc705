/* array.c: an array as x, and as its own y. */
#include "data.h"

static void run(const uint8_t *data, size_t size)
{
    const char *path = fuzz_put("x.npy", data, size);
    read_data(path, (elman_dataset_config){.target_path = path});
    read_data(path, (elman_dataset_config){.target_path = path,
                                           .task = ELMAN_TASK_TAG,
                                           .channels_first = true,
                                           .missing = ELMAN_MISSING_MEAN,
                                           .validation = -1});
    read_data(path, (elman_dataset_config){.target_path = path,
                                           .task = ELMAN_TASK_CLASSIFY});
}

const fuzz_target target = {.run = run, .times = 200};
