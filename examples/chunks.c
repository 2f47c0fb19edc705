/*
 * chunks.c (11 of 18): the exact gradient of 60 steps in a state for 20. Go
 * forward through all chunks and keep the memory before each. Then, from the
 * last to the first, run each once more and go back through it, beginning with
 * the gradient that the chunk after it left. Notice: these are the bits of one
 * pass; with a gradient of zero instead it would be truncated.c.
 *
 * The loss is half the sum of all y squared, so dy is y; for a mean over all
 * chunks there is elman_loss_config.divisor. No layer here has dropout: masks
 * depend on a sequence's position, which these views leave out.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "elman.h"

enum { T = 60, CHUNK = 20, B = 10, H = 8, BYTES = B * H * sizeof(float) };

static elman_model *model;

static void must(elman_status status)
{
    if (status == ELMAN_OK) return;
    fprintf(stderr, "%s\n", elman_message());
    exit(1);
}

static float *view(elman_state *state, const char *name)
{
    elman_tensor tensor;
    must(elman_state_view(model, state, name, &tensor));
    return tensor.data;
}

static void run(elman_state *state, size_t steps, const float *x)
{
    float y[T * B], h[T / CHUNK][B * H], c[T / CHUNK][B * H];
    for (size_t t = 0; t < T; t += steps) {
        elman_batch chunk = {.T = steps, .B = B, .x = x + t * B};
        memcpy(h[t / steps], view(state, "h"), BYTES);
        memcpy(c[t / steps], view(state, "c"), BYTES);
        must(elman_model_forward(model, state, &chunk, NULL));
    }

    for (size_t end = T; end > 0; end -= steps) {
        size_t t = end - steps;
        elman_batch chunk = {.T = steps, .B = B, .x = x + t * B};
        chunk.continues = end < T; /* go on with the sums of gradients */
        memcpy(view(state, "h"), h[t / steps], BYTES);
        memcpy(view(state, "c"), c[t / steps], BYTES);
        must(elman_model_forward(model, state, &chunk, y));
        if (chunk.continues) {
            memcpy(view(state, "dh_n"), view(state, "dh_0"), BYTES);
            memcpy(view(state, "dc_n"), view(state, "dc_0"), BYTES);
        }
        must(elman_model_backward(model, state, y, NULL));
    }
}

int main(void)
{
    elman_config config = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_LSTM, .hidden_size = H},
                   {.kind = ELMAN_LINEAR, .output_size = 1}}};
    elman_state_config all = {.T = T, .B = B, .training = true, .passes = 1};
    elman_state_config part = all;
    part.T = CHUNK;
    part.open_blocks = 2; /* 10 sequences: a block of 8, and one of 2 */
    elman_state *whole, *chunks;
    must(elman_model_create(&config, &model));
    must(elman_state_create(model, &all, &whole));
    must(elman_state_create(model, &part, &chunks));

    float x[T * B];
    for (int i = 0; i < T * B; i++)
        x[i] = (float)(i * i % 7) - 3;
    run(whole, T, x);
    run(chunks, CHUNK, x);

    const char *name;
    elman_const_tensor w;
    for (size_t i = 0; (name = elman_model_parameter(model, i, &w)); i++) {
        double most = 0;
        char grad[64];
        snprintf(grad, sizeof grad, "%s.grad", name);
        const float *a = view(whole, grad), *b = view(chunks, grad);
        for (size_t k = 0; k < w.shape[0] * (w.rank > 1 ? w.shape[1] : 1); k++)
            most = fmax(most, fabs((double)a[k] - (double)b[k]));
        printf("%-21s %8.3f ... differs by %g\n", grad, (double)*a, most);
    }
    printf("one pass takes %.1f times the memory of a chunk\n",
           (double)elman_state_size(model, &all) /
               (double)elman_state_size(model, &part));
    elman_state_destroy(chunks);
    elman_state_destroy(whole);
    elman_model_destroy(model);
}
