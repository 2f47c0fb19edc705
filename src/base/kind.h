/* kind.h: what every room may ask about a kind of layer; kind.def lists them.
 */
#ifndef BASE_KIND_H
#define BASE_KIND_H

#include "elman.h"

/* Elementwise kinds that elman.h does not name, for ELMAN_ACTIVATION says the
 * same, bit by bit: model files hold them, and imports make them. */
#define ELMAN_TANH    ((elman_kind)6)
#define ELMAN_SIGMOID ((elman_kind)7)
#define ELMAN_RELU    ((elman_kind)8)

typedef struct kind_row {
    elman_family family;
    const char *word, *title, *prefix;
    const char *const *fields; /* ended by NULL */
} kind_row;

/* How many values elman_kind has, ELMAN_END included: one more than the last.
 */
enum {
    KIND_COUNT = 1
#define CELL(...)  +1
#define LAYER(...) +1
#include "base/kind.def"
};
size_t kind_count(void);

/* NULL if there is no such kind; ELMAN_END is not one. */
const kind_row *kind_at(elman_kind kind);

/* "LSTM", or "unknown" if there is no such kind. */
const char *kind_title(elman_kind kind);

bool kind_is_recurrent(elman_kind kind);

/* The kind that is called word, or ELMAN_END. */
elman_kind kind_named(const char *word);

/* Whether a layer of this kind reads the field of elman_layer. */
bool kind_has_field(elman_kind kind, const char *field);

#endif
