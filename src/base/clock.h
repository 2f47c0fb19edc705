/* clock.h: how long something takes, for those who ask. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

/* Seconds from a fixed moment, by a clock that never goes back. */
double clock_seconds(void);

#endif
