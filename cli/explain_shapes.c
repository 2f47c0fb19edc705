/*
 * explain_shapes.c: the experiment shapes: what goes in and comes out of
 * stacked and bidirectional layers; see experiment.h and examples/shapes.c.
 */
#include "experiment.h"
#include "explain.h"
#include "screen.h"

#include <stdlib.h>
#include <string.h>

/* One network, and how PyTorch would write it. */
typedef struct shape_row {
    const char *title;
    elman_layer layer; /* its sizes are filled in */
    bool projects;
    bool head; /* last step, and a linear layer of 2 */
} shape_row;

static const shape_row rows[] = {
    {"nn.RNN(I, H)", {.kind = ELMAN_RNN}, false, false},
    {"bidirectional", {.kind = ELMAN_RNN, .bidirectional = true}, false, false},
    {"bidirectional, summed",
     {.kind = ELMAN_RNN, .bidirectional = true, .merge = ELMAN_MERGE_SUM},
     false,
     false},
    {"bidirectional, two levels",
     {.kind = ELMAN_RNN, .bidirectional = true, .num_layers = 2},
     false,
     false},
    {"nn.LSTM(I, H, proj_size=H-1)", {.kind = ELMAN_LSTM}, true, false},
    {"nn.GRU(I, H), last step, nn.Linear(H, 2)",
     {.kind = ELMAN_GRU},
     false,
     true},
};

enum { ROWS = sizeof rows / sizeof *rows, LINES = ROWS * 24 };

/* "(5,8,3)" behind text */
static void add_shape(char *text, size_t size, size_t rank, const size_t *shape)
{
    size_t used = strlen(text);
    for (size_t n = 0; n < rank; n++)
        used += (size_t)snprintf(text + used, size - used, "%s%zu",
                                 n ? "," : "(", shape[n]);
    snprintf(text + used, size - used, ")");
}

/* A line of the table: a name, a shape, and how many numbers that is. */
static void add_line(story *told, const char *name, size_t rank,
                     const size_t *shape)
{
    char *line = told->names[told->rows];
    snprintf(line, sizeof *told->names, "  %-26s ", name);
    add_shape(line, sizeof *told->names, rank, shape);
    size_t count = 1;
    for (size_t n = 0; n < rank; n++)
        count *= shape[n];
    told->cells[told->rows++] = (double)count;
}

/* All shapes of one network, after a pass over zeros. */
static elman_status tell_shapes(const elman_model *model, elman_state *state,
                                const elman_batch *batch, story *told)
{
    elman_tensor view;
    elman_status status = elman_model_forward(model, state, batch, NULL);
    if (status == ELMAN_OK) status = elman_state_view(model, state, "y", &view);
    if (status != ELMAN_OK) return status;
    add_line(told, "y", view.rank, view.shape);
    status = elman_state_view(model, state, "h", &view);
    if (status != ELMAN_OK) return status;
    add_line(told, "h, the final states", view.rank, view.shape);
    if (elman_state_view(model, state, "c", &view) == ELMAN_OK)
        add_line(told, "c, the final cells", view.rank, view.shape);

    elman_const_tensor numbers;
    const char *name;
    for (size_t n = 0; (name = elman_model_parameter(model, n, &numbers)); n++)
        add_line(told, name, numbers.rank, numbers.shape);
    return ELMAN_OK;
}

static int run_row(const shape_row *row, const trial *numbers, const float *x,
                   story *told)
{
    elman_config config = {.input_size = numbers->I};
    config.layers[0] = row->layer;
    config.layers[0].hidden_size = numbers->H;
    if (row->projects) config.layers[0].proj_size = numbers->H - 1;
    if (row->head) {
        config.layers[1].kind = ELMAN_LAST;
        config.layers[2].kind = ELMAN_LINEAR;
        config.layers[2].output_size = 2;
    }

    /* a pass over zeros, as only shapes count */
    elman_model *model = NULL;
    elman_state *state = NULL;
    /* a state of one step would not keep what layers between give */
    elman_state_config room = {.T = numbers->T > 1 ? numbers->T : 2,
                               .B = numbers->B};
    elman_batch batch = {.T = numbers->T, .B = numbers->B, .x = x};
    elman_status status = elman_model_create(&config, &model);
    if (status == ELMAN_OK) status = elman_state_create(model, &room, &state);
    if (status == ELMAN_OK) {
        snprintf(told->names[told->rows], sizeof *told->names, "%s",
                 row->title);
        told->cells[told->rows++] =
            (double)elman_model_read_info(model).weight_count;
        status = tell_shapes(model, state, &batch, told);
    }
    elman_state_destroy(state);
    elman_model_destroy(model);
    return status == ELMAN_OK ? 0 : library_failed();
}

static void torch_shapes(const trial *numbers, story *told)
{
    size_t I = numbers->I, H = numbers->H;
    story_torch(told,
                "import torch; from torch import nn; x = torch.zeros(%zu, %zu, "
                "%zu); I = %zu; H = %zu",
                numbers->T, numbers->B, I, I, H);
    story_torch(told, "nets = [nn.RNN(I, H), nn.RNN(I, H, bidirectional=True), "
                      "nn.RNN(I, H, 2, bidirectional=True), nn.LSTM(I, H, "
                      "proj_size=H - 1), nn.GRU(I, H)]; head = nn.Linear(H, "
                      "2)");
    story_torch(told, "for net in nets: y, h = net(x); print(net, *(tuple("
                      "a.shape) for a in (y, *(h if net.mode == \"LSTM\" else "
                      "[h]))), *((n, tuple(w.shape)) for n, w in "
                      "net.named_parameters()), sep=\"\\n  \")");
    story_torch(told, "print(head, *(tuple(a.shape) for a in (head(y[-1]), "
                      "head.weight, head.bias)))  # and summed: y[..., :H] + "
                      "y[..., H:]");
}

int shapes_run(const trial *numbers, story *told)
{
    if (numbers->H < 2)
        return misused("--hidden expects at least 2 here: one network projects "
                       "to one fewer");
    snprintf(told->title, STORY_LINE,
             "the shapes of %zu sequences of %zu steps of I = %zu values, "
             "H = %zu: (T,B,I) is (%zu,%zu,%zu)",
             numbers->B, numbers->T, numbers->I, numbers->H, numbers->T,
             numbers->B, numbers->I);
    told->columns = 1;
    told->heads[0] = (story_column){"numbers", "%.0f", false};

    /* a block of lines for each network */
    float *x = calloc(numbers->T * numbers->B * numbers->I, sizeof *x);
    int code = x ? 0 : failed("out of memory");
    if (!code && !story_rows(told, LINES, true)) code = EXIT_FAILED;
    told->rows = 0;
    for (size_t n = 0; !code && n < ROWS; n++)
        code = run_row(&rows[n], numbers, x, told);
    free(x);

    story_say(told, "Beside the name of each network stands how many weights "
                    "it has: the sum of its matrices and biases below.");
    story_say(told, "Two directions double the features of the output, unless "
                    "they are summed; levels do not. h has a block of rows for "
                    "each level and direction and is never batch-first.");
    story_say(told, "A recurrent weight has H rows for each gate: one in an "
                    "Elman cell, three in a GRU, four in an LSTM. A "
                    "projection narrows h, and with it y and the columns of "
                    "that weight, but not c.");
    torch_shapes(numbers, told);
    return code;
}
