/*
 * flip.c: steps that are turned round, by Slice with a step of -1 or by
 * ReverseSequence. Such a view begins at the last index of its source and steps
 * back; what reads it is a recurrent layer in the other direction.
 */
#include "trace/flip.h"

#include "trace/attribute.h"
#include "trace/start.h"
#include "trace/view.h"

bool view_find_flip(const trace *t, const view *of, size_t *axis,
                    size_t *number)
{
    for (*axis = 0; *axis + 1 < of->rank; ++*axis)
        for (*number = 0; *number < of->axes[*axis].factor_count; ++*number)
            if (factor_is_flipped(t, of, of->axes[*axis].factors + *number))
                return true;
    return false;
}

bool view_flip_factor(const trace *t, view *of, factor *f,
                      const traced_value *lengths)
{
    if (f->axis == BROADCAST) return false;

    /* back again, if it was turned in the same way */
    if (factor_is_flipped(t, of, f)) {
        bool same = !lengths == !of->lengths &&
                    (!lengths || same_memory(t, lengths, of->lengths));
        f->step = 1;
        of->offset[f->axis] = 0;
        of->from_end[f->axis] = false;
        of->lengths = NULL;
        return same;
    }

    const extent *size = t->sources[of->source].shape + f->axis;
    if (!factor_is_whole(t, of, f) || of->lengths) return false;

    /* it begins at the last index, wherever that is, and steps back */
    bool known = extent_is_plain(size);
    of->offset[f->axis] = known ? size->factor - 1 : 0;
    of->from_end[f->axis] = !known;
    of->lengths = lengths;
    f->step = -1;
    return true;
}

bool view_flip(const trace *t, view *of, size_t axis,
               const traced_value *lengths)
{
    view_axis *a = of->axes + axis;
    if (a->factor_count == 0) return true; /* one index is where it was */
    return a->factor_count == 1 && view_flip_factor(t, of, a->factors, lengths);
}

elman_status trace_reverse_sequence(trace *t, const onnx_node *n,
                                    traced_value *const *in,
                                    traced_value *const *out)
{
    int64_t batch, time;
    size_t batch_axis, time_axis;
    const view *of = NULL;
    TRY(need_view(n, in[0], &of));
    TRY(attribute_whole(n, "batch_axis", 1, &batch));
    TRY(attribute_whole(n, "time_axis", 0, &time));
    TRY(check_axis(n, batch, of->rank, &batch_axis));
    TRY(check_axis(n, time, of->rank, &time_axis));

    /* lengths that are all of the steps turn each sequence round as a whole */
    extent T, B;
    traced_value *lengths = NULL;
    TRY(view_size(n, of, time_axis, &T));
    TRY(view_size(n, of, batch_axis, &B));
    TRY(lengths_read(t, n, in[1], &T, &B, &lengths));

    TRY(value_copy_views(t, n, in[0], out[0]));
    if (view_flip(t, out[0]->views, time_axis, lengths)) return ELMAN_OK;
    return refuse(n, "it turns a part of an axis round, or one that was turned "
                     "within other lengths");
}
