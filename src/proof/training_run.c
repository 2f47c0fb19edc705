/*
 * training_run.c: batches of 21 sequences of 20 steps, each computed in groups
 * of sequences, which are chunks of time forward and back; their losses and
 * gradients add up to one step.
 */
#include "proof/training_run.h"

#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "learn/loss.h"
#include "learn/optimizer.h"
#include "learn/shared_update.h"
#include "model/model.h"
#include "proof/random_config.h"
#include "proof/trial.h"

enum { STEPS = 20, T = 20, B = 21, MOST_I = 4, MOST_O = 6 };
enum { LEAVES = (B + TREE_BLOCK - 1) / TREE_BLOCK };

/* Some sequences of a batch, and their targets. */
typedef struct sequences {
    size_t count;
    size_t lengths[B], steps[B]; /* of inputs, of targets */
    uint64_t ids[B];
    float x[T * B * MOST_I];
    int32_t tokens[T * B], classes[T * B];
    float values[T * B * MOST_O];
} sequences;

/* One network in training. */
typedef struct training {
    const study *what;
    const training_way *way;
    share *share; /* with other ranks, or NULL */
    stretch own;  /* the sequences that are this one's */
    elman_model *model;
    elman_optimizer *optimizer;

    /* a state for each chunk of each group, and how many there are */
    elman_state *states[LEAVES][T];
    size_t groups, chunks;
    size_t group, chunk; /* sequences and steps of a pass */
    elman_state *sums;   /* which has the gradients so far, or NULL */

    sequences all, part; /* drawn; of one group */
    float y[T * B * MOST_O], dy[T * B * MOST_O];
} training;

/* ---- A network ---------------------------------------------------------- */

static elman_status create_states(training *r)
{
    elman_state_config config = {.T = r->chunk,
                                 .B = r->group,
                                 .training = true,
                                 .threads = r->way->threads,
                                 .seed = 9};

    /* one sum of gradients, or as many as several passes and chunks take */
    if (r->groups > 1) config.passes = r->groups;
    else if (r->share || r->way->budget) config.passes = 1;
    if (r->chunks > 1) config.open_blocks = LEAVES;
    TRY(budget_quarters(r->model, r->way->budget, &config));

    for (size_t g = 0; g < r->groups; g++)
        for (size_t i = 0; i < r->chunks; i++)
            TRY(state_create(r->model, &config, &r->states[g][i]));
    return ELMAN_OK;
}

static elman_status create(training *r)
{
    TRY(model_create(&r->what->config, &r->model));
    TRY(model_make_flat(r->model));
    size_t n = r->model->weight_count;
    weight_slice slice = slice_of_all(n);
    r->own = (stretch){0, B};

    /* the part of one rank */
    if (r->share) {
        TRY(shared_prepare(r->share, r->model));
        slice = share_own_slice(r->share);
        r->own = deal_sequences(B, TREE_BLOCK, r->share->size, r->share->rank);
    }

    /* and how it is cut */
    size_t count = r->own.end - r->own.begin;
    bool streams = r->model->info.streams && !r->model->info.per_sequence;
    r->group = r->way->group && !r->share ? r->way->group : count ? count : 1;
    r->groups = count ? (count + r->group - 1) / r->group : 1;
    r->chunk = r->way->chunk && streams ? r->way->chunk : T;
    r->chunks = (T + r->chunk - 1) / r->chunk;
    TRY(create_states(r));
    return optimizer_create_slice(&r->what->optimizer, r->model, NULL, &slice,
                                  &r->optimizer);
}

static void destroy(training *r)
{
    for (size_t g = 0; g < LEAVES; g++)
        for (size_t i = 0; i < T; i++)
            state_destroy(r->states[g][i]);
    optimizer_destroy(r->optimizer);
    model_destroy(r->model);
}

/* ---- A batch ------------------------------------------------------------ */

/* Draws the batch of a step. Targets depend on inputs, so that there is
 * something to learn. */
static void draw_batch(training *r, uint64_t step)
{
    draws d = draws_from(r->what->config.seed, step);
    elman_model_info info = r->model->info;
    size_t I = info.input_size, O = info.output_size;
    sequences *all = &r->all;
    all->count = B;

    /* a carried memory needs the same streams, in full, at every step */
    for (size_t b = 0; b < B; b++) {
        size_t length = r->what->carried ? T : draw_size(&d, 0, T);
        all->lengths[b] = length;
        all->steps[b] = info.per_sequence && length ? 1 : length;
        all->ids[b] = r->what->carried ? b : step * B + b;
    }

    /* inputs of either type, and both types of target */
    for (size_t i = 0; i < T * B * I; i++)
        all->x[i] = draw_real(&d, -1, 1);
    for (size_t i = 0; i < T * B; i++) {
        all->tokens[i] = (int32_t)draw_size(&d, 0, 5);
        all->classes[i] = (int32_t)((size_t)all->tokens[i] % O);
        for (size_t j = 0; j < O; j++) {
            float sign = all->x[i * I] > 0 ? 1 : 0;
            all->values[i * O + j] = 0.25f + 0.5f * sign;
        }
    }
}

/* Copies some sequences of an array (steps,B,.), of so many bytes each. */
static void copy_some(stretch which, const void *from, void *to, size_t steps,
                      size_t bytes)
{
    size_t count = which.end - which.begin;
    for (size_t t = 0; t < steps; t++)
        memcpy((char *)to + t * count * bytes,
               (const char *)from + (t * B + which.begin) * bytes,
               count * bytes);
}

/* Makes the part those sequences. */
static void take_part(training *r, stretch which)
{
    const sequences *all = &r->all;
    sequences *part = &r->part;
    elman_model_info info = r->model->info;
    bool batch_first = r->model->config.batch_first;
    size_t steps = batch_first ? 1 : T, each = batch_first ? T : 1;
    size_t rows = info.per_sequence ? 1 : T; /* of targets */

    part->count = which.end - which.begin;
    copy_some(which, all->lengths, part->lengths, 1, sizeof *all->lengths);
    copy_some(which, all->steps, part->steps, 1, sizeof *all->steps);
    copy_some(which, all->ids, part->ids, 1, sizeof *all->ids);
    copy_some(which, all->x, part->x, steps,
              each * info.input_size * sizeof *all->x);
    copy_some(which, all->tokens, part->tokens, steps,
              each * sizeof *all->tokens);
    copy_some(which, all->classes, part->classes, rows, sizeof *all->classes);
    copy_some(which, all->values, part->values, rows,
              info.output_size * sizeof *all->values);
}

/* ---- Losses ------------------------------------------------------------- */

/* The shape of targets: as many steps as the model gives rows. */
static elman_batch target_shape(const training *r, const sequences *of)
{
    return (elman_batch){.T = r->model->info.per_sequence ? 1 : T,
                         .B = of->count,
                         .lengths = of->steps};
}

static elman_target target_of(const sequences *of)
{
    return (elman_target){.classes = of->classes, .values = of->values};
}

/* What the mean over all sequences divides by. */
static elman_status weigh(const training *r, elman_loss_config *loss)
{
    elman_batch shape = target_shape(r, &r->all);
    elman_target target = target_of(&r->all);
    loss_rows rows = {.shape = &shape, .O = r->model->info.output_size};
    return loss_weight(loss, &rows, &target, &loss->divisor);
}

/* The losses of the part's rows by leaves, and the gradient of each row. */
static elman_status take_loss(training *r, const elman_loss_config *loss,
                              double *leaves)
{
    double rows[T * B];
    size_t O = r->model->info.output_size;
    elman_batch shape = target_shape(r, &r->part);
    elman_target target = target_of(&r->part);
    loss_job job;
    TRY(loss_begin(loss, &shape, O, &target, &job));

    for (size_t row = 0; row < shape.T * shape.B; row++) {
        uint32_t best;
        rows[row] = loss_row(&job, row, r->y + row * O, r->dy + row * O, &best);
    }
    loss_leaf_sums(&job, rows, leaves);
    return ELMAN_OK;
}

/* The loss of all sequences, from the leaves that are this one's. */
static elman_status join_losses(training *r, const elman_loss_config *loss,
                                double leaves[LEAVES], double *sum)
{
    double_tree tree = {0};
    if (r->share)
        TRY(share_collect_leaves(r->share, leaves, LEAVES, sizeof *leaves));
    for (size_t i = 0; i < LEAVES; i++)
        tree_add(&tree, leaves[i]);
    *sum = tree_sum(&tree) / loss->divisor;
    return ELMAN_OK;
}

/* ---- Passes ------------------------------------------------------------- */

/* Chunk i of the part forward. Only networks that read (T,B,.) are cut in time,
 * so its rows lie together. */
static elman_status forward_chunk(training *r, elman_state *s, size_t i,
                                  uint64_t step)
{
    const sequences *part = &r->part;
    elman_model_info info = r->model->info;
    size_t first = i * r->chunk, row = first * part->count, lengths[B];
    size_t steps = T - first < r->chunk ? T - first : r->chunk;
    for (size_t b = 0; b < part->count; b++) {
        size_t length = part->lengths[b];
        size_t left = length > first ? length - first : 0;
        lengths[b] = left < steps ? left : steps;
    }

    /* each chunk but the last continues the sums that the next one opens */
    elman_batch batch = {.T = steps,
                         .B = part->count,
                         .x = part->x + row * info.input_size,
                         .tokens = part->tokens + row,
                         .lengths = lengths,
                         .ids = part->ids,
                         .draw = step,
                         .continues = i + 1 < r->chunks};
    return model_forward(r->model, s, &batch, r->y + row * info.output_size);
}

/* All chunks, each in its state, from where the step or the chunk before it
 * ended. */
static elman_status forward_part(training *r, elman_state **s, uint64_t step)
{
    elman_state *last = s[r->chunks - 1];
    if (!r->what->carried) state_reset(r->model, s[0]);
    else TRY(state_copy(s[0], last));

    for (size_t i = 0; i < r->chunks; i++) {
        if (i) TRY(state_copy(s[i], s[i - 1]));
        TRY(forward_chunk(r, s[i], i, step));
    }
    return ELMAN_OK;
}

/* And back, from the last one: each begins with the gradient that the next has
 * given, and goes on with the sums. */
static elman_status backward_part(training *r, elman_state **s)
{
    const elman_model *m = r->model;
    size_t O = m->info.output_size;

    for (size_t i = r->chunks; i-- > 0;) {
        pass_training *here = &s[i]->training;
        if (i + 1 < r->chunks) {
            const pass_training *next = &s[i + 1]->training;
            memcpy(here->dh_n, next->dh_0,
                   r->group * m->memory_h * sizeof *here->dh_n);
            memcpy(here->dc_n, next->dc_0,
                   r->group * m->memory_c * sizeof *here->dc_n);
        }

        if (r->sums) TRY(gradients_copy(s[i], r->sums));
        else if (!r->share) gradients_zero(s[i]);
        r->sums = s[i];
        size_t row = i * r->chunk * r->part.count;
        TRY(model_backward(m, s[i], r->dy + row * O, NULL));
    }
    return ELMAN_OK;
}

/* A group forward and back; a rank may have none. */
static elman_status run_group(training *r, const elman_loss_config *loss,
                              size_t g, uint64_t step, double leaves[LEAVES])
{
    size_t begin = r->own.begin + g * r->group, left = r->own.end - begin;
    size_t count = left < r->group ? left : r->group;
    if (count == 0) return ELMAN_OK;

    take_part(r, (stretch){begin, begin + count});
    TRY(forward_part(r, r->states[g], step));
    TRY(take_loss(r, loss, leaves + begin / TREE_BLOCK));
    return backward_part(r, r->states[g]);
}

/* ---- Steps -------------------------------------------------------------- */

static elman_status move_weights(training *r)
{
    elman_state *s = r->states[0][0];
    double norm, rate = optimizer_config(r->optimizer)->learning_rate;
    if (r->share)
        return shared_update(r->share, r->optimizer, r->model, s, rate, &norm,
                             NULL);

    TRY(optimizer_update(r->optimizer, rate, s->config.threads,
                         gradients_join(r->sums), model_flat(r->model), NULL));
    model_repack(r->model, 1);
    return ELMAN_OK;
}

static elman_status train_step(training *r, uint64_t step, double *loss)
{
    double leaves[LEAVES] = {0};
    elman_loss_config divided = r->what->loss;
    draw_batch(r, step);
    TRY(weigh(r, &divided));

    r->sums = NULL;
    if (r->share) TRY(shared_begin(r->share, LEAVES, r->states[0][0]));
    for (size_t g = 0; g < r->groups; g++)
        TRY(run_group(r, &divided, g, step, leaves));
    TRY(move_weights(r));
    return join_losses(r, &divided, leaves, loss);
}

static elman_status train(training *r, uint64_t *hash)
{
    uint64_t h = *hash;
    TRY(create(r));

    for (uint64_t step = 0; step < STEPS; step++) {
        double loss;
        TRY(train_step(r, step, &loss));
        h = hash_double(h, loss);
    }

    const elman_model *m = r->model;
    for (size_t i = 0; i < m->info.parameter_count; i++)
        h = hash_floats(h, m->parameters[i].count,
                        model_flat(m) + m->parameters[i].offset);
    *hash = h;
    return ELMAN_OK;
}

elman_status training_run(const study *what, const training_way *way,
                          share *with, uint64_t *hash)
{
    training *r = block_create(sizeof *r);
    if (!r)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu bytes of a training",
                       sizeof *r);
    memset(r, 0, sizeof *r);
    r->what = what;
    r->way = way;
    r->share = with;

    elman_status status = train(r, hash);
    destroy(r);
    block_destroy(r);
    return status;
}
