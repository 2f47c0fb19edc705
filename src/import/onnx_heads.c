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
    trial->tried = true;
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

/* Whether n reads a value for more than its shape. */
static bool reads(const onnx_node *n, const char *name)
{
    bool found = false;
    for (size_t k = 0; k < n->input_count; k++)
        found = found || !strcmp(n->inputs[k], name);
    return found && strcmp(n->op, "Shape") != 0 && strcmp(n->op, "Size") != 0;
}

/* Whether the graph goes through a value: nothing that it is made of, back to a
 * recurrent layer, is read beside it, as within a function that is written out
 * in parts. */
static bool is_passage(const onnx_graph *graph, const char *name)
{
    enum { MOST_STEPS = 12 };
    const onnx_node *n = maker(graph, name);
    for (size_t step = 0; n && step < MOST_STEPS; step++) {
        const char *next = NULL;
        for (size_t k = 0; k < n->input_count && !next; k++) {
            const onnx_node *from = maker(graph, n->inputs[k]);
            if (from && strcmp(from->op, "Constant") != 0) next = n->inputs[k];
        }

        /* what recurs stands for all before it */
        if (!next || !strcmp(n->op, "RNN") || !strcmp(n->op, "GRU") ||
            !strcmp(n->op, "LSTM"))
            return true;
        size_t readers = 0;
        for (size_t i = 0; i < graph->node_count; i++)
            readers += reads(graph->nodes + i, next);
        if (readers > 1) return false;
        n = maker(graph, next);
    }
    return true;
}

/* A value that a node reads, or one before it, with which the graph may end;
 * NULL: none of the first that are tried. */
static const char *find_end(const onnx_node *n, const onnx_graph *graph,
                            const byte_source *file,
                            const elman_import_config *config,
                            import_graph *run)
{
    for (size_t trials = 0, steps = 0;
         n && trials < MOST_TRIALS && steps < 2 * MOST_TRIALS; steps++) {
        const onnx_node *before = NULL;
        for (size_t k = 0; k < n->input_count && trials < MOST_TRIALS; k++) {
            const onnx_node *from = maker(graph, n->inputs[k]);
            if (!from || !strcmp(from->op, "Constant") ||
                strlen(n->inputs[k]) > LONGEST_NAME)
                continue;
            if (!before) before = from;
            if (!is_passage(graph, n->inputs[k])) continue;
            trials++;
            if (gives_model(n->inputs[k], NULL, file, config, run))
                return n->inputs[k];
        }
        n = before;
    }
    return NULL;
}

/* The value behind a node, as far as it is handed on, with which the graph may
 * begin; NULL: none of the first that are tried. */
static const char *find_begin(const onnx_node *n, const onnx_graph *graph,
                              const byte_source *file,
                              const elman_import_config *config,
                              import_graph *run)
{
    for (size_t trials = 0; n && trials < 2 * MOST_TRIALS; trials++) {
        const char *name = n->output_count ? n->outputs[0] : "";
        if (!name[0] || strlen(name) > LONGEST_NAME) return NULL;
        if (gives_model(NULL, name, file, config, run)) return name;

        /* what reads it */
        const onnx_node *next = NULL;
        for (size_t i = 0; i < graph->node_count && !next; i++)
            if (reads(graph->nodes + i, name)) next = graph->nodes + i;
        n = next;
    }
    return NULL;
}

/* Whether Keras exported the graph, whose inputs have its names. */
static bool is_of_keras(const onnx_graph *graph)
{
    static const char *const names[] = {"keras_tensor", "input_layer"};
    for (size_t i = 0; i < graph->input_count; i++)
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            if (!strncmp(graph->inputs[i].name, names[k], strlen(names[k])))
                return true;
    return false;
}

/* "elman convert 'model.onnx' OUT.safetensors", to be pasted. */
static const char *command_of(const byte_source *file, char *text, size_t room)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRS"
                                "TUVWXYZ0123456789_./+-";
    const char *name = file->name;
    if (strlen(name) > 400 || strpbrk(name, "'\\\n") || name[0] == '<')
        name = "";
    bool safe = name[strspn(name, plain)] == '\0';
    if (!name[0]) snprintf(text, room, "elman convert");
    else
        snprintf(text, room, "elman convert %s%s%s OUT.safetensors",
                 safe ? "" : "'", name, safe ? "" : "'");
    return text;
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

    char command[480];
    const char *end = find_end(n, graph, file, config, run), *from = NULL;
    if (!end && !config->from_tensor)
        from = find_begin(n, graph, file, config, run);
    command_of(file, command, sizeof command);

    failure_restore(&kept);
    if (!end && !from && is_of_keras(graph))
        return failure(status,
                       "%.1200s; the file that model.save(\"model.keras\") "
                       "writes says its layers, and more of them convert",
                       kept.text);
    if (!end && !from) return status;
    if (end && config->from_tensor)
        return failure(status,
                       "%.1200s; %s --from-tensor '%.80s' --to-tensor '%s' "
                       "takes what comes before it",
                       kept.text, command, config->from_tensor, end);
    return failure(status,
                   "%.1200s; %s --%s-tensor '%s' takes what comes %s it",
                   kept.text, command, end ? "to" : "from", end ? end : from,
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
