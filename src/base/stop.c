/* stop.c: see stop.h. */
#include "base/stop.h"

#include "base/clock.h"

double stop_pause = 0.1;

static _Thread_local struct {
    elman_stop_question asked;
    void *context;
    double next;  /* when it is asked again */
    int depth;    /* of the calls that may end early */
    bool asks;    /* what it runs asks nothing */
    bool stopped; /* it has said so: what took the failure for something else
                     fails again */
} stop;

void stop_when(elman_stop_question asked, void *context)
{
    stop.asked = asked;
    stop.context = context;
    stop.stopped = false;
    if (asked) stop.next = clock_seconds() + stop_pause;
}

void stop_enter(void) { stop.depth++; }

elman_status stop_leave(elman_status status)
{
    stop.depth--;
    return status;
}

static elman_status ask(bool now)
{
    double time = now || stop.stopped ? 0 : clock_seconds();
    if (!stop.stopped && (now || time >= stop.next)) {
        stop.asks = true;
        bool ends = stop.asked(stop.context) != 0;
        stop.asks = false;
        stop.stopped = ends;
        stop.next = clock_seconds() + stop_pause;
    }
    if (!stop.stopped) return ELMAN_OK;
    return failure(ELMAN_STOPPED, "the call was left before its end, as the "
                                  "question of elman_stop_when asked");
}

elman_status stop_check(void)
{
    bool may_end = stop.asked && stop.depth && !stop.asks;
    return may_end ? ask(false) : ELMAN_OK;
}

elman_status stop_check_now(void)
{
    bool may_end = stop.asked && stop.depth && !stop.asks;
    return may_end ? ask(true) : ELMAN_OK;
}
