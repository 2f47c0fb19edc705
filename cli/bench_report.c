/*
 * bench_report.c: the roofs, a line for each row, the geometric means, and the
 * same as JSON.
 */
#include "bench.h"
#include "record.h"
#include "screen.h"

#include <math.h>
#include <string.h>

static const char *level_name(int level)
{
    static const char *const names[] = {"fp32", "L1", "L2", "L3", "RAM"};
    return names[level + 1];
}

/* "1.23 us" in one of two static buffers. */
static const char *with_time(double seconds)
{
    static char texts[2][24];
    static int turn;
    char *text = texts[turn = !turn];
    const double scale = seconds < 1e-6   ? 1e9
                         : seconds < 1e-3 ? 1e6
                         : seconds < 1    ? 1e3
                                          : 1;
    const char *unit = scale > 1e6   ? "ns"
                       : scale > 1e3 ? "us"
                       : scale > 1   ? "ms"
                                     : "s";

    snprintf(text, sizeof texts[0], "%s %s", significant(seconds * scale, 3),
             unit);
    return text;
}

/* Prints number in a column, or "-" if it is 0. */
static void column(int width, const char *form, double number)
{
    char text[32];
    snprintf(text, sizeof text, form, number);
    printf("%*s", width, number > 0 ? text : "-");
}

void roofs_show(const bench_report *report)
{
    const elman_roof *first = &report->roofs[0];
    printf("%s, kernels %s\n", report->machine.cpu, report->machine.isa);
    printf("caches: %s L1 and %s L2 a core, ",
           with_bytes((double)first->cache[0]),
           with_bytes((double)first->cache[1]));
    printf("%s L3\n\n", with_bytes((double)first->cache[2]));

    /* what can be reached, for each number of threads */
    printf("%s%-10s%10s%10s%10s%10s%10s%10s%10s%s\n", paint(stdout, BOLD),
           "roof of", "fp32", "bf16", "int8", "L1", "L2", "L3", "RAM",
           paint(stdout, PLAIN));
    for (size_t n = 0; n < report->roof_count; n++) {
        const elman_roof *roof = &report->roofs[n];
        printf("%d %-8s", roof->threads,
               roof->threads == 1 ? "thread" : "threads");
        column(10, "%.1f", roof->fp32 / 1e9);
        column(10, "%.1f", roof->bf16 / 1e9);
        column(10, "%.1f", roof->int8 / 1e9);
        for (int level = 0; level < 4; level++)
            column(10, "%.1f", roof->read[level] / 1e9);
        putchar('\n');
    }

    printf("(operations: GFLOP/s; reading: GB/s)\n");
}

void rows_head(const bench_report *report)
{
    printf("\n%s%-20s%-7s%3s%9s%9s%6s%11s%6s%7s%8s", paint(stdout, BOLD),
           "shape", "mode", "thr", "time", "GFLOP/s", "peak", "roof", "3.14",
           "ratio", "tail");
    for (size_t n = 0; n < report->peers->count; n++)
        printf("  %*s", 6, report->peers->peers[n].name);
    printf("%s\n", paint(stdout, PLAIN));
}

/* Our share of the peak over the recorded one of the other library. */
static double recorded_ratio(const bench_row *row)
{
    const double other = workload_recorded(row->work, row->mode, row->threads);
    return other > 0 ? row->peak / other : 0;
}

static int name_width(const char *name)
{
    const int length = (int)strlen(name);
    return length > 6 ? length : 6;
}

void row_show(const bench_report *report, const bench_row *row)
{
    const workload *work = row->work;
    printf("%-20s%-7s%3d%9s", work->name, mode_name(row->mode), row->threads,
           with_time(row->seconds));

    /* how near it comes to what the machine can do */
    printf("%9s%5.1f%% %5.1f%% %4s",
           significant(workload_flops(work, row->mode) / row->seconds / 1e9, 3),
           100 * row->peak, 100 * row->roof, level_name(row->level));
    column(6, "%.0f%%", 100 * workload_recorded(work, row->mode, row->threads));
    column(7, "%.2f", recorded_ratio(row));
    column(8, "%.2f", row->tail);

    /* one column for each peer */
    for (size_t n = 0; n < report->peers->count; n++) {
        printf("  ");
        column(name_width(report->peers->peers[n].name), "%.2f",
               row->peers[n] / row->seconds);
    }

    putchar('\n');
    fflush(stdout);
}

/* ---- Means --------------------------------------------------------------- */

/* One number of each row: its share of the roof, the ratio to the recorded
 * library, the ratio to peer which - 2. */
static double number_of(const bench_row *row, size_t which)
{
    if (which == 0) return row->roof;
    if (which == 1) return recorded_ratio(row);
    return row->peers[which - 2] / row->seconds;
}

/* Which rows are averaged. NULL or 0: all. */
typedef struct bench_group {
    const char *family;
    bench_mode mode;
    int threads;
} bench_group;

static bool is_in(const bench_group *group, const bench_row *row)
{
    return (!group->family || !strcmp(group->family, row->work->family)) &&
           (!group->mode || group->mode == row->mode) &&
           (!group->threads || group->threads == row->threads);
}

/* The geometric mean over the rows of a group that have the number; 0 if none
 * has. */
static double mean_of(const bench_report *report, const bench_group *group,
                      size_t which)
{
    double sum = 0;
    size_t count = 0;
    for (size_t n = 0; n < report->count; n++) {
        const bench_row *row = &report->rows[n];
        const double number = is_in(group, row) ? number_of(row, which) : 0;
        if (number <= 0) continue;
        sum += log(number);
        count++;
    }

    return count ? exp(sum / (double)count) : 0;
}

static void mean_show(const bench_report *report, const char *name,
                      const bench_group *group)
{
    char threads[8] = "";
    if (group->threads) snprintf(threads, sizeof threads, "%d", group->threads);
    printf("%-20s%-7s%3s%24s%5.1f%%%5s", name,
           group->mode ? mode_name(group->mode) : "", threads, "",
           100 * mean_of(report, group, 0), "");
    column(13, "%.2f", mean_of(report, group, 1));

    for (size_t n = 0; n < report->peers->count; n++) {
        printf(n ? "  " : "        ");
        column(name_width(report->peers->peers[n].name), "%.2f",
               mean_of(report, group, n + 2));
    }
    putchar('\n');
}

/* The group of a row, if it is the first of that group. */
static bool first_of_group(const bench_report *report, size_t index,
                           bench_group *group)
{
    const bench_row *row = &report->rows[index];
    *group = (bench_group){row->work->family, row->mode, row->threads};
    for (size_t n = 0; n < index; n++)
        if (is_in(group, &report->rows[n])) return false;
    return true;
}

void means_show(const bench_report *report)
{
    const bench_group all = {NULL, 0, 0};
    bench_group group;
    if (report->count == 0) return;

    printf("\n%sgeometric means%s\n", paint(stdout, BOLD),
           paint(stdout, PLAIN));
    for (size_t n = 0; n < report->count; n++)
        if (first_of_group(report, n, &group))
            mean_show(report, group.family, &group);
    mean_show(report, "all", &all);
}

/* ---- JSON ---------------------------------------------------------------- */

/* null for what is unknown. */
static void record_positive(record *out, const char *key, double number)
{
    if (number > 0) record_number(out, key, number);
    else record_null(out, key);
}

static void record_roof(record *out, const elman_roof *roof)
{
    record_open(out, NULL, '{');
    record_count(out, "threads", (uint64_t)roof->threads);
    record_number(out, "fp32", roof->fp32);
    record_positive(out, "bf16", roof->bf16);
    record_positive(out, "int8", roof->int8);

    record_open(out, "read", '[');
    for (int level = 0; level < 4; level++)
        record_number(out, NULL, roof->read[level]);
    record_close(out, ']');
    record_close(out, '}');
}

static void record_row(record *out, const bench_report *report,
                       const bench_row *row)
{
    record_open(out, NULL, '{');
    record_text(out, "name", row->work->name);
    record_text(out, "family", row->work->family);
    record_text(out, "mode", mode_name(row->mode));
    record_count(out, "threads", (uint64_t)row->threads);

    record_number(out, "seconds", row->seconds);
    record_number(out, "flops", workload_flops(row->work, row->mode));
    record_number(out, "peak", row->peak);
    record_number(out, "roof", row->roof);
    record_text(out, "bound", level_name(row->level));

    /* null for what is unknown */
    record_positive(out, "recorded",
                    workload_recorded(row->work, row->mode, row->threads));
    record_positive(out, "tail", row->tail);

    record_open(out, "peers", '{');
    for (size_t n = 0; n < report->peers->count; n++)
        record_positive(out, report->peers->peers[n].name, row->peers[n]);
    record_close(out, '}');
    record_close(out, '}');
}

void bench_record(const bench_report *report, FILE *file)
{
    record out = record_begin(file);
    record_text(&out, "version", elman_version());
    record_text(&out, "cpu", report->machine.cpu);
    record_text(&out, "isa", report->machine.isa);

    record_open(&out, "roofs", '[');
    for (size_t n = 0; n < report->roof_count; n++)
        record_roof(&out, &report->roofs[n]);
    record_close(&out, ']');

    record_open(&out, "rows", '[');
    for (size_t n = 0; n < report->count; n++)
        record_row(&out, report, &report->rows[n]);
    record_close(&out, ']');
    record_end(&out);
}
