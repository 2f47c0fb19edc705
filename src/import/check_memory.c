/* check_memory.c: see check_memory.h. */
#include "import/check_memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

double check_distance(double got, double want)
{
    if (got == want) return 0;
    if (!isfinite(got) || !isfinite(want)) return INFINITY;
    return fabs(got - want) / (1e-5 + 1e-4 * fabs(want));
}

void memory_begin(const elman_state *from, elman_state *to)
{
    if (!from) return;
    const elman_model *m = from->model;
    size_t B = from->config.B;
    memcpy(to->memory.h, from->memory.h, B * m->memory_h * sizeof(float));
    memcpy(to->memory.c, from->memory.c, B * m->memory_c * sizeof(float));
}

/* (B,width) numbers of one level and direction, at the same place in both. */
static void compare_part(const elman_state *end, const float *got,
                         const float *want, size_t width, memory_worst *part,
                         memory_worst *worst)
{
    for (size_t i = 0; i < end->config.B * width; i++) {
        if (isnan(want[i])) continue;
        part->far = check_distance((double)got[i], (double)want[i]);
        if (part->far <= worst->far) continue;
        part->b = i / width;
        part->unit = i % width;
        part->got = (double)got[i];
        part->want = (double)want[i];
        *worst = *part;
    }
}

memory_worst memory_compare(const elman_state *end, const elman_state *state)
{
    memory_worst worst = {0};
    if (!end) return worst;
    const elman_model *m = end->model;
    size_t B = end->config.B;

    for (size_t i = 0; i < m->layer_count; i++) {
        const layer *l = m->layers + i;
        for (size_t n = 0; l->cell && n < l->D; n++) {
            const direction_plan *d = &l->directions[n];
            memory_worst part = {.layer = l, .direction = n};
            compare_part(end, state->memory.h + d->memory_h * B,
                         end->memory.h + d->memory_h * B, l->R, &part, &worst);
            part.cell = true;
            if (l->cell->has_cell)
                compare_part(end, state->memory.c + d->memory_c * B,
                             end->memory.c + d->memory_c * B, l->H, &part,
                             &worst);
        }
    }
    return worst;
}

void memory_describe(const elman_state *end, const memory_worst *worst,
                     const char *how, size_t room, char *text)
{
    const elman_model *m = end->model;
    size_t level = 0;
    for (const layer *l = m->layers; l < worst->layer; l++)
        if (l->cell && !strcmp(l->config.name, worst->layer->config.name))
            level++;
    snprintf(text, room,
             "%c_n of %.30s, level %zu%s, sequence %zu, unit %zu is %.7g%s, "
             "expected %.7g",
             worst->cell ? 'c' : 'h', worst->layer->config.name, level,
             worst->direction ? " reverse" : "", worst->b, worst->unit,
             worst->got, how, worst->want);
}
