/*
 * arrays.c: see arrays.h.
 */
#include "arrays.h"
#include "screen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define AT(field) offsetof(array_values, field)

const option_row array_options[] = {
    {.name = "lengths",
     .type = OPTION_TEXT,
     .value = "FILE.npy",
     .field = AT(lengths),
     .fallback = "(all steps)",
     .common = true,
     .help = "how many steps each sequence has: whole numbers (B)"},
    {.name = "state",
     .type = OPTION_LIST,
     .value = "NAME=FILE.npy",
     .field = AT(states),
     .help = "begin from this memory, as rnn.h_0=h.npy (levels and directions, "
             "sequences, units); once for each, or the one FILE.safetensors "
             "that --state-output wrote"},
    {.name = "state-output",
     .type = OPTION_TEXT,
     .value = "DIR|FILE.safetensors",
     .field = AT(state_output),
     .fallback = "(none)",
     .help = "keep the memory that is left: arrays as rnn.h_n.npy in DIR, or "
             "all of it in one file"},
    {0},
};

const char no_encoding[] =
    "does not say how data becomes numbers and takes them as they are";

int options_refuse(const parsed_line *arguments, const option_row *rows,
                   const char *path, const char *reason)
{
    for (const option_row *row = rows; row->name; row++)
        if (option_given(arguments, row->name))
            return misused("--%s does not go with '%s', which %s", row->name,
                           path, reason);
    return 0;
}

int reading_refuse(const parsed_line *arguments, const char *path,
                   const char *reason)
{
    int code = options_refuse(arguments, reading_options, path, reason);
    return code ? code
                : options_refuse(arguments, reading_memory_options, path,
                                 reason);
}

/* ---- Reading ------------------------------------------------------------- */

/* True if the model was made of one step of sequences: an array without an axis
 * of steps is one there. */
static bool takes_one(const network *net)
{
    const char *steps = elman_model_note(net->model, "steps");
    return steps && !strcmp(steps, "one");
}

/* "(T,B,3) or (T,3)", the shapes of x that the model takes. */
static void expected_shapes(const network *net, char *text, size_t size)
{
    const char *order =
        elman_model_config(net->model)->batch_first ? "B,T" : "T,B";
    const char *alone = takes_one(net) ? "B" : "T";
    const char *what = takes_one(net) ? "one step" : "one sequence";
    if (net->size.vocabulary)
        snprintf(text, size, "tokens (%s), or (%s) of %s", order, alone, what);
    else
        snprintf(text, size, "(%s,%zu), or (%s,%zu) of %s", order,
                 net->size.input_size, alone, net->size.input_size, what);
}

/* What makes of the shape found the one that is expected: "" if nothing is
 * likely to. */
static const char *shape_advice(const network *net, const elman_tensor *x)
{
    static char text[200];
    size_t axes = net->size.vocabulary ? 1 : 2, I = net->size.input_size;
    size_t last = x->rank ? x->shape[x->rank - 1] : 0;

    /* an axis too many, or too few */
    for (size_t n = 0; x->rank > axes + 1 && n < x->rank; n++)
        if (x->shape[n] == 1)
            return "; numpy.squeeze(x) takes the axes of one away";
    if (x->rank > axes + 1 || net->size.vocabulary) return "";
    if (x->rank == 1)
        return last == I ? "; x[None] is one step of one sequence"
               : I == 1  ? "; x[:, None] are steps of one number"
                         : "";

    /* the values of a step on another axis */
    for (size_t n = 0; last != I && n + 1 < x->rank; n++)
        if (x->shape[n] == I) {
            snprintf(text, sizeof text,
                     "; numpy.moveaxis(x, %zu, -1) has the %zu values of a "
                     "step last",
                     n, I);
            return text;
        }
    return "";
}

static int bad_shape(const array_pass *pass, const elman_tensor *x)
{
    char expected[160], found[160] = "(";
    size_t used = 1;
    for (size_t n = 0; n < x->rank && used < sizeof found - 24; n++)
        used += (size_t)snprintf(found + used, sizeof found - used, "%s%zu",
                                 n ? "," : "", x->shape[n]);

    expected_shapes(pass->net, expected, sizeof expected);
    return failed("%s has the shape %s), but '%s' takes %s%s", pass->name,
                  found, pass->net->path, expected, shape_advice(pass->net, x));
}

static bool ends_in(const char *path, const char *end)
{
    size_t length = strlen(path), most = strlen(end);
    return length > most && !strcmp(path + length - most, end);
}

bool array_is_named(const char *path) { return path && ends_in(path, ".npy"); }

int array_open(const char *path, elman_tensor *array)
{
    static const struct {
        const char *end, *advice;
    } kinds[] = {
        {".npz", "an .npz holds several arrays, and one is read: "
                 "numpy.save(\"x.npy\", numpy.load(FILE)[NAME])"},
        {".pt", "a tensor of PyTorch becomes an array by "
                "numpy.save(\"x.npy\", torch.load(FILE).numpy())"},
        {".csv", "a table of numbers becomes an array by numpy.save(\"x.npy\", "
                 "numpy.loadtxt(FILE, delimiter=\",\"))"},
        {"", "arrays are written by numpy.save(\"x.npy\", x)"}};
    if (elman_array_load(path, array) == ELMAN_OK) return 0;
    if (!strstr(elman_message(), "not an .npy file")) return library_failed();

    /* another kind of file, by its name */
    size_t n = 0;
    while (!ends_in(path, kinds[n].end) && *kinds[n].end)
        n++;
    return failed("%s; %s", elman_message(), kinds[n].advice);
}

/* What may not be meant: order that a model that is not proved may have the
 * other way round, and numbers that are none. */
static void tell_doubts(const array_pass *pass)
{
    size_t count = pass->T * pass->B * pass->I, bad = 0;
    for (size_t n = 0; n < count; n++)
        bad += isfinite(pass->x[n]) ? 0 : 1;
    if (bad)
        note("%s: %zu of %zu numbers are NaN or infinite, and so is what is "
             "made of them",
             pass->name, bad, count);
    if (pass->batched && pass->T > 1 && pass->B > 1 && !pass->net->ordered &&
        elman_model_note(pass->net->model, "proof"))
        note("%s is read as %zu sequences of %zu steps", pass->name, pass->B,
             pass->T);
}

bool array_token_of(const network *net, double number, int32_t *token)
{
    double most = (double)net->size.vocabulary;
    if (!(number >= 0 && number < most && floor(number) == number))
        return false;
    *token = (int32_t)number;
    return true;
}

int arrays_make_tokens(array_pass *pass)
{
    size_t count = pass->T * pass->B;
    pass->tokens = calloc(count + 1, sizeof *pass->tokens);
    if (!pass->tokens) return failed("out of memory");

    for (size_t n = 0; n < count; n++)
        if (!array_token_of(pass->net, (double)pass->x[n], pass->tokens + n))
            return failed("%s has the token %.9g, expected 0 to %zu",
                          pass->name, (double)pass->x[n],
                          pass->net->size.vocabulary - 1);
    return 0;
}

int arrays_read(const char *path, array_pass *pass)
{
    const elman_model_info *size = &pass->net->size;
    size_t axes = size->vocabulary ? 1 : 2;
    pass->name = path;
    int code = array_open(path, &pass->loaded);
    if (code) return code;
    elman_tensor x = pass->loaded;
    pass->x = x.data;
    axes_read_input(pass->net, path, &x);

    /* with or without an axis of sequences */
    bool first = elman_model_config(pass->net->model)->batch_first;
    pass->batched = x.rank == axes + 1;
    bool fits = x.rank == axes || pass->batched;
    if (fits && axes == 2) fits = x.shape[x.rank - 1] == size->input_size;
    for (size_t n = 0; fits && n < x.rank; n++)
        fits = x.shape[n] > 0;
    if (!fits) return bad_shape(pass, &x);

    /* one axis is of steps, or of sequences of one step */
    pass->T = x.shape[pass->batched && first];
    pass->B = pass->batched ? x.shape[!first] : 1;
    pass->one = !pass->batched && takes_one(pass->net);
    if (pass->one) {
        pass->B = pass->T;
        pass->T = 1;
        pass->batched = true;
    }
    pass->I = axes == 2 ? size->input_size : 1;
    if (pass->net->assumed && pass->batched && !first && pass->T * pass->B > 1)
        return failed("%s has steps and sequences, and '%s' does not record "
                      "which come first: --batch-first or --steps-first says "
                      "it",
                      path, pass->net->path);
    tell_doubts(pass);
    return size->vocabulary ? arrays_make_tokens(pass) : 0;
}

/* A list of lengths where its file is expected. */
static bool is_list(const char *path)
{
    return strchr(path, ',') && !path[strspn(path, "0123456789, []")];
}

int arrays_read_lengths(const char *path, array_pass *pass)
{
    elman_tensor counts = {0};
    if (!path) return arrays_find_padding(pass);
    if (is_list(path))
        return misused("--lengths expects a file, found '%s'; "
                       "numpy.save(\"n.npy\", numpy.array([%s])) writes one",
                       path, path);
    int code = array_open(path, &counts);
    if (code) return code;
    if (counts.rank != 1 || counts.shape[0] != pass->B)
        code = failed("%s: expected %zu lengths, one for each sequence of %s",
                      path, pass->B, pass->name);
    if (!code) pass->lengths = calloc(pass->B + 1, sizeof *pass->lengths);
    if (!code && !pass->lengths) code = failed("out of memory");

    /* a sequence may be empty, and none is longer than x */
    for (size_t b = 0; b < pass->B && !code; b++) {
        double length = (double)counts.data[b];
        if (length >= 0 && length <= (double)pass->T && floor(length) == length)
            pass->lengths[b] = (size_t)length;
        else
            code = failed("%s: length %zu is %.9g, expected 0 to %zu", path,
                          b + 1, length, pass->T);
    }
    elman_array_destroy(&counts);
    return code;
}

void arrays_close(array_pass *pass)
{
    elman_array_destroy(&pass->loaded);
    free(pass->typed);
    free(pass->tokens);
    free(pass->lengths);
    free(pass->before);
    free(pass->y.data);
    elman_state_destroy(pass->state);
    *pass = (array_pass){0};
}

/* ---- Running ------------------------------------------------------------- */

/* Directions that stand side by side, instead of joined, in what is given. */
static size_t output_parts(const network *net)
{
    const elman_layer *layer = elman_model_config(net->model)->layers;
    while (layer[1].kind)
        layer++;
    return is_recurrent(layer) && layer->bidirectional &&
                   layer->merge == ELMAN_MERGE_NONE
               ? 2
               : 1;
}

size_t array_steps(const array_pass *pass)
{
    const elman_model_info *size = &pass->net->size;
    if (size->per_sequence) return 1;
    return size->output_steps ? size->output_steps : pass->T;
}

bool array_has_own_steps(const array_pass *pass)
{
    return pass->net->size.per_sequence || pass->net->size.output_steps;
}

/* Room for y, in the shape that x asks for. */
static int make_output(array_pass *pass)
{
    const elman_model_info *size = &pass->net->size;
    bool first = elman_model_config(pass->net->model)->batch_first;
    size_t parts = output_parts(pass->net), count = 1;
    elman_tensor *y = &pass->y;

    /* the axes that x has, without that of steps for one vector of each */
    if (parts > 1) y->shape[y->rank++] = parts;
    if (pass->batched && first) y->shape[y->rank++] = pass->B;
    if (!size->per_sequence && !(pass->one && !size->output_steps))
        y->shape[y->rank++] = array_steps(pass);
    if (pass->batched && !first) y->shape[y->rank++] = pass->B;
    y->shape[y->rank++] = size->output_size / parts;

    for (size_t n = 0; n < y->rank; n++) {
        if (y->shape[n] && count > SIZE_MAX / sizeof(float) / y->shape[n])
            return failed("out of memory");
        count *= y->shape[n];
    }
    y->data = calloc(count + 1, sizeof *y->data);
    return y->data ? 0 : failed("out of memory");
}

int arrays_prepare(array_pass *pass, const array_values *values, int threads,
                   bool keep, bool stepped)
{
    if (stepped && !pass->net->size.streams)
        return misused("'%s' %s and cannot go one step at a time; give whole "
                       "sequences, without --stream",
                       pass->net->path, network_looks_ahead(pass->net));
    const elman_state_config config = {.T = stepped ? 1 : pass->T,
                                       .B = pass->B,
                                       .threads = threads,
                                       .keep_steps = keep};

    int code = make_output(pass);
    if (!code &&
        elman_state_create(pass->net->model, &config, &pass->state) != ELMAN_OK)
        code = library_failed();
    if (!code)
        code = states_give(pass->net, pass->state, pass->B, &values->states);
    return code;
}

/* Step t of every sequence, from x; beside it how many of them have it. */
static void take_step(const array_pass *pass, size_t t, elman_batch *one,
                      float *x, int32_t *tokens, size_t *lengths)
{
    bool first = elman_model_config(pass->net->model)->batch_first;
    for (size_t b = 0; b < pass->B; b++) {
        size_t from = first ? b * pass->T + t : t * pass->B + b;
        memcpy(x + b * pass->I, pass->x + from * pass->I, pass->I * sizeof *x);
        if (pass->tokens) tokens[b] = pass->tokens[from];
        lengths[b] = !pass->lengths || t < pass->lengths[b];
    }
    *one = (elman_batch){.T = 1,
                         .B = pass->B,
                         .x = x,
                         .tokens = pass->tokens ? tokens : NULL,
                         .lengths = lengths};
}

/* What step t gave, where it belongs; of one vector for each sequence the last
 * one stays. */
static void keep_step(array_pass *pass, size_t t, const float *y,
                      const size_t *lengths)
{
    bool first = elman_model_config(pass->net->model)->batch_first;
    bool one = pass->net->size.per_sequence;
    size_t O = pass->net->size.output_size;
    for (size_t b = 0; b < pass->B; b++) {
        size_t to = one ? b : first ? b * pass->T + t : t * pass->B + b;
        if (lengths[b]) memcpy(pass->y.data + to * O, y + b * O, O * sizeof *y);
    }
}

static int run_steps(array_pass *pass)
{
    size_t B = pass->B, O = pass->net->size.output_size;
    float *x = calloc(B * pass->I + 1, sizeof *x);
    float *y = calloc(B * O + 1, sizeof *y);
    int32_t *tokens = calloc(B + 1, sizeof *tokens);
    size_t *lengths = calloc(B + 1, sizeof *lengths);
    int code = x && y && tokens && lengths ? 0 : failed("out of memory");

    /* sequences that have ended keep their memory, by a length of 0 */
    for (size_t t = 0; t < pass->T && !code; t++) {
        elman_batch one;
        take_step(pass, t, &one, x, tokens, lengths);
        if (elman_model_forward(pass->net->model, pass->state, &one, y) ==
            ELMAN_OK)
            keep_step(pass, t, y, lengths);
        else code = library_failed();
    }

    free(x);
    free(y);
    free(tokens);
    free(lengths);
    return code;
}

int arrays_run(array_pass *pass, bool stepped)
{
    if (stepped) return run_steps(pass);
    const elman_batch batch = {.T = pass->T,
                               .B = pass->B,
                               .x = pass->tokens ? NULL : pass->x,
                               .tokens = pass->tokens,
                               .lengths = pass->lengths};
    return elman_model_forward(pass->net->model, pass->state, &batch,
                               pass->y.data) == ELMAN_OK
               ? 0
               : library_failed();
}
