/* batch.c: what a batch may be that a state is given. */
#include "model/model.h"

static elman_status check_shape(const elman_model *m, const elman_state *s,
                                const elman_batch *in)
{
    TRY(state_check(m, s));
    if (in->T > s->config.T || in->B > s->config.B || !in->T || !in->B)
        return failure(ELMAN_BAD_VALUE,
                       "the batch has T %zu and B %zu, expected 1 to the "
                       "state's T %zu and B %zu",
                       in->T, in->B, s->config.T, s->config.B);

    /* what the first layer reads */
    bool embeds = m->info.vocabulary > 0;
    if (embeds ? !in->tokens : !in->x)
        return failure(ELMAN_BAD_VALUE,
                       "the batch has no %s, which the first layer reads",
                       embeds ? "tokens" : "x");

    if (in->continues && !s->config.training)
        return failure(ELMAN_BAD_VALUE,
                       "continues is set, but only a training state has "
                       "gradients to continue");
    if (in->continues && s->config.budget)
        return failure(ELMAN_BAD_VALUE,
                       "continues is set, but the state has a budget, with "
                       "which a pass takes whole sequences: expected one of "
                       "all chunks");
    for (size_t b = 0; in->lengths && b < in->B; b++)
        if (in->lengths[b] > in->T)
            return failure(ELMAN_BAD_VALUE,
                           "lengths[%zu] is %zu, expected 0 to T %zu", b,
                           in->lengths[b], in->T);
    return ELMAN_OK;
}

elman_status batch_check_tokens(const elman_model *m, const elman_state *s,
                                const elman_batch *in)
{
    bool first = state_batch_first(m, s);
    for (size_t b = 0; in->tokens && m->info.vocabulary && b < in->B; b++) {
        size_t length = in->lengths ? in->lengths[b] : in->T;

        for (size_t t = 0; t < length; t++) {
            int32_t token = in->tokens[batch_row(first, in->T, in->B, t, b)];
            if (token < 0 || (size_t)token >= m->info.vocabulary)
                return failure(ELMAN_BAD_VALUE,
                               "the token at t %zu, b %zu is %d, expected 0 to "
                               "%zu",
                               t, b, token, m->info.vocabulary - 1);
        }
    }
    return ELMAN_OK;
}

/* As many steps as a sequence has are known where it is whole. */
static elman_status check_whole(const elman_model *m, const elman_state *s,
                                const elman_batch *in)
{
    for (size_t b = 0; m->repeats == AS_MANY && b < in->B; b++) {
        size_t length = in->lengths ? in->lengths[b] : in->T;
        uint64_t before = s->position[b] == FREE_SLOT ? 0 : s->position[b];
        if (length && before)
            return failure(ELMAN_BAD_VALUE,
                           "sequence %zu goes on after %llu: expected whole "
                           "ones, each after elman_state_reset, as the model "
                           "repeats",
                           b, (unsigned long long)before);
    }
    return ELMAN_OK;
}

elman_status batch_check(const elman_model *m, const elman_state *s,
                         const elman_batch *in)
{
    TRY(check_shape(m, s, in));
    TRY(batch_check_tokens(m, s, in));
    return check_whole(m, s, in);
}
