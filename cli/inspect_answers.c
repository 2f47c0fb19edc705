/*
 * inspect_answers.c: where a model is wrong, and what decided its answers.
 */
#include "inspect_parts.h"
#include "plot.h"
#include "report.h"
#include "screen.h"

#include <math.h>
#include <string.h>

enum { WIDEST = 60, WORST = 5 };

/* ---- Errors ------------------------------------------------------------- */

static void show_calibration(const elman_errors *e)
{
    if (isnan(e->calibration_error)) return;
    double right[ELMAN_CALIBRATION_BINS];
    for (size_t n = 0; n < ELMAN_CALIBRATION_BINS; n++)
        right[n] = e->calibration_counts[n] ? e->calibration_accuracy[n] : NAN;
    printf("share right by how sure, 0 to 100 %%  %s", paint(stdout, CYAN));
    spark_print(right, ELMAN_CALIBRATION_BINS, 0, 1, ELMAN_CALIBRATION_BINS);
    printf("%s  off by %s in the mean\n", paint(stdout, PLAIN),
           significant(e->calibration_error, 2));
}

static void show_positions(const elman_errors *e)
{
    double low = INFINITY, high = -INFINITY;
    if (e->positions < 2) return;
    for (size_t n = 0; n < e->positions; n++) {
        if (isnan(e->position_loss[n])) continue;
        low = fmin(low, e->position_loss[n]);
        high = fmax(high, e->position_loss[n]);
    }
    if (!(low < high)) return;
    printf("loss from the first step to the last  %s", paint(stdout, CYAN));
    spark_print(e->position_loss, e->positions, 0, high, plot_room(64, 50));
    printf("%s  %s to %s\n", paint(stdout, PLAIN), significant(low, 3),
           significant(high, 3));
}

/* What a value of the answer is called: its target, and of a forecast how far
 * ahead; in a static buffer. */
static const char *value_describe(const inspect_view *view, size_t output,
                                  bool ahead)
{
    static char text[96];
    const elman_encoding *e = view->net->encoding;
    size_t count = e && e->target_count ? e->target_count : 1;
    size_t target = output % count;
    int used = e && e->target_names
                   ? snprintf(text, 64, "%s", e->target_names[target])
                   : snprintf(text, 64, "target %zu", target + 1);
    if (used > 63) used = 63;
    if (e && ahead && e->task == ELMAN_TASK_FORECAST)
        snprintf(text + used, sizeof text - (size_t)used, ", %zu ahead",
                 output / count + 1);
    return printable(text);
}

static void show_horizons(const inspect_view *view)
{
    const elman_errors *e = view->in->errors;
    size_t K = e->target_count;
    if (!K) return;
    double most = 0;
    for (size_t n = 0; n < e->horizon * K; n++)
        most = fmax(most, e->residual_rms[n]);

    /* each target by itself, from the next step to the last */
    for (size_t k = 0; k < K && k < 8; k++) {
        double rms[64] = {0};
        size_t shown = e->horizon < 64 ? e->horizon : 64;
        for (size_t n = 0; n < shown; n++)
            rms[n] = e->residual_rms[n * K + k];
        printf("%s  root mean square error %s", value_describe(view, k, false),
               significant(rms[0], 3));
        if (shown > 1) {
            printf(" to %s, by step ahead  %s", significant(rms[shown - 1], 3),
                   paint(stdout, CYAN));
            spark_print(rms, shown, 0, most > 0 ? most : 1, plot_room(64, 50));
            fputs(paint(stdout, PLAIN), stdout);
        }
        printf("; correlation %s\n", significant(e->correlation[k], 3));
    }
}

/* A token of a text as it stands in a line. */
static const char *token_inline(const inspect_view *view, int32_t token)
{
    const elman_encoding *e = view->net->encoding;
    bool known = token >= 0 && (size_t)token < e->vocabulary;
    const char *text = known ? e->tokens[token] : "?";
    return *text == '\n' ? screen.utf8 ? "↵" : " " : printable(text);
}

/* What a text had before its mistake: as much of the end as there is room for,
 * to the right. */
static void show_before(const inspect_view *view, const elman_mistake *m)
{
    int room = plot_room(54, 44), used = 0;
    size_t begin = m->before_count;
    while (begin > 0) {
        int width = text_width(token_inline(view, m->before[begin - 1]));
        if (used + width > room) break;
        used += width;
        begin--;
    }

    printf("%s%*s", paint(stdout, DIM), room - used, "");
    for (size_t t = begin; t < m->before_count; t++)
        fputs(token_inline(view, m->before[t]), stdout);
    printf("%s  then ", paint(stdout, PLAIN));
}

/* Where the answer of a mistake stands; nowhere in a text. */
static elman_origin origin_of(const inspect_view *view, size_t n)
{
    const elman_mistake *m = &view->in->errors->mistakes[n];
    elman_origin at = {0};
    if (view->in->errors->task != ELMAN_TASK_LANGUAGE)
        elman_dataset_origin(view->in->dataset, m->id, m->step, &at);
    return at;
}

/* Whether another window of a forecast was as wrong about the same row. */
static bool is_told(const inspect_view *view, size_t n)
{
    if (view->in->errors->task != ELMAN_TASK_FORECAST) return false;
    const elman_origin at = origin_of(view, n);
    for (size_t before = 0; before < n; before++) {
        const elman_origin other = origin_of(view, before);
        if (other.sequence == at.sequence && other.step == at.step) return true;
    }
    return false;
}

static void show_mistakes(const inspect_view *view)
{
    const elman_errors *e = view->in->errors;
    bool classes = e->target_count == 0, text = e->task == ELMAN_TASK_LANGUAGE;
    size_t shown = 0;
    if (e->mistake_count)
        puts(text ? "worst answers: the text before, what came, and what was "
                    "answered"
                  : "worst answers");
    for (size_t n = 0; n < e->mistake_count && shown < WORST; n++) {
        const elman_mistake *m = &e->mistakes[n];
        if (is_told(view, n)) continue;
        shown++;

        /* what was asked for, and what was said */
        printf("  loss %-8s ", significant(m->loss, 3));
        if (text) show_before(view, m);
        if (classes)
            printf("%s, answered %s with %.0f %%",
                   token_describe(view->net, m->truth),
                   token_describe(view->net, m->answer), 100 * m->probability);
        else
            printf("%s, answered %s", significant(m->wanted, 4),
                   significant(m->given, 4));

        /* where it stands, unless the text says it */
        const elman_origin at = origin_of(view, n);
        if (at.line) printf("  (line %zu)", at.line);
        else if (!text)
            printf("  (sequence %zu, step %zu)", at.sequence, at.step);
        putchar('\n');
    }
}

void errors_show(const inspect_view *view)
{
    const elman_errors *e = view->in->errors;
    if (!e) return;
    title_show(ELMAN_SECTION_ERRORS);
    printf("loss %s", significant(e->loss, 4));
    if (!isnan(e->accuracy)) printf(", %.1f %% right", 100 * e->accuracy);
    printf(", %s answers\n", with_commas(e->targets));
    if (e->confusion && e->task != ELMAN_TASK_LANGUAGE && e->class_count <= 12)
        confusion_show(view->net->encoding, e->confusion);
    show_horizons(view);
    show_calibration(e);
    show_positions(e);
    show_mistakes(view);
}

/* ---- Attribution -------------------------------------------------------- */

/* The steps that weigh most, each with its number, so that they can be told
 * without colours. */
static void show_heaviest(const inspect_view *view, const elman_attribution *a,
                          size_t sequence)
{
    enum { SHOWN = 4 };
    const elman_batch *batch = view->in->batch;
    double below = INFINITY;
    for (size_t n = 0; n < SHOWN; n++) {
        size_t best = SIZE_MAX;
        for (size_t t = a->first; t < a->T; t++) {
            double size = fabs(a->steps[t]);
            if (size > 0 && size < below &&
                (best == SIZE_MAX || size > fabs(a->steps[best])))
                best = t;
        }
        if (best == SIZE_MAX) break;

        below = fabs(a->steps[best]);
        printf("%sstep %zu", n ? ", " : "  most by ", best);
        if (batch->tokens && view->net->encoding)
            printf(" %s",
                   token_describe(view->net,
                                  batch->tokens[best * batch->B + sequence]));
        printf(" %s%s", a->steps[best] > 0 ? "+" : "",
               significant(a->steps[best], 2));
    }
    putchar('\n');
}

/* The tokens of a sample, those that speak for the answer in green, those
 * against it in red, those that were left as they are in grey. */
static void show_tokens(const inspect_view *view, const elman_attribution *a,
                        size_t sequence)
{
    const elman_batch *batch = view->in->batch;
    double most = 0;
    for (size_t t = 0; t <= a->step && t < a->T; t++)
        most = fmax(most, fabs(a->steps[t]));

    /* the last steps: what is further back is seldom what decided */
    size_t room = (size_t)(3 * plot_room(2, 98)), used = 0;
    size_t begin = a->step > room ? a->step - room : 0;
    for (size_t t = begin; t <= a->step && t < a->T; t++) {
        int32_t token = batch->tokens[t * batch->B + sequence];
        const char *text = view->net->encoding->tokens[token];
        bool line = *text == '\n';
        double part = a->steps[t] / (most > 0 ? most : 1);

        colour ink = part > 0.1      ? GREEN
                     : part < -0.1   ? RED
                     : t >= a->first ? PLAIN
                                     : DIM;
        if (used == 0) fputs("  ", stdout);
        printf("%s%s%s%s", paint(stdout, ink),
               paint(stdout, fabs(part) > 0.4 ? BOLD : ink),
               token_inline(view, token), paint(stdout, PLAIN));
        used += (size_t)text_width(text);
        if (line || used > room / 3) {
            putchar('\n');
            used = 0;
        }
    }
    if (used) putchar('\n');
}

/* The steps of a sample of values, and the inputs that weigh most. */
static void show_values(const inspect_view *view, const elman_attribution *a)
{
    double most = 0;
    for (size_t t = 0; t < a->T; t++)
        most = fmax(most, fabs(a->steps[t]));
    fputs("  by step  ", stdout);
    fputs(paint(stdout, CYAN), stdout);
    spark_print(a->steps, a->T, -most, most > 0 ? most : 1,
                plot_room(12, WIDEST));
    printf("%s\n", paint(stdout, PLAIN));
    if (a->I < 2 || a->I != view->in->input_count) return;

    size_t best = 0;
    for (size_t i = 1; i < a->I; i++)
        if (a->features[i] > a->features[best]) best = i;
    const char *name = view->in->inputs[best].name;
    printf("  most by input %s\n", name ? printable(name) : "");
}

/* What is explained, and how sure that is. */
static void show_question(const inspect_view *view, size_t n)
{
    const elman_attribution *a = view->in->samples[n];
    const elman_encoding *e = view->net->encoding;
    bool words = e && (e->vocabulary || e->class_count);
    size_t mistake = view->in->sample_mistakes[n];
    const elman_mistake *m =
        mistake ? &view->in->errors->mistakes[mistake - 1] : NULL;
    const char *why = !words          ? "why"
                      : e->vocabulary ? "why it expects"
                                      : "why it answers";
    printf("%s%s%s ", n ? "\n" : "", m ? "the worst answer: " : "", why);
    fputs(words ? token_describe(view->net, (int32_t)a->output)
                : value_describe(view, a->output, true),
          stdout);
    if (e && e->vocabulary) printf(" next");
    if (m)
        printf(" with %.0f %%, but it is %s", 100 * m->probability,
               token_describe(view->net, m->truth));
    printf("\n  %s %s, without this input %s; ", words ? "score" : "scaled",
           significant(a->answer, 3), significant(a->baseline_answer, 3));

    /* the gap beside what the steps come to */
    double size = 0;
    for (size_t t = 0; t < a->T; t++)
        size += fabs(a->steps[t]);
    double part = size > 0 ? 100 * fabs(a->gap) / size : 0;
    if (part < 0.1) puts("the steps explain all of the difference");
    else if (part < 10)
        printf("the steps explain it to within %.1f %%\n", part);
    else
        printf("%s%.0f %% is not explained: take this with care%s\n",
               paint(stdout, YELLOW), part, paint(stdout, PLAIN));
    if (a->first)
        printf("  the first %s steps were left as they are (%s)\n",
               with_commas(a->first),
               view->in->batch->tokens ? "grey" : "0 below");
}

void samples_show(const inspect_view *view)
{
    const elman_inspection *in = view->in;
    if (!in->sample_count) return;
    title_show(ELMAN_SECTION_ATTRIBUTION);
    puts(in->batch->tokens
             ? "tokens in green speak for the answer, those in red against it"
             : "bars over the middle speak for the answer, others against it");
    for (size_t n = 0; n < in->sample_count; n++) {
        show_question(view, n);
        if (in->batch->tokens && view->net->encoding)
            show_tokens(view, in->samples[n], in->sample_sequences[n]);
        else show_values(view, in->samples[n]);
        show_heaviest(view, in->samples[n], in->sample_sequences[n]);
    }
}

/* ---- Units -------------------------------------------------------------- */

void units_show(const inspect_view *view)
{
    const elman_units *units = view->in->units;
    if (!units) return;
    title_show(ELMAN_SECTION_UNITS);
    if (!units->match_count)
        puts("there is no property of these steps to compare units with");
    for (size_t n = 0; n < units->match_count && n < 8; n++) {
        const elman_unit_match *m = &units->matches[n];
        printf("%28.28s  unit %4zu of layer%zu%s  correlation %6s  %s",
               printable(m->name), m->unit, m->level,
               m->reverse ? "_reverse" : "", significant(m->held_out, 2),
               paint(stdout, CYAN));
        bar_print(fabs(m->held_out), plot_room(72, 20));
        printf("%s\n", paint(stdout, PLAIN));
    }
}
