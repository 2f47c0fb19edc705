/*
 * explain.h: a tiny network laid open. A lesson holds every number of one
 * forward and backward pass by the name that it has in the equations; the
 * equations of each cell are a table of formulas (explain_cells.c), which one
 * reader both computes and writes with the numbers in place
 * (explain_formula.c).
 */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "elman.h"

#include <stdio.h>

/* Less than equations and library may differ by, as part of a number or of 1.
 */
#define LESSON_AGREES 1e-4

/* Bounds of what is laid open, as the options say them. */
enum { EXPLAIN_HIDDEN = 8, EXPLAIN_INPUT = 8, EXPLAIN_STEPS = 50 };

/* One equation: left = right for each number of left. Names are those of
 * docs/EQUATIONS.md. NAME_prev is of the step before, NAME_next is what the
 * step after passes back as NAME_prev; both are 0 past the ends. */
typedef struct equation {
    const char *left, *right;
    const char *says; /* in words */
} equation;

/* What a recurrent parameter is the gradient of, where it is not da times
 * h_prev of its gate. */
typedef struct equation_exception {
    const char *parameter;    /* "W_hn" */
    const char *left, *right; /* "dq", "h_prev" */
} equation_exception;

/* A cell's equations; rows end with a NULL left. */
typedef struct cell_lesson {
    elman_kind kind;
    bool relu, reset_before; /* the variant that it is for */
    const equation *forward, *backward;
    const equation_exception *exceptions; /* NULL parameter ends */
} cell_lesson;

/* A quantity of every step. */
typedef struct quantity {
    char name[12];
    size_t n;       /* numbers of a step */
    bool given;     /* the library's own, not computed from others */
    double *values; /* (T,n) */
} quantity;

/* One gate's block of a parameter. */
typedef struct weight {
    char name[12];        /* "W_ii" */
    char parameter[48];   /* "rnn.weight_ih_l0" */
    size_t rows, columns; /* columns is 1 for a vector */
    bool matrix;
    double *values;           /* (rows,columns) */
    double *gradient;         /* (rows,columns) the library's */
    char left[12], right[12]; /* gradient = sum over t of left right^T; right
                                 is empty for a bias */
} weight;

enum { LESSON_QUANTITIES = 48, LESSON_WEIGHTS = 16 };

typedef struct lesson {
    const cell_lesson *cell;
    elman_kind_info kind;
    const char *path; /* of the model file, or NULL */
    size_t T, I, H;
    size_t quantity_count, weight_count;
    quantity quantities[LESSON_QUANTITIES];
    weight weights[LESSON_WEIGHTS];
    double loss, target; /* the library's; what each unit should be */
    double constant;     /* all weights, as the config says */
    uint64_t seed;
    double worst;    /* largest difference of an equation from the library's
                        number, as part of the larger of it and 1 */
    size_t compared; /* numbers that were compared */
    elman_model *model;
} lesson;

/* What a lesson is made of. */
typedef struct lesson_config {
    const char *path;                     /* a model file, or NULL: */
    const struct foreign_values *foreign; /* what that does not record */
    elman_kind kind;
    size_t H, I;
    size_t T; /* 0: as many as x has, 3 without */
    bool relu, reset_before;
    double weight; /* of all weights, biases 0; NaN: drawn from seed */
    uint64_t seed;
    const float *x; /* (T,I), or NULL: drawn */
    size_t x_count; /* T I */
    double target;  /* that each unit of the last h should be */
} lesson_config;

/* The equations of a kind's variant; NULL if there are none. */
const cell_lesson *cell_lesson_find(elman_kind kind, bool relu,
                                    bool reset_before);

/* Runs the network and collects all numbers. Returns 0 or an exit code after
 * an error line; close either way. */
int lesson_open(const lesson_config *config, lesson *l);
void lesson_close(lesson *l);

/* The part of it that runs the network: a pass through state, a training state
 * that keeps its gradients. False if memory or the library failed. */
bool lesson_fill(lesson *l, elman_state *state, const lesson_config *config);

const quantity *lesson_quantity(const lesson *l, const char *name);
const weight *lesson_weight(const lesson *l, const char *name);

/* How many numbers a quantity of this name has a step: I for x and dx, else
 * H. */
size_t lesson_size(const lesson *l, const char *name);

/* Number j of the name at step t; false if there is no such name. */
bool lesson_value(const lesson *l, const char *name, size_t length, size_t t,
                  size_t j, double *value);

/* What step t adds to number k of the gradient of w. */
double weight_part(const lesson *l, const weight *w, size_t t, size_t k);

/* Computes the forward equations alone, in double precision, over what l
 * holds; returns the loss. */
double lesson_forward(lesson *l);

/* The value of a formula for number j at step t. With a file, writes it there
 * with the numbers in place. */
double formula_value(const lesson *l, const char *formula, size_t t, size_t j,
                     FILE *file);

/* A number as equations show it, in one of four static buffers. */
const char *number_text(double number);

/* "×" or "*", as the screen can show. */
const char *times_sign(void);

/* The two equations of the loss, which all cells share. */
extern const equation loss_equations[];

/* The largest error of all gradients against central differences, as part of
 * the largest gradient of their parameter. */
typedef struct lesson_check {
    size_t count;
    double worst;
    double *differences[LESSON_WEIGHTS]; /* of each weight, as its values */
    double *dx;                          /* (T,I) */
} lesson_check;

int lesson_check_open(lesson *l, lesson_check *check);
void lesson_check_close(const lesson *l, lesson_check *check);

/* What step t adds to all gradients of weights in their direction, as a part
 * of them; and the length of what it adds. */
double lesson_share(const lesson *l, size_t t, double *norm);

void lesson_show(const lesson *l, const lesson_check *check);
void lesson_record(const lesson *l, const lesson_check *check);
void lesson_write(const lesson *l, const lesson_check *check, FILE *file);
int lesson_save_page(const lesson *l, const lesson_check *check,
                     const char *path);

#endif
