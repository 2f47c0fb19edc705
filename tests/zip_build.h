/*
 * zip_build.h: zip files built byte by byte, right or wrong.
 */
#ifndef TESTS_ZIP_BUILD_H
#define TESTS_ZIP_BUILD_H

#include "check.h"

/* An entry; whatever is zero is as it should be. */
typedef struct zip_part {
    const char *name;
    const void *data; /* as it lies in the file */
    size_t bytes;
    uint16_t method, flags;
    uint32_t crc;       /* of the content, if it is deflated or wrong */
    uint32_t size;      /* of the content, if it is deflated or wrong */
    const char *inside; /* a name in front of the data that is another */
} zip_part;

typedef struct zip_file {
    char *bytes;
    size_t size;
} zip_file;

static inline void zip_add(zip_file *zip, const void *data, size_t bytes)
{
    zip->bytes = realloc(zip->bytes, zip->size + bytes + 1);
    if (!zip->bytes) abort();
    if (bytes) memcpy(zip->bytes + zip->size, data, bytes);
    zip->size += bytes;
}

static inline void zip_number(zip_file *zip, uint64_t number, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++, number >>= 8)
        zip_add(zip, &(char){(char)number}, 1);
}

static inline uint32_t zip_crc(const void *data, size_t bytes)
{
    uint32_t crc = ~0u;
    for (size_t i = 0; i < bytes; i++) {
        crc ^= ((const unsigned char *)data)[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

/* From the version that is needed to the length of the name. */
static inline void zip_facts(zip_file *zip, const zip_part *part,
                             const char *name)
{
    zip_number(zip, 20, 2);
    zip_number(zip, part->flags, 2);
    zip_number(zip, part->method, 2);
    zip_number(zip, 0x21, 4);
    zip_number(zip, part->crc ? part->crc : zip_crc(part->data, part->bytes),
               4);
    zip_number(zip, (uint32_t)part->bytes, 4);
    zip_number(zip, part->size ? part->size : (uint32_t)part->bytes, 4);
    zip_number(zip, (uint32_t)strlen(name), 2);
}

/* A whole file; bytes are malloc'ed. */
static inline zip_file zip_build(const zip_part *parts, size_t count)
{
    zip_file zip = {0}, list = {0};
    for (size_t i = 0; i < count; i++) {
        const zip_part *part = &parts[i];
        const char *inside = part->inside ? part->inside : part->name;
        size_t at = zip.size;
        zip_add(&zip, "PK\3\4", 4);
        zip_facts(&zip, part, inside);
        zip_number(&zip, 0, 2);
        zip_add(&zip, inside, strlen(inside));
        zip_add(&zip, part->data, part->bytes);

        zip_add(&list, "PK\1\2\24\0", 6);
        zip_facts(&list, part, part->name);
        zip_number(&list, 0, 12); /* extra, comment, disk, attributes */
        zip_number(&list, (uint32_t)at, 4);
        zip_add(&list, part->name, strlen(part->name));
    }
    size_t at = zip.size;
    zip_add(&zip, list.bytes, list.size);
    zip_add(&zip, "PK\5\6\0\0\0\0", 8);
    zip_number(&zip, count, 2);
    zip_number(&zip, count, 2);
    zip_number(&zip, list.size, 4);
    zip_number(&zip, at, 4);
    zip_number(&zip, 0, 2);
    free(list.bytes);
    return zip;
}

/* Deflated: 1 + 258 * runs zero bytes, in 13 bits for each run. */
static inline zip_file zip_deflate_zeros(size_t runs)
{
    static const struct {
        const char *bits;
    } words[] = {{"1"}, {"10"}, {"00110000"}, {"1100010100000"}, {"0000000"}};
    zip_file out = {0};
    unsigned byte = 0, filled = 0;
    for (size_t i = 0; i < runs + 4; i++) {
        size_t word = i < 3 ? i : i < runs + 3 ? 3 : 4;
        for (const char *bit = words[word].bits; *bit; bit++) {
            byte |= (unsigned)(*bit - '0') << filled;
            if (++filled == 8) {
                zip_number(&out, byte, 1);
                byte = filled = 0;
            }
        }
    }
    if (filled) zip_number(&out, byte, 1);
    return out;
}

#endif
