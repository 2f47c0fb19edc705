/*
 * report.c: the page of an inspection.
 *
 * One file that needs nothing else: style and script are in it, and a policy
 * lets no other script run and nothing be loaded.
 */
#include "report/report.h"

#include "base/kind.h"
#include "learn/journal.h"
#include "model/model.h"
#include "report/frame.h"
#include "report/section.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/real.h"

/* ---- Sections ----------------------------------------------------------- */

double *section_counting(page *p, size_t count, double first, double step)
{
    double *values = page_take(p, count, sizeof *values);
    for (size_t i = 0; i < count && values; i++)
        values[i] = first + step * (double)i;
    return values;
}

void section_open(page *p, const char *id, const char *title)
{
    page_write(p,
               "<section id=@r aria-labelledby=\"@r-title\">"
               "<h2 id=\"@r-title\">@r</h2>",
               id, id, id, title);
}

void section_close(page *p) { page_write(p, "</section>\n"); }

static size_t journal_length(const elman_inspection *of)
{
    size_t count = 0;
    if (of->journal && !journal_rows(of->journal, &count)) count = 0;
    return count;
}

static void section_journal(page *p, const elman_inspection *of)
{
    static const char *const names[] = {"this run"};
    if (!journal_length(of)) return;
    section_open(p, "training", "Training");
    page_write(p, "<p>How the run went, evaluation by evaluation.</p>");
    section_training(p, &of->journal, names, 1);
    section_close(p);
}

/* The list of sections: those whose measurement is there. */
static void write_contents(page *p, const elman_inspection *of)
{
    const struct {
        const char *id, *title;
        bool there;
    } rows[] = {{"findings", "In short", true},
                {"flow", "Gradient flow", of->flow && of->flow->count},
                {"truncation", "Truncation window",
                 of->truncation && of->truncation->count},
                {"gates", "Gates and units", of->gates && of->gates->count},
                {"units", "Units, step by step", of->units && of->units->count},
                {"attribution", "Why it answers so", of->sample_count > 0},
                {"answers", "Where it is wrong", of->errors},
                {"training", "Training", journal_length(of) > 0},
                {"spectrum", "Recurrent matrices",
                 of->spectrum && (of->spectrum->count || of->spectrum->absent)},
                {"exponents", "Lyapunov exponents",
                 of->exponents && of->exponents->count},
                {"fixed-points", "Fixed points", of->fixed_points},
                {"contributions", "What each step adds",
                 of->contributions && of->contributions->count},
                {"inputs", "Inputs", of->input_count > 0},
                {"settings", "What made it", of->model || of->dataset},
                {"absent", "Not measured", of->absence_count > 0}};

    /* only what the page has */
    page_write(p, "<nav aria-label=\"Sections\"><ol>");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].there)
            page_write(p, "<li><a href=\"#@r\">@r</a></li>", rows[i].id,
                       rows[i].title);
    page_write(p, "</ol></nav>");
}

/* ---- The head ----------------------------------------------------------- */

/* "embedding 32, LSTM 2 x 128, linear 96" */
static void write_model(page *p, const elman_model *model)
{
    for (size_t i = 0; words_layer(model, i); i++) {
        const elman_layer *l = words_layer(model, i);
        bool recurrent = kind_is_recurrent(l->kind);
        page_write(p, "@r@r<b>@t", i ? " → " : "",
                   recurrent && l->bidirectional ? "bidirectional " : "",
                   kind_title(l->kind));
        if (recurrent && l->hidden_size) page_write(p, " @u", l->hidden_size);
        else if (recurrent) page_write(p, " @u …", l->hidden_sizes[0]);
        else if (l->output_size) page_write(p, " @u", l->output_size);
        else if (l->embedding_dim) page_write(p, " @u", l->embedding_dim);
        page_write(p, "</b>");
        if (recurrent && l->num_layers > 1)
            page_write(p, " × @u levels", l->num_layers);
    }
}

static void write_header(page *p, const elman_inspection *of)
{
    page_write(p, "<header><p class=kicker>elman inspect</p><h1>@t</h1>",
               of->model_name ? of->model_name : "A model");
    if (of->model) {
        page_write(p, "<p>");
        write_model(p, of->model);
        page_write(p, "</p>");
    }
    if (of->data_name) page_write(p, "<p>Data: <b>@t</b></p>", of->data_name);
    else page_write(p, "<p>Data: none, random input</p>");
    if (of->batch)
        page_write(p, "<p>Measured on @u sequence@r of @r@u steps.</p>",
                   of->batch->B, of->batch->B == 1 ? "" : "s",
                   of->batch->lengths ? "up to " : "", of->batch->T);
    page_write(p, "</header>");
}

/* ---- Key figures -------------------------------------------------------- */

static void write_tile(page *p, const char *name, double value,
                       const char *unit)
{
    char text[NUMBER_ROOM];
    number_label(value, 3, text);
    if (!isnan(value))
        page_write(p, "<div><dt>@r</dt><dd>@r <small>@r</small></dd></div>",
                   name, text, unit);
}

/* The longest horizon of h, or of a cell's c. */
static void write_reach(page *p, const elman_flow *flow)
{
    size_t most = 0, T = 0;
    for (size_t i = 0; flow && i < flow->count; i++) {
        const elman_horizon *h = &flow->levels[i].horizon;
        const elman_horizon *c = &flow->levels[i].c_horizon;
        if (!h->T) continue;
        size_t reach =
            c->T && c->hundredth > h->hundredth ? c->hundredth : h->hundredth;
        if (reach < most) continue;
        most = reach;
        T = h->T;
    }
    if (T)
        page_write(p,
                   "<div><dt>Gradient reaches</dt><dd>@r@u <small>steps"
                   "</small></dd></div>",
                   most >= T ? "over " : "", most >= T ? T - 1 : most);
}

static void write_tiles(page *p, const elman_inspection *of)
{
    double saturation = NAN, dead = NAN;
    for (size_t i = 0; of->gates && i < of->gates->count; i++) {
        const elman_gates_level *level = &of->gates->levels[i];
        dead = (isnan(dead) ? 0 : dead) + (double)level->dead;
        saturation = real_max(isnan(saturation) ? 0 : saturation,
                              100 * level->saturation);
    }

    /* the most asked first */
    page_write(p, "<dl class=tiles>");
    if (of->model)
        page_write(p, "<div><dt>Weights</dt><dd>@g</dd></div>",
                   of->model->info.weight_count);
    if (of->errors) {
        write_tile(p, "Loss", of->errors->loss,
                   of->errors->target_count ? "" : "nats");
        if (of->errors->target_count == 0)
            write_tile(p, "Accuracy", 100 * of->errors->accuracy, "%");
        else if (of->errors->correlation)
            write_tile(p, "Correlation", of->errors->correlation[0], "");
    }
    write_reach(p, of->flow);
    if (of->truncation && of->truncation->count)
        write_tile(p, "Window that is enough", (double)of->truncation->enough,
                   "steps");
    write_tile(p, "Gates at an end", saturation, "%");
    write_tile(p, "Dead units", dead, "");
    if (of->exponents && of->exponents->count)
        write_tile(p, "Largest exponent", of->exponents->largest, "nats/step");
    page_write(p, "</dl>");
}

/* ---- Findings ----------------------------------------------------------- */

static const struct {
    const char *class, *word, *shape;
} severities[] = {
    [ELMAN_SEVERITY_FINE] = {"fine", "Fine",
                             "<path d=\"M16 2a14 14 0 1 1 0 28a14 14 0 0 1 0"
                             "-28\"/><path class=glyph d=\"M9.5 16.5l4.5 4.5l"
                             "8.5-9.5\"/>"},
    [ELMAN_SEVERITY_NOTE] = {"note", "Worth knowing",
                             "<path d=\"M5 4h22v24h-22z\"/><path class=glyph "
                             "d=\"M16 15v7M16 9.7v.1\"/>"},
    [ELMAN_SEVERITY_ALARM] = {"alarm", "Alarm",
                              "<path d=\"M16 1.5l15 27h-30z\"/><path "
                              "class=glyph d=\"M16 12v7M16 24v.1\"/>"}};

/* Writes a text in which options are code, so that they can be copied and do
 * not break. */
static void write_options(page *p, const char *text)
{
    while (*text) {
        const char *option = strstr(text, "--");
        while (option && !(option[2] >= 'a' && option[2] <= 'z'))
            option = strstr(option + 2, "--");
        size_t plain = option ? (size_t)(option - text) : strlen(text);
        page_text(p, text, plain);
        if (!option) return;

        size_t length = 2 + strspn(option + 2, "abcdefghijklmnopqrstuvwxyz-");
        page_write(p, "<code>");
        page_text(p, option, length);
        page_write(p, "</code>");
        text = option + length;
    }
}

static void write_finding(page *p, const elman_finding *f)
{
    size_t severity = (unsigned)f->severity % 3u;
    page_write(p,
               "<li class=@r><svg class=sign viewBox=\"0 0 32 32\" "
               "aria-hidden=true>@r</svg><div><strong>@t</strong>",
               severities[severity].class, severities[severity].shape, f->text);
    if (f->advice) {
        page_write(p, "<p class=\"advice@r\">",
                   *f->advice == '-' ? " option" : "");
        write_options(p, f->advice);
        page_write(p, "</p>");
    }
    page_write(p,
               "<p class=more><span class=word>@r</span> · <data value=\"@n\">"
               "@t</data> · <a href=\"#@r\">see it</a></p></div></li>",
               severities[severity].word, f->value, f->name,
               section_id(f->section));
}

static void section_findings(page *p, const elman_inspection *of)
{
    section_open(p, "findings", "In short");
    write_tiles(p, of);
    if (of->finding_count) page_write(p, "<ol class=findings>");
    for (size_t i = 0; i < of->finding_count; i++)
        write_finding(p, &of->findings[i]);
    page_write(p, of->finding_count ? "</ol>" : "<p>No findings.</p>");
    section_close(p);
}

/* ---- The page ----------------------------------------------------------- */

elman_status report_save(const elman_inspection *of, const char *path)
{
    static void (*const sections[])(page * p, const elman_inspection *of) = {
        section_findings,  section_flow,         section_truncation,
        section_gates,     section_units,        section_samples,
        section_answers,   section_journal,      section_spectrum,
        section_exponents, section_fixed_points, section_contributions,
        section_inputs,    section_settings,     section_absences};
    page p;
    TRY(page_open(&p, path));

    frame_open(&p, of->model_name ? of->model_name : "elman inspect");
    write_contents(&p, of);
    page_write(&p, "<main>");
    write_header(&p, of);
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        sections[i](&p, of);
    frame_close(&p);
    return page_end(&p);
}
