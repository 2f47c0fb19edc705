/*
 * graph_write.c: a graph's outputs as files.
 */
#include "graph.h"
#include "record.h"
#include "safe.h"
#include "table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { COLUMNS = 4 };

/* What is told of one output. */
typedef struct written {
    char file[PATH_MAX];
    char shape[128];
} written;

int graph_check_folder(const char *folder)
{
    struct stat there;
    char inside[PATH_MAX];
    if (strlen(folder) >= sizeof inside - 16)
        return failed("the path '%.60s...' is too long", folder);
    if (stat(folder, &there) == 0 && !S_ISDIR(there.st_mode))
        return failed("cannot write into '%s': it is not a folder", folder);
    /* a folder that is not there: whether its parent takes it */
    snprintf(inside, sizeof inside, "%s%s", folder,
             stat(folder, &there) == 0 ? "/y" : "");
    return check_writable(inside);
}

/* The path of the file for an output into path. */
static bool output_path(const char *folder, const char *name, char *path,
                        size_t size)
{
    size_t used = (size_t)snprintf(path, size, "%s/", folder);
    for (const char *at = name; *at; at++) {
        unsigned char c = (unsigned char)*at;
        if (used + 8 >= size) return false;
        bool odd = c < 32 || c == 127 || c == '/' || c == '%' ||
                   (c == '.' && at == name);
        if (odd)
            used += (size_t)snprintf(path + used, size - used, "%%%02X", c);
        else path[used++] = *at;
    }
    snprintf(path + used, size - used, ".npy");
    return true;
}

/* The shape as the .npy file at path says it, "(3,7,4)". */
static void read_shape(const char *path, char *text, size_t size)
{
    char head[512] = "";
    FILE *file = fopen(path, "rb");
    size_t bytes = file ? fread(head, 1, sizeof head - 1, file) : 0;
    if (file) fclose(file);
    size_t used = 0;
    static const char key[] = "'shape': (";
    const char *at = memmem(head, bytes, key, strlen(key));
    text[used++] = '(';
    for (at = at ? at + strlen(key) : ""; *at && *at != ')' && used < size - 2;
         at++)
        if (*at != ' ') text[used++] = *at;
    if (text[used - 1] == ',') used--;
    snprintf(text + used, size - used, ")");
}

static int save_outputs(const graph_run *run, const char *folder, written *done)
{
    for (size_t n = 0; n < run->count; n++) {
        const char *name = run->ports[n].name;
        if (run->ports[n].input) continue;
        if (!output_path(folder, name, done->file, sizeof done->file))
            return failed("the path of output '%.60s...' is too long", name);
        if (elman_graph_save(run->graph, name, done->file) != ELMAN_OK)
            return library_failed();
        read_shape(done->file, done->shape, sizeof done->shape);
        done++;
    }
    return 0;
}

static void record_outputs(const graph_run *run, const written *done)
{
    record out = record_begin(stdout);
    record_text(&out, "model", run->path);
    record_open(&out, "outputs", '[');
    for (size_t n = 0; n < run->count; n++) {
        if (run->ports[n].input) continue;
        record_open(&out, NULL, '{');
        record_text(&out, "name", run->ports[n].name);
        record_text(&out, "type", run->ports[n].type);
        record_open(&out, "shape", '[');
        for (const char *at = done->shape; *at && at[1] && at[1] != ')';) {
            char *end;
            record_count(&out, NULL, strtoull(at + 1, &end, 10));
            at = end;
        }
        record_close(&out, ']');
        record_text(&out, "file", done->file);
        record_close(&out, '}');
        done++;
    }
    record_close(&out, ']');
    record_end(&out);
}

static int show_outputs(const graph_run *run, const written *done)
{
    static const table_column columns[COLUMNS] = {{"output", FIT_CUT},
                                                  {"type", FIT_WHOLE},
                                                  {"shape", FIT_WHOLE},
                                                  {"file", FIT_CUT}};
    const char **cells = calloc(run->count + 1, COLUMNS * sizeof *cells);
    size_t rows = 0;
    if (!cells) return failed("out of memory");
    for (size_t n = 0; n < run->count; n++) {
        if (run->ports[n].input) continue;
        const char **cell = cells + COLUMNS * rows;
        cell[0] = run->ports[n].name;
        cell[1] = run->ports[n].type;
        cell[2] = done[rows].shape;
        cell[3] = done[rows].file;
        rows++;
    }
    table_show(stdout, columns, COLUMNS, rows, cells, NULL);
    free(cells);
    return 0;
}

int graph_write(const graph_run *run, const char *folder)
{
    written *done = calloc(run->count + 1, sizeof *done);
    if (!done) return failed("out of memory");
    int code = 0;
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        code = failed("cannot create the folder '%s': %s", folder,
                      strerror(errno));
    if (!code) code = save_outputs(run, folder, done);
    if (!code && screen.json) record_outputs(run, done);
    else if (!code && !screen.quiet) code = show_outputs(run, done);
    free(done);
    return code;
}
