/* clock.h: a clock for measuring how long something takes. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

/* Seconds since some fixed moment, by a clock that never goes back. */
double clock_seconds(void);

#endif
