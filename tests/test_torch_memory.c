/*
 * test_torch_memory.c: files of PyTorch and NumPy read with each allocation
 * failing, and how much memory small files can ask for.
 */
#include "check.h"

#include "allocator.h"
#include "elman_exchange.h"
#include "format/npz.h"
#include "format/pickle.h"
#include "format/torch.h"
#include "golden_torch.h"

static elman_status read_torch(const char *name)
{
    torch_file *file = NULL;
    elman_status status = torch_open(golden_torch_path(name), NULL, &file);
    if (status == ELMAN_OK) torch_close(file);
    return status;
}

static elman_status read_npz(const char *name)
{
    npz *file = NULL;
    elman_status status = npz_open(golden_torch_path(name), &file);
    if (status == ELMAN_OK) npz_close(file);
    return status;
}

/* A state dict with weights in parts, from the file to the model. */
static elman_status read_parts(const char *name)
{
    char path[1000];
    const char *paths[] = {path};
    int room = (int)(strrchr(__FILE__, '/') - __FILE__);
    snprintf(path, sizeof path, "%.*s/golden/parts/%s", room, __FILE__, name);

    elman_import *import = NULL;
    elman_model *model = NULL;
    elman_status status = elman_import_open(paths, 1, NULL, &import);
    if (status == ELMAN_OK) status = elman_import_create(import, &model);
    elman_import_close(import);
    elman_model_destroy(model);
    return status;
}

/* What a file would take, where it is asked about. */
static elman_status read_proposals(const char *name)
{
    char path[1000];
    const char *paths[] = {path}, *question = NULL;
    size_t count = 0;
    int room = (int)(strrchr(__FILE__, '/') - __FILE__);
    snprintf(path, sizeof path, "%.*s/golden/odd/%s", room, __FILE__, name);

    elman_import *import = NULL;
    elman_status status = elman_import_propose(paths, 1, NULL, &import);
    if (status) return status;
    (void)elman_import_proposals(import, &question, &count);
    CHECK(count > 0, "%s: nothing is proposed", name);
    CHECK(*question, "%s: nothing is asked", name);
    elman_import_close(import);
    return ELMAN_OK;
}

/* A file of PyTorch that is only looked at, with what is in it. */
static elman_status read_looked(const char *name)
{
    char path[1000];
    const char *paths[] = {path};
    size_t count = 0;
    int room = (int)(strrchr(__FILE__, '/') - __FILE__);
    snprintf(path, sizeof path, "%.*s/golden/%s", room, __FILE__, name);

    elman_import *import = NULL;
    elman_status status = elman_import_look(paths, 1, &import);
    if (status) return status;
    (void)elman_import_rows(import, &count);
    CHECK(count > 0, "%s: nothing is seen", name);
    elman_import_close(import);
    return ELMAN_OK;
}

TEST(readers_survive_each_failing_allocation)
{
    static const struct {
        elman_status (*read)(const char *name);
        const char *name;
    } cases[] = {{read_torch, "views.pt"},
                 {read_torch, "checkpoint_deflated.pt"},
                 {read_torch, "checkpoint_stream.pt"},
                 {read_torch, "objects.pt"},
                 {read_torch, "quantized.pt"},
                 {read_torch, "quantized_tensors.pt"},
                 {read_torch, "program_quantized.pt"},
                 {read_torch, "program_frozen.pt"},
                 {read_torch, "exported.pt2"},
                 {read_torch, "inside.tar"},
                 {read_torch, "arrays2.pkl"},
                 {read_torch, "tensors2.pkl"},
                 {read_looked, "state/whole_module.pt"},
                 {read_looked, "state/two_states.pt"},
                 {read_npz, "arrays_deflated.npz"},
                 {read_parts, "weight_norm_old.safetensors"},
                 {read_parts, "weight_norm_new_1.safetensors"},
                 {read_parts, "spectral_norm_new.safetensors"},
                 {read_parts, "pruned.safetensors"},
                 {read_parts, "raw_module.safetensors"},
                 {read_parts, "norm_between.safetensors"},
                 {read_parts, "norm_front.safetensors"},
                 {read_proposals, "a2c.safetensors"},
                 {read_proposals, "crf.safetensors"},
                 {read_proposals, "attn_weight.safetensors"},
                 {read_proposals, "learned_state.safetensors"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        allocator_reset();
        CHECK_OK(cases[i].read(cases[i].name));
        size_t calls = allocator_read().calls;
        assert_int_equal(allocator_read().outstanding, 0);
        CHECK(calls > 5, "%s: %zu allocations", cases[i].name, calls);
        for (size_t call = 0; call < 2 * calls; call++) {
            allocator_fail(call / 2, call % 2);
            elman_status status = cases[i].read(cases[i].name);
            allocations after = allocator_read();
            allocator_reset();
            CHECK(after.failed > 0, "allocation %zu was not made", call / 2);
            CHECK(status == ELMAN_NO_MEMORY, "%s, allocation %zu: %d \"%s\"",
                  cases[i].name, call / 2, (int)status, elman_message());
            CHECK(after.outstanding == 0, "%s, allocation %zu leaves %td",
                  cases[i].name, call / 2, after.outstanding);
        }
    }
}

/* The opcodes that cost most for each byte. */
TEST(memory_stays_a_small_multiple_of_a_pickle)
{
    enum { SIZE = 1000000, MULTIPLE = 40 };
    static const char *const cases[] = {
        "N",      "]",         ")",
        "]\x94",  "N\x85",     "]Na",
        "(l",     "K\1",       "N\x94",
        "}NNs",   "2",         "(",
        "](NNNe", "N\x85\x94", "ca\nb\n",
        "2)R",    "2)\x81Nb",  "0ca\nb\n)R2K\1K\1s",
        "Nb"};
    static const pickle_table table = {.advice = ""};
    char *bytes = malloc(SIZE);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pickle *tree = NULL;
        size_t unit = strlen(cases[i]), used;
        memcpy(bytes, "ca\nb\n", 5);
        for (size_t k = 5; k + unit <= SIZE; k += unit)
            memcpy(bytes + k, cases[i], unit);
        allocator_reset();
        CHECK(pickle_parse(bytes, SIZE, &table, &used, &tree) ==
                  ELMAN_BAD_FORMAT,
              "it has no stop");
        allocations after = allocator_read();
        CHECK(after.peak <= (size_t)MULTIPLE * SIZE, "\"%s\": %zu bytes",
              cases[i], after.peak);
        assert_int_equal(after.outstanding, 0);
    }
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_survive_each_failing_allocation),
        cmocka_unit_test(memory_stays_a_small_multiple_of_a_pickle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
