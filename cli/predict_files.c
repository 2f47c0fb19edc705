/*
 * predict_files.c: answers to whole files, in the order of the file.
 */
#include "first_pass.h"
#include "plan.h"
#include "predict.h"
#include "reading.h"
#include "screen.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH = 32 };

/* ---- In the order of the file -------------------------------------------- */

/* An answer to a row that waits for those to the rows before it. */
typedef struct waiting_answer {
    size_t line;     /* of the file */
    size_t sequence; /* the order in which they came */
    uint64_t id;
    size_t step;
} waiting_answer;

/* The answers to the rows of a table. Their sequences come in the order of
 * time, which need not be the file's. */
struct waiting_answers {
    waiting_answer *list;
    float *y; /* (count,O) */
    size_t count, room;
};

static int compare_lines(const void *a, const void *b)
{
    const waiting_answer *one = a, *other = b;
    if (one->line != other->line) return one->line < other->line ? -1 : 1;
    return one->sequence < other->sequence ? -1 : 1;
}

static int make_room(waiting_answers *w, size_t outputs)
{
    if (w->count < w->room) return 0;
    size_t room = 2 * w->room + 256, most = SIZE_MAX / 64;
    bool fits = room < most && outputs < most / room;

    waiting_answer *list = fits ? realloc(w->list, room * sizeof *list) : NULL;
    if (list) w->list = list;
    float *y = list ? realloc(w->y, room * outputs * sizeof *y) : NULL;
    if (!y) return failed("out of memory");
    w->y = y;
    w->room = room;
    return 0;
}

/* Gives an answer, or keeps it until all rows have theirs. */
static int give(predictor *run, const elman_dataset *dataset, uint64_t id,
                size_t step, const float *y)
{
    waiting_answers *w = run->waiting;
    size_t O = run->net->size.output_size;
    if (!w) return predictor_answer(run, dataset, id, step, y);
    int code = make_room(w, O);
    if (code) return code;

    elman_origin place;
    elman_dataset_origin(dataset, id, step, &place);
    memcpy(w->y + w->count * O, y, O * sizeof *y);
    w->list[w->count] = (waiting_answer){place.line, w->count, id, step};
    w->count++;
    return 0;
}

static int give_waiting(predictor *run, const elman_dataset *dataset)
{
    waiting_answers *w = run->waiting;
    int code = 0;
    if (w->count) qsort(w->list, w->count, sizeof *w->list, compare_lines);
    for (size_t n = 0; n < w->count && !code; n++) {
        const waiting_answer *a = &w->list[n];
        code =
            predictor_answer(run, dataset, a->id, a->step,
                             w->y + a->sequence * run->net->size.output_size);
    }
    return code;
}

/* ---- From a fresh state -------------------------------------------------- */

/* One answer for each sequence of a batch, or for each of its steps. */
static int answer_batch(predictor *run, const elman_dataset *dataset,
                        const elman_batch *batch)
{
    const network *net = run->net;
    size_t O = net->size.output_size;
    int code = predictor_reserve(run, batch->T, batch->B);
    if (code) return code;
    if (elman_model_forward(net->model, run->state, batch, run->y) != ELMAN_OK)
        return library_failed();

    for (size_t b = 0; b < batch->B; b++) {
        size_t length = batch->lengths ? batch->lengths[b] : batch->T;
        size_t answers = net->size.per_sequence ? 1 : length;
        if (net->size.output_steps && length != net->size.output_steps)
            return failed("'%s' answers with %zu steps for each sequence, but "
                          "one of the data has %zu, expected as many",
                          net->path, net->size.output_steps, length);
        for (size_t t = 0; t < answers && !code; t++)
            code = give(run, dataset, batch->ids[b], t,
                        run->y + (t * batch->B + b) * O);
    }
    return code;
}

/* ---- With the state carried from row to row ------------------------------ */

/* How far a stream has come. */
typedef struct stream {
    bool begun;
    size_t sequence, step; /* of the last row */
} stream;

/* Runs one step of a batch of one sequence. */
static int run_step(predictor *run, const elman_dataset *dataset,
                    const elman_batch *batch, size_t t)
{
    const network *net = run->net;
    bool each = !net->size.per_sequence;
    const float *x = batch->x + t * net->size.input_size;
    const elman_batch one = {.T = 1, .B = 1, .x = x};
    if (elman_model_forward(net->model, run->state, &one, run->y) != ELMAN_OK)
        return library_failed();

    bool wanted = each || t + 1 == batch->T;
    return wanted ? give(run, dataset, batch->ids[0], each ? t : 0, run->y) : 0;
}

/* Whether the rows of a sequence are in the order of the file. */
static bool is_in_order(const elman_dataset *dataset, const elman_batch *batch)
{
    elman_origin place;
    size_t before = 0;
    for (size_t t = 0; t < batch->T; t++) {
        elman_dataset_origin(dataset, batch->ids[0], t, &place);
        if (place.step < before) return false;
        before = place.step;
    }
    return true;
}

/* The windows of a forecast overlap: each adds its last row to the stream. */
static int stream_batch(predictor *run, const elman_dataset *dataset,
                        const elman_batch *batch, stream *s)
{
    elman_origin place;
    elman_dataset_origin(dataset, batch->ids[0], batch->T - 1, &place);
    bool fresh = !s->begun || place.sequence != s->sequence;
    int code = fresh ? predictor_reserve(run, 1, 1) : 0;
    if (!is_in_order(dataset, batch) || (!fresh && place.step <= s->step))
        return failed("--stream reads rows from the oldest to the newest, and "
                      "those of the file are in another order; sort them by "
                      "time first");

    /* the rows that no window before had */
    size_t last = s->step;
    *s = (stream){true, place.sequence, place.step};
    for (size_t t = 0; t < batch->T && !code; t++) {
        elman_dataset_origin(dataset, batch->ids[0], t, &place);
        if (fresh || place.step > last) code = run_step(run, dataset, batch, t);
    }
    return code;
}

/* ---- All ----------------------------------------------------------------- */

static int answer_sequences(predictor *run, const elman_dataset *dataset)
{
    /* one sequence at a time reads the same time first or batch first */
    const elman_config *model = elman_model_config(run->net->model);
    bool single = model->batch_first || run->streams;
    elman_loader_config order = {.part = ELMAN_PART_VALIDATION,
                                 .batch_size = single ? 1 : BATCH};
    if (elman_dataset_size(dataset, order.part) == 0) return 0;

    elman_loader *loader = NULL;
    if (elman_loader_create(dataset, &order, &loader) != ELMAN_OK)
        return library_failed();

    int code = 0;
    for (stream s = {0}; !code;) {
        elman_batch batch;
        elman_target ignored;
        if (elman_loader_read(loader, &batch, &ignored) != ELMAN_OK)
            code = library_failed();
        else if (batch.B == 0) break;
        else if (run->streams) code = stream_batch(run, dataset, &batch, &s);
        else code = answer_batch(run, dataset, &batch);
    }

    elman_loader_destroy(loader);
    return code;
}

int answer_dataset(predictor *run, const elman_dataset *dataset)
{
    /* an array has the sequences as they are */
    bool rows = run->net->encoding->window && !run->net->size.per_sequence;
    if (!rows || (run->output && answer_file_is_array(run->output)))
        return answer_sequences(run, dataset);

    waiting_answers waiting = {0};
    run->waiting = &waiting;
    int code = answer_sequences(run, dataset);
    if (!code) code = give_waiting(run, dataset);
    run->waiting = NULL;
    free(waiting.list);
    free(waiting.y);
    return code;
}

void note_shortness(const predictor *run, const char *name, uint64_t rows)
{
    const elman_encoding *encoding = run->net->encoding;
    size_t needed = elman_encoding_rows(encoding);
    if (encoding->task != ELMAN_TASK_FORECAST || run->answers > 0) return;
    if (rows < needed)
        note("%s has fewer rows than the %zu that a forecast needs", name,
             needed);
    else
        note("no %zu rows of %s, as many as a forecast needs, follow each "
             "other without a missing value; --missing previous fills it",
             needed, name);
}

/* Rows of a table that has no window: 0 unless some of them were left out. */
static size_t rows_beside_gaps(const elman_dataset *dataset, size_t needed)
{
    size_t count = 0;
    const elman_fact *facts = elman_dataset_facts(dataset, &count);
    for (size_t n = 0; n < count; n++)
        if (!strcmp(facts[n].name, "missing")) return needed;
    return 0;
}

/* The answers into run->output. */
static int answer_into_file(predictor *run, elman_dataset *dataset)
{
    answer_file *file = NULL;
    int code = answer_file_open(run->output, &run->style, dataset, &file);
    run->take = answer_file_add;
    run->to = file;

    if (!code)
        code = run->last ? answer_past_end(run, dataset)
                         : answer_dataset(run, dataset);
    if (!code) code = answer_file_save(file);
    answer_file_close(file);
    return code;
}

static int answer_all(predictor *run, const char *name, elman_dataset *dataset)
{
    plan_warn(dataset, run->net->encoding->task);
    int code = run->output ? answer_into_file(run, dataset)
               : run->last ? answer_past_end(run, dataset)
                           : answer_dataset(run, dataset);
    if (!code)
        note_shortness(
            run, name,
            rows_beside_gaps(dataset, elman_encoding_rows(run->net->encoding)));
    return code;
}

int predict_file(predictor *run, const char *path)
{
    bool standard = !strcmp(path, "-");
    elman_dataset *dataset = NULL;
    if (data_open(path, &run->reading, &dataset) != ELMAN_OK)
        return data_failed();

    int code = answer_all(run, standard ? "standard input" : path, dataset);
    elman_dataset_close(dataset);
    return code;
}

int predict_bytes(predictor *run, const char *name, const char *bytes,
                  size_t size)
{
    elman_dataset *dataset = NULL;
    if (elman_dataset_read(name, bytes, size, &run->reading, &dataset) !=
        ELMAN_OK)
        return data_failed();

    int code = answer_all(run, name, dataset);
    elman_dataset_close(dataset);
    return code;
}
