/*
 * explain_record.c: a lesson as JSON: weights with their gradients, every
 * quantity of every step, and the equations with their numbers.
 */
#include "explain.h"
#include "record.h"
#include "system.h"

#include <math.h>
#include <stdlib.h>

static void record_numbers(record *out, const char *key, const double *values,
                           size_t count)
{
    record_open(out, key, '[');
    for (size_t n = 0; n < count; n++)
        record_number(out, NULL, values[n]);
    record_close(out, ']');
}

static void record_weights(record *out, const lesson *l,
                           const lesson_check *check)
{
    record_open(out, "weights", '[');
    for (size_t n = 0; n < l->weight_count; n++) {
        const weight *w = &l->weights[n];
        size_t count = w->rows * w->columns;
        record_open(out, NULL, '{');
        record_text(out, "name", w->name);
        record_text(out, "parameter", w->parameter);
        record_count(out, "rows", w->rows);
        record_count(out, "columns", w->columns);
        record_numbers(out, "values", w->values, count);
        record_numbers(out, "gradient", w->gradient, count);
        if (check)
            record_numbers(out, "difference", check->differences[n], count);
        record_text(out, "left", w->left);
        record_text(out, "right", w->right);

        /* what each step adds */
        record_open(out, "steps", '[');
        for (size_t t = 0; t < l->T; t++) {
            record_open(out, NULL, '[');
            for (size_t k = 0; k < count; k++)
                record_number(out, NULL, weight_part(l, w, t, k));
            record_close(out, ']');
        }
        record_close(out, ']');
        record_close(out, '}');
    }
    record_close(out, ']');
}

/* The rows of one pass, each with its numbers in place. */
static void record_equations(record *out, const lesson *l, const char *key,
                             const equation *row)
{
    record_open(out, key, '[');
    for (; row->left; row++) {
        const quantity *q = lesson_quantity(l, row->left);
        record_open(out, NULL, '{');
        record_text(out, "left", row->left);
        record_text(out, "right", row->right);
        record_text(out, "says", row->says);

        /* the right side with its numbers, by step and number */
        record_open(out, "steps", '[');
        for (size_t t = 0; t < l->T; t++) {
            record_open(out, NULL, '[');
            for (size_t j = 0; j < q->n; j++) {
                text_stream value;
                if (!text_open(&value)) continue;
                formula_value(l, row->right, t, j, value.file);
                if (text_close(&value)) record_text(out, NULL, value.text);
                free(value.text);
            }
            record_close(out, ']');
        }
        record_close(out, ']');
        record_close(out, '}');
    }
    record_close(out, ']');
}

void lesson_write(const lesson *l, const lesson_check *check, FILE *file)
{
    record out = record_begin(file);
    record_text(&out, "cell", l->kind.word);
    record_text(&out, "title", l->kind.title);
    record_count(&out, "steps", l->T);
    record_count(&out, "input", l->I);
    record_count(&out, "hidden", l->H);
    record_number(&out, "target", l->target);
    record_number(&out, "loss", l->loss);
    record_number(&out, "worst", l->worst);
    if (check) record_number(&out, "check", check->worst);
    record_weights(&out, l, check);

    /* every quantity by its name: (T,n) */
    record_open(&out, "values", '{');
    for (size_t n = 0; n < l->quantity_count; n++) {
        const quantity *q = &l->quantities[n];
        record_open(&out, q->name, '[');
        for (size_t t = 0; t < l->T; t++)
            record_numbers(&out, NULL, q->values + t * q->n, q->n);
        record_close(&out, ']');
    }
    record_close(&out, '}');
    record_equations(&out, l, "forward", l->cell->forward);
    record_equations(&out, l, "backward", l->cell->backward);

    record_open(&out, "shares", '[');
    for (size_t t = 0; t < l->T; t++) {
        double norm;
        record_number(&out, NULL, lesson_share(l, t, &norm));
    }
    record_close(&out, ']');
    record_end(&out);
}

void lesson_record(const lesson *l, const lesson_check *check)
{
    lesson_write(l, check, stdout);
}
