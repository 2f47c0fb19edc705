/* route.c: see route.h. */
#include "share/route.h"

#include <stdlib.h>

/* A node of the tree, halves included: leaves begin to before end. */
typedef struct walk_node {
    size_t level, begin, end;
} walk_node;

/* What does not change from node to node. */
typedef struct walk {
    const route_map *map;
    size_t leaves;
    size_t first, pieces; /* the number of the first, and how many they are */
    tree_node nodes[DEAL_NODES]; /* of this rank */
    size_t node_count;
    size_t *kept; /* (size) */
    route *to;
} walk;

static elman_status no_memory(const walk *w)
{
    return failure(ELMAN_NO_MEMORY,
                   "no memory to find how %d ranks add up %zu gradients",
                   w->map->size, w->map->weights.end - w->map->weights.begin);
}

/* ---- Nodes --------------------------------------------------------------- */

/* Whether a rank has leaves of a node. */
static bool has_part(const walk *w, int rank, const walk_node *node)
{
    stretch own = w->map->dealt[rank];
    return own.begin < own.end && own.begin < node->end &&
           own.end > node->begin;
}

static int count_ranks(const walk *w, const walk_node *node)
{
    int count = 0;
    for (int rank = 0; rank < w->map->size; rank++)
        count += has_part(w, rank, node);
    return count;
}

/* Half 0 or 1 of a node; it is empty where the leaves end before. */
static walk_node half_of(const walk *w, const walk_node *node, size_t half)
{
    size_t level = node->level - 1, leaves = (size_t)1 << level;
    size_t begin = node->begin, left = w->leaves - begin;
    if (half) begin = left > leaves ? begin + leaves : w->leaves;
    left = w->leaves - begin;
    return (walk_node){level, begin,
                       left > leaves ? begin + leaves : w->leaves};
}

/* Where this rank has its part of a node: in the first of its own there. */
static size_t place_of(const walk *w, const walk_node *node)
{
    size_t i = 0;
    while (i < w->node_count && w->nodes[i].begin < node->begin)
        i++;
    return i;
}

/* ---- Who holds what ------------------------------------------------------ */

/* Deals the pieces of a node (those of -1) to its ranks (count), so that each
 * holds as much, in the order of slices: what is near goes to one rank. */
static void deal_rest(const walk *w, const walk_node *node, size_t count,
                      int *holders)
{
    size_t x = 0, at = 0;
    for (int slice = 0; slice < w->map->size; slice++) {
        int rank = w->map->order[slice];
        if (!has_part(w, rank, node)) continue;

        /* an equal share, less what the rank keeps */
        size_t share = w->pieces * (at + 1) / count - w->pieces * at / count;
        at++;
        for (size_t i = w->kept[rank]; i < share; i++) {
            while (x < w->pieces && holders[x] >= 0)
                x++;
            if (x < w->pieces) holders[x] = rank;
        }
    }
}

/* Who holds the pieces of a node, that of which it is a half being held by
 * whole. NULL without memory. */
static int *hold(const walk *w, const walk_node *node, const int *whole)
{
    int *holders = calloc(w->pieces + 1, sizeof *holders);
    if (!holders) return NULL;
    for (int rank = 0; rank < w->map->size; rank++)
        w->kept[rank] = 0;

    /* who has the sum later has it now */
    for (size_t x = 0; x < w->pieces; x++) {
        bool stays = has_part(w, whole[x], node);
        holders[x] = stays ? whole[x] : -1;
        if (stays) w->kept[whole[x]]++;
    }
    deal_rest(w, node, (size_t)count_ranks(w, node), holders);
    return holders;
}

/* ---- Moves --------------------------------------------------------------- */

static bool may_follow(const route_move *last, const route_move *next)
{
    return last->round == next->round && last->what == next->what &&
           last->rank == next->rank && last->node == next->node &&
           last->other == next->other &&
           last->weights.end == next->weights.begin;
}

/* Adds a move of piece x, to the one before it if they are one. */
static elman_status add_move(walk *w, route_move next, size_t x)
{
    route *to = w->to;
    stretch all = w->map->weights;
    size_t begin = (w->first + x) * w->map->piece, end = all.end;
    if (end - begin > w->map->piece) end = begin + w->map->piece;
    if (begin < all.begin) begin = all.begin;
    next.weights = (stretch){begin, end};
    route_move *last = to->count ? to->moves + to->count - 1 : NULL;
    if (last && may_follow(last, &next)) {
        last->weights.end = end;
        return ELMAN_OK;
    }

    if (to->count == to->room) {
        size_t room = 2 * to->room + 16;
        route_move *moves = realloc(to->moves, room * sizeof *moves);
        if (!moves) return no_memory(w);
        to->moves = moves;
        to->room = room;
    }
    to->moves[to->count++] = next;
    return ELMAN_OK;
}

/* What this rank does so that the pieces of a node come from one half, of
 * which it has its part in place, to who holds them in the whole. */
static elman_status move_half(walk *w, const int *from, const int *to,
                              size_t place, route_move arrives)
{
    int own = w->map->rank;
    for (size_t x = 0; from && x < w->pieces; x++) {
        if (from[x] == to[x]) continue;
        route_move next = arrives;
        next.rank = from[x];
        if (from[x] == own)
            next = (route_move){.round = arrives.round,
                                .what = MOVE_GIVE,
                                .rank = to[x],
                                .node = place};
        else if (to[x] != own) continue;
        TRY(add_move(w, next, x));
    }
    return ELMAN_OK;
}

/* The halves of a node become one, in the round of its level. */
static elman_status join_halves(walk *w, const walk_node *node,
                                const int *holders, int *const halves[2])
{
    size_t place = place_of(w, node);
    for (size_t half = 0; half < 2; half++) {
        walk_node part = half_of(w, node, half);
        route_move arrives = {
            .round = node->level, .what = MOVE_ADD, .node = place};
        TRY(move_half(w, halves[half], holders, place_of(w, &part), arrives));
    }

    /* what is here in both */
    int own = w->map->rank;
    walk_node later = half_of(w, node, 1);
    route_move joins = {.round = node->level,
                        .what = MOVE_JOIN,
                        .rank = own,
                        .node = place,
                        .other = place_of(w, &later)};
    for (size_t x = 0; halves[1] && x < w->pieces; x++)
        if (halves[0][x] == own && halves[1][x] == own)
            TRY(add_move(w, joins, x));
    return ELMAN_OK;
}

/* The moves of a node that this rank shares with others, and of what is below
 * it. */
static elman_status walk_down(walk *w, const walk_node *node,
                              const int *holders)
{
    if (!has_part(w, w->map->rank, node) || count_ranks(w, node) < 2)
        return ELMAN_OK;
    walk_node parts[2] = {half_of(w, node, 0), half_of(w, node, 1)};
    bool both = parts[1].begin < parts[1].end;
    int *halves[2] = {hold(w, parts, holders),
                      both ? hold(w, parts + 1, holders) : NULL};

    elman_status status =
        halves[0] && (halves[1] || !both) ? ELMAN_OK : no_memory(w);
    if (!status) status = join_halves(w, node, holders, halves);
    for (size_t half = 0; half < 2 && !status && halves[half]; half++)
        status = walk_down(w, parts + half, halves[half]);
    free(halves[0]);
    free(halves[1]);
    return status;
}

/* ---- From the owners down -------------------------------------------------
 */

/* Whose the pieces are where slices begin at these weights. */
static void deal_pieces(const walk *w, const size_t *cuts, int *holders)
{
    const route_map *m = w->map;
    for (int slice = 0; slice < m->size; slice++) {
        size_t first = cuts[slice] / m->piece + (cuts[slice] % m->piece > 0);
        for (size_t i = first; i * m->piece < cuts[slice + 1]; i++)
            holders[i - w->first] = m->order[slice];
    }
}

/* The moves of all nodes, and from who holds the sum to who owns it. */
static elman_status walk_all(walk *w, int *owners, int *held)
{
    const route_map *m = w->map;
    walk_node all = {.end = w->leaves};
    while ((size_t)1 << all.level < w->leaves)
        all.level++;
    w->to->rounds = all.level + 1;
    deal_pieces(w, m->owned, owners);
    deal_pieces(w, m->held, held);

    int *holders = hold(w, &all, held);
    elman_status status = holders ? ELMAN_OK : no_memory(w);
    route_move arrives = {.round = w->to->rounds, .what = MOVE_TAKE};
    if (!status) status = walk_down(w, &all, holders);
    if (!status) status = move_half(w, holders, owners, 0, arrives);
    free(holders);
    return status;
}

elman_status route_find(const route_map *map, size_t leaves, route *to)
{
    size_t end = map->weights.end, piece = map->piece;
    walk w = {.map = map,
              .leaves = leaves,
              .first = map->weights.begin / piece,
              .to = to};
    w.pieces = end / piece + (end % piece > 0) - w.first;
    to->leaves = to->count = 0;
    w.node_count = deal_nodes(map->dealt[map->rank], leaves, w.nodes);
    w.kept = calloc((size_t)map->size, sizeof *w.kept);
    int *owners = calloc(w.pieces + 1, sizeof *owners);
    int *held = calloc(w.pieces + 1, sizeof *held);

    elman_status status =
        w.kept && owners && held ? walk_all(&w, owners, held) : no_memory(&w);
    if (!status) to->leaves = leaves;
    free(w.kept);
    free(owners);
    free(held);
    return status;
}

void route_release(route *to)
{
    free(to->moves);
    *to = (route){0};
}
