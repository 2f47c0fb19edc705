/*
 * answer_file.c: see answer_file.h. A table's first row has the names; quotes
 * are those of RFC 4180.
 */
#include "answer_file.h"
#include "answer_array.h"
#include "output.h"
#include "record.h"
#include "screen.h"
#include "system.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

typedef enum answer_form { FORM_CSV, FORM_JSON, FORM_ARRAY } answer_form;

struct answer_file {
    const char *path;
    answer_form form;
    const answer_style *style;
    const elman_dataset *dataset;
    bool has_time, has_truth; /* of any answer */

    /* what the file of data says for these steps of a sequence, (steps,O) */
    double *truth;
    uint64_t truth_id;
    size_t truth_first, truth_count;

    /* a file in the same folder until all is there */
    char target[PATH_ROOM], staged[PATH_ROOM];
    FILE *text;

    size_t lines;       /* of a table */
    answer_array array; /* what goes into the file where it is one */
};

/* How many steps of what the file of data says are read at a time: rows of a
 * table, whose answers come in the order of the file, one. */
static size_t truth_steps(const answer_file *file)
{
    enum { AT_ONCE = 4096 }; /* numbers */
    bool one = false;
    size_t outputs = elman_encoding_outputs(file->style->encoding, &one);
    bool table = file->style->encoding->window;
    return one || table || outputs > AT_ONCE || !outputs ? 1
                                                         : AT_ONCE / outputs;
}

/* A row on its way: names, cells or a record. */
typedef struct row {
    FILE *file;
    bool names, json;
    bool follows; /* not the first cell */
    record out;
} row;

static const char *const endings[] = {".csv", ".json", ".jsonl", ".npy"};
static const answer_form forms[] = {FORM_CSV, FORM_JSON, FORM_JSON, FORM_ARRAY};

/* Index of path's ending in endings, or -1. */
static int ending_of(const char *path)
{
    for (int n = 0; n < 4; n++) {
        size_t length = strlen(path), most = strlen(endings[n]);
        if (length > most && !strcasecmp(path + length - most, endings[n]))
            return n;
    }
    return -1;
}

int answer_file_check(const char *path)
{
    if (ending_of(path) >= 0) return 0;
    return misused("--output expects a file whose name ends in .csv, .json, "
                   ".jsonl or .npy, found '%s'",
                   path);
}

bool answer_file_is_array(const char *path)
{
    int ending = ending_of(path);
    return ending >= 0 && forms[ending] == FORM_ARRAY;
}

/* ---- Cells --------------------------------------------------------------- */

static void write_quoted(FILE *file, const char *text)
{
    if (!text[strcspn(text, ",\"\r\n")]) {
        fputs(text, file);
        return;
    }

    putc('"', file);
    for (; *text; text++) {
        if (*text == '"') putc('"', file);
        putc(*text, file);
    }
    putc('"', file);
}

/* Begins a cell; false if it is done, as in the row of names. */
static bool begin_cell(row *r, const char *name)
{
    if (r->json) return true;
    if (r->follows) putc(',', r->file);
    r->follows = true;
    if (r->names) write_quoted(r->file, name);
    return !r->names;
}

static void put_text(row *r, const char *name, const char *text)
{
    if (!begin_cell(r, name)) return;
    if (!r->json) write_quoted(r->file, text ? text : "");
    else if (text) record_text(&r->out, name, text);
    else record_null(&r->out, name);
}

/* What is not known is an empty cell. */
static void put_number(row *r, const char *name, double number)
{
    if (!begin_cell(r, name)) return;
    if (r->json) record_number(&r->out, name, number);
    else if (isfinite(number)) fprintf(r->file, "%.12g", number);
}

static void put_count(row *r, const char *name, uint64_t count)
{
    if (!begin_cell(r, name)) return;
    if (r->json) record_count(&r->out, name, count);
    else fprintf(r->file, "%llu", (unsigned long long)count);
}

/* ---- Rows ---------------------------------------------------------------- */

/* "load", or what stands for it where targets have no names. */
static const char *target_name(const elman_encoding *encoding, size_t k,
                               const char *suffix)
{
    static char text[512];
    const char *plain = encoding->class_count ? "label" : "value";
    char number[24] = "";
    if (encoding->target_count > 1)
        snprintf(number, sizeof number, "%zu", k + 1);

    bool named = encoding->target_names && k < encoding->target_count;
    snprintf(text, sizeof text, "%s%s%s",
             named ? encoding->target_names[k] : plain, named ? "" : number,
             suffix);
    return text;
}

/* Where step `step` of the answer's sequence stands, all counted from 1. */
static void put_place(const answer_file *file, row *r, const answer *a,
                      size_t step)
{
    const elman_encoding *encoding = file->style->encoding;
    bool one = false;
    elman_origin place;
    elman_encoding_outputs(encoding, &one);
    elman_dataset_origin(a->dataset, a->id, step, &place);

    /* a table: the time or the number of a row; else a sequence, and which of
     * its steps */
    if (!encoding->window) put_count(r, "sequence", place.sequence + 1);
    else if (file->has_time) put_text(r, "time", place.time);
    else put_count(r, "row", place.step + 1);
    if (place.series) put_text(r, "series", place.series);
    if (!encoding->window && !one) put_count(r, "step", place.step + 1);
}

static void put_class(const answer_file *file, row *r, const answer *a)
{
    const elman_encoding *encoding = file->style->encoding;
    size_t classes = encoding->class_count, best = likeliest(a->y, classes);
    put_text(r, target_name(encoding, 0, ""), encoding->labels[best]);
    put_number(r, "probability", exp2(log2_softmax(a->y, classes, best)));

    for (size_t k = 0; k < classes; k++) {
        char name[300];
        snprintf(name, sizeof name, "p(%s)", encoding->labels[k]);
        put_number(r, name, exp2(log2_softmax(a->y, classes, k)));
    }

    if (!file->has_truth) return;
    int32_t class = elman_dataset_class(a->dataset, a->id, a->step);
    put_text(r, target_name(encoding, 0, " true"),
             class < 0 ? NULL : encoding->labels[class]);
}

/* The values of step k of the horizon, each with its quantiles; truth
 * (horizon,targets). */
static void put_values(const answer_file *file, row *r, const answer *a,
                       size_t k, const double *truth)
{
    const elman_encoding *encoding = file->style->encoding;
    size_t targets = encoding->target_count;
    size_t known = encoding->horizon ? encoding->horizon : 1;
    const quantiles *q = &file->style->quantiles;
    if (q->count) quantiles_place(q, a->dataset, a->id);
    for (size_t n = 0; n < targets; n++) {
        size_t output = k * targets + n;
        put_number(r, target_name(encoding, n, ""), a->values[output]);
        for (size_t i = 0; i < q->count; i++) {
            char suffix[40];
            snprintf(suffix, sizeof suffix, " %s", level_text(q, i));
            put_number(r, target_name(encoding, n, suffix),
                       quantile_at(q, i, output, a->values[output]));
        }
    }

    /* what came true, where the file says it */
    for (size_t n = 0; n < targets && file->has_truth; n++)
        put_number(r, target_name(encoding, n, " true"),
                   k < known ? truth[k * targets + n] : NAN);
}

/* A row of names, of cells or a record, for step k of the answer. */
static void put_row(const answer_file *file, const answer *a, size_t k,
                    const double *truth, bool names)
{
    const elman_encoding *encoding = file->style->encoding;
    bool forecast = encoding->task == ELMAN_TASK_FORECAST;
    row r = {
        .file = file->text, .names = names, .json = file->form == FORM_JSON};
    if (r.json) r.out = record_begin(file->text);

    put_place(file, &r, a, forecast ? encoding->window + k : a->step);
    if (forecast) put_count(&r, "horizon", k + 1);
    if (a->values) put_values(file, &r, a, k, truth);
    else put_class(file, &r, a);

    if (r.json) record_end(&r.out);
    else putc('\n', file->text);
}

/* What the file of data says in the place of the answer: of sequences read for
 * some steps at a time, as their answers come in order. */
static int find_truth(answer_file *file, const answer *a, const double **truth)
{
    size_t outputs = elman_encoding_outputs(file->style->encoding, NULL);
    bool there = file->truth_id == a->id && a->step >= file->truth_first &&
                 a->step - file->truth_first < file->truth_count;
    if (!there) {
        size_t steps = truth_steps(file);
        file->truth_count = 0;
        if (elman_dataset_truth(a->dataset, a->id, a->step, steps,
                                file->truth) != ELMAN_OK)
            return library_failed();
        file->truth_id = a->id;
        file->truth_first = a->step;
        file->truth_count = steps;
    }
    *truth = file->truth + (a->step - file->truth_first) * outputs;
    return 0;
}

static int add_rows(answer_file *file, const answer *a)
{
    const double *truth = NULL;
    int code = a->values && file->has_truth ? find_truth(file, a, &truth) : 0;
    if (code) return code;

    /* the names come first */
    if (file->form == FORM_CSV && file->lines++ == 0)
        put_row(file, a, 0, truth, true);
    for (size_t k = 0; k < a->steps; k++)
        put_row(file, a, k, truth, false);
    return ferror(file->text) ? unwritten(file->path) : 0;
}

/* ---- An array ------------------------------------------------------------ */

static int add_numbers(answer_file *file, const answer *a)
{
    /* values in the units of the data are told as float32, too */
    answer_array *array = &file->array;
    if (a->values) array->O = a->steps * file->style->encoding->target_count;
    float *narrow = a->values ? malloc(array->O * sizeof *narrow + 1) : NULL;
    if (a->values && !narrow) return failed("out of memory");
    for (size_t n = 0; narrow && n < array->O; n++)
        narrow[n] = (float)a->values[n];

    bool added = answer_array_add(array, a->step, narrow ? narrow : a->y);
    free(narrow);
    if (!added) return failed("out of memory");
    return ferror(file->text) ? unwritten(file->path) : 0;
}

/* ---- The file ------------------------------------------------------------ */

/* Finds whether the file of data says anything in the place of an answer. */
static int look_for_truth(answer_file *file)
{
    const elman_encoding *encoding = file->style->encoding;
    size_t outputs = elman_encoding_outputs(encoding, NULL);
    size_t count = elman_dataset_size(file->dataset, ELMAN_PART_VALIDATION);
    file->truth = calloc(truth_steps(file) * outputs + 1, sizeof *file->truth);
    if (!file->truth) return failed("out of memory");

    for (uint64_t id = 0; id < count && !file->has_truth; id++) {
        if (encoding->class_count) {
            file->has_truth = elman_dataset_class(file->dataset, id, 0) >= 0;
            continue;
        }
        if (elman_dataset_truth(file->dataset, id, 0, 1, file->truth) !=
            ELMAN_OK)
            return library_failed();
        for (size_t n = 0; n < outputs; n++)
            file->has_truth = file->has_truth || !isnan(file->truth[n]);
    }
    return 0;
}

static int open_text(answer_file *file)
{
    path_follow(file->path, file->target, sizeof file->target);
    if (snprintf(file->staged, sizeof file->staged, "%s.XXXXXX",
                 file->target) >= (int)sizeof file->staged)
        return failed("the path '%.60s...' is too long", file->path);

    file->text = file_open_new(file->staged);
    if (file->text) return 0;
    file->staged[0] = '\0';
    return unwritten(file->path);
}

int answer_file_open(const char *path, const answer_style *style,
                     const elman_dataset *dataset, answer_file **file)
{
    int code = answer_file_check(path);
    answer_file *made = code ? NULL : calloc(1, sizeof *made);
    if (code) return code;
    if (!made) return failed("out of memory");

    *file = made;
    bool one = false;
    *made = (answer_file){.path = path,
                          .form = forms[ending_of(path)],
                          .style = style,
                          .dataset = dataset};
    made->array.O = elman_encoding_outputs(style->encoding, &one);
    made->array.T = one ? 0 : elman_dataset_longest(dataset);
    if (made->form == FORM_ARRAY) {
        code = open_text(made);
        made->array.file = made->text;
        return code;
    }

    /* one row with a time, or with what the file says, makes a column of it */
    elman_origin place;
    elman_dataset_origin(dataset, 0, 0, &place);
    made->has_time = place.time[0];
    if (!style->scaled) code = look_for_truth(made);
    return code ? code : open_text(made);
}

int answer_file_add(void *to, const answer *a)
{
    answer_file *file = to;
    return file->form == FORM_ARRAY ? add_numbers(file, a) : add_rows(file, a);
}

int answer_file_save(answer_file *file)
{
    bool written = file->form != FORM_ARRAY || answer_array_end(&file->array);

    /* what is on its way counts as written only when it is closed */
    written = written && !ferror(file->text) && file_settle(file->text);
    written = fclose(file->text) == 0 && written;
    file->text = NULL;
    if (!written || !path_rename(file->staged, file->target))
        return unwritten(file->path);

    file->staged[0] = '\0';
    return 0;
}

void answer_file_close(answer_file *file)
{
    if (!file) return;
    if (file->text) fclose(file->text);
    if (file->staged[0]) path_remove(file->staged);
    free(file->truth);
    answer_array_release(&file->array);
    free(file);
}
