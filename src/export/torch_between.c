/* torch_between.c: steps, pooling and lengths as Python. */
#include "export/torch_between.h"

#include <stdio.h>
#include <string.h>

bool torch_is_between(const elman_layer *l)
{
    return l->kind == ELMAN_LAST || l->kind == ELMAN_L2_NORM ||
           l->kind == ELMAN_REPEAT ||
           (l->kind == ELMAN_POOL && l->pool != ELMAN_POOL_ATTENTION);
}

/* The layer of the stack that one of the config became. */
static const layer *layer_of(const elman_model *m, const elman_layer *l)
{
    size_t i = 0;
    while (i + 1 < m->layer_count &&
           strcmp(m->layers[i].config.name, l->name) != 0)
        i++;
    return m->layers + i;
}

/* The last step, or each direction's: of the reverse one the first. */
static void put_last(python_writer *w, const elman_model *m,
                     const elman_layer *l)
{
    const char *all = m->config.batch_first ? ":, " : "";
    const layer *at = layer_of(m, l);
    size_t forward = l->last == ELMAN_LAST_FINAL ? at->forward_features : at->I;

    if (forward == at->I) python_put(w, "y[%s-1]", all);
    else if (forward == 0) python_put(w, "y[%s0]", all);
    else
        python_put(w, "torch.cat((y[%s-1, %s:%zu], y[%s0, %s%zu:]), -1)", all,
                   *all ? "" : ":, ", forward, all, *all ? "" : ":, ", forward);
}

static void put_attention(python_writer *w, const elman_model *m,
                          const elman_layer *l)
{
    int time = m->config.batch_first ? 1 : 0;
    bool alone = !m->config.layers[1].kind;
    python_put(w,
               "(lambda p: ((torch.tanh(y @ p[\"weight\"].T + p[\"bias\"]) @ "
               "p[\"score\"].T).softmax(%d) * y).sum(%d))(model",
               time, time);
    if (!alone) {
        python_put(w, "[");
        python_put_text(w, l->name);
        python_put(w, "]");
    }
    python_put(w, ")");
}

/* n times, or as often as x has steps. */
static void put_repeat(python_writer *w, const elman_layer *l, int time)
{
    char n[32];
    snprintf(n, sizeof n, "%zu", l->repeats);
    if (!l->repeats) snprintf(n, sizeof n, "x.shape[%d]", time);
    python_put(w, "y.unsqueeze(%d).repeat(%s%s, 1%s)", time, time ? "1, " : "",
               n, time ? "" : ", 1");
}

static void put_step(python_writer *w, const elman_model *m,
                     const elman_layer *l)
{
    int time = m->config.batch_first ? 1 : 0;

    if (l->kind == ELMAN_LAST) put_last(w, m, l);
    else if (l->kind == ELMAN_REPEAT) put_repeat(w, l, time);
    else if (l->kind == ELMAN_L2_NORM)
        python_put(w, "torch.nn.functional.normalize(y, dim=-1, eps=%.9g)",
                   (double)l->eps);
    else if (l->pool == ELMAN_POOL_ATTENTION) put_attention(w, m, l);
    else if (l->pool == ELMAN_POOL_MEAN) python_put(w, "y.mean(%d)", time);
    else if (l->pool == ELMAN_POOL_SUM) python_put(w, "y.sum(%d)", time);
    else python_put(w, "y.max(%d).values", time);
}

void torch_put_between(python_writer *w, const elman_model *m)
{
    const elman_layer *l = m->config.layers;
    bool any = false;

    for (size_t i = 0; i < ELMAN_MAX_LAYERS && l[i].kind; i++) {
        if (!torch_is_between(l + i) && l[i].kind != ELMAN_POOL) continue;

        /* the module whose output it takes; before the first there is none */
        python_put(w, any ? "; " : "# between the modules, ");
        if (i > 0) {
            python_put(w, "after ");
            python_put_text(w, l[i - 1].name);
        } else python_put(w, "at first");
        python_put(w, " y = ");
        put_step(w, m, l + i);
        any = true;
    }
    if (any) python_put(w, "\n");
}
