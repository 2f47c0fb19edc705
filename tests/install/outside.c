/* outside.c: a program that knows elman only from its installed copy: an LSTM
 * reads three steps. */
#include <elman.h>

#include <stdio.h>

int main(void)
{
    elman_config config = {
        .input_size = 2,
        .layers = {{.kind = ELMAN_LSTM, .hidden_size = 4},
                   {.kind = ELMAN_LINEAR, .output_size = 1}},
    };
    const float x[3][2] = {{1, 2}, {3, 4}, {5, 6}};
    elman_model *model = NULL;
    elman_state *state = NULL;
    float y = 0;

    elman_status status = elman_model_create(&config, &model);
    if (status == ELMAN_OK)
        status = elman_state_create(model, &(elman_state_config){0}, &state);
    for (int t = 0; t < 3 && status == ELMAN_OK; t++)
        status = elman_model_step(model, state, x[t], &y);

    if (status == ELMAN_OK)
        printf("elman %s, of the header %d.%d.%d: %.6f\n", elman_version(),
               ELMAN_VERSION_MAJOR, ELMAN_VERSION_MINOR, ELMAN_VERSION_PATCH,
               (double)y);
    else printf("%s\n", elman_message());
    elman_state_destroy(state);
    elman_model_destroy(model);
    return status != ELMAN_OK;
}
