/*
 * inspection_section.c: the measurements of an inspection, those that tell most
 * for their time first. A row begins, takes steps and ends like the measurement
 * it stands for.
 */
#include "inspect/measured.h"

#include "inspect/contributions.h"
#include "inspect/errors.h"
#include "inspect/exponents.h"
#include "inspect/fixed_points.h"
#include "inspect/flow.h"
#include "inspect/gates.h"
#include "inspect/spectrum.h"
#include "inspect/truncation.h"
#include "inspect/units.h"

#include <stdlib.h>

/* ---- What a row may lack ------------------------------------------------ */

static const char *lack_nothing(const inspection *in)
{
    (void)in;
    return NULL;
}

static const char *lack_level(const inspection *in)
{
    return in->model->info.level_count ? NULL
                                       : "the model has no recurrent layer";
}

static const char *lack_data(const inspection *in)
{
    return in->public.dataset ? NULL : "it needs data to measure on";
}

static const char *lack_both(const inspection *in)
{
    const char *why = lack_data(in);
    return why ? why : lack_level(in);
}

/* What is not worth an absence: "" */
static const char *lack_training(const inspection *in)
{
    bool there = in->public.dataset && in->config.part != ELMAN_PART_TRAIN &&
                 in->public.dataset->size[ELMAN_PART_TRAIN] > 0;
    return there ? NULL : "";
}

static const char *lack_sample(const inspection *in)
{
    return in->config.samples && in->batch.B ? NULL : "no sample was asked for";
}

/* ---- The rows ----------------------------------------------------------- */

static elman_status tell(inspection *in, bool done, double progress)
{
    in->row_done = done;
    in->row_progress = progress;
    return ELMAN_OK;
}

static elman_status begin_inputs(inspection *in)
{
    (void)in;
    return ELMAN_OK;
}

static elman_status step_inputs(inspection *in)
{
    TRY(inspection_read_inputs(in));
    return tell(in, true, 1);
}

static void end_inputs(inspection *in)
{
    free(in->inputs);
    in->inputs = NULL;
    in->public.inputs = NULL;
    in->public.input_count = 0;
}

/* The answers on the part, and what they have to beat. */
static elman_status begin_errors(inspection *in)
{
    TRY(errors_begin(in->model, &in->part, in->config.part, &in->training,
                     &in->errors));
    const elman_baseline_config beaten = {.part = in->config.part};
    elman_status status = baseline_read(&in->part, &beaten, &in->baseline);
    in->has_baseline = status == ELMAN_OK;
    return status == ELMAN_NO_MEMORY ? status : ELMAN_OK;
}

static elman_status step_errors(inspection *in)
{
    TRY(errors_step(in->errors));
    if (in->errors->done) in->public.errors = in->errors;
    return tell(in, in->errors->done, in->errors->progress);
}

static void end_errors(inspection *in)
{
    errors_end(in->errors);
    in->errors = NULL;
}

static elman_status begin_training(inspection *in)
{
    return errors_begin(in->model, &in->train, ELMAN_PART_TRAIN, &in->training,
                        &in->training_errors);
}

static elman_status step_training(inspection *in)
{
    elman_errors *errors = in->training_errors;
    TRY(errors_step(errors));
    if (errors->done) in->public.training_errors = errors;
    return tell(in, errors->done, errors->progress);
}

static void end_training(inspection *in)
{
    errors_end(in->training_errors);
    in->training_errors = NULL;
}

/* The longest sequence of a batch: it has the most lags. */
static size_t longest_of(const elman_batch *batch)
{
    size_t longest = 0;
    for (size_t b = 1; batch->lengths && b < batch->B; b++)
        if (batch->lengths[b] > batch->lengths[longest]) longest = b;
    return longest;
}

static elman_status begin_flow(inspection *in)
{
    size_t output = in->config.output;
    const elman_flow_config config = {.sequence = longest_of(&in->short_one),
                                      .source = output ? ELMAN_FLOW_OUTPUT
                                                       : ELMAN_FLOW_SIGNS,
                                      .output = output ? output - 1 : 0,
                                      .threads = in->config.threads};
    return flow_begin(in->model, &in->short_one, &config, &in->flow);
}

static elman_status step_flow(inspection *in)
{
    TRY(flow_step(in->flow));
    if (in->flow->done) in->public.flow = in->flow;
    return tell(in, in->flow->done, in->flow->progress);
}

static void end_flow(inspection *in)
{
    flow_end(in->flow);
    in->flow = NULL;
}

static elman_status begin_gates(inspection *in)
{
    return gates_begin(in->model, &in->batch, &in->gates);
}

static elman_status step_gates(inspection *in)
{
    TRY(gates_step(in->gates));
    if (in->gates->done) in->public.gates = in->gates;
    return tell(in, in->gates->done, in->gates->progress);
}

static void end_gates(inspection *in)
{
    gates_end(in->gates);
    in->gates = NULL;
}

static elman_status begin_truncation(inspection *in)
{
    return truncation_begin(in->model, &in->window_one, &in->target,
                            &in->training.loss, &in->truncation);
}

static elman_status step_truncation(inspection *in)
{
    TRY(truncation_step(in->truncation));
    if (in->truncation->done) in->public.truncation = in->truncation;
    return tell(in, in->truncation->done, in->truncation->progress);
}

static void end_truncation(inspection *in)
{
    truncation_end(in->truncation);
    in->truncation = NULL;
}

static elman_status begin_units(inspection *in)
{
    const properties *p = in->properties;
    return units_begin(in->model, &in->batch, 0, p ? p->items : NULL,
                       p ? p->count : 0, &in->units);
}

static elman_status step_units(inspection *in)
{
    TRY(units_step(in->units));
    if (in->units->done) in->public.units = in->units;
    return tell(in, in->units->done, in->units->progress);
}

static void end_units(inspection *in)
{
    units_end(in->units);
    in->units = NULL;
}

static elman_status begin_exponents(inspection *in)
{
    const elman_exponents_config config = {.sequence = longest_of(&in->batch),
                                           .count = in->config.exponents,
                                           .threads = in->config.threads};
    return exponents_begin(in->model, &in->batch, &config, &in->exponents);
}

static elman_status step_exponents(inspection *in)
{
    TRY(exponents_step(in->exponents));
    if (in->exponents->done) in->public.exponents = in->exponents;
    return tell(in, in->exponents->done, in->exponents->progress);
}

static void end_exponents(inspection *in)
{
    exponents_end(in->exponents);
    in->exponents = NULL;
}

static elman_status begin_spectrum(inspection *in)
{
    return spectrum_begin(in->model, &in->spectrum);
}

static elman_status step_spectrum(inspection *in)
{
    TRY(spectrum_step(in->spectrum));
    if (in->spectrum->done) in->public.spectrum = in->spectrum;
    return tell(in, in->spectrum->done, in->spectrum->progress);
}

static void end_spectrum(inspection *in)
{
    spectrum_end(in->spectrum);
    in->spectrum = NULL;
}

static elman_status begin_points(inspection *in)
{
    /* a start of a larger state costs the cube of its size */
    size_t n = in->model->memory_h + in->model->memory_c;
    size_t starts = 32;
    for (; n > 160 && starts > 1; n = n * 4 / 5)
        starts /= 2;
    const elman_fixed_points_config config = {.input = in->config.input,
                                              .token = in->config.token,
                                              .starts = starts,
                                              .seed = in->config.seed};
    return fixed_points_begin(in->model, &in->batch, &config,
                              &in->fixed_points);
}

static elman_status step_points(inspection *in)
{
    TRY(fixed_points_step(in->fixed_points));
    if (in->fixed_points->done) in->public.fixed_points = in->fixed_points;
    return tell(in, in->fixed_points->done, in->fixed_points->progress);
}

static void end_points(inspection *in)
{
    fixed_points_end(in->fixed_points);
    in->fixed_points = NULL;
}

static elman_status begin_contributions(inspection *in)
{
    return contributions_begin(in->model, &in->short_one, &in->target,
                               &in->training.loss, &in->contributions);
}

static elman_status step_contributions(inspection *in)
{
    TRY(contributions_step(in->contributions));
    if (in->contributions->done) in->public.contributions = in->contributions;
    return tell(in, in->contributions->done, in->contributions->progress);
}

static void end_contributions(inspection *in)
{
    contributions_end(in->contributions);
    in->contributions = NULL;
}

const section_row section_rows[] = {
    {ELMAN_SECTION_DATA, "the inputs", 1, lack_nothing, begin_inputs,
     step_inputs, end_inputs},
    {ELMAN_SECTION_ERRORS, "the answers", 3, lack_data, begin_errors,
     step_errors, end_errors},
    {ELMAN_SECTION_ERRORS, "the answers on the training data", 3, lack_training,
     begin_training, step_training, end_training},
    {ELMAN_SECTION_FLOW, "how far back the gradient reaches", 4, lack_level,
     begin_flow, step_flow, end_flow},
    {ELMAN_SECTION_GATES, "the gates", 1, lack_level, begin_gates, step_gates,
     end_gates},
    {ELMAN_SECTION_TRUNCATION, "what a shorter window would lose", 4, lack_both,
     begin_truncation, step_truncation, end_truncation},
    {ELMAN_SECTION_ATTRIBUTION, "what decided an answer", 6, lack_sample,
     inspection_begin_samples, inspection_step_samples, inspection_end_samples},
    {ELMAN_SECTION_UNITS, "the units", 1, lack_level, begin_units, step_units,
     end_units},
    {ELMAN_SECTION_EXPONENTS, "Lyapunov exponents", 2, lack_level,
     begin_exponents, step_exponents, end_exponents},
    {ELMAN_SECTION_SPECTRUM, "eigenvalues", 1, lack_level, begin_spectrum,
     step_spectrum, end_spectrum},
    {ELMAN_SECTION_CONTRIBUTIONS, "what each step adds to the gradients", 1,
     lack_both, begin_contributions, step_contributions, end_contributions},
    {ELMAN_SECTION_FIXED_POINTS, "fixed points", 4, lack_level, begin_points,
     step_points, end_points},
};

const size_t section_count = sizeof section_rows / sizeof *section_rows;
