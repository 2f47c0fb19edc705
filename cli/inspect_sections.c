/*
 * inspect_sections.c: gradients, gates, training and inputs, each as a small
 * picture with its numbers.
 */
#include "inspect_parts.h"
#include "plot.h"
#include "screen.h"

#include <math.h>
#include <string.h>

/* Of the start: where pictures of norms end. */
static const double LEAST = 1e-4;

enum { WIDEST = 64, MAP_ROWS = 16, LABEL = 16 };

void title_show(elman_section section)
{
    const section_word *row = section_words;
    while (row->word && row->section != section)
        row++;
    printf("\n%s%s%s  %s%s%s\n", paint(stdout, BOLD), row->word,
           paint(stdout, PLAIN), paint(stdout, DIM), row->title,
           paint(stdout, PLAIN));
}

void show_section(const inspect_view *view, elman_section section)
{
    static const struct {
        elman_section section;
        void (*show)(const inspect_view *view);
    } parts[] = {
        {ELMAN_SECTION_FLOW, flow_show},
        {ELMAN_SECTION_GATES, gates_show},
        {ELMAN_SECTION_TRUNCATION, truncation_show},
        {ELMAN_SECTION_TRAINING, training_show},
        {ELMAN_SECTION_DATA, inputs_show},
        {ELMAN_SECTION_ERRORS, errors_show},
        {ELMAN_SECTION_ATTRIBUTION, samples_show},
        {ELMAN_SECTION_UNITS, units_show},
        {ELMAN_SECTION_EXPONENTS, exponents_show},
        {ELMAN_SECTION_SPECTRUM, spectrum_show},
        {ELMAN_SECTION_FIXED_POINTS, points_show},
        {ELMAN_SECTION_CONTRIBUTIONS, contributions_show},
    };

    /* one that was not measured shows nothing */
    for (size_t n = 0; n < sizeof parts / sizeof *parts; n++)
        if (parts[n].section == section) parts[n].show(view);
}

/* ---- Flow --------------------------------------------------------------- */

/* The mean of the norms of a block of the map, rows t and columns s, as far as
 * gradients can flow there; -1 if they cannot. */
static double block_mean(const elman_flow_level *level, size_t T, size_t t,
                         size_t t_end, size_t s, size_t s_end)
{
    double sum = 0, count = 0;
    for (size_t i = t; i < t_end; i++)
        for (size_t k = s; k < s_end; k++) {
            if (level->reverse ? k < i : k > i) continue;
            sum += (double)level->h[i * T + k];
            count++;
        }
    return count > 0 ? sum / count : -1;
}

static void show_map(const elman_flow_level *level, size_t T)
{
    size_t columns = (size_t)plot_room(LABEL, WIDEST), rows = MAP_ROWS;
    if (columns > T) columns = T;
    if (rows > T) rows = T;

    /* shades are parts of the norm that a gradient begins with */
    double high = level->horizon.norms[0];

    printf("%s%10s  d answer(t) / d h(s), s from 0 to %zu%s\n",
           paint(stdout, DIM), "t", T - 1, paint(stdout, PLAIN));
    for (size_t r = 0; r < rows; r++) {
        size_t t = r * T / rows, t_end = (r + 1) * T / rows;
        printf("%s%10zu  %s%s", paint(stdout, DIM), t, paint(stdout, PLAIN),
               paint(stdout, CYAN));
        /* as dark as the logarithm of the norm is high */
        for (size_t c = 0; c < columns; c++) {
            double norm = block_mean(level, T, t, t_end, c * T / columns,
                                     (c + 1) * T / columns);
            double part = log(norm / high / LEAST) / log(1 / LEAST);
            fputs(norm < 0 ? " " : shade(fmax(part, 0)), stdout);
        }
        printf("%s\n", paint(stdout, PLAIN));
    }
}

/* Steps worth a bar: all at first, then fewer and fewer: 0 1 2 3 4 6 8 12 16
 * 24 32 ... and the last. */
static size_t next_step(size_t k, size_t T)
{
    size_t power = 1;
    while (2 * power <= k)
        power *= 2;

    size_t next = k < 4 ? k + 1 : k + power / 2;
    return next >= T && k < T - 1 ? T - 1 : next;
}

static void show_bars(const elman_horizon *h)
{
    double start = h->norms[0], high = start;
    for (size_t k = 0; k < h->T; k++)
        high = fmax(high, h->norms[k]);
    double low = LEAST * start;

    int columns = plot_room(LABEL + 8, WIDEST);
    printf("%s%10s  %8s%s\n", paint(stdout, DIM), "steps back", "gradient",
           paint(stdout, PLAIN));
    for (size_t k = 0; k < h->T; k = next_step(k, h->T)) {
        double norm = h->norms[k];
        printf("%10zu  %8s  %s", k, significant(norm / start, 3),
               paint(stdout, norm >= 0.01 * start ? CYAN : DIM));
        bar_print(log(norm / low) / log(high / low), columns);
        printf("%s\n", paint(stdout, PLAIN));
        if (norm < low) break; /* what comes has no bar */
    }
}

static void show_horizon(const elman_horizon *h)
{
    if (h->hundredth < h->T)
        printf("under 1 %% of its start after %s%zu steps%s",
               paint(stdout, BOLD), h->hundredth, paint(stdout, PLAIN));
    else
        printf("%sover 1 %%%s of its start for all %zu steps",
               paint(stdout, BOLD), paint(stdout, PLAIN), h->T - 1);
    if (isnan(h->rate)) putchar('\n');
    else
        printf("; it %s by x%s a step\n", h->rate > 1 ? "grows" : "shrinks",
               significant(h->rate, 3));
}

void flow_show(const inspect_view *view)
{
    const elman_flow *flow = view->in->flow;
    if (!flow) return;
    title_show(ELMAN_SECTION_FLOW);
    for (size_t n = 0; n < flow->count; n++) {
        const elman_flow_level *level = &flow->levels[n];
        printf("%s%s%s%s  %s\n", n ? "\n" : "", paint(stdout, BOLD),
               level->name, paint(stdout, PLAIN),
               cell_describe(view->net->model, level->level));

        /* a level above the loss, or one of another direction */
        if (!level->horizon.T || !(level->horizon.norms[0] > 0)) {
            puts("no gradient reaches this level");
            continue;
        }

        /* with one answer for the sequence the map has one row: the bars */
        if (!view->net->size.per_sequence && flow->T > 1)
            show_map(level, flow->T);
        show_bars(&level->horizon);
        if (level->c_horizon.T) fputs("h ", stdout);
        show_horizon(&level->horizon);
        if (!level->c_horizon.T) continue;
        fputs("c ", stdout);
        show_horizon(&level->c_horizon);
    }
}

/* ---- Gates -------------------------------------------------------------- */

static void show_gate(const elman_gate *gate)
{
    double parts[ELMAN_GATE_BINS], most = 0;
    for (size_t n = 0; n < ELMAN_GATE_BINS; n++) {
        parts[n] = (double)gate->histogram[n];
        most = fmax(most, parts[n]);
    }
    printf("%6s  %s", gate->name, paint(stdout, CYAN));
    spark_print(parts, ELMAN_GATE_BINS, 0, most > 0 ? most : 1,
                plot_room(36, ELMAN_GATE_BINS));
    printf("%s  %3.0f %% low %3.0f %% high  mean %s\n", paint(stdout, PLAIN),
           100 * gate->low, 100 * gate->high, significant(gate->mean, 2));
}

static void show_times(const elman_gates_level *level)
{
    static const char *const spans[ELMAN_TIME_BINS] = {
        "< 1", "< 3", "< 10", "< 30", "< 100", "< 300", "< 1000", "longer"};
    if (!level->time_constant) return;
    puts("share of units by how many steps they keep");
    for (size_t n = 0; n < ELMAN_TIME_BINS; n++) {
        if (!(level->time_share[n] > 0)) continue;
        printf("%8s  %3.0f %%  %s", spans[n], 100 * level->time_share[n],
               paint(stdout, CYAN));
        bar_print(level->time_share[n], plot_room(LABEL + 4, 40));
        printf("%s\n", paint(stdout, PLAIN));
    }
}

void gates_show(const inspect_view *view)
{
    const elman_gates *gates = view->in->gates;
    if (!gates) return;
    title_show(ELMAN_SECTION_GATES);
    for (size_t n = 0; n < gates->count; n++) {
        const elman_gates_level *level = &gates->levels[n];
        printf(
            "%s%s%s%s  %zu units, %zu dead, %zu pairs alike; %.0f %% of gate "
            "values at an end\n",
            n ? "\n" : "", paint(stdout, BOLD), level->name,
            paint(stdout, PLAIN), level->H, level->dead, level->duplicates,
            100 * level->saturation);
        for (size_t g = 0; g < level->gate_count; g++)
            show_gate(&level->gates[g]);
        show_times(level);
    }
}

/* ---- Truncation --------------------------------------------------------- */

void truncation_show(const inspect_view *view)
{
    const elman_truncation *t = view->in->truncation;
    if (!t) return;
    title_show(ELMAN_SECTION_TRUNCATION);
    printf("%s%10s  %8s  %8s%s\n", paint(stdout, DIM), "window", "cosine",
           "length", paint(stdout, PLAIN));
    for (size_t n = 0; n < t->count; n++) {
        const elman_truncation_window *w = &t->windows[n];
        printf("%10zu  %8s  %8s  %s", w->steps, significant(w->cosine, 3),
               significant(w->ratio, 3), paint(stdout, CYAN));
        bar_print(w->cosine, plot_room(34, 40));
        printf("%s\n", paint(stdout, PLAIN));
    }
    printf("%zu steps keep the gradient's direction (cosine over 0.95)\n",
           t->enough);
}

/* ---- Training ----------------------------------------------------------- */

typedef double row_number(const elman_journal_row *row);

static double row_train(const elman_journal_row *row)
{
    return row->train_loss;
}
static double row_loss(const elman_journal_row *row) { return row->loss; }
static double row_norm(const elman_journal_row *row) { return row->norm; }
static double row_horizon(const elman_journal_row *row) { return row->horizon; }

static void show_course(const char *label, const elman_journal_row *rows,
                        size_t count, row_number *number)
{
    enum { ROWS = 500 };
    double values[ROWS], low = INFINITY, high = -INFINITY, last = NAN;
    if (count > ROWS) count = ROWS;
    for (size_t n = 0; n < count; n++) {
        values[n] = number(&rows[n]);
        if (isnan(values[n])) continue;
        low = fmin(low, values[n]);
        high = fmax(high, values[n]);
        last = values[n];
    }
    if (!(low <= high)) return;

    printf("%16s  %s", label, paint(stdout, CYAN));
    spark_print(values, count, low, high > low ? high : low + 1,
                plot_room(50, 50));
    printf("%s  %s to %s, last %s\n", paint(stdout, PLAIN), significant(low, 3),
           significant(high, 3), significant(last, 3));
}

void training_show(const inspect_view *view)
{
    size_t count = 0;
    const elman_journal_row *rows =
        view->in->journal ? elman_journal_rows(view->in->journal, &count)
                          : NULL;
    if (!count) return;
    title_show(ELMAN_SECTION_TRAINING);
    show_course("training loss", rows, count, row_train);
    show_course("validation loss", rows, count, row_loss);
    show_course("gradient norm", rows, count, row_norm);
    show_course("horizon", rows, count, row_horizon);
    printf("%zu evaluation%s up to step %s\n", count, count == 1 ? "" : "s",
           with_commas(rows[count - 1].step));
}

/* ---- Inputs ------------------------------------------------------------- */

void inputs_show(const inspect_view *view)
{
    enum { SHOWN = 20 };
    size_t count = view->in->input_count;
    if (!count) return;
    title_show(ELMAN_SECTION_DATA);
    printf("%s%20s  %9s %9s %9s %9s  influence%s\n", paint(stdout, DIM),
           "input", "mean", "deviation", "least", "most", paint(stdout, PLAIN));

    /* what it holds, and how much the answer hangs on it */
    for (size_t i = 0; i < count && i < SHOWN; i++) {

        /* arrays have no names for theirs */
        const elman_input *one = &view->in->inputs[i];
        char number[32];
        snprintf(number, sizeof number, "%zu", i + 1);
        printf("%20.20s  %9s %9s %9s %9s  %s",
               printable(one->name ? one->name : number),
               significant(one->mean, 3), significant(one->deviation, 3),
               significant(one->least, 3), significant(one->most, 3),
               paint(stdout, CYAN));
        bar_print(one->importance, plot_room(70, 20));
        printf("%s\n", paint(stdout, PLAIN));
    }
    if (count > SHOWN) printf("%20s  %zu more\n", "", count - SHOWN);
}
