/*
 * explain_formula.c: reads a formula of explain_cells.c, computes it, and
 * writes it with the numbers in place.
 *
 *   sum      product (('+' | '-') product)...
 *   product  factor ([/] factor)...       side by side: times
 *   factor   atom [^2]
 *   atom     number | name | s( tanh( relu( relu'( sum ) | ( sum )
 *            MATRIX vector | MATRIX^T vector
 */
#include "explain.h"
#include "screen.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct formula {
    const lesson *l;
    const char *at;
    size_t t, j;
    FILE *file; /* NULL: compute only */
    bool begun; /* something was written */
} formula;

const char *times_sign(void) { return screen.utf8 ? "×" : "*"; }

const char *number_text(double number)
{
    static char texts[4][32];
    static int turn;
    char *text = texts[turn = (turn + 1) % 4];
    double size = fabs(number);
    if (size < 1) snprintf(text, 32, "%.4g", number);
    else if (!(size < 1e6)) snprintf(text, 32, "%.5g", number);
    else if (size >= 1e4) snprintf(text, 32, "%.0f", number);
    else {
        /* four decimals, without the zeros behind them */
        snprintf(text, 32, "%.4f", number);
        char *end = text + strlen(text);
        while (end[-1] == '0')
            *--end = '\0';
        if (end[-1] == '.') *--end = '\0';
    }
    return strcmp(text, "-0") ? text : "0";
}

static void write_text(formula *f, const char *text)
{
    if (f->file) fputs(text, f->file);
    f->begun = true;
}

/* A negative number stands in brackets, unless it is the first. */
static void write_number(formula *f, double number)
{
    bool bracket = number < 0 && f->begun;
    if (f->file) fprintf(f->file, bracket ? "(%s)" : "%s", number_text(number));
    f->begun = true;
}

static void write_times(formula *f)
{
    if (f->file) fprintf(f->file, " %s ", times_sign());
}

static void skip_spaces(formula *f)
{
    while (*f->at == ' ')
        f->at++;
}

/* Length of the name at f->at; a prime may end it. */
static size_t name_length(const formula *f)
{
    size_t n = 0;
    while (isalnum((unsigned char)f->at[n]) || f->at[n] == '_')
        n++;
    return n + (f->at[n] == '\'');
}

static double read_sum(formula *f);

/* MATRIX vector: a sum over the numbers of the vector. */
static double read_matrix(formula *f, const weight *w)
{
    bool turned = !strncmp(f->at, "^T", 2);
    f->at += turned ? 2 : 0;
    skip_spaces(f);
    size_t length = name_length(f);
    size_t terms = turned ? w->rows : w->columns;

    /* down a column where it is transposed, else along a row */
    double sum = 0;
    for (size_t k = 0; k < terms; k++) {
        double value = 0;
        double number = turned ? w->values[k * w->columns + f->j]
                               : w->values[f->j * w->columns + k];
        lesson_value(f->l, f->at, length, f->t, k, &value);
        if (k) write_text(f, " + ");
        write_number(f, number);
        write_times(f);
        write_number(f, value);
        sum += number * value;
    }
    f->at += length;
    return sum;
}

typedef struct named_function {
    const char *name;
    double (*value)(double);
} named_function;

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }
static double relu(double x) { return x > 0 ? x : 0; }
static double relu_slope(double x) { return x > 0 ? 1 : 0; }

static const named_function functions[] = {
    {"s(", sigmoid},        {"tanh(", tanh}, {"relu(", relu},
    {"relu'(", relu_slope}, {"(", NULL},
};

/* A sum in brackets, of which a function may be taken. */
static bool read_brackets(formula *f, double *value)
{
    for (size_t n = 0; n < sizeof functions / sizeof *functions; n++) {
        const char *name = functions[n].name;
        size_t length = strlen(name);
        if (strncmp(f->at, name, length) != 0) continue;

        f->at += length;
        write_text(f, name);
        f->begun = false; /* a minus may follow the bracket */
        *value = read_sum(f);
        f->at += *f->at == ')';
        write_text(f, ")");
        if (functions[n].value) *value = functions[n].value(*value);
        return true;
    }
    return false;
}

static double read_atom(formula *f)
{
    double value = NAN;
    if (read_brackets(f, &value)) return value;

    /* a number, a matrix with its vector, or a name */
    if (isdigit((unsigned char)*f->at)) {
        char *end;
        value = strtod(f->at, &end);
        f->at = end;
        write_number(f, value);
        return value;
    }
    char name[16] = "";
    size_t length = name_length(f);
    if (length < sizeof name) memcpy(name, f->at, length);
    const weight *w = lesson_weight(f->l, name);
    if (w && w->matrix) {
        f->at += length;
        return read_matrix(f, w);
    }
    lesson_value(f->l, f->at, length, f->t, f->j, &value);
    f->at += length;
    write_number(f, value);
    return value;
}

static double read_factor(formula *f)
{
    double value = read_atom(f);
    if (strncmp(f->at, "^2", 2) != 0) return value;
    f->at += 2;
    write_text(f, screen.utf8 ? "²" : "^2");
    return value * value;
}

static double read_product(formula *f)
{
    double value = read_factor(f);
    for (skip_spaces(f); *f->at && !strchr("+-)", *f->at); skip_spaces(f)) {
        bool divides = *f->at == '/';
        if (divides) {
            f->at++;
            skip_spaces(f);
            write_text(f, " / ");
        } else write_times(f);

        double factor = read_factor(f);
        value = divides ? value / factor : value * factor;
    }
    return value;
}

static double read_sum(formula *f)
{
    skip_spaces(f);
    double value = read_product(f);
    while (*f->at == '+' || *f->at == '-') {
        bool minus = *f->at == '-';
        f->at++;
        skip_spaces(f);
        write_text(f, minus ? " - " : " + ");
        double term = read_product(f);
        value += minus ? -term : term;
    }
    return value;
}

double formula_value(const lesson *l, const char *text, size_t t, size_t j,
                     FILE *file)
{
    formula f = {.l = l, .at = text, .t = t, .j = j, .file = file};
    return read_sum(&f);
}
