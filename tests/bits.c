/*
 * bits.c: prints one line with a hash for each part of a fixed grid of work.
 * The lines must be the same on every instruction set, compiler and processor:
 * tests/cross/isas compares them. It needs nothing but the library's rooms.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "base/real.h"
#include "kernel/kernel.h"
#include "base/hash.h"
#include "proof/training.h"
#include "proof/trial.h"

enum { MOST = 4096, WIDEST = 67 }; /* floats of an array; of a row */

static const random_key key = {.seed = 1, .purpose = RANDOM_TEST};

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
    uint64_t hash = HASH_EMPTY;
    for (uint64_t i = 0; i < 1000; i++) {
        double x = random_gaussian(key, i), y = 9 * x;
        double made[] = {x,
                         real_exp(y),
                         real_log(y * y),
                         real_cos_pi(y),
                         real_sin_pi(y),
                         real_power(y * y, x)};
        for (size_t j = 0; j < sizeof made / sizeof *made; j++)
            hash = hash_double(hash, made[j]);
    }
    print_hash("base real", hash);
}

static void hash_products(const kernels *k)
{
    static float a[MOST], w[MOST], copy[4 * MOST], c[MOST];
    const float *rows[WIDEST];
    float *sums[WIDEST];
    uint64_t hash = HASH_EMPTY;

    /* narrow and wide, whole vectors and tails */
    for (size_t N = 1; N <= 40; N += 3) {
        size_t M = 1 + N % 7, K = 1 + N * 5 % 61;
        fill(M * K, -1, 1, a);
        pack(1, N, K, fill(N * K, -1, 1, w), K, 1, copy);
        fill(M * N, -1, 1, c);
        for (size_t m = 0; m < M; m++) {
            rows[m] = a + m * K;
            sums[m] = c + m * N;
        }
        k->product(M, &(packed){1, N, K, copy}, NULL, rows, sums);
        hash = hash_floats(hash, M * N, c);
    }
    print_hash("kernel product", hash);
}

static void hash_cells(const kernels *k)
{
    float gate[4 * WIDEST], before[WIDEST], q[WIDEST];
    float c[WIDEST], h[WIDEST], dh[WIDEST], da[4 * WIDEST], dq[WIDEST];
    uint64_t lstm = HASH_EMPTY, gru = HASH_EMPTY;

    for (size_t H = 1; H <= WIDEST; H++) {
        fill(4 * H, -9, 9, gate);
        fill(H, -2, 2, before);
        k->lstm_forward(H, NULL, before, gate, c, h);
        fill(H, -1, 1, dh);
        lstm = hash_floats(lstm, H, c);
        lstm = hash_floats(lstm, H, h);
        kernels_train(k)->lstm_backward(H, NULL, before, gate, dh, c, da);
        lstm = hash_floats(lstm, H, c);
        lstm = hash_floats(lstm, 4 * H, da);

        fill(3 * H, -9, 9, gate);
        fill(H, -2, 2, q);
        k->gru_forward(H, __builtin_inff(), q, before, gate, h);
        gru = hash_floats(gru, H, h);
        kernels_train(k)->gru_backward(H, __builtin_inff(), q, before, gate, dh,
                                       da, dq);
        gru = hash_floats(gru, 3 * H, da);
        gru = hash_floats(gru, H, dq);
    }
    print_hash("kernel lstm", lstm);
    print_hash("kernel gru", gru);
}

static void hash_maps(const kernels *k)
{
    static float x[MOST], y[MOST];
    uint64_t hash = HASH_EMPTY;
    fill(MOST, -30, 30, x);
    k->exp_forward(MOST, x, y);
    hash = hash_floats(hash, MOST, y);
    k->log_forward(MOST, y, y);
    hash = hash_floats(hash, MOST, y);
    for (size_t n = 1; n <= WIDEST; n++) {
        double sums[] = {k->softmax(n, x + n, y), k->sum_squares(n, x),
                         k->dot(n, x, x + n)};
        hash = hash_floats(hash, n, y);
        for (size_t i = 0; i < 3; i++)
            hash = hash_double(hash, sums[i]);
    }
    print_hash("kernel maps and sums", hash);
}

/* Forward and backward of a random network on one thread; false, after a
 * message, if it could not be. */
static bool hash_network(uint64_t which, uint64_t *hash)
{
    draws d = draws_from(1, which);
    elman_config config = random_config(&d, 20);
    elman_model *m = NULL;
    trial t = {0};
    outcome out = {0};
    elman_status status = model_create(&config, &m);
    if (!status) status = trial_move_weights(m, &d);
    if (!status) status = trial_create(m, 18, 20, &d, &t);
    if (!status) status = outcome_create(&t, &out);
    if (!status) status = trial_run(&t, &(split){.threads = 1}, &out);
    for (size_t i = 0; i < OUTCOME_PARTS && !status; i++)
        *hash = hash_floats(*hash, out.count[i], out.values[i]);
    if (status) fprintf(stderr, "%s\n", elman_message());
    outcome_destroy(&out);
    trial_destroy(&t);
    model_destroy(m);
    return status == ELMAN_OK;
}

static bool hash_networks(void)
{
    enum { LINES = 16, EACH = 5 };
    for (uint64_t i = 0; i < LINES; i++) {
        char name[32];
        uint64_t hash = HASH_EMPTY;
        for (uint64_t j = 0; j < EACH; j++)
            if (!hash_network(i * EACH + j, &hash)) return false;
        snprintf(name, sizeof name, "networks %d to %d", (int)i * EACH,
                 (int)i * EACH + EACH - 1);
        print_hash(name, hash);
    }
    return true;
}

static bool hash_training(void)
{
    for (size_t i = 0; i < training_count(); i++) {
        uint64_t hash = HASH_EMPTY;
        if (training_hash(i, &(training_way){.threads = 3}, &hash)) {
            fprintf(stderr, "%s\n", elman_message());
            return false;
        }
        print_hash(training_name(i), hash);
    }
    return true;
}

int main(void)
{
    const kernels *k = kernels_here();
    fprintf(stderr, "%s\n", k->isa);
    hash_numbers();
    hash_products(k);
    hash_cells(k);
    hash_maps(k);
    return hash_networks() && hash_training() ? 0 : 1;
}
