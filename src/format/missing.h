/*
 * missing.h: how people write that a value is missing.
 */
#ifndef FORMAT_MISSING_H
#define FORMAT_MISSING_H

#include <stdbool.h>

/* Whether text, blanks around it allowed, is empty or a mark of a missing
 * value, as pandas, R, SQL and spreadsheets write them, in any case: NA N/A
 * NaN null None - -- . ? * #N/A #DIV/0! and the like. */
bool missing_mark(const char *text);

#endif
