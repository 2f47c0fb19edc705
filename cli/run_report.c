/*
 * run_report.c: see run_report.h.
 */
#include "run_report.h"
#include "screen.h"
#include "stopping.h"

#include <stdlib.h>

bool report_due(const training *run, const elman_progress *progress)
{
    const train_values *values = run->values;
    if (!values->report || !values->report_every) return false;
    uint64_t number = values->evaluate_every
                          ? progress->step / values->evaluate_every
                          : progress->epoch;
    return number % values->report_every == 0;
}

/* All measurements, one after the other. */
static elman_status inspect(const training *run, elman_inspection **inspection)
{
    bool held = elman_dataset_size(run->dataset, ELMAN_PART_VALIDATION) > 0;
    const elman_inspection_config config = {
        .part = held ? ELMAN_PART_VALIDATION : ELMAN_PART_TRAIN,
        .seed = run->values->seed,
        .loss = run->config.loss.kind,
        .journal = run->journal,
        .model_name = run->model_path,
        .data_name = run->arguments->operands[0],
        .threads = (int)run->values->threads};

    /* one measurement after the other; a terminal sees which */
    elman_status status =
        elman_inspection_begin(run->model, run->dataset, &config, inspection);
    while (status == ELMAN_OK && !(*inspection)->done && !stopping_now()) {
        char text[80];
        snprintf(text, sizeof text, "report  %.0f %%  %s",
                 100 * (*inspection)->progress, (*inspection)->doing);
        if (screen.live && !screen.quiet) live_line(text);
        status = elman_inspection_step(*inspection);
    }
    return status;
}

int report_write(const training *run)
{
    elman_inspection *inspection = NULL;
    elman_status status = inspect(run, &inspection);
    if (screen.live) live_line("");
    bool left = status == ELMAN_OK && !inspection->done;
    if (left) note("no page was written, as the signal came first");
    else if (status == ELMAN_OK)
        status = elman_report_save(inspection, run->values->report);
    elman_inspection_end(inspection);
    if (status == ELMAN_OK) return 0;
    return failed("no page was written: %s; the run is not affected",
                  elman_message());
}
