/*
 * arrays_state.c: the memory of a model as arrays by name, those of `elman
 * convert MODEL OUT.onnx`: rnn.h_0 and rnn.c_0 in, rnn.h_n and rnn.c_n out,
 * (levels and directions, sequences, units); rnn.h_0_l1 where levels differ in
 * size; h_0 where the layer is all of the model.
 */
#include "arrays.h"
#include "graph.h"
#include "safe.h"
#include "screen.h"
#include "system.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* h or c of a layer, or of one of its levels. */
typedef struct memory {
    const elman_layer *layer;
    char part;            /* 'h' or 'c' */
    size_t level;         /* of the model, the first one */
    size_t levels, depth; /* how many; of the layer, where they are apart */
    bool apart;
} memory;

enum { MOST = 2 * ELMAN_MAX_LAYERS * ELMAN_MAX_LEVELS, NAME = 128 };

/* Levels of one size are one array. */
static bool differ(const elman_layer *layer)
{
    for (size_t k = 1; k < layer->num_layers; k++)
        if (layer->hidden_sizes[k] != layer->hidden_sizes[0]) return true;
    return false;
}

/* All memories of the model into list (MOST), in order. */
static size_t list_memories(const network *net, memory *list)
{
    const elman_layer *layer = elman_model_config(net->model)->layers;
    size_t level = 0, count = 0;

    for (size_t n = 0; n < ELMAN_MAX_LAYERS && layer[n].kind; n++) {
        if (layer[n].kind == ELMAN_REPEAT) break; /* begins anew behind it */
        if (!is_recurrent(&layer[n])) continue;

        /* h and, of cells that have one, c */
        size_t levels = layer[n].num_layers ? layer[n].num_layers : 1;
        bool apart = differ(&layer[n]), cell = kind_of(&layer[n]).has_cell;
        for (size_t k = 0; k < (apart ? levels : 1); k++)
            for (int c = 0; c <= cell; c++)
                list[count++] = (memory){.layer = &layer[n],
                                         .part = c ? 'c' : 'h',
                                         .level = level + k,
                                         .levels = apart ? 1 : levels,
                                         .depth = k,
                                         .apart = apart};
        level += levels;
    }
    return count;
}

/* "rnn.h_0" of the memory before a pass, "rnn.h_n" of that after it. */
static const char *memory_name(const network *net, const memory *m, char when,
                               bool whole, char *text)
{
    bool alone = !whole && !elman_model_config(net->model)->layers[1].kind;
    int used = snprintf(text, NAME, "%s%s%c_%c", alone ? "" : m->layer->name,
                        alone ? "" : ".", m->part, when);
    if (m->apart) snprintf(text + used, NAME - (size_t)used, "_l%zu", m->depth);
    return text;
}

void states_show(const network *net)
{
    memory list[MOST];
    char name[NAME];
    size_t count = list_memories(net, list);
    for (size_t n = 0; n < count; n++)
        printf("%s%s", n ? ", " : "memory    ",
               printable(memory_name(net, list + n, '0', false, name)));
    if (count) printf("\n");
}

void states_record(record *out, const network *net)
{
    memory list[MOST];
    char name[NAME];
    size_t count = list_memories(net, list);
    record_open(out, "memory", '[');
    for (size_t n = 0; n < count; n++)
        record_text(out, NULL, memory_name(net, list + n, '0', false, name));
    record_close(out, ']');
}

/* The view of one level and direction of it. */
static int view_part(const network *net, elman_state *state, const memory *m,
                     size_t index, elman_tensor *view)
{
    size_t D = m->layer->bidirectional ? 2 : 1;
    char name[64];
    snprintf(name, sizeof name, "layer%zu%s.%c_n", m->level + index / D,
             index % D ? "_reverse" : "", m->part);
    return elman_state_view(net->model, state, name, view) == ELMAN_OK
               ? 0
               : library_failed();
}

static size_t part_count(const memory *m)
{
    return m->levels * (m->layer->bidirectional ? 2 : 1);
}

/* ---- In ------------------------------------------------------------------ */

/* Where the words of --state go. */
typedef struct memory_words {
    const network *net;
    memory list[MOST];
    size_t count;
    bool given[2][MOST]; /* before the pass, and after it */
    elman_state *states[2];
    size_t B;
} memory_words;

/* True if path is that of one array. */
static bool is_array(const char *path)
{
    static const char end[] = ".npy";
    size_t length = strlen(path), most = sizeof end - 1;
    return length > most && !strcmp(path + length - most, end);
}

/* The memory that a word NAME=FILE begins with, or that a FILE alone must be
 * of; file is where FILE does, after whether it is that behind the pass. */
static const memory *find_memory(const memory_words *words, const char *word,
                                 const char **file, bool *after)
{
    char name[NAME];
    *after = false;
    *file = word;
    if (words->count == 1 && !strchr(word, '=') && is_array(word))
        return words->list;

    for (size_t n = 0; n < 4 * words->count; n++) {
        const memory *m = words->list + n / 4;
        *after = n & 1;
        memory_name(words->net, m, *after ? 'n' : '0', n & 2, name);
        size_t length = strlen(name);
        if (strncmp(word, name, length) != 0 || word[length] != '=') continue;
        *file = word + length + 1;
        return m;
    }
    return NULL;
}

static int unknown_memory(const memory_words *words, const char *word)
{
    const network *net = words->net;
    const memory *list = words->list;
    size_t count = words->count;
    char names[1024] = "", name[NAME];
    size_t used = 0, length = strcspn(word, "=");
    for (size_t n = 0; n < count && used < sizeof names; n++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
                                 n ? ", " : "",
                                 memory_name(net, list + n, '0', false, name));

    /* of none, of another, or no name at all */
    if (!count)
        return misused("--state does not go with '%s', which keeps no memory",
                       net->path);
    if (!word[length])
        return misused("--state expects NAME=FILE.npy or FILE.safetensors, "
                       "found '%s'; '%s' has: %s",
                       word, net->path, names);
    return misused("'%s' has no state '%.*s'; it has: %s", net->path,
                   (int)length, word, names);
}

/* (parts,B,R); parts or B may be left out where it is 1. */
static bool fits(const elman_tensor *array, size_t parts, size_t B, size_t R)
{
    const size_t *shape = array->shape;
    if (array->rank == 3)
        return shape[0] == parts && shape[1] == B && shape[2] == R;
    return array->rank == 2 && shape[1] == R &&
           ((B == 1 && shape[0] == parts) || (parts == 1 && shape[0] == B));
}

static int give_array(const network *net, elman_state *state, const memory *m,
                      size_t B, const char *path, const elman_tensor *array)
{
    size_t parts = part_count(m);
    for (size_t n = 0; n < parts; n++) {
        elman_tensor view = {0};
        int code = view_part(net, state, m, n, &view);
        if (code) return code;

        /* in its shape, and numbers */
        char name[NAME];
        size_t R = view.shape[1];
        if (!fits(array, parts, B, R))
            return failed("%s does not have the shape of %s, (%zu,%zu,%zu): "
                          "levels and directions, sequences, units",
                          path, memory_name(net, m, '0', false, name), parts, B,
                          R);
        for (size_t i = 0; i < B * R; i++)
            if (isnan(array->data[n * B * R + i]))
                return failed("%s has a NaN, which is no memory", path);
        memcpy(view.data, array->data + n * B * R, B * R * sizeof *view.data);
    }
    return 0;
}

static bool is_file(const char *path)
{
    static const char end[] = ".safetensors";
    size_t length = strlen(path), most = sizeof end - 1;
    return length > most && !strcmp(path + length - most, end);
}

/* One word NAME=FILE: an array of a name once, in its shape. */
static int give_word(memory_words *words, const char *word)
{
    const char *file;
    bool after;

    /* known, and given once */
    const memory *m = find_memory(words, word, &file, &after);
    if (!m || !words->states[after]) return unknown_memory(words, word);

    bool *given = &words->given[after][m - words->list];
    if (*given)
        return misused("the state '%.*s' is given twice",
                       (int)strcspn(word, "="), word);
    *given = true;

    elman_tensor array = {0};
    int code = array_open(file, &array);
    if (code) return code;
    code =
        give_array(words->net, words->states[after], m, words->B, file, &array);
    elman_array_destroy(&array);
    return code;
}

static int give_words(memory_words *words, const option_list *given)
{
    words->count = list_memories(words->net, words->list);
    int code = 0;
    for (size_t n = 0; n < given->count && !code; n++) {
        const char *word = given->texts[n];
        if (given->count > 1 || strchr(word, '=') || !is_file(word))
            code = give_word(words, word);
        else if (elman_state_load(words->net->model, words->states[0], word) !=
                 ELMAN_OK)
            code = library_failed();
    }
    return code;
}

int states_give(const network *net, elman_state *state, size_t B,
                const option_list *words)
{
    static memory_words all;
    all = (memory_words){.net = net, .states = {state}, .B = B};
    return give_words(&all, words);
}

/* Makes every number of the memory NaN. */
static int forget(const network *net, elman_state *state)
{
    static memory list[MOST];
    size_t count = list_memories(net, list);
    for (size_t n = 0; n < count; n++)
        for (size_t part = 0; part < part_count(list + n); part++) {
            elman_tensor view = {0};
            int code = view_part(net, state, list + n, part, &view);
            if (code) return code;
            for (size_t i = 0; i < view.shape[0] * view.shape[1]; i++)
                view.data[i] = NAN;
        }
    return 0;
}

int states_expect(const network *net, elman_state *begin, elman_state *end,
                  size_t B, const option_list *words)
{
    static memory_words all;
    all = (memory_words){.net = net, .states = {begin, end}, .B = B};
    int code = forget(net, end);
    return code ? code : give_words(&all, words);
}

/* ---- Out ----------------------------------------------------------------- */

int states_check(const char *path)
{
    path_facts there;
    char inside[PATH_ROOM];
    if (!path) return 0;
    if (strlen(path) >= sizeof inside - NAME)
        return failed("the path '%.60s...' is too long", path);
    if (is_file(path)) return check_writable(path);

    bool exists = path_look(path, &there);
    if (exists && !there.folder)
        return failed("cannot write states into '%s': it is not a folder, nor "
                      "does its name end in .safetensors",
                      path);
    snprintf(inside, sizeof inside, "%s%s", path, exists ? "/y" : "");
    return check_writable(inside);
}

/* One memory as an array of its own. */
static int write_array(const network *net, elman_state *state, const memory *m,
                       const char *path)
{
    elman_tensor view = {0}, array = {.rank = 3};
    size_t parts = part_count(m), size = 0;
    int code = 0;

    /* level by level, each direction behind the other */
    for (size_t n = 0; n < parts && !code; n++) {
        code = view_part(net, state, m, n, &view);
        if (code) break;
        size = view.shape[0] * view.shape[1];
        if (!array.data) array.data = calloc(parts * size + 1, sizeof(float));
        if (!array.data) code = failed("out of memory");
        else memcpy(array.data + n * size, view.data, size * sizeof(float));
    }

    array.shape[0] = parts;
    array.shape[1] = view.shape[0];
    array.shape[2] = view.shape[1];
    if (!code && elman_array_save(path, &array) != ELMAN_OK)
        code = library_failed();
    free(array.data);
    return code;
}

/* True if a layer keeps something that has no name here. */
static bool keeps_more(const network *net)
{
    const elman_layer *layer = elman_model_config(net->model)->layers;
    for (size_t n = 0; n < ELMAN_MAX_LAYERS && layer[n].kind; n++)
        if (layer[n].kind == ELMAN_POOL) return true;
    return false;
}

int states_write(const network *net, elman_state *state, const char *path)
{
    static memory list[MOST];
    size_t count = list_memories(net, list);
    if (is_file(path))
        return elman_state_save(net->model, state, path) == ELMAN_OK
                   ? 0
                   : library_failed();

    /* a folder, which cannot hold what has no name */
    if (!folder_create(path) && errno != EEXIST)
        return failed("cannot create the folder '%s': %s", path,
                      strerror(errno));
    if (keeps_more(net))
        note("what '%s' has pooled is in no array; --state-output "
             "FILE.safetensors keeps all",
             printable(net->path));

    int code = 0;
    for (size_t n = 0; n < count && !code; n++) {
        char name[NAME], file[PATH_ROOM];
        memory_name(net, list + n, 'n', false, name);
        code = output_path(path, name, file, sizeof file)
                   ? write_array(net, state, list + n, file)
                   : failed("the path of state '%.60s...' is too long", name);
    }
    return code;
}
