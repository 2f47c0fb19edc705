/*
 * config_fields.h: every field of elman_layer once: its name in files and
 * messages, what it holds and what values it may have. Which kinds read it is
 * in base/kind.def.
 */
#ifndef MODEL_CONFIG_FIELDS_H
#define MODEL_CONFIG_FIELDS_H

#include "elman.h"

typedef enum field_type {
    SIZE,
    SIZES,
    SEED,
    FLAG,
    REAL,
    WORD,
    TEXT,
    INIT,
    ACTIVATION,
    ACTIVATIONS
} field_type;

typedef enum field_range {
    ANY,         /* checked elsewhere, if at all */
    PROBABILITY, /* 0 to 1 */
    NOT_NEGATIVE /* a finite number of 0 or more */
} field_range;

typedef struct config_field {
    const char *name;
    size_t at, bytes; /* in its struct */
    field_type type;
    field_range range;        /* REAL */
    const char *const *words; /* WORD; the kinds of INIT and of activations;
                                 ended by NULL */
} config_field;

#define FIELD(parent, member)                                                  \
    .name = #member, .at = offsetof(parent, member),                           \
    .bytes = sizeof((parent *)0)->member

/* The fields of elman_layer, kind and name first. */
enum { LAYER_FIELDS = 35 };
extern const config_field layer_fields[LAYER_FIELDS];

#endif
