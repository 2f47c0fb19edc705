/* onnx_heads.c: tries each output of a graph that is not one stack. */
#include "import/onnx_heads.h"

#include "trace/attribute.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether a part of the graph gives a model: to an output, or from a value on
 * (NULL: as it is). */
static bool gives_model(const char *output, const char *from,
                        const byte_source *file,
                        const elman_import_config *config, import_graph *run)
{
    elman_import_config part = *config;
    elman_import *trial = calloc(1, sizeof *trial);
    if (!trial) return false;

    trial->path = file->name;
    trial->reference_x = trial->reference_y = NOWHERE;
    if (output) part.to_tensor = output;
    if (from) part.from_tensor = from;
    bool gives = run(trial, file, &part) == ELMAN_OK;
    import_close(trial);
    return gives;
}

/* ---- Around a node that is refused ----------------------------------------
 */

enum { MOST_TRIALS = 4, LONGEST_NAME = 80 };

/* The node that a message begins with, or NULL. */
static const onnx_node *named_in(const onnx_graph *graph, const char *text)
{
    for (size_t i = 0; i < graph->node_count; i++) {
        char node[NODE_TEXT];
        size_t length = strlen(node_text(graph->nodes + i, node));
        if (!strncmp(text, node, length) &&
            (text[length] == ':' || text[length] == ' '))
            return graph->nodes + i;
    }
    return NULL;
}

static const onnx_node *maker(const onnx_graph *graph, const char *name)
{
    for (size_t i = 0; i < graph->node_count; i++)
        for (size_t k = 0; k < graph->nodes[i].output_count; k++)
            if (!strcmp(graph->nodes[i].outputs[k], name))
                return graph->nodes + i;
    return NULL;
}

/* A value that a node reads, or one before it, with which the graph may end;
 * NULL: none of the first that are tried. */
static const char *find_end(const onnx_node *n, const onnx_graph *graph,
                            const byte_source *file,
                            const elman_import_config *config,
                            import_graph *run)
{
    for (size_t trials = 0; n && trials < MOST_TRIALS;) {
        const onnx_node *before = NULL;
        for (size_t k = 0; k < n->input_count && trials < MOST_TRIALS; k++) {
            const onnx_node *from = maker(graph, n->inputs[k]);
            if (!from || !strcmp(from->op, "Constant") ||
                strlen(n->inputs[k]) > LONGEST_NAME)
                continue;
            if (!before) before = from;
            trials++;
            if (gives_model(n->inputs[k], NULL, file, config, run))
                return n->inputs[k];
        }
        n = before;
    }
    return NULL;
}

/* Names what comes before or behind the node that is refused, if that is a
 * model. */
static elman_status name_part(elman_status status, const onnx_graph *graph,
                              const byte_source *file,
                              const elman_import_config *config,
                              import_graph *run)
{
    const failure_text kept = failure_keep();
    const onnx_node *n =
        strstr(kept.text, " --") ? NULL : named_in(graph, kept.text);
    if (status != ELMAN_BAD_FORMAT || config->to_tensor || !n) return status;

    const char *end = find_end(n, graph, file, config, run), *from = NULL;
    bool behind = !end && !config->from_tensor && n->output_count &&
                  n->outputs[0][0] && strlen(n->outputs[0]) <= LONGEST_NAME;
    if (behind && gives_model(NULL, n->outputs[0], file, config, run))
        from = n->outputs[0];

    failure_restore(&kept);
    if (!end && !from) return status;
    if (end && config->from_tensor)
        return failure(status,
                       "%.1200s; elman convert --from-tensor '%.80s' "
                       "--to-tensor '%s' takes what comes before it",
                       kept.text, config->from_tensor, end);
    return failure(status,
                   "%.1200s; elman convert --%s-tensor '%s' takes what "
                   "comes %s it",
                   kept.text, end ? "to" : "from", end ? end : from,
                   end ? "before" : "behind");
}

elman_status onnx_name_heads(elman_status status, const onnx_graph *graph,
                             const byte_source *file,
                             const elman_import_config *config,
                             import_graph *run)
{
    enum { MOST_HEADS = 8, NAME = 80 };
    char list[MOST_HEADS * (NAME + 40)] = "";
    size_t used = 0, heads = 0;
    bool several = graph->output_count > 1 && !config->to_tensor;
    if (status != ELMAN_BAD_FORMAT) return status;
    if (!several) return name_part(status, graph, file, config, run);

    /* each of the first outputs by itself */
    const failure_text kept = failure_keep();
    for (size_t i = 0; i < graph->output_count && i < MOST_HEADS; i++) {
        const char *name = graph->outputs[i].name;
        if (strlen(name) > NAME || !gives_model(name, NULL, file, config, run))
            continue;
        used += (size_t)snprintf(list + used, sizeof list - used,
                                 "%s--to-tensor '%s'", heads ? ", " : "", name);
        heads++;
    }

    failure_restore(&kept);
    if (!heads) return name_part(status, graph, file, config, run);
    return failure(status, "%.1200s; %s: %s", kept.text,
                   heads > 1 ? "each of these gives a model of its own"
                             : "this gives a model of a part of it",
                   list);
}
