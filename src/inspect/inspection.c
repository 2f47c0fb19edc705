/*
 * inspection.c: all measurements of a model and its data, one after the other;
 * what cannot be measured is an absence with its reason, and after each one the
 * findings are made anew, so that an inspection can be stopped at any time.
 */
#include "inspect/inspection.h"

#include "data/encoding.h"
#include "format/number.h"
#include "inspect/finding.h"
#include "inspect/measured.h"
#include "inspect/quiet.h"
#include "learn/journal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/real.h"

/* ---- Absences ----------------------------------------------------------- */

static elman_status add_absence(inspection *in, elman_section section,
                                const char *why)
{
    if (in->public.absence_count == ABSENCES) return ELMAN_OK;
    char *text = text_copy(why);
    if (!text) return failure(ELMAN_NO_MEMORY, "no memory for an inspection");
    in->absences[in->public.absence_count++] =
        (elman_absence){.section = section, .why = text};
    return ELMAN_OK;
}

/* ---- Begin -------------------------------------------------------------- */

static elman_status check_config(const elman_inspection_config *config)
{
    if ((unsigned)config->part > ELMAN_PART_TEST)
        return failure(ELMAN_BAD_VALUE,
                       "part is %d, expected one of elman_part",
                       (int)config->part);
    if (config->threads < 0 || config->threads > 64)
        return failure(ELMAN_BAD_VALUE, "threads is %d, expected 0 to 64",
                       config->threads);
    return ELMAN_OK;
}

/* The defaults; of a part that is empty, the one that is not. */
static void complete(const elman_dataset *dataset,
                     const elman_inspection_config *given,
                     elman_inspection_config *config)
{
    *config = given ? *given
                    : (elman_inspection_config){.part = ELMAN_PART_VALIDATION};
    for (int part = 0; dataset && part <= ELMAN_PART_TEST; part++)
        if (dataset->size[config->part] == 0) config->part = (elman_part)part;
    if (!config->sequences) config->sequences = SEQUENCES;
    if (!config->samples) config->samples = SAMPLES;
    if (!config->sections) config->sections = ~0u;
    if (!config->threads) config->threads = 1;
}

static elman_status fill(inspection *in)
{
    elman_inspection *public = &in->public;
    const char *note = model_note_text(public->model, "encoding");
    /* names outlive the caller's */
    in->model_name =
        text_copy(in->config.model_name ? in->config.model_name : "the model");
    in->data_name = text_copy(in->config.data_name ? in->config.data_name
                              : public->dataset    ? "the data"
                                                   : "random input");
    if (!in->model_name || !in->data_name)
        return failure(ELMAN_NO_MEMORY, "no memory for an inspection");

    public->model_name = in->model_name;
    public->data_name = in->data_name;
    bool asked = in->config.sections & ELMAN_SECTION_TRAINING;
    public->journal = asked ? in->config.journal : NULL;
    public->absences = in->absences;
    if (note && encoding_create(note, &in->encoding) == ELMAN_NO_MEMORY)
        return ELMAN_NO_MEMORY;
    if (asked && !public->journal)
        TRY(add_absence(in, ELMAN_SECTION_TRAINING,
                        "the model has no note of how it was trained"));
    return inspection_make_batch(in);
}

/* Goes on to the first row from in->row on that is asked for and possible. */
static elman_status find_row(inspection *in)
{
    elman_section told = 0;
    for (; in->row < section_count; in->row++) {
        const section_row *row = &section_rows[in->row];
        if (!(in->config.sections & (unsigned)row->section)) continue;

        const char *why = row->lack(in);
        if (!why) break;
        if (*why && row->section != told)
            TRY(add_absence(in, row->section, why));
        told = row->section;
    }

    in->begun = in->row_done = false;
    in->row_progress = 0;
    in->public.done = in->row == section_count;
    in->public.doing = in->public.done ? "done" : section_rows[in->row].doing;
    return ELMAN_OK;
}

elman_status inspection_begin(const elman_model *model,
                              const elman_dataset *dataset,
                              const elman_inspection_config *config,
                              elman_inspection **inspection_out)
{
    TRY(inspect_check(model));
    if (config) TRY(check_config(config));
    inspection *in = calloc(1, sizeof *in);
    if (!in) return failure(ELMAN_NO_MEMORY, "no memory for an inspection");
    in->public.model = model;
    in->public.dataset = dataset;
    complete(dataset, config, &in->config);

    elman_status status = time_first_create(model, &in->model);
    if (!status) status = fill(in);
    if (!status) status = find_row(in);
    if (!status) status = findings_make(in);
    if (status) {
        inspection_end(&in->public);
        return status;
    }
    *inspection_out = &in->public;
    return ELMAN_OK;
}

/* ---- Step --------------------------------------------------------------- */

/* The part of all rows' weights that is done. */
static double progress_of(const inspection *in)
{
    double done = 0, all = 0;
    for (size_t n = 0; n < section_count; n++) {
        const section_row *row = &section_rows[n];
        if (!(in->config.sections & (unsigned)row->section) || row->lack(in))
            continue;
        all += row->weight;
        if (n < in->row) done += row->weight;
        if (n == in->row) done += row->weight * in->row_progress;
    }
    return all > 0 ? real_min(done / all, 1) : 1;
}

/* A measurement that failed is not there; a want of memory ends all. */
static elman_status leave_row(inspection *in, elman_status status,
                              const failure_text *before)
{
    const section_row *row = &section_rows[in->row];
    row->end(in);
    if (status == ELMAN_NO_MEMORY) return status;
    TRY(add_absence(in, row->section, elman_message()));
    failure_restore(before);
    in->row++;
    return find_row(in);
}

elman_status inspection_step(elman_inspection *public)
{
    inspection *in = (inspection *)public;
    if (public->done) return ELMAN_OK;
    const section_row *row = &section_rows[in->row];

    failure_text before = failure_keep();
    elman_status status = in->begun ? row->step(in) : row->begin(in);
    in->begun = true;
    bool settled = status != ELMAN_OK || in->row_done;
    if (status) TRY(leave_row(in, status, &before));
    else if (in->row_done) {
        in->row++;
        TRY(find_row(in));
    }
    public->progress = public->done ? 1 : progress_of(in);
    return settled ? findings_make(in) : ELMAN_OK;
}

/* ---- End ---------------------------------------------------------------- */

void inspection_end(elman_inspection *public)
{
    inspection *in = (inspection *)public;
    if (!in) return;
    for (size_t n = 0; n < section_count; n++)
        section_rows[n].end(in);

    for (size_t n = 0; n < public->absence_count; n++)
        free((void *)(uintptr_t)in->absences[n].why);
    findings_free(in);
    inspection_free_batch(in);
    time_first_destroy(in->model);
    encoding_destroy(in->encoding);
    free(in->model_name);
    free(in->data_name);
    free(in);
}

/* ---- Settings of the run ------------------------------------------------ */

const char *inspection_setting_text(const inspection *in, const char *name)
{
    size_t count = 0;
    const elman_setting *list =
        in->config.journal ? journal_settings(in->config.journal, &count)
                           : NULL;
    for (size_t n = 0; list && n < count; n++)
        if (!strcmp(list[n].name, name)) return list[n].value;
    return NULL;
}

double inspection_setting(const inspection *in, const char *name)
{
    const char *text = inspection_setting_text(in, name);
    double value = 0;
    return text && number_parse(text, &value) == NUMBER_VALUE ? value : NAN;
}
