/* neighbour.c: classes by the nearest training sequence; see baseline.h. */
#include "learn/baseline.h"

#include "base/memory.h"
#include "base/thread.h"
#include "data/case_file.h"
#include "share/share.h"

#include <math.h>
#include <stdlib.h>

#include "base/real.h"

/* What the threads share. */
typedef struct search {
    const elman_dataset *dataset;
    const elman_baseline_config *config;
    size_t begin; /* the first sequence of the part that is asked for */
    bool *right;  /* by sequence of the part */
    bool *lost;   /* no memory for it, or its file has changed */
} search;

/* The inputs of a sequence, (steps,I), in memory or read into room for them. */
typedef struct neighbour_inputs {
    case_reader reader;
    float *room;
} neighbour_inputs;

static const float *inputs_of(const elman_dataset *d, size_t id,
                              neighbour_inputs *in)
{
    size_t I = d->encoding->input_size, bytes;
    if (d->x) return d->x + d->sequences[id].first * I;
    if (!in->room && sizes_multiply(d->longest, I, sizeof(float), &bytes))
        in->room = malloc(bytes + 1);
    bool read = in->room && !inputs_read(d, id, &in->reader, I, in->room);
    return read ? in->room : NULL;
}

static void inputs_clear(neighbour_inputs *in)
{
    case_reader_clear(&in->reader);
    free(in->room);
}

/* The squared distance of two steps. */
static double step_distance(const float *a, const float *b, size_t I)
{
    double sum = 0;
    for (size_t i = 0; i < I; i++) {
        double d = (double)a[i] - (double)b[i];
        sum += d * d;
    }
    return sum;
}

static double least(double a, double b, double c)
{
    double two = a < b ? a : b;
    return two < c ? two : c;
}

/* The cheapest way through two sequences whose steps shift by at most band;
 * INFINITY once every way costs more than bound. rows has room for two rows of
 * the table, n + 1 costs each. */
static double warped_distance(const float *a, size_t m, const float *b,
                              size_t n, size_t I, size_t band, double bound,
                              double *rows)
{
    double *last = rows, *row = rows + n + 1;
    for (size_t j = 0; j <= n; j++)
        last[j] = j ? INFINITY : 0;

    for (size_t i = 1; i <= m; i++) {
        size_t from = i > band ? i - band : 1;
        size_t to = i + band < n ? i + band : n;
        double best = INFINITY;
        for (size_t j = 0; j <= n; j++)
            row[j] = INFINITY;

        /* each cell from its three neighbours */
        for (size_t j = from; j <= to; j++) {
            row[j] = step_distance(a + (i - 1) * I, b + (j - 1) * I, I) +
                     least(last[j - 1], last[j], row[j - 1]);
            if (row[j] < best) best = row[j];
        }
        if (best > bound) return INFINITY;
        double *swap = last;
        last = row;
        row = swap;
    }
    return last[n];
}

static double straight_distance(const float *a, const float *b, size_t n,
                                size_t I, double bound)
{
    double sum = 0;
    for (size_t t = 0; t < n && sum <= bound; t++)
        sum += step_distance(a + t * I, b + t * I, I);
    return sum;
}

/* Answers one sequence of the part. */
static void answer(void *context, size_t number)
{
    const search *at = context;
    size_t index = at->begin + number;
    const elman_dataset *d = at->dataset;
    const elman_baseline_config *c = at->config;
    size_t I = d->encoding->input_size, id = d->ids[c->part][index];
    const span *own = d->sequences + id;
    double nearest = INFINITY;
    int32_t class = -1;

    neighbour_inputs mine = {0}, theirs = {0};
    double *rows = calloc(2 * (d->longest + 1), sizeof *rows);
    const float *a = rows ? inputs_of(d, id, &mine) : NULL;
    bool lost = !a;

    /* the first of the nearest; a sequence is no neighbour of itself */
    for (size_t k = 0; !lost && k < d->size[ELMAN_PART_TRAIN]; k++) {
        size_t other = d->ids[ELMAN_PART_TRAIN][k];
        const span *s = d->sequences + other;
        if (other == id) continue;

        const float *b = inputs_of(d, other, &theirs);
        lost = !b;
        if (lost) break;
        size_t longer = own->length > s->length ? own->length : s->length;
        size_t apart = 2 * longer - own->length - s->length;
        size_t band = (size_t)real_ceil(c->warp * (double)longer);
        if (band < apart) band = apart;
        double distance =
            band > 0 ? warped_distance(a, own->length, b, s->length, I, band,
                                       nearest, rows)
                     : straight_distance(a, b, own->length, I, nearest);
        if (distance >= nearest) continue;
        nearest = distance;
        class = d->classes[other];
    }

    free(rows);
    inputs_clear(&mine);
    inputs_clear(&theirs);
    at->lost[index] = lost;
    at->right[index] = class >= 0 && class == d->classes[id];
}

/* How many of a stretch of sequences are right; each is answered by itself. */
static elman_status count_right(const elman_dataset *d,
                                const elman_baseline_config *c, stretch own,
                                uint64_t *right)
{
    size_t n = d->size[c->part];
    search shared = {.dataset = d,
                     .config = c,
                     .begin = own.begin,
                     .right = calloc(n + 1, sizeof(bool)),
                     .lost = calloc(n + 1, sizeof(bool))};
    bool lost = !shared.right || !shared.lost;
    if (!lost)
        thread_run(c->threads ? c->threads : 1, own.end - own.begin, answer,
                   &shared);

    for (size_t i = own.begin; !lost && i < own.end; i++) {
        *right += shared.right[i];
        lost = shared.lost[i];
    }
    free(shared.right);
    free(shared.lost);
    if (!lost) return ELMAN_OK;
    TRY(case_files_check(d));
    return failure(ELMAN_NO_MEMORY, "no memory to compare %zu sequences", n);
}

elman_status neighbour_accuracy(const elman_dataset *d,
                                const elman_baseline_config *c, share *s,
                                double *accuracy)
{
    size_t n = d->size[c->part];
    uint64_t right = 0;
    stretch own = {0, n};
    if (s) own = deal_leaves(n, 1, s->size, s->rank);
    TRY(count_right(d, c, own, &right));
    if (s) TRY(share_add_counts(s, &right, 1));
    *accuracy = (double)right / (double)n;
    return ELMAN_OK;
}
