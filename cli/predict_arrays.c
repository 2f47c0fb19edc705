/*
 * predict_arrays.c: what a model gives for numbers as they are: an array in, an
 * array out, or a line for each step, of a pipe at once.
 */
#include "predict_arrays.h"
#include "record.h"
#include "safe.h"
#include "screen.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- What is shown ------------------------------------------------------- */

/* Counts what is shown, so that sequences stay apart. */
typedef struct shown {
    uint64_t sequence, step; /* of the last row, from 1 */
} shown;

/* One row of values, of a sequence and its step, from 1. */
static void show_row(shown *last, uint64_t sequence, uint64_t step,
                     const float *y, size_t count)
{
    bool next = last->sequence && last->sequence != sequence;
    *last = (shown){sequence, step};
    if (!screen.json) {
        if (next) putchar('\n');
        arrays_show_row(y, count);
        return;
    }

    record out = record_begin(stdout);
    record_count(&out, "sequence", sequence);
    record_count(&out, "step", step);
    record_open(&out, "values", '[');
    for (size_t n = 0; n < count; n++)
        record_number(&out, NULL, (double)y[n]);
    record_close(&out, ']');
    record_end(&out);
}

/* The numbers of sequence b at row t of it into row (O). */
static void gather_row(const array_pass *pass, size_t b, size_t t, size_t rows,
                       float *row)
{
    const elman_tensor *y = &pass->y;
    bool first = elman_model_config(pass->net->model)->batch_first;
    size_t width = y->shape[y->rank - 1], O = pass->net->size.output_size;
    size_t at = first ? b * rows + t : t * pass->B + b;

    /* directions that are not joined lie one behind the other */
    for (size_t part = 0; part < O / width; part++)
        memcpy(row + part * width,
               y->data + (part * rows * pass->B + at) * width,
               width * sizeof *row);
}

/* Every row of the pass, sequence by sequence, but none past an end. */
static int show_rows(const array_pass *pass, shown *last)
{
    size_t rows = array_steps(pass);
    size_t O = pass->net->size.output_size;
    float *row = calloc(O + 1, sizeof *row);
    if (!row) return failed("out of memory");

    uint64_t sequence = last->sequence;
    for (size_t b = 0; b < pass->B; b++) {
        /* as many rows as the sequence has steps, or one of all */
        size_t steps = pass->lengths ? pass->lengths[b] : pass->T;
        size_t count = array_has_own_steps(pass) ? steps ? rows : 0 : steps;
        sequence++;
        for (size_t t = 0; t < count; t++) {
            gather_row(pass, b, t, rows, row);
            show_row(last, sequence,
                     pass->net->size.per_sequence ? steps : t + 1, row, O);
        }
    }
    free(row);
    return 0;
}

/* What was written, for a script. */
static void record_output(const array_pass *pass, const char *output)
{
    record out = record_begin(stdout);
    record_text(&out, "model", pass->net->path);
    record_text(&out, "data", pass->name);
    record_text(&out, "output", output);
    record_open(&out, "shape", '[');
    for (size_t n = 0; n < pass->y.rank; n++)
        record_count(&out, NULL, pass->y.shape[n]);
    record_close(&out, ']');
    record_end(&out);
}

/* ---- Whole --------------------------------------------------------------- */

/* Runs what was read, and gives what comes of it. */
static int answer(array_pass *pass, const array_job *job, shown *last)
{
    int code = arrays_read_lengths(job->values->lengths, pass);
    if (!code)
        code = arrays_prepare(pass, job->values, job->threads, false,
                              job->stepped);
    if (!code) code = arrays_run(pass, job->stepped);
    if (!code && job->output) arrays_restore(pass);
    if (!code && job->output &&
        elman_array_save(job->output, &pass->y) != ELMAN_OK)
        code = library_failed();
    if (!code && !job->output) code = show_rows(pass, last);
    if (!code && job->output && screen.json) record_output(pass, job->output);
    if (!code && job->values->state_output)
        code = states_write(pass->net, pass->state, job->values->state_output);
    return code;
}

static int answer_file(const network *net, const array_job *job)
{
    array_pass pass = {.net = net};
    shown last = {0};
    int code = arrays_read(job->path, &pass);
    if (!code) code = answer(&pass, job, &last);
    arrays_close(&pass);
    return code;
}

/* Sequences of lines, each once it has ended. */
static int answer_sequences(const network *net, const array_job *job,
                            line_source *source)
{
    shown last = {0};
    bool one = job->output || job->values->states.count ||
               job->values->state_output || job->values->lengths;
    int code = 0;
    for (size_t n = 0; !code; n++) {
        array_pass pass = {.net = net};
        code = arrays_read_lines(source, &pass);

        /* what is kept at the end is of one sequence */
        bool ended = pass.T == 0;
        if (!code && ended && n == 0)
            code = failed("%s has no line", source->name);
        else if (!code && !ended && n > 0 && one)
            code = misused("%s has more than one sequence, as there is a "
                           "blank line; --output and states are for one: give "
                           "an .npy file of all",
                           source->name);
        else if (!code && !ended) code = answer(&pass, job, &last);
        arrays_close(&pass);
        if (ended) break;
    }
    return code;
}

/* ---- One step at a time -------------------------------------------------- */

typedef struct walker {
    const network *net;
    elman_state *state;
    float *x, *y;
    int32_t token;
    shown last;
} walker;

/* Runs a step. One that pads leaves the memory as it is, and the answer too,
 * which there has to be one of. */
static int run_step(walker *w, const line_source *source, uint64_t steps)
{
    if (arrays_pads(w->net, w->x, &w->token)) {
        if (steps) return 0;
        return failed("%s, line %" PRIu64
                      ": a sequence begins with padding (%s); "
                      "leave it out",
                      source->name, source->line,
                      elman_model_note(w->net->model, "padding"));
    }

    elman_status status =
        w->net->size.vocabulary
            ? elman_model_step_tokens(w->net->model, w->state, &w->token, w->y)
            : elman_model_step(w->net->model, w->state, w->x, w->y);
    return status == ELMAN_OK ? 0 : library_failed();
}

static int walk(walker *w, const array_job *job, line_source *source)
{
    uint64_t sequence = 1, step = 0;
    int code = 0;
    while (!code && source_next(source)) {
        if (arrays_is_blank(source)) {
            /* what follows is another sequence */
            if (step) elman_state_reset(w->net->model, w->state);
            sequence += step > 0;
            step = 0;
            continue;
        }

        code = arrays_parse(w->net, source, w->x, &w->token);
        if (!code) code = run_step(w, source, step);
        if (code) break;

        /* an answer does not wait for the next line */
        show_row(&w->last, sequence, ++step, w->y, w->net->size.output_size);
        if (!source_has_line(source) && screen_broken()) code = EXIT_FAILED;
    }

    if (!code) code = source_error(source);
    if (!code && job->values->state_output)
        code = states_write(w->net, w->state, job->values->state_output);
    return code;
}

static int answer_steps(const network *net, const array_job *job,
                        line_source *source)
{
    walker w = {.net = net};
    const elman_state_config config = {.threads = job->threads};
    w.x = calloc(net->size.input_size + 1, sizeof *w.x);
    w.y = calloc(net->size.output_size + 1, sizeof *w.y);

    int code = w.x && w.y ? 0 : failed("out of memory");
    if (!code && elman_state_create(net->model, &config, &w.state) != ELMAN_OK)
        code = library_failed();
    if (!code) code = states_give(net, w.state, 1, &job->values->states);
    if (!code) code = walk(&w, job, source);

    elman_state_destroy(w.state);
    free(w.x);
    free(w.y);
    return code;
}

/* ---- Which it is --------------------------------------------------------- */

static bool ends_with(const char *path, const char *end)
{
    size_t length = strlen(path), most = strlen(end);
    return length > most && !strcmp(path + length - most, end);
}

static int answer_source(const network *net, const array_job *job)
{
    line_source source;
    int code = source_open(job->path, &source);
    if (code) {
        source_close(&source);
        return code;
    }

    /* an array is read by its path */
    bool pipe = source_is_pipe(job->path);
    bool array = source_begins(&source, "\x93NUMPY", 6) ||
                 source_begins(&source, "PK\3\4", 4);
    if (array && pipe)
        code =
            misused("%s is an array; give the path of its file", source.name);
    else if (array) code = answer_file(net, job);
    else if (job->values->lengths)
        code = misused("--lengths is for sequences in an .npy file, and %s has "
                       "lines",
                       source.name);
    else if (net->size.streams && !job->output)
        code = answer_steps(net, job, &source);
    else code = answer_sequences(net, job, &source);

    source_close(&source);
    return code;
}

int predict_arrays(const network *net, const array_job *job)
{
    if (job->output && !ends_with(job->output, ".npy"))
        return misused("--output should end in .npy, as '%s' gives an array, "
                       "found '%s'",
                       net->path, job->output);
    int code = job->output ? check_writable(job->output) : 0;
    if (!code) code = states_check(job->values->state_output);
    if (code) return code;

    bool standard = !job->path || !strcmp(job->path, "-");
    return !standard && ends_with(job->path, ".npy") ? answer_file(net, job)
                                                     : answer_source(net, job);
}
