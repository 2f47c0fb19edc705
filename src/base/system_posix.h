/* system_posix.h: what the files for POSIX systems share. */
#ifndef BASE_SYSTEM_POSIX_H
#define BASE_SYSTEM_POSIX_H

#include <sys/stat.h>

/* What to call a file of this type; NULL: a regular file. */
const char *posix_type_name(mode_t mode);

#endif
