/* layouts_make.c: tensors with PyTorch's names, made of those of a module. */
#include "import/layouts_make.h"

#include "base/kind.h"
#include "base/memory.h"
#include "cell/cell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Sizes --------------------------------------------------------------- */

/* Rows and columns of a leaf as PyTorch has them. A vector is one column. */
typedef struct extent_of_leaf {
    size_t rows, columns;
} extent_of_leaf;

static bool leaf_is_turned(const found_module *m, const leaf_row *leaf)
{
    return leaf->transposed && !m->as_torch;
}

static extent_of_leaf extent(const elman_import *im, const found_module *m,
                             size_t i)
{
    const named_tensor *t = im->weights.tensors + m->at[i];
    size_t columns = t->rank == 2 ? t->shape[1] : 1;
    bool turned = t->rank == 2 && leaf_is_turned(m, m->kind->leaves + i);
    return turned ? (extent_of_leaf){columns, t->shape[0]}
                  : (extent_of_leaf){t->shape[0], columns};
}

/* The gates of a leaf: how many. */
static size_t leaf_gates(const found_module *m, const leaf_row *leaf)
{
    return leaf->gates ? strlen(leaf->gates) : m->gates;
}

/* Whether a bias has two rows, one for x and one for h: reset after the
 * product. */
static bool is_double(const elman_import *im, const found_module *m, size_t i)
{
    const named_tensor *t = im->weights.tensors + m->at[i];
    return m->kind->kind == ELMAN_GRU &&
           m->kind->leaves[i].role == LEAF_BIAS_IH && t->rank == 2 &&
           t->shape[0] == 2;
}

static bool leaf_fits(const elman_import *im, const found_module *m, size_t i)
{
    const leaf_row *leaf = m->kind->leaves + i;
    const named_tensor *t = im->weights.tensors + m->at[i];
    extent_of_leaf e = extent(im, m, i);
    size_t rows;
    if (!sizes_multiply(leaf_gates(m, leaf), m->H, 1, &rows)) return false;

    /* what its role says, in rows and columns of PyTorch */
    switch (leaf->role) {
    case LEAF_IH:
        return e.rows == rows && e.columns == m->I;
    case LEAF_HH:
        return e.rows == rows && e.columns == m->R;
    case LEAF_JOINT:
        return e.rows == rows && e.columns - m->R == m->I;
    case LEAF_BIAS_IH:
    case LEAF_BIAS_HH:
        if (is_double(im, m, i)) return t->shape[1] == rows;
        return t->count == rows && (t->rank == 1 || e.columns == 1);
    case LEAF_HR:
        return e.rows == m->R && e.columns == m->H;
    default:
        return t->rank == 1 && t->count == m->H;
    }
}

/* The first leaf of a role, or NOWHERE. */
static ptrdiff_t leaf_of(const found_module *m, leaf_role role)
{
    for (size_t i = 0; m->kind->leaves[i].role; i++)
        if (m->kind->leaves[i].role == role && m->at[i] != NOWHERE)
            return (ptrdiff_t)i;
    return NOWHERE;
}

static bool measure_recurrent(const elman_import *im, found_module *m)
{
    const elman_layer of = {.kind = m->kind->kind};
    ptrdiff_t ih = leaf_of(m, LEAF_IH), hh = leaf_of(m, LEAF_HH);
    ptrdiff_t joint = leaf_of(m, LEAF_JOINT), hr = leaf_of(m, LEAF_HR);
    m->gates = cell_for(&of)->gate_count;

    /* the rows of a weight say H, a projection R, the columns I */
    size_t first = (size_t)(joint != NOWHERE ? joint : hh);
    extent_of_leaf e = extent(im, m, first);
    m->H = e.rows / leaf_gates(m, m->kind->leaves + first);
    m->R = hr != NOWHERE ? extent(im, m, (size_t)hr).rows : m->H;
    if (joint != NOWHERE && e.columns <= m->R) return false;
    m->I =
        joint != NOWHERE ? e.columns - m->R : extent(im, m, (size_t)ih).columns;
    if (!m->H || !m->R || !m->I) return false;

    for (size_t i = 0; m->kind->leaves[i].role; i++)
        if (m->at[i] != NOWHERE && !leaf_fits(im, m, i)) return false;
    return true;
}

bool found_measure(const elman_import *im, found_module *m)
{
    bool recurrent = kind_is_recurrent(m->kind->kind);

    /* matrices and vectors of floats */
    for (size_t i = 0; m->kind->leaves[i].role; i++) {
        if (m->at[i] == NOWHERE) continue;
        const named_tensor *t = im->weights.tensors + m->at[i];
        leaf_role role = m->kind->leaves[i].role;
        bool matrix =
            role == LEAF_IH || role == LEAF_HH || role == LEAF_JOINT ||
            role == LEAF_HR ||
            (role == LEAF_WEIGHT && m->kind->kind != ELMAN_LAYER_NORM);

        if (!element_is_float(t->type) || !t->count || t->rank > 2 ||
            t->rank < (matrix ? 2u : 1u))
            return false;
        if (!matrix && !recurrent && t->rank != 1 && t->shape[1] != 1)
            return false;
    }
    return !recurrent || measure_recurrent(im, m);
}

/* ---- Making -------------------------------------------------------------- */

/* The tensors that a recurrent module becomes, made when a leaf needs one. */
typedef struct making {
    elman_import *import;
    const found_module *m;
    float *values[5]; /* weight_ih weight_hh bias_ih bias_hh peephole */
    size_t index[5];  /* of their tensors */
} making;

/* Of Keras's Bidirectional. */
#define JOINED "for merge_mode concat (the file does not say)"

enum { MADE_IH, MADE_HH, MADE_BIAS_IH, MADE_BIAS_HH, MADE_PEEPHOLE };

static const char *const made_names[] = {"weight_ih", "weight_hh", "bias_ih",
                                         "bias_hh", "peephole"};

/* "rnn.weight_ih_l0_reverse"; NULL if there is no memory. */
static const char *full_name(elman_import *im, const found_module *m,
                             const char *role)
{
    const char *dot = *m->name ? "." : "";
    return kind_is_recurrent(m->kind->kind)
               ? import_text(im, "%s%s%s_l%zu%s", m->name, dot, role, m->level,
                             m->direction ? "_reverse" : "")
               : import_text(im, "%s%s%s", m->name, dot, role);
}

static elman_status make(making *k, size_t which, float **values)
{
    const found_module *m = k->m;
    size_t shape[2] = {m->gates * m->H, 0}, rank = 1, index;

    /* each once, when its first numbers come */
    *values = k->values[which];
    if (*values) return ELMAN_OK;

    if (which == MADE_PEEPHOLE) shape[0] = 3;
    if (which == MADE_IH) shape[1] = m->I;
    if (which == MADE_HH) shape[1] = m->R;
    if (which == MADE_PEEPHOLE) shape[1] = m->H;
    if (shape[1]) rank = 2;

    const char *name = full_name(k->import, m, made_names[which]);
    if (!name) return ELMAN_NO_MEMORY;
    *values = k->values[which] =
        import_make_tensor(k->import, name, rank, shape, &index);
    if (!*values) return ELMAN_NO_MEMORY;
    k->index[which] = index;

    /* what the file does not say stands where people look */
    bool keras = !strcmp(m->kind->tool, "Keras");
    bool joined = which == MADE_IH && m->direction && keras;
    const char *note = joined                  ? JOINED
                       : which == MADE_BIAS_IH ? m->kind->note
                                               : NULL;
    const char *how = import_text(k->import, "made of %s's%s%s", m->kind->tool,
                                  note ? ": " : "", note ? note : "");
    return how ? import_add_note(k->import, index, how) : ELMAN_NO_MEMORY;
}

/* Which of our gates the j-th of a leaf is. */
static size_t gate_of(const found_module *m, const leaf_row *leaf, size_t j)
{
    const elman_layer of = {.kind = m->kind->kind};
    const cell_kind *cell = cell_for(&of);
    if (!leaf->gates) return j;
    if (leaf->role == LEAF_PEEPHOLE)
        return (size_t)(strchr("ifo", leaf->gates[j]) - "ifo");
    for (size_t g = 0; g < cell->gate_count; g++)
        if (cell->gates[g].name[0] == leaf->gates[j]) return g;
    return j;
}

/* Copies rows of a leaf, each so far from the next, with columns from column
 * on, to rows of width numbers. */
typedef struct copying {
    const double *numbers;
    size_t row_step, column_step, offset;
    size_t width, each;
    double sign;
} copying;

static void copy_rows(const copying *c, size_t first, size_t count, float *to)
{
    for (size_t r = 0; r < count; r++)
        for (size_t k = 0; k < c->width; k++)
            to[r * c->width + k] =
                (float)(c->sign *
                        c->numbers[c->offset +
                                   (first + r * c->each) * c->row_step +
                                   k * c->column_step]);
}

/* Copies a leaf, gate by gate, to one of the tensors that are made. */
static elman_status copy_leaf(making *k, size_t i, size_t which, copying *c)
{
    const leaf_row *leaf = k->m->kind->leaves + i;
    float *to = NULL;
    TRY(make(k, which, &to));

    size_t H = which == MADE_PEEPHOLE ? 1 : k->m->H;
    size_t gates = leaf_gates(k->m, leaf);
    bool between = k->m->kind->interleaved;
    c->each = between ? gates : 1;
    for (size_t j = 0; j < gates; j++) {
        const char *negated = k->m->kind->negated;
        c->sign = negated && leaf->gates && leaf->gates[j] == *negated ? -1 : 1;
        copy_rows(c, between ? j : j * H, H,
                  to + gate_of(k->m, leaf, j) * H * c->width);
    }
    return ELMAN_OK;
}

static elman_status copy_numbers(making *k, size_t i, const double *numbers)
{
    const found_module *m = k->m;
    const leaf_row *leaf = m->kind->leaves + i;
    const named_tensor *t = k->import->weights.tensors + m->at[i];
    size_t columns = t->rank == 2 ? t->shape[1] : 1;
    bool turned = t->rank == 2 && leaf_is_turned(m, leaf);
    bool twice = is_double(k->import, m, i);

    copying c = {.numbers = numbers,
                 .row_step = turned ? 1 : columns,
                 .column_step = turned ? columns : 1,
                 .width = 1,
                 .sign = 1};
    if (twice) c.row_step = 1;

    /* where its numbers go; a joint kernel has two places */
    switch (leaf->role) {
    case LEAF_IH:
    case LEAF_JOINT:
        c.width = m->I;
        TRY(copy_leaf(k, i, MADE_IH, &c));
        if (leaf->role == LEAF_IH) return ELMAN_OK;
        c.offset = m->I * c.column_step;
        c.width = m->R;
        return copy_leaf(k, i, MADE_HH, &c);
    case LEAF_HH:
        c.width = m->R;
        return copy_leaf(k, i, MADE_HH, &c);
    case LEAF_PEEPHOLE:
        c.width = m->H;
        c.column_step = 1;
        return copy_leaf(k, i, MADE_PEEPHOLE, &c);
    case LEAF_BIAS_IH:
        TRY(copy_leaf(k, i, MADE_BIAS_IH, &c));
        c.offset = columns;
        return twice ? copy_leaf(k, i, MADE_BIAS_HH, &c) : ELMAN_OK;
    default:
        return copy_leaf(k, i, MADE_BIAS_HH, &c);
    }
}

/* One tensor of the same numbers under another name, turned if it has to be;
 * more is added to each. */
static elman_status make_plain(elman_import *im, const found_module *m,
                               size_t i, const char *role, double more,
                               const double *numbers)
{
    extent_of_leaf e = extent(im, m, i);
    const named_tensor *t = im->weights.tensors + m->at[i];
    bool matrix = t->rank == 2 && t->shape[1] > 1;
    bool weight = m->kind->leaves[i].role == LEAF_WEIGHT &&
                  m->kind->kind != ELMAN_LAYER_NORM;
    size_t index, rank = weight || matrix ? 2 : 1;
    const size_t shape[] = {e.rows, e.columns};
    bool turned = rank == 2 && leaf_is_turned(m, m->kind->leaves + i);

    /* the same numbers in PyTorch's place */
    const char *name = full_name(im, m, role);
    if (!name) return ELMAN_NO_MEMORY;
    float *values = import_make_tensor(im, name, rank, shape, &index);
    if (!values) return ELMAN_NO_MEMORY;

    for (size_t r = 0; r < e.rows; r++)
        for (size_t c = 0; c < e.columns; c++)
            values[r * e.columns + c] =
                (float)(more +
                        numbers[turned ? c * e.rows + r : r * e.columns + c]);
    return ELMAN_OK;
}

/* Reads a leaf's numbers, and makes of them what its role says. */
static elman_status take_leaf(making *k, size_t i)
{
    static const char *const plain[] = {
        [LEAF_BIAS] = "bias",       [LEAF_WEIGHT] = "weight",
        [LEAF_HR] = "weight_hr",    [LEAF_MEAN] = "running_mean",
        [LEAF_VAR] = "running_var",
    };

    const found_module *m = k->m;
    leaf_role role = m->kind->leaves[i].role;
    const named_tensor *t = k->import->weights.tensors + m->at[i];
    double *numbers = malloc(t->count * sizeof *numbers);
    if (!numbers)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu numbers", t->count);

    tensor_doubles(t, 0, t->count, numbers);
    bool is_plain = role < sizeof plain / sizeof *plain && plain[role];

    /* PyTorch adds 1e-5 to a variance where others add more */
    double more =
        role == LEAF_VAR && m->kind->eps > 0 ? m->kind->eps - 1e-5 : 0;
    elman_status status =
        is_plain ? make_plain(k->import, m, i, plain[role], more, numbers)
                 : copy_numbers(k, i, numbers);
    free(numbers);
    return status;
}

/* The tensors of the file have become others. */
static elman_status leave_out(elman_import *im, const found_module *m)
{
    for (size_t i = 0; m->kind->leaves[i].role; i++) {
        if (m->at[i] == NOWHERE) continue;
        const char *gates = m->kind->leaves[i].gates;
        const char *how = import_text(
            im, "made %s of %s%s%s", *m->name ? m->name : "a layer",
            m->kind->tool, gates ? ", gates " : "", gates ? gates : "");
        if (!how) return ELMAN_NO_MEMORY;
        im->left_out[m->at[i]] = true;
        TRY(import_add_spare(im, (size_t)m->at[i], how));
    }
    return ELMAN_OK;
}

/* What only runs: an addition to a gate, and one bias where two are wanted. */
static elman_status finish_recurrent(making *k)
{
    const found_module *m = k->m;
    float *values = NULL;

    /* what no weight says, by the tensor of weight_ih */
    const layer_trait trait = {
        .from = k->index[MADE_IH],
        .reset_before = m->kind->reset_before || m->reset_before,
        .relu = m->kind->relu,
        .peephole = k->values[MADE_PEEPHOLE]
                        ? (ptrdiff_t)k->index[MADE_PEEPHOLE]
                        : NOWHERE};
    TRY(import_add_trait(k->import, &trait));

    if (!k->values[MADE_BIAS_IH] && !k->values[MADE_BIAS_HH]) return ELMAN_OK;
    TRY(make(k, MADE_BIAS_HH, &values));
    TRY(make(k, MADE_BIAS_IH, &values));
    if (!m->kind->added) return ELMAN_OK;

    const leaf_row gate = {.gates = m->kind->added, .role = LEAF_BIAS_IH};
    for (size_t u = 0; u < m->H; u++)
        values[gate_of(m, &gate, 0) * m->H + u] += 1;
    return ELMAN_OK;
}

elman_status found_make(elman_import *im, const found_module *m)
{
    making k = {.import = im, .m = m};
    for (size_t i = 0; m->kind->leaves[i].role; i++)
        if (m->at[i] != NOWHERE) TRY(take_leaf(&k, i));
    if (kind_is_recurrent(m->kind->kind)) TRY(finish_recurrent(&k));
    return leave_out(im, m);
}
