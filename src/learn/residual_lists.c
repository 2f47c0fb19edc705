/* residual_lists.c: see residual_lists.h. */
#include "learn/residual_lists.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/encoding.h"
#include "data/loader.h"
#include "learn/evaluate.h"

/* More sequences, or steps, than that tell nothing more. */
enum { MOST_RESIDUALS = 20000 };

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for residuals");
}

/* The answer to a step of a sequence, unless it is passed over. */
static elman_status add_answer(residual_lists *m, uint64_t id, size_t step,
                               const float *y)
{
    if (m->answers++ % m->stride) return ELMAN_OK;
    dataset_values(m->dataset, id, step, y, m->values);
    TRY(truth_read(&m->reader, m->dataset, id, step, m->truth));
    size_t targets = dataset_encoding(m->dataset)->target_count;
    if (m->scale) dataset_change(m->dataset, id, m->scale);
    for (size_t k = 0; k < m->outputs; k++) {
        double residual = m->truth[k] - m->values[k];
        double scale = m->scale ? m->scale[k % targets] : 1;

        /* a series that never changes is answered without any doubt */
        if (!isnan(residual)) residual = scale > 0 ? residual / scale : 0;
        if (isfinite(residual) && m->counts[k] < m->room)
            m->lists[k * m->room + m->counts[k]++] = residual;
    }
    return ELMAN_OK;
}

/* A batch of another rank. */
static void skip_batch(residual_lists *m, const elman_batch *batch, bool one)
{
    for (size_t b = 0; b < batch->B; b++)
        m->answers += one ? 1 : batch->lengths ? batch->lengths[b] : batch->T;
}

static elman_status add_batch(residual_lists *m, const elman_batch *batch,
                              bool one, const float *y)
{
    size_t T = one ? 1 : batch->T;
    for (size_t b = 0; b < batch->B; b++)
        for (size_t t = 0; t < T; t++)
            if (one || !batch->lengths || t < batch->lengths[b])
                TRY(add_answer(m, batch->ids[b], t,
                               y + (t * batch->B + b) * m->outputs));
    return ELMAN_OK;
}

/* The answers to a batch that a state takes some steps of at a time. */
typedef struct sliced {
    const elman_model *model;
    size_t B;
    float *y; /* (T,B,O), or (B,O) */
} sliced;

static void take_slice(void *context, const elman_batch *slice, size_t first,
                       const float *y)
{
    const sliced *to = context;
    size_t O = to->model->info.output_size;
    if (to->model->info.per_sequence)
        evaluate_keep_ends(slice, first, O, y, to->y);
    else memcpy(to->y + first * to->B * O, y, slice->T * to->B * O * sizeof *y);
}

static elman_status run_batch(const elman_model *model, elman_state *state,
                              const elman_batch *batch, float *room,
                              residual_lists *m)
{
    sliced to = {model, batch->B, room};
    if (room)
        TRY(evaluate_slices(model, state, batch, state->config.T, NULL,
                            take_slice, &to));
    else TRY(model_forward_into(model, state, batch, NULL));
    return add_batch(m, batch, model->info.per_sequence,
                     room ? room : state_output(model, state));
}

/* How many answers a part is given. */
static size_t count_answers(const elman_dataset *dataset, elman_part part)
{
    bool one = encoding_per_sequence(dataset_encoding(dataset));
    size_t size = dataset_size(dataset, part);
    return one ? size : bytes_times(size, dataset_longest(dataset));
}

/* Room for the answers of a part in each list. */
static size_t list_room(const elman_dataset *dataset, elman_part part,
                        size_t *stride)
{
    size_t answers = count_answers(dataset, part);
    *stride = answers / MOST_RESIDUALS + 1;
    return answers / *stride + 1;
}

/* How batches run: in order, from the initial state each time; and what is
 * beside it. */
static elman_state_config batch_shape(const elman_dataset *dataset,
                                      const elman_loader *loader,
                                      const elman_trainer_config *config)
{
    return (elman_state_config){.T = dataset_longest(dataset),
                                .B = loader_width(loader),
                                .threads = config->threads,
                                .keep_steps = true};
}

static evaluation_beside batch_beside(const elman_model *model,
                                      const elman_dataset *dataset,
                                      elman_part part,
                                      const elman_state_config *shape)
{
    size_t stride, O = model->info.output_size;
    size_t rows = evaluation_rows(model, shape->T, shape->B);
    size_t list =
        bytes_times(list_room(dataset, part, &stride), sizeof(double));
    return (evaluation_beside){
        .always = bytes_times(list, O),
        .cut = bytes_times(rows, bytes_times(O, sizeof(float)))};
}

elman_status residual_lists_least(const elman_model *model,
                                  const elman_dataset *dataset, elman_part part,
                                  const elman_trainer_config *config,
                                  size_t *least)
{
    elman_loader *loader = NULL;
    elman_loader_config order = {.part = part,
                                 .batch_size = config->batch_size};
    TRY(loader_create(dataset, &order, &loader));
    elman_state_config shape = batch_shape(dataset, loader, config);
    *least = evaluation_least(model, &shape,
                              batch_beside(model, dataset, part, &shape));
    loader_destroy(loader);
    return ELMAN_OK;
}

/* Whether this rank has a batch. */
static bool is_mine(const share *s, size_t number)
{
    return !s || number % (size_t)s->size == (size_t)s->rank;
}

/* Runs the part once. */
static elman_status run_part(const elman_model *model,
                             const elman_dataset *dataset, elman_part part,
                             const elman_trainer_config *config,
                             residual_lists *m)
{
    elman_loader *loader = NULL;
    elman_state *state = NULL;
    elman_batch batch;
    elman_target ignored;
    elman_loader_config order = {.part = part,
                                 .batch_size = config->batch_size};
    TRY(loader_create(dataset, &order, &loader));

    bool cut;
    float *room = NULL;
    elman_state_config shape = batch_shape(dataset, loader, config);
    evaluation_beside beside = batch_beside(model, dataset, part, &shape);
    elman_status status =
        evaluation_state(model, &shape, config->budget, beside, &state, &cut);
    if (!status && cut && !(room = malloc(beside.cut + 1)))
        status = failure(ELMAN_NO_MEMORY, "no memory for answers");
    for (size_t number = 0; status == ELMAN_OK; number++) {
        status = loader_read(loader, &batch, &ignored);
        if (status != ELMAN_OK || batch.B == 0) break;
        if (!is_mine(m->share, number)) {
            skip_batch(m, &batch, model->info.per_sequence);
            continue;
        }
        state_reset(model, state);
        status = run_batch(model, state, &batch, room, m);
    }

    free(room);
    state_destroy(state);
    loader_destroy(loader);
    return status;
}

/* The lists of all ranks become one: an order among them is not needed. */
static elman_status collect(const residual_lists *m)
{
    share *s = m->share;
    size_t ranks = (size_t)s->size, own = (size_t)s->rank;
    size_t *counts = calloc(ranks * m->outputs + 1, sizeof *counts);
    size_t *begins = calloc(ranks + 1, sizeof *begins);
    elman_status status = counts && begins ? ELMAN_OK : no_memory();
    if (!status) {
        memcpy(counts + own * m->outputs, m->counts,
               m->outputs * sizeof *counts);
        status = share_collect_each(s, counts, m->outputs * sizeof *counts);
    }

    for (size_t k = 0; k < m->outputs && !status; k++) {
        double *list = m->lists + k * m->room;
        for (size_t rank = 0; rank < ranks; rank++)
            begins[rank + 1] =
                begins[rank] + counts[rank * m->outputs + k] * sizeof *list;
        memmove((char *)list + begins[own], list, m->counts[k] * sizeof *list);
        m->counts[k] = begins[ranks] / sizeof *list;
        status = share_collect(s, list, begins, NULL);
    }
    free(counts);
    free(begins);
    return status;
}

/* Room for the answers of a part. */
static elman_status reserve(residual_lists *m, elman_part part)
{
    const elman_dataset *dataset = m->dataset;
    size_t total = 0;
    m->room = list_room(dataset, part, &m->stride);
    if (!sizes_multiply(m->room, m->outputs, sizeof *m->lists, &total))
        return no_memory();

    m->counts = calloc(m->outputs + 1, sizeof *m->counts);
    m->lists = malloc(total + 1);
    m->values = calloc(2 * m->outputs + 1, sizeof *m->values);
    if (!m->counts || !m->lists || !m->values) return no_memory();
    if (dataset_encoding(dataset)->task == ELMAN_TASK_FORECAST &&
        dataset_several(dataset)) {
        m->scale = calloc(m->outputs + 1, sizeof *m->scale);
        if (!m->scale) return no_memory();
    }
    m->truth = m->values + m->outputs;
    return ELMAN_OK;
}

elman_status residual_lists_measure(residual_lists *m, const elman_model *model,
                                    elman_part part,
                                    const elman_trainer_config *config)
{
    m->outputs = encoding_outputs(dataset_encoding(m->dataset));
    TRY(reserve(m, part));
    TRY(run_part(model, m->dataset, part, config, m));
    return m->share ? collect(m) : ELMAN_OK;
}

void residual_lists_release(residual_lists *m)
{
    truth_reader_clear(&m->reader);
    free(m->counts);
    free(m->lists);
    free(m->values);
    free(m->scale);
}
