/*
 * layouts.h: weights as others than PyTorch keep them: gate by gate, in one
 * kernel for x and h, transposed, or in another order of gates. What is found
 * becomes tensors with PyTorch's names, so that order, shapes and settings are
 * those of a state dict (names.h).
 *
 *   layouts        finds the modules of a file
 *   layouts_table  every layout once: the names of its tensors, and what they
 *                  are
 *   layouts_make   the tensors that they become
 */
#ifndef IMPORT_LAYOUTS_H
#define IMPORT_LAYOUTS_H

#include "import/import.h"

/* Makes tensors with PyTorch's names of all modules that are found. batch_first
 * is set where the tool always has it. */
elman_status import_layouts(elman_import *import, bool *batch_first);

#endif
