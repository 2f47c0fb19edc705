/*
 * shapes.c (7 of 18): what goes in and comes out of stacked and bidirectional
 * layers. Notice: two directions double the features of the output (concat),
 * levels do not; h_n has one row block for each level and direction and is
 * never batch-first, all as in PyTorch.
 */
#include <stdio.h>
#include <stdlib.h>

#include "elman.h"

enum { B = 8, T = 5, I = 4, H = 3 };

static void must(elman_status status)
{
    if (status == ELMAN_OK) return;
    fprintf(stderr, "%s\n", elman_message());
    exit(1);
}

static void print_shape(const char *name, size_t rank, const size_t *shape)
{
    printf("  %-26s (", name);
    for (size_t i = 0; i < rank; i++)
        printf("%s%zu", i ? "," : "", shape[i]);
    printf(")\n");
}

static void show(const char *title, const elman_config *config)
{
    float x[B * T * I] = {0};
    elman_model *model = NULL;
    elman_state *state = NULL;
    must(elman_model_create(config, &model));
    must(elman_state_create(model, &(elman_state_config){.T = T, .B = B},
                            &state));
    elman_batch batch = {.T = T, .B = B, .x = x};
    must(elman_model_forward(model, state, &batch, NULL));

    elman_tensor view;
    elman_const_tensor weight;
    printf("%s: %zu weights\n", title,
           elman_model_read_info(model).weight_count);
    must(elman_state_view(model, state, "y", &view));
    print_shape("y", view.rank, view.shape);
    must(elman_state_view(model, state, "h", &view));
    print_shape("h, the final states", view.rank, view.shape);

    const char *name;
    for (size_t i = 0; (name = elman_model_parameter(model, i, &weight)); i++)
        if (weight.rank == 2) print_shape(name, weight.rank, weight.shape);

    elman_state_destroy(state);
    elman_model_destroy(model);
}

int main(void)
{
    elman_config config = {.input_size = I,
                           .layers = {{.kind = ELMAN_RNN, .hidden_size = H}}};
    elman_layer *layer = &config.layers[0];
    show("nn.RNN(4, 3)", &config);
    layer->bidirectional = true;
    show("bidirectional", &config);
    layer->merge = ELMAN_MERGE_SUM;
    show("bidirectional, summed", &config);
    layer->merge = ELMAN_MERGE_CONCAT;
    layer->num_layers = 2;
    show("bidirectional, two levels", &config);

    *layer =
        (elman_layer){.kind = ELMAN_LSTM, .hidden_size = H, .proj_size = 2};
    show("nn.LSTM(4, 3, proj_size=2)", &config);

    /* one vector for each sequence: the usual head of a classifier */
    *layer = (elman_layer){.kind = ELMAN_GRU, .hidden_size = H};
    config.layers[1] = (elman_layer){.kind = ELMAN_LAST};
    config.layers[2] = (elman_layer){.kind = ELMAN_LINEAR, .output_size = 2};
    show("nn.GRU(4, 3), last step, nn.Linear(3, 2)", &config);
}
