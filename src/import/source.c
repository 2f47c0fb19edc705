/* source.c: the table of formats, and how each is opened. */
#include "import/source.h"

#include "format/detect.h"
#include "format/file.h"
#include "format/npz.h"
#include "format/own.h"
#include "format/torch.h"
#include "import/json.h"
#include "import/keras.h"
#include "import/onnx.h"
#include "import/shards.h"
#include "import/source_parts.h"
#include "import/unread.h"

#include <stdlib.h>
#include <string.h>

/* ---- Formats of many tensors -------------------------------------------- */

static void close_safetensors(void *source) { safetensors_close(source); }
static void close_torch(void *source) { torch_close(source); }
static void close_npz(void *source) { npz_close(source); }

static void take_safetensors(elman_import *im, safetensors *file)
{
    im->source = file;
    im->close = close_safetensors;
    im->weights.tensor_count = file->tensor_count;
    im->weights.tensors = file->tensors;
    im->own = model_is_own(file);
}

static elman_status open_safetensors(elman_import *im, char *bytes, size_t size,
                                     const elman_import_config *config)
{
    safetensors *file = NULL;
    (void)config;
    TRY(safetensors_parse(bytes, size, &file));
    take_safetensors(im, file);
    for (size_t i = 0; im->looked && i < file->note_count; i++)
        TRY(import_add_fact(im, "note", "%.40s: %.160s", file->notes[i].key,
                            file->notes[i].text));
    return own_kind_of(file) ? own_expect(file, OWN_MODEL) : ELMAN_OK;
}

static elman_status open_torch(elman_import *im, char *bytes, size_t size,
                               const elman_import_config *config)
{
    torch_file *file = NULL;
    if (im->looked) TRY(torch_look(bytes, size, &file));
    else
        TRY(torch_parse_asking(bytes, size, config->key, &file,
                               im->given.keys));

    /* what it holds, and how it was read */
    im->source = file;
    im->close = close_torch;
    im->weights.tensor_count = file->tensor_count;
    im->weights.tensors = file->tensors;
    im->extra = file->extra_count;
    for (size_t i = 0; i < file->note_count; i++) {
        TRY(import_add_remark(im, file->notes[i]));
        if (im->looked) TRY(import_add_fact(im, "note", "%s", file->notes[i]));
    }

    /* what is only for looking at stays so */
    if (file->refused) {
        im->refused = import_text(im, "%s: %s", im->path, file->refused);
        return im->refused ? import_add_fact(im, "inside", "%s", file->what)
                           : ELMAN_NO_MEMORY;
    }
    return im->looked && *file->dict
               ? import_add_fact(im, "inside", "a state dict at %s", file->dict)
               : ELMAN_OK;
}

static elman_status open_npz(elman_import *im, char *bytes, size_t size,
                             const elman_import_config *config)
{
    npz *file = NULL;
    (void)config;
    TRY(npz_parse(bytes, size, &file));
    im->source = file;
    im->close = close_npz;
    im->weights.tensor_count = file->tensor_count;
    im->weights.tensors = file->tensors;
    return ELMAN_OK;
}

static elman_status open_json(elman_import *im, char *bytes, size_t size,
                              const elman_import_config *config)
{
    (void)config;
    return import_json_open(im, bytes, size);
}

/* ---- All formats -------------------------------------------------------- */

/* How a format is opened or, if it is not, what the user can do about it. */
typedef struct source_format {
    elman_status (*open)(elman_import *im, char *bytes, size_t size,
                         const elman_import_config *config);
    const char *advice;
} source_format;

static const source_format formats[FORMAT_COUNT] = {
    /* the reader can say why a file is not safetensors */
    [FORMAT_UNKNOWN] = {open_safetensors, NULL},
    [FORMAT_SAFETENSORS] = {open_safetensors, NULL},
    [FORMAT_TORCH] = {open_torch, NULL},
    [FORMAT_NPZ] = {open_npz, NULL},
    [FORMAT_JSON] = {open_json, NULL},
    [FORMAT_PICKLE] = {open_torch, NULL},
    [FORMAT_TORCH_TAR] = {open_torch, NULL},
    [FORMAT_HDF5] = {NULL, NULL},
    [FORMAT_KERAS] = {NULL, NULL},
    [FORMAT_GZIP] = {NULL, "unpack it with gunzip first"},
};

/* Tensors may be compressed, or share their bytes, so that a small file holds
 * many elements: limits them to a multiple of the file's size. */
static elman_status check_sizes(const elman_import *im, size_t bytes)
{
    enum { TIMES = 64, ROOM = 1 << 16 };
    size_t left =
        bytes < SIZE_MAX / TIMES - ROOM ? TIMES * bytes + ROOM : SIZE_MAX;

    for (size_t i = 0; i < im->weights.tensor_count; i++) {
        if (im->weights.tensors[i].count > left)
            return failure(ELMAN_BAD_FORMAT,
                           "with the tensor %.80s there are more elements than "
                           "a file of %zu bytes should have",
                           im->weights.tensors[i].name, bytes);
        left -= im->weights.tensors[i].count;
    }
    return ELMAN_OK;
}

static elman_status open_tensors(elman_import *im, const char *path,
                                 const source_format *format, char *bytes,
                                 size_t size, const elman_import_config *config)
{
    elman_status status = format->open(im, bytes, size, config);
    if (!status) status = check_sizes(im, size);
    return status ? failure_in(status, path) : ELMAN_OK;
}

/* Whether a file is called safetensors, so that the reader's message fits it.
 */
static bool says_safetensors(const char *path)
{
    static const char suffix[] = ".safetensors";
    size_t length = strlen(path), end = sizeof suffix - 1;
    return length >= end && !strcmp(path + length - end, suffix);
}

/* Files of one tensor each, which are read by their paths. */
static elman_status open_named(elman_import *im, const byte_source *first,
                               const char *const *paths, size_t count,
                               const elman_import_config *config)
{
    if (first->data)
        return failure(ELMAN_BAD_VALUE,
                       "%.120s: this is %s, whose file would name the tensor; "
                       "expected an .npz of such arrays",
                       first->name, format_name(FORMAT_NPY));
    TRY(source_open_arrays(im, paths, count));
    return source_check_settings(paths[0], FORMAT_NPY, im, config);
}

/* A model of Keras in one file; with a mapping file the arrays of its file
 * alone. */
static elman_status open_keras_file(elman_import *im, const char *path,
                                    char *bytes, size_t size, bool zip,
                                    const elman_import_config *config,
                                    bool *done)
{
    file_format format = zip ? FORMAT_KERAS : FORMAT_HDF5;
    elman_status status = source_check_settings(path, format, im, config);
    if (status) {
        free(bytes);
        return status;
    }

    *done = !config->mapping && (zip || !im->looked);
    status = zip || *done ? import_keras(im, bytes, size, zip, config)
                          : import_hdf5(im, bytes, size);
    return status ? failure_in(status, path) : ELMAN_OK;
}

/* Its layers as JSON and its weights as HDF5, in either order; anything else in
 * two files is for others, and *taken is false. */
static elman_status open_keras_pair(elman_import *im, const char *const *paths,
                                    file_format format, char *bytes,
                                    size_t size,
                                    const elman_import_config *config,
                                    bool *taken)
{
    char *other = NULL;
    size_t other_size;
    elman_status status = file_read(paths[1], &other, &other_size);
    file_format second =
        status ? FORMAT_UNKNOWN : format_detect(other, other_size);

    bool json = format == FORMAT_JSON && second == FORMAT_HDF5;
    *taken = status || json || (format == FORMAT_HDF5 && second == FORMAT_JSON);
    if (!status && *taken)
        status = source_check_settings(paths[0], FORMAT_KERAS, im, config);
    if (status || !*taken) {
        free(other);
        if (*taken) free(bytes);
        return status;
    }

    im->format = format_name(FORMAT_KERAS);
    status =
        json ? import_keras_pair(im, bytes, size, other, other_size, config)
             : import_keras_pair(im, other, other_size, bytes, size, config);
    return status ? failure_in(status, paths[0]) : ELMAN_OK;
}

/* Either, which frees bytes; if it is neither *taken is false. */
static elman_status open_keras(elman_import *im, const char *const *paths,
                               size_t count, file_format format, char *bytes,
                               size_t size, const elman_import_config *config,
                               bool *done, bool *taken)
{
    bool zip = format == FORMAT_KERAS, hdf5 = format == FORMAT_HDF5;
    *taken = false;
    if (count == 2 && !config->mapping && (hdf5 || format == FORMAT_JSON)) {
        elman_status status =
            open_keras_pair(im, paths, format, bytes, size, config, taken);
        *done = *taken;
        return status;
    }

    *taken = count == 1 && (zip || hdf5);
    return *taken
               ? open_keras_file(im, paths[0], bytes, size, zip, config, done)
               : ELMAN_OK;
}

/* What the file is, if that is all that is asked. */
static elman_status say_format(elman_import *im, file_format format)
{
    if (!im->looked) return ELMAN_OK;
    return import_add_fact(im, "format", "%s", format_name(format));
}

/* One of several files. */
static elman_status open_part(elman_import *im, const char *path,
                              const elman_import_config *config)
{
    char *bytes = NULL;
    size_t size;
    TRY(file_read(path, &bytes, &size));

    file_format format = format_detect(bytes, size);
    if (format == FORMAT_SAFETENSORS || format == FORMAT_TORCH)
        return open_tensors(im, path, formats + format, bytes, size, config);
    free(bytes);
    return failure(ELMAN_BAD_FORMAT,
                   "%.120s: this is %s, which is not read together with others",
                   path, format_name(format));
}

/* Weights in several files: the index of them, or all of them. */
static elman_status open_shards(elman_import *im, const byte_source *first,
                                file_format format, const char *const *paths,
                                size_t count, char *bytes, size_t size,
                                const elman_import_config *config)
{
    bool index = format == FORMAT_SHARDS;
    if (index && (count > 1 || first->data)) {
        free(bytes);
        return failure(ELMAN_BAD_VALUE,
                       "%.120s is %s, whose files are read from its folder: "
                       "expected this file alone",
                       paths[0], format_name(format));
    }

    elman_status status = ELMAN_OK;
    if (index) {
        status =
            import_shard_index(im, paths[0], bytes, size, config, open_part);
    } else {
        free(bytes);
        status = import_shards(im, paths, count, config, open_part);
    }
    return status ? status
                  : source_check_settings(paths[0], format, im, config);
}

static elman_status refuse_format(const char *path, file_format format)
{
    const char *advice = formats[format].advice;
    return failure(ELMAN_BAD_FORMAT,
                   "%.120s: this is %s, which elman does not read; %s", path,
                   format_name(format),
                   advice ? advice : "save its arrays with numpy.savez");
}

/* Opens the files, of whose first, which may be memory, size bytes have been
 * read; frees them. */
static elman_status open_first(elman_import *im, const byte_source *first,
                               const char *const *paths, size_t count,
                               char *bytes, size_t size,
                               const elman_import_config *config, bool *done)
{
    file_format format = format_detect(bytes, size);
    im->format = format_name(format);

    elman_status status = ELMAN_OK;
    if (format == FORMAT_UNKNOWN && !says_safetensors(paths[0])) {
        status = unread_refuse(paths[0], bytes, size);
        free(bytes);
        return status;
    }

    /* of weights in several files none may be missed */
    bool weights = format == FORMAT_SAFETENSORS || format == FORMAT_TORCH;
    status = say_format(im, format);
    if (!status && weights && !im->looked)
        status = import_shards_complete(paths[0], count);
    if (status) {
        free(bytes);
        return status;
    }
    if (format == FORMAT_SHARDS || (weights && count > 1))
        return open_shards(im, first, format, paths, count, bytes, size,
                           config);

    /* a file of many tensors */
    if (formats[format].open && count == 1) {
        TRY(open_tensors(im, paths[0], formats + format, bytes, size, config));
        return source_check_settings(paths[0], format, im, config);
    }

    /* a model of Keras, which says what its tensors are */
    bool taken;
    status =
        open_keras(im, paths, count, format, bytes, size, config, done, &taken);
    if (status || taken) return status;
    free(bytes);

    if (format == FORMAT_NPY)
        return open_named(im, first, paths, count, config);
    if (count > 1)
        return failure(ELMAN_BAD_VALUE,
                       "%.120s is %s, but %zu files are given; expected one, "
                       "or .npy files alone, or all shards of a model",
                       paths[0], format_name(format), count);

    /* a graph, which may have its weights in files next to it */
    if (format == FORMAT_ONNX && im->looked) return import_look_onnx(im, first);
    if (format == FORMAT_ONNX) {
        TRY(source_check_settings(paths[0], format, im, config));
        *done = im->computes = true;
        return import_onnx(im, first, config);
    }
    return refuse_format(paths[0], format);
}

elman_status import_open_source(elman_import *im, const char *const *paths,
                                size_t count, const elman_import_config *config,
                                bool *done)
{
    char *bytes = NULL;
    size_t size;
    *done = false;
    if (count == 0)
        return failure(ELMAN_BAD_VALUE, "no file is given, expected at least "
                                        "one");
    const byte_source first = {.name = paths[0]};
    elman_status status = source_read(&first, &bytes, &size);
    if (status) return unread_folder(status, paths[0]);
    return open_first(im, &first, paths, count, bytes, size, config, done);
}

elman_status import_open_bytes(elman_import *im, const byte_source *file,
                               const elman_import_config *config, bool *done)
{
    char *bytes = NULL;
    size_t size;
    *done = false;
    TRY(source_read(file, &bytes, &size));
    return open_first(im, file, &file->name, 1, bytes, size, config, done);
}

elman_status import_open_foreign(elman_import *im, foreign_file *file,
                                 bool *done)
{
    static const elman_import_config plain = {0};
    *done = false;

    if (!file->tensors)
        return import_open_bytes(im, &file->source, &plain, done);

    size_t size = file->tensors->size;
    take_safetensors(im, file->tensors);
    file->tensors = NULL;
    elman_status status = check_sizes(im, size);
    return status ? failure_in(status, file->source.name) : ELMAN_OK;
}
