/* ignored.h: what an order of layers leaves out, as --ignore names it. */
#ifndef IMPORT_IGNORED_H
#define IMPORT_IGNORED_H

#include "import/chains.h"
#include "import/proposal.h"

/* Puts the patterns of --ignore that go with an order: those that the caller
 * gave, and those of other networks, of convolutions and of what does not
 * matter. Nothing where there are none. */
void ignored_put(const chains *s, const size_t *at, size_t length,
                 long_text *ignore);

/* Puts a name as a pattern, and a comma between it and what is there; what the
 * list has already is left as it is. */
void ignored_put_name(long_text *ignore, const char *name, size_t bytes,
                      bool more);

#endif
