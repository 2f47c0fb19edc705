/*
 * model.c: from a config to layers, parameters and weights. The plan of the
 * layers runs twice: first to count, then to fill.
 */
#include "model/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/kind.h"
#include "format/utf8.h"
#include "layer/init.h"

/* ---- The flat list of layers -------------------------------------------- */

/* How many flat layers a layer of the config becomes: its levels, and dropout
 * between them. */
static size_t flat_count(const elman_layer *c)
{
    if (!kind_is_recurrent(c->kind)) return 1;
    return c->num_layers + (c->dropout > 0 ? c->num_layers - 1 : 0);
}

static layer dropout_between(const elman_layer *c)
{
    layer l = {.config = {.kind = ELMAN_DROPOUT,
                          .dropout = c->dropout,
                          .variational = c->variational}};
    memcpy(l.config.name, c->name, sizeof l.config.name);
    return l;
}

static layer *flatten_one(const elman_layer *c, layer *next)
{
    if (!kind_is_recurrent(c->kind)) {
        *next = (layer){.config = *c};
        return next + 1;
    }

    for (size_t k = 0; k < c->num_layers; k++) {
        if (k > 0 && c->dropout > 0) *next++ = dropout_between(c);
        *next = (layer){.config = *c, .depth = k};
        if (c->hidden_sizes[0]) next->config.hidden_size = c->hidden_sizes[k];
        next++;
    }
    return next;
}

static elman_status flatten(elman_model *m)
{
    const elman_layer *c = m->config.layers;
    for (size_t i = 0; i < ELMAN_MAX_LAYERS && c[i].kind; i++)
        m->layer_count += flat_count(c + i);

    m->layers = calloc(m->layer_count, sizeof *m->layers);
    if (!m->layers)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu layers",
                       m->layer_count);

    /* the levels of each, and dropout between them */
    layer *next = m->layers;
    for (size_t i = 0; i < ELMAN_MAX_LAYERS && c[i].kind; i++)
        next = flatten_one(c + i, next);

    for (size_t i = 0; i < m->layer_count; i++) {
        m->layers[i].number = i;
        m->layers[i].kind = layer_kind_for(m->layers[i].config.kind);
    }
    return ELMAN_OK;
}

/* ---- The plan ----------------------------------------------------------- */

static elman_status plan_all(elman_model *m, layer_plan *plan)
{
    plan->features = m->config.input_size;
    plan->forward_features = plan->features;
    plan->overflow = plan->features > MOST_FEATURES;
    plan->streams = true;

    /* each layer reads what the one before gives */
    for (size_t i = 0; i < m->layer_count; i++) {
        layer *l = m->layers + i;
        if (plan->ended)
            return failure(ELMAN_BAD_VALUE,
                           "merge none gives two outputs, which the layer %s "
                           "after it cannot read",
                           l->config.name);

        l->I = plan->features;
        l->forward_features = plan->forward_features;
        l->per_sequence = plan->per_sequence;
        l->repeated = plan->repeated;
        l->first_weight = plan->weight_count;

        elman_status status = l->kind->plan(l, plan);
        if (status) return failure_in(status, l->config.name);
        plan->features = l->O;
        if (l->O > MOST_FEATURES || plan->overflow)
            return failure(ELMAN_BAD_VALUE,
                           "%s: the layers up to here are too large for this "
                           "machine's addresses",
                           l->config.name);
    }
    return ELMAN_OK;
}

/* The homes, those that are packed again, those that only training reads; by
 * where they are from. */
static int compare_copies(const void *left, const void *right)
{
    const packed_copy *a = left, *b = right;
    int kind_a = a->training ? 2 : a->again,
        kind_b = b->training ? 2 : b->again;
    if (kind_a != kind_b) return kind_a < kind_b ? -1 : 1;
    return (a->from > b->from) - (a->from < b->from);
}

/* Gives each parameter its copies. */
static void sort_copies(elman_model *m)
{
    const packed_copy *c = m->copies;
    if (m->copy_count)
        qsort(m->copies, m->copy_count, sizeof *m->copies, compare_copies);

    /* those for training alone are sorted to the end */
    size_t home = 0, late = 0;
    while (late < m->copy_count && !c[late].training)
        late++;

    while (m->home_count < late && !c[m->home_count].again)
        m->home_count++;

    const size_t homes = m->home_count;
    for (size_t i = 0; i < m->info.parameter_count; i++) {
        parameter *p = m->parameters + i;
        size_t end = p->offset + p->count;

        p->copy_begin = home;
        while (home < homes && c[home].from < end)
            home++;
        p->copy_end = home;

        p->training_begin = late;
        while (late < m->copy_count && c[late].from < end)
            late++;
        p->training_end = late;
    }
}

static elman_status plan_model(elman_model *m, size_t limit)
{
    layer_plan plan = {0};
    TRY(plan_all(m, &plan));

    if (plan.weight_count > limit)
        return failure(ELMAN_BAD_FORMAT,
                       "the configuration asks for %zu weights, many more than "
                       "the file has",
                       plan.weight_count);

    /* room, and the plan again to fill it */
    m->parameters = calloc(plan.parameter_count + 1, sizeof *m->parameters);
    m->packed = block_create(plan.packed_count * sizeof *m->packed);
    m->copies = calloc(plan.copy_count + 1, sizeof *m->copies);
    m->late = calloc(1, sizeof *m->late);
    if (!m->parameters || !m->packed || !m->copies || !m->late)
        return failure(ELMAN_NO_MEMORY, "no memory for a model of %zu weights",
                       plan.weight_count);
    plan = (layer_plan){.parameters = m->parameters, .copies = m->copies};
    TRY(plan_all(m, &plan));

    m->weight_count = plan.weight_count;
    m->packed_count = plan.packed_count;
    m->training_count = plan.training_count;
    m->table_count = plan.table_count;
    m->copy_count = plan.copy_count;
    m->memory_h = plan.h;
    m->memory_c = plan.c;
    m->repeats = plan.repeats;

    /* what a caller may ask */
    m->info = (elman_model_info){
        .input_size = m->config.input_size,
        .vocabulary = m->config.layers[0].num_embeddings,
        .output_size = plan.features,
        .per_sequence = plan.per_sequence,
        .streams = plan.streams,
        .level_count = plan.level_count,
        .parameter_count = plan.parameter_count,
        .output_steps = plan.repeated == AS_MANY ? 0 : plan.repeated,
    };
    for (size_t i = 0; i < plan.parameter_count; i++)
        m->info.weight_count += m->parameters[i].count;
    sort_copies(m);
    return ELMAN_OK;
}

elman_status model_make_table(elman_model *m)
{
    if (m->table_count == 0) return ELMAN_OK;

    m->own_table = block_create(m->table_count * sizeof *m->own_table);
    if (!m->own_table)
        return failure(ELMAN_NO_MEMORY, "no memory for a model of %zu weights",
                       m->info.weight_count);
    m->table = m->own_table;
    return ELMAN_OK;
}

elman_status model_create_empty(const elman_config *config, size_t limit,
                                bool borrows, elman_model **model)
{
    elman_model *m = calloc(1, sizeof *m);
    if (!m) return failure(ELMAN_NO_MEMORY, "no memory for a model");
    elman_status status = config_complete(config, &m->config);
    if (!status) status = flatten(m);
    if (!status) status = plan_model(m, limit);
    if (!status && !borrows) status = model_make_table(m);
    m->borrows = borrows;
    if (status) {
        model_destroy(m);
        return status;
    }

    *model = m;
    return ELMAN_OK;
}

/* Draws one parameter after another, and packs it. */
static elman_status init_weights(elman_model *m)
{
    size_t most = 0;
    for (size_t i = 0; i < m->info.parameter_count; i++)
        if (m->parameters[i].count > most) most = m->parameters[i].count;

    float *values = block_reserve(most * sizeof *values);
    elman_status status = ELMAN_OK;
    if (!values)
        return failure(ELMAN_NO_MEMORY, "no memory for a model of %zu weights",
                       m->info.weight_count);

    for (size_t i = 0; i < m->info.parameter_count && !status; i++) {
        const parameter *p = m->parameters + i;
        weight_rows rows = {0};
        status = init_parameter(p, m->config.seed, (uint32_t)i, values);
        if (status) status = failure_in(status, p->name);
        while (!status && weight_rows_next(m, p, &rows))
            weight_rows_write(m, p, &rows, values + rows.first * rows.columns);
    }

    block_destroy(values);
    return status;
}

elman_status model_create(const elman_config *config, elman_model **model)
{
    elman_model *m = NULL;
    TRY(model_create_empty(config, SIZE_MAX, false, &m));
    elman_status status = init_weights(m);
    if (status) {
        model_destroy(m);
        return status;
    }

    model_settle(m);
    *model = m;
    return ELMAN_OK;
}

void model_destroy(elman_model *m)
{
    if (!m) return;
    for (size_t i = 0; i < m->note_count; i++) {
        free(m->notes[i].key);
        free(m->notes[i].text);
    }

    free(m->notes);
    free(m->layers);
    free(m->parameters);
    free(m->copies);
    free(m->lent);
    block_destroy(m->own_table);
    block_destroy(m->packed);
    if (m->late) {
        block_destroy(m->late->flat);
        block_destroy(m->late->training);
    }
    free(m->late);
    free(m);
}

/* ---- Parameters by name ------------------------------------------------- */

const parameter *model_find(const elman_model *m, const char *name)
{
    for (size_t i = 0; i < m->info.parameter_count; i++)
        if (strcmp(m->parameters[i].name, name) == 0) return m->parameters + i;
    return NULL;
}

/* ---- Notes -------------------------------------------------------------- */

static model_note *find_note(const elman_model *m, const char *key)
{
    for (size_t i = 0; i < m->note_count; i++)
        if (strcmp(m->notes[i].key, key) == 0) return m->notes + i;
    return NULL;
}

const char *model_note_text(const elman_model *m, const char *key)
{
    const model_note *note = find_note(m, key);
    return note ? note->text : NULL;
}

static void remove_note(elman_model *m, model_note *note)
{
    free(note->key);
    free(note->text);
    *note = m->notes[--m->note_count];
}

elman_status model_write_note(elman_model *m, const char *key, const char *text)
{
    model_note *old = find_note(m, key);
    if (note_is_reserved(key))
        return failure(ELMAN_BAD_VALUE,
                       "the key %s is the model file's own, expected another",
                       key);

    /* without a text the key is removed */
    if (!text) {
        if (old) remove_note(m, old);
        return ELMAN_OK;
    }

    /* both go into a file as text */
    const char *const words[] = {key, text};
    for (size_t i = 0; i < 2; i++)
        if (utf8_valid(words[i], strlen(words[i])) != strlen(words[i]))
            return failure(
                ELMAN_BAD_VALUE, "the %s of a note is not UTF-8 after byte %zu",
                i ? "text" : "key", utf8_valid(words[i], strlen(words[i])));

    /* nothing is removed before there is room for the new one */
    model_note fresh = {text_copy(key), text_copy(text)};
    model_note *notes = realloc(m->notes, (m->note_count + 1) * sizeof *notes);
    if (notes) m->notes = notes;
    if (!notes || !fresh.key || !fresh.text) {
        free(fresh.key);
        free(fresh.text);
        return failure(ELMAN_NO_MEMORY, "no memory for the note %.80s", key);
    }

    old = find_note(m, key);
    if (old) remove_note(m, old);
    m->notes[m->note_count++] = fresh;
    return ELMAN_OK;
}

bool model_per_sequence(const elman_model *m, size_t i)
{
    return i + 1 < m->layer_count ? m->layers[i + 1].per_sequence
                                  : m->info.per_sequence;
}

size_t model_steps(const elman_model *m, size_t i, size_t T)
{
    if (i + 1 < m->layer_count) return layer_steps(m->layers + i + 1, T);
    if (m->info.per_sequence) return 1;
    return m->info.output_steps ? m->info.output_steps : T;
}

size_t model_outputs(const elman_model *m)
{
    const layer *l = m->layers + m->layer_count - 1;
    return l->D == 2 && l->config.merge == ELMAN_MERGE_NONE ? 2 : 1;
}

/* ---- Work --------------------------------------------------------------- */

double layer_flops(const elman_model *m, size_t i, uint64_t steps,
                   bool backward)
{
    const layer *l = m->layers + i;
    double product = 0, input = 0;

    if (l->cell) {
        input = (double)l->D * (double)l->G * (double)l->I;
        /* numbers of h that each sum reads */
        const size_t reads[] = {[ELMAN_RECURRENCE_NONE] = 0,
                                [ELMAN_RECURRENCE_MATRIX] = l->R,
                                [ELMAN_RECURRENCE_VECTOR] = 1};
        product = input + (double)l->D * (double)l->G *
                              (double)reads[l->cell->recurrence];
        if (l->config.proj_size)
            product += (double)l->D * (double)l->R * (double)l->H;
    } else if (l->config.kind == ELMAN_LINEAR && !l->per_sequence) {
        input = product = (double)l->I * (double)l->O;
    } else if (l->config.pool == ELMAN_POOL_ATTENTION) {
        input = product = (double)l->I * (double)(l->I + 1);
    }

    /* backward: as much for the weights, and for the layer's input unless
     * nothing asks for it */
    if (backward) product = 2 * product - (i == 0 ? input : 0);
    return 2 * product * (double)steps;
}

double model_flops(const elman_model *m, uint64_t steps, bool backward)
{
    double total = 0;
    for (size_t i = 0; i < m->layer_count; i++) {
        total += layer_flops(m, i, steps, false);
        if (backward) total += layer_flops(m, i, steps, true);
    }
    return total;
}
