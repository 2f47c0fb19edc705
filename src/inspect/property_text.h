/*
 * property_text.h: where a text stands after each of its characters: in which
 * line and word, between which brackets and quotes.
 */
#ifndef INSPECT_PROPERTY_TEXT_H
#define INSPECT_PROPERTY_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is known of each step of a text, in the order of text_names. */
typedef enum text_property {
    TEXT_QUOTES,      /* 1 inside "..." */
    TEXT_PARENTHESES, /* 1 inside (...) */
    TEXT_BRACKETS,    /* how many of ( [ { are open */
    TEXT_COMMENT,     /* 1 inside a comment of C */
    TEXT_COLUMN,      /* characters of the line so far */
    TEXT_INDENT,      /* blanks that it begins with; a tab counts as 4 */
    TEXT_WORD,        /* characters of the word so far */
    TEXT_SPACE_NEXT,  /* 1 if what follows is or begins with a blank */
    TEXT_CAPITAL,     /* 1 if A to Z is in the token */
    TEXT_DIGIT,       /* 1 if 0 to 9 is */
    TEXT_PROPERTIES   /* how many */
} text_property;

extern const char *const text_names[TEXT_PROPERTIES];

/* A place in a text; it starts as {0}, somewhere in the middle. */
typedef struct text_place {
    bool begun;          /* a line has begun, so that the rest is known */
    bool split;          /* a character that is in no word was read */
    bool quotes_end;     /* set by who reads: quotes end with the line */
    uint32_t last;       /* the last four bytes, the latest lowest */
    bool capital, digit; /* of the last token */
    bool quoted, escaped, indenting, line_comment, block_comment;
    size_t column, indent, word, round, brackets; /* round: of ( alone */
} text_place;

/* Reads the bytes of a token. */
void text_read(text_place *place, const char *bytes, size_t count);

/* What is true at the place, but for TEXT_SPACE_NEXT; NaN if unknown. */
float text_value(const text_place *place, text_property property);

#endif
