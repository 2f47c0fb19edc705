/*
 * dataset.c: finds the kind of a file, checks the config against it and opens
 * the dataset.
 */
#include "data/dataset.h"
#include "data/encoding.h"
#include "data/store.h"

#include "base/spill.h"
#include "format/own.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const options[OPTION_COUNT] = {
    [OPTION_UNIT] = "unit",
    [OPTION_VALIDATION_PATH] = "validation_path",
    [OPTION_MIN_COUNT] = "min_count",
    [OPTION_TARGET_PATH] = "target_path",
    [OPTION_TARGET] = "target",
    [OPTION_COLUMNS] = "columns",
    [OPTION_WINDOW] = "window",
    [OPTION_HORIZON] = "horizon",
    [OPTION_NO_SCALING] = "no_scaling",
    [OPTION_LABELS] = "labels",
    [OPTION_CHANNELS_FIRST] = "channels_first",
    [OPTION_TRANSFORM] = "transform",
    [OPTION_HEADER] = "header",
    [OPTION_TIME] = "time",
    [OPTION_BY] = "by"};

/* Options that say how a file is written, which an encoding leaves open. */
static const unsigned open_options =
    1u << OPTION_TARGET_PATH | 1u << OPTION_LABELS |
    1u << OPTION_CHANNELS_FIRST | 1u << OPTION_HEADER | 1u << OPTION_TIME |
    1u << OPTION_BY;

/* 1 << option for each that config sets. */
static unsigned options_set(const elman_dataset_config *c)
{
    const bool set[OPTION_COUNT] = {[OPTION_UNIT] = c->unit != ELMAN_UNIT_AUTO,
                                    [OPTION_VALIDATION_PATH] =
                                        c->validation_path,
                                    [OPTION_MIN_COUNT] = c->min_count > 1,
                                    [OPTION_TARGET_PATH] = c->target_path,
                                    [OPTION_TARGET] = c->target,
                                    [OPTION_COLUMNS] = c->columns,
                                    [OPTION_WINDOW] = c->window,
                                    [OPTION_HORIZON] = c->horizon,
                                    [OPTION_NO_SCALING] = c->no_scaling,
                                    [OPTION_LABELS] = c->labels,
                                    [OPTION_CHANNELS_FIRST] = c->channels_first,
                                    [OPTION_TRANSFORM] = c->transform,
                                    [OPTION_HEADER] = c->header,
                                    [OPTION_TIME] = c->time,
                                    [OPTION_BY] = c->by};

    unsigned bits = 0;
    for (unsigned i = 0; i < OPTION_COUNT; i++)
        bits |= (unsigned)set[i] << i;
    return bits;
}

static elman_status check_options(const dataset_kind *kind, bool following,
                                  const elman_dataset_config *config)
{
    unsigned set = options_set(config);
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        if (!(set & 1u << i)) continue;

        if (following && !(open_options & 1u << i))
            return failure(ELMAN_BAD_VALUE,
                           "%s is given, but the encoding already decides it",
                           options[i]);

        if (!(kind->options & 1u << i))
            return failure(ELMAN_BAD_VALUE,
                           "%s is given, but does not apply to %s", options[i],
                           kind->name);
    }
    return ELMAN_OK;
}

static elman_status check_config(const elman_dataset_config *config)
{
    if ((unsigned)config->task > ELMAN_TASK_TRACK)
        return failure(ELMAN_BAD_VALUE, "task is %d, expected 0 to %d",
                       (int)config->task, (int)ELMAN_TASK_TRACK);

    if ((unsigned)config->format > ELMAN_DATA_FORMAT_ARRAY)
        return failure(ELMAN_BAD_VALUE, "format is %d, expected 0 to %d",
                       (int)config->format, (int)ELMAN_DATA_FORMAT_ARRAY);

    if ((unsigned)config->unit > ELMAN_UNIT_WORDS)
        return failure(ELMAN_BAD_VALUE, "unit is %d, expected 0 to %d",
                       (int)config->unit, (int)ELMAN_UNIT_WORDS);

    /* false for NaN too, which is refused */
    if (!(config->validation < 1))
        return failure(ELMAN_BAD_VALUE,
                       "validation is %g, expected a fraction below 1",
                       config->validation);

    if (config->validation_path && config->validation > 0)
        return failure(ELMAN_BAD_VALUE,
                       "validation and validation_path are both given");

    if (config->encoding && config->validation > 0)
        return failure(ELMAN_BAD_VALUE,
                       "validation is given, but with an encoding all data is "
                       "validation");
    return ELMAN_OK;
}

/* The encoding to follow, or an empty one to learn. */
static elman_status begin_encoding(elman_dataset *dataset,
                                   const elman_dataset_config *config)
{
    if (!config->encoding) {
        dataset->encoding = calloc(1, sizeof *dataset->encoding);
        if (!dataset->encoding)
            return failure(ELMAN_NO_MEMORY, "no memory for a dataset");
        dataset->encoding->task = config->task;
        return ELMAN_OK;
    }

    TRY(encoding_create(config->encoding, &dataset->encoding));
    elman_encoding *e = dataset->encoding;

    if (config->task != ELMAN_TASK_AUTO && config->task != e->task)
        return failure(ELMAN_BAD_VALUE,
                       "task is %s, but the encoding is for %s",
                       task_name(config->task), task_name(e->task));

    /* its labels keep their numbers */
    dataset->following = dataset->learned = true;
    dataset->answers = config->answers;
    for (size_t i = 0, number; i < e->class_count; i++)
        TRY(dictionary_add(&dataset->labels, e->labels[i], strlen(e->labels[i]),
                           &number));

    if (dataset->labels.count < e->class_count)
        return failure(ELMAN_BAD_FORMAT, "encoding: a label occurs twice");
    return ELMAN_OK;
}

/* Whether there is a file at all, before a word on what it is. */
static elman_status check_there(const input *in)
{
    file_reader *file = NULL;
    TRY(input_open(in, &file));
    file_reader_close(file);
    return ELMAN_OK;
}

static elman_status open_parts(elman_dataset *dataset, const input *in,
                               const elman_dataset_config *config)
{
    TRY(check_config(config));
    TRY(begin_encoding(dataset, config));

    elman_task task = dataset->encoding->task;
    const dataset_kind *kind = &kind_memory;
    if (!in->arrays && !in->bytes) TRY(check_there(in));
    if (in->arrays && (in->arrays->tokens || in->arrays->bytes))
        kind = &kind_tokens;
    if (!in->arrays) TRY(kind_choose(dataset, in, config, &kind));
    else if (config->format && config->format != ELMAN_DATA_FORMAT_ARRAY)
        return failure(ELMAN_BAD_VALUE,
                       "format is %d, expected 0 or %d for arrays in memory",
                       (int)config->format, (int)ELMAN_DATA_FORMAT_ARRAY);
    if (task != ELMAN_TASK_AUTO && !(kind->tasks & 1u << task))
        return failure(ELMAN_BAD_VALUE,
                       "%.200s: task %s is not possible for %s", in->name,
                       task_name(task), kind->name);

    elman_status status = check_options(kind, dataset->following, config);
    if (status != ELMAN_OK) return failure_in(status, in->name);

    TRY(kind->open(dataset, in, config));
    return encoding_write(dataset->encoding, &dataset->note);
}

/* What a file is that was refused: a dataset may have several. */
static elman_status explain(elman_status status, const input *in,
                            const elman_dataset_config *config)
{
    const byte_source sources[] = {{in->name, in->bytes, in->size},
                                   {.name = config->validation_path},
                                   {.name = config->test_path},
                                   {.name = config->target_path}};
    bool whole = config->unit == ELMAN_UNIT_BYTES; /* reads any file */
    for (size_t i = in->arrays || in->file ? 1 : 0; !whole && i < 4; i++)
        if (sources[i].name) status = own_explain(status, sources + i, "data");
    return status;
}

/* What comes through pipes is read whole, before it is looked at: that of
 * first, and those that the config names. */
static elman_status hold_pipes(elman_dataset *d, input *first,
                               const elman_dataset_config *config)
{
    const char *const paths[] = {NULL, config->validation_path,
                                 config->test_path, config->target_path};
    input pipes[PIPES] = {*first};
    for (size_t i = 1; i < PIPES; i++)
        if (paths[i]) pipes[i] = input_of(paths[i]);

    /* nobody waits for what is refused anyway */
    for (size_t i = 0; i < PIPES; i++)
        for (size_t k = 0; k < i && pipes[i].pipe; k++)
            if (pipes[k].pipe && !strcmp(pipes[k].name, pipes[i].name))
                return failure(ELMAN_BAD_VALUE,
                               "%.200s can be read only once, and is given "
                               "twice: expected a file",
                               pipes[i].name);

    for (size_t i = 0; i < PIPES; i++) {
        if (!pipes[i].pipe) continue;
        TRY(input_hold(&pipes[i], config->memory));
        d->held[i] = (held_pipe){paths[i], pipes[i]};
        if (!i) *first = pipes[i];
    }
    return ELMAN_OK;
}

static void release_pipes(elman_dataset *d)
{
    for (size_t i = 0; i < PIPES; i++)
        input_release(&d->held[i].in);
    memset(d->held, 0, sizeof d->held);
}

input dataset_input(const elman_dataset *d, const char *path)
{
    for (size_t i = 1; i < PIPES; i++)
        if (d->held[i].path == path) return d->held[i].in;
    return input_of(path);
}

static elman_status open_input(const input *in,
                               const elman_dataset_config *config,
                               elman_dataset **dataset)
{
    input whole = *in;
    elman_dataset *made = calloc(1, sizeof *made);
    if (!made) return failure(ELMAN_NO_MEMORY, "no memory for a dataset");
    elman_status status = hold_pipes(made, &whole, config);
    if (!status) {
        status = open_parts(made, &whole, config);
        if (status) status = explain(status, &whole, config);
    }
    release_pipes(made);

    if (status == ELMAN_OK) *dataset = made;
    else dataset_close(made);
    return status;
}

elman_status dataset_open(const char *path, const elman_dataset_config *config,
                          elman_dataset **dataset)
{
    const input in = input_of(path);
    return open_input(&in, config, dataset);
}

elman_status dataset_read(const char *name, const void *bytes, size_t size,
                          const elman_dataset_config *config,
                          elman_dataset **dataset)
{
    const input in = {.name = name, .bytes = bytes, .size = size};
    return open_input(&in, config, dataset);
}

elman_status dataset_open_arrays(const elman_arrays *arrays,
                                 const elman_dataset_config *config,
                                 elman_dataset **dataset)
{
    const input in = {.name = "arrays", .arrays = arrays};
    return open_input(&in, config, dataset);
}

void dataset_close(elman_dataset *dataset)
{
    if (!dataset) return;
    encoding_destroy(dataset->encoding);
    dictionary_clear(&dataset->labels);
    free(dataset->note);
    for (int part = 0; part < PART_COUNT; part++)
        row_clear(&dataset->rows[part]);
    for (int part = 0; part < PART_COUNT; part++)
        if (dataset->files[part])
            dataset->files[part]->close(dataset->files[part]);

    /* numbers, classes and sequences */
    free(dataset->range.low);
    free(dataset->target_range.low);
    spill_free(dataset->raw.values);
    spill_free(dataset->raw_targets.values);
    spill_free(dataset->levels.values);
    spill_free(dataset->moved.values);
    free(dataset->target_of);
    spill_free(dataset->x);
    spill_free(dataset->values);
    free(dataset->lent.copy);
    spill_free(dataset->classes);
    spill_free(dataset->sequences);
    for (int part = 0; part < PART_COUNT; part++)
        spill_free(dataset->ids[part]);

    for (size_t i = 0; i < dataset->series_count; i++)
        free(dataset->series[i].name);
    free(dataset->series);
    row_times_clear(&dataset->times);
    spill_free(dataset->row_lines);
    spill_free(dataset->row_steps);
    free(dataset->sequence_lines);
    spill_free(dataset->row_dropped);
    spill_free(dataset->row_unasked);
    facts_clear(&dataset->facts);
    free(dataset);
}

const elman_encoding *dataset_encoding(const elman_dataset *dataset)
{
    return dataset->encoding;
}

const char *dataset_note(const elman_dataset *dataset) { return dataset->note; }

size_t dataset_size(const elman_dataset *dataset, elman_part part)
{
    return (unsigned)part < PART_COUNT ? dataset->size[part] : 0;
}

size_t dataset_longest(const elman_dataset *dataset)
{
    return dataset->longest;
}

const char *part_name(elman_part part)
{
    static const char *const names[PART_COUNT] = {"training", "validation",
                                                  "test"};
    return names[part];
}

const elman_fact *dataset_facts(const elman_dataset *dataset, size_t *count)
{
    *count = dataset->facts.count;
    return dataset->facts.list;
}
