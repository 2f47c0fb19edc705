/*
 * state_save.c: a state's memory as safetensors: layer0.h (B,R), layer0.c
 * (B,H), layer0_reverse.h ..., pool.h (B,.) and position (B).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/file.h"
#include "format/own.h"
#include "model/model.h"

typedef struct entry {
    char name[ELMAN_MAX_NAME + 40];
    named_tensor tensor;
    float *values; /* in the state; NULL for position */
} entry;

static entry *add(entry *list, size_t *count, const elman_state *s,
                  float *values, size_t width)
{
    entry *e = list + (*count)++;
    e->values = values;
    e->tensor = (named_tensor){.type = ELEMENT_F32,
                               .rank = 2,
                               .shape = {s->config.B, width},
                               .count = s->config.B * width,
                               .data = values};
    return e;
}

static void add_level(entry *list, size_t *count, const elman_state *s,
                      size_t level, size_t direction, char what, float *values,
                      size_t width)
{
    entry *e = add(list, count, s, values, width);
    snprintf(e->name, sizeof e->name, "layer%zu%s.%c", level,
             direction ? "_reverse" : "", what);
}

/* All that a state remembers; freed by free. */
static entry *list_entries(const elman_model *m, const elman_state *s,
                           size_t *count)
{
    entry *list =
        calloc(m->info.level_count * DIRECTIONS * 2 + 2, sizeof *list);
    if (!list) {
        (void)failure(ELMAN_NO_MEMORY, "no memory to list the state");
        return NULL;
    }

    /* each level and direction */
    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        for (size_t direction = 0; l->cell && direction < l->D; direction++) {
            const direction_plan *d = &l->directions[direction];
            add_level(list, count, s, l->level, direction, 'h',
                      s->memory.h + d->memory_h * s->config.B, l->R);
            if (l->cell->has_cell)
                add_level(list, count, s, l->level, direction, 'c',
                          s->memory.c + d->memory_c * s->config.B, l->H);
        }

        /* at most one layer pools */
        if (!l->memory_width) continue;
        entry *e = add(list, count, s, s->memory.h + l->memory_h * s->config.B,
                       l->memory_width);
        snprintf(e->name, sizeof e->name, "%s.h", l->config.name);
    }

    /* and how far each sequence is */
    entry *e = list + (*count)++;
    snprintf(e->name, sizeof e->name, "position");
    e->tensor = (named_tensor){.type = ELEMENT_U64,
                               .rank = 1,
                               .shape = {s->config.B},
                               .count = s->config.B,
                               .data = s->position};
    return list;
}

/* Writes to path or, if that is NULL, to memory. */
static elman_status save(const elman_model *m, const elman_state *s,
                         const char *path, size_t room, void *data,
                         size_t *size)
{
    TRY(state_check(m, s));
    size_t count = 0;
    entry *list = list_entries(m, s, &count);
    named_tensor *tensors = list ? calloc(count, sizeof *tensors) : NULL;
    if (!tensors) {
        free(list);
        return failure(ELMAN_NO_MEMORY, "%.200s: no memory",
                       path ? path : MEMORY_NAME);
    }

    /* names live in the entries */
    for (size_t i = 0; i < count; i++) {
        tensors[i] = list[i].tensor;
        tensors[i].name = list[i].name;
    }

    safetensors_note note = {OWN_KEY, own_format(OWN_STATE)};
    safetensors file = {.tensor_count = count,
                        .tensors = tensors,
                        .note_count = 1,
                        .notes = &note};
    elman_status status =
        path ? safetensors_save(&file, path)
             : safetensors_save_memory(&file, room, data, size);
    free(tensors);
    free(list);
    return status;
}

elman_status state_save(const elman_model *m, const elman_state *s,
                        const char *path)
{
    return save(m, s, path, 0, NULL, NULL);
}

elman_status state_save_memory(const elman_model *m, const elman_state *s,
                               size_t room, void *data, size_t *size)
{
    return save(m, s, NULL, room, data, size);
}

/* Checks every tensor before any is copied. */
static elman_status check(const safetensors *file, const entry *list,
                          size_t count)
{
    TRY(own_expect(file, OWN_STATE));
    if (file->tensor_count != count)
        return failure(ELMAN_BAD_FORMAT,
                       "there are %zu tensors, expected %zu for this model",
                       file->tensor_count, count);

    for (size_t i = 0; i < count; i++) {
        const named_tensor *t = safetensors_find(file, list[i].name);
        if (!t)
            return failure(ELMAN_BAD_FORMAT, "the tensor %s is missing",
                           list[i].name);
        TRY(tensor_expect(t, list[i].tensor.type, list[i].tensor.rank,
                          list[i].tensor.shape));
    }
    return ELMAN_OK;
}

elman_status state_load(const elman_model *m, elman_state *s,
                        const byte_source *source)
{
    safetensors *file = NULL;
    TRY(state_check(m, s));
    TRY(safetensors_read(source, &file));
    size_t count = 0;
    entry *list = list_entries(m, s, &count);
    elman_status status = list ? check(file, list, count) : ELMAN_NO_MEMORY;

    /* all or nothing: nothing is copied unless all fit */
    for (size_t i = 0; !status && i < count; i++) {
        const named_tensor *t = safetensors_find(file, list[i].name);
        if (list[i].values)
            memcpy(list[i].values, t->data, t->count * sizeof(float));
        else memcpy(s->position, t->data, t->count * sizeof *s->position);
    }

    s->stepping = false;
    free(list);
    safetensors_close(file);
    return status ? failure_in(status, source->name) : ELMAN_OK;
}
