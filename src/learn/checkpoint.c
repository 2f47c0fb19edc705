/*
 * checkpoint.c: the file is safetensors. Tensors: weights, best, the
 * optimizer's moments, the carried memory, and two lists of numbers, counters
 * and reals, whose order is the table below. Notes: what must be equal for the
 * file to be usable, and the model's journal, if it has one. Random numbers
 * need no state: they are functions of the seed and of these counters.
 */
#include "learn/checkpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "format/own.h"
#include "learn/agreement.h"
#include "learn/carried.h"
#include "learn/finite.h"
#include "learn/ranks.h"
#include "model/config_text.h"

enum { COUNTERS = 22, REALS = 37, MOST_TENSORS = 16 };

/* The note that goes on with the run. */
static const char journal_key[] = "journal";

/* The note of one whose last step has its evaluation still to come. */
static const char due_key[] = "evaluation", due_text[] = "due";

/* Indices in the list of counters. */
enum { EPOCH_BATCH = 2, BATCH, STEP, KEPT = 13 };

/* ---- Numbers ------------------------------------------------------------ */

/* Where every counter and real lives. */
typedef struct numbers {
    uint64_t *counters[COUNTERS];
    double *reals[REALS];
    uint64_t seen, kept;  /* copies of what is not a uint64_t */
    uint64_t batch, step; /* where the next window is */
} numbers;

static void list_numbers(elman_trainer *t, numbers *n)
{
    elman_progress *p = &t->progress;
    elman_schedule *s = &t->schedule;
    optimizer_counters *o = optimizer_progress(t->optimizer);
    metric_sums *since = &t->since;
    elman_metrics *v = &p->validation;

    n->seen = s->seen;
    n->kept = t->history.kept;
    windows_position(t->windows, &n->batch, &n->step);
    if (p->batch == 0 && n->step == 0) n->batch = 0; /* the next epoch's */

    /* the order of the file: new ones only at the end */
    numbers list = {
        .counters = {&p->epoch,
                     &p->step,
                     &p->batch,
                     &n->batch,
                     &n->step,
                     &p->best_step,
                     &t->waited,
                     &s->step,
                     &s->epoch,
                     &s->cuts,
                     &s->bad,
                     &n->seen,
                     &o->step,
                     &n->kept,
                     &since->value_count,
                     &since->naive,
                     &since->target_count,
                     &since->steps,
                     &v->targets,
                     &since->seasonal,
                     &t->interval.steps,
                     &t->interval.clipped},
        .reals = {&p->best_loss,
                  &p->learning_rate,
                  &p->norm,
                  &s->best,
                  &o->beta1_power,
                  &o->beta2_power,
                  &since->loss,
                  &since->weight,
                  &since->right,
                  &since->squared,
                  &since->absolute,
                  &since->naive_squared,
                  &since->naive_absolute,
                  &since->flops,
                  &v->loss,
                  &v->accuracy,
                  &v->bits,
                  &v->perplexity,
                  &v->mse,
                  &v->mae,
                  &v->naive_mse,
                  &v->naive_mae,
                  &v->flops,
                  &p->last.loss,
                  &p->seconds,
                  &v->balanced_accuracy,
                  &v->macro_f1,
                  &since->seasonal_squared,
                  &since->seasonal_absolute,
                  &v->seasonal_mse,
                  &v->seasonal_mae,
                  &t->interval.loss,
                  &t->interval.norm,
                  &p->train_loss,
                  &p->mean_norm,
                  &p->clipped,
                  &p->update},
    };
    memcpy(n->counters, list.counters, sizeof n->counters);
    memcpy(n->reals, list.reals, sizeof n->reals);
}

/* ---- Tensors ------------------------------------------------------------ */

/* The arrays of a trainer, in one list for saving and loading. */
typedef struct contents {
    size_t count;
    named_tensor tensors[MOST_TENSORS];
    void *data[MOST_TENSORS]; /* where each belongs */
    char names[MOST_TENSORS][64];
} contents;

static void add(contents *list, element_type type, size_t count,
                const char *prefix, const char *name, void *data)
{
    if (count == 0) return;
    size_t i = list->count++;
    snprintf(list->names[i], sizeof list->names[i], "%s%s", prefix, name);
    list->data[i] = data;

    list->tensors[i] = (named_tensor){.name = list->names[i],
                                      .type = type,
                                      .rank = 1,
                                      .shape = {count},
                                      .count = count,
                                      .data = data};
}

static void list_contents(const elman_trainer *t, const carried *old,
                          uint64_t *counters, double *reals, contents *list)
{
    const elman_model *m = t->model;
    size_t n = m->weight_count, B = old->B;
    list->count = 0;

    /* counters, weights, and what the optimizer keeps */
    add(list, ELEMENT_U64, COUNTERS, "", "counters", counters);
    add(list, ELEMENT_F64, REALS, "", "reals", reals);
    add(list, ELEMENT_F32, n, "", "weights", model_flat(m));
    add(list, ELEMENT_F32, n, "", "best", t->best);
    for (size_t i = 0; i < old->moment_count; i++)
        add(list, ELEMENT_F32, n, "optimizer.", old->moments[i].name,
            old->moments[i].values);

    /* the memory carried from window to window, now and some windows back */
    add(list, ELEMENT_F32, B * m->memory_h, "memory.", "h", old->h);
    add(list, ELEMENT_F32, B * m->memory_c, "memory.", "c", old->c);
    add(list, ELEMENT_U64, B, "memory.", "position", old->position);
    add(list, ELEMENT_F32, old->rows * old->size, "context.", "memory",
        old->memories);
    add(list, ELEMENT_U64, old->rows * B, "context.", "position",
        old->positions);
}

/* ---- Saving and loading ------------------------------------------------- */

struct checkpoint {
    char *path, *config;
    const char *encoding; /* the data's */
    uint64_t counters[COUNTERS];
    double reals[REALS];
    agreement same; /* what a trainer that loads it must have as well */
    char norms[RECENT_TEXT];
    char *journal; /* NULL: the model has none */
    carried carried;
    contents list;
    bool due;           /* the evaluation of the last step */
    const char *replay; /* a note that says how the run broke, or NULL */
    char *memory;       /* what the tensors of a copy point into, else NULL */
};

/* The tensors point into the trainer. */
static elman_status fill(const elman_trainer *trainer, const char *path,
                         checkpoint *c)
{
    elman_trainer *t = (elman_trainer *)trainer; /* only read, but
                                                    for the data's hash */
    TRY(finite_weights(t->model, path));

    /* numbers into lists of our own, then all tensors */
    numbers n;
    list_numbers(t, &n);
    for (size_t i = 0; i < COUNTERS; i++)
        c->counters[i] = *n.counters[i];
    for (size_t i = 0; i < REALS; i++)
        c->reals[i] = *n.reals[i];
    TRY(ranks_tell(t, RANKS_SAVE));
    TRY(carried_gather(t, &c->carried));
    list_contents(t, &c->carried, c->counters, c->reals, &c->list);

    /* notes, and the path */
    TRY(agreement_describe(t, &c->same));
    recent_write(&t->recent, c->norms);
    c->due = t->due;
    c->encoding = dataset_note(t->dataset);
    c->config = config_to_text(&t->model->config);
    size_t length = strlen(path) + 1;
    c->path = malloc(length);
    if (!c->config || !c->path)
        return failure(ELMAN_NO_MEMORY, "%.200s: no memory", path);
    memcpy(c->path, path, length);

    /* a copy, as the model may get a later one while this is written */
    const char *journal = model_note_text(t->model, journal_key);
    if (!journal) return ELMAN_OK;
    c->journal = text_copy(journal);
    return c->journal ? ELMAN_OK
                      : failure(ELMAN_NO_MEMORY, "%.200s: no memory", path);
}

static size_t copied_bytes(const named_tensor *t)
{
    return t->count * element_bytes(t->type);
}

/* Moves the tensors into memory of their own. */
static elman_status detach(checkpoint *c)
{
    size_t bytes = 0;
    for (size_t i = 0; i < c->list.count; i++)
        bytes += copied_bytes(c->list.tensors + i);

    char *at = c->memory = malloc(bytes);
    if (!at)
        return failure(ELMAN_NO_MEMORY,
                       "%.200s: no memory for a copy of %zu bytes", c->path,
                       bytes);

    for (size_t i = 0; i < c->list.count; i++) {
        named_tensor *t = c->list.tensors + i;
        memcpy(at, t->data, copied_bytes(t));
        t->data = at;
        at += copied_bytes(t);
    }
    return ELMAN_OK;
}

/* A filled one, copied or not. */
static elman_status create(const elman_trainer *t, const char *path,
                           bool copied, checkpoint **out)
{
    checkpoint *c = calloc(1, sizeof *c);
    if (!c) return failure(ELMAN_NO_MEMORY, "%.200s: no memory", path);
    elman_status status = fill(t, path, c);
    if (!status && copied) status = detach(c);
    if (status) checkpoint_destroy(c);
    else *out = c;
    return status;
}

void checkpoint_destroy(checkpoint *c)
{
    if (!c) return;
    free(c->path);
    free(c->config);
    free(c->journal);
    free(c->memory);
    carried_release(&c->carried);
    free(c);
}

elman_status checkpoint_write(const checkpoint *c)
{
    safetensors_note notes[] = {{OWN_KEY, own_format(OWN_CHECKPOINT)},
                                {"elman", c->config},
                                {"settings", c->same.settings},
                                {"data", c->same.data},
                                {"hash", c->same.hash},
                                {"encoding", c->encoding},
                                {"norms", c->norms},
                                {journal_key, c->journal},
                                {due_key, c->due ? due_text : NULL},
                                {"replay", c->replay}};

    /* those that there are */
    size_t count = 0;
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
        if (notes[i].text) notes[count++] = notes[i];
    safetensors file = {.tensor_count = c->list.count,
                        .tensors = (named_tensor *)c->list.tensors,
                        .note_count = count,
                        .notes = notes};
    return safetensors_save(&file, c->path);
}

elman_status checkpoint_copy(const elman_trainer *trainer, const char *path,
                             checkpoint **copy)
{
    return create(trainer, path, true, copy);
}

elman_status checkpoint_save(const elman_trainer *trainer, const char *replay,
                             const char *path)
{
    checkpoint *c;
    TRY(create(trainer, path, false, &c));
    c->replay = replay;
    elman_status status = checkpoint_write(c);
    checkpoint_destroy(c);
    return status;
}

/* Whether the counters lie in the data, and as many windows of context are kept
 * as the next window needs. */
static elman_status check_counters(const elman_trainer *t,
                                   const safetensors *file)
{
    uint64_t n[COUNTERS], batches = windows_size(t->windows);
    memcpy(n, safetensors_find(file, "counters")->data, sizeof n);

    if (n[EPOCH_BATCH] > batches || n[BATCH] > batches)
        return failure(
            ELMAN_BAD_FORMAT, "the next batch is %llu, expected at most %llu",
            (unsigned long long)n[BATCH], (unsigned long long)batches);

    uint64_t least = windows_context(t->windows, n[BATCH], n[STEP]);
    if (n[KEPT] < least || n[KEPT] > t->history.windows + 1)
        return failure(ELMAN_BAD_FORMAT,
                       "%llu windows of context are kept, expected %llu to %zu",
                       (unsigned long long)n[KEPT], (unsigned long long)least,
                       t->history.windows + 1);
    return ELMAN_OK;
}

/* Everything is checked before the first change. */
static elman_status check_file(elman_trainer *t, const safetensors *file,
                               const contents *list)
{
    /* made for the same model, data and settings */
    TRY(own_expect(file, OWN_CHECKPOINT));
    TRY(agreement_check(t, file));

    /* the same tensors */
    if (file->tensor_count != list->count)
        return failure(ELMAN_BAD_FORMAT, "there are %zu tensors, expected %zu",
                       file->tensor_count, list->count);
    for (size_t i = 0; i < list->count; i++) {
        const named_tensor *got = safetensors_find(file, list->tensors[i].name);
        if (!got)
            return failure(ELMAN_BAD_FORMAT, "the tensor %s is missing",
                           list->tensors[i].name);
        TRY(tensor_expect(got, list->tensors[i].type, 1,
                          list->tensors[i].shape));
    }

    const char *due = safetensors_text(file, due_key);
    if (due && strcmp(due, due_text) != 0)
        return failure(ELMAN_BAD_FORMAT, "the note %s is '%.40s', expected %s",
                       due_key, due, due_text);
    recent norms;
    TRY(recent_read(safetensors_text(file, "norms"), &norms));
    return check_counters(t, file);
}

static elman_status restore(elman_trainer *t, const safetensors *file,
                            const contents *list, const carried *old,
                            const uint64_t *counters, const double *reals)
{
    TRY(model_write_note(t->model, journal_key,
                         safetensors_text(file, journal_key)));

    /* tensors, the lists of numbers among them */
    for (size_t i = 0; i < list->count; i++) {
        const named_tensor *got = safetensors_find(file, list->tensors[i].name);
        memcpy(list->data[i], got->data, got->count * element_bytes(got->type));
    }

    /* numbers to where they live */
    numbers n;
    list_numbers(t, &n);
    for (size_t i = 0; i < COUNTERS; i++)
        *n.counters[i] = counters[i];
    for (size_t i = 0; i < REALS; i++)
        *n.reals[i] = reals[i];
    t->schedule.seen = n.seen != 0;
    t->history.kept = (size_t)n.kept;
    t->bad = (bad_step){0};
    t->due = safetensors_text(file, due_key) != NULL;
    TRY(recent_read(safetensors_text(file, "norms"), &t->recent));

    /* what follows from them */
    model_repack(t->model, 1);
    trainer_check_limits(t);
    t->agreed = false;
    TRY(windows_reset(t->windows, t->progress.epoch, n.batch, n.step));
    return carried_restore(t, old);
}

elman_status checkpoint_load(elman_trainer *t, const char *path)
{
    uint64_t counters[COUNTERS];
    double reals[REALS];
    contents list;
    safetensors *file = NULL;
    carried old;
    TRY(safetensors_open(path, &file));
    elman_status status = carried_open(t, &old);
    if (!status) {
        list_contents(t, &old, counters, reals, &list);
        status = check_file(t, file, &list);
    }
    if (!status) status = restore(t, file, &list, &old, counters, reals);
    carried_release(&old);
    safetensors_close(file);
    if (status) t->telling = false;
    return status ? failure_in(status, path) : ELMAN_OK;
}
