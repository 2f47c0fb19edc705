/*
 * loader.c: the order of an epoch, buckets, padding, and streams of text.
 */
#include "data/loader.h"
#include "data/case_file.h"
#include "data/encoding.h"
#include "data/lent.h"
#include "data/store.h"
#include "data/tokens.h"

#include "base/deal.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/spill.h"
#include "base/stop.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_BATCH = 32, DEFAULT_STEPS = 64, CHUNK = 16, AHEAD = 1024 };

/* Tokens of a stream, read from a file ahead of the window. */
typedef struct stream_ahead {
    text_reader reader;
    size_t first, count; /* of the stream's tokens, in its room */
} stream_ahead;

/* A sequence and its rank in the epoch's order. */
typedef struct ranked_sequence {
    size_t length, rank, id;
} ranked_sequence;

struct elman_loader {
    const elman_dataset *data;
    elman_loader_config config;
    size_t size;           /* of the part, when the loader was made */
    size_t B;              /* most sequences of a batch; language: streams */
    size_t steps;          /* language: of a window */
    size_t stream_steps;   /* language: of each stream */
    size_t batch_count;    /* of an epoch */
    uint64_t epoch, index; /* of the next batch */
    bool ordered;          /* order is that of epoch */
    size_t outputs;        /* values of one target */

    size_t block;    /* sequences of a leaf where batches are dealt */
    int dealt, rank; /* to so many ranks, of which this is one; 0: not */
    size_t whole;    /* sequences of the batch at hand, on all ranks */

    case_reader reader; /* of cases in files */

    /* the order of an epoch; text is read in its own order */
    size_t *order;   /* (n) sequences in the epoch's order */
    size_t *shuffle; /* (n) a permutation, of sequences and then of batches */
    ranked_sequence *sorted; /* (n) with buckets */

    size_t bytes;          /* of memory */
    void *memory;          /* all that follows */
    float *x;              /* (T,B,I) */
    int32_t *tokens;       /* (T,B) */
    stream_ahead *streams; /* (B) text in a file */
    int32_t *ahead;        /* (1,room) or, of such text, (B,room) */
    size_t room;           /* a window and the token behind it, or more */
    int32_t *classes;      /* (T,B) or (B) */
    float *values;         /* (T,B,O) or (B,O) */
    size_t *lengths;       /* (B) */
    uint64_t *ids;         /* (B) */
};

static size_t divide_up(size_t a, size_t b) { return a / b + (a % b != 0); }

static bool is_language(const elman_loader *l)
{
    return l->data->encoding->task == ELMAN_TASK_LANGUAGE;
}

/* Whether the text of the part stays in its file. */
static bool in_file(const elman_loader *l)
{
    return is_language(l) && tokens_row(l->data, l->config.part)->file;
}

static bool has_classes(const elman_loader *l)
{
    elman_task task = l->data->encoding->task;
    return task == ELMAN_TASK_CLASSIFY || task == ELMAN_TASK_TAG;
}

static size_t part_size(const elman_loader *l) { return l->size; }

/* ---- Memory ------------------------------------------------------------- */

/* m * n; if that overflows, so does the arena. */
static size_t product(arena *a, size_t m, size_t n)
{
    size_t result = 0;
    if (!sizes_multiply(m, n, 1, &result)) a->overflow = true;
    return result;
}

static void lay_out(elman_loader *l, arena *a)
{
    const elman_encoding *e = l->data->encoding;
    bool one = encoding_per_sequence(e), language = is_language(l);
    size_t T = language ? l->steps : l->data->longest;
    size_t TB = product(a, T, l->B), targets = one ? l->B : TB;
    size_t inputs = language ? 0 : product(a, TB, e->input_size);
    bool classes = has_classes(l) || language;

    /* a batch of the longest sequences, and its targets */
    l->x = arena_take(a, inputs, sizeof *l->x);
    l->tokens = arena_take(a, language ? TB : 0, sizeof *l->tokens);
    size_t waiting = !language ? 0 : in_file(l) ? l->B : 1;
    l->streams = arena_take(a, waiting, sizeof *l->streams);
    l->ahead = arena_take(a, product(a, waiting, l->room), sizeof *l->ahead);
    l->classes = arena_take(a, classes ? targets : 0, sizeof *l->classes);
    l->values = arena_take(a, classes ? 0 : product(a, targets, l->outputs),
                           sizeof *l->values);
    l->lengths = arena_take(a, l->B, sizeof *l->lengths);
    l->ids = arena_take(a, l->B, sizeof *l->ids);
}

/* The lists of an epoch's order, which may lie in files. */
static bool reserve_order(elman_loader *l)
{
    size_t n = is_language(l) ? 0 : part_size(l);
    l->order = spill_zeroed(n, sizeof *l->order);
    l->shuffle = spill_zeroed(n, sizeof *l->shuffle);
    if (l->config.bucketed) l->sorted = spill_zeroed(n, sizeof *l->sorted);
    return l->order && l->shuffle && (l->sorted || !l->config.bucketed);
}

/* Lays everything out twice: to measure, then in memory. */
static elman_status reserve(elman_loader *l)
{
    /* what grows with the data is held against its limit */
    size_t before = spill_limit(l->data->memory);
    bool ordered = reserve_order(l);
    spill_limit(before);
    if (!ordered)
        return failure(ELMAN_NO_MEMORY,
                       "no memory for the order of %zu sequences",
                       part_size(l));

    arena measure = {0};
    lay_out(l, &measure);
    l->bytes = measure.used;
    l->memory = measure.overflow ? NULL : block_create(measure.used);
    if (!l->memory)
        return failure(ELMAN_NO_MEMORY,
                       "no memory for batches of %zu sequences", l->B);

    arena carve = {.base = l->memory};
    lay_out(l, &carve);
    for (size_t b = 0; in_file(l) && b < l->B; b++)
        l->streams[b] = (stream_ahead){0};
    return ELMAN_OK;
}

/* Cuts the part into streams: as many as wanted, but none shorter than a
 * window. A step needs a token and the next one, so there is one step less than
 * tokens. */
static void plan_streams(elman_loader *l, size_t wanted)
{
    size_t pairs = part_size(l) - 1;

    l->steps = l->config.steps ? l->config.steps : DEFAULT_STEPS;
    if (l->steps > pairs) l->steps = pairs;

    l->B = pairs / l->steps < wanted ? pairs / l->steps : wanted;
    l->stream_steps = pairs / l->B;
    l->batch_count = divide_up(l->stream_steps, l->steps);
}

static elman_status create(elman_loader *l)
{
    size_t n = part_size(l), wanted = l->config.batch_size;
    if ((unsigned)l->config.part >= PART_COUNT)
        return failure(ELMAN_BAD_VALUE, "part is %d, expected 0 to %d",
                       (int)l->config.part, PART_COUNT - 1);

    if (n == 0)
        return failure(ELMAN_BAD_VALUE, "the %s part of the data is empty",
                       part_name(l->config.part));

    if (wanted == 0) wanted = DEFAULT_BATCH;
    l->outputs = encoding_outputs(l->data->encoding);

    /* text in streams, everything else in batches of whole sequences */
    if (is_language(l)) {
        plan_streams(l, wanted);
        l->room = l->steps + 1;
        if (in_file(l) && l->room < AHEAD) l->room = AHEAD;
    } else {
        l->B = wanted < n ? wanted : n;
        l->batch_count = divide_up(n, l->B);
    }

    return reserve(l);
}

elman_status loader_create(const elman_dataset *dataset,
                           const elman_loader_config *config,
                           elman_loader **loader)
{
    elman_loader *made = calloc(1, sizeof *made);
    if (!made) return failure(ELMAN_NO_MEMORY, "no memory for a loader");

    made->data = dataset;
    made->config = *config;
    made->size = dataset_size(dataset, config->part);

    elman_status status = create(made);
    if (status == ELMAN_OK) *loader = made;
    else loader_destroy(made);
    return status;
}

size_t loader_bytes(const elman_loader *l)
{
    size_t n = is_language(l) ? 0 : part_size(l), bytes = l->bytes;
    if (l->order) bytes += n * sizeof *l->order;
    if (l->shuffle) bytes += n * sizeof *l->shuffle;
    if (l->sorted) bytes += n * sizeof *l->sorted;
    return bytes;
}

void loader_destroy(elman_loader *loader)
{
    if (!loader) return;
    for (size_t b = 0; loader->memory && in_file(loader) && b < loader->B; b++)
        text_reader_clear(&loader->streams[b].reader);
    case_reader_clear(&loader->reader);
    block_destroy(loader->memory);
    spill_free(loader->order);
    spill_free(loader->shuffle);
    spill_free(loader->sorted);
    free(loader);
}

size_t loader_longest(const elman_dataset *dataset,
                      const elman_loader_config *config)
{
    elman_loader l = {.data = dataset,
                      .config = *config,
                      .size = dataset_size(dataset, config->part)};
    if (!is_language(&l)) return dataset_longest(dataset);
    if (part_size(&l) < 2) return 0;
    plan_streams(&l, config->batch_size ? config->batch_size : DEFAULT_BATCH);
    return l.stream_steps;
}

void loader_deal(elman_loader *loader, size_t block, int size, int rank)
{
    loader->block = block;
    loader->dealt = size;
    loader->rank = rank;
}

size_t loader_whole(const elman_loader *loader) { return loader->whole; }

/* The sequences of a batch of B that are read here. */
static stretch own_sequences(elman_loader *l, size_t B)
{
    l->whole = B;
    return l->dealt ? deal_sequences(B, l->block, l->dealt, l->rank)
                    : (stretch){0, B};
}

size_t loader_size(const elman_loader *loader) { return loader->batch_count; }

size_t loader_width(const elman_loader *loader) { return loader->B; }

void loader_reset(elman_loader *loader, uint64_t epoch, uint64_t index)
{
    if (epoch != loader->epoch) loader->ordered = false;
    loader->epoch = epoch;
    loader->index = index < loader->batch_count ? index : loader->batch_count;
}

/* ---- Order -------------------------------------------------------------- */

/* Shorter sequences first; equal lengths keep their order. */
static int compare_lengths(const void *left, const void *right)
{
    const ranked_sequence *a = left, *b = right;
    if (a->length != b->length) return a->length < b->length ? -1 : 1;

    /* qsort is not stable, so the rank decides */
    return (a->rank > b->rank) - (a->rank < b->rank);
}

/* Sorts each chunk of the order by length. */
static void fill_buckets(elman_loader *l, size_t n)
{
    size_t chunk = l->B > n / CHUNK ? n : l->B * CHUNK;
    for (size_t i = 0; i < n; i++)
        l->sorted[i] = (ranked_sequence){l->data->sequences[l->order[i]].length,
                                         i, l->order[i]};

    for (size_t first = 0; first < n; first += chunk)
        qsort(l->sorted + first, n - first < chunk ? n - first : chunk,
              sizeof *l->sorted, compare_lengths);

    for (size_t i = 0; i < n; i++)
        l->order[i] = l->sorted[i].id;
}

/* Puts the batches in a random order. The last one, which may be shorter, stays
 * last, so that every batch begins at a multiple of B. */
static void shuffle_batches(elman_loader *l)
{
    size_t whole = part_size(l) / l->B, B = l->B;
    random_permute((random_key){l->config.seed, RANDOM_SHUFFLE, 1}, l->epoch,
                   whole, l->shuffle);
    for (size_t k = 0; k < whole; k++)
        for (size_t b = 0; b < B; b++)
            l->order[k * B + b] = l->sorted[l->shuffle[k] * B + b].id;
}

static void make_order(elman_loader *l)
{
    size_t n = part_size(l);
    const size_t *ids = l->data->ids[l->config.part];

    /* the sequences of the part, in its order or a random one */
    for (size_t i = 0; i < n; i++)
        l->shuffle[i] = i;
    if (l->config.shuffled)
        random_permute((random_key){l->config.seed, RANDOM_SHUFFLE, 0},
                       l->epoch, n, l->shuffle);
    for (size_t i = 0; i < n; i++)
        l->order[i] = ids[l->shuffle[i]];

    /* batches of like length, which must not come in the order of length */
    if (l->config.bucketed) {
        fill_buckets(l, n);
        if (l->config.shuffled) shuffle_batches(l);
    }

    l->ordered = true;
}

/* ---- Sequences ---------------------------------------------------------- */

/* Copies the steps of sequence b, and 0 past its end. */
static elman_status fill_steps(elman_loader *l, size_t b, size_t T, size_t B)
{
    const elman_dataset *d = l->data;
    const span *s = &d->sequences[l->ids[b]];
    size_t I = d->encoding->input_size;
    for (size_t t = s->length; t < T; t++)
        memset(l->x + (t * B + b) * I, 0, I * sizeof *l->x);
    return inputs_read(d, (size_t)l->ids[b], &l->reader, B * I, l->x + b * I);
}

/* Copies the target of step t of sequence b, or that of the sequence; NaN if
 * the data has none. */
static void values_copy(elman_loader *l, size_t b, size_t t, size_t to)
{
    const elman_dataset *d = l->data;
    size_t O = l->outputs, id = (size_t)l->ids[b];
    size_t from = d->per_step ? d->sequences[id].first + t : id;
    if (d->lent.values) {
        lent_targets(d, id, t, l->values + to * O);
        return;
    }
    for (size_t k = 0; k < O; k++)
        l->values[to * O + k] = d->values ? d->values[from * O + k] : NAN;
}

enum { SKIPPED = -100 }; /* the class of none */

/* The class of a step, or that of none where no file says any. */
static int32_t class_at(const elman_dataset *d, size_t row)
{
    return d->classes ? d->classes[row] : SKIPPED;
}

/* Copies the targets of each step: classes or values, and 0 past the end. */
static elman_status fill_step_targets(elman_loader *l, size_t b, size_t T,
                                      size_t B)
{
    const elman_dataset *d = l->data;
    const span *s = &d->sequences[l->ids[b]];
    size_t O = l->outputs;
    for (size_t t = 0; t < T; t++) {
        size_t to = t * B + b, from = s->first + t;
        bool valid = t < s->length;

        if (has_classes(l)) l->classes[to] = valid ? class_at(d, from) : 0;
        else if (!valid) memset(l->values + to * O, 0, O * sizeof *l->values);
        else if (!d->kept_targets) values_copy(l, b, t, to);
    }
    return d->kept_targets ? kept_targets_read(d, (size_t)l->ids[b], &l->reader,
                                               B * O, l->values + b * O)
                           : ELMAN_OK;
}

/* Copies the one target of a sequence. A forecast's is the rows after it. */
static void fill_target(elman_loader *l, size_t b)
{
    const elman_dataset *d = l->data;
    size_t id = (size_t)l->ids[b], O = l->outputs;
    size_t J = d->encoding->target_count;
    if (has_classes(l)) l->classes[b] = d->classes[id];
    else if (d->encoding->task == ELMAN_TASK_FORECAST)
        for (size_t k = 0; k < d->encoding->horizon; k++)
            targets_copy(d, id, k, l->values + b * O + k * J);
    else values_copy(l, b, 0, b);
}

static elman_status read_sequences(elman_loader *l, elman_batch *batch,
                                   elman_target *target)
{
    if (!l->ordered) make_order(l);
    size_t first = (size_t)l->index * l->B, left = part_size(l) - first;
    stretch own = own_sequences(l, left < l->B ? left : l->B);
    const size_t *order = l->order + first;
    size_t B = own.end - own.begin, T = 0;
    bool full = true;

    /* T is the length of the longest; full if all have it */
    for (size_t i = 0; i < l->whole; i++) {
        size_t length = l->data->sequences[order[i]].length;
        if (length > T) T = length;
        full = full && length == l->data->sequences[order[0]].length;
    }
    for (size_t b = 0; b < B; b++) {
        l->ids[b] = order[own.begin + b];
        l->lengths[b] = l->data->sequences[l->ids[b]].length;
    }

    for (size_t b = 0; b < B; b++) {
        TRY(fill_steps(l, b, T, B));
        if (encoding_per_sequence(l->data->encoding)) fill_target(l, b);
        else TRY(fill_step_targets(l, b, T, B));
    }

    *batch = (elman_batch){.T = T,
                           .B = B,
                           .x = l->x,
                           .lengths = full ? NULL : l->lengths,
                           .ids = l->ids};
    *target = has_classes(l) ? (elman_target){.classes = l->classes}
                             : (elman_target){.values = l->values};
    return ELMAN_OK;
}

/* ---- Language ----------------------------------------------------------- */

/* Finds count tokens of a stream from first on, which its room holds. */
static elman_status find_tokens(elman_loader *l, size_t stream, size_t first,
                                size_t count, const int32_t **tokens)
{
    size_t place = stream * l->stream_steps + first;
    elman_part part = l->config.part;
    *tokens = l->ahead;
    if (!in_file(l))
        return tokens_read(l->data, part, NULL, place, count, l->ahead);

    /* from the file more than the window needs, up to the stream's end */
    stream_ahead *s = &l->streams[stream];
    int32_t *room = l->ahead + stream * l->room;
    if (first < s->first || first + count > s->first + s->count) {
        size_t left = l->stream_steps + 1 - first;
        size_t more = left < l->room ? left : l->room;
        s->first = first;
        s->count = 0;
        TRY(tokens_read(l->data, part, &s->reader, place, more, room));
        s->count = more;
    }
    *tokens = room + (first - s->first);
    return ELMAN_OK;
}

static elman_status read_window(elman_loader *l, elman_batch *batch,
                                elman_target *target)
{
    size_t first = (size_t)l->index * l->steps, left = l->stream_steps - first;
    size_t T = left < l->steps ? left : l->steps;

    stretch own = own_sequences(l, l->B);
    size_t B = own.end - own.begin;

    /* the target of each token is the next one of its stream */
    for (size_t b = 0; b < B; b++) {
        const int32_t *token;
        l->ids[b] = own.begin + b;
        TRY(find_tokens(l, own.begin + b, first, T + 1, &token));
        for (size_t t = 0; t < T; t++) {
            l->tokens[t * B + b] = token[t];
            l->classes[t * B + b] = token[t + 1];
        }
    }

    *batch = (elman_batch){.T = T, .B = B, .tokens = l->tokens, .ids = l->ids};
    *target = (elman_target){.classes = l->classes};
    return ELMAN_OK;
}

elman_status loader_read(elman_loader *loader, elman_batch *batch,
                         elman_target *target)
{
    /* an empty batch ends the epoch; the next call begins another */
    if (loader->index == loader->batch_count) {
        *batch = (elman_batch){0};
        *target = (elman_target){0};
        loader_reset(loader, loader->epoch + 1, 0);
        return ELMAN_OK;
    }

    TRY(stop_check());
    if (is_language(loader)) TRY(read_window(loader, batch, target));
    else TRY(read_sequences(loader, batch, target));
    loader->index++;
    return ELMAN_OK;
}
