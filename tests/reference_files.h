/*
 * reference_files.h: a model held against x.npy and y.npy of the test's folder.
 */
#ifndef TESTS_REFERENCE_FILES_H
#define TESTS_REFERENCE_FILES_H

#include "folder.h"

#include <math.h>

/* Whole, and step by step if that can be: whether it could. */
static inline bool check_files(const elman_model *model, const char *name)
{
    elman_check check;
    char x[PATH_ROOM];
    snprintf(x, sizeof x, "%s", in_folder("x.npy"));
    CHECK(elman_model_check(model, x, in_folder("y.npy"), &check) == ELMAN_OK,
          "%s: %s", name, elman_message());
    CHECK(check.passed, "%s: %g whole, %g step by step: %s", name, check.whole,
          check.stream, check.failure);
    return !isnan(check.stream);
}

#endif
