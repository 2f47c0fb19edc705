/*
 * stop_asks.c: the pointer of stop.h by itself, so that a program which gives
 * no question has nothing else of it.
 */
#include "base/stop.h"

_Thread_local elman_status (*stop_asks)(bool now);
