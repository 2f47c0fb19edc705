/* cell.c: the table of cells, and what a fused step takes of them. */
#include "cell/cell.h"

#include "base/kind.h"
#include "base/thread.h"

fused_step fused_step_of(const cell_weights *w, const cell_rows *r,
                         float *const *h)
{
    return (fused_step){
        .M = r->M,
        .H = w->H,
        .ih = w->ih,
        .hh = w->hh[0],
        .bias_hn = w->bias_hn,
        .variant = w->variant,
        .relu = w->f[0].kind == ELMAN_ACTIVATION_RELU,

        /* without x, gate holds the input's part of the sums and the biases */
        .start = r->has_x ? w->start : NULL,
        .x = r->has_x ? r->x : NULL,

        .h_in = r->h_in,
        .h_prev = r->h_prev,
        .c_prev = r->c_prev,
        .gate = r->gate,
        .q = r->saved,
        .c = r->c,
        .h = h,
    };
}

fused_step fused_step_rows(const fused_step *s, size_t begin, size_t end)
{
    fused_step some = *s;
    some.M = end - begin;
    if (some.x) some.x += begin;

    some.h_in += begin;
    some.h_prev += begin;
    some.c_prev += begin;
    some.gate += begin;
    some.q += begin;
    some.c += begin;
    some.h += begin;
    return some;
}

/* ---- Groups of units on threads ----------------------------------------- */

typedef struct group_job {
    const kernels *k;
    step_kernel *run; /* or a product */
    const fused_step *step;
    const cell_rows *r;
    const packed *w;
    const float *start;
    float *const *a, *const *c;
    size_t groups, parts;
} group_job;

static void step_part(void *context, size_t index)
{
    const group_job *job = context;
    job->run(job->step, job->groups * index / job->parts,
             job->groups * (index + 1) / job->parts);
}

void cell_step_run(step_kernel *run, const cell_rows *r, const fused_step *s)
{
    size_t groups = packed_groups(&s->hh), parts = (size_t)r->threads;
    if (parts > groups) parts = groups;

    group_job job = {.run = run, .step = s, .groups = groups, .parts = parts};
    if (parts < 2) run(s, 0, groups);
    else thread_run(r->threads, parts, step_part, &job);
}

/* Columns of some groups are a packed weight of their own. */
static void product_part(void *context, size_t index)
{
    const group_job *job = context;
    size_t units = packed_blocks(1) * PANEL, K = job->w->K;
    size_t begin = job->groups * index / job->parts * units;
    size_t end = job->groups * (index + 1) / job->parts * units;

    /* those groups as a weight of their own */
    packed w = {1, (end < job->w->H ? end : job->w->H) - begin, K,
                job->w->w + begin * K};
    float *c[CELL_ROWS];
    for (size_t m = 0; m < job->r->M; m++)
        c[m] = job->c[m] + begin;

    /* zeros are shared by all columns */
    const float *start = job->start;
    if (start && start != zeros) start += begin;

    job->k->product(job->r->M, &w, start, (const float *const *)job->a, c);
}

void cell_product(const kernels *k, const cell_rows *r, const packed *w,
                  const float *start, float *const *a, float *const *c)
{
    size_t parts = (size_t)r->threads, groups = packed_groups(w);
    if (parts > groups) parts = groups;

    /* a last group that is narrow by itself would be summed in another order
     * than as a part of the whole */
    packed last = {1, w->H % (packed_blocks(1) * PANEL), w->K, w->w};
    if (groups > 1 && last.H && packed_is_narrow(&last)) parts = 1;

    if (parts < 2) {
        k->product(r->M, w, start, (const float *const *)a, c);
        return;
    }

    group_job job = {.k = k,
                     .r = r,
                     .w = w,
                     .start = start,
                     .a = a,
                     .c = c,
                     .groups = groups,
                     .parts = parts};
    thread_run(r->threads, parts, product_part, &job);
}

/* ---- Functions of gates ------------------------------------------------- */

/* Whether a function has kernels of its own, which go back from the gate. */
static bool has_kernels(elman_activation_kind kind)
{
    return kind == ELMAN_ACTIVATION_SIGMOID || kind == ELMAN_ACTIVATION_TANH ||
           kind == ELMAN_ACTIVATION_RELU;
}

void cell_activate(const kernels *k, const cell_weights *w, const cell_rows *r,
                   size_t m, size_t first, size_t count, size_t i)
{
    size_t n = count * w->H;
    float *gate = r->gate[m] + first * w->H;

    /* backward of any other function needs its sums, of the three the gate */
    if (w->custom) {
        if (r->has_sum) k->copy(n, gate, r->sum[m] + first * w->H);
        k->activation_forward(n, &w->f[i], w->clip, gate, gate);
    } else if (w->f[i].kind == ELMAN_ACTIVATION_SIGMOID)
        k->sigmoid_forward(n, w->clip, gate, gate);
    else if (w->f[i].kind == ELMAN_ACTIVATION_TANH)
        k->tanh_forward(n, w->clip, gate, gate);
    else k->relu_forward(n, w->clip, gate, gate);
}

/* ---- Kinds -------------------------------------------------------------- */

elman_activation cell_own_activation(const elman_layer *config, size_t k)
{
    elman_activation own = {.kind = cell_for(config)->own[k]};
    if (config->nonlinearity && own.kind == ELMAN_ACTIVATION_TANH)
        own.kind = config->nonlinearity;
    return own;
}

bool cell_is_custom(const elman_layer *config)
{
    bool custom = false;
    for (size_t i = 0; i < 6; i++)
        custom |= config->activations[i / 3][i % 3].kind != 0;
    return custom;
}

bool cell_needs_sums(const elman_layer *config)
{
    bool needs = cell_is_custom(config);
    for (size_t k = 0; k < cell_for(config)->function_count; k++)
        needs |= !has_kernels(cell_own_activation(config, k).kind);
    return needs;
}

elman_activation cell_activation(const elman_layer *config, size_t direction,
                                 size_t k)
{
    elman_activation custom = config->activations[direction][k];
    return custom.kind ? custom : cell_own_activation(config, k);
}

static const cell_kind *const cells[] = {
#define CELL(value, NAME, word, ...) [value] = &cell_##word,
#define LAYER(...)
#include "base/kind.def"
};

/* The plain cell of a kind. */
static const cell_kind *cell_of(elman_kind kind)
{
    return (size_t)kind < sizeof cells / sizeof *cells ? cells[kind] : NULL;
}

const cell_kind *cell_for(const elman_layer *config)
{
    const cell_kind *plain = cell_of(config->kind);
    return plain && config->reset_before ? plain->reset_before : plain;
}

elman_status cell_read_kind(elman_kind kind, elman_kind_info *info)
{
    const kind_row *row = kind_at(kind);
    if (!row)
        return failure(ELMAN_BAD_VALUE, "kind is %d, expected 1 to %zu",
                       (int)kind, kind_count() - 1);

    /* what every layer has */
    *info = (elman_kind_info){.kind = kind,
                              .family = row->family,
                              .word = row->word,
                              .title = row->title,
                              .prefix = row->prefix,
                              .fields = row->fields};

    const cell_kind *c = cell_of(kind);
    if (!c) return ELMAN_OK;

    /* and what only a recurrent one has */
    info->gate_count = c->gate_count;
    for (size_t i = 0; i < c->gate_count; i++)
        info->gates[i] = c->gates[i].name;
    info->activation_count =
        kind_has_field(kind, "activations") ? c->function_count : 0;
    info->has_cell = c->has_cell;
    info->recurrence = c->recurrence;
    return ELMAN_OK;
}
