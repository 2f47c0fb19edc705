/*
 * shards.h: weights in several files, as those of large models are kept:
 * model-00001-of-00002.safetensors ..., and model.safetensors.index.json that
 * says which tensor is in which.
 */
#ifndef IMPORT_SHARDS_H
#define IMPORT_SHARDS_H

#include "import/import.h"

/* Opens one of them: sets source, close and the tensors. */
typedef elman_status open_shard(elman_import *im, const char *path,
                                const elman_import_config *config);

/* Opens all files as one source. No tensor may be in two of them. */
elman_status import_shards(elman_import *im, const char *const *paths,
                           size_t count, const elman_import_config *config,
                           open_shard *open);

/* The same of the files that an index names, which are in its folder; bytes,
 * malloc'ed, are freed. */
elman_status import_shard_index(elman_import *im, const char *path, char *bytes,
                                size_t size, const elman_import_config *config,
                                open_shard *open);

/* Whether count files are all that the name of the first says that there are;
 * else a sentence that names the others. */
elman_status import_shards_complete(const char *path, size_t count);

#endif
