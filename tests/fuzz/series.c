/* series.c: labelled series: .ts if it begins like one, else .tsv. */
#include "data.h"

static void run(const uint8_t *data, size_t size)
{
    bool ts = size && (data[0] == '@' || data[0] == '#');
    const char *path = fuzz_put(ts ? "s.ts" : "s.tsv", data, size);
    read_data(path, (elman_dataset_config){0});
    read_data(path, (elman_dataset_config){.task = ELMAN_TASK_REGRESS,
                                           .validation = -1});
}

const fuzz_target target = {.run = run};
