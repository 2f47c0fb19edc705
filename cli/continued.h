/*
 * continued.h: runs that do not begin from nothing: from the weights of another
 * model, or from a checkpoint that may not fit.
 */
#ifndef CONTINUED_H
#define CONTINUED_H

#include "network.h"
#include "train.h"

/* Refuses what is said of the file of --init-from without one. */
int inherit_check(const parsed_line *arguments);

/* --init-from: opens the model, and takes its layers into config unless options
 * of the model are given. Returns 0 or an exit code after an error line. */
int inherit_layers(const parsed_line *arguments, const elman_dataset *dataset,
                   network *from, elman_config *config);

/* Copies its weights into model, whose data is encoded so, and says what began
 * anew: of tokens and classes those that it does not know, by name. Inputs
 * are matched by name too, and refused if only some are the same. All other
 * parameters must be the same in both. */
int inherit_weights(const network *from, const elman_encoding *encoding,
                    elman_model *model);

/* After a checkpoint was refused: the library's message in the words of the
 * options, and what to do; model is where that of the run is. Returns the exit
 * code. */
int resume_failed(const char *model);

#endif
