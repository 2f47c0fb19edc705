/*
 * mapping_draft.c: a mapping file to begin with: the layers that drafted.c
 * finds. What names and shapes cannot say stands under "missing", and as long
 * as that is there, the file is refused.
 */
#include "import/mapping_draft.h"

#include "format/file.h"
#include "format/json.h"
#include "import/drafted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct draft_file {
    draft made;
    json_writer out;
} draft_file;

/* ---- Writing ------------------------------------------------------------- */

static void put_text(draft_file *d, const char *key, const char *text)
{
    if (key) json_write_key(&d->out, key);
    json_write_text(&d->out, text, strlen(text));
}

static void put_size(draft_file *d, const char *key, size_t size)
{
    if (key) json_write_key(&d->out, key);
    json_write_whole(&d->out, (int64_t)size);
}

static void put_flag(draft_file *d, const char *key)
{
    json_write_key(&d->out, key);
    json_write_bool(&d->out, true);
}

static void put_layer(draft_file *d, const drafted *l, bool both)
{
    static const char *const words[] = {[ELMAN_RNN] = "rnn",
                                        [ELMAN_LSTM] = "lstm",
                                        [ELMAN_GRU] = "gru",
                                        [ELMAN_LINEAR] = "linear",
                                        [ELMAN_EMBEDDING] = "embedding"};

    /* its sizes, and that it has no bias */
    json_begin(&d->out, '{');
    put_text(d, "kind", words[l->kind]);
    if (draft_is_cell(l)) put_size(d, "hidden_size", l->H);
    else if (l->kind == ELMAN_LINEAR) put_size(d, "output_size", l->H);
    else {
        put_size(d, "num_embeddings", l->H);
        put_size(d, "embedding_dim", l->I);
    }
    if (l->bias[0] == NOWHERE && l->pair == NOWHERE &&
        l->kind != ELMAN_EMBEDDING)
        put_flag(d, "no_bias");
    if (both) put_flag(d, "bidirectional");
    else if (l->backward && draft_is_cell(l)) put_flag(d, "reverse");
    json_end(&d->out, '}');
}

static void put_config(draft_file *d)
{
    json_write_key(&d->out, "config");
    json_begin(&d->out, '{');
    if (d->made.count && d->made.layers[0].kind != ELMAN_EMBEDDING)
        put_size(d, "input_size", d->made.layers[0].I);
    json_write_key(&d->out, "layers");
    json_begin(&d->out, '[');
    for (size_t i = 0; i < d->made.count; i++)
        put_layer(d, d->made.layers + i, d->made.both[i]);
    json_end(&d->out, ']');
    json_end(&d->out, '}');
}

/* [0,5] under the name of its axis, or one row where the end is 0. */
static void put_part(draft_file *d, const char *axis, const size_t *part)
{
    if (part && !part[1]) put_size(d, "row", part[0]);
    if (!part || !part[1]) return;
    json_write_key(&d->out, axis);
    json_begin(&d->out, '[');
    put_size(d, NULL, part[0]);
    put_size(d, NULL, part[1]);
    json_end(&d->out, ']');
}

/* A source with what has to be done to it; rows are those of x or h, which are
 * columns where the matrix is not turned. */
static void put_source(draft_file *d, const char *of, const char *role,
                       ptrdiff_t from, bool turned, const size_t *rows,
                       const char *gates)
{
    char key[220];
    snprintf(key, sizeof key, "%s.%s", of, role);
    json_write_key(&d->out, key);
    json_begin(&d->out, '{');

    /* fields in the order in which they are applied */
    if (from == NOWHERE) {
        put_flag(d, "zero");
    } else {
        put_text(d, "from", draft_tensor(&d->made, from)->name);
        put_part(d, turned ? "rows" : "cols", rows);
        if (turned) put_flag(d, "transpose");
        if (gates) put_text(d, "gates", gates);
    }
    json_end(&d->out, '}');
}

/* A list of sources, one for each gate. */
static void put_gates(draft_file *d, const char *of, const char *role,
                      const gate_set *set, bool turned, const size_t *part)
{
    char key[220];
    snprintf(key, sizeof key, "%s.%s", of, role);
    json_write_key(&d->out, key);
    json_begin(&d->out, '[');
    for (size_t i = 0; i < set->count; i++) {
        json_begin(&d->out, '{');
        put_text(d, "from",
                 draft_tensor(&d->made, (ptrdiff_t)set->at[i])->name);
        put_part(d, turned ? "rows" : "cols", part);
        if (turned) put_flag(d, "transpose");
        put_text(d, "gates", (const char[]){set->letters[i], 0});
        json_end(&d->out, '}');
    }
    json_end(&d->out, ']');
}

static void put_weights(draft_file *d, const drafted *l, const char *name,
                        const char *end)
{
    char role[4][40];
    const char *gates = draft_gates(&d->made, l);
    const size_t x[] = {0, l->I}, h[] = {l->I, l->I + l->H};
    bool biased = l->bias[0] != NOWHERE || l->pair != NOWHERE;

    /* other layers have one weight */
    if (!draft_is_cell(l)) {
        put_source(d, name, "weight", l->input, l->input_turned, NULL, NULL);
        if (biased) put_source(d, name, "bias", l->bias[0], false, NULL, NULL);
        return;
    }

    /* a cell's, in its direction */
    static const char *const roles[] = {"weight_ih_l0", "weight_hh_l0",
                                        "bias_ih_l0", "bias_hh_l0"};
    for (size_t i = 0; i < 4; i++)
        snprintf(role[i], sizeof role[i], "%s%s", roles[i], end);

    /* gate by gate, or all gates at once */
    if (l->sets[0].count) {
        for (size_t i = 0; i < 4; i++) {
            if (l->sets[i].count)
                put_gates(d, name, role[i], l->sets + i,
                          i < 2 && l->input_turned,
                          !l->joint || i > 1 ? NULL
                          : i == 0           ? x
                                             : h);
            else if (biased)
                put_source(d, name, role[i], NOWHERE, false, NULL, NULL);
        }
        return;
    }
    put_source(d, name, role[0], l->input, l->input_turned, l->joint ? x : NULL,
               gates);
    put_source(d, name, role[1], l->recurrent, l->recurrent_turned,
               l->joint ? h : NULL, gates);
    if (!biased) return;

    const size_t first[] = {0, 0}, second[] = {1, 0};
    if (l->pair != NOWHERE) {
        put_source(d, name, role[2], l->pair, false, first, gates);
        put_source(d, name, role[3], l->pair, false, second, gates);
        return;
    }
    put_source(d, name, role[2], l->bias[0], false, NULL, gates);
    put_source(d, name, role[3], l->bias[1], false, NULL,
               l->bias[1] == NOWHERE ? NULL : gates);
}

/* The names that layers have when they have none: rnn, rnn2, fc ... */
static void layer_name(const draft_file *d, size_t index, size_t room,
                       char *name)
{
    static const char *const words[] = {"rnn", "fc", "embedding"};
    size_t same = 0, kind[2];
    for (size_t i = 0; i <= index; i++) {
        const drafted *l = d->made.layers + i;
        kind[1] = draft_is_cell(l) ? 0 : l->kind == ELMAN_LINEAR ? 1 : 2;
        kind[0] = draft_is_cell(d->made.layers + index)        ? 0
                  : d->made.layers[index].kind == ELMAN_LINEAR ? 1
                                                               : 2;
        same += kind[0] == kind[1];
    }
    if (same > 1) snprintf(name, room, "%s%zu", words[kind[0]], same);
    else snprintf(name, room, "%s", words[kind[0]]);
}

static void put_tensors(draft_file *d)
{
    json_write_key(&d->out, "tensors");
    json_begin(&d->out, '{');
    for (size_t i = 0; i < d->made.count; i++) {
        char name[40];
        layer_name(d, i, sizeof name, name);
        put_weights(d, d->made.layers + i, name, "");
        if (d->made.both[i])
            put_weights(d, d->made.reverse + i, name, "_reverse");
    }
    json_end(&d->out, '}');
}

/* What the shapes of a layer cannot say, as sentences. */
static void put_open(draft_file *d, const drafted *l, const char *name)
{
    char text[400];
    int bytes = l->prefix_bytes < 80 ? (int)l->prefix_bytes : 0;

    /* of a cell, its gates */
    if (l->handmade && (l->sets[0].count || l->gates == 1)) {
        snprintf(text, sizeof text,
                 "%s: that its linear layers are a cell as their names say, "
                 "with what nn.%s computes of them%s",
                 name,
                 l->gates == 1   ? "RNN"
                 : l->gates == 3 ? "GRU"
                                 : "LSTM",
                 l->gates == 1 ? " (tanh, or \"nonlinearity\": \"relu\"; a "
                                 "cell without a function is none of elman's)"
                               : "");
        put_text(d, NULL, text);
    } else if (l->sets[0].count) {
        snprintf(text, sizeof text,
                 "%s: that the last letters of its tensors' names are those of "
                 "its gates",
                 name);
        put_text(d, NULL, text);
    } else if (draft_is_cell(l) && l->gates > 1) {
        snprintf(text, sizeof text,
                 "%s: the order of its gates%s%.*s: %s is only assumed", name,
                 bytes ? " in " : "", bytes, l->prefix,
                 draft_gates(&d->made, l));
        put_text(d, NULL, text);
    }
    if (l->kind == ELMAN_GRU) {
        snprintf(text, sizeof text,
                 "%s: whether it resets before the product "
                 "(\"reset_before\": true)",
                 name);
        put_text(d, NULL, text);
    }

    /* of matrices, which and how */
    if (l->joint && l->handmade) {
        snprintf(text, sizeof text,
                 "%s: that x comes before h in its columns: torch.cat((x, h))",
                 name);
        put_text(d, NULL, text);
    } else if (l->joint) {
        snprintf(text, sizeof text,
                 "%s: whether x comes before h in its rows, and whether 1 "
                 "is added to gate f ({\"value\": 1, \"gates\": \"f\"})",
                 name);
        put_text(d, NULL, text);
    }
    if (l->unsure) {
        snprintf(text, sizeof text,
                 "%s: its shapes do not tell which matrix is which, or how "
                 "it lies (\"transpose\"), or an embedding from a linear "
                 "layer",
                 name);
        put_text(d, NULL, text);
    }
}

/* Everything that has to be settled. */
static void put_missing(draft_file *d)
{
    json_write_key(&d->out, "missing");
    json_begin(&d->out, '[');
    put_text(d, NULL,
             "the order of the layers is that of the file, and functions, a "
             "{\"kind\": \"last\"} and \"batch_first\" are not in it: check "
             "\"config\", then remove \"missing\"");

    for (size_t i = 0; i < d->made.count; i++) {
        const drafted *l = d->made.layers + i;
        char name[40];
        layer_name(d, i, sizeof name, name);
        put_open(d, l, name);
    }

    /* what no layer of the draft has a use for */
    for (size_t i = 0; i < d->made.import->weights.tensor_count; i++) {
        char text[200];
        const char *name = d->made.import->weights.tensors[i].name;
        if (d->made.used[i]) continue;
        if (strlen(name) >= 120) name = "a tensor with a long name";
        if (draft_is_optimizers(name))
            snprintf(text, sizeof text, "--ignore for %s, an optimizer's",
                     name);
        else
            snprintf(text, sizeof text, "what %s is, or --ignore for it", name);
        put_text(d, NULL, text);
    }
    json_end(&d->out, ']');
}

/* Every tensor with its shape, which the reader passes over. */
static void put_file(draft_file *d)
{
    json_write_key(&d->out, "file");
    json_begin(&d->out, '{');
    for (size_t i = 0; i < d->made.import->weights.tensor_count; i++) {
        const named_tensor *t = d->made.import->weights.tensors + i;
        char shape[100], text[140];
        shape_print(t->rank, t->shape, sizeof shape, shape);
        snprintf(text, sizeof text, "%s %s", element_name(t->type), shape);
        put_text(d, t->name, text);
    }
    json_end(&d->out, '}');
}

/* ---- Lines --------------------------------------------------------------- */

/* The members of the outer three levels on lines of their own, for people who
 * edit them; what is in a source or a layer stays on one. */
static elman_status write_lines(const char *text, file_writer *w)
{
    size_t depth = 0;
    bool quoted = false;
    for (const char *at = text; *at; at++) {
        bool escaped = quoted && *at == '\\' && at[1];
        if (!escaped && *at == '"') quoted = !quoted;
        size_t bytes = escaped ? 2 : 1;

        /* brackets outside of texts say how deep it is */
        if (!quoted && (*at == '}' || *at == ']') && depth > 0) depth--;
        TRY(file_writer_write(w, at, bytes));
        if (escaped) at++;
        if (quoted) continue;
        if (*at == '{' || *at == '[') depth++;

        bool opens = *at == '{' || *at == '[';
        if ((opens || *at == ',') && depth > 0 && depth < 3) {
            char line[16];
            int room =
                snprintf(line, sizeof line, "\n%*s", (int)(2 * depth), "");
            TRY(file_writer_write(w, line, (size_t)room));
        } else if (*at == ':' || *at == ',') {
            TRY(file_writer_write(w, " ", 1));
        }
    }
    return file_writer_write(w, "\n", 1);
}

elman_status import_draft(const elman_import *im, const char *path)
{
    char *text = NULL;
    file_writer *writer = NULL;
    if (im->own || !im->weights.tensor_count)
        return failure(ELMAN_BAD_VALUE,
                       "%s: the file says what its tensors are; expected one "
                       "that a mapping file can explain",
                       im->path);

    draft_file *d = calloc(1, sizeof *d);
    if (d)
        d->made.used =
            calloc(im->weights.tensor_count + 1, sizeof *d->made.used);
    if (!d || !d->made.used) {
        free(d);
        return failure(ELMAN_NO_MEMORY, "no memory for a draft");
    }

    /* the layers, and the file around them */
    d->made.import = im;
    elman_status status = draft_guess(&d->made);
    json_begin(&d->out, '{');
    put_config(d);
    put_tensors(d);
    put_missing(d);
    put_file(d);
    json_end(&d->out, '}');
    elman_status written = json_finish(&d->out, &text);
    if (!status) status = written;
    free(d->made.used);
    free(d);

    if (!status) status = file_writer_open(path, &writer);
    if (!status) status = file_writer_end(writer, write_lines(text, writer));
    free(text);
    return status;
}
