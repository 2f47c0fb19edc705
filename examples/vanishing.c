/*
 * vanishing.c (4 of 18): 20 tanh steps with a recurrent weight of 0.5. Each
 * step back multiplies the gradient by 0.5 and by the derivative of tanh, which
 * is below 1: of step 0, 4.7e-12 reaches the loss. Nor does step 0 reach the
 * last h, as that is the same number: what does not come back never got there.
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
    /* torch.nn.RNN(1, 1, bias=False) */
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
    elman_state_config training = {.T = T, .training = true};
    must(elman_state_create(model, &training, &state));

    float x[T], y[T], dy[T] = {0}, dx[T];
    for (int t = 0; t < T; t++)
        x[t] = 1;
    dy[T - 1] = 1; /* d(h_n) = 1 */
    elman_batch batch = {.T = T, .B = 1, .x = x};
    must(elman_model_forward(model, state, &batch, y));
    must(elman_model_backward(model, state, dy, dx));

    /* after a few steps h stands still, so the factor does as well */
    printf("step  h       gradient at x  to the step after\n");
    for (int t = T - 1; t >= 0; t--) {
        printf("%4d  %.4f  %.4e", t, (double)y[t], (double)dx[t]);
        if (t < T - 1) printf("     %.3f", (double)dx[t] / (double)dx[t + 1]);
        printf("\n");
    }

    /* the sum over steps hides it: these look healthy, but the last steps
     * made them nearly alone */
    elman_tensor dw_hh, dw_ih;
    must(elman_state_view(model, state, "rnn.weight_hh_l0.grad", &dw_hh));
    must(elman_state_view(model, state, "rnn.weight_ih_l0.grad", &dw_ih));
    printf("gradient of weight_hh %.4f, of weight_ih %.4f\n",
           (double)*dw_hh.data, (double)*dw_ih.data);
    elman_state_destroy(state);
    elman_model_destroy(model);
}
