/*
 * section_flow.c: where gradients go, how far they reach, what a shorter
 * window would lose, and what each step adds.
 */
#include "model/model.h"
#include "report/chart.h"
#include "report/map.h"
#include "report/section.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- The maps ----------------------------------------------------------- */

typedef struct path {
    const char *words, *brief;
    const float *values;
} path;

enum { PATHS = 4 };

static void list_paths(const elman_flow_level *level, path paths[PATHS])
{
    paths[0] = (path){"h", "h", level->h};
    paths[1] = (path){"c", "c", level->c};
    paths[2] = (path){"c, from c to c alone", "c alone", level->c_path};
    paths[3] = (path){"c, the part through h", "c via h", level->h_path};
}

/* Whether every map is empty but for its last row: one answer at the end. */
static bool only_last(const elman_flow *flow)
{
    for (size_t i = 0; i < flow->count; i++)
        for (size_t k = 0; k + flow->T < flow->T * flow->T; k++)
            if (flow->levels[i].h[k] != 0) return false;
    return flow->T > 1;
}

static bool any_reverse(const elman_flow *flow)
{
    for (size_t i = 0; i < flow->count; i++)
        if (flow->levels[i].reverse) return true;
    return false;
}

typedef char layer_name[128];

/* Lists all maps of all levels, as many as a figure takes. */
static void list_layers(const elman_flow *flow, map *m, layer_name *names)
{
    for (size_t i = 0; i < flow->count; i++) {
        path paths[PATHS];
        list_paths(&flow->levels[i], paths);
        for (size_t k = 0; k < PATHS && m->count < MAP_LAYERS; k++) {
            if (!paths[k].values) continue;
            snprintf(names[m->count], sizeof *names, "%.63s: %s",
                     flow->levels[i].name, paths[k].words);
            m->layers[m->count] = (map_layer){names[m->count], paths[k].values};
            m->count++;
        }
    }
}

static void write_maps(page *p, const elman_flow *flow)
{
    layer_name *names = page_take(p, MAP_LAYERS, sizeof *names);
    if (!names) return;

    map m = {.title = "Gradient of each step’s answer at each earlier state",
             .sentence = "Heat map: how large the gradient of each answer "
                         "(rows) is at the state of each step (columns). "
                         "Arrow keys move the read-out.",
             .note = "A row is a step at which an answer is given, a column a "
                     "step whose state it reaches. Colour that fades to the "
                     "left of the diagonal is memory that training cannot "
                     "form. All maps share one scale. Click a row, or use the "
                     "slider, for its curve.",
             .rows = flow->T,
             .columns = flow->T,
             .row_stride = flow->T,
             .column_stride = 1,
             .triangle = !any_reverse(flow),
             .square = true,
             .row_word = "Answer at step",
             .column_word = "state of step",
             .value_word = "norm",
             .row_label = "answer at step ↓",
             .column_label = "state of step →",
             .start = flow->T - 1};

    /* the reader chooses the level and the path */
    list_layers(flow, &m, names);
    map_write(p, &m);
    free(names);
}

/* Lists the last rows of all maps as lines; what is 0 is not there. */
static size_t list_rows(const elman_flow *flow, layer_name *names,
                        const double *x, double *y, elman_line *lines)
{
    size_t count = 0, T = flow->T;
    for (size_t i = 0; i < flow->count; i++) {
        path paths[PATHS];
        list_paths(&flow->levels[i], paths);
        for (size_t k = 0; k < PATHS && count < MAP_LAYERS; k++) {
            if (!paths[k].values) continue;
            for (size_t s = 0; s < T; s++) {
                double norm = (double)paths[k].values[(T - 1) * T + s];
                y[count * T + s] = norm > 0 ? norm : NAN;
            }
            snprintf(names[count], sizeof *names, "%.63s %s",
                     flow->levels[i].name, paths[k].brief);
            lines[count] = (elman_line){names[count], T, x, y + count * T};
            count++;
        }
    }
    return count;
}

/* One row alone is a chart: the norm at each step, by each path. */
static void write_rows(page *p, const elman_flow *flow)
{
    size_t T = flow->T;
    layer_name *names = page_take(p, MAP_LAYERS, sizeof *names);
    elman_line *lines = page_take(p, MAP_LAYERS, sizeof *lines);
    double *x = section_counting(p, T, 0, 1);
    double *y = page_take(p, MAP_LAYERS * T, sizeof *y);

    /* all levels in one chart, to compare them */
    if (names && lines && x && y)
        chart_write(p, &(chart){.title = "Gradient of the answer at each state",
                                .sentence = "Norm of the gradient of the "
                                            "answer at the state of each step.",
                                .x_label = "state of step",
                                .y_label = "norm",
                                .count = list_rows(flow, names, x, y, lines),
                                .lines = lines,
                                .log_y = true,
                                .wide = true,
                                .width = 940,
                                .height = 300});
    free(names);
    free(lines);
    free(x);
    free(y);
}

/* ---- Horizons ----------------------------------------------------------- */

static const char *const verdicts[] = {"unknown", "↓ vanishing", "→ steady",
                                       "↑ exploding"};

static void write_lag(page *p, size_t lag, size_t T)
{
    if (lag < T) page_write(p, "<td>@u", lag);
    else page_write(p, "<td>over @u", T - 1);
}

static void write_horizon(page *p, const char *name, const char *of,
                          const elman_horizon *h)
{
    if (!h->T) return;
    page_write(p, "<tr><td>@t, @r", name, of);
    write_lag(p, h->half, h->T);
    write_lag(p, h->tenth, h->T);
    write_lag(p, h->hundredth, h->T);
    page_write(p, "<td>@n<td>@r", h->rate, verdicts[h->verdict % 4u]);
}

/* One horizon as a sentence. */
static void write_reach(page *p, const elman_flow_level *level)
{
    /* what a cell keeps in c goes on where h has faded */
    const elman_horizon *h = &level->horizon, *c = &level->c_horizon;
    bool by_c = c->T && c->hundredth > h->hundredth;
    if (by_c) h = c;
    if (!h->T || h->verdict == ELMAN_VERDICT_UNKNOWN) return;
    page_write(p, "<p>A gradient of <b>@t</b>@r ", level->name,
               by_c   ? ", in c, "
               : c->T ? ", in h, "
                      : "");
    if (h->hundredth < h->T)
        page_write(p,
                   "has lost half of itself after @u steps back and is as good "
                   "as gone, under 1 %, after <b>@u steps</b>: training cannot "
                   "link what lies further apart. ",
                   h->half, h->hundredth);
    else
        page_write(p,
                   "still has more than 1 % of itself after all <b>@u "
                   "steps</b>. ",
                   h->T - 1);
    if (!isnan(h->rate))
        page_write(p, "Each step back multiplies it by about @n.", h->rate);
    page_write(p, "</p>");
}

static void write_horizon_table(page *p, const elman_flow *flow)
{
    for (size_t i = 0; i < flow->count; i++)
        write_reach(p, &flow->levels[i]);
    page_write(p, "<div class=card><table><thead><tr><th>Gradient<th>half left "
                  "after<th>a tenth<th>a hundredth<th>factor a step<th>verdict"
                  "<tbody>");
    for (size_t i = 0; i < flow->count; i++) {
        const elman_flow_level *level = &flow->levels[i];
        write_horizon(p, level->name, "h", &level->horizon);
        write_horizon(p, level->name, "c", &level->c_horizon);
    }
    page_write(p, "</table></div>");
}

static void write_horizons(page *p, const elman_flow *flow)
{
    size_t count = 0, T = flow->T;
    elman_line *lines = page_take(p, 2 * flow->count, sizeof *lines);
    layer_name *names = page_take(p, 2 * flow->count, sizeof *names);
    double *x = section_counting(p, T, 0, 1);

    for (size_t i = 0; i < flow->count && lines && names && x; i++) {
        const elman_flow_level *level = &flow->levels[i];
        const elman_horizon *both[] = {&level->horizon, &level->c_horizon};
        for (size_t k = 0; k < 2; k++) {
            if (!both[k]->T || !both[k]->norms) continue;
            snprintf(names[count], sizeof *names, "%.63s %s", level->name,
                     k ? "c" : "h");
            lines[count] =
                (elman_line){names[count], both[k]->T, x, both[k]->norms};
            count++;
        }
    }

    /* in numbers, and as curves */
    page_write(p, "<h3>How far back it reaches</h3>");
    write_horizon_table(p, flow);
    if (count)
        chart_write(p, &(chart){.title = "Mean norm by the steps travelled",
                                .sentence = "Mean norm of the gradient by the "
                                            "number of steps that it has gone "
                                            "back, for each level.",
                                .x_label = "steps back",
                                .y_label = "norm",
                                .count = count,
                                .lines = lines,
                                .log_y = true,
                                .wide = true,
                                .width = 940,
                                .height = 300});
    free(lines);
    free(names);
    free(x);
}

void section_flow(page *p, const elman_inspection *of)
{
    const elman_flow *flow = of->flow;
    if (!flow || !flow->count || !flow->T) return;

    section_open(p, "flow", "Gradient flow");

    /* a map, unless only its last row is there */
    if (only_last(flow)) {
        page_write(p, "<p>How large the gradient of the answer, which comes "
                      "after the last step, is at the state of each step.</p>");
        write_rows(p, flow);
    } else {
        bool pooled = of->model && of->model->info.per_sequence;
        page_write(p,
                   "<p>How large the gradient of @r is at the states of the "
                   "steps before: exact, for all pairs of the @u steps of one "
                   "sequence. It begins with 1 or -1 at each output, or at "
                   "the one that was chosen, so that it is the network's own, "
                   "whatever the truth is.</p>",
                   pooled ? "what the answer takes from one step"
                          : "one step's answer",
                   flow->T);
        write_maps(p, flow);
    }
    write_horizons(p, flow);
    section_close(p);
}

/* ---- Truncation --------------------------------------------------------- */

void section_truncation(page *p, const elman_inspection *of)
{
    const elman_truncation *t = of->truncation;
    if (!t || !t->count) return;
    double *x = page_take(p, t->count, sizeof *x);
    double *y = page_take(p, 2 * t->count, sizeof *y);
    for (size_t i = 0; i < t->count && x && y; i++) {
        x[i] = (double)t->windows[i].steps;
        y[i] = t->windows[i].cosine;
        y[t->count + i] = t->windows[i].ratio;
    }

    section_open(p, "truncation", "Truncation window");
    page_write(p,
               "<p>What training by chunks of so many steps would make of "
               "the gradient: its direction (cosine with the exact one) and "
               "its length (ratio). From @u steps on the direction is kept "
               "to 0.95.</p>",
               t->enough);

    /* both should be near 1 at the window that trains */
    const elman_line lines[] = {{"cosine", t->count, x, y},
                                {"norm ratio", t->count, x, y + t->count}};
    if (x && y)
        chart_write(p, &(chart){.sentence = "Cosine and norm ratio of the "
                                            "truncated gradient by the length "
                                            "of the window.",
                                .title = "Truncated against exact gradient",
                                .x_label = "steps of the window",
                                .count = 2,
                                .lines = lines,
                                .log_x = true,
                                .from_zero = true,
                                .mark_count = 1,
                                .marks = {{0.95, true, "0.95"}},
                                .wide = true,
                                .width = 940,
                                .height = 280});
    section_close(p);
    free(x);
    free(y);
}

/* ---- Contributions ------------------------------------------------------ */

void section_contributions(page *p, const elman_inspection *of)
{
    const elman_contributions *c = of->contributions;
    if (!c || !c->count || !c->T) return;
    const char **names = page_take(p, c->count, sizeof *names);
    float *values = page_take(p, 2 * c->count * c->T, sizeof *values);

    section_open(p, "contributions", "What each step adds");
    page_write(p,
               "<p>The gradient of each parameter is a sum over steps. Steps "
               "that add little teach little.</p>");
    if (names && values) {
        float *shares = values + c->count * c->T;
        for (size_t i = 0; i < c->count; i++) {
            names[i] = c->parameters[i].name;
            for (size_t t = 0; t < c->T; t++) {
                values[i * c->T + t] = (float)c->parameters[i].norms[t];
                shares[i * c->T + t] = (float)c->parameters[i].shares[t];
            }
        }

        /* how much, and in which direction */
        map m = {.title = "Norm of each step’s part of the gradient",
                 .sentence = "Heat map: how much each step (columns) adds to "
                             "the gradient of each parameter (rows).",
                 .rows = c->count,
                 .columns = c->T,
                 .row_stride = c->T,
                 .column_stride = 1,
                 .row_word = "Parameter",
                 .column_word = "step",
                 .value_word = "norm",
                 .row_label = "parameter",
                 .column_label = "step →",
                 .row_names = names,
                 .count = 1,
                 .layers = {{"norm", values}}};
        map_write(p, &m);

        m.title = "Share of each step in the direction of the whole";
        m.sentence = "Heat map: the share of each step in the gradient of each "
                     "parameter; the shares of a row sum to 1.";
        m.value_word = "share";
        m.layers[0] = (map_layer){"share", shares};
        m.is_signed = true;
        map_write(p, &m);
    }
    section_close(p);
    free(names);
    free(values);
}
