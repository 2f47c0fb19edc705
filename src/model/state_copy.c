/*
 * state_copy.c: one state becomes what another one is: the same block of bytes,
 * with pointers of its own.
 */
#include <string.h>

#include "model/model.h"

/* The fields of a config that states must share to be copies. */
static elman_status check_configs(const elman_state_config *a,
                                  const elman_state_config *b)
{
    static const struct {
        const char *name;
        size_t at;
    } fields[] = {
        {"T", offsetof(elman_state_config, T)},
        {"B", offsetof(elman_state_config, B)},
        {"block", offsetof(elman_state_config, block)},
        {"passes", offsetof(elman_state_config, passes)},
        {"open_blocks", offsetof(elman_state_config, open_blocks)},
        {"budget", offsetof(elman_state_config, budget)},
    };
    const char *one = a->training != b->training ? "is for training"
                      : a->keep_gradients != b->keep_gradients
                          ? "keeps gradients"
                      : a->keep_steps != b->keep_steps ? "keeps all steps"
                                                       : NULL;
    if (one)
        return failure(ELMAN_BAD_VALUE,
                       "one of the states %s, expected both or none", one);

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        size_t mine, theirs;
        memcpy(&mine, (const char *)a + fields[i].at, sizeof mine);
        memcpy(&theirs, (const char *)b + fields[i].at, sizeof theirs);
        if (mine != theirs)
            return failure(ELMAN_BAD_VALUE,
                           "%s of the states is %zu and %zu, expected equal "
                           "ones",
                           fields[i].name, mine, theirs);
    }
    return ELMAN_OK;
}

/* What a forward found out about its batch. */
static void copy_counts(pass *to, const pass *from)
{
    to->ragged = from->ragged;
    to->row_count = from->row_count;
    to->leaf_count = from->leaf_count;
}

elman_status state_copy(elman_state *to, const elman_state *from)
{
    if (to->model != from->model)
        return failure(ELMAN_BAD_VALUE,
                       "the states were made for two models, expected one");
    TRY(check_configs(&to->config, &from->config));
    if (to == from) return ELMAN_OK;

    /* all but what only sums use: of it, what they hold; and no room, of which
     * each state has as much as it has threads */
    size_t begin = (size_t)((const char *)from->position - (const char *)from);
    size_t end = from->room;
    if (from->config.training) {
        size_t sums, after = gradients_extent(from, &sums);
        memcpy((char *)to + begin, (const char *)from + begin, sums - begin);
        gradients_copy_arrays(&to->training.sums, &from->training.sums);
        begin = after;
    }
    memcpy((char *)to + begin, (const char *)from + begin, end - begin);

    /* pointers are to's own: carved for the same pass, aliases moved along. to
     * need never have run */
    to->ran = from->ran;
    to->ready = from->ready && !from->segments.plan.L;
    to->changes = from->changes;
    to->config.seed = from->config.seed;
    to->training.seed = from->training.seed;
    to->training.draw = from->training.draw;
    to->training.sums.continues = from->training.sums.continues;

    pass full = from->full, tail = from->tail, again = from->again;
    if (from->chunk) chunks_carve(to);
    else state_carve(to, from->carved_T, full.B);
    to->full.T = full.T;
    to->full.B = full.B;
    for (size_t i = 0; i < to->model->layer_count; i++) {
        const layer_state *at = from->layers + i;
        if (at->y != at->own)
            to->layers[i].y =
                (float *)((char *)to + ((char *)at->y - (const char *)from));
    }
    copy_counts(&to->full, &full);
    copy_counts(&to->tail, &tail);
    copy_counts(&to->again, &again);
    return ELMAN_OK;
}
