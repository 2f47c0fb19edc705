/*
 * keras.h: a model that Keras 2 or 3 saved: .keras, the older .h5, or layers
 * and weights apart.
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

/* The same of layers as JSON (to_json) and weights as HDF5 (save_weights),
 * apart; both, malloc'ed, are freed. */
elman_status import_keras_pair(elman_import *import, char *layers,
                               size_t layers_size, char *weights,
                               size_t weights_size,
                               const elman_import_config *config);

/* The arrays of an .h5 file alone, for a mapping file. */
elman_status import_hdf5(elman_import *import, char *bytes, size_t size);

#endif
