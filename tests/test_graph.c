/*
 * test_graph.c: ONNX models as others write them, run as they are, give what
 * others recorded: all at once, step by step, of any length and batch. What is
 * not a stack of layers, or is broken, is refused with its node, operator and
 * reason. The cases lie in tests/golden/onnx (see make_onnx.py there).
 */
#include "folder.h"

#include <jansson.h>

#include "format/file.h"
#include "format/npy.h"

/* One case, and where it stands: said with each failure. */
typedef struct recorded {
    char folder[PATH_ROOM];
    const char *name;
    json_t *json;
    elman_graph *graph;
    double bar; /* |got - want| <= bar * max(1, |want|) */
    size_t set, steps;
    bool wrong;
} recorded;

static size_t failures, compared;

/* Counts a failure and goes on with the next case, so that one run reports
 * all that fail. */
__attribute__((format(printf, 2, 3))) static void
complain(recorded *r, const char *format, ...)
{
    va_list list;
    print_error("%s, set %zu, steps %zu: ", r->name, r->set, r->steps);
    va_start(list, format);
    vprint_error(format, list);
    va_end(list);
    print_error("\n");
    r->wrong = true;
    failures++;
}

static void onnx_path(const char *name, char *path)
{
    int room = (int)(strrchr(__FILE__, '/') - __FILE__);
    snprintf(path, PATH_ROOM, "%.*s/golden/onnx/%s", room, __FILE__, name);
}

static const char *in_case(const recorded *r, const char *name)
{
    static char paths[4][2 * PATH_ROOM];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", r->folder, name);
    return path;
}

/* ---- Outputs ------------------------------------------------------------ */

static void compare_numbers(recorded *r, const char *name,
                            const named_tensor *got, const named_tensor *want)
{
    double *numbers = malloc((2 * want->count + 1) * sizeof *numbers);
    if (!numbers) abort();
    double worst = 0;
    size_t at = 0;
    tensor_doubles(want, 0, want->count, numbers);
    tensor_doubles(got, 0, want->count, numbers + want->count);
    for (size_t i = 0; i < want->count; i++) {
        double w = numbers[i], g = numbers[want->count + i];
        double far = fabs(g - w) / fmax(1, fabs(w));
        if (far <= worst) continue;
        worst = isnan(far) ? INFINITY : far;
        at = i;
    }
    if (!(worst <= r->bar))
        complain(r, "%s[%zu] is %.9g, recorded %.9g", name, at,
                 numbers[want->count + at], numbers[at]);
    free(numbers);
}

static void check_output(recorded *r, const char *name, const char *file)
{
    npy *got = NULL, *want = NULL;
    char had[80], wanted[80];
    if (elman_graph_save(r->graph, name, in_folder("got.npy")) != ELMAN_OK) {
        complain(r, "saving %s: %s", name, elman_message());
        return;
    }
    CHECK_OK(npy_open(in_folder("got.npy"), &got));
    CHECK_OK(npy_open(in_case(r, file), &want));
    const named_tensor *g = &got->tensor, *w = &want->tensor;
    shape_print(g->rank, g->shape, sizeof had, had);
    shape_print(w->rank, w->shape, sizeof wanted, wanted);
    if (g->type != w->type || strcmp(had, wanted))
        complain(r, "%s is %s %s, recorded %s %s", name, element_name(g->type),
                 had, element_name(w->type), wanted);
    else compare_numbers(r, name, g, w);
    npy_close(got);
    npy_close(want);
}

/* ---- A case ------------------------------------------------------------- */

/* With every number of steps that the graph can do. */
static void check_forward(recorded *r, const json_t *set)
{
    static const size_t steps[] = {0, 1, 3};
    bool streams = json_is_true(json_object_get(r->json, "streams"));
    for (size_t i = 0; i < 3 && !r->wrong; i++) {
        r->steps = steps[i];
        elman_status status = elman_graph_forward(r->graph, steps[i], 1);
        if (steps[i] > 0 && !streams) {
            if (status == ELMAN_OK) complain(r, "looks ahead, yet streams");
            return;
        }
        if (status != ELMAN_OK) {
            complain(r, "%s", elman_message());
            return;
        }
        const char *name;
        json_t *file, *outputs = json_object_get(set, "outputs");
        json_object_foreach(outputs, name, file)
            check_output(r, name, json_string_value(file));
    }
}

static void check_sets(recorded *r)
{
    size_t index;
    json_t *set, *file;
    const char *name;
    json_array_foreach(json_object_get(r->json, "sets"), index, set)
    {
        r->set = index;
        r->steps = 0;
        json_object_foreach(
            json_object_get(set, "inputs"), name,
            file) if (elman_graph_load(r->graph, name,
                                       in_case(r, json_string_value(file))))
            complain(r, "loading %s: %s", name, elman_message());
        if (!r->wrong) check_forward(r, set);
    }
}

/* ---- Arrays in memory -----------------------------------------------------
 */

/* The bytes of every output, as many as its port says. */
static void compare_outputs(recorded *r, elman_graph *memory)
{
    size_t count;
    const elman_port *ports = elman_graph_ports(r->graph, &count);
    for (size_t i = 0; i < count; i++) {
        static char got[1 << 20], want[1 << 20];
        if (ports[i].input) continue;
        size_t bytes = 0;
        for (size_t size = 1; size <= 8; size *= 2) {
            size_t all = size;
            for (size_t k = 0; k < ports[i].rank; k++)
                all *= (size_t)ports[i].shape[k];
            CHECK(all <= sizeof got, "%s is too large", ports[i].name);
            if (!elman_graph_read(r->graph, ports[i].name, all, want))
                bytes = all;
        }
        if (elman_graph_read(memory, ports[i].name, bytes, got) ||
            memcmp(got, want, bytes))
            complain(r, "%s differs from memory", ports[i].name);
    }
}

/* The type that the graph declares for an input. */
static const char *type_of(const recorded *r, const char *name)
{
    size_t count;
    const elman_port *ports = elman_graph_ports(r->graph, &count);
    for (size_t i = 0; i < count; i++)
        if (ports[i].input && !strcmp(ports[i].name, name))
            return ports[i].type;
    return "";
}

/* The same graph from bytes, with its inputs where a file's reader has them. */
static void check_memory(recorded *r)
{
    enum { INPUTS = 16 };
    npy *arrays[INPUTS] = {NULL};
    size_t used = 0, bytes;
    char *model = NULL;
    elman_graph *memory = NULL;
    const char *name;
    json_t *file, *set = json_array_get(json_object_get(r->json, "sets"), 0);
    CHECK_OK(file_read(in_case(r, "model.onnx"), &model, &bytes));
    elman_status status = elman_graph_open_memory(model, bytes, &memory);
    free(model);

    /* external data lie next to a file */
    if (status && strstr(elman_message(), "does not come from a file")) return;
    CHECK_OK(status);

    json_object_foreach(json_object_get(set, "inputs"), name, file)
    {
        const char *path = in_case(r, json_string_value(file));
        CHECK(used < INPUTS, "%s has many inputs", r->name);
        CHECK_OK(npy_open(path, &arrays[used]));
        const named_tensor *t = &arrays[used++]->tensor;
        CHECK_OK(elman_graph_load(r->graph, name, path));
        if (t->strided || strcmp(element_name(t->type), type_of(r, name)) != 0)
            CHECK_OK(elman_graph_load(memory, name, path));
        else
            CHECK_OK(
                elman_graph_write(memory, name, t->data, t->rank, t->shape));
    }
    if (elman_graph_forward(r->graph, 0, 1) ||
        elman_graph_forward(memory, 0, 1))
        complain(r, "%s", elman_message());
    else compare_outputs(r, memory);
    while (used > 0)
        npy_close(arrays[--used]);
    elman_graph_close(memory);
}

/* Every input and output of the sets is a port, with the right type. */
static void check_ports(recorded *r)
{
    size_t count = 0, outputs = 0;
    const elman_port *ports = elman_graph_ports(r->graph, &count);
    json_t *set = json_array_get(json_object_get(r->json, "sets"), 0);
    for (size_t i = 0; i < count; i++) {
        json_t *names =
            json_object_get(set, ports[i].input ? "inputs" : "outputs");
        bool named = json_object_get(names, ports[i].name) != NULL;
        if (!named && !ports[i].optional)
            complain(r, "port %s is not recorded", ports[i].name);
        outputs += !ports[i].input;
    }
    if (outputs != json_object_size(json_object_get(set, "outputs")))
        complain(r, "%zu outputs", outputs);
}

static recorded case_open(const char *name)
{
    recorded r = {.name = name};
    onnx_path(name, r.folder);
    r.json = json_load_file(in_case(&r, "case.json"), 0, NULL);
    CHECK(r.json, "%s has no case.json", name);
    return r;
}

static void check_case(const char *name)
{
    recorded r = case_open(name);
    const char *type = json_string_value(json_object_get(r.json, "type"));
    r.bar = 1e-5;
    if (!strcmp(type, "float64")) r.bar = 1e-10;
    if (!strcmp(type, "float16")) r.bar = 1e-2;
    json_t *own = json_object_get(r.json, "bar");
    if (own) r.bar = json_number_value(own);
    if (elman_graph_open(in_case(&r, "model.onnx"), &r.graph) != ELMAN_OK) {
        complain(&r, "%s", elman_message());
    } else {
        check_ports(&r);
        check_sets(&r);
        check_memory(&r);
        elman_graph_close(r.graph);
    }
    json_decref(r.json);
}

static int by_name(const void *left, const void *right)
{
    return strcmp(left, right);
}

/* All cases whose names begin so, in order; there must be enough. */
static void check_cases(const char *prefix, int least,
                        void (*check)(const char *name))
{
    enum { MOST = 300, ROOM = 100 };
    static char names[MOST][ROOM];
    char path[PATH_ROOM];
    int found = 0;
    onnx_path("", path);
    DIR *all = opendir(path);
    for (struct dirent *entry; all && (entry = readdir(all));)
        if (!strncmp(entry->d_name, prefix, strlen(prefix))) {
            CHECK(found < MOST && strlen(entry->d_name) < ROOM, "%s",
                  entry->d_name);
            strcpy(names[found++], entry->d_name);
        }
    if (all) closedir(all);
    CHECK(found >= least, "%d cases in %s", found, path);

    failures = 0;
    qsort(names, (size_t)found, sizeof *names, by_name);
    for (int i = 0; i < found; i++)
        check(names[i]);
    CHECK(failures == 0, "%zu failures in %d cases", failures, found);
}

TEST(operator_tests_of_onnx_hold) { check_cases("node_", 18, check_case); }
TEST(every_attribute_of_the_operators_holds)
{
    check_cases("attribute_", 99, check_case);
}
TEST(exports_of_both_exporters_of_pytorch_hold)
{
    check_cases("torchscript_", 55, check_case);
    check_cases("dynamo_", 40, check_case);
}
TEST(exports_of_pytorch_1_and_tf2onnx_hold)
{
    check_cases("torch1_", 7, check_case);
    check_cases("tf2onnx_", 12, check_case);
}
TEST(graphs_in_the_manner_of_others_hold)
{
    check_cases("graph_", 43, check_case);
}

/* ---- As models ---------------------------------------------------------- */

/* The only input or output file of a set, or NULL. */
static const char *only_file(const json_t *set, const char *ports)
{
    json_t *files = json_object_get(set, ports);
    void *first = json_object_iter(files);
    if (json_object_size(files) != 1) return NULL;
    return json_string_value(json_object_iter_value(first));
}

/* The inputs x and, beside it or not, lengths of a set, and its only output;
 * false if it has others. */
static bool set_files(const json_t *set, const char **x, const char **lengths,
                      const char **y)
{
    json_t *inputs = json_object_get(set, "inputs");
    *lengths = json_string_value(json_object_get(inputs, "lens"));
    *x = *lengths && json_object_size(inputs) == 2
             ? json_string_value(json_object_get(inputs, "x"))
             : only_file(set, "inputs");
    *y = only_file(set, "outputs");
    return *x && *y;
}

/* Compares all sets that have one input, or lengths beside it, and one output;
 * a model gives its own shape, which may lack axes of the graph's. */
static void check_model(recorded *r, const elman_model *model, const char *sets)
{
    size_t index;
    json_t *set;
    bool streams = json_is_true(json_object_get(r->json, "streams"));
    json_array_foreach(json_object_get(r->json, sets), index, set)
    {
        elman_check check;
        const char *x, *y, *lengths;
        r->set = index;
        if (!set_files(set, &x, &lengths, &y)) return;
        elman_status status =
            lengths
                ? elman_model_check_lengths(model, in_case(r, x), in_case(r, y),
                                            in_case(r, lengths), &check)
                : elman_model_check(model, in_case(r, x), in_case(r, y),
                                    &check);
        if (status != ELMAN_OK) {
            if (!strstr(elman_message(), "expected ("))
                complain(r, "%s", elman_message());
            return;
        }
        compared++;
        if (!check.passed) complain(r, "as a model: %s", check.failure);
        if (!lengths && isnan(check.stream) == streams)
            complain(r, "as a model it streams: %d", !streams);
    }
}

static void check_import(const char *name)
{
    recorded r = case_open(name);
    const char *paths[] = {in_case(&r, "model.onnx")};
    elman_import *import = NULL;
    elman_model *model = NULL;
    elman_import_config config = {.key = NULL};
    elman_status status = elman_import_open(paths, 1, &config, &import);
    if (status == ELMAN_OK) status = elman_import_create(import, &model);
    bool refused = json_is_false(json_object_get(r.json, "converts"));
    if (refused != (status != ELMAN_OK))
        complain(&r, "%s", refused ? "was taken" : elman_message());
    else if (!refused && !strstr(name, "float16")) {
        check_model(&r, model, "sets");
        check_model(&r, model, "longer");
    }
    elman_import_close(import);
    elman_model_destroy(model);
    json_decref(r.json);
}

TEST(exports_become_models_that_give_the_same)
{
    compared = 0;
    check_cases("torchscript_", 55, check_import);
    check_cases("dynamo_", 40, check_import);
    check_cases("graph_keras_", 16, check_import);
    check_cases("tf2onnx_", 12, check_import);
    check_cases("torch1_", 7, check_import);
    CHECK(compared > 140, "%zu sets were compared", compared);
}

/* ---- What is refused ---------------------------------------------------- */

/* Zeros for an input that needs an array: five steps of two sequences. */
static elman_status load_zeros(elman_graph *graph, const elman_port *port)
{
    static const char zeros[4096];
    named_tensor t = {.type = ELEMENT_F32, .rank = port->rank, .count = 1};
    if (!strcmp(port->type, "int64")) t.type = ELEMENT_I64;
    if (!strcmp(port->type, "int32")) t.type = ELEMENT_I32;
    for (size_t i = 0; i < t.rank; i++) {
        t.shape[i] =
            port->shape[i] < 0 ? 5 - 3 * (i > 0) : (size_t)port->shape[i];
        t.count *= t.shape[i];
    }
    assert_true(t.count * 8 <= sizeof zeros);
    t.data = zeros;
    CHECK_OK(npy_save(in_folder("zeros.npy"), &t));
    return elman_graph_load(graph, port->name, in_folder("zeros.npy"));
}

/* Runs the graph on the inputs, or on zeros. */
static elman_status run_refused(elman_graph *graph, const json_t *inputs)
{
    char path[PATH_ROOM];
    const char *name;
    json_t *file;
    size_t count = 0;
    elman_status status = ELMAN_OK;
    const elman_port *ports = elman_graph_ports(graph, &count);
    for (size_t i = 0; !inputs && i < count && status == ELMAN_OK; i++)
        if (ports[i].input && !ports[i].optional)
            status = load_zeros(graph, ports + i);
    json_object_foreach((json_t *)inputs, name, file)
    {
        onnx_path(json_string_value(file), path);
        if (status == ELMAN_OK) status = elman_graph_load(graph, name, path);
    }
    if (status == ELMAN_OK) status = elman_graph_forward(graph, 0, 1);
    return status;
}

/* method is "graph" or "import". */
static void check_message(recorded *r, const json_t *entry, const char *method,
                          elman_status status)
{
    size_t index;
    json_t *part;
    bool taken = false;
    json_array_foreach(json_object_get(entry, "taken"), index, part) taken =
        taken || !strcmp(json_string_value(part), method);
    if (taken != (status == ELMAN_OK))
        complain(r, "%s: %s", method, taken ? elman_message() : "was taken");
    if (status == ELMAN_OK) return;
    json_array_foreach(
        json_object_get(entry, "says"), index,
        part) if (!strstr(elman_message(), json_string_value(part)))
        complain(r, "%s: \"%s\" lacks \"%s\"", method, elman_message(),
                 json_string_value(part));
}

/* As a graph, and, if the model is at fault, as weights to be taken. */
static void check_refused(const json_t *entry)
{
    recorded r = {.name = json_string_value(json_object_get(entry, "name"))};
    elman_graph *graph = NULL;
    const json_t *inputs = json_object_get(entry, "inputs");
    onnx_path(json_string_value(json_object_get(entry, "model")), r.folder);
    elman_status status = elman_graph_open(r.folder, &graph);
    if (inputs && status != ELMAN_OK)
        complain(&r, "does not open: %s", elman_message());
    if (status == ELMAN_OK) status = run_refused(graph, inputs);
    check_message(&r, entry, "graph", status);
    elman_graph_close(graph);
    if (inputs) return;

    elman_import *import = NULL;
    elman_model *model = NULL;
    const char *paths[] = {r.folder};
    status = elman_import_open(paths, 1, &(elman_import_config){.key = NULL},
                               &import);
    if (status == ELMAN_OK) status = elman_import_create(import, &model);
    check_message(&r, entry, "import", status);
    elman_import_close(import);
    elman_model_destroy(model);
}

TEST(what_is_not_a_stack_of_layers_is_refused_with_its_node)
{
    char path[PATH_ROOM];
    onnx_path("refused.json", path);
    json_t *list = json_load_file(path, 0, NULL), *entry;
    CHECK(list && json_array_size(list) > 80, "%s", path);
    size_t index;
    failures = 0;
    json_array_foreach(list, index, entry) check_refused(entry);
    json_decref(list);
    CHECK(failures == 0, "%zu failures", failures);
}

/* As many as go through a state some at a time. */
TEST(a_graph_gives_what_its_model_gives_of_many_sequences)
{
    enum { MANY = 40, I = 2, O = 3 };
    static const elman_config config = {
        .input_size = I,
        .layers = {{.kind = ELMAN_LSTM, .hidden_size = 4, .num_layers = 2},
                   {.kind = ELMAN_LINEAR, .output_size = O}}};
    const char *path = in_folder("many.onnx");
    float x[MANY * I], want[MANY * O], got[MANY * O];
    const elman_batch batch = {.T = 1, .B = MANY, .x = x};
    elman_model *model;
    elman_state *state;
    elman_graph *graph;
    size_t count;
    random_fill(1, MANY * I, -1, 1, x);
    CHECK_OK(elman_model_create(&config, &model));
    CHECK_OK(elman_model_export(model, ELMAN_EXPORT_ONNX, path));
    CHECK_OK(
        elman_state_create(model, &(elman_state_config){.B = MANY}, &state));
    CHECK_OK(elman_model_forward(model, state, &batch, want));

    CHECK_OK(elman_graph_open(path, &graph));
    const elman_port *ports = elman_graph_ports(graph, &count);
    CHECK_OK(
        elman_graph_write(graph, ports[0].name, x, 3, (size_t[]){1, MANY, I}));
    CHECK_OK(elman_graph_forward(graph, 1, 1));
    while (ports->input)
        ports++;
    CHECK_OK(elman_graph_read(graph, ports->name, sizeof got, got));
    CHECK_BITS(got, want, MANY * O, "%s", ports->name);
    elman_graph_close(graph);
    elman_state_destroy(state);
    elman_model_destroy(model);
}

/* Runs T steps of x, from the memory that h and c hold or without, and leaves
 * the last one there. */
static void run_chunk(elman_graph *graph, size_t T, const float *x, float *h,
                      float *c, bool from, float *y)
{
    enum { B = 2, I = 3, H = 5, R = 2 };
    CHECK_OK(elman_graph_write(graph, "x", x, 3, (size_t[]){T, B, I}));
    if (from) {
        CHECK_OK(elman_graph_write(graph, "h_0", h, 3, (size_t[]){2, B, R}));
        CHECK_OK(elman_graph_write(graph, "c_0", c, 3, (size_t[]){2, B, H}));
    }
    CHECK_OK(elman_graph_forward(graph, 0, 1));
    CHECK_OK(elman_graph_read(graph, "y", T * B * R * sizeof *y, y));
    CHECK_OK(elman_graph_read(graph, "h_n", 2 * B * R * sizeof *h, h));
    CHECK_OK(elman_graph_read(graph, "c_n", 2 * B * H * sizeof *c, c));
}

TEST(a_projected_graph_goes_on_from_its_memory)
{
    enum { T = 6, B = 2, I = 3, H = 5, R = 2 };
    static const elman_config config = {.input_size = I,
                                        .layers = {{.kind = ELMAN_LSTM,
                                                    .hidden_size = H,
                                                    .proj_size = R,
                                                    .num_layers = 2}}};
    const char *path = in_folder("projected.onnx");
    float x[T * B * I], whole[T * B * R], parts[T * B * R], h[2 * B * R],
        c[2 * B * H];
    elman_model *model;
    elman_graph *graph;
    random_fill(1, T * B * I, -1, 1, x);
    CHECK_OK(elman_model_create(&config, &model));
    CHECK_OK(elman_model_export(model, ELMAN_EXPORT_ONNX, path));
    CHECK_OK(elman_graph_open(path, &graph));

    run_chunk(graph, T, x, h, c, false, whole);
    elman_graph_close(graph);
    CHECK_OK(elman_graph_open(path, &graph));
    run_chunk(graph, 2, x, h, c, false, parts);
    run_chunk(graph, T - 2, x + 2 * B * I, h, c, true, parts + 2 * B * R);
    for (size_t i = 0; i < T * B * R; i++)
        CHECK(fabsf(parts[i] - whole[i]) < 1e-5F, "%zu: %g, %g", i,
              (double)parts[i], (double)whole[i]);
    elman_graph_close(graph);
    elman_model_destroy(model);
}

/* Any wrong shape is refused where it is given, and what was given stays. */
TEST(an_input_of_another_shape_is_refused_when_it_is_written)
{
    enum { T = 2, B = 3, I = 4 };
    static const elman_config config = {
        .input_size = I, .layers = {{.kind = ELMAN_GRU, .hidden_size = 2}}};
    static const struct {
        size_t rank, shape[4];
        const char *message;
    } cases[] = {
        {3, {0, B, I}, "is given the shape (0,3,4), which holds no numbers"},
        {3, {T, 0, I}, "is given the shape (2,0,4), which holds no numbers"},
        {3, {T, B, 0}, "is given floats (2,3,0), expected float32 (any,any,4)"},
        {3, {T, B, 5}, "is given floats (2,3,5), expected float32 (any,any,4)"},
        {2, {T, I}, "is given floats (2,4), expected float32 (any,any,4)"},
        {4, {T, B, I, 1}, "is given floats (2,3,4,1), expected float32"},
    };
    const char *path = in_folder("shapes.onnx"), *file = in_folder("bad.npy");
    float x[T * B * 5] = {0};
    size_t count;
    elman_model *model;
    elman_graph *graph;
    CHECK_OK(elman_model_create(&config, &model));
    CHECK_OK(elman_model_export(model, ELMAN_EXPORT_ONNX, path));
    CHECK_OK(elman_graph_open(path, &graph));
    const char *name = elman_graph_ports(graph, &count)->name;
    CHECK_OK(elman_graph_write(graph, name, x, 3, (size_t[]){T, B, I}));
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        elman_tensor array = {x, cases[k].rank, {0}};
        memcpy(array.shape, cases[k].shape, sizeof cases[k].shape);
        CHECK_FAILS(
            elman_graph_write(graph, name, x, cases[k].rank, cases[k].shape),
            ELMAN_BAD_VALUE, cases[k].message);
        if (elman_array_save(file, &array)) continue;
        CHECK_FAILS(elman_graph_load(graph, name, file), ELMAN_BAD_VALUE,
                    cases[k].message);
    }
    CHECK_OK(elman_graph_forward(graph, 0, 1));
    elman_graph_close(graph);
    elman_model_destroy(model);
}

int main(void)
{
    /* each of thousands of small files would wait for a disk */
    if (access("/dev/shm", W_OK) == 0) setenv("TMPDIR", "/dev/shm", 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            an_input_of_another_shape_is_refused_when_it_is_written),
        cmocka_unit_test(operator_tests_of_onnx_hold),
        cmocka_unit_test(every_attribute_of_the_operators_holds),
        cmocka_unit_test(exports_of_both_exporters_of_pytorch_hold),
        cmocka_unit_test(exports_of_pytorch_1_and_tf2onnx_hold),
        cmocka_unit_test(graphs_in_the_manner_of_others_hold),
        cmocka_unit_test(exports_become_models_that_give_the_same),
        cmocka_unit_test(
            what_is_not_a_stack_of_layers_is_refused_with_its_node),
        cmocka_unit_test(a_graph_gives_what_its_model_gives_of_many_sequences),
        cmocka_unit_test(a_projected_graph_goes_on_from_its_memory),
    };
    return cmocka_run_group_tests(tests, folder_create, folder_destroy);
}
