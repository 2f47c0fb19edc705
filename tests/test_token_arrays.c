/* test_token_arrays.c: arrays of tokens in memory are the dataset that a text
 * of the same tokens is, up to the weights that they train. */
#include "check.h"

#include "allocator.h"
#include "arrays.h"
#include "folder.h"

enum { COUNT = 3000, PIECES = 7, LONGEST = 900, V = 256 };

/* One row of tokens, whole and in pieces with and without padding. */
static struct {
    unsigned char bytes[COUNT], padded_bytes[PIECES * LONGEST];
    int32_t tokens[COUNT], padded_tokens[PIECES * LONGEST];
    size_t lengths[PIECES];
} all;

static void draw(void)
{
    float values[COUNT];
    random_fill(1, COUNT, 0, V, values);
    size_t left = COUNT;
    for (size_t i = 0; i < COUNT; i++)
        all.tokens[i] = i < V ? (int32_t)(V - 1 - i) : (int32_t)values[i];
    for (size_t n = 0; n < PIECES; n++) {
        all.lengths[n] = n + 1 < PIECES ? 300 + 40 * n : left;
        left -= all.lengths[n];
    }
    for (size_t i = 0; i < PIECES * LONGEST; i++)
        all.padded_tokens[i] = -7; /* is not read */
    for (size_t n = 0, at = 0; n < PIECES; n++)
        for (size_t t = 0; t < all.lengths[n]; t++, at++) {
            size_t to = n * LONGEST + t;
            all.bytes[at] = (unsigned char)all.tokens[at];
            all.padded_bytes[to] = all.bytes[at];
            all.padded_tokens[to] = all.tokens[at];
        }
}

/* Whole, in pieces, padded; of bytes or of numbers, which may be borrowed. */
enum { WAYS = 3, FORMS = 3 * WAYS };

static elman_arrays arrays_of(int form)
{
    int way = form % WAYS, kind = form / WAYS;
    elman_arrays a = {.N = way ? PIECES : 1,
                      .T = way == 0   ? COUNT
                           : way == 1 ? 0
                                      : LONGEST,
                      .lengths = way ? all.lengths : NULL,
                      .borrowed = kind == 2};
    if (kind == 0) a.bytes = way == 2 ? all.padded_bytes : all.bytes;
    else a.tokens = way == 2 ? all.padded_tokens : all.tokens;
    return a;
}

/* ---- The same dataset --------------------------------------------------- */

static void check_batches(const elman_dataset *a, const elman_dataset *b,
                          elman_part part)
{
    elman_loader_config config = {.part = part, .batch_size = 4, .steps = 16};
    elman_loader *one, *two;
    CHECK_OK(elman_loader_create(a, &config, &one));
    CHECK_OK(elman_loader_create(b, &config, &two));
    for (size_t B = 1; B > 0;) {
        elman_batch left, right;
        elman_target want, got;
        CHECK_OK(elman_loader_read(one, &left, &want));
        CHECK_OK(elman_loader_read(two, &right, &got));
        CHECK(left.B == right.B && left.T == right.T, "%zu %zu", left.B,
              right.B);
        B = left.B;
        size_t bytes = left.T * B * sizeof *left.tokens;
        if (B == 0) break;
        CHECK(!memcmp(left.tokens, right.tokens, bytes), "tokens");
        CHECK(!memcmp(want.classes, got.classes, bytes), "targets");
    }
    elman_loader_destroy(one);
    elman_loader_destroy(two);
}

static elman_model *train(const elman_dataset *dataset)
{
    elman_config network = {
        .seed = 3,
        .layers = {
            {.kind = ELMAN_EMBEDDING, .num_embeddings = V, .embedding_dim = 4},
            {.kind = ELMAN_GRU, .hidden_size = 5},
            {.kind = ELMAN_LINEAR, .output_size = V}}};
    elman_trainer_config config = {.batch_size = 4, .k1 = 16, .steps = 4};
    elman_model *model;
    elman_trainer *trainer;
    CHECK_OK(elman_model_create(&network, &model));
    CHECK_OK(elman_trainer_create(model, dataset, &config, &trainer));
    while (!elman_trainer_progress(trainer)->done)
        CHECK_OK(elman_trainer_step(trainer));
    elman_trainer_destroy(trainer);
    return model;
}

static void check_training(const elman_dataset *a, const elman_dataset *b)
{
    elman_model *one = train(a), *two = train(b);
    elman_const_tensor left, right;
    for (size_t i = 0; elman_model_parameter(one, i, &left); i++) {
        elman_model_parameter(two, i, &right);
        size_t count = left.shape[0] * (left.rank > 1 ? left.shape[1] : 1);
        CHECK_BITS(left.data, right.data, count, "parameter %zu", i);
    }

    elman_baseline want, got;
    CHECK_OK(elman_dataset_baseline(a, NULL, &want));
    CHECK_OK(elman_dataset_baseline(b, NULL, &got));
    CHECK(want.loss == got.loss, "%g %g", want.loss, got.loss);
    elman_model_destroy(one);
    elman_model_destroy(two);
}

TEST(arrays_are_the_dataset_of_their_text)
{
    draw();
    const elman_dataset_config plain = {.test = 0.1};
    elman_dataset_config as_bytes = {.test = 0.1, .unit = ELMAN_UNIT_BYTES};
    elman_dataset *text, *memory;
    CHECK_OK(elman_dataset_open(put_bytes("text.txt", all.bytes, COUNT),
                                &as_bytes, &text));
    for (int form = 0; form < FORMS; form++) {
        elman_arrays a = arrays_of(form);
        CHECK_OK(elman_dataset_open_arrays(&a, &plain, &memory));
        if (a.bytes)
            assert_string_equal(elman_dataset_note(text),
                                elman_dataset_note(memory));
        for (int part = 0; part < 3; part++) {
            assert_int_equal(elman_dataset_size(text, (elman_part)part),
                             elman_dataset_size(memory, (elman_part)part));
            check_batches(text, memory, (elman_part)part);
        }
        if (form % WAYS == form / WAYS) check_training(text, memory);
        elman_dataset_close(memory);
    }
    elman_dataset_close(text);
}

TEST(sequences_of_a_part_are_one_behind_the_other)
{
    static const int32_t tokens[] = {0, 1, 2, 9, 9, 3, 4, 5, 6, 7, 8, 9};
    static const size_t lengths[] = {3, 2, 3, 4};
    static const elman_part parts[] = {0, 1, 0, 1};
    const int32_t want[2][6] = {{0, 1, 2, 3, 4, 5}, {9, 9, 6, 7, 8, 9}};
    elman_arrays a = {
        .N = 4, .lengths = lengths, .tokens = tokens, .parts = parts};
    a.borrowed = true; /* what is not in one row is copied all the same */
    const elman_dataset_config plain = {0};
    elman_dataset *dataset;
    CHECK_OK(elman_dataset_open_arrays(&a, &plain, &dataset));
    for (int part = 0; part < 2; part++) {
        elman_loader_config config = {
            .part = (elman_part)part, .batch_size = 1, .steps = 5};
        elman_loader *loader;
        elman_batch batch;
        elman_target target;
        CHECK_OK(elman_loader_create(dataset, &config, &loader));
        CHECK_OK(elman_loader_read(loader, &batch, &target));
        CHECK(batch.T == 5 && !memcmp(batch.tokens, want[part], 20) &&
                  !memcmp(target.classes, want[part] + 1, 20),
              "part %d", part);
        elman_loader_destroy(loader);
    }
    elman_dataset_close(dataset);
}

/* ---- The vocabulary ----------------------------------------------------- */

TEST(the_words_of_tokens_are_read_as_these)
{
    static const int32_t tokens[] = {0, 7, 99, 100, 42, 0};
    elman_arrays a = {.N = 1, .T = 6, .tokens = tokens, .vocabulary = 1000};
    const elman_dataset_config plain = {0};
    elman_dataset *dataset, *more;
    CHECK_OK(elman_dataset_open_arrays(&a, &plain, &dataset));
    const elman_encoding *e = elman_dataset_encoding(dataset);
    int32_t got[6];
    size_t count;
    assert_int_equal(e->vocabulary, 1000);
    assert_int_equal(elman_encoding_outputs(e, NULL), 1000);
    CHECK_OK(elman_encoding_read(e, " 000 007 099 100 042 000", 24, 6, got,
                                 &count, NULL));
    CHECK(count == 6 && !memcmp(got, tokens, sizeof got), "%zu", count);

    /* a model's note has them, and more tokens follow it */
    elman_encoding *again;
    CHECK_OK(elman_encoding_create(elman_dataset_note(dataset), &again));
    assert_string_equal(again->tokens[999], " 999");
    elman_encoding_destroy(again);
    elman_dataset_config follow = {.encoding = elman_dataset_note(dataset)};
    a.vocabulary = 0;
    CHECK_OK(elman_dataset_open_arrays(&a, &follow, &more));
    assert_int_equal(elman_dataset_size(more, ELMAN_PART_VALIDATION), 6);
    elman_dataset_close(more);
    a.vocabulary = 100;
    CHECK_FAILS(elman_dataset_open_arrays(&a, &follow, &more), ELMAN_BAD_VALUE,
                "vocabulary is 100, but the encoding has 1000 tokens");
    elman_dataset_close(dataset);

    /* and without a size the largest and one */
    a.vocabulary = 0;
    CHECK_OK(elman_dataset_open_arrays(&a, &plain, &dataset));
    assert_int_equal(elman_dataset_encoding(dataset)->vocabulary, 101);
    elman_dataset_close(dataset);
}

TEST(bytes_follow_the_vocabulary_of_a_text)
{
    elman_dataset_config as_bytes = {.unit = ELMAN_UNIT_BYTES};
    elman_dataset *text, *more;
    CHECK_OK(
        elman_dataset_open(put_text("few.txt", "abcacb"), &as_bytes, &text));
    elman_dataset_config follow = {.encoding = elman_dataset_note(text)};
    elman_arrays a = {.N = 1, .T = 4, .bytes = (const unsigned char *)"cabb"};
    const int32_t want[] = {2, 0, 1, 1};
    elman_loader_config config = {
        .part = ELMAN_PART_VALIDATION, .batch_size = 1, .steps = 3};
    elman_loader *loader;
    elman_batch batch;
    elman_target target;
    CHECK_OK(elman_dataset_open_arrays(&a, &follow, &more));
    CHECK_OK(elman_loader_create(more, &config, &loader));
    CHECK_OK(elman_loader_read(loader, &batch, &target));
    CHECK(!memcmp(batch.tokens, want, 12) &&
              !memcmp(target.classes, want + 1, 12),
          "%d", (int)batch.tokens[0]);
    elman_loader_destroy(loader);
    elman_dataset_close(more);
    a.bytes = (const unsigned char *)"cabx";
    CHECK_FAILS(elman_dataset_open_arrays(&a, &follow, &more), ELMAN_BAD_VALUE,
                "arrays: byte 0x78 of sequence 0 is not in the vocabulary");
    elman_dataset_close(text);
}

/* ---- Refusals and memory ------------------------------------------------ */

TEST(arrays_of_tokens_that_make_no_sense_are_refused)
{
    static const int32_t tokens[4] = {0, 1, 5, -1};
    static const unsigned char bytes[4] = {0, 1, 2, 3};
    static const float x[4] = {1, 2, 3, 4};
    static const size_t two[2] = {1, 3}, none[2] = {0, 2};
    static const elman_part parts[2] = {0, 1}, last[2] = {2, 1};
    const struct {
        elman_arrays arrays;
        elman_dataset_config config;
        const char *message;
    } cases[] = {
        {{.N = 1, .T = 4, .tokens = tokens, .bytes = bytes},
         {0},
         "tokens and bytes are both given"},
        {{.N = 1, .T = 4, .I = 1, .x = x, .tokens = tokens},
         {0},
         "tokens are given, and so is x or I"},
        {{.N = 1, .T = 4, .values = x, .O = 1, .tokens = tokens},
         {0},
         "tokens are given, and so is a target"},
        {{.T = 4, .tokens = tokens}, {0}, "N is 0"},
        {{.N = 4, .tokens = tokens}, {0}, "T is 0 and lengths is NULL"},
        {{.N = 2, .lengths = none, .tokens = tokens}, {0}, "lengths[0] is 0"},
        {{.N = SIZE_MAX / 2, .T = 3, .tokens = tokens},
         {0},
         "too many for this machine's addresses"},
        {{.N = 1, .T = 4, .tokens = tokens},
         {0},
         "a token of sequence 0 is -1, expected 0 to"},
        {{.N = 2, .lengths = two, .tokens = tokens, .vocabulary = 5},
         {0},
         "a token of sequence 1 is 5, expected 0 to 4"},
        {{.N = 1, .T = 4, .bytes = bytes, .vocabulary = 3},
         {0},
         "a token of sequence 0 is 3, expected 0 to 2"},
        {{.N = 1, .T = 2, .tokens = tokens, .vocabulary = SIZE_MAX},
         {0},
         "expected at most 2147483647"},
        {{.N = 1, .T = 1, .tokens = tokens},
         {0},
         "1 token for training, expected at least 2"},
        {{.N = 1, .T = 3, .tokens = tokens},
         {.validation = 0.4},
         "validation is 0.4: 1 of 3 tokens"},
        {{.N = 2, .T = 1, .tokens = tokens, .parts = parts},
         {0},
         "1 token for training"},
        {{.N = 2, .T = 1, .tokens = tokens, .parts = last},
         {0},
         "no sequence is of part 0"},
        {{.N = 1, .T = 3, .tokens = tokens},
         {.unit = ELMAN_UNIT_WORDS},
         "unit is given, but does not apply to arrays of tokens"},
        {{.N = 1, .T = 3, .tokens = tokens},
         {.task = ELMAN_TASK_CLASSIFY},
         "task classify is not possible for arrays of tokens"},
        {{.N = 1, .T = 3, .tokens = tokens},
         {.test_path = "x"},
         "test_path is given"},
        {{.N = 1, .T = 3, .tokens = tokens}, {.folds = 2}, "folds is given"},
    };
    elman_dataset *dataset = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_FAILS(elman_dataset_open_arrays(&cases[i].arrays,
                                              &cases[i].config, &dataset),
                    ELMAN_BAD_VALUE, cases[i].message);
    CHECK(!dataset, "made");
}

TEST(borrowed_tokens_cost_no_memory)
{
    enum { MANY = 1 << 18 };
    static int32_t tokens[MANY];
    for (size_t i = 0; i < MANY; i++)
        tokens[i] = (int32_t)(i % 50);
    elman_arrays a = {.N = 1, .T = MANY, .tokens = tokens};
    const elman_dataset_config plain = {0};
    for (int borrowed = 0; borrowed < 2; borrowed++) {
        elman_dataset *dataset;
        a.borrowed = borrowed;
        allocator_reset();
        CHECK_OK(elman_dataset_open_arrays(&a, &plain, &dataset));
        allocations have = allocator_read();
        elman_dataset_close(dataset);
        size_t most = (borrowed ? 0 : sizeof tokens) + 20000;
        CHECK(have.peak < most, "%zu of %zu", have.peak, most);
    }
}

TEST(without_memory_nothing_is_opened_or_left)
{
    draw();
    const elman_dataset_config plain = {0};
    for (int form = 0; form < FORMS; form += 4) {
        elman_arrays a = arrays_of(form);
        a.vocabulary = V;
        check_without_memory(&a, &plain);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_are_the_dataset_of_their_text),
        cmocka_unit_test(sequences_of_a_part_are_one_behind_the_other),
        cmocka_unit_test(the_words_of_tokens_are_read_as_these),
        cmocka_unit_test(bytes_follow_the_vocabulary_of_a_text),
        cmocka_unit_test(arrays_of_tokens_that_make_no_sense_are_refused),
        cmocka_unit_test(borrowed_tokens_cost_no_memory),
        cmocka_unit_test(without_memory_nothing_is_opened_or_left),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
