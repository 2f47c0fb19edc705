/*
 * arrays.h: what holds for a dataset of any arrays.
 */
#ifndef TESTS_ARRAYS_H
#define TESTS_ARRAYS_H

#include "check.h"

#include "allocator.h"
#include "elman_train.h"

/* Opens arrays with each allocation failing in turn, until none is left to
 * fail: nothing is opened or kept. */
static inline void check_without_memory(const elman_arrays *arrays,
                                        const elman_dataset_config *config)
{
    elman_status status = ELMAN_NO_MEMORY;
    for (size_t call = 0; status; call++) {
        elman_dataset *dataset = NULL;
        allocator_fail(call, false);
        status = elman_dataset_open_arrays(arrays, config, &dataset);
        elman_dataset_close(dataset);
        allocations after = allocator_read();
        allocator_reset();
        CHECK(after.outstanding == 0, "call %zu: %td left", call,
              after.outstanding);
        CHECK(status == ELMAN_OK || (status == ELMAN_NO_MEMORY && !dataset),
              "%s", elman_message());
    }
}

#endif
