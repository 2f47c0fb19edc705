/*
 * forecast.c: see forecast.h.
 */
#include "forecast.h"
#include "report.h"
#include "screen.h"
#include "table.h"

#include <math.h>
#include <stdlib.h>

enum { PLOTTED = 24, WIDEST = 48 };

/* Sums over all windows, of one step of the horizon of one target. */
typedef struct error_sums {
    double count, absolute, squared, bias; /* of forecast - actual */
    double naive, naive_count;             /* repeating the last value */
} error_sums;

/* A forecast that has come true. */
typedef struct known {
    elman_origin place;
    size_t target;
    double actual, forecast;
} known;

struct forecast_errors {
    const elman_encoding *encoding;
    size_t horizon, targets;
    error_sums *sums; /* (horizon,targets) */
    double *truth;    /* (horizon,targets) of this window */
    double *naive;    /* (horizon,targets) repeating its last row */

    /* the last windows that do not overlap, in turn: (slots,horizon,targets) */
    known *last;
    size_t slots, taken;
};

/* ---- Sums ---------------------------------------------------------------- */

static void add_window(forecast_errors *e, const answer *a)
{
    for (size_t k = 0; k < e->horizon * e->targets; k++) {
        error_sums *sum = &e->sums[k];
        double actual = e->truth[k], residual = a->values[k] - actual;
        if (isnan(actual)) continue;

        sum->count++;
        sum->absolute += fabs(residual);
        sum->squared += residual * residual;
        sum->bias += residual;
        if (isnan(e->naive[k])) continue;
        sum->naive_count++;
        sum->naive += fabs(e->naive[k] - actual);
    }
}

/* Keeps the window in the place of the oldest one kept. */
static void keep_window(forecast_errors *e, const answer *a)
{
    size_t each = e->horizon * e->targets;
    known *to = e->last + e->taken++ % e->slots * each;
    for (size_t k = 0; k < each; k++) {
        to[k] = (known){.target = k % e->targets,
                        .actual = e->truth[k],
                        .forecast = a->values[k]};
        elman_dataset_origin(a->dataset, a->id,
                             e->encoding->window + k / e->targets,
                             &to[k].place);
    }
}

static int take_forecast(void *to, const answer *a)
{
    forecast_errors *e = to;
    if (elman_dataset_truth(a->dataset, a->id, a->step, 1, e->truth) !=
        ELMAN_OK)
        return library_failed();
    elman_dataset_repeat(a->dataset, a->id, 1, e->naive);
    add_window(e, a);
    keep_window(e, a);
    return 0;
}

int forecast_errors_open(predictor *run, const elman_dataset *dataset,
                         forecast_errors **errors)
{
    const elman_encoding *encoding = run->net->encoding;
    forecast_errors *e = calloc(1, sizeof *e);
    if (!e) return failed("out of memory");
    *errors = e;
    *e = (forecast_errors){.encoding = encoding,
                           .horizon = encoding->horizon,
                           .targets = encoding->target_count};

    /* room for as many windows as have the rows of a plot */
    size_t each = e->horizon * e->targets;
    e->slots = e->horizon < PLOTTED ? PLOTTED + e->horizon : 1;
    e->sums = calloc(each, sizeof *e->sums);
    e->truth = calloc(each, sizeof *e->truth);
    e->naive = calloc(each, sizeof *e->naive);
    e->last = calloc(each, e->slots * sizeof *e->last);
    if (!e->sums || !e->truth || !e->naive || !e->last)
        return failed("out of memory");

    run->take = take_forecast;
    run->to = e;
    return answer_dataset(run, dataset);
}

void forecast_errors_close(forecast_errors *errors)
{
    if (!errors) return;
    free(errors->sums);
    free(errors->truth);
    free(errors->naive);
    free(errors->last);
    free(errors);
}

/* ---- By horizon ---------------------------------------------------------- */

static double mean(double sum, double count)
{
    return count > 0 ? sum / count : NAN;
}

/* Steps worth a row: all at first, then fewer and fewer, and the last. */
static size_t next_step(size_t k, size_t count)
{
    size_t next = k < 12 ? k + 1 : k < 24 ? k + 4 : 2 * k;
    return k < count && next > count ? count : next;
}

static const char *name_of(const forecast_errors *e, size_t target)
{
    char *const *names = e->encoding->target_names;
    return names ? names[target] : "value";
}

/* A column of text and one of numbers. */
static void print_head(const char *first, int width, const char *const *heads)
{
    printf("%s%-*s", paint(stdout, BOLD), width, first);
    for (; *heads; heads++)
        printf("%14s", *heads);
    printf("%s\n", paint(stdout, PLAIN));
}

void forecast_errors_show(const forecast_errors *e)
{
    static const char *const heads[] = {"MAE", "naive MAE", "RMSE", "bias",
                                        NULL};
    for (size_t n = 0; n < e->targets; n++) {
        putchar('\n');
        if (e->targets > 1) printf("%s\n", printable(name_of(e, n)));
        print_head("horizon", 8, heads);

        for (size_t k = 1; k <= e->horizon; k = next_step(k, e->horizon)) {
            const error_sums *sum = &e->sums[(k - 1) * e->targets + n];
            printf("%7zu %14s", k,
                   significant(mean(sum->absolute, sum->count), 5));
            printf("%14s", significant(mean(sum->naive, sum->naive_count), 5));
            printf("%14s",
                   significant(sqrt(mean(sum->squared, sum->count)), 5));
            printf("%14s\n", significant(mean(sum->bias, sum->count), 4));
        }
    }
}

/* ---- The last rows ------------------------------------------------------- */

/* How many of the last windows are shown: those that do not overlap, counted
 * back from the newest one. */
static size_t plotted_windows(const forecast_errors *e)
{
    size_t most = e->taken < e->slots ? e->taken : e->slots;
    size_t wanted = (PLOTTED + e->horizon - 1) / e->horizon;
    size_t there = most ? (most - 1) / e->horizon + 1 : 0;
    return there < wanted ? there : wanted;
}

/* Window n from the oldest of those shown. */
static const known *window_at(const forecast_errors *e, size_t n)
{
    size_t back = (plotted_windows(e) - 1 - n) * e->horizon;
    size_t slot = (e->taken - 1 - back) % e->slots;
    return e->last + slot * e->horizon * e->targets;
}

/* Columns from the left edge of a chart of width columns. */
static int column_of(double value, double low, double high, int width)
{
    double part = high > low ? (value - low) / (high - low) : 0.5;
    return isfinite(part) ? (int)(part * (width - 1) + 0.5) : -1;
}

static void print_chart(const known *row, double low, double high, int width)
{
    int actual = column_of(row->actual, low, high, width);
    int forecast = column_of(row->forecast, low, high, width);
    int first = actual < forecast ? actual : forecast;
    int second = actual < forecast ? forecast : actual;

    const char *marks[] = {screen.utf8 ? "●" : "*", screen.utf8 ? "○" : "o",
                           screen.utf8 ? "◉" : "@"};
    if (first < 0) putchar('\n');
    else if (first == second) printf("%*s%s\n", first, "", marks[2]);
    else
        printf("%*s%s%*s%s\n", first, "", marks[first != actual],
               second - first - 1, "", marks[first == actual]);
}

static void plot_target(const forecast_errors *e, size_t target)
{
    static const char *const heads[] = {"actual", "forecast", "residual", NULL};
    size_t windows = plotted_windows(e);
    double low = INFINITY, high = -INFINITY;
    for (size_t n = 0; n < windows * e->horizon; n++) {
        const known *row =
            window_at(e, n / e->horizon) + n % e->horizon * e->targets + target;
        low = fmin(low, fmin(row->actual, row->forecast));
        high = fmax(high, fmax(row->actual, row->forecast));
    }

    /* a chart in what room the numbers leave */
    int width = screen_width(stdout) - 20 - 3 * 14 - 3;
    if (width > WIDEST) width = WIDEST;
    putchar('\n');
    print_head(printable(name_of(e, target)), 20, heads);
    for (size_t n = 0; n < windows * e->horizon; n++) {
        const known *row =
            window_at(e, n / e->horizon) + n % e->horizon * e->targets + target;
        char step[24];
        snprintf(step, sizeof step, "row %zu", row->place.step + 1);
        printf("%-20.20s", row->place.time[0] ? row->place.time : step);
        printf("%14s", significant(row->actual, 6));
        printf("%14s", significant(row->forecast, 6));
        printf("%14s   ", significant(row->forecast - row->actual, 4));
        print_chart(row, low, high, width < 8 ? 8 : width);
    }
}

void forecast_plot(const forecast_errors *e)
{
    for (size_t n = 0; n < e->targets; n++)
        plot_target(e, n);
    printf("%s%s actual, %s forecast%s\n", paint(stdout, DIM),
           screen.utf8 ? "●" : "*", screen.utf8 ? "○" : "o",
           paint(stdout, PLAIN));
}

/* ---- As JSON ------------------------------------------------------------- */

void forecast_errors_record(record *out, const forecast_errors *e)
{
    record_open(out, "horizons", '[');
    for (size_t k = 0; k < e->horizon * e->targets; k++) {
        const error_sums *sum = &e->sums[k];
        record_open(out, NULL, '{');
        record_count(out, "horizon", k / e->targets + 1);
        record_text(out, "target", name_of(e, k % e->targets));
        record_number(out, "mae", mean(sum->absolute, sum->count));
        record_number(out, "naive_mae", mean(sum->naive, sum->naive_count));
        record_number(out, "rmse", sqrt(mean(sum->squared, sum->count)));
        record_number(out, "bias", mean(sum->bias, sum->count));
        record_close(out, '}');
    }
    record_close(out, ']');

    /* the last rows: what was, and what was forecast */
    record_open(out, "last", '[');
    size_t each = e->horizon * e->targets;
    for (size_t n = 0; n < plotted_windows(e) * each; n++) {
        const known *row = window_at(e, n / each) + n % each;
        record_open(out, NULL, '{');
        if (row->place.time[0]) record_text(out, "time", row->place.time);
        else record_count(out, "row", row->place.step + 1);
        record_text(out, "target", name_of(e, row->target));
        record_number(out, "actual", row->actual);
        record_number(out, "forecast", row->forecast);
        record_close(out, '}');
    }
    record_close(out, ']');
}
