/*
 * runs.c: the page of several runs side by side.
 */
#include "learn/journal.h"
#include "report/frame.h"
#include "report/report.h"
#include "report/section.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct runs {
    size_t count;
    const elman_journal *const *journals;
    const char *const *names;
} runs;

static const char *setting_of(const elman_journal *journal, const char *name)
{
    size_t count = 0;
    const elman_setting *settings = journal_settings(journal, &count);
    for (size_t i = 0; settings && i < count; i++)
        if (strcmp(settings[i].name, name) == 0) return settings[i].value;
    return NULL;
}

static bool equal_values(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : !a && !b;
}

/* ---- Settings that differ ----------------------------------------------- */

static bool differs(const runs *r, const char *name)
{
    const char *first = setting_of(r->journals[0], name);
    for (size_t i = 1; i < r->count; i++)
        if (!equal_values(first, setting_of(r->journals[i], name))) return true;
    return false;
}

/* Whether an earlier run has a setting of that name. */
static bool is_known(const runs *r, size_t run, const char *name)
{
    for (size_t i = 0; i < run; i++)
        if (setting_of(r->journals[i], name)) return true;
    return false;
}

static void write_setting(page *p, const runs *r, const char *name)
{
    page_write(p, "<tr><td>@t", name);
    for (size_t i = 0; i < r->count; i++) {
        const char *value = setting_of(r->journals[i], name);
        page_write(p, "<td class=text>@t", value ? value : "–");
    }
}

static void write_heads(page *p, const runs *r, const char *first)
{
    page_write(p, "<div class=card><table class=words><thead><tr><th>@r",
               first);
    for (size_t i = 0; i < r->count; i++)
        page_write(p, "<th>@t", r->names[i]);
    page_write(p, "<tbody>");
}

/* Writes the settings that differ, or those that are the same. */
static size_t write_settings(page *p, const runs *r, bool different)
{
    size_t written = 0;
    for (size_t run = 0; run < r->count; run++) {
        size_t count = 0;
        const elman_setting *settings =
            journal_settings(r->journals[run], &count);
        for (size_t k = 0; settings && k < count; k++) {
            const char *name = settings[k].name;
            if (is_known(r, run, name) || differs(r, name) != different)
                continue;
            if (different) write_setting(p, r, name);
            else
                page_write(p, "<tr><td>@t<td class=text>@t", name,
                           settings[k].value);
            written++;
        }
    }
    return written;
}

/* ---- What came out ------------------------------------------------------ */

/* The row that is told of a run: the best, else the last. */
static const elman_journal_row *result_of(const elman_journal *journal)
{
    size_t count = 0;
    const elman_journal_row *rows = journal_rows(journal, &count);
    const elman_journal_row *found = rows && count ? &rows[count - 1] : NULL;
    for (size_t i = 0; rows && i < count; i++)
        if (rows[i].best) found = &rows[i];
    return found;
}

static void write_results(page *p, const runs *r)
{
    page_write(p, "<div class=card><table><thead><tr><th>Run<th>evaluations"
                  "<th>best at step<th>loss<th>training loss<th>score"
                  "<th>horizon<th>saturation<th>seconds in all<tbody>");
    for (size_t i = 0; i < r->count; i++) {
        size_t count = 0;
        const elman_journal_row *rows = journal_rows(r->journals[i], &count);
        const elman_journal_row *row = result_of(r->journals[i]);
        page_write(p, "<tr><td>@t", r->names[i]);
        if (!row) {
            page_write(p, "<td>0<td>–<td>–<td>–<td>–<td>–<td>–<td>–");
            continue;
        }
        page_write(p, "<td>@u<td>@u<td>@n<td>@n<td>@n<td>@n<td>@n<td>@n", count,
                   (size_t)row->step, row->loss, row->train_loss, row->score,
                   row->horizon, row->saturation, rows[count - 1].seconds);
    }
    page_write(p, "</table></div>");
}

/* ---- Runs that differ only in the seed ---------------------------------- */

static bool has_all_of(const elman_journal *a, const elman_journal *b)
{
    size_t count = 0;
    const elman_setting *settings = journal_settings(a, &count);
    for (size_t i = 0; settings && i < count; i++)
        if (strcmp(settings[i].name, "seed") != 0 &&
            !equal_values(settings[i].value, setting_of(b, settings[i].name)))
            return false;
    return true;
}

static bool is_twin(const runs *r, size_t i, size_t k)
{
    return has_all_of(r->journals[i], r->journals[k]) &&
           has_all_of(r->journals[k], r->journals[i]);
}

/* Mean and standard deviation of the losses of run i and its later twins. */
static size_t measure_twins(const runs *r, size_t i, double *mean,
                            double *deviation)
{
    size_t count = 0;
    double sum = 0, squares = 0;
    for (size_t k = i; k < r->count; k++) {
        const elman_journal_row *row = result_of(r->journals[k]);
        if (!row || !isfinite(row->loss) || !is_twin(r, i, k)) continue;
        sum += row->loss;
        count++;
    }
    *mean = count ? sum / (double)count : NAN;
    for (size_t k = i; k < r->count; k++) {
        const elman_journal_row *row = result_of(r->journals[k]);
        if (!row || !isfinite(row->loss) || !is_twin(r, i, k)) continue;
        squares += (row->loss - *mean) * (row->loss - *mean);
    }
    *deviation = count > 1 ? sqrt(squares / (double)(count - 1)) : NAN;
    return count;
}

static bool has_earlier_twin(const runs *r, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (is_twin(r, i, k)) return true;
    return false;
}

static void write_spread(page *p, const runs *r)
{
    bool any = false;
    for (size_t i = 0; i < r->count; i++) {
        double mean, deviation;
        if (has_earlier_twin(r, i)) continue;
        size_t count = measure_twins(r, i, &mean, &deviation);
        if (count < 2) continue;
        if (!any)
            page_write(p, "<h3>Spread over seeds</h3><div class=card><table>"
                          "<thead><tr><th>Runs like<th>runs<th>mean loss<th>"
                          "standard deviation<tbody>");
        page_write(p, "<tr><td>@t<td>@u<td>@n<td>@n", r->names[i], count, mean,
                   deviation);
        any = true;
    }
    if (any) page_write(p, "</table></div>");
}

/* ---- The page ----------------------------------------------------------- */

static void write_page(page *p, const runs *r)
{
    frame_open(p, "elman compare");
    page_write(p,
               "<nav aria-label=\"Sections\"><ol><li><a href=\"#results\">"
               "Results</a><li><a href=\"#training\">Curves</a><li>"
               "<a href=\"#settings\">Settings</a></ol></nav><main><header>"
               "<p class=kicker>elman compare</p><h1>@u runs side by "
               "side</h1></header>",
               r->count);

    /* what came out, how it went, and what was set */
    section_open(p, "results", "Results");
    write_results(p, r);
    write_spread(p, r);
    section_close(p);

    section_open(p, "training", "Curves");
    section_training(p, r->journals, r->names, r->count);
    section_close(p);

    section_open(p, "settings", "Settings");
    page_write(p, "<h3>Those that differ</h3>");
    write_heads(p, r, "Setting");
    size_t different = write_settings(p, r, true);
    page_write(p,
               "</table></div>@r<h3>Those that are the same</h3><div "
               "class=card><table class=words><tbody>",
               different ? "" : "<p>None differ.</p>");
    write_settings(p, r, false);
    page_write(p, "</table></div>");
    section_close(p);
    frame_close(p);
}

elman_status report_save_runs(const elman_journal *const *journals,
                              const char *const *names, size_t count,
                              const char *path)
{
    if (!count)
        return failure(ELMAN_BAD_VALUE, "no runs: count is 0, a page needs at "
                                        "least one");
    for (size_t i = 0; i < count; i++)
        if (!journals[i] || !names[i])
            return failure(ELMAN_BAD_VALUE, "%s[%zu] is NULL",
                           journals[i] ? "names" : "journals", i);

    page p;
    const runs r = {count, journals, names};
    TRY(page_open(&p, path));
    write_page(&p, &r);
    return page_end(&p);
}
