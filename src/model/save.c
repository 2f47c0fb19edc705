/*
 * save.c: the model file: safetensors with PyTorch's parameter names. Metadata:
 * "format" is "elman", "elman" the configuration as JSON; every other key is a
 * note.
 */
#include <stdlib.h>
#include <string.h>

#include "format/file.h"
#include "format/safetensors.h"
#include "format/detect.h"
#include "model/config_text.h"
#include "model/model.h"
#include "model/weight_source.h"

static const char format_key[] = "format", format_text[] = "elman",
                  config_key[] = "elman";

bool note_is_reserved(const char *key)
{
    return strcmp(key, format_key) == 0 || strcmp(key, config_key) == 0;
}

/* ---- Writing ------------------------------------------------------------ */

void model_tensors(const elman_model *m, named_tensor *tensors)
{
    for (size_t i = 0; i < m->info.parameter_count; i++) {
        const parameter *p = m->parameters + i;
        named_tensor *t = tensors + i;
        *t = (named_tensor){.name = p->name,
                            .type = ELEMENT_F32,
                            .rank = p->rank,
                            .count = p->count,
                            .data = m->weights + p->offset};
        memcpy(t->shape, p->shape, p->rank * sizeof *t->shape);
    }
}

elman_status model_save(const elman_model *m, const char *path)
{
    elman_status status = failure(ELMAN_NO_MEMORY, "%.200s: no memory", path);
    char *config = config_to_text(&m->config);
    named_tensor *tensors =
        calloc(m->info.parameter_count + 1, sizeof *tensors);
    safetensors_note *notes = calloc(m->note_count + 2, sizeof *notes);
    if (!config || !tensors || !notes) goto done;

    /* the parameters, and the notes after the library's own */
    model_tensors(m, tensors);
    size_t count = 0;
    notes[count++] = (safetensors_note){format_key, format_text};
    notes[count++] = (safetensors_note){config_key, config};
    for (size_t i = 0; i < m->note_count; i++)
        notes[count++] = (safetensors_note){m->notes[i].key, m->notes[i].text};

    safetensors file = {.tensor_count = m->info.parameter_count,
                        .tensors = tensors,
                        .note_count = count,
                        .notes = notes};
    status = safetensors_save(&file, path);
done:
    free(config);
    free(tensors);
    free(notes);
    return status;
}

/* ---- Reading ------------------------------------------------------------ */

static elman_status fill_weights(elman_model *m, const safetensors *file)
{
    /* first, so that a file of a million tensors ends here */
    for (size_t i = 0; i < file->tensor_count; i++)
        if (!model_find(m, file->tensors[i].name))
            return failure(ELMAN_BAD_FORMAT,
                           "the tensor %.80s is not one that the configuration "
                           "knows",
                           file->tensors[i].name);

    /* then each parameter from its tensor */
    for (size_t i = 0; i < m->info.parameter_count; i++) {
        const parameter *p = m->parameters + i;
        const named_tensor *t = safetensors_find(file, p->name);
        if (!t)
            return failure(ELMAN_BAD_FORMAT,
                           "the tensor %s is missing, which the configuration "
                           "asks for",
                           p->name);

        bool same = t->rank == p->rank &&
                    memcmp(t->shape, p->shape, p->rank * sizeof *p->shape) == 0;
        if (!same)
            return failure(ELMAN_BAD_FORMAT,
                           "the tensor %s has rank %zu and %zu elements, "
                           "expected rank %zu and shape %zu x %zu",
                           p->name, t->rank, t->count, p->rank, p->shape[0],
                           p->rank > 1 ? p->shape[1] : 1);
        TRY(tensor_floats(t, m->weights + p->offset));
    }
    return ELMAN_OK;
}

/* No key occurs twice in a file, so none is searched for: a file of a million
 * notes takes no longer than its bytes. */
static elman_status copy_notes(elman_model *m, const safetensors *file)
{
    m->notes = calloc(file->note_count + 1, sizeof *m->notes);
    if (!m->notes) return failure(ELMAN_NO_MEMORY, "no memory for the notes");
    for (size_t i = 0; i < file->note_count; i++) {
        const safetensors_note *from = file->notes + i;
        if (note_is_reserved(from->key)) continue;

        model_note *to = m->notes + m->note_count++;
        to->key = text_copy(from->key);
        to->text = text_copy(from->text);
        if (!to->key || !to->text)
            return failure(ELMAN_NO_MEMORY, "no memory for the note %.80s",
                           from->key);
    }
    return ELMAN_OK;
}

elman_status model_parse(const safetensors *file, elman_model **model)
{
    const char *text = safetensors_text(file, config_key);
    const char *format = safetensors_text(file, format_key);
    if (format && strcmp(format, "elman checkpoint") == 0)
        return failure(ELMAN_BAD_FORMAT,
                       "this is the checkpoint of a training run, expected a "
                       "model; --resume continues the training");

    if (!text)
        return failure(ELMAN_BAD_FORMAT,
                       "the metadata has no configuration under \"%s\"; "
                       "expected a file written by elman",
                       config_key);

    /* a model of that configuration, no larger than the file suggests */
    elman_config config;
    elman_model *m = NULL;
    TRY(config_from_text(text, &config));
    elman_status status = model_create_empty(
        &config, weight_limit(file->tensors, file->tensor_count), &m);
    if (!status) status = fill_weights(m, file);
    if (!status) status = copy_notes(m, file);
    if (status) {
        model_destroy(m);
        return status == ELMAN_BAD_VALUE ? ELMAN_BAD_FORMAT : status;
    }

    model_repack(m, 1);
    *model = m;
    return ELMAN_OK;
}

bool model_is_own(const safetensors *file)
{
    const char *format = safetensors_text(file, format_key);
    return safetensors_text(file, config_key) ||
           (format && strncmp(format, format_text, strlen(format_text)) == 0);
}

/* Loads the model in file, or lets foreign do it. */
static elman_status load(foreign_file *file, foreign_reader *foreign,
                         elman_model **model)
{
    /* without a foreign reader ours says what is wrong with the file */
    bool ours = format_detect(file->bytes, file->size) == FORMAT_SAFETENSORS;
    if (foreign && !ours) return foreign(file, model);

    char *bytes = file->bytes;
    file->bytes = NULL;
    elman_status status = safetensors_parse(bytes, file->size, &file->tensors);
    if (status) return failure_in(status, file->path);
    if (foreign && !model_is_own(file->tensors)) return foreign(file, model);

    status = model_parse(file->tensors, model);
    return status ? failure_in(status, file->path) : ELMAN_OK;
}

elman_status model_load(const char *path, foreign_reader *foreign,
                        elman_model **model)
{
    foreign_file file = {.path = path};
    TRY(file_read(path, &file.bytes, &file.size));
    elman_status status = load(&file, foreign, model);
    free(file.bytes);
    safetensors_close(file.tensors);
    return status;
}
