/*
 * keras_parts.h: what the files of the Keras importer share.
 *
 *   keras            opens, reads the settings, leaves out what is no weight
 *   keras_chain      which layer follows which, in Sequential models and in
 *                    models in models
 *   keras_graph      the same in functional models
 *   keras_mask       what those say of padding
 *   keras_layer      the table of classes, and those without a cell
 *   keras_shape      those that make no numbers
 *   keras_recurrent  those with cells
 *   keras_directions Bidirectional
 *   keras_norm       norms
 *   keras_known      which settings are known, and types of numbers
 *   keras_function   activations by name and by class
 *   keras_weight     where the weights of a layer are
 */
#ifndef IMPORT_KERAS_PARTS_H
#define IMPORT_KERAS_PARTS_H

#include "format/hdf5.h"
#include "format/json.h"
#include "import/import.h"

/* What a functional model says of a layer. */
typedef struct keras_use {
    const json_node *call; /* where it is called, or NULL */
    bool state;            /* what is read of it is where it ends */
    const char *merge;     /* both of its directions are joined so, whatever its
                              merge_mode says; or NULL */
    bool masked;           /* it is given a mask */
} keras_use;

/* What can be saved where a layer cannot be read: what is in front of it, or
 * behind it, if there are cells in that. Of the outermost layers. */
typedef struct keras_part {
    const char *front, *rest; /* the last layer of the front, the one in front
                                 of the rest; or NULL */
    size_t number;            /* of the first of the rest, in a Sequential; of a
                                 functional model 0 */
} keras_part;

/* A layer of the file. */
typedef struct keras_layer {
    const char *name, *class_name;
    const json_node *config;
    const char *path;   /* of its weights: "layers/lstm" */
    const char *group;  /* in an .h5 of whole names: of the outermost layer */
    const char *inside; /* and in that group, if it is in a model there: its
                           own name, else NULL */
    keras_part part;
    keras_use use;
} keras_layer;

/* A model that is being read. */
typedef struct keras_model {
    elman_import *im;
    const hdf5 *file;
    bool by_name;     /* .h5: weights are found by names, not by paths */
    const char *home; /* where those names begin: "model_weights/" */
    bool second;      /* of Keras 2, whose hard sigmoid is another */

    size_t layer_count;  /* of im->config */
    size_t *slice_layer; /* (slices) the layer that each is of, whose role its
                            parameter holds until layers have names */
    size_t slice_layer_room;

    /* what flows at this place */
    size_t width;       /* features, 0 while unknown */
    bool sequence;      /* steps, not one vector for each sequence */
    bool each;          /* the layer is put on each step by itself */
    bool flipped;       /* the last step comes first, against ours */
    const char *shaped; /* what Reshape at the end makes of the features */
    bool masked;        /* a layer has passed over what pads */
    bool repeated;      /* steps of a RepeatVector, none of which pad */
    size_t in_rank;     /* axes of the model's input, 0 while unknown */
} keras_model;

/* ---- Reading settings --------------------------------------------------- */

/* A text, a number or a truth of a layer's settings; what is left out, or null,
 * is as given. */
const char *keras_text(const json_node *config, const char *key);
double keras_number(const json_node *config, const char *key, double otherwise);
bool keras_flag(const json_node *config, const char *key, bool otherwise);

/* The class and the settings of a layer or cell in other's settings. */
bool keras_object(const json_node *node, const char **class_name,
                  const json_node **config);

/* "the layer NAME (CLASS) what", with the line that saves what is before it or
 * behind it; and the same of one that has no counterpart. */
elman_status keras_refuse(const keras_layer *l, const char *what);
elman_status keras_lacks(const keras_layer *l);

/* ---- Models ------------------------------------------------------------- */

/* The layers of a model that is the settings of layer l. */
elman_status keras_add_inner(keras_model *k, const keras_layer *l,
                             const json_node *model);

/* Whether a layer of this class, behind one that is refused, may be read. */
bool keras_takes(const json_node *node);

enum { KERAS_MOST_LAYERS = 256 };

/* A model among the layers of another, or the outermost. */
typedef struct keras_box {
    const char *name;
    const json_node *layers; /* a list */
    const json_node *config;
    const char *path;  /* of its weights, with a slash behind it, or "" */
    const char *group; /* of the outermost layer that it is in, or NULL */
    keras_part part;   /* of that one */
    size_t depth;
} keras_box;

/* The name of a layer or model, and whether it is of that class. */
const char *keras_name_of(const json_node *node);
bool keras_is_class(const json_node *node, const char *name);

/* Adds a layer, or the layers of a model, behind the one of the name before. */
elman_status keras_add_node(keras_model *k, const keras_box *box,
                            const json_node *node, const char *before,
                            keras_use use);
elman_status keras_add_functional(keras_model *k, const keras_box *box);
const json_node *keras_find_node(const json_node *layers, const char *name);

/* Whether it is an operation (keras.ops), which get_layer does not find. */
bool keras_is_operation(const json_node *node);

/* Whether a class is Keras's own: one of the user's may have the same name. */
bool keras_is_own(const json_node *node);

/* Whether the output of a layer is what Embedding (mask_zero) or Masking of the
 * same model say of padding; whether a class is of such a layer. */
bool keras_is_mask(const keras_box *box, const char *name);
bool keras_makes_masks(const json_node *node);

/* ---- Layers ------------------------------------------------------------- */

/* The layers in their order, each added to the config. */
elman_status keras_add_model(keras_model *k, const json_node *root);

/* Adds one by its class. */
elman_status keras_add_layer(keras_model *k, const keras_layer *l);

/* The word that a class has in paths; NULL if it is unknown. */
const char *keras_path_word(const char *class_name);

/* Refuses a setting of a layer, or of a layer or cell in it, that is not known;
 * says where Keras computes in another type. */
elman_status keras_check_known(keras_model *k, const keras_layer *l);

elman_status keras_add_recurrent(keras_model *k, const keras_layer *l);
elman_status keras_add_cells(keras_model *k, const keras_layer *l);
elman_status keras_add_bidirectional(keras_model *k, const keras_layer *l);
elman_status keras_add_flatten(keras_model *k, const keras_layer *l);
elman_status keras_add_reshape(keras_model *k, const keras_layer *l);
elman_status keras_add_permute(keras_model *k, const keras_layer *l);
elman_status keras_add_flip(keras_model *k, const keras_layer *l);
elman_status keras_add_item(keras_model *k, const keras_layer *l);
elman_status keras_add_repeat(keras_model *k, const keras_layer *l);
elman_status keras_add_layer_norm(keras_model *k, const keras_layer *l);
elman_status keras_add_batch_norm(keras_model *k, const keras_layer *l);
elman_status keras_add_normalization(keras_model *k, const keras_layer *l);
elman_status keras_add_unit_norm(keras_model *k, const keras_layer *l);

/* A new layer of our own, NULL if there are too many; named: by l's name. */
elman_layer *keras_new(keras_model *k, const keras_layer *l, elman_kind kind,
                       bool named);

/* ---- Functions ---------------------------------------------------------- */

enum { KERAS_STEPS = 2 };

/* An activation as one or two layers of ours; none is the identity. */
typedef struct keras_function {
    size_t count;
    struct {
        elman_kind kind; /* ACTIVATION, SOFTMAX or LOG_SOFTMAX */
        elman_activation activation;
    } step[KERAS_STEPS];
} keras_function;

/* By a layer's setting, or by a layer's class: found is false if that class is
 * none. */
elman_status keras_read_function(const keras_model *k, const keras_layer *l,
                                 const json_node *node, keras_function *f);
elman_status keras_class_function(const keras_layer *l, const char *class_name,
                                  const json_node *config, keras_function *f,
                                  bool *found);
elman_status keras_add_function(keras_model *k, const keras_layer *l,
                                const keras_function *f);

/* Operations of keras.ops: a function by its name; arithmetic with a number. */
elman_status keras_add_operation(keras_model *k, const keras_layer *l);
elman_status keras_add_arithmetic(keras_model *k, const keras_layer *l);

/* ---- Weights ------------------------------------------------------------ */

/* A weight of a layer: where it is under its path and its number there, or the
 * last part of its name and which of several that is. */
typedef struct keras_place {
    const char *under; /* "" or "/cell" */
    size_t index;
    const char *role; /* "kernel" */
    size_t turn;
} keras_place;

/* The tensor, which has this shape; a size of 0 is any, and is filled in. */
elman_status keras_find(const keras_model *k, const keras_layer *l,
                        const keras_place *place, size_t rank, size_t *shape,
                        size_t *tensor);

/* Whether there is such a tensor, of any shape and type. */
bool keras_has(const keras_model *k, const keras_layer *l,
               const keras_place *place, size_t *tensor);

/* The same of a kernel to which Keras adds a small one (LoRA): their sum, if
 * the file has them apart. prefix is that of the small one's names. */
elman_status keras_find_adapted(keras_model *k, const keras_layer *l,
                                const keras_place *place, const char *prefix,
                                size_t *shape, size_t *tensor);

/* Adds a slice for a parameter of the newest layer. */
elman_status keras_slice(keras_model *k, const char *role, tensor_slice slice);

/* The features that a layer reads must be those that flow; width is what it
 * gives. */
elman_status keras_flow(keras_model *k, const keras_layer *l, size_t reads,
                        size_t gives);

#endif
