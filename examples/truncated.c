/*
 * truncated.c (5 of 18): the same 20 steps as four windows of five, each
 * back-propagated alone: truncated back-propagation. Long texts are learned
 * in this way, as their gradients would not reach further anyway.
 *
 * A window may begin from zero, or carry over the state that the window before
 * left (PyTorch: h.detach()): its value, never its gradient. A state of the
 * library carries over unless it is reset.
 */
#include <stdio.h>
#include <stdlib.h>

#include "elman.h"

enum { T = 20, WINDOW = 5 };

static void must(elman_status status)
{
    if (status == ELMAN_OK) return;
    fprintf(stderr, "%s\n", elman_message());
    exit(1);
}

/* The gradient at x (T); d(h_n) = 1 in each window. Returns that of
 * weight_hh: backward adds, so it is the sum over the windows. */
static double run(const elman_model *model, elman_state *state, bool carry,
                  const float *x, float *dx)
{
    elman_tensor dw_hh;
    float dy[WINDOW] = {0, 0, 0, 0, 1};
    elman_state_reset(model, state);
    elman_state_zero_gradients(state);
    for (int t = 0; t < T; t += WINDOW) {
        elman_batch window = {.T = WINDOW, .B = 1, .x = x + t};
        if (!carry) elman_state_reset(model, state);
        must(elman_model_forward(model, state, &window, NULL));
        must(elman_model_backward(model, state, dy, dx + t));
    }
    must(elman_state_view(model, state, "rnn.weight_hh_l0.grad", &dw_hh));
    return (double)*dw_hh.data;
}

int main(void)
{
    elman_init half = {ELMAN_INIT_CONSTANT, 0.5};
    elman_config config = {.input_size = 1,
                           .layers = {{.kind = ELMAN_RNN,
                                       .hidden_size = 1,
                                       .no_bias = true,
                                       .init_ih = half,
                                       .init_hh = half}}};
    elman_model *model = NULL;
    must(elman_model_create(&config, &model));
    elman_state *state = NULL;
    elman_state_config training = {.T = WINDOW, .training = true};
    must(elman_state_create(model, &training, &state));

    float x[T], fresh[T], carried[T];
    for (int t = 0; t < T; t++)
        x[t] = 1;
    double dw_fresh = run(model, state, false, x, fresh);
    double dw_carried = run(model, state, true, x, carried);

    printf("step  gradient at x: fresh  carried\n");
    for (int t = 0; t < T; t++)
        printf("%4d               %.4f   %.4f%s\n", t, (double)fresh[t],
               (double)carried[t], t % WINDOW == 0 ? "  window begins" : "");
    printf("gradient of weight_hh: %.4f  %.4f\n", dw_fresh, dw_carried);
    elman_state_destroy(state);
    elman_model_destroy(model);
}
