/*
 * plugin.c: a plug-in that computes with elman, as hosts load and unload it;
 * host.c calls it.
 */
#include <elman.h>

#include <stdlib.h>

static elman_model *model;
static elman_state *state;
static float *x;

#define SHOWN __attribute__((visibility("default")))

SHOWN int plugin_begin(int threads);
SHOWN int plugin_pass(void);
SHOWN void plugin_end(void);

/* 0, or what failed. */
int plugin_begin(int threads)
{
    elman_config config = {
        .input_size = 64, .layers = {{.kind = ELMAN_LSTM, .hidden_size = 512}}};
    elman_state_config room = {.T = 4, .B = 8, .threads = threads};
    x = calloc(4 * 8 * 64, sizeof *x);
    if (!x || elman_model_create(&config, &model)) return 1;
    return elman_state_create(model, &room, &state) ? 2 : 0;
}

int plugin_pass(void)
{
    elman_batch batch = {.T = 4, .B = 8, .x = x};
    return elman_model_forward(model, state, &batch, NULL) ? 3 : 0;
}

void plugin_end(void)
{
    elman_state_destroy(state);
    elman_model_destroy(model);
    free(x);
}
