/*
 * torch_object.c: any bytes as the pickle of a torch.save archive that is well
 * made otherwise, which a changed byte of a whole archive seldom is.
 */
#include "fuzz.h"

#include "format/torch.h"

#include <stdlib.h>
#include <string.h>

enum { STORAGE = 64, MORE = 1024 }; /* bytes of each; of everything around */

typedef struct zip {
    uint8_t *bytes;
    size_t at;
    uint8_t directory[512];
    size_t directory_at, entries;
} zip;

static void put(uint8_t *bytes, size_t *at, uint64_t number, size_t width)
{
    for (size_t i = 0; i < width; i++, number >>= 8)
        bytes[(*at)++] = (uint8_t)number;
}

static uint32_t checksum(const uint8_t *data, size_t size)
{
    uint32_t sum = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        sum ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            sum = sum >> 1 ^ (sum & 1 ? 0xEDB88320u : 0);
    }
    return ~sum;
}

/* What local and central header share, from the version on. */
static void put_header(uint8_t *bytes, size_t *at, uint32_t sum, size_t size,
                       const char *name)
{
    put(bytes, at, 20, 2);
    put(bytes, at, 0, 8); /* flags, method, time and date */
    put(bytes, at, sum, 4);
    put(bytes, at, size, 4);
    put(bytes, at, size, 4);
    put(bytes, at, strlen(name), 2);
    put(bytes, at, 0, 2);
}

static void add(zip *z, const char *name, const uint8_t *data, size_t size)
{
    size_t first = z->at, length = strlen(name);
    uint32_t sum = checksum(data, size);
    put(z->bytes, &z->at, 0x04034B50, 4);
    put_header(z->bytes, &z->at, sum, size, name);
    memcpy(z->bytes + z->at, name, length);
    z->at += length;
    if (size) memcpy(z->bytes + z->at, data, size);
    z->at += size;

    put(z->directory, &z->directory_at, 0x02014B50, 4);
    put(z->directory, &z->directory_at, 20, 2);
    put_header(z->directory, &z->directory_at, sum, size, name);
    put(z->directory, &z->directory_at, 0, 10);
    put(z->directory, &z->directory_at, first, 4);
    memcpy(z->directory + z->directory_at, name, length);
    z->directory_at += length;
    z->entries++;
}

static void finish(zip *z)
{
    size_t first = z->at;
    memcpy(z->bytes + z->at, z->directory, z->directory_at);
    z->at += z->directory_at;
    put(z->bytes, &z->at, 0x06054B50, 4);
    put(z->bytes, &z->at, 0, 4);
    put(z->bytes, &z->at, z->entries, 2);
    put(z->bytes, &z->at, z->entries, 2);
    put(z->bytes, &z->at, z->directory_at, 4);
    put(z->bytes, &z->at, first, 4);
    put(z->bytes, &z->at, 0, 2);
}

static void run(const uint8_t *data, size_t size)
{
    static const uint8_t storage[STORAGE];
    zip z = {.bytes = malloc(size + MORE)};
    torch_file *file = NULL;
    if (!z.bytes) abort();
    add(&z, "a/data.pkl", data, size);
    add(&z, "a/data/0", storage, STORAGE);
    add(&z, "a/data/1", storage, STORAGE / 2);
    add(&z, "a/data/2", storage, 0);
    finish(&z);
    if (torch_parse((char *)z.bytes, z.at, NULL, &file) != ELMAN_OK) {
        MUST(!file);
        fuzz_refused("");
        return;
    }

    /* the numbers of storages are zero, those of arrays any */
    for (size_t i = 0; i < file->tensor_count; i++) {
        const named_tensor *t = file->tensors + i;
        double last[2];
        if (t->count) tensor_doubles(t, 0, 1, last);
        if (t->count) tensor_doubles(t, t->count - 1, 1, last + 1);
    }
    torch_close(file);
}

const fuzz_target target = {.run = run, .times = 120, .room = 4 << 20};
