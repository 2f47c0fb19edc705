/*
 * stop.h: the end of a long call that its caller no longer waits for. The
 * caller's thread has a question (elman_stop_when); loops over data ask it
 * where they can end, in calls that say so.
 */
#ifndef BASE_STOP_H
#define BASE_STOP_H

#include <stdbool.h>

#include "base/status.h"

/* The question of this thread from now on, NULL for none. */
void stop_when(elman_stop_question asked, void *context);

/* Between the two this thread asks; they may nest. leave gives the status back.
 */
void stop_enter(void);
elman_status stop_leave(elman_status status);

/* What asks on this thread, NULL: nothing does. It stands by itself, so that
 * a program which gives no question has no more of this than the pointer. */
extern _Thread_local elman_status (*stop_asks)(bool now);

/* ELMAN_STOPPED once the answer was to end: asked at most ten times a second,
 * so that blocks of data need no thought. */
static inline elman_status stop_check(void)
{
    return stop_asks ? stop_asks(false) : ELMAN_OK;
}

/* The same at once: where a signal has ended a wait. */
static inline elman_status stop_check_now(void)
{
    return stop_asks ? stop_asks(true) : ELMAN_OK;
}

/* The same for a loop over rows, of which it looks at one in a thousand. */
static inline elman_status stop_check_row(size_t row)
{
    return row % 1024 ? ELMAN_OK : stop_check();
}

/* Seconds between two questions; a test asks each time. */
extern double stop_pause;

#endif
