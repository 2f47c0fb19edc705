/* onnx.c: a graph that is read can be saved, and is then the same file. */
#include "fuzz.h"

#include "format/onnx.h"

#include <unistd.h>

/* Whether it says only what the writer writes: attributes that are not read
 * are left out, and then the copy is another graph. */
static bool is_plain(const onnx_graph *graph)
{
    for (size_t i = 0; i < graph->node_count; i++)
        for (size_t k = 0; k < graph->nodes[i].attribute_count; k++) {
            const onnx_attribute *a = graph->nodes[i].attributes + k;
            if (a->kind == ONNX_OTHER) return false;
            if (a->kind == ONNX_GRAPH && !is_plain(a->g)) return false;
        }
    return true;
}

static void save_twice(const onnx_graph *graph)
{
    onnx_graph *again = NULL;
    const char *first = fuzz_path("first"), *second = fuzz_path("second");
    if (onnx_save(graph, first) != ELMAN_OK) {
        fuzz_refused("");
        MUST(access(first, F_OK));
        return;
    }
    if (!is_plain(graph)) return;
    MUST_OK(onnx_open(&(byte_source){.name = first}, &again));
    MUST(again->node_count == graph->node_count &&
         again->input_count == graph->input_count);
    MUST_OK(onnx_save(again, second));
    onnx_close(again);
    fuzz_same(first, second);
}

static void run(const uint8_t *data, size_t size)
{
    onnx_graph *graph = NULL;
    double last;
    if (onnx_parse(fuzz_copy(data, size), size, NULL, &graph) != ELMAN_OK) {
        MUST(!graph);
        fuzz_refused("");
        return;
    }
    for (size_t i = 0; i < graph->initializer_count; i++)
        if (graph->initializers[i].count)
            tensor_doubles(graph->initializers + i,
                           graph->initializers[i].count - 1, 1, &last);
    save_twice(graph);
    onnx_close(graph);
}

/* the graph, its bytes packed, and read again */
const fuzz_target target = {.run = run, .times = 120, .room = 4 << 20};
