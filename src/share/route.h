/*
 * route.h: the way of a gradient's sum from the nodes of all ranks to the
 * owners of its blocks. A node of the tree (base/tree.h) of which several ranks
 * have leaves is shared by them piece by piece. Who holds a piece of a node
 * holds it in one half of the node or in both, and gets what is missing from
 * the rank that holds it in the other half. Of four ranks with a leaf each:
 *
 *     piece                     0  1  2  3
 *     all leaves      held by   0  2  1  3
 *     leaves 0 and 1            0  0  1  1
 *     leaves 2 and 3            2  2  3  3
 *     each leaf                 by its rank
 *
 * So a rank gives a piece of each of its nodes away once at most, half of them
 * in the first round, and there are as many rounds as the tree has levels above
 * those nodes. With a power of two of ranks and one node each that is recursive
 * halving with the nearest rank first (Rabenseifner 2004); it is as good with
 * any other number of either.
 */
#ifndef SHARE_ROUTE_H
#define SHARE_ROUTE_H

#include "base/deal.h"
#include "base/status.h"

/* What a rank does with some weights in a round: gives those of one of its
 * nodes, adds those that arrive to one, takes them as they are, or adds one of
 * its nodes (other) to another. */
typedef struct route_move {
    size_t round;
    enum { MOVE_GIVE, MOVE_ADD, MOVE_TAKE, MOVE_JOIN } what;
    int rank; /* to or from which */
    size_t node, other;
    stretch weights;
} route_move;

/* All moves of a rank; those of a round in the order of its messages. In the
 * end the sum is in node 0. */
typedef struct route {
    size_t leaves, rounds, count, room; /* room for so many moves */
    route_move *moves;                  /* (count) */
} route;

/* Who goes it with which weights: which leaves the ranks have, which pieces the
 * weights are cut in, which rank's slice comes where (deal_order), and where
 * slices begin: those that ranks own, and those in which they first hold the
 * sum. */
typedef struct route_map {
    int size, rank;
    const int *order;     /* (size) */
    const stretch *dealt; /* (size) leaves of each rank */
    stretch weights;
    size_t piece;
    const size_t *owned, *held; /* (size + 1) weights, each a multiple of piece
                                   but for the end */
} route_map;

/* The moves of a rank for the sum of so many leaves, at least one. */
elman_status route_find(const route_map *map, size_t leaves, route *route);
void route_release(route *route);

#endif
