/* table.c: a .csv as a data set, forecast and tagged. */
#include "data.h"

static void run(const uint8_t *data, size_t size)
{
    const char *path = fuzz_put("t.csv", data, size);
    read_data(path, (elman_dataset_config){.window = 3, .horizon = 2});
    read_data(path, (elman_dataset_config){.task = ELMAN_TASK_TAG});
}

const fuzz_target target = {.run = run};
