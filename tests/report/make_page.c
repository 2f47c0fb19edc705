/*
 * make_page.c: make_page KIND FILE: writes a page of numbers that
 * tests/report_browser.py knows.
 */
#include "report/figure.h"
#include "report/report.h"
#include "report/sample_more.h"

static elman_status make_runs(const char *path)
{
    static const char *const names[] = {"fast, seed 1", "fast, seed 2", "slow"};
    elman_journal *journals[] = {sample_journal(1, "0.002"),
                                 sample_journal(2, "0.002"),
                                 sample_journal(9, "0.0005")};
    elman_status status = report_save_runs(
        (const elman_journal *const *)journals, names, 3, path);
    for (size_t i = 0; i < 3; i++)
        journal_destroy(journals[i]);
    return status;
}

static elman_status make_figure(const char *path)
{
    static const double x[] = {1, 2, 3, 4, 5, 6};
    static const double y[] = {1, 10, 100, NAN, 1e4, 1e5};
    static const double z[] = {1, 3, 9, 27, 81, 243};
    const elman_line lines[] = {{"LSTM & <c>", 6, x, y}, {"Elman", 6, x, z}};
    const elman_figure figure = {.title = "Two \"lines\" & a gap",
                                 .x_label = "steps",
                                 .y_label = "norm",
                                 .count = 2,
                                 .lines = lines,
                                 .log_y = true};
    return figure_save(&figure, path);
}

int main(int argc, char **argv)
{
    if (argc != 3) return 2;
    const char *kind = argv[1], *path = argv[2];
    sample *s = calloc(1, sizeof *s);
    elman_status status = ELMAN_OK;
    if (!s) return 1;

    if (strcmp(kind, "language") == 0) sample_language(s, 300, 256);
    else if (strcmp(kind, "forecast") == 0)
        sample_series(s, 96, ELMAN_TASK_FORECAST);
    else if (strcmp(kind, "regress") == 0)
        sample_series(s, 96, ELMAN_TASK_REGRESS);
    else if (strcmp(kind, "classify") == 0)
        sample_series(s, 96, ELMAN_TASK_CLASSIFY);
    else if (strcmp(kind, "large") == 0) sample_large(s, 1000);

    if (strcmp(kind, "runs") == 0) status = make_runs(path);
    else if (strcmp(kind, "figure") == 0) status = make_figure(path);
    else status = report_save(&s->of, path);

    if (status != ELMAN_OK) fprintf(stderr, "%s\n", elman_message());
    sample_free(s);
    free(s);
    return status != ELMAN_OK;
}
