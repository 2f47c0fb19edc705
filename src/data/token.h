/*
 * token.h: text cut into its tokens. Joined again, the tokens give the text
 * byte for byte, whatever the unit.
 *
 *   bytes        each byte
 *   characters   each code point
 *   words        a word or one other character, with the one space before it
 *                if there is one: "the cat, then\n" is
 *                [the][ cat][,][ then][\n]
 */
#ifndef DATA_TOKEN_H
#define DATA_TOKEN_H

#include "base/status.h"

/* The bytes of the first token of text (bytes > 0); 0 if the text does not
 * begin with valid UTF-8, which only ELMAN_UNIT_BYTES accepts. */
size_t token_length(elman_unit unit, const char *text, size_t bytes);

#endif
