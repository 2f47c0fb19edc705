/*
 * plugin.c (15 of 18): an audio plug-in. The host calls play for each block of
 * sound, where nothing may allocate, lock or wait. Another thread makes a whole
 * new voice, model and state, and hands it over by one pointer. Notice the rest
 * state: a network whose memory is zero has not settled, and what it gives
 * first is a click. So each voice first hears silence, and a reset copies that.
 */
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "elman.h"

enum { BLOCK = 64, BLOCKS = 16, SILENCE = 2000 };

/* All that makes a sound; play reads it and changes state alone. */
typedef struct voice {
    elman_model *model;
    elman_state *state;
    elman_state *rest; /* after a long silence */
} voice;

typedef struct plugin {
    voice *now;             /* the audio thread's own */
    _Atomic(voice *) next;  /* from another thread, NULL if there is none */
    _Atomic(voice *) spent; /* back to that thread, which destroys it */
} plugin;

static void must(elman_status status)
{
    if (status == ELMAN_OK) return;
    fprintf(stderr, "%s\n", elman_message());
    exit(1);
}

/* Not on the audio thread. A program would load a file instead. */
static voice *create_voice(uint64_t seed)
{
    elman_config config = {
        .input_size = 1,
        .seed = seed,
        .layers = {{.kind = ELMAN_LSTM, .hidden_size = 16},
                   {.kind = ELMAN_LINEAR, .output_size = 1}}};
    elman_state_config one = {0};
    voice *made = calloc(1, sizeof *made);
    if (!made) exit(1);
    must(elman_model_create(&config, &made->model));
    must(elman_state_create(made->model, &one, &made->state));
    must(elman_state_create(made->model, &one, &made->rest));

    float silence = 0;
    for (int t = 0; t < SILENCE; t++)
        must(elman_model_step(made->model, made->rest, &silence, NULL));
    must(elman_state_copy(made->state, made->rest));
    return made;
}

static void destroy_voice(voice *old)
{
    if (!old) return;
    elman_state_destroy(old->rest);
    elman_state_destroy(old->state);
    elman_model_destroy(old->model);
    free(old);
}

/* On the audio thread. A step fails only for arguments that do not fit. */
static void play(plugin *self, const float *x, float *y)
{
    voice *old = self->now, *next = NULL;
    if (!atomic_load(&self->spent)) next = atomic_exchange(&self->next, NULL);
    for (int t = 0; t < BLOCK; t++) {
        must(elman_model_step(old->model, old->state, x + t, y + t));
        if (!next) continue;

        /* for one block both sound, and the new one gains on the old one */
        float other, share = (float)(t + 1) / (float)BLOCK;
        must(elman_model_step(next->model, next->state, x + t, &other));
        y[t] += share * (other - y[t]);
    }
    if (!next) return;
    self->now = next;
    atomic_store(&self->spent, old);
}

int main(void)
{
    plugin effect = {.now = create_voice(1)};
    float x[BLOCK], y[BLOCK], last = 0;

    for (int block = 0; block < BLOCKS; block++) {
        voice *now = effect.now;
        if (block == 8) atomic_store(&effect.next, create_voice(2));
        if (block == 12) must(elman_state_copy(now->state, now->rest));
        if (block == 14) elman_state_reset(now->model, now->state);

        for (int t = 0; t < BLOCK; t++) /* four blocks sound, then silence */
            x[t] = block < 4 ? (float)t / (float)BLOCK - 0.5f : 0;
        play(&effect, x, y);

        float most = 0;
        for (int t = 0; t < BLOCK; last = y[t++])
            most = fmaxf(most, fabsf(y[t] - last));
        printf("block %2d, largest jump between two samples: %.4f\n", block,
               (double)most);
    }
    destroy_voice(atomic_load(&effect.spent));
    destroy_voice(effect.now);
}
