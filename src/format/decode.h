/*
 * decode.h: the bytes of a file as UTF-8 text, whatever encoding they have.
 */
#ifndef FORMAT_DECODE_H
#define FORMAT_DECODE_H

#include "base/status.h"

/* What becomes of bytes that are no character in their encoding. */
typedef enum bad_bytes {
    BAD_BYTES_REFUSE,  /* ELMAN_BAD_FORMAT, with the place of the first */
    BAD_BYTES_REPLACE, /* each place becomes U+FFFD */
    BAD_BYTES_KEEP     /* they stay, and the text is not UTF-8; where an
                          encoding is converted the same as replace */
} bad_bytes;

typedef struct decode_config {
    const char *encoding; /* any name that iconv(3) knows; NULL: find it */
    bad_bytes bad;
} decode_config;

typedef struct decoded {
    char *text;        /* without byte order mark, a zero at [size]; the
                          caller frees it */
    size_t size;       /* bytes */
    char encoding[40]; /* "UTF-8", "UTF-16LE", "Latin-1", or as asked for */
    bool guessed;      /* by what the bytes look like alone */

    /* places that are no character; the rest is 0 if there are none */
    size_t bad_count;
    size_t bad_offset;      /* of the first in the file, from 0 */
    size_t bad_line;        /* from 1 */
    unsigned char bad_byte; /* its value */

    char note[200]; /* what a user should know, as one sentence without full
                       stop; empty for UTF-8 without bad bytes */
} decoded;

/* Decodes a file's content: bytes, malloc'ed with a zero at [size], are freed
 * by this call or owned by the result. Found are UTF-8, UTF-16 and UTF-32 by
 * their marks, UTF-16 by its zero bytes, and Latin-1 or Windows-1252 where the
 * bytes read so look like text and not like UTF-8 with a few bad bytes. A
 * character cut off by the end of the file is one bad place. An empty file, a
 * zero byte in the text, an unknown name are ELMAN_BAD_FORMAT or
 * ELMAN_BAD_VALUE. config may be NULL. */
elman_status decode_text(char *bytes, size_t size, const decode_config *config,
                         decoded *result);

/* The same of a file; messages name it. */
elman_status decode_file(const char *path, const decode_config *config,
                         decoded *result);

/* Makes every line ending (\r\n, \r) of text \n, and size what is left, with a
 * zero behind it; how many it changed. */
size_t decode_line_ends(char *text, size_t *size);

#endif
