/*
 * elman_step.c (1 of 18): the Elman step by hand, next to the library's.
 *
 *   a = W_ih x + b_ih + W_hh h + b_hh,   h = tanh(a)
 *
 * The same h goes in and comes out: that is all the memory there is. Notice
 * that W_hh is (H,H) and the same at each step, as in torch.nn.RNN.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "elman.h"

enum { T = 2, I = 2, H = 3 };

static const float w_ih[H][I] = {
    {0.2224f, -0.1436f}, {-0.4591f, -0.0053f}, {-0.2355f, 0.2791f}};
static const float w_hh[H][H] = {{-0.2226f, -0.1108f, 0.5350f},
                                 {0.1088f, 0.2017f, 0.2907f},
                                 {0.5027f, -0.3554f, -0.1394f}};
static const float b_ih[H] = {0.5437f, 0.3929f, 0.1203f};
static const float b_hh[H] = {-0.2575f, 0.3207f, 0.5624f};
static const float x[T][I] = {{1, 2}, {2, 3}};

static void must(elman_status status)
{
    if (status == ELMAN_OK) return;
    fprintf(stderr, "%s\n", elman_message());
    exit(1);
}

static void step_by_hand(const float *x_t, float *h)
{
    float after[H];
    for (int j = 0; j < H; j++) {
        float a = b_ih[j] + b_hh[j];
        for (int k = 0; k < I; k++)
            a += w_ih[j][k] * x_t[k];
        for (int k = 0; k < H; k++)
            a += w_hh[j][k] * h[k]; /* all of the old h, so not in place */
        after[j] = tanhf(a);
    }
    for (int j = 0; j < H; j++)
        h[j] = after[j];
}

int main(void)
{
    /* zero means the default, as in torch.nn.RNN(2, 3) */
    elman_config config = {.input_size = I,
                           .layers = {{.kind = ELMAN_RNN, .hidden_size = H}}};
    elman_model *model = NULL;
    must(elman_model_create(&config, &model));
    must(elman_model_write(model, "rnn.weight_ih_l0", I * H, *w_ih));
    must(elman_model_write(model, "rnn.weight_hh_l0", H * H, *w_hh));
    must(elman_model_write(model, "rnn.bias_ih_l0", H, b_ih));
    must(elman_model_write(model, "rnn.bias_hh_l0", H, b_hh));

    /* the model holds the weights, the state what a run changes: here h */
    elman_state *state = NULL;
    must(elman_state_create(model, &(elman_state_config){0}, &state));

    float h[H] = {0}, y[H];
    for (int t = 0; t < T; t++) {
        step_by_hand(x[t], h);
        must(elman_model_step(model, state, x[t], y));
        printf("h%d by hand  %.4f %.4f %.4f\n", t, (double)h[0], (double)h[1],
               (double)h[2]);
        printf("   library  %.4f %.4f %.4f\n", (double)y[0], (double)y[1],
               (double)y[2]);
    }
    elman_state_destroy(state);
    elman_model_destroy(model);
}
