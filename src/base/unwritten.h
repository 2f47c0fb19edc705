/*
 * unwritten.h: why bytes could not be written, and what helps where there was
 * no room for them.
 */
#ifndef BASE_UNWRITTEN_H
#define BASE_UNWRITTEN_H

typedef struct unwritten_words {
    char text[192];
} unwritten_words;

/* "No space left on device: free some there, or write elsewhere"; the reason
 * alone where it is no lack of room. error is errno's. */
unwritten_words unwritten_because(int error);

#endif
