/*
 * section_data.c: the inputs, the settings, and what was not measured.
 */
#include "base/kind.h"
#include "data/dataset.h"
#include "learn/journal.h"
#include "model/model.h"
#include "report/section.h"

#include <math.h>

static const char *const section_names[] = {
    "Gradient flow",       "Gates and units",    "Errors",
    "Truncation window",   "Attribution",        "Units",
    "Recurrent matrices",  "Lyapunov exponents", "Fixed points",
    "What each step adds", "Training",           "Inputs"};

static size_t bit_number(unsigned bits)
{
    size_t number = 0;
    while (bits > 1) {
        bits >>= 1;
        number++;
    }
    return number;
}

const char *section_id(elman_section section)
{
    static const char *const ids[] = {
        "flow",         "gates",         "answers",  "truncation",
        "attribution",  "units",         "spectrum", "exponents",
        "fixed-points", "contributions", "training", "inputs"};
    size_t number = bit_number((unsigned)section);
    return number < sizeof ids / sizeof *ids ? ids[number] : "findings";
}

/* ---- Inputs ------------------------------------------------------------- */

void section_inputs(page *p, const elman_inspection *of)
{
    if (!of->input_count) return;
    section_open(p, "inputs", "Inputs");
    page_write(p, "<p>What the model reads at each step, as it reads it.</p>"
                  "<div class=card><table class=words><thead><tr><th>Input"
                  "<th class=n>mean<th class=n>deviation<th class=n>least"
                  "<th class=n>most<th class=n>missing<th class=n>share of the "
                  "attribution<tbody>");

    /* by name, or by number */
    for (size_t i = 0; i < of->input_count; i++) {
        const elman_input *in = &of->inputs[i];
        page_write(p, "<tr><td class=text>");
        if (in->name) page_write(p, "@t", in->name);
        else page_write(p, "@u", i);
        page_write(p,
                   "<td class=n>@n<td class=n>@n<td class=n>@n<td class=n>@n"
                   "<td class=n>@p<td class=n>@p",
                   in->mean, in->deviation, in->least, in->most, in->missing,
                   in->importance);
    }
    page_write(p, "</table></div>");
    section_close(p);
}

/* ---- Settings ----------------------------------------------------------- */

static void write_layers(page *p, const elman_model *model)
{
    page_write(p, "<h3>Layers</h3><div class=card><table class=words><thead>"
                  "<tr><th>Name<th>Kind<th class=n>levels<th class=n>hidden or "
                  "outputs<th>Directions<tbody>");
    for (size_t i = 0; words_layer(model, i); i++) {
        const elman_layer *l = words_layer(model, i);
        bool recurrent = kind_is_recurrent(l->kind);
        size_t width =
            recurrent ? (l->hidden_size ? l->hidden_size : l->hidden_sizes[0])
            : l->output_size ? l->output_size
                             : l->embedding_dim;

        /* what a layer has no number of stays empty */
        page_write(p, "<tr><td class=text>@t<td>@t<td class=n>", l->name,
                   kind_title(l->kind));
        if (recurrent) page_write(p, "@u", l->num_layers);
        page_write(p, "<td class=n>");
        if (width) page_write(p, "@u", width);
        page_write(p, "<td>@r",
                   !recurrent         ? ""
                   : l->bidirectional ? "forward and reverse"
                   : l->reverse       ? "reverse"
                                      : "forward");
    }
    page_write(p, "</table></div>");
}

static void write_parameters(page *p, const elman_model *model)
{
    page_write(p,
               "<details><summary>All @u parameters</summary><div "
               "class=scroll><table class=words><thead><tr><th>Name"
               "<th>shape<tbody>",
               model->info.parameter_count);
    for (size_t i = 0; i < model->info.parameter_count; i++) {
        const parameter *of = &model->parameters[i];
        page_write(p, "<tr><td>@t<td>", of->name);
        for (size_t k = 0; k < of->rank; k++)
            page_write(p, "@r@u", k ? " × " : "", of->shape[k]);
    }
    page_write(p, "</table></div></details>");
}

static void write_facts(page *p, const elman_dataset *dataset)
{
    size_t count = 0;
    const elman_fact *facts = dataset_facts(dataset, &count);
    if (!count) return;
    page_write(p, "<h3>What was understood of the data</h3><div class=card>"
                  "<table class=words><tbody>");
    for (size_t i = 0; i < count; i++)
        page_write(p, "<tr><td>@t<td class=text>@t", facts[i].name,
                   facts[i].text);
    page_write(p, "</table></div>");
}

void section_settings(page *p, const elman_inspection *of)
{
    size_t count = 0;
    const elman_setting *settings =
        of->journal ? journal_settings(of->journal, &count) : NULL;
    if (!settings) count = 0;
    if (!count && !of->model && !of->dataset) return;

    section_open(p, "settings", "What made it");
    if (of->model) write_layers(p, of->model);
    if (of->model) write_parameters(p, of->model);

    /* what the journal keeps of the run */
    if (count) {
        page_write(p, "<h3>Settings of the run</h3><div class=card><dl "
                      "class=settings>");
        for (size_t i = 0; i < count; i++)
            page_write(p, "<div><dt>@t</dt><dd>@t</dd></div>", settings[i].name,
                       settings[i].value);
        page_write(p, "</dl></div>");
    }
    if (of->dataset) write_facts(p, of->dataset);
    section_close(p);
}

/* ---- What is not there -------------------------------------------------- */

void section_absences(page *p, const elman_inspection *of)
{
    if (!of->absence_count) return;
    section_open(p, "absent", "Not measured");
    page_write(p, "<div class=card><table class=words><tbody>");
    for (size_t i = 0; i < of->absence_count; i++) {
        size_t number = bit_number((unsigned)of->absences[i].section);
        page_write(p, "<tr><td>@r<td class=text>@t",
                   number < sizeof section_names / sizeof *section_names
                       ? section_names[number]
                       : "",
                   of->absences[i].why);
    }
    page_write(p, "</table></div>");
    section_close(p);
}
