/*
 * pack.c: puts weights into the order in which a product reads them.
 */
#include "kernel/kernel.h"

#include <string.h>

const float zeros[PANEL] = {0};

extern size_t packed_blocks(size_t gates);
extern size_t packed_groups(const packed *w);
extern bool packed_is_narrow(const packed *w);
extern bool packed_in_blocks(const packed *w);

static size_t round_up(size_t n, size_t step)
{
    return (n + step - 1) / step * step;
}

/* The weight as it is packed: the columns of a narrow one are one gate. */
static packed packed_shape(size_t gates, size_t H, size_t K)
{
    const packed shape = {.gates = gates, .H = H, .K = K};
    if (!packed_is_narrow(&shape)) return shape;
    return (packed){.gates = 1, .H = gates * H, .K = K};
}

size_t packed_size(size_t gates, size_t H, size_t K)
{
    const packed s = packed_shape(gates, H, K);
    return packed_in_blocks(&s) ? NARROW_SUMS * round_up(K, NARROW_SUMS)
                                : s.gates * round_up(s.H, PANEL) * K;
}

static void pack_blocks(size_t N, size_t K, const float *w, size_t row,
                        size_t column, float *to)
{
    memset(to, 0, packed_size(1, N, K) * sizeof *to);
    for (size_t n = 0; n < N; n++)
        for (size_t k = 0; k < K; k += NARROW_SUMS) {
            const float *from = w + n * row + k * column;
            float *block = to + (k + n) * NARROW_SUMS;
            const size_t count = K - k < NARROW_SUMS ? K - k : NARROW_SUMS;

            if (column == 1 && count == NARROW_SUMS)
                memcpy(block, from, NARROW_SUMS * sizeof *block);
            else
                for (size_t i = 0; i < count; i++)
                    block[i] = from[i * column];
        }
}

/* K <= PANEL steps of k of one panel, through a square: w is read along its
 * rows and the panel written line by line. */
static void pack_square(const float *w, size_t row, size_t column,
                        size_t columns, size_t K, size_t step, float *to)
{
    float square[PANEL][PANEL] = {{0}};

    for (size_t j = 0; j < columns; j++)
        for (size_t k = 0; k < K; k++)
            square[k][j] = w[j * row + k * column];

    for (size_t k = 0; k < K; k++)
        memcpy(to + k * step, square[k], sizeof square[k]);
}

/* One panel; it is step floats from one k to the next. */
static void pack_panel(const float *w, size_t row, size_t column,
                       size_t columns, size_t K, size_t step, float *to)
{
    /* transposed weights have a panel's line as it is wanted */
    if (row == 1 && columns == PANEL) {
        for (size_t k = 0; k < K; k++)
            memcpy(to + k * step, w + k * column, PANEL * sizeof *to);
        return;
    }

    for (size_t k = 0; k < K; k += PANEL) {
        const size_t rest = K - k < PANEL ? K - k : PANEL;
        pack_square(w + k * column, row, column, columns, rest, step,
                    to + k * step);
    }
}

void pack_groups(const packed *shape, const float *w, size_t row, size_t column,
                 size_t begin, size_t end, float *to)
{
    const packed s = packed_shape(shape->gates, shape->H, shape->K);
    const size_t gates = s.gates, H = s.H, K = s.K;

    if (packed_in_blocks(&s)) {
        if (begin < end) pack_blocks(H, K, w, row, column, to);
        return;
    }

    /* group by group; the last may have fewer panels */
    const size_t per_gate = packed_blocks(gates), all = round_up(H, PANEL);
    for (size_t i = begin; i < end; i++) {
        const size_t unit = i * per_gate * PANEL;
        const size_t rest = (all - unit) / PANEL;
        const size_t panels = gates * (rest < per_gate ? rest : per_gate);

        /* panel p: gate p % gates, of the units from at on */
        for (size_t p = 0; p < panels; p++) {
            const size_t at = unit + p / gates * PANEL;
            const size_t columns = H - at < PANEL ? H - at : PANEL;
            pack_panel(w + (p % gates * H + at) * row, row, column, columns, K,
                       panels * PANEL, to + gates * unit * K + p * PANEL);
        }
    }
}

void pack(size_t gates, size_t H, size_t K, const float *w, size_t row,
          size_t column, float *to)
{
    const packed shape = {.gates = gates, .H = H, .K = K};
    pack_groups(&shape, w, row, column, 0, packed_groups(&shape), to);
}

/* ---- Part by part -------------------------------------------------------- */

/* Where the first element of a part is, and how far it is from one k to the
 * next; of blocks, where the block of the first is. */
typedef struct part_place {
    size_t at, step, count;
    bool in_blocks;
} part_place;

static size_t panels_of(const packed *s)
{
    return packed_in_blocks(s) ? 1 : round_up(s->H, PANEL) / PANEL;
}

size_t packed_parts(const packed *shape)
{
    const packed s = packed_shape(shape->gates, shape->H, shape->K);
    return s.gates * panels_of(&s);
}

packed_rows packed_part(const packed *shape, size_t part)
{
    const packed s = packed_shape(shape->gates, shape->H, shape->K);
    const size_t panels = panels_of(&s), at = part % panels * PANEL;
    return (packed_rows){.first = part / panels * s.H + at,
                         .count = s.H - at < PANEL ? s.H - at : PANEL};
}

static part_place find_part(const packed *shape, size_t part)
{
    const packed s = packed_shape(shape->gates, shape->H, shape->K);
    part_place p = {.count = packed_part(shape, part).count,
                    .in_blocks = packed_in_blocks(&s)};
    if (p.in_blocks) return p;

    /* the group, and the panel in it: gate by gate, then the next units */
    const size_t all = panels_of(&s), per_gate = packed_blocks(s.gates);
    const size_t gate = part / all, panel = part % all;
    const size_t first = panel / per_gate * per_gate, rest = all - first;
    const size_t panels = s.gates * (rest < per_gate ? rest : per_gate);

    p.step = panels * PANEL;
    p.at = s.gates * first * PANEL * s.K +
           ((panel - first) * s.gates + gate) * PANEL;
    return p;
}

void pack_part(const packed *shape, size_t part, const float *rows, float *to)
{
    const part_place p = find_part(shape, part);
    const size_t K = shape->K;

    if (p.in_blocks) pack_blocks(p.count, K, rows, K, 1, to);
    else pack_panel(rows, K, 1, p.count, K, p.step, to + p.at);
}

/* Where element (n,k) of a part is. */
static size_t place_of(const part_place *p, size_t n, size_t k)
{
    if (!p->in_blocks) return p->at + k * p->step + n;
    return (k / NARROW_SUMS * NARROW_SUMS + n) * NARROW_SUMS + k % NARROW_SUMS;
}

/* The part that row n is in, and which of its rows that is. */
static part_place find_row(const packed *w, size_t n, size_t *row)
{
    const packed s = packed_shape(w->gates, w->H, w->K);
    *row = n % s.H % PANEL;
    return find_part(w, n / s.H * panels_of(&s) + n % s.H / PANEL);
}

void unpack_row(const packed *w, size_t n, size_t k, size_t count, float *to)
{
    size_t row;
    const part_place p = find_row(w, n, &row);
    for (size_t i = 0; i < count; i++)
        to[i] = w->w[place_of(&p, row, k + i)];
}

void pack_again(const packed *from, const packed *shape, float *to)
{
    memset(to, 0, packed_size(shape->gates, shape->H, shape->K) * sizeof *to);
    for (size_t n = 0; n < shape->gates * shape->H; n++) {
        size_t row, other;
        const part_place p = find_row(from, n, &row);
        const part_place q = find_row(shape, n, &other);
        for (size_t k = 0; k < shape->K; k++)
            to[place_of(&q, other, k)] = from->w[place_of(&p, row, k)];
    }
}

/* Columns [k, k + count) of a part's rows. */
static void take_square(const packed *w, const part_place *p, size_t k,
                        size_t count, float square[PANEL][PANEL])
{
    for (size_t i = 0; i < count; i++)
        for (size_t n = 0; n < p->count; n++)
            square[n][i] = w->w[place_of(p, n, k + i)];
}

void unpack_part(const packed *w, size_t part, float *rows)
{
    const part_place p = find_part(w, part);
    float square[PANEL][PANEL];

    for (size_t k = 0; k < w->K; k += PANEL) {
        const size_t count = w->K - k < PANEL ? w->K - k : PANEL;
        take_square(w, &p, k, count, square);
        for (size_t n = 0; n < p.count; n++)
            memcpy(rows + n * w->K + k, square[n], count * sizeof *rows);
    }
}

bool packed_part_is(const packed *w, size_t part, const float *rows)
{
    const part_place p = find_part(w, part);
    float square[PANEL][PANEL];

    for (size_t k = 0; k < w->K; k += PANEL) {
        const size_t count = w->K - k < PANEL ? w->K - k : PANEL;
        take_square(w, &p, k, count, square);
        for (size_t n = 0; n < p.count; n++)
            if (memcmp(rows + n * w->K + k, square[n], count * sizeof *rows))
                return false;
    }
    return true;
}

/* ---- All parts --------------------------------------------------------- */

static uint32_t bits_at(const float *number)
{
    uint32_t bits;
    memcpy(&bits, number, sizeof bits);
    return bits;
}

/* What differs between count columns of panel rows, from line on, and of n rows
 * (n,K): 0 if nothing does. The lines stay in the first cache from row to
 * row. */
static uint32_t panel_difference(const float *line, size_t step, size_t n,
                                 size_t count, const float *rows, size_t K)
{
    uint32_t difference = 0;
    for (size_t r = 0; r < n; r++)
        for (size_t i = 0; i < count; i++)
            difference |=
                bits_at(line + i * step + r) ^ bits_at(rows + r * K + i);
    return difference;
}

/* Group i is as rows are; all of it is read in the order of memory. */
static bool group_is(const packed *s, size_t i, const float *rows)
{
    const size_t per_gate = packed_blocks(s->gates),
                 unit = i * per_gate * PANEL,
                 rest = panels_of(s) - i * per_gate,
                 panels = s->gates * (rest < per_gate ? rest : per_gate),
                 step = panels * PANEL;

    for (size_t k = 0; k < s->K; k += PANEL) {
        const size_t count = s->K - k < PANEL ? s->K - k : PANEL;
        const float *line = s->w + s->gates * unit * s->K + k * step;
        uint32_t difference = 0;

        /* panel p: gate p % gates, as pack_groups puts it there */
        for (size_t p = 0; p < panels; p++) {
            const size_t at = unit + p / s->gates * PANEL;
            const size_t n = s->H - at < PANEL ? s->H - at : PANEL;
            difference |= panel_difference(
                line + p * PANEL, step, n, count,
                rows + (p % s->gates * s->H + at) * s->K + k, s->K);
        }
        if (difference) return false;
    }
    return true;
}

bool packed_is(const packed *w, const float *rows)
{
    packed s = packed_shape(w->gates, w->H, w->K);
    s.w = w->w;
    if (packed_in_blocks(&s)) return packed_part_is(w, 0, rows);

    for (size_t i = 0; i < packed_groups(w); i++)
        if (!group_is(&s, i, rows)) return false;
    return true;
}
