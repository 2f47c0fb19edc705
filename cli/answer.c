/*
 * answer.c: see answer.h.
 */
#include "answer.h"
#include "record.h"
#include "screen.h"

#include <math.h>

double log2_softmax(const float *y, size_t count, size_t index)
{
    double most = -INFINITY, sum = 0;
    for (size_t k = 0; k < count; k++)
        most = fmax(most, (double)y[k]);
    for (size_t k = 0; k < count; k++)
        sum += exp((double)y[k] - most);

    return ((double)y[index] - most - log(sum)) / log(2);
}

void answer_unscale(const elman_encoding *encoding, float *y)
{
    size_t targets = encoding->target_count;
    size_t count = encoding->task == ELMAN_TASK_FORECAST
                       ? encoding->horizon * targets
                       : targets;
    for (size_t k = 0; k < count; k++)
        y[k] = (float)((double)y[k] * encoding->target_scale[k % targets] +
                       encoding->target_mean[k % targets]);
}

static void write_class(const answer_style *style, const float *y)
{
    const elman_encoding *encoding = style->encoding;
    size_t classes = encoding->class_count, best = 0;
    for (size_t k = 1; k < classes; k++)
        if (y[k] > y[best]) best = k;

    /* a record of the likeliest and, if wanted, of all */
    if (screen.json) {
        record out = record_begin(stdout);
        record_text(&out, "label", encoding->labels[best]);
        record_number(&out, "probability",
                      exp2(log2_softmax(y, classes, best)));
        if (style->probabilities) {
            record_open(&out, "probabilities", '{');
            for (size_t k = 0; k < classes; k++)
                record_number(&out, encoding->labels[k],
                              exp2(log2_softmax(y, classes, k)));
            record_close(&out, '}');
        }
        record_end(&out);
        return;
    }

    /* the same as a line of text: the label, then tabs */
    printf("%s", printable(encoding->labels[best]));
    if (!style->probabilities)
        printf("\t%.4f", exp2(log2_softmax(y, classes, best)));
    for (size_t k = 0; k < classes && style->probabilities; k++)
        printf("\t%s:%.4f", printable(encoding->labels[k]),
               exp2(log2_softmax(y, classes, k)));
    putchar('\n');
}

/* Value k of y as it is shown. */
static double value_of(const answer_style *style, const float *y, size_t k)
{
    const elman_encoding *encoding = style->encoding;
    size_t target = k % encoding->target_count;
    if (style->scaled) return (double)y[k];
    return (double)y[k] * encoding->target_scale[target] +
           encoding->target_mean[target];
}

static void write_values(const answer_style *style, const float *y)
{
    const elman_encoding *encoding = style->encoding;
    size_t steps =
        encoding->task == ELMAN_TASK_FORECAST ? encoding->horizon : 1;
    size_t count = steps * encoding->target_count;

    if (screen.json) {
        record out = record_begin(stdout);
        record_open(&out, "values", '[');
        for (size_t k = 0; k < count; k++)
            record_number(&out, NULL, value_of(style, y, k));
        record_close(&out, ']');
        record_end(&out);
        return;
    }
    for (size_t k = 0; k < count; k++)
        printf("%s%.7g", k ? "," : "", value_of(style, y, k));
    putchar('\n');
}

int answer_write(const answer_style *style, const float *y)
{
    if (style->encoding->class_count) write_class(style, y);
    else write_values(style, y);
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
