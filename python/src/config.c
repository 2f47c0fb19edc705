/*
 * config.c: what to build, as {"input_size": 8, "batch_first": True, "seed": 0,
 * "layers": [{"kind": "lstm", "hidden_size": 64}, ...]}. The words of kinds and
 * the fields that each reads are the library's (elman_kind_read).
 */
#include "core.h"

#include <string.h>

static const field config_fields[] = {
    FIELD(elman_config, input_size, FIELD_SIZE),
    FIELD(elman_config, batch_first, FIELD_BOOL),
    FIELD(elman_config, seed, FIELD_UINT64),
    FIELDS_END,
};

/* The kind that a layer's word names; ELMAN_END, and an exception. */
static elman_kind read_kind(const core *core, PyObject *word)
{
    elman_kind_info info;
    for (int kind = 1; !elman_kind_read((elman_kind)kind, &info); kind++)
        if (word && PyUnicode_Check(word) && info.word &&
            !PyUnicode_CompareWithASCIIString(word, info.word))
            return (elman_kind)kind;
    errors_bad_value(core, "a layer's kind is %R, which elman has not",
                     word ? word : Py_None);
    return ELMAN_END;
}

/* One layer of a dict, whose word for the kind is no field of the struct. */
static bool read_layer(const core *core, PyObject *dict, elman_layer *layer)
{
    if (!PyDict_Check(dict)) {
        errors_bad_value(core, "a layer is %R, expected a dict", dict);
        return false;
    }
    PyObject *word = PyDict_GetItemString(dict, "kind");
    Py_XINCREF(word);
    layer->kind = read_kind(core, word);
    Py_XDECREF(word);
    if (layer->kind == ELMAN_END) return false;

    PyObject *rest = PyDict_Copy(dict);
    bool read = rest && !PyDict_DelItemString(rest, "kind") &&
                fields_read(core, layer_config_fields, rest, "a layer", layer);
    Py_XDECREF(rest);
    return read;
}

/* Every layer of a list. */
static bool read_layers(const core *core, PyObject *layers,
                        elman_config *config)
{
    if (!layers || !PyList_Check(layers)) {
        errors_bad_value(core, "layers is %R, expected a list",
                         layers ? layers : Py_None);
        return false;
    }

    // a config has room for so many
    Py_ssize_t count = PyList_Size(layers);
    if (count > ELMAN_MAX_LAYERS) {
        errors_bad_value(core, "%zd layers, expected at most %d", count,
                         ELMAN_MAX_LAYERS);
        return false;
    }

    // each by its own kind
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *layer = PySequence_GetItem(layers, i);
        bool read = layer && read_layer(core, layer, &config->layers[i]);
        Py_XDECREF(layer);
        if (!read) return false;
    }
    return true;
}

bool config_read(const core *core, PyObject *dict, elman_config *config)
{
    memset(config, 0, sizeof *config);
    if (!PyDict_Check(dict)) {
        errors_bad_value(core, "a config is %R, expected a dict", dict);
        return false;
    }
    PyObject *rest = PyDict_Copy(dict);
    if (!rest) return false;
    PyObject *layers = PyDict_GetItemString(rest, "layers");
    Py_XINCREF(layers);
    bool read = read_layers(core, layers, config) &&
                !PyDict_DelItemString(rest, "layers") &&
                fields_read(core, config_fields, rest, "a config", config);
    Py_XDECREF(layers);
    Py_DECREF(rest);
    return read;
}

/* A layer's fields, as far as its kind reads them. */
static PyObject *write_layer(const elman_layer *layer)
{
    elman_kind_info info;
    if (elman_kind_read(layer->kind, &info)) return PyDict_New();
    PyObject *all = fields_write(layer_config_fields, layer);
    PyObject *dict = PyDict_New();
    PyObject *kind = PyUnicode_FromString(info.word);
    bool ok = all && dict && kind && !PyDict_SetItemString(dict, "kind", kind);

    // its name, and what the kind lists
    PyObject *value = ok ? PyDict_GetItemString(all, "name") : NULL;
    ok = ok && value && !PyDict_SetItemString(dict, "name", value);
    for (size_t i = 0; ok && info.fields[i]; i++) {
        value = PyDict_GetItemString(all, info.fields[i]);
        if (value) ok = !PyDict_SetItemString(dict, info.fields[i], value);
    }
    Py_XDECREF(kind);
    Py_XDECREF(all);
    if (!ok) Py_CLEAR(dict);
    return dict;
}

PyObject *config_write(const elman_config *config)
{
    PyObject *dict = fields_write(config_fields, config);
    PyObject *layers = PyList_New(0);
    bool ok = dict && layers;
    for (size_t i = 0;
         ok && i < ELMAN_MAX_LAYERS && config->layers[i].kind != ELMAN_END;
         i++) {
        PyObject *layer = write_layer(&config->layers[i]);
        ok = layer && !PyList_Append(layers, layer);
        Py_XDECREF(layer);
    }
    ok = ok && !PyDict_SetItemString(dict, "layers", layers);
    Py_XDECREF(layers);
    if (!ok) Py_CLEAR(dict);
    return dict;
}
