/* source_settings.c: which settings have a use for which format. */
#include "import/source_parts.h"

/* Kinds of sources, and whether a mapping file goes with one. */
enum {
    OWN = 1,
    ONNX = 2,
    TORCH = 4,
    OTHER = 8,
    MAPPED = 16,
    KERAS = 32,
    KNOWN = 64 /* JSON that says what its tensors are */
};

/* A setting by its name in elman convert, and what has a use for it. */
typedef struct setting {
    const char *name;
    bool given;
    unsigned taken_by;
} setting;

/* A setting that nothing reads would be a mistake that goes unnoticed. */
elman_status source_check_settings(const char *path, file_format format,
                                   const elman_import *im,
                                   const elman_import_config *config)
{
    const setting settings[] = {
        {"mapping", config->mapping, TORCH | OTHER | MAPPED},
        {"key", config->key, TORCH | MAPPED},
        {"layers", config->layers, TORCH | OTHER},
        {"nonlinearity", config->nonlinearity != 0, TORCH | OTHER},
        {"batch-first", config->batch_first, TORCH | OTHER | MAPPED | KNOWN},
        {"from-tensor", config->from_tensor, ONNX},
        {"to-tensor", config->to_tensor, ONNX},
        {"ignore", config->ignore, ONNX | TORCH | OTHER | MAPPED | KERAS},
    };

    /* with a mapping file tensors are tensors, whatever their format says */
    bool torch = format == FORMAT_TORCH || format == FORMAT_PICKLE ||
                 format == FORMAT_TORCH_TAR;
    bool keras = format == FORMAT_KERAS || format == FORMAT_HDF5;
    bool mapped = config->mapping;
    unsigned kind = im->own                 ? OWN
                    : im->known && !mapped  ? KNOWN
                    : keras && !mapped      ? KERAS
                    : format == FORMAT_ONNX ? ONNX
                    : torch                 ? TORCH
                                            : OTHER;

    /* a setting that the mapping file decides may not be given again */
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        const setting *s = settings + i;
        bool fits = s->taken_by & kind;

        if (!s->given || (fits && (!config->mapping || s->taken_by & MAPPED)))
            continue;

        return failure(ELMAN_BAD_VALUE,
                       "%.120s: --%s is given, which has no use %s %s", path,
                       s->name, fits ? "with" : "for",
                       fits      ? "a mapping file"
                       : im->own ? "a model file of elman's own"
                                 : format_name(format));
    }
    return ELMAN_OK;
}
