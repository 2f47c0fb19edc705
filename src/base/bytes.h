/*
 * bytes.h: numbers of bytes for people, and how many were read.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdint.h>

typedef struct byte_words {
    char text[16];
} byte_words;

/* "512 MB", "1.3 GB", "600 bytes": units of 1000, three digits or two. */
byte_words bytes_in_words(uint64_t bytes);

/* The same, never less than it is. */
byte_words bytes_at_least(uint64_t bytes);

/* Counts what was read of files and pipes, by any thread; all of it so far. */
void bytes_count(uint64_t bytes);
uint64_t bytes_counted(void);

#endif
