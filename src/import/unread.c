/* unread.c: see unread.h. */
#include "import/unread.h"

#include "format/file.h"

#include <stdio.h>
#include <string.h>

/* Around the name of a checkpoint of TensorFlow. */
#define TF_BEFORE "in Python: r = tf.train.load_checkpoint(\""
#define TF_AFTER                                                               \
    "\"); numpy.savez(\"w.npz\", **{n: r.get_tensor(n) for n in "              \
    "r.get_variable_to_shape_map() if n[0] != \"_\"})"
#define TF2ONNX "it becomes an ONNX file by python -m tf2onnx.convert "

/* What a file is, and what stands around its name in the line that helps. */
static const struct {
    size_t at;
    const char *magic; /* there, or NULL: the name tells */
    const char *part;  /* of the name */
    const char *is, *before, *after;
} kinds[] = {
    {4, "TFL3", NULL, "a TensorFlow Lite model", TF2ONNX "--tflite ",
     " --output model.onnx"},
    {0, "GGUF", NULL, "a GGUF file",
     "in Python: numpy.savez(\"w.npz\", **{t.name: t.data for t in "
     "gguf.GGUFReader(\"",
     "\").tensors})"},
    {0, "MATLAB 5.0", NULL, "a MATLAB file",
     "in Python: numpy.savez(\"w.npz\", **{k: v for k, v in "
     "scipy.io.loadmat(\"",
     "\").items() if k[0] != \"_\"})"},
    {0, "BZh", NULL, "compressed by bzip2", "unpack it: bunzip2 ", ""},
    {0,
     "\xFD"
     "7zXZ",
     NULL, "compressed by xz", "unpack it: unxz ", ""},
    {0, "\x28\xB5\x2F\xFD", NULL, "compressed by zstd", "unpack it: unzstd ",
     ""},
    {0, NULL, ".data-00000-of-", "a part of a TensorFlow checkpoint", TF_BEFORE,
     TF_AFTER},
    {0, NULL, ".index", "the index of a TensorFlow checkpoint", TF_BEFORE,
     TF_AFTER},
    {0, NULL, "saved_model.pb", "the graph of a TensorFlow SavedModel",
     "its folder becomes an ONNX file by python -m tf2onnx.convert "
     "--saved-model ",
     " --output model.onnx"},
};

/* A map of msgpack whose first key is a name, as Flax writes its weights. */
static bool is_msgpack(const char *bytes, size_t size)
{
    const unsigned char *at = (const unsigned char *)bytes;
    if (size < 8 || (at[0] & 0xF0) != 0x80 || (at[1] & 0xE0) != 0xA0)
        return false;
    size_t length = at[1] & 0x1F;
    if (!length || length + 2 > size) return false;
    for (size_t n = 2; n < length + 2; n++)
        if (at[n] < ' ' || at[n] > '~') return false;
    return true;
}

elman_status unread_refuse(const char *path, const char *bytes, size_t size)
{
    for (size_t n = 0; n < sizeof kinds / sizeof *kinds; n++) {
        const char *magic = kinds[n].magic, *part = kinds[n].part;
        size_t length = magic ? strlen(magic) : 0;
        bool found = magic ? size >= kinds[n].at + length &&
                                 !memcmp(bytes + kinds[n].at, magic, length)
                           : strstr(path, part) != NULL;
        if (!found) continue;

        /* the part of the name that is no file's own is left out */
        int name = part ? (int)(strstr(path, part) - path) : -1;
        return failure(
            ELMAN_BAD_FORMAT,
            "%.200s: this is %s, which elman does not read; %s%.*s%s", path,
            kinds[n].is, kinds[n].before, name < 0 ? 200 : name, path,
            kinds[n].after);
    }

    if (is_msgpack(bytes, size))
        return failure(
            ELMAN_BAD_FORMAT,
            "%.200s: this is msgpack, as Flax writes it, which elman does not "
            "read; in Python: numpy.savez(\"w.npz\", **flax.traverse_util."
            "flatten_dict(flax.serialization.msgpack_restore(open(\"%.200s\", "
            "\"rb\").read()), sep=\"/\"))",
            path, path);
    return failure(ELMAN_BAD_FORMAT,
                   "%.200s: unknown format; elman reads safetensors, PyTorch's "
                   ".pt, ONNX, Keras's .keras and .h5, NumPy's .npz and .npy, "
                   ".nam, and JSON of RTNeural",
                   path);
}

/* ---- Folders ------------------------------------------------------------- */

static bool has_file(const char *folder, const char *name)
{
    char path[600];
    file_reader *reader = NULL;
    int bytes = snprintf(path, sizeof path, "%s/%s", folder, name);
    if (bytes < 0 || (size_t)bytes >= sizeof path) return false;
    if (file_reader_open(path, &reader)) return false;
    file_reader_close(reader);
    return true;
}

elman_status unread_folder(elman_status status, const char *path)
{
    static const struct {
        const char *names[2];
        const char *before, *after; /* the path of the folder */
    } folders[] = {
        {{"saved_model.pb", NULL},
         "a TensorFlow SavedModel, which becomes an ONNX file by python -m "
         "tf2onnx.convert --saved-model ",
         " --output model.onnx"},
        {{"config.json", "model.weights.h5"},
         "an unpacked Keras file: give its config.json and model.weights.h5, "
         "in ",
         ""},
        {{"model.safetensors.index.json", NULL},
         "of a model in parts: give model.safetensors.index.json in ",
         ""},
        {{"model.safetensors", NULL},
         "with weights: give model.safetensors in ",
         ""},
        {{"pytorch_model.bin", NULL},
         "with weights: give pytorch_model.bin in ",
         ""},
        {{"data.pkl", NULL},
         "an unpacked PyTorch file: zip -0 -r model.pt ",
         " packs it again"},
        {{"checkpoint", NULL},
         "perhaps checkpoints of TensorFlow: in Python: r = "
         "tf.train.load_checkpoint(\"",
         TF_AFTER},
    };
    failure_text kept = failure_keep();
    for (size_t n = 0; n < sizeof folders / sizeof *folders; n++) {
        const char *second = folders[n].names[1];
        if (has_file(path, folders[n].names[0]) &&
            (!second || has_file(path, second)))
            return failure(status, "'%.200s' is a folder, %s%.200s%s", path,
                           folders[n].before, path, folders[n].after);
    }
    failure_restore(&kept);
    return status;
}
