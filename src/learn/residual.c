/*
 * residual.c: the text is JSON:
 *
 * {"version": 1, "count": 240, "levels": [0.01, ...], "quantiles": [[-3.5,
 *  ...], ...]}                           (a list for each output)
 *
 * In version 2 the quantiles are relative, as residuals_scale says.
 */
#include "learn/residual.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/encoding.h"
#include "data/loader.h"
#include "format/json.h"
#include "learn/evaluate.h"

/* More sequences, or steps, than that tell nothing more. */
enum { MOST_RESIDUALS = 20000, LEVELS = 23 };

static const double levels[LEVELS] = {
    0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4,   0.45, 0.5,
    0.55, 0.6,   0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.975, 0.99};

struct elman_residuals {
    bool relative; /* to how much a series changes from row to row */
    size_t outputs, level_count;
    uint64_t count;    /* residuals behind each, or about as many */
    double *levels;    /* (level_count) ascending */
    double *quantiles; /* (outputs,level_count) */
    char *note;
};

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for residuals");
}

void residuals_destroy(elman_residuals *residuals)
{
    if (!residuals) return;
    free(residuals->levels);
    free(residuals->quantiles);
    free(residuals->note);
    free(residuals);
}

const char *residuals_note(const elman_residuals *residuals)
{
    return residuals->note;
}

size_t residuals_size(const elman_residuals *residuals)
{
    return residuals->outputs;
}

static elman_status reserve(elman_residuals *r, size_t outputs, size_t count)
{
    size_t total = 0;
    if (!sizes_multiply(outputs, count, sizeof *r->quantiles, &total))
        return no_memory();
    r->outputs = outputs;
    r->level_count = count;
    r->levels = calloc(count + 1, sizeof *r->levels);
    r->quantiles = malloc(total + 1);
    return r->levels && r->quantiles ? ELMAN_OK : no_memory();
}

/* ---- Quantiles ---------------------------------------------------------- */

double quantile_of(const double *ascending, size_t count, double level)
{
    double place = level * (double)(count - 1);
    size_t below = (size_t)place;
    if (below + 1 >= count) return ascending[count - 1];

    double part = place - (double)below;
    return ascending[below] + part * (ascending[below + 1] - ascending[below]);
}

elman_status residuals_read(const elman_residuals *residuals, size_t output,
                            double level, double *quantile)
{
    const elman_residuals *r = residuals;
    size_t last = r->level_count - 1;
    if (output >= r->outputs)
        return failure(ELMAN_BAD_VALUE,
                       "output %zu has no residuals, only %zu "
                       "have",
                       output, r->outputs);

    /* false for NaN too, which is refused */
    if (!(level >= r->levels[0] && level <= r->levels[last]))
        return failure(ELMAN_BAD_VALUE,
                       "quantile %g is not known; ask for one from %g to %g",
                       level, r->levels[0], r->levels[last]);

    size_t k = 0;
    while (k + 1 < last && r->levels[k + 1] < level)
        k++;
    const double *q = r->quantiles + output * r->level_count + k;
    double width = r->level_count > 1 ? r->levels[k + 1] - r->levels[k] : 0;
    double part = width > 0 ? (level - r->levels[k]) / width : 0;
    *quantile = part > 0 ? q[0] + part * (q[1] - q[0]) : q[0];
    return ELMAN_OK;
}

void residuals_scale(const elman_residuals *residuals,
                     const elman_dataset *dataset, uint64_t id, double *scale)
{
    const elman_encoding *e = dataset_encoding(dataset);
    bool relative = residuals->relative && e->task == ELMAN_TASK_FORECAST;
    for (size_t j = 0; j < e->target_count; j++)
        scale[j] = 1;
    if (relative) dataset_change(dataset, id, scale);
}

/* ---- Measuring ---------------------------------------------------------- */

/* Residuals as they are found, one list for each output. */
typedef struct measuring {
    const elman_dataset *dataset;
    size_t outputs;
    size_t stride;          /* of the answers, one is measured */
    size_t answers;         /* seen so far */
    size_t room;            /* of each list */
    size_t *counts;         /* (outputs) */
    double *lists;          /* (outputs,room) */
    double *values, *truth; /* (outputs) */
    double *scale;          /* (targets) changes, if those are to be relative */
} measuring;

/* The answer to a step of a sequence, unless it is passed over. */
static void add_answer(measuring *m, uint64_t id, size_t step, const float *y)
{
    if (m->answers++ % m->stride) return;
    dataset_values(m->dataset, id, step, y, m->values);
    dataset_truth(m->dataset, id, step, m->truth);
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
}

static void add_batch(measuring *m, const elman_batch *batch, bool one,
                      const float *y)
{
    size_t T = one ? 1 : batch->T;
    for (size_t b = 0; b < batch->B; b++)
        for (size_t t = 0; t < T; t++)
            if (one || !batch->lengths || t < batch->lengths[b])
                add_answer(m, batch->ids[b], t,
                           y + (t * batch->B + b) * m->outputs);
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
                              measuring *m)
{
    sliced to = {model, batch->B, room};
    if (room) TRY(evaluate_slices(model, state, batch, NULL, take_slice, &to));
    else TRY(model_forward_into(model, state, batch, NULL));
    add_batch(m, batch, model->info.per_sequence,
              room ? room : state_output(model, state));
    return ELMAN_OK;
}

/* Runs the part once. */
static elman_status run_part(const elman_model *model,
                             const elman_dataset *dataset, elman_part part,
                             const elman_trainer_config *config, measuring *m)
{
    elman_loader *loader = NULL;
    elman_state *state = NULL;
    elman_batch batch;
    elman_target ignored;
    elman_loader_config order = {.part = part,
                                 .batch_size = config->batch_size};
    TRY(loader_create(dataset, &order, &loader));

    /* in order, from the initial state each time */
    elman_state_config shape = {.T = dataset_longest(dataset),
                                .B = loader_width(loader),
                                .threads = config->threads,
                                .keep_steps = true};
    size_t part_rows, O = model->info.output_size;
    float *room = NULL;
    elman_status status =
        evaluation_state(model, &shape, config->budget, &state, &part_rows);
    if (!status && part_rows &&
        !(room = malloc(shape.T * shape.B * O * sizeof *room)))
        status = failure(ELMAN_NO_MEMORY, "no memory for answers");
    while (status == ELMAN_OK) {
        status = loader_read(loader, &batch, &ignored);
        if (status != ELMAN_OK || batch.B == 0) break;
        state_reset(model, state);
        status = run_batch(model, state, &batch, room, m);
    }

    free(room);
    state_destroy(state);
    loader_destroy(loader);
    return status;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static elman_status write_note(elman_residuals *r)
{
    json_writer w = {0};

    /* how many there were, and at which levels they are known */
    json_begin(&w, '{');
    json_write_key(&w, "version");
    json_write_whole(&w, r->relative ? 2 : 1);
    json_write_key(&w, "count");
    json_write_whole(&w, (int64_t)r->count);

    json_write_key(&w, "levels");
    json_begin(&w, '[');
    for (size_t i = 0; i < r->level_count; i++)
        json_write_number(&w, r->levels[i]);
    json_end(&w, ']');

    json_write_key(&w, "quantiles");
    json_begin(&w, '[');
    for (size_t k = 0; k < r->outputs; k++) {
        json_begin(&w, '[');
        for (size_t i = 0; i < r->level_count; i++)
            json_write_number(&w, r->quantiles[k * r->level_count + i]);
        json_end(&w, ']');
    }
    json_end(&w, ']');
    json_end(&w, '}');
    return json_finish(&w, &r->note);
}

/* Makes the table of what was measured. */
static elman_status summarize(measuring *m, elman_residuals *r)
{
    TRY(reserve(r, m->outputs, LEVELS));
    r->relative = m->scale != NULL;
    memcpy(r->levels, levels, sizeof levels);
    for (size_t k = 0; k < m->outputs; k++) {
        double *list = m->lists + k * m->room;
        if (m->counts[k] == 0)
            return failure(ELMAN_BAD_VALUE,
                           "output %zu has no residual: the data says no truth "
                           "for it",
                           k + 1);

        qsort(list, m->counts[k], sizeof *list, compare);
        for (size_t i = 0; i < LEVELS; i++)
            r->quantiles[k * LEVELS + i] =
                quantile_of(list, m->counts[k], levels[i]);
        if (m->counts[k] > r->count) r->count = m->counts[k];
    }
    return write_note(r);
}

/* How many answers a part is given. */
static size_t count_answers(const elman_dataset *dataset, elman_part part)
{
    bool one = encoding_per_sequence(dataset_encoding(dataset));
    size_t size = dataset_size(dataset, part), total = 0;
    return one ? size
           : sizes_multiply(size, dataset_longest(dataset), 1, &total)
               ? total
               : SIZE_MAX;
}

static elman_status measure(const elman_model *model,
                            const elman_dataset *dataset, elman_part part,
                            const elman_trainer_config *config, measuring *m,
                            elman_residuals *r)
{
    size_t answers = count_answers(dataset, part), total = 0;
    m->stride = answers / MOST_RESIDUALS + 1;
    m->room = answers / m->stride + 1;
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

    TRY(run_part(model, dataset, part, config, m));
    return summarize(m, r);
}

elman_status residuals_measure(const elman_model *model,
                               const elman_dataset *dataset, elman_part part,
                               const elman_trainer_config *config,
                               elman_residuals **residuals)
{
    static const elman_loss_config loss = {.kind = ELMAN_LOSS_MEAN_SQUARED};
    const elman_encoding *e = dataset_encoding(dataset);
    if (!e->target_count)
        return failure(ELMAN_BAD_VALUE,
                       "residuals are of values, but the task is %s",
                       task_name(e->task));
    TRY(evaluate_check(model, dataset, &loss));

    /* the lists are needed until their quantiles are known */
    elman_residuals *made = calloc(1, sizeof *made);
    if (!made) return no_memory();
    measuring m = {.dataset = dataset, .outputs = encoding_outputs(e)};
    elman_status status = measure(model, dataset, part, config, &m, made);
    free(m.counts);
    free(m.lists);
    free(m.values);
    free(m.scale);

    if (status == ELMAN_OK) *residuals = made;
    else residuals_destroy(made);
    return status;
}

/* ---- Reading ------------------------------------------------------------ */

static elman_status bad(const char *what)
{
    return failure(ELMAN_BAD_FORMAT, "residuals: %s", what);
}

/* Reads a list of as many numbers, none less than the one before. */
static elman_status read_ascending(const json_node *list, size_t count,
                                   double *numbers)
{
    if (!list || list->kind != JSON_KIND_LIST || list->count != count)
        return bad("a list of numbers has another length");

    size_t i = 0;
    for (const json_node *n = list->is.first; n; n = n->next, i++) {
        if (!json_number(n, &numbers[i])) return bad("a number is none");
        if (i && numbers[i] < numbers[i - 1])
            return bad("numbers are not in ascending order");
    }
    return ELMAN_OK;
}

static elman_status read_root(const json_node *root, elman_residuals *r)
{
    int64_t version = 0, count = 0;
    if (!json_whole(json_find(root, "version"), &version) || version < 1 ||
        version > 2)
        return bad("version is not 1 or 2");
    r->relative = version == 2;
    if (!json_whole(json_find(root, "count"), &count) || count < 1)
        return bad("count is not a whole number above 0");
    r->count = (uint64_t)count;

    /* levels, and a list of as many quantiles for each output */
    const json_node *known = json_find(root, "levels");
    const json_node *lists = json_find(root, "quantiles");
    if (!known || known->kind != JSON_KIND_LIST || !known->count || !lists ||
        lists->kind != JSON_KIND_LIST || !lists->count)
        return bad("no levels or no quantiles");

    TRY(reserve(r, lists->count, known->count));
    TRY(read_ascending(known, r->level_count, r->levels));
    if (r->levels[0] < 0 || r->levels[r->level_count - 1] > 1)
        return bad("a level is not from 0 to 1");

    size_t k = 0;
    for (const json_node *n = lists->is.first; n; n = n->next, k++)
        TRY(read_ascending(n, r->level_count,
                           r->quantiles + k * r->level_count));
    return write_note(r);
}

elman_status residuals_create(const char *text, elman_residuals **residuals)
{
    json_tree *tree = NULL;
    elman_residuals *made = calloc(1, sizeof *made);
    char *copy = text_copy(text); /* reading writes over it */
    elman_status status = made && copy ? ELMAN_OK : no_memory();

    if (status) goto done;
    status = json_read(copy, strlen(copy), false, &tree);
    if (status != ELMAN_OK) status = failure_in(status, "residuals");
    else status = read_root(json_root(tree), made);
done:
    json_close(tree);
    free(copy);

    if (status == ELMAN_OK) *residuals = made;
    else residuals_destroy(made);
    return status;
}
