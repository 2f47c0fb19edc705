/*
 * bytes.h: numbers of bytes as people write them.
 */
#ifndef BYTES_H
#define BYTES_H

#include <stdbool.h>
#include <stdint.h>

/* Reads "512M", "0.5G", "1.5 GiB", "2gb", "1e9", "536870912". K, M, G and T,
 * also with i or iB, are powers of 1024; with B alone (512MB) powers of 1000,
 * as in GNU's tools. False, with bytes as it was, for what is no number of at
 * least one byte and for more than an address can say. */
bool bytes_read(const char *text, uint64_t *bytes);

#endif
