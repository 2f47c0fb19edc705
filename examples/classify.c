/*
 * classify.c (8 of 18): a classifier with a linear head. Of each sequence only
 * the first value matters, +1 or -1; nineteen values of noise follow, and then
 * the network must say which it was. Notice that one call gives the loss and
 * dy, and how long nothing happens: the gradient first has to find its way
 * through twenty steps.
 */
#include <stdio.h>
#include <stdlib.h>

#include "elman.h"

enum { T = 20, B = 32, CLASSES = 2, STEPS = 200 };

static void must(elman_status status)
{
    if (status == ELMAN_OK) return;
    fprintf(stderr, "%s\n", elman_message());
    exit(1);
}

/* Noise in [-1,1) from a generator that any C library runs alike. */
static float noise(void)
{
    static uint32_t seed = 1;
    seed = seed * 1664525 + 1013904223;
    return (float)(seed >> 16) / 32768 - 1;
}

/* x is (T,B,1): time first, so that one step of all sequences is together. */
static void make_batch(float *x, int32_t *classes)
{
    for (size_t i = 0; i < T * B; i++)
        x[i] = noise();
    for (size_t b = 0; b < B; b++)
        x[b] = (classes[b] = noise() < 0) ? -1 : 1; /* t = 0 */
}

int main(void)
{
    elman_config config = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_GRU, .hidden_size = 16},
                   {.kind = ELMAN_LAST},
                   {.kind = ELMAN_LINEAR, .output_size = CLASSES}}};
    elman_model *model = NULL;
    elman_state *state = NULL;
    elman_optimizer *adam = NULL;
    elman_state_config training = {.T = T, .B = B, .training = true};
    elman_optimizer_config rule = {.rule = ELMAN_RULE_ADAM,
                                   .learning_rate = 0.01};
    must(elman_model_create(&config, &model));
    must(elman_state_create(model, &training, &state));
    must(elman_optimizer_create(model, &rule, &adam));

    float x[T * B], y[B * CLASSES];
    int32_t classes[B];
    elman_loss_config loss_kind = {.kind = ELMAN_LOSS_CROSS_ENTROPY};
    elman_batch batch = {.T = T, .B = B, .x = x};
    elman_target want = {.classes = classes};
    for (int step = 0; step <= STEPS; step++) {
        double loss;
        make_batch(x, classes); /* new data: a test and a lesson */
        elman_state_reset(model, state);
        elman_state_zero_gradients(state);
        must(elman_model_forward(model, state, &batch, y));
        must(elman_model_loss(model, state, &loss_kind, &want, &loss, NULL));
        int right = 0;
        for (int b = 0; b < B; b++)
            right += (y[2 * b + 1] > y[2 * b]) == classes[b];
        if (step % 40 == 0)
            printf("step %3d  loss %.4f  right %2d/%d\n", step, loss, right, B);
        must(elman_model_backward(model, state, NULL, NULL));
        must(elman_optimizer_step(adam, model, state, -1, NULL));
    }
    elman_optimizer_destroy(adam);
    elman_state_destroy(state);
    elman_model_destroy(model);
}
