/*
 * loader.h: one part of a dataset as batches.
 *
 * The batches of an epoch are a function of dataset, config and epoch alone, so
 * that any of them can be gone to again. Shuffled: a permutation by the seed.
 * Bucketed: within chunks of 16 batches the sequences are sorted by length, and
 * then, if shuffled, the batches of the epoch are.
 */
#ifndef DATA_LOADER_H
#define DATA_LOADER_H

#include "base/status.h"

/* Behind elman_loader_*. Of a batch: x (T,B,I) padded with 0, or tokens (T,B);
 * lengths is NULL if all are T; ids are the sequences' places in the dataset
 * (language: the stream); draw is 0. The target is classes (B) or (T,B), or
 * values (B,O) or (T,B,O).
 *
 * Language: the part is cut into batch_size streams of equal length, fewer if
 * they would be shorter than a window; tokens left over at the end are not
 * read. Windows come in the order of the text, shuffled or not. */
elman_status loader_create(const elman_dataset *dataset,
                           const elman_loader_config *config,
                           elman_loader **loader);
void loader_destroy(elman_loader *loader);
elman_status loader_read(elman_loader *loader, elman_batch *batch,
                         elman_target *target);
void loader_reset(elman_loader *loader, uint64_t epoch, uint64_t index);
size_t loader_size(const elman_loader *loader);

/* Most sequences of a batch: batch_size, or fewer if there are no more. */
size_t loader_width(const elman_loader *loader);

#endif
