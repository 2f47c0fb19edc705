/*
 * section_units.c: what units say over a text or series, and which steps of the
 * input decided an answer.
 */
#include "model/model.h"
#include "report/chart.h"
#include "report/map.h"
#include "report/section.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SHOWN_INPUTS = 4, /* lines of a chart of inputs */
    NAMED_FEATURES = 24,
    ID_ROOM = 40
};

static bool reads_tokens(const elman_inspection *of)
{
    return of->batch && of->batch->tokens;
}

/* Whether the batch has this sequence, with inputs that can be shown. */
static bool has_inputs(const elman_inspection *of, size_t sequence, size_t T)
{
    return of->batch && sequence < of->batch->B && T <= of->batch->T &&
           (of->batch->tokens ||
            (of->batch->x && of->model && of->model->info.input_size));
}

static const char *feature_name(const elman_inspection *of, size_t feature)
{
    const elman_encoding *encoding = words_encoding(of);
    if (feature < of->input_count) return of->inputs[feature].name;
    return encoding && encoding->columns && feature < encoding->input_size
               ? encoding->columns[feature]
               : NULL;
}

/* ---- Units -------------------------------------------------------------- */

/* The inputs of the sequence as lines, the first few of them. */
static void write_series(page *p, const elman_inspection *of, size_t sequence,
                         size_t T)
{
    size_t I = of->model->info.input_size;
    size_t count = I < SHOWN_INPUTS ? I : SHOWN_INPUTS;
    double *x = section_counting(p, T, 0, 1);
    double *y = page_take(p, count * T, sizeof *y);
    elman_line lines[SHOWN_INPUTS];
    char names[SHOWN_INPUTS][ID_ROOM];

    for (size_t i = 0; i < count && x && y; i++) {
        for (size_t t = 0; t < T; t++)
            y[i * T + t] = words_input(of, sequence, t, i);
        snprintf(names[i], sizeof names[i], "input %zu", i);
        const char *name = feature_name(of, i);
        lines[i] = (elman_line){name ? name : names[i], T, x, y + i * T};
    }

    /* under it the units, over the same steps */
    if (x && y)
        chart_write(
            p, &(chart){.title = "What it read",
                        .sentence = "The inputs of the sequence, as "
                                    "the model reads them.",
                        .note = count < I ? "Only the first inputs." : NULL,
                        .x_label = "step",
                        .count = count,
                        .lines = lines,
                        .wide = true,
                        .width = 940,
                        .height = 220});
    free(x);
    free(y);
}

/* Whether a match is about a unit of the level. */
static bool is_of(const elman_unit_match *match, const elman_units_level *level)
{
    char name[64];
    snprintf(name, sizeof name, "layer%zu%s", match->level,
             match->reverse ? "_reverse" : "");
    return strcmp(name, level->name) == 0;
}

/* The best unit of the level, or 0. */
static size_t write_matches(page *p, const elman_units *units,
                            const elman_units_level *level)
{
    size_t best = SIZE_MAX, shown = 0;
    char correlation[NUMBER_ROOM];
    for (size_t i = 0; i < units->match_count; i++) {
        const elman_unit_match *m = &units->matches[i];
        if (!is_of(m, level) || m->unit >= level->R) continue;
        if (!shown++)
            page_write(p, "<p>The units that tell most, by their correlation "
                          "on steps that did not choose them:</p>"
                          "<div class=matches>");
        number_label(m->held_out, 2, correlation);
        page_write(p, "<button data-row=@u>unit @u: <b>@t</b> @r</button>",
                   m->unit, m->unit, m->name, correlation);
        if (best == SIZE_MAX) best = m->unit;
    }
    if (shown) page_write(p, "</div>");
    return best == SIZE_MAX ? 0 : best;
}

static void write_units(page *p, const elman_inspection *of, size_t k)
{
    const elman_units_level *level = &of->units->levels[k];
    bool text =
        reads_tokens(of) && has_inputs(of, of->units->sequence, of->units->T);
    char id[ID_ROOM];
    snprintf(id, sizeof id, "units-text-%zu", k);

    page_write(p, "<div class=level><h3>@t</h3>", level->name);
    size_t start = write_matches(p, of->units, level);
    map_write(p, &(map){.title = "Every unit at every step",
                        .sentence = "Heat map: the value of each unit (rows) "
                                    "at each step (columns).",
                        .rows = level->R,
                        .columns = of->units->T,
                        .row_stride = 1,
                        .column_stride = level->R,
                        .is_signed = true,
                        .row_word = "Unit",
                        .column_word = "step",
                        .value_word = "h",
                        .row_label = "unit ↓",
                        .column_label = "step →",
                        .start = start,
                        .text = text ? id : NULL,
                        .count = 1,
                        .layers = {{"h", level->h}}});

    /* the chosen unit colours the text */
    if (text) {
        page_write(p, "<div class=card><h4>The text, coloured by the chosen "
                      "unit</h4>");
        words_tokens(p, of, id, of->units->sequence, of->units->T, NULL);
        page_write(p, "<figcaption><span class=\"key more\">above its mean"
                      "</span> <span class=\"key less\">below it</span>"
                      "</figcaption></div>");
    }
    page_write(p, "</div>");
}

void section_units(page *p, const elman_inspection *of)
{
    const elman_units *units = of->units;
    if (!units || !units->count || !units->T) return;

    section_open(p, "units",
                 reads_tokens(of) ? "Units over the text"
                                  : "Units over the series");
    page_write(p,
               "<p>What each unit says at each step of sequence @u of the "
               "batch. Choose a unit by its row.</p>",
               units->sequence);
    if (!reads_tokens(of) && has_inputs(of, units->sequence, units->T))
        write_series(p, of, units->sequence, units->T);
    for (size_t k = 0; k < units->count; k++)
        write_units(p, of, k);
    section_close(p);
}

/* ---- Attribution -------------------------------------------------------- */

static void write_steps(page *p, const elman_attribution *a)
{
    double *x = section_counting(p, a->T, 0, 1);
    const elman_line bars = {"attribution", a->T, x, a->steps};
    if (x)
        chart_write(p, &(chart){.kind = CHART_STEPS_OF_BARS,
                                .two_tones = true,

                                .title = "By step",
                                .sentence = "How much each step of the input "
                                            "raised or lowered the answer.",
                                .x_label = "step",
                                .y_label = "attribution",
                                .count = 1,
                                .lines = &bars,
                                .wide = true,
                                .width = 940,
                                .height = 240});
    free(x);
}

/* Steps by features: rows have their names, as many as can be named. */
static void write_features(page *p, const elman_inspection *of,
                           const elman_attribution *a)
{
    float *values = page_take(p, a->T * a->I, sizeof *values);
    const char **names = page_take(p, a->I, sizeof *names);
    bool named = true;
    for (size_t i = 0; i < a->I && names; i++) {
        names[i] = feature_name(of, i);
        named = named && names[i];
    }
    for (size_t k = 0; k < a->T * a->I && values; k++)
        values[k] = (float)a->values[k];

    /* rows are inputs, so that one can be followed */
    if (values && names)
        map_write(p, &(map){.title = "By step and input",
                            .sentence = "Heat map: how much each input (rows) "
                                        "at each step (columns) raised or "
                                        "lowered the answer.",
                            .rows = a->I,
                            .columns = a->T,
                            .row_stride = 1,
                            .column_stride = a->I,
                            .is_signed = true,
                            .row_word = "Input",
                            .column_word = "step",
                            .value_word = "attribution",
                            .row_label = "input",
                            .column_label = "step →",
                            .row_names = named ? names : NULL,
                            .count = 1,
                            .layers = {{"attribution", values}}});
    free(values);
    free(names);
}

/* What the steps come to, and how much of it they do not explain. */
static void write_account(page *p, const elman_attribution *a, bool score)
{
    double size = 0;
    for (size_t t = 0; t < a->T; t++)
        size += fabs(a->steps[t]);
    double part = size > 0 ? fabs(a->gap) / size : 0;

    page_write(p,
               "<p>After step @u its @r is @n; with a mean token, or zeros, "
               "at each step it would be @n. ",
               a->step, score ? "score (before softmax)" : "value, scaled,",
               a->answer, a->baseline_answer);
    if (part < 0.001)
        page_write(p, "What follows adds up to the whole difference.</p>");
    else if (part < 0.1)
        page_write(p,
                   "What follows adds up to the difference to within @p.</p>",
                   part);
    else
        page_write(p,
                   "<b>@p of it is not explained by what follows: take it "
                   "with care.</b></p>",
                   part);
    if (a->first)
        page_write(p,
                   "<p>The first @u steps were left as they are@r: further "
                   "back the sums do not settle.</p>",
                   a->first, a->I == 1 ? ", and are grey" : "");
}

/* The mistake of errors that sample k explains, or NULL. */
static const elman_mistake *mistake_of(const elman_inspection *of, size_t k)
{
    size_t number = of->sample_mistakes ? of->sample_mistakes[k] : 0;
    bool there = number && of->errors && number <= of->errors->mistake_count;
    return there ? &of->errors->mistakes[number - 1] : NULL;
}

/* Whose answer is explained. */
static void write_question(page *p, const elman_inspection *of, size_t k)
{
    const elman_attribution *a = of->samples[k];
    const elman_mistake *m = mistake_of(of, k);
    size_t sequence = of->sample_sequences ? of->sample_sequences[k] : 0;
    page_write(p,
               m ? "<h3>The worst answer: why it says " : "<h3>Why it says ");
    words_output(p, of, a->output);
    page_write(p, "</h3><p>");
    if (m) {
        words_place(p, of, m->id, m->step);
        page_write(p, ": the truth is ");
        words_answer(p, of, of->errors->task, m->truth);
        page_write(p, ", the answer has a probability of @p.", m->probability);
    } else if (of->batch && of->batch->ids && sequence < of->batch->B &&
               !reads_tokens(of))
        words_place(p, of, of->batch->ids[sequence], a->step);
    page_write(p, "</p>");
}

static void write_sample(page *p, const elman_inspection *of, size_t k)
{
    const elman_attribution *a = of->samples[k];
    size_t sequence = of->sample_sequences ? of->sample_sequences[k] : 0;
    char id[ID_ROOM];
    write_question(p, of, k);
    const elman_encoding *e = words_encoding(of);
    write_account(p, a, e && (e->vocabulary || e->class_count));

    /* in the text itself, then as bars */
    if (reads_tokens(of) && has_inputs(of, sequence, a->T)) {
        snprintf(id, sizeof id, "sample-%zu", k);
        page_write(p, "<div class=card>");
        words_tokens(p, of, id, sequence, a->T, a);
        page_write(p, "<figcaption><span class=\"key more\">raised it</span> "
                      "<span class=\"key less\">lowered it</span> The framed "
                      "step is the one that was asked.</figcaption></div>");
    }
    write_steps(p, a);
    if (a->I > 1) write_features(p, of, a);
}

void section_samples(page *p, const elman_inspection *of)
{
    if (!of->sample_count) return;
    section_open(p, "attribution", "Why it answers so");
    page_write(p, "<p>Which steps of the input decided the answer: integrated "
                  "gradients, from a baseline to what was read.</p>");
    for (size_t k = 0; k < of->sample_count; k++)
        if (of->samples[k] && of->samples[k]->T) write_sample(p, of, k);
    section_close(p);
}
