/*
 * bits.c: prints one line with a hash for each piece of a fixed grid of work.
 * The lines must be the same on every instruction set, compiler and processor:
 * tests/cross/isas and tests/cross/run compare them. It needs nothing but the
 * library's rooms, so that it also builds where no other package is.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "base/real.h"
#include "kernel/kernel.h"

enum { MOST = 4096, WIDEST = 67 }; /* floats of an array; of a row */

static const random_key key = {.seed = 1, .purpose = RANDOM_TEST};

/* FNV-1a (Fowler, Noll & Vo), 64 bits. */
static uint64_t hash_add(uint64_t hash, size_t bytes, const void *data)
{
    const unsigned char *byte = data;
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ byte[i]) * 0x100000001B3u;
    return hash;
}

static const uint64_t hash_empty = 0xCBF29CE484222325u;

static void print_hash(const char *what, uint64_t hash)
{
    printf("%-24s %016llx\n", what, (unsigned long long)hash);
}

/* Numbers in [low, high), others for each call. */
static float *fill(size_t n, float low, float high, float *values)
{
    static uint64_t drawn;
    for (size_t i = 0; i < n; i++)
        values[i] = low + (high - low) * random_uniform(key, drawn++);
    return values;
}

static void hash_numbers(void)
{
    uint64_t hash = hash_empty;
    for (uint64_t i = 0; i < 1000; i++) {
        double x = random_gaussian(key, i), y = 9 * x;
        double made[] = {x,
                         real_exp(y),
                         real_log(y * y),
                         real_cos_pi(y),
                         real_sin_pi(y),
                         real_power(y * y, x)};
        hash = hash_add(hash, sizeof made, made);
    }
    print_hash("base real", hash);
}

static void hash_products(const kernels *k)
{
    static float a[MOST], w[MOST], packed[2 * MOST], c[MOST];
    const float *rows[WIDEST];
    float *sums[WIDEST];
    uint64_t hash = hash_empty;

    /* narrow and wide, whole vectors and tails */
    for (size_t N = 1; N <= 40; N += 3) {
        size_t M = 1 + N % 7, K = 1 + N * 5 % 61;
        fill(M * K, -1, 1, a);
        pack(N, K, fill(N * K, -1, 1, w), K, 1, packed);
        fill(M * N, -1, 1, c);
        for (size_t m = 0; m < M; m++) {
            rows[m] = a + m * K;
            sums[m] = c + m * N;
        }
        k->product(M, N, K, rows, packed, sums);
        hash = hash_add(hash, M * N * sizeof *c, c);
    }
    print_hash("kernel product", hash);
}

static void hash_cells(const kernels *k)
{
    float gate[4 * WIDEST], before[WIDEST], q[WIDEST];
    float c[WIDEST], h[WIDEST], dh[WIDEST], da[4 * WIDEST], dq[WIDEST];
    uint64_t lstm = hash_empty, gru = hash_empty;

    for (size_t H = 1; H <= WIDEST; H++) {
        size_t bytes = H * sizeof *h;
        fill(4 * H, -9, 9, gate);
        fill(H, -2, 2, before);
        k->lstm_forward(H, NULL, before, gate, c, h);
        fill(H, -1, 1, dh);
        lstm = hash_add(lstm, bytes, c);
        lstm = hash_add(lstm, bytes, h);
        k->lstm_backward(H, NULL, before, gate, dh, c, da);
        lstm = hash_add(lstm, bytes, c);
        lstm = hash_add(lstm, 4 * bytes, da);

        fill(3 * H, -9, 9, gate);
        fill(H, -2, 2, q);
        k->gru_forward(H, __builtin_inff(), q, before, gate, h);
        gru = hash_add(gru, bytes, h);
        k->gru_backward(H, __builtin_inff(), q, before, gate, dh, da, dq);
        gru = hash_add(gru, 3 * bytes, da);
        gru = hash_add(gru, bytes, dq);
    }
    print_hash("kernel lstm", lstm);
    print_hash("kernel gru", gru);
}

static void hash_maps(const kernels *k)
{
    static float x[MOST], y[MOST];
    uint64_t hash = hash_empty;
    fill(MOST, -30, 30, x);
    k->exp_forward(MOST, x, y);
    hash = hash_add(hash, sizeof y, y);
    k->log_forward(MOST, y, y);
    hash = hash_add(hash, sizeof y, y);
    for (size_t n = 1; n <= WIDEST; n++) {
        double sums[] = {k->softmax(n, x + n, y), k->sum_squares(n, x)};
        hash = hash_add(hash, n * sizeof *y, y);
        hash = hash_add(hash, sizeof sums, sums);
    }
    print_hash("kernel maps and sums", hash);
}

int main(void)
{
    const kernels *k = kernels_here();
    fprintf(stderr, "%s\n", k->isa);
    hash_numbers();
    hash_products(k);
    hash_cells(k);
    hash_maps(k);
    return 0;
}
