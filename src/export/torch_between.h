/*
 * torch_between.h: what a model does between torch.nn's modules.
 */
#ifndef EXPORT_TORCH_BETWEEN_H
#define EXPORT_TORCH_BETWEEN_H

#include "export/python.h"
#include "model/model.h"

/* Whether a layer is done between modules: it is none, and has no weights. */
bool torch_is_between(const elman_layer *l);

/* Adds a comment that says what is done to y after which module, as code; or
 * nothing. Attention, whose weights are a ParameterDict, is said as well. */
void torch_put_between(python_writer *w, const elman_model *m);

#endif
