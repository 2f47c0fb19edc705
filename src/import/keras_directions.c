/* keras_directions.c: Bidirectional: two cells, and how they are joined. */
#include "import/keras_cell.h"

#include <string.h>

/* ---- Bidirectional ------------------------------------------------------ */

elman_status keras_refuse_directions(const keras_layer *l, const char *what)
{
    return failure(
        ELMAN_BAD_FORMAT,
        "the layer %.60s (%.40s) %.100s; each of them can be saved in Python: "
        "both = model.get_layer(\"%.60s\"); keras.Sequential([keras.Input("
        "both.input.shape[1:]), both.forward_layer]).save(\"forward.keras\")",
        l->name, l->class_name, what, l->name);
}

/* A matrix behind both directions, of numbers that are 1 or the like. Each of
 * its rows takes one of each half, by a factor. */
static elman_status add_matrix(keras_model *k, const keras_layer *l,
                               const char *how, size_t H, size_t rows,
                               float first, float second)
{
    tensor_slice s = {.row_step = 2 * H, .column_step = 1, .how = how};
    const char *name = import_text(k->im, "%s (%s)", l->name, how);
    float *values = name ? import_make_tensor(k->im, name, 2,
                                              (size_t[]){rows, 2 * H}, &s.from)
                         : NULL;
    if (!values) return ELMAN_NO_MEMORY;

    /* row i is of feature i, or of the other half's if there are two halves */
    for (size_t i = 0; i < rows; i++) {
        values[i * 2 * H + i % H] = i < H ? first : second;
        values[i * 2 * H + H + i % H] = i < H ? second : first;
    }

    elman_layer *made = keras_new(k, l, ELMAN_LINEAR, false);
    if (!made) return ELMAN_BAD_FORMAT;
    made->output_size = rows;
    made->no_bias = true;
    TRY(keras_slice(k, "weight", s));
    return keras_flow(k, l, 2 * H, rows);
}

/* A cell by itself, or one in an RNN. */
static bool read_direction(const json_node *node, keras_unit *u)
{
    const char *class_name;
    u->cell = NULL;
    if (!keras_object(node, &class_name, &u->config)) return false;
    u->cell = keras_find_cell(class_name, false);
    if (u->cell || strcmp(class_name, "RNN") != 0) return u->cell;

    bool found =
        keras_object(json_find(u->config, "cell"), &class_name, &u->config);
    if (found) u->cell = keras_find_cell(class_name, true);
    return u->cell;
}

static elman_status read_merge(const keras_layer *l, bool sequences,
                               elman_merge *merge)
{
    static const char *const words[] = {[ELMAN_MERGE_CONCAT] = "concat",
                                        [ELMAN_MERGE_SUM] = "sum",
                                        [ELMAN_MERGE_MUL] = "mul",
                                        [ELMAN_MERGE_AVERAGE] = "ave"};
    const char *word =
        l->use.merge ? l->use.merge : keras_text(l->config, "merge_mode");

    /* null is none of the words */
    *merge = ELMAN_MERGE_NONE;
    for (size_t i = 0; word && i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], word) == 0) *merge = (elman_merge)i;

    bool mixed = *merge == ELMAN_MERGE_MUL || *merge == ELMAN_MERGE_NONE;
    if (word && *merge == ELMAN_MERGE_NONE)
        return keras_refuse(l, "has a merge_mode that Keras has not");
    if (sequences || !mixed) return ELMAN_OK;
    return failure(
        ELMAN_BAD_FORMAT,
        "the layer %.60s (%.40s) multiplies or lists where its directions end "
        "(merge_mode without return_sequences), which elman cannot; a model up "
        "to both of them, beside each other, can be saved in Python: both = "
        "model.get_layer(\"%.60s\"); both.merge_mode = \"concat\"; "
        "keras.Model(model.inputs, both.output%s).save(\"ends.keras\")",
        l->name, l->class_name, l->name, word ? "" : "[0]");
}

/* What is behind the layer of ours: the directions where they end stand beside
 * each other, whatever joins them; and they have changed places where the steps
 * come from the last to the first. */
static elman_status end_directions(keras_model *k, const keras_layer *l,
                                   size_t H, bool sequences, bool flipped,
                                   elman_merge merge)
{
    bool beside = merge == ELMAN_MERGE_CONCAT;
    TRY(keras_end_layer(k, l, sequences, flipped, true));
    if (flipped && beside)
        return add_matrix(k, l, "changes places of directions", H, 2 * H, 0, 1);
    if (sequences || beside) return ELMAN_OK;

    float factor = merge == ELMAN_MERGE_SUM ? 1 : 0.5f;
    return add_matrix(k, l, "adds where both directions end", H, H, factor,
                      factor);
}

static elman_status add_directions(keras_model *k, const keras_layer *l,
                                   const keras_unit *forward,
                                   const keras_unit *backward, bool sequences,
                                   elman_merge merge)
{
    size_t reads = 0;
    bool flipped = forward->direction == 1;
    elman_layer *made = keras_new(k, l, forward->cell->kind, true);
    if (!made) return ELMAN_BAD_FORMAT;
    made->bidirectional = true;
    made->merge = sequences ? merge : ELMAN_MERGE_CONCAT;

    if (backward->cell != forward->cell)
        return keras_refuse_directions(l, "has two directions that differ, "
                                          "which elman cannot join");
    TRY(keras_add_unit(k, l, flipped ? backward : forward, made, &reads));
    TRY(keras_add_unit(k, l, flipped ? forward : backward, made, &reads));

    size_t H = made->hidden_size;
    bool beside = made->merge == ELMAN_MERGE_CONCAT;
    TRY(keras_flow(k, l, reads, beside ? 2 * H : H));
    return end_directions(k, l, H, sequences, flipped, merge);
}

elman_status keras_add_bidirectional(keras_model *k, const keras_layer *l)
{
    const json_node *inner = json_find(l->config, "layer");
    const json_node *other = json_find(l->config, "backward_layer");
    const json_node *settings = json_find(inner, "config");
    keras_unit forward = {.under = "/forward_layer/cell"};
    keras_unit backward = {.under = "/backward_layer/cell"};
    elman_merge merge;

    bool own = other && other->kind == JSON_KIND_OBJECT;
    if (!read_direction(inner, &forward) ||
        !read_direction(own ? other : inner, &backward))
        return keras_refuse_directions(l,
                                       "has directions that are no LSTM, GRU "
                                       "or SimpleRNN, which elman cannot join");
    TRY(keras_expect_sequence(k, l));

    /* reading steps backwards that come backwards is reading them forwards */
    bool flipped = keras_flag(settings, "go_backwards", false) != k->flipped;
    forward.direction = flipped;
    backward.direction = !flipped;

    /* the second kernel of the layer is that of the way back */
    backward.kernel_turn = 1;
    backward.bias_turn = keras_flag(forward.config, "use_bias", true);
    bool sequences =
        keras_flag(settings, "return_sequences", false) && !l->use.state;
    TRY(read_merge(l, sequences, &merge));
    if (flipped && merge == ELMAN_MERGE_NONE)
        return keras_refuse(l, "gives both directions of steps that come from "
                               "the last to the first, which elman cannot");
    return add_directions(k, l, &forward, &backward, sequences, merge);
}
