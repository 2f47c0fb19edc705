/* cell_write.c: a cell that was found as a node, its weights gate by gate. */
#include "trace/cell_write.h"

#include <string.h>

#define LIST(...) ((const char *const[]){__VA_ARGS__})

/* ---- Nodes --------------------------------------------------------------- */

static const char *one(grown_graph *b, const char *op, const char *value,
                       size_t attribute_count, const onnx_attribute *attributes)
{
    return grow_node(b, op, 1, &value, attribute_count, attributes);
}

/* A node with a list of one or two axes. */
static const char *axes(grown_graph *b, const char *op, const char *name,
                        const char *value, size_t count, const int64_t *numbers)
{
    onnx_attribute list = grow_wholes(b, name, count, numbers);
    return one(b, op, value, 1, &list);
}

static const char *join(grown_graph *b, size_t count, const char *const *list)
{
    onnx_attribute axis = grow_whole("axis", 0);
    return grow_node(b, "Concat", count, list, 1, &axis);
}

/* A range of an axis, if it is not all of it. */
static const char *range(grown_graph *b, const char *value, int64_t axis,
                         size_t first, size_t count, size_t all)
{
    int64_t start = (int64_t)first, end = (int64_t)(first + count);
    if (first == 0 && count == all) return value;
    onnx_attribute list[] = {grow_wholes(b, "starts", 1, &start),
                             grow_wholes(b, "ends", 1, &end),
                             grow_wholes(b, "axes", 1, &axis)};
    return one(b, "Slice", value, 3, list);
}

const char *cell_fit(grown_graph *b, const char *value, const char *like,
                     int64_t at)
{
    onnx_attribute where = grow_whole("at", at);
    return grow_node(b, "Fit", like ? 2 : 1, LIST(value, like), 1, &where);
}

void cell_name(grown_graph *b, const char *value, const char *name)
{
    grow_own(b, &(onnx_node){.op = "Identity",
                             .input_count = 1,
                             .inputs = &value,
                             .output_count = 1,
                             .outputs = &name});
}

/* ---- Weights ------------------------------------------------------------- */

/* The sum of two values, of which the first may be missing. */
static const char *sum(grown_graph *b, const char *a, const char *other)
{
    if (!a) return other;
    return grow_node(b, "Add", 2, LIST(a, other), 0, NULL);
}

/* The part (G,I) of a weight that a product has: of one gate, or of all. */
static const char *matrix(grown_graph *b, cell_scope *s, const cell_part *p,
                          size_t first, size_t count)
{
    static const int64_t turn[] = {1, 0};
    size_t rank, shape[AXES];
    const char *name = s->outside ? s->outside(s->of, p->name) : p->name;
    if (!scope_shape(s, p->name, &rank, shape)) return name;

    size_t rows = shape[p->transposed ? 1 : 0],
           columns = shape[p->transposed ? 0 : 1];
    const char *w = range(b, name, p->transposed, p->row, p->rows, rows);
    if (!p->transposed) w = axes(b, "Transpose", "perm", w, 2, turn);
    return range(b, w, 0, first, count, columns);
}

static const char *zero_numbers(grown_graph *b, size_t count)
{
    float *numbers = trace_keep(b->t, count, sizeof *numbers);
    if (!numbers) b->failed = true;
    onnx_attribute list = {.name = "value_floats",
                           .kind = ONNX_FLOATS,
                           .s = "",
                           .count = count,
                           .floats = numbers};
    return grow_node(b, "Constant", 0, NULL, 1, &list);
}

/* The part (G) of a bias. */
static const char *vector(grown_graph *b, cell_scope *s, const cell_part *p,
                          size_t first, size_t count)
{
    static const int64_t front[AXES] = {0, 1, 2, 3, 4, 5, 6, 7};
    size_t rank, shape[AXES];
    const char *v = s->outside ? s->outside(s->of, p->name) : p->name;
    if (!scope_shape(s, p->name, &rank, shape)) return v;
    if (p->one) { /* for all units */
        if (rank) v = axes(b, "Squeeze", "axes", v, rank, front);
        return sum(b, zero_numbers(b, count), v);
    }

    if (rank > 1) v = axes(b, "Squeeze", "axes", v, rank - 1, front);
    return range(b, v, 0, first, count, shape[rank - 1]);
}

static const char *take(grown_graph *b, cell_scope *s, const cell_part *p,
                        size_t first, size_t count)
{
    return p->kind == PART_PRODUCT ? matrix(b, s, p, first, count)
                                   : vector(b, s, p, first, count);
}

/* Whether a term goes with the state: a product of it, or a bias of one. */
static bool is_of_state(const cell_found *c, const found_gate *gate, size_t i)
{
    const cell_part *p = gate->terms[i];
    if (gate->from_state[i]) return true;
    if (p->kind == PART_NUMBERS)
        return p->of_product && i > 0 && is_of_state(c, gate, i - 1);
    return p->a->kind != PART_LEAF || strcmp(p->a->name, c->x) != 0;
}

/* What a gate adds up of one kind on one side; NULL: nothing. */
static const char *side(grown_graph *b, cell_scope *s, const cell_found *c,
                        size_t g, part_kind kind, bool state)
{
    const found_gate *gate = c->gates + g;
    const char *made = NULL;
    for (size_t i = 0; i < gate->count; i++) {
        const cell_part *p = gate->terms[i];
        if (p->kind != kind || is_of_state(c, gate, i) != state) continue;
        made = sum(b, made, take(b, s, p, p->first, c->H));
    }
    if (made && gate->turned) made = one(b, "Neg", made, 0, NULL);
    return made;
}

/* What all gates add up of one kind on one side, each by itself; "": none. */
static const char *each(grown_graph *b, cell_scope *s, const cell_found *c,
                        part_kind kind, bool state)
{
    const char *list[CELL_GATES], *nothing = NULL;
    bool any = false;
    for (size_t g = 0; g < c->gate_count; g++) {
        list[g] = side(b, s, c, g, kind, state);
        any = any || list[g];
    }

    /* a gate may lack a bias that others have */
    for (size_t g = 0; any && g < c->gate_count; g++) {
        if (list[g]) continue;
        if (!nothing) nothing = zero_numbers(b, c->H);
        list[g] = nothing;
    }
    return any ? join(b, c->gate_count, list) : "";
}

/* ---- Gates in blocks ----------------------------------------------------- */

/* The one term of a gate of one kind on one side; NULL: none, or several. */
static const cell_part *only(const cell_found *c, size_t g, part_kind kind,
                             bool state)
{
    const found_gate *gate = c->gates + g;
    const cell_part *found = NULL;
    for (size_t i = 0; i < gate->count; i++) {
        const cell_part *p = gate->terms[i];
        if (p->kind != kind || is_of_state(c, gate, i) != state) continue;
        if (found) return NULL;
        found = p;
    }
    return found;
}

/* Whether a gate has no term of one kind on one side. */
static bool has_none(const cell_found *c, part_kind kind, bool state)
{
    for (size_t g = 0; g < c->gate_count; g++)
        for (size_t i = 0; i < c->gates[g].count; i++)
            if (c->gates[g].terms[i]->kind == kind &&
                is_of_state(c, c->gates + g, i) == state)
                return false;
    return true;
}

/* Whether all gates are blocks of one tensor, at the places of blocks or, if
 * these are not known yet, wherever they are. */
static bool in_blocks(const cell_found *c, part_kind kind, bool state,
                      bool *known, int64_t *blocks)
{
    const cell_part *first = only(c, 0, kind, state);
    size_t seen = 0;
    if (has_none(c, kind, state)) return true;
    for (size_t g = 0; g < c->gate_count; g++) {
        const cell_part *p = only(c, g, kind, state);
        if (!p || p->one || c->gates[g].turned ||
            strcmp(p->name, first->name) != 0 || p->row != first->row ||
            p->rows != first->rows || p->transposed != first->transposed ||
            p->a != first->a || p->first % c->H)
            return false;

        /* each gate has a block to itself */
        int64_t at = (int64_t)(p->first / c->H);
        if (*known && blocks[g] != at) return false;
        if (at >= (int64_t)c->gate_count) return false;
        blocks[g] = at;
        seen |= (size_t)1 << at;
    }
    *known = true;
    return seen + 1 == (size_t)1 << c->gate_count;
}

/* Whether all weights and biases have their gates in the same blocks. */
static bool all_in_blocks(const cell_found *c, int64_t *blocks)
{
    bool known = false;
    return in_blocks(c, PART_PRODUCT, false, &known, blocks) &&
           in_blocks(c, PART_PRODUCT, true, &known, blocks) &&
           in_blocks(c, PART_NUMBERS, false, &known, blocks) &&
           in_blocks(c, PART_NUMBERS, true, &known, blocks);
}

/* A weight (1,G,I) or bias (1,G) of all gates; "": there is none. */
static const char *gates_of(grown_graph *b, cell_scope *s, const cell_found *c,
                            bool blocks, part_kind kind, bool state)
{
    static const int64_t front[] = {0};
    if (has_none(c, kind, state)) return "";
    const char *made =
        blocks ? take(b, s, only(c, 0, kind, state), 0, c->gate_count * c->H)
               : each(b, s, c, kind, state);
    return axes(b, "Unsqueeze", "axes", made, 1, front);
}

/* ---- The node ------------------------------------------------------------ */

/* The functions of a cell as the attributes of its node. */
static size_t functions(grown_graph *b, const cell_found *c,
                        onnx_attribute *attributes)
{
    static const char *const names[] = {
        [ELMAN_ACTIVATION_SIGMOID] = "Sigmoid",
        [ELMAN_ACTIVATION_TANH] = "Tanh",
        [ELMAN_ACTIVATION_RELU] = "Relu",
        [ELMAN_ACTIVATION_SOFTSIGN] = "Softsign",
        [ELMAN_ACTIVATION_SOFTPLUS] = "Softplus",
        [ELMAN_ACTIVATION_HARD_SIGMOID] = "HardSigmoid",
        [ELMAN_ACTIVATION_ELU] = "Elu",
        [ELMAN_ACTIVATION_LEAKY_RELU] = "LeakyRelu",
    };
    size_t count = c->gate_count > 1 ? c->gate_count - 1 : 1, alpha = 0,
           beta = 0;
    const char **list = trace_keep(b->t, count, sizeof *list);
    float *alphas = trace_keep(b->t, count, sizeof *alphas),
          *betas = trace_keep(b->t, count, sizeof *betas);
    if (!list || !alphas || !betas) {
        b->failed = true;
        return 0;
    }

    /* numbers only of those functions that take them */
    for (size_t k = 0; k < count; k++) {
        const elman_activation *f = c->functions + k;
        list[k] = names[f->kind];
        if (f->alpha > 0) alphas[alpha++] = f->alpha;
        if (f->beta > 0) betas[beta++] = f->beta;
    }
    attributes[0] = (onnx_attribute){.name = "activations",
                                     .kind = ONNX_STRINGS,
                                     .s = "",
                                     .count = count,
                                     .strings = list};
    attributes[1] = (onnx_attribute){.name = "activation_alpha",
                                     .kind = ONNX_FLOATS,
                                     .s = "",
                                     .count = alpha,
                                     .floats = alphas};
    attributes[2] = (onnx_attribute){.name = "activation_beta",
                                     .kind = ONNX_FLOATS,
                                     .s = "",
                                     .count = beta,
                                     .floats = betas};
    return 3;
}

/* ---- What the cell was written out with ---------------------------------- */

enum { OWN_INPUTS = 9, MOST_INPUTS = 64 };

/* Lists the tensors that the nodes of a cell read, so that none seems to be
 * left over. */
static void list_tensors(cell_scope *s, const cell_found *c, const char *name,
                         size_t depth, const char **list, size_t *count)
{
    enum { DEEPEST = 48 };
    const traced_value *v = trace_find(s->scout, name);
    const char *reads[] = {c->x, c->h, c->c};
    for (size_t k = 0; k < 3; k++)
        if (reads[k] && !strcmp(reads[k], name)) return;
    if (!v || depth > DEEPEST || *count == MOST_INPUTS) return;
    unsigned char *seen = s->seen + (v - s->scout->values);
    if (*seen) return;
    *seen = 1;

    /* a tensor, once */
    const onnx_node *n = scope_maker(s, name);
    if (!n && v->kind == VALUE_VIEW &&
        s->scout->sources[v->views->source].kind == SOURCE_TENSOR)
        list[(*count)++] = s->outside ? s->outside(s->of, v->name) : v->name;
    for (size_t k = 0; n && k < n->input_count; k++)
        if (n->inputs[k][0])
            list_tensors(s, c, n->inputs[k], depth + 1, list, count);
}

void cell_write(grown_graph *b, cell_scope *s, const cell_found *c,
                cell_ends *ends)
{
    enum { MOST = 5 };
    onnx_attribute attributes[MOST];
    int64_t blocks[CELL_GATES] = {0, 1, 2, 3};
    size_t count = functions(b, c, attributes);
    bool gru = c->kind == ELMAN_GRU, lstm = c->kind == ELMAN_LSTM;
    if (gru)
        attributes[count++] =
            grow_whole("linear_before_reset", !c->reset_before);

    /* tensors as they are, or put together gate by gate */
    bool whole = all_in_blocks(c, blocks);
    if (whole)
        attributes[count++] = grow_wholes(b, "blocks", c->gate_count, blocks);
    const char *w = gates_of(b, s, c, whole, PART_PRODUCT, false),
               *r = gates_of(b, s, c, whole, PART_PRODUCT, true),
               *bias = gates_of(b, s, c, whole, PART_NUMBERS, false),
               *more = gates_of(b, s, c, whole, PART_NUMBERS, true);

    ends->y = grow_name(b);
    ends->y_h = grow_name(b);
    ends->y_c = lstm ? grow_name(b) : NULL;
    const char *in[MOST_INPUTS] = {ends->x, w,  r,  bias, "",
                                   ends->h, "", "", more};
    size_t inputs = OWN_INPUTS;
    if (lstm) in[6] = ends->c;
    memset(s->seen, 0, s->scout->value_count);
    list_tensors(s, c, ends->made, 0, in, &inputs);
    grow_own(b, &(onnx_node){.op = lstm  ? "LSTM"
                                   : gru ? "GRU"
                                         : "RNN",
                             .input_count = inputs,
                             .inputs = in,
                             .output_count = lstm ? 3 : 2,
                             .outputs = LIST(ends->y, ends->y_h, ends->y_c),
                             .attribute_count = count,
                             .attributes = attributes});
}
