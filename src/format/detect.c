/* detect.c: which format a file is, by its content. */
#include "format/detect.h"

#include "base/memory.h"

#include <string.h>

/* ---- Beginnings --------------------------------------------------------- */

static uint64_t little(const char *bytes, unsigned count)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < count; i++)
        number |= (uint64_t)(unsigned char)bytes[i] << 8 * i;
    return number;
}

static bool begins(const char *bytes, size_t size, const char *with,
                   size_t count)
{
    return size >= count && !memcmp(bytes, with, count);
}

bool format_begins_safetensors(const char *head, size_t size)
{
    enum { LENGTH = 8, MOST_HEADER = 100000000 };
    if (size < DETECT_HEAD || head[LENGTH] != '{') return false;
    if (little(head, LENGTH) <= size - LENGTH) return true;

    /* cut short: a length, then an object in which a key or nothing follows */
    char next = head[LENGTH + 1];
    return little(head, LENGTH) <= MOST_HEADER &&
           (next == '"' || next == '}' || next == ' ');
}

/* The magic number of torch.save's stream, in binary or in digits. */
static bool is_torch_stream(const char *bytes, size_t size)
{
    static const char magic[] = "\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19";

    size_t front = size < 40 ? size : 40;
    return bytes_find(bytes, front, magic, sizeof magic - 1) ||
           bytes_find(bytes, front, "L119547037146038801333356L", 26);
}

static bool is_pickle(const char *bytes, size_t size)
{
    return size > 2 && bytes[0] == '\x80' && bytes[1] >= 2 && bytes[1] <= 5 &&
           bytes[size - 1] == '.';
}

/* JSON whose first members name "weight_map", behind the metadata at most. */
static bool is_index(const char *bytes, size_t size)
{
    enum { NEAR = 1 << 12 };
    size_t at = 0, front = size < NEAR ? size : NEAR;
    while (at < front && strchr(" \t\r\n", bytes[at]) && bytes[at])
        at++;
    return at < front && bytes[at] == '{' &&
           bytes_find(bytes, front, "\"weight_map\"", 12);
}

/* ---- Zip files ---------------------------------------------------------- */

static bool ends(const char *name, size_t count, const char *with)
{
    size_t tail = strlen(with);
    return count >= tail && !memcmp(name + count - tail, with, tail);
}

/* By the names in the list of entries, which is at the end. */
static file_format detect_zip(const char *bytes, size_t size)
{
    enum { HEADER = 46 };
    bool arrays = false, hdf5 = false, configuration = false;
    const char *at = bytes, *end = bytes + size;

    while ((at = bytes_find(at, (size_t)(end - at), "PK\1\2", 4))) {
        if (end - at < HEADER) break;

        /* the name follows the fixed part of its entry */
        size_t count = (size_t)little(at + 28, 2);
        const char *name = at + HEADER;
        if ((size_t)(end - name) < count) break;

        /* data.pkl decides at once; other names are only hints */
        if (ends(name, count, "data.pkl")) return FORMAT_TORCH;
        arrays = arrays || ends(name, count, ".npy");
        hdf5 = hdf5 || ends(name, count, ".weights.h5");
        configuration = configuration || ends(name, count, "config.json");

        at = name + count;
    }

    if (hdf5 && configuration) return FORMAT_KERAS;
    return arrays ? FORMAT_NPZ : FORMAT_TORCH;
}

/* ---- ONNX --------------------------------------------------------------- */

static bool take_varint(const char **at, const char *end, uint64_t *value)
{
    *value = 0;

    for (unsigned shift = 0; shift < 64 && *at < end; shift += 7) {
        unsigned char byte = (unsigned char)*(*at)++;
        *value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) return true;
    }
    return false;
}

/* Whether the fields follow one another to the end, with a graph (7) among
 * them. */
static bool is_onnx(const char *bytes, size_t size)
{
    enum { VARINT = 0, FIXED64 = 1, COUNTED = 2, FIXED32 = 5, GRAPH = 7 };

    const char *at = bytes, *end = bytes + size;
    bool graph = false;

    while (at < end) {
        uint64_t key, value = 0;
        if (!take_varint(&at, end, &key) || key >> 3 == 0) return false;

        /* skip the value, of that many bytes */
        switch (key & 7) {
        case VARINT:
            if (!take_varint(&at, end, &value)) return false;
            value = 0;
            break;
        case COUNTED:
            if (!take_varint(&at, end, &value)) return false;
            graph = graph || key >> 3 == GRAPH;
            break;
        case FIXED64:
            value = 8;
            break;
        case FIXED32:
            value = 4;
            break;
        default:
            return false;
        }

        if (value > (size_t)(end - at)) return false;
        at += value;
    }

    return graph;
}

/* ---- JSON --------------------------------------------------------------- */

/* An object that begins as JSON does: what is in it, its reader says. */
static bool is_json(const char *bytes, size_t size)
{
    size_t at = 0;
    while (at < size && bytes[at] && strchr(" \t\r\n", bytes[at]))
        at++;
    if (at == size || bytes[at] != '{') return false;

    for (at++; at < size && bytes[at] && strchr(" \t\r\n", bytes[at]);)
        at++;
    return at < size && bytes[at] == '"';
}

/* ---- All ---------------------------------------------------------------- */

file_format format_detect(const char *bytes, size_t size)
{
    if (begins(bytes, size, "\x93NUMPY", 6)) return FORMAT_NPY;
    if (begins(bytes, size, "\x1F\x8B", 2)) return FORMAT_GZIP;
    if (begins(bytes, size, "\x89HDF\r\n\x1A\n", 8)) return FORMAT_HDF5;
    if (begins(bytes, size, "PK\3\4", 4) || begins(bytes, size, "PK\5\6", 4))
        return detect_zip(bytes, size);

    /* formats without a magic number, from the surest to the least sure */
    if (format_begins_safetensors(bytes, size)) return FORMAT_SAFETENSORS;
    if (is_torch_stream(bytes, size)) return FORMAT_TORCH;
    if (is_pickle(bytes, size)) return FORMAT_PICKLE;
    if (size > 262 && !memcmp(bytes + 257, "ustar", 5)) return FORMAT_TORCH_TAR;
    if (is_index(bytes, size)) return FORMAT_SHARDS;
    if (is_onnx(bytes, size)) return FORMAT_ONNX;
    return is_json(bytes, size) ? FORMAT_JSON : FORMAT_UNKNOWN;
}

const char *format_name(file_format format)
{
    static const char *const names[FORMAT_COUNT] = {
        [FORMAT_UNKNOWN] = "a file of unknown format",
        [FORMAT_SAFETENSORS] = "a safetensors file",
        [FORMAT_TORCH] = "a PyTorch file",
        [FORMAT_ONNX] = "an ONNX file",
        [FORMAT_NPY] = "a NumPy array",
        [FORMAT_NPZ] = "a NumPy archive",
        [FORMAT_PICKLE] = "a Python pickle",
        [FORMAT_TORCH_TAR] = "a tar file",
        [FORMAT_GZIP] = "a gzip file",
        [FORMAT_SHARDS] = "an index of weights in several files",
        [FORMAT_HDF5] = "an HDF5 file as written by Keras",
        [FORMAT_KERAS] = "a Keras file",
        [FORMAT_JSON] = "a JSON file"};

    return names[format];
}
