/*
 * plot.h: numbers as small pictures of characters, in blocks where the locale
 * has them, else in ASCII.
 */
#ifndef PLOT_H
#define PLOT_H

#include "screen.h"

/* Room that the terminal leaves behind so many columns; at least 10, at most
 * most. */
int plot_room(int taken, int most);

/* One line of values (count) between low and high as columns of different
 * height, drawn in at most columns characters: each shows the mean of what
 * falls there. Values that are NaN leave a gap. */
void spark_print(const double *values, size_t count, double low, double high,
                 int columns);

/* The same on a logarithmic scale: low is above 0. */
void spark_print_log(const double *values, size_t count, double low,
                     double high, int columns);

/* A bar of part (0 to 1) of columns; it does not end the line. */
void bar_print(double part, int columns);

/* One cell of a heat map: a part from 0 to 1 as a shade. */
const char *shade(double part);

#endif
