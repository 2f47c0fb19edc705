/*
 * lstm_remedy.c (6 of 18): the input of vanishing.c through an LSTM, all
 * weights 0.5. Its cell is carried by a product with the forget gate alone,
 *
 *   c = f c_prev + i g,   dc_prev = dc f
 *
 * so along c a step costs a gradient the factor f, but no derivative of tanh
 * and no weight; what goes back through h comes to it. Step 0 counts eight
 * orders of magnitude more than there; and f can be learned, or begin near 1
 * (forget_bias).
 */
#include <stdio.h>
#include <stdlib.h>

#include "elman.h"

enum { T = 20 };

static void must(elman_status status)
{
    if (status == ELMAN_OK) return;
    fprintf(stderr, "%s\n", elman_message());
    exit(1);
}

int main(void)
{
    /* torch.nn.LSTM(1, 1), weights 0.5, biases 0 */
    elman_config config = {.input_size = 1,
                           .layers = {{.kind = ELMAN_LSTM,
                                       .hidden_size = 1,
                                       .init_ih = {ELMAN_INIT_CONSTANT, 0.5},
                                       .init_hh = {ELMAN_INIT_CONSTANT, 0.5},
                                       .init_bias = {ELMAN_INIT_CONSTANT, 0}}}};
    elman_model *model = NULL;
    must(elman_model_create(&config, &model));
    elman_state *state = NULL;
    elman_state_config training = {
        .T = T, .training = true, .keep_gradients = true};
    must(elman_state_create(model, &training, &state));

    float x[T], dy[T] = {0}, dx[T];
    for (int t = 0; t < T; t++)
        x[t] = 1;
    dy[T - 1] = 1; /* d(h_n) = 1 */
    elman_batch batch = {.T = T, .B = 1, .x = x};
    must(elman_model_forward(model, state, &batch, NULL));
    must(elman_model_backward(model, state, dy, dx));

    /* gate is (T,B,4H) in PyTorch's order: i f g o */
    elman_tensor gate, c, dc;
    must(elman_state_view(model, state, "layer0.gate", &gate));
    must(elman_state_view(model, state, "layer0.c", &c));
    must(elman_state_view(model, state, "layer0.dc", &dc));
    printf("step  forget gate  cell    gradient at c  at x\n");
    for (int t = T - 1; t >= 0; t--)
        printf("%4d  %.4f       %.4f  %.4f         %.4f\n", t,
               (double)gate.data[4 * t + 1], (double)c.data[t],
               (double)dc.data[t], (double)dx[t]);
    printf("at step 0: %.1e here, 4.7e-12 in vanishing.c\n", (double)dx[0]);

    elman_tensor dw_hh;
    must(elman_state_view(model, state, "rnn.weight_hh_l0.grad", &dw_hh));
    printf("gradient of weight_hh: i %.4f  f %.4f  g %.4f  o %.4f\n",
           (double)dw_hh.data[0], (double)dw_hh.data[1], (double)dw_hh.data[2],
           (double)dw_hh.data[3]);
    elman_state_destroy(state);
    elman_model_destroy(model);
}
