/*
 * meter.c: see meter.h. The live line is made of parts; those that matter
 * least leave it when the terminal is narrow.
 */
#include "meter.h"
#include "evaluation.h"
#include "output.h"
#include "safe.h"
#include "network.h"
#include "report.h"
#include "screen.h"
#include "system.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static const double REDRAW = 0.1; /* seconds between two live lines */
static const double REPEAT = 10;  /* and between two plain ones */

enum { LONGEST_BAR = 24, SHORTEST_BAR = 8 };

/* About how many lines of evaluations a run has: if they are of training data
 * alone, which choose nothing, fewer. */
enum { MOST_LINES = 100, FEWEST_LINES = 20 };

double meter_seconds(const meter *now)
{
    return seconds_now() - now->start_time;
}

/* Epochs done, with the part of the one that is running. */
static double epochs_done(const elman_progress *progress)
{
    double part = progress->batches
                      ? (double)progress->batch / (double)progress->batches
                      : 0;
    return (double)progress->epoch + part;
}

int meter_open(const train_values *values, const elman_dataset *dataset,
               const elman_progress *progress, meter *run)
{
    *run = (meter){.values = values,
                   .encoding = elman_dataset_encoding(dataset),
                   .validates =
                       elman_dataset_size(dataset, ELMAN_PART_VALIDATION) > 0};

    elman_machine machine;
    if (elman_machine_read(&machine) != ELMAN_OK) return library_failed();
    run->peak = machine.peak * (double)values->threads;

    if (values->metrics) {
        run->log = !strcmp(values->metrics, "-") ? stdout
                   : values->resume ? output_continue(values->metrics)
                                    : file_open(values->metrics, "w");
        if (!run->log) return unwritten(values->metrics);
    }

    /* where the run begins, which may be a resumed one */
    run->start_epochs = epochs_done(progress);
    run->start_steps = (double)progress->step;
    run->shown_part = -1;
    run->start_time = run->shown_time = seconds_now();
    run->speed_time = run->step_time = run->start_time;
    return 0;
}

/* Counts a step into the sums and smoothed values; timed: also into those of
 * the speed. */
static void count_step(meter *run, const elman_progress *progress, bool timed)
{
    const elman_metrics *last = &progress->last;
    run->seen++;
    double blend = fmax(0.05, 1 / (double)run->seen);
    run->loss += blend * (last->loss - run->loss);
    run->bits += blend * (last->bits - run->bits);
    if (!timed) return;
    run->sums.updates++;
    run->sums.steps += (double)last->steps;
    run->sums.flops += last->flops;
}

/* Brings the speed up to date with what was done until now. */
static void update_speed(meter *run, double now)
{
    double passed = now - run->speed_time;
    if (passed <= 0 || run->sums.updates == 0) return;
    speed *mean = &run->speed;
    double blend = mean->updates == 0 ? 1 : 1 - exp(-passed / 2);

    mean->updates += blend * (run->sums.updates / passed - mean->updates);
    mean->steps += blend * (run->sums.steps / passed - mean->steps);
    mean->flops += blend * (run->sums.flops / passed - mean->flops);

    run->speed_time = now;
    run->sums = (speed){0};
}

/* A step that ended with an evaluation took longer than a step does: the speed
 * is that of the steps before it, if there were any. */
static void leave_out_evaluation(meter *run, double now)
{
    update_speed(run, run->step_time);
    run->speed_time = now;
    run->sums = (speed){0};
}

/* The part of the run that is done, and the seconds that are left; NAN if
 * unknown. */
static double done_part(const meter *run, const elman_progress *progress,
                        double *left)
{
    const train_values *values = run->values;
    double passed = meter_seconds(run), part = 0;
    *left = INFINITY;

    /* whichever limit comes first */
    const struct {
        double start, now, limit;
    } limits[] = {
        {run->start_epochs, epochs_done(progress), (double)values->epochs},
        {run->start_steps, (double)progress->step, (double)values->steps},
        {0, passed, values->seconds}};
    for (int n = 0; n < 3; n++) {
        if (limits[n].limit == 0) continue;
        part = fmax(part, limits[n].now / limits[n].limit);
        double rate = (limits[n].now - limits[n].start) / passed;
        *left = fmin(*left, (limits[n].limit - limits[n].now) / rate);
    }

    if (!isfinite(*left)) *left = NAN;
    return fmin(part, 1);
}

/* One part of the line; the greatest rank leaves first. */
typedef struct part {
    int rank;
    char text[64];
} part;

enum { PARTS = 7 };

static void fill_parts(const meter *run, const elman_progress *progress,
                       double done, double left, part *parts)
{
    const train_values *values = run->values;
    enum { LENGTH = sizeof parts->text };
    uint64_t epoch = progress->epoch + 1;
    if (values->epochs) {
        if (epoch > values->epochs) epoch = values->epochs;
        snprintf(parts[0].text, LENGTH, "epoch %llu/%llu",
                 (unsigned long long)epoch, (unsigned long long)values->epochs);
    } else
        snprintf(parts[0].text, LENGTH, "epoch %llu",
                 (unsigned long long)epoch);

    /* how far the run is, and how well it learns */
    snprintf(parts[1].text, LENGTH, "%3.0f %%", 100 * done);
    snprintf(parts[2].text, LENGTH, "step %llu",
             (unsigned long long)progress->step);
    snprintf(parts[3].text, LENGTH, "loss %s", significant(run->loss, 4));
    if (run->encoding->task == ELMAN_TASK_LANGUAGE && !isnan(run->bits))
        snprintf(parts[4].text, LENGTH, "%s bits/%s", significant(run->bits, 3),
                 short_unit_name(run->encoding));

    /* how fast it is, and how long it takes */
    snprintf(parts[5].text, LENGTH, "%s %s/s, %.0f %% of peak",
             with_unit(run->speed.steps), short_unit_name(run->encoding),
             100 * run->speed.flops / run->peak);
    if (!isnan(left))
        snprintf(parts[6].text, LENGTH, "%s left", with_minutes(left));

    const int ranks[PARTS] = {1, 2, 5, 0, 4, 6, 3};
    for (int n = 0; n < PARTS; n++)
        parts[n].rank = ranks[n];
}

/* Empties the least important parts until the rest fits in columns. Returns
 * the columns that are left. */
static int fit_parts(part *parts, int columns)
{
    for (int rank = PARTS; rank >= 0; rank--) {
        int used = 0;
        for (int n = 0; n < PARTS; n++)
            if (parts[n].text[0]) used += (int)strlen(parts[n].text) + 2;
        if (used <= columns) return columns - used;
        for (int n = 0; n < PARTS; n++)
            if (parts[n].rank == rank) parts[n].text[0] = '\0';
    }
    return 0;
}

/* Draws the bar, columns wide, into text; returns its end. */
static char *draw_bar(double done, int columns, char *text)
{
    const char *full = screen.utf8 ? "━" : "#", *rest = screen.utf8 ? "─" : ".";
    int filled = (int)(done * columns + 0.5);

    text += sprintf(text, "%s", paint(stderr, CYAN));
    for (int n = 0; n < columns; n++) {
        if (n == filled)
            text +=
                sprintf(text, "%s%s", paint(stderr, PLAIN), paint(stderr, DIM));
        text += sprintf(text, "%s", n < filled ? full : rest);
    }

    return text + sprintf(text, "%s  ", paint(stderr, PLAIN));
}

static void show(meter *run, const elman_progress *progress)
{
    char text[1024], *end = text;
    part parts[PARTS] = {0};
    double left, done = done_part(run, progress, &left);
    fill_parts(run, progress, done, left, parts);

    int columns = screen.live ? screen_width(stderr) - 1 : 200;
    /* a bar takes precedence over all but the first parts */
    int bar = screen.live && columns > 40 ? SHORTEST_BAR + 2 : 0;
    int over = fit_parts(parts, columns - bar) + bar;

    for (int n = 0; n < PARTS; n++) {
        /* the bar stands after the epoch, where there is room */
        if (n == 1 && screen.live && over >= SHORTEST_BAR + 2)
            end = draw_bar(
                done, over - 2 < LONGEST_BAR ? over - 2 : LONGEST_BAR, end);
        if (parts[n].text[0]) end += sprintf(end, "%s  ", parts[n].text);
    }

    while (end > text && end[-1] == ' ')
        end--;
    *end = '\0';
    if (screen.live) live_line(text);
    else note("%s", text);
}

/* Whether an evaluation is worth a line: of a run of many, one now and then and
 * the last. */
static bool is_shown(meter *run, const elman_progress *progress)
{
    double left, done = done_part(run, progress, &left);
    double pause = 1.0 / (run->validates ? MOST_LINES : FEWEST_LINES);
    bool first = run->shown_part < 0, unknown = done == 0;
    if (!first && !unknown && !progress->done &&
        done - run->shown_part < 0.999 * pause)
        return false;
    run->shown_part = done;
    return true;
}

/* A JSON line of an event, to be filled and ended. */
static record log_begin(const meter *run, const elman_progress *progress,
                        const char *event)
{
    record out = record_begin(run->log);
    record_text(&out, "event", event);
    record_count(&out, "step", progress->step);
    record_number(&out, "epoch", epochs_done(progress));
    record_number(&out, "seconds", progress->seconds);
    return out;
}

static int log_end(const meter *run, record *out)
{
    record_end(out);
    if (run->log == stdout) return screen_broken() ? EXIT_FAILED : 0;
    if (fflush(run->log) == 0 && !ferror(run->log)) return 0;
    return unwritten(run->values->metrics);
}

static int log_step(const meter *run, const elman_progress *progress)
{
    record out = log_begin(run, progress, "step");
    record_number(&out, "loss", progress->last.loss);
    record_number(&out, "learning_rate", progress->learning_rate);
    record_number(&out, "norm", progress->norm);
    record_number(&out, "steps_per_second", run->speed.updates);
    record_number(&out, "inputs_per_second", run->speed.steps);
    return log_end(run, &out);
}

static int log_evaluation(const meter *run, const elman_progress *progress,
                          const elman_journal_row *row)
{
    record out = log_begin(run, progress, "evaluation");
    record_number(&out, "train_loss", row->train_loss);
    record_open(&out, "validation", '{');
    metrics_record(&out, &progress->validation);
    record_close(&out, '}');
    record_flag(&out, "best", progress->best);
    record_number(&out, "learning_rate", row->learning_rate);
    record_number(&out, "norm", row->norm);
    record_number(&out, "clipped", row->clipped);
    record_number(&out, "update", row->update);
    pulse_record(&out, row);
    return log_end(run, &out);
}

int meter_warn(meter *run, const elman_progress *progress, const char *kind,
               const char *text)
{
    note("%swarning:%s %s", paint(stderr, YELLOW), paint(stderr, PLAIN), text);
    if (!run->log) return 0;
    record out = log_begin(run, progress, "warning");
    record_text(&out, "kind", kind);
    record_text(&out, "text", text);
    return log_end(run, &out);
}

int meter_begin(meter *run, const elman_progress *progress,
                const elman_journal *journal)
{
    if (!run->log) return 0;
    size_t count;
    const elman_setting *settings = elman_journal_settings(journal, &count);
    record out = log_begin(run, progress, "begin");
    record_open(&out, "settings", '{');
    for (size_t n = 0; n < count; n++)
        record_text(&out, settings[n].name, settings[n].value);
    record_close(&out, '}');
    return log_end(run, &out);
}

int meter_step(meter *run, const elman_progress *progress,
               const elman_journal_row *row)
{
    double now = seconds_now();
    bool first = run->speed.updates == 0 && run->sums.updates == 0;
    bool timed = !progress->evaluated || first;
    if (!timed) leave_out_evaluation(run, now);
    count_step(run, progress, timed);

    const train_values *values = run->values;
    if (progress->evaluated && !screen.quiet && is_shown(run, progress))
        evaluation_show(run->encoding, progress, row,
                        values->evaluate_every == 0, values->epochs);

    /* the live line, or now and then a plain one */
    double pause = screen.live ? REDRAW : REPEAT;
    bool logs = run->log && progress->step % values->metrics_every == 0;
    bool shows = now >= run->shown_time + pause;
    run->step_time = now;
    if (shows || logs) update_speed(run, now);
    if (shows) {
        run->shown_time = now;
        if (!screen.quiet) show(run, progress);
    }

    if (!run->log) return 0;
    int code = 0;
    if (logs) code = log_step(run, progress);
    if (!code && progress->evaluated) code = log_evaluation(run, progress, row);
    return code;
}

int meter_close(meter *run, const elman_progress *progress, const char *reason,
                const elman_metrics *metrics)
{
    live_line("");
    if (!run->log) return 0;

    /* the last line says how the run ended */
    record out = log_begin(run, progress, "end");
    record_text(&out, "reason", reason);
    if (metrics) {
        record_open(&out, "metrics", '{');
        metrics_record(&out, metrics);
        record_close(&out, '}');
    }

    int code = log_end(run, &out);
    if (run->log != stdout && fclose(run->log) != 0 && !code)
        code = unwritten(run->values->metrics);

    run->log = NULL;
    return code;
}
