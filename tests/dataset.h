/*
 * dataset.h: datasets that must open or be refused.
 */
#ifndef TESTS_DATASET_H
#define TESTS_DATASET_H

#include "folder.h"

#include "data/dataset.h"
#include "data/encoding.h"
#include "data/loader.h"

static inline elman_dataset *must_open(const char *path,
                                       const elman_dataset_config *config)
{
    elman_dataset *dataset = NULL;
    CHECK_OK(dataset_open(path, config, &dataset));
    return dataset;
}

/* All of a part in one batch, in order. */
static inline elman_loader *must_load(const elman_dataset *dataset,
                                      elman_part part, elman_batch *batch,
                                      elman_target *target)
{
    elman_loader *loader = NULL;
    elman_loader_config config = {.part = part, .batch_size = 100000};
    if (dataset_encoding(dataset)->task == ELMAN_TASK_LANGUAGE) {
        config.batch_size = 1;
        config.steps = 100000;
    }
    CHECK_OK(loader_create(dataset, &config, &loader));
    CHECK_OK(loader_read(loader, batch, target));
    return loader;
}

static inline void check_refused(const char *path,
                                 const elman_dataset_config *config,
                                 elman_status status, const char *message)
{
    elman_dataset *dataset = NULL;
    CHECK_FAILS(dataset_open(path, config, &dataset), status, message);
    assert_null(dataset);
}

#endif
