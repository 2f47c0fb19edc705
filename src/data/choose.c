/*
 * choose.c: which transform helps a forecast. Each is tried with the least of
 * models, a linear forecast of each step of the horizon from the last rows: fit
 * on the first training rows, measured in the data's units on the last ones.
 * A network does not go far beyond the values that it has seen, so neither may
 * these forecasts.
 */
#include "data/habit.h"
#include "data/store.h"

#include "base/spill.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- The rule ----------------------------------------------------------- */

enum {
    FIT_OF = 3,
    PARTS = 4,         /* fit on the first 3/4 */
    MOST_LAGS = 32,    /* rows that a forecast reads */
    LEAST_ROWS = 64,   /* fewer tell nothing for sure */
    LEAST_WINDOWS = 8, /* to fit on */
    MOST_SERIES = 256, /* that are tried, at equal distances */
    MOST_ROWS = 20000, /* of each, its last ones */
    MOST_TARGETS = 8,
    MOST_WINDOWS = 4000,  /* to fit on, and as many to measure */
    MOST_WORK = 30000000, /* windows times lags times steps, of all targets */
};

/* What is added to the diagonal, for each window: the less a forecast depends
 * on chance, the more its error says of a network's. */
static const double ridge = 0.3;

/* What is tried. */
typedef struct candidate {
    transform way;
    double handicap; /* its error counts so many times */
} candidate;

/* A season of 1 stands for the one that was found. Networks extrapolate worse
 * than linear forecasts, and measure well from the rows just before:
 * differences are best for a horizon of several rows, which adds them up, and
 * the last value for one. Anything else must be clearly better. */
static const candidate tried[] = {
    {{.difference = true}, 1},
    {{.log = true, .difference = true}, 1},
    {{.last = true}, 1.6},
    {{.log = true, .last = true}, 1.6},
    {{.season = 1, .difference = true}, 1.6},
    {{.season = 1, .last = true}, 1.6},
    {{.log = true, .season = 1, .difference = true}, 1.6},
    {{.season = 1}, 1.6},
    {{.log = true, .season = 1}, 1.6},
    {{0}, 1.6}};

/* The handicap of none where the targets swing about their means. */
static const double swinging_handicap = 1.05;

/* What the handicap of logarithms is multiplied by where deviations grow with
 * the level, and where they do not. */
static const double growing_handicap = 0.85, steady_handicap = 1.05;
enum { TRIED = sizeof tried / sizeof *tried };

/* ---- One linear forecast ------------------------------------------------ */

typedef struct trial {
    span *training; /* (count) rows of each series that are tried */
    size_t count;
    size_t targets;        /* that are tried, at equal distances */
    bool positive;         /* no row forbids logarithms */
    size_t lags, steps;    /* read and forecast */
    size_t reserve;        /* rows that the longest transform takes */
    size_t stride;         /* from window to window */
    double *level, *moved; /* (rows) of one target, as it is and transformed */
    double *x;             /* (lags + 1) the last is 1 */
    double *gram;          /* (lags + 1,lags + 1) */
    double *weights;       /* (lags + 1,steps) */
    double *forecast;      /* (steps) */
    double mean, scale;    /* of moved */
    double least, most;    /* of the scaled targets */
} trial;

/* The row behind a span's rows that are fit on. */
static size_t fit_end(const span *s)
{
    return s->first + s->length * FIT_OF / PARTS;
}

/* What the values of a window that ends before row end are measured from. */
static double origin_of(const trial *on, const transform *t, size_t end)
{
    return t->last ? on->moved[end - 1] : on->mean;
}

static void read_window(trial *on, const transform *t, size_t end)
{
    double from = origin_of(on, t, end);
    for (size_t k = 0; k < on->lags; k++)
        on->x[k] = (on->moved[end - 1 - k] - from) / on->scale;
    on->x[on->lags] = 1;
}

/* Mean and deviation over the rows that are fit on (Welford 1962); with last,
 * the deviation is that of changes over a window. */
static void learn_scale(trial *on, const transform *t, size_t lost)
{
    size_t back = t->last ? on->lags : 0;
    double n = 0, squares = 0;
    on->mean = 0;
    for (size_t s = 0; s < on->count; s++)
        for (size_t r = on->training[s].first + lost + back;
             r < fit_end(&on->training[s]); r++) {
            double value = on->moved[r] - (back ? on->moved[r - back] : 0);
            double off = value - on->mean;
            on->mean += off / ++n;
            squares += off * (value - on->mean);
        }

    on->scale = n > 0 ? sqrt(squares / n) : 0;
    if (!(on->scale > 1e-300)) on->scale = 1;
}

/* Adds the products of one window to the sums of the normal equations. */
static void add_window(trial *on, const transform *t, size_t end)
{
    size_t n = on->lags + 1;
    double from = origin_of(on, t, end);
    read_window(on, t, end);

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k <= i; k++)
            on->gram[i * n + k] += on->x[i] * on->x[k];
    for (size_t h = 0; h < on->steps; h++) {
        double y = (on->moved[end + h] - from) / on->scale;
        for (size_t i = 0; i < n; i++)
            on->weights[i * on->steps + h] += on->x[i] * y;
        if (y < on->least) on->least = y;
        if (y > on->most) on->most = y;
    }
}

/* Solves the normal equations by the Cholesky factor of gram; the weights take
 * the place of the right-hand sides. */
static void solve(trial *on)
{
    size_t n = on->lags + 1, H = on->steps;
    double *g = on->gram, *w = on->weights;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k <= i; k++) {
            double sum = g[i * n + k];
            for (size_t j = 0; j < k; j++)
                sum -= g[i * n + j] * g[k * n + j];
            g[i * n + k] = i == k ? sqrt(sum) : sum / g[k * n + k];
        }

        /* forward substitution */
        for (size_t h = 0; h < H; h++) {
            double sum = w[i * H + h];
            for (size_t j = 0; j < i; j++)
                sum -= g[i * n + j] * w[j * H + h];
            w[i * H + h] = sum / g[i * n + i];
        }
    }

    for (size_t i = n; i-- > 0;)
        for (size_t h = 0; h < H; h++) {
            double sum = w[i * H + h];
            for (size_t j = i + 1; j < n; j++)
                sum -= g[j * n + i] * w[j * H + h];
            w[i * H + h] = sum / g[i * n + i];
        }
}

/* Fits the forecasts of every step of the horizon. */
static void fit(trial *on, const transform *t, size_t lost)
{
    size_t n = on->lags + 1;
    double windows = 0;
    memset(on->gram, 0, n * n * sizeof(double));
    memset(on->weights, 0, n * on->steps * sizeof(double));
    on->least = INFINITY;
    on->most = -INFINITY;

    for (size_t s = 0; s < on->count; s++)
        for (size_t end = on->training[s].first + lost + on->lags;
             end + on->steps <= fit_end(&on->training[s]); end += on->stride) {
            add_window(on, t, end);
            windows++;
        }

    /* the constant is not held back, but may not be a quotient of 0 */
    for (size_t i = 0; i < n; i++)
        on->gram[i * n + i] += i + 1 < n ? ridge * (windows + 1) : 1e-9;
    solve(on);
}

/* Forecasts the rows from end on, as levels. */
static void forecast(trial *on, const transform *t, size_t end)
{
    size_t H = on->steps;
    double from = t->last ? 0 : on->mean; /* undo adds the last one */
    read_window(on, t, end);
    for (size_t h = 0; h < H; h++) {
        double y = 0;
        for (size_t i = 0; i <= on->lags; i++)
            y += on->x[i] * on->weights[i * H + h];
        if (y < on->least) y = on->least;
        if (y > on->most) y = on->most;
        on->forecast[h] = y * on->scale + from;
    }
    transform_undo(t, on->level + end - 1, 1, on->forecast, H);
}

/* Adds the absolute errors of a transform over the rows that nothing was fit
 * on, and those of repeating the last value; returns how many they are. The
 * windows are the same for every transform. */
static double measure(trial *on, const transform *t, double *error,
                      double *naive)
{
    double values = 0;
    for (size_t s = 0; s < on->count; s++) {
        const span *rows = &on->training[s];
        size_t end = fit_end(rows),
               least = rows->first + on->reserve + on->lags;
        if (end < least) end = least;
        for (; end + on->steps <= rows->first + rows->length;
             end += on->stride) {
            forecast(on, t, end);
            for (size_t h = 0; h < on->steps; h++) {
                double truth = on->level[end + h];
                *error += fabs(on->forecast[h] - truth);
                *naive += fabs(on->level[end - 1] - truth);
                values++;
            }
        }
    }
    return values;
}

/* ---- All of them -------------------------------------------------------- */

/* Takes what is tried of the training rows and targets. A row that has no
 * logarithm forbids it wherever it stands: none is refused for a choice that
 * nobody made. */
static elman_status sample(const elman_dataset *d, const span *training,
                           size_t count, trial *on)
{
    size_t J = d->encoding->target_count;
    on->targets = J < MOST_TARGETS ? J : MOST_TARGETS;
    on->count = count < MOST_SERIES ? count : MOST_SERIES;
    on->training = calloc(on->count + 1, sizeof *on->training);
    if (!on->training)
        return failure(ELMAN_NO_MEMORY, "no memory to choose a transform");

    for (size_t s = 0; s < on->count; s++) {
        span rows = training[s * count / on->count];
        size_t passed = rows.length > MOST_ROWS ? rows.length - MOST_ROWS : 0;
        on->training[s] = (span){rows.first + passed, rows.length - passed};
    }

    on->positive = true;
    for (size_t k = 0; k < d->levels.count && on->positive; k++)
        on->positive = !(d->levels.values[k] <= 0);
    return ELMAN_OK;
}

/* Why nothing can be tried, or NULL. */
static const char *obstacle(const elman_dataset *d, const trial *on)
{
    const elman_encoding *e = d->encoding;
    size_t found = 0;
    for (size_t i = 0; i < e->input_size; i++)
        found += d->target_of[i] < e->target_count;
    if (found < e->target_count) return "a target is no input";

    for (size_t s = 0; s < on->count; s++) {
        const span *rows = &on->training[s];
        const double *level = d->levels.values + rows->first * e->target_count;
        for (size_t k = 0; k < rows->length * e->target_count; k++)
            if (!isfinite(level[k])) return "not all targets are known";
    }
    return on->lags ? NULL : "too few rows to try any other";
}

/* How many windows can be fit on behind the first rows, and measured. */
static size_t count_windows(const trial *on, size_t lost, size_t *measured)
{
    size_t fits = 0, need = lost + on->lags + on->steps;
    *measured = 0;
    for (size_t s = 0; s < on->count; s++) {
        size_t n = on->training[s].length, cut = n * FIT_OF / PARTS;
        if (cut >= need) fits += cut - need + 1;
        size_t first = cut > lost + on->lags ? cut : lost + on->lags;
        if (n >= first + on->steps) *measured += n - first - on->steps + 1;
    }
    return fits;
}

/* How many rows are read and forecast, which transforms there are rows for, and
 * from how many windows on some are passed over. season becomes 0 if there are
 * too few rows for it. */
static void plan(const elman_encoding *e, trial *on, size_t *season)
{
    size_t longest = 0, all = 0, fits, measured;
    for (size_t s = 0; s < on->count; s++) {
        if (on->training[s].length > longest) longest = on->training[s].length;
        all += on->training[s].length;
    }

    size_t quarter = longest / PARTS;
    on->steps = e->horizon < quarter ? e->horizon : quarter;
    on->lags = e->window < MOST_LAGS ? e->window : MOST_LAGS;
    if (on->lags > quarter) on->lags = quarter;

    /* without a season the longest is the difference alone */
    on->reserve = *season + 1;
    fits = count_windows(on, on->reserve, &measured);
    if (*season && (fits < LEAST_WINDOWS || !measured)) {
        *season = 0;
        on->reserve = 1;
        fits = count_windows(on, on->reserve, &measured);
    }
    if (all < LEAST_ROWS || fits < LEAST_WINDOWS || !measured) on->lags = 0;

    size_t most = MOST_WORK / ((on->lags + 1) * (on->steps + 1)) / on->targets;
    if (most > MOST_WINDOWS) most = MOST_WINDOWS;
    if (most < LEAST_WINDOWS) most = LEAST_WINDOWS;
    if (measured > fits) fits = measured;
    on->stride = fits / most + 1;
}

static elman_status reserve(trial *on, size_t rows, void **memory)
{
    size_t n = on->lags + 1;
    double **const lists[] = {&on->level, &on->moved,   &on->x,
                              &on->gram,  &on->weights, &on->forecast};
    size_t const sizes[] = {rows, rows, n, n * n, n * on->steps, on->steps};
    size_t total = 0, at = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        total += sizes[i];

    double *block = spill_zeroed(total + 1, sizeof *block);
    if (!block)
        return failure(ELMAN_NO_MEMORY, "no memory to choose a transform");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        *lists[i] = block + at;
        at += sizes[i];
    }
    *memory = block;
    return ELMAN_OK;
}

/* The errors of one transform of one target, and how many they are of. */
static void try_target(elman_dataset *d, trial *on, const transform *t,
                       size_t j, double *error, double *naive, double *values)
{
    size_t J = d->encoding->target_count, lost = transform_lost(t);
    for (size_t s = 0; s < on->count; s++) {
        const span *rows = &on->training[s];
        for (size_t k = 0; k < rows->length; k++)
            on->level[rows->first + k] =
                d->levels.values[(rows->first + k) * J + j];
        for (size_t k = lost; k < rows->length; k++)
            on->moved[rows->first + k] =
                transform_value(t, on->level + rows->first + k, 1);
    }

    learn_scale(on, t, lost);
    fit(on, t, lost);
    *values = measure(on, t, error, naive);
}

/* The mean absolute error of a transform: in the data's units for one target,
 * else of all targets as a part of the naive forecast's. */
static double try_transform(elman_dataset *d, trial *on, const transform *t)
{
    size_t J = d->encoding->target_count;
    double total = 0;
    for (size_t k = 0; k < on->targets; k++) {
        double error = 0, naive = 0, values = 1;
        try_target(d, on, t, k * J / on->targets, &error, &naive, &values);
        if (J == 1) return error / values;
        total += error / (naive > 0 ? naive : 1) / (double)on->targets;
    }
    return total;
}

static elman_status tell(elman_dataset *d, const transform *best, size_t count,
                         double error, double without)
{
    char text[TRANSFORM_TEXT];
    const char *unit =
        d->encoding->target_count == 1 ? "" : " of the naive one's";
    transform_print(best, text);
    if (!best->log && !best->season && !best->difference && !best->last)
        return facts_add(&d->facts, "transform", false,
                         "none: of %zu ways tried on the last training rows no "
                         "other helps a linear forecast (mean absolute error "
                         "%.4g%s)",
                         count, error, unit);
    return facts_add(&d->facts, "transform", false,
                     "%s: of %zu ways tried on the last training rows, in "
                     "favour of the simple ones; a linear forecast has a mean "
                     "absolute error of %.4g%s with it, %.4g without",
                     text, count, error, unit, without);
}

/* The n-th to be tried: a horizon of one row makes differences and the last
 * value change places. */
static candidate nth_tried(size_t n, size_t horizon, size_t season)
{
    candidate c = tried[n];
    bool swaps =
        horizon == 1 && c.way.season == 0 && (c.way.difference || c.way.last);
    if (swaps) c.way = tried[n ^ 2].way;
    if (c.way.season) c.way.season = season;
    return c;
}

/* Tries all, and takes the one of the least error. */
static elman_status compare(elman_dataset *d, trial *on, size_t season,
                            transform *best)
{
    double least = INFINITY, chosen = 0, error = 0;
    size_t count = 0;
    habit h = {d, on->training, on->count, on->targets};
    bool swings = habit_swings(&h);
    double logarithm = on->positive && habit_grows(&h, season)
                           ? growing_handicap
                           : steady_handicap;
    for (size_t n = 0; n < TRIED; n++) {
        if ((tried[n].way.season && !season) ||
            (tried[n].way.log && !on->positive))
            continue;
        candidate c = nth_tried(n, d->encoding->horizon, season);
        error = try_transform(d, on, &c.way);
        if (n + 1 < TRIED && !isfinite(error)) continue;

        count++;
        if (c.way.log) c.handicap *= logarithm;
        if (n + 1 == TRIED && swings) c.handicap = swinging_handicap;
        if (!(error * c.handicap < least)) continue;
        least = error * c.handicap;
        chosen = error;
        *best = c.way;
    }
    return tell(d, best, count, chosen, error);
}

elman_status transform_choose(elman_dataset *dataset, const span *training,
                              size_t count, transform *best)
{
    trial on = {0};
    size_t season = dataset->encoding->season;
    void *memory = NULL;
    *best = (transform){0};
    TRY(sample(dataset, training, count, &on));
    plan(dataset->encoding, &on, &season);

    const char *why = obstacle(dataset, &on);
    elman_status status =
        why ? facts_add(&dataset->facts, "transform", false, "none: %s", why)
            : reserve(&on, dataset->row_count, &memory);
    if (!why && status == ELMAN_OK)
        status = compare(dataset, &on, season, best);
    spill_free(memory);
    free(on.training);
    return status;
}
