/*
 * gates_parts.h: what the measurement of gates works on: one direction of one
 * recurrent level, after a forward. gates.c has the gates, gates_units.c what
 * its units do.
 */
#ifndef INSPECT_GATES_PARTS_H
#define INSPECT_GATES_PARTS_H

#include "inspect/gates.h"
#include "layer/layer.h"

typedef struct gates_source {
    const layer *l;
    size_t direction;
    size_t count;         /* valid rows of the batch */
    const uint32_t *rows; /* (count) their numbers t * B + b, ascending */
    const float *gate;    /* (T,B,G) */
    const float *unit;    /* (T,B,H) h, or c before a projection */
} gates_source;

/* The part of its range at either end where a gate is saturated. */
#define GATE_EDGE 0.025

/* The range of the function of gate g in span; false if it has no bounds. */
bool gates_range(const layer *l, size_t direction, size_t g, double span[2]);

/* Dead units are of less spread than DEAD_SPREAD, or 0 at all but one step in
 * DEAD_STEPS; pairs have a correlation over DUPLICATE either way. */
#define DEAD_SPREAD 1e-4
#define DUPLICATE   0.999
enum { DEAD_STEPS = 1000 };

/* Measures the standard deviation of each unit, spread (H), and which are dead
 * (H); lists in pairs (count), which the caller frees and which is NULL if
 * there are none, those others that always say the same. */
elman_status gates_measure_units(const gates_source *s, double *spread,
                                 bool *dead, elman_unit_pair **pairs,
                                 size_t *count);

/* Whether a gate of the cell keeps what is there; if so, with time not NULL,
 * the time constant of each unit, time (H), and how they are shared out. */
bool gates_measure_time(const gates_source *s, double *time,
                        double share[ELMAN_TIME_BINS]);

#endif
