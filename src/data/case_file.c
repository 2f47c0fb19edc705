/* case_file.c: see case_file.h. */
#include "data/case_file.h"

#include "data/encoding.h"

#include "base/spill.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

void case_reader_clear(case_reader *reader)
{
    spill_free(reader->rows.values);
    spill_free(reader->values.values);
    spill_free(reader->scratch.values);
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
        const input other = dataset_input(dataset, more[i]);
        large = large || input_is_large(&other, config);
    }
    dataset->kept = large && !in->bytes;
}

static elman_status check_file(const case_file *file)
{
    if (file->file) TRY(file_reader_check(file->file));
    return file->beside ? file_reader_check(file->beside) : ELMAN_OK;
}

elman_status case_files_check(const elman_dataset *dataset)
{
    for (int part = 0; part < PART_COUNT; part++)
        if (dataset->files[part]) TRY(check_file(dataset->files[part]));
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

elman_status case_targets(const elman_dataset *dataset, size_t id, size_t step,
                          size_t steps, case_reader *reader)
{
    const case_file *file = file_of(dataset, id);
    TRY(file->targets(file, dataset, id - file->first, step, steps, reader));

    /* what was read is what was opened, or else the file is another by now */
    return check_file(file);
}

/* ---- Scale -------------------------------------------------------------- */

static bool fits(double value, double mean, double scale)
{
    return fabs((value - mean) / scale) <= (double)FLT_MAX;
}

/* Whether the least and largest numbers of columns can be scaled, and so all
 * between; and what fills a hole (NULL: nothing does). */
static bool range_fits(const number_range *range, size_t columns,
                       const double *mean, const double *scale,
                       const double *fill)
{
    for (size_t i = 0; i < columns; i++) {
        double low = range->low[i], high = range->high[i];
        bool none = low > high;
        if (!none && !fits(low, mean[i], scale[i])) return false;
        if (!none && !fits(high, mean[i], scale[i])) return false;
        if (fill && !fits(fill[i], mean[i], scale[i])) return false;
    }
    return true;
}

/* Checks the inputs of a case, or its targets. */
static elman_status check_case(const elman_dataset *dataset, size_t id,
                               bool targets, case_reader *reader)
{
    const elman_encoding *e = dataset->encoding;
    size_t columns = targets ? e->target_count : e->input_size;
    TRY(targets ? case_targets(dataset, id, 0, dataset->sequences[id].length,
                               reader)
                : case_read(dataset, id, reader));
    for (size_t k = 0; k < reader->rows.count; k++) {
        size_t i = k % columns;
        double value = reader->rows.values[k];
        if (targets && !isnan(value))
            TRY(scaled_check(value, e->target_mean[i], e->target_scale[i],
                             "target", i));
        if (!targets)
            TRY(scaled_check(value, e->mean[i], e->scale[i], "input", i));
    }
    return ELMAN_OK;
}

static elman_status check_cases(const elman_dataset *dataset, bool targets)
{
    case_reader reader = {0};
    elman_status status = ELMAN_OK;
    for (size_t id = 0; id < dataset->sequence_count && !status; id++)
        status = check_case(dataset, id, targets, &reader);
    case_reader_clear(&reader);
    return status;
}

elman_status case_files_scale(const elman_dataset *dataset)
{
    const elman_encoding *e = dataset->encoding;
    bool zscore = dataset->transform.zscore;
    if (zscore ||
        !range_fits(&dataset->range, e->input_size, e->mean, e->scale, e->fill))
        TRY(check_cases(dataset, false));
    if (dataset->kept_targets &&
        !range_fits(&dataset->target_range, e->target_count, e->target_mean,
                    e->target_scale, NULL))
        TRY(check_cases(dataset, true));
    return ELMAN_OK;
}
