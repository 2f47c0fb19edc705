/* layouts_make.h: tensors with PyTorch's names, made of those of a module. */
#ifndef IMPORT_LAYOUTS_MAKE_H
#define IMPORT_LAYOUTS_MAKE_H

#include "import/layouts_table.h"

enum { LONGEST_NAME = 200 }; /* with the zero */

/* A module that was found: its layout, and its tensors in the order of the
 * layout's leaves, NOWHERE where one that may lack does. */
typedef struct found_module {
    const layout *kind;
    ptrdiff_t at[MOST_LEAVES];
    const char *prefix;      /* as the file has it, "" for none */
    char name[LONGEST_NAME]; /* what it is called here */
    size_t level, direction; /* recurrent */
    size_t gates, I, H, R;   /* recurrent */
    bool reset_before;       /* a GRU whose bias says so */
    bool as_torch;           /* an either_way layout that lies as PyTorch's */
    bool said;               /* a word says what it is */
} found_module;

/* Reads its sizes; false if its tensors' shapes do not fit its layout. */
bool found_measure(const elman_import *import, found_module *m);

/* Makes its tensors. Those of the file are left out. */
elman_status found_make(elman_import *import, const found_module *m);

#endif
