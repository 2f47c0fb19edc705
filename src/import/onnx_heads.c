/* onnx_heads.c: tries each output of a graph that is not one stack. */
#include "import/onnx_heads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether an output alone gives a model. */
static bool gives_model(const char *output, const byte_source *file,
                        const elman_import_config *config, import_graph *run)
{
    elman_import_config part = *config;
    elman_import *trial = calloc(1, sizeof *trial);
    if (!trial) return false;

    trial->path = file->name;
    trial->reference_x = trial->reference_y = NOWHERE;
    part.to_tensor = output;
    bool gives = run(trial, file, &part) == ELMAN_OK;
    import_close(trial);
    return gives;
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
    if (status != ELMAN_BAD_FORMAT || !several) return status;

    /* each of the first outputs by itself */
    const failure_text kept = failure_keep();
    for (size_t i = 0; i < graph->output_count && i < MOST_HEADS; i++) {
        const char *name = graph->outputs[i].name;
        if (strlen(name) > NAME || !gives_model(name, file, config, run))
            continue;
        used += (size_t)snprintf(list + used, sizeof list - used,
                                 "%s--to-tensor '%s'", heads ? ", " : "", name);
        heads++;
    }

    failure_restore(&kept);
    if (!heads) return status;
    return failure(status, "%.1200s; %s: %s", kept.text,
                   heads > 1 ? "each of these gives a model of its own"
                             : "this gives a model of a part of it",
                   list);
}
