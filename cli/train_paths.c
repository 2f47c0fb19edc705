/* train_paths.c: where the files of a run go: see train_parts.h. */
#include "ranks.h"
#include "screen.h"
#include "source.h"
#include "train_parts.h"

#include <stdlib.h>
#include <string.h>

const char *pipe_of(const parsed_line *arguments)
{
    const train_values *values = arguments->values;
    const char *const paths[] = {arguments->operands[0], values->validation,
                                 values->test, values->reading.target_file};
    for (size_t n = 0; n < sizeof paths / sizeof *paths; n++)
        if (paths[n] && source_is_pipe(paths[n])) return paths[n];
    return NULL;
}

/* The name of data (a path) with .safetensors, in the current folder; what a
 * pipe brings has none. */
static void default_model_path(const char *data, char *path, size_t size)
{
    const char *name = source_is_pipe(data) ? "model" : path_name(data);
    const char *dot = strrchr(name, '.');
    int length = dot && dot > name ? (int)(dot - name) : (int)strlen(name);
    snprintf(path, size, "%.*s.safetensors", length, name);
}

/* True for a model: a file that begins as one does, with the size of a header
 * below 4 GB in 8 bytes and then the header, and that loads. */
static bool is_model(const char *path)
{
    unsigned char head[9] = {0};
    path_facts file;
    if (!path_look(path, &file) || !file.file) return false;
    FILE *opened = file_open(path, "rb");
    if (!opened) return false;

    bool whole = fread(head, 1, sizeof head, opened) == sizeof head;
    fclose(opened);
    if (!whole || memcmp(head + 4, "\0\0\0\0{", 5) != 0) return false;

    elman_model *model = NULL;
    bool loads = elman_model_load(path, &model) == ELMAN_OK;
    elman_model_destroy(model);
    return loads;
}

int choose_model(const parsed_line *arguments, bool writes,
                 char model[PATH_ROOM])
{
    const train_values *values = arguments->values;
    const char *data = arguments->operands[0];
    if (values->output) snprintf(model, PATH_ROOM, "%s", values->output);
    else default_model_path(data, model, PATH_ROOM);

    if (is_model(data))
        return misused("'%s' is a model, and data was expected; to go on from "
                       "its weights: elman train DATA --init-from %s",
                       data, shell_quoted(data));
    if (path_same(data, model))
        return misused("the model would overwrite the data '%s', see --output",
                       model);
    return writes ? check_writable(model) : 0;
}

int choose_paths(training *run)
{
    const char *given = run->values->checkpoint;
    char *path = run->checkpoint_path;
    bool writes = !rank_follow();
    int code = choose_model(run->arguments, writes, run->model_path);
    if (given) snprintf(path, PATH_ROOM, "%s", given);
    else
        snprintf(path, PATH_ROOM, "%.*s.checkpoint", PATH_ROOM - 32,
                 run->model_path);
    if (!code && writes && run->values->report)
        code = check_writable(run->values->report);
    return code;
}
