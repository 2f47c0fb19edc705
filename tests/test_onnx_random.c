/*
 * test_onnx_random.c: 100 random graphs give what ONNX Runtime gave, as models
 * and as they are. tests/golden/make_random.py recorded them.
 */
#include "golden.h"
#include "reference_files.h"

#include "format/npy.h"

static void check_graph(const golden *g, const named_tensor *file)
{
    const named_tensor *y = golden_find(g, "y");
    float *want = golden_floats(g, "y"), *got = calloc(y->count, sizeof *got);
    elman_graph *graph = NULL;
    if (!got) abort();

    CHECK(elman_graph_open_memory(file->data, file->count, &graph) == ELMAN_OK,
          "%s: %s", g->name, elman_message());
    CHECK_OK(elman_graph_load(graph, "x", in_folder("x.npy")));
    CHECK(elman_graph_forward(graph, 0, 1) == ELMAN_OK, "%s: %s", g->name,
          elman_message());
    CHECK_OK(elman_graph_read(graph, "y", y->count * sizeof *got, got));
    CHECK_CLOSE(got, want, y->count, 1e-4, 1e-5, "%s", g->name);

    elman_graph_close(graph);
    free(got);
    free(want);
}

TEST(graphs_of_onnx_give_the_same)
{
    golden g = golden_open("random_onnx");
    size_t count = 0;
    for (; golden_next(&g, count); count++) {
        const named_tensor *file = golden_find(&g, "model");
        elman_import *import = NULL;
        elman_model *model = NULL;
        CHECK_OK(npy_save(in_folder("x.npy"), golden_find(&g, "x")));
        CHECK_OK(npy_save(in_folder("y.npy"), golden_find(&g, "y")));

        CHECK(elman_import_open_memory(file->data, file->count, NULL,
                                       &import) == ELMAN_OK &&
                  elman_import_create(import, &model) == ELMAN_OK,
              "%s: %s", g.name, elman_message());
        (void)check_files(model, g.name);
        elman_model_destroy(model);
        elman_import_close(import);
        check_graph(&g, file);
    }
    CHECK(count == 100, "%zu graphs", count);
    golden_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(graphs_of_onnx_give_the_same),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
