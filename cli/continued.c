/*
 * continued.c: see continued.h.
 */
#include "continued.h"
#include "screen.h"

#include <stdlib.h>
#include <string.h>

/* ---- The layers of another model ----------------------------------------- */

static bool gives_layers(const parsed_line *arguments)
{
    for (const option_row *row = train_model_options; row->name; row++)
        if (option_given(arguments, row->name)) return true;
    return false;
}

/* Ends the layers with what the loss is of: classes are learned from what a
 * softmax reads. */
static elman_layer *end_layers(elman_config *config,
                               const elman_encoding *encoding)
{
    elman_layer *last = config->layers;
    while (last[1].kind)
        last++;
    bool softmax =
        last->kind == ELMAN_SOFTMAX || last->kind == ELMAN_LOG_SOFTMAX;
    if (!softmax || last == config->layers || !task_has_classes(encoding->task))
        return last;
    *last = (elman_layer){0};
    return last - 1;
}

/* One answer to a sequence is not one at each step. */
static int check_answers(const network *from, const elman_encoding *encoding)
{
    bool one = false;
    (void)elman_encoding_outputs(encoding, &one);
    if (one == from->size.per_sequence) return 0;

    /* what stands where is said of files that do not record it */
    if (!one)
        return misused("--init-from '%s' gives one answer to a sequence, and "
                       "%s is one at each step",
                       from->path, task_word(encoding->task));
    return misused("--init-from '%s' gives an answer at each step, and %s is "
                   "one to a sequence%s",
                   from->path, task_word(encoding->task),
                   elman_model_note(from->model, "proof")
                       ? "; --init-layers, or --layers of 'elman convert', "
                         "takes 'last', 'mean' or 'max' at its place"
                       : "; --task tag and track are for answers at each step");
}

/* Nor is a token a number. */
static int check_inputs(const network *from, const elman_encoding *encoding)
{
    bool tokens = from->size.vocabulary > 0;
    if (tokens == (encoding->vocabulary > 0)) return 0;
    return misused(tokens ? "--init-from '%s' reads tokens, as its first layer "
                            "is an embedding, and the data of %s are numbers"
                          : "--init-from '%s' reads numbers, and the data of "
                            "%s are tokens, which an embedding as the first "
                            "layer would read",
                   from->path, task_word(encoding->task));
}

/* The library's message, whose --layers and --nonlinearity are --init-layers
 * and --init-nonlinearity here. */
static int load_failed(const char *path)
{
    static const char *const words[] = {"--layers", "--nonlinearity"};
    if (network_is_array(path))
        return failed("--init-from '%s' is an array, and a model was expected",
                      path);
    const char *at = elman_message();
    char text[2048];
    size_t used = 0;
    while (*at && used < sizeof text - 8) {
        for (size_t n = 0; n < 2; n++)
            if (!strncmp(at, words[n], strlen(words[n]))) {
                memcpy(text + used, "--init", 6);
                used += 6;
                at++;
            }
        text[used++] = *at++;
    }
    text[used] = '\0';
    return failed("%s", text);
}

/* The model of --init-from. */
static int open_from(const train_values *values, network *from)
{
    elman_model *model = NULL;
    foreign_values foreign = values->reading.foreign;
    foreign.layers = values->init_layers;
    foreign.nonlinearity = values->init_nonlinearity;

    if (network_load(values->init_from, &foreign, &model) != ELMAN_OK)
        return load_failed(values->init_from);
    int code = network_take(values->init_from, model, from);
    if (!code)
        from->assumed = network_is_assumed(values->init_from, &foreign, model);
    return code;
}

int inherit_check(const parsed_line *arguments)
{
    const train_values *values = arguments->values;
    if (values->init_from) return 0;
    const option_row *row = foreign_options + FOREIGN_AFTER_LAYERS;
    for (; row->name; row++)
        if (option_given(arguments, row->name))
            return misused("--%s is said of another model's file, and requires "
                           "--init-from",
                           row->name);
    return 0;
}

int inherit_layers(const parsed_line *arguments, const elman_dataset *dataset,
                   network *from, elman_config *config)
{
    const train_values *values = arguments->values;
    const elman_encoding *encoding = elman_dataset_encoding(dataset);
    int code = open_from(values, from);
    if (code || gives_layers(arguments)) return code;
    code = check_inputs(from, encoding);
    if (!code) code = check_answers(from, encoding);
    if (code) return code;

    *config = *elman_model_config(from->model);
    config->seed = values->seed;
    config->batch_first = false; /* data comes steps first */
    elman_layer *layer = config->layers;
    if (layer->kind == ELMAN_EMBEDDING)
        layer->num_embeddings = encoding->vocabulary;
    else config->input_size = encoding->input_size;

    /* the head answers the new data */
    size_t outputs = elman_encoding_outputs(encoding, NULL);
    layer = end_layers(config, encoding);
    if (layer->kind != ELMAN_LINEAR && from->size.output_size != outputs)
        return misused("--init-from '%s' gives %zu values and has no linear "
                       "layer at its end, which would give the %zu of this "
                       "data; take a model that has one, or begin anew",
                       from->path, from->size.output_size, outputs);
    if (layer->kind == ELMAN_LINEAR) layer->output_size = outputs;
    return 0;
}

/* ---- Its weights -------------------------------------------------------- */

/* One parameter of either model. */
typedef struct weights {
    const char *name;
    elman_const_tensor view;
    size_t rows, columns;
} weights;

static bool find_weights(const elman_model *model, size_t index, weights *found)
{
    found->name = elman_model_parameter(model, index, &found->view);
    if (!found->name) return false;
    found->rows = found->view.shape[0];
    found->columns = 1;
    for (size_t d = 1; d < found->view.rank; d++)
        found->columns *= found->view.shape[d];
    return true;
}

static bool find_named(const elman_model *model, const char *name,
                       weights *found)
{
    for (size_t i = 0; find_weights(model, i, found); i++)
        if (!strcmp(found->name, name)) return true;
    return false;
}

/* "(4,3)" in one of two static buffers. */
static const char *shape_describe(const weights *w)
{
    static char texts[2][64];
    static int turn;
    char *text = texts[turn = !turn];
    if (w->view.rank > 1)
        snprintf(text, sizeof texts[0], "(%zu,%zu)", w->rows, w->columns);
    else snprintf(text, sizeof texts[0], "(%zu)", w->rows);
    return text;
}

/* What the rows of an embedding and of the head stand for, if it has names. */
static size_t name_count(const elman_encoding *e)
{
    if (!e) return 0;
    return e->task == ELMAN_TASK_LANGUAGE ? e->vocabulary : e->class_count;
}

static bool is_same_name(const elman_encoding *a, size_t i,
                         const elman_encoding *b, size_t j)
{
    if (a->task != ELMAN_TASK_LANGUAGE)
        return !strcmp(a->labels[i], b->labels[j]);
    return a->token_bytes[i] == b->token_bytes[j] &&
           !memcmp(a->tokens[i], b->tokens[j], a->token_bytes[i]);
}

/* True if the rows of a parameter are tokens or classes. */
static bool has_named_rows(const elman_model *model, const char *name)
{
    const elman_layer *layer = elman_model_config(model)->layers, *last = layer;
    size_t length = strcspn(name, ".");
    while (last[1].kind)
        last++;
    bool first = layer->kind == ELMAN_EMBEDDING &&
                 !strncmp(layer->name, name, length) && !layer->name[length];
    bool head = last->kind == ELMAN_LINEAR &&
                !strncmp(last->name, name, length) && !last->name[length];
    return first || head;
}

/* The row of from's names for each of ours, or -1; NULL where the rows of both
 * are the same as they stand. Sets how many are new. */
static int match_names(const elman_encoding *ours, const elman_encoding *theirs,
                       long **rows, size_t *new_count)
{
    size_t n = name_count(ours), m = name_count(theirs);
    *rows = NULL;
    *new_count = 0;
    if (n == 0 || (theirs && theirs->task != ours->task)) return 0;
    long *found = calloc(n, sizeof *found);
    if (!found) return failed("out of memory");

    for (size_t i = 0; i < n; i++) {
        size_t j = 0;
        while (j < m && !is_same_name(ours, i, theirs, j))
            j++;
        found[i] = j < m ? (long)j : -1;
        *new_count += j == m;
    }
    *rows = found;
    return 0;
}

/* ---- Columns of inputs -------------------------------------------------- */

/* Where a column is among the inputs of an encoding, -1 for nowhere. */
static long find_input(const elman_encoding *e, const char *name)
{
    for (size_t i = 0; i < e->input_size; i++)
        if (!strcmp(e->columns[i], name)) return (long)i;
    return -1;
}

/* The inputs' names with commas between, in one of two static buffers. */
static const char *inputs_describe(const elman_encoding *e)
{
    static char texts[2][300];
    static int turn;
    char *text = texts[turn = !turn];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < e->input_size && used < sizeof texts[0]; i++)
        used += (size_t)snprintf(text + used, sizeof texts[0] - used, "%s%s",
                                 i ? ", " : "", printable(e->columns[i]));
    return text;
}

/* The input of from for each of ours, by name; NULL where they have no names
 * or are as many others, as those of another table may be. */
static int match_inputs(const network *from, const elman_encoding *ours,
                        long **inputs)
{
    const elman_encoding *theirs = from->encoding;
    size_t count = ours->input_size, shared = 0;
    *inputs = NULL;
    if (!theirs || !theirs->columns || !ours->columns ||
        theirs->input_size != count)
        return 0;
    long *found = calloc(count + 1, sizeof *found);
    if (!found) return failed("out of memory");

    bool moved = false;
    for (size_t i = 0; i < count; i++) {
        found[i] = find_input(theirs, ours->columns[i]);
        shared += found[i] >= 0;
        moved = moved || found[i] != (long)i;
    }
    if (shared == count && moved) {
        *inputs = found;
        return 0;
    }

    free(found);
    if (shared == 0 && count)
        note("the inputs are %s there and %s here: matched as they stand",
             inputs_describe(theirs), inputs_describe(ours));
    if (shared == 0 || shared == count) return 0;
    return misused("--init-from '%s' reads %s, and this model %s; give the "
                   "same with --columns",
                   from->path, inputs_describe(theirs), inputs_describe(ours));
}

/* True if the columns of a parameter are inputs of the model. */
static bool has_input_columns(const elman_model *model, const weights *w)
{
    const elman_config *config = elman_model_config(model);
    const char *layer = config->layers->name, *part = strchr(w->name, '.');
    size_t length = strcspn(w->name, ".");
    return part && w->view.rank == 2 && w->columns == config->input_size &&
           !strncmp(layer, w->name, length) && !layer[length] &&
           (strstr(part, "weight_ih_l0") || !strcmp(part, ".weight"));
}

/* ---- All of them -------------------------------------------------------- */

/* Which of the other model's is which of ours; NULL: as they stand. */
typedef struct matches {
    long *rows;   /* of tokens and classes, -1 for what is new */
    long *inputs; /* columns of what reads the inputs */
} matches;

/* Copies values from there, column by column where inputs says which. */
static void copy_row(float *to, const float *from, size_t columns,
                     const long *inputs)
{
    for (size_t c = 0; c < columns; c++)
        to[c] = from[inputs ? (size_t)inputs[c] : c];
}

/* One parameter, row by row where known says which is which. */
static int copy_weights(const network *from, elman_model *model, size_t index,
                        const matches *known)
{
    const long *rows = known->rows;
    weights to, with = {0};
    find_weights(model, index, &to);
    if (!find_named(from->model, to.name, &with))
        return misused("--init-from '%s' has no %s, which this model has; give "
                       "the layers as that model has them, or no options of "
                       "the model at all",
                       from->path, to.name);

    bool named = rows && has_named_rows(model, to.name);
    if (to.columns != with.columns || (!named && to.rows != with.rows))
        return misused(
            "--init-from '%s': %s is %s there and %s here; give data "
            "with as many inputs and targets, and no options of the "
            "model or the same",
            from->path, to.name, shape_describe(&with), shape_describe(&to));

    /* as it stands there, or our own rows with those that are known there */
    size_t count = to.rows * to.columns;
    float *values = calloc(count + 1, sizeof *values);
    if (!values) return failed("out of memory");
    const long *inputs = has_input_columns(model, &to) ? known->inputs : NULL;
    memcpy(values, to.view.data, count * sizeof *values);
    for (size_t r = 0; r < to.rows; r++) {
        long row = named ? rows[r] : (long)r;
        if (row >= 0)
            copy_row(values + r * to.columns,
                     (const float *)with.view.data + (size_t)row * to.columns,
                     to.columns, inputs);
    }
    elman_status status = elman_model_write(model, to.name, count, values);
    free(values);
    return status == ELMAN_OK ? 0 : library_failed();
}

/* A parameter that the new model has no place for. */
static int check_rest(const network *from, const elman_model *model)
{
    weights theirs, ours;
    for (size_t i = 0; find_weights(from->model, i, &theirs); i++)
        if (!find_named(model, theirs.name, &ours))
            return misused("--init-from '%s' has %s, which this model has not; "
                           "give the layers as that model has them, or no "
                           "options of the model at all",
                           from->path, theirs.name);
    return 0;
}

/* What is not known of a model that does not say how its data was read. */
static void note_unknown(const network *from, const elman_encoding *encoding)
{
    bool text = encoding->task == ELMAN_TASK_LANGUAGE;
    if (from->encoding) return;
    if (name_count(encoding))
        note("it has no names of them: 'elman convert %s OUT.safetensors --as "
             "%s %s FILE' gives them, and their rows stay",
             shell_quoted(from->path), task_word(encoding->task),
             text ? "--encoding" : "--labels");
    if (!text)
        note("it does not say how its inputs were scaled; --no-scaling leaves "
             "these as they are");
}

int inherit_weights(const network *from, const elman_encoding *encoding,
                    elman_model *model)
{
    matches known = {0};
    size_t new_count = 0, all = name_count(encoding);
    int code = check_rest(from, model);
    if (!code) code = match_inputs(from, encoding, &known.inputs);
    if (!code)
        code = match_names(encoding, from->encoding, &known.rows, &new_count);

    elman_model_info info = elman_model_read_info(model);
    for (size_t i = 0; !code && i < info.parameter_count; i++)
        code = copy_weights(from, model, i, &known);
    free(known.rows);
    free(known.inputs);
    if (code) return code;

    note("begun from the weights of '%s'", printable(from->path));
    if (new_count)
        note("%zu of %zu %s are not known there: their rows begin anew",
             new_count, all,
             encoding->task == ELMAN_TASK_LANGUAGE ? "tokens" : "classes");
    note_unknown(from, encoding);
    return 0;
}
