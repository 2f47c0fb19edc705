/*
 * torch.h: a model as torch.nn's state dict. What that cannot express is
 * ELMAN_BAD_VALUE with the layer and the reason.
 */
#ifndef EXPORT_TORCH_H
#define EXPORT_TORCH_H

#include "elman_exchange.h"
#include "model/model.h"

/* Replaces path by safetensors for torch.nn's load_state_dict: of a model of
 * one layer "weight_ih_l0", of one of several "rnn.weight_ih_l0", "fc.weight",
 * as torch.nn.ModuleDict has them. */
elman_status export_torch(const elman_model *model, const char *path);

/* Lines of Python, terminated by zero, that load what export_torch wrote to
 * path: the first builds the module, the second fills it, and a third, a
 * comment, says what is done between the modules, if anything is. */
elman_status export_torch_lines(const elman_model *model, const char *path,
                                size_t capacity, char *lines);

#endif
