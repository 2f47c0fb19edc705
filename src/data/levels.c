/*
 * levels.c: settles the transform of a dataset and carries it out, row by row
 * within each series and before anything is scaled.
 */
#include "data/encoding.h"
#include "data/season.h"
#include "data/store.h"

#include "base/memory.h"
#include "base/spill.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for transformed data");
}

/* ---- Which inputs are targets ------------------------------------------- */

/* By where they stand in the table, else by name; without either, inputs and
 * targets are the same if they are as many. */
static bool is_same(const elman_encoding *e, size_t i, size_t j)
{
    if (e->positions && e->target_positions)
        return e->positions[i] == e->target_positions[j];
    if (e->columns && e->target_names)
        return !strcmp(e->columns[i], e->target_names[j]);
    return e->input_size == e->target_count && i == j;
}

elman_status targets_match(elman_dataset *dataset)
{
    const elman_encoding *e = dataset->encoding;
    if (dataset->target_of) return ELMAN_OK;
    dataset->target_of = calloc(e->input_size + 1, sizeof(size_t));
    if (!dataset->target_of) return no_memory();

    for (size_t i = 0; i < e->input_size; i++) {
        size_t j = 0;
        while (j < e->target_count && !is_same(e, i, j))
            j++;
        dataset->target_of[i] = j;
    }
    return ELMAN_OK;
}

/* ---- Rows --------------------------------------------------------------- */

/* The targets' own values, and over them those of the inputs that they are:
 * there nothing is missing. */
static elman_status make_levels(elman_dataset *dataset)
{
    const elman_encoding *e = dataset->encoding;
    size_t n = dataset->row_count, J = e->target_count, count = 0;
    numbers *levels = &dataset->levels;
    if (!sizes_multiply(n, J, 1, &count)) return no_memory();

    levels->values = spill_widen(NULL, &levels->room, count, sizeof(double));
    if (!levels->values) return no_memory();
    levels->count = count;

    /* where an input is a target it has the last word */
    for (size_t k = 0; k < count; k++)
        levels->values[k] = k < dataset->raw_targets.count
                                ? dataset->raw_targets.values[k]
                                : NAN;
    for (size_t i = 0; i < e->input_size; i++) {
        size_t j = dataset->target_of[i];
        for (size_t row = 0; j < J && row < n; row++)
            levels->values[row * J + j] =
                dataset->raw.values[row * e->input_size + i];
    }
    return ELMAN_OK;
}

/* "line 7", or which row where the lines are not known. */
static void name_row(const elman_dataset *dataset, size_t row, char text[60])
{
    const row_series *s = series_of(dataset, row);
    size_t line = dataset->row_lines ? dataset->row_lines[row] : 0;
    if (line) snprintf(text, 60, "line %zu", line);
    else if (s->name)
        snprintf(text, 60, "row %zu of %.30s", row - s->first + 1, s->name);
    else snprintf(text, 60, "row %zu", row - s->first + 1);
}

static elman_status check_logarithms(const elman_dataset *dataset)
{
    const elman_encoding *e = dataset->encoding;
    size_t J = e->target_count;
    for (size_t k = 0; k < dataset->levels.count; k++) {
        double value = dataset->levels.values[k];
        if (value > 0 || isnan(value)) continue;

        /* which row, and whose fault it is */
        char where[60];
        const char *name = e->target_names ? e->target_names[k % J] : "";
        name_row(dataset, k / J, where);
        return failure(
            ELMAN_BAD_VALUE,
            "%s: %g%s%.60s has no logarithm, which transform log takes of "
            "every value; %s",
            where, value, *name ? " in column " : "", name,
            dataset->following ? "the model was trained on values above 0 "
                                 "and cannot answer this"
                               : "leave log out of the list");
    }
    return ELMAN_OK;
}

/* The transformed values of all rows; 0 where a series' first rows have none,
 * which no window reads. */
static elman_status move_targets(elman_dataset *dataset)
{
    size_t J = dataset->encoding->target_count, count = dataset->levels.count;
    size_t lost = transform_lost(&dataset->transform);
    numbers *moved = &dataset->moved;
    moved->values = spill_widen(NULL, &moved->room, count, sizeof(double));
    if (!moved->values) return no_memory();
    moved->count = count;

    for (size_t s = 0; s < dataset->series_count; s++)
        for (size_t t = 0; t < dataset->series[s].count; t++)
            for (size_t j = 0; j < J; j++) {
                size_t at = (dataset->series[s].first + t) * J + j;
                moved->values[at] =
                    t < lost ? 0
                             : transform_value(&dataset->transform,
                                               dataset->levels.values + at, J);
            }
    return ELMAN_OK;
}

/* Puts them in the place of the raw inputs that are targets. */
static void move_inputs(elman_dataset *dataset)
{
    const elman_encoding *e = dataset->encoding;
    for (size_t i = 0; i < e->input_size; i++) {
        size_t j = dataset->target_of[i];
        for (size_t row = 0; j < e->target_count && row < dataset->row_count;
             row++)
            dataset->raw.values[row * e->input_size + i] =
                dataset->moved.values[row * e->target_count + j];
    }
}

/* ---- Windows ------------------------------------------------------------ */

/* Whether a window reads none of the first rows of its series. */
static bool has_rows(const elman_dataset *dataset, size_t id, size_t lost)
{
    size_t first = dataset->sequences[id].first;
    return first - series_of(dataset, first)->first >= lost;
}

/* Leaves out the ids that became SIZE_MAX, and gives the others' new ones. */
static elman_status renumber_part(elman_dataset *dataset, int part,
                                  const size_t *number)
{
    size_t had = dataset->size[part], kept = 0;
    for (size_t i = 0; i < had; i++) {
        size_t id = number[dataset->ids[part][i]];
        if (id != SIZE_MAX) dataset->ids[part][kept++] = id;
    }
    dataset->size[part] = kept;
    if (kept || !had || dataset->answers) return ELMAN_OK;

    const elman_encoding *e = dataset->encoding;
    char text[TRANSFORM_TEXT];
    transform_print(&dataset->transform, text);
    return failure(ELMAN_BAD_VALUE,
                   "transform %s needs %zu rows of a series before its first "
                   "window, and the %s part has no window of %zu rows behind "
                   "them; give more rows, a smaller window, or transform none",
                   text, transform_lost(&dataset->transform),
                   part_name((elman_part)part), e->window);
}

/* Windows begin where the transform has values. */
static elman_status drop_windows(elman_dataset *dataset)
{
    size_t lost = transform_lost(&dataset->transform), kept = 0;
    size_t *number = spill_zeroed(dataset->sequence_count + 1, sizeof *number);
    if (!number) return no_memory();

    for (size_t id = 0; id < dataset->sequence_count; id++) {
        bool keep = has_rows(dataset, id, lost);
        number[id] = keep ? kept : SIZE_MAX;
        if (keep) dataset->sequences[kept++] = dataset->sequences[id];
    }
    dataset->sequence_count = kept;

    elman_status status = ELMAN_OK;
    for (int part = 0; part < PART_COUNT && status == ELMAN_OK; part++)
        status = renumber_part(dataset, part, number);
    spill_free(number);
    return status;
}

/* ---- Settling ----------------------------------------------------------- */

/* The season of the data, if it has one: from the training rows alone. */
static elman_status find_season(elman_dataset *dataset, const span *training,
                                size_t count)
{
    elman_encoding *e = dataset->encoding;
    size_t J = e->target_count;
    season_search search = {0};
    elman_status status = ELMAN_OK;

    // each target of each series is a line of its own
    for (size_t k = 0; k < count * J && status == ELMAN_OK; k++) {
        const span *rows = training + k / J;
        status = season_add(&search,
                            dataset->levels.values + rows->first * J + k % J,
                            rows->length, J);
    }

    double strength = 0;
    if (!status) e->season = season_find(&search, &strength);
    season_clear(&search);
    TRY(status);
    if (!e->season)
        return facts_add(&dataset->facts, "season", true,
                         "none was found in the training rows");
    return facts_add(&dataset->facts, "season", false,
                     "%zu rows: over that distance the training rows' changes "
                     "correlate with %.2f",
                     e->season, strength);
}

/* What a person asked for, or what the data suggests. */
static elman_status choose(elman_dataset *dataset,
                           const elman_dataset_config *config,
                           const span *training, size_t count)
{
    elman_encoding *e = dataset->encoding;
    transform *t = &dataset->transform;
    bool forecast = e->task == ELMAN_TASK_FORECAST;
    if (forecast) TRY(find_season(dataset, training, count));

    if (!config->transform)
        return forecast ? transform_choose(dataset, training, count, t)
                        : ELMAN_OK;
    TRY(transform_parse(config->transform, e->task, e->season, t));
    if (t->season) e->season = t->season;

    char text[TRANSFORM_TEXT];
    transform_print(t, text);
    return facts_add(&dataset->facts, "transform", false, "%s, as asked for%s",
                     text,
                     t->zscore ? ": each series and input by itself" : "");
}

static elman_status settle(elman_dataset *dataset,
                           const elman_dataset_config *config)
{
    elman_encoding *e = dataset->encoding;
    if (dataset->following && !e->transform) return ELMAN_OK;
    if (dataset->following) {
        TRY(transform_parse(e->transform, e->task, e->season,
                            &dataset->transform));
        return facts_add(&dataset->facts, "transform", true,
                         "%s, as the model was trained", e->transform);
    }

    span *training = NULL;
    size_t count = 0;
    TRY(training_spans(dataset, false, &training, &count));
    elman_status status = choose(dataset, config, training, count);
    spill_free(training);
    TRY(status);

    /* sequences as they are need no word */
    char text[TRANSFORM_TEXT];
    transform_print(&dataset->transform, text);
    if (e->task != ELMAN_TASK_FORECAST && !dataset->transform.zscore)
        return ELMAN_OK;
    e->transform = text_copy(text);
    return e->transform ? ELMAN_OK : no_memory();
}

static void standardize_all(elman_dataset *dataset)
{
    size_t I = dataset->encoding->input_size;
    for (size_t id = 0; id < dataset->sequence_count; id++)
        for (size_t i = 0; i < I; i++) {
            const span *s = &dataset->sequences[id];
            transform_standardize(dataset->raw.values + s->first * I + i,
                                  s->length, I);
        }
}

static elman_status transform_forecast(elman_dataset *dataset)
{
    const transform *t = &dataset->transform;
    size_t lost = transform_lost(t);
    if (!t->log && !lost && !t->last) return ELMAN_OK;

    if (t->log) TRY(check_logarithms(dataset));
    TRY(move_targets(dataset));
    move_inputs(dataset);

    if (!lost) return ELMAN_OK;
    TRY(drop_windows(dataset));
    return facts_add(&dataset->facts, "transform", true,
                     "windows begin behind the first %zu rows of each series, "
                     "which have nothing to differ from",
                     lost);
}

elman_status transform_all(elman_dataset *dataset,
                           const elman_dataset_config *config)
{
    bool forecast = dataset->encoding->task == ELMAN_TASK_FORECAST;
    if (forecast) {
        TRY(targets_match(dataset));
        TRY(make_levels(dataset));
    }

    TRY(settle(dataset, config));
    if (dataset->transform.zscore && !dataset->kept) standardize_all(dataset);
    return forecast ? transform_forecast(dataset) : ELMAN_OK;
}
