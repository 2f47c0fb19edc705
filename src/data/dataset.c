/*
 * dataset.c: finds the kind of a file, checks the config against it and opens
 * the dataset.
 */
#include "data/dataset.h"
#include "data/encoding.h"
#include "data/store.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The last one takes every file whose name no other kind claims. */
static const dataset_kind *const kinds[] = {&kind_series, &kind_table,
                                            &kind_array, &kind_text};
enum { KIND_COUNT = sizeof kinds / sizeof *kinds };

static const char *const options[OPTION_COUNT] = {
    [OPTION_UNIT] = "unit",
    [OPTION_VALIDATION_PATH] = "validation_path",
    [OPTION_MIN_COUNT] = "min_count",
    [OPTION_TARGET_PATH] = "target_path",
    [OPTION_TARGET] = "target",
    [OPTION_COLUMNS] = "columns",
    [OPTION_WINDOW] = "window",
    [OPTION_HORIZON] = "horizon",
    [OPTION_NO_SCALING] = "no_scaling"};

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
                                    [OPTION_NO_SCALING] = c->no_scaling};

    unsigned bits = 0;
    for (unsigned i = 0; i < OPTION_COUNT; i++)
        bits |= (unsigned)set[i] << i;
    return bits;
}

static bool has_extension(const char *path, const dataset_kind *kind)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && kind->extensions[i]; i++)
        if (!strcasecmp(dot + 1, kind->extensions[i])) return true;
    return false;
}

/* The kind that the file's name suggests if it fits the task, else the first
 * kind that does: text for language, labelled series for classes. */
static const dataset_kind *choose(const char *path, elman_task task)
{
    size_t named = 0;
    while (named < KIND_COUNT - 1 && !has_extension(path, kinds[named]))
        named++;

    if (task == ELMAN_TASK_AUTO || kinds[named]->tasks & 1u << task)
        return kinds[named];

    /* a file is only taken for arrays if its name says so */
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (kinds[i] != &kind_array && kinds[i]->tasks & 1u << task)
            return kinds[i];
    return kinds[named];
}

static elman_status check_options(const dataset_kind *kind, bool following,
                                  const elman_dataset_config *config)
{
    unsigned set = options_set(config);
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        if (!(set & 1u << i)) continue;

        if (following && i != OPTION_TARGET_PATH)
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
    for (size_t i = 0, number; i < e->class_count; i++)
        TRY(dictionary_add(&dataset->labels, e->labels[i], strlen(e->labels[i]),
                           &number));

    if (dataset->labels.count < e->class_count)
        return failure(ELMAN_BAD_FORMAT, "encoding: a label occurs twice");
    return ELMAN_OK;
}

static elman_status open_parts(elman_dataset *dataset, const char *path,
                               const elman_dataset_config *config)
{
    TRY(check_config(config));
    TRY(begin_encoding(dataset, config));

    elman_task task = dataset->encoding->task;
    const dataset_kind *kind = choose(path, task);
    if (task != ELMAN_TASK_AUTO && !(kind->tasks & 1u << task))
        return failure(ELMAN_BAD_VALUE,
                       "%.200s: task %s is not possible for %s", path,
                       task_name(task), kind->name);

    elman_status status = check_options(kind, dataset->following, config);
    if (status != ELMAN_OK) return failure_in(status, path);

    TRY(kind->open(dataset, path, config));
    return encoding_write(dataset->encoding, &dataset->note);
}

elman_status dataset_open(const char *path, const elman_dataset_config *config,
                          elman_dataset **dataset)
{
    elman_dataset *made = calloc(1, sizeof *made);
    if (!made) return failure(ELMAN_NO_MEMORY, "no memory for a dataset");

    elman_status status = open_parts(made, path, config);
    if (status == ELMAN_OK) *dataset = made;
    else dataset_close(made);
    return status;
}

void dataset_close(elman_dataset *dataset)
{
    if (!dataset) return;
    encoding_destroy(dataset->encoding);
    dictionary_clear(&dataset->labels);
    free(dataset->note);
    free(dataset->tokens);
    free(dataset->raw.values);
    free(dataset->raw_targets.values);
    free(dataset->x);
    free(dataset->values);
    free(dataset->classes);
    free(dataset->sequences);
    free(dataset->ids[ELMAN_PART_TRAIN]);
    free(dataset->ids[ELMAN_PART_VALIDATION]);
    free(dataset);
}

const elman_encoding *dataset_encoding(const elman_dataset *dataset)
{
    return dataset->encoding;
}

const char *dataset_note(const elman_dataset *dataset) { return dataset->note; }

size_t dataset_size(const elman_dataset *dataset, elman_part part)
{
    return (unsigned)part <= ELMAN_PART_VALIDATION ? dataset->size[part] : 0;
}

size_t dataset_longest(const elman_dataset *dataset)
{
    return dataset->longest;
}

void dataset_naive(const elman_dataset *dataset, elman_part part, uint64_t id,
                   float *values)
{
    (void)part; /* ids are those of the whole dataset */
    size_t targets = dataset->encoding->target_count;
    const span *s = &dataset->sequences[id];
    memcpy(values, dataset->values + (s->first + s->length - 1) * targets,
           targets * sizeof *values);
}
