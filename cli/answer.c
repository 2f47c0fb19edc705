/*
 * answer.c: see answer.h.
 */
#include "answer.h"
#include "report.h"
#include "screen.h"

#include <math.h>

double log2_softmax(const float *y, size_t count, size_t place)
{
    double most = -INFINITY, sum = 0;
    for (size_t k = 0; k < count; k++)
        most = fmax(most, (double)y[k]);
    for (size_t k = 0; k < count; k++)
        sum += exp((double)y[k] - most);
    return ((double)y[place] - most - log(sum)) / log(2);
}

void answer_unscale(const elman_encoding *encoding, float *y)
{
    size_t targets = encoding->targets;
    size_t count = encoding->task == ELMAN_FORECAST
                       ? encoding->horizon * targets
                       : targets;
    for (size_t k = 0; k < count; k++)
        y[k] = (float)((double)y[k] * encoding->target_scale[k % targets] +
                       encoding->target_mean[k % targets]);
}

static int write_class(const answer_style *style, const float *y)
{
    const elman_encoding *encoding = style->encoding;
    size_t classes = encoding->classes, best = 0;
    for (size_t k = 1; k < classes; k++)
        if (y[k] > y[best]) best = k;
    if (screen.json) {
        json_t *root = json_object(), *all = json_object();
        json_object_set_new(root, "label", json_string(encoding->labels[best]));
        json_object_set_new(root, "probability",
                            number_json(exp2(log2_softmax(y, classes, best))));
        for (size_t k = 0; k < classes && style->probabilities; k++)
            json_object_set_new(all, encoding->labels[k],
                                number_json(exp2(log2_softmax(y, classes, k))));
        if (style->probabilities)
            json_object_set_new(root, "probabilities", all);
        else json_decref(all);
        return print_json(stdout, root);
    }
    printf("%s", printable(encoding->labels[best]));
    if (!style->probabilities)
        printf("\t%.4f", exp2(log2_softmax(y, classes, best)));
    for (size_t k = 0; k < classes && style->probabilities; k++)
        printf("\t%s:%.4f", printable(encoding->labels[k]),
               exp2(log2_softmax(y, classes, k)));
    putchar('\n');
    return EXIT_DONE;
}

static int write_values(const answer_style *style, const float *y)
{
    const elman_encoding *encoding = style->encoding;
    size_t targets = encoding->targets;
    size_t steps = encoding->task == ELMAN_FORECAST ? encoding->horizon : 1;
    json_t *list = screen.json ? json_array() : NULL;
    for (size_t k = 0; k < steps * targets; k++) {
        double value = (double)y[k];
        if (!style->scaled)
            value = value * encoding->target_scale[k % targets] +
                    encoding->target_mean[k % targets];
        if (list) json_array_append_new(list, number_json(value));
        else printf("%s%.7g", k ? "," : "", value);
    }
    if (!list) {
        putchar('\n');
        return EXIT_DONE;
    }
    json_t *root = json_object();
    json_object_set_new(root, "values", list);
    return print_json(stdout, root);
}

int answer_write(const answer_style *style, const float *y)
{
    int code = style->encoding->classes ? write_class(style, y)
                                        : write_values(style, y);
    return code ? code : screen_broken() ? EXIT_FAILED : EXIT_DONE;
}

int answer_write_bits(const answer_style *style, double bits, size_t tokens)
{
    if (screen.json) {
        json_t *root = json_object();
        json_object_set_new(root, "bits", number_json(bits / (double)tokens));
        json_object_set_new(root,
                            style->encoding->unit == ELMAN_WORDS ? "words"
                            : style->encoding->unit == ELMAN_BYTES
                                ? "bytes"
                                : "characters",
                            json_integer((json_int_t)tokens));
        int code = print_json(stdout, root);
        if (code) return code;
    } else if (tokens) printf("%.4f\n", bits / (double)tokens);
    else printf("-\n");
    return screen_broken() ? EXIT_FAILED : EXIT_DONE;
}
