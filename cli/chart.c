/*
 * chart.c: see chart.h.
 */
#include "chart.h"
#include "cells.h"
#include "record.h"
#include "screen.h"

#include <math.h>
#include <string.h>

static const double START_PART = 0.01; /* of the start: the horizon */
static const double LEAST = 1e-8;      /* of the start: where bars end */

enum { LABELS = 22, WIDEST = 60 };

/* The recurrent layer and level in it of level; NULL past the last. */
static const elman_layer *layer_of(const elman_model *model, size_t level,
                                   size_t *inside)
{
    const elman_layer *layer = elman_model_config(model)->layers;
    for (size_t n = 0; n < ELMAN_MAX_LAYERS && layer[n].kind; n++) {
        if (!is_recurrent(&layer[n])) continue;

        if (level < layer[n].num_layers) {
            *inside = level;
            return &layer[n];
        }
        level -= layer[n].num_layers;
    }
    return NULL;
}

flow flow_sum(const elman_model *model, size_t level, const double *norms,
              size_t T)
{
    flow sum = {.norms = norms, .T = T, .horizon = T, .factor = NAN};
    size_t inside = 0;
    const elman_layer *layer = layer_of(model, level, &inside);
    snprintf(sum.name, sizeof sum.name, "layer%zu", level);
    if (layer)
        snprintf(sum.cell, sizeof sum.cell, "%s%s %zu",
                 layer->bidirectional ? "bidirectional " : "",
                 kind_of(layer).title,
                 layer->hidden_sizes[0] ? layer->hidden_sizes[inside]
                                        : layer->hidden_size);

    /* the first step back with less than a hundredth, counted from far back */
    for (size_t k = T; k-- > 1;)
        if (norms[k] < START_PART * norms[0]) sum.horizon = k;

    /* the mean factor a step up to there; a gradient that is exactly 0 further
     * back has none */
    size_t end = sum.horizon < T ? sum.horizon : T - 1;
    while (end > 0 && !(norms[end] > 0))
        end--;
    if (end > 0 && norms[0] > 0)
        sum.factor = pow(norms[end] / norms[0], 1 / (double)end);
    return sum;
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

/* Columns of a bar on the scale from low to high, in eighths. */
static int bar_eighths(double norm, double low, double high, int columns)
{
    if (!(norm > low)) return 0;
    double part = log(norm / low) / log(high / low);
    return (int)(part * columns * 8 + 0.5);
}

static void print_bar(int eighths, int mark)
{
    static const char *const tips[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    int full = eighths / 8;
    for (int n = 0; n < full; n++)
        fputs(screen.utf8 ? "█" : "#", stdout);
    if (eighths % 8 && screen.utf8) {
        fputs(tips[eighths % 8], stdout);
        full++;
    }

    if (mark >= full)
        printf("%*s%s%s%s", mark - full, "", paint(stdout, DIM),
               screen.utf8 ? "┊" : "|", paint(stdout, PLAIN));
    putchar('\n');
}

static void show_bars(const flow *one)
{
    /* the scale holds all norms, down to where bars end */
    double start = one->norms[0], high = start, low = START_PART * start / 10;
    for (size_t k = 0; k < one->T; k++) {
        high = fmax(high, one->norms[k]);
        if (one->norms[k] > 0) low = fmin(low, one->norms[k]);
    }
    low = fmax(low, LEAST * start) * 0.8;

    /* what room the terminal leaves for bars */
    int columns = screen_width(stdout) - LABELS - 2;
    if (columns > WIDEST) columns = WIDEST;
    if (columns < 10) columns = 10;

    /* each step with its bar, brighter where the gradient still reaches */
    int mark = bar_eighths(START_PART * start, low, high, columns) / 8;
    printf("%s%10s  %8s%s\n", paint(stdout, DIM), "steps back", "gradient",
           paint(stdout, PLAIN));
    for (size_t k = 0; k < one->T; k = next_step(k, one->T)) {
        double norm = one->norms[k];
        bool reaches = norm >= START_PART * start;
        printf("%10zu  %8s  %s", k, significant(norm / start, 3),
               paint(stdout, reaches ? CYAN : DIM));
        print_bar(bar_eighths(norm, low, high, columns), mark);
        fputs(paint(stdout, PLAIN), stdout);
    }
}

static void show_horizon(const flow *one)
{
    const char *verb = one->factor > 1 ? "grows" : "shrinks";
    if (one->horizon < one->T)
        printf("under 1 %% of its start after %s%zu steps%s",
               paint(stdout, BOLD), one->horizon, paint(stdout, PLAIN));
    else
        printf("%sover 1 %%%s of its start for all %zu steps",
               paint(stdout, BOLD), paint(stdout, PLAIN), one->T - 1);
    if (isnan(one->factor)) putchar('\n');
    else printf("; it %s by x%s a step\n", verb, significant(one->factor, 3));
}

void flows_show(const flow *flows, size_t count)
{
    for (size_t n = 0; n < count; n++) {
        printf("\n%s%s%s  %s\n", paint(stdout, BOLD), flows[n].name,
               paint(stdout, PLAIN), flows[n].cell);
        if (flows[n].norms[0] > 0) {
            show_bars(&flows[n]);
            show_horizon(&flows[n]);
        } else printf("no gradient reaches this level at the last step\n");
    }
}

void flows_record(const char *model, const char *source, const flow *flows,
                  size_t count)
{
    record out = record_begin(stdout);
    record_text(&out, "model", model);
    record_text(&out, "source", source);
    record_open(&out, "levels", '[');
    for (size_t n = 0; n < count; n++) {
        record_open(&out, NULL, '{');
        record_text(&out, "name", flows[n].name);
        record_text(&out, "cell", flows[n].cell);

        /* null if the gradient reaches further than the sequence */
        if (flows[n].horizon < flows[n].T)
            record_count(&out, "horizon", flows[n].horizon);
        else record_null(&out, "horizon");
        record_number(&out, "factor", flows[n].factor);

        record_open(&out, "norms", '[');
        for (size_t k = 0; k < flows[n].T; k++)
            record_number(&out, NULL, flows[n].norms[k]);
        record_close(&out, ']');
        record_close(&out, '}');
    }
    record_close(&out, ']');
    record_end(&out);
}
