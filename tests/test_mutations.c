/*
 * test_mutations.c: never silently wrong. The recorded state dicts of PyTorch
 * (tests/golden/state) with tensors renamed, swapped, left out, added, copied
 * and given other shapes at random: the import ends with a refusal, or with a
 * model that gives what the file gave before, or says that nothing is proved.
 * With a reference in the file there is no third way.
 */
#include "check.h"

#include <dirent.h>
#include <jansson.h>

#include "format/npy.h"
#include "format/safetensors.h"

enum {
    MOST = 48,
    NAME_ROOM = 96,
    EXTRA_ROOM = 1 << 10,
    PATH_ROOM = 512,
    TRIALS = 200
};

/* What is done to the tensors of a file. */
typedef enum mutation {
    RENAME,    /* a tensor gets another last name */
    MOVE,      /* a tensor goes to another module */
    SWAP,      /* two tensors change their names */
    TAKE_AWAY, /* a tensor is not there */
    ADD,       /* one more tensor, of any name */
    COPY,      /* a tensor is there twice */
    TURN,      /* rows and columns change places, the numbers stay */
    FLATTEN,   /* all in a row */
    WIDEN,     /* one more axis, of size 1 */
    MUTATIONS
} mutation;

static const char *const mutation_names[MUTATIONS] = {
    "rename", "move", "swap",    "take away", "add",
    "copy",   "turn", "flatten", "widen"};

/* Last names that mean something, somewhere. */
static const char *const last_names[] = {"weight",
                                         "bias",
                                         "weight_ih_l0",
                                         "weight_hh_l0",
                                         "bias_ih_l0",
                                         "bias_hh_l0",
                                         "weight_ih_l1",
                                         "weight_hh_l1",
                                         "weight_ih",
                                         "weight_hh",
                                         "weight_hr_l0",
                                         "weight_ih_l0_reverse",
                                         "weight_hh_l0_raw",
                                         "weight_hh_l0_g",
                                         "weight_hh_l0_v",
                                         "weight_g",
                                         "weight_v",
                                         "weight_orig",
                                         "weight_u",
                                         "running_mean",
                                         "running_var",
                                         "num_batches_tracked",
                                         "h0",
                                         "c0",
                                         "scale",
                                         "std",
                                         "original0",
                                         "parametrizations.weight.original1"};
enum { LAST_NAMES = sizeof last_names / sizeof last_names[0] };

/* A file on its way to the importer, and what was done to it. */
typedef struct trial {
    const char *file;
    size_t number, count;
    named_tensor tensors[MOST];
    char names[MOST][NAME_ROOM];
    float extra[EXTRA_ROOM];
    char story[512];
} trial;

static trial now;
static uint64_t drawn;
static size_t refused, right, changed; /* how trials ended */

static size_t draw(size_t below)
{
    float value;
    random_fill(drawn++, 1, 0, (float)below, &value);
    size_t whole = (size_t)value;
    return whole < below ? whole : below - 1;
}

static void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void tell(const char *format, ...)
{
    va_list list;
    size_t used = strlen(now.story);
    va_start(list, format);
    (void)vsnprintf(now.story + used, sizeof now.story - used, format, list);
    va_end(list);
}

/* ---- Mutations ----------------------------------------------------------- */

static void set_name(size_t i, const char *name)
{
    char copy[NAME_ROOM];
    (void)snprintf(copy, sizeof copy, "%s", name);
    memcpy(now.names[i], copy, sizeof copy);
    now.tensors[i].name = now.names[i];
}

static size_t push(named_tensor tensor, const char *name)
{
    if (now.count == MOST) return 0;
    now.tensors[now.count] = tensor;
    set_name(now.count, name);
    return now.count++;
}

/* The module of a name with its dot, and a last name behind it. */
static void join(const char *module_of, const char *last, char *name)
{
    const char *dot = strrchr(module_of, '.');
    int bytes = dot ? (int)(dot + 1 - module_of) : 0;
    (void)snprintf(name, NAME_ROOM, "%.*s%s", bytes, module_of, last);
}

static const char *last_of(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

static void add_any(void)
{
    static const size_t sizes[] = {1, 2, 3, 4, 5, 8, 12, 16, 20};
    char name[NAME_ROOM];
    named_tensor t = {.type = ELEMENT_F32, .rank = draw(3), .data = now.extra};
    for (size_t i = 0; i < t.rank; i++)
        t.shape[i] = sizes[draw(sizeof sizes / sizeof sizes[0])];
    assert_true(tensor_count_elements(&t) && t.count <= EXTRA_ROOM);
    join(now.names[draw(now.count)], last_names[draw(LAST_NAMES)], name);
    push(t, name);
    tell(" %s", name);
}

static void reshape(named_tensor *t, mutation what)
{
    if (what == TURN && t->rank == 2) {
        size_t rows = t->shape[0];
        t->shape[0] = t->shape[1];
        t->shape[1] = rows;
    } else if (what == FLATTEN) {
        t->rank = 1;
        t->shape[0] = t->count;
    } else if (what == WIDEN && t->rank < 3) t->shape[t->rank++] = 1;
}

static void mutate(mutation what)
{
    size_t i = draw(now.count), j = draw(now.count);
    char name[NAME_ROOM], other[NAME_ROOM];
    tell("; %s %s", mutation_names[what], now.names[i]);
    if (what == RENAME || what == COPY)
        join(now.names[i], last_names[draw(LAST_NAMES)], name);
    else join(now.names[j], last_of(now.names[i]), name);

    switch (what) {
    case RENAME:
    case MOVE:
        tell(" to %s", name);
        set_name(i, name);
        break;
    case SWAP:
        tell(" with %s", now.names[j]);
        memcpy(other, now.names[i], sizeof other);
        set_name(i, now.names[j]);
        set_name(j, other);
        break;
    case TAKE_AWAY:
        if (now.count == 1) break;
        now.tensors[i] = now.tensors[--now.count];
        set_name(i, now.names[now.count]);
        break;
    case ADD:
        add_any();
        break;
    case COPY:
        tell(" as %s", name);
        push(now.tensors[i], name);
        break;
    default:
        reshape(&now.tensors[i], what);
    }
}

/* Any order, which a file does not promise. */
static void shuffle(void)
{
    for (size_t i = now.count; i > 1; i--) {
        size_t j = draw(i);
        char name[NAME_ROOM];
        named_tensor t = now.tensors[i - 1];
        memcpy(name, now.names[i - 1], sizeof name);
        now.tensors[i - 1] = now.tensors[j];
        set_name(i - 1, now.names[j]);
        now.tensors[j] = t;
        set_name(j, name);
    }
}

/* ---- A file, and what becomes of it -------------------------------------- */

/* A recorded case: a file, its settings, what PyTorch gave from it. */
typedef struct recorded {
    safetensors *file;
    npy *x, *y;
    char x_path[PATH_ROOM], y_path[PATH_ROOM];
    elman_import_config config;
    json_t *json;
} recorded;

static void state_path(const char *name, char *path)
{
    int room = (int)(strrchr(__FILE__, '/') - __FILE__);
    (void)snprintf(path, PATH_ROOM, "%.*s/golden/state/%s", room, __FILE__,
                   name);
}

static const char *text_of(const json_t *json, const char *key)
{
    return json_string_value(json_object_get(json, key));
}

/* The safetensors file of a case, or NULL. */
static const char *file_of(const json_t *json)
{
    size_t index;
    json_t *file;
    json_array_foreach(json_object_get(json, "files"), index, file)
    {
        const char *name = json_string_value(file);
        if (strstr(name, ".safetensors") && text_of(json, "x")) return name;
    }
    return NULL;
}

static void open_case(recorded *r)
{
    char path[PATH_ROOM];
    const char *nonlinearity = text_of(r->json, "nonlinearity");
    state_path(file_of(r->json), path);
    CHECK_OK(safetensors_open(path, &r->file));
    state_path(text_of(r->json, "x"), r->x_path);
    state_path(text_of(r->json, "y"), r->y_path);
    CHECK_OK(npy_open(r->x_path, &r->x));
    CHECK_OK(npy_open(r->y_path, &r->y));
    r->config = (elman_import_config){
        .ignore = text_of(r->json, "ignore"),
        .nonlinearity = nonlinearity && !strcmp(nonlinearity, "relu")
                            ? ELMAN_ACTIVATION_RELU
                            : ELMAN_ACTIVATION_DEFAULT,
        .batch_first = json_is_true(json_object_get(r->json, "batch_first"))};
}

static void close_case(recorded *r)
{
    safetensors_close(r->file);
    npy_close(r->x);
    npy_close(r->y);
    json_decref(r->json);
}

/* Every tensor of the file has rows, and became something, or was left out for
 * a reason. */
static void check_rows(const elman_import *import)
{
    size_t count;
    const elman_import_row *rows = elman_import_rows(import, &count);
    for (size_t i = 0; i < now.count; i++) {
        size_t found = 0;
        for (size_t k = 0; k < count; k++) {
            if (strcmp(rows[k].from, now.names[i])) continue;
            found++;
            CHECK(rows[k].to && (*rows[k].to || *rows[k].how),
                  "%s: nothing takes %s%s", now.file, now.names[i], now.story);
        }
        CHECK(found, "%s: no row has %s%s", now.file, now.names[i], now.story);
    }
}

/* Whether a model gives what the file gave before. */
static bool same_answers(const recorded *r, const elman_model *model)
{
    elman_check check;
    if (elman_model_check(model, r->x_path, r->y_path, &check) != ELMAN_OK)
        return false; /* of another shape */
    return check.passed;
}

static void check_import(const recorded *r, bool layers, bool reference)
{
    elman_model *model = NULL;
    elman_import *import = NULL;
    elman_import_config config = r->config;
    config.layers = layers ? text_of(r->json, "layers") : NULL;
    safetensors file = {.tensor_count = now.count, .tensors = now.tensors};
    static char bytes[1 << 16];
    size_t size;
    CHECK_OK(safetensors_save_memory(&file, sizeof bytes, bytes, &size));

    elman_status status =
        elman_import_open_memory(bytes, size, &config, &import);
    if (status == ELMAN_OK) status = elman_import_create(import, &model);
    if (status != ELMAN_OK) {
        CHECK(*elman_message() && !model, "%s%s", now.file, now.story);
        refused++;
        elman_import_close(import);
        return;
    }

    // it was taken: every tensor is accounted for, and the proof is true
    const char *proof = elman_import_proof(import);
    bool same = same_answers(r, model);
    bool unproved = strncmp(proof, "not proved: ", 12) == 0;
    CHECK(reference ? same && strncmp(proof, "checked: ", 9) == 0 : unproved,
          "%s%s: %s answers, and the proof is \"%s\"", now.file, now.story,
          same ? "the same" : "other", proof);
    check_rows(import);
    *(same ? &right : &changed) += 1;
    elman_model_destroy(model);
    elman_import_close(import);
}

static void run_trial(const recorded *r, size_t number, const char *name)
{
    now.file = name;
    now.story[0] = 0;
    now.count = 0;
    drawn = 1000 * number;
    for (const char *c = name; *c; c++)
        drawn += (uint64_t)*c << 32;
    random_fill(drawn++, EXTRA_ROOM, -1, 1, now.extra);
    for (size_t i = 0; i < r->file->tensor_count && i < MOST; i++)
        push(r->file->tensors[i], r->file->tensors[i].name);

    // the first one only changes the order
    shuffle();
    for (size_t i = 0, many = number ? 1 + draw(3) : 0; i < many; i++)
        mutate((mutation)draw(MUTATIONS));
    for (size_t i = 0; i < now.count; i++)
        for (size_t j = i + 1; j < now.count; j++)
            if (!strcmp(now.names[i], now.names[j])) return; /* no file */

    check_import(r, draw(2), false);
    if (now.count + 2 > MOST) return;
    push(r->x->tensor, "reference.input");
    push(r->y->tensor, "reference.output");
    check_import(r, draw(2), true);
}

TEST(a_changed_file_is_refused_or_right_or_not_proved)
{
    char path[PATH_ROOM];
    struct dirent **entries;
    state_path("", path);
    int count = scandir(path, &entries, NULL, alphasort), found = 0;
    CHECK(count > 0, "%s", path);
    for (int i = 0; i < count; i++) {
        const char *end = strrchr(entries[i]->d_name, '.');
        if (!end || strcmp(end, ".json")) continue;
        recorded r = {.file = NULL};
        state_path(entries[i]->d_name, path);
        r.json = json_load_file(path, 0, NULL);
        CHECK(r.json, "%s", path);
        if (!file_of(r.json)) {
            json_decref(r.json);
            continue;
        }
        open_case(&r);
        for (size_t k = 0; k < TRIALS; k++)
            run_trial(&r, k, entries[i]->d_name);
        close_case(&r);
        found++;
    }
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    CHECK(found >= 10, "%d cases", found);
    print_message("%zu refused, %zu right, %zu other and not proved\n", refused,
                  right, changed);
    CHECK(right > refused / 20, "too few to say anything");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_changed_file_is_refused_or_right_or_not_proved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
