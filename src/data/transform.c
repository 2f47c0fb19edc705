/*
 * transform.c: lists of transforms, and one column forth and back.
 */
#include "data/transform.h"

#include "base/real.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Lists -------------------------------------------------------------- */

enum {
    STEP_NONE,
    STEP_ZSCORE,
    STEP_LOG,
    STEP_SEASONAL,
    STEP_DIFFERENCE,
    STEP_LAST,
    STEP_COUNT
};

static const char *const names[STEP_COUNT] = {[STEP_NONE] = "none",
                                              [STEP_ZSCORE] = "zscore",
                                              [STEP_LOG] = "log",
                                              [STEP_SEASONAL] = "seasonal",
                                              [STEP_DIFFERENCE] = "difference",
                                              [STEP_LAST] = "last"};

/* What a task can have, for messages. */
static const char *possible(elman_task task)
{
    if (task == ELMAN_TASK_FORECAST)
        return "a forecast takes none or a list of log, seasonal:12 (12 rows "
               "are a season), difference and last";
    if (task == ELMAN_TASK_LANGUAGE) return "text takes none";
    return "sequences take zscore or none";
}

static elman_status refuse(const char *item, size_t bytes, const char *why,
                           elman_task task)
{
    return failure(ELMAN_BAD_VALUE, "transform \"%.*s\" %s; %s",
                   bytes > 40 ? 40 : (int)bytes, item, why, possible(task));
}

/* The rows of a season behind "seasonal:"; 0 if they are none. */
static size_t read_season(const char *digits, size_t bytes)
{
    const size_t most = SIZE_MAX >> (4 * sizeof(size_t)); /* products fit */
    size_t season = 0;
    for (size_t i = 0; i < bytes; i++) {
        if (digits[i] < '0' || digits[i] > '9') return 0;
        season = season * 10 + (size_t)(digits[i] - '0');
        if (season > most) return 0;
    }
    return season;
}

static elman_status read_seasonal(const char *item, size_t bytes,
                                  elman_task task, size_t found, transform *t)
{
    size_t name = strlen(names[STEP_SEASONAL]);
    t->season = found;
    if (bytes > name)
        t->season = read_season(item + name + 1, bytes - name - 1);
    else if (!found)
        return refuse(item, bytes,
                      "says no season, and none was found in the data", task);

    return t->season < 2 ? refuse(item, bytes,
                                  "is not a season of 2 rows or "
                                  "more",
                                  task)
                         : ELMAN_OK;
}

/* Which step an item is: its name, or for a season the name and a colon. */
static unsigned find_step(const char *item, size_t bytes)
{
    unsigned step = 0;
    for (; step < STEP_COUNT; step++) {
        size_t name = strlen(names[step]);
        bool longer =
            step == STEP_SEASONAL && bytes > name && item[name] == ':';
        if ((bytes == name || longer) && !memcmp(item, names[step], name))
            break;
    }
    return step;
}

static elman_status read_item(const char *item, size_t bytes, elman_task task,
                              size_t found, unsigned *seen, transform *t)
{
    unsigned step = find_step(item, bytes);
    bool forecast = task == ELMAN_TASK_FORECAST;
    if (step == STEP_COUNT) return refuse(item, bytes, "is unknown", task);

    /* once, in company that suits it, and for its task */
    if (*seen & 1u << step) return refuse(item, bytes, "is named twice", task);
    if (*seen && (step == STEP_NONE || *seen & 1u << STEP_NONE))
        return refuse(item, bytes, "stands beside others, but none is alone",
                      task);

    bool fits =
        step == STEP_NONE || (step == STEP_ZSCORE ? !forecast : forecast);
    if (!fits || (task == ELMAN_TASK_LANGUAGE && step != STEP_NONE))
        return refuse(item, bytes, "does not fit the task", task);

    *seen |= 1u << step;
    switch (step) {
    case STEP_ZSCORE:
        t->zscore = true;
        break;
    case STEP_LOG:
        t->log = true;
        break;
    case STEP_SEASONAL:
        return read_seasonal(item, bytes, task, found, t);
    case STEP_DIFFERENCE:
        t->difference = true;
        break;
    case STEP_LAST:
        t->last = true;
        break;
    default:
        break;
    }
    return ELMAN_OK;
}

elman_status transform_parse(const char *text, elman_task task, size_t found,
                             transform *t)
{
    unsigned seen = 0;
    *t = (transform){0};

    /* one item per turn, up to a comma or the end */
    for (bool end = false; !end;) {
        text += strspn(text, " ");
        size_t whole = strcspn(text, ","), bytes = whole;
        while (bytes > 0 && text[bytes - 1] == ' ')
            bytes--;

        TRY(read_item(text, bytes, task, found, &seen, t));
        end = text[whole] == 0;
        text += whole + 1;
    }
    return ELMAN_OK;
}

void transform_print(const transform *t, char text[TRANSFORM_TEXT])
{
    char season[40] = "";
    if (t->season)
        snprintf(season, sizeof season, "%s:%zu,", names[STEP_SEASONAL],
                 t->season);

    int length =
        snprintf(text, TRANSFORM_TEXT, "%s%s%s%s%s", t->zscore ? "zscore," : "",
                 t->log ? "log," : "", season,
                 t->difference ? "difference," : "", t->last ? "last," : "");
    if (length > 0) text[length - 1] = 0; /* the last comma */
    else snprintf(text, TRANSFORM_TEXT, "%s", names[STEP_NONE]);
}

/* ---- Forecasts ---------------------------------------------------------- */

size_t transform_lost(const transform *t) { return t->season + t->difference; }

static double logarithm(const transform *t, double level)
{
    return t->log ? real_log(level) : level;
}

/* The row `back` before level, less the one a season before. */
static double seasonal(const transform *t, const double *level, size_t stride,
                       size_t back)
{
    level -= back * stride;
    double value = logarithm(t, *level);
    if (t->season)
        value -= logarithm(t, level[-(ptrdiff_t)(t->season * stride)]);
    return value;
}

double transform_value(const transform *t, const double *level, size_t stride)
{
    double value = seasonal(t, level, stride, 0);
    return t->difference ? value - seasonal(t, level, stride, 1) : value;
}

void transform_undo(const transform *t, const double *level, size_t stride,
                    double *values, size_t count)
{
    double last = t->last ? transform_value(t, level, stride) : 0;
    double before = t->difference ? seasonal(t, level, stride, 0) : 0;
    size_t m = t->season;

    for (size_t h = 0; h < count; h++) {
        double value = values[h * stride] + last;
        if (t->difference) value = before += value;

        /* a season before lies a known row, or one forecast already */
        if (m && h < m)
            value += logarithm(t, level[-(ptrdiff_t)((m - 1 - h) * stride)]);
        else if (m) value += values[(h - m) * stride];
        values[h * stride] = value;
    }

    for (size_t h = 0; t->log && h < count; h++)
        values[h * stride] = real_exp(values[h * stride]);
}

/* ---- Sequences ---------------------------------------------------------- */

void transform_standardize(double *values, size_t count, size_t stride)
{
    /* from the first value on, so that a constant is exactly 0 */
    double first = *values, sum = 0, squares = 0;
    for (size_t t = 0; t < count; t++)
        sum += values[t * stride] - first;

    double off = sum / (double)count;
    for (size_t t = 0; t < count; t++) {
        double distance = values[t * stride] - first - off;
        squares += distance * distance;
    }

    double scale = sqrt(squares / (double)count);
    for (size_t t = 0; t < count; t++) {
        double distance = values[t * stride] - first - off;
        values[t * stride] = scale < DBL_MIN ? 0 : distance / scale;
    }
}
