/*
 * compare.c: `elman compare`: training runs beside each other.
 */
#include "compare.h"
#include "commands.h"
#include "safe.h"
#include "screen.h"

#include <stdlib.h>

typedef struct compare_values {
    const char *output, *svg;
} compare_values;

#define AT(field) offsetof(compare_values, field)

static const option_row compare_options[] = {
    {.name = "output",
     .letter = 'o',
     .type = OPTION_TEXT,
     .value = "FILE",
     .field = AT(output),
     .fallback = "(none)",
     .common = true,
     .help = "write a page (HTML) with curves, tables and settings"},
    {.name = "svg",
     .type = OPTION_TEXT,
     .value = "FILE",
     .field = AT(svg),
     .fallback = "(none)",
     .common = true,
     .help = "write the losses over the steps as a figure"},
    {0},
};

static int write_page(const comparison *all, const char *path)
{
    const elman_journal **journals = calloc(all->count, sizeof *journals);
    const char **names = calloc(all->count, sizeof *names);
    bool fits = journals && names;
    for (size_t n = 0; fits && n < all->count; n++) {
        journals[n] = all->runs[n].journal;
        names[n] = all->runs[n].name;
    }

    elman_status status =
        fits ? elman_report_save_runs(journals, names, all->count, path)
             : ELMAN_OK;
    free(journals);
    free(names);
    if (!fits) return failed("out of memory");
    return status == ELMAN_OK ? 0 : library_failed();
}

/* The losses of a run as a line; its arrays are the caller's to free. */
static bool fill_line(const run_file *run, elman_line *line)
{
    size_t count;
    const elman_journal_row *rows = elman_journal_rows(run->journal, &count);
    double *x = calloc(count + 1, sizeof *x), *y = calloc(count + 1, sizeof *y);
    *line = (elman_line){.name = run->name, .count = count, .x = x, .y = y};
    for (size_t n = 0; x && y && n < count; n++) {
        x[n] = (double)rows[n].step;
        y[n] = loss_of(&rows[n]);
    }
    return x && y;
}

static int write_figure(const comparison *all, const char *path)
{
    elman_line *lines = calloc(all->count, sizeof *lines);
    bool fits = lines != NULL;
    for (size_t n = 0; fits && n < all->count; n++)
        fits = fill_line(&all->runs[n], &lines[n]);

    /* the line falls by orders, so its axis is logarithmic */
    const elman_figure figure = {.title = "Training runs",
                                 .x_label = "step",
                                 .y_label = "validation loss",
                                 .count = all->count,
                                 .lines = lines,
                                 .log_y = true};
    elman_status status = fits ? elman_figure_save(&figure, path) : ELMAN_OK;
    for (size_t n = 0; lines && n < all->count; n++) {
        free((double *)(uintptr_t)lines[n].x);
        free((double *)(uintptr_t)lines[n].y);
    }
    free(lines);
    if (!fits) return failed("out of memory");
    return status == ELMAN_OK ? 0 : library_failed();
}

static int compare(const parsed_line *arguments)
{
    const compare_values *values = arguments->values;
    comparison all = {0};
    int code = 0;
    for (int n = 0; n < arguments->count && !code; n++)
        code = runs_read(arguments->operands[n], &all);
    if (!code) code = runs_group(&all);

    if (!code && screen.json) runs_record(&all);
    else if (!code) runs_show(&all);
    if (!code && values->output) code = write_page(&all, values->output);
    if (!code && values->svg) code = write_figure(&all, values->svg);
    runs_free(&all);
    return code;
}

static const example examples[] = {
    {"elman compare small.safetensors large.safetensors",
     "what two models reached, and in what they differ"},
    {"elman compare runs -o runs.html",
     "all models and logs of a folder, as a page"},
    {"elman compare log1 log2 --svg losses.svg",
     "two runs of --metrics, and their losses as a figure"},
    {NULL, NULL},
};

const command_row compare_command = {
    .name = "compare",
    .summary = "show training runs beside each other",
    .operands = "RUN...",
    .description =
        "Shows what training runs reached and in what they differ. A RUN is a "
        "model, which keeps the journal of its training, a file of 'elman "
        "train --metrics', or a folder of both. Runs that differ in the seed "
        "alone are one row: the mean of their best scores and its standard "
        "deviation. 'reach' is after how many steps back 1 % of a gradient is "
        "left. Each curve is the loss over the steps of the longest run, all "
        "on one logarithmic scale.",
    .json = true,
    .options = {{"Files", compare_options}},
    .examples = examples,
    .size = sizeof(compare_values),
    .run = compare,
};
