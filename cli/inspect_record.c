/*
 * inspect_record.c: an inspection as one JSON object, findings first.
 */
#include "inspect.h"
#include "record.h"
#include "screen.h"

#include <string.h>

static void record_numbers(record *out, const char *key, const double *numbers,
                           size_t count)
{
    record_open(out, key, '[');
    for (size_t n = 0; n < count; n++)
        record_number(out, NULL, numbers[n]);
    record_close(out, ']');
}

static const char *word_of(elman_section section)
{
    const section_word *row = section_words;
    while (row->word && row->section != section)
        row++;
    return row->word ? row->word : "";
}

/* Steps, or null if it reaches further than the sequence. */
static void record_steps(record *out, const char *key, size_t steps, size_t T)
{
    if (steps < T) record_count(out, key, steps);
    else record_null(out, key);
}

static void record_findings(record *out, const elman_inspection *in)
{
    static const char *const words[] = {"fine", "note", "alarm"};
    record_open(out, "findings", '[');
    for (size_t n = 0; n < in->finding_count; n++) {
        const elman_finding *one = &in->findings[n];
        record_open(out, NULL, '{');
        record_text(out, "name", one->name);
        record_text(out, "severity", words[one->severity]);
        record_text(out, "section", word_of(one->section));
        record_number(out, "value", one->value);
        record_text(out, "text", one->text);
        if (one->advice) record_text(out, "advice", one->advice);
        else record_null(out, "advice");
        record_close(out, '}');
    }
    record_close(out, ']');

    /* and what was not measured */
    record_open(out, "absent", '[');
    for (size_t n = 0; n < in->absence_count; n++) {
        record_open(out, NULL, '{');
        record_text(out, "section", word_of(in->absences[n].section));
        record_text(out, "why", in->absences[n].why);
        record_close(out, '}');
    }
    record_close(out, ']');
}

static void record_flow(record *out, const inspect_view *view)
{
    const elman_flow *flow = view->in->flow;
    static const char *const verdicts[] = {"unknown", "vanishing", "steady",
                                           "exploding"};
    if (!flow) return;
    record_open(out, "levels", '[');
    for (size_t n = 0; n < flow->count; n++) {
        const elman_flow_level *level = &flow->levels[n];
        const elman_horizon *h = &level->horizon;

        /* null where a norm stays over that part to the end */
        record_open(out, NULL, '{');
        record_text(out, "name", level->name);
        record_text(out, "cell", cell_describe(view->net->model, level->level));
        record_steps(out, "horizon", h->hundredth, h->T);
        record_steps(out, "half", h->half, h->T);
        record_steps(out, "tenth", h->tenth, h->T);
        record_number(out, "factor", h->rate);
        record_text(out, "verdict", verdicts[h->verdict]);
        record_numbers(out, "norms", h->norms, h->T);

        /* the state of a cell: the verdict is of the one that reaches further
         */
        const elman_horizon *c = &level->c_horizon;
        if (c->T) {
            record_steps(out, "c_horizon", c->hundredth, c->T);
            record_number(out, "c_factor", c->rate);
            record_numbers(out, "c_norms", c->norms, c->T);
        }
        record_close(out, '}');
    }
    record_close(out, ']');
}

static void record_gates(record *out, const elman_gates *gates)
{
    if (!gates) return;
    record_open(out, "gates", '[');
    for (size_t n = 0; n < gates->count; n++) {
        const elman_gates_level *level = &gates->levels[n];
        record_open(out, NULL, '{');
        record_text(out, "name", level->name);
        record_count(out, "units", level->H);
        record_count(out, "dead", level->dead);
        record_count(out, "duplicates", level->duplicates);
        record_number(out, "saturation", level->saturation);

        /* each gate with its histogram */
        record_open(out, "gates", '[');
        for (size_t g = 0; g < level->gate_count; g++) {
            const elman_gate *gate = &level->gates[g];
            record_open(out, NULL, '{');
            record_text(out, "name", gate->name);
            record_number(out, "mean", gate->mean);
            record_number(out, "low", gate->low);
            record_number(out, "high", gate->high);
            record_number(out, "least", gate->least);
            record_number(out, "most", gate->most);
            record_open(out, "histogram", '[');
            for (size_t k = 0; k < ELMAN_GATE_BINS; k++)
                record_count(out, NULL, gate->histogram[k]);
            record_close(out, ']');
            record_close(out, '}');
        }
        record_close(out, ']');
        if (level->time_constant)
            record_numbers(out, "time_constants", level->time_constant,
                           level->H);
        record_close(out, '}');
    }
    record_close(out, ']');
}

/* The text before a mistake. */
static void record_before(record *out, const inspect_view *view,
                          const elman_mistake *m)
{
    char text[1024] = "";
    size_t used = 0;
    for (size_t t = 0; t < m->before_count; t++) {
        const char *token = view->net->encoding->tokens[m->before[t]];
        if (used + strlen(token) >= sizeof text) break;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s", token);
    }
    record_text(out, "before", text);
}

static void record_mistakes(record *out, const inspect_view *view,
                            const elman_errors *e)
{
    bool classes = e->target_count == 0;
    record_open(out, "mistakes", '[');
    for (size_t n = 0; n < e->mistake_count; n++) {
        const elman_mistake *m = &e->mistakes[n];
        record_open(out, NULL, '{');
        record_count(out, "sequence", m->id);
        record_count(out, "step", m->step);
        if (m->before_count) record_before(out, view, m);
        record_number(out, "loss", m->loss);

        /* classes have names, values units */
        if (classes) {
            record_text(out, "truth", token_describe(view->net, m->truth));
            record_text(out, "answer", token_describe(view->net, m->answer));
            record_number(out, "probability", m->probability);
        } else {
            record_number(out, "wanted", m->wanted);
            record_number(out, "given", m->given);
        }
        record_close(out, '}');
    }
    record_close(out, ']');
}

static void record_errors(record *out, const inspect_view *view)
{
    const elman_errors *e = view->in->errors;
    if (!e) return;
    record_open(out, "errors", '{');
    record_number(out, "loss", e->loss);
    record_number(out, "accuracy", e->accuracy);
    record_number(out, "largest_share", e->largest_share);
    record_count(out, "targets", e->targets);
    record_number(out, "calibration_error", e->calibration_error);
    record_numbers(out, "calibration_accuracy", e->calibration_accuracy,
                   ELMAN_CALIBRATION_BINS);
    record_numbers(out, "position_loss", e->position_loss, e->positions);

    /* what the task has besides */
    if (e->confusion) {
        record_open(out, "confusion", '[');
        for (size_t k = 0; k < e->class_count; k++) {
            record_open(out, NULL, '[');
            for (size_t j = 0; j < e->class_count; j++)
                record_count(out, NULL, e->confusion[k * e->class_count + j]);
            record_close(out, ']');
        }
        record_close(out, ']');
    }
    if (e->target_count) {
        size_t count = e->horizon * e->target_count;
        record_numbers(out, "residual_mean", e->residual_mean, count);
        record_numbers(out, "residual_rms", e->residual_rms, count);
        record_numbers(out, "correlation", e->correlation, e->target_count);
    }
    record_mistakes(out, view, e);
    record_close(out, '}');
}

static void record_truncation(record *out, const elman_truncation *t)
{
    if (!t) return;
    record_open(out, "truncation", '{');
    record_count(out, "enough", t->enough);
    record_open(out, "windows", '[');
    for (size_t n = 0; n < t->count; n++) {
        record_open(out, NULL, '{');
        record_count(out, "steps", t->windows[n].steps);
        record_number(out, "cosine", t->windows[n].cosine);
        record_number(out, "ratio", t->windows[n].ratio);
        record_close(out, '}');
    }
    record_close(out, ']');
    record_close(out, '}');
}

static void record_samples(record *out, const elman_inspection *in)
{
    if (!in->sample_count) return;
    record_open(out, "samples", '[');
    for (size_t n = 0; n < in->sample_count; n++) {
        const elman_attribution *a = in->samples[n];
        record_open(out, NULL, '{');
        size_t mistake = in->sample_mistakes[n];
        if (mistake) record_count(out, "mistake", mistake);
        else record_count(out, "sequence", in->sample_sequences[n]);
        record_count(out, "first", a->first);
        record_count(out, "step", a->step);
        record_count(out, "output", a->output);
        record_number(out, "answer", a->answer);
        record_number(out, "without", a->baseline_answer);
        record_number(out, "gap", a->gap);
        record_numbers(out, "steps", a->steps, a->T);
        record_numbers(out, "features", a->features, a->I);
        record_close(out, '}');
    }
    record_close(out, ']');
}

static void record_units(record *out, const elman_units *units)
{
    if (!units) return;
    record_open(out, "units", '[');
    for (size_t n = 0; n < units->match_count; n++) {
        const elman_unit_match *m = &units->matches[n];
        record_open(out, NULL, '{');
        record_text(out, "property", m->name);
        record_count(out, "level", m->level);
        record_flag(out, "reverse", m->reverse);
        record_count(out, "unit", m->unit);
        record_number(out, "correlation", m->correlation);
        record_number(out, "held_out", m->held_out);
        record_close(out, '}');
    }
    record_close(out, ']');
}

static void record_dynamics(record *out, const elman_inspection *in)
{
    const elman_exponents *x = in->exponents;
    if (x) {
        record_open(out, "exponents", '[');
        for (size_t n = 0; n < x->count; n++) {
            record_open(out, NULL, '{');
            record_text(out, "name", x->levels[n].name);
            record_numbers(out, "values", x->levels[n].values,
                           x->levels[n].count);
            record_number(out, "dimension", x->levels[n].dimension);
            record_close(out, '}');
        }
        record_close(out, ']');
    }

    /* matrices by themselves, then the network at rest */
    const elman_spectrum *s = in->spectrum;
    if (s) {
        record_open(out, "spectrum", '[');
        for (size_t n = 0; n < s->count; n++) {
            const elman_spectrum_matrix *m = &s->matrices[n];
            record_open(out, NULL, '{');
            record_text(out, "name", m->name);
            record_number(out, "radius", m->radius);
            record_number(out, "norm", m->norm);
            record_numbers(out, "real", m->real, m->real ? m->n : 0);
            record_numbers(out, "imaginary", m->imaginary,
                           m->imaginary ? m->n : 0);
            record_close(out, '}');
        }
        record_close(out, ']');
    }

    const elman_fixed_points *p = in->fixed_points;
    if (!p) return;
    record_open(out, "fixed_points", '[');
    for (size_t n = 0; n < p->count; n++) {
        const elman_fixed_point *one = &p->points[n];
        record_open(out, NULL, '{');
        record_count(out, "starts", one->starts);
        record_number(out, "speed", one->speed);
        record_number(out, "distance", one->distance);
        record_number(out, "radius", one->radius);
        record_count(out, "unstable", one->unstable);
        record_flag(out, "stable", one->stable);
        record_close(out, '}');
    }
    record_close(out, ']');
}

static void record_contributions(record *out, const elman_contributions *c)
{
    if (!c) return;
    record_open(out, "contributions", '[');
    for (size_t n = 0; n < c->count; n++) {
        record_open(out, NULL, '{');
        record_text(out, "name", c->parameters[n].name);
        record_number(out, "norm", c->parameters[n].norm);
        record_numbers(out, "norms", c->parameters[n].norms, c->T);
        record_numbers(out, "shares", c->parameters[n].shares, c->T);
        record_close(out, '}');
    }
    record_close(out, ']');
}

static void record_inputs(record *out, const elman_inspection *in)
{
    if (!in->input_count) return;
    record_open(out, "inputs", '[');
    for (size_t i = 0; i < in->input_count; i++) {
        const elman_input *one = &in->inputs[i];
        record_open(out, NULL, '{');
        if (one->name) record_text(out, "name", one->name);
        record_number(out, "mean", one->mean);
        record_number(out, "deviation", one->deviation);
        record_number(out, "least", one->least);
        record_number(out, "most", one->most);
        record_number(out, "missing", one->missing);
        record_number(out, "importance", one->importance);
        record_close(out, '}');
    }
    record_close(out, ']');
}

void inspect_record(const inspect_view *view)
{
    const elman_inspection *in = view->in;
    record out = record_begin(stdout);
    record_text(&out, "model", view->net->path);
    record_text(&out, "source", view->source);
    record_count(&out, "sequences", in->batch->B);
    record_count(&out, "steps", in->batch->T);
    record_flag(&out, "whole", view->whole);

    /* findings first, then a member for each section that is there */
    record_findings(&out, in);
    record_flow(&out, view);
    record_gates(&out, in->gates);
    record_errors(&out, view);
    record_truncation(&out, in->truncation);
    record_samples(&out, in);
    record_units(&out, in->units);
    record_dynamics(&out, in);
    record_contributions(&out, in->contributions);
    record_inputs(&out, in);
    record_end(&out);
}
