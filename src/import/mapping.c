/*
 * mapping.c: a file that says what tensors become. JSON:
 *
 *   {"config": the model's, as a model file's metadata has it,
 *    "tensors": {parameter: source, ...},
 *    "reference": {"x": name, "y": name}}
 *
 * A source is the name of a tensor, an object {"from": name, "transpose":
 * true, "gates": "ifco", "row": 0}, {"zero": true}, or a list of them that is
 * added up. docs/FORMATS.md has an example.
 */
#include "import/mapping.h"

#include "base/kind.h"
#include "base/memory.h"
#include "format/file.h"
#include "format/json.h"
#include "model/config_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How a parameter is made of a tensor. */
typedef struct recipe {
    const named_tensor *from;
    const char *gates; /* or NULL */
    bool transpose;
    bool has_row; /* of the first axis: */
    size_t row;
} recipe;

/* ---- Gates -------------------------------------------------------------- */

/* The letters of our gates, in our order, and the letters that others use. */
typedef struct gate_letters {
    char ours[ELMAN_MAX_GATES + 1], also[ELMAN_MAX_GATES + 1];
} gate_letters;

/* What ONNX and Keras call the gates of a cell, in our order. */
static const char *const other_letters[] = {
    [ELMAN_LSTM] = "ifco", [ELMAN_GRU] = "ruh"};

static gate_letters letters_of_cell(const elman_layer *l)
{
    const cell_kind *cell = cell_for(l);
    gate_letters letters = {.ours = ""};
    for (size_t i = 0; i < cell->gate_count; i++)
        letters.ours[i] = cell->gates[i].name[0];
    memcpy(letters.also, letters.ours, sizeof letters.also);
    size_t kind = (size_t)l->kind;
    if (kind < sizeof other_letters / sizeof *other_letters &&
        other_letters[kind])
        snprintf(letters.also, sizeof letters.also, "%s", other_letters[kind]);
    return letters;
}

static gate_letters letters_of(const elman_config *c, const parameter *p)
{
    for (size_t i = 0; i < ELMAN_MAX_LAYERS && c->layers[i].kind; i++) {
        const elman_layer *l = c->layers + i;
        size_t length = strlen(l->name);
        bool mine =
            strncmp(p->name, l->name, length) == 0 && p->name[length] == '.';

        if (!mine) continue;
        if (strcmp(p->role, "peephole") == 0)
            return (gate_letters){"ifo", "ifo"};
        if (kind_is_recurrent(l->kind) && p->gate_count > 1 &&
            p->gate_count == cell_for(l)->gate_count)
            return letters_of_cell(l);
    }
    return (gate_letters){.ours = ""};
}

/* Finds where in the source each of our gates is. */
static elman_status order_gates(const gate_letters *letters, const recipe *r,
                                tensor_slice *p)
{
    const char *ours = letters->ours, *theirs = r->gates;
    size_t count = strlen(ours);

    /* each of our letters, or its other name, must be among theirs */
    bool fits = count && strlen(theirs) == count;

    for (size_t j = 0; fits && j < count; j++) {
        const char *at = strchr(theirs, ours[j]);
        if (!at) at = strchr(theirs, letters->also[j]);
        fits = at != NULL;
        if (fits) p->order[j] = (size_t)(at - theirs);
    }

    if (fits) {
        p->blocks = count;
        return ELMAN_OK;
    }

    if (count == 0)
        return failure(ELMAN_BAD_FORMAT,
                       "the mapping of %s names gates, but it has none",
                       p->parameter);
    return failure(ELMAN_BAD_FORMAT,
                   "the mapping of %s has gates \"%.20s\", expected the "
                   "letters %s in the source's order",
                   p->parameter, theirs, ours);
}

/* ---- Slices ------------------------------------------------------------- */

/* What the table says of it. */
static const char *describe(elman_import *im, const recipe *r,
                            const gate_letters *letters, bool added)
{
    const char *how = "";
    if (r->has_row) how = import_text(im, "row %zu, ", r->row);

    if (how && r->transpose) how = import_text(im, "%stransposed, ", how);
    if (how && r->gates)
        how =
            import_text(im, "%sgates %s to %s, ", how, r->gates, letters->ours);
    if (how && added) how = import_text(im, "%sadded, ", how);

    if (!how) return NULL;

    /* without the last comma */
    size_t bytes = strlen(how);
    return bytes ? import_text(im, "%.*s", (int)(bytes - 2), how) : "as it is";
}

/* Checks that the source, or the row that is taken of it, has the parameter's
 * shape, or that shape transposed. */
static elman_status check_shape(const recipe *r, const parameter *target)
{
    size_t skip = r->has_row ? 1 : 0, rank = target->rank;

    /* a row is taken along the first axis, so the rest must fit */
    bool fits = r->from->rank == rank + skip && (!r->transpose || rank == 2);

    for (size_t i = 0; fits && i < rank; i++)
        fits = r->from->shape[skip + i] ==
               target->shape[r->transpose ? rank - 1 - i : i];
    if (fits && skip) fits = r->row < r->from->shape[0];

    if (fits) return ELMAN_OK;

    char got[100], expected[100], row[40] = "";
    shape_print(r->from->rank, r->from->shape, sizeof got, got);
    shape_print(rank, target->shape, sizeof expected, expected);
    if (skip) snprintf(row, sizeof row, " of its row %zu", r->row);
    return failure(ELMAN_BAD_FORMAT,
                   "the tensor %.80s has shape %s, expected%s that of %s, %s%s",
                   r->from->name, got, row, target->name, expected,
                   r->transpose ? ", transposed" : "");
}

static elman_status add_recipe(elman_import *im, const recipe *r,
                               const parameter *target, bool added)
{
    gate_letters letters = letters_of(&im->config, target);
    size_t rows = target->shape[0];
    size_t columns = target->rank > 1 ? target->shape[1] : 1;

    /* rows and columns change roles if it is transposed */
    tensor_slice p = {.from = (size_t)(r->from - im->weights.tensors),
                      .offset = r->has_row ? r->row * rows * columns : 0,
                      .row_step = r->transpose ? 1 : columns,
                      .column_step = r->transpose ? rows : 1,
                      .blocks = 1};
    snprintf(p.parameter, sizeof p.parameter, "%s", target->name);

    TRY(check_shape(r, target));
    if (!element_is_float(r->from->type))
        return failure(ELMAN_BAD_FORMAT,
                       "the tensor %.80s has the type %s, expected floats",
                       r->from->name, element_name(r->from->type));

    if (r->gates) TRY(order_gates(&letters, r, &p));
    p.how = describe(im, r, &letters, added);
    return p.how ? weights_add(&im->weights, &p) : ELMAN_NO_MEMORY;
}

/* ---- Reading ------------------------------------------------------------ */

static elman_status bad_source(const char *target, const char *what)
{
    return failure(ELMAN_BAD_FORMAT, "the mapping of %.80s %s", target, what);
}

static const named_tensor *find_tensor(const elman_import *im, const char *name)
{
    for (size_t i = 0; i < im->weights.tensor_count; i++)
        if (strcmp(im->weights.tensors[i].name, name) == 0)
            return im->weights.tensors + i;
    return NULL;
}

static elman_status read_flag(const json_node *node, const char *target,
                              bool *flag)
{
    if (node->kind != JSON_KIND_TRUE && node->kind != JSON_KIND_FALSE)
        return failure(ELMAN_BAD_FORMAT,
                       "the mapping of %.80s has %.20s, which is neither true "
                       "nor false",
                       target, node->key);
    *flag = node->kind == JSON_KIND_TRUE;
    return ELMAN_OK;
}

static elman_status read_member(const elman_import *im, const json_node *at,
                                const char *target, recipe *r, bool *zero)
{
    int64_t whole;
    const char *text = json_text(at);

    /* transpose, zero, row and gates say how it is taken */
    if (strcmp(at->key, "transpose") == 0)
        return read_flag(at, target, &r->transpose);
    if (strcmp(at->key, "zero") == 0) return read_flag(at, target, zero);

    if (strcmp(at->key, "row") == 0) {
        if (!json_whole(at, &whole) || whole < 0)
            return bad_source(
                target, "has a row that is not a whole number of at least 0");
        if (!size_narrow((uint64_t)whole, &r->row))
            return bad_source(target, "has a row that is not " A_SIZE);
        r->has_row = true;
        return ELMAN_OK;
    }

    if (strcmp(at->key, "gates") == 0) {
        r->gates = text;
        return text ? ELMAN_OK
                    : bad_source(target, "has gates that are not a text");
    }

    /* from names the tensor */
    if (strcmp(at->key, "from") != 0)
        return failure(ELMAN_BAD_FORMAT,
                       "the mapping of %.80s has the field %.40s, expected "
                       "from, transpose, gates, row or zero",
                       target, at->key);

    r->from = text ? find_tensor(im, text) : NULL;
    if (r->from) return ELMAN_OK;
    return failure(ELMAN_BAD_FORMAT,
                   "the mapping of %.80s asks for the tensor %.80s, which the "
                   "file does not have",
                   target, text ? text : "(no text)");
}

static elman_status add_zero(elman_import *im, const parameter *target)
{
    tensor_slice p = {.from = FROM_NOTHING, .how = "zero"};
    snprintf(p.parameter, sizeof p.parameter, "%s", target->name);
    return weights_add(&im->weights, &p);
}

/* Adds one source of a parameter: the name of a tensor, or an object. */
static elman_status add_source(elman_import *im, const json_node *node,
                               const parameter *target, bool added)
{
    recipe r = {.from = NULL};
    bool zero = false;
    const char *text = json_text(node);

    /* a text alone names the tensor */
    if (text) {
        const json_node from = {
            .kind = JSON_KIND_TEXT, .key = "from", .is.text = text};
        TRY(read_member(im, &from, target->name, &r, &zero));
    } else if (node->kind == JSON_KIND_OBJECT) {
        for (const json_node *at = node->is.first; at; at = at->next)
            TRY(read_member(im, at, target->name, &r, &zero));
    } else {
        return bad_source(target->name, "is neither a name nor an object");
    }

    if (zero && node->count == 1) return add_zero(im, target);
    if (zero || !r.from)
        return bad_source(target->name,
                          "names neither a tensor (from) nor zero alone");

    return add_recipe(im, &r, target, added);
}

static elman_status add_parameter(elman_import *im, const json_node *node,
                                  const elman_model *m)
{
    const parameter *target = model_find(m, node->key);
    if (!target)
        return failure(ELMAN_BAD_FORMAT,
                       "the mapping has %.80s, which is not a parameter of its "
                       "config; the first is %s",
                       node->key,
                       m->info.parameter_count ? m->parameters[0].name
                                               : "none");

    if (node->kind != JSON_KIND_LIST)
        return add_source(im, node, target, false);
    if (!node->count) return bad_source(node->key, "is an empty list");

    for (const json_node *at = node->is.first; at; at = at->next)
        TRY(add_source(im, at, target, node->count > 1));
    return ELMAN_OK;
}

static elman_status add_tensors(elman_import *im, const json_node *tensors)
{
    elman_model *m = NULL;
    if (!tensors || tensors->kind != JSON_KIND_OBJECT)
        return failure(ELMAN_BAD_FORMAT, "there is no object \"tensors\"");

    /* a model of the config knows its parameters and their shapes */
    elman_status status = import_model(im, &m);
    for (const json_node *at = tensors->is.first; !status && at; at = at->next)
        status = add_parameter(im, at, m);

    for (size_t i = 0; !status && i < m->info.parameter_count; i++)
        if (!json_find(tensors, m->parameters[i].name))
            status =
                failure(ELMAN_BAD_FORMAT, "the mapping does not say what %s is",
                        m->parameters[i].name);

    model_destroy(m);
    return status;
}

static elman_status read_reference(elman_import *im, const json_node *node)
{
    static const char *const keys[] = {"x", "y"};
    ptrdiff_t *const at[] = {&im->reference_x, &im->reference_y};

    /* a reference is optional */
    if (!node) return ELMAN_OK;
    for (size_t i = 0; i < 2; i++) {
        const char *name = json_text(json_find(node, keys[i]));
        const named_tensor *t = name ? find_tensor(im, name) : NULL;

        if (!t)
            return failure(ELMAN_BAD_FORMAT,
                           "the mapping's reference has as %s %.80s, which is "
                           "not a tensor of the file",
                           keys[i], name ? name : "no text");

        *at[i] = t - im->weights.tensors;
        if (!im->left_out[*at[i]])
            TRY(import_add_spare(im, (size_t)*at[i], "reference"));
    }
    return ELMAN_OK;
}

static elman_status read_mapping(elman_import *im, const json_node *root,
                                 const elman_import_config *config)
{
    elman_config c;

    /* nothing besides these three fields */
    for (const json_node *at = json_find(root, "config") ? root->is.first
                                                         : NULL;
         at; at = at->next)
        if (strcmp(at->key, "config") != 0 && strcmp(at->key, "tensors") != 0 &&
            strcmp(at->key, "reference") != 0)
            return failure(ELMAN_BAD_FORMAT,
                           "the field %.40s is not known, expected config, "
                           "tensors and reference",
                           at->key);

    if (!json_find(root, "config"))
        return failure(ELMAN_BAD_FORMAT, "there is no object \"config\"");

    TRY(config_from_json(json_find(root, "config"), &c));
    if (config->batch_first) c.batch_first = true;
    TRY(config_complete(&c, &im->config));

    TRY(add_tensors(im, json_find(root, "tensors")));
    return read_reference(im, json_find(root, "reference"));
}

elman_status import_mapping(elman_import *im, const elman_import_config *config)
{
    char *bytes = NULL;
    size_t size;
    json_tree *tree = NULL;
    TRY(file_read(config->mapping, &bytes, &size));

    elman_status status = json_read(bytes, size, false, &tree);
    if (!status) status = read_mapping(im, json_root(tree), config);

    json_close(tree);
    free(bytes);
    if (status == ELMAN_BAD_VALUE) status = ELMAN_BAD_FORMAT;
    return status ? failure_in(status, config->mapping) : ELMAN_OK;
}
