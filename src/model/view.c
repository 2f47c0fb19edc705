/* view.c: what a run computed, by name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"

static elman_tensor tensor(float *data, size_t rank, size_t a, size_t b,
                           size_t c)
{
    return (elman_tensor){.data = data, .rank = rank, .shape = {a, b, c}};
}

/* No view of that name: who has asked says which there are. */
static const elman_status unknown = (elman_status)-1;

/* What a pass by chunks or by segments does not keep. */
static elman_status not_kept(const elman_state *s, const char *name)
{
    if (s->segments.plan.L && s->ran)
        return failure(ELMAN_BAD_VALUE,
                       "%.80s is not kept: a state with a budget has %zu steps "
                       "at a time, and keeps memory, gradients and one vector "
                       "per sequence",
                       name, s->segments.plan.L);
    if (!s->chunk || !s->ran) return unknown;
    return failure(ELMAN_BAD_VALUE,
                   "%.80s of %zu sequences is not kept: a state of more than "
                   "%zu takes some at a time, and keeps their memory and the y "
                   "of one step; with keep_steps in its config it keeps all",
                   name, s->config.B, s->chunk);
}

/* ---- Memory ------------------------------------------------------------- */

typedef struct memory_view {
    const char *name; /* of one level: h_n, dc_0 ... */
    const char *all;  /* of all levels: h, dc_0 ... */
    size_t at;        /* the array in elman_state */
    bool of_cell;
} memory_view;

static const memory_view memories[] = {
    {"h_n", "h", offsetof(elman_state, memory.h), false},
    {"c_n", "c", offsetof(elman_state, memory.c), true},
    {"dh_n", "dh_n", offsetof(elman_state, training.dh_n), false},
    {"dc_n", "dc_n", offsetof(elman_state, training.dc_n), true},
    {"dh_0", "dh_0", offsetof(elman_state, training.dh_0), false},
    {"dc_0", "dc_0", offsetof(elman_state, training.dc_0), true},
};

static float *memory_at(const elman_state *s, const memory_view *v)
{
    float *array;
    memcpy(&array, (const char *)s + v->at, sizeof array);
    return array;
}

/* All levels at once, if they have one size. */
static elman_status view_memory(const elman_model *m, const elman_state *s,
                                const memory_view *v, const char *name,
                                elman_tensor *view)
{
    size_t n = 0, directions = 0;
    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        if (!l->cell || (v->of_cell && !l->cell->has_cell)) continue;

        /* one array shows them all only if they are as wide */
        size_t width = v->of_cell ? l->H : l->R;
        if (n && width != n)
            return failure(ELMAN_BAD_VALUE,
                           "%s needs levels of one size, but there are %zu and "
                           "%zu; view layer0.%s and so on",
                           name, n, width, v->name);
        n = width;
        directions += l->D;
    }

    float *data = memory_at(s, v);
    if (!data || !n) return unknown;
    *view = tensor(data, 3, directions, s->config.B, n);
    return ELMAN_OK;
}

/* ---- A recurrent level -------------------------------------------------- */

typedef struct level_view {
    const char *name;
    size_t at;  /* the array in direction_state */
    char width; /* R, H or G */
    bool skips; /* its entry 0 is the initial state */
    bool training;
} level_view;

#define D(name) offsetof(direction_state, name)
static const level_view levels[] = {
    {"h", D(h), 'R', true, false},
    {"c", D(c), 'H', true, false},
    {"gate", D(gate), 'G', false, true},
    {"da", D(backward.da), 'G', false, true},
    {"dh", D(kept.dh), 'R', false, true},
    {"dc", D(kept.dc), 'H', false, true},
    {"dgate", D(kept.dgate), 'G', false, true},
};
#undef D

static elman_status view_level(const elman_state *s, size_t index,
                               const layer *l, size_t direction,
                               const char *what, const char *name,
                               elman_tensor *view)
{
    size_t T = layer_steps(l, s->full.T), B = s->full.B;

    /* what the last pass left */
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        const level_view *v = levels + i;
        if (strcmp(v->name, what) != 0) continue;
        float *data;
        memcpy(&data,
               (const char *)&s->layers[index].directions[direction] + v->at,
               sizeof data);

        /* there only if the state has it */
        if (v->training && !s->config.training) return unknown;
        size_t n = v->width == 'R' ? l->R : v->width == 'H' ? l->H : l->G;
        if (!data || !s->ran || s->segments.plan.L) return not_kept(s, name);
        *view = tensor(v->skips ? data + B * n : data, 3, T, B, n);
        return ELMAN_OK;
    }

    /* or the memory before and after it */
    for (size_t i = 0; i < sizeof memories / sizeof *memories; i++) {
        const memory_view *v = memories + i;
        if (strcmp(v->name, what) != 0) continue;
        float *data = memory_at(s, v);
        if (!data || (v->of_cell && !l->cell->has_cell)) return unknown;

        const direction_plan *d = &l->directions[direction];
        size_t at = v->of_cell ? d->memory_c : d->memory_h;
        *view = tensor(data + at * s->config.B, 2, s->config.B,
                       v->of_cell ? l->H : l->R, 0);
        return ELMAN_OK;
    }
    return unknown;
}

/* ---- Names -------------------------------------------------------------- */

/* "layer3_reverse.gate": level 3, direction 1, "gate". NULL if it is none. */
static const char *parse_level(const char *name, size_t *level,
                               size_t *direction)
{
    if (strncmp(name, "layer", 5) != 0 || name[5] < '0' || name[5] > '9')
        return NULL;
    char *end;
    *level = strtoul(name + 5, &end, 10);

    *direction = strncmp(end, "_reverse", 8) == 0;
    if (*direction) end += 8;
    return *end == '.' ? end + 1 : NULL;
}

/* The output of layer i or its gradient. */
static elman_tensor output_tensor(const elman_model *m, const elman_state *s,
                                  size_t i, float *data)
{
    size_t T = model_steps(m, i, s->full.T), B = s->full.B, O = m->layers[i].O;
    size_t blocks = i + 1 == m->layer_count ? model_outputs(m) : 1;

    if (model_per_sequence(m, i)) return tensor(data, 2, B, O, 0);
    if (blocks == 1) return tensor(data, 3, T, B, O);
    return (elman_tensor){data, 4, {blocks, T, B, O / blocks}};
}

/* The memory of a layer that pools, gradients at it, and its attention. */
static elman_status view_pool(const elman_model *m, const elman_state *s,
                              size_t index, const char *what, const char *name,
                              elman_tensor *view)
{
    const layer *l = m->layers + index;
    float *attention = s->layers[index].pool.attention;
    if (s->ran && s->segments.plan.L && strcmp(what, "attention") == 0)
        return not_kept(s, name);
    if (s->ran && attention && strcmp(what, "attention") == 0) {
        *view = tensor(attention, 2, layer_steps(l, s->full.T), s->full.B, 0);
        return ELMAN_OK;
    }

    for (size_t i = 0; i < sizeof memories / sizeof *memories; i++) {
        const memory_view *v = memories + i;
        if (v->of_cell || strcmp(v->name, what) != 0) continue;
        float *data = memory_at(s, v);
        if (!data) break;
        *view = tensor(data + l->memory_h * s->config.B, 2, s->config.B,
                       l->memory_width, 0);
        return ELMAN_OK;
    }
    return unknown;
}

/* The layer that pools and is called so, with a dot after it, or
 * layer_count. */
static size_t find_pool(const elman_model *m, const char *name)
{
    size_t i = 0;
    for (; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        size_t bytes = strlen(l->config.name);
        if (l->memory_width && strncmp(name, l->config.name, bytes) == 0 &&
            name[bytes] == '.')
            break;
    }
    return i;
}

static elman_status view_layer(const elman_model *m, const elman_state *s,
                               const char *name, elman_tensor *view)
{
    const char *dot = strrchr(name, '.');
    bool of_gradient = dot ? strcmp(dot, ".dy") == 0 : strcmp(name, "dy") == 0;
    bool of_output = dot ? strcmp(dot, ".y") == 0 : strcmp(name, "y") == 0;
    size_t pool = find_pool(m, name);
    if (pool < m->layer_count && !of_gradient && !of_output)
        return view_pool(m, s, pool, dot + 1, name, view);
    if (!s->ran || !(of_gradient || of_output)) return unknown;

    /* the last layer of that name, or the model's last */
    for (size_t i = m->layer_count; i-- > 0;) {
        const layer *l = m->layers + i;
        size_t bytes = strlen(l->config.name);
        if (dot && ((size_t)(dot - name) != bytes ||
                    strncmp(name, l->config.name, bytes) != 0))
            continue;

        float *data = of_gradient ? s->layers[i].dy : s->layers[i].y;
        if (of_output && !state_keeps_output(m, s)) data = NULL;
        bool last = m->info.per_sequence && i + 1 == m->layer_count;
        if (s->segments.plan.L && !last) return not_kept(s, name);
        if (!data) return of_output ? not_kept(s, name) : unknown;
        *view = output_tensor(m, s, i, data);
        return ELMAN_OK;
    }
    return unknown;
}

static elman_status view_gradient(const elman_model *m, elman_state *s,
                                  const char *name, elman_tensor *view)
{
    size_t bytes = strlen(name) - strlen(".grad");
    for (size_t i = 0; s->config.training && i < m->info.parameter_count; i++) {
        const parameter *p = m->parameters + i;
        if (strlen(p->name) != bytes || strncmp(p->name, name, bytes) != 0)
            continue;

        *view = tensor(gradients_join(s) + p->offset, p->rank, p->shape[0],
                       p->shape[1], 0);
        return ELMAN_OK;
    }
    return unknown;
}

static elman_status find(const elman_model *m, elman_state *s, const char *name,
                         elman_tensor *view)
{
    for (size_t i = 0; i < sizeof memories / sizeof *memories; i++)
        if (strcmp(memories[i].all, name) == 0)
            return view_memory(m, s, memories + i, name, view);

    size_t length = strlen(name), level, direction;
    if (length > 5 && strcmp(name + length - 5, ".grad") == 0)
        return view_gradient(m, s, name, view);

    const char *what = parse_level(name, &level, &direction);
    if (!what) return view_layer(m, s, name, view);
    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        if (l->cell && l->level == level && direction < l->D)
            return view_level(s, i, l, direction, what, name, view);
    }
    return unknown;
}

/* ---- Which there are ---------------------------------------------------- */

/* Names in a row, as far as there is room for them. */
typedef struct name_list {
    const elman_model *m;
    elman_state *s;
    size_t used;
    bool more; /* than there was room for */
    char text[1200];
} name_list;

/* Adds a name if there is such a view: "layer0", "_reverse" and "h". */
static void add_name(name_list *list, const char *of, const char *way,
                     const char *what)
{
    char name[ELMAN_MAX_NAME + 32];
    elman_tensor view;
    snprintf(name, sizeof name, "%s%s%s%s", of, way, of[0] ? "." : "", what);
    if (find(list->m, list->s, name, &view)) return;
    if (list->used + strlen(name) + 8 > sizeof list->text) {
        list->more = true;
        return;
    }

    int n = snprintf(list->text + list->used, sizeof list->text - list->used,
                     "%s%s", list->used ? ", " : "", name);
    list->used += n > 0 ? (size_t)n : 0;
}

static void add_level(name_list *list, const layer *l)
{
    char level[32];
    snprintf(level, sizeof level, "layer%zu", l->level);
    for (size_t d = 0; d < l->D; d++) {
        const char *way = d ? "_reverse" : "";
        for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
            add_name(list, level, way, levels[i].name);
        for (size_t i = 0; i < sizeof memories / sizeof *memories; i++)
            add_name(list, level, way, memories[i].name);
    }
}

/* Says which views there are instead. */
static elman_status refuse(const elman_model *m, elman_state *s,
                           const char *name)
{
    name_list list = {.m = m, .s = s};
    add_name(&list, "", "", "y");
    add_name(&list, "", "", "dy");
    for (size_t i = 0; i < sizeof memories / sizeof *memories; i++)
        add_name(&list, "", "", memories[i].all);
    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        const char *of = l->config.name;
        if (l->cell) add_level(&list, l);

        /* the last layer of that name is what it means */
        if (i + 1 < m->layer_count && !strcmp(of, l[1].config.name)) continue;
        add_name(&list, of, "", "y");
        add_name(&list, of, "", "dy");
        add_name(&list, of, "", "attention");
    }

    return failure(ELMAN_BAD_VALUE,
                   "there is no view %.80s in this state, expected one of %s%s"
                   "%s%s%s",
                   name, list.used ? list.text : "none yet",
                   list.more ? ", ..." : "",
                   s->config.training ? ", the name of a parameter and .grad"
                                      : "; training in its config adds gates "
                                        "and gradients",
                   s->ran ? "" : "; a pass adds what it computes",
                   s->config.training && !s->config.keep_gradients
                       ? "; keep_gradients adds those of each step"
                       : "");
}

elman_status state_view(const elman_model *m, elman_state *s, const char *name,
                        elman_tensor *view)
{
    TRY(state_check(m, s));
    elman_status status = find(m, s, name, view);
    return status == unknown ? refuse(m, s, name) : status;
}
