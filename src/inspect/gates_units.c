/*
 * gates_units.c: dead units, units that say the same, and how long each keeps
 * what it has.
 *
 * A unit whose cell keeps the part k[t] of its state at step t,
 *
 *     LSTM          c = f c_prev + i g                       k = f
 *     GRU, Li-GRU   h = z h_prev + (1 - z) n                 k = z
 *     minGRU        h = (1 - z) h_prev + z n                 k = 1 - z
 *     minLSTM       h = f / (f + i) h_prev + i / (f + i) n   k = f / (f + i)
 *
 * has forgotten all but 1/e after tau steps, k^tau = 1/e in the geometric mean:
 * tau = -1 / mean(log k) (Tallec & Ollivier 2018, Can recurrent neural networks
 * warp time?). Zoneout with chance p makes k of it p + (1 - p) k. Sums are
 * chains in double over the rows of the batch; one logarithm serves the product
 * of four k, which cannot underflow.
 *
 * Units that say the same are found among H (H - 1) / 2 products of rows, less
 * their mean and of norm 1. By Cauchy and Schwarz what is left of a product is
 * at most the norms of what is left of its rows, so that almost all are given
 * up after the first of PARTS parts: H^2 count / (2 PARTS) multiply-adds, 8
 * million for 512 units over 4,000 steps, and PARTS times that if all units are
 * one.
 */
#include "inspect/gates_parts.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/real.h"

/* Parts of a row; and units that are read together, so that a line of the cache
 * is read once. */
enum { PARTS = 64, WIDTH = 16 };

/* ---- Units over the batch ----------------------------------------------- */

/* Each unit's values over the valid rows, one unit after the other. */
typedef struct unit_rows {
    size_t H, count;
    float *values; /* (H,count) */
    double *tails; /* (H,PARTS) norm of a row from each of its parts on */
} unit_rows;

static void unit_rows_destroy(unit_rows *u)
{
    free(u->values);
    free(u->tails);
}

static elman_status unit_rows_create(const gates_source *s, unit_rows *u)
{
    size_t bytes, H = s->l->H;
    *u = (unit_rows){.H = H, .count = s->count};
    if (sizes_multiply(H, s->count, sizeof *u->values, &bytes))
        u->values = malloc(bytes ? bytes : 1);
    u->tails = calloc(H, PARTS * sizeof *u->tails);
    if (!u->values || !u->tails) {
        unit_rows_destroy(u);
        return failure(ELMAN_NO_MEMORY,
                       "no memory for %zu units at %zu steps; measure fewer "
                       "sequences",
                       H, s->count);
    }

    /* turned, some units at a time */
    for (size_t first = 0; first < H; first += WIDTH) {
        size_t width = H - first < WIDTH ? H - first : WIDTH;
        for (size_t r = 0; r < s->count; r++)
            for (size_t j = first; j < first + width; j++)
                u->values[j * s->count + r] = s->unit[s->rows[r] * H + j];
    }
    return ELMAN_OK;
}

/* The standard deviation of a unit; and makes its row one of mean 0 and norm 1,
 * if it changes at all. */
static double standardize(size_t count, float *row)
{
    double mean = 0, squares = 0;
    for (size_t r = 0; r < count; r++)
        mean += (double)row[r];
    mean /= (double)count;
    for (size_t r = 0; r < count; r++) {
        double off = (double)row[r] - mean;
        squares += off * off;
    }

    double norm = sqrt(squares);
    for (size_t r = 0; r < count && norm > 0; r++)
        row[r] = (float)(((double)row[r] - mean) / norm);
    return sqrt(squares / (double)count);
}

static size_t count_active(size_t count, const float *row)
{
    size_t active = 0;
    for (size_t r = 0; r < count; r++)
        active += row[r] != 0;
    return active;
}

/* ---- Pairs -------------------------------------------------------------- */

/* Values of a part of a row. */
static size_t part_size(size_t count) { return (count + PARTS - 1) / PARTS; }

/* The product of n values, as four chains. */
static double multiply(size_t n, const float *a, const float *b)
{
    double sum[4] = {0};
    size_t r = 0;
    for (; r + 4 <= n; r += 4)
        for (size_t k = 0; k < 4; k++)
            sum[k] += (double)a[r + k] * (double)b[r + k];
    for (size_t k = 0; r + k < n; k++)
        sum[k] += (double)a[r + k] * (double)b[r + k];
    return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

static void measure_tails(const unit_rows *u, size_t j)
{
    size_t size = part_size(u->count);
    const float *row = u->values + j * u->count;
    double squares = 0;
    for (size_t k = PARTS; k-- > 0;) {
        size_t begin = k * size, end = begin + size;
        if (begin < u->count) {
            if (end > u->count) end = u->count;
            squares += multiply(end - begin, row + begin, row + begin);
        }
        u->tails[j * PARTS + k] = sqrt(squares);
    }
}

/* The correlation of two units, or 0 once it cannot get over DUPLICATE. */
static double correlate(const unit_rows *u, size_t i, size_t j)
{
    size_t size = part_size(u->count);
    const float *a = u->values + i * u->count, *b = u->values + j * u->count;
    const double *left = u->tails + i * PARTS, *right = u->tails + j * PARTS;

    double sum = 0;
    for (size_t k = 0, begin = 0; begin < u->count; k++, begin += size) {
        if (fabs(sum) + left[k] * right[k] <= DUPLICATE) return 0;
        size_t n = u->count - begin < size ? u->count - begin : size;
        sum += multiply(n, a + begin, b + begin);
    }
    return fabs(sum) > DUPLICATE ? sum : 0;
}

static elman_status find_pairs(const unit_rows *u, const double *spread,
                               const bool *dead, elman_unit_pair **pairs,
                               size_t *count)
{
    size_t room = 0;
    for (size_t i = 0; i < u->H; i++) {
        if (dead[i] || !isfinite(spread[i])) continue;
        for (size_t j = i + 1; j < u->H; j++) {
            if (dead[j] || !isfinite(spread[j])) continue;

            /* 0: hardly ever more than one part of both was read */
            double correlation = correlate(u, i, j);
            if (correlation == 0) continue;

            elman_unit_pair *wider =
                array_widen(*pairs, &room, *count + 1, sizeof **pairs);
            if (!wider)
                return failure(ELMAN_NO_MEMORY,
                               "no memory for %zu pairs of "
                               "units",
                               *count + 1);
            *pairs = wider;
            wider[(*count)++] = (elman_unit_pair){i, j, correlation};
        }
    }
    return ELMAN_OK;
}

elman_status gates_measure_units(const gates_source *s, double *spread,
                                 bool *dead, elman_unit_pair **pairs,
                                 size_t *count)
{
    unit_rows u;
    TRY(unit_rows_create(s, &u));
    for (size_t j = 0; j < u.H; j++) {
        float *row = u.values + j * u.count;
        size_t active = count_active(u.count, row);
        spread[j] = standardize(u.count, row);
        dead[j] = spread[j] < DEAD_SPREAD || active * DEAD_STEPS < u.count;
        measure_tails(&u, j);
    }

    *pairs = NULL;
    *count = 0;
    elman_status status = find_pairs(&u, spread, dead, pairs, count);
    unit_rows_destroy(&u);
    return status;
}

/* ---- Time constants ----------------------------------------------------- */

/* How the gate at a place in the row of gates says what is kept. */
typedef enum keeping {
    KEEPS_NOT,
    KEEPS_GATE,    /* the gate itself */
    KEEPS_REST,    /* 1 less the gate */
    KEEPS_QUOTIENT /* its share of it and the gate behind it */
} keeping;

static const struct {
    elman_kind kind;
    keeping how;
    size_t gate;
} keepers[] = {
    {ELMAN_LSTM, KEEPS_GATE, 1},        {ELMAN_GRU, KEEPS_GATE, 1},
    {ELMAN_LIGRU, KEEPS_GATE, 0},       {ELMAN_MINGRU, KEEPS_REST, 0},
    {ELMAN_MINLSTM, KEEPS_QUOTIENT, 0},
};

/* What unit j keeps in a step, from its row of gates at the gate that says so;
 * the gate behind it is H further on. */
static double kept_part(keeping how, const float *gate, size_t H)
{
    double k = (double)gate[0];
    if (how == KEEPS_REST) return 1 - k;
    return how == KEEPS_QUOTIENT ? k / (k + (double)gate[H]) : k;
}

/* The means of the logarithms of what width units from j on keep. */
static void average_logs(const gates_source *s, keeping how, size_t gate,
                         size_t j, size_t width, double mean[WIDTH])
{
    const elman_layer *c = &s->l->config;
    double zoneout =
        (double)(s->l->cell->has_cell ? c->zoneout_cell : c->zoneout);
    double product[WIDTH];
    for (size_t i = 0; i < width; i++)
        mean[i] = 0, product[i] = 1;

    for (size_t r = 0; r < s->count; r++) {
        const float *row = s->gate + s->rows[r] * s->l->G + gate * s->l->H + j;
        for (size_t i = 0; i < width; i++) {
            double k = kept_part(how, row + i, s->l->H);
            product[i] *= fabs(zoneout + (1 - zoneout) * k);
        }

        /* one logarithm for four */
        if (r % 4 < 3 && r + 1 < s->count) continue;
        for (size_t i = 0; i < width; i++)
            mean[i] += real_log(product[i]), product[i] = 1;
    }
    for (size_t i = 0; i < width; i++)
        mean[i] /= (double)s->count;
}

/* The bin of a time constant; ELMAN_TIME_BINS for NaN. */
static size_t time_bin(double time)
{
    static const double ends[] = {1, 3, 10, 30, 100, 300, 1000, INFINITY};
    size_t bin = 0;
    while (bin < ELMAN_TIME_BINS && !(time < ends[bin]))
        bin++;
    if (bin == ELMAN_TIME_BINS && time > 0) bin = ELMAN_TIME_BINS - 1;
    return bin;
}

bool gates_measure_time(const gates_source *s, double *time,
                        double share[ELMAN_TIME_BINS])
{
    size_t i = 0, most = sizeof keepers / sizeof *keepers;
    while (i < most && keepers[i].kind != s->l->config.kind)
        i++;
    if (i == most || !time) return i < most;

    size_t H = s->l->H, units[ELMAN_TIME_BINS + 1] = {0};
    for (size_t first = 0; first < H; first += WIDTH) {
        size_t width = H - first < WIDTH ? H - first : WIDTH;
        double mean[WIDTH];
        average_logs(s, keepers[i].how, keepers[i].gate, first, width, mean);

        /* what does not fade stays for ever */
        for (size_t j = 0; j < width; j++) {
            time[first + j] = mean[j] >= 0 ? INFINITY : -1 / mean[j];
            units[time_bin(time[first + j])]++;
        }
    }
    for (size_t k = 0; k < ELMAN_TIME_BINS; k++)
        share[k] = (double)units[k] / (double)H;
    return true;
}
