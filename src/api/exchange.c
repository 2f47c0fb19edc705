/* exchange.c: elman_exchange.h. */
#include "api/need.h"
#include "export/onnx.h"
#include "export/torch.h"
#include "format/file.h"
#include "graph/forward.h"
#include "import/check.h"
#include "import/create.h"
#include "import/mapping_draft.h"
#include "import/open.h"

/* ---- Exchange ----------------------------------------------------------- */

elman_status elman_import_open(const char *const *paths, size_t count,
                               const elman_import_config *config,
                               elman_import **import)
{
    NEED(paths, import);
    for (size_t i = 0; i < count; i++)
        if (!paths[i])
            return failure(ELMAN_BAD_VALUE,
                           "a path is NULL, expected a pointer");
    return import_open(paths, count, config, import);
}

elman_status elman_import_open_memory(const void *data, size_t size,
                                      const elman_import_config *config,
                                      elman_import **import)
{
    NEED(data, import);
    return import_open_memory(data, size, config, import);
}

elman_status elman_import_look(const char *const *paths, size_t count,
                               elman_import **import)
{
    NEED(paths, import);
    for (size_t i = 0; i < count; i++)
        if (!paths[i])
            return failure(ELMAN_BAD_VALUE,
                           "a path is NULL, expected a pointer");
    return import_look(paths, count, import);
}

elman_status elman_import_propose(const char *const *paths, size_t count,
                                  const elman_import_config *config,
                                  elman_import **import)
{
    NEED(paths, import);
    for (size_t i = 0; i < count; i++)
        if (!paths[i])
            return failure(ELMAN_BAD_VALUE,
                           "a path is NULL, expected a pointer");
    return import_propose(paths, count, config, import);
}

const elman_proposal *elman_import_proposals(const elman_import *import,
                                             const char **question,
                                             size_t *count)
{
    if (MISSING(import, question, count)) return NULL;
    return import_proposals(import, question, count);
}

const elman_fact *elman_import_facts(const elman_import *import, size_t *count)
{
    if (MISSING(import, count)) return NULL;
    return import_facts(import, count);
}

void elman_import_close(elman_import *import) { import_close(import); }

elman_status elman_import_draft(const elman_import *import, const char *path)
{
    NEED(import, path);
    if (import->refused)
        return failure(ELMAN_BAD_FORMAT, "%s", import->refused);
    return import_draft(import, path);
}

size_t elman_import_extra(const elman_import *import)
{
    return import ? import_extra(import) : 0;
}

const char *elman_import_remark(const elman_import *import, size_t index)
{
    return import ? import_remark(import, index) : NULL;
}

const char *elman_import_proof(const elman_import *import)
{
    return import && import->proof ? import->proof : "";
}

const elman_import_row *elman_import_rows(const elman_import *import,
                                          size_t *count)
{
    if (MISSING(import, count)) return NULL;
    return import_rows(import, count);
}

elman_status elman_import_create(const elman_import *import,
                                 elman_model **model)
{
    NEED(import, model);
    return import_create(import, model);
}

elman_status elman_model_check(const elman_model *model, const char *x,
                               const char *y, elman_check *check)
{
    NEED(model, x, y, check);
    return model_check(model, &(check_files){.x = x, .y = y}, check);
}

elman_status elman_model_check_lengths(const elman_model *model, const char *x,
                                       const char *y, const char *lengths,
                                       elman_check *check)
{
    NEED(model, x, y, lengths, check);
    return model_check(
        model, &(check_files){.x = x, .y = y, .lengths = lengths}, check);
}

elman_status elman_model_check_states(const elman_model *model, const char *x,
                                      const char *y, const char *lengths,
                                      const elman_state *begin,
                                      const elman_state *end,
                                      elman_check *check)
{
    NEED(model, x, y, check);
    const check_files files = {
        .x = x, .y = y, .lengths = lengths, .begin = begin, .end = end};
    return model_check(model, &files, check);
}

static elman_status check_format(elman_export_format format)
{
    if ((unsigned)format <= ELMAN_EXPORT_ONNX) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE, "format is %d, expected 0 to %d",
                   (int)format, ELMAN_EXPORT_ONNX);
}

elman_status elman_model_export(const elman_model *model,
                                elman_export_format format, const char *path)
{
    NEED(model, path);
    TRY(check_format(format));
    return format == ELMAN_EXPORT_TORCH ? export_torch(model, path)
                                        : export_onnx(model, path);
}

elman_status elman_export_lines(const elman_model *model,
                                elman_export_format format, const char *path,
                                size_t capacity, char *lines)
{
    NEED(model, path, lines);
    TRY(check_format(format));
    return format == ELMAN_EXPORT_TORCH
               ? export_torch_lines(model, path, capacity, lines)
               : export_onnx_lines(model, path, capacity, lines);
}

elman_status elman_graph_open(const char *path, elman_graph **graph)
{
    NEED(path, graph);
    return graph_open(&(byte_source){.name = path}, graph);
}

elman_status elman_graph_open_memory(const void *data, size_t size,
                                     elman_graph **graph)
{
    NEED(data, graph);
    return graph_open(&(byte_source){MEMORY_NAME, data, size}, graph);
}

void elman_graph_close(elman_graph *graph) { graph_close(graph); }

const elman_port *elman_graph_ports(const elman_graph *graph, size_t *count)
{
    if (MISSING(graph, count)) return NULL;
    return graph_ports(graph, count);
}

elman_status elman_graph_load(elman_graph *graph, const char *name,
                              const char *path)
{
    NEED(graph, name, path);
    return graph_load(graph, name, path);
}

elman_status elman_graph_write(elman_graph *graph, const char *name,
                               const void *data, size_t rank,
                               const size_t *shape)
{
    NEED(graph, name, data);
    if (rank) NEED(shape);
    return graph_write(graph, name, data, rank, shape);
}

elman_status elman_graph_read(const elman_graph *graph, const char *name,
                              size_t bytes, void *data)
{
    NEED(graph, name, data);
    return graph_read(graph, name, bytes, data);
}

elman_status elman_graph_forward(elman_graph *graph, size_t steps, int threads)
{
    NEED(graph);
    return graph_forward(graph, steps, threads);
}

elman_status elman_graph_save(const elman_graph *graph, const char *name,
                              const char *path)
{
    NEED(graph, name, path);
    return graph_save(graph, name, path);
}
