/* copy.c: another model of the same weights, and how large a model is. */
#include "model/model.h"

#include <stdlib.h>
#include <string.h>

/* A copy of count elements, or NULL; there is room for one more. */
static void *copy_list(const void *list, size_t count, size_t bytes)
{
    void *copy = calloc(count + 1, bytes);
    if (copy && count) memcpy(copy, list, count * bytes);
    return copy;
}

static elman_status copy_notes(elman_model *to, const elman_model *from)
{
    to->notes = calloc(from->note_count + 1, sizeof *to->notes);
    if (!to->notes) return failure(ELMAN_NO_MEMORY, "no memory for the notes");

    for (size_t i = 0; i < from->note_count; i++) {
        model_note *note = to->notes + to->note_count++;
        note->key = text_copy(from->notes[i].key);
        note->text = text_copy(from->notes[i].text);
        if (!note->key || !note->text)
            return failure(ELMAN_NO_MEMORY, "no memory for the note %.80s",
                           from->notes[i].key);
    }
    return ELMAN_OK;
}

/* Everything that a model owns, but for what is made late. */
static elman_status copy_parts(elman_model *to, const elman_model *from)
{
    to->layers = copy_list(from->layers, from->layer_count, sizeof *to->layers);
    to->parameters = copy_list(from->parameters, from->info.parameter_count,
                               sizeof *to->parameters);
    to->copies = copy_list(from->copies, from->copy_count, sizeof *to->copies);
    to->late = calloc(1, sizeof *to->late);
    to->packed = block_create(from->packed_count * sizeof *to->packed);
    if (!to->layers || !to->parameters || !to->copies || !to->late ||
        !to->packed)
        return failure(ELMAN_NO_MEMORY,
                       "no memory for a copy of a model of %zu weights",
                       from->info.weight_count);

    memcpy(to->packed, from->packed, from->packed_count * sizeof *to->packed);
    TRY(model_make_table(to));
    if (from->table)
        memcpy(to->own_table, from->table,
               from->table_count * sizeof *to->own_table);
    return copy_notes(to, from);
}

elman_status model_copy(const elman_model *from, elman_model **copy)
{
    elman_model *m = calloc(1, sizeof *m);
    if (!m) return failure(ELMAN_NO_MEMORY, "no memory for a model");

    /* numbers, and nothing that from owns */
    *m = *from;
    m->layers = NULL;
    m->parameters = NULL;
    m->packed = NULL;
    m->copies = NULL;
    m->late = NULL;
    m->table = m->own_table = NULL;
    m->lent = NULL;
    m->borrows = false;
    m->notes = NULL;
    m->note_count = 0;

    elman_status status = copy_parts(m, from);
    if (status) model_destroy(m);
    else *copy = m;
    return status;
}

size_t model_size(const elman_model *m)
{
    size_t bytes = sizeof *m + sizeof *m->late;
    bytes += m->layer_count * sizeof *m->layers;
    bytes += m->info.parameter_count * sizeof *m->parameters;
    bytes += m->copy_count * sizeof *m->copies;
    if (m->lent) bytes += m->info.parameter_count * sizeof *m->lent;

    /* the weights, and what was made of them */
    size_t floats = m->packed_count;
    if (m->own_table) floats += m->table_count;
    if (model_flat(m)) floats += m->weight_count;
    if (model_training(m)) floats += m->training_count;

    for (size_t i = 0; i < m->note_count; i++)
        bytes += strlen(m->notes[i].key) + strlen(m->notes[i].text) + 2;
    return bytes + floats * sizeof *m->packed;
}
