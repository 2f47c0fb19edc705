/*
 * exchange.c (13 of 18): a model goes out to ONNX and comes back. What another
 * system trained is imported in the same way: open the file, inspect the table
 * of what each tensor becomes, make the model, stream. Notice that gates come
 * back in our order (iofc to ifgo), that the outputs have the same bits, and
 * that a file which is no model gets one sentence.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "elman.h"

enum { T = 8, I = 3, O = 2 };

static void must(elman_status status)
{
    if (status == ELMAN_OK) return;
    fprintf(stderr, "%s\n", elman_message());
    exit(1);
}

static void stream(const elman_model *model, float *y)
{
    elman_state *state = NULL;
    elman_state_config one = {.T = 1};
    must(elman_state_create(model, &one, &state));
    for (int t = 0; t < T; t++) {
        const float x[I] = {(float)t / (float)T, 0.5f, (float)(t % 3)};
        must(elman_model_step(model, state, x, y + (ptrdiff_t)t * O));
    }
    elman_state_destroy(state);
}

int main(void)
{
    elman_config config = {
        .input_size = I,
        .layers = {{.kind = ELMAN_LSTM, .name = "lstm", .hidden_size = 5},
                   {.kind = ELMAN_LINEAR, .output_size = O}}};
    elman_model *ours = NULL, *theirs = NULL;
    elman_import *import = NULL;
    const char *path = "model.onnx";
    must(elman_model_create(&config, &ours));
    must(elman_model_export(ours, ELMAN_EXPORT_ONNX, path));

    /* what each tensor of the file becomes */
    size_t count;
    must(elman_import_open(&path, 1, NULL, &import));
    const elman_import_row *rows = elman_import_rows(import, &count);
    for (size_t i = 0; i < count; i++)
        if (rows[i].to && *rows[i].to)
            printf("%-10s -> %-17s %s\n", rows[i].from, rows[i].to,
                   rows[i].how);
    must(elman_import_create(import, &theirs));

    float want[T * O], got[T * O];
    stream(ours, want);
    stream(theirs, got);
    printf("streamed: %s\n",
           memcmp(got, want, sizeof got) ? "other bits" : "the same bits");

    FILE *file = fopen("nonsense.onnx", "w");
    if (file) fputs("nonsense", file), fclose(file);
    elman_model *none = NULL;
    if (elman_model_load("nonsense.onnx", &none))
        printf("%s\n", elman_message());
    elman_import_close(import);
    elman_model_destroy(theirs);
    elman_model_destroy(ours);
    return 0;
}
