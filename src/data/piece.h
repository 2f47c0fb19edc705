/*
 * piece.h: text cut into the pieces that are its tokens. Putting the pieces
 * together again gives the text, byte for byte, under every unit.
 *
 *   bytes        each byte
 *   characters   each code point
 *   words        a word or one other character, with the one space before it
 *                if there is one: "the cat, then\n" is
 *                [the][ cat][,][ then][\n]
 */
#ifndef DATA_PIECE_H
#define DATA_PIECE_H

#include "base/status.h"

/* Bytes of the piece that text (bytes > 0) begins with; 0 if it is not UTF-8,
 * which only bytes do not mind. */
size_t piece_bytes(elman_unit unit, const char *text, size_t bytes);

#endif
