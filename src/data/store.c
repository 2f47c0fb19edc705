/*
 * store.c: sequences, labels and parts, whatever file they came from.
 */
#include "data/store.h"

#include "base/memory.h"
#include "base/random.h"
#include "base/spill.h"
#include "format/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SKIPPED = -100 };

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for the data");
}

elman_status numbers_add(numbers *n, double value)
{
    double *wider =
        spill_widen(n->values, &n->room, n->count + 1, sizeof *wider);
    if (!wider) return no_memory();
    n->values = wider;
    n->values[n->count++] = value;
    return ELMAN_OK;
}

elman_status numbers_add_all(numbers *n, const double *values, size_t count)
{
    if (count == 0) return ELMAN_OK;

    double *wider =
        spill_widen(n->values, &n->room, n->count + count, sizeof *wider);
    if (!wider) return no_memory();
    n->values = wider;
    memcpy(n->values + n->count, values, count * sizeof *values);
    n->count += count;
    return ELMAN_OK;
}

elman_status numbers_reserve(numbers *n, size_t count)
{
    double *wider = spill_widen(n->values, &n->room, count, sizeof *wider);
    if (!wider) return no_memory();
    n->values = wider;
    return ELMAN_OK;
}

elman_status range_add(number_range *range, size_t columns, size_t column,
                       double value)
{
    if (!range->low) {
        range->low = calloc(2 * columns + 1, sizeof *range->low);
        if (!range->low) return no_memory();
        range->high = range->low + columns;
        for (size_t i = 0; i < columns; i++) {
            range->low[i] = INFINITY;
            range->high[i] = -INFINITY;
        }
    }
    if (value < range->low[column]) range->low[column] = value;
    if (value > range->high[column]) range->high[column] = value;
    return ELMAN_OK;
}

size_t rows_of_sequences(const elman_dataset *dataset)
{
    if (!dataset->sequence_count) return 0;
    const span *last = &dataset->sequences[dataset->sequence_count - 1];
    return last->first + last->length;
}

elman_status sequence_add(elman_dataset *dataset, size_t first, size_t length)
{
    span *wider = spill_widen(dataset->sequences, &dataset->sequence_room,
                              dataset->sequence_count + 1, sizeof *wider);
    if (!wider) return no_memory();

    dataset->sequences = wider;
    dataset->sequences[dataset->sequence_count++] = (span){first, length};
    if (length > dataset->longest) dataset->longest = length;
    return ELMAN_OK;
}

/* ---- Labels ------------------------------------------------------------- */

elman_status labels_reserve(elman_dataset *dataset, size_t count)
{
    int32_t *wider = spill_widen(dataset->classes, &dataset->class_room, count,
                                 sizeof *wider);
    if (!wider) return no_memory();
    dataset->classes = wider;
    return ELMAN_OK;
}

static elman_status class_add(elman_dataset *dataset, int32_t class)
{
    TRY(labels_reserve(dataset, dataset->class_count + 1));
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

size_t label_find(const elman_dataset *dataset, const char *text, size_t bytes)
{
    char shorter[NUMBER_ROOM];
    if (shorten(text, bytes, shorter)) {
        text = shorter;
        bytes = strlen(shorter);
    }
    return dictionary_find(&dataset->labels, text, bytes);
}

/* Data to be answered: a label that is not there yet. */
static elman_status label_miss(elman_dataset *dataset)
{
    dataset->counts.unlabelled++;
    return class_add(dataset, SKIPPED);
}

elman_status label_add(elman_dataset *dataset, const char *text, size_t bytes)
{
    char shorter[NUMBER_ROOM];
    double value;
    size_t number = 0;

    if (bytes == 0 && dataset->answers) return label_miss(dataset);
    if (bytes == 0) return failure(ELMAN_BAD_FORMAT, "the label is empty");
    if (shorten(text, bytes, shorter)) {
        text = shorter;
        bytes = strlen(shorter);
    } else if (bytes <= 4) {
        char copy[5] = {0};
        memcpy(copy, text, bytes);
        bool missing = number_parse(copy, &value) == NUMBER_MISSING;
        if (missing && dataset->answers) return label_miss(dataset);
        if (missing)
            return failure(
                ELMAN_BAD_FORMAT, "the label is missing (%s)%s", copy,
                dataset->following ? "; elman predict answers without labels"
                                   : "");
    }

    /* while learning, a label is new or known */
    if (!dataset->learned) {
        TRY(dictionary_add(&dataset->labels, text, bytes, &number));
        if (number >= INT32_MAX)
            return failure(ELMAN_BAD_FORMAT, "more than 2^31 different labels");
        return class_add(dataset, (int32_t)number);
    }

    /* afterwards it has to be known */
    number = label_find(dataset, text, bytes);
    if (number == dataset->labels.count && dataset->answers) {
        dataset->counts.unknown++;
        return class_add(dataset, SKIPPED);
    }
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

enum { FEW_SEQUENCES = 200 };

double split_fraction(const elman_dataset_config *config, size_t sequences)
{
    if (config->validation < 0) return 0;
    if (config->validation > 0) return config->validation;

    /* what few sequences could spare tells little about a model */
    return sequences && sequences < FEW_SEQUENCES ? 0 : 0.1;
}

elman_status split_count(const char *field, double fraction, bool asked,
                         size_t count, const char *noun, size_t *taken)
{
    *taken = fraction > 0 ? (size_t)(fraction * (double)count) : 0;
    if (*taken == 0 && asked && fraction > 0)
        return failure(ELMAN_BAD_VALUE,
                       "%s is %g, which is less than one of %zu %s", field,
                       fraction, count, noun);

    /* training keeps at least one */
    if (count > 0 && *taken >= count) *taken = count - 1;
    return ELMAN_OK;
}

elman_status part_set(elman_dataset *dataset, elman_part part, size_t begin,
                      size_t end)
{
    size_t count = end - begin;
    size_t *ids = spill_zeroed(count + 1, sizeof *ids);
    if (!ids) return no_memory();

    for (size_t i = 0; i < count; i++)
        ids[i] = begin + i;

    spill_free(dataset->ids[part]);
    dataset->ids[part] = ids;
    dataset->size[part] = count;
    return ELMAN_OK;
}

/* The split of independent sequences at random. */
typedef struct draw {
    elman_dataset *dataset;
    size_t count;        /* sequences of the data's own file */
    size_t *order;       /* (count) at random */
    size_t classes;      /* 0: classes do not matter */
    size_t *have, *take; /* (classes) */
    elman_part *part_of; /* (count) */
} draw;

/* How many of each class go to a part: its share, with fractions carried over
 * to the next class, but never all of it. */
static void share_out(const draw *d, double part)
{
    double owed = 0;
    for (size_t c = 0; c < d->classes; c++) {
        owed += part * (double)d->have[c];
        d->take[c] = (size_t)owed;
        if (d->have[c] == 0) d->take[c] = 0;
        else if (d->take[c] >= d->have[c]) d->take[c] = d->have[c] - 1;
        owed -= (double)d->take[c];
    }
}

/* Gives a part count of the training sequences, with the same share of each
 * class. */
static void draw_part(draw *d, elman_part part, size_t count)
{
    size_t left = 0;
    for (size_t i = 0; i < d->count; i++)
        left += d->part_of[i] == ELMAN_PART_TRAIN;
    if (left == 0) return;

    for (size_t c = 0; c < d->classes; c++)
        d->have[c] = 0;
    for (size_t id = 0; d->classes && id < d->count; id++)
        if (d->part_of[id] == ELMAN_PART_TRAIN && d->dataset->classes[id] >= 0)
            d->have[d->dataset->classes[id]]++;
    share_out(d, (double)count / (double)left);

    for (size_t i = 0; i < d->count; i++) {
        size_t id = d->order[i], *more = &count;
        if (d->part_of[id] != ELMAN_PART_TRAIN) continue;
        if (d->classes && d->dataset->classes[id] < 0) continue;
        if (d->classes) more = &d->take[d->dataset->classes[id]];
        if (*more == 0) continue;
        d->part_of[id] = part;
        --*more;
    }
}

/* Deals the sequences of each class in turn to the folds; one is validation. */
static void draw_fold(draw *d, size_t folds, size_t fold)
{
    size_t dealt = 0;
    for (size_t c = 0; c < (d->classes ? d->classes : 1); c++)
        for (size_t i = 0; i < d->count; i++) {
            size_t id = d->order[i];
            if (d->part_of[id] != ELMAN_PART_TRAIN &&
                d->part_of[id] != ELMAN_PART_VALIDATION)
                continue;
            if (d->classes && d->dataset->classes[id] != (int32_t)c) continue;
            if (dealt++ % folds == fold) d->part_of[id] = ELMAN_PART_VALIDATION;
        }
}

/* Lists the sequences of a part in the order of the file: those drawn for it,
 * and those of its own file. */
static elman_status list_part(const draw *d, elman_part part)
{
    elman_dataset *dataset = d->dataset;
    size_t begin = part ? dataset->read_end[part - 1] : 0, count = 0;
    TRY(part_set(dataset, part, 0, dataset->sequence_count));

    for (size_t id = 0; id < dataset->sequence_count; id++) {
        bool own = part && id >= begin && id < dataset->read_end[part];
        if (own || (id < d->count && d->part_of[id] == part))
            dataset->ids[part][count++] = id;
    }
    dataset->size[part] = count;
    return ELMAN_OK;
}

static elman_status draw_parts(draw *d, const elman_dataset_config *config)
{
    size_t test = 0, validation = 0;

    TRY(split_count("test", config->test, true, d->count, "sequences", &test));
    draw_part(d, ELMAN_PART_TEST, test);

    if (config->folds) draw_fold(d, config->folds, config->fold);
    else if (!config->validation_path) {
        TRY(split_count("validation", split_fraction(config, d->count),
                        config->validation > 0, d->count - test, "sequences",
                        &validation));
        draw_part(d, ELMAN_PART_VALIDATION, validation);
    }

    for (int part = 0; part < PART_COUNT; part++)
        TRY(list_part(d, (elman_part)part));
    return ELMAN_OK;
}

/* What a person wants to know of the parts. */
static elman_status tell_parts(elman_dataset *dataset,
                               const elman_dataset_config *config)
{
    const size_t *size = dataset->size;
    char test[60] = "";
    if (size[ELMAN_PART_TEST])
        snprintf(test, sizeof test, ", %zu test", size[ELMAN_PART_TEST]);

    const char *how = config->validation_path ? " (a file of their own)"
                      : config->folds         ? " (a fold)"
                      : !size[ELMAN_PART_VALIDATION] && config->validation == 0
                          ? " (few sequences are not split)"
                          : " (at random)";
    return facts_add(&dataset->facts, "split", false,
                     "%zu sequences train, %zu validate%s%s",
                     size[ELMAN_PART_TRAIN], size[ELMAN_PART_VALIDATION], how,
                     test);
}

/* The parts as they were given. */
static elman_status split_given(elman_dataset *dataset)
{
    for (int part = 0; part < PART_COUNT; part++) {
        size_t count = 0;
        TRY(part_set(dataset, (elman_part)part, 0, dataset->sequence_count));
        for (size_t id = 0; id < dataset->sequence_count; id++)
            if ((int)dataset->parts[id] == part)
                dataset->ids[part][count++] = id;
        dataset->size[part] = count;
    }
    return facts_add(&dataset->facts, "split", false,
                     "%zu sequences train, %zu validate, %zu test (as given)",
                     dataset->size[ELMAN_PART_TRAIN],
                     dataset->size[ELMAN_PART_VALIDATION],
                     dataset->size[ELMAN_PART_TEST]);
}

elman_status split_random(elman_dataset *dataset, const input *in,
                          const elman_dataset_config *config)
{
    (void)in;
    if (dataset->parts) return split_given(dataset);

    /* what is only to be answered is one part */
    if (dataset->following) {
        TRY(part_set(dataset, ELMAN_PART_TRAIN, 0, 0));
        return part_set(dataset, ELMAN_PART_VALIDATION, 0,
                        dataset->sequence_count);
    }

    size_t n = dataset->read_end[ELMAN_PART_TRAIN];
    bool by_class = dataset->encoding->task == ELMAN_TASK_CLASSIFY;
    draw d = {.dataset = dataset, .count = n};
    d.classes = by_class ? dataset->encoding->class_count : 0;

    d.order = calloc(n + 1, sizeof *d.order);
    d.have = calloc(2 * d.classes + 1, sizeof *d.have);
    d.part_of = calloc(n + 1, sizeof *d.part_of);
    elman_status status =
        d.order && d.have && d.part_of ? ELMAN_OK : no_memory();
    if (status == ELMAN_OK) {
        d.take = d.have + d.classes;
        random_permute((random_key){config->seed, RANDOM_SPLIT, 0}, 0, n,
                       d.order);
        status = draw_parts(&d, config);
    }

    free(d.order);
    free(d.have);
    free(d.part_of);
    return status == ELMAN_OK ? tell_parts(dataset, config) : status;
}

/* ---- All together ------------------------------------------------------- */

static elman_status finish(elman_dataset *dataset, const input *in,
                           const elman_dataset_config *config,
                           dataset_step split)
{
    dataset->row_count =
        dataset->lent.x || dataset->kept
            ? rows_of_sequences(dataset)
            : dataset->raw.count / dataset->encoding->input_size;
    TRY(split(dataset, in, config));
    TRY(transform_all(dataset, config));
    return scale_all(dataset, config->no_scaling);
}

/* Reads the file of a part, if there is one. */
static elman_status read_more(elman_dataset *dataset, elman_part part,
                              const char *path,
                              const elman_dataset_config *config,
                              dataset_step read)
{
    dataset->reading = part;
    if (path) {
        const input more = dataset_input(dataset, path);
        TRY(read(dataset, &more, config));
    }
    dataset->read_end[part] = dataset->sequence_count;
    return ELMAN_OK;
}

/* What the config says of parts, where it cannot be. */
static elman_status check_parts(const elman_dataset_config *c)
{
    if (!(c->test >= 0 && c->test < 1))
        return failure(ELMAN_BAD_VALUE,
                       "test is %g, expected a fraction from 0 to below 1",
                       c->test);
    if (c->test > 0 && c->test_path)
        return failure(ELMAN_BAD_VALUE, "test and test_path are both given");
    if (c->folds == 1 || (c->folds && c->fold >= c->folds))
        return failure(ELMAN_BAD_VALUE,
                       "fold is %zu of folds %zu, expected at least 2 folds, "
                       "and the fold counted from 0",
                       c->fold, c->folds);
    if (c->folds && (c->validation_path || c->validation > 0))
        return failure(ELMAN_BAD_VALUE, "folds and validation are both given");
    if (c->encoding && (c->test > 0 || c->test_path || c->folds))
        return failure(ELMAN_BAD_VALUE,
                       "test or folds is given, but with an encoding all data "
                       "is validation");
    return ELMAN_OK;
}

elman_status sequences_open(elman_dataset *dataset, const input *in,
                            const elman_dataset_config *config,
                            dataset_step read, dataset_step split)
{
    TRY(check_parts(config));
    TRY(read(dataset, in, config));
    dataset->read_end[ELMAN_PART_TRAIN] = dataset->sequence_count;

    /* labels get their order once the first file is read */
    elman_status status = ELMAN_OK;
    elman_task task = dataset->encoding->task;
    bool classes = task == ELMAN_TASK_CLASSIFY || task == ELMAN_TASK_TAG;
    if (!dataset->learned && classes) status = learn_labels(dataset);
    if (status != ELMAN_OK) return failure_in(status, in->name);

    /* the other files have to fit what was learned */
    dataset->learned = true;
    TRY(read_more(dataset, ELMAN_PART_VALIDATION, config->validation_path,
                  config, read));
    TRY(read_more(dataset, ELMAN_PART_TEST, config->test_path, config, read));

    status = finish(dataset, in, config, split);
    return status == ELMAN_OK ? status : failure_in(status, in->name);
}
