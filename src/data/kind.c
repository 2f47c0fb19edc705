/* kind.c: which kind a file of data is. */
#include "base/memory.h"
#include "data/encoding.h"
#include "data/look.h"
#include "data/store.h"
#include "format/decode.h"
#include "format/text_kind.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* How much of a file is looked at; and columns of which a table without header
 * is more likely series of the archive. */
enum { FRONT = 1 << 22, MANY_COLUMNS = 16 };

/* The kinds by the ending of a name; any other name says nothing. */
static const dataset_kind *const named[] = {&kind_series, &kind_table,
                                            &kind_tsf, &kind_array};

/* In the order in which they are taken for a task alone. */
static const dataset_kind *const by_task[] = {&kind_series, &kind_table,
                                              &kind_text};

static const dataset_kind *const by_format[] = {
    [ELMAN_DATA_FORMAT_TEXT] = &kind_text,
    [ELMAN_DATA_FORMAT_TABLE] = &kind_table,
    [ELMAN_DATA_FORMAT_SERIES] = &kind_series,
    [ELMAN_DATA_FORMAT_TS] = &kind_series,
    [ELMAN_DATA_FORMAT_ARFF] = &kind_series,
    [ELMAN_DATA_FORMAT_TSF] = &kind_tsf,
    [ELMAN_DATA_FORMAT_ARRAY] = &kind_array};

/* In any case, which no locale changes. */
static bool is_same(const char *ending, const char *known)
{
    size_t bytes = strlen(known);
    return strlen(ending) == bytes && !strncasecmp(ending, known, bytes);
}

static const dataset_kind *kind_of_name(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');

    for (size_t k = 0; dot && k < sizeof named / sizeof *named; k++)
        for (size_t i = 0; named[k]->extensions[i]; i++)
            if (is_same(dot + 1, named[k]->extensions[i])) return named[k];
    return NULL;
}

static bool can(const dataset_kind *kind, elman_task task)
{
    return task == ELMAN_TASK_AUTO || kind->tasks & 1u << task;
}

/* The first kind of text that a task is possible for. */
static const dataset_kind *kind_of_task(elman_task task)
{
    for (size_t k = 0; k < sizeof by_task / sizeof *by_task; k++)
        if (can(by_task[k], task)) return by_task[k];
    return &kind_text;
}

/* ---- What is no data yet ------------------------------------------------ */

/* Bytes at a place of files that are packed, or of other programs. */
static const struct {
    size_t at, bytes;
    const char *magic, *what, *next;
} foreign[] = {
    {0, 2, "\x1F\x8B", "compressed by gzip", "unpack it with gunzip"},
    {4, 6, "1AY&SY", "compressed by bzip2", "unpack it with bunzip2"},
    {0, 5,
     "\xFD"
     "7zXZ",
     "compressed by xz", "unpack it with unxz"},
    {0, 4, "\x28\xB5\x2F\xFD", "compressed by zstd", "unpack it with unzstd"},
    {0, 4, "7z\xBC\xAF", "a 7-Zip archive", "unpack it"},
    {0, 4, "PAR1", "a Parquet file", "save it as .csv"},
    {0, 6, "ARROW1", "an Arrow file", "save it as .csv"},
    {0, 4, "\xD0\xCF\x11\xE0", "an old file of Excel or Word",
     "save it as .csv or .txt"},
    {0, 8, "\x89HDF\r\n\x1A\n", "an HDF5 file",
     "save its arrays as .npz, its tables as .csv"},
    {0, 10, "MATLAB 5.0", "a file of MATLAB", "save it as .csv or .npz"},
    {0, 15, "SQLite format 3", "a database of SQLite", "save a query as .csv"},
    {0, 5, "%PDF-", "a PDF file", "save its text as .txt"},
};

static bool holds(const char *bytes, size_t size, const char *word)
{
    return bytes_find(bytes, size, word, strlen(word));
}

/* Refuses such a file with what to make of it. */
static elman_status check_foreign(const input *in, const char *bytes,
                                  size_t size)
{
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (size >= foreign[i].at + foreign[i].bytes &&
            !memcmp(bytes + foreign[i].at, foreign[i].magic, foreign[i].bytes))
            return failure(ELMAN_BAD_FORMAT, "%.200s is %s; %s first", in->name,
                           foreign[i].what, foreign[i].next);

    if (size < 4 || memcmp(bytes, "PK\3\4", 4)) return ELMAN_OK;
    if (holds(bytes, size, "xl/") || holds(bytes, size,
                                           "mimetypeapplication/"
                                           "vnd.oasis"))
        return failure(ELMAN_BAD_FORMAT,
                       "%.200s is a spreadsheet; save its table as .csv first",
                       in->name);
    if (!holds(bytes, size, ".npy"))
        return failure(ELMAN_BAD_FORMAT,
                       "%.200s is a zip file without arrays; unpack it first",
                       in->name);
    return ELMAN_OK;
}

/* ---- By the content ----------------------------------------------------- */

/* What a file looks like. */
typedef struct view {
    text_kind kind;
    look lines; /* of numbers and tables */
} view;

static elman_status
look_at_input(const input *in, const elman_dataset_config *config, view *seen)
{
    char *bytes = NULL;
    size_t size = 0;
    bool whole = false;
    *seen = (view){.kind = TEXT_PROSE};

    TRY(input_peek(in, FRONT, &bytes, &size, &whole));
    elman_status status = check_foreign(in, bytes, size);
    if (status != ELMAN_OK) {
        free(bytes);
        return status;
    }

    text_kind binary = text_detect(bytes, size < 6 ? size : 6);
    if (binary == TEXT_NPY || binary == TEXT_NPZ || size == 0) {
        seen->kind = binary;
        free(bytes);
        return ELMAN_OK;
    }

    /* what is no text, or of an unknown encoding, its reader refuses */
    decoded text = {0};
    const decode_config how = {.encoding = config->text_encoding,
                               .bad = BAD_BYTES_REPLACE};
    status = decode_text(bytes, size, &how, &text);
    if (status == ELMAN_OK) {
        seen->kind = text_detect(text.text, text.size);
        seen->lines = look_at(text.text, whole);
        free(text.text);
    }
    return status == ELMAN_NO_MEMORY ? status : ELMAN_OK;
}

/* Lines of numbers and a text, which no name explains. */
static elman_status not_text(const input *in, const view *seen)
{
    return failure(ELMAN_BAD_FORMAT,
                   "%.200s: lines of %zu numbers and a word, which could be "
                   "series or a table; say --format series (each line a series "
                   "and its label), --format table (rows in order of time) or "
                   "--format text",
                   in->name, seen->lines.fields - 1);
}

/* Lines that may be series, rows of a table or a text of digits. */
static elman_status not_clear(const input *in, const view *seen)
{
    return failure(ELMAN_BAD_FORMAT,
                   "%.200s: lines of %zu number%s, which could be series or a "
                   "table; say --format series (a label and a series on each "
                   "line), --format table (rows in order of time) or --format "
                   "text",
                   in->name, seen->lines.fields,
                   seen->lines.fields == 1 ? "" : "s");
}

/* Whether the config asks for something that only a table has. */
static bool wants_table(const elman_dataset_config *c)
{
    return c->target || c->columns || c->window || c->horizon || c->time ||
           c->by || c->header != ELMAN_PRESENCE_AUTO;
}

/* Whether the lines are labels and values. */
static bool is_series(const view *seen)
{
    return (seen->kind == TEXT_NUMBERS || seen->kind == TEXT_TABLE) &&
           seen->lines.labelled;
}

/* A .csv without a header whose rows look like the archive's series. */
static bool is_archive_csv(const view *seen, const elman_dataset_config *config)
{
    return is_series(seen) && seen->lines.fields >= MANY_COLUMNS &&
           !wants_table(config);
}

/* The kind for what a file of no telling name looks like; NULL: not clear. */
static const dataset_kind *kind_of_look(const view *seen, elman_task task,
                                        const elman_dataset_config *config)
{
    if (task == ELMAN_TASK_LANGUAGE) return &kind_text;

    /* words decide; numbers may be meant as series or as rows */
    switch (seen->kind) {
    case TEXT_TS:
    case TEXT_ARFF:
    case TEXT_TSF:
        return seen->kind == TEXT_TSF || task == ELMAN_TASK_FORECAST
                   ? &kind_tsf
                   : &kind_series;
    case TEXT_TABLE:
    case TEXT_NUMBERS:
        if (wants_table(config)) return &kind_table;
        if (task != ELMAN_TASK_AUTO) return kind_of_task(task);
        if (is_series(seen) || config->labels) return &kind_series;
        return seen->kind == TEXT_TABLE ? &kind_table : NULL;
    default:
        break;
    }
    return task == ELMAN_TASK_AUTO ? &kind_text : kind_of_task(task);
}

/* Whether what a file holds is of the kind that its name says. */
static bool agrees(const dataset_kind *kind, const view *seen)
{
    bool words = seen->kind == TEXT_TS || seen->kind == TEXT_ARFF ||
                 seen->kind == TEXT_TSF;

    if (kind == &kind_table) return !words;
    if (kind == &kind_tsf) return seen->kind != TEXT_TS;
    if (kind == &kind_series)
        return seen->kind != TEXT_TSF &&
               !(seen->kind == TEXT_TABLE && seen->lines.header);
    return true;
}

elman_status kind_choose(elman_dataset *dataset, const input *in,
                         const elman_dataset_config *config,
                         const dataset_kind **kind)
{
    elman_task task = dataset->encoding->task;
    const dataset_kind *by_name = kind_of_name(in->name);
    view seen;

    if (config->format) {
        *kind = by_format[config->format];
        return ELMAN_OK;
    }

    /* bytes are read of anything */
    if (config->unit == ELMAN_UNIT_BYTES && !by_name) {
        *kind = &kind_text;
        return ELMAN_OK;
    }

    /* arrays have a form that no text has */
    TRY(look_at_input(in, config, &seen));
    if (seen.kind == TEXT_NPY || seen.kind == TEXT_NPZ ||
        by_name == &kind_array) {
        *kind = &kind_array;
        return ELMAN_OK;
    }

    /* a name that fits what is in the file and what is asked for */
    *kind = by_name;
    if (by_name == &kind_table && task == ELMAN_TASK_AUTO &&
        is_archive_csv(&seen, config))
        return not_clear(in, &seen);
    if (by_name && can(by_name, task) && agrees(by_name, &seen))
        return ELMAN_OK;

    *kind = kind_of_look(&seen, task, config);
    if (*kind == &kind_text && task == ELMAN_TASK_AUTO && seen.lines.behind)
        return not_text(in, &seen);
    if (!*kind) return not_clear(in, &seen);
    if (!by_name || *kind == by_name) return ELMAN_OK;
    return facts_add(&dataset->facts, "note", false,
                     "read as %s, although its name says %s (--format reads "
                     "it otherwise)",
                     (*kind)->name, by_name->name);
}
