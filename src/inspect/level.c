/*
 * level.c: the directions of a model's recurrent levels.
 */
#include "inspect/level.h"

#include <stdio.h>

elman_status levels_count(const elman_model *model, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < model->layer_count; i++)
        if (model->layers[i].cell) *count += model->layers[i].D;
    if (*count) return ELMAN_OK;
    return failure(ELMAN_BAD_VALUE,
                   "the model has no recurrent level, expected at least one");
}

void levels_list(const elman_model *model, level_direction *levels)
{
    for (size_t i = 0; i < model->layer_count; i++) {
        const layer *l = model->layers + i;
        for (size_t d = 0; d < l->D && l->cell; d++) {
            *levels = (level_direction){.index = i, .l = l, .direction = d};
            snprintf(levels->name, sizeof levels->name, "layer%zu%s", l->level,
                     d ? "_reverse" : "");
            levels++;
        }
    }
}

size_t level_entry(const level_direction *at, size_t length, size_t t)
{
    bool reverse = at->direction || at->l->config.reverse;
    return reverse ? length - 1 - t : t;
}
