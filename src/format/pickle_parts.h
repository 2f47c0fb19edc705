/*
 * pickle_parts.h: a pickle being read: pickle_stack.c has the values, the stack
 * and the memo, pickle_scalar.c the opcodes that push a value of their own
 * bytes, pickle_name.c finds what a name stands for, pickle_call.c has the
 * opcodes that name and make something, pickle.c the rest.
 */
#ifndef FORMAT_PICKLE_PARTS_H
#define FORMAT_PICKLE_PARTS_H

#include "format/pickle.h"

/* No state dict has more values than that. It bounds the memory of a file that
 * is made of small ones. */
enum { MOST_VALUES = 1 << 22 };

/* Different classes that a pickle may name, beside the rows of the table. */
enum { MOST_CLASSES = 1024 };

typedef struct value_block value_block;

struct pickle {
    const pickle_table *table;
    value_block *blocks; /* owner of the values, the last made first */
    size_t value_count;
    pickle_value none, no, yes;
    pickle_value *root;
    size_t class_count, class_room;
    pickle_class *classes;                  /* (class_count) */
    uint16_t class_slots[2 * MOST_CLASSES]; /* index + 1 by hash; 0 is empty */
};

typedef struct pickle_reader {
    const char *first, *at, *end;
    pickle *tree;
    pickle_value **stack; /* NULL is a mark */
    size_t depth, stack_room;
    pickle_value **memo; /* NULL where a slot is empty */
    size_t memo_room, memo_used;
    size_t copied; /* pairs, from lists to dicts */
    bool stopped;
} pickle_reader;

/* One opcode; argument is its table row's. */
typedef elman_status pickle_step(pickle_reader *r, unsigned argument);

/* ---- pickle_stack.c ----------------------------------------------------- */

elman_status value_new(pickle_reader *r, pickle_kind kind, pickle_value **made);

/* Adds count values to a tuple, list or dict. */
elman_status value_add(pickle_value *to, pickle_value *const *values,
                       size_t count);

elman_status stack_push(pickle_reader *r, pickle_value *value);
elman_status stack_pop(pickle_reader *r, pickle_value **value);

/* The value on top, which stays there. */
elman_status stack_top(pickle_reader *r, pickle_value **value);

/* Where the values above the last mark begin; they end at depth. */
elman_status stack_mark(pickle_reader *r, size_t *first);

/* Cuts the stack to depth and pushes one value, which contains what was on the
 * stack from first on. */
elman_status stack_collect(pickle_reader *r, pickle_kind kind, size_t first,
                           size_t depth);

elman_status memo_put(pickle_reader *r, uint64_t slot);
elman_status memo_read(const pickle_reader *r, uint64_t slot,
                       pickle_value **value);

/* What follows the opcode: a little-endian number of 1 to 8 bytes, that many
 * bytes, a line without its newline. */
elman_status take_number(pickle_reader *r, unsigned bytes, uint64_t *number);
elman_status take_bytes(pickle_reader *r, uint64_t count, const char **bytes);
elman_status take_line(pickle_reader *r, const char **line, size_t *count);

void stack_free(pickle_reader *r);

/* ---- pickle_scalar.c ---------------------------------------------------- */

pickle_step push_none, push_bool, push_whole, push_long, push_float, push_text,
    push_bytes, push_int_line, push_long_line, push_float_line,
    push_string_line, push_unicode_line;

/* A line of decimal digits. */
bool line_whole(const char *line, size_t count, int64_t *whole);

/* ---- pickle_name.c ------------------------------------------------------ */

/* Pushes what a name stands for: a row of the table, or a class. */
elman_status push_named(pickle_reader *r, const char *module,
                        size_t module_bytes, const char *name,
                        size_t name_bytes);

/* ---- pickle_call.c ------------------------------------------------------ */

pickle_step push_global, push_stack_global, push_reduced, push_object,
    push_instance, push_built, push_stored;

#endif
