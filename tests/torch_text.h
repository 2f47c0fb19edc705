/*
 * torch_text.h: tensors of a state dict as opcodes of a pickle in text.
 */
#ifndef TESTS_TORCH_TEXT_H
#define TESTS_TORCH_TEXT_H

#include <stdio.h>

/* What a pickle says of a tensor, right or wrong; each is an opcode. */
typedef struct claim {
    const char *elements, *key, *offset, *shape, *strides;
} claim;

/* Puts a tensor into the dict on top of the stack; bytes written. */
static inline int print_tensor(char *to, const char *name, const claim *c)
{
    return sprintf(to,
                   "V%s\nctorch._utils\n_rebuild_tensor_v2\n((Vstorage\n"
                   "ctorch\nFloatStorage\nV%s\nVcpu\n%stQ%s%s%sI00\nNtRs",
                   name, c->key, c->elements, c->offset, c->shape, c->strides);
}

#endif
