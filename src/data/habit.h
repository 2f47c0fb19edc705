/*
 * habit.h: how the targets of a forecast behave, for the choice of a transform.
 */
#ifndef HABIT_H
#define HABIT_H

#include "data/store.h"

/* What is looked at: (count) spans of training rows, of which every target is
 * known, and so many of the targets, at equal distances. */
typedef struct habit {
    const elman_dataset *dataset;
    const span *rows;
    size_t count, targets;
} habit;

/* Whether the targets swing about their means, on the whole, rather than drift
 * or wander. */
bool habit_swings(const habit *h);

/* Whether the deviations of most targets, all above 0, grow with the level:
 * from block to block of a season, or of 12 rows if it is 0. */
bool habit_grows(const habit *h, size_t season);

#endif
