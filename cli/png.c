/*
 * png.c: see png.h. PNG (ISO/IEC 15948) with a palette of 256 colours; its zlib
 * stream (RFC 1950) has stored blocks only.
 */
#include "png.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD = 8, CHUNK = 12, IHDR = 13, PALETTE = 768, BLOCK = 65535 };

static uint32_t crc32_of(const unsigned char *bytes, size_t count)
{
    uint32_t sum = ~0u;
    for (size_t n = 0; n < count; n++) {
        sum ^= bytes[n];
        for (int bit = 0; bit < 8; bit++)
            sum = sum >> 1 ^ (sum & 1 ? 0xEDB88320u : 0);
    }
    return ~sum;
}

static unsigned char *put32(unsigned char *at, uint32_t number)
{
    for (int n = 3; n >= 0; n--)
        *at++ = (unsigned char)(number >> 8 * n);
    return at;
}

/* Ends the chunk whose content begins at content and ends at end; its name lies
 * before it, and its length before that. */
static unsigned char *end_chunk(unsigned char *content, unsigned char *end)
{
    put32(content - 8, (uint32_t)(end - content));
    return put32(end, crc32_of(content - 4, (size_t)(end - content) + 4));
}

/* Begins a chunk; where its content goes. */
static unsigned char *begin_chunk(unsigned char *at, const char *name)
{
    memcpy(at + 4, name, 4);
    return at + 8;
}

/* Anchors of viridis (van der Walt & Smith 2015), and straight lines between
 * them. */
static unsigned char *put_palette(unsigned char *at)
{
    static const double anchors[][3] = {
        {68, 1, 84},    {71, 44, 122},  {59, 81, 139},
        {44, 113, 142}, {33, 144, 141}, {39, 173, 129},
        {92, 200, 99},  {170, 220, 50}, {253, 231, 37}};
    enum { LAST = sizeof anchors / sizeof *anchors - 1 };
    for (int n = 0; n < 256; n++) {
        double place = (double)n * (double)LAST / 255;
        int before = place < (double)LAST ? (int)place : LAST - 1;
        double part = place - before;
        for (int k = 0; k < 3; k++)
            *at++ = (unsigned char)(anchors[before][k] * (1 - part) +
                                    anchors[before + 1][k] * part + 0.5);
    }
    return at;
}

/* Rows of pixels, each behind a zero (no filter), as stored blocks. */
static unsigned char *put_rows(unsigned char *at, const unsigned char *pixels,
                               size_t width, size_t height)
{
    uint32_t a = 1, b = 0; /* Adler-32 */
    size_t total = height * (width + 1), done = 0;
    *at++ = 0x78;
    *at++ = 0x01;
    while (done < total) {
        size_t count = total - done < BLOCK ? total - done : BLOCK;
        *at++ = done + count == total;
        for (int n = 0; n < 2; n++)
            *at++ = (unsigned char)(count >> 8 * n);
        for (int n = 0; n < 2; n++)
            *at++ = (unsigned char)(~count >> 8 * n);

        for (size_t end = done + count; done < end; done++) {
            size_t row = done / (width + 1), column = done % (width + 1);
            *at = column ? pixels[row * width + column - 1] : 0;
            a = (a + *at++) % 65521;
            b = (b + a) % 65521;
        }
    }
    return put32(at, b << 16 | a);
}

unsigned char *png_make(const unsigned char *pixels, size_t width,
                        size_t height, size_t *bytes)
{
    static const unsigned char head[HEAD] = {137, 'P',  'N', 'G',
                                             13,  '\n', 26,  '\n'};
    size_t total = height * (width + 1);
    size_t room =
        HEAD + 4 * CHUNK + IHDR + PALETTE + total + 5 * (total / BLOCK + 1) + 6;
    unsigned char *made = calloc(room, 1), *at = made, *content;
    if (!made) return NULL;
    memcpy(at, head, HEAD);
    at += HEAD;

    /* size, 8 bits, a palette */
    content = begin_chunk(at, "IHDR");
    at = put32(put32(content, (uint32_t)width), (uint32_t)height);
    memcpy(at, (const unsigned char[]){8, 3, 0, 0, 0}, 5);
    at = end_chunk(content, at + 5);

    content = begin_chunk(at, "PLTE");
    at = end_chunk(content, put_palette(content));
    content = begin_chunk(at, "IDAT");
    at = end_chunk(content, put_rows(content, pixels, width, height));
    content = begin_chunk(at, "IEND");
    at = end_chunk(content, content);
    *bytes = (size_t)(at - made);
    return made;
}
