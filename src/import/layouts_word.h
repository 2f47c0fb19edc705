/* layouts_word.h: words of an order of layers that say what no tensor's name
 * does of a layout. */
#ifndef IMPORT_LAYOUTS_WORD_H
#define IMPORT_LAYOUTS_WORD_H

#include "base/status.h"
#include "elman.h"

/* lstm(ifog):PREFIX, gru(zrh):PREFIX: a kernel with its gates in that order. */
typedef struct gates_word {
    elman_kind kind;
    char gates[8];      /* ours, in the word's order */
    const char *prefix; /* prefix_bytes; "." alone is none: 0 bytes */
    size_t prefix_bytes;
} gates_word;

/* Whether a word is one of these; letters that are none of the cell's gates
 * make it another. */
bool gates_word_read(const char *text, size_t bytes, gates_word *word);

/* bidirectional(A,B): the module that both become is called A. */
typedef struct pair_word {
    const char *names[2];
    size_t bytes[2];
} pair_word;

bool pair_word_read(const char *text, size_t bytes, pair_word *word);

#endif
