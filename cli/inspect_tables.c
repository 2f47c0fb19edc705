/*
 * inspect_tables.c: the numbers of an inspection as tables.
 */
#include "inspect_write.h"

#include <math.h>
#include <stdarg.h>

/* A row: t a text, n a number, u a count (size_t), then the values. */
static void row(FILE *file, const char *kinds, ...)
{
    va_list values;
    va_start(values, kinds);
    for (const char *kind = kinds; *kind; kind++) {
        if (kind > kinds) putc(',', file);
        if (*kind == 't') csv_text(file, va_arg(values, const char *));
        else if (*kind == 'n') csv_number(file, va_arg(values, double));
        else fprintf(file, "%zu", va_arg(values, size_t));
    }
    va_end(values);
    putc('\n', file);
}

static bool has_findings(const inspect_view *v)
{
    return v->in->finding_count > 0;
}

static void write_findings(const inspect_view *v, FILE *file)
{
    static const char *const words[] = {"fine", "note", "alarm"};
    for (size_t n = 0; n < v->in->finding_count; n++) {
        const elman_finding *one = &v->in->findings[n];
        row(file, "ttntt", one->name, words[one->severity], one->value,
            one->text, one->advice ? one->advice : "");
    }
}

static bool has_flow(const inspect_view *v) { return v->in->flow != NULL; }

static void write_flow(const inspect_view *v, FILE *file)
{
    for (size_t n = 0; n < v->in->flow->count; n++) {
        const elman_flow_level *l = &v->in->flow->levels[n];
        for (size_t k = 0; k < l->horizon.T; k++)
            row(file, "tunn", l->name, k, l->horizon.norms[k],
                l->c_horizon.T ? l->c_horizon.norms[k] : (double)NAN);
    }
}

static double map_cell(const float *map, size_t at)
{
    return map ? (double)map[at] : (double)NAN;
}

static void write_map(const inspect_view *v, FILE *file)
{
    size_t T = v->in->flow->T;
    for (size_t n = 0; n < v->in->flow->count; n++) {
        const elman_flow_level *l = &v->in->flow->levels[n];
        for (size_t t = 0; t < T; t++)
            for (size_t s = 0; s < T; s++) {
                size_t at = t * T + s;
                if (l->reverse ? s < t : s > t) continue;
                row(file, "tuunnnn", l->name, t, s, (double)l->h[at],
                    map_cell(l->c, at), map_cell(l->c_path, at),
                    map_cell(l->h_path, at));
            }
    }
}

static bool has_gates(const inspect_view *v) { return v->in->gates != NULL; }

static void write_gates(const inspect_view *v, FILE *file)
{
    for (size_t n = 0; n < v->in->gates->count; n++) {
        const elman_gates_level *l = &v->in->gates->levels[n];
        for (size_t g = 0; g < l->gate_count; g++)
            row(file, "ttnnn", l->name, l->gates[g].name, l->gates[g].mean,
                l->gates[g].low, l->gates[g].high);
    }
}

static void write_histograms(const inspect_view *v, FILE *file)
{
    for (size_t n = 0; n < v->in->gates->count; n++) {
        const elman_gates_level *l = &v->in->gates->levels[n];
        for (size_t g = 0; g < l->gate_count; g++)
            for (size_t k = 0; k < ELMAN_GATE_BINS; k++) {
                const elman_gate *gate = &l->gates[g];
                double width =
                    (gate->most - gate->least) / (double)ELMAN_GATE_BINS;
                row(file, "ttnu", l->name, gate->name,
                    gate->least + width * (double)k,
                    (size_t)gate->histogram[k]);
            }
    }
}

static void write_units(const inspect_view *v, FILE *file)
{
    for (size_t n = 0; n < v->in->gates->count; n++) {
        const elman_gates_level *l = &v->in->gates->levels[n];
        for (size_t j = 0; j < l->H; j++)
            row(file, "tunun", l->name, j, l->unit_spread[j],
                (size_t)l->unit_dead[j],
                l->time_constant ? l->time_constant[j] : (double)NAN);
    }
}

static bool has_units(const inspect_view *v) { return v->in->units != NULL; }

static void write_matches(const inspect_view *v, FILE *file)
{
    for (size_t n = 0; n < v->in->units->match_count; n++) {
        const elman_unit_match *m = &v->in->units->matches[n];
        row(file, "tuuunn", m->name, m->level, (size_t)m->reverse, m->unit,
            m->correlation, m->held_out);
    }
}

static void write_states(const inspect_view *v, FILE *file)
{
    const elman_units *units = v->in->units;
    for (size_t n = 0; n < units->count; n++) {
        const elman_units_level *l = &units->levels[n];
        for (size_t t = 0; t < units->T; t++)
            for (size_t j = 0; j < l->R; j++)
                row(file, "tuun", l->name, t, j, (double)l->h[t * l->R + j]);
    }
}

static bool has_classes(const inspect_view *v)
{
    return v->in->errors && v->in->errors->confusion;
}

static void write_confusion(const inspect_view *v, FILE *file)
{
    const elman_errors *e = v->in->errors;
    for (size_t k = 0; k < e->class_count; k++)
        for (size_t j = 0; j < e->class_count; j++)
            row(file, "ttu", token_describe(v->net, (int32_t)k),
                token_describe(v->net, (int32_t)j),
                (size_t)e->confusion[k * e->class_count + j]);
}

static bool has_errors(const inspect_view *v) { return v->in->errors != NULL; }

static void write_mistakes(const inspect_view *v, FILE *file)
{
    const elman_errors *e = v->in->errors;
    for (size_t n = 0; n < e->mistake_count; n++) {
        const elman_mistake *m = &e->mistakes[n];
        bool classes = e->target_count == 0;
        row(file, "uunttnnn", (size_t)m->id, m->step, m->loss,
            classes ? token_describe(v->net, m->truth) : "",
            classes ? token_describe(v->net, m->answer) : "", m->probability,
            m->wanted, m->given);
    }
}

static bool has_calibration(const inspect_view *v)
{
    return has_errors(v) && v->in->errors->target_count == 0;
}

static void write_calibration(const inspect_view *v, FILE *file)
{
    const elman_errors *e = v->in->errors;
    for (size_t n = 0; n < ELMAN_CALIBRATION_BINS; n++)
        row(file, "nunn", (double)n / (double)ELMAN_CALIBRATION_BINS,
            (size_t)e->calibration_counts[n], e->calibration_confidence[n],
            e->calibration_accuracy[n]);
}

static bool has_positions(const inspect_view *v)
{
    return has_errors(v) && v->in->errors->positions > 0;
}

static void write_positions(const inspect_view *v, FILE *file)
{
    const elman_errors *e = v->in->errors;
    for (size_t n = 0; n < e->positions; n++)
        row(file, "un", n * e->position_steps, e->position_loss[n]);
}

static bool has_residuals(const inspect_view *v)
{
    return has_errors(v) && v->in->errors->target_count > 0;
}

static void write_residuals(const inspect_view *v, FILE *file)
{
    const elman_errors *e = v->in->errors;
    size_t K = e->target_count;
    for (size_t n = 0; n < e->horizon * K; n++)
        row(file, "uunnn", n / K + 1, n % K + 1, e->residual_mean[n],
            e->residual_rms[n], e->naive_rms ? e->naive_rms[n] : (double)NAN);
}

static void write_answers(const inspect_view *v, FILE *file)
{
    const elman_errors *e = v->in->errors;
    size_t K = e->target_count;
    for (size_t n = 0; n < e->shown * K; n++)
        row(file, "uunn", n / K, n % K + 1, e->truth[n], e->answer[n]);
}

static bool has_truncation(const inspect_view *v)
{
    return v->in->truncation != NULL;
}

static void write_truncation(const inspect_view *v, FILE *file)
{
    const elman_truncation *t = v->in->truncation;
    for (size_t n = 0; n < t->count; n++)
        row(file, "unn", t->windows[n].steps, t->windows[n].cosine,
            t->windows[n].ratio);
}

static bool has_samples(const inspect_view *v)
{
    return v->in->sample_count > 0;
}

static void write_samples(const inspect_view *v, FILE *file)
{
    for (size_t n = 0; n < v->in->sample_count; n++) {
        const elman_attribution *a = v->in->samples[n];
        for (size_t t = 0; t < a->T; t++)
            for (size_t i = 0; i < a->I; i++)
                row(file, "uuuun", n + 1, v->in->sample_sequences[n], t, i + 1,
                    a->values[t * a->I + i]);
    }
}

static bool has_exponents(const inspect_view *v)
{
    return v->in->exponents != NULL;
}

static void write_exponents(const inspect_view *v, FILE *file)
{
    const elman_exponents *x = v->in->exponents;
    for (size_t n = 0; n < x->count; n++)
        for (size_t k = 0; k < x->levels[n].count; k++)
            row(file, "tun", x->levels[n].name, k, x->levels[n].values[k]);
}

static bool has_spectrum(const inspect_view *v)
{
    return v->in->spectrum && !v->in->spectrum->absent;
}

static void write_spectrum(const inspect_view *v, FILE *file)
{
    const elman_spectrum *s = v->in->spectrum;
    for (size_t n = 0; n < s->count; n++)
        for (size_t k = 0; s->matrices[n].real && k < s->matrices[n].n; k++)
            row(file, "tunn", s->matrices[n].name, k, s->matrices[n].real[k],
                s->matrices[n].imaginary[k]);
}

static bool has_points(const inspect_view *v)
{
    return v->in->fixed_points != NULL;
}

static void write_points(const inspect_view *v, FILE *file)
{
    const elman_fixed_points *p = v->in->fixed_points;
    for (size_t n = 0; n < p->count; n++) {
        const elman_fixed_point *one = &p->points[n];
        row(file, "uunnnuu", n + 1, one->starts, one->speed, one->distance,
            one->radius, one->unstable, (size_t)one->stable);
    }
}

static bool has_contributions(const inspect_view *v)
{
    return v->in->contributions != NULL;
}

static void write_contributions(const inspect_view *v, FILE *file)
{
    const elman_contributions *c = v->in->contributions;
    for (size_t n = 0; n < c->count; n++)
        for (size_t t = 0; t < c->T; t++)
            row(file, "tunn", c->parameters[n].name, t,
                c->parameters[n].norms[t], c->parameters[n].shares[t]);
}

static bool has_inputs(const inspect_view *v) { return v->in->input_count > 0; }

static void write_inputs(const inspect_view *v, FILE *file)
{
    for (size_t i = 0; i < v->in->input_count; i++) {
        const elman_input *one = &v->in->inputs[i];
        row(file, "utnnnnnn", i + 1, one->name ? one->name : "", one->mean,
            one->deviation, one->least, one->most, one->missing,
            one->importance);
    }
}

static bool has_journal(const inspect_view *v)
{
    return v->in->journal != NULL;
}

static void write_journal(const inspect_view *v, FILE *file)
{
    size_t count = 0;
    const elman_journal_row *rows = elman_journal_rows(v->in->journal, &count);
    for (size_t n = 0; n < count; n++) {
        const elman_journal_row *r = &rows[n];
        row(file, "unnnnnnnnnnn", (size_t)r->step, r->epoch, r->train_loss,
            r->loss, r->score, r->learning_rate, r->norm, r->clipped,
            r->horizon, r->rate, r->saturation, r->update);
    }
}

const csv_table csv_tables[] = {
    {"findings", "name,severity,value,text,advice", has_findings,
     write_findings},
    {"flow", "level,steps_back,h,c", has_flow, write_flow},
    {"flow_map", "level,t,s,h,c,c_path,h_path", has_flow, write_map},
    {"gates", "level,gate,mean,low,high", has_gates, write_gates},
    {"gate_histograms", "level,gate,from,count", has_gates, write_histograms},
    {"units", "level,unit,spread,dead,time_constant", has_gates, write_units},
    {"unit_matches", "property,level,reverse,unit,correlation,held_out",
     has_units, write_matches},
    {"unit_values", "level,step,unit,h", has_units, write_states},
    {"confusion", "truth,answer,count", has_classes, write_confusion},
    {"mistakes", "sequence,step,loss,truth,answer,probability,wanted,given",
     has_errors, write_mistakes},
    {"calibration", "from,count,confidence,accuracy", has_calibration,
     write_calibration},
    {"positions", "step,loss", has_positions, write_positions},
    {"residuals", "ahead,target,mean,rms,naive_rms", has_residuals,
     write_residuals},
    {"answers", "number,target,truth,answer", has_residuals, write_answers},
    {"truncation", "window,cosine,length", has_truncation, write_truncation},
    {"attribution", "sample,sequence,step,input,value", has_samples,
     write_samples},
    {"exponents", "level,number,exponent", has_exponents, write_exponents},
    {"eigenvalues", "matrix,number,real,imaginary", has_spectrum,
     write_spectrum},
    {"fixed_points", "number,starts,speed,distance,radius,unstable,stable",
     has_points, write_points},
    {"contributions", "parameter,step,norm,share", has_contributions,
     write_contributions},
    {"inputs", "number,name,mean,deviation,least,most,missing,influence",
     has_inputs, write_inputs},
    {"journal",
     "step,epoch,train_loss,loss,score,learning_rate,norm,clipped,horizon,"
     "rate,saturation,update",
     has_journal, write_journal},
    {0},
};
