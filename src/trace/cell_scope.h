/*
 * cell_scope.h: the values of a graph while cells that are written out in it
 * are looked for. A trace of its own, the scout, follows what hangs on tensors
 * alone.
 */
#ifndef TRACE_CELL_SCOPE_H
#define TRACE_CELL_SCOPE_H

#include "trace/walk.h"

typedef struct cell_part cell_part; /* cell_part.h */

typedef struct cell_scope {
    trace *scout;
    walker walk;        /* of it */
    signed char *fixed; /* (values) 1: hangs on tensors alone; 0: unknown */
    const cell_part **parts; /* (values) what is known */
    unsigned char *seen;     /* (values) while a list is made */
    size_t depth;            /* of values that are being looked at, */
    size_t numbers;          /* and of numbers */
    size_t made;             /* parts so far */
    size_t body; /* nodes from here on are the body of a loop, where axes in
                    front do not count; 0: none */
    const char *(*outside)(void *of, const char *name); /* what it is called in
                                                the graph; NULL: the same */
    const cell_part *(*through)(void *of, const char *name); /* what a leaf is
                                                    made of outside; or NULL */
    bool (*is_state)(const void *of, const char *name);      /* of a body */
    void *of;
    bool failed; /* there was no memory */
} cell_scope;

/* Opens a scope on a graph, which must outlive it. Close it in any case. */
elman_status scope_open(cell_scope *s, const onnx_graph *graph,
                        const named_tensor *bound);
void scope_close(cell_scope *s);

/* The node that makes a value, or NULL. */
const onnx_node *scope_maker(const cell_scope *s, const char *name);

/* How many axes an input has, and features, its last axis; 0: it is not known.
 */
size_t scope_rank(const cell_scope *s, const char *name, size_t *features);

/* Whether a value hangs on tensors, and shapes of inputs, alone. */
bool scope_is_fixed(cell_scope *s, const char *name);

/* The shape of such a value; false if it has none. */
bool scope_shape(cell_scope *s, const char *name, size_t *rank, size_t *shape);

/* Its number, if it is one. */
bool scope_number(cell_scope *s, const char *name, double *number);

/* Whole numbers, at most AXES, of input k or of the attribute name; count is 0
 * without both. */
bool scope_list(cell_scope *s, const onnx_node *n, const char *name, size_t k,
                size_t *count, int64_t *numbers);

#endif
