/* choice.c: see choice.h. */
#include "layer/choice.h"

#include <math.h>
#include <string.h>

/* Part of all time that tries may cost together; and passes that the tries of
 * each way may cost besides, so that the first ones are early. */
static const float BUDGET = 0.015f, ADVANCE = 2;

/* Passes between two tries of a way: at least, and as long as it never is
 * faster. */
enum { SHORTEST = 4, LONGEST = 32 };

/* A try counts by how much it is faster, less this, and by no more than that;
 * a lead of 1 is enough. */
static const float HANDICAP = 0.1f, MOST = 2.0f / 3, LEAD = 1;

/* On the average a way must be faster by so much, which must be so many times
 * what chance would explain; each try fades a little with the next. */
static const float MARGIN = 0.01f, CHANCES = 2, ENOUGH_TRIES = 4, FADE = 0.99f;

/* A pass that takes so many times what others take was interrupted. It counts
 * by what that added, at most so much; for a way that had few passes as if it
 * had had so many more of the way in use. */
static const float INTERRUPTED = 1.6f, WORST = 10, PRIOR = 25, OLD = 0.9995f;

/* Ratios that are told apart; a first expectation may be worse. */
static const float LEAST_RATIO = 0.25f, MOST_RATIO = 4, HOPELESS = 16;

/* A way that is this close costs nothing to try. */
static const float CLOSE = 1.1f;

/* So many passes in a row that are so much slower are worth new tries. */
enum { ALARM = 3 };
static const float ALARMING = 1.3f;

static float lesser_of(float a, float b) { return a < b ? a : b; }

static float greater_of(float a, float b) { return a > b ? a : b; }

static float bound(float x, float least, float most)
{
    return x < least ? least : x > most ? most : x;
}

void choice_begin(choice *c, const double *expected, unsigned repeats)
{
    memset(c, 0, sizeof *c);
    c->trial = CHOICE_WAYS;
    c->repeats = (uint8_t)repeats;

    /* the fastest, and how many others there are */
    double least = 0;
    unsigned count = 0;
    for (unsigned w = 0; w < CHOICE_WAYS; w++) {
        c->ways[w].can = expected[w] > 0;
        if (!c->ways[w].can) continue;
        count++;
        if (least == 0 || expected[w] < least) {
            least = expected[w];
            c->now = (uint8_t)w;
        }
    }
    c->rivals = (uint8_t)(count > 1 ? count - 1 : 1);

    for (unsigned w = 0; w < CHOICE_WAYS; w++) {
        choice_way *way = c->ways + w;
        way->ratio = bound((float)(expected[w] / least), 1, HOPELESS);
        way->wait = SHORTEST;
        way->due = 2;
    }
}

unsigned choice_next(const choice *c) { return c->left ? c->trial : c->now; }

bool choice_tries(const choice *c) { return c->left > 0; }

/* ---- Tries -------------------------------------------------------------- */

static bool is_affordable(const choice *c, const choice_way *way)
{
    float loss = way->ratio > 1 ? (way->ratio - 1) * c->level : 0;
    double budget = (double)BUDGET / c->rivals * c->spent;
    return (double)(way->cost + loss * (float)c->repeats) <=
           budget + (double)(ADVANCE * c->level * (float)c->repeats);
}

/* Plans a try of the most promising way that is due, if there is one. */
static void plan_try(choice *c)
{
    const choice_way *best = NULL;
    for (unsigned w = 0; w < CHOICE_WAYS; w++) {
        const choice_way *way = c->ways + w;
        if (!way->can || w == c->now || way->due > 0 || !is_affordable(c, way))
            continue;

        bool better = !best || way->lead > best->lead ||
                      (way->lead == best->lead && way->ratio < best->ratio);
        if (!better) continue;
        best = way;
        c->trial = (uint8_t)w;
        c->left = c->repeats;
    }
}

/* Counts a pass of a way, in passes of the way in use. */
static void count_pass(choice_way *way, float taken)
{
    bool interrupted = taken > INTERRUPTED;
    way->passes = way->passes * OLD + 1;
    way->excess =
        way->excess * OLD + (interrupted ? bound(taken, 0, WORST) - 1 : 0);
}

/* What interruptions add to a pass; prior: to one of the way in use. */
static float excess_of(const choice_way *way, float prior)
{
    return (way->excess + PRIOR * prior) / (way->passes + PRIOR);
}

/* How much less a pass of the way takes on the average, or 0 where chance might
 * explain it. */
static float gain_of(const choice *c, const choice_way *way)
{
    if (way->tries < ENOUGH_TRIES) return 0;

    float here = excess_of(c->ways + c->now, 0);
    float there =
        excess_of(way, here) * bound(way->ratio, LEAST_RATIO, MOST_RATIO);
    float gain = 1 - way->sum / way->tries + here - there;

    float chance = sqrtf(way->spread) / way->tries;
    return gain > CHANCES * chance ? gain : 0;
}

/* The way becomes the one in use. What was known of the pair stays so, the
 * other way round; leads begin again. */
static void take(choice *c, uint8_t w)
{
    choice_way *to = c->ways + w, *from = c->ways + c->now;
    float ratio = bound(to->ratio, LEAST_RATIO, 0.98f);
    float mean = to->tries > 0 && to->sum > 0 ? to->sum / to->tries : 1;

    for (unsigned i = 0; i < CHOICE_WAYS; i++) {
        choice_way *way = c->ways + i;
        way->ratio = bound(way->ratio / ratio, LEAST_RATIO, MOST_RATIO);
        way->sum /= mean;
        way->spread /= mean * mean;
        way->lead = 0;
        way->wait = way->due = SHORTEST;
    }

    from->ratio = 1 / ratio;
    from->tries = to->tries;
    from->sum = to->tries / mean;
    from->spread = to->spread;
    to->tries = to->sum = to->spread = 0;

    c->now = w;
    c->since = 0;
    c->level *= ratio;
}

/* How much faster the try was than the passes before and after it, about as a
 * logarithm; 0 if it lies between them. */
static float lead_of(const choice *c, float after)
{
    float least = lesser_of(c->before, after),
          most = greater_of(c->before, after);
    float other = c->tried < least ? least : c->tried > most ? most : c->tried;
    float lead =
        other + c->tried > 0 ? 2 * (other - c->tried) / (other + c->tried) : 0;
    return bound(lead, -MOST, MOST);
}

/* The passes around a try are there: what does it say? */
static void judge(choice *c, float after)
{
    choice_way *way = c->ways + c->trial;
    float usual = c->count > 0 ? c->sum / c->count : c->level;
    float taken = usual > 0 ? c->tried / usual : 1;
    c->sum = c->count = 0;

    /* on the average */
    count_pass(way, taken);
    way->ratio += 0.2f * (bound(taken, LEAST_RATIO, MOST_RATIO) - way->ratio);
    if (taken <= INTERRUPTED) {
        way->tries = way->tries * FADE + 1;
        way->sum = way->sum * FADE + taken;
        way->spread = way->spread * FADE + (taken - 1) * (taken - 1);
    }

    /* and in a row: a lead is followed up */
    way->lead = greater_of(way->lead + lead_of(c, after) - HANDICAP, 0);
    way->wait = way->lead > 0             ? SHORTEST
                : 2 * way->wait > LONGEST ? LONGEST
                                          : (uint16_t)(2 * way->wait);
    way->due = way->lead > 0 ? 0 : way->ratio < CLOSE ? SHORTEST : way->wait;

    uint8_t tried = c->trial;
    c->trial = CHOICE_WAYS;
    if (way->lead >= LEAD || gain_of(c, way) > MARGIN) take(c, tried);
}

/* ---- Passes ------------------------------------------------------------- */

static void report_try(choice *c, float taken)
{
    choice_way *way = c->ways + c->trial;
    float loss = bound(taken - c->level, -c->level, 4 * c->level);
    way->cost = greater_of(way->cost + loss, 0);

    c->tried = taken;
    c->since = 0;
    c->left--;
}

/* A pass of the way in use, in its level and in what follows from that. */
static void count_usual(choice *c, float taken)
{
    if (c->level == 0) c->level = taken;
    count_pass(c->ways + c->now, c->level > 0 ? taken / c->level : 1);
    if (taken <= INTERRUPTED * c->level) {
        c->sum += taken;
        c->count++;
    }

    /* suddenly slower: maybe it is this way alone */
    c->slow = taken > ALARMING * c->level ? (uint8_t)(c->slow + 1) : 0;
    bool alarm = c->slow == ALARM;
    if (alarm) c->slow = 0;
    c->level += 0.05f * (bound(taken, 0, 2 * c->level) - c->level);

    for (unsigned w = 0; w < CHOICE_WAYS; w++) {
        choice_way *way = c->ways + w;
        if (alarm) way->wait = SHORTEST;
        if (alarm) way->due = 0;
        else if (way->due > 0) way->due--;
    }
}

void choice_report(choice *c, double taken)
{
    float time = (float)taken;
    c->spent += taken;
    if (c->left > 0) {
        report_try(c, time);
        return;
    }
    count_usual(c, time);

    /* the lesser of two, before a try and after it */
    float lesser = c->since ? lesser_of(time, c->last) : time;
    c->last = time;
    if (c->since < 2) c->since++;
    if (c->since < 2) {
        if (c->trial == CHOICE_WAYS) c->before = lesser;
        return;
    }

    if (c->trial != CHOICE_WAYS) judge(c, lesser);
    c->before = lesser;
    if (c->since == 2) plan_try(c);
}
