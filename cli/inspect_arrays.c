/*
 * inspect_arrays.c: arrays as data for `elman inspect` of a model that does not
 * say how data becomes its numbers.
 */
#include "inspect_arrays.h"
#include "rebuild.h"
#include "screen.h"
#include "texts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Row t of sequence b, as the model takes arrays. */
static size_t row_of(const array_pass *pass, size_t b, size_t t)
{
    bool first = elman_model_config(pass->net->model)->batch_first;
    return first ? b * pass->T + t : t * pass->B + b;
}

/* Numbers of width many for each row, sequences first. */
static float *sequences_first(const array_pass *pass, const float *from,
                              size_t width, size_t steps)
{
    float *to = calloc(pass->B * steps * width + 1, sizeof *to);
    for (size_t b = 0; to && b < pass->B; b++)
        for (size_t t = 0; t < steps; t++)
            memcpy(to + (b * steps + t) * width,
                   from + (steps == 1 ? b : row_of(pass, b, t)) * width,
                   width * sizeof *to);
    return to;
}

/* The same of whole numbers that were read as floats. */
static int32_t *whole_numbers(const array_pass *pass, const float *from,
                              size_t steps)
{
    float *rows = sequences_first(pass, from, 1, steps);
    int32_t *to = calloc(pass->B * steps + 1, sizeof *to);
    for (size_t n = 0; rows && to && n < pass->B * steps; n++)
        to[n] = fabs((double)rows[n]) < 1e9 ? (int32_t)rows[n] : -1;
    free(rows);
    return to;
}

/* ---- Targets ------------------------------------------------------------- */

int inspect_before_softmax(network *net)
{
    elman_config config = *elman_model_config(net->model);
    if (!find_softmax(&config, false) && !find_softmax(&config, true)) return 0;
    note("the softmax at the end is left out: what it is of is looked at");
    return network_drop_softmax(net);
}

/* Values in the shape of what the model gives, or a class for each row. */
static int take_targets(const array_pass *pass, const char *path,
                        const elman_tensor *y, elman_arrays *arrays)
{
    size_t O = pass->net->size.output_size, count = 1;
    size_t steps = array_steps(pass);
    for (size_t n = 0; n < y->rank; n++)
        count *= y->shape[n];

    arrays->per_step = !pass->net->size.per_sequence;
    if (count == pass->B * steps * O && (O > 1 || y->rank > 1)) {
        arrays->values = sequences_first(pass, y->data, O, steps);
        arrays->O = O;
        return arrays->values ? 0 : failed("out of memory");
    }
    if (count != pass->B * steps)
        return failed("%s does not fit %s: expected %zu values or 1 class for "
                      "each of %zu",
                      path, pass->name, O, pass->B * steps);
    arrays->classes = whole_numbers(pass, y->data, steps);
    arrays->class_count = O;
    return arrays->classes ? 0 : failed("out of memory");
}

/* What an encoding says of values that are as they are. */
static int plain_note(const network *net, char **note)
{
    size_t I = net->size.input_size, O = net->size.output_size;
    size_t room = 256 + 8 * (I + O), used = 0;
    char *text = malloc(room);
    if (!text) return failed("out of memory");

    const struct {
        const char *key, *number;
        size_t count;
    } lists[] = {{"mean", "0", I},
                 {"scale", "1", I},
                 {"target_mean", "0", O},
                 {"target_scale", "1", O}};
    used += (size_t)snprintf(text, room, "{\"version\":1,\"task\":\"%s\"",
                             net->size.per_sequence ? "regress" : "track");
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        used += (size_t)snprintf(text + used, room - used, ",\"%s\":[",
                                 lists[k].key);
        for (size_t n = 0; n < lists[k].count; n++)
            used += (size_t)snprintf(text + used, room - used, "%s%s",
                                     n ? "," : "", lists[k].number);
        used += (size_t)snprintf(text + used, room - used, "]");
    }
    snprintf(text + used, room - used, "}");
    *note = text;
    return 0;
}

/* ---- All ----------------------------------------------------------------- */

static int open_values(const array_pass *pass, const char *targets,
                       elman_arrays *arrays, elman_dataset **dataset)
{
    elman_dataset_config config = {.no_scaling = true};
    elman_tensor y = {0};
    char *note = NULL;
    float *x = sequences_first(pass, pass->x, pass->I, pass->T);
    arrays->x = x;
    int code = x ? 0 : failed("out of memory");

    /* with what it should give, or without */
    if (!code && targets) code = array_open(targets, &y);
    if (!code && targets) code = take_targets(pass, targets, &y, arrays);
    if (!code && !targets) {
        arrays->per_step = !pass->net->size.per_sequence;
        code = plain_note(pass->net, &note);
        config = (elman_dataset_config){.encoding = note, .answers = true};
    }

    if (!code &&
        elman_dataset_open_arrays(arrays, &config, dataset) != ELMAN_OK)
        code = library_failed();
    elman_array_destroy(&y);
    free(note);
    free(x);
    free((void *)(uintptr_t)arrays->values);
    free((void *)(uintptr_t)arrays->classes);
    return code;
}

/* Tokens of which the model gives the next one. */
static int open_text(const array_pass *pass, elman_arrays *arrays,
                     elman_dataset **dataset)
{
    int32_t *tokens = whole_numbers(pass, pass->x, pass->T);
    const elman_dataset_config config = {0};
    arrays->tokens = tokens;
    arrays->vocabulary = pass->net->size.vocabulary;
    arrays->I = 0;

    int code = tokens ? 0 : failed("out of memory");
    if (!code &&
        elman_dataset_open_arrays(arrays, &config, dataset) != ELMAN_OK)
        code = library_failed();
    free(tokens);
    return code;
}

/* Other models of tokens are looked at behind their embedding: x becomes what
 * that makes of it. */
static int embed(network *net, array_pass *pass)
{
    float *table = NULL;
    size_t count = pass->T * pass->B;
    int code = network_drop_embedding(net, &table);
    size_t E = net->size.input_size;
    free(pass->typed);
    pass->typed = NULL;
    if (!code) pass->typed = calloc(count * E + 1, sizeof *pass->typed);
    if (!code && !pass->typed) code = failed("out of memory");

    /* a row of its table for each token */
    for (size_t n = 0; n < count && !code; n++)
        memcpy(pass->typed + n * E, table + (size_t)pass->tokens[n] * E,
               E * sizeof *table);
    free(table);
    pass->x = pass->typed;
    pass->I = E;
    if (!code)
        note("each token is looked at as the %zu numbers that the embedding "
             "makes of it",
             E);
    return code;
}

/* True if targets are values, one for each output, which a softmax gives. */
static bool are_values(const array_pass *pass, const char *targets)
{
    elman_tensor y = {0};
    size_t steps = pass->net->size.per_sequence ? 1 : pass->T, count = 1;
    if (!targets || elman_array_load(targets, &y) != ELMAN_OK) return false;
    for (size_t n = 0; n < y.rank; n++)
        count *= y.shape[n];
    elman_array_destroy(&y);
    return count == pass->B * steps * pass->net->size.output_size;
}

/* A pass becomes data, and is closed. */
static int open_pass(network *net, array_pass *pass, const char *targets,
                     elman_dataset **dataset)
{
    int code = are_values(pass, targets) ? 0 : inspect_before_softmax(net);

    /* the next token, or whatever is given for one */
    bool next = net->size.vocabulary && !net->size.per_sequence && !targets &&
                net->size.output_size == net->size.vocabulary;
    if (!code && net->size.vocabulary && !next) code = embed(net, pass);
    elman_arrays arrays = {
        .N = pass->B, .T = pass->T, .I = pass->I, .lengths = pass->lengths};
    if (!code)
        code = next ? open_text(pass, &arrays, dataset)
                    : open_values(pass, targets, &arrays, dataset);
    arrays_close(pass);
    if (code) return code;

    /* what is shown has the words of the data */
    if (elman_encoding_create(elman_dataset_note(*dataset), &net->encoding) !=
        ELMAN_OK)
        return library_failed();
    if (task_has_classes(net->encoding->task))
        net->loss = ELMAN_LOSS_CROSS_ENTROPY;
    return 0;
}

int inspect_open_words(network *net, const char *text, elman_dataset **dataset)
{
    array_pass pass = {.net = net};
    int code = texts_read(net, "the text given", text, strlen(text), &pass);
    if (!code && pass.T < 2)
        code = misused("--text expects at least two tokens, found %zu", pass.T);
    if (!code) return open_pass(net, &pass, NULL, dataset);
    arrays_close(&pass);
    return code;
}

int inspect_open_arrays(network *net, const char *path, const char *targets,
                        const char *lengths, elman_dataset **dataset)
{
    array_pass pass = {.net = net};
    int code = arrays_read(path, &pass);
    if (!code) code = arrays_read_lengths(lengths, &pass);
    if (!code) return open_pass(net, &pass, targets, dataset);
    arrays_close(&pass);
    return code;
}
