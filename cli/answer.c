/*
 * answer.c: see answer.h.
 */
#include "answer.h"
#include "record.h"
#include "screen.h"

#include <math.h>
#include <string.h>

double log2_softmax(const float *y, size_t count, size_t index)
{
    double most = -INFINITY, sum = 0;
    for (size_t k = 0; k < count; k++)
        most = fmax(most, (double)y[k]);
    for (size_t k = 0; k < count; k++)
        sum += exp((double)y[k] - most);

    return ((double)y[index] - most - log(sum)) / log(2);
}

size_t likeliest(const float *y, size_t count)
{
    size_t best = 0;
    for (size_t k = 1; k < count; k++)
        if (y[k] > y[best]) best = k;
    return best;
}

/* A record of the likeliest class and, if wanted, of all. */
static void record_class(const answer_style *style, const answer *a,
                         record *out)
{
    const elman_encoding *encoding = style->encoding;
    size_t classes = encoding->class_count, best = likeliest(a->y, classes);
    record_text(out, "label", encoding->labels[best]);
    record_number(out, "probability", exp2(log2_softmax(a->y, classes, best)));
    if (!style->probabilities) return;

    record_open(out, "probabilities", '{');
    for (size_t k = 0; k < classes; k++)
        record_number(out, encoding->labels[k],
                      exp2(log2_softmax(a->y, classes, k)));
    record_close(out, '}');
}

/* The same as text: the label, then tabs. */
static void write_class(const answer_style *style, const answer *a)
{
    const elman_encoding *encoding = style->encoding;
    size_t classes = encoding->class_count, best = likeliest(a->y, classes);
    printf("%s", printable(encoding->labels[best]));
    if (!style->probabilities)
        printf("\t%.4f", exp2(log2_softmax(a->y, classes, best)));
    for (size_t k = 0; k < classes && style->probabilities; k++)
        printf("\t%s:%.4f", printable(encoding->labels[k]),
               exp2(log2_softmax(a->y, classes, k)));
}

static void record_values(const answer_style *style, const answer *a,
                          size_t count, record *out)
{
    const quantiles *q = &style->quantiles;
    record_open(out, "values", '[');
    for (size_t k = 0; k < count; k++)
        record_number(out, NULL, a->values[k]);
    record_close(out, ']');
    if (q->count == 0) return;

    quantiles_place(q, a->dataset, a->id);
    record_open(out, "quantiles", '{');
    for (size_t n = 0; n < q->count; n++) {
        record_open(out, level_text(q, n), '[');
        for (size_t k = 0; k < count; k++)
            record_number(out, NULL, quantile_at(q, n, k, a->values[k]));
        record_close(out, ']');
    }
    record_close(out, '}');
}

/* Significant digits of output k: 7, or as many as show a ten-thousandth of the
 * data's scale, which is small beside values like 1,000,000,246.37. */
static int digits_of(const answer_style *style, size_t k, double value)
{
    enum { FEWEST = 7, MOST = 12 };
    const elman_encoding *e = style->encoding;
    k %= e->target_count;
    bool scaled = e->target_scale && e->target_mean &&
                  (e->target_scale[k] != 1 || e->target_mean[k] != 0);
    if (style->scaled || !scaled) return FEWEST;

    /* a logarithm's scale is a share of the value */
    bool log = e->transform && strstr(e->transform, "log");
    double ratio = (log ? 1 : fabs(value)) / e->target_scale[k];
    double digits = 5 + ceil(log10(ratio));
    if (digits > (double)MOST) return MOST;
    return digits > (double)FEWEST ? (int)digits : FEWEST;
}

static void write_number(const answer_style *style, size_t k, double value)
{
    printf("%s%.*g", k ? "," : "", digits_of(style, k, value), value);
}

/* The same as text: values with commas between; then, behind tabs, each
 * quantile of all of them. */
static void write_values(const answer_style *style, const answer *a,
                         size_t count)
{
    const quantiles *q = &style->quantiles;
    for (size_t k = 0; k < count; k++)
        write_number(style, k, a->values[k]);
    if (q->count) quantiles_place(q, a->dataset, a->id);
    for (size_t n = 0; n < q->count; n++) {
        printf("\t%s:", level_text(q, n));
        for (size_t k = 0; k < count; k++)
            write_number(style, k, quantile_at(q, n, k, a->values[k]));
    }
}

int answer_write(void *style, const answer *a)
{
    const answer_style *how = style;
    elman_origin place;
    size_t count = a->steps * how->encoding->target_count;
    elman_dataset_origin(a->dataset, a->id, a->step, &place);

    if (screen.json) {
        record out = record_begin(stdout);
        if (place.series) record_text(&out, "series", place.series);
        if (a->values) record_values(how, a, count, &out);
        else record_class(how, a, &out);
        record_end(&out);
        return screen_broken() ? EXIT_FAILED : EXIT_DONE;
    }

    /* the same as a line of text */
    if (place.series) printf("%s\t", printable(place.series));
    if (a->values) write_values(how, a, count);
    else write_class(how, a);
    putchar('\n');
    return screen_broken() ? EXIT_FAILED : EXIT_DONE;
}

int answer_write_bits(const answer_style *style, double bits, size_t tokens)
{
    if (screen.json) {
        record out = record_begin(stdout);
        record_number(&out, "bits", bits / (double)tokens);
        record_count(&out,
                     style->encoding->unit == ELMAN_UNIT_WORDS   ? "words"
                     : style->encoding->unit == ELMAN_UNIT_BYTES ? "bytes"
                                                                 : "characters",
                     tokens);
        record_end(&out);
    } else if (tokens) printf("%.4f\n", bits / (double)tokens);
    else printf("-\n");

    return screen_broken() ? EXIT_FAILED : EXIT_DONE;
}
