/*
 * hash.h: FNV-1a (Fowler, Noll & Vo) in 64 bits. Numbers are hashed byte by
 * byte from the lowest, so that the hash does not depend on the byte order of
 * the machine.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HASH_EMPTY UINT64_C(0xCBF29CE484222325)

static inline uint64_t hash_word(uint64_t hash, uint64_t word, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ (word >> 8 * i & 0xFF)) * UINT64_C(0x100000001B3);
    return hash;
}

static inline uint64_t hash_floats(uint64_t hash, size_t n, const float *values)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t word;
        memcpy(&word, values + i, sizeof word);
        hash = hash_word(hash, word, sizeof word);
    }
    return hash;
}

static inline uint64_t hash_double(uint64_t hash, double value)
{
    uint64_t word;
    memcpy(&word, &value, sizeof word);
    return hash_word(hash, word, sizeof word);
}

#endif
