/*
 * backward_by_hand.c (2 of 18): back-propagation through time by hand, next
 * to the library's, for one hidden unit and three steps. The loss is h[T-1].
 *
 *   forward   h[t] = tanh(a) with a = w_ih x[t] + w_hh h[t-1]
 *   backward  da = dh (1 - h[t]^2)          from h[t] alone, a is not kept
 *             dw_hh += da h[t-1], dw_ih += da x[t]: each step adds its share
 *             dh = da w_hh                  and on to step t-1
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "elman.h"

enum { T = 3 };

static const float w_ih = 0.8f, w_hh = 0.6f, x[T] = {1, -0.5f, 0.25f};

static void must(elman_status status)
{
    if (status == ELMAN_OK) return;
    fprintf(stderr, "%s\n", elman_message());
    exit(1);
}

static void print_step(const char *who, int t, double dh, double da, double h)
{
    printf("%s t=%d  dh %.5f  da %.5f  dw_hh += %8.5f  dw_ih += %8.5f\n", who,
           t, dh, da, da * h, da * (double)x[t]);
}

static void by_hand(void)
{
    double h[T + 1] = {0}, dh = 1, dw_hh = 0, dw_ih = 0;
    for (int t = 0; t < T; t++)
        h[t + 1] = tanh((double)w_ih * (double)x[t] + (double)w_hh * h[t]);
    for (int t = T - 1; t >= 0; t--) {
        double da = dh * (1 - h[t + 1] * h[t + 1]);
        dw_hh += da * h[t];
        dw_ih += da * (double)x[t];
        print_step("by hand", t, dh, da, h[t]);
        dh = da * (double)w_hh;
    }
    printf("by hand dw_hh %.5f  dw_ih %.5f\n", dw_hh, dw_ih);
}

int main(void)
{
    elman_config config = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_RNN, .hidden_size = 1, .no_bias = true}}};
    elman_model *model = NULL;
    must(elman_model_create(&config, &model));
    must(elman_model_write(model, "rnn.weight_ih_l0", 1, &w_ih));
    must(elman_model_write(model, "rnn.weight_hh_l0", 1, &w_hh));
    elman_state *state = NULL;
    elman_state_config keep = {T, .training = true, .keep_gradients = true};
    must(elman_state_create(model, &keep, &state));
    elman_batch batch = {.T = T, .B = 1, .x = x};
    must(elman_model_forward(model, state, &batch, NULL));
    must(elman_model_backward(model, state, (float[T]){0, 0, 1}, NULL));

    elman_tensor dh, da, h, dw_hh, dw_ih;
    must(elman_state_view(model, state, "layer0.dh", &dh));
    must(elman_state_view(model, state, "layer0.da", &da));
    must(elman_state_view(model, state, "layer0.h", &h));
    must(elman_state_view(model, state, "rnn.weight_hh_l0.grad", &dw_hh));
    must(elman_state_view(model, state, "rnn.weight_ih_l0.grad", &dw_ih));
    by_hand();
    for (int t = T - 1; t >= 0; t--)
        print_step("library", t, (double)dh.data[t], (double)da.data[t],
                   t ? (double)h.data[t - 1] : 0);
    printf("library dw_hh %.5f  dw_ih %.5f\n", (double)dw_hh.data[0],
           (double)dw_ih.data[0]);
    elman_state_destroy(state);
    elman_model_destroy(model);
}
