/*
 * forecast.c (9 of 18): the next value of a sine on a rising trend. Trained on
 * the first half, it goes on where no value was ever so high: it can, because
 * it reads and predicts differences, not levels. Notice the naive forecast (the
 * last value again), and that at the end each forecast is its next input.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "elman.h"

enum { N = 401, TRAIN = 200, AHEAD = 12 };

static void must(elman_status status)
{
    if (status == ELMAN_OK) return;
    fprintf(stderr, "%s\n", elman_message());
    exit(1);
}

int main(void)
{
    /* change[i] = value[i+1] - value[i], rounded so that every C library's
     * sine gives the same data */
    float change[N - 1];
    for (int i = 0; i < N - 1; i++) {
        double rise = sin(0.3 * (i + 1)) - sin(0.3 * i) + 0.02;
        change[i] = (float)(floor(rise * 10000 + 0.5) / 10000);
    }

    elman_config config = {
        .input_size = 1,
        .layers = {{.kind = ELMAN_LSTM, .hidden_size = 16},
                   {.kind = ELMAN_LINEAR, .output_size = 1}}};
    elman_model *model = NULL;
    elman_state *state = NULL;
    elman_optimizer *adam = NULL;
    elman_state_config training = {.T = TRAIN, .training = true};
    elman_optimizer_config rule = {.rule = ELMAN_RULE_ADAM,
                                   .learning_rate = 0.01};
    must(elman_model_create(&config, &model));
    must(elman_state_create(model, &training, &state));
    must(elman_optimizer_create(model, &rule, &adam));

    double loss;
    float y[1];
    elman_loss_config kind = {.kind = ELMAN_LOSS_MEAN_SQUARED};
    elman_batch batch = {.T = TRAIN, .B = 1, .x = change};
    elman_target target = {.values = change + 1}; /* one step later */
    for (int step = 0; step <= 300; step++) {
        elman_state_reset(model, state);
        elman_state_zero_gradients(state);
        must(elman_model_forward(model, state, &batch, NULL));
        must(elman_model_loss(model, state, &kind, &target, &loss, NULL));
        if (step % 100 == 0) printf("step %3d  loss %.5f\n", step, loss);
        must(elman_model_backward(model, state, NULL, NULL));
        must(elman_optimizer_step(adam, model, state, -1, NULL));
    }

    /* what it has not seen; the state goes on from the training part */
    double error = 0, naive = 0;
    for (int i = TRAIN; i < N - 2 - AHEAD; i++) {
        must(elman_model_step(model, state, change + i, y));
        double rise = (double)change[i + 1], off = rise - (double)y[0];
        error += off * off;
        naive += rise * rise;
    }
    printf("unseen: error %.5f of the naive forecast's\n", error / naive);

    double value = 0, want = 0; /* relative to where it begins alone */
    for (int i = N - 2 - AHEAD; i < N - 2; i++) {
        must(elman_model_step(model, state, y, y));
        printf("%2d ahead  %6.2f, truly %6.2f\n", i - (N - 3 - AHEAD),
               value += (double)y[0], want += (double)change[i + 1]);
    }
    elman_optimizer_destroy(adam);
    elman_state_destroy(state);
    elman_model_destroy(model);
}
