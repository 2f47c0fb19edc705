/*
 * foreign.h: whether elman_model_load reads the models of others as well. A
 * program that holds the static library only does so if its link asks for that,
 * because the readers are larger than all else it needs: they hang on a member
 * of the archive, static/foreign.c, that nothing pulls in by itself.
 */
#ifndef API_FOREIGN_H
#define API_FOREIGN_H

#include "model/model.h"

/* What elman_model_load does with a file that is not elman's own. */
foreign_reader read_foreign;

#endif
