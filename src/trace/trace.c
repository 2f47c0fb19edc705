/* trace.c: the memory of a trace, and its values by name. */
#include "trace/trace.h"

#include <stdlib.h>
#include <string.h>

/* ---- Memory ------------------------------------------------------------- */

typedef struct kept_block {
    struct kept_block *next;
    max_align_t data[];
} kept_block;

void *trace_keep(trace *t, size_t count, size_t size)
{
    size_t bytes;
    if (!sizes_multiply(count, size, 1, &bytes) || bytes > PTRDIFF_MAX / 2)
        return NULL;

    kept_block *block = calloc(1, sizeof *block + bytes);
    if (!block) return NULL;
    block->next = t->kept;
    t->kept = block;
    return block->data;
}

trace *trace_new(const onnx_graph *graph, const named_tensor *bound)
{
    trace *t = calloc(1, sizeof *t);
    if (!t) return NULL;

    t->graph = graph;
    t->bound = bound;
    t->time = t->batch = NO_AXIS;
    t->layers = calloc(ELMAN_MAX_LAYERS, sizeof *t->layers);
    if (t->layers) return t;
    trace_close(t);
    return NULL;
}

void trace_close(trace *t)
{
    if (!t) return;
    for (kept_block *block = t->kept, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    free(t->values);
    free(t->tensors);
    free(t->uses);
    free(t->sources);
    free(t->layers);
    free(t);
}

/* ---- Names -------------------------------------------------------------- */

int value_compare(const void *left, const void *right)
{
    const traced_value *a = left, *b = right;
    return strcmp(a->name, b->name);
}

traced_value *trace_find(const trace *t, const char *name)
{
    traced_value key = {.name = name};
    return t->value_count ? bsearch(&key, t->values, t->value_count, sizeof key,
                                    value_compare)
                          : NULL;
}
