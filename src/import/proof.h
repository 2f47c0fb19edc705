/* proof.h: what is known of whether an import computes as its source did. */
#ifndef IMPORT_PROOF_H
#define IMPORT_PROOF_H

#include "import/import.h"

/* Sets import's proof, the sentence of elman_import_proof, when everything else
 * is known. mapped: a mapping file says what the tensors are. */
elman_status import_make_proof(elman_import *import, bool mapped);

/* The same without what to do about it, for the note "proof" of a model that
 * nothing proves; NULL if something does. */
const char *import_doubt(const elman_import *import);

#endif
