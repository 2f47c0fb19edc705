/*
 * turns.h: the peers' side of `elman bench --peers`, for those in C: a line is
 * a turn, the median seconds of a run its answer, "-" what a peer cannot do.
 */
#ifndef TURNS_H
#define TURNS_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct turn {
    char name[64], family[32], cell[16], mode[16];
    long layers, bidirectional, I, H, B, T, dx;
    int threads;
    double seconds;
} turn;

static double turn_now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}

static int turn_compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median seconds of a run, in blocks of at least 50 us; 0 after an error.
 */
static double turn_time(bool (*run_once)(void), double seconds)
{
    enum { TIMES = 10000 };
    static double times[TIMES];
    const double begin = turn_now();
    size_t block = 1, count = 0;
    while (count == 0 || (count < TIMES && turn_now() - begin < seconds)) {
        const double from = turn_now();
        for (size_t n = 0; n < block; n++)
            if (!run_once()) return 0;
        const double taken = turn_now() - from;
        if (taken < 50e-6) block *= 2;
        else times[count++] = taken / (double)block;
    }
    qsort(times, count, sizeof *times, turn_compare);
    return times[count / 2];
}

/* Answers until nobody asks any more. prepare makes the network of a turn, or
 * keeps the one it has; both return false for what they cannot do. */
static void turns_serve(bool (*prepare)(const turn *t), bool (*run_once)(void))
{
    char line[512];
    while (fgets(line, sizeof line, stdin)) {
        turn t;
        const int words = sscanf(
            line, "%63s %31s %15s %ld %ld %ld %ld %ld %ld %ld %15s %d %lf",
            t.name, t.family, t.cell, &t.layers, &t.bidirectional, &t.I, &t.H,
            &t.B, &t.T, &t.dx, t.mode, &t.threads, &t.seconds);
        const double taken =
            words == 13 && prepare(&t) ? turn_time(run_once, t.seconds) : 0;
        if (taken > 0) printf("%.9g\n", taken);
        else puts("-");
        fflush(stdout);
    }
}

#endif
