/*
 * embedding.c: a row of a table for each token (torch.nn.Embedding).
 *
 *   y = W[token]        dW[token] += dy, in gradient order
 */
#include <string.h>

#include "layer/layer.h"

static elman_status plan(layer *l, layer_plan *plan)
{
    size_t V = l->config.num_embeddings;
    l->O = l->config.embedding_dim;

    if (l->number != 0)
        return failure(ELMAN_BAD_VALUE, "an embedding reads tokens and can "
                                        "only be the first layer");
    if (V == 0 || V > INT32_MAX)
        return failure(ELMAN_BAD_VALUE,
                       "num_embeddings is %zu, expected 1 to %d", V, INT32_MAX);
    if (l->O == 0)
        return failure(ELMAN_BAD_VALUE,
                       "embedding_dim is 0, expected at least 1");

    l->weight = plan_parameter(plan, l, "weight", "", 2, (size_t[]){V, l->O}, 1,
                               l->config.init_ih, 0);
    plan->forward_features = l->O;
    return ELMAN_OK;
}

static void forward(const layer *l, const pass *p, layer_state *s,
                    const float *x)
{
    (void)x;
    const float *w = p->weights + l->weight;
    rows_clear(p, l->O, s->y);
    for (size_t r = 0; r < p->row_count; r++)
        memcpy(s->y + p->rows[r] * l->O,
               w + (size_t)p->tokens[p->rows[r]] * l->O, l->O * sizeof *s->y);
}

static void backward(const layer *l, const pass *p, layer_state *s,
                     const float *x, float *dx)
{
    (void)x, (void)dx;
    float *dw = p->training->gradients + l->weight;

    for (size_t r = 0; r < p->row_count; r++)
        p->k->add(l->O, s->dy + p->order[r] * l->O,
                  dw + (size_t)p->tokens[p->order[r]] * l->O);
}

const layer_kind layer_embedding = {
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
