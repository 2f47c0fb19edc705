/*
 * difference.h: where two JSON texts of our own writer differ, in words, for
 * messages.
 */
#ifndef LEARN_DIFFERENCE_H
#define LEARN_DIFFERENCE_H

#include <stdbool.h>

enum { DIFFERENCE_TEXT = 100 };

/* Whether they differ; then had and has are the first member that does, as
 * "hidden_size 20 in layer 2" and "hidden_size 21", "no seed" and "seed 5", or
 * "3 layers" and "2 layers". Text that is no JSON is not read behind its
 * end. */
bool difference_find(const char *old, const char *now,
                     char had[DIFFERENCE_TEXT], char has[DIFFERENCE_TEXT]);

#endif
