/*
 * pickle.h: one pickle (protocol 0 to 5) as a tree of values, restricted.
 *
 * Nothing is ever imported, called or made. A global is a row of the reader's
 * table, or a class that nobody here knows: REDUCE and the like only record
 * what was to be made of what. An object of an unknown class is an opaque mark
 * with what belongs to it, which may be passed over but not used. Names that
 * could run code (os.system, builtins.eval) are refused. Source: CPython's
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
    PICKLE_CALL,   /* what a row of the table would make of a tuple: item 0;
                      item 1, if it is there, its attributes */
    PICKLE_STORED, /* what a persistent id stands for: `value` */
    PICKLE_OPAQUE  /* a class that is no row, or its object: items are what it
                      is made of, in the order in which it came */
} pickle_kind;

typedef struct pickle_value {
    unsigned char kind; /* pickle_kind */
    bool seen;          /* for whoever walks the tree; initially false */
    uint16_t row;       /* of the table: PICKLE_GLOBAL, PICKLE_CALL; of the
                           classes: PICKLE_OPAQUE */
    uint32_t count;     /* bytes of a text, bytes or huge; items */
    union {
        bool truth;
        int64_t whole;
        double number;
        const char *text; /* in the pickle; without a zero at the end */
        struct pickle_value **items; /* (count) */
        struct pickle_value *value;  /* the persistent id */
    } is;
} pickle_value;

/* A global that is known. */
typedef struct pickle_row {
    const char *module, *name;
    bool dict;           /* calling it makes a dict, to which items are added */
    const char *refusal; /* a sentence for whoever reads the tree: it is known
                            but not read */
    bool stops;          /* what follows it is no pickle: the refusal at once */
    int what, type;      /* for whoever reads the tree */
} pickle_row;

typedef struct pickle_table {
    size_t row_count;
    const pickle_row *rows; /* (row_count) */
    const char *advice;     /* what to do if a name could run code */
} pickle_table;

/* A class that is no row of the table; texts lie in the pickle. */
typedef struct pickle_class {
    const char *module, *name;
    size_t module_bytes, name_bytes;
    size_t objects; /* of it; 0 if the class itself is a value */
} pickle_class;

typedef struct pickle pickle;

/* Reads the pickle at bytes, which must outlive it; *used is where it ends, or
 * NULL if that must be size. Lengths are checked before anything is allocated;
 * messages name the byte. */
elman_status pickle_parse(const char *bytes, size_t size,
                          const pickle_table *table, size_t *used,
                          pickle **tree);
void pickle_close(pickle *tree);
pickle_value *pickle_root(const pickle *tree);

/* The classes of opaque values, each once. */
const pickle_class *pickle_classes(const pickle *tree, size_t *count);

/* "argparse.Namespace"; truncated where it does not fit. */
enum { PICKLE_NAME_ROOM = 120 };
void pickle_class_print(const pickle_class *one, char text[PICKLE_NAME_ROOM]);

/* What a call or an opaque value holds at a place; NULL if there is none. */
pickle_value *pickle_item(const pickle_value *value, size_t at);

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
