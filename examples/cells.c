/*
 * cells.c (14 of 18): every recurrent layer on one task, to say at the end the
 * first of ten signs, which is marked; and what each costs a step.
 *
 * minGRU and minLSTM gate by x alone: a fraction of the weights, and enough
 * where x says what to keep. IndRNN remembers with one number a unit, and can
 * be stacked deep. Li-GRU is a GRU for two thirds of its price. What to keep
 * depends on what is kept already? Then take an LSTM or a GRU.
 */
#include <stdio.h>
#include <stdlib.h>
#include <elman.h>

enum { T = 10, B = 16, MOST = 2000 };

static void check(elman_status status)
{
    if (status == ELMAN_OK) return;
    fprintf(stderr, "%s\n", elman_message());
    exit(1);
}

/* x (T,B,2): a sign, and 1 where it is the one to say at the end. */
static void draw(unsigned *coin, float *x, float *answer)
{
    for (int i = 0; i < T * B; i++) {
        *coin = *coin * 1664525u + 1013904223u;
        x[2 * i] = *coin >> 31 ? 1 : -1;
        x[2 * i + 1] = i < B;
        if (i < B) answer[i] = x[2 * i];
    }
}

/* Training steps until the squared error is under 0.01; guessing has 1. */
static int train(elman_model *model)
{
    elman_state_config room = {.T = T, .B = B, .training = true};
    elman_optimizer_config adam = {.learning_rate = 0.01, .clip_norm = 1};
    elman_loss_config squared = {.kind = ELMAN_LOSS_MEAN_SQUARED};
    elman_state *state;
    elman_optimizer *optimizer;
    check(elman_state_create(model, &room, &state));
    check(elman_optimizer_create(model, &adam, &optimizer));

    static float x[T * B * 2], answer[B];
    elman_batch batch = {.T = T, .B = B, .x = x};
    elman_target target = {.values = answer};
    unsigned coin = 1;
    double loss = 1;
    int step = 0;
    for (; step < MOST && loss > 0.01; step++) {
        draw(&coin, x, answer);
        elman_state_reset(model, state);
        elman_state_zero_gradients(state);
        check(elman_model_forward(model, state, &batch, NULL));
        check(elman_model_loss(model, state, &squared, &target, &loss, NULL));
        check(elman_model_backward(model, state, NULL, NULL));
        check(elman_optimizer_step(optimizer, model, state, -1, NULL));
    }
    elman_optimizer_destroy(optimizer);
    elman_state_destroy(state);
    return step;
}

int main(void)
{
    elman_kind_info info;
    printf("%-8s %8s %14s %14s\n", "cell", "weights", "multiply-adds",
           "learned after");
    for (int k = 1; elman_kind_read((elman_kind)k, &info) == ELMAN_OK; k++) {
        elman_config config = {
            .input_size = 2,
            .layers = {{.kind = info.kind, .hidden_size = 16},
                       {.kind = ELMAN_LAST},
                       {.kind = ELMAN_LINEAR, .output_size = 1}}};
        elman_model *model;
        if (info.family != ELMAN_FAMILY_RECURRENT) continue;
        check(elman_model_create(&config, &model));
        printf("%-8s %8zu %14.0f %8d steps\n", info.title,
               elman_model_read_info(model).weight_count,
               elman_model_flops(model, 1, false) / 2, train(model));
        elman_model_destroy(model);
    }
}
