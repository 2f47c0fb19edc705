/*
 * keras.h: a model that Keras 2 or 3 saved, whole: .keras, and the older .h5.
 *
 * The file says which layers follow each other and with what settings, so
 * nothing has to be asked. A class of layers that has no counterpart here is
 * refused by name, and nothing of a file is ever run.
 */
#ifndef IMPORT_KERAS_H
#define IMPORT_KERAS_H

#include "import/import.h"

/* Config and slices of a .keras file (zip) or an .h5 file. bytes, malloc'ed,
 * are freed with the import. Messages do not name the file. */
elman_status import_keras(elman_import *import, char *bytes, size_t size,
                          bool zip, const elman_import_config *config);

/* The arrays of an .h5 file alone, for a mapping file. */
elman_status import_hdf5(elman_import *import, char *bytes, size_t size);

#endif
