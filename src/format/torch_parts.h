/*
 * torch_parts.h: a file of torch.save being read: torch_source.c finds the
 * pickle and the storages' bytes (torch_stream.c in old files, torch_nested.c
 * in a file inside another), torch_table.c has the globals, torch_tensor.c
 * makes tensors of calls (torch_array.c NumPy's, torch_quantized.c quantized
 * ones), torch_dict.c finds the state dict, torch_entry.c reads what is in it
 * (torch_script.c and torch_pt2.c that of programs), torch_look.c all that
 * there is in others, torch.c puts it together.
 */
#ifndef FORMAT_TORCH_PARTS_H
#define FORMAT_TORCH_PARTS_H

#include "format/archive.h"
#include "format/pickle.h"
#include "format/torch.h"

/* What a row of the table of globals is for. */
typedef enum torch_row {
    TORCH_IGNORED,      /* allowed, but not used */
    TORCH_STORAGE,      /* type says which */
    TORCH_DTYPE,        /* type says which */
    TORCH_TENSOR,       /* (storage, offset, size, stride ...) */
    TORCH_TENSOR_TYPED, /* the same, and a dtype as seventh */
    TORCH_PARAMETER,    /* (tensor ...) */
    TORCH_AS_CLASS,     /* (function, class, its arguments, attributes) */
    TORCH_SIZE,         /* (tuple) */
    TORCH_UNREAD,       /* a tensor of a kind that its refusal names */
    TORCH_QUANTIZED,    /* (storage, offset, size, stride, scheme ...) */
    TORCH_SCHEME,       /* of quantization; type: 0 per tensor, 1 per channel */
    TORCH_PACKED,       /* an object of the engine: torch_quantized.c */
    TORCH_ARRAY,        /* NumPy's: torch_array.c */
    TORCH_BUFFER,       /* the same, as protocol 5 has it */
    TORCH_ARRAY_TYPE,   /* (name ...) */
    TORCH_ENCODED,      /* (text, encoding): bytes */
    TORCH_LOADED        /* (bytes): a storage in a file of its own */
} torch_row;

extern const pickle_table torch_table;

/* A storage of the stream format. */
typedef struct torch_storage {
    const pickle_value *key;
    element_type type;
    size_t count;
    const char *data; /* NULL until its bytes are found */
} torch_storage;

/* Where the bytes are: an archive, or a file with storages one after another.
 */
typedef struct torch_source {
    char *bytes;
    archive *archive;
    const char *folder; /* of all entries, "archive/"; not zero-terminated */
    size_t folder_bytes;
    size_t storage_count;
    torch_storage *storages; /* (storage_count) by key */
    pickle *tree;
    bool swapped;
    size_t size;             /* bytes of everything, uncompressed */
    const char *key;         /* where the state dict is, as torch_open has it */
    torch_keys *asked;       /* what the key may be, or NULL */
    bool looked;             /* it is only looked at */
    const char *inside;      /* the file inside a zip or tar file, or NULL */
    const char *storages_in; /* the folder of the storages' bytes */
    bool program;            /* of TorchScript */
    bool exported; /* of torch.export: list is the entry of its weights */
    size_t list;
    size_t decoded;     /* bytes that were texts */
    size_t dequantized; /* tensors */
    void *kept; /* blocks of source_keep, a list linked by its first bytes */
} torch_source;

enum { JOINED_ROOM = 400 };

/* A file being put together. */
typedef struct torch_making {
    torch_source *source;
    torch_file *file;
    size_t room;   /* of its tensors */
    size_t total;  /* bytes of their elements */
    size_t visits; /* of values, in the search for tensors inside others */
    size_t joined; /* dicts inside the state dict, whose tensors are its own */
    char prefix[JOINED_ROOM]; /* the keys of those around a tensor: "lstm." */
} torch_making;

/* A view of a storage: count elements of type, which are all there. */
typedef struct torch_view {
    element_type type;
    size_t count;
    const char *data;
} torch_view;

/* A call that makes a tensor, whatever wraps it. */
typedef struct torch_call {
    pickle_value *value;
    const pickle_row *row;
    const pickle_value *arguments;
} torch_call;

/* ---- torch_source.c, torch_stream.c ------------------------------------- */

/* source has only bytes and size at first; close it also after a failure. */
elman_status torch_source_open(torch_source *source);
elman_status stream_open(torch_source *source, size_t size);
void torch_source_close(torch_source *source);

/* A file inside another takes its place; key is then what follows its name. */
elman_status nested_zip(torch_source *source);
elman_status nested_tar(torch_source *source);

/* The constants of a program take the place of its modules. */
elman_status source_constants(torch_source *source);

/* Bytes that live as long as the source; NULL if no memory. */
void *source_keep(torch_source *source, size_t bytes);

/* The storage that a value stands for. */
elman_status source_view(torch_source *source, const pickle_value *stored,
                         torch_view *view);
elman_status stream_view(const torch_source *source, const pickle_value *id,
                         torch_view *view);

/* The parts of a storage's id: ('storage', type, key, location, count ...). */
elman_status storage_id(const pickle_value *stored, element_type *type,
                        const pickle_value **key, size_t *count);

/* ---- torch_tensor.c ----------------------------------------------------- */

/* The row of a global or a call; NULL of another value. */
const pickle_row *row_of(const pickle_value *value);

/* Whether a value is a tensor. */
bool call_find(pickle_value *value, torch_call *call);

/* Reads it; tensor's name is used in messages and left as it is. */
elman_status call_read(torch_source *source, const torch_call *call,
                       named_tensor *tensor);

/* A tensor whose shape and strides are set begins at an element of a view, of
 * which it must not reach beyond the end. */
elman_status tensor_place(const torch_source *source, const torch_view *view,
                          size_t offset, named_tensor *tensor);

/* The tuple or list of sizes, perhaps in a torch.Size; what names it. */
elman_status read_sizes(const pickle_value *value, const char *what,
                        size_t *count, size_t *sizes);

/* The first tensor inside a value, or NULL. visits, at first 0, bounds all
 * searches together: past the bound anything is taken for one. */
const pickle_value *tensor_inside(pickle_value *value, size_t *visits);

/* A whole number from 0 that a size can hold; what names it in the message. */
elman_status value_size(const pickle_value *value, const char *what,
                        size_t *size);

/* ---- torch_array.c, torch_quantized.c ----------------------------------- */

/* What call_read does of an array; of a tensor whose numbers have been found.
 */
elman_status array_read(torch_source *source, const torch_call *call,
                        named_tensor *tensor);
elman_status quantized_read(torch_source *source, const torch_call *call,
                            named_tensor *tensor);

/* The bytes that a value stands for, whatever the protocol. */
elman_status value_bytes(torch_source *source, const pickle_value *value,
                         const char **bytes, size_t *count);

/* Part of a name. */
typedef struct torch_name {
    const char *text;
    size_t bytes;
} torch_name;

/* Adds what the entry at item `at` of a dict stands for, if it belongs to a
 * quantized module; taken is how many entries that were, or 0. */
elman_status packed_read(torch_making *making, const pickle_value *dict,
                         size_t at, size_t *taken);

/* ---- torch_script.c, torch_pt2.c ---------------------------------------- */

/* Adds the tensors of a program. */
elman_status script_read(torch_making *making);
elman_status pt2_read(torch_making *making);

/* ---- torch_entry.c ------------------------------------------------------ */

/* Begins a tensor of that name, and ends it when the rest of it is set; both in
 * one. */
elman_status tensor_begin(torch_making *making, const char *name, size_t bytes,
                          named_tensor **tensor);
elman_status tensor_end(torch_making *making, const named_tensor *tensor);
elman_status tensor_add(torch_making *making, const char *name, size_t bytes,
                        const torch_call *call);

/* Adds the tensors of a state dict; of dicts in it under their joined names. */
elman_status entries_read(torch_making *making, const pickle_value *dict);

/* Adds a sentence to the file's notes. */
elman_status making_note(torch_making *making, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- torch_look.c ------------------------------------------------------- */

/* All tensors that can be seen in a file that was refused, and what it is. */
elman_status look_at_all(torch_making *making);

/* ---- torch_dict.c ------------------------------------------------------- */

enum { PATH_ROOM = 512 };

/* The state dict of a tree, and where it was; asked, if it is not NULL, becomes
 * what the key may be where it is needed. */
elman_status dict_find(const pickle *tree, const char *key, torch_keys *asked,
                       pickle_value **found, char path[PATH_ROOM]);

#endif
