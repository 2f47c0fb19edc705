/* finite.c: searches a state in the order in which it was computed. */
#include "learn/finite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST = 200 };

/* The first bad of n values, or n. */
static size_t first_bad(const float *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(values[i])) return i;
    return n;
}

/* What a bad value is; equal bits are not promised for a NaN's sign, so it is
 * not shown. */
static const char *bad_name(double value)
{
    if (isnan(value)) return "nan";
    return value > 0 ? "inf" : "-inf";
}

/* One (T,B,n) array of a level, searched in the direction's order of reading or
 * backward. */
typedef struct search {
    const layer *l;
    const pass *p;
    size_t direction;
    const char *name;
    const float *values;
    size_t n;
    bool backward;
} search;

static bool describe(const search *at, size_t row, size_t unit, char *text)
{
    const layer *l = at->l;
    size_t b = row % at->p->B,
           t = walk_row(l, at->p, at->direction, row / at->p->B, b) / at->p->B;

    /* which of the gates, if the rows hold gates */
    bool of_gates = at->n == l->G;
    char gate[24] = "";
    if (of_gates)
        snprintf(gate, sizeof gate, ", gate %s",
                 l->cell->gates[unit / l->H].name);

    snprintf(
        text, LONGEST,
        "%s of layer%zu (%s), %s direction, sample %llu, time step %llu%s, "
        "unit %zu is %s",
        at->name, l->level, l->config.name,
        at->direction || l->config.reverse ? "reverse" : "forward",
        (unsigned long long)at->p->ids[b],
        (unsigned long long)(at->p->steps_before[b] + t), gate,
        of_gates ? unit % l->H : unit,
        bad_name((double)at->values[row * at->n + unit]));
    return true;
}

static bool search_level(const search *at, char *text)
{
    for (size_t s = 0; s < at->p->T; s++)
        for (size_t b = 0; b < at->p->B; b++) {
            size_t step = at->backward ? at->p->T - 1 - s : s;
            size_t row = step * at->p->B + b;
            if (step >= at->p->lengths[b]) continue;
            size_t unit = first_bad(at->values + row * at->n, at->n);
            if (unit < at->n) return describe(at, row, unit, text);
        }
    return false;
}

/* A (T,B,n) array of any layer. */
static bool search_rows(const pass *p, const char *name, const char *what,
                        const float *values, size_t n, char *text)
{
    for (size_t r = 0; values && r < p->row_count; r++) {
        size_t row = p->rows[r], b = row % p->B;
        size_t unit = first_bad(values + row * n, n);
        if (unit == n) continue;

        snprintf(text, LONGEST,
                 "%s of %s, sample %llu, time step %llu, unit %zu is %s", what,
                 name, (unsigned long long)p->ids[b],
                 (unsigned long long)(p->steps_before[b] + row / p->B), unit,
                 bad_name((double)values[row * n + unit]));
        return true;
    }
    return false;
}

static bool search_weights(const elman_model *m, const float *values,
                           const char *what, char *text)
{
    for (size_t i = 0; values && i < m->info.parameter_count; i++) {
        const parameter *p = m->parameters + i;
        size_t at = first_bad(values + p->offset, p->count);
        if (at == p->count) continue;

        snprintf(text, LONGEST, "%s of %s, element %zu is %s", what, p->name,
                 at, bad_name((double)values[p->offset + at]));
        return true;
    }
    return false;
}

/* Gates and c of a recurrent layer, direction by direction. */
static bool search_memory(const elman_state *s, const layer *l,
                          const layer_state *at, char *text)
{
    for (size_t i = 0; l->cell && i < l->D; i++) {
        const direction_state *d = &at->directions[i];
        search gate = {.l = l,
                       .p = &s->full,
                       .direction = i,
                       .name = "gate",
                       .values = d->gate,
                       .n = l->G};
        search c = {.l = l,
                    .p = &s->full,
                    .direction = i,
                    .name = "c",
                    .values = d->c ? d->c + s->full.B * l->H : NULL,
                    .n = l->H};

        /* c is made from the gates, and only an LSTM has it */
        if (search_level(&gate, text)) return true;
        if (c.values && search_level(&c, text)) return true;
    }
    return false;
}

static bool search_forward(const elman_model *m, const elman_state *s,
                           char *text)
{
    /* what a pass starts from */
    if (search_weights(m, m->weights, "weight", text)) return true;
    if (search_rows(&s->full, "the data", "input", s->x, m->config.input_size,
                    text))
        return true;

    /* layer by layer, inside first */
    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        const layer_state *at = s->layers + i;
        if (search_memory(s, l, at, text)) return true;
        if (search_rows(model_per_sequence(m, i) ? &s->tail : &s->full,
                        l->config.name, "output", at->y, l->O, text))
            return true;
    }
    return false;
}

static bool search_backward(const elman_model *m, const elman_state *s,
                            char *text)
{
    for (size_t i = m->layer_count; i-- > 0;) {
        const layer *l = m->layers + i;
        const layer_state *at = s->layers + i;
        if (search_rows(model_per_sequence(m, i) ? &s->tail : &s->full,
                        l->config.name, "gradient at the output", at->dy, l->O,
                        text))
            return true;

        /* the gradient at the gates, from the last step on */
        for (size_t d = 0; l->cell && d < l->D; d++) {
            search da = {.l = l,
                         .p = &s->full,
                         .direction = d,
                         .name = "gradient",
                         .values = at->directions[d].backward.da,
                         .n = l->G,
                         .backward = true};
            if (da.values && search_level(&da, text)) return true;
        }
    }
    return search_weights(m, s->training.sums.total, "gradient", text);
}

elman_status finite_trace(const elman_model *m, const elman_state *s,
                          const finite_where *where)
{
    char text[LONGEST] = "none is left to see";
    if (!search_forward(m, s, text)) search_backward(m, s, text);
    return failure(
        ELMAN_NOT_FINITE,
        "the %s is %s in epoch %llu, step %llu; the first bad value: "
        "%s; try a learning rate below %g%s",
        where->what, bad_name(where->value),
        (unsigned long long)where->epoch + 1,
        (unsigned long long)where->step + 1, text, where->rate,
        where->clipped ? "" : ", or a bound on the norm of the gradient");
}

elman_status finite_weights(const elman_model *m, const char *path)
{
    char text[LONGEST];
    if (!search_weights(m, m->weights, "weight", text)) return ELMAN_OK;
    return failure(ELMAN_NOT_FINITE, "%.120s is left as it was: %s", path,
                   text);
}
