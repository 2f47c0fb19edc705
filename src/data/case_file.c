/* case_file.c: see case_file.h. */
#include "data/case_file.h"

#include "data/encoding.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

void case_reader_clear(case_reader *reader)
{
    free(reader->rows.values);
    free(reader->values.values);
    free(reader->scratch.values);
    free(reader->bytes);
    *reader = (case_reader){0};
}

elman_status case_reader_room(case_reader *reader, size_t bytes)
{
    if (bytes <= reader->room) return ELMAN_OK;
    char *wider = realloc(reader->bytes, bytes);
    if (!wider)
        return failure(ELMAN_NO_MEMORY, "no memory for a case of %zu bytes",
                       bytes);
    reader->bytes = wider;
    reader->room = bytes;
    return ELMAN_OK;
}

/* ---- Files -------------------------------------------------------------- */

void case_files_settle(elman_dataset *dataset, const input *in,
                       const elman_dataset_config *config)
{
    const char *const more[] = {config->validation_path, config->test_path,
                                config->target_path};
    bool large = input_is_large(in, config);
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        if (!more[i]) continue;
        const input other = input_of(more[i]);
        large = large || input_is_large(&other, config);
    }
    dataset->kept = large && !in->bytes;
}

elman_status case_files_check(const elman_dataset *dataset)
{
    for (int part = 0; part < PART_COUNT; part++) {
        const case_file *file = dataset->files[part];
        if (file && file->file) TRY(file_reader_check(file->file));
    }
    return ELMAN_OK;
}

/* ---- Cases -------------------------------------------------------------- */

static elman_status changed(const case_file *file)
{
    TRY(file_reader_check(file->file));
    return failure(ELMAN_BAD_FILE,
                   "'%.200s' has not the numbers that it had when it was "
                   "opened",
                   file_reader_path(file->file));
}

/* The file that has sequence id: the last one that does not begin behind it. */
static const case_file *file_of(const elman_dataset *dataset, size_t id)
{
    const case_file *found = NULL;
    for (int part = 0; part < PART_COUNT; part++) {
        const case_file *file = dataset->files[part];
        if (file && file->first <= id) found = file;
    }
    return found;
}

elman_status case_read(const elman_dataset *dataset, size_t id,
                       case_reader *reader)
{
    const elman_encoding *e = dataset->encoding;
    const case_file *file = file_of(dataset, id);
    size_t I = e->input_size, length = dataset->sequences[id].length;
    double *rows;

    reader->rows.count = 0;
    if (file->file) TRY(file_reader_check(file->file));
    elman_status status = file->read(file, dataset, id - file->first, reader);
    bool same = !status && reader->rows.count == length * I;
    if (status != ELMAN_BAD_FORMAT || !file->file) TRY(status);
    if (!same) return changed(file);

    rows = reader->rows.values;
    for (size_t i = 0; e->fill && i < length * I; i++)
        if (isnan(rows[i])) rows[i] = e->fill[i % I];
    for (size_t i = 0; dataset->transform.zscore && i < I; i++)
        transform_standardize(rows + i, length, I);
    return ELMAN_OK;
}

static bool fits(const elman_encoding *e, size_t column, double value)
{
    double scaled = (value - e->mean[column]) / e->scale[column];
    return fabs(scaled) <= (double)FLT_MAX;
}

/* Whether the least and largest inputs can be scaled, and so all between, and
 * what fills a hole. */
static bool range_fits(const elman_dataset *dataset)
{
    const elman_encoding *e = dataset->encoding;
    const double *low = dataset->range.values, *high = low + e->input_size;
    if (dataset->transform.zscore) return false;
    for (size_t i = 0; i < e->input_size; i++) {
        bool none = low[i] > high[i];
        if (!none && !(fits(e, i, low[i]) && fits(e, i, high[i]))) return false;
        if (e->fill && !fits(e, i, e->fill[i])) return false;
    }
    return true;
}

elman_status case_files_scale(const elman_dataset *dataset)
{
    if (range_fits(dataset)) return ELMAN_OK;

    const elman_encoding *e = dataset->encoding;
    case_reader reader = {0};
    elman_status status = ELMAN_OK;

    for (size_t id = 0; id < dataset->sequence_count && !status; id++) {
        status = case_read(dataset, id, &reader);
        for (size_t i = 0; i < reader.rows.count && !status; i++) {
            size_t column = i % e->input_size;
            status = scaled_check(reader.rows.values[i], e->mean[column],
                                  e->scale[column], "input", column);
        }
    }
    case_reader_clear(&reader);
    return status;
}
