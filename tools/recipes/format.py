"""format: .lone, an LSTM of one level without biases: five bytes of magic, three
of zero, I and H as 32-bit numbers, its two matrices as float32.
"""
import struct

TITLE = "A file of weights of another system"
WORD = "lone"
LEFT = ["src/import/mapping.c"]  # its names are PyTorch's
RECORDED = []
TESTS = ["test_hostile", "fuzz_lone", "test_detect", "test_import",
         "check_layers"]

HEADER = """
/* lone.h: a file of one LSTM. */
#ifndef FORMAT_LONE_H
#define FORMAT_LONE_H

#include "format/tensor.h"

typedef struct lone {
    named_tensor tensor[2];
    char *bytes;
} lone;

/* Bytes, malloc'ed, are freed by close or by the failure. */
elman_status lone_parse(char *bytes, size_t size, lone **file);
void lone_close(lone *file);

#endif
"""
SOURCE = """
/* lone.c: reads a file of one LSTM. */
#include "format/lone.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER_BYTES = 16 };

static elman_status read_header(const char *bytes, size_t size, lone *file)
{
    static const char *const names[] = {"rnn.weight_ih_l0", "rnn.weight_hh_l0"};
    uint32_t sizes[2];
    if (size < HEADER_BYTES)
        return failure(ELMAN_BAD_FORMAT, "%zu bytes, expected at least 16",
                       size);
    memcpy(sizes, bytes + 8, sizeof sizes);

    size_t left = (size - HEADER_BYTES) / 4;
    const char *data = bytes + HEADER_BYTES;
    bool fits = size % 4 == 0;
    for (size_t i = 0; i < 2; i++) {
        named_tensor *t = &file->tensor[i];
        *t = (named_tensor){.name = names[i],
                            .type = ELEMENT_F32,
                            .rank = 2,
                            .shape = {4 * (size_t)sizes[1], sizes[i]},
                            .data = data};
        fits = fits && tensor_count_elements(t) && t->count <= left;
        if (!fits) break;
        left -= t->count;
        data += 4 * t->count;
    }
    if (!fits || left)
        return failure(ELMAN_BAD_FORMAT, "%zu bytes do not hold the LSTM",
                       size);
    return ELMAN_OK;
}

elman_status lone_parse(char *bytes, size_t size, lone **file)
{
    lone *made = calloc(1, sizeof *made);
    elman_status status = made ? read_header(bytes, size, made)
                               : failure(ELMAN_NO_MEMORY, "no memory");
    if (status) {
        free(made);
        free(bytes);
        return status;
    }
    made->bytes = bytes;
    *file = made;
    return ELMAN_OK;
}

void lone_close(lone *file)
{
    if (!file) return;
    free(file->bytes);
    free(file);
}
"""
FUZZ = """
/* lone.c: an LSTM is read, or a sentence says why not. */
#include "fuzz.h"

#include "format/lone.h"

static void run(const uint8_t *data, size_t size)
{
    lone *file = NULL;
    if (lone_parse(fuzz_copy(data, size), size, &file) != ELMAN_OK) {
        MUST(!file);
        fuzz_refused("");
        return;
    }
    MUST(file->tensor[0].count <= size);
    lone_close(file);
}

const fuzz_target target = {.run = run};
"""
FILE = b"\x01LONE\0\0\0" + struct.pack("<2I12f", 2, 1, *range(12))
OPEN = """
static void close_lone(void *source) { lone_close(source); }

static elman_status open_lone(elman_import *im, char *bytes, size_t size,
                               const elman_import_config *config)
{
    lone *file = NULL;
    (void)config;
    TRY(lone_parse(bytes, size, &file));
    im->source = file;
    im->close = close_lone;
    im->weights.tensor_count = 2;
    im->weights.tensors = file->tensor;
    return ELMAN_OK;
}

"""
# the file of the corpus, two folders up from build/work
LINES = [("elman convert ../../tests/golden/lone/weights.lone a.safetensors",
          "rnn.weight_hh_l0"),
         ("elman info a.safetensors", "LSTM")]


def follow(tree):
    tree.create("src/format/lone.h", HEADER)
    tree.create("src/format/lone.c", SOURCE)
    tree.after("src/format/detect.h", "    FORMAT_NPZ,\n", "    FORMAT_LONE,\n")
    tree.before("src/format/detect.c",
                '    if (begins(bytes, size, "\\x89HDF',
                '    if (begins(bytes, size, "\\1LONE", 5)) '
                'return FORMAT_LONE;\n')
    tree.after("src/format/detect.c",
               '        [FORMAT_NPZ] = "a NumPy archive",\n',
               '        [FORMAT_LONE] = "a lone file",\n')
    tree.after("src/import/source.c", '#include "format/npz.h"\n',
               '#include "format/lone.h"\n')
    tree.before("src/import/source.c", "/* ---- All formats --", OPEN.lstrip())
    tree.after("src/import/source.c", "    [FORMAT_NPZ] = {open_npz, NULL},\n",
               "    [FORMAT_LONE] = {open_lone, NULL},\n")
    tree.create("tests/fuzz/lone.c", FUZZ)
    tree.create("tests/fuzz/corpus/lone/valid", FILE)
    tree.create("tests/fuzz/corpus/lone/short", FILE[:12])
    tree.create("tests/golden/lone/weights.lone", FILE)
    tree.after("tests/test_hostile.c",
               '    {"torch", "pt", read_import, "state/final.pt", false},\n',
               '    {"lone", "lone", read_import, "lone/weights.lone", '
               'false},\n')
    tree.before("docs/FORMATS.md", "## What readers survive",
                "## Lone files\n\nOne LSTM.\n\n")
