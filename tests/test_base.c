/*
 * test_base.c: random numbers are those of Philox, real functions are accurate,
 * arenas measure what they carve, messages belong to their thread.
 */
#include "check.h"
#include "system.h"
#include "tree_reference.h"

#include <float.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/real.h"
#include "base/status.h"
#include "base/system.h"
#include "base/thread.h"
#include "base/tree.h"

enum { STACK = 1 << 20 }; /* bytes, of a thread */

/* ---- Random ------------------------------------------------------------- */

/* The key of random_draw is seed + mix(purpose, which); this finds the seed for
 * a given Philox key. */
static random_key key_of(uint32_t low, uint32_t high)
{
    uint64_t z = (uint64_t)RANDOM_TEST << 32 | 7;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    uint64_t wanted = (uint64_t)high << 32 | low;
    return (random_key){wanted - z, RANDOM_TEST, 7};
}

/* Rows philox4x32 10 of Random123's kat_vectors. */
TEST(random_draw_gives_the_known_answers_of_philox)
{
    static const struct {
        uint32_t index[4], key[2], want[4];
    } known[] = {
        {{0, 0, 0, 0},
         {0, 0},
         {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };

    for (size_t i = 0; i < 3; i++) {
        random_block got = random_draw(key_of(known[i].key[0], known[i].key[1]),
                                       known[i].index);
        CHECK(!memcmp(got.word, known[i].want, sizeof got.word),
              "row %zu: %08x %08x %08x %08x", i, got.word[0], got.word[1],
              got.word[2], got.word[3]);
    }
}

TEST(uniform_and_gaussian_numbers_have_their_moments)
{
    enum { N = 200000 };
    random_key key = {test_seed(), RANDOM_TEST, 1};
    double sum[4] = {0}, uniform = 0, square = 0;
    double lag = 0, square_lag = 0, last = 0;
    for (uint64_t i = 0; i < N; i++) {
        double u = (double)random_uniform(key, i), g = random_gaussian(key, i);
        CHECK(u >= 0 && u < 1, "%g", u);
        uniform += u / (double)N;
        square += u * u / (double)N;
        lag += g * last / (double)N;
        square_lag += (g * g - 1) * (last * last - 1) / (double)N;
        last = g;
        for (int power = 1; power <= 4; power++)
            sum[power - 1] += pow(g, power) / (double)N;
    }

    /* six sigma of each mean */
    double s = 6 / sqrt(N);
    CHECK(fabs(uniform - 0.5) < s * sqrt(1.0 / 12), "%g", uniform);
    CHECK(fabs(square - 1.0 / 3) < s * sqrt(4.0 / 45), "%g", square);
    CHECK(fabs(sum[0]) < s, "mean %g", sum[0]);
    CHECK(fabs(sum[1] - 1) < s * sqrt(2), "variance %g", sum[1]);
    CHECK(fabs(sum[2]) < s * sqrt(15), "skew %g", sum[2]);
    CHECK(fabs(sum[3] - 3) < s * sqrt(96), "kurtosis %g", sum[3]);
    CHECK(fabs(lag) < s, "neighbours %g", lag);
    CHECK(fabs(square_lag) < 2 * s, "their squares %g", square_lag);
}

TEST(numbers_do_not_depend_on_how_a_stream_is_cut)
{
    enum { N = 1500 };
    random_key key = {test_seed(), RANDOM_TEST, 4};
    static float uniform[N], u[N];
    static double gaussian[N], g[N];
    random_fill_uniform(key, 0, N, uniform);
    random_fill_gaussian(key, 0, N, gaussian);

    /* from any number on, any number of them, and nothing beyond */
    for (uint64_t i = 0; i < 300; i++) {
        size_t first = (size_t)random_below(key, 2 * i, N);
        size_t n = (size_t)random_below(key, 2 * i + 1, N - first);
        u[n] = 7, g[n] = 7;
        random_fill_uniform(key, first, n, u);
        random_fill_gaussian(key, first, n, g);
        CHECK_BITS(u, uniform + first, n, "%zu from %zu", n, first);
        CHECK(!memcmp(g, gaussian + first, n * sizeof *g), "%zu from %zu", n,
              first);
        CHECK(u[n] == 7 && g[n] == 7, "%zu from %zu", n, first);
    }
}

/* One definition for all: number i is word i % 4 of block i / 4. */
TEST(numbers_of_a_stream_use_every_word_of_a_block)
{
    random_key key = {test_seed(), RANDOM_TEST, 5};
    for (uint64_t i = 0; i < 1000; i++) {
        random_block block = random_draw(key, (uint32_t[4]){(uint32_t)i / 4});
        CHECK(random_uniform(key, i) == random_unit(block.word[i % 4]), "%d",
              (int)i);

        /* a pair of words is a radius and an angle */
        const uint32_t *pair = block.word + i % 4 / 2 * 2;
        double radius = sqrt(-2 * log((pair[0] + 1.0) / 0x1p32));
        double angle = 2 * acos(-1) * pair[1] / 0x1p32;
        double want = radius * (i % 2 ? sin(angle) : cos(angle));
        CHECK(fabs(random_gaussian(key, i) - want) < 1e-14, "%d: %g", (int)i,
              want);
    }

    /* beyond 2^32 blocks */
    random_block far = random_draw(key, (uint32_t[4]){3, 5});
    uint64_t i = 4 * ((uint64_t)5 << 32 | 3) + 2;
    CHECK(random_uniform(key, i) == random_unit(far.word[2]), "far");
    uint32_t words[8];
    random_fill_words(key, (uint32_t[4]){UINT32_MAX, 4, 1, 2}, 8, words);
    far = random_draw(key, (uint32_t[4]){0, 5, 1, 2});
    CHECK(!memcmp(words + 4, far.word, sizeof far.word), "carried");
}

TEST(seed_purpose_and_which_each_make_another_stream)
{
    random_key key[4] = {{1, RANDOM_WEIGHTS, 0},
                         {2, RANDOM_WEIGHTS, 0},
                         {1, RANDOM_SHUFFLE, 0},
                         {1, RANDOM_WEIGHTS, 1}};

    for (int a = 0; a < 4; a++)
        for (int b = 0; b < a; b++) {
            int equal = 0;
            for (uint64_t i = 0; i < 100; i++)
                equal += random_uniform(key[a], i) == random_uniform(key[b], i);
            CHECK(equal == 0, "keys %d and %d: %d equal", a, b, equal);
        }
    uint64_t far = (uint64_t)1 << 40;
    CHECK(random_uniform(key[0], far) != random_uniform(key[0], 0), "far");
}

TEST(random_below_is_below_and_even)
{
    random_key key = {test_seed(), RANDOM_TEST, 2};
    enum { N = 60000, SIDES = 6 };
    double count[SIDES] = {0};
    for (uint64_t i = 0; i < N; i++) {
        uint64_t r = random_below(key, i, SIDES);
        CHECK(r < SIDES, "%llu", (unsigned long long)r);
        count[r]++;
    }
    for (int i = 0; i < SIDES; i++)
        CHECK(fabs(count[i] - N / SIDES) < 6 * sqrt(N / SIDES), "%d: %g", i,
              count[i]);

    /* half of all 64-bit numbers must be drawn again here */
    uint64_t n = ((uint64_t)1 << 63) + 1, high = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        uint64_t r = random_below(key, i, n);
        CHECK(r < n, "%llu", (unsigned long long)r);
        high += r > n / 2;
    }
    CHECK(high > 380 && high < 620, "%llu", (unsigned long long)high);

    CHECK(random_below(key, 5, 1) == 0 && random_below(key, 5, 0) == 0, "-");
}

TEST(random_permute_orders_each_number_once_and_each_epoch_anew)
{
    enum { N = 1000 };
    size_t order[2][N], repeat[N];
    random_key key = {test_seed(), RANDOM_SHUFFLE, 0};
    size_t fixed = 0, same = 0;

    /* two epochs: each a permutation, and not the same */
    for (uint64_t epoch = 0; epoch < 2; epoch++) {
        bool seen[N] = {false};
        random_permute(key, epoch, N, order[epoch]);
        for (size_t i = 0; i < N; i++) {
            CHECK(order[epoch][i] < N && !seen[order[epoch][i]], "%zu",
                  order[epoch][i]);
            seen[order[epoch][i]] = true;
            fixed += order[epoch][i] == i;
        }
    }
    for (size_t i = 0; i < N; i++)
        same += order[0][i] == order[1][i];
    CHECK(fixed < 20 && same < 20, "fixed %zu same %zu", fixed, same);
    random_permute(key, 1, N, repeat);
    CHECK(!memcmp(repeat, order[1], sizeof repeat), "epoch 1 again");

    /* all six orders of three come up alike */
    double count[27] = {0};
    for (uint64_t epoch = 0; epoch < 6000; epoch++) {
        size_t o[3];
        random_permute(key, epoch, 3, o);
        count[9 * o[0] + 3 * o[1] + o[2]]++;
    }
    for (int i = 0; i < 27; i++)
        CHECK(count[i] == 0 || fabs(count[i] - 1000) < 180, "%g", count[i]);
    random_permute(key, 0, 0, NULL);
}

/* ---- Real --------------------------------------------------------------- */

/* Units in the last place of want between got and want. */
static double ulps(double got, double want)
{
    if (got == want || (isnan(got) && isnan(want))) return 0;
    double ulp = nextafter(fabs(want), INFINITY) - fabs(want);
    return fabs(got - want) / ulp;
}

static double random_real(uint64_t i, double low, double high)
{
    random_key key = {test_seed(), RANDOM_TEST, 3};
    return low +
           (high - low) * ((double)random_uniform(key, 2 * i) +
                           0x1p-24 * (double)random_uniform(key, 2 * i + 1));
}

TEST(real_functions_are_good_to_two_ulp)
{
    double worst[8] = {0};
    for (uint64_t i = 0; i < 200000; i++) {
        double small = random_real(i, -1, 1), x = random_real(i, -745, 709);
        worst[0] = fmax(worst[0], ulps(real_exp(x), exp(x)));
        worst[0] = fmax(worst[0], ulps(real_exp(small), exp(small)));
        double p = exp(x), near = 1 + small / 4;
        worst[1] = fmax(worst[1], ulps(real_log(p), log(p)));
        worst[1] = fmax(worst[1], ulps(real_log(near), log(near)));

        /* libm has no cos_pi; long double's pi is fine enough below 2^7. Where
           it is a double, the bits below stand for sine and cosine. */
        const int finer = LDBL_MANT_DIG > DBL_MANT_DIG;
        double turn = random_real(i, -100, 100);
        long double exact = 3.14159265358979323846264338327950288L;
        long double r = (long double)turn - 2 * floorl(turn / 2.0L + 0.5L);
        double c = (double)cosl(exact * r), s = (double)sinl(exact * r);
        if (finer && fabs(c) > 1e-3)
            worst[2] = fmax(worst[2], ulps(real_cos_pi(turn), c));
        if (finer && fabs(s) > 1e-3)
            worst[3] = fmax(worst[3], ulps(real_sin_pi(turn), s));
        double y = random_real(i + 200000, -1, 1) * 700 / fabs(log(p));
        worst[4] = fmax(worst[4], ulps(real_power(p, y), pow(p, y)));
        y *= fabs(log(p)) / fabs(log(near));
        worst[4] = fmax(worst[4], ulps(real_power(near, y), pow(near, y)));

        /* of every size, and of both signs */
        double any = copysign(exp(x / 20), small);
        worst[5] = fmax(worst[5], ulps(real_expm1(any), expm1(any)));
        worst[5] = fmax(worst[5], ulps(real_expm1(small), expm1(small)));
        worst[6] = fmax(worst[6], ulps(real_log1p(p), log1p(p)));
        worst[6] = fmax(worst[6], ulps(real_log1p(small), log1p(small)));
        worst[7] = fmax(worst[7], ulps(real_tanh(any), tanh(any)));
        worst[7] = fmax(worst[7], ulps(real_tanh(2 * small), tanh(2 * small)));
    }
    static const char *const name[] = {"exp",   "log",   "cos",   "sin",
                                       "power", "expm1", "log1p", "tanh"};
    for (int i = 0; i < 8; i++)
        CHECK(worst[i] <= (i < 5 ? 2 : 3), "%s: %g ulp", name[i], worst[i]);
}

TEST(real_functions_know_their_edges)
{
    CHECK(real_exp(0) == 1 && real_log(1) == 0, "ones");
    CHECK(real_exp(INFINITY) == INFINITY && real_exp(710) == INFINITY, "up");
    CHECK(real_exp(-INFINITY) == 0 && real_exp(-746) == 0, "down");
    CHECK(real_exp(-740) == exp(-740), "denormal %a", real_exp(-740));
    CHECK(isnan(real_exp(NAN)) && isnan(real_log(NAN)), "NaN");

    CHECK(isnan(real_log(-1)) && real_log(0) == -INFINITY, "log below 0");
    CHECK(real_log(INFINITY) == INFINITY, "log of infinity");
    CHECK(real_log(0x1p-1074) == log(0x1p-1074), "log of a denormal");

    CHECK(real_expm1(INFINITY) == INFINITY && real_expm1(-INFINITY) == -1 &&
              real_log1p(INFINITY) == INFINITY && real_log1p(-1) == -INFINITY,
          "ends");
    CHECK(real_tanh(INFINITY) == 1 && real_tanh(-400) == -1, "ends of tanh");
    CHECK(signbit(real_tanh(-0.0)) && real_tanh(1e-300) == 1e-300 &&
              real_expm1(1e-300) == 1e-300 && real_log1p(1e-300) == 1e-300,
          "what is small stays what it is");
    CHECK(isnan(real_expm1(NAN)) && isnan(real_log1p(NAN)) &&
              isnan(real_tanh(NAN)) && isnan(real_log1p(-2)),
          "NaN");
    CHECK(real_max(NAN, 1) == 1 && real_max(1, NAN) == 1 &&
              real_min(NAN, 1) == 1 && real_min(1, NAN) == 1 &&
              real_max(1, 2) == 2 && real_min(1, 2) == 1 &&
              isnan(real_max(NAN, NAN)),
          "the larger and the smaller");

    static const double step[] = {-INFINITY, -0x1p52, -2.5, -2, -0.25,     0,
                                  0.25,      1,       1.5,  2,  0x1p52 + 1};
    for (size_t i = 0; i < sizeof step / sizeof *step; i++)
        CHECK(real_floor(step[i]) == floor(step[i]) &&
                  real_ceil(step[i]) == ceil(step[i]),
              "%g", step[i]);
    CHECK(isnan(real_floor(NAN)) && isnan(real_ceil(NAN)), "no whole number");

    /* exact at the quarters of a turn */
    for (int i = -8; i <= 8; i++) {
        double sign = i % 2 ? -1 : 1;
        CHECK(real_cos_pi(i) == sign && real_cos_pi(i + 0.5) == 0, "%d", i);
        CHECK(real_sin_pi(i + 0.5) == sign && real_sin_pi(i) == 0, "%d", i);
    }
    CHECK(real_cos_pi(0x1p49 + 1) == -1, "cos of a large odd number");

    CHECK(real_power(0.5, 10) == 0x1p-10 && real_power(3, 0) == 1, "exact");
    CHECK(real_power(10, 400) == INFINITY && real_power(10, -400) == 0, "out");
    CHECK(ulps(real_power(2, 1023.5), pow(2, 1023.5)) <= 2, "near the top");
    CHECK(real_power(1, 1e308) == 1 && real_power(0, 2) == 0, "1 and 0");
}

/* The bits are promised: a change of any of them shows here. */
TEST(real_functions_and_gaussians_keep_their_bits)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
    for (int i = 1; i < 2000; i++) {
        random_key key = {1, RANDOM_TEST, 0};
        double value[6] = {
            real_exp(i * 0.34 - 340), real_log(i * 0.0173),
            real_cos_pi(i * 0.01),    real_sin_pi(i * 0.01),
            real_power(i, 0.37),      random_gaussian(key, (uint64_t)i)};

        for (size_t b = 0; b < sizeof value; b++) {
            hash ^= ((const unsigned char *)value)[b];
            hash *= 0x100000001b3u;
        }
    }
    CHECK(hash == 0x3ef1a7b98ec231f1u, "0x%016llx", (unsigned long long)hash);
}

/* ---- Memory, status, threads -------------------------------------------- */

TEST(arena_measures_what_it_carves)
{
    arena measure = {NULL, 0, false};
    CHECK(arena_take(&measure, 3, 4) == NULL, "no base");
    CHECK(arena_take(&measure, 0, 8) == NULL, "no base");
    arena_take(&measure, 17, 8);
    CHECK(measure.used == 64 + 192 && !measure.overflow, "%zu", measure.used);

    arena carve = {block_create(measure.used), 0, false};
    char *a = arena_take(&carve, 3, 4), *b = arena_take(&carve, 0, 8),
         *c = arena_take(&carve, 17, 8);
    CHECK((uintptr_t)a % 64 == 0 && b == a + 64 && c == b, "carved");
    CHECK(carve.used == measure.used, "%zu", carve.used);
    for (size_t i = 0; i < carve.used; i++)
        CHECK(carve.base[i] == 0, "block is zero at %zu", i);
    block_destroy(carve.base);
    block_destroy(NULL);
}

TEST(sizes_that_do_not_fit_are_noticed)
{
    size_t product = 7;
    CHECK(sizes_multiply(3, 4, 5, &product) && product == 60, "%zu", product);
    CHECK(sizes_multiply(SIZE_MAX, 1, 0, &product) && product == 0, "zero");
    CHECK(!sizes_multiply(SIZE_MAX, 2, 1, &product), "two");
    CHECK(!sizes_multiply(SIZE_MAX / 4, 2, 4, &product), "three");

    arena a = {NULL, 0, false};
    arena_take(&a, SIZE_MAX / 2, 4);
    CHECK(a.overflow, "count x size");
    a = (arena){NULL, SIZE_MAX - 100, false};
    arena_take(&a, 40, 1);
    CHECK(a.overflow, "sum");
    CHECK(block_create(SIZE_MAX - 3) == NULL, "block");
}

TEST(messages_are_kept_and_prefixed)
{
    CHECK(failure(ELMAN_BAD_FILE, "%s: found %d, expected %d", "x", 3, 4) ==
              ELMAN_BAD_FILE,
          "status");
    CHECK(!strcmp(elman_message(), "x: found 3, expected 4"), "%s",
          elman_message());
    CHECK_FAILS(failure_in(ELMAN_BAD_VALUE, "here"), ELMAN_BAD_VALUE,
                "here: x: found 3, expected 4");
    CHECK_FAILS(failure(ELMAN_BAD_VALUE, "again %s", elman_message()),
                ELMAN_BAD_VALUE, "again here: x");
}

/* Fails with a sentence of its own; own receives whether it reads that one. */
static void fail_alone(void *own)
{
    char want[32];
    snprintf(want, sizeof want, "thread %p", own);
    *(bool *)own = !strcmp(elman_message(), "");
    (void)failure(ELMAN_BAD_VALUE, "%s", want);
    *(bool *)own = *(bool *)own && !strcmp(elman_message(), want);
}

TEST(each_thread_has_its_own_message)
{
    enum { PARTS = 2 };
    bool own[PARTS] = {false};
    (void)failure(ELMAN_BAD_VALUE, "outside");
    system_thread threads[PARTS];

    for (size_t i = 0; i < PARTS; i++)
        assert_true(
            system_thread_start(fail_alone, own + i, STACK, threads + i));
    for (size_t i = 0; i < PARTS; i++)
        system_thread_join(threads + i);

    CHECK(own[0] && own[1], "%d %d", own[0], own[1]);
    CHECK(!strcmp(elman_message(), "outside"), "\"%s\"", elman_message());
}

static void square_part(void *context, size_t index)
{
    ((size_t *)context)[index] += index * index;
}

TEST(thread_run_does_each_part_once)
{
    enum { PARTS = 100 };
    for (int threads = 1; threads <= 4; threads++) {
        size_t result[PARTS] = {0};
        thread_run(threads, PARTS, square_part, result);
        for (size_t i = 0; i < PARTS; i++)
            CHECK(result[i] == i * i, "threads %d part %zu", threads, i);
    }
    thread_run(4, 0, square_part, NULL);
    CHECK(thread_count() >= 1, "%d", thread_count());
}

/* Many short runs, so that members sleep, wake up and come too late. */
static void run_often(void *lost)
{
    enum { PARTS = 7, RUNS = 3000 };
    for (size_t run = 0; run < RUNS; run++) {
        size_t result[PARTS] = {0};
        if (run % 500 == 0) pause_ms(2);
        thread_run(2 + (int)(run % 3), PARTS, square_part, result);
        for (size_t i = 0; i < PARTS; i++)
            if (result[i] != i * i) ++*(size_t *)lost;
    }
}

TEST(callers_on_many_threads_share_one_team)
{
    enum { CALLERS = 3 };
    system_thread callers[CALLERS];
    size_t lost[CALLERS] = {0};
    for (size_t i = 0; i < CALLERS; i++)
        assert_true(
            system_thread_start(run_often, lost + i, STACK, callers + i));
    for (size_t i = 0; i < CALLERS; i++) {
        system_thread_join(callers + i);
        CHECK(!lost[i], "caller %zu lost %zu parts", i, lost[i]);
    }
}

/* ---- Trees -------------------------------------------------------------- */

TEST(leaves_join_as_a_binary_counter_carries)
{
    size_t carries[] = {0, 1, 0, 2, 0, 1, 0, 3};
    for (size_t n = 0; n < 8; n++)
        CHECK(tree_carries(n) == carries[n], "leaf %zu", n);
    CHECK(tree_carries((UINT64_C(1) << 40) - 1) == 40, "many leaves");

    /* leaves of all sizes, so that another order is another sum */
    enum { LEAVES = 200 };
    double leaf[LEAVES];
    double_tree tree = {0};
    CHECK(tree_sum(&tree) == 0, "%g", tree_sum(&tree));
    for (size_t n = 0; n < LEAVES; n++) {
        leaf[n] = random_gaussian((random_key){7, RANDOM_TEST, 9}, n) *
                  pow(2, (double)(n % 40));
        tree_add(&tree, leaf[n]);
        double got = tree_sum(&tree), want = reference_tree(leaf, n + 1);
        CHECK(memcmp(&got, &want, sizeof got) == 0, "%zu: %a, not %a", n, got,
              want);
    }
}

TEST(an_empty_leaf_changes_no_sum)
{
    double_tree tree = {0}, with = {0};
    tree_add(&tree, -0.0);
    CHECK(!signbit(tree.level[0]), "a leaf of -0");
    tree_add(&tree, -0.0);
    CHECK(!signbit(tree.level[1]), "leaves of -0");

    /* zeros between the leaves move them up, where they are as they were */
    double sums[2];
    tree = (double_tree){0};
    for (size_t n = 0; n < 13; n++) {
        tree_add(&tree, 1 / (double)(n + 1));
        tree_add(&with, 1 / (double)(n + 1));
        tree_add(&with, n % 2 ? 0 : -0.0);
    }
    sums[0] = tree_sum(&tree);
    sums[1] = tree_sum(&with);
    CHECK(memcmp(sums, sums + 1, sizeof *sums) == 0, "%a %a", sums[0], sums[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_draw_gives_the_known_answers_of_philox),
        cmocka_unit_test(uniform_and_gaussian_numbers_have_their_moments),
        cmocka_unit_test(numbers_do_not_depend_on_how_a_stream_is_cut),
        cmocka_unit_test(numbers_of_a_stream_use_every_word_of_a_block),
        cmocka_unit_test(seed_purpose_and_which_each_make_another_stream),
        cmocka_unit_test(random_below_is_below_and_even),
        cmocka_unit_test(
            random_permute_orders_each_number_once_and_each_epoch_anew),
        cmocka_unit_test(real_functions_are_good_to_two_ulp),
        cmocka_unit_test(real_functions_know_their_edges),
        cmocka_unit_test(real_functions_and_gaussians_keep_their_bits),
        cmocka_unit_test(arena_measures_what_it_carves),
        cmocka_unit_test(sizes_that_do_not_fit_are_noticed),
        cmocka_unit_test(messages_are_kept_and_prefixed),
        cmocka_unit_test(each_thread_has_its_own_message),
        cmocka_unit_test(thread_run_does_each_part_once),
        cmocka_unit_test(callers_on_many_threads_share_one_team),
        cmocka_unit_test(leaves_join_as_a_binary_counter_carries),
        cmocka_unit_test(an_empty_leaf_changes_no_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
