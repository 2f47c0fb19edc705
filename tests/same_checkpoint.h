/*
 * same_checkpoint.h: two checkpoints hold the same but for the seconds that
 * training took.
 */
#ifndef TESTS_SAME_CHECKPOINT_H
#define TESTS_SAME_CHECKPOINT_H

#include "check.h"

#include "format/safetensors.h"

static inline void check_same_checkpoint(const char *want, const char *got)
{
    safetensors *a = NULL, *b = NULL;
    CHECK_OK(safetensors_open(want, &a));
    CHECK_OK(safetensors_open(got, &b));
    CHECK(a->tensor_count == b->tensor_count, "%zu tensors", b->tensor_count);
    for (size_t i = 0; i < a->tensor_count; i++) {
        const named_tensor *x = &a->tensors[i];
        const named_tensor *y = safetensors_find(b, x->name);
        CHECK(y && x->count == y->count, "%s", x->name);
        if (!strcmp(x->name, "reals")) continue;
        CHECK(!memcmp(x->data, y->data,
                      x->count * (x->type == ELEMENT_F32 ? 4u : 8u)),
              "%s differs", x->name);
    }
    safetensors_close(a);
    safetensors_close(b);
}

#endif
