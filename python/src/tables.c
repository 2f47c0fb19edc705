/*
 * tables.c: the fields of the library's structs by name, and the words for its
 * enums. A field that elman.h gains is one line here.
 */
#include "core.h"

#include <string.h>

/* read_field and write_field take every enum for an int */
_Static_assert(sizeof(elman_task) == sizeof(int) &&
                   sizeof(elman_merge) == sizeof(int),
               "an enum is as wide as an int");

const char *const activation_words[] = {"",
                                        "tanh",
                                        "sigmoid",
                                        "relu",
                                        "affine",
                                        "leaky_relu",
                                        "thresholded_relu",
                                        "scaled_tanh",
                                        "hard_sigmoid",
                                        "elu",
                                        "softsign",
                                        "softplus",
                                        NULL};
const char *const init_words[] = {
    "default",        "constant",      "uniform",    "normal",
    "xavier_uniform", "xavier_normal", "he_uniform", "he_normal",
    "orthogonal",     "identity",      NULL};
const char *const part_words[] = {"train", "validation", "test", NULL};
const char *const loss_words[] = {"cross_entropy",        "mse", "mae", "huber",
                                  "binary_cross_entropy", NULL};
const char *const constant_words[] = {"zero", "mean", "token", NULL};

static const char *const merge_words[] = {"concat",  "sum",  "mul",
                                          "average", "none", NULL};
static const char *const last_words[] = {"step", "final", NULL};
static const char *const pool_words[] = {"mean", "max", "attention", "sum",
                                         NULL};
static const char *const reduction_words[] = {"mean", "sum", NULL};
static const char *const rule_words[] = {"adam",    "adamw", "sgd", "adagrad",
                                         "rmsprop", "lion",  NULL};
static const char *const flavour_words[] = {"torch", "keras", NULL};
static const char *const schedule_words[] = {
    "constant", "step", "exponential", "cosine", "plateau", "ramp", NULL};
static const char *const task_words[] = {"auto",  "language", "classify",
                                         "tag",   "forecast", "regress",
                                         "track", NULL};
static const char *const unit_words[] = {"auto", "bytes", "characters", "words",
                                         NULL};
static const char *const format_words[] = {
    "auto", "text", "table", "series", "ts", "arff", "tsf", "array", NULL};
static const char *const presence_words[] = {"auto", "yes", "no", NULL};
static const char *const missing_words[] = {"refuse", "drop", "previous",
                                            "mean", NULL};
static const char *const bad_bytes_words[] = {"replace", "refuse", "keep",
                                              NULL};

#define F(name, type) FIELD(elman_layer, name, type)
const field layer_config_fields[] = {
    FIELD_COUNTED(elman_layer, name, FIELD_NAME, ELMAN_MAX_NAME),
    F(hidden_size, FIELD_SIZE),
    F(num_layers, FIELD_SIZE),
    FIELD_COUNTED(elman_layer, hidden_sizes, FIELD_SIZES, ELMAN_MAX_LEVELS),
    F(proj_size, FIELD_SIZE),
    FIELD_OF(elman_layer, nonlinearity, activation_words),
    FIELD_COUNTED(elman_layer, activations, FIELD_FUNCTIONS, 6),
    F(no_bias, FIELD_BOOL),
    F(reverse, FIELD_BOOL),
    F(bidirectional, FIELD_BOOL),
    FIELD_OF(elman_layer, merge, merge_words),
    F(peephole, FIELD_BOOL),
    F(coupled, FIELD_BOOL),
    F(clip, FIELD_FLOAT),
    F(reset_before, FIELD_BOOL),
    F(learned_state, FIELD_BOOL),
    F(dropout, FIELD_FLOAT),
    F(variational, FIELD_BOOL),
    F(recurrent_dropout, FIELD_FLOAT),
    F(zoneout, FIELD_FLOAT),
    F(zoneout_cell, FIELD_FLOAT),
    F(init_ih, FIELD_INIT),
    F(init_hh, FIELD_INIT),
    F(init_bias, FIELD_INIT),
    F(forget_bias, FIELD_FLOAT),
    F(chrono, FIELD_FLOAT),
    F(output_size, FIELD_SIZE),
    F(num_embeddings, FIELD_SIZE),
    F(embedding_dim, FIELD_SIZE),
    F(eps, FIELD_FLOAT),
    FIELD_OF(elman_layer, last, last_words),
    F(activation, FIELD_FUNCTION),
    FIELD_OF(elman_layer, pool, pool_words),
    F(repeats, FIELD_SIZE),
    FIELDS_END,
};
#undef F

#define F(name, type) FIELD(elman_state_config, name, type)
const field state_fields[] = {
    F(T, FIELD_SIZE),
    F(B, FIELD_SIZE),
    F(training, FIELD_BOOL),
    F(keep_gradients, FIELD_BOOL),
    F(empty, FIELD_BOOL),
    F(threads, FIELD_INT),
    F(seed, FIELD_UINT64),
    F(block, FIELD_SIZE),
    F(passes, FIELD_SIZE),
    F(open_blocks, FIELD_SIZE),
    F(keep_steps, FIELD_BOOL),
    F(budget, FIELD_SIZE),
    FIELDS_END,
};
#undef F

#define F(name, type) FIELD(elman_loss_config, name, type)
const field loss_fields[] = {
    FIELD_OF(elman_loss_config, kind, loss_words),
    FIELD_OF(elman_loss_config, reduction, reduction_words),
    F(has_ignored, FIELD_BOOL),
    F(ignore_index, FIELD_INT32),
    F(label_smoothing, FIELD_DOUBLE),
    F(delta, FIELD_DOUBLE),
    F(divisor, FIELD_DOUBLE),
    F(block, FIELD_SIZE),
    FIELDS_END,
};
#undef F

#define F(name, type) FIELD(elman_optimizer_config, name, type)
const field optimizer_fields[] = {
    FIELD_OF(elman_optimizer_config, rule, rule_words),
    FIELD_OF(elman_optimizer_config, flavour, flavour_words),
    F(learning_rate, FIELD_DOUBLE),
    F(momentum, FIELD_DOUBLE),
    F(dampening, FIELD_DOUBLE),
    F(nesterov, FIELD_BOOL),
    F(beta1, FIELD_DOUBLE),
    F(beta2, FIELD_DOUBLE),
    F(alpha, FIELD_DOUBLE),
    F(epsilon, FIELD_DOUBLE),
    F(weight_decay, FIELD_DOUBLE),
    F(no_weight_decay, FIELD_BOOL),
    F(lr_decay, FIELD_DOUBLE),
    F(initial_accumulator, FIELD_DOUBLE),
    F(centered, FIELD_BOOL),
    F(amsgrad, FIELD_BOOL),
    F(maximize, FIELD_BOOL),
    F(clip_norm, FIELD_DOUBLE),
    F(clip_value, FIELD_DOUBLE),
    F(no_beta1, FIELD_BOOL),
    F(no_beta2, FIELD_BOOL),
    F(no_alpha, FIELD_BOOL),
    F(no_epsilon, FIELD_BOOL),
    F(no_initial_accumulator, FIELD_BOOL),
    F(no_bias_decay, FIELD_BOOL),
    FIELDS_END,
};
#undef F

#define F(name, type) FIELD(elman_schedule_config, name, type)
const field schedule_fields[] = {
    FIELD_OF(elman_schedule_config, kind, schedule_words),
    F(warmup, FIELD_SIZE),
    F(period, FIELD_SIZE),
    F(gamma, FIELD_DOUBLE),
    F(patience, FIELD_SIZE),
    F(minimum, FIELD_DOUBLE),
    FIELDS_END,
};
#undef F

#define F(name, type) FIELD(elman_trainer_config, name, type)
const field trainer_fields[] = {
    FIELD_IN(elman_trainer_config, optimizer, optimizer_fields),
    FIELD_IN(elman_trainer_config, schedule, schedule_fields),
    FIELD_IN(elman_trainer_config, loss, loss_fields),
    F(batch_size, FIELD_SIZE),
    F(k1, FIELD_SIZE),
    F(k2, FIELD_SIZE),
    F(fresh_state, FIELD_BOOL),
    F(in_order, FIELD_BOOL),
    F(no_buckets, FIELD_BOOL),
    F(epochs, FIELD_UINT64),
    F(steps, FIELD_UINT64),
    F(evaluate_every, FIELD_UINT64),
    F(patience, FIELD_UINT64),
    F(threads, FIELD_INT),
    F(seed, FIELD_UINT64),
    F(profile, FIELD_BOOL),
    F(patience_steps, FIELD_UINT64),
    F(frozen, FIELD_TEXT),
    F(budget, FIELD_SIZE),
    FIELDS_END,
};
#undef F

#define F(name, type) FIELD(elman_dataset_config, name, type)
const field dataset_fields[] = {
    FIELD_OF(elman_dataset_config, task, task_words),
    FIELD_OF(elman_dataset_config, unit, unit_words),
    F(validation_path, FIELD_TEXT),
    F(validation, FIELD_DOUBLE),
    F(seed, FIELD_UINT64),
    F(min_count, FIELD_SIZE),
    F(target_path, FIELD_TEXT),
    F(target, FIELD_TEXT),
    F(columns, FIELD_TEXT),
    F(window, FIELD_SIZE),
    F(horizon, FIELD_SIZE),
    F(no_scaling, FIELD_BOOL),
    F(encoding, FIELD_TEXT),
    FIELD_OF(elman_dataset_config, format, format_words),
    F(text_encoding, FIELD_TEXT),
    FIELD_OF(elman_dataset_config, bad_bytes, bad_bytes_words),
    F(keep_line_ends, FIELD_BOOL),
    FIELD_OF(elman_dataset_config, header, presence_words),
    FIELD_OF(elman_dataset_config, labels, presence_words),
    F(decimal, FIELD_LETTER),
    F(thousands, FIELD_LETTER),
    FIELD_OF(elman_dataset_config, missing, missing_words),
    F(channels_first, FIELD_BOOL),
    F(time, FIELD_TEXT),
    F(by, FIELD_TEXT),
    F(transform, FIELD_TEXT),
    F(test_path, FIELD_TEXT),
    F(test, FIELD_DOUBLE),
    F(folds, FIELD_SIZE),
    F(fold, FIELD_SIZE),
    F(answers, FIELD_BOOL),
    F(memory, FIELD_SIZE),
    FIELDS_END,
};
#undef F

#define F(name, type) FIELD(elman_import_config, name, type)
const field import_fields[] = {
    F(mapping, FIELD_TEXT),
    F(key, FIELD_TEXT),
    F(layers, FIELD_TEXT),
    F(ignore, FIELD_TEXT),
    FIELD_OF(elman_import_config, nonlinearity, activation_words),
    F(batch_first, FIELD_BOOL),
    F(from_tensor, FIELD_TEXT),
    F(to_tensor, FIELD_TEXT),
    FIELDS_END,
};
#undef F

#define F(name, type) FIELD(elman_metrics, name, type)
const field metrics_fields[] = {
    F(loss, FIELD_DOUBLE),         F(accuracy, FIELD_DOUBLE),
    F(bits, FIELD_DOUBLE),         F(perplexity, FIELD_DOUBLE),
    F(mse, FIELD_DOUBLE),          F(mae, FIELD_DOUBLE),
    F(naive_mse, FIELD_DOUBLE),    F(naive_mae, FIELD_DOUBLE),
    F(seasonal_mse, FIELD_DOUBLE), F(seasonal_mae, FIELD_DOUBLE),
    F(targets, FIELD_UINT64),      F(steps, FIELD_UINT64),
    F(flops, FIELD_DOUBLE),        F(balanced_accuracy, FIELD_DOUBLE),
    F(macro_f1, FIELD_DOUBLE),     FIELDS_END,
};
#undef F

#define F(name, type) FIELD(elman_progress, name, type)
const field progress_fields[] = {
    F(epoch, FIELD_UINT64),
    F(step, FIELD_UINT64),
    F(batch, FIELD_UINT64),
    F(batches, FIELD_UINT64),
    F(learning_rate, FIELD_DOUBLE),
    F(norm, FIELD_DOUBLE),
    FIELD_IN(elman_progress, last, metrics_fields),
    F(evaluated, FIELD_BOOL),
    FIELD_IN(elman_progress, validation, metrics_fields),
    F(best_loss, FIELD_DOUBLE),
    F(best_step, FIELD_UINT64),
    F(best, FIELD_BOOL),
    F(done, FIELD_BOOL),
    F(seconds, FIELD_DOUBLE),
    F(train_loss, FIELD_DOUBLE),
    F(mean_norm, FIELD_DOUBLE),
    F(clipped, FIELD_DOUBLE),
    F(update, FIELD_DOUBLE),
    FIELDS_END,
};
#undef F

#define F(name, type) FIELD(elman_model_info, name, type)
const field model_info_fields[] = {
    F(input_size, FIELD_SIZE),      F(vocabulary, FIELD_SIZE),
    F(output_size, FIELD_SIZE),     F(per_sequence, FIELD_BOOL),
    F(streams, FIELD_BOOL),         F(level_count, FIELD_SIZE),
    F(parameter_count, FIELD_SIZE), F(weight_count, FIELD_SIZE),
    F(output_steps, FIELD_SIZE),    FIELDS_END,
};
#undef F

#define F(name, type) FIELD(elman_check, name, type)
const field check_fields[] = {
    F(T, FIELD_SIZE),
    F(B, FIELD_SIZE),
    F(whole, FIELD_DOUBLE),
    F(stream, FIELD_DOUBLE),
    F(passed, FIELD_BOOL),
    FIELD_COUNTED(elman_check, failure, FIELD_NAME, 160),
    FIELDS_END,
};
#undef F

#define F(name, type) FIELD(elman_machine, name, type)
const field machine_fields[] = {
    F(isa, FIELD_TEXT),
    FIELD_COUNTED(elman_machine, cpu, FIELD_NAME, 64),
    F(threads, FIELD_INT),
    F(peak, FIELD_DOUBLE),
    FIELDS_END,
};
#undef F

/* The names of a table's fields, for sentences about those that are none. */
static PyObject *fields(PyObject *module, PyObject *args)
{
    static const struct {
        const char *word;
        const field *table;
    } tables[] = {
        {"trainer", trainer_fields},   {"optimizer", optimizer_fields},
        {"schedule", schedule_fields}, {"loss", loss_fields},
        {"dataset", dataset_fields},   {"state", state_fields},
        {"layer", layer_config_fields}};
    const char *word = NULL;
    if (!PyArg_ParseTuple(args, "s", &word)) return NULL;

    // the table by its word, and its names
    const field *f = NULL;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (!strcmp(tables[i].word, word)) f = tables[i].table;
    if (!f)
        return errors_bad_value(core_of_module(module),
                                "'%s' is no table of fields", word);

    PyObject *list = PyList_New(0);
    for (; list && f->name; f++) {
        PyObject *name = PyUnicode_FromString(f->name);
        if (!name || PyList_Append(list, name)) Py_CLEAR(list);
        Py_XDECREF(name);
    }
    return list;
}

PyMethodDef table_functions[] = {
    {"fields", fields, METH_VARARGS,
     "fields(table, /)\n--\n\nThe names of the fields of a config."},
    {NULL, NULL, 0, NULL},
};
