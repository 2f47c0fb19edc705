/*
 * sensor.c (18 of 18): a sensor without a file system. The model is an array of
 * the program, read where it lies; the state lies in an array as well. Notice
 * that a loose contact, one wrong reading, stands out by far.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "elman.h"

/* the bytes of a model file, as sensor_model prints them; of any other,
 * `xxd -i < model.safetensors` does */
static const _Alignas(4) unsigned char bytes[] = {
#include "sensor_model.out"
};

static _Alignas(64) unsigned char memory[16384]; /* for the state */

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
    elman_model *model = NULL;
    elman_state *state = NULL;
    elman_state_config one = {0};
    must(elman_model_open_memory(bytes, sizeof bytes, &model));
    must(elman_state_init(model, &one, sizeof memory, memory, &state));

    float expected = 0;
    for (int t = 0; t < 60; t++) {
        float reading = reading_at(t) + (t == 45 ? 1 : 0);
        float surprise = fabsf(reading - expected);
        if (t > 10 && surprise > 0.3f)
            printf("reading %d is %.2f, expected %.2f\n", t, (double)reading,
                   (double)expected);

        /* an alarm leaves no trace: the model reads what it expected */
        float x = t > 10 && surprise > 0.3f ? expected : reading;
        must(elman_model_step(model, state, &x, &expected));
    }
    elman_model_destroy(model);
}
