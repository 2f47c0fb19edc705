/*
 * inflate.h: deflated bytes, unpacked by zlib, for zip entries and chunks of
 * HDF5. A build without zlib refuses them: see archive_absent.c.
 */
#ifndef FORMAT_INFLATE_H
#define FORMAT_INFLATE_H

#include "base/status.h"

/* Unpacks all of from (packed) to to (size). wrapped: with zlib's header and
 * sum around them. whole is whether they were just that many and undamaged; a
 * failure is ELMAN_NO_MEMORY, or that there is no zlib. */
elman_status inflate_bytes(const void *from, size_t packed, bool wrapped,
                           void *to, size_t size, bool *whole);

#endif
