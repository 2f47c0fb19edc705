/* graph.c: any file as an ONNX graph to be run: its inputs are given small
 * arrays as it asks for them, with sizes and numbers drawn from the file's
 * bytes, and it must give the same bits whole and step by step. */
#include "fuzz.h"

#include "format/half.h"
#include "format/npy.h"

#include <stdio.h>
#include <string.h>

enum { MOST = 1024, LONGEST = 3 }; /* elements of an input; T and B */

/* What the inputs are drawn from. */
typedef struct draw {
    uint64_t state;
    size_t T, B;
    bool batch_first;
} draw;

/* A number below count. */
static size_t draw_below(draw *d, size_t count)
{
    d->state = d->state * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(d->state >> 33) % count;
}

static draw draw_from(const uint8_t *data, size_t size)
{
    draw d = {.state = 1};
    for (size_t i = 0; i < size; i++)
        d.state = (d.state ^ data[i]) * 1099511628211u;
    d.T = 1 + draw_below(&d, LONGEST);
    d.B = 1 + draw_below(&d, LONGEST);
    d.batch_first = draw_below(&d, 2);
    return d;
}

/* The size of an axis: a free one is of steps or of sequences, and an array of
 * one axis has a number for each sequence. */
static size_t axis_size(const draw *d, const elman_port *port, size_t axis)
{
    if (port->shape[axis] >= 0) return (size_t)port->shape[axis];
    bool steps = port->rank > 1 && (axis == 0) != d->batch_first;
    return steps ? d->T : d->B;
}

/* Writes number i: multiples of 1/8 up to 2, lengths from 1 to T, tokens from
 * 0; of other types zeros. */
static void put_number(draw *d, const named_tensor *t, size_t i, char *numbers)
{
    char *to = numbers + i * element_bytes(t->type);
    double value = (double)draw_below(d, 33) / 8 - 2;
    float single = (float)value;
    uint16_t half = half_narrow(value);
    int64_t whole = t->rank == 1 ? 1 + (int64_t)draw_below(d, d->T)
                                 : (int64_t)draw_below(d, LONGEST);
    int32_t narrow = (int32_t)whole;
    memset(to, 0, element_bytes(t->type));
    if (t->type == ELEMENT_F64) memcpy(to, &value, sizeof value);
    if (t->type == ELEMENT_F32) memcpy(to, &single, sizeof single);
    if (t->type == ELEMENT_F16) memcpy(to, &half, sizeof half);
    if (t->type == ELEMENT_I64) memcpy(to, &whole, sizeof whole);
    if (t->type == ELEMENT_I32) memcpy(to, &narrow, sizeof narrow);
}

/* An array for an input; false if none of a few elements would do. */
static bool give(elman_graph *graph, const elman_port *port, draw *d)
{
    static char numbers[MOST * sizeof(double)];
    named_tensor t = {.rank = port->rank, .count = 1, .data = numbers};
    while (t.type < ELEMENT_TYPE_COUNT &&
           strcmp(element_name(t.type), port->type) != 0)
        t.type++;
    if (t.type == ELEMENT_TYPE_COUNT) return false;
    for (size_t i = 0; i < port->rank; i++) {
        t.shape[i] = axis_size(d, port, i);
        if (t.shape[i] > MOST) return false;
        t.count *= t.shape[i];
        if (t.count > MOST) return false;
    }
    for (size_t i = 0; i < t.count; i++)
        put_number(d, &t, i, numbers);
    MUST_OK(npy_save(fuzz_path("x.npy"), &t));
    if (elman_graph_load(graph, port->name, fuzz_path("x.npy")) == ELMAN_OK)
        return true;
    fuzz_refused("");
    return false;
}

/* The path of output i of one run. */
static const char *output_path(const char *label, size_t i)
{
    char name[40];
    snprintf(name, sizeof name, "%s%zu.npy", label, i);
    return fuzz_path(name);
}

/* Runs the graph and saves its outputs; false if it was refused. */
static bool forward(elman_graph *graph, size_t steps, const char *label)
{
    size_t count = 0;
    const elman_port *port = elman_graph_ports(graph, &count);
    if (elman_graph_forward(graph, steps, 1) != ELMAN_OK) {
        fuzz_refused("");
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (port[i].input) continue;
        MUST(port[i].shaped && port[i].rank <= ELMAN_MAX_AXES);
        for (size_t k = 0; k < port[i].rank; k++)
            MUST(port[i].shape[k] >= 0);
        MUST_OK(elman_graph_save(graph, port[i].name, output_path(label, i)));
    }
    return true;
}

static void forward_both(elman_graph *graph)
{
    size_t count = 0;
    const elman_port *port = elman_graph_ports(graph, &count);
    bool whole = forward(graph, 0, "whole");
    if (!forward(graph, 1, "step") || !whole) return;
    for (size_t i = 0; i < count; i++)
        if (!port[i].input)
            fuzz_same(output_path("whole", i), output_path("step", i));
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
    draw d = draw_from(data, size);
    const elman_port *port = elman_graph_ports(graph, &count);
    for (size_t i = 0; i < count && given; i++)
        if (port[i].input && !(port[i].optional && draw_below(&d, 2)))
            given = give(graph, port + i, &d);
    if (given) forward_both(graph);
    elman_graph_close(graph);
}

const fuzz_target target = {.run = run, .times = 400, .room = 16 << 20};
