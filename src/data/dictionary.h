/*
 * dictionary.h: different texts, numbered in the order of their first use, and
 * how often each was used. It counts the words of a text and the labels of
 * sequences.
 */
#ifndef DATA_DICTIONARY_H
#define DATA_DICTIONARY_H

#include "base/status.h"

typedef struct dictionary_entry {
    char *text;   /* zero-terminated copy */
    size_t bytes; /* without that zero */
    size_t uses;  /* times added */
} dictionary_entry;

/* A dictionary that is all zero is empty. */
typedef struct dictionary {
    size_t count; /* different texts */
    dictionary_entry *entries;
    size_t room;       /* in entries */
    size_t *slots;     /* (slot_count) number + 1 by hash, 0 free */
    size_t slot_count; /* a power of two, or 0 */
} dictionary;

/* Counts one more use of text; number is its index in entries. */
elman_status dictionary_add(dictionary *d, const char *text, size_t bytes,
                            size_t *number);

/* The number of text, or count if it is not in the dictionary. */
size_t dictionary_find(const dictionary *d, const char *text, size_t bytes);

/* Frees everything; the dictionary is empty again. */
void dictionary_clear(dictionary *d);

#endif
