/*
 * outer_block.h: which rows of which sums an outer product takes at a time: one
 * chain of a long sum, or several short sums as a whole, each a chain of its
 * own. Called by outer.h.
 */
#ifndef KERNEL_OUTER_BLOCK_H
#define KERNEL_OUTER_BLOCK_H

#include "base/tree.h"
#include "kernel/outer_tile.h"

/* A chain of a sum, or the only one. */
typedef struct outer_piece {
    const leaf_sum *sum;
    size_t R;
    bool first, last; /* chain of its sum */
} outer_piece;

/* Rows [at,at + R) of all; after follow. */
typedef struct outer_block {
    size_t at, R, after;
    size_t count;
    bool closed; /* all pieces are; several are whole sums, from 0 */
    outer_piece piece[OUTER_SUMS];
} outer_block;

/* The sums of a call, and how far the blocks have come. */
typedef struct outer_walk {
    size_t count;
    const size_t *row; /* (count + 1) */
    const leaf_sum *sums;
    size_t next, done; /* the sum at hand, and its rows that are done */
} outer_walk;

INLINE size_t outer_least(size_t a, size_t b) { return a < b ? a : b; }

/* The next block; false if there is none. A sum without rows is a piece too. */
static bool outer_next_block(outer_walk *walk, outer_block *b)
{
    const size_t *row = walk->row;
    b->count = b->R = 0;
    if (walk->next == walk->count) return false;
    b->at = row[walk->next] + walk->done;

    /* one whole sum, or as many as fit of those that are fresh and closed */
    while (walk->done == 0 && walk->next < walk->count) {
        const size_t R = row[walk->next + 1] - row[walk->next];
        const leaf_sum *sum = walk->sums + walk->next;
        const bool alone = !sum->fresh || !sum->closed;
        if (b->R + R > CHAIN || (b->count > 0 && alone)) break;

        b->piece[b->count++] =
            (outer_piece){.sum = sum, .R = R, .first = true, .last = true};
        b->closed = sum->closed;
        b->R += R;
        walk->next++;
        if (alone) break;
    }

    /* or a chain of the next one */
    if (b->count == 0) {
        const size_t left = row[walk->next + 1] - b->at;
        b->R = outer_least(left, CHAIN);
        b->closed = left == b->R && walk->sums[walk->next].closed;
        b->piece[b->count++] = (outer_piece){.sum = walk->sums + walk->next,
                                             .R = b->R,
                                             .first = walk->done == 0,
                                             .last = left == b->R};
        walk->done = left == b->R ? 0 : walk->done + b->R;
        walk->next += left == b->R;
    }

    b->after = row[walk->count] - b->at - b->R;
    return true;
}

/* ---- Where the sums of a block go ---------------------------------------- */

enum {
    OUTER_KEPT = 5, /* sums of a block that wait for later ones, at most: as
                       many levels as OUTER_SUMS leaves have */
    OUTER_ROOM = TILE_ROWS * OUTER_PANELS * PANEL /* floats of a tile */
};

/* The steps of the tiles of a block; and room for sums of a tile that later
 * ones join: these stay in the first cache. */
typedef struct outer_steps {
    outer_step step[OUTER_SUMS];
    outer_array joins[OUTER_SUMS][TREE_LEVELS];
    size_t kept;
    _Alignas(64) float room[OUTER_KEPT][OUTER_ROOM];
} outer_steps;

/* Whether a later piece of the block joins what piece i makes. */
INLINE bool outer_is_joined(const outer_block *b, size_t i)
{
    for (size_t l = i + 1; l < b->count; l++) {
        const leaf_sum *later = b->piece[l].sum;
        for (size_t j = 0; j < later->join_count; j++)
            if (later->joins[j] == b->piece[i].sum->to) return true;
    }
    return false;
}

/* The step before step i whose sum belongs into an array, or NULL. */
INLINE const outer_step *outer_before(const outer_steps *steps,
                                      const outer_block *b, size_t i,
                                      const float *array)
{
    while (i-- > 0)
        if (b->piece[i].sum->to == array) return steps->step + i;
    return NULL;
}

/* Where piece i goes. */
static outer_array outer_to(outer_steps *steps, const outer_block *b, size_t i)
{
    const leaf_sum *sum = b->piece[i].sum;
    const outer_array there = {sum->to, sum->row, sum->row, 1};
    if (!outer_is_joined(b, i)) return there;

    const outer_step *same = outer_before(steps, b, i, sum->to);
    if (same && same->to.across == 0) return same->to;
    if (steps->kept == OUTER_KEPT) return there;
    float *room = steps->room[steps->kept++];
    return (outer_array){room, OUTER_PANELS * PANEL, 0, 0};
}

/* What the tiles of a block do. */
static void outer_steps_make(outer_steps *steps, const outer_block *b)
{
    steps->kept = 0;
    for (size_t i = 0; i < b->count; i++) {
        const outer_piece *piece = b->piece + i;
        const leaf_sum *sum = piece->sum;
        outer_step *step = steps->step + i;
        *step = (outer_step){.R = piece->R,
                             .fresh = !piece->first || sum->fresh,
                             .adds = !piece->first,
                             .to = outer_to(steps, b, i),
                             .join_count = b->closed ? sum->join_count : 0,
                             .joins = steps->joins[i]};

        /* lower levels come first: those are younger */
        for (size_t j = 0; j < step->join_count; j++) {
            const outer_step *made = outer_before(steps, b, i, sum->joins[j]);
            const bool kept = made && made->to.across == 0;
            steps->joins[i][j] =
                kept ? made->to
                     : (outer_array){(float *)sum->joins[j], sum->join_row,
                                     sum->join_row, 1};
            if (kept && step->near == j) step->near++;
        }
    }
}

#endif
