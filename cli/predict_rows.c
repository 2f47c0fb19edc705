/*
 * predict_rows.c: rows of a table, each answered as soon as it is there. A row
 * is read as the last of a small table: the header, and as many rows before it
 * as a window has.
 */
#include "live.h"
#include "screen.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_HEAD = 8 }; /* lines in front of the first row */

static bool is_forecast(const live *l)
{
    return l->run->net->encoding->task == ELMAN_TASK_FORECAST;
}

bool looks_ahead(const live *l)
{
    return !is_forecast(l) && !l->run->net->size.streams;
}

/* Rows that a small table has for one that is fresh: one more than is needed
 * tells a line behind the table from a row. */
static size_t rows_needed(const live *l)
{
    const elman_encoding *encoding = l->run->net->encoding;
    bool gaps = l->run->reading.missing || encoding->missing;
    return (is_forecast(l) ? encoding->window : 1) + 1 + l->reach +
           (gaps ? encoding->window : 0);
}

/* A sequence of a small table. */
typedef struct sequence {
    const elman_dataset *dataset;
    const elman_batch *batch;
} sequence;

/* The kept line of a step, from 1. */
static size_t line_of(const sequence *s, size_t step)
{
    elman_origin place;
    elman_dataset_origin(s->dataset, s->batch->ids[0], step, &place);
    return place.line;
}

/* The kept line that came too late, from 1, as in a table that was sorted by
 * time; 0 for none. */
static size_t find_late(const sequence *s)
{
    size_t before = line_of(s, 0);
    for (size_t t = 1; t < s->batch->T; t++) {
        size_t line = line_of(s, t);
        if (line < before) return before;
        before = line;
    }
    return 0;
}

/* One step of the model, which knows those before. */
static int run_step(live *l, const sequence *s, size_t t, bool wanted)
{
    predictor *run = l->run;
    size_t step = run->net->size.per_sequence ? 0 : t;
    const float *x = s->batch->x + t * run->net->size.input_size;
    const elman_batch one = {.T = 1, .B = 1, .x = x};

    int code = l->rows++ == 0 ? predictor_reserve(run, 1, 1) : 0;
    if (code) return code;
    if (elman_model_forward(run->net->model, run->state, &one, run->y) !=
        ELMAN_OK)
        return library_failed();

    l->newest = l->lines[line_of(s, t) - 1].place;
    return wanted ? predictor_answer(run, s->dataset, s->batch->ids[0], step,
                                     run->y)
                  : 0;
}

/* A forecast from a window: all of it from a fresh state, or its last row on
 * top of those before. */
static int answer_window(live *l, const sequence *s)
{
    predictor *run = l->run;
    size_t T = s->batch->T;
    if (!run->streams) {
        int code = predictor_reserve(run, T, 1);
        if (code) return code;
        if (elman_model_forward(run->net->model, run->state, s->batch,
                                run->y) != ELMAN_OK)
            return library_failed();
        return predictor_answer(run, s->dataset, s->batch->ids[0], 0, run->y);
    }

    /* the rows that the state has not seen */
    int code = 0;
    for (size_t t = 0; t < T && !code; t++) {
        uint64_t place = l->lines[line_of(s, t) - 1].place;
        if (l->rows == 0 || place > l->newest)
            code = run_step(l, s, t, t + 1 == T);
    }
    return code;
}

/* Rows of their own, in sequences of a window's length as in training; a row
 * that was left out ends one. */
static int answer_rows(live *l, const sequence *s)
{
    size_t window = l->run->net->encoding->window, old = l->count - l->fresh;
    int code = 0;
    for (size_t t = 0; t < s->batch->T && !code; t++) {
        size_t line = line_of(s, t);
        if (line <= old) continue;
        bool gap = l->lines[line - 1].place != l->newest + 1;
        if (!l->run->streams && (gap || l->rows % window == 0)) l->rows = 0;
        code = run_step(l, s, t, true);
    }
    return code;
}

/* Answers what is fresh in a sequence. */
static int answer_sequence(live *l, const sequence *s)
{
    if (line_of(s, s->batch->T - 1) <= l->count - l->fresh) return 0;
    return is_forecast(l) ? answer_window(l, s) : answer_rows(l, s);
}

/* Answers a chunk that is whole, for a model that looks ahead; its lines are
 * dropped. */
static int answer_chunk(live *l, const sequence *s, bool whole, size_t *done)
{
    predictor *run = l->run;
    size_t T = s->batch->T, O = run->net->size.output_size;
    if (!whole && T < run->net->encoding->window) return 0;

    int code = predictor_reserve(run, T, 1);
    if (code) return code;
    if (elman_model_forward(run->net->model, run->state, s->batch, run->y) !=
        ELMAN_OK)
        return library_failed();
    for (size_t t = 0; t < T && !code; t++)
        code = predictor_answer(run, s->dataset, s->batch->ids[0], t,
                                run->y + t * O);
    *done = line_of(s, T - 1);
    return code;
}

/* What is done with a sequence of a small table, of which `left` follow it. */
typedef int sequence_step(live *l, const sequence *s, size_t left, void *to);

static int for_each_sequence(live *l, const elman_dataset *dataset,
                             sequence_step *step, void *to)
{
    elman_loader_config order = {.part = ELMAN_PART_VALIDATION,
                                 .batch_size = 1};
    size_t left = elman_dataset_size(dataset, order.part);
    elman_loader *loader = NULL;
    if (left == 0) return 0;
    if (elman_loader_create(dataset, &order, &loader) != ELMAN_OK)
        return library_failed();

    int code = 0;
    while (left-- > 0 && !code) {
        elman_batch batch;
        elman_target ignored;
        const sequence s = {.dataset = dataset, .batch = &batch};
        code = elman_loader_read(loader, &batch, &ignored) == ELMAN_OK
                   ? step(l, &s, left, to)
                   : library_failed();
    }

    elman_loader_destroy(loader);
    return code;
}

static int note_late(live *l, const sequence *s, size_t left, void *to)
{
    (void)l, (void)left;
    size_t *late = to;
    if (*late == 0) *late = find_late(s);
    return 0;
}

/* What answers give to and take from. */
typedef struct answering {
    bool ended;  /* nothing follows the table */
    size_t done; /* lines that no answer needs any more */
} answering;

static int answer_one(live *l, const sequence *s, size_t left, void *to)
{
    answering *a = to;
    return looks_ahead(l) ? answer_chunk(l, s, a->ended || left > 0, &a->done)
                          : answer_sequence(l, s);
}

static int answer_singly(live *l);

/* Answers a small table; ended: nothing follows it. */
static int answer_small(live *l, const elman_dataset *dataset, bool ended)
{
    size_t late = 0;
    int code = for_each_sequence(l, dataset, note_late, &late);
    if (!code && late && l->fresh > 1) return answer_singly(l);
    if (!code && late)
        code = failed("line %llu of %s is older than one before; a "
                      "pipe is answered row by row, so its newest row must "
                      "come last; give a file instead",
                      (unsigned long long)l->lines[late - 1].number,
                      l->source->name);

    answering a = {.ended = ended};
    if (!code) code = for_each_sequence(l, dataset, answer_one, &a);
    if (a.done) drop_rows(l, l->count - a.done);
    l->fresh = 0;
    return code;
}

/* Until a row was read, lines are the head of the table. */
static int read_head(live *l, elman_dataset **dataset)
{
    if (open_lines(l, dataset)) {
        l->head = l->count - 1;
        l->fresh = 1;
        l->begun = true;
        return 0;
    }
    l->fresh = 0;
    return l->count < MOST_HEAD ? 0 : live_failed(l);
}

/* Where one of many lines cannot be read, those before it are answered. */
static int answer_singly(live *l)
{
    size_t count = l->fresh, next = 0;
    kept_line *lines = malloc(count * sizeof *lines);
    if (!lines) return failed("out of memory");
    l->count -= count;
    memcpy(lines, l->lines + l->count, count * sizeof *lines);

    int code = 0;
    while (next < count && !code) {
        l->fresh = 1;
        l->lines[l->count++] = lines[next++];
        code = answer_table(l);
    }

    while (next < count)
        free(lines[next++].text);
    free(lines);
    return code;
}

int answer_table(live *l)
{
    elman_dataset *dataset = NULL;
    int code = 0;
    if (!l->begun) code = read_head(l, &dataset);
    else {
        if (!looks_ahead(l)) drop_rows(l, rows_needed(l) + l->fresh - 1);
        if (!open_lines(l, &dataset))
            return l->fresh > 1 ? answer_singly(l) : live_failed(l);
    }

    if (!code && dataset) code = answer_small(l, dataset, false);
    elman_dataset_close(dataset);
    return code;
}

int end_table(live *l)
{
    elman_dataset *dataset = NULL;
    bool rows = l->count > l->head;
    if (rows && (!l->begun || looks_ahead(l))) {
        if (!open_lines(l, &dataset)) return live_failed(l);
        int code = answer_small(l, dataset, true);
        elman_dataset_close(dataset);
        return code;
    }

    note_shortness(l->run, l->source->name, l->places - l->head);
    return 0;
}
