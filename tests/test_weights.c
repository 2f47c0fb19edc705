/*
 * test_weights.c: where the weights of a model are. A model that only runs
 * holds them once, whatever it is loaded from; copies for training and views
 * are made once, by any thread, and change no bit; a change packs what it
 * changes; and memory takes and gives the bytes of files.
 */
#include "random_batch.h"

#include "allocator.h"
#include "folder.h"
#include "format/file.h"
#include "model/hash.h"
#include "model/model.h"
#include "zip_build.h"

#include <pthread.h>

enum { NETWORKS = 150 };

/* ---- How large a model is ------------------------------------------------ */

/* Kinds of networks with some 100,000 weights and more. */
static const elman_config large[] = {
    {.input_size = 64, .layers = {{.kind = ELMAN_LSTM, .hidden_size = 192}}},
    {.input_size = 64,
     .layers = {{.kind = ELMAN_GRU, .hidden_size = 160, .num_layers = 2},
                {.kind = ELMAN_LINEAR, .output_size = 10}}},
    {.input_size = 33,
     .layers = {{.kind = ELMAN_LSTM,
                 .hidden_size = 160,
                 .proj_size = 48,
                 .bidirectional = true},
                {.kind = ELMAN_LAYER_NORM},
                {.kind = ELMAN_LINEAR, .output_size = 64}}},
    {.layers = {{.kind = ELMAN_EMBEDDING,
                 .num_embeddings = 3000,
                 .embedding_dim = 48},
                {.kind = ELMAN_RNN, .hidden_size = 96},
                {.kind = ELMAN_LINEAR, .output_size = 300}}},
    {.input_size = 256,
     .layers = {{.kind = ELMAN_INDRNN, .hidden_size = 256, .num_layers = 2}}},
    {.input_size = 128,
     .layers = {{.kind = ELMAN_MINGRU, .hidden_size = 256},
                {.kind = ELMAN_POOL, .pool = ELMAN_POOL_ATTENTION},
                {.kind = ELMAN_LINEAR, .output_size = 3}}},
    {.input_size = 100,
     .layers = {{.kind = ELMAN_LIGRU, .hidden_size = 176},
                {.kind = ELMAN_MINLSTM, .hidden_size = 64}}},
};

enum { LARGE = sizeof large / sizeof *large };

/* What loading, and running one step of a stream, takes. */
static void check_room(const char *name, elman_status (*load)(elman_model **))
{
    elman_model *m = NULL;
    allocator_reset();
    CHECK_OK(load(&m));
    allocations now = allocator_read();
    size_t weights = 4 * elman_model_read_info(m).weight_count;
    size_t most = weights + weights / 10;

    CHECK((size_t)now.held <= most, "%s: %zd bytes for %zu of weights", name,
          now.held, weights);
    CHECK(elman_model_size(m) <= (size_t)now.held + 512 &&
              elman_model_size(m) + 4096 >= (size_t)now.held,
          "%s: told %zu bytes, are %zd", name, elman_model_size(m), now.held);
    CHECK(now.peak <= most + (1 << 18), "%s: at most %zu bytes for %zu", name,
          now.peak, weights);

    /* an inference makes no copy */
    size_t size = elman_model_size(m);
    elman_state *s = NULL;
    static const float x[256];
    static const int32_t token[1];
    const elman_batch batch = {.T = 1, .B = 1, .x = x, .tokens = token};
    CHECK_OK(elman_state_create(m, &(elman_state_config){.T = 1}, &s));
    CHECK_OK(elman_model_forward(m, s, &batch, NULL));
    CHECK(elman_model_size(m) == size, "%s: it grew", name);
    elman_state_destroy(s);
    elman_model_destroy(m);
}

static const char *path;
static char *bytes;
static size_t size;

static elman_status from_file(elman_model **m)
{
    return elman_model_load(path, m);
}

static elman_status from_memory(elman_model **m)
{
    return elman_model_load_memory(bytes, size, m);
}

static elman_status from_lent(elman_model **m)
{
    return elman_model_open_memory(bytes, size, m);
}

TEST(a_model_that_runs_holds_its_weights_once)
{
    path = in_folder("large.safetensors");
    for (size_t i = 0; i < LARGE; i++) {
        char name[40];
        elman_model *m = NULL;
        snprintf(name, sizeof name, "network %zu", i);
        CHECK_OK(elman_model_create(large + i, &m));
        CHECK_OK(elman_model_save(m, path));
        elman_model_destroy(m);

        check_room(name, from_file);
        CHECK_OK(file_read(path, &bytes, &size));
        check_room(name, from_memory);
        check_room(name, from_lent);
        free(bytes);
    }
}

/* What torch.save writes of a state dict: an array for each parameter. */
static void save_torch(const elman_model *m)
{
    enum { MOST = 40, ROOM = 300 };
    zip_part parts[MOST + 1] = {{0}};
    static char names[MOST][20], text[MOST * ROOM];
    size_t count = elman_model_read_info(m).parameter_count, used = 0;
    CHECK(count <= MOST, "%zu parameters", count);
    used += (size_t)sprintf(text, "}");

    for (size_t i = 0; i < count; i++) {
        elman_const_tensor p;
        const char *name = elman_model_parameter(m, i, &p);
        size_t columns = p.rank > 1 ? p.shape[1] : 1, n = p.shape[0] * columns;
        float *data = malloc(n * sizeof *data);
        CHECK_OK(elman_model_read(m, name, n, data));
        sprintf(names[i], "a/data/%zu", i);
        parts[i] = (zip_part){
            .name = names[i], .data = data, .bytes = n * sizeof *data};

        used += (size_t)sprintf(
            text + used,
            "V%s\nctorch._utils\n_rebuild_tensor_v2\n((Vstorage\n"
            "ctorch\nFloatStorage\nV%zu\nVcpu\nI%zu\ntQI0\n",
            name, i, n);
        used +=
            (size_t)(p.rank > 1
                         ? sprintf(text + used, "(I%zu\nI%zu\nt(I%zu\nI1\nt",
                                   p.shape[0], columns, columns)
                         : sprintf(text + used, "(I%zu\nt(I1\nt", n));
        used += (size_t)sprintf(text + used, "I00\nNtRs");
    }
    text[used++] = '.';
    parts[count] =
        (zip_part){.name = "a/data.pkl", .data = text, .bytes = used};

    zip_file zip = zip_build(parts, count + 1);
    put_bytes("large.pt", zip.bytes, zip.size);
    for (size_t i = 0; i < count; i++)
        free((void *)parts[i].data);
    free(zip.bytes);
}

/* Its file is in memory while the weights are packed, and nothing else. */
TEST(a_state_dict_takes_twice_its_weights_while_it_is_loaded)
{
    static const elman_config cases[] = {
        {.input_size = 64,
         .layers = {{.kind = ELMAN_LSTM, .hidden_size = 256}}},
        {.input_size = 32,
         .layers = {{.kind = ELMAN_GRU, .hidden_size = 192, .num_layers = 2}}},
        {.input_size = 32,
         .layers = {{.kind = ELMAN_RNN,
                     .hidden_size = 320,
                     .bidirectional = true}}},
    };
    path = in_folder("large.pt");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        elman_model *m = NULL, *loaded = NULL;
        CHECK_OK(elman_model_create(cases + i, &m));
        save_torch(m);
        size_t weights = 4 * elman_model_read_info(m).weight_count;
        allocator_reset();
        CHECK_OK(elman_model_load(path, &loaded));
        allocations now = allocator_read();
        CHECK(now.peak <= 2 * weights + (1 << 17),
              "case %zu: at most %zu bytes for %zu", i, now.peak, weights);
        CHECK((size_t)now.held <= weights + weights / 10,
              "case %zu: %td bytes for %zu", i, now.held, weights);
        CHECK(model_hash(loaded) == model_hash(m), "case %zu", i);
        elman_model_destroy(loaded);
        elman_model_destroy(m);
    }
}

/* ---- The same weights, wherever they are --------------------------------- */

static float *all_weights(const elman_model *m)
{
    size_t count = elman_model_read_info(m).weight_count;
    float *values = malloc((count + 1) * sizeof *values);
    CHECK_OK(elman_model_read_all(m, count, values));
    return values;
}

/* y, and the sum of gradients by the last parameter, of a batch. */
typedef struct result {
    float y[3000], grad[3000];
} result;

static void run(const elman_model *m, const random_batch *batch, bool training,
                result *r)
{
    elman_state *s = NULL;
    elman_tensor view;
    const elman_batch in = {.T = batch->T,
                            .B = batch->B,
                            .x = batch->x,
                            .tokens = m->info.vocabulary ? batch->tokens : NULL,
                            .lengths = batch->lengths};
    memset(r, 0, sizeof *r);
    CHECK_OK(elman_state_create(
        m,
        &(elman_state_config){.T = MOST_T, .B = MOST_B, .training = training},
        &s));
    CHECK_OK(elman_model_forward(m, s, &in, r->y));

    for (size_t i = 0; i < m->info.parameter_count && training; i++) {
        char name[sizeof m->parameters->name + 8];
        size_t n =
            m->parameters[i].count < 3000 ? m->parameters[i].count : 3000;
        if (i == 0) {
            CHECK_OK(elman_state_view(m, s, "dy", &view));
            for (size_t b = 0; b < batch->B; b++)
                if (batch->lengths[b]) view.data[b] = 1;
            CHECK_OK(elman_model_backward(m, s, NULL, NULL));
        }
        snprintf(name, sizeof name, "%s.grad", m->parameters[i].name);
        CHECK_OK(elman_state_view(m, s, name, &view));
        for (size_t j = 0; j < n; j++)
            r->grad[j] += view.data[j];
    }
    elman_state_destroy(s);
}

static void check_same(const elman_model *got, const elman_model *want,
                       const random_batch *batch, const char *what)
{
    static result g, w;
    float *a = all_weights(got), *b = all_weights(want);
    CHECK_BITS(a, b, want->info.weight_count, "%s", what);
    CHECK(model_hash(got) == model_hash(want), "%s: another hash", what);
    free(a);
    free(b);

    for (int training = 0; training < 2; training++) {
        run(got, batch, training, &g);
        run(want, batch, training, &w);
        CHECK_BITS(g.y, w.y, 3000, "%s training=%d", what, training);
        CHECK_BITS(g.grad, w.grad, 3000, "%s training=%d", what, training);
    }
}

/* Each parameter alone, as read, viewed, and from the flat array. */
static void check_parameters(const elman_model *m)
{
    size_t at = 0;
    float *all = all_weights(m), values[3000];
    for (size_t i = 0; i < m->info.parameter_count; i++) {
        const parameter *p = m->parameters + i;
        elman_const_tensor view;
        CHECK(p->count <= 3000, "%s is large", p->name);
        CHECK_OK(elman_model_read(m, p->name, p->count, values));
        CHECK_BITS(values, all + at, p->count, "%s", p->name);
        CHECK(elman_model_parameter(m, i, &view) == p->name, "%s", p->name);
        CHECK_BITS(view.data, all + at, p->count, "view of %s", p->name);
        at += p->count;
    }
    free(all);
}

TEST(copies_files_and_memory_give_the_same_model)
{
    const char *file = in_folder("same.safetensors");
    for (uint64_t which = 0; which < NETWORKS; which++) {
        draws d = draws_begin(500 + which);
        elman_config config = random_config(&d, MOST_H);
        random_batch batch = draw_batch(&d, &config, MOST_B);
        elman_model *m = NULL, *copy = NULL, *loaded = NULL, *read = NULL;
        CHECK_OK(elman_model_create(&config, &m));
        CHECK_OK(elman_model_write_note(m, "author", "Elman, 1990"));

        /* from the homes, and again when there is a flat array */
        char *first = NULL, *second;
        size_t count, told = 0;
        for (int flat = 0; flat < 2; flat++) {
            CHECK_OK(elman_model_save(m, file));
            CHECK_OK(file_read(file, &first, &count));
            CHECK_OK(elman_model_save_memory(m, 0, NULL, &told));
            assert_int_equal(told, count);
            second = malloc(count);
            CHECK_OK(elman_model_save_memory(m, count, second, &told));
            assert_memory_equal(first, second, count);
            CHECK_FAILS(elman_model_save_memory(m, count - 1, second, &told),
                        ELMAN_BAD_VALUE, "room is");

            CHECK_OK(elman_model_load(file, &loaded));
            CHECK_OK(elman_model_load_memory(second, count, &read));
            memset(second, 255, count);
            CHECK_OK(elman_model_copy(m, &copy));
            CHECK(elman_model_size(copy) <= elman_model_size(m), "it grew");
            assert_string_equal(elman_model_note(copy, "author"),
                                "Elman, 1990");
            check_same(loaded, copy, &batch, "loaded");
            check_same(read, copy, &batch, "from memory");
            check_same(copy, m, &batch, "copied");
            check_parameters(m);
            free(first);
            free(second);
            elman_model_destroy(copy);
            elman_model_destroy(loaded);
            elman_model_destroy(read);
        }
        elman_model_destroy(m);
    }
}

TEST(a_model_that_borrows_runs_and_cannot_be_changed)
{
    for (uint64_t which = 0; which < NETWORKS; which++) {
        draws d = draws_begin(700 + which);
        elman_config config = random_config(&d, MOST_H);
        random_batch batch = draw_batch(&d, &config, MOST_B);
        elman_model *m = NULL, *lent = NULL, *copy = NULL;
        CHECK_OK(elman_model_create(&config, &m));
        size_t written, count = m->info.weight_count;
        CHECK_OK(elman_model_save_memory(m, 0, NULL, &written));

        /* aligned, and so that every parameter has to be copied */
        size_t shift = which % 4;
        char *block = malloc(written + 4);
        CHECK_OK(elman_model_save_memory(m, written, block + shift, &written));
        CHECK_OK(elman_model_open_memory(block + shift, written, &lent));
        CHECK_OK(elman_model_copy(lent, &copy));
        check_parameters(lent);
        CHECK(!shift == !model_flat(lent) || !m->info.parameter_count,
              "a flat array: shift %zu", shift);
        check_same(lent, m, &batch, "borrowed");
        check_same(copy, m, &batch, "copied");

        float *values = all_weights(m);
        CHECK_FAILS(elman_model_write_all(lent, count, values), ELMAN_BAD_VALUE,
                    "elman_model_copy");
        values[0] += 1;
        CHECK_OK(elman_model_write_all(copy, count, values));
        check_same(lent, m, &batch, "after a change of its copy");
        free(values);
        elman_model_destroy(m);
        elman_model_destroy(lent);
        elman_model_destroy(copy);
        free(block);
    }
}

/* ---- Writing ------------------------------------------------------------- */

/* Writes all weights of from into a model, at once or one by one. */
static void write_all(elman_model *to, const elman_model *from, bool at_once)
{
    float *values = all_weights(from);
    size_t count = from->info.weight_count, at = 0;
    if (at_once) CHECK_OK(elman_model_write_all(to, count, values));
    for (size_t i = 0; i < from->info.parameter_count && !at_once; i++) {
        const parameter *p = from->parameters + i;
        CHECK_OK(elman_model_write(to, p->name, p->count, values + at));
        at += p->count;
    }
    free(values);
}

TEST(what_is_written_is_what_runs_whatever_was_made_before)
{
    for (uint64_t which = 0; which < NETWORKS; which++) {
        draws d = draws_begin(900 + which);
        elman_config config = random_config(&d, MOST_H);
        random_batch batch = draw_batch(&d, &config, MOST_B);
        elman_model *want = NULL;
        CHECK_OK(elman_model_create(&config, &want));
        config.seed++;

        /* with and without the late copies */
        for (int made = 0; made < 4; made++) {
            elman_model *m = NULL;
            CHECK_OK(elman_model_create(&config, &m));
            if (made & 1) CHECK_OK(model_make_flat(m));
            if (made & 2) CHECK_OK(model_make_training(m));
            write_all(m, want, which & 1);
            check_same(m, want, &batch, "written");
            elman_model_destroy(m);
        }
        elman_model_destroy(want);
    }
}

TEST(weights_are_written_from_a_view_of_themselves)
{
    elman_model *m = NULL;
    elman_const_tensor view;
    CHECK_OK(elman_model_create(large, &m));
    float *before = all_weights(m);
    size_t count = m->info.weight_count;
    for (size_t i = 0; i < m->info.parameter_count; i++) {
        const char *name = elman_model_parameter(m, i, &view);
        CHECK_OK(elman_model_write(m, name, m->parameters[i].count, view.data));
    }
    float *after = all_weights(m);
    CHECK_BITS(after, before, count, "written from itself");

    /* the count is that of all, and nothing happens otherwise */
    CHECK_FAILS(elman_model_write_all(m, count - 1, before), ELMAN_BAD_VALUE,
                "count is");
    CHECK_FAILS(elman_model_read_all(m, count + 1, before), ELMAN_BAD_VALUE,
                "count is");
    free(before);
    free(after);
    elman_model_destroy(m);
}

TEST(a_change_is_seen_in_what_was_lent)
{
    elman_model *m = NULL;
    CHECK_OK(elman_model_create(large + 3, &m));
    for (size_t i = 0; i < m->info.parameter_count; i++) {
        elman_const_tensor view;
        const char *name = elman_model_parameter(m, i, &view);
        size_t count = m->parameters[i].count;
        float *values = malloc(count * sizeof *values);
        random_fill(i, count, 1, 2, values);
        CHECK_OK(elman_model_write(m, name, count, values));
        CHECK_BITS(view.data, values, count, "%s", name);
        free(values);
    }
    elman_model_destroy(m);
}

/* ---- Threads --------------------------------------------------------------
 */

enum { THREADS = 8 };

static const elman_model *shared;
static const random_batch *shared_batch;
static uint64_t results[THREADS];

/* What a thread may do with a model that others use as well. */
static void *use_shared(void *context)
{
    size_t i = (size_t)((uint64_t *)context - results);
    static _Thread_local result r;
    elman_const_tensor view;
    elman_model *copy = NULL;

    if (i % 4 == 1)
        for (size_t p = 0; p < shared->info.parameter_count; p++)
            (void)elman_model_parameter(shared, p, &view);
    if (i % 4 == 2 && elman_model_copy(shared, &copy)) return NULL;
    run(copy ? copy : shared, shared_batch, i % 4 != 3, &r);
    results[i] = hash_floats(model_hash(shared), 3000, r.y);
    elman_model_destroy(copy);
    return NULL;
}

TEST(threads_that_share_a_model_make_its_copies_once)
{
    for (uint64_t which = 0; which < 20; which++) {
        draws d = draws_begin(1300 + which);
        elman_config config = random_config(&d, MOST_H);
        random_batch batch = draw_batch(&d, &config, MOST_B);
        elman_model *m = NULL;
        pthread_t thread[THREADS];
        CHECK_OK(elman_model_create(&config, &m));
        shared = m;
        shared_batch = &batch;

        for (size_t i = 0; i < THREADS; i++)
            assert_int_equal(
                pthread_create(thread + i, NULL, use_shared, results + i), 0);
        for (size_t i = 0; i < THREADS; i++)
            pthread_join(thread[i], NULL);
        for (size_t i = 1; i < THREADS; i++)
            CHECK(results[i] == results[i % 4 == 3 ? 3 : 0],
                  "network %d thread %zu", (int)which, i);
        CHECK_OK(model_make_flat(m));
        check_parameters(m);
        elman_model_destroy(m);
    }
}

/* ---- Where memory runs out ------------------------------------------------
 */

/* Everything that makes a copy or a file of a model; ends at a failure. */
static elman_status session(void)
{
    elman_model *m = NULL, *copy = NULL;
    elman_state *s = NULL;
    elman_optimizer *o = NULL;
    static const elman_optimizer_config sgd = {.rule = ELMAN_RULE_SGD};
    static char room[1 << 14];
    static float values[1 << 12];
    size_t written;

    elman_status status = elman_model_load_memory(bytes, size, &m);
    size_t count = elman_model_read_info(m).weight_count;
    if (!status) status = elman_model_copy(m, &copy);
    if (!status)
        status =
            elman_state_create(m, &(elman_state_config){.training = true}, &s);
    if (!status) status = elman_optimizer_create(m, &sgd, &o);
    if (!status) status = elman_optimizer_step(o, m, s, 0.1, NULL);
    if (!status) status = elman_model_read_all(m, count, values);
    if (!status) status = elman_model_write_all(copy, count, values);
    if (!status)
        status = elman_model_save_memory(copy, sizeof room, room, &written);
    elman_optimizer_destroy(o);
    elman_state_destroy(s);
    elman_model_destroy(copy);
    elman_model_destroy(m);
    return status;
}

static void save_small(void)
{
    static const elman_config config = {
        .input_size = 2,
        .layers = {{.kind = ELMAN_GRU, .hidden_size = 3},
                   {.kind = ELMAN_LINEAR, .output_size = 20}}};
    elman_model *m = NULL;
    CHECK_OK(elman_model_create(&config, &m));
    CHECK_OK(elman_model_save_memory(m, 0, NULL, &size));
    bytes = malloc(size);
    CHECK_OK(elman_model_save_memory(m, size, bytes, &size));
    elman_model_destroy(m);
}

TEST(each_allocation_that_fails_is_told_and_leaves_nothing)
{
    save_small();
    allocator_reset();
    CHECK_OK(session());
    size_t calls = allocator_read().calls;
    CHECK(calls > 20, "only %zu allocations", calls);

    for (int ever_after = 0; ever_after < 2; ever_after++)
        for (size_t call = 0; call < calls; call++) {
            allocator_fail(call, ever_after);
            elman_status status = session();
            allocations now = allocator_read();
            allocator_reset();
            CHECK(status == ELMAN_NO_MEMORY, "allocation %zu: status %d", call,
                  (int)status);
            CHECK(now.outstanding == 0, "allocation %zu: %td blocks left", call,
                  now.outstanding);
        }
    free(bytes);
}

TEST(a_view_without_memory_has_a_shape_and_no_data)
{
    elman_model *m = NULL;
    elman_const_tensor view;
    CHECK_OK(elman_model_create(large, &m));
    allocator_fail(0, true);
    const char *name = elman_model_parameter(m, 0, &view);
    allocator_reset();
    assert_string_equal(name, "rnn.weight_ih_l0");
    assert_null(view.data);
    assert_int_equal(view.shape[0], 4 * 192);
    assert_int_equal(view.shape[1], 64);
    CHECK(strstr(elman_message(), "no memory"), "%s", elman_message());
    assert_non_null(elman_model_parameter(m, 0, &view));
    assert_non_null(view.data);
    elman_model_destroy(m);
}

/* ---- Broken bytes ---------------------------------------------------------
 */

/* Refused with one sentence, or read. */
static elman_status check_broken(const char *what, const char *from,
                                 size_t count, size_t where)
{
    elman_model *m = NULL;
    char *exact = malloc(count + !count);
    memcpy(exact, from, count);
    elman_status status = elman_model_load_memory(exact, count, &m);
    CHECK(!status == !!m, "%s at %zu", what, where);
    if (status)
        CHECK(strncmp(elman_message(), "<memory>: ", 10) == 0 &&
                  !strchr(elman_message(), '\n'),
              "%s at %zu: %s", what, where, elman_message());
    elman_model_destroy(m);
    free(exact);
    return status;
}

TEST(bytes_that_are_cut_or_changed_are_refused_with_a_sentence)
{
    save_small();
    for (size_t cut = 0; cut < size; cut++) {
        CHECK(check_broken("cut", bytes, cut, cut), "cut at %zu", cut);
        bool told = strstr(elman_message(), "cut short") != NULL;
        CHECK(told || cut < 10, "cut at %zu: %s", cut, elman_message());
    }

    for (size_t i = 0; i < size; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            bytes[i] = (char)(bytes[i] ^ (1 << bit));
            (void)check_broken("changed", bytes, size, i);
            bytes[i] = (char)(bytes[i] ^ (1 << bit));
        }
    CHECK_OK(check_broken("whole", bytes, size, 0));
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_that_runs_holds_its_weights_once),
        cmocka_unit_test(
            a_state_dict_takes_twice_its_weights_while_it_is_loaded),
        cmocka_unit_test(copies_files_and_memory_give_the_same_model),
        cmocka_unit_test(a_model_that_borrows_runs_and_cannot_be_changed),
        cmocka_unit_test(what_is_written_is_what_runs_whatever_was_made_before),
        cmocka_unit_test(weights_are_written_from_a_view_of_themselves),
        cmocka_unit_test(a_change_is_seen_in_what_was_lent),
        cmocka_unit_test(threads_that_share_a_model_make_its_copies_once),
        cmocka_unit_test(each_allocation_that_fails_is_told_and_leaves_nothing),
        cmocka_unit_test(a_view_without_memory_has_a_shape_and_no_data),
        cmocka_unit_test(
            bytes_that_are_cut_or_changed_are_refused_with_a_sentence),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
