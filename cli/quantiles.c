/*
 * quantiles.c: see quantiles.h.
 */
#include "quantiles.h"
#include "screen.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { LEAST_LEVEL = 1, MOST_LEVEL = 99 }; /* in percent */

static int read_levels(const char *list, quantiles *q)
{
    for (const char *at = list;; at++) {
        char *end;
        double level = strtod(at, &end);
        bool fits = end != at && level >= (double)LEAST_LEVEL / 100.0 &&
                    level <= (double)MOST_LEVEL / 100.0 &&
                    (!*end || *end == ',');
        if (!fits || q->count == MOST_QUANTILES)
            return misused("--quantiles expects at most %d numbers from 0.01 "
                           "to 0.99 with commas between, as 0.1,0.9, found "
                           "'%s'",
                           MOST_QUANTILES, list);

        q->levels[q->count++] = level;
        at = end;
        if (!*at) return 0;
    }
}

int quantiles_open(const char *list, const network *net, quantiles *q)
{
    *q = (quantiles){0};
    int code = read_levels(list, q);
    if (code) return code;

    /* what the model keeps must be whole and its own */
    const char *note = elman_model_note(net->model, "residuals");
    if (!note)
        return failed("'%s' does not know how far its answers are off; train "
                      "it again with validation data, as --validation 0.1",
                      net->path);
    if (elman_residuals_create(note, &q->residuals) != ELMAN_OK)
        return failed("%s: its note \"residuals\" is broken: %s", net->path,
                      elman_message());

    q->targets = net->encoding->target_count;
    q->scale = calloc(q->targets + 1, sizeof *q->scale);
    if (!q->scale) return failed("out of memory");

    size_t outputs = elman_residuals_size(q->residuals);
    if (outputs == net->size.output_size) return 0;
    return failed("%s: its note \"residuals\" is for another model: it has %zu "
                  "outputs, and the model %zu",
                  net->path, outputs, net->size.output_size);
}

void quantiles_close(quantiles *q)
{
    elman_residuals_destroy(q->residuals);
    free(q->scale);
    *q = (quantiles){0};
}

void quantiles_place(const quantiles *q, const elman_dataset *dataset,
                     uint64_t id)
{
    elman_residuals_scale(q->residuals, dataset, id, q->scale);
}

double quantile_at(const quantiles *q, size_t n, size_t output, double value)
{
    double quantile = NAN;
    if (output >= elman_residuals_size(q->residuals)) return NAN;
    return elman_residuals_read(q->residuals, output, q->levels[n],
                                &quantile) == ELMAN_OK
               ? value + quantile * q->scale[output % q->targets]
               : NAN;
}

const char *level_text(const quantiles *q, size_t n)
{
    static char text[32];
    snprintf(text, sizeof text, "%.15g", q->levels[n]);
    return text;
}
