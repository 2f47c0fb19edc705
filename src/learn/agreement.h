/*
 * agreement.h: what must be equal for a checkpoint to go on with: the settings
 * that decide its bits, the data and the model. Refusals name the first
 * difference with both values.
 */
#ifndef LEARN_AGREEMENT_H
#define LEARN_AGREEMENT_H

#include "format/safetensors.h"
#include "learn/trainer.h"

enum { AGREEMENT_TEXT = 600, AGREEMENT_HASH = 17 };

/* What a checkpoint keeps of it: its notes "settings", "data" and "hash". */
typedef struct agreement {
    char settings[AGREEMENT_TEXT], data[AGREEMENT_TEXT], hash[AGREEMENT_HASH];
} agreement;

/* Of what training and validation read, as one number. The first time this
 * reads all sequences; the trainer keeps it. */
elman_status agreement_read_hash(elman_trainer *trainer, uint64_t *hash);
elman_status agreement_describe(elman_trainer *trainer, agreement *notes);

/* Whether the trainer's settings, data and model are those of the file.
 * A file without a hash, of an earlier version, asks for as much data only. */
elman_status agreement_check(elman_trainer *trainer, const safetensors *file);

#endif
