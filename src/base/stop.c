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

void stop_enter(void) { stop.depth++; }

elman_status stop_leave(elman_status status)
{
    stop.depth--;
    return status;
}

/* stop_asks of a thread that has a question. */
static elman_status ask(bool now)
{
    if (!stop.depth || stop.asks) return ELMAN_OK;
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

void stop_when(elman_stop_question asked, void *context)
{
    stop.asked = asked;
    stop.context = context;
    stop.stopped = false;
    stop_asks = asked ? ask : NULL;
    if (asked) stop.next = clock_seconds() + stop_pause;
}
