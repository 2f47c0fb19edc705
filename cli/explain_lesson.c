/*
 * explain_lesson.c: a tiny network and every number of one pass through it:
 * those that the library keeps as it has them, the sums between them computed
 * by the equations; see explain.h. Each number of the library's that an
 * equation gives is compared with what the equation makes of the others.
 */
#include "explain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Looking up --------------------------------------------------------- */

const quantity *lesson_quantity(const lesson *l, const char *name)
{
    for (size_t n = 0; n < l->quantity_count; n++)
        if (!strcmp(l->quantities[n].name, name)) return &l->quantities[n];
    return NULL;
}

const weight *lesson_weight(const lesson *l, const char *name)
{
    for (size_t n = 0; n < l->weight_count; n++)
        if (!strcmp(l->weights[n].name, name)) return &l->weights[n];
    return NULL;
}

size_t lesson_size(const lesson *l, const char *name)
{
    return !strcmp(name, "x") || !strcmp(name, "dx") ? l->I : l->H;
}

/* True if name ends so; the part before is kept. */
static bool cut_end(char *name, const char *end)
{
    size_t length = strlen(name), tail = strlen(end);
    if (length <= tail || strcmp(name + length - tail, end) != 0) return false;
    name[length - tail] = '\0';
    return true;
}

bool lesson_value(const lesson *l, const char *text, size_t length, size_t t,
                  size_t j, double *value)
{
    char name[16] = "";
    if (length >= sizeof name - 5) return false;
    memcpy(name, text, length);
    *value = 0;

    /* of this step; a bias that there is not counts as 0 */
    const quantity *q = lesson_quantity(l, name);
    const weight *w = q ? NULL : lesson_weight(l, name);
    if (!strcmp(name, "H")) *value = (double)l->H;
    if (w) *value = w->values[j];
    if (q) *value = q->values[t * q->n + j];
    if (q || w || !strcmp(name, "H")) return true;

    /* of the step before; what the step after passes back */
    if (cut_end(name, "_prev")) {
        q = lesson_quantity(l, name);
        if (q && t > 0) *value = q->values[(t - 1) * q->n + j];
        return q;
    }
    if (cut_end(name, "_next")) {
        q = lesson_quantity(l, strcat(name, "_prev"));
        if (q && t + 1 < l->T) *value = q->values[(t + 1) * q->n + j];
        return q;
    }
    return !strncmp(name, "b_", 2);
}

/* ---- Building ----------------------------------------------------------- */

static quantity *add_quantity(lesson *l, const char *name, size_t n, bool given)
{
    if (l->quantity_count == LESSON_QUANTITIES) return NULL;
    quantity *q = &l->quantities[l->quantity_count];
    snprintf(q->name, sizeof q->name, "%s", name);
    q->n = n;
    q->given = given;
    q->values = calloc(l->T * n, sizeof *q->values);
    if (!q->values) return NULL;
    l->quantity_count++;
    return q;
}

/* One of the library's views as a quantity: n numbers of each step, which begin
 * at number first of the rows of the view. */
static bool take_view(lesson *l, elman_state *state, const char *view,
                      const char *name, size_t first)
{
    elman_tensor tensor;
    if (elman_state_view(l->model, state, view, &tensor) != ELMAN_OK)
        return false;
    size_t row = tensor.shape[2];
    quantity *q = add_quantity(l, name, l->H, true);
    if (!q) return false;
    for (size_t t = 0; t < l->T; t++)
        for (size_t j = 0; j < l->H; j++)
            q->values[t * l->H + j] = (double)tensor.data[t * row + first + j];
    return true;
}

/* The blocks of a parameter, one for each gate. */
static bool take_weights(lesson *l, elman_state *state, const char *parameter,
                         const char *letters, size_t columns, bool matrix,
                         const char *right)
{
    char view[64];
    elman_tensor gradient;
    size_t rows = l->kind.gate_count * l->H, count = rows * columns;
    float *values = calloc(count, sizeof *values);
    snprintf(view, sizeof view, "%s.grad", parameter);
    bool good =
        values &&
        elman_model_read(l->model, parameter, count, values) == ELMAN_OK &&
        elman_state_view(l->model, state, view, &gradient) == ELMAN_OK;

    /* a block for each gate */
    for (size_t gate = 0; good && gate < l->kind.gate_count; gate++) {
        weight *w = &l->weights[l->weight_count];
        size_t n = l->H * columns, first = gate * n;
        *w = (weight){.rows = l->H, .columns = columns, .matrix = matrix};
        snprintf(w->name, sizeof w->name, "%s%s", letters, l->kind.gates[gate]);
        snprintf(w->parameter, sizeof w->parameter, "%s", parameter);
        snprintf(w->left, sizeof w->left, "da_%s", l->kind.gates[gate]);
        snprintf(w->right, sizeof w->right, "%s", right);
        w->values = calloc(n, sizeof *w->values);
        w->gradient = calloc(n, sizeof *w->gradient);
        l->weight_count++;
        good = w->values && w->gradient;
        for (size_t k = 0; good && k < n; k++) {
            w->values[k] = (double)values[first + k];
            w->gradient[k] = (double)gradient.data[first + k];
        }
    }
    free(values);
    return good;
}

static bool has_parameter(const elman_model *model, const char *name)
{
    const char *found;
    for (size_t n = 0; (found = elman_model_parameter(model, n, NULL)); n++)
        if (!strcmp(found, name)) return true;
    return false;
}

static bool take_all_weights(lesson *l, elman_state *state)
{
    const struct {
        const char *parameter, *letters, *right;
        size_t columns;
        bool matrix, wanted;
    } rows[] = {
        {"rnn.weight_ih_l0", "W_i", "x", l->I, true, true},
        {"rnn.weight_hh_l0", "W_h", "h_prev", l->H, true,
         l->kind.recurrence == ELMAN_RECURRENCE_MATRIX},
        {"rnn.weight_hh_l0", "w_h", "h_prev", 1, false,
         l->kind.recurrence == ELMAN_RECURRENCE_VECTOR},
        {"rnn.bias_ih_l0", "b_i", "", 1, false, true},
        {"rnn.bias_hh_l0", "b_h", "", 1, false, true},
    };
    for (size_t n = 0; n < sizeof rows / sizeof *rows; n++)
        if (rows[n].wanted && has_parameter(l->model, rows[n].parameter) &&
            !take_weights(l, state, rows[n].parameter, rows[n].letters,
                          rows[n].columns, rows[n].matrix, rows[n].right))
            return false;

    /* what is no product of da and h_prev */
    const equation_exception *e = l->cell->exceptions;
    for (; e && e->parameter; e++)
        for (size_t n = 0; n < l->weight_count; n++)
            if (!strcmp(l->weights[n].name, e->parameter)) {
                snprintf(l->weights[n].left, 12, "%s", e->left);
                snprintf(l->weights[n].right, 12, "%s", e->right);
            }
    return true;
}

/* ---- Equations ---------------------------------------------------------- */

/* One number more that was compared; a difference that is no number stays. */
static void add_difference(lesson *l, double far)
{
    if (!isnan(l->worst) && !(far <= l->worst)) l->worst = far;
    l->compared++;
}

/* Computes a row for all numbers of step t. What the library gave is compared
 * and stays, unless over is true. */
static void compute_row(lesson *l, const equation *row, size_t t, bool over)
{
    quantity *q = (quantity *)lesson_quantity(l, row->left);
    for (size_t j = 0; j < q->n; j++) {
        double value = formula_value(l, row->right, t, j, NULL);
        double *held = &q->values[t * q->n + j];
        if (q->given && !over) {
            double far = fabs(value - *held) / fmax(1, fabs(*held));
            add_difference(l, far);
        } else *held = value;
    }
}

double lesson_forward(lesson *l)
{
    for (size_t t = 0; t < l->T; t++)
        for (const equation *row = l->cell->forward; row->left; row++)
            compute_row(l, row, t, true);

    const quantity *h = lesson_quantity(l, "h");
    double sum = 0;
    for (size_t j = 0; j < l->H; j++) {
        double far = h->values[(l->T - 1) * l->H + j] - l->target;
        sum += far * far;
    }
    return sum / (double)l->H;
}

static bool add_rows(lesson *l, const equation *row)
{
    for (; row->left; row++)
        if (!lesson_quantity(l, row->left) &&
            !add_quantity(l, row->left, lesson_size(l, row->left), false))
            return false;
    return true;
}

double weight_part(const lesson *l, const weight *w, size_t t, size_t k)
{
    double left = 0, right = 1;
    size_t j = k / w->columns, column = w->matrix ? k % w->columns : j;
    lesson_value(l, w->left, strlen(w->left), t, j, &left);
    if (*w->right)
        lesson_value(l, w->right, strlen(w->right), t, column, &right);
    return left * right;
}

/* All that the library does not keep, and whether the rest agrees. */
static bool compute(lesson *l)
{
    if (!add_rows(l, l->cell->forward) || !add_rows(l, l->cell->backward))
        return false;
    for (size_t t = 0; t < l->T; t++)
        for (const equation *row = l->cell->forward; row->left; row++)
            compute_row(l, row, t, false);
    for (size_t t = l->T; t-- > 0;)
        for (const equation *row = l->cell->backward; row->left; row++)
            compute_row(l, row, t, false);

    /* the gradients of weights, as sums over the steps */
    for (size_t n = 0; n < l->weight_count; n++) {
        const weight *w = &l->weights[n];
        for (size_t k = 0; k < w->rows * w->columns; k++) {
            double sum = 0;
            for (size_t t = 0; t < l->T; t++)
                sum += weight_part(l, w, t, k);
            double far = fabs(sum - w->gradient[k]) / fmax(1, fabs(sum));
            add_difference(l, far);
        }
    }
    return true;
}

/* ---- Running ------------------------------------------------------------ */

/* 24 random bits as a number in [-1, 1) (splitmix64, Steele et al. 2014). */
static float random_number(uint64_t seed, uint64_t n)
{
    uint64_t z = seed * 0xD1342543DE82EF95u + (n + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (float)((z ^ (z >> 31)) >> 40) * 0x1p-23f - 1;
}

/* The numbers of a pass as the library takes them. */
typedef struct lesson_pass {
    elman_batch batch, rows; /* rows: the last h alone, of which the loss is */
    elman_target wanted;
    elman_loss_config squared;
    float *x, *dx; /* (T,I) */
    float *y, *dy; /* (H) */
    float *target; /* (H) */
} lesson_pass;

/* Input and target; false without memory. */
static bool pass_open(const lesson *l, const lesson_config *config,
                      lesson_pass *p)
{
    size_t count = l->T * l->I;
    *p = (lesson_pass){.squared = {.kind = ELMAN_LOSS_MEAN_SQUARED}};
    p->x = calloc(2 * count + 3 * l->H, sizeof *p->x);
    if (!p->x) return false;
    p->dx = p->x + count;
    p->y = p->dx + count;
    p->dy = p->y + l->H;
    p->target = p->dy + l->H;

    /* two decimals are easier to read */
    for (size_t n = 0; n < count; n++)
        p->x[n] = config->x
                      ? config->x[n]
                      : roundf(100 * random_number(config->seed, n)) / 100;
    for (size_t j = 0; j < l->H; j++)
        p->target[j] = (float)config->target;
    p->batch = (elman_batch){.T = l->T, .B = 1, .x = p->x};
    p->rows = (elman_batch){.T = 1, .B = 1};
    p->wanted = (elman_target){.values = p->target};
    return true;
}

/* Forward, the loss, and backward. */
static bool run(lesson *l, elman_state *state, lesson_pass *p)
{
    size_t T = l->T, I = l->I, H = l->H;
    if (elman_model_forward(l->model, state, &p->batch, p->y) != ELMAN_OK ||
        elman_loss_forward(&p->squared, &p->rows, H, p->y, &p->wanted, &l->loss,
                           p->dy) != ELMAN_OK ||
        elman_model_backward(l->model, state, p->dy, p->dx) != ELMAN_OK)
        return false;

    quantity *x = add_quantity(l, "x", I, true);
    quantity *dx = add_quantity(l, "dx", I, true);
    quantity *dy = add_quantity(l, "dy", H, true);
    quantity *target = add_quantity(l, "target", H, true);
    if (!x || !dx || !dy || !target) return false;

    /* the loss is of the last step alone */
    for (size_t n = 0; n < T * I; n++) {
        x->values[n] = (double)p->x[n];
        dx->values[n] = (double)p->dx[n];
    }
    for (size_t n = 0; n < T * H; n++)
        target->values[n] = l->target;
    for (size_t j = 0; j < H; j++)
        dy->values[(T - 1) * H + j] = (double)p->dy[j];
    return true;
}

/* All views of the pass. */
static bool take_pass(lesson *l, elman_state *state)
{
    bool good = take_view(l, state, "layer0.h", "h", 0) &&
                take_view(l, state, "layer0.dh", "dh", 0);
    if (l->kind.has_cell)
        good = good && take_view(l, state, "layer0.c", "c", 0) &&
               take_view(l, state, "layer0.dc", "dc", 0);
    for (size_t gate = 0; good && gate < l->kind.gate_count; gate++) {
        const char *name = l->kind.gates[gate];
        char da[16], d[16];
        snprintf(da, sizeof da, "da_%s", name);
        snprintf(d, sizeof d, "d%s", name);
        good = take_view(l, state, "layer0.da", da, gate * l->H);
        if (!good || lesson_quantity(l, name)) continue; /* Elman's is h */
        good = take_view(l, state, "layer0.gate", name, gate * l->H) &&
               take_view(l, state, "layer0.dgate", d, gate * l->H);
    }
    return good && take_all_weights(l, state);
}

/* ---- What each step adds, as the library measures it -------------------- */

/* Compares what the library says that step t adds to parameter number index,
 * values, with the products of the equations. */
static void compare_step(lesson *l, const char *name, const float *values,
                         size_t t)
{
    /* the blocks of its gates, one after the other */
    size_t first = 0;
    for (size_t n = 0; n < l->weight_count; n++) {
        const weight *w = &l->weights[n];
        if (strcmp(w->parameter, name) != 0) continue;
        for (size_t k = 0; k < w->rows * w->columns; k++) {
            double part = weight_part(l, w, t, k);
            double far =
                fabs(part - (double)values[first + k]) / fmax(1, fabs(part));
            add_difference(l, far);
        }
        first += w->rows * w->columns;
    }
}

static elman_status compare_parts(lesson *l,
                                  const elman_contributions *measured)
{
    float values[ELMAN_MAX_GATES * EXPLAIN_HIDDEN * EXPLAIN_HIDDEN];
    for (size_t n = 0; n < measured->count; n++)
        for (size_t t = 0; t < l->T; t++) {
            elman_status status =
                elman_contributions_read(measured, n, t, values);
            if (status != ELMAN_OK) return status;
            compare_step(l, measured->parameters[n].name, values, t);
        }
    return ELMAN_OK;
}

static bool compare_contributions(lesson *l, const lesson_pass *p)
{
    elman_contributions *measured = NULL;
    elman_status status = elman_contributions_begin(
        l->model, &p->batch, &p->wanted, &p->squared, &measured);
    while (status == ELMAN_OK && !measured->done)
        status = elman_contributions_step(measured);
    if (status == ELMAN_OK) status = compare_parts(l, measured);
    elman_contributions_end(measured);
    return status == ELMAN_OK;
}

bool lesson_fill(lesson *l, elman_state *state, const lesson_config *config)
{
    lesson_pass p;
    bool good = pass_open(l, config, &p) && run(l, state, &p) &&
                take_pass(l, state) && compute(l) &&
                compare_contributions(l, &p);
    free(p.x);
    return good;
}
