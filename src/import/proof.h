/* proof.h: what is known of whether an import computes as its source did. */
#ifndef IMPORT_PROOF_H
#define IMPORT_PROOF_H

#include "import/import.h"

/* Sets import's proof, the sentence of elman_import_proof, when everything else
 * is known. mapped: a mapping file says what the tensors are. */
elman_status import_make_proof(elman_import *import, bool mapped);

#endif
