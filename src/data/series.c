/*
 * series.c: files of labelled series: lines of the UCR archive (lines.c), .ts
 * and .arff, told apart by what they hold. Where the cases stay in their file
 * it is known where each begins, and its line is parsed again.
 */
#include "data/series.h"

#include "data/case.h"
#include "data/case_file.h"

#include "base/memory.h"
#include "base/spill.h"
#include "base/stop.h"
#include "format/decode_survey.h"
#include "format/text_kind.h"

#include <stdlib.h>
#include <string.h>

static const series_format *const formats[] = {&series_lines, &series_ts,
                                               &series_arff};
enum { FORMAT_COUNT = sizeof formats / sizeof *formats };

/* A file as it is read, and for as long as its cases stay in it. */
typedef struct series_file {
    case_file base;
    line_source text;
    decoded about; /* what its bytes are; no text */
    const series_format *format;
    void *state;
    size_t *places; /* (count) where the line of each case begins */
    size_t count, room;
    size_t end; /* of the last one's */
} series_file;

static void clear_case(series_case *c)
{
    spill_free(c->values.values);
    spill_free(c->scratch.values);
}

static void close_series(case_file *file)
{
    series_file *f = (series_file *)file;
    if (f->format) f->format->close(f->state);
    line_source_close(&f->text);
    file_reader_close(f->base.file);
    free(f->places);
    free(f);
}

elman_status series_turn(series_case *c)
{
    size_t steps = c->steps, inputs = c->inputs;
    c->values.count = 0;
    TRY(numbers_reserve(&c->values, steps * inputs));
    for (size_t t = 0; t < steps; t++)
        for (size_t k = 0; k < inputs; k++)
            TRY(numbers_add(&c->values, c->scratch.values[k * steps + t]));
    return ELMAN_OK;
}

/* ---- Cases that are read again ---------------------------------------------
 */

static elman_status parse_again(const series_file *f,
                                const elman_dataset *dataset, size_t number,
                                case_reader *r, series_case *c)
{
    size_t id = f->base.first + number, from = f->places[number];
    size_t to = number + 1 < f->count ? f->places[number + 1] : f->end;
    case_counts counts = {0};
    line l = {.number = dataset->sequence_lines[id]};
    if (f->base.file) TRY(case_reader_room(r, to - from + 1));
    TRY(line_source_read(&f->text, from, to, r->bytes, &l.at));
    TRY(f->format->parse(f->state, dataset, &l, c));
    if (c->inputs != dataset->encoding->input_size)
        return failure(ELMAN_BAD_FORMAT, "line %zu: other dimensions",
                       l.number);
    return case_clean(dataset, c->values.values, c->steps,
                      (case_place){.line = l.number}, &counts, &r->rows);
}

static elman_status read_again(const case_file *file,
                               const elman_dataset *dataset, size_t number,
                               case_reader *r)
{
    series_case c = {.values = r->values, .scratch = r->scratch};
    elman_status status =
        parse_again((const series_file *)file, dataset, number, r, &c);
    r->values = c.values;
    r->scratch = c.scratch;
    return status;
}

/* l: on the line that begins at a place. */
static elman_status add_place(series_file *f, size_t place, const line *l)
{
    size_t *wider =
        array_widen(f->places, &f->room, f->count + 1, sizeof *wider);
    if (!wider) return failure(ELMAN_NO_MEMORY, "no memory for places");
    f->places = wider;
    f->places[f->count++] = place;
    f->end = line_place(&f->text, l) + strcspn(l->at, "\r\n");
    return ELMAN_OK;
}

/* ---- Reading ---------------------------------------------------------------
 */

/* The format that is asked for, or that the text looks like. A header of words
 * that no archive has is left to the reader of .ts, whose message names them.
 */
static const series_format *find_format(const line_source *text,
                                        const elman_dataset_config *config)
{
    elman_data_format format = config->format;
    line first = line_first(text);
    const char *all = first.at;
    bool words = line_find_case(&first) && line_front(&first) == '@';
    if (format == ELMAN_DATA_FORMAT_AUTO && words) {
        if (!text->memory) all = line_first(text).at;
        format = text_detect(all, strlen(all)) == TEXT_ARFF
                     ? ELMAN_DATA_FORMAT_ARFF
                     : ELMAN_DATA_FORMAT_TS;
    }

    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (formats[i]->format == format) return formats[i];
    return formats[0];
}

/* Adds the case on a line. */
static elman_status read_case(elman_dataset *dataset, series_file *f, line *l,
                              series_case *c)
{
    const case_place place = {.line = l->number};
    size_t begin = line_place(&f->text, l);
    TRY(f->format->parse(f->state, dataset, l, c));
    elman_status status = case_inputs(dataset, c->inputs);
    if (status != ELMAN_OK) return failure_in(status, "a case");

    TRY(case_label(dataset, c->label, c->label_bytes, place));
    TRY(case_add(dataset, c->values.values, c->steps, place));
    if (f->format->note) f->format->note(f->state, c);
    return dataset->kept ? add_place(f, begin, l) : ELMAN_OK;
}

static elman_status read_cases(elman_dataset *dataset, series_file *f,
                               const elman_dataset_config *config,
                               series_case *c)
{
    line l = line_first(&f->text);
    size_t before = dataset->sequence_count;
    TRY(f->format->begin(dataset, &f->text, &l, config, &f->state));

    for (; line_find_case(&l); line_next(&l)) {
        TRY(stop_check());
        TRY(read_case(dataset, f, &l, c));
    }
    TRY(line_source_status(&f->text));
    if (f->base.file) TRY(file_reader_check(f->base.file));

    if (dataset->sequence_count == before)
        return failure(ELMAN_BAD_FORMAT, "a header, but no cases");
    return f->format->end ? f->format->end(f->state, dataset, c, config)
                          : ELMAN_OK;
}

static elman_status read_text(elman_dataset *dataset, series_file *f,
                              const elman_dataset_config *config)
{
    const elman_encoding *e = dataset->encoding;
    const decoded *about = &f->about;
    series_case c = {.label = ""};
    f->base.first = dataset->sequence_count;
    f->format = find_format(&f->text, config);

    if (dataset->learned && e->target_count > 1)
        return failure(ELMAN_BAD_FORMAT,
                       "1 target per series, but the encoding has %zu",
                       e->target_count);

    TRY(case_begin(dataset, config));
    elman_status status = read_cases(dataset, f, config, &c);
    clear_case(&c);
    if (status) TRY(line_source_status(&f->text)); /* which ended it */
    TRY(status);

    /* a second file, for validation, is told of with the split */
    if (f->base.first > 0) return ELMAN_OK;
    TRY(facts_add(&dataset->facts, "file", false, "%s, %s%s%s", f->format->name,
                  about->encoding, about->note[0] ? ": " : "", about->note));
    if (f->base.file) TRY(facts_add_reading(&dataset->facts));
    return facts_add(&dataset->facts, "task", false, "%s",
                     e->task == ELMAN_TASK_REGRESS
                         ? "regress: a number for each series"
                         : "classify: a label each (--task regress: a number)");
}

/* Opens a file that is too large for memory: as it is, so it is UTF-8. */
static elman_status
open_large(const input *in, const elman_dataset_config *config, series_file *f)
{
    decode_survey seen;
    decode_config how = {.encoding = config->text_encoding,
                         .bad = config->bad_bytes == ELMAN_BAD_BYTES_REFUSE
                                    ? BAD_BYTES_REFUSE
                                    : BAD_BYTES_REPLACE};
    TRY(input_open(in, &f->base.file));
    TRY(decode_survey_file(f->base.file, &how, &seen));
    if (seen.found.bad_count)
        return failure(ELMAN_BAD_FORMAT,
                       "%zu places are not UTF-8 text, the first is 0x%02x on "
                       "line %zu, but a file of this size is read as it is; "
                       "make that of it first (iconv -f Windows-1252 -t UTF-8)",
                       seen.found.bad_count, seen.found.bad_byte,
                       seen.found.bad_line);
    f->about = seen.found;
    return line_source_open(f->base.file, seen.begin, &f->text);
}

static elman_status open_text(elman_dataset *dataset, const input *in,
                              const elman_dataset_config *config,
                              series_file *f)
{
    if (dataset->kept && input_is_large(in, config)) {
        elman_status status = open_large(in, config, f);
        return status == ELMAN_OK ? status : failure_in(status, in->name);
    }
    TRY(input_decode(in, config, &f->about));
    f->text.memory = f->about.text;
    return ELMAN_OK;
}

static elman_status series_read(elman_dataset *dataset, const input *in,
                                const elman_dataset_config *config)
{
    series_file *f = calloc(1, sizeof *f);
    if (!f) return failure(ELMAN_NO_MEMORY, "no memory for a file of series");
    f->base.read = read_again;
    f->base.close = close_series;

    elman_status status = open_text(dataset, in, config, f);
    if (status == ELMAN_OK) {
        status = read_text(dataset, f, config);
        if (status != ELMAN_OK) status = failure_in(status, in->name);
    }
    if (status == ELMAN_OK && dataset->kept)
        dataset->files[dataset->reading] = &f->base;
    else close_series(&f->base);
    return status;
}

static elman_status series_open(elman_dataset *dataset, const input *in,
                                const elman_dataset_config *config)
{
    case_files_settle(dataset, in, config);
    return sequences_open(dataset, in, config, series_read, case_split);
}

const dataset_kind kind_series = {
    .name = "labelled series",
    .extensions = {"tsv", "ts", "arff"},
    .tasks = 1u << ELMAN_TASK_CLASSIFY | 1u << ELMAN_TASK_REGRESS,
    .options = 1u << OPTION_VALIDATION_PATH | 1u << OPTION_NO_SCALING |
               1u << OPTION_LABELS | 1u << OPTION_TRANSFORM,
    .open = series_open};
