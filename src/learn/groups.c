/* groups.c: names to parameters, parameters to groups, groups to runs. */
#include "learn/groups.h"

#include "base/hash.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Names -------------------------------------------------------------- */

/* Whether text is what a pattern (bytes long) says, where * stands for any
 * characters, or none. */
static bool fits(const char *pattern, size_t bytes, const char *text)
{
    const char *end = pattern + bytes, *star = NULL, *from = text;
    while (*text) {
        if (pattern < end && *pattern == '*') {
            star = pattern++;
            from = text;
        } else if (pattern < end && *pattern == *text) {
            pattern++;
            text++;
        } else if (star) { /* the last star takes one more */
            pattern = star + 1;
            text = ++from;
        } else return false;
    }
    while (pattern < end && *pattern == '*')
        pattern++;
    return pattern == end;
}

/* Whether a name (bytes long) is that of parameter p or of its layer, or a
 * pattern of parameters' names. */
static bool is_meant(const parameter *p, const char *name, size_t bytes)
{
    bool whole = !strncmp(p->name, name, bytes) && p->name[bytes] == '.';
    return whole || fits(name, bytes, p->name);
}

/* The length of the name at *at, which moves over blanks before it; those
 * behind it do not count either. next becomes the name after it, unless it is
 * the last. */
static size_t name_bytes(const char **at, const char **next, bool *last)
{
    *at += strspn(*at, " ");
    size_t bytes = strcspn(*at, ",");
    *last = (*at)[bytes] == '\0';
    *next = *at + bytes + !*last;
    while (bytes > 0 && (*at)[bytes - 1] == ' ')
        bytes--;
    return bytes;
}

static elman_status unknown(const elman_model *m, const char *field,
                            const char *name, size_t bytes)
{
    if (!bytes)
        return failure(ELMAN_BAD_VALUE,
                       "%s has an empty name, expected layers or parameters "
                       "separated by commas",
                       field);

    /* the layers that have weights, of which each parameter begins with one */
    char list[400] = "";
    for (size_t i = 0; i < m->info.parameter_count; i++) {
        const char *own = m->parameters[i].name;
        int length = (int)strcspn(own, ".");
        const char *before = i ? m->parameters[i - 1].name : "";
        if (!strncmp(before, own, (size_t)length + 1)) continue;
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%.*s", used ? ", " : "",
                 length, own);
    }
    return failure(ELMAN_BAD_VALUE,
                   "%s names '%.*s', which is no layer or parameter of the "
                   "model; its layers with weights are %s",
                   field, bytes < 100 ? (int)bytes : 100, name, list);
}

/* Gives the parameters of a list to a group, unless it is NULL, and freezes
 * them if it is. */
static elman_status mark(const elman_model *m, const char *field,
                         const char *names, size_t number, size_t *group_of,
                         bool *frozen)
{
    bool last = !*names, named = false;
    for (const char *at = names, *next; !last; at = next) {
        size_t bytes = name_bytes(&at, &next, &last), found = 0;
        for (size_t i = 0; bytes && i < m->info.parameter_count; i++) {
            const parameter *p = m->parameters + i;
            if (!is_meant(p, at, bytes)) continue;
            found++;
            if (!number) {
                frozen[i] = true;
                continue;
            }
            if (group_of[i] && group_of[i] != number)
                return failure(ELMAN_BAD_VALUE,
                               "groups[%zu] and groups[%zu] both name %s, "
                               "expected each parameter in one group at most",
                               group_of[i] - 1, number - 1, p->name);
            group_of[i] = number;
        }
        bool closing = !bytes && last && named; /* behind the last comma */
        if (!found && !closing) return unknown(m, field, at, bytes);
        named = true;
    }
    return ELMAN_OK;
}

/* ---- Config ------------------------------------------------------------- */

static elman_status check_number(size_t number, const char *field, double value)
{
    if (value >= 0 && isfinite(value)) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE,
                   "groups[%zu].%s is %g, expected a finite number of 0 or "
                   "more",
                   number, field, value);
}

static elman_status check_group(size_t number, const elman_optimizer_group *g)
{
    bool decides = g->learning_rate != 0 || g->weight_decay != 0;
    if (!g->names || !*g->names)
        return failure(ELMAN_BAD_VALUE,
                       "groups[%zu].names is %s, expected layers or parameters "
                       "separated by commas",
                       number, g->names ? "empty" : "NULL");
    TRY(check_number(number, "learning_rate", g->learning_rate));
    TRY(check_number(number, "weight_decay", g->weight_decay));

    if (g->no_weight_decay && g->weight_decay != 0)
        return failure(ELMAN_BAD_VALUE,
                       "groups[%zu].weight_decay is %g and no_weight_decay is "
                       "set, expected one of them",
                       number, g->weight_decay);
    if (g->frozen && (decides || g->no_weight_decay))
        return failure(
            ELMAN_BAD_VALUE,
            "groups[%zu] is frozen and has a %s, expected one of "
            "them",
            number, g->learning_rate != 0 ? "learning rate" : "weight decay");
    return ELMAN_OK;
}

static elman_status check_config(const elman_optimizer_config *c)
{
    if (c->group_count && !c->groups)
        return failure(ELMAN_BAD_VALUE,
                       "group_count is %zu, but groups is "
                       "NULL",
                       c->group_count);

    bool decays = c->weight_decay > 0;
    for (size_t i = 0; i < c->group_count; i++) {
        TRY(check_group(i, &c->groups[i]));
        decays = decays || c->groups[i].weight_decay > 0;
    }
    if (c->no_bias_decay && !decays)
        return failure(ELMAN_BAD_VALUE,
                       "no_bias_decay is set, but weight_decay is 0: expected "
                       "a decay, or neither");
    return ELMAN_OK;
}

/* ---- Groups ------------------------------------------------------------- */

/* Each group of the config, the first being what no group names, stands here
 * twice, the second time without decay; the last is what is frozen. */
static size_t position(size_t number, bool decays)
{
    return 2 * number + !decays;
}

static void fill_groups(const elman_optimizer_config *c, weight_groups *w)
{
    for (size_t i = 0; i <= c->group_count; i++) {
        weight_group own = {.config = i, .weight_decay = c->weight_decay};
        const elman_optimizer_group *g = i ? &c->groups[i - 1] : NULL;
        if (g) {
            own.frozen = g->frozen;
            own.learning_rate = g->learning_rate;
            if (g->weight_decay > 0) own.weight_decay = g->weight_decay;
            if (g->no_weight_decay) own.weight_decay = 0;
        }

        w->groups[position(i, true)] = own;
        own.weight_decay = 0;
        w->groups[position(i, false)] = own;
    }
    w->groups[w->group_count - 1] = (weight_group){.frozen = true};
}

/* Adds the weights from begin to before end, which join the run before them if
 * that is of their group and has room. Without runs it only counts. */
static void add_run(weight_groups *w, size_t begin, size_t end,
                    const weight_group *group, weight_run *last)
{
    while (begin < end) {
        if (last->group != group || last->count == RUN_MOST) {
            *last = (weight_run){.begin = begin, .group = group};
            w->run_count++;
        }
        size_t room = RUN_MOST - last->count;
        size_t count = end - begin < room ? end - begin : room;
        last->count += count;
        begin += count;
        if (w->runs) w->runs[w->run_count - 1] = *last;
    }
}

/* The runs of all weights; a parameter's reach to the next one. */
static void list_runs(weight_groups *w, size_t n, const elman_model *m,
                      const elman_optimizer_config *c, const size_t *group_of,
                      const bool *frozen)
{
    weight_run last = {0};
    w->run_count = 0;
    if (!m) add_run(w, 0, n, w->groups, &last);

    for (size_t i = 0; m && i < m->info.parameter_count; i++) {
        const parameter *p = m->parameters + i;
        bool ends = i + 1 == m->info.parameter_count;
        bool decays = !c->no_bias_decay || p->rank > 1;
        size_t at = position(group_of[i], decays);
        if (frozen[i]) at = w->group_count - 1;
        add_run(w, p->offset, ends ? n : p[1].offset, w->groups + at, &last);
    }
}

static uint64_t layout_of(const elman_model *m)
{
    uint64_t hash = HASH_EMPTY;
    for (size_t i = 0; i < m->info.parameter_count; i++) {
        hash = hash_word(hash, m->parameters[i].offset, 8);
        hash = hash_word(hash, m->parameters[i].count, 8);
    }
    return hash;
}

static elman_status no_memory(void)
{
    return failure(ELMAN_NO_MEMORY, "no memory for groups of weights");
}

/* Whose parameters are whose: group_of and frozen (parameters). */
static elman_status settle(const elman_optimizer_config *c,
                           const elman_model *m, const char *names,
                           size_t *group_of, bool *frozen)
{
    for (size_t i = 0; i < c->group_count; i++) {
        char field[40];
        snprintf(field, sizeof field, "groups[%zu]", i);
        TRY(mark(m, field, c->groups[i].names, i + 1, group_of, frozen));
    }
    if (names) TRY(mark(m, "frozen", names, 0, group_of, frozen));

    /* something has to be left */
    size_t held = 0;
    for (size_t i = 0; i < m->info.parameter_count; i++) {
        size_t number = group_of[i];
        held += frozen[i] || (number && c->groups[number - 1].frozen);
    }
    if (!held || held < m->info.parameter_count) return ELMAN_OK;
    if (names)
        return failure(ELMAN_BAD_VALUE,
                       "frozen is '%.100s', which leaves no weight to train",
                       names);
    return failure(ELMAN_BAD_VALUE,
                   "the frozen groups leave no weight to train");
}

static elman_status make_runs(const elman_optimizer_config *c, size_t n,
                              const elman_model *m, const size_t *group_of,
                              const bool *frozen, weight_groups *w)
{
    fill_groups(c, w);
    list_runs(w, n, m, c, group_of, frozen);
    w->runs = calloc(w->run_count + 1, sizeof *w->runs);
    if (!w->runs) return no_memory();
    list_runs(w, n, m, c, group_of, frozen);
    return ELMAN_OK;
}

elman_status groups_init(const elman_optimizer_config *c, size_t n,
                         const elman_model *m, const char *names,
                         weight_groups *w)
{
    *w = (weight_groups){0};
    TRY(check_config(c));
    if (!m && (c->group_count || c->no_bias_decay || names))
        return failure(ELMAN_BAD_VALUE,
                       "groups need parameters, but these weights have no "
                       "names: expected those of a model");

    /* as many as position() has, and what is frozen */
    size_t most = SIZE_MAX / 4 / sizeof *w->groups;
    if (c->group_count > most) return no_memory();
    w->group_count = position(c->group_count, false) + 2;
    w->groups = calloc(w->group_count, sizeof *w->groups);
    size_t parameters = m ? m->info.parameter_count : 0;
    size_t *group_of = calloc(parameters + 1, sizeof *group_of);
    bool *frozen = calloc(parameters + 1, sizeof *frozen);

    elman_status status = ELMAN_OK;
    if (!w->groups || !group_of || !frozen) status = no_memory();
    if (!status && m) status = settle(c, m, names, group_of, frozen);
    if (!status) status = make_runs(c, n, m, group_of, frozen, w);
    if (m) w->layout = layout_of(m);
    free(group_of);
    free(frozen);
    return status;
}

void groups_release(weight_groups *w)
{
    free(w->groups);
    free(w->runs);
    *w = (weight_groups){0};
}

elman_status groups_check(const weight_groups *w, const elman_model *m)
{
    if (!w->layout || w->layout == layout_of(m)) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE,
                   "the optimizer was made for another model, expected one "
                   "made for this");
}

const weight_group *groups_find(const weight_groups *w, size_t offset)
{
    size_t first = 0, end = w->run_count;
    while (end - first > 1) {
        size_t middle = first + (end - first) / 2;
        if (w->runs[middle].begin <= offset) first = middle;
        else end = middle;
    }
    return w->runs[first].group;
}
