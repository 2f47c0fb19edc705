/*
 * stream.c (12 of 18): a stream is forked, saved and resumed. A state is
 * everything a run changes, in one block: copying it forks the stream, saving
 * it lets another process go on. Notice that every comparison is memcmp: one
 * step at a time, a whole sequence, a fork and a resumed stream give the same
 * bits.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "elman.h"

enum { T = 12, HALF = 6, I = 2, H = 24 };

static void must(elman_status status)
{
    if (status == ELMAN_OK) return;
    fprintf(stderr, "%s\n", elman_message());
    exit(1);
}

static void steps(const elman_model *model, elman_state *state, const float *x,
                  size_t first, size_t last, float *y)
{
    for (size_t t = first; t < last; t++)
        must(elman_model_step(model, state, x + t * I, y + t * H));
}

static void compare(const char *what, const float *got, const float *want)
{
    bool same =
        memcmp(got + HALF * H, want + HALF * H, HALF * H * sizeof *want) == 0;
    printf("%-22s %s\n", what, same ? "the same bits" : "other bits");
}

int main(void)
{
    elman_config config = {.input_size = I,
                           .layers = {{.kind = ELMAN_LSTM, .hidden_size = H}}};
    elman_model *model = NULL;
    elman_state *whole = NULL, *stream = NULL, *fork = NULL, *resumed = NULL;
    elman_state_config one = {.T = 1}, all = {.T = T};
    must(elman_model_create(&config, &model));
    must(elman_state_create(model, &all, &whole));
    must(elman_state_create(model, &one, &stream));
    must(elman_state_create(model, &one, &fork));
    must(elman_state_create(model, &one, &resumed));

    float x[T * I], want[T * H], y[T * H];
    for (int i = 0; i < T * I; i++)
        x[i] = (float)(i * 7 % 11) / 8 - 0.5f;
    elman_batch batch = {.T = T, .B = 1, .x = x};
    must(elman_model_forward(model, whole, &batch, want));

    /* half of the stream, then three ways to go on */
    steps(model, stream, x, 0, HALF, y);
    must(elman_state_copy(fork, stream));
    must(elman_state_save(model, stream, "stream.safetensors"));

    steps(model, stream, x, HALF, T, y);
    compare("step by step", y, want);
    steps(model, fork, x, HALF, T, y);
    compare("forked", y, want);
    must(elman_state_load(model, resumed, "stream.safetensors"));
    steps(model, resumed, x, HALF, T, y);
    compare("saved and resumed", y, want);

    /* a stream that forgot its first half is another one */
    elman_state_reset(model, stream);
    steps(model, stream, x, HALF, T, y);
    compare("reset half-way", y, want);

    remove("stream.safetensors");
    elman_state_destroy(whole);
    elman_state_destroy(stream);
    elman_state_destroy(fork);
    elman_state_destroy(resumed);
    elman_model_destroy(model);
}
