/*
 * test_one_hash.c: training runs end with one recorded hash, on every system
 * and from every compiler: with each instruction set, on 1 to 4 threads and 1
 * to 8 ranks, in budgets of bytes down to the least, in passes of other
 * sequences and in chunks of time. proof/ways.c lists them.
 */
#include "check.h"
#include "kernel/kernel.h"
#include "pace.h"
#include "wrong_kernel.h"
#include "proof/training.h"

static void check_way(const char *isa, const training_way *way)
{
    char words[100];
    uint64_t hash = 0;
    training_way_write(way, sizeof words, words);
    CHECK_OK(training_hash_all(way, &hash));
    CHECK(hash == TRAINING_HASH, "trained to %016llx on %s, %s",
          (unsigned long long)hash, isa, words);
}

/* Each way with the instruction set in use, a fourth of them with each other
 * one; a slow build takes a third of that. */
TEST(training_ends_with_the_recorded_hash_in_every_way)
{
    const kernels *own = kernels_here();
    const kernels *const *tables = kernels_all();
    for (size_t i = 0; tables[i]; i++) {
        kernels_use(tables[i]);
        for (size_t w = 0; w < training_way_count(); w++)
            if ((tables[i] == own || w % 4 == i % 4) &&
                (PACE == 1 || w % 3 == i % 3))
                check_way(tables[i]->isa, training_way_at(w));
    }
    kernels_use(NULL);
}

/* What the ways leave out would be missed. */
TEST(the_ways_hold_all_that_is_promised)
{
    bool threads[5] = {false}, ranks[9] = {false}, budget[5] = {false};
    size_t steps = 0, groups = 0, pairs = 0;
    for (size_t w = 0; w < training_way_count(); w++) {
        const training_way *way = training_way_at(w);
        threads[way->threads] = ranks[way->ranks] = budget[way->budget] = true;
        steps += way->chunk > 0;
        groups += way->group > 0;
        pairs += (way->threads > 1) + (way->ranks > 0) + (way->budget > 0) +
                     (way->group > 0) + (way->chunk > 0) >
                 1;
    }
    for (size_t i = 1; i <= 8; i++)
        CHECK(ranks[i] && (i > 4 || (threads[i] && budget[i])), "%zu", i);
    assert_true(steps >= 4 && groups >= 4 && pairs >= 11);
}

/* ---- What the hash sees ---------------------------------------------------
 */

TEST(a_wrong_gradient_shows_in_every_network)
{
    train_kernels wrong = wrong_kernels(kernels_train(kernels_here()));
    for (size_t i = 0; i < training_count(); i++) {
        uint64_t want = 1, got = 1;
        CHECK_OK(training_hash(i, &(training_way){0}, &want));
        kernels_train_use(&wrong);
        elman_status status = training_hash(i, &(training_way){0}, &got);
        kernels_train_use(NULL);
        CHECK_OK(status);
        CHECK(got != want, "%s", training_name(i));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(training_ends_with_the_recorded_hash_in_every_way),
        cmocka_unit_test(the_ways_hold_all_that_is_promised),
        cmocka_unit_test(a_wrong_gradient_shows_in_every_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
