/* keras.c: opens the files of Keras, and leaves out what is no weight. */
#include "import/keras_parts.h"

#include "import/keras.h"

#include "format/archive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What an import of a Keras file owns. */
typedef struct keras_source {
    archive *zip;
    hdf5 *file;
    json_tree *tree;
    char *text;       /* of the tree */
    char version[32]; /* of Keras, "" if the file does not say */
} keras_source;

static void close_source(void *owned)
{
    keras_source *s = owned;
    json_close(s->tree);
    free(s->text);
    hdf5_close(s->file);
    archive_close(s->zip);
    free(s);
}

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory to read a Keras file");
}

/* A copy of bytes with a zero behind it. */
static char *copy(const char *bytes, size_t size)
{
    char *made = malloc(size + 1);
    if (!made) return NULL;
    memcpy(made, bytes, size);
    made[size] = 0;
    return made;
}

static elman_status read_config(keras_source *s, const char *bytes, size_t size)
{
    s->text = copy(bytes, size);
    if (!s->text) return no_memory();
    elman_status status = json_read(s->text, size, false, &s->tree);
    return status ? failure_in(status, "the model's configuration") : ELMAN_OK;
}

/* ---- .keras ------------------------------------------------------------- */

/* An entry of that name, at the top or in the one folder that was packed with
 * what is in it. How many there are if there is none. */
static size_t find_entry(const archive *zip, const char *name)
{
    size_t count = archive_entry_count(zip), found = archive_find(zip, name);
    size_t bytes = strlen(name);
    if (found < count) return found;

    for (size_t i = 0; i < count; i++) {
        const char *full = archive_name(zip, i);
        size_t length = strlen(full);
        if (length <= bytes || full[length - bytes - 1] != '/' ||
            strcmp(full + length - bytes, name) != 0)
            continue;
        if (found < count) return count;
        found = i;
    }
    return found;
}

static elman_status read_entry(keras_source *s, const char *name, char **data,
                               size_t *size)
{
    size_t entry = find_entry(s->zip, name);
    *size = 0;
    if (entry == archive_entry_count(s->zip))
        return failure(ELMAN_BAD_FORMAT,
                       "this Keras file has no %s; save it again in Python: "
                       "model.save(\"out.keras\")",
                       name);
    TRY(archive_read(s->zip, entry, data));
    *size = archive_size(s->zip, entry);
    return ELMAN_OK;
}

/* "2.15.0" of {"keras_version": "2.15.0", ...} */
static elman_status read_version(keras_source *s, bool *second)
{
    char *data = NULL;
    size_t size;
    json_tree *tree = NULL;
    TRY(read_entry(s, "metadata.json", &data, &size));
    char *text = copy(data, size);
    if (!text) return no_memory();

    elman_status status = json_read(text, size, false, &tree);
    const char *version =
        status ? NULL : keras_text(json_root(tree), "keras_version");
    *second = version && version[0] < '3';
    if (version)
        snprintf(s->version, sizeof s->version, "%.*s",
                 (int)sizeof s->version - 1, version);
    json_close(tree);
    free(text);
    return status ? failure_in(status, "metadata.json") : ELMAN_OK;
}

static elman_status open_zip(keras_source *s, char *bytes, size_t size,
                             bool *second)
{
    char *data = NULL;
    TRY(archive_parse(bytes, size, &s->zip));
    TRY(read_entry(s, "config.json", &data, &size));
    TRY(read_config(s, data, size));
    TRY(read_version(s, second));

    TRY(read_entry(s, "model.weights.h5", &data, &size));
    elman_status status = hdf5_view(data, size, &s->file);

    /* what was read of it stays, the archive itself is of no more use */
    archive_finish(s->zip);
    return status ? failure_in(status, "model.weights.h5") : ELMAN_OK;
}

/* ---- .h5 ---------------------------------------------------------------- */

/* A text at the root; NULL if there is none. */
static const hdf5_text *root_text(const hdf5 *file, const char *name)
{
    const hdf5_attribute *a = hdf5_find_attribute(file, 0, name);
    return a && a->count ? file->texts + a->first : NULL;
}

/* Arrays without a model: Keras's, or another program's. */
static elman_status refuse_arrays(const hdf5 *file)
{
    if (root_text(file, "keras_version") || root_text(file, "layer_names") ||
        hdf5_find(file, "layers") ||
        hdf5_find(file, "_layer_checkpoint_dependencies"))
        return failure(
            ELMAN_BAD_FORMAT,
            "these are the weights of a Keras model (save_weights), without "
            "its layers; in Python, where the model is built: "
            "model.load_weights(\"in.weights.h5\"); "
            "model.save(\"model.keras\"); with model.json of to_json: elman "
            "convert model.json in.weights.h5 OUT; or say in a mapping file "
            "(--mapping) what its arrays are, which --mapping-draft begins");
    return failure(ELMAN_BAD_FORMAT,
                   "this is HDF5, but no model of Keras; say in a mapping file "
                   "(elman convert --mapping) what its %zu arrays are, which "
                   "--mapping-draft begins",
                   file->tensor_count);
}

static elman_status open_hdf5(keras_source *s, char *bytes, size_t size,
                              bool *second)
{
    TRY(hdf5_parse(bytes, size, &s->file));
    const hdf5_text *config = root_text(s->file, "model_config");
    const hdf5_text *version = root_text(s->file, "keras_version");

    if (!config) return refuse_arrays(s->file);
    *second = !version || !version->bytes || version->text[0] < '3';
    return read_config(s, config->text, config->bytes);
}

/* ---- Apart -------------------------------------------------------------- */

/* Keras 2 calls the shape of what a layer reads batch_input_shape. */
static bool has_old_shape(const json_node *root)
{
    const json_node *layers = json_find(json_find(root, "config"), "layers");
    if (!layers || layers->kind != JSON_KIND_LIST) return false;
    for (const json_node *at = layers->is.first; at; at = at->next)
        if (json_find(json_find(at, "config"), "batch_input_shape"))
            return true;
    return false;
}

/* Which version of Keras it was: one of both files says so, or nearly. */
static void find_version(keras_source *s, bool *second)
{
    const json_node *root = json_root(s->tree);
    const char *version = keras_text(root, "keras_version");
    const hdf5_text *text = root_text(s->file, "keras_version");
    if (version)
        snprintf(s->version, sizeof s->version, "%.*s",
                 (int)sizeof s->version - 1, version);
    else if (text && text->bytes < sizeof s->version)
        memcpy(s->version, text->text, text->bytes);
    *second = s->version[0] ? s->version[0] < '3' : has_old_shape(root);
}

static elman_status open_pair(keras_source *s, char *layers, size_t layers_size,
                              char *weights, size_t weights_size)
{
    elman_status status = read_config(s, layers, layers_size);
    free(layers);
    if (status) {
        free(weights);
        return status;
    }
    TRY(hdf5_parse(weights, weights_size, &s->file));

    const json_node *root = json_root(s->tree);
    if (keras_text(root, "class_name") && json_find(root, "config"))
        return ELMAN_OK;
    return failure(ELMAN_BAD_FORMAT,
                   "this is JSON beside HDF5, but not the layers of a Keras "
                   "model (to_json)");
}

/* ---- What is no weight -------------------------------------------------- */

/* Whether a tensor is a slice's, or left out already. */
static bool *find_taken(const elman_import *im)
{
    bool *taken = calloc(im->weights.tensor_count + 1, sizeof *taken);
    for (size_t i = 0; taken && i < im->weights.slice_count; i++)
        if (im->weights.slices[i].from != FROM_NOTHING)
            taken[im->weights.slices[i].from] = true;
    for (size_t i = 0; taken && i < im->spare_count; i++)
        taken[im->spares[i].from] = true;
    return taken;
}

/* What training kept in the file is of no use for answers. */
static elman_status leave_out_rest(elman_import *im)
{
    static const struct {
        const char *part, *how;
    } kinds[] = {{"optimizer", "the optimizer's"},
                 {"seed_generator", "for dropout"},
                 {"metrics", "of training"},
                 {"loss_tracker", "of training"}};

    /* by a part of its name, unless a layer has it */
    bool *taken = find_taken(im);
    if (!taken) return no_memory();
    elman_status status = ELMAN_OK;
    for (size_t i = 0; !status && i < im->weights.tensor_count; i++)
        for (size_t n = 0; n < sizeof kinds / sizeof *kinds && !taken[i]; n++)
            if (strstr(im->weights.tensors[i].name, kinds[n].part)) {
                taken[i] = true;
                status = import_add_spare(im, i, kinds[n].how);
            }
    free(taken);
    return status;
}

/* ---- Together ----------------------------------------------------------- */

/* Settles the config, whose layers go by Keras's names if those can be names,
 * and gives the slices their parameters. */
static elman_status name_layers(keras_model *k)
{
    elman_import *im = k->im;
    elman_config full;
    failure_text kept = failure_keep();

    if (config_complete(&im->config, &full) != ELMAN_OK) {
        failure_restore(&kept);
        for (size_t i = 0; i < k->layer_count; i++)
            memset(im->config.layers[i].name, 0, ELMAN_MAX_NAME);
        TRY(config_complete(&im->config, &full));
    }
    im->config = full;

    /* until now a slice knew only its role in a layer */
    for (size_t i = 0; i < im->weights.slice_count; i++) {
        tensor_slice *s = im->weights.slices + i;
        char role[sizeof s->parameter];
        memcpy(role, s->parameter, sizeof role);
        snprintf(s->parameter, sizeof s->parameter, "%s.%.38s",
                 full.layers[k->slice_layer[i]].name, role);
    }
    return ELMAN_OK;
}

/* Who wrote the file, for people. */
static elman_status say_producer(elman_import *im, const keras_source *s)
{
    return import_add_fact(im, "producer", "Keras %s", s->version);
}

static elman_status add_all(elman_import *im, keras_source *s, keras_model *k,
                            const elman_import_config *config)
{
    im->weights.tensor_count = s->file->tensor_count;
    im->weights.tensors = s->file->tensors;
    if (config->mapping) return ELMAN_OK;
    im->config.batch_first = true;
    im->computes = true;
    if (im->looked) return say_producer(im, s);
    TRY(import_leave_out(im, config->ignore));

    TRY(keras_add_model(k, json_root(s->tree)));
    TRY(name_layers(k));
    return leave_out_rest(im);
}

static elman_status make_source(elman_import *im, char *bytes,
                                keras_source **source)
{
    keras_source *s = calloc(1, sizeof *s);
    if (!s) {
        free(bytes);
        return no_memory();
    }
    im->source = *source = s;
    im->close = close_source;
    return ELMAN_OK;
}

elman_status import_hdf5(elman_import *im, char *bytes, size_t size)
{
    keras_source *s;
    TRY(make_source(im, bytes, &s));
    TRY(hdf5_parse(bytes, size, &s->file));
    im->weights.tensor_count = s->file->tensor_count;
    im->weights.tensors = s->file->tensors;

    /* other programs write such files, too */
    const hdf5_text *version = root_text(s->file, "keras_version");
    if (!im->looked || !version) return ELMAN_OK;
    snprintf(s->version, sizeof s->version, "%.*s",
             (int)(version->bytes < sizeof s->version ? version->bytes
                                                      : sizeof s->version - 1),
             version->text);
    return say_producer(im, s);
}

elman_status import_keras_pair(elman_import *im, char *layers,
                               size_t layers_size, char *weights,
                               size_t weights_size,
                               const elman_import_config *config)
{
    keras_source *s;
    elman_status status = make_source(im, layers, &s);
    if (status) {
        free(weights);
        return status;
    }
    TRY(open_pair(s, layers, layers_size, weights, weights_size));

    /* names are those of the older files, whose list is at the top or, of a
     * whole model, below it */
    bool whole = hdf5_find(s->file, "model_weights");
    keras_model k = {.im = im,
                     .file = s->file,
                     .by_name = whole || root_text(s->file, "layer_names"),
                     .home = whole ? "model_weights/" : ""};
    find_version(s, &k.second);
    status = add_all(im, s, &k, config);
    free(k.slice_layer);
    return status;
}

elman_status import_keras(elman_import *im, char *bytes, size_t size, bool zip,
                          const elman_import_config *config)
{
    keras_source *s;
    TRY(make_source(im, bytes, &s));
    keras_model k = {.im = im, .by_name = !zip, .home = "model_weights/"};
    if (zip) TRY(open_zip(s, bytes, size, &k.second));
    else TRY(open_hdf5(s, bytes, size, &k.second));

    k.file = s->file;
    elman_status status = add_all(im, s, &k, config);
    free(k.slice_layer);
    return status;
}
