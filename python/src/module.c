/*
 * module.c: elman._core, made in phases, with all it has in its own memory.
 *
 * It declares nothing of interpreters and threads, for nothing more is true: a
 * Model counts its readers under the GIL, and NumPy refuses an interpreter with
 * a GIL of its own, so Python refuses to load it there. The limited API of 3.11
 * is not for builds without a GIL. Slots that 3.11 does not know would stop it
 * there; whoever needs them gives another array by Py_Version.
 */
#include "core.h"

#include <string.h>

static PyModuleDef definition;

core *core_of_module(PyObject *module) { return PyModule_GetState(module); }

core *core_of_type(PyTypeObject *type)
{
    // a subclass that Python made knows no module: its base does
    for (PyTypeObject *t = type; t; t = PyType_GetSlot(t, Py_tp_base)) {
        PyObject *module = PyType_GetModule(t);
        if (module && PyModule_GetDef(module) == &definition)
            return PyModule_GetState(module);
        PyErr_Clear();
    }
    PyErr_SetString(PyExc_TypeError, "not a type of elman");
    return NULL;
}

PyObject *core_alloc(PyTypeObject *cls)
{
    allocfunc alloc = (allocfunc)PyType_GetSlot(cls, Py_tp_alloc);
    PyObject *made = alloc(cls, 0);
    if (made) PyObject_GC_UnTrack(made);
    return made;
}

PyObject *core_ready(PyObject *made)
{
    if (made) PyObject_GC_Track(made);
    return made;
}

bool core_is(PyObject *object, PyTypeObject *type)
{
    PyTypeObject *is = Py_TYPE(object);
    return is == type || PyType_IsSubtype(is, type);
}

bool core_add_type(core *core, PyType_Spec *spec, PyTypeObject **type)
{
    *type = (PyTypeObject *)PyType_FromModuleAndSpec(core->module, spec, NULL);
    return *type && !PyModule_AddType(core->module, *type);
}

/* ---- functions of the module ------------------------------------------------
 */

static PyObject *machine(PyObject *module, PyObject *unused)
{
    (void)unused;
    elman_machine found;
    elman_status status;
    Py_BEGIN_ALLOW_THREADS
    status = elman_machine_read(&found);
    Py_END_ALLOW_THREADS
    if (status) return errors_raise(core_of_module(module), status);
    return fields_write(machine_fields, &found);
}

static PyObject *threads_limit(PyObject *module, PyObject *args)
{
    int threads = 0;
    if (!PyArg_ParseTuple(args, "i", &threads)) return NULL;
    return errors_none(core_of_module(module), elman_threads_limit(threads));
}

static PyObject *names_list(const char *const *names, size_t count)
{
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < count; i++) {
        PyObject *name = PyUnicode_FromString(names[i]);
        if (!name || PyList_Append(list, name)) Py_CLEAR(list);
        Py_XDECREF(name);
    }
    return list;
}

/* The kinds of layers with their words and fields, as a list of dicts. */
static PyObject *kinds(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    PyObject *list = PyList_New(0);
    elman_kind_info info;
    for (int kind = 1; list && !elman_kind_read((elman_kind)kind, &info);
         kind++) {
        // the list of fields ends with NULL
        size_t fields = 0;
        while (info.fields && info.fields[fields])
            fields++;

        // a row by the names of elman_kind_info
        PyObject *row = Py_BuildValue(
            "{s:s,s:s,s:s,s:i,s:N,s:n,s:N,s:O}", "word", info.word, "title",
            info.title, "prefix", info.prefix, "family", (int)info.family,
            "fields", names_list(info.fields, fields), "gates",
            (Py_ssize_t)info.gate_count, "gate_names",
            names_list(info.gates, info.gate_count), "has_cell",
            info.has_cell ? Py_True : Py_False);
        if (!row || PyList_Append(list, row)) Py_CLEAR(list);
        Py_XDECREF(row);
    }
    return list;
}

static PyMethodDef functions[] = {
    {"machine", machine, METH_NOARGS,
     "machine()\n--\n\nWhat the library found on this machine; takes 20 ms."},
    {"threads_limit", threads_limit, METH_VARARGS,
     "threads_limit(threads, /)\n--\n\nThe most threads of any pass from now "
     "on; 0: no limit."},
    {"kinds", kinds, METH_NOARGS,
     "kinds()\n--\n\nWhat there is to know about each kind of layer."},
    {NULL, NULL, 0, NULL},
};

/* ---- the module ---------------------------------------------------------- */

/* What is needed of NumPy. */
static bool find_numpy(core *core)
{
    PyObject *numpy = PyImport_ImportModule("numpy");
    if (!numpy) return false;
    core->empty = PyObject_GetAttrString(numpy, "empty");
    core->asarray = PyObject_GetAttrString(numpy, "asarray");
    core->ndarray = (PyTypeObject *)PyObject_GetAttrString(numpy, "ndarray");
    PyObject *dtype = PyObject_GetAttrString(numpy, "dtype");
    Py_DECREF(numpy);

    // dtypes, which NumPy takes faster than the types of their elements
    const struct {
        const char *name;
        PyObject **to;
    } types[] = {
        {"float32", &core->float32}, {"float64", &core->float64},
        {"int32", &core->int32},     {"uint64", &core->uint64},
        {"bool", &core->bool8},
    };
    bool found = core->empty && core->asarray && core->ndarray && dtype;
    for (size_t i = 0; found && i < sizeof types / sizeof *types; i++)
        found =
            (*types[i].to = PyObject_CallFunction(dtype, "s", types[i].name));
    Py_XDECREF(dtype);
    return found;
}

static int module_fill(PyObject *module)
{
    core *core = core_of_module(module);
    core->module = module;

    // errors come first: the others may raise them
    bool made = find_numpy(core) && errors_create(core) &&
                view_create_type(core) && model_create_type(core) &&
                state_create_type(core) && optimizer_create_type(core) &&
                dataset_create_type(core) && trainer_create_type(core) &&
                graph_create_type(core) && inspection_create_type(core) &&
                encoding_create_type(core) && loader_create_type(core) &&
                torch_create_type(core) && torch_engine_create_type(core) &&
                torch_run_create_type(core) &&
                !PyModule_AddFunctions(module, exchange_functions) &&
                !PyModule_AddFunctions(module, learn_functions) &&
                !PyModule_AddFunctions(module, inspect_functions) &&
                !PyModule_AddFunctions(module, encoding_functions) &&
                !PyModule_AddFunctions(module, sequence_functions) &&
                !PyModule_AddFunctions(module, journal_functions) &&
                !PyModule_AddFunctions(module, table_functions) &&
                !PyModule_AddStringConstant(module, "version", elman_version());
    return made ? 0 : -1;
}

/* Every object that the module keeps, by its place. */
enum { CORE_OBJECTS = CORE_STATUSES + 23 };
static void module_objects(core *core, PyObject **objects[CORE_OBJECTS])
{
    size_t n = 0;
    for (int i = 0; i < CORE_STATUSES; i++)
        objects[n++] = &core->errors[i];

    // types, functions and dtypes
    PyObject **rest[] = {
        (PyObject **)&core->view,
        (PyObject **)&core->model,
        (PyObject **)&core->state,
        (PyObject **)&core->optimizer,
        (PyObject **)&core->dataset,
        (PyObject **)&core->trainer,
        (PyObject **)&core->graph,
        (PyObject **)&core->inspection,
        (PyObject **)&core->encoding,
        (PyObject **)&core->loader,
        (PyObject **)&core->torch,
        (PyObject **)&core->torch_engine,
        (PyObject **)&core->torch_run,
        &core->empty,
        &core->asarray,
        (PyObject **)&core->ndarray,
        &core->float32,
        &core->float64,
        &core->int32,
        &core->uint64,
        &core->bool8,
        &core->convert,
        &core->spoken,
    };
    _Static_assert(CORE_STATUSES + sizeof rest / sizeof *rest == CORE_OBJECTS,
                   "CORE_OBJECTS counts them");
    memcpy(&objects[n], rest, sizeof rest);
}

static int module_traverse(PyObject *module, visitproc visit, void *arg)
{
    core *core = core_of_module(module);
    PyObject **objects[CORE_OBJECTS];
    if (!core) return 0;
    module_objects(core, objects);
    for (int i = 0; i < CORE_OBJECTS; i++)
        Py_VISIT(*objects[i]);
    return 0;
}

static int module_clear(PyObject *module)
{
    core *core = core_of_module(module);
    PyObject **objects[CORE_OBJECTS];
    if (!core) return 0;
    module_objects(core, objects);
    for (int i = 0; i < CORE_OBJECTS; i++)
        Py_CLEAR(*objects[i]);
    return 0;
}

static void module_free(void *module) { module_clear(module); }

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, (void *)module_fill},
    {0, NULL},
};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "elman._core",
    .m_doc = "libelman, as Python calls it; elman has the names to use.",
    .m_size = sizeof(core),
    .m_methods = functions,
    .m_slots = slots,
    .m_traverse = module_traverse,
    .m_clear = module_clear,
    .m_free = module_free,
};

PyMODINIT_FUNC PyInit__core(void); // its prototype: Python has none

PyMODINIT_FUNC PyInit__core(void) { return PyModuleDef_Init(&definition); }
