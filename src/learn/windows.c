/*
 * windows.c: text comes from the loader window by window, so its context
 * is a copy of the windows before; of other data the loader gives whole
 * sequences, so context and new steps lie next to each other and nothing is
 * copied.
 */
#include "learn/windows.h"

#include <stdlib.h>
#include <string.h>

#include "base/deal.h"
#include "base/memory.h"
#include "data/dataset.h"

struct windows {
    elman_loader *loader;
    bool is_text;
    size_t k1, max_context, I, O;
    uint64_t batch; /* batches of the epoch read so far */
    size_t most;    /* sequences that a rank has, at least 1; 0: all */
    size_t widest;  /* those of the rank that has the most */

    /* sequences: the batch at hand, and the step where the next window is */
    elman_batch at;
    elman_target target;
    size_t step;
    size_t *lengths; /* (2,B) of the window, of its new steps */

    /* text: tokens of up to max_context windows and of the new one */
    int32_t *tokens; /* ((max_context + 1) k1, B) */
    size_t bytes;    /* of tokens and lengths */
    size_t kept;     /* windows in tokens */
    size_t kept_steps;
};

elman_status windows_create(const elman_dataset *dataset,
                            const elman_loader_config *config, size_t k1,
                            size_t max_context, size_t O, windows **out)
{
    windows *w = calloc(1, sizeof *w);
    if (!w) return failure(ELMAN_NO_MEMORY, "no memory for windows");

    const elman_encoding *e = dataset_encoding(dataset);
    w->is_text = e->task == ELMAN_TASK_LANGUAGE;
    w->k1 = k1;
    w->max_context = max_context;
    w->I = e->input_size;
    w->O = O;
    elman_status status = loader_create(dataset, config, &w->loader);
    if (status) goto done;

    /* two lists of lengths, and the tokens of all windows of a text */
    size_t count = 0, B = loader_width(w->loader);
    bool fits = sizes_multiply(max_context + 1, k1, B, &count);
    w->lengths = calloc(2 * B, sizeof *w->lengths);
    w->bytes = 2 * B * sizeof *w->lengths;
    if (w->is_text && fits) w->bytes += count * sizeof *w->tokens;
    if (w->is_text && fits) w->tokens = calloc(count + 1, sizeof *w->tokens);
    if (!w->lengths || (w->is_text && !w->tokens))
        status =
            failure(ELMAN_NO_MEMORY, "no memory for windows of %zu steps", k1);
done:
    if (status) windows_destroy(w);
    else *out = w;
    return status;
}

size_t windows_bytes(const windows *w)
{
    return w->bytes + loader_bytes(w->loader);
}

void windows_destroy(windows *w)
{
    if (!w) return;
    loader_destroy(w->loader);
    free(w->lengths);
    free(w->tokens);
    free(w);
}

/* ---- Text --------------------------------------------------------------- */

static elman_status read_text(windows *w, window *out)
{
    elman_batch in;
    TRY(loader_read(w->loader, &in, &out->target));
    out->ended = in.T == 0;
    if (out->ended) {
        w->batch = w->kept = w->kept_steps = 0;
        return ELMAN_OK;
    }
    out->begins = w->batch++ == 0;
    if (out->begins) w->kept = w->kept_steps = 0;

    /* the oldest window makes room for the new one */
    if (w->kept > w->max_context) {
        w->kept_steps -= w->k1;
        w->kept--;
        memmove(w->tokens, w->tokens + w->k1 * in.B,
                w->kept_steps * in.B * sizeof *w->tokens);
    }

    /* what was kept is the context of the new steps, which follow it */
    memcpy(w->tokens + w->kept_steps * in.B, in.tokens,
           in.T * in.B * sizeof *w->tokens);
    out->context = w->kept_steps;
    out->context_windows = w->kept;
    w->kept_steps += in.T;
    w->kept++;

    out->batch = in;
    out->batch.tokens = w->tokens;
    out->batch.T = w->kept_steps;
    return ELMAN_OK;
}

/* ---- Sequences ---------------------------------------------------------- */

/* How many of the steps from begin to end a sequence of some length has. */
static size_t valid_steps(size_t length, size_t begin, size_t end)
{
    if (length <= begin) return 0;
    return (length < end ? length : end) - begin;
}

/* Steps begin to end of the batch at hand, of which the first context steps are
 * not new. */
static void cut(windows *w, size_t begin, size_t end, size_t context,
                window *out)
{
    const elman_batch *at = &w->at;
    size_t B = at->B, fresh = begin + context;
    out->batch = *at;
    out->batch.T = end - begin;
    out->batch.x = at->x + begin * B * w->I;
    out->target = w->target;
    out->lengths = at->lengths;
    if (context == 0 && begin == 0 && end == at->T) return;

    /* targets are those of the new steps */
    if (out->target.classes) out->target.classes += fresh * B;
    if (out->target.values) out->target.values += fresh * B * w->O;
    if (!at->lengths) return;

    /* what of each sequence lies in the window, and in its new steps */
    size_t *fresh_lengths = w->lengths + B;
    for (size_t b = 0; b < B; b++) {
        w->lengths[b] = valid_steps(at->lengths[b], begin, end);
        fresh_lengths[b] = valid_steps(at->lengths[b], fresh, end);
    }
    out->batch.lengths = w->lengths;
    out->lengths = fresh_lengths;
}

static elman_status read_sequences(windows *w, window *out)
{
    /* a new batch when the one at hand is used up */
    if (w->step >= w->at.T) {
        TRY(loader_read(w->loader, &w->at, &w->target));
        w->step = 0;
        out->ended = w->at.T == 0;
        if (out->ended) {
            w->at.T = 0;
            w->batch = 0;
            return ELMAN_OK;
        }
        w->batch++;
    }

    /* the next k1 steps of it, with the windows before as context */
    size_t k1 = w->k1 ? w->k1 : w->at.T;
    size_t context_windows = (size_t)windows_context(w, w->batch, w->step);
    size_t end = w->step + k1 < w->at.T ? w->step + k1 : w->at.T;
    out->context_windows = context_windows;
    out->context = context_windows * k1;
    out->begins = w->step == 0;
    cut(w, w->step - out->context, end, out->context, out);
    w->step = end;
    return ELMAN_OK;
}

window windows_slice(const windows *w, const window *whole, size_t begin,
                     size_t end, size_t *lengths)
{
    window slice = *whole;
    size_t B = whole->batch.B;
    slice.batch.T = end - begin;
    if (slice.batch.tokens) slice.batch.tokens += begin * B;
    if (slice.batch.x) slice.batch.x += begin * B * w->I;
    if (slice.target.classes) slice.target.classes += begin * B;
    if (slice.target.values) slice.target.values += begin * B * w->O;
    if (!whole->batch.lengths) return slice;

    for (size_t b = 0; b < B; b++)
        lengths[b] = valid_steps(whole->batch.lengths[b], begin, end);
    slice.batch.lengths = slice.lengths = lengths;
    return slice;
}

elman_status windows_read(windows *w, window *out)
{
    *out = (window){0};
    TRY(w->is_text ? read_text(w, out) : read_sequences(w, out));
    out->whole = loader_whole(w->loader);
    return ELMAN_OK;
}

uint64_t window_steps(const window *w)
{
    size_t B = w->batch.B, T = w->batch.T - w->context;
    uint64_t steps = w->lengths ? 0 : (uint64_t)T * B;
    for (size_t b = 0; w->lengths && b < B; b++)
        steps += w->lengths[b];
    return steps;
}

/* ---- Position ----------------------------------------------------------- */

void windows_position(const windows *w, uint64_t *batch, uint64_t *step)
{
    bool inside = !w->is_text && w->step < w->at.T;
    *batch = inside ? w->batch - 1 : w->batch;
    *step = inside ? w->step : 0;
}

uint64_t windows_context(const windows *w, uint64_t batch, uint64_t step)
{
    uint64_t before = w->is_text ? batch : w->k1 ? step / w->k1 : 0;
    return before < w->max_context ? before : w->max_context;
}

elman_status windows_reset(windows *w, uint64_t epoch, uint64_t batch,
                           uint64_t step)
{
    window skipped;
    uint64_t back = w->is_text ? windows_context(w, batch, step) : 0;
    loader_reset(w->loader, epoch, batch - back);
    w->batch = batch - back;
    w->kept = w->kept_steps = 0;
    w->at.T = w->step = 0;

    /* text: read the context again; sequences: the batch, up to its step */
    for (uint64_t i = 0; i < back; i++)
        TRY(windows_read(w, &skipped));
    while (step > 0) {
        TRY(windows_read(w, &skipped));
        if (skipped.ended || w->step >= step) break;
    }
    return ELMAN_OK;
}

size_t windows_size(const windows *w) { return loader_size(w->loader); }

size_t windows_width(const windows *w)
{
    return w->most ? w->most : loader_width(w->loader);
}

/* The most sequences that any of size ranks has of any batch of at most B. */
static size_t widest_of(size_t B, size_t block, int size)
{
    size_t most = 0, ranks = (size_t)size;
    for (size_t leaves = deal_leaf_count(B, block); leaves > 0; leaves--) {
        size_t unit = deal_unit(leaves, size);
        size_t units = leaves / unit + (leaves % unit > 0);
        size_t count = unit * (units / ranks + (units % ranks > 0));
        if (count > most) most = count;
    }
    return most * block < B ? most * block : B;
}

void windows_deal(windows *w, size_t block, int size, int rank)
{
    size_t B = loader_width(w->loader);
    loader_deal(w->loader, block, size, rank);
    size_t most = deal_most_sequences(B, block, size, rank);
    w->most = most ? most : 1;
    w->widest = widest_of(B, block, size);
}

size_t windows_widest(const windows *w)
{
    return w->most ? w->widest : loader_width(w->loader);
}

size_t windows_whole(const windows *w) { return loader_whole(w->loader); }

size_t windows_whole_width(const windows *w) { return loader_width(w->loader); }
