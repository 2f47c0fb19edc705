/*
 * import.h: a model being put together from another's tensors.
 *
 * An importer (names.c, mapping.c, onnx_*.c) looks at a source's tensors and
 * says two things: the config, and pieces: which elements of which tensor make
 * which parameter. Everything after that, from the table for people to the
 * weights, is the same for all.
 */
#ifndef EXCHANGE_IMPORT_H
#define EXCHANGE_IMPORT_H

#include "elman_exchange.h"
#include "format/tensor.h"
#include "model/model.h"

enum { PIECE_BLOCKS = 4 };

/* The from of a piece that is all zero. */
#define FROM_NOTHING SIZE_MAX

/* A parameter, or a part of what is summed to it, taken from a tensor. The
 * parameter is looked at as (rows, columns), its last axis the columns; a
 * vector is one column. Its rows are blocks of equal size, one per gate where
 * it has gates. Element (r,c) of block j is, counting from's elements
 * row-major,
 *
 *   first + (order[j] * block + r) * row + c * column
 *
 * and is added to what the pieces before have put there. */
typedef struct piece {
    char parameter[sizeof((parameter *)0)->name]; /* rnn.weight_ih_l0 */
    size_t from; /* index among the source's tensors, or FROM_NOTHING */
    size_t first, row, column;
    size_t blocks;              /* 1 to PIECE_BLOCKS */
    size_t order[PIECE_BLOCKS]; /* of from's blocks */
    double scale;               /* 0 means 1 */
    const char *how;            /* for people: literal text, or the import's */
} piece;

/* A tensor that is left out, or is no weight. */
typedef struct spare {
    size_t from;
    const char *how; /* "ignored", "a shape" ... */
} spare;

struct elman_import {
    const char *path; /* of the first file, for messages */
    elman_config config;
    size_t tensors;
    const named_tensor *tensor; /* (tensors) of the source */
    size_t pieces, piece_room;
    piece *piece;
    size_t spares, spare_room;
    spare *spare;
    bool *left_out; /* (tensors) spares that importers need not look at, or
                       NULL: import_leave_out */
    bool own;       /* elman's own file: a source without pieces */
    size_t beside;  /* tensors of a checkpoint that are not in its state dict */
    ptrdiff_t reference_x, reference_y; /* tensors, or NOWHERE */
    size_t rows;
    elman_import_row *row; /* (rows) */
    void *source;          /* owner of tensors, closed by: */
    void (*close)(void *source);
    char *texts; /* owner of made-up texts, a list linked by its first bytes */
};

/* Adds to the lists. */
elman_status import_add_piece(elman_import *import, const piece *piece);
elman_status import_add_spare(elman_import *import, size_t from,
                              const char *how);

/* Makes spares of the tensors whose names match the patterns (config's ignore;
 * NULL for none) and, as the reference, of reference.input and
 * reference.output. For once, when the tensors are known and nothing has been
 * added. */
elman_status import_leave_out(elman_import *import, const char *patterns);

/* A printed text that lives as long as the import; NULL if no memory. */
const char *import_text(elman_import *import, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Fills weights (weight_count of model, by the parameters' offsets) from the
 * pieces: each must stay inside its tensor, and each parameter have one. */
elman_status import_fill(const elman_import *import, const elman_model *model,
                         double *weights);

/* As elman_import_... in elman_exchange.h. */
elman_status import_open(const char *const *paths, size_t count,
                         const elman_import_config *config,
                         elman_import **import);
void import_close(elman_import *import);
const elman_import_row *import_rows(const elman_import *import, size_t *count);
size_t import_beside(const elman_import *import);
elman_status import_create(const elman_import *import, elman_model **model);

/* elman_model_load: elman's own files and, with default settings, those of
 * others. */
elman_status import_load(const char *path, elman_model **model);

/* names.c: tensors with PyTorch's names, any prefix. Needs import_leave_out to
 * have been called. */
elman_status import_names(elman_import *import,
                          const elman_import_config *config);

/* mapping.c: tensors as a mapping file says. Needs the same. */
elman_status import_mapping(elman_import *import,
                            const elman_import_config *config);

/* onnx_import.c: an ONNX graph. */
elman_status import_onnx(elman_import *import, const char *path,
                         const elman_import_config *config);

#endif
