/*
 * choice.h: which of a few ways to do the same thing is the fastest, found out
 * while it is done, again and again. It takes times from outside, so a test can
 * give it any history.
 *
 * One way is in use: at first the one that is expected to be fastest. Now and
 * then another one is tried for a pass and held against the passes around it,
 * so that what slows all of them for a while does not count. The one in use is
 * left only on repeated evidence: a few tries that were much faster, or many
 * that were faster on the average. So a bad moment costs some passes. What
 * tries may cost is bounded: 1.5 % of all time.
 */
#ifndef LAYER_CHOICE_H
#define LAYER_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

enum { CHOICE_WAYS = 4 };

/* What is known of a way. All times are in those of the way in use, whose ratio
 * is not used. A count fades: what was long ago counts less. */
typedef struct choice_way {
    bool can;           /* it is one of those to choose from */
    uint16_t wait, due; /* passes between its tries, and before its next one */
    float ratio;        /* its time: expected, then of the last tries */
    float lead;         /* how much faster it was in tries that followed each
                           other, as a sum; from 1 on it is taken */
    float tries, sum, spread; /* tries without those that were interrupted;
                                 their times; and the squares of how far they
                                 were from the passes around them */
    float passes, excess;     /* passes, and what interruptions added to them */
    float cost; /* what its tries have cost, beyond the way in use */
} choice_way;

/* No pointers in it, so it may be copied and moved. */
typedef struct choice {
    choice_way ways[CHOICE_WAYS];
    uint8_t now;      /* the way in use */
    uint8_t trial;    /* the way that is tried, or CHOICE_WAYS */
    uint8_t left;     /* passes that its try still takes */
    uint8_t repeats;  /* passes of a try; the last one counts */
    uint8_t rivals;   /* ways besides the one in use */
    uint8_t since;    /* passes since the last try, at most 2 */
    uint8_t slow;     /* passes in a row that were far above level */
    float level;      /* what a pass takes, without interruptions */
    float last;       /* the pass before */
    float before;     /* the lesser of the last two passes before the try */
    float tried;      /* the try */
    float sum, count; /* of the passes since the last try, without those that
                         were interrupted */
    double spent;     /* all that was reported */
} choice;

/* Begins with the way that is expected to be fastest. expected (CHOICE_WAYS):
 * times in any unit, 0: there is no such way; at least one is not 0. A try
 * takes so many passes, of which the last counts: more than one where another
 * way leaves caches cold. */
void choice_begin(choice *c, const double *expected, unsigned repeats);

/* The way that the next pass shall go. */
unsigned choice_next(const choice *c);

/* Whether that is a try. */
bool choice_tries(const choice *c);

/* A pass went the way that choice_next said, and took so long, in any unit that
 * is the same for all passes. */
void choice_report(choice *c, double taken);

#endif
