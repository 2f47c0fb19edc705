/*
 * ending.c: from steps to one vector of each sequence, and from such a vector
 * to many steps.
 */
#include "trace/ending.h"

#include "trace/attribute.h"
#include "trace/view.h"

#include <string.h>

/* ---- One vector per sequence --------------------------------------------- */

/* Adds a layer that gives one vector per sequence. */
static elman_status add_ending(trace *t, const onnx_node *n,
                               const elman_layer *config)
{
    const traced_layer *below = &t->layers[t->layer_count - 1];
    if (t->layer_count == ELMAN_MAX_LAYERS)
        return refuse(n, "more than %d layers", ELMAN_MAX_LAYERS);

    /* its output has the axes of the layer below but that of the steps */
    source s = {.kind = SOURCE_LAYER, .index = t->layer_count};
    const source *y = t->sources + below->y;
    bool dropped = false;
    for (size_t k = 0; k < y->rank; k++) {
        bool time = y->identity[k] == t->time && !dropped;
        dropped = dropped || time;
        if (time) continue;
        s.shape[s.rank] = y->shape[k];
        s.identity[s.rank++] = y->identity[k];
    }

    traced_layer *l = &t->layers[t->layer_count++];
    *l = (traced_layer){.config = *config,
                        .node = (size_t)(n ? n - t->graph->nodes : 0),
                        .per_sequence = true,
                        .I = below->O,
                        .O = below->O};
    return source_add(t, n, &s, &l->y);
}

elman_status layer_add_last(trace *t, const onnx_node *n, elman_last last)
{
    const elman_layer config = {.kind = ELMAN_LAST, .last = last};
    return add_ending(t, n, &config);
}

void ending_point_at_last(const trace *t, const size_t *to, view *read)
{
    read->source = t->layers[t->layer_count - 1].y;
    for (size_t k = 0; k < read->rank; k++)
        for (size_t i = 0; i < read->axes[k].factor_count; i++) {
            factor *f = &read->axes[k].factors[i];
            if (f->axis != BROADCAST) f->axis = to[f->axis];
        }
}

/* Where the axes of a source go once that of the steps has gone; the view's
 * offsets along them go too. */
static void drop_time(size_t rank, size_t time, view *read, size_t *to)
{
    for (size_t k = 0; k < rank; k++) {
        to[k] = k - (k > time);
        if (k > time) {
            read->offset[k - 1] = read->offset[k];
            read->from_end[k - 1] = read->from_end[k];
        }
    }
}

elman_status layer_add_ending(trace *t, const onnx_node *n,
                              const elman_layer *config, view *read)
{
    const source *s = t->sources + read->source;
    size_t time = 0, to[AXES];
    while (s->identity[time] != t->time)
        time++;

    drop_time(s->rank, time, read, to);
    TRY(add_ending(t, n, config));
    ending_point_at_last(t, to, read);
    return ELMAN_OK;
}

elman_status ending_take_final(trace *t, const onnx_node *n, view *read)
{
    static const size_t to[] = {1, 0, 2}; /* (D,B,R) to (B,D,R) */
    view old = *read;

    TRY(layer_add_last(t, n, ELMAN_LAST_FINAL));
    for (size_t k = 0; k < 3; k++) {
        read->offset[to[k]] = old.offset[k];
        read->from_end[to[k]] = old.from_end[k];
    }

    ending_point_at_last(t, to, read);
    return ELMAN_OK;
}

/* Adds the layer that takes one step, if the view has a single index of time.
 */
elman_status ending_take_step(trace *t, const onnx_node *n, view *read)
{
    const source *s = t->sources + read->source;
    const traced_layer *l = t->layers + s->index;
    size_t time = 0, to[AXES];

    while (time < s->rank && s->identity[time] != t->time)
        time++;

    if (!t->timed || t->time == NO_AXIS || time == s->rank ||
        extent_is(s->shape + time, 1) || view_uses(read, time))
        return ELMAN_OK;

    /* the final step of a reverse layer is the first */
    bool at_end = read->from_end[time]
                      ? read->offset[time] == 0
                      : extent_is(s->shape + time, read->offset[time] + 1);
    bool at_start = !read->from_end[time] && read->offset[time] == 0;
    bool final = at_start && l->config.reverse;

    if (!at_end && !final)
        return refuse(n, "it reads one step that is not the last");
    if (at_end && t->lengths && !l->repeated)
        return refuse(n, "it reads the last step, where shorter sequences have "
                         "none; their final states are in Y_h");

    /* the axis of steps goes */
    drop_time(s->rank, time, read, to);
    TRY(layer_add_last(t, n, final ? ELMAN_LAST_FINAL : ELMAN_LAST_STEP));
    ending_point_at_last(t, to, read);
    return ELMAN_OK;
}

/* ---- One vector at many steps ---------------------------------------------
 */

static bool is_repeated(const view_axis *a)
{
    return a->factor_count == 1 && a->factors[0].axis == BROADCAST;
}

/* The axis along which a vector of each sequence is repeated, or rank. */
static size_t find_repeated(const trace *t, const view *read)
{
    size_t last = t->layer_count - 1, axis = read->rank, count = 0;
    const source *s = t->sources + read->source;
    bool tip = t->layer_count && t->layers[last].per_sequence &&
               s->kind == SOURCE_LAYER && s->index == last && s->rank < AXES &&
               t->time != NO_AXIS;
    for (size_t k = 0; k < read->rank && tip; k++) {
        if (!is_repeated(read->axes + k)) continue;
        axis = k;
        count++;
    }
    return count == 1 ? axis : read->rank;
}

/* The steps are a new axis of the source, the first; it runs along time. */
static elman_status add_repeat(trace *t, const onnx_node *n, const extent *size)
{
    const traced_layer *below = &t->layers[t->layer_count - 1];
    const source *old = t->sources + below->y;
    source s = {.kind = SOURCE_LAYER,
                .index = t->layer_count,
                .rank = old->rank + 1,
                .shape = {*size},
                .identity = {t->time}};
    memcpy(s.shape + 1, old->shape, old->rank * sizeof *s.shape);
    memcpy(s.identity + 1, old->identity, old->rank * sizeof *s.identity);
    if (t->layer_count == ELMAN_MAX_LAYERS)
        return refuse(n, "more than %d layers", ELMAN_MAX_LAYERS);

    /* 0: as often as the sequence has steps */
    traced_layer *l = &t->layers[t->layer_count++];
    size_t repeats = extent_is_plain(size) ? (size_t)size->factor : 0;
    *l = (traced_layer){.config = {.kind = ELMAN_REPEAT, .repeats = repeats},
                        .node = (size_t)(n ? n - t->graph->nodes : 0),
                        .repeated = repeats ? repeats : SIZE_MAX,
                        .I = below->O,
                        .O = below->O};
    return source_add(t, n, &s, &l->y);
}

elman_status ending_take_repeat(trace *t, const onnx_node *n, view *read)
{
    size_t axis = find_repeated(t, read), to[AXES];
    if (axis == read->rank) return ELMAN_OK;
    const extent size = read->axes[axis].factors[0].size;
    extent T;
    TRY(view_size(n, &t->x, (size_t)t->time, &T));
    bool plain = extent_is_plain(&size), as_many = extent_equal(&size, &T);
    if (!plain && (!as_many || t->lengths))
        return refuse(n, "it reads a vector that is repeated as often as "
                         "another size says than that of its steps; export "
                         "the graph with a fixed number of them");
    if (plain && (size.factor < 1 || size.factor > INT32_MAX))
        return refuse(n, "it reads a vector that is repeated too often");

    /* the source's axes move up by one */
    size_t rank = t->sources[read->source].rank;
    for (size_t k = rank; k-- > 0;) {
        to[k] = k + 1;
        read->offset[k + 1] = read->offset[k];
        read->from_end[k + 1] = read->from_end[k];
    }
    read->offset[0] = 0;
    read->from_end[0] = false;
    TRY(add_repeat(t, n, &size));
    ending_point_at_last(t, to, read);
    read->axes[axis].factors[0] = factor_of(0, size, 1);
    return ELMAN_OK;
}

bool layer_is_repeated(const trace *t)
{
    return t->layer_count && t->layers[t->layer_count - 1].repeated;
}
