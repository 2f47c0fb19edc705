/* inspect.c: elman_inspect.h: measurements, journals, pages. */
#include "api/need.h"
#include "base/stop.h"
#include "inspect/attribution.h"
#include "inspect/contributions.h"
#include "inspect/errors.h"
#include "inspect/exponents.h"
#include "report/figure.h"
#include "inspect/fixed_points.h"
#include "inspect/flow.h"
#include "inspect/gates.h"
#include "inspect/inspection.h"
#include "learn/journal.h"
#include "learn/replay.h"
#include "data/hash.h"
#include "model/hash.h"
#include "inspect/pulse.h"
#include "report/report.h"
#include "inspect/spectrum.h"
#include "inspect/trace.h"
#include "inspect/truncation.h"
#include "inspect/units.h"
#include "inspect/updates.h"

elman_status elman_flow_read(const elman_model *model, const elman_batch *batch,
                             size_t level, double *norms)
{
    NEED(model, batch, norms);
    return flow_read(model, batch, level, norms);
}

elman_status elman_flow_begin(const elman_model *model,
                              const elman_batch *batch,
                              const elman_flow_config *config,
                              elman_flow **flow)
{
    NEED(model, batch, flow);
    return flow_begin(model, batch, config, flow);
}

elman_status elman_flow_step(elman_flow *flow)
{
    NEED(flow);
    return flow_step(flow);
}

void elman_flow_end(elman_flow *flow) { flow_end(flow); }

elman_status elman_contributions_begin(const elman_model *model,
                                       const elman_batch *batch,
                                       const elman_target *target,
                                       const elman_loss_config *loss,
                                       elman_contributions **contributions)
{
    NEED(model, batch, target, loss, contributions);
    return contributions_begin(model, batch, target, loss, contributions);
}

elman_status elman_contributions_step(elman_contributions *contributions)
{
    NEED(contributions);
    return contributions_step(contributions);
}

void elman_contributions_end(elman_contributions *contributions)
{
    contributions_end(contributions);
}

elman_status elman_contributions_read(const elman_contributions *contributions,
                                      size_t index, size_t t, float *values)
{
    NEED(contributions, values);
    return contributions_read(contributions, index, t, values);
}

elman_status elman_truncation_begin(const elman_model *model,
                                    const elman_batch *batch,
                                    const elman_target *target,
                                    const elman_loss_config *loss,
                                    elman_truncation **truncation)
{
    NEED(model, batch, target, loss, truncation);
    return truncation_begin(model, batch, target, loss, truncation);
}

elman_status elman_truncation_step(elman_truncation *truncation)
{
    NEED(truncation);
    return truncation_step(truncation);
}

void elman_truncation_end(elman_truncation *truncation)
{
    truncation_end(truncation);
}

elman_status elman_spectrum_begin(const elman_model *model,
                                  elman_spectrum **spectrum)
{
    NEED(model, spectrum);
    return spectrum_begin(model, spectrum);
}

elman_status elman_spectrum_step(elman_spectrum *spectrum)
{
    NEED(spectrum);
    return spectrum_step(spectrum);
}

void elman_spectrum_end(elman_spectrum *spectrum) { spectrum_end(spectrum); }

elman_status elman_exponents_begin(const elman_model *model,
                                   const elman_batch *batch,
                                   const elman_exponents_config *config,
                                   elman_exponents **exponents)
{
    NEED(model, batch, exponents);
    return exponents_begin(model, batch, config, exponents);
}

elman_status elman_exponents_step(elman_exponents *exponents)
{
    NEED(exponents);
    return exponents_step(exponents);
}

void elman_exponents_end(elman_exponents *exponents)
{
    exponents_end(exponents);
}

elman_status elman_fixed_points_begin(const elman_model *model,
                                      const elman_batch *batch,
                                      const elman_fixed_points_config *config,
                                      elman_fixed_points **points)
{
    NEED(model, batch, points);
    return fixed_points_begin(model, batch, config, points);
}

elman_status elman_fixed_points_step(elman_fixed_points *points)
{
    NEED(points);
    return fixed_points_step(points);
}

void elman_fixed_points_end(elman_fixed_points *points)
{
    fixed_points_end(points);
}

elman_status elman_fixed_points_jacobian(const elman_fixed_points *points,
                                         size_t index, double *jacobian)
{
    NEED(points, jacobian);
    return fixed_points_jacobian(points, index, jacobian);
}

elman_status elman_gates_begin(const elman_model *model,
                               const elman_batch *batch, elman_gates **gates)
{
    NEED(model, batch, gates);
    return gates_begin(model, batch, gates);
}

elman_status elman_gates_step(elman_gates *gates)
{
    NEED(gates);
    return gates_step(gates);
}

void elman_gates_end(elman_gates *gates) { gates_end(gates); }

elman_status elman_units_begin(const elman_model *model,
                               const elman_batch *batch, size_t sequence,
                               const elman_property *properties, size_t count,
                               elman_units **units)
{
    NEED(model, batch, units);
    return units_begin(model, batch, sequence, properties, count, units);
}

elman_status elman_units_step(elman_units *units)
{
    NEED(units);
    return units_step(units);
}

void elman_units_end(elman_units *units) { units_end(units); }

elman_status elman_attribution_begin(const elman_model *model,
                                     const elman_batch *batch,
                                     const elman_attribution_config *config,
                                     elman_attribution **attribution)
{
    NEED(model, batch, attribution);
    return attribution_begin(model, batch, config, attribution);
}

elman_status elman_attribution_step(elman_attribution *attribution)
{
    NEED(attribution);
    return attribution_step(attribution);
}

void elman_attribution_end(elman_attribution *attribution)
{
    attribution_end(attribution);
}

elman_status elman_errors_begin(const elman_model *model,
                                const elman_dataset *dataset, elman_part part,
                                const elman_trainer_config *config,
                                elman_errors **errors)
{
    NEED(model, dataset, errors);
    return errors_begin(model, dataset, part, config, errors);
}

elman_status elman_errors_step(elman_errors *errors)
{
    NEED(errors);
    return errors_step(errors);
}

void elman_errors_end(elman_errors *errors) { errors_end(errors); }

elman_status elman_pulse_read(const elman_model *model,
                              const elman_batch *batch, int threads,
                              elman_pulse *pulse)
{
    NEED(model, batch, pulse);
    return pulse_read(model, batch, threads, pulse);
}

elman_status elman_updates_begin(elman_trainer *trainer,
                                 elman_updates **updates)
{
    NEED(trainer, updates);
    return updates_begin(trainer, updates);
}

elman_status elman_updates_step(elman_updates *updates)
{
    NEED(updates);
    return updates_step(updates);
}

void elman_updates_end(elman_updates *updates) { updates_end(updates); }

elman_status elman_trace_create(const elman_trainer *trainer,
                                elman_trace **trace)
{
    NEED(trainer, trace);
    return trace_create(trainer, trace);
}

void elman_trace_destroy(elman_trace *trace) { trace_destroy(trace); }

uint64_t elman_model_read_hash(const elman_model *model)
{
    return model ? model_hash(model) : 0;
}

elman_status elman_dataset_read_hash(const elman_dataset *dataset,
                                     uint64_t *hash)
{
    NEED(dataset, hash);
    stop_enter();
    return stop_leave(dataset_hash(dataset, hash));
}

elman_status elman_replay_save(const elman_trainer *trainer,
                               const elman_trace *trace,
                               const char *const *words, size_t count,
                               const char *path)
{
    NEED(trainer, trace, path);
    if (count) NEED(words);
    return replay_save(trainer, trace, words, count, path);
}

elman_status elman_replay_open(const char *path, elman_replay **replay)
{
    NEED(path, replay);
    return replay_open(path, replay);
}

elman_status elman_replay_create_model(const elman_replay *replay,
                                       elman_model **model)
{
    NEED(replay, model);
    return replay_create_model(replay, model);
}

void elman_replay_close(elman_replay *replay) { replay_close(replay); }

elman_status elman_journal_create(const char *text, elman_journal **journal)
{
    NEED(journal);
    return journal_create(text, journal);
}

void elman_journal_destroy(elman_journal *journal) { journal_destroy(journal); }

elman_status elman_journal_write(elman_journal *journal,
                                 const elman_journal_row *row)
{
    NEED(journal, row);
    return journal_write(journal, row);
}

elman_status elman_journal_write_setting(elman_journal *journal,
                                         const char *name, const char *value)
{
    NEED(journal, name);
    return journal_write_setting(journal, name, value);
}

const elman_journal_row *elman_journal_rows(const elman_journal *journal,
                                            size_t *count)
{
    return journal ? journal_rows(journal, count) : NULL;
}

const elman_setting *elman_journal_settings(const elman_journal *journal,
                                            size_t *count)
{
    return journal ? journal_settings(journal, count) : NULL;
}

const char *elman_journal_note(elman_journal *journal)
{
    return journal ? journal_note(journal) : NULL;
}

elman_status elman_inspection_begin(const elman_model *model,
                                    const elman_dataset *dataset,
                                    const elman_inspection_config *config,
                                    elman_inspection **inspection)
{
    NEED(model, inspection);
    return inspection_begin(model, dataset, config, inspection);
}

elman_status elman_inspection_step(elman_inspection *inspection)
{
    NEED(inspection);
    return inspection_step(inspection);
}

void elman_inspection_end(elman_inspection *inspection)
{
    inspection_end(inspection);
}

elman_status elman_report_save(const elman_inspection *inspection,
                               const char *path)
{
    NEED(inspection, path);
    return report_save(inspection, path);
}

elman_status elman_report_save_runs(const elman_journal *const *journals,
                                    const char *const *names, size_t count,
                                    const char *path)
{
    NEED(journals, names, path);
    return report_save_runs(journals, names, count, path);
}

elman_status elman_figure_save(const elman_figure *figure, const char *path)
{
    NEED(figure, path);
    return figure_save(figure, path);
}
