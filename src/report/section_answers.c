/*
 * section_answers.c: where answers are wrong: classes and tokens.
 */
#include "report/chart.h"
#include "report/map.h"
#include "report/section.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TABLE_CLASSES = 12, /* up to so many the confusion is a table */
    NARROW_CLASSES = 5  /* and one beside a chart */
};

/* ---- Confusion ---------------------------------------------------------- */

static double row_sum(const elman_errors *e, size_t row)
{
    double sum = 0;
    for (size_t i = 0; i < e->class_count; i++)
        sum += (double)e->confusion[row * e->class_count + i];
    return sum;
}

static void write_confusion_table(page *p, const elman_errors *e,
                                  const elman_inspection *of)
{
    size_t n = e->class_count;
    page_write(p, "<div class=card><h4>Truth (rows) and answers (columns)</h4>"
                  "<table class=confusion><thead><tr><th>");
    for (size_t i = 0; i < n; i++) {
        page_write(p, "<th>");
        words_answer(p, of, e->task, (int32_t)i);
    }
    page_write(p, "<th>right<tbody>");

    /* each row coloured by its shares */
    for (size_t i = 0; i < n; i++) {
        double sum = row_sum(e, i);
        page_write(p, "<tr><th>");
        words_answer(p, of, e->task, (int32_t)i);
        for (size_t j = 0; j < n; j++) {
            double count = (double)e->confusion[i * n + j];
            page_write(p, "<td@r style=\"--v:@n\">@n",
                       i == j ? " class=right" : "", sum > 0 ? count / sum : 0,
                       count);
        }
        page_write(p, "<th>@p",
                   sum > 0 ? (double)e->confusion[i * n + i] / sum : NAN);
    }
    page_write(p, "</table></div>");
}

static const char **class_names(page *p, const elman_errors *e,
                                const elman_inspection *of)
{
    const elman_encoding *encoding = words_encoding(of);
    char *const *from = !encoding                        ? NULL
                        : e->task == ELMAN_TASK_LANGUAGE ? encoding->tokens
                                                         : encoding->labels;
    size_t have = !encoding                        ? 0
                  : e->task == ELMAN_TASK_LANGUAGE ? encoding->vocabulary
                                                   : encoding->class_count;
    if (!from || have < e->class_count) return NULL;
    const char **names = page_take(p, e->class_count, sizeof *names);
    for (size_t i = 0; i < e->class_count && names; i++)
        names[i] = !strcmp(from[i], " ")    ? "␣"
                   : !strcmp(from[i], "\n") ? "↵"
                   : !strcmp(from[i], "\t") ? "⇥"
                                            : from[i];
    return names;
}

static void write_confusion_map(page *p, const elman_errors *e,
                                const elman_inspection *of)
{
    size_t n = e->class_count;
    float *values = page_take(p, n * n, sizeof *values);
    const char **names = class_names(p, e, of);
    size_t most = 0; /* the truth that there is most of, shown first */
    for (size_t i = 0; i < n * n && values; i++)
        values[i] = (float)e->confusion[i];
    for (size_t i = 1; i < n; i++)
        if (row_sum(e, i) > row_sum(e, most)) most = i;

    /* the same picture for many classes */
    if (values)
        map_write(p, &(map){.title = "Truth (rows) and answers (columns)",
                            .sentence = "Heat map: how often each truth (rows) "
                                        "got each answer (columns).",
                            .rows = n,
                            .columns = n,
                            .row_stride = n,
                            .column_stride = 1,
                            .square = true,
                            .row_word = "Truth",
                            .column_word = "answer",
                            .value_word = "times",
                            .row_label = "truth ↓",
                            .column_label = "answer →",
                            .row_names = names,
                            .column_names = names,
                            .start = most,
                            .count = 1,
                            .layers = {{"times", values}}});
    free(values);
    free(names);
}

/* ---- Mistakes ----------------------------------------------------------- */

static void write_mistakes(page *p, const elman_errors *e,
                           const elman_inspection *of)
{
    bool classes = e->mistake_count && e->mistakes[0].answer >= 0;
    bool text = e->mistake_count && e->mistakes[0].before_count;
    if (!e->mistake_count) return;
    page_write(p,
               "<h3>The worst answers</h3><div class=card><table "
               "class=words><thead><tr><th>@r<th>@r<th>Answer@r"
               "<th class=n>loss<tbody>",
               text ? "Text before" : "Where", text ? "What came" : "Truth",
               classes ? "<th class=n>its probability" : "");

    /* where it is, what is true and what was answered */
    for (size_t i = 0; i < e->mistake_count; i++) {
        const elman_mistake *m = &e->mistakes[i];
        page_write(p, "<tr>");
        if (text) words_mistake(p, of, m);
        else {
            page_write(p, "<td class=text>");
            words_place(p, of, m->id, m->step);
        }
        page_write(p, "<td class=text>");
        if (classes) {
            words_answer(p, of, e->task, m->truth);
            page_write(p, "<td class=text>");
            words_answer(p, of, e->task, m->answer);
            page_write(p, "<td class=n>@p", m->probability);
        } else {
            char name[TARGET_ROOM];
            words_target(of, m->target, name);
            page_write(p, "@n@r@t<td>@n", m->wanted,
                       e->target_count > 1 ? " " : "",
                       e->target_count > 1 ? name : "", m->given);
        }
        page_write(p, "<td class=n>@n", m->loss);
    }
    page_write(p, "</table></div>");
}

/* ---- Calibration, position ---------------------------------------------- */

static void write_calibration(page *p, const elman_errors *e)
{
    double x[ELMAN_CALIBRATION_BINS], y[ELMAN_CALIBRATION_BINS];
    char note[160], gap[NUMBER_ROOM];
    size_t count = 0;
    for (size_t i = 0; i < ELMAN_CALIBRATION_BINS; i++) {
        if (!e->calibration_counts[i]) continue;
        x[count] = e->calibration_confidence[i];
        y[count++] = e->calibration_accuracy[i];
    }
    if (!count || isnan(e->calibration_error)) return;

    /* on the diagonal a probability is honest */
    number_label(100 * e->calibration_error, 3, gap);
    snprintf(note, sizeof note,
             "On the dashed line a probability means what it says. Expected "
             "calibration error: %s %%.",
             gap);
    const elman_line line = {"accuracy", count, x, y};
    chart_write(p, &(chart){.title = "Do probabilities mean what they say?",
                            .sentence = "Accuracy of answers by the "
                                        "probability that the model gave them.",
                            .note = note,
                            .x_label = "probability given",
                            .y_label = "share that was right",
                            .count = 1,
                            .lines = &line,
                            .diagonal = true,
                            .x_high = 1,
                            .y_high = 1});
}

static void write_position(page *p, const elman_errors *e)
{
    if (e->positions < 2 || !e->position_loss) return;
    double *x =
        section_counting(p, e->positions, (double)(e->position_steps - 1) / 2,
                         (double)e->position_steps);
    const elman_line line = {"loss", e->positions, x, e->position_loss};
    if (x)
        chart_write(p, &(chart){.title = "Loss by position in the sequence",
                                .sentence = "Mean loss by the step of the "
                                            "sequence at which it is taken.",
                                .note = "It falls at first where memory helps; "
                                        "if it rises, the network loses the "
                                        "thread.",
                                .x_label = "step",
                                .y_label = "loss",
                                .count = 1,
                                .lines = &line});
    free(x);
}

/* ---- All of it ---------------------------------------------------------- */

static const char *task_name(elman_task task)
{
    static const char *const names[] = {"",
                                        "the next token",
                                        "a class of each sequence",
                                        "a class of each step",
                                        "a forecast",
                                        "values of each sequence",
                                        "values of each step"};
    return task < sizeof names / sizeof *names ? names[task] : "";
}

static void write_account(page *p, const elman_errors *e, const char *part)
{
    page_write(p, "<tr><td>@r<td>@u<td>@n<td>@p", part, (size_t)e->targets,
               e->loss, e->accuracy);
}

void section_answers(page *p, const elman_inspection *of)
{
    const elman_errors *e = of->errors;
    if (!e) return;
    bool values = e->target_count > 0;

    section_open(p, "answers", "Where it is wrong");
    page_write(p,
               "<p>The answer is @r.</p><div class=card><table><thead><tr>"
               "<th>Data<th>answers<th>loss<th>accuracy<tbody>",
               task_name(e->task));
    write_account(p, e, "measured here");
    if (of->training_errors) write_account(p, of->training_errors, "training");
    page_write(p, "</table></div>");

    /* few classes are a table, many an image */
    bool table = e->class_count && e->class_count <= TABLE_CLASSES;
    bool narrow = e->class_count && e->class_count <= NARROW_CLASSES;
    if (e->confusion && e->class_count && !table) write_confusion_map(p, e, of);
    if (e->confusion && table && !narrow) write_confusion_table(p, e, of);
    if (values) section_values(p, e, of);
    page_write(p, "<div class=grid2>");
    if (e->confusion && narrow) write_confusion_table(p, e, of);
    write_calibration(p, e);
    write_position(p, e);
    page_write(p, "</div>");
    write_mistakes(p, e, of);
    section_close(p);
}
