/*
 * golden_torch.h: what tests/golden/make_torch.py recorded.
 */
#ifndef TESTS_GOLDEN_TORCH_H
#define TESTS_GOLDEN_TORCH_H

#include "check.h"

#include "format/safetensors.h"

typedef struct golden_torch {
    safetensors *want;
} golden_torch;

/* The path of a file, in one of two buffers in turn. */
static inline const char *golden_torch_path(const char *name)
{
    static char paths[2][1024];
    static unsigned turn;
    char *path = paths[turn++ % 2];
    int folder = (int)(strrchr(__FILE__, '/') - __FILE__);
    snprintf(path, sizeof paths[0], "%.*s/golden/torch/%s", folder, __FILE__,
             name);
    return path;
}

static inline golden_torch golden_torch_open_as(const char *want)
{
    golden_torch golden = {0};
    CHECK_OK(safetensors_open(golden_torch_path(want), &golden.want));
    return golden;
}

static inline golden_torch golden_torch_open(void)
{
    return golden_torch_open_as("want.safetensors");
}

static inline void golden_torch_close(golden_torch *golden)
{
    safetensors_close(golden->want);
}

/* The tensors are those of a file, each with its type, shape and numbers, and
 * there are no others. */
static inline void golden_torch_check(const golden_torch *golden,
                                      const char *file, size_t count,
                                      const named_tensor *tensor)
{
    size_t wanted = 0, bytes = strlen(file);
    for (size_t i = 0; i < golden->want->tensor_count; i++) {
        const char *name = golden->want->tensors[i].name;
        wanted += !strncmp(name, file, bytes) && name[bytes] == '/';
    }
    CHECK(count == wanted && wanted, "%s: %zu tensors of %zu", file, count,
          wanted);
    for (size_t i = 0; i < count; i++) {
        char name[200];
        snprintf(name, sizeof name, "%s/%s", file, tensor[i].name);
        const named_tensor *want = safetensors_find(golden->want, name);
        CHECK(want, "%s is not wanted", name);
        CHECK_OK(
            tensor_expect(&tensor[i], want->type, want->rank, want->shape));
        for (size_t k = 0; k < want->count; k++) {
            double got, right;
            tensor_doubles(&tensor[i], k, 1, &got);
            tensor_doubles(want, k, 1, &right);
            CHECK(got == right, "%s[%zu] is %g, not %g", name, k, got, right);
        }
    }
}

#endif
