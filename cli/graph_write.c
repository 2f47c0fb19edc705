/*
 * graph_write.c: a graph's outputs as files.
 */
#include "graph.h"
#include "output.h"
#include "record.h"
#include "safe.h"
#include "table.h"
#include "system.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 4 };

/* One output: where it is written first, where it goes, what is shown. */
typedef struct written {
    const elman_port *port;
    char staged[PATH_ROOM + 24], file[PATH_ROOM];
    char shape[128];
} written;

bool output_path(const char *folder, const char *name, char *path, size_t size)
{
    size_t used = (size_t)snprintf(path, size, "%s/", folder);
    for (const char *at = name; *at; at++) {
        unsigned char c = (unsigned char)*at;
        if (used + 8 >= size) return false;
        bool odd = c < 32 || c == 127 || c == '/' || c == '%' ||
                   path_forbids(*at) || (c == '.' && at == name);
        if (odd)
            used += (size_t)snprintf(path + used, size - used, "%%%02X", c);
        else path[used++] = *at;
    }

    snprintf(path + used, size - used, ".npy");
    return true;
}

/* Lists the outputs, with their files in folder. */
static int list_outputs(const graph_run *run, const char *folder,
                        written **outputs, size_t *count)
{
    written *list = calloc(run->count + 1, sizeof *list);
    if (!list) return failed("out of memory");
    *outputs = list;

    for (size_t n = 0; n < run->count; n++) {
        const char *name = run->ports[n].name;
        if (run->ports[n].input) continue;
        if (!output_path(folder, name, list->file, sizeof list->file))
            return failed("the path of output '%.60s...' is too long", name);
        list->port = run->ports + n;
        list++;
    }

    *count = (size_t)(list - *outputs);
    return 0;
}

int graph_check_folder(const graph_run *run, const char *folder)
{
    path_facts there;
    char inside[PATH_ROOM];
    written *outputs = NULL;
    size_t count = 0;
    if (strlen(folder) >= sizeof inside - 16)
        return failed("the path '%.60s...' is too long", folder);

    bool exists = path_look(folder, &there);
    if (exists && !there.folder)
        return failed("cannot write into '%s': it is not a folder", folder);

    /* a folder that is not there: whether its parent takes it */
    snprintf(inside, sizeof inside, "%s%s", folder, exists ? "/y" : "");
    int code = exists ? 0 : check_writable(inside);
    if (!code) code = list_outputs(run, folder, &outputs, &count);

    for (size_t n = 0; n < count && exists && !code; n++)
        code = check_writable(outputs[n].file);
    free(outputs);
    return code;
}

/* Saves all outputs in the folder stage and only then moves them to where they
 * go, so that a full disk leaves what is there as it was. */
static int save_outputs(const graph_run *run, const char *stage, written *list,
                        size_t count)
{
    for (size_t n = 0; n < count; n++) {
        written *out = list + n;
        snprintf(out->staged, sizeof out->staged, "%s%s", stage,
                 strrchr(out->file, '/'));
        if (elman_graph_save(run->graph, out->port->name, out->staged) !=
            ELMAN_OK)
            return library_failed();
        sizes_text(out->port->rank, out->port->shape, out->shape,
                   sizeof out->shape);
    }

    for (size_t n = 0; n < count; n++)
        if (!path_rename(list[n].staged, list[n].file))
            return unwritten(list[n].file);
    return 0;
}

/* The same, and makes the folder stage for that inside folder. It is removed
 * again, and so is folder if it was made in vain. */
static int save_in(const graph_run *run, const char *folder, written *list,
                   size_t count)
{
    char stage[PATH_ROOM];
    bool made = folder_create(folder);
    if (!made && errno != EEXIST)
        return failed("cannot create the folder '%s': %s", folder,
                      strerror(errno));

    /* all outputs go through a folder of their own */
    snprintf(stage, sizeof stage, "%s/.elman-XXXXXX", folder);
    int code = folder_create_new(stage) ? 0
                                        : failed("cannot write into '%s': %s",
                                                 folder, strerror(errno));
    if (!code) {
        code = save_outputs(run, stage, list, count);
        for (size_t n = 0; n < count; n++)
            if (list[n].staged[0]) path_remove(list[n].staged);
        folder_remove(stage);
    }

    if (code && made) folder_remove(folder);
    return code;
}

static void record_outputs(const graph_run *run, const written *list,
                           size_t count)
{
    record out = record_begin(stdout);
    record_text(&out, "model", run->path);
    record_open(&out, "outputs", '[');
    for (size_t n = 0; n < count; n++) {
        const elman_port *port = list[n].port;
        record_open(&out, NULL, '{');
        record_text(&out, "name", port->name);
        record_text(&out, "type", port->type);

        /* after a run every axis has a size */
        record_open(&out, "shape", '[');
        for (size_t k = 0; k < port->rank; k++)
            record_count(&out, NULL, (uint64_t)port->shape[k]);
        record_close(&out, ']');

        record_text(&out, "file", list[n].file);
        record_close(&out, '}');
    }
    record_close(&out, ']');
    record_end(&out);
}

static int show_outputs(const written *list, size_t count)
{
    static const table_column columns[COLUMNS] = {{"output", FIT_CUT},
                                                  {"type", FIT_WHOLE},
                                                  {"shape", FIT_WHOLE},
                                                  {"file", FIT_CUT}};
    const char **cells = calloc(count + 1, COLUMNS * sizeof *cells);
    if (!cells) return failed("out of memory");

    /* what was written, and where */
    for (size_t n = 0; n < count; n++) {
        const char **cell = cells + COLUMNS * n;
        cell[0] = list[n].port->name;
        cell[1] = list[n].port->type;
        cell[2] = list[n].shape;
        cell[3] = list[n].file;
    }

    table_show(stdout, columns, COLUMNS, count, cells, NULL);
    free(cells);
    return 0;
}

int graph_write_outputs(const graph_run *run, const char *folder)
{
    written *outputs = NULL;
    size_t count = 0;
    int code = list_outputs(run, folder, &outputs, &count);
    if (!code) code = save_in(run, folder, outputs, count);

    if (!code && screen.json) record_outputs(run, outputs, count);
    else if (!code && !screen.quiet) code = show_outputs(outputs, count);

    free(outputs);
    return code;
}
