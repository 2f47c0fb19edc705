/*
 * pickle.h: one pickle (protocol 0 to 5) as a tree of values, restricted.
 *
 * Nothing is ever imported or called. A global must be a row of the reader's
 * table, else the pickle is refused with the name; REDUCE and the like only
 * record which row was to make something from what. Source: CPython's
 * Lib/pickletools.py, which describes each opcode.
 *
 * Nothing recurses. Values are 16 bytes and shared, never copied: a value may
 * be reached along many paths, and lists and dicts may contain themselves, so
 * whoever walks the tree must bound the walk.
 */
#ifndef FORMAT_PICKLE_H
#define FORMAT_PICKLE_H

#include "base/status.h"

typedef enum pickle_kind {
    PICKLE_NONE,
    PICKLE_BOOL,
    PICKLE_WHOLE,
    PICKLE_HUGE, /* a whole number beyond 64 bits, as bytes */
    PICKLE_FLOAT,
    PICKLE_TEXT,
    PICKLE_BYTES,
    PICKLE_TUPLE,
    PICKLE_LIST,   /* or a set */
    PICKLE_DICT,   /* items are key, value, key, value ... */
    PICKLE_GLOBAL, /* a row of the table */
    PICKLE_CALL,   /* what a row of the table would make of a tuple */
    PICKLE_STORED  /* what a persistent id stands for: `value` */
} pickle_kind;

typedef struct pickle_value {
    unsigned char kind; /* pickle_kind */
    bool seen;          /* for whoever walks the tree; initially false */
    uint16_t row;       /* of the table: PICKLE_GLOBAL, PICKLE_CALL */
    uint32_t count;     /* bytes of a text, bytes or huge; items */
    union {
        bool truth;
        int64_t whole;
        double number;
        const char *text; /* in the pickle; without a zero at the end */
        struct pickle_value **items; /* (count) */
        struct pickle_value *value;  /* the arguments, the persistent id */
    } is;
} pickle_value;

/* A global that is known. */
typedef struct pickle_row {
    const char *module, *name;
    bool dict;           /* calling it makes a dict, to which items are added */
    const char *refusal; /* a sentence, if it is known but not read */
    int what, type;      /* for whoever reads the tree */
} pickle_row;

typedef struct pickle_table {
    size_t row_count;
    const pickle_row *rows; /* (row_count) */
    const char *advice;     /* what to do if another global is found */
} pickle_table;

typedef struct pickle pickle;

/* Reads the pickle at bytes, which must outlive it; *used is where it ends, or
 * NULL if that must be size. Lengths are checked before anything is allocated;
 * messages name the byte. */
elman_status pickle_parse(const char *bytes, size_t size,
                          const pickle_table *table, size_t *used,
                          pickle **tree);
void pickle_close(pickle *tree);
pickle_value *pickle_root(const pickle *tree);

/* Every value that was made, each once, then NULL; walk is initially zero. */
typedef struct pickle_walk {
    bool begun;
    void *block;
    size_t index;
} pickle_walk;
pickle_value *pickle_next(const pickle *tree, pickle_walk *walk);

/* Whether a value is this text. */
bool pickle_is(const pickle_value *value, const char *text);

#endif
