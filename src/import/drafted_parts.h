/* drafted_parts.h: what drafted.c is made of. */
#ifndef IMPORT_DRAFTED_PARTS_H
#define IMPORT_DRAFTED_PARTS_H

#include "import/drafted.h"

/* Bytes of a name before its last part. */
size_t draft_prefix(const char *name);

/* Whether a name has one of some words, up to a NULL. */
bool draft_has_any(const char *name, const char *const *words);

bool draft_is_backward(const char *name);

/* The level in "weight_ih_l2_reverse"; 0 where there is none. */
size_t draft_level(const char *name);

/* Whether two tensors may be of one layer, in one direction. */
bool draft_are_together(const char *a, const char *b);

/* Whether a tensor may be of a layer; and is of none yet. */
bool draft_may_be_any(const named_tensor *t);
bool draft_may_take(const draft *d, size_t tensor);

/* Whether the last part of a name speaks of h. */
bool draft_says_recurrent(const named_tensor *t);

/* Layers that a file keeps gate by gate. */
elman_status draft_guess_gates(draft *d);

/* Cells that are written of linear layers. */
void draft_guess_handmade(draft *d);

#endif
