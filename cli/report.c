/*
 * report.c: metrics for people and for scripts; see report.h.
 */
#include "report.h"
#include "network.h"
#include "screen.h"

#include <math.h>
#include <string.h>

const char *metric_describe(const elman_encoding *encoding,
                            const elman_metrics *metrics)
{
    static char texts[2][64];
    static int turn;
    char *text = texts[turn = !turn];

    if (encoding->task == ELMAN_TASK_LANGUAGE)
        snprintf(text, sizeof texts[0], "%s bits/%s",
                 significant(metrics->bits, 3), short_unit_name(encoding));
    else if (task_has_classes(encoding->task))
        snprintf(text, sizeof texts[0], "accuracy %.1f %%",
                 100 * metrics->accuracy);
    else
        snprintf(text, sizeof texts[0], "MAE %s", significant(metrics->mae, 4));
    return text;
}

const char *metrics_describe(const elman_encoding *encoding,
                             const elman_metrics *metrics)
{
    static char texts[2][192];
    static int turn;
    char *text = texts[turn = !turn];
    size_t used = (size_t)snprintf(text, sizeof texts[0], "loss %s, %s",
                                   significant(metrics->loss, 4),
                                   metric_describe(encoding, metrics));

    /* what else the task has */
    if (!isnan(metrics->perplexity))
        used += (size_t)snprintf(text + used, sizeof texts[0] - used,
                                 ", perplexity %s",
                                 significant(metrics->perplexity, 4));
    if (!isnan(metrics->mse))
        snprintf(text + used, sizeof texts[0] - used, ", MSE %s",
                 significant(metrics->mse, 4));
    if (!isnan(metrics->balanced_accuracy))
        snprintf(text + used, sizeof texts[0] - used,
                 ", balanced %.1f %%, macro F1 %.1f %%",
                 100 * metrics->balanced_accuracy, 100 * metrics->macro_f1);
    return text;
}

int text_width(const char *text)
{
    int width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

/* Prints text in width columns, cut or filled. */
static void print_cell(const char *text, int width)
{
    int left = width;
    for (text = printable(text); *text && left > 0;) {
        do
            putchar(*text++);
        while (((unsigned char)*text & 0xC0) == 0x80);
        left--;
    }
    printf("%*s", left, "");
}

/* Width of the labels' column. */
static int label_width(const elman_encoding *encoding, int most)
{
    int width = 5;
    for (size_t k = 0; k < encoding->class_count; k++) {
        int one = text_width(encoding->labels[k]);
        if (one > width) width = one;
    }
    return width < most ? width : most;
}

/* The sums of one class. */
typedef struct class_sums {
    uint64_t right, count, predicted;
    double precision, recall, f1;
} class_sums;

static class_sums sum_class(const uint64_t *confusion, size_t classes, size_t k)
{
    class_sums sums = {.right = confusion[k * classes + k]};
    for (size_t j = 0; j < classes; j++) {
        sums.count += confusion[k * classes + j];
        sums.predicted += confusion[j * classes + k];
    }

    double right = (double)sums.right;
    sums.precision = sums.predicted ? right / (double)sums.predicted : NAN;
    sums.recall = sums.count ? right / (double)sums.count : NAN;
    uint64_t both = sums.count + sums.predicted;
    sums.f1 = both ? 2 * right / (double)both : NAN;
    return sums;
}

static void print_part(double part)
{
    if (isnan(part)) printf("%11s", "-");
    else printf("%9.1f %%", 100 * part);
}

void classes_show(const elman_encoding *encoding, const uint64_t *confusion)
{
    int width = label_width(encoding, 24);
    printf("%s%-*s%10s%11s%11s%11s%s\n", paint(stdout, BOLD), width, "class",
           "count", "precision", "recall", "F1", paint(stdout, PLAIN));

    for (size_t k = 0; k < encoding->class_count; k++) {
        class_sums sums = sum_class(confusion, encoding->class_count, k);
        print_cell(encoding->labels[k], width);
        printf("%10s", with_commas(sums.count));
        print_part(sums.precision);
        print_part(sums.recall);
        print_part(sums.f1);
        putchar('\n');
    }
}

void confusion_show(const elman_encoding *encoding, const uint64_t *confusion)
{
    size_t classes = encoding->class_count;
    int width = label_width(encoding, 24), cell = 8;
    printf("%s%-*s  predicted%s\n%-*s", paint(stdout, BOLD), width, "true",
           paint(stdout, PLAIN), width, "");

    /* the predicted classes across, then a row for each true one */
    for (size_t j = 0; j < classes; j++) {
        printf("  ");
        print_cell(encoding->labels[j], cell - 2);
    }
    putchar('\n');

    for (size_t k = 0; k < classes; k++) {
        print_cell(encoding->labels[k], width);
        for (size_t j = 0; j < classes; j++)
            printf("%s  %-*llu%s", paint(stdout, j == k ? GREEN : PLAIN),
                   cell - 2, (unsigned long long)confusion[k * classes + j],
                   paint(stdout, PLAIN));
        putchar('\n');
    }
}

void forecast_show(const elman_metrics *metrics, const elman_baseline *baseline)
{
    enum { COLUMNS = 4 };
    char season[32];
    snprintf(season, sizeof season, "%zu steps before",
             baseline ? baseline->season : 0);
    const elman_baseline *b = baseline;
    const struct {
        const char *title;
        int width;
        double mse, mae;
    } columns[COLUMNS] = {
        {"model", 14, metrics->mse, metrics->mae},
        {"naive (last value)", 20, metrics->naive_mse, metrics->naive_mae},
        {season, 20, b ? b->seasonal_mse : NAN, b ? b->seasonal_mae : NAN},
        {"mean", 14, b ? b->mean_mse : NAN, b ? b->mean_mae : NAN}};

    /* a heading and two rows, of those columns that there are */
    for (int row = 0; row < 3; row++) {
        static const char *const names[] = {"", "MSE", "MAE"};
        printf("%s%-6s", row ? "" : paint(stdout, BOLD), names[row]);
        for (size_t n = 0; n < COLUMNS; n++) {
            if (isnan(columns[n].mse)) continue;
            double value = row == 1 ? columns[n].mse : columns[n].mae;
            printf("%*s", columns[n].width,
                   row ? significant(value, 5) : columns[n].title);
        }
        printf("%s\n", row ? "" : paint(stdout, PLAIN));
    }
}

void metrics_show(const elman_encoding *encoding, const elman_metrics *metrics,
                  const uint64_t *confusion, const elman_baseline *baseline)
{
    if (task_has_classes(encoding->task)) {
        if (confusion && encoding->class_count)
            classes_show(encoding, confusion);
    } else forecast_show(metrics, baseline);
}

void metrics_record(record *out, const elman_metrics *metrics)
{
    const struct {
        const char *name;
        double value;
    } rows[] = {{"loss", metrics->loss},
                {"accuracy", metrics->accuracy},
                {"balanced_accuracy", metrics->balanced_accuracy},
                {"macro_f1", metrics->macro_f1},
                {"bits", metrics->bits},
                {"perplexity", metrics->perplexity},
                {"mse", metrics->mse},
                {"mae", metrics->mae},
                {"naive_mse", metrics->naive_mse},
                {"naive_mae", metrics->naive_mae},
                {"seasonal_mse", metrics->seasonal_mse},
                {"seasonal_mae", metrics->seasonal_mae}};

    /* a metric that the task does not have is NAN; the loss is always shown */
    for (size_t n = 0; n < sizeof rows / sizeof *rows; n++)
        if (!isnan(rows[n].value) || n == 0)
            record_number(out, rows[n].name, rows[n].value);
    record_count(out, "targets", metrics->targets);
}

void classes_record(record *out, const elman_encoding *encoding,
                    const uint64_t *confusion)
{
    size_t classes = encoding->class_count;
    for (size_t k = 0; k < classes; k++) {
        class_sums sums = sum_class(confusion, classes, k);
        record_open(out, NULL, '{');
        record_text(out, "label", encoding->labels[k]);
        record_count(out, "count", sums.count);
        record_number(out, "precision", sums.precision);
        record_number(out, "recall", sums.recall);
        record_number(out, "f1", sums.f1);

        record_open(out, "predicted", '[');
        for (size_t j = 0; j < classes; j++)
            record_count(out, NULL, confusion[k * classes + j]);
        record_close(out, ']');
        record_close(out, '}');
    }
}

void results_record(record *out, const elman_encoding *encoding,
                    const elman_metrics *metrics, const uint64_t *confusion)
{
    record_open(out, "metrics", '{');
    metrics_record(out, metrics);
    record_close(out, '}');
    if (!confusion) return;

    record_open(out, "classes", '[');
    classes_record(out, encoding, confusion);
    record_close(out, ']');
}
