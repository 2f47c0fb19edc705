/* rows.h: the table that says what became of each tensor. */
#ifndef IMPORT_ROWS_H
#define IMPORT_ROWS_H

#include "import/import.h"

/* Makes the table. */
elman_status import_make_rows(elman_import *import);

#endif
