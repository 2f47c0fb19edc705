/* decode_parts.h: what the files of decode.h share. */
#ifndef FORMAT_DECODE_PARTS_H
#define FORMAT_DECODE_PARTS_H

#include "format/decode.h"

/* What counting the characters of UTF-8 has shown so far. */
typedef struct utf8_counts {
    size_t bad, first_bad; /* places; offset of the first */
    size_t good;           /* characters of several bytes */
    size_t last_cut;       /* 1 if the last bad place is cut by the end */
    size_t size;           /* bytes that were counted */
    size_t replaced;       /* and how many they are with each bad place replaced
                            */
} utf8_counts;

/* Goes on counting with text, which lies at counts->size. Unless it is the last
 * part a character that its end may cut is left; how many bytes were counted.
 */
size_t utf8_counts_add(utf8_counts *counts, const char *text, size_t size,
                       bool last);

/* What the bytes look like if they are Windows-1252. */
typedef struct western_look {
    bool never;         /* what no text has */
    bool windows;       /* more than Latin-1 */
    size_t plain, high; /* letters without marks, and with */
} western_look;

void western_look_add(western_look *look, const char *bytes, size_t size);

/* Whether such counts are of damaged UTF-8 rather than of something else. */
bool utf8_is_damaged(const utf8_counts *counts);

/* The mark that a file begins with: the encoding and the mark's bytes, or NULL.
 */
const char *decode_mark(const char *bytes, size_t size, size_t *skip);

/* How many bytes of UTF-8 the bad place at text takes. */
size_t decode_bad_length(const char *text, size_t bytes);

bool decode_is_utf8(const char *name);
elman_status decode_refuse_bad(const decoded *d);
void decode_write_note(decoded *d, const decode_config *config);

#endif
