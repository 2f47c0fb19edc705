/*
 * token_lookup.h: which token of an encoding a piece of text is.
 */
#ifndef DATA_TOKEN_LOOKUP_H
#define DATA_TOKEN_LOOKUP_H

#include "base/status.h"

enum { TOKEN_NONE = -1 };

/* The tokens that are a single byte, looked up once: most text is ASCII. */
typedef struct token_lookup {
    const elman_encoding *encoding;
    int32_t single[256];
    int32_t unknown, unknown_spaced; /* <unk>, or TOKEN_NONE */
    int32_t line_end; /* what a line break is without a token of its own */
} token_lookup;

token_lookup token_lookup_make(const elman_encoding *encoding);

/* Reads the next token of text (bytes > 0): its bytes, and token or TOKEN_NONE
 * for one that is not in the vocabulary. skipped: it is but the blank between
 * two words, no token. bad: it is
 * no character, and was read as U+FFFD. */
typedef struct token_found {
    size_t bytes;
    int32_t token;
    bool skipped, bad;
} token_found;

token_found token_lookup_next(const token_lookup *lookup, const char *text,
                              size_t bytes);

#endif
