/* finite.c: searches a state in the order in which it was computed. */
#include "learn/finite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What has been found so far. */
typedef struct finder {
    const finite_pass *pass;
    bad_value *list;
    size_t room, count;
    bool follows; /* only sequence b is looked at */
    size_t b;
} finder;

/* The first bad of n values, or n. */
static size_t first_bad(const float *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(values[i])) return i;
    return n;
}

const char *finite_word(double value)
{
    /* equal bits are not promised for a NaN's sign, so it is not shown */
    if (isnan(value)) return "nan";
    return value > 0 ? "inf" : "-inf";
}

static void add(finder *f, const bad_value *value)
{
    f->list[f->count++] = *value;
    if (f->follows || !value->placed) return;
    f->follows = true;
    f->b = value->b;
}

static bool is_full(const finder *f) { return f->count == f->room; }

static bool is_passed_over(const finder *f, size_t b)
{
    return f->follows && b != f->b;
}

/* ---- Arrays ------------------------------------------------------------- */

/* One (T,B,n) array of a level, searched in the direction's order of reading or
 * backward. */
typedef struct search {
    const layer *l;
    size_t direction;
    const char *what;
    const float *values;
    size_t n;
    bool backward;
} search;

static void add_level(finder *f, const search *at, size_t row, size_t unit)
{
    const layer *l = at->l;
    const pass *p = state_pass(f->pass->state, l);
    size_t b = row % p->B,
           t = walk_row(l, p, at->direction, row / p->B, b) / p->B;

    /* which of the gates, if the rows hold gates */
    bool of_gates = at->n == l->G;
    add(f,
        &(bad_value){.what = at->what,
                     .name = l->config.name,
                     .l = l,
                     .direction = at->direction,
                     .placed = true,
                     .b = b,
                     .sample = p->ids[b],
                     .step = p->steps_before[b] + t,
                     .gate = of_gates ? l->cell->gates[unit / l->H].name : NULL,
                     .unit = of_gates ? unit % l->H : unit,
                     .value = (double)at->values[row * at->n + unit]});
}

static void search_level(finder *f, const search *at)
{
    const pass *p = state_pass(f->pass->state, at->l);
    if (!at->values || is_full(f)) return;
    for (size_t s = 0; s < p->T; s++)
        for (size_t b = 0; b < p->B; b++) {
            size_t step = at->backward ? p->T - 1 - s : s;
            size_t row = step * p->B + b;
            if (step >= p->lengths[b] || is_passed_over(f, b)) continue;
            size_t unit = first_bad(at->values + row * at->n, at->n);
            if (unit == at->n) continue;
            add_level(f, at, row, unit);
            return;
        }
}

static void add_row(finder *f, const pass *p, const char *name,
                    const char *what, size_t row, size_t unit, double value)
{
    size_t b = row % p->B;
    bool whole = p == &f->pass->state->tail;
    add(f, &(bad_value){.what = what,
                        .name = name,
                        .placed = true,
                        .b = b,
                        .sample = p->ids[b],
                        .whole = whole,
                        .step = whole ? 0 : p->steps_before[b] + row / p->B,
                        .unit = unit,
                        .value = value});
}

/* A (T,B,n) array of any layer, from row first on; gradients from the last row
 * on. */
static void search_rows(finder *f, const pass *p, const char *name,
                        const char *what, const float *values, size_t n,
                        size_t first, bool backward)
{
    if (!values || is_full(f)) return;
    for (size_t r = 0; r < p->row_count; r++) {
        size_t row = p->rows[backward ? p->row_count - 1 - r : r];
        if (row < first || is_passed_over(f, row % p->B)) continue;
        const float *at = values + (row - first) * n;
        size_t unit = first_bad(at, n);
        if (unit == n) continue;
        add_row(f, p, name, what, row, unit, (double)at[unit]);
        return;
    }
}

static void search_losses(finder *f, const pass *p)
{
    const double *losses = f->pass->losses;
    for (size_t r = 0; losses && !is_full(f) && r < p->row_count; r++) {
        size_t row = p->rows[r];
        if (row < f->pass->context || is_passed_over(f, row % p->B)) continue;
        if (isfinite(losses[row])) continue;
        add_row(f, p, "the data", "loss", row, 0, losses[row]);
        return;
    }
}

static void search_weights(finder *f, const elman_model *m, const float *values,
                           const char *what)
{
    for (size_t i = 0; values && i < m->info.parameter_count; i++) {
        const parameter *p = m->parameters + i;
        size_t at = first_bad(values + p->offset, p->count);
        if (at == p->count || is_full(f)) continue;
        add(f, &(bad_value){.what = what,
                            .name = p->name,
                            .unit = at,
                            .value = (double)values[p->offset + at]});
        return;
    }
}

/* ---- A pass ------------------------------------------------------------- */

/* Gates and c of a recurrent layer, direction by direction. */
static void search_memory(finder *f, const layer *l, const layer_state *at)
{
    size_t B = f->pass->state->full.B;
    for (size_t i = 0; l->cell && i < l->D; i++) {
        const direction_state *d = &at->directions[i];

        /* c is made from the gates, and only an LSTM has it */
        search_level(f, &(search){.l = l,
                                  .direction = i,
                                  .what = "gate",
                                  .values = d->gate,
                                  .n = l->G});
        search_level(f, &(search){.l = l,
                                  .direction = i,
                                  .what = "c",
                                  .values = d->c ? d->c + B * l->H : NULL,
                                  .n = l->H});
    }
}

/* The rows of what layer i gives. */
static const pass *rows_of(const finite_pass *on, size_t i)
{
    const elman_model *m = on->model;
    if (i + 1 < m->layer_count) return state_pass(on->state, m->layers + i + 1);
    if (m->info.per_sequence) return &on->state->tail;
    return m->info.output_steps ? &on->state->again : &on->state->full;
}

static void search_forward(finder *f)
{
    const elman_model *m = f->pass->model;
    const elman_state *s = f->pass->state;
    const pass *last = rows_of(f->pass, m->layer_count - 1);

    /* what a pass starts from */
    search_weights(f, m, model_flat(m), "weight");
    search_rows(f, &s->full, "the data", "input", s->x, m->config.input_size, 0,
                false);
    search_rows(f, last, "the data", "target", f->pass->targets,
                m->info.output_size, f->pass->context, false);

    /* layer by layer, inside first */
    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        search_memory(f, l, s->layers + i);
        search_rows(f, rows_of(f->pass, i), l->config.name, "output",
                    s->layers[i].y, l->O, 0, false);
    }
    search_losses(f, last);
}

static void search_backward(finder *f)
{
    const elman_model *m = f->pass->model;
    const elman_state *s = f->pass->state;
    for (size_t i = m->layer_count; i-- > 0;) {
        const layer *l = m->layers + i;
        const layer_state *at = s->layers + i;
        search_rows(f, rows_of(f->pass, i), l->config.name,
                    "gradient at the output", at->dy, l->O, 0, true);

        /* the gradient at the gates, from the last step on */
        for (size_t d = 0; l->cell && d < l->D; d++)
            search_level(f, &(search){.l = l,
                                      .direction = d,
                                      .what = "gradient",
                                      .values = at->directions[d].backward.da,
                                      .n = l->G,
                                      .backward = true});
    }
    search_weights(f, m, s->training.sums.total, "gradient");
}

size_t finite_most(const elman_model *m)
{
    return 5 + m->layer_count * (1 + 2 * DIRECTIONS);
}

size_t finite_list(const finite_pass *on, size_t room, bad_value *list)
{
    finder f = {.pass = on, .list = list, .room = room};
    if (on->state->segments.plan.L) { /* the steps are gone */
        search_weights(&f, on->model, model_flat(on->model), "weight");
        return f.count;
    }
    search_forward(&f);
    if (f.count == 0) search_backward(&f);
    return f.count;
}

/* ---- Sentences ---------------------------------------------------------- */

void finite_describe(const bad_value *v, char text[FINITE_TEXT])
{
    /* where it is, as far as it is anywhere */
    char gate[24] = "", place[80] = "";
    if (v->gate) snprintf(gate, sizeof gate, ", gate %s", v->gate);
    if (v->whole)
        snprintf(place, sizeof place, "sample %llu",
                 (unsigned long long)v->sample);
    else
        snprintf(place, sizeof place, "sample %llu, time step %llu",
                 (unsigned long long)v->sample, (unsigned long long)v->step);

    const char *word = finite_word(v->value);
    if (v->l)
        snprintf(text, FINITE_TEXT,
                 "%s of layer%zu (%s), %s direction, %s%s, unit %zu is %s",
                 v->what, v->l->level, v->name,
                 v->direction || v->l->config.reverse ? "reverse" : "forward",
                 place, gate, v->unit, word);
    else if (!v->placed)
        snprintf(text, FINITE_TEXT, "%s of %s, element %zu is %s", v->what,
                 v->name, v->unit, word);
    else if (!strcmp(v->what, "loss"))
        snprintf(text, FINITE_TEXT, "loss of %s is %s", place, word);
    else
        snprintf(text, FINITE_TEXT, "%s of %s, %s, unit %zu is %s", v->what,
                 v->name, place, v->unit, word);
}

elman_status finite_trace(const finite_pass *on, const finite_where *where)
{
    bad_value first;
    char text[FINITE_TEXT] = "none is left to see";
    if (on->state->segments.plan.L)
        snprintf(text, sizeof text,
                 "steps are not kept in a budget of bytes, "
                 "so look for it without one");
    if (finite_list(on, 1, &first)) finite_describe(&first, text);
    return failure(
        ELMAN_NOT_FINITE,
        "the %s is %s in epoch %llu, step %llu; the first bad value: "
        "%s; try a learning rate below %g%s",
        where->what, finite_word(where->value),
        (unsigned long long)where->epoch + 1,
        (unsigned long long)where->step + 1, text, where->rate,
        where->clipped ? "" : ", or a bound on the norm of the gradient");
}

elman_status finite_weights(const elman_model *m, const char *path)
{
    bad_value first;
    char text[FINITE_TEXT];
    finder f = {.list = &first, .room = 1};
    search_weights(&f, m, model_flat(m), "weight");
    if (f.count == 0) return ELMAN_OK;
    finite_describe(&first, text);
    return failure(ELMAN_NOT_FINITE, "%.120s is left as it was: %s", path,
                   text);
}
