/* inflate.c: deflated bytes, unpacked by zlib. */
#include "format/inflate.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

static void *take(void *context, unsigned count, unsigned size)
{
    (void)context;
    return calloc(count, size);
}

static void give_back(void *context, void *block)
{
    (void)context;
    free(block);
}

elman_status inflate_bytes(const void *from, size_t packed, bool wrapped,
                           void *to, size_t size, bool *whole)
{
    z_stream z = {.zalloc = take, .zfree = give_back};
    size_t in = packed, out = size;
    char beyond;
    int code = inflateInit2(&z, wrapped ? MAX_WBITS : -MAX_WBITS);
    if (code != Z_OK)
        return failure(ELMAN_NO_MEMORY, "no memory to unpack %zu bytes", size);

    /* as much at a time as zlib's counters hold, and one byte more than there
     * should be, so that a longer one shows */
    z.next_in = (unsigned char *)(uintptr_t)from;
    z.next_out = to;
    while (code == Z_OK) {
        const bool over = out == 0;
        if (over) z.next_out = (unsigned char *)&beyond;
        z.avail_in = in < UINT_MAX ? (unsigned)in : UINT_MAX;
        z.avail_out = over ? 1 : out < UINT_MAX ? (unsigned)out : UINT_MAX;

        const size_t had = z.avail_in, room = z.avail_out;
        code = inflate(&z, Z_NO_FLUSH);
        in -= had - z.avail_in;
        if (over && z.avail_out == 0) break;
        if (!over) out -= room - z.avail_out;
    }
    inflateEnd(&z);

    if (code == Z_MEM_ERROR)
        return failure(ELMAN_NO_MEMORY, "no memory to unpack %zu bytes", size);
    *whole = code == Z_STREAM_END && out == 0;
    return ELMAN_OK;
}
