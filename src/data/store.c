/*
 * store.c: sequences, labels and parts, whatever file they came from.
 */
#include "data/store.h"

#include "base/memory.h"
#include "base/random.h"
#include "format/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 64, SKIPPED = -100 };

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for the data");
}

void *array_widen(void *array, size_t *room, size_t needed, size_t bytes)
{
    if (needed <= *room && array) return array;

    /* twice as many, so that adding one by one stays cheap */
    size_t wanted = *room > SIZE_MAX / 2 ? SIZE_MAX : *room * 2, total = 0;
    if (wanted < needed) wanted = needed;
    if (wanted < FIRST_ROOM) wanted = FIRST_ROOM;

    if (!sizes_multiply(wanted, bytes, 1, &total)) return NULL;
    void *wider = realloc(array, total);
    if (wider) *room = wanted;
    return wider;
}

elman_status numbers_add(numbers *n, double value)
{
    double *wider =
        array_widen(n->values, &n->room, n->count + 1, sizeof *wider);
    if (!wider) return no_memory();
    n->values = wider;
    n->values[n->count++] = value;
    return ELMAN_OK;
}

elman_status sequence_add(elman_dataset *dataset, size_t first, size_t length)
{
    span *wider = array_widen(dataset->sequences, &dataset->sequence_room,
                              dataset->sequence_count + 1, sizeof *wider);
    if (!wider) return no_memory();

    dataset->sequences = wider;
    dataset->sequences[dataset->sequence_count++] = (span){first, length};
    if (length > dataset->longest) dataset->longest = length;
    return ELMAN_OK;
}

/* ---- Labels ------------------------------------------------------------- */

static elman_status class_add(elman_dataset *dataset, int32_t class)
{
    int32_t *wider = array_widen(dataset->classes, &dataset->class_room,
                                 dataset->class_count + 1, sizeof *wider);
    if (!wider) return no_memory();
    dataset->classes = wider;
    dataset->classes[dataset->class_count++] = class;
    return ELMAN_OK;
}

elman_status label_skip(elman_dataset *dataset)
{
    return class_add(dataset, SKIPPED);
}

enum { NUMBER_ROOM = 32 };

/* The short form of a label that is a number, so that 1, 1.0 and 1e0 are one
 * label; false if it is not a number, or has more digits than the short form
 * keeps. */
static bool shorten(const char *text, size_t bytes, char shorter[NUMBER_ROOM])
{
    char copy[NUMBER_ROOM];
    double value, again;
    if (bytes >= sizeof copy) return false;

    memcpy(copy, text, bytes);
    copy[bytes] = 0;
    if (number_parse(copy, &value) != NUMBER_VALUE) return false;

    /* -0 is 0, and reading the short form must give the same number */
    snprintf(shorter, NUMBER_ROOM, "%.15g", value == 0 ? 0 : value);
    return number_parse(shorter, &again) == NUMBER_VALUE && again == value;
}

elman_status label_add(elman_dataset *dataset, const char *text, size_t bytes)
{
    char shorter[NUMBER_ROOM];
    double value;
    size_t number = 0;

    if (bytes == 0) return failure(ELMAN_BAD_FORMAT, "the label is empty");
    if (shorten(text, bytes, shorter)) {
        text = shorter;
        bytes = strlen(shorter);
    } else if (bytes <= 4) {
        char copy[5] = {0};
        memcpy(copy, text, bytes);
        if (number_parse(copy, &value) == NUMBER_MISSING)
            return failure(ELMAN_BAD_FORMAT, "the label is missing (%s)", copy);
    }

    /* while learning, a label is new or known */
    if (!dataset->learned) {
        TRY(dictionary_add(&dataset->labels, text, bytes, &number));
        if (number >= INT32_MAX)
            return failure(ELMAN_BAD_FORMAT, "more than 2^31 different labels");
        return class_add(dataset, (int32_t)number);
    }

    /* afterwards it has to be known */
    number = dictionary_find(&dataset->labels, text, bytes);
    if (number == dataset->labels.count)
        return failure(ELMAN_BAD_FORMAT,
                       "label \"%.*s\" is not among the %zu learned labels",
                       bytes > 60 ? 60 : (int)bytes, text, number);
    return class_add(dataset, (int32_t)number);
}

/* A label to be sorted: numbers by value, then texts. */
typedef struct ranked {
    const char *text;
    bool is_text;
    double value;
    size_t number; /* as it came */
} ranked;

static int compare_labels(const void *left, const void *right)
{
    const ranked *a = left, *b = right;
    if (a->is_text != b->is_text) return a->is_text ? 1 : -1;
    if (!a->is_text && a->value != b->value)
        return a->value < b->value ? -1 : 1;
    return strcmp(a->text, b->text);
}

/* Puts the labels in order into the encoding and renumbers the classes. */
static elman_status renumber(elman_dataset *dataset, ranked *order,
                             int32_t *class_of)
{
    dictionary *labels = &dataset->labels, sorted = {0};
    elman_encoding *e = dataset->encoding;

    for (size_t i = 0; i < labels->count; i++) {
        order[i] = (ranked){.text = labels->entries[i].text, .number = i};
        order[i].is_text =
            number_parse(order[i].text, &order[i].value) != NUMBER_VALUE;
    }

    qsort(order, labels->count, sizeof *order, compare_labels);

    /* the encoding's labels, and a dictionary in the same order */
    e->labels = calloc(labels->count, sizeof *e->labels);
    if (!e->labels) return no_memory();
    for (size_t i = 0; i < labels->count; i++) {
        size_t number;
        class_of[order[i].number] = (int32_t)i;
        elman_status status = dictionary_add(&sorted, order[i].text,
                                             strlen(order[i].text), &number);
        e->labels[i] = text_copy(order[i].text);
        e->class_count = i + 1;

        if (status == ELMAN_OK && e->labels[i]) continue;
        dictionary_clear(&sorted);
        return no_memory();
    }

    /* renumber the classes that were read so far */
    for (size_t i = 0; i < dataset->class_count; i++)
        if (dataset->classes[i] != SKIPPED)
            dataset->classes[i] = class_of[dataset->classes[i]];

    dictionary_clear(labels);
    *labels = sorted;
    return ELMAN_OK;
}

static elman_status learn_labels(elman_dataset *dataset)
{
    size_t count = dataset->labels.count;
    if (count == 0) return failure(ELMAN_BAD_FORMAT, "the file has no labels");
    if (count == 1)
        return failure(ELMAN_BAD_FORMAT,
                       "only one class (\"%.60s\"), expected at least two",
                       dataset->labels.entries[0].text);

    ranked *order = calloc(count, sizeof *order);
    int32_t *class_of = calloc(count, sizeof *class_of);
    elman_status status =
        order && class_of ? renumber(dataset, order, class_of) : no_memory();

    free(order);
    free(class_of);
    return status;
}

/* ---- Parts -------------------------------------------------------------- */

elman_status split_count(const elman_dataset_config *config, size_t count,
                         const char *noun, size_t *validation)
{
    double part = config->validation == 0 ? 0.1 : config->validation;
    *validation = part > 0 ? (size_t)(part * (double)count) : 0;

    if (*validation == 0 && config->validation > 0)
        return failure(ELMAN_BAD_VALUE,
                       "validation is %g, which is less than one of %zu %s",
                       config->validation, count, noun);

    /* training keeps at least one */
    if (count > 0 && *validation >= count) *validation = count - 1;
    return ELMAN_OK;
}

elman_status part_set(elman_dataset *dataset, elman_part part, size_t begin,
                      size_t end)
{
    size_t count = end - begin;
    size_t *ids = calloc(count + 1, sizeof *ids);
    if (!ids) return no_memory();

    for (size_t i = 0; i < count; i++)
        ids[i] = begin + i;

    free(dataset->ids[part]);
    dataset->ids[part] = ids;
    dataset->size[part] = count;
    return ELMAN_OK;
}

/* How many of each class go to validation: its share, with fractions carried
 * over to the next class, but never all of it. */
static void share_out(size_t classes, const size_t *have, double part,
                      size_t *take)
{
    double owed = 0;
    for (size_t c = 0; c < classes; c++) {
        owed += part * (double)have[c];
        take[c] = (size_t)owed;
        if (have[c] == 0) take[c] = 0;
        else if (take[c] >= have[c]) take[c] = have[c] - 1;
        owed -= (double)take[c];
    }
}

/* Marks count sequences in the random order, or take of each class. */
static void choose(const elman_dataset *dataset, const size_t *order,
                   size_t count, size_t *take, bool *held_out)
{
    for (size_t i = 0; i < dataset->sequence_count; i++) {
        size_t id = order[i];
        size_t *left = take ? &take[dataset->classes[id]] : &count;
        held_out[id] = *left > 0;
        *left -= held_out[id];
    }
}

static elman_status split_at_random(elman_dataset *dataset,
                                    const bool *held_out)
{
    size_t n = dataset->sequence_count;
    for (int part = 0; part < 2; part++) {
        TRY(part_set(dataset, (elman_part)part, 0, n));

        /* the part's sequences, in ascending order */
        size_t count = 0;
        for (size_t id = 0; id < n; id++)
            if (held_out[id] == (part == ELMAN_PART_VALIDATION))
                dataset->ids[part][count++] = id;
        dataset->size[part] = count;
    }
    return ELMAN_OK;
}

static elman_status split_part(elman_dataset *dataset,
                               const elman_dataset_config *config, size_t count)
{
    size_t n = dataset->sequence_count,
           classes = dataset->encoding->class_count;
    bool by_class = dataset->encoding->task == ELMAN_TASK_CLASSIFY;

    size_t *order = calloc(n, sizeof *order);
    size_t *have = calloc(2 * classes + 1, sizeof *have), *take = NULL;
    bool *held_out = calloc(n, sizeof *held_out);
    elman_status status = no_memory();
    if (!order || !have || !held_out) goto done;

    /* how many of each class go to validation, and which at random */
    take = have + classes;
    for (size_t id = 0; by_class && id < n; id++)
        have[dataset->classes[id]]++;
    share_out(by_class ? classes : 0, have, (double)count / (double)n, take);

    random_permute((random_key){config->seed, RANDOM_SPLIT, 0}, 0, n, order);
    choose(dataset, order, count, by_class ? take : NULL, held_out);
    status = split_at_random(dataset, held_out);
done:
    free(order);
    free(have);
    free(held_out);
    return status;
}

elman_status split_random(elman_dataset *dataset, const char *path,
                          const elman_dataset_config *config)
{
    (void)path;
    size_t n = dataset->sequence_count, count = 0;

    /* validation is everything, or what came from the second file */
    if (dataset->following || config->validation_path) {
        size_t train = dataset->following ? 0 : dataset->size[ELMAN_PART_TRAIN];
        TRY(part_set(dataset, ELMAN_PART_TRAIN, 0, train));
        return part_set(dataset, ELMAN_PART_VALIDATION, train, n);
    }

    TRY(split_count(config, n, "sequences", &count));
    return split_part(dataset, config, count);
}

/* ---- All together ------------------------------------------------------- */

static elman_status finish(elman_dataset *dataset, const char *path,
                           const elman_dataset_config *config,
                           dataset_step split)
{
    TRY(split(dataset, path, config));
    return scale_all(dataset, config->no_scaling);
}

elman_status sequences_open(elman_dataset *dataset, const char *path,
                            const elman_dataset_config *config,
                            dataset_step read, dataset_step split)
{
    TRY(read(dataset, path, config));

    /* labels get their order once the first file is read */
    elman_status status = ELMAN_OK;
    elman_task task = dataset->encoding->task;
    bool classes = task == ELMAN_TASK_CLASSIFY || task == ELMAN_TASK_TAG;
    if (!dataset->learned && classes) status = learn_labels(dataset);
    if (status != ELMAN_OK) return failure_in(status, path);

    /* the validation file has to fit what was learned */
    dataset->learned = true;
    dataset->size[ELMAN_PART_TRAIN] = dataset->sequence_count;
    if (config->validation_path)
        TRY(read(dataset, config->validation_path, config));

    status = finish(dataset, path, config, split);
    return status == ELMAN_OK ? status : failure_in(status, path);
}
