/*
 * place.c: where the rows of tables and of .tsf are kept: in memory or, of more
 * than that may hold, in files; where they stand in their file, and their
 * times.
 */
#include "data/table.h"

#include "base/spill.h"

#include <string.h>

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for the rows of a table");
}

elman_status rows_widen(elman_dataset *dataset, size_t count, bool timed)
{
    size_t had = dataset->row_count, all = had + count;
    size_t unit = sizeof(size_t);
    if (all > SIZE_MAX / unit) return no_memory();

    /* where each row stands in its file */
    size_t *lines = spill_resize(dataset->row_lines, had * unit, all * unit);
    if (lines) dataset->row_lines = lines;
    size_t *steps = spill_resize(dataset->row_steps, had * unit, all * unit);
    if (steps) dataset->row_steps = steps;
    if (!lines || !steps) return no_memory();
    if (!timed && !dataset->times.at) return ELMAN_OK;

    /* rows of another file may have no times */
    size_t first = dataset->times.at ? had : 0;
    size_t *at = spill_resize(dataset->times.at, first * unit, all * unit);
    if (!at) return no_memory();
    dataset->times.at = at;
    for (size_t i = first; i < all; i++)
        at[i] = 0;
    return ELMAN_OK;
}

const char *row_time(const elman_dataset *dataset, size_t row)
{
    const row_times *times = &dataset->times;
    return times->at && times->at[row] ? times->text + times->at[row] - 1
                                       : NULL;
}

elman_status row_time_set(elman_dataset *dataset, size_t row, const char *text)
{
    row_times *times = &dataset->times;
    size_t bytes = strlen(text) + 1;
    char *wider =
        spill_widen(times->text, &times->room, times->bytes + bytes, 1);
    if (!wider) return no_memory();

    times->text = wider;
    times->at[row] = times->bytes + 1;
    memcpy(wider + times->bytes, text, bytes);
    times->bytes += bytes;
    return ELMAN_OK;
}

void row_times_clear(row_times *times)
{
    spill_free(times->at);
    spill_free(times->text);
    *times = (row_times){0};
}

/* ---- All rows ----------------------------------------------------------- */

/* What did not fit, and where. */
static elman_status no_room(const input *in, const char *reason)
{
    return failure(
        ELMAN_BAD_FILE,
        "%.200s: its rows take more memory than they may, and of the "
        "files that they are kept in instead, %.350s, or give more "
        "memory (--memory)",
        in->name, reason);
}

elman_status rows_open(elman_dataset *dataset, const input *in,
                       const elman_dataset_config *config, dataset_step read)
{
    dataset->memory = config->memory;
    /* every list that is made from here on is held against the limit */
    size_t before = spill_limit(config->memory), had = spill_in_files();
    (void)spill_reason();
    elman_status status =
        sequences_open(dataset, in, config, read, table_split);

    /* where they are, or why they are nowhere */
    const char *reason = spill_reason();
    if (status == ELMAN_NO_MEMORY && reason[0]) status = no_room(in, reason);
    size_t have = spill_in_files();
    if (status == ELMAN_OK && have > had)
        status = facts_add_spilled(&dataset->facts, have - had);
    spill_limit(before);
    return status;
}
