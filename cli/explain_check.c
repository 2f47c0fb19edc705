/*
 * explain_check.c: gradients against central differences. The loss is computed
 * by the forward equations in double precision, so that a difference over 1e-4
 * is right to about nine digits:
 *
 *   dL/dw = (L(w + e) - L(w - e)) / 2 e
 */
#include "explain.h"
#include "screen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double STEP = 1e-4;

/* The central difference of the loss over one number. */
static double difference(lesson *l, double *number)
{
    double held = *number;
    *number = held + STEP;
    double above = lesson_forward(l);
    *number = held - STEP;
    double below = lesson_forward(l);
    *number = held;
    return (above - below) / (2 * STEP);
}

/* The differences over numbers (count), and how far gradients are from them as
 * part of the largest. */
static double *compare(lesson *l, size_t count, double *numbers,
                       const double *gradients, lesson_check *check)
{
    double *found = calloc(count, sizeof *found);
    double largest = 0;
    for (size_t k = 0; found && k < count; k++) {
        found[k] = difference(l, &numbers[k]);
        largest = fmax(largest, fabs(gradients[k]));
    }

    for (size_t k = 0; found && largest > 0 && k < count; k++)
        check->worst =
            fmax(check->worst, fabs(found[k] - gradients[k]) / largest);
    check->count += count;
    return found;
}

/* Copies of all quantities; NULL without memory. */
static double **keep(const lesson *l)
{
    double **copies = calloc(LESSON_QUANTITIES, sizeof *copies);
    for (size_t n = 0; copies && n < l->quantity_count; n++) {
        size_t bytes = l->T * l->quantities[n].n * sizeof(double);
        copies[n] = malloc(bytes);
        if (copies[n]) memcpy(copies[n], l->quantities[n].values, bytes);
    }
    return copies;
}

/* Puts them back where they were. */
static bool put_back(lesson *l, double **copies)
{
    bool good = copies;
    for (size_t n = 0; copies && n < l->quantity_count; n++) {
        good = good && copies[n];
        if (!copies[n]) continue;
        free(l->quantities[n].values);
        l->quantities[n].values = copies[n];
    }
    free(copies);
    return good;
}

int lesson_check_open(lesson *l, lesson_check *check)
{
    *check = (lesson_check){0};
    double **copies = keep(l); /* the library's numbers */
    bool good = copies;
    for (size_t n = 0; n < l->weight_count; n++) {
        weight *w = &l->weights[n];
        check->differences[n] =
            compare(l, w->rows * w->columns, w->values, w->gradient, check);
        good = good && check->differences[n];
    }
    const quantity *x = lesson_quantity(l, "x");
    check->dx = compare(l, l->T * l->I, x->values,
                        lesson_quantity(l, "dx")->values, check);
    good = put_back(l, copies) && good;
    return good && check->dx ? 0 : failed("out of memory");
}

void lesson_check_close(const lesson *l, lesson_check *check)
{
    for (size_t n = 0; n < l->weight_count; n++)
        free(check->differences[n]);
    free(check->dx);
    *check = (lesson_check){0};
}
