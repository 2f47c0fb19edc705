/* drafted.h: what layers the names and shapes of tensors suggest. */
#ifndef IMPORT_DRAFTED_H
#define IMPORT_DRAFTED_H

#include "import/mapping_draft_gates.h"

enum { MOST_DRAFTED = ELMAN_MAX_LAYERS, MOST_VECTORS = 2 };

/* A layer that a group of tensors may be. */
typedef struct drafted {
    const char *prefix; /* prefix_bytes of a tensor's name */
    size_t prefix_bytes;
    elman_kind kind;            /* ELMAN_END: not known */
    ptrdiff_t input, recurrent; /* matrices; the weight is input */
    ptrdiff_t bias[MOST_VECTORS];
    ptrdiff_t pair;                      /* a matrix of two biases */
    bool input_turned, recurrent_turned; /* (in,out) */
    bool joint;                          /* one matrix for x and h */
    bool unsure;                         /* which matrix is which */
    bool handmade;                       /* written of linear layers */
    bool backward;                       /* its names say so */
    gate_set sets[4];                    /* gate by gate: x, h, biases */
    size_t I, H, gates;                  /* of a linear layer H is O */
} drafted;

typedef struct draft {
    const elman_import *import;
    bool *used; /* (tensors) */
    size_t count;
    drafted layers[MOST_DRAFTED];
    drafted reverse[MOST_DRAFTED]; /* the other direction, if both[i] */
    bool both[MOST_DRAFTED];
} draft;

/* Sets the layers of a draft that begins with its import, and with used, all
 * false. */
elman_status draft_guess(draft *d);

/* The order of a cell's gates that its names suggest: PyTorch's, or Keras's. */
const char *draft_gates(const draft *d, const drafted *layer);

/* Whether a name is of what training keeps beside the weights. */
bool draft_is_optimizers(const char *name);

static inline bool draft_is_cell(const drafted *l)
{
    return l->kind != ELMAN_LINEAR && l->kind != ELMAN_EMBEDDING;
}

static inline const named_tensor *draft_tensor(const draft *d, ptrdiff_t index)
{
    return d->import->weights.tensors + index;
}

#endif
