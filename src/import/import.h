/*
 * import.h: a model being put together from another's tensors.
 *
 * An importer (names, mapping, onnx) reads a source's tensors and says two
 * things: the config, and slices: which elements of which tensor make which
 * parameter. Everything after that, from the table for people to the weights,
 * is the same for all.
 *
 *   import          the lists of an import, and what is left out
 *   proposal        commands that would take the file, tried before told
 *   names           tensors by PyTorch's names: modules found, ordered
 *                   (module_order) and made a config (module_config);
 *                   words are the language of orders; propose asks for one:
 *                   chains finds what fits, prefixes reads names, ignored
 *                   says what is left out; learned weights in parts, norms
 *                   batch norms as scales and shifts,
 *                   handmade cells that are written of linear layers,
 *                   leftover what a tensor seems to be that nothing takes
 *   layouts         tensors as other tools name them, made PyTorch's
 *   mapping         tensors as a mapping file says
 *   json            models in JSON: nam, rtneural, state dicts; members says
 *                   which members of an object are known
 *   onnx            an ONNX graph, by its trace
 *   source          opens files of any format, and runs onnx
 *   rows            the table for people
 *   proof           what is known of whether it computes as its source did
 *   check           a model compared with another's inputs and outputs, in
 *                   which padding finds what fills sequences up
 *   create, open    from an import to a model; from files to an import
 */
#ifndef IMPORT_IMPORT_H
#define IMPORT_IMPORT_H

#include "elman_exchange.h"
#include "model/weight_source.h"

enum { IMPORT_REMARKS = 8 };

/* A tensor that is left out, or is not a weight. */
typedef struct spare {
    size_t from;
    const char *how; /* "ignored", "a shape" ... */
} spare;

/* What the layout of a recurrent module says beyond PyTorch's names. */
typedef struct layer_trait {
    size_t from; /* the tensor of its weight_ih */
    bool reset_before, relu;
    ptrdiff_t peephole; /* a tensor, or NOWHERE */
} layer_trait;

typedef struct proposal_list proposal_list;
struct torch_keys;

/* What an import was asked for, and how another way is tried. */
typedef struct import_given {
    const char *files, *out;    /* as a command names them, or NULL */
    elman_import_config config; /* the caller's, in texts of the import */
    const elman_import *start;  /* before its tensors are named, or NULL */
    elman_status (*retry)(const elman_import *start,
                          const elman_import_config *config, bool *asked);
    proposal_list *wanted; /* where proposals go, or NULL: into the sentence */
    struct torch_keys *keys; /* what --key may be, or NULL: not wanted */
    bool *asked;             /* of one that is only tried, or NULL */
} import_given;

struct elman_import {
    const char *path; /* of the first file, for messages */
    import_given given;
    elman_config config;
    weight_source weights; /* the source's tensors, and slices of them */
    size_t spare_count, spare_room;
    spare *spares;
    size_t note_count, note_room;
    spare *notes; /* what is said of tensors that are weights */
    size_t trait_count, trait_room;
    layer_trait *traits;
    bool *left_out;     /* (tensors) spares that importers pass over, or
                           NULL: import_leave_out */
    bool own;           /* elman's own file: a source without slices */
    bool computes;      /* the format says how its tensors are computed with, so
                           the model needs no proof by numbers */
    const char *format; /* what it is: "an ONNX file" */
    const char *proof;  /* elman_import_proof: import_make_proof */
    elman_status (*known)(elman_import *, const elman_import_config *);
    /* ... the importer of a format that says what its tensors are, or NULL */
    size_t size;         /* of the file, in bytes, where the format is text */
    size_t extra;        /* tensors of a checkpoint outside its state dict */
    const char *tool;    /* whose layout its tensors have, or NULL:
                            PyTorch's, or a mapping file's */
    const char *unlike;  /* how answers differ although the format says how
                            they are computed, for its proof, or NULL */
    const char *padding; /* what pads, for the model's note, or NULL */
    const char *steps;   /* "one": the source reads one step of sequences, for
                            the model's note; or NULL */
    size_t remark_count;
    const char *remarks[IMPORT_REMARKS]; /* on how the file was read */
    ptrdiff_t reference_x, reference_y;  /* tensors, or NOWHERE */
    size_t row_count;
    elman_import_row *rows; /* (row_count) */
    const char *question;   /* what is asked, with proposals; or NULL */
    size_t proposal_count;
    elman_proposal *proposals; /* (proposal_count) */
    void *source;              /* owner of tensors, closed by: */
    void (*close)(void *source);
    bool looked; /* opened only to be looked at */
    bool tried;  /* to see whether it is a model: nothing is tried for it */
    const char *refused; /* why its tensors are for looking at alone, or NULL */
    elman_fact *facts;   /* (fact_count) what the file is */
    size_t fact_count, fact_room;
    named_tensor *grown; /* weights.tensors, once the import has made some */
    size_t grown_room;
    char *kept; /* owner of made-up texts and numbers, a list of blocks linked
                   by their first bytes */
};

/* Adds a tensor to the spares. */
elman_status import_add_spare(elman_import *import, size_t from,
                              const char *how);

/* Says in the table how a weight came to be that is taken as it is. */
elman_status import_add_note(elman_import *import, size_t from,
                             const char *how);

elman_status import_add_trait(elman_import *import, const layer_trait *trait);

/* The trait of a weight_ih, or NULL. */
const layer_trait *import_trait(const elman_import *import, ptrdiff_t from);

/* Makes spares of the tensors whose names match the patterns (config's ignore,
 * NULL for none), and of reference.input and reference.output, which become the
 * reference. To be called once, when the tensors are known and nothing has been
 * added. */
elman_status import_leave_out(elman_import *import, const char *patterns);

/* A printed text that lives as long as the import; NULL if no memory. */
const char *import_text(elman_import *import, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds a fact about the file: one line. */
elman_status import_add_fact(elman_import *import, const char *name,
                             const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends a tensor of float32 that an importer computes of others, and sets
 * index to where it is; returns its numbers, all 0, or NULL with a sentence if
 * there is no memory. weights.tensors may move: keep indices, not pointers. */
float *import_make_tensor(elman_import *import, const char *name, size_t rank,
                          const size_t *shape, size_t *index);

/* Adds a sentence on how the file was read, a text that lives as long as the
 * import; NULL, if there was no memory for it, is ELMAN_NO_MEMORY. */
elman_status import_add_remark(elman_import *import, const char *text);

/* As elman_import_... in elman_exchange.h. */
void import_close(elman_import *import);
const elman_import_row *import_rows(const elman_import *import, size_t *count);
size_t import_extra(const elman_import *import);
const elman_proposal *import_proposals(const elman_import *import,
                                       const char **question, size_t *count);
const elman_fact *import_facts(const elman_import *import, size_t *count);
const char *import_remark(const elman_import *import, size_t index);

/* A model of import's config with all weights zero, if it is not much larger
 * than the tensors. */
elman_status import_model(const elman_import *import, elman_model **model);

/* Takes the next text of a list that is separated by commas, without spaces
 * around it. At the end list is NULL and the result false. */
bool list_next(const char **list, const char **text, size_t *bytes);

#endif
