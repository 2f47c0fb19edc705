/*
 * foreign.c: the member of libelman.a with which elman_model_load reads the
 * models of others: see api/foreign.h. Its link names it
 * (-Wl,-u,elman__foreign); the names with two underscores are the archive's
 * own.
 */
#include "model/model.h"

foreign_reader elman__foreign, elman__import;

elman_status elman__foreign(foreign_file *file, elman_model **model)
{
    return elman__import(file, model);
}
