/*
 * optimizer_save.h: an optimizer as a file of its own, for a program's own
 * loop: what it remembers of each parameter, by name, and its counters.
 */
#ifndef LEARN_OPTIMIZER_SAVE_H
#define LEARN_OPTIMIZER_SAVE_H

#include "format/file.h"
#include "learn/optimizer.h"

/* elman_optimizer_save, save_memory, load and load_memory of elman.h. */
elman_status optimizer_save(const elman_optimizer *optimizer,
                            const elman_model *model, const char *path);
elman_status optimizer_save_memory(const elman_optimizer *optimizer,
                                   const elman_model *model, size_t room,
                                   void *data, size_t *size);
elman_status optimizer_load(elman_optimizer *optimizer,
                            const elman_model *model,
                            const byte_source *source);

#endif
