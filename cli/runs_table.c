/*
 * runs_table.c: what came of many runs: means and spreads of settings, a table
 * or a record of them, and the best model.
 */
#include "record.h"
#include "runs_all.h"
#include "screen.h"
#include "table.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Mean and spread of the runs of a setting. */
typedef struct summary {
    size_t count;
    double mean, deviation; /* of the headline, of a sample */
    double baseline;        /* mean */
    double error, loss;     /* means, infinite if a run failed */
    const one_run *best;
} summary;

static bool is_better(double error, double loss, double than_error,
                      double than_loss)
{
    return error < than_error || (error == than_error && loss < than_loss);
}

static void add_run(summary *s, const one_run *run)
{
    const run_score *score = &run->score;
    if (!run->finished) {
        s->error = s->loss = INFINITY;
        return;
    }
    s->count++;
    s->mean += score->headline;
    s->baseline += score->baseline;
    s->error += score->error;
    s->loss += score->loss;
    if (!s->best || is_better(score->error, score->loss, s->best->score.error,
                              s->best->score.loss))
        s->best = run;
}

static summary summarize(const all_runs *all, size_t setting)
{
    summary s = {0};
    size_t each = all->seeds * all->folds;
    const one_run *runs = all->list + setting * each;
    for (size_t n = 0; n < each; n++)
        add_run(&s, &runs[n]);
    s.deviation = s.count > 1 ? 0 : NAN;
    if (!s.count) return s;

    s.mean /= (double)s.count;
    s.baseline /= (double)s.count;
    s.error /= (double)s.count;
    s.loss /= (double)s.count;

    /* the spread around that mean */
    for (size_t n = 0; n < each; n++) {
        double distance = runs[n].score.headline - s.mean;
        if (runs[n].finished) s.deviation += distance * distance;
    }
    s.deviation = sqrt(s.deviation / ((double)s.count - 1));
    return s;
}

/* The setting whose mean error is least. */
static size_t best_setting(const all_runs *all)
{
    size_t best = 0;
    double error = INFINITY, loss = INFINITY;
    bool found = false;
    for (size_t n = 0; n < all->settings.count; n++) {
        summary s = summarize(all, n);
        if (!s.best || (found && !is_better(s.error, s.loss, error, loss)))
            continue;
        found = true;
        error = s.error;
        loss = s.loss;
        best = n;
    }
    return best;
}

/* The cells of a setting's row. */
enum { SETTING, RUNS, MEAN, DEVIATION, BASELINE, CELLS };
typedef char run_cells[CELLS][256];

static void fill_row(const all_runs *all, size_t setting, run_cells cells)
{
    summary s = summarize(all, setting);
    sweep_describe(&all->settings, setting, cells[SETTING], sizeof *cells);
    if (!cells[SETTING][0]) snprintf(cells[SETTING], sizeof *cells, "as given");

    snprintf(cells[RUNS], sizeof *cells, "%zu", s.count);
    snprintf(cells[MEAN], sizeof *cells, "%s",
             significant(s.count ? s.mean : NAN, 4));
    snprintf(cells[DEVIATION], sizeof *cells, "%s",
             significant(s.deviation, 3));
    snprintf(cells[BASELINE], sizeof *cells, "%s",
             significant(s.count ? s.baseline : NAN, 4));
}

static int show_table(const all_runs *all, size_t best)
{
    size_t rows = all->settings.count;
    run_cells *texts = calloc(rows, sizeof *texts);
    const char **cells = calloc(rows * CELLS, sizeof *cells);
    colour *inks = calloc(rows, sizeof *inks);
    const table_column columns[CELLS] = {
        {"setting", FIT_CUT},
        {"runs", FIT_WHOLE},
        {summarize(all, best).best->score.word, FIT_WHOLE},
        {"deviation", FIT_WHOLE},
        {"baseline", FIT_WHOLE}};

    bool fits = texts && cells && inks;
    for (size_t n = 0; n < rows && fits; n++) {
        fill_row(all, n, texts[n]);
        for (size_t c = 0; c < CELLS; c++)
            cells[n * CELLS + c] = texts[n][c];
        if (n == best && rows > 1) inks[n] = GREEN;
    }

    if (fits) putchar('\n');
    if (fits) table_show(stdout, columns, CELLS, rows, cells, inks);
    free(texts);
    free(cells);
    free(inks);
    return fits ? 0 : failed("out of memory");
}

static void show_record(const all_runs *all, size_t best)
{
    record out = record_begin(stdout);
    record_open(&out, "runs", '[');
    for (size_t n = 0; n < all->count; n++) {
        const one_run *run = &all->list[n];
        if (!run->finished) continue;
        record_open(&out, NULL, '{');
        record_text(&out, "run", run_describe(all, run));
        record_number(&out, "error", run->score.error);
        record_number(&out, "loss", run->score.loss);
        record_text(&out, "metric", run->score.word);
        record_number(&out, "value", run->score.headline);
        record_number(&out, "baseline", run->score.baseline);
        record_count(&out, "steps", run->score.steps);
        record_number(&out, "seconds", run->score.seconds);
        record_close(&out, '}');
    }
    record_close(&out, ']');

    summary s = summarize(all, best);
    char text[512] = "";
    sweep_describe(&all->settings, best, text, sizeof text);
    record_open(&out, "best", '{');
    record_text(&out, "setting", text);
    record_number(&out, "mean", s.mean);
    record_number(&out, "deviation", s.deviation);
    record_close(&out, '}');
    record_end(&out);
}

/* Makes the best run's model the model, and removes those of the others. */
static int keep_best(const all_runs *all, const one_run *best)
{
    char path[PATH_ROOM + 32];
    bool keeps = all->folds == 1 && best;
    if (keeps) {
        run_model_path(all, best, path);
        if (!path_rename(path, all->model_path))
            return failed("cannot rename '%s' to '%s': %s", path,
                          all->model_path, strerror(errno));
    }
    for (size_t n = 0; n < all->count; n++) {
        run_model_path(all, &all->list[n], path);
        if (!all->values->keep_runs) path_remove(path);

        /* of a run that was stopped and begun anew */
        strcat(path, ".checkpoint.previous");
        path_remove(path);
    }
    path_remove(all->path);

    if (screen.json || screen.quiet) return 0;
    if (keeps)
        printf("\nsaved %s, the best of %zu runs: %s\n",
               printable(all->model_path), all->count, run_describe(all, best));
    else
        printf("\nno model is kept of a cross-validation; without "
               "--cross-validate the same command makes one\n");
    return 0;
}

int runs_settle(const all_runs *all)
{
    size_t best = best_setting(all);
    const one_run *run = summarize(all, best).best;
    if (!run) return failed("all %zu runs failed", all->count);
    if (!run->score.held && all->count > 1)
        note("there is no validation part, so the error on the training data "
             "tells which run is best; --validation 0.2 or --cross-validate 5 "
             "is fairer");
    int code = 0;
    if (screen.json) show_record(all, best);
    else if (!screen.quiet) code = show_table(all, best);
    return code ? code : keep_best(all, run);
}
