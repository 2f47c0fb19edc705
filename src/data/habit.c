/*
 * habit.c: see habit.h.
 */
#include "data/habit.h"

#include <math.h>

/* Where rows swing about their mean, the mean square of their changes is at
 * least so much of their variance: 2 - 2 r of a correlation r with the row
 * before. */
static const double swinging = 0.6;

/* Where deviations grow with the level, they vary from block to block much less
 * as parts of the mean than by themselves (Guerrero 1993). */
static const double growing = 0.7;

enum { BLOCK = 12, LEAST_BLOCKS = 4 };

/* The first row of the k-th target in a span. */
static const double *first_level(const habit *h, size_t k, const span *rows)
{
    size_t J = h->dataset->encoding->target_count;
    return h->dataset->levels.values + rows->first * J + k * J / h->targets;
}

/* The mean square of the changes of one target over its variance; 0 of a
 * constant. */
static double swing_of(const double *level, size_t stride, size_t rows)
{
    double mean = 0, changes = 0, squares = 0;
    for (size_t r = 0; r < rows; r++)
        mean += level[r * stride] / (double)rows;

    for (size_t r = 1; r < rows; r++) {
        double change = level[r * stride] - level[(r - 1) * stride];
        double off = level[r * stride] - mean;
        changes += change * change;
        squares += off * off;
    }
    return squares > 0 ? changes / squares : 0;
}

bool habit_swings(const habit *h)
{
    size_t J = h->dataset->encoding->target_count;
    double sum = 0;
    for (size_t k = 0; k < h->targets; k++)
        for (size_t s = 0; s < h->count; s++)
            sum +=
                swing_of(first_level(h, k, &h->rows[s]), J, h->rows[s].length);
    return sum > swinging * (double)(h->targets * h->count);
}

/* Sums for the standard deviation of some values over their mean. */
typedef struct variation {
    double count, sum, squares;
} variation;

static void variation_add(variation *v, double value)
{
    v->count++;
    v->sum += value;
    v->squares += value * value;
}

static double variation_of(const variation *v)
{
    double mean = v->sum / v->count;
    double square = v->squares / v->count - mean * mean;
    return mean > 0 && square > 0 ? sqrt(square) / mean : 0;
}

/* Adds the deviation of one block, by itself and as a part of its mean. */
static void add_block(const double *level, size_t stride, size_t rows,
                      variation *plain, variation *part)
{
    double mean = 0, squares = 0;
    for (size_t r = 0; r < rows; r++)
        mean += level[r * stride] / (double)rows;
    for (size_t r = 0; r < rows; r++) {
        double off = level[r * stride] - mean;
        squares += off * off;
    }

    double deviation = sqrt(squares / (double)rows);
    variation_add(plain, deviation);
    variation_add(part, deviation / mean);
}

bool habit_grows(const habit *h, size_t season)
{
    size_t J = h->dataset->encoding->target_count, grow = 0;
    size_t block = season ? season : BLOCK;
    for (size_t k = 0; k < h->targets; k++) {
        variation plain = {0}, part = {0};
        for (size_t s = 0; s < h->count; s++)
            for (size_t r = 0; r + block <= h->rows[s].length; r += block)
                add_block(first_level(h, k, &h->rows[s]) + r * J, J, block,
                          &plain, &part);

        /* a few blocks tell nothing */
        grow += plain.count >= (double)LEAST_BLOCKS &&
                variation_of(&part) < growing * variation_of(&plain);
    }
    return 2 * grow > h->targets;
}
