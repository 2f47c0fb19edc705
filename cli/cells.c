/* cells.c: see cells.h. */
#include "cells.h"
#include "lists.h"

char cell_words[CELL_TEXT];
char cell_needs[CELL_OPTIONS][CELL_TEXT];

/* The field of elman_layer that each option fills. */
static const char *const fields[CELL_OPTIONS] = {
    [CELL_NONLINEARITY] = "nonlinearity",
    [CELL_PROJ] = "proj_size",
    [CELL_PEEPHOLE] = "peephole",
    [CELL_COUPLED] = "coupled",
    [CELL_CLIP] = "clip",
    [CELL_RESET_BEFORE] = "reset_before",
    [CELL_RECURRENT_DROPOUT] = "recurrent_dropout",
    [CELL_ZONEOUT_CELL] = "zoneout_cell",
    [CELL_INIT_HIDDEN] = "init_hh",
    [CELL_FORGET_BIAS] = "forget_bias",
    [CELL_CHRONO] = "chrono",
};

/* The recurrent kind after this one; false past the last. */
static bool next_cell(elman_kind_info *info)
{
    elman_kind kind = info->kind;
    do {
        kind = (elman_kind)(kind + 1);
        if (elman_kind_read(kind, info) != ELMAN_OK) return false;
    } while (info->family != ELMAN_FAMILY_RECURRENT);
    return true;
}

void cells_read(void)
{
    elman_kind_info info = {.kind = ELMAN_END};
    while (next_cell(&info)) {
        list_add(cell_words, CELL_TEXT, "", "|", info.word);
        for (size_t i = 0; i < CELL_OPTIONS; i++)
            if (list_has(info.fields, fields[i]))
                list_add(cell_needs[i], CELL_TEXT, "cell=", ",", info.word);
    }
}

elman_kind cell_at(int index)
{
    elman_kind_info info = {.kind = ELMAN_END};
    for (int n = 0; n <= index && next_cell(&info); n++)
        continue;
    return info.kind;
}

elman_kind_info kind_of(const elman_layer *layer)
{
    elman_kind_info info = {.title = "unknown"};
    (void)!elman_kind_read(layer->kind, &info);
    return info;
}

bool is_recurrent(const elman_layer *layer)
{
    return kind_of(layer).family == ELMAN_FAMILY_RECURRENT;
}
