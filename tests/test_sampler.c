/* test_sampler.c: tokens are drawn with the chances that softmax gives, among
 * the top k, and a seed gives one text. */
#include "check.h"

#include "learn/sampler.h"

enum { V = 8, DRAWS = 40000 };

static const float logits[V] = {0.5f, -1, 2, -INFINITY, 2, 0, -30, 1.25f};

static void count_tokens(elman_sampler sampler, double *count)
{
    memset(count, 0, V * sizeof *count);
    for (uint64_t draw = 0; draw < DRAWS; draw++) {
        int32_t token = -1;
        CHECK_OK(sampler_step(&sampler, draw, V, logits, &token));
        CHECK(token >= 0 && token < V, "%d", (int)token);
        count[token]++;
    }
}

/* What the counts should be among the k likeliest, the lower index first. */
static void expect(double temperature, size_t k, double *want)
{
    static const size_t order[V] = {2, 4, 7, 0, 5, 1, 6, 3};
    double sum = 0;
    memset(want, 0, V * sizeof *want);
    for (size_t i = 0; i < (k ? k : V); i++) {
        want[order[i]] = exp((double)logits[order[i]] / temperature);
        sum += want[order[i]];
    }
    for (size_t i = 0; i < V; i++)
        want[i] *= (double)DRAWS / sum;
}

TEST(tokens_come_as_often_as_softmax_says)
{
    static const double temperatures[] = {0.1, 0.7, 1, 3};
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k <= V + 1; k++) {
            double count[V], want[V];
            elman_sampler sampler = {temperatures[i], k, test_seed()};
            count_tokens(sampler, count);
            expect(temperatures[i], k < V ? k : 0, want);
            for (size_t v = 0; v < V; v++) {
                CHECK(fabs(count[v] - want[v]) <= 5 * sqrt(want[v]) + 1e-6 ||
                          (want[v] < 1 && count[v] <= 2),
                      "temperature %g top %zu token %zu: %g, want %g",
                      temperatures[i], k, v, count[v], want[v]);
                CHECK(want[v] > 0 || count[v] == 0, "token %zu", v);
            }
        }
}

TEST(temperature_zero_takes_the_first_of_the_likeliest)
{
    int32_t token;
    for (uint64_t draw = 0; draw < 20; draw++) {
        CHECK_OK(sampler_step(&(elman_sampler){0}, draw, V, logits, &token));
        CHECK(token == 2, "%d", (int)token);
        elman_sampler top = {.temperature = 5, .top_k = 1};
        CHECK_OK(sampler_step(&top, draw, V, logits, &token));
        CHECK(token == 2, "top 1: %d", (int)token);
        elman_sampler cold = {.temperature = 1e-300, .seed = draw};
        CHECK_OK(sampler_step(&cold, draw, V, logits, &token));
        CHECK(token == 2 || token == 4, "cold: %d", (int)token);
    }
}

TEST(minus_zero_and_zero_are_a_tie)
{
    static const float zeros[4] = {-1, -0.0f, 0.0f, -0.0f};
    elman_sampler sampler = {.temperature = 1, .top_k = 2};
    int seen[4] = {0};
    for (uint64_t draw = 0; draw < 100; draw++) {
        int32_t token;
        CHECK_OK(sampler_step(&sampler, draw, 4, zeros, &token));
        seen[token]++;
    }
    CHECK(seen[0] == 0 && seen[1] > 20 && seen[2] > 20 && seen[3] == 0,
          "%d %d %d %d", seen[0], seen[1], seen[2], seen[3]);
}

TEST(one_seed_gives_one_text)
{
    elman_sampler one = {1, 0, 1}, two = {1, 0, 2};
    int same = 0;
    for (uint64_t draw = 0; draw < 200; draw++) {
        int32_t a, b, c;
        CHECK_OK(sampler_step(&one, draw, V, logits, &a));
        CHECK_OK(sampler_step(&one, draw, V, logits, &b));
        CHECK_OK(sampler_step(&two, draw, V, logits, &c));
        CHECK(a == b, "draw %llu", (unsigned long long)draw);
        same += a == c;
    }
    CHECK(same < 150, "%d", same);
}

TEST(misuse_of_a_sampler_is_reported)
{
    int32_t token = 7;
    float bad[3] = {1, NAN, 2};

    /* a temperature */
    elman_sampler sampler = {.temperature = -1};
    CHECK_FAILS(sampler_step(&sampler, 0, V, logits, &token), ELMAN_BAD_VALUE,
                "the temperature is -1, expected a finite number of 0 or more");
    sampler.temperature = NAN;
    CHECK_FAILS(sampler_step(&sampler, 0, V, logits, &token), ELMAN_BAD_VALUE,
                "the temperature is nan");

    /* logits */
    sampler.temperature = 1;
    CHECK_FAILS(sampler_step(&sampler, 0, 0, logits, &token), ELMAN_BAD_VALUE,
                "the vocabulary has 0 tokens");
    CHECK_FAILS(sampler_step(&sampler, 0, 3, bad, &token), ELMAN_NOT_FINITE,
                "logit 1 is nan");
    bad[1] = INFINITY;
    CHECK_FAILS(sampler_step(&sampler, 0, 3, bad, &token), ELMAN_NOT_FINITE,
                "logit 1 is inf");
    CHECK_FAILS(sampler_step(&sampler, 0, 1, logits + 3, &token),
                ELMAN_NOT_FINITE, "all 1 logits are -inf");

    CHECK_FAILS(sampler_step(NULL, 0, V, logits, &token), ELMAN_BAD_VALUE,
                "config is NULL");
    CHECK(token == 7, "%d", (int)token);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_come_as_often_as_softmax_says),
        cmocka_unit_test(temperature_zero_takes_the_first_of_the_likeliest),
        cmocka_unit_test(minus_zero_and_zero_are_a_tie),
        cmocka_unit_test(one_seed_gives_one_text),
        cmocka_unit_test(misuse_of_a_sampler_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
