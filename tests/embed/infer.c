/*
 * infer.c: the least that a program does with a model: it loads one from a file
 * or from memory, makes a state, and steps. What it weighs is what the library
 * weighs in a product.
 */
#include <elman.h>

#include <stdio.h>

int main(int argc, char **argv)
{
    static unsigned char bytes[1 << 16];
    elman_model *model = NULL;
    elman_state *state = NULL;
    float x = 0, y = 0;

    /* a file that was named, or standard input */
    elman_status status =
        argc > 1 ? elman_model_load(argv[1], &model)
                 : elman_model_load_memory(
                       bytes, fread(bytes, 1, sizeof bytes, stdin), &model);

    if (status == ELMAN_OK)
        status = elman_state_create(model, &(elman_state_config){0}, &state);
    for (int t = 0; t < 10 && status == ELMAN_OK; t++) {
        status = elman_model_step(model, state, &x, &y);
        if (status == ELMAN_OK) printf("%.9g\n", (double)(x = y));
    }
    if (status != ELMAN_OK) fprintf(stderr, "%s\n", elman_message());

    elman_state_destroy(state);
    elman_model_destroy(model);
    return status != ELMAN_OK;
}
