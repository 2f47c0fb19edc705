/*
 * layouts.h: weights as others than PyTorch keep them: gate by gate, in one
 * kernel for x and h, transposed, or in another order of gates. What is found
 * becomes tensors with PyTorch's names, so that order, shapes and settings are
 * those of a state dict (names.h).
 *
 *   layouts        finds the modules of a file; layouts_name reads their
 *                  names, layouts_tools what single tools add to them
 *   layouts_word   words of an order of layers that say what names do not,
 * which layouts_ask asks for layouts_table  every layout once: the names of its
 * tensors, and what they are layouts_make   the tensors that they become
 */
#ifndef IMPORT_LAYOUTS_H
#define IMPORT_LAYOUTS_H

#include "import/import.h"

/* Makes tensors with PyTorch's names of all modules that are found. config's
 * batch_first is set where the tool always has it, and layers where it has one
 * order of them alone and none is given. */
elman_status import_layouts(elman_import *import, elman_import_config *config);

#endif
