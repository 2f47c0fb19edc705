/*
 * arrays.h: a model on numbers as they are, for one that does not say how data
 * becomes its numbers: arrays, or lines of numbers, in and out.
 */
#ifndef ARRAYS_H
#define ARRAYS_H

#include "cells.h"
#include "network.h"
#include "record.h"
#include "reading.h"
#include "source.h"

/* What the options say. A command that lists array_options has this as the
 * first member of its values. */
typedef struct array_values {
    reading_values reading; /* the first: see reading.h */
    const char *lengths, *state_output;
    option_list states;
} array_values;

extern const option_row array_options[];

/* One pass over arrays. */
typedef struct array_pass {
    const network *net;
    const char *name;    /* of what x was read from, for messages */
    size_t T, B, I;      /* I is 1 for tokens */
    bool batched;        /* x has an axis of sequences */
    bool one;            /* and none of steps, of which there is one */
    elman_tensor loaded; /* owners of x, of a file or of lines: */
    float *typed;
    float *x;        /* as elman_model_forward takes it, or: */
    int32_t *tokens; /* the same */
    size_t *lengths; /* (B), or NULL: all have T steps */
    size_t *before;  /* (B) steps of padding that stood in front of each and
                        were taken out, or NULL */
    elman_state *state;
    elman_tensor y; /* what the model gives, in its shape */
} array_pass;

/* True of a path that ends in .npy. */
bool array_is_named(const char *path);

/* Reads an .npy file; a file of another kind is refused with what makes an
 * array of it. Returns 0 or an exit code. */
int array_open(const char *path, elman_tensor *array);

/* Gives x the shape of the model where it only has more or fewer axes of one,
 * and says so; leaves it as it is if that does not make it fit. */
void axes_read_input(const network *net, const char *path, elman_tensor *x);

/* True if y has that shape but for axes of one: its numbers are the same, in
 * the same order. */
bool array_axes_alike(const elman_tensor *y, const size_t *shape, size_t rank);

/* "(3,4)". */
void axes_print(const size_t *shape, size_t rank, char *text, size_t size);

/* Says of files that a model was held against what was read otherwise than it
 * lies there. */
void axes_tell_reference(const network *net, const char *x, const char *y,
                         const elman_check *check);

/* Reads x from an .npy file, or from lines, each a step of one sequence up to a
 * blank line, T = 0 at the end; and lengths from a file, NULL for none. Return
 * 0 or an exit code after an error line; arrays_close frees what they made
 * either way. */
int arrays_read(const char *path, array_pass *pass);
int arrays_read_lines(line_source *source, array_pass *pass);
int arrays_read_lengths(const char *path, array_pass *pass);

/* Finds the lengths by what pads, for a model whose note padding says what that
 * is: "token 0" or "value -1". Padding in front of a sequence is taken out, and
 * put back by arrays_restore in what the model gives for each step. */
int arrays_find_padding(array_pass *pass);
void arrays_restore(array_pass *pass);

/* True if that note says that a step pads: x, or a token. */
bool arrays_pads(const network *net, float *x, int32_t *token);
void arrays_close(array_pass *pass);

/* Makes the state, its memory as in states, and room for y. keep: y can be held
 * against targets by elman_model_loss. stepped: see arrays_run. */
int arrays_prepare(array_pass *pass, const array_values *values, int threads,
                   bool keep, bool stepped);

/* The steps of what the model gives for a sequence; and whether they are none
 * of the sequence's, but as many for each. */
size_t array_steps(const array_pass *pass);
bool array_has_own_steps(const array_pass *pass);

/* Runs x, as a whole or one step at a time; the bits are the same. */
int arrays_run(array_pass *pass, bool stepped);

/* True if a line holds nothing: the next one begins another sequence. */
bool arrays_is_blank(const line_source *source);

/* One step of a line: its values into x, or its token into token. Returns 0 or
 * an exit code after an error line that names the line. */
int arrays_parse(const network *net, const line_source *source, float *x,
                 int32_t *token);

/* Numbers with blanks between, each with the digits that make it again, and an
 * end of line. */
void arrays_show_row(const float *y, size_t count);

/* A token is a whole number below V: false of any other. */
bool array_token_of(const network *net, double number, int32_t *token);

/* The numbers of x as tokens. */
int arrays_make_tokens(array_pass *pass);

/* ---- States by name (arrays_state.c) ------------------------------------- */

/* Fills the memory of state, which has room for B sequences, with the arrays
 * of words NAME=FILE.npy, or with a file of elman's own. */
int states_give(const network *net, elman_state *state, size_t B,
                const option_list *words);

/* The same of a pass that is compared: h_0 and c_0 of the words into begin, h_n
 * and c_n into end, where all that no word names becomes NaN. */
int states_expect(const network *net, elman_state *begin, elman_state *end,
                  size_t B, const option_list *words);

/* A line with the names of the memory, if the model has one. */
void states_show(const network *net);
void states_record(record *out, const network *net);

/* 0 if path takes states; else an exit code after an error line. */
int states_check(const char *path);

/* Writes the memory to path: a file if it ends in .safetensors, else a folder
 * with an array of each name. */
int states_write(const network *net, elman_state *state, const char *path);

/* ---- Options -------------------------------------------------------------
 */

/* Refuses what was given of rows: what is said of the model is the end of a
 * sentence that begins with the option. */
int options_refuse(const parsed_line *arguments, const option_row *rows,
                   const char *path, const char *reason);

/* The same of all that say how data is read. */
int reading_refuse(const parsed_line *arguments, const char *path,
                   const char *reason);

/* The command line's end: a file of numbers without a word about data. */
extern const char no_encoding[];

#endif
