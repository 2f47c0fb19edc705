/*
 * judge.c: see judge.h.
 */
#include "judge.h"
#include "network.h"
#include "screen.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

static const double ln_2 = 0.693147180559945309417232121458;

/* Appends to a text of size bytes, and a comma first unless it is empty. */
static void add(char *text, size_t size, const char *format, ...)
{
    size_t used = 0;
    while (text[used])
        used++;
    if (used) used += (size_t)snprintf(text + used, size - used, ", ");
    if (used >= size) return;

    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
}

const char *baseline_describe(const elman_encoding *encoding,
                              const elman_baseline *b)
{
    static char text[400];
    enum { SIZE = sizeof text };
    bool is_text = encoding->task == ELMAN_TASK_LANGUAGE;
    text[0] = '\0';

    /* classes, tokens */
    if (task_has_classes(encoding->task) && !is_text)
        add(text, SIZE, "always '%.60s': accuracy %.1f %%",
            printable(encoding->labels[b->largest]), 100 * b->accuracy);
    if (!isnan(b->neighbour_accuracy))
        add(text, SIZE, "nearest neighbour: %.1f %%",
            100 * b->neighbour_accuracy);
    if (is_text)
        add(text, SIZE, "frequencies alone: %s bits/%s, a blind guess: %s",
            significant(b->loss / ln_2, 3), short_unit_name(encoding),
            significant(b->vocabulary_bits, 3));

    /* values */
    if (!isnan(b->naive_mae))
        add(text, SIZE, "last value: MAE %s", significant(b->naive_mae, 4));
    if (!isnan(b->seasonal_mae))
        add(text, SIZE, "value %zu steps before: MAE %s", b->season,
            significant(b->seasonal_mae, 4));
    if (!isnan(b->mean_mae))
        add(text, SIZE, "mean: MAE %s", significant(b->mean_mae, 4));
    return text;
}

/* ---- In words ----------------------------------------------------------- */

/* What beats a score, and how badly. */
typedef struct defeat {
    char by[120];  /* "always answering 'a' (39.4 %)"; "" nothing */
    bool diverged; /* so far off that training has come apart */
} defeat;

static void judge_classes(const elman_encoding *encoding,
                          const elman_metrics *m, const elman_baseline *b,
                          defeat *d)
{
    /* a model that tells the classes apart may miss the largest on purpose */
    double blind = 1 / (double)encoding->class_count;
    bool balanced = m->balanced_accuracy > 1.25 * blind;
    if (!(m->accuracy <= b->accuracy) || balanced) return;
    snprintf(d->by, sizeof d->by, "always answering '%.60s' (%.1f %%)",
             printable(encoding->labels[b->largest]), 100 * b->accuracy);
    d->diverged = !(m->loss < 2 * b->loss + 1);
}

static void judge_text(const elman_encoding *encoding, const elman_metrics *m,
                       const elman_baseline *b, defeat *d)
{
    double alone = b->loss / ln_2;
    if (m->bits < alone) return;
    d->diverged = !(m->bits < b->vocabulary_bits);
    snprintf(d->by, sizeof d->by, "%s (%s bits/%s)",
             d->diverged ? "a blind guess" : "the frequencies alone",
             significant(d->diverged ? b->vocabulary_bits : alone, 3),
             short_unit_name(encoding));
}

static void judge_values(const elman_metrics *m, const elman_baseline *b,
                         defeat *d)
{
    const struct {
        double mae;
        const char *name;
    } rivals[] = {{b->seasonal_mae, "repeating the last season"},
                  {b->naive_mae, "repeating the last value"},
                  {b->mean_mae, "answering the mean"}};

    /* the best of those that are no worse */
    double least = INFINITY;
    for (size_t n = 0; n < sizeof rivals / sizeof *rivals; n++) {
        if (m->mae < rivals[n].mae || !(rivals[n].mae < least)) continue;
        least = rivals[n].mae;
        snprintf(d->by, sizeof d->by, "%s (MAE %s)", rivals[n].name,
                 significant(least, 4));
    }
    d->diverged = !(m->mse < 10 * b->mean_mse);
}

const char *verdict(const elman_encoding *encoding, const elman_metrics *m,
                    const elman_baseline *b, double rate)
{
    static char text[500];
    defeat d = {0};
    bool is_text = encoding->task == ELMAN_TASK_LANGUAGE;
    bool classes = task_has_classes(encoding->task);
    if (is_text) judge_text(encoding, m, b, &d);
    else if (classes) judge_classes(encoding, m, b, &d);
    else judge_values(m, b, &d);
    if (!d.by[0]) return NULL;

    /* what to try */
    char try[200];
    if (d.diverged && rate > 0)
        snprintf(try, sizeof try,
                 "training has come apart: try a smaller learning rate, such "
                 "as --lr %g, or --find-lr",
                 fmin(rate / 10, 0.002));
    else if (d.diverged)
        snprintf(try, sizeof try,
                 "it has not learned this data, or training came apart");
    else
        snprintf(try, sizeof try,
                 "try more --steps, another --lr or --hidden%s",
                 encoding->task == ELMAN_TASK_FORECAST
                     ? ", a longer --window or --transform difference"
                     : "");
    snprintf(text, sizeof text, "no better than %s; %s", d.by, try);
    return text;
}

bool has_diverged(const elman_encoding *encoding, const elman_metrics *m,
                  const elman_baseline *b)
{
    if (!isfinite(m->loss)) return true;
    if (encoding->task == ELMAN_TASK_LANGUAGE)
        return m->bits > 2 * b->vocabulary_bits;
    if (task_has_classes(encoding->task))
        return m->accuracy <= b->accuracy && m->loss > 10 * b->loss;

    /* of what never changes any error is large */
    double least = fmin(fmin(b->naive_mae, b->seasonal_mae), b->mean_mae);
    return b->mean_mse > 0 && m->mse > 10 * b->mean_mse && m->mae > 10 * least;
}

void baseline_record(record *out, const elman_encoding *encoding,
                     const elman_metrics *metrics, const elman_baseline *b,
                     double rate)
{
    const struct {
        const char *name;
        double value;
    } rows[] = {{"accuracy", b->accuracy},
                {"loss", b->loss},
                {"vocabulary_bits", b->vocabulary_bits},
                {"mean_mse", b->mean_mse},
                {"mean_mae", b->mean_mae},
                {"naive_mse", b->naive_mse},
                {"naive_mae", b->naive_mae},
                {"seasonal_mse", b->seasonal_mse},
                {"seasonal_mae", b->seasonal_mae},
                {"neighbour_accuracy", b->neighbour_accuracy}};

    /* what there is, and the words of whoever does not beat it */
    record_open(out, "baseline", '{');
    if (encoding->class_count)
        record_text(out, "largest", encoding->labels[b->largest]);
    for (size_t n = 0; n < sizeof rows / sizeof *rows; n++)
        if (!isnan(rows[n].value))
            record_number(out, rows[n].name, rows[n].value);
    if (b->season) record_count(out, "season", b->season);
    record_close(out, '}');
    const char *words = metrics ? verdict(encoding, metrics, b, rate) : NULL;
    if (words) record_text(out, "verdict", words);
}
