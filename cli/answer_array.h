/*
 * answer_array.h: answers as an array of an .npy file, (N,O) or (N,T,O) with
 * NaN past the end of a sequence, which is written as they come: how many
 * sequences there are is filled in at the end.
 */
#ifndef ANSWER_ARRAY_H
#define ANSWER_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct answer_array {
    FILE *file;           /* at its beginning, and one that can be wound back */
    size_t T, O;          /* of a sequence; T 0: it has one answer, (N,O) */
    size_t sequences;     /* so far */
    unsigned char *bytes; /* (T,O) float32 of the last one, not written yet */
} answer_array;

/* A sequence begins with its step 0, and others may follow; y (O) is what it
 * answers there. O is settled before the first. False without memory; what the
 * file does not take is its error. */
bool answer_array_add(answer_array *array, size_t step, const float *y);

/* Completes the file; false with the reason in errno. */
bool answer_array_end(answer_array *array);
void answer_array_release(answer_array *array);

#endif
