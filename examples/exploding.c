/*
 * exploding.c (3 of 18): a recurrent weight of 11, and the gradient grows
 * 11-fold with each step back. Backward multiplies by W_hh once for each step
 * of time, so what is above 1 explodes: the reason for clipping (clip_norm).
 */
#include <stdio.h>
#include <stdlib.h>

#include "elman.h"

enum { T = 5 };

static void must(elman_status status)
{
    if (status == ELMAN_OK) return;
    fprintf(stderr, "%s\n", elman_message());
    exit(1);
}

int main(void)
{
    /* torch.nn.RNN(1, 1, nonlinearity="relu", bias=False); every weight drawn
     * by the rule constant 11 */
    elman_init eleven = {ELMAN_INIT_CONSTANT, 11};
    elman_config config = {.input_size = 1,
                           .layers = {{.kind = ELMAN_RNN,
                                       .hidden_size = 1,
                                       .nonlinearity = ELMAN_ACTIVATION_RELU,
                                       .no_bias = true,
                                       .init_ih = eleven,
                                       .init_hh = eleven}}};
    elman_model *model = NULL;
    must(elman_model_create(&config, &model));
    elman_state *state = NULL;
    elman_state_config training = {.T = T, .training = true};
    must(elman_state_create(model, &training, &state));

    float x[T] = {1, 1, 1, 1, 1}, y[T], dx[T];
    float dy[T] = {0, 0, 0, 0, 1}; /* d(h_n) = 1 */
    elman_batch batch = {.T = T, .B = 1, .x = x};
    must(elman_model_forward(model, state, &batch, y));
    must(elman_model_backward(model, state, dy, dx));

    printf("step  h        gradient at x\n");
    for (int t = 0; t < T; t++)
        printf("%4d  %6.0f   %6.0f\n", t, (double)y[t], (double)dx[t]);
    elman_tensor dw_hh, dw_ih;
    must(elman_state_view(model, state, "rnn.weight_hh_l0.grad", &dw_hh));
    must(elman_state_view(model, state, "rnn.weight_ih_l0.grad", &dw_ih));
    printf("gradient of weight_hh %.0f, of weight_ih %.0f\n",
           (double)*dw_hh.data, (double)*dw_ih.data);

    /* what clipping makes of it: an SGD step of rate 1 with the norm of all
     * gradients bounded by 1 moves the weights by 1 in all */
    elman_optimizer *optimizer = NULL;
    elman_optimizer_config clipped = {
        .rule = ELMAN_RULE_SGD, .learning_rate = 1, .clip_norm = 1};
    must(elman_optimizer_create(model, &clipped, &optimizer));
    double norm;
    must(elman_optimizer_step(optimizer, model, state, -1, &norm));
    float w_hh, w_ih;
    must(elman_model_read(model, "rnn.weight_hh_l0", 1, &w_hh));
    must(elman_model_read(model, "rnn.weight_ih_l0", 1, &w_ih));
    printf("norm %.0f, clipped to 1: weight_hh %.4f, weight_ih %.4f\n", norm,
           (double)w_hh, (double)w_ih);
    elman_optimizer_destroy(optimizer);
    elman_state_destroy(state);
    elman_model_destroy(model);
}
