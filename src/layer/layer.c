/* layer.c: the table of families, and what layers share. */
#include "layer/layer.h"

#include <stdio.h>
#include <string.h>

#include "base/kind.h"
#include "base/thread.h"

const layer_kind *layer_kind_for(elman_kind kind)
{
    static const layer_kind *const table[] = {
        [ELMAN_FAMILY_RECURRENT] = &layer_recurrent,
        [ELMAN_FAMILY_LINEAR] = &layer_linear,
        [ELMAN_FAMILY_EMBEDDING] = &layer_embedding,
        [ELMAN_FAMILY_ACTIVATION] = &layer_activation,
        [ELMAN_FAMILY_SOFTMAX] = &layer_softmax,
        [ELMAN_FAMILY_NORM] = &layer_norm,
        [ELMAN_FAMILY_DROPOUT] = &layer_dropout,
        [ELMAN_FAMILY_LAST] = &layer_last,
        [ELMAN_FAMILY_POOL] = &layer_pool,
        [ELMAN_FAMILY_L2_NORM] = &layer_l2_norm,
        [ELMAN_FAMILY_REPEAT] = &layer_repeat,
    };
    const kind_row *row = kind_at(kind);
    return row ? table[row->family] : NULL;
}

ptrdiff_t plan_parameter(layer_plan *plan, const layer *l, const char *role,
                         const char *suffix, size_t rank, const size_t *shape,
                         size_t gates, elman_init init, double bound)
{
    size_t count = 1, offset = plan->weight_count;

    /* room for it, unless that does not fit */
    for (size_t i = 0; i < rank; i++)
        if (!sizes_multiply(count, shape[i], 1, &count)) plan->overflow = true;
    if (count > MOST_WEIGHTS - plan->weight_count) plan->overflow = true;
    if (plan->overflow) count = 0;

    plan->weight_count += (count + LANES - 1) / LANES * LANES;
    size_t index = plan->parameter_count++;
    if (!plan->parameters) return (ptrdiff_t)offset;

    /* only the second run has a list to fill */
    parameter *p = plan->parameters + index;
    snprintf(p->name, sizeof p->name, "%s.%s%s", l->config.name, role, suffix);
    p->rank = rank;
    memcpy(p->shape, shape, rank * sizeof *shape);
    p->count = count;
    p->offset = offset;
    p->role = role;
    p->gate_count = gates;
    p->init = init;
    p->bound = bound;

    if (strcmp(role, "bias_ih") == 0) p->forget_bias = l->config.forget_bias;
    if (strncmp(role, "bias", 4) == 0) p->chrono = l->config.chrono;
    return (ptrdiff_t)offset;
}

/* Room for floats after those that count counts. */
static size_t take_room(layer_plan *plan, size_t floats, size_t *count)
{
    size_t offset = *count;
    if (floats > PTRDIFF_MAX / 8 - offset) plan->overflow = true;
    else *count += (floats + LANES - 1) / LANES * LANES;
    return offset;
}

size_t plan_room(layer_plan *plan, size_t floats)
{
    return take_room(plan, floats, &plan->packed_count);
}

static packed_copy plan_copy(layer_plan *plan, packed_copy copy)
{
    const packed *s = &copy.shape;
    size_t product;
    if (!sizes_multiply(s->gates * (s->H + LANES), s->K + LANES, sizeof(float),
                        &product))
        plan->overflow = true;
    else
        copy.to = take_room(
            plan, copy.plain ? s->K : packed_size(s->gates, s->H, s->K),
            copy.table      ? &plan->table_count
            : copy.training ? &plan->training_count
                            : &plan->packed_count);

    if (plan->copies) plan->copies[plan->copy_count] = copy;
    plan->copy_count++;
    return copy;
}

packed_copy plan_packed(layer_plan *plan, size_t gates, size_t H, size_t K,
                        ptrdiff_t from)
{
    return plan_copy(plan, (packed_copy){.shape = {gates, H, K, NULL},
                                         .from = (size_t)from,
                                         .row = K,
                                         .column = 1});
}

packed_copy plan_packed_again(layer_plan *plan, size_t gates, size_t H,
                              size_t K, ptrdiff_t from)
{
    return plan_copy(plan, (packed_copy){.shape = {gates, H, K, NULL},
                                         .from = (size_t)from,
                                         .row = K,
                                         .column = 1,
                                         .again = true});
}

packed_copy plan_transposed(layer_plan *plan, size_t H, size_t K,
                            ptrdiff_t from)
{
    return plan_copy(plan, (packed_copy){.shape = {1, H, K, NULL},
                                         .from = (size_t)from,
                                         .row = 1,
                                         .column = H,
                                         .training = true});
}

packed_copy plan_plain(layer_plan *plan, size_t count, ptrdiff_t from,
                       bool training)
{
    return plan_copy(plan, (packed_copy){.shape = {1, 1, count, NULL},
                                         .from = (size_t)from,
                                         .row = count,
                                         .column = 1,
                                         .training = training,
                                         .plain = true});
}

packed_copy plan_table(layer_plan *plan, size_t count, ptrdiff_t from)
{
    return plan_copy(plan, (packed_copy){.shape = {1, 1, count, NULL},
                                         .from = (size_t)from,
                                         .row = count,
                                         .column = 1,
                                         .plain = true,
                                         .table = true});
}

const float *pass_plain(const pass *p, const packed_copy *copy)
{
    const float *from = copy->table      ? p->table
                        : copy->training ? p->for_training
                                         : p->packed;
    return from ? from + copy->to : NULL;
}

packed pass_packed(const pass *p, const packed_copy *copy)
{
    packed w = copy->shape;
    w.w = pass_plain(p, copy);
    return w;
}

/* ---- Rows --------------------------------------------------------------- */

/* Multiply-adds that are worth a second thread. */
enum { WORK_MIN = 1 << 18 };

size_t rows_parts(const pass *p, size_t work)
{
    return p->row_count * work < WORK_MIN ? 1 : (size_t)p->threads;
}

typedef struct rows_job {
    void (*part)(const void *context, size_t begin, size_t end);
    const void *context;
    size_t count, parts;
} rows_job;

static void rows_part(void *context, size_t index)
{
    const rows_job *job = context;
    job->part(job->context, job->count * index / job->parts,
              job->count * (index + 1) / job->parts);
}

void rows_run(const pass *p, size_t work,
              void (*part)(const void *context, size_t begin, size_t end),
              const void *context)
{
    size_t parts = rows_parts(p, work);

    rows_job job = {part, context, p->row_count, parts};
    if (p->row_count) thread_run(p->threads, parts, rows_part, &job);
}

void rows_clear(const pass *p, size_t O, float *y)
{
    if (!p->ragged) return;
    for (size_t b = 0; b < p->B; b++)
        for (size_t t = p->lengths[b]; t < p->T; t++)
            memset(y + (t * p->B + b) * O, 0, O * sizeof *y);
}
