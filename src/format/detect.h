/*
 * detect.h: which format a file is, by its content.
 */
#ifndef FORMAT_DETECT_H
#define FORMAT_DETECT_H

#include <stdbool.h>

#include "base/status.h"

typedef enum file_format {
    FORMAT_UNKNOWN,
    FORMAT_SAFETENSORS,
    FORMAT_TORCH, /* of torch.save, new or old */
    FORMAT_ONNX,
    FORMAT_NPY,
    FORMAT_NPZ,
    FORMAT_PICKLE,    /* not torch.save's */
    FORMAT_TORCH_TAR, /* a tar file, as PyTorch wrote before 0.1.10 */
    FORMAT_HDF5,      /* Keras .h5 */
    FORMAT_KERAS,     /* a zip file with a configuration and an HDF5 file */
    FORMAT_JSON,      /* an object: which one, its reader finds out */
    FORMAT_SHARDS,    /* the index of weights in several files */
    FORMAT_GZIP,      /* any file in gzip */
    FORMAT_COUNT      /* how many */
} file_format;

/* The first format that fits: a guess, which the reader of that format
 * checks. */
file_format format_detect(const char *bytes, size_t size);

/* Whether a file of that size is safetensors, even one that was cut short: its
 * first DETECT_HEAD bytes, or all if it has fewer, tell. */
enum { DETECT_HEAD = 10 };
bool format_begins_safetensors(const char *head, size_t size);

/* "a PyTorch file", for messages. */
const char *format_name(file_format format);

#endif
