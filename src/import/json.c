/* json.c: models in JSON. */
#include "import/json.h"

#include "base/memory.h"
#include "format/json_tensor.h"
#include "import/json_parts.h"
#include "import/members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The file ------------------------------------------------------------ */

typedef struct json_source {
    char *bytes;
    json_tree *tree;
} json_source;

static void close_source(void *owned)
{
    json_source *source = owned;
    json_close(source->tree);
    free(source->bytes);
    free(source);
}

const json_node *json_root_of(const elman_import *im)
{
    const json_source *source = im->source;
    return json_root(source->tree);
}

/* ---- Tensors ------------------------------------------------------------- */

elman_status json_add_tensor(elman_import *im, const char *name,
                             const json_node *node, size_t *index)
{
    named_tensor t = {.name = name};
    char where[100];
    snprintf(where, sizeof where, "%.80s", name);

    if (!json_list_shape(node, &t.rank, t.shape))
        return failure(ELMAN_BAD_FORMAT,
                       "%s is not a list of numbers, or of such lists", where);

    /* the numbers of the file are no fewer than those of the tensor: lists of
     * other lengths than the first would not be */
    if (!tensor_count_elements(&t) || t.count > im->size)
        return failure(ELMAN_BAD_FORMAT,
                       "%s has lists of unequal lengths, expected equal ones",
                       where);

    float *values = import_make_tensor(im, name, t.rank, t.shape, index);
    if (!values) return ELMAN_NO_MEMORY;
    elman_status status = json_list_read(node, t.rank, t.shape, values);
    return status ? failure_in(status, where) : ELMAN_OK;
}

/* A list of numbers in an object: a tensor. Other members (names, settings) are
 * none. */
static elman_status add_member(elman_import *im, const char *name,
                               const json_node *node)
{
    size_t rank, shape[TENSOR_MAX_RANK], index;
    if (!json_list_shape(node, &rank, shape)) return ELMAN_OK;
    return json_add_tensor(im, name, node, &index);
}

/* A tensor of Burn is the member "param" of what it is called. */
static const char *object_name(elman_import *im, const char *name,
                               const json_node *node)
{
    size_t bytes = strlen(name), end = sizeof ".param" - 1;
    return strcmp(node->key, "param") != 0 || bytes <= end
               ? name
               : import_text(im, "%.*s", (int)(bytes - end), name);
}

/* recurrent.js keeps its matrices under one key, and beside it what it was
 * trained with. */
static const json_node *network_of(const json_node *root)
{
    const json_node *model = json_find(root, "model");
    bool matrices = model && model->kind == JSON_KIND_OBJECT &&
                    model->is.first && json_object_is_tensor(model->is.first);
    return matrices && json_find(root, "letterToIndex") ? model : root;
}

/* A state dict: every list, named by the keys around it. */
static elman_status add_members(elman_import *im, const json_node *root)
{
    const json_node *next[JSON_MAX_DEPTH + 1] = {root->is.first};
    const char *prefix[JSON_MAX_DEPTH + 1] = {""};
    size_t depth = 0;

    for (;;) {
        const json_node *at = next[depth];
        if (!at) {
            if (depth == 0) return ELMAN_OK;
            depth--;
            continue;
        }
        next[depth] = at->next;

        /* a long path would make every name below it long */
        size_t length = strlen(prefix[depth]) + strlen(at->key);
        if (length > 200)
            return failure(ELMAN_BAD_FORMAT,
                           "the name %.80s... has %zu bytes, expected at most "
                           "200",
                           at->key, length);

        const char *name = import_text(im, "%s%s", prefix[depth], at->key);
        if (!name) return ELMAN_NO_MEMORY;
        if (json_object_is_tensor(at)) {
            name = object_name(im, name, at);
            if (!name) return ELMAN_NO_MEMORY;
            TRY(json_add_object(im, name, at));
            continue;
        }
        if (at->kind == JSON_KIND_LIST) TRY(add_member(im, name, at));
        if (at->kind != JSON_KIND_OBJECT || depth == JSON_MAX_DEPTH) continue;

        /* its members come first */
        prefix[++depth] = import_text(im, "%s.", name);
        if (!prefix[depth]) return ELMAN_NO_MEMORY;
        next[depth] = at->is.first;
    }
}

/* ---- Kinds --------------------------------------------------------------- */

/* Files of GuitarML say beside their state dict what is done with it; skip adds
 * what the model reads to what it gives. */
static const char guitarml_known[] =
    "model unit_type input_size output_size hidden_size num_layers bias_fl "
    "skip=0";

static elman_status open_root(elman_import *im, const json_node *root)
{
    if (root->kind != JSON_KIND_OBJECT)
        return failure(ELMAN_BAD_FORMAT,
                       "this is JSON, but no object of tensors");

    /* what the file says of itself decides */
    if (json_text(json_find(root, "architecture")) &&
        json_find(root, "weights"))
        return nam_open(im, root);
    if (json_find(root, "in_shape") && json_find(root, "layers"))
        return rtneural_open(im, root);
    if (json_find(root, "tensors") && json_find(root, "config"))
        return failure(ELMAN_BAD_FORMAT,
                       "this is a mapping file, which says what the tensors of "
                       "another file are: elman convert IN OUT --mapping takes "
                       "it");
    if (json_text(json_find(root, "class_name")) && json_find(root, "config"))
        return failure(
            ELMAN_BAD_FORMAT,
            "these are the layers of a Keras model (to_json), without its "
            "weights; name the file of those (save_weights) behind it: elman "
            "convert model.json in.weights.h5 OUT");

    TRY(members_check(json_find(root, "model_data"), guitarml_known,
                      "its model_data"));
    TRY(add_members(im, network_of(root)));
    if (im->weights.tensor_count) return ELMAN_OK;
    return failure(ELMAN_BAD_FORMAT,
                   "this is JSON without any list of numbers; expected a .nam, "
                   "a model of RTNeural, or a state dict as lists");
}

elman_status import_json_open(elman_import *im, char *bytes, size_t size)
{
    json_source *source = calloc(1, sizeof *source);
    if (!source) {
        free(bytes);
        return failure(ELMAN_NO_MEMORY, "no memory for JSON");
    }

    source->bytes = bytes;
    im->source = source;
    im->close = close_source;
    im->size = size;

    TRY(json_read(bytes, size, false, &source->tree));
    return open_root(im, json_root(source->tree));
}
