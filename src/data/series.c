/*
 * series.c: files of labelled series: lines of the UCR archive (lines.c), .ts
 * and .arff, told apart by what they hold.
 */
#include "data/arff.h"
#include "data/case.h"
#include "data/lines.h"
#include "data/ts.h"
#include "format/text_kind.h"

#include <stdlib.h>
#include <string.h>

/* A reader may write over the text. */
typedef elman_status (*series_reader)(elman_dataset *dataset, char *text,
                                      const elman_dataset_config *config);

typedef struct series_format {
    elman_data_format format;
    const char *name;
    series_reader read;
} series_format;

static const series_format formats[] = {
    {ELMAN_DATA_FORMAT_SERIES, "lines of series", lines_read},
    {ELMAN_DATA_FORMAT_TS, ".ts", ts_read},
    {ELMAN_DATA_FORMAT_ARFF, ".arff", arff_read}};
enum { FORMAT_COUNT = sizeof formats / sizeof *formats };

/* The format that is asked for, or that the text looks like. A header of words
 * that no archive has is left to the reader of .ts, whose message names them.
 */
static const series_format *find_format(const char *text,
                                        const elman_dataset_config *config)
{
    elman_data_format format = config->format;
    line first = {text, 1};
    bool words = line_find_case(&first) && line_front(&first) == '@';

    if (format == ELMAN_DATA_FORMAT_AUTO && words)
        format = text_detect(text, strlen(text)) == TEXT_ARFF
                     ? ELMAN_DATA_FORMAT_ARFF
                     : ELMAN_DATA_FORMAT_TS;

    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (formats[i].format == format) return &formats[i];
    return &formats[0];
}

static elman_status read_text(elman_dataset *dataset, const decoded *text,
                              const elman_dataset_config *config)
{
    const series_format *format = find_format(text->text, config);
    size_t before = dataset->sequence_count;
    elman_encoding *e = dataset->encoding;

    if (dataset->learned && e->target_count > 1)
        return failure(ELMAN_BAD_FORMAT,
                       "1 target per series, but the encoding has %zu",
                       e->target_count);

    TRY(case_begin(dataset, config));
    TRY(format->read(dataset, text->text, config));

    /* a second file, for validation, is told of with the split */
    if (before > 0) return ELMAN_OK;
    TRY(facts_add(&dataset->facts, "file", false, "%s, %s%s%s", format->name,
                  text->encoding, text->note[0] ? ": " : "", text->note));
    return facts_add(&dataset->facts, "task", false, "%s",
                     e->task == ELMAN_TASK_REGRESS
                         ? "regress: a number for each series"
                         : "classify: a label each (--task regress: a number)");
}

static elman_status series_read(elman_dataset *dataset, const input *in,
                                const elman_dataset_config *config)
{
    decoded text = {0};
    TRY(input_decode(in, config, &text));
    elman_status status = read_text(dataset, &text, config);
    free(text.text);
    return status == ELMAN_OK ? status : failure_in(status, in->name);
}

static elman_status series_open(elman_dataset *dataset, const input *in,
                                const elman_dataset_config *config)
{
    return sequences_open(dataset, in, config, series_read, case_split);
}

const dataset_kind kind_series = {
    .name = "labelled series",
    .extensions = {"tsv", "ts", "arff"},
    .tasks = 1u << ELMAN_TASK_CLASSIFY | 1u << ELMAN_TASK_REGRESS,
    .options = 1u << OPTION_VALIDATION_PATH | 1u << OPTION_NO_SCALING |
               1u << OPTION_LABELS | 1u << OPTION_TRANSFORM,
    .open = series_open};
