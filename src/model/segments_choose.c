/*
 * segments_choose.c: whether a state has a budget that cuts its passes, and
 * then the way through the segments, which not every program has: see budget.h.
 */
#include "model/model.h"

static const segment_way *segments_here(void)
{
#ifdef __ELF__
    if (!elman__segments) return NULL;
#endif
    return elman__segments();
}

bool segments_fit(const elman_model *m) { return m->repeats == 0; }

elman_status segments_choose(const elman_model *m,
                             const elman_state_config *full, segment_plan *plan)
{
    *plan = (segment_plan){0};
    if (full->budget == 0) return ELMAN_OK;
    if (!segments_fit(m))
        return failure(ELMAN_BAD_VALUE,
                       "budget is %zu, but the model repeats, and what is "
                       "behind a repeat needs all its steps: expected none",
                       full->budget);
    size_t room, all = state_bytes(m, full, *plan, &room);
    if (all && all <= full->budget) return ELMAN_OK;

    const segment_way *way = segments_here();
    if (way) return way->choose(m, full, plan);
    return failure(ELMAN_BAD_VALUE,
                   "budget is %zu, but nothing in this program goes back "
                   "through a pass, so that it was linked without segments: "
                   "call elman_model_backward, elman_model_loss_backward or "
                   "elman_trainer_create, or add -Wl,-u,elman__segments",
                   full->budget);
}

void segments_lay_out(const elman_model *m, elman_state *s, arena *a)
{
    if (s->segments.plan.L) segments_here()->lay_out(m, s, a);
}

void segments_forward(const elman_model *m, elman_state *s,
                      const elman_batch *in, float *y)
{
    segments_here()->forward(m, s, in, y);
}
