/*
 * torch.h: the state dict in a file of torch.save: the zip format (PyTorch 1.6
 * and later) and the stream of pickles before it. No code is run and no class
 * is instantiated: see pickle.h.
 *
 * A file is a state dict, or nested dicts with a state dict somewhere: one with
 * a tensor named "...weight_ih...", or, if there is none, one that contains
 * only tensors. Objects of classes that no tensor needs are skipped, and said.
 * A tensor inside one, as in a whole module, is refused, and so are sparse
 * tensors, with what to save instead.
 */
#ifndef FORMAT_TORCH_H
#define FORMAT_TORCH_H

#include "format/tensor.h"

enum { TORCH_NOTES = 4 };

/* A file in memory. Tensors are in the state dict's order; several may share
 * bytes, as they did when they were saved. Entries of the state dict that are
 * not tensors are left out. */
typedef struct torch_file {
    size_t tensor_count;
    named_tensor *tensors; /* (tensor_count), "rnn.weight_ih_l0" */
    const char *dict;      /* where the state dict was: "model.state_dict", ""
                              if it is the file */
    size_t extra_count;    /* tensors elsewhere in the file, left out */
    size_t note_count;
    const char *notes[TORCH_NOTES]; /* sentences on how it was read */
    const char *refused; /* torch_look: why torch_open refuses it, or NULL */
    const char *what;    /* what it holds then: "a list of 3" */
    void *block;         /* owner of everything above */
} torch_file;

/* key says where the state dict is, as in "model.state_dict", "" for the whole
 * file. NULL finds it if there is only one, else the message lists them. Every
 * tensor is checked against the bytes of its storage. Messages name the
 * file. */
elman_status torch_open(const char *path, const char *key, torch_file **file);

/* Keys of which a file has several, each a state dict's or a file's. */
enum { TORCH_KEYS = 12, TORCH_KEY_ROOM = 512 };
typedef struct torch_keys {
    size_t count;
    char keys[TORCH_KEYS][TORCH_KEY_ROOM];
} torch_keys;

/* The same from memory: bytes, malloc'ed, are freed by close or by the
 * failure. */
elman_status torch_parse(char *bytes, size_t size, const char *key,
                         torch_file **file);

/* As torch_parse; where it asks for a key, asked lists those that it may be. */
elman_status torch_parse_asking(char *bytes, size_t size, const char *key,
                                torch_file **file, torch_keys *asked);

/* Opens it only to be looked at: where torch_parse finds no state dict, or is
 * to be told which, the tensors are all that can be seen, wherever they are;
 * two may have one name. */
elman_status torch_look(char *bytes, size_t size, torch_file **file);

void torch_close(torch_file *file);

#endif
