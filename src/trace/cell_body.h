/*
 * cell_body.h: the body of a Loop or Scan, whose values of each step become
 * values of all steps: those of the first step first, along a new first axis.
 */
#ifndef TRACE_CELL_BODY_H
#define TRACE_CELL_BODY_H

#include "trace/cell_write.h"

/* What goes from step to step. */
typedef struct body_state {
    const char *name, *next;  /* in the body: before and after a step */
    const char *first, *last; /* in the graph: before the first step, after the
                                 last one; last "": nobody reads it */
    bool done;                /* what it is, is known: */
    bool counts;              /* a number that grows by one, from */
    int64_t count;            /* here on */
    bool stays;               /* as it is */
    const char *put; /* a list, to which the value is put in each step */
    bool in_front;   /* of those before */
} body_state;

/* A value of each step that comes in, or goes out. */
typedef struct body_scan {
    const char *inside, *outside;
    int64_t axis;
    bool reverse;
} body_scan;

/* A step of a linear layer outside, as one of what that reads. */
typedef struct body_through {
    const char *alias, *name, *outside;
} body_through_row;

enum { BODY_STATES = 24, BODY_SCANS = 16, BODY_THROUGH = 8 };

typedef struct loop_body {
    grown_graph *b;
    cell_scope scope;   /* of the graph and the body */
    const onnx_node *n; /* the Loop or Scan */
    const onnx_graph *body;
    size_t first_node, node_end; /* of the body, in the scope's graph */
    const char *step;            /* number of a step, in the body; or NULL */
    const char *times;           /* how many, in the graph; or NULL */
    size_t state_count, in_count, out_count;
    body_state states[BODY_STATES];
    body_scan in[BODY_SCANS], out[BODY_SCANS];
    const char **all;    /* (values) their value of all steps */
    const char **copies; /* (values) of what no step changes */
    signed char *varies; /* (values) 1: a step changes it, -1: none does */
    size_t through_count;
    body_through_row through[BODY_THROUGH];
    char reason[300]; /* why it is no cell */
} loop_body;

/* Notes why a body is not taken, the first time; NULL. */
__attribute__((format(printf, 3, 4))) const char *
body_refuse(loop_body *l, const onnx_node *n, const char *reason, ...);

/* The state of that name, or NULL. */
body_state *body_find_state(loop_body *l, const char *name);

/* Whether a step changes a value. */
bool body_varies(loop_body *l, const char *name);

/* The name outside the body of a value that no step changes. */
const char *body_outside(void *l, const char *name);

/* A value of all steps; NULL: it cannot be told, and the reason is noted. */
const char *body_all(loop_body *l, const char *name);

/* The node of the body that makes a value, and the input of the body of that
 * name that has a value of each step; or NULL. */
const onnx_node *body_maker(const loop_body *l, const char *name);
const body_scan *body_find_scan(const loop_body *l, const char *name);

/* What a Gather, a SequenceAt and a Slice take of a value outside, of all
 * steps. */
const char *body_gather(loop_body *l, const onnx_node *n);
const char *body_element(loop_body *l, const onnx_node *n);
const char *body_range(loop_body *l, const onnx_node *n);

/* Whether a number follows from the number of the step. */
bool body_is_step(loop_body *l, const char *name);

/* All steps of what a linear layer outside reads. */
const char *body_all_through(loop_body *l, const body_through_row *row);

/* What a step of a linear layer outside is made of; NULL: it is none. */
const cell_part *body_through(void *l, const char *name);

/* Settles the states that are no cell's: what stays, lists, numbers that count.
 */
void body_settle(loop_body *l);

/* Puts the cells into the graph; false: a state is none's. */
bool body_put_cells(loop_body *l);

/* Puts what the loop gives into the graph. */
bool body_give(loop_body *l);

/* The value that one is a copy of. */
const char *body_copied(const loop_body *l, const char *name);

/* Sets it. */
void body_set_all(loop_body *l, const char *name, const char *all);

#endif
