/* layouts_search.h: a file's modules while they are found. */
#ifndef IMPORT_LAYOUTS_SEARCH_H
#define IMPORT_LAYOUTS_SEARCH_H

#include "import/layouts_make.h"

enum { MOST_FOUND = 4 * ELMAN_MAX_LAYERS };

typedef struct layout_search {
    elman_import *import;
    elman_import_config *config;
    char (*names)[LONGEST_NAME]; /* (tensors) with dots, without ":0" */
    bool *taken;                 /* (tensors) of a module that was found */
    size_t tensor_count;
    size_t count;
    found_module *found; /* (MOST_FOUND) */
    size_t said_count;
    layout *said; /* (ELMAN_MAX_LAYERS) what words say of kernels */
} layout_search;

/* Takes a module whose shapes fit its layout; one whose shapes do not is
 * passed over. */
elman_status search_take(layout_search *search, found_module *module);

/* Finds all modules of a layout, in the order of the file. */
elman_status search_find(layout_search *search, const layout *kind);

/* The tensor of that name that is not taken, or NOWHERE. */
ptrdiff_t search_tensor(const layout_search *search, const char *name);

/* What a linear layer reads; 0 for any other module. */
size_t search_reads(const layout_search *search, const found_module *module);

/* ---- layouts_name.c ------------------------------------------------------ */

/* "lstm/cell/kernel:0" as "lstm.cell.kernel", of LONGEST_NAME with the zero; a
 * name that is too long is "", which is of no layout. */
void layout_plain_name(const char *name, char *to);

/* Whether text is what a leaf is called: '|' stands between two ways to write
 * it, '#' for a number, which is set. */
bool layout_leaf_is(const char *text, const char *leaf, size_t *number);

/* Whether name ends in a leaf, with prefix bytes before it; one of separators
 * ends these. */
bool layout_ends_in(const char *name, const char *leaf, const char *separators,
                    size_t *prefix, size_t *number);

/* Whether the last part of a prefix begins as one of parents, '|' between. */
bool layout_parent_is(const char *name, size_t prefix, const char *parents);

/* Where the last part of a text of bytes begins. */
size_t layout_last_part(const char *text, size_t bytes);

/* Gives each module its name, level and direction. */
void layouts_name(layout_search *search);

/* ---- layouts_word.c ------------------------------------------------------ */

/* Modules of which words of config's layers say what no name does: lstm(ifog):X
 * the order of a kernel's gates. */
elman_status layouts_said(layout_search *search);

/* bidirectional(A,B): two modules that are the directions of one. */
elman_status layouts_pair(layout_search *search);

/* ---- layouts_ask.c ------------------------------------------------------- */

/* Refuses a file whose kernels fit a cell, but in no known order of gates. */
elman_status layouts_ask(const layout_search *search);

/* The same for two modules that may be the directions of one. */
elman_status layouts_ask_pair(const layout_search *search);

/* ---- layouts_tools.c ----------------------------------------------------- */

/* Chainer's stacks count levels and directions as one. */
elman_status layouts_chainer(layout_search *search);

/* A state dict of PaddlePaddle: PyTorch's names, but for linear layers, which
 * are (in,out), and tensors that are there twice. found: it is one. */
elman_status layouts_paddle(layout_search *search, bool *found);

/* Burn's linear layers are (in,out) under PyTorch's names. */
elman_status layouts_burn(layout_search *search);

/* Whether a weight of the file lies as PyTorch's do (1), or the other way round
 * (-1), by a bias beside it; 0 if that does not tell. */
int layouts_direction(const layout_search *search, size_t tensor);

#endif
