/*
 * save.c: the model file: safetensors with PyTorch's parameter names. Metadata:
 * "format" is "elman", "elman" the configuration as JSON; every other key is a
 * note.
 */
#include <stdlib.h>
#include <string.h>

#include "format/file.h"
#include "format/own.h"
#include "format/detect.h"
#include "model/config_text.h"
#include "model/model.h"
#include "model/weight_source.h"

static const char config_key[] = "elman";

bool note_is_reserved(const char *key)
{
    return strcmp(key, OWN_KEY) == 0 || strcmp(key, config_key) == 0;
}

/* ---- Writing ------------------------------------------------------------ */

static void name_tensors(const elman_model *m, named_tensor *tensors)
{
    for (size_t i = 0; i < m->info.parameter_count; i++) {
        const parameter *p = m->parameters + i;
        named_tensor *t = tensors + i;
        *t = (named_tensor){.name = p->name,
                            .type = ELEMENT_F32,
                            .rank = p->rank,
                            .count = p->count,
                            .data = parameter_values(m, p)};
        memcpy(t->shape, p->shape, p->rank * sizeof *t->shape);
    }
}

static size_t next_rows(void *context, size_t tensor, const void **data)
{
    model_feed *f = context;
    const parameter *p = f->model->parameters + tensor;
    if (tensor != f->tensor) f->rows = (weight_rows){0};
    f->tensor = tensor;
    if (!weight_rows_next(f->model, p, &f->rows)) {
        f->tensor = SIZE_MAX;
        return 0;
    }

    weight_rows_read(f->model, p, &f->rows, f->room);
    *data = f->room;
    return f->rows.count * f->rows.columns * sizeof *f->room;
}

elman_status model_feed_begin(const elman_model *m, model_feed *f)
{
    *f = (model_feed){.feed = {next_rows, f}, .model = m, .tensor = SIZE_MAX};
    f->room = malloc((weight_rows_room(m) + 1) * sizeof *f->room);
    f->tensors = calloc(m->info.parameter_count + 1, sizeof *f->tensors);
    if (!f->room || !f->tensors) {
        model_feed_end(f);
        return failure(ELMAN_NO_MEMORY, "no memory to save a model");
    }

    name_tensors(m, f->tensors);
    return ELMAN_OK;
}

void model_feed_end(model_feed *f)
{
    free(f->room);
    free(f->tensors);
    f->room = NULL;
    f->tensors = NULL;
}

/* Saves to a file or, without a path, to memory. */
static elman_status save(const elman_model *m, const char *path, size_t room,
                         void *data, size_t *size)
{
    model_feed feed;
    TRY(model_feed_begin(m, &feed));
    char *config = config_to_text(&m->config);
    safetensors_note *notes = calloc(m->note_count + 2, sizeof *notes);
    elman_status status = ELMAN_OK;
    if (!config || !notes) {
        status = failure(ELMAN_NO_MEMORY, "no memory to save a model");
        goto done;
    }

    /* the parameters, and the notes after the library's own */
    size_t count = 0;
    notes[count++] = (safetensors_note){OWN_KEY, own_format(OWN_MODEL)};
    notes[count++] = (safetensors_note){config_key, config};
    for (size_t i = 0; i < m->note_count; i++)
        notes[count++] = (safetensors_note){m->notes[i].key, m->notes[i].text};

    safetensors file = {.tensor_count = m->info.parameter_count,
                        .tensors = feed.tensors,
                        .note_count = count,
                        .notes = notes,
                        .feed = &feed.feed};
    status = path ? safetensors_save(&file, path)
                  : safetensors_save_memory(&file, room, data, size);
done:
    free(config);
    free(notes);
    model_feed_end(&feed);
    return status;
}

elman_status model_save(const elman_model *m, const char *path)
{
    elman_status status = save(m, path, 0, NULL, NULL);
    return status == ELMAN_NO_MEMORY ? failure_in(status, path) : status;
}

elman_status model_save_memory(const elman_model *m, size_t room, void *data,
                               size_t *size)
{
    return save(m, NULL, room, data, size);
}

/* ---- Reading ------------------------------------------------------------ */

/* Packs rows as they are read. */
static elman_status fill_parameter(elman_model *m, const parameter *p,
                                   const safetensors *file,
                                   const named_tensor *t, float *room)
{
    weight_rows rows = {0};
    while (weight_rows_next(m, p, &rows)) {
        TRY(safetensors_floats(file, t, rows.first * rows.columns,
                               rows.count * rows.columns, room));
        weight_rows_write(m, p, &rows, room);
    }
    return ELMAN_OK;
}

/* Notes where the parameter is in memory that stays, if that is aligned; true
 * if its home is there as well. */
static bool borrow(elman_model *m, const parameter *p, const named_tensor *t)
{
    bool aligned = (uintptr_t)t->data % _Alignof(float) == 0;
    if (t->type != ELEMENT_F32 || !aligned) return false;

    /* as bytes of an array it has no type yet */
    const float *values = t->data;
    m->lent[p - m->parameters] = values;
    if (!m->copies[p->copy_begin].table) return false;
    m->table = values;
    return true;
}

static elman_status fill_parameters(elman_model *m, const safetensors *file,
                                    float *room)
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
        if (m->borrows && borrow(m, p, t)) continue;
        if (m->copies[p->copy_begin].table && !m->table)
            TRY(model_make_table(m));
        TRY(fill_parameter(m, p, file, t, room));
    }
    return ELMAN_OK;
}

static elman_status fill_weights(elman_model *m, const safetensors *file)
{
    if (m->borrows) {
        m->lent = calloc(m->info.parameter_count + 1, sizeof *m->lent);
        if (!m->lent)
            return failure(ELMAN_NO_MEMORY, "no memory to read weights");
    }

    float *room = malloc((weight_rows_room(m) + 1) * sizeof *room);
    if (!room) return failure(ELMAN_NO_MEMORY, "no memory to read weights");

    elman_status status = fill_parameters(m, file, room);
    free(room);
    return status;
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

static elman_status parse(const safetensors *file, bool borrows,
                          elman_model **model)
{
    const char *text = safetensors_text(file, config_key);
    if (own_kind_of(file)) TRY(own_expect(file, OWN_MODEL));
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
        &config, weight_limit(file->tensors, file->tensor_count), borrows, &m);
    if (!status) status = fill_weights(m, file);
    if (!status) status = copy_notes(m, file);
    if (status) {
        model_destroy(m);
        return status == ELMAN_BAD_VALUE ? ELMAN_BAD_FORMAT : status;
    }

    model_settle(m);
    *model = m;
    return ELMAN_OK;
}

elman_status model_parse(const safetensors *file, elman_model **model)
{
    return parse(file, false, model);
}

bool model_is_own(const safetensors *file)
{
    const char *format = safetensors_text(file, OWN_KEY);
    const char *own = own_format(OWN_MODEL);
    return safetensors_text(file, config_key) ||
           (format && strncmp(format, own, strlen(own)) == 0);
}

/* Whether the source is safetensors, as its first bytes say; a file that cannot
 * be read is not an answer. */
static elman_status detect(const byte_source *source, bool *is_safetensors)
{
    char head[DETECT_HEAD] = {0};
    const char *from = source->data ? source->data : head;
    size_t size = source->size;

    if (!source->data) {
        file_reader *reader = NULL;
        TRY(file_reader_open(source->name, &reader));
        size = file_reader_size(reader);
        elman_status status = file_reader_read(
            reader, 0, head, size < DETECT_HEAD ? size : DETECT_HEAD);
        file_reader_close(reader);
        TRY(status);
    }

    *is_safetensors = format_begins_safetensors(from, size);
    return ELMAN_OK;
}

/* Makes a model of a file of which the header was read. */
static elman_status load(foreign_file *file, foreign_reader *foreign,
                         bool borrows, elman_model **model)
{
    if (!foreign || model_is_own(file->tensors)) {
        elman_status status = parse(file->tensors, borrows, model);
        return status ? failure_in(status, file->source.name) : ELMAN_OK;
    }

    elman_status status = safetensors_fetch(file->tensors);
    if (status) return failure_in(status, file->source.name);
    return foreign(file, model);
}

static elman_status load_any(const byte_source *source, foreign_reader *foreign,
                             bool borrows, elman_model **model)
{
    foreign_file file = {.source = *source};
    bool ours = false;
    TRY(detect(source, &ours));

    /* without a foreign reader ours says what is wrong with the file */
    if (foreign && !ours) return foreign(&file, model);
    TRY(safetensors_begin(source, &file.tensors));
    elman_status status = load(&file, foreign, borrows, model);
    safetensors_close(file.tensors);
    return status;
}

elman_status model_load(const byte_source *source, foreign_reader *foreign,
                        elman_model **model)
{
    return load_any(source, foreign, false, model);
}

elman_status model_open(const byte_source *source, foreign_reader *foreign,
                        elman_model **model)
{
    elman_model *m = NULL;
    TRY(load_any(source, foreign, true, &m));
    m->borrows = true;
    *model = m;
    return ELMAN_OK;
}
