/*
 * explain_show.c: a lesson as text: each equation, then the same with the
 * numbers in place, step by step.
 */
#include "explain.h"
#include "screen.h"
#include "system.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FORMULA = 6, HANGING = 10, NARROWEST = 40 };

static int width(void)
{
    int columns = screen_width(stdout);
    return columns < NARROWEST ? NARROWEST : columns;
}

/* Characters of the first bytes of UTF-8 text. */
static int characters(const char *text, size_t bytes)
{
    int count = 0;
    for (size_t n = 0; n < bytes; n++)
        count += ((unsigned char)text[n] & 0xC0) != 0x80;
    return count;
}

/* Prints text behind what stands on the line already (at columns), broken
 * before signs where the line is full. */
static void print_wrapped(const char *text, int at)
{
    while (*text) {
        /* up to the next sign that a line may begin with */
        size_t n = 1;
        while (text[n] && !(text[n] == ' ' && text[n + 1] &&
                            strchr("+-=", text[n + 1]) && text[n + 2] == ' '))
            n++;
        int columns = characters(text, n);

        if (at + columns > width() && at > HANGING) {
            printf("\n%*s", HANGING, "");
            at = HANGING;
            if (*text == ' ') {
                text++;
                n--;
            }
        }
        printf("%.*s", (int)n, text);
        at += columns;
        text += n;
    }
}

static void show_heading(const char *text)
{
    printf("\n%s%s%s\n", paint(stdout, BOLD), text, paint(stdout, PLAIN));
}

/* The equation in symbols, and what it says. */
static void show_formula(const char *left, const char *right, const char *says)
{
    printf("    %s%s%s = %s", paint(stdout, CYAN), left, paint(stdout, PLAIN),
           right);
    putchar('\n');
    if (says)
        printf("      %s%s%s\n", paint(stdout, DIM), says,
               paint(stdout, PLAIN));
}

/* An equation with its numbers, for each number of the left side. In symbols
 * and words as well where it comes for the first time. */
static void show_equation(const lesson *l, const equation *row, size_t t,
                          bool first)
{
    const quantity *q = lesson_quantity(l, row->left);
    if (first) show_formula(row->left, row->right, row->says);
    for (size_t j = 0; j < q->n; j++) {
        text_stream line;
        if (!text_open(&line)) return;

        /* the right side, then what it comes to */
        formula_value(l, row->right, t, j, line.file);
        fprintf(line.file, " = %s", number_text(q->values[t * q->n + j]));
        if (!text_close(&line)) return;

        int at = printf("%*s%s", first ? FORMULA : FORMULA - 2, "",
                        first && q->n == 1 ? "" : row->left);
        if (q->n > 1) at += printf("[%zu]", j);
        at += printf(first && q->n == 1 ? "= " : " = ");
        print_wrapped(line.text, at);
        putchar('\n');
        free(line.text);
    }
}

/* "x = (1, 0.5)" */
static void show_vector(const lesson *l, const char *name, size_t t)
{
    size_t n = lesson_size(l, name);
    printf("%s = ", name);
    for (size_t j = 0; j < n; j++) {
        double value = 0;
        lesson_value(l, name, strlen(name), t, j, &value);
        printf("%s%s", j ? ", " : n > 1 ? "(" : "", number_text(value));
    }
    if (n > 1) putchar(')');
}

static void show_weights(const lesson *l)
{
    show_heading("Weights");
    for (size_t n = 0; n < l->weight_count; n++) {
        const weight *w = &l->weights[n];
        for (size_t r = 0; r < (w->matrix ? w->rows : 1); r++) {
            size_t count = w->matrix ? w->columns : w->rows;
            printf("  %-5s", r ? "" : w->name);
            for (size_t k = 0; k < count; k++)
                printf(" %8s", number_text(w->values[r * w->columns + k]));
            putchar('\n');
        }
    }
}

static void show_forward(const lesson *l)
{
    show_heading("Forward");
    for (size_t t = 0; t < l->T; t++) {
        printf("%s  step %zu:%s ", paint(stdout, YELLOW), t,
               paint(stdout, PLAIN));
        show_vector(l, "x", t);
        printf("; ");
        show_vector(l, "h_prev", t);
        if (l->kind.has_cell) {
            printf("; ");
            show_vector(l, "c_prev", t);
        }
        putchar('\n');
        for (const equation *row = l->cell->forward; row->left; row++)
            show_equation(l, row, t, t == 0);
    }
}

static void show_loss(const lesson *l)
{
    const quantity *h = lesson_quantity(l, "h");
    size_t last = (l->T - 1) * l->H;
    show_heading("Loss: the last h should be what is wanted");
    show_formula("L", "the mean of (h - target)^2", NULL);
    printf("%*s= ", FORMULA, "");
    if (l->H > 1) putchar('(');
    for (size_t j = 0; j < l->H; j++)
        printf("%s(%s - %s)%s", j ? " + " : "",
               number_text(h->values[last + j]),
               l->target < 0 ? "(-1)" : number_text(l->target),
               screen.utf8 ? "²" : "^2");
    if (l->H > 1) printf(") / %zu", l->H);
    printf(" = %s\n", number_text(l->loss));
}

static void show_backward(const lesson *l)
{
    show_heading("Backward: the same steps, from the last to the first");
    for (size_t t = l->T; t-- > 0;) {
        printf("%s  step %zu%s\n", paint(stdout, YELLOW), t,
               paint(stdout, PLAIN));
        bool first = t + 1 == l->T;
        if (first) show_equation(l, loss_equations, t, first);
        for (const equation *row = l->cell->backward; row->left; row++)
            show_equation(l, row, t, first);
    }
}

/* The difference quotient beside a gradient. */
static void show_check(double gradient, double difference)
{
    printf("%s   differences: %s, off by %s%s", paint(stdout, DIM),
           number_text(difference), significant(fabs(gradient - difference), 2),
           paint(stdout, PLAIN));
}

/* One number of a weight's gradient as the sum of what the steps add. */
static void show_sum(const lesson *l, const weight *w, size_t k,
                     const double *differences)
{
    text_stream line;
    if (!text_open(&line)) return;
    FILE *file = line.file;
    size_t column = w->matrix ? k % w->columns : k;

    /* the product of each step */
    for (size_t t = 0; t < l->T; t++) {
        double left = 0, right = 0;
        lesson_value(l, w->left, strlen(w->left), t, k / w->columns, &left);
        fprintf(file, left < 0 && t ? "%s(%s)" : "%s%s", t ? " + " : "",
                number_text(left));
        if (!*w->right) continue;
        lesson_value(l, w->right, strlen(w->right), t, column, &right);
        fprintf(file, right < 0 ? " %s (%s)" : " %s %s", times_sign(),
                number_text(right));
    }
    fprintf(file, " = %s", number_text(w->gradient[k]));
    if (!text_close(&line)) return;

    int at = printf("%*s", FORMULA, "");
    if (w->matrix)
        at += printf("d%s[%zu,%zu] = ", w->name, k / w->columns, column);
    else at += printf("d%s[%zu] = ", w->name, k);
    print_wrapped(line.text, at);
    if (differences) show_check(w->gradient[k], differences[k]);
    putchar('\n');
    free(line.text);
}

static void show_gradients(const lesson *l, const lesson_check *check)
{
    show_heading("Gradients of the weights: each step adds its part, "
                 "from the first to the last");
    for (size_t n = 0; n < l->weight_count; n++) {
        const weight *w = &l->weights[n];
        char left[16], right[48];
        snprintf(left, sizeof left, "d%s", w->name);
        snprintf(right, sizeof right, "the sum over t of %s%s%s%s", w->left,
                 *w->right ? " " : "", w->right, w->matrix ? "^T" : "");
        show_formula(left, right, NULL);
        for (size_t k = 0; k < w->rows * w->columns; k++)
            show_sum(l, w, k, check ? check->differences[n] : NULL);
    }
}

/* ---- What each step added ----------------------------------------------- */

double lesson_share(const lesson *l, size_t t, double *norm)
{
    double along = 0, whole = 0, own = 0;
    for (size_t n = 0; n < l->weight_count; n++) {
        const weight *w = &l->weights[n];
        for (size_t k = 0; k < w->rows * w->columns; k++) {
            double part = weight_part(l, w, t, k), sum = w->gradient[k];
            along += part * sum;
            whole += sum * sum;
            own += part * part;
        }
    }
    *norm = sqrt(own);
    return whole > 0 ? along / whole : 0;
}

static void show_shares(const lesson *l)
{
    enum { BAR = 40 };
    show_heading("What each step added to all gradients together");
    printf("  %4s  %10s  %8s\n", "step", "its length", "its part");
    for (size_t t = 0; t < l->T; t++) {
        double norm, share = lesson_share(l, t, &norm);
        printf("  %4zu  %10s  %6.1f %%  ", t, number_text(norm), 100 * share);
        for (int n = 0; n < (int)lround(fmin(1, fabs(share)) * (double)BAR);
             n++)
            fputs(share < 0 ? "-" : screen.utf8 ? "█" : "#", stdout);
        putchar('\n');
    }
    printf("%s  its part: along the whole gradient; all add up to 100 %%%s\n",
           paint(stdout, DIM), paint(stdout, PLAIN));
}

/* ---- The same in PyTorch ------------------------------------------------ */

/* The shortest number that reads back as the same float32, with a point. */
static void print_short(float value)
{
    char text[32] = "";
    for (int digits = 1; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value) break;
    }
    printf("%s%s", text, strpbrk(text, ".e") ? "" : ".");
}

/* Numbers (count) as Python has them, in rows of columns if they are a
 * matrix. */
static void print_list(const float *values, size_t count, size_t columns)
{
    putchar('[');
    for (size_t k = 0; k < count; k++) {
        if (columns && k % columns == 0) printf("%s[", k ? "], " : "");
        else if (k) printf(", ");
        print_short(values[k]);
    }
    printf("%s]", columns ? "]" : "");
}

static void show_torch(const lesson *l)
{
    bool there = l->kind.kind == ELMAN_RNN || l->kind.kind == ELMAN_LSTM ||
                 (l->kind.kind == ELMAN_GRU && !l->cell->reset_before);
    if (!there) return;

    /* without a margin, to be pasted */
    show_heading("The same in PyTorch");
    printf("import torch; net = torch.nn.%s(%zu, %zu%s)\n", l->kind.title, l->I,
           l->H, l->cell->relu ? ", nonlinearity=\"relu\"" : "");

    /* its weights, as they are here */
    elman_const_tensor view;
    const char *name;
    for (size_t n = 0; (name = elman_model_parameter(l->model, n, &view));
         n++) {
        size_t columns = view.rank > 1 ? view.shape[1] : 0;
        printf("net.%s.data = torch.tensor(", strchr(name, '.') + 1);
        print_list(view.data, view.shape[0] * (columns ? columns : 1), columns);
        printf(")\n");
    }

    /* the same input and loss */
    float x[EXPLAIN_STEPS * EXPLAIN_INPUT];
    const quantity *q = lesson_quantity(l, "x");
    for (size_t n = 0; n < l->T * l->I; n++)
        x[n] = (float)q->values[n];
    printf("x = torch.tensor(");
    print_list(x, l->T * l->I, l->I);
    printf(", requires_grad=True)\n"
           "h = net(x)[0]; ((h[-1] - ");
    print_short((float)l->target);
    printf(") ** 2).mean().backward()\n"
           "print(h, x.grad, *((n, w.grad) for n, w in "
           "net.named_parameters()), sep=\"\\n\")\n");
}

static void show_verdict(const lesson *l, const lesson_check *check)
{
    putchar('\n');
    bool good = l->worst < LESSON_AGREES;
    if (good)
        printf("%zu numbers of the library agree with these equations within "
               "%s.\n",
               l->compared, significant(l->worst, 1));
    else
        printf("%sThe library's numbers differ from these equations by up to "
               "%s: please report it.%s\n",
               paint(stdout, RED), significant(l->worst, 1),
               paint(stdout, PLAIN));
    if (check)
        printf("%zu gradients agree with central differences within %s of the "
               "largest of their parameter.\n",
               check->count, significant(check->worst, 1));
}

void lesson_show(const lesson *l, const lesson_check *check)
{
    printf("%s%s%s: %zu input%s, %zu unit%s, %zu step%s", paint(stdout, BOLD),
           l->kind.title, paint(stdout, PLAIN), l->I, l->I == 1 ? "" : "s",
           l->H, l->H == 1 ? "" : "s", l->T, l->T == 1 ? "" : "s");
    if (l->path) printf(", weights from %s\n", printable(l->path));
    else if (isnan(l->constant))
        printf(", weights drawn from seed %llu\n", (unsigned long long)l->seed);
    else printf(", all weights %s and biases 0\n", number_text(l->constant));

    show_weights(l);
    show_forward(l);
    show_loss(l);
    show_backward(l);
    show_gradients(l, check);
    show_shares(l);
    show_torch(l);
    show_verdict(l, check);
}
