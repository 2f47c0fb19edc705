/*
 * map_cells.c: the numbers of a heat map. 16 bits on a logarithmic scale hold a
 * value to 0.1 % over 40 powers of ten, where float16 has but nine.
 */
#include "base/real.h"
#include "report/map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    WIDE_CELLS = 1 << 14,  /* up to so many are float32 */
    LAYER_CELLS = 1000000, /* a layer has at most */
    TOTAL_CELLS = 4000000, /* all layers together */
    CODE_NAN = 65535,
    CODE_INFINITE = 65534,
    CODE_LAST = 65533
};

static double log_2(double value)
{
    return real_log(value) / 0.693147180559945309;
}

static size_t blocks(size_t count, size_t pool)
{
    return count / pool + (count % pool != 0);
}

float map_block(const map *m, const map_scale *scale, size_t layer, size_t row,
                size_t column)
{
    const float *values = m->layers[layer].values;
    size_t pool = scale->pool;
    float most = 0;

    for (size_t i = row * pool; i < (row + 1) * pool && i < m->rows; i++)
        for (size_t j = column * pool;
             j < (column + 1) * pool && j < m->columns; j++) {
            float value = values[i * m->row_stride + j * m->column_stride];
            if (m->triangle && j > i) continue;
            if (isnan(value)) return value;
            if (fabsf(value) > fabsf(most)) most = value;
        }
    return most;
}

/* How many blocks of a row there are. */
static size_t row_blocks(const map *m, const map_scale *scale, size_t row)
{
    return m->triangle && row + 1 < scale->columns ? row + 1 : scale->columns;
}

static void see(const map *m, map_scale *scale, float value)
{
    double size = fabs((double)value);
    if (!isfinite(size) || size == 0 || (!m->is_signed && value < 0)) return;
    if (size < scale->low) scale->low = size;
    if (size > scale->high) scale->high = size;
}

map_scale map_measure(const map *m)
{
    map_scale scale = {.pool = 1, .low = INFINITY};
    for (;; scale.pool++) {
        scale.rows = blocks(m->rows, scale.pool);
        scale.columns = blocks(m->columns, scale.pool);
        double cells = (double)scale.rows * (double)scale.columns;
        if (cells <= (double)LAYER_CELLS &&
            cells * (double)m->count <= (double)TOTAL_CELLS)
            break;
    }
    scale.wide = scale.rows * scale.columns <= WIDE_CELLS;

    /* one scale for all layers, so that they can be compared */
    for (size_t k = 0; k < m->count; k++)
        for (size_t i = 0; i < scale.rows; i++)
            for (size_t j = 0; j < row_blocks(m, &scale, i); j++)
                see(m, &scale, map_block(m, &scale, k, i, j));

    if (scale.high == 0) scale.low = scale.high = 1;
    if (m->is_signed) scale.low = -scale.high;
    else {
        scale.low = log_2(scale.low);
        scale.high = log_2(scale.high);
        if (scale.high == scale.low) scale.low -= 1;
    }
    return scale;
}

static unsigned cell_code(const map *m, const map_scale *scale, float value)
{
    double span = scale->high - scale->low;
    if (isnan(value)) return CODE_NAN;
    if (m->is_signed) {
        double part = ((double)value - scale->low) / span;
        return (unsigned)(real_min(real_max(part, 0), 1) *
                              (double)CODE_INFINITE +
                          0.5);
    }

    if (!(value > 0)) return 0;
    if (isinf(value)) return CODE_INFINITE;
    double part = (log_2((double)value) - scale->low) / span;
    return 1 +
           (unsigned)(real_min(real_max(part, 0), 1) * (CODE_LAST - 1) + 0.5);
}

/* The least significant byte first, on any machine. */
static size_t put_bytes(unsigned char *to, uint32_t word, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        to[i] = (unsigned char)(word >> 8 * i);
    return bytes;
}

void map_write_cells(page *p, const map *m, const map_scale *scale,
                     size_t layer)
{
    size_t used = 0;
    unsigned char *cells =
        page_take(p, scale->rows * scale->columns, scale->wide ? 4 : 2);
    if (!cells) return;

    for (size_t i = 0; i < scale->rows; i++)
        for (size_t j = 0; j < row_blocks(m, scale, i); j++) {
            float value = map_block(m, scale, layer, i, j);
            uint32_t word;
            memcpy(&word, &value, sizeof word);
            if (!scale->wide) word = cell_code(m, scale, value);
            used += put_bytes(cells + used, word, scale->wide ? 4 : 2);
        }

    page_base64(p, cells, used);
    free(cells);
}
