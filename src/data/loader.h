/*
 * loader.h: one part of a dataset as batches.
 *
 * The batches of an epoch are a function of dataset, config and epoch alone, so
 * that any of them can be returned to. Shuffled: a random permutation by the
 * seed. Bucketed: the sequences are sorted by length within chunks of 16
 * batches, and then, if shuffled as well, the batches of the epoch are
 * shuffled.
 */
#ifndef DATA_LOADER_H
#define DATA_LOADER_H

#include "base/status.h"

/* The functions behind elman_loader_*. A batch has x (T,B,I) padded with 0, or
 * tokens (T,B); lengths is NULL if all are T; ids are the indices of the
 * sequences in the dataset (language: of the streams); draw is 0. The target is
 * classes (B) or (T,B), or values (B,O) or (T,B,O).
 *
 * Language: the part is cut into batch_size streams of equal length, fewer if
 * they would be shorter than a window; tokens left over at the end are not
 * used. Windows come in the order of the text, shuffled or not. */
elman_status loader_create(const elman_dataset *dataset,
                           const elman_loader_config *config,
                           elman_loader **loader);
void loader_destroy(elman_loader *loader);

/* From now on a batch has those sequences alone that are dealt to a rank
 * (base/deal.h), in leaves of block, and may have none; it has the steps of the
 * whole batch, and lengths where that has. */
void loader_deal(elman_loader *loader, size_t block, int size, int rank);

/* How many sequences the batch that was read last has on all ranks. */
size_t loader_whole(const elman_loader *loader);
elman_status loader_read(elman_loader *loader, elman_batch *batch,
                         elman_target *target);
void loader_reset(elman_loader *loader, uint64_t epoch, uint64_t index);
size_t loader_size(const elman_loader *loader);

/* The longest window that the part and config can fill: of language the longest
 * stream, otherwise the longest sequence; 0 if the part is empty. */
size_t loader_longest(const elman_dataset *dataset,
                      const elman_loader_config *config);

/* The bytes that it holds. */
size_t loader_bytes(const elman_loader *loader);

/* The most sequences that a batch has: batch_size, or fewer if there are not as
 * many. */
size_t loader_width(const elman_loader *loader);

#endif
