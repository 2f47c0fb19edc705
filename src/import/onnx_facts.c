/* onnx_facts.c: who wrote a graph, and where it rounds. */
#include "import/onnx_facts.h"

#include "trace/attribute.h"

#include <string.h>

/* ---- float16 ------------------------------------------------------------- */

/* Whether a value is a tensor of 16 bits, in the file or moved about on its
 * way. */
static bool is_half(const onnx_graph *g, const char *name)
{
    enum { MOST_MOVES = 16 };
    static const char *const moves[] = {
        "Identity", "Transpose", "Unsqueeze", "Squeeze", "Reshape",
        "Slice",    "Split",     "Concat",    "Gather",
    };
    for (size_t moved = 0; moved < MOST_MOVES; moved++) {
        for (size_t i = 0; i < g->initializer_count; i++)
            if (!strcmp(g->initializers[i].name, name))
                return g->initializers[i].type == ELEMENT_F16 ||
                       g->initializers[i].type == ELEMENT_BF16;

        /* what makes it, if that only moves numbers */
        const onnx_node *maker = NULL;
        for (size_t i = 0; i < g->node_count && !maker; i++)
            for (size_t k = 0; k < g->nodes[i].output_count; k++)
                if (!strcmp(g->nodes[i].outputs[k], name)) maker = g->nodes + i;
        bool known = false;
        for (size_t i = 0; maker && i < sizeof moves / sizeof *moves; i++)
            known = known || node_is(maker, moves[i]);
        if (!known || !maker->input_count) return false;
        name = maker->inputs[0];
    }
    return false;
}

/* Whether n multiplies by weights. */
static bool has_weights(const onnx_node *n)
{
    static const char *const weighed[] = {"RNN", "GRU", "LSTM", "MatMul",
                                          "Gemm"};
    for (size_t k = 0; k < sizeof weighed / sizeof *weighed; k++)
        if (node_is(n, weighed[k])) return n->input_count > 1;
    return false;
}

/* The first node that computes with weights of 16 bits, or NULL. */
static const onnx_node *find_half(const onnx_graph *g)
{
    enum { MOST_LOOKED_AT = 64 };
    size_t looked_at = 0;
    for (size_t i = 0; i < g->node_count && looked_at < MOST_LOOKED_AT; i++) {
        if (!has_weights(g->nodes + i)) continue;
        if (is_half(g, g->nodes[i].inputs[1])) return g->nodes + i;
        looked_at++;
    }
    return NULL;
}

/* ---- Rounding ------------------------------------------------------------ */

elman_status onnx_say_rounding(elman_import *import, const trace *t)
{
    char text[NODE_TEXT];
    const onnx_node *half = t->rounded ? NULL : find_half(t->graph);
    if (half)
        return import_add_remark(
            import,
            import_text(import,
                        "not rounded: from %s on the graph computes in 16 "
                        "bits, and the model in float32, so that the graph's "
                        "outputs differ by as much",
                        node_text(half, text)));
    if (!t->rounded) return ELMAN_OK;

    /* what flows, at one node at least */
    return import_add_remark(
        import,
        import_text(import,
                    "not rounded: %s rounds what flows, to fewer bits than the "
                    "model computes with, so that the graph's outputs differ "
                    "by as much",
                    node_text(t->rounded, text)));
}

/* ---- Facts --------------------------------------------------------------- */

elman_status onnx_add_facts(elman_import *import, const onnx_graph *g)
{
    const char *by = g->producer, *version = g->producer_version;
    if (*by)
        TRY(import_add_fact(import, "producer", "%s%s%s", by,
                            version && *version ? " " : "",
                            version ? version : ""));
    TRY(import_add_fact(import, "opset", "%lld, IR version %lld",
                        (long long)g->opset, (long long)g->ir_version));
    TRY(import_add_fact(import, "nodes", "%zu", g->node_count));

    /* what a run of it does not round as others do */
    for (size_t i = 0; i < g->node_count; i++)
        if (node_is(g->nodes + i, "DynamicQuantizeLSTM"))
            return import_add_fact(import, "rounding",
                                   "DynamicQuantizeLSTM rounds to 8 bits in "
                                   "each step, which is computed in float32");
    if (!find_half(g)) return ELMAN_OK;
    return import_add_fact(import, "rounding",
                           "the graph computes in 16 bits, which is done in "
                           "float32, so that other programs' numbers differ "
                           "by their rounding");
}
