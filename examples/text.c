/*
 * text.c (10 of 18): a character model. It reads a paragraph and learns to
 * predict at each character the next one; then it writes, and each character
 * that it draws is its next input. Notice that training sees all steps at once,
 * (T,B), while writing is the same model one step at a time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "elman.h"

enum { V = 128 }; /* every ASCII character is a token */

static const char text[] =
    "A recurrent network reads one step at a time. What it has read it keeps "
    "in a state, and the state is all it knows of the past. At each step the "
    "new input and the old state make the new state. The same weights do this "
    "at every step, so a sequence may be as long as it likes. ";
enum { T = sizeof text - 2 }; /* the last character follows, it is not read */

static void must(elman_status status)
{
    if (status == ELMAN_OK) return;
    fprintf(stderr, "%s\n", elman_message());
    exit(1);
}

int main(void)
{
    elman_config config = {
        .seed = 9,
        .layers = {
            {.kind = ELMAN_EMBEDDING, .num_embeddings = V, .embedding_dim = 16},
            {.kind = ELMAN_LSTM, .hidden_size = 64},
            {.kind = ELMAN_LINEAR, .output_size = V}}};
    elman_model *model = NULL;
    elman_state *state = NULL;
    elman_optimizer *adam = NULL;
    elman_state_config training = {.T = T, .training = true};
    elman_optimizer_config rule = {
        .rule = ELMAN_RULE_ADAM, .learning_rate = 0.01, .clip_norm = 1};
    must(elman_model_create(&config, &model));
    must(elman_state_create(model, &training, &state));
    must(elman_optimizer_create(model, &rule, &adam));

    int32_t tokens[T + 1];
    for (size_t i = 0; i <= T; i++)
        tokens[i] = text[i];
    float y[V];
    double loss;
    elman_loss_config kind = {.kind = ELMAN_LOSS_CROSS_ENTROPY};
    elman_batch batch = {.T = T, .B = 1, .tokens = tokens};
    elman_target target = {.classes = tokens + 1}; /* one step later */
    for (int step = 0; step <= 180; step++) {
        elman_state_reset(model, state);
        elman_state_zero_gradients(state);
        must(elman_model_forward(model, state, &batch, NULL));
        must(elman_model_loss(model, state, &kind, &target, &loss, NULL));
        if (step % 30 == 0) printf("step %3d  loss %.3f\n", step, loss);
        must(elman_model_backward(model, state, NULL, NULL));
        must(elman_optimizer_step(adam, model, state, -1, NULL));
    }

    /* temperature below 1 prefers what is likely */
    elman_sampler sampler = {.temperature = 0.5, .seed = 1};
    int32_t token = 'T';
    elman_state_reset(model, state);
    for (uint64_t draw = 0; draw < 160; draw++) {
        putchar(token);
        must(elman_model_step_tokens(model, state, &token, y));
        must(elman_sampler_step(&sampler, draw, V, y, &token));
    }
    putchar('\n');
    elman_optimizer_destroy(adam);
    elman_state_destroy(state);
    elman_model_destroy(model);
}
