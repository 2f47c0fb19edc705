/* graph.c: any file as an ONNX graph to be run: its inputs are given small
 * arrays as it asks for them, its outputs are written. */
#include "fuzz.h"

#include "format/npy.h"

#include <stdio.h>
#include <string.h>

enum { MOST = 1024, ANY_SIZE = 2 }; /* elements of an input; of a free axis */

/* An array for an input; false if none of a few elements would do. */
static bool give(elman_graph *graph, const elman_port *port)
{
    static char numbers[MOST * sizeof(double)];
    named_tensor t = {.rank = port->rank, .count = 1, .data = numbers};
    while (t.type < ELEMENT_TYPES &&
           strcmp(element_name(t.type), port->type) != 0)
        t.type++;
    if (t.type == ELEMENT_TYPES) return false;
    for (size_t i = 0; i < port->rank; i++) {
        int64_t size = port->shape[i] < 0 ? ANY_SIZE : port->shape[i];
        if (size > MOST) return false;
        t.shape[i] = (size_t)size;
        t.count *= t.shape[i];
        if (t.count > MOST) return false;
    }
    /* lengths and tokens of 1, other numbers of 0 */
    static const int64_t one = 1;
    size_t width = element_bytes(t.type);
    memset(numbers, 0, sizeof numbers);
    if (t.type == ELEMENT_I64 || t.type == ELEMENT_I32)
        for (size_t i = 0; i < t.count; i++)
            memcpy(numbers + i * width, &one, width);
    MUST_OK(npy_save(fuzz_path("x.npy"), &t));
    if (elman_graph_load(graph, port->name, fuzz_path("x.npy")) == ELMAN_OK)
        return true;
    fuzz_refused("");
    return false;
}

static void forward(elman_graph *graph, size_t steps)
{
    size_t count = 0;
    const elman_port *port = elman_graph_ports(graph, &count);
    if (elman_graph_forward(graph, steps, 1) != ELMAN_OK) {
        fuzz_refused("");
        return;
    }
    for (size_t i = 0; i < count; i++)
        if (!port[i].input)
            MUST_OK(elman_graph_save(graph, port[i].name, fuzz_path("y.npy")));
}

static void run(const uint8_t *data, size_t size)
{
    elman_graph *graph = NULL;
    const char *path = fuzz_put("g.onnx", data, size);
    if (elman_graph_open(path, &graph) != ELMAN_OK) {
        MUST(!graph);
        fuzz_refused(path);
        return;
    }
    size_t count = 0;
    bool given = true;
    const elman_port *port = elman_graph_ports(graph, &count);
    for (size_t i = 0; i < count && given; i++)
        if (port[i].input && !(port[i].optional && i % 2))
            given = give(graph, port + i);
    if (given) {
        forward(graph, 0);
        forward(graph, 1);
    }
    elman_graph_close(graph);
}

const fuzz_target target = {.run = run, .times = 400, .room = 16 << 20};
