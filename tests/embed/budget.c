/*
 * budget.c: a training state in fewer bytes than it takes to keep all steps. A
 * program that goes back through a pass has the segments for that by itself;
 * one that does not (FORWARD) is told what it lacks.
 */
#include <elman.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { T = 400, H = 8 };

#ifdef FORWARD
static elman_status go_back(const elman_model *model, elman_state *state)
{
    (void)model;
    (void)state;
    return ELMAN_OK;
}
#else
static elman_status go_back(const elman_model *model, elman_state *state)
{
    static float dy[T * H];
    for (size_t i = 0; i < T * H; i++)
        dy[i] = 1;
    return elman_model_backward(model, state, dy, NULL);
}
#endif

/* A pass in so many bytes, 0 for any, and its gradient of one weight. */
static elman_status pass(const elman_model *model, size_t budget,
                         float *gradients)
{
    static float x[T];
    elman_state *state = NULL;
    elman_tensor view = {0};
    for (size_t t = 0; t < T; t++)
        x[t] = (float)(t % 7) - 3;

    elman_status status = elman_state_create(
        model,
        &(elman_state_config){
            .T = T, .training = true, .passes = 1, .budget = budget},
        &state);
    if (!status)
        status = elman_model_forward(
            model, state, &(elman_batch){.T = T, .B = 1, .x = x}, NULL);
    if (!status) status = go_back(model, state);
    if (!status)
        status = elman_state_view(model, state, "gru.weight_hh_l0.grad", &view);
    if (!status) memcpy(gradients, view.data, 3 * H * H * sizeof *gradients);
    elman_state_destroy(state);
    return status;
}

int main(void)
{
    const elman_config config = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_GRU, .hidden_size = H, .name = "gru"}}};
    float want[3 * H * H] = {0}, got[3 * H * H] = {0};
    elman_model *model = NULL;
    elman_status status = elman_model_create(&config, &model);
    if (!status) status = pass(model, 0, want);
    if (!status) status = pass(model, 1 << 20, got); /* enough is no budget */
    if (!status) status = pass(model, 12000, got);
    if (status) fprintf(stderr, "%s\n", elman_message());
    else printf("%s\n", memcmp(want, got, sizeof got) ? "differs" : "the same");
    elman_model_destroy(model);
    return status != ELMAN_OK;
}
