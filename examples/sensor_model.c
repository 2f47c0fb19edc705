/*
 * sensor_model.c (17 of 18): makes the model of sensor.c and prints its
 * file as the inside of a C array. It learns to tell the next reading of a
 * sensor that swings slowly; the program with the array needs no training.
 */
#include <stdio.h>
#include <stdlib.h>

#include "elman.h"

enum { T = 60 };

static void must(elman_status status)
{
    if (status == ELMAN_OK) return;
    fprintf(stderr, "%s\n", elman_message());
    exit(1);
}

/* What the sensor reads at t: arcs up and down, 20 readings a swing. */
static float reading_at(int t)
{
    int k = t % 10, arc = k * (10 - k);
    return (float)(t % 20 < 10 ? arc : -arc) / 25;
}

int main(void)
{
    elman_config config = {
        .input_size = 1,
        .seed = 5,
        .layers = {{.kind = ELMAN_GRU, .hidden_size = 4},
                   {.kind = ELMAN_LINEAR, .output_size = 1}}};
    elman_state_config training = {.T = T, .training = true};
    elman_optimizer_config rule = {.learning_rate = 0.02, .clip_norm = 1};
    elman_loss_config squared = {.kind = ELMAN_LOSS_MEAN_SQUARED};
    elman_model *model = NULL;
    elman_state *state = NULL;
    elman_optimizer *adam = NULL;
    must(elman_model_create(&config, &model));
    must(elman_state_create(model, &training, &state));
    must(elman_optimizer_create(model, &rule, &adam));

    float x[T + 1];
    for (int t = 0; t <= T; t++)
        x[t] = reading_at(t);
    elman_batch batch = {.T = T, .B = 1, .x = x};
    elman_target target = {.values = x + 1};
    for (int step = 0; step < 400; step++) {
        elman_state_reset(model, state);
        elman_state_zero_gradients(state);
        must(elman_model_forward(model, state, &batch, NULL));
        double loss;
        must(elman_model_loss(model, state, &squared, &target, &loss, NULL));
        must(elman_model_backward(model, state, NULL, NULL));
        must(elman_optimizer_step(adam, model, state, -1, NULL));
    }

    unsigned char file[8192];
    size_t size;
    must(elman_model_save_memory(model, sizeof file, file, &size));
    for (size_t i = 0; i < size; i++)
        printf("%u,%s", file[i], i % 16 == 15 || i + 1 == size ? "\n" : "");
    elman_optimizer_destroy(adam);
    elman_state_destroy(state);
    elman_model_destroy(model);
}
