/*
 * section_gates.c: what gates and units do.
 */
#include "report/chart.h"
#include "report/section.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_LIST = 40 }; /* units that are named one by one */

static const struct {
    const char *name, *title;
} gate_titles[] = {{"i", "Input gate i"}, {"f", "Forget gate f"},
                   {"g", "Candidate g"},  {"o", "Output gate o"},
                   {"r", "Reset gate r"}, {"z", "Update gate z"},
                   {"n", "Candidate n"},  {"h", "State h"}};

static const char *gate_title(const char *name)
{
    for (size_t i = 0; i < sizeof gate_titles / sizeof *gate_titles; i++)
        if (name && strcmp(name, gate_titles[i].name) == 0)
            return gate_titles[i].title;
    return name ? name : "Gate";
}

/* ---- Histograms --------------------------------------------------------- */

static void write_histogram(page *p, const elman_gate *gate)
{
    double x[ELMAN_GATE_BINS], y[ELMAN_GATE_BINS], total = 0;
    double part = (gate->most - gate->least) / (double)ELMAN_GATE_BINS;
    char note[160], low[NUMBER_ROOM], high[NUMBER_ROOM], mean[NUMBER_ROOM];

    for (size_t i = 0; i < ELMAN_GATE_BINS; i++)
        total += (double)gate->histogram[i];
    for (size_t i = 0; i < ELMAN_GATE_BINS; i++) {
        x[i] = gate->least + ((double)i + 0.5) * part;
        y[i] = total > 0 ? 100 * (double)gate->histogram[i] / total : 0;
    }

    number_label(100 * gate->low, 3, low);
    number_label(100 * gate->high, 3, high);
    number_label(gate->mean, 3, mean);
    snprintf(note, sizeof note,
             "%s %% at the low end, %s %% at the high, mean %s", low, high,
             mean);

    /* in words as well, for both ends */
    const elman_line bars = {"% of values", ELMAN_GATE_BINS, x, y};
    chart_write(p, &(chart){.kind = CHART_STEPS_OF_BARS,
                            .title = gate_title(gate->name),
                            .sentence = "Histogram of the gate’s values.",
                            .note = note,
                            .x_label = NULL,
                            .count = 1,
                            .lines = &bars,
                            .x_low = gate->least,
                            .x_high = gate->most,
                            .small = true,
                            .width = 230,
                            .height = 130});
}

/* ---- Saturation by unit ------------------------------------------------- */

/* Where each unit of each gate is: how often at its low end, how often at its
 * high end (Karpathy et al. 2015). */
static void write_saturation(page *p, const elman_gates_level *level)
{
    elman_line lines[CHART_COLOURS];
    size_t count = 0;
    for (size_t i = 0; i < level->gate_count && count < CHART_COLOURS; i++) {
        const elman_gate *gate = &level->gates[i];
        if (gate->least != 0 || !gate->unit_low || !gate->unit_high) continue;
        lines[count++] = (elman_line){gate_title(gate->name), level->H,
                                      gate->unit_low, gate->unit_high};
    }

    /* gates between 0 and 1 alone have closed and open */
    if (count)
        chart_write(p,
                    &(chart){.kind = CHART_POINTS,
                             .title = "Saturation of each unit’s gates",
                             .sentence = "Each point is a gate of one unit: "
                                         "the share of steps at which it is "
                                         "closed, and open.",
                             .note = "Left of the middle and low: a gate that "
                                     "moves. Far right: nearly always closed. "
                                     "High: nearly always open.",
                             .x_label = "share of steps closed",
                             .y_label = "share open",
                             .count = count,
                             .lines = lines,
                             .x_high = 1,
                             .y_high = 1});
}

static void write_time_constants(page *p, const elman_gates_level *level)
{
    static const char *const bins[ELMAN_TIME_BINS] = {
        "< 1", "1–3", "3–10", "10–30", "30–", "100–", "300–", "1000–"};
    double x[ELMAN_TIME_BINS], y[ELMAN_TIME_BINS];
    if (!level->time_constant) return;

    for (size_t i = 0; i < ELMAN_TIME_BINS; i++) {
        x[i] = (double)i;
        y[i] = 100 * level->time_share[i];
    }

    /* each bar its own range of steps */
    const elman_line bars = {"% of units", ELMAN_TIME_BINS, x, y};
    chart_write(p, &(chart){.kind = CHART_STEPS_OF_BARS,
                            .title = "Time constants of units",
                            .sentence = "Share of units by the number of steps "
                                        "over which they forget.",
                            .note = "Steps after which the gate that keeps has "
                                    "let a unit’s memory fall to 1/e.",
                            .x_label = "steps",
                            .y_label = "% of units",
                            .count = 1,
                            .lines = &bars,
                            .categories = bins});
}

/* ---- Dead and equal units ----------------------------------------------- */

static void write_dead(page *p, const elman_gates_level *level)
{
    size_t shown = 0;
    if (!level->dead) return;
    page_write(p,
               "<p><b>Dead: @u of @u units.</b> A dead unit says the same at "
               "all steps:",
               level->dead, level->H);
    for (size_t i = 0; i < level->H && level->unit_dead; i++)
        if (level->unit_dead[i] && shown++ < LONGEST_LIST)
            page_write(p, "@r @u", shown > 1 ? "," : "", i);
    if (shown > LONGEST_LIST)
        page_write(p, " and @u more", shown - LONGEST_LIST);
    page_write(p, ".</p>");
}

static void write_duplicates(page *p, const elman_gates_level *level)
{
    size_t shown =
        level->duplicates < LONGEST_LIST ? level->duplicates : LONGEST_LIST;
    if (!shown) return;
    page_write(p,
               "<p><b>Duplicates: @u.</b> Two units that always say the same, "
               "with their correlation: ",
               level->duplicates);
    for (size_t i = 0; i < shown; i++)
        page_write(p, "@r@u and @u (@n)", i ? ", " : "", level->pairs[i].first,
                   level->pairs[i].second, level->pairs[i].correlation);
    if (shown < level->duplicates)
        page_write(p, " and @u more", level->duplicates - shown);
    page_write(p, ".</p>");
}

/* Every unit: the numbers behind the pictures. */
static void write_units(page *p, const elman_gates_level *level)
{
    page_write(p,
               "<details class=units><summary>All @u units</summary><div "
               "class=scroll><table><thead><tr><th>unit<th>spread"
               "<th>time constant",
               level->H);
    for (size_t k = 0; k < level->gate_count; k++)
        page_write(p, "<th>@t low<th>@t high<th>@t mean", level->gates[k].name,
                   level->gates[k].name, level->gates[k].name);

    /* a row for each unit */
    page_write(p, "<tbody>");
    for (size_t i = 0; i < level->H; i++) {
        page_write(p, "<tr><td>@u@r<td>@n<td>@n", i,
                   level->unit_dead && level->unit_dead[i] ? ", dead" : "",
                   level->unit_spread ? level->unit_spread[i] : NAN,
                   level->time_constant ? level->time_constant[i] : NAN);
        for (size_t k = 0; k < level->gate_count; k++) {
            const elman_gate *gate = &level->gates[k];
            page_write(p, "<td>@n<td>@n<td>@n",
                       gate->unit_low ? gate->unit_low[i] : NAN,
                       gate->unit_high ? gate->unit_high[i] : NAN,
                       gate->unit_mean ? gate->unit_mean[i] : NAN);
        }
    }
    page_write(p, "</table></div></details>");
}

static void write_level(page *p, const elman_gates_level *level)
{
    page_write(p, "<h3>@t: @u units</h3>", level->name, level->H);
    if (!level->dead && !level->duplicates)
        page_write(p,
                   "<p>No unit is dead, and no two say the same. @p of all "
                   "gate values are at an end.</p>",
                   level->saturation);
    else
        page_write(p, "<p>@p of all gate values are at an end.</p>",
                   level->saturation);
    write_dead(p, level);
    write_duplicates(p, level);

    /* a histogram of each gate, then each unit */
    page_write(p, "<div class=grid4>");
    for (size_t k = 0; k < level->gate_count; k++)
        write_histogram(p, &level->gates[k]);
    page_write(p, "</div><div class=grid2>");
    write_saturation(p, level);
    write_time_constants(p, level);
    page_write(p, "</div>");
    write_units(p, level);
}

void section_gates(page *p, const elman_inspection *of)
{
    if (!of->gates || !of->gates->count) return;
    section_open(p, "gates", "Gates and units");
    page_write(p, "<p>How often gates are closed or open, over all steps. A "
                  "gate that is always at one end passes no gradient; a unit "
                  "that never changes tells nothing.</p>");
    for (size_t i = 0; i < of->gates->count; i++)
        write_level(p, &of->gates->levels[i]);
    section_close(p);
}
