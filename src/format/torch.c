/* torch.c: the tensors of the state dict in a file of torch.save. */
#include "format/torch_parts.h"
#include "format/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Owns what a torch_file points to. */
typedef struct torch_block {
    torch_source source;
    char dict[PATH_ROOM];
} torch_block;

/* ---- Names -------------------------------------------------------------- */

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static elman_status check_twice(const torch_file *file)
{
    const char **names = calloc(file->tensor_count + 1, sizeof *names);
    if (!names)
        return failure(ELMAN_NO_MEMORY, "no memory for %zu names",
                       file->tensor_count);

    for (size_t i = 0; i < file->tensor_count; i++)
        names[i] = file->tensors[i].name;
    qsort(names, file->tensor_count, sizeof *names, compare_names);

    elman_status status = ELMAN_OK;
    for (size_t i = 1; i < file->tensor_count && status == ELMAN_OK; i++)
        if (!strcmp(names[i - 1], names[i]))
            status = failure(ELMAN_BAD_FORMAT, "tensor \"%.80s\" occurs twice",
                             names[i]);

    free(names);
    return status;
}

/* ---- The file ----------------------------------------------------------- */

/* Tensors of the file that are not in the state dict. */
static size_t count_extra(const pickle *tree)
{
    size_t count = 0;
    pickle_walk walk = {0};

    for (pickle_value *v; (v = pickle_next(tree, &walk));) {
        torch_call call;
        if (v->kind == PICKLE_CALL && call_find(v, &call) && call.value == v)
            count += !v->seen;
    }
    return count;
}

/* Whether a class is not worth a word: of a program's modules, what others are
 * made by, or one of Python's own of which there is no object. */
static bool is_helper(const pickle_class *one)
{
    static const char *const modules[] = {"__torch__", "torch.jit.", "copyreg",
                                          "copy_reg"};
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
        size_t bytes = strlen(modules[i]);
        if (one->module_bytes >= bytes &&
            !memcmp(one->module, modules[i], bytes))
            return true;
    }
    return one->objects == 0 && one->module_bytes >= 8 &&
           (!memcmp(one->module, "builtins", 8) ||
            !memcmp(one->module, "__builtin__", 8));
}

/* Says which classes of objects were skipped. */
static elman_status note_skipped(torch_making *making)
{
    enum { SHOWN = 3, ROOM = 320 };
    char text[ROOM] = "", name[PICKLE_NAME_ROOM];
    size_t count, listed = 0, objects = 0, at = 0;
    const pickle_class *classes = pickle_classes(making->source->tree, &count);

    /* how many, and the names of the first few */
    for (size_t i = 0; i < count; i++) {
        if (is_helper(classes + i)) continue;
        objects += classes[i].objects ? classes[i].objects : 1;
        if (listed++ >= SHOWN) continue;
        pickle_class_print(classes + i, name);
        at += (size_t)snprintf(text + at, ROOM - at, "%s%.90s",
                               listed > 1 ? ", " : "", name);
    }

    if (listed > SHOWN)
        snprintf(text + at, ROOM - at, " and %zu more", listed - SHOWN);
    if (listed == 0) return ELMAN_OK;
    return making_note(making, "skipped %zu object%s that %s no tensor%s: %s",
                       objects, objects > 1 ? "s" : "",
                       objects > 1 ? "are" : "is", objects > 1 ? "s" : "",
                       text);
}

static elman_status add_notes(torch_making *making)
{
    torch_source *source = making->source;
    if (source->inside)
        TRY(making_note(making, "read from %.80s inside the archive",
                        source->inside));
    if (source->dequantized)
        TRY(making_note(making,
                        "dequantized %zu tensors to float32; PyTorch rounds "
                        "what quantized layers read as well, so its outputs "
                        "differ by about 1 %%",
                        source->dequantized));
    return source->tree ? note_skipped(making) : ELMAN_OK;
}

/* Reads the tensors of the state dict, wherever it is. */
static elman_status read_dict(torch_block *block, torch_making *making)
{
    torch_source *source = &block->source;
    pickle_value *dict = NULL;
    if (source->exported) return pt2_read(making);
    if (source->program) return script_read(making);

    TRY(dict_find(source->tree, source->key, source->asked, &dict,
                  block->dict));
    return entries_read(making, dict);
}

/* The keys inside a file of an archive, behind its name. */
static void name_inside(torch_keys *asked, const char *inside)
{
    for (size_t i = 0; i < asked->count; i++) {
        char key[TORCH_KEY_ROOM];
        snprintf(key, sizeof key, "%.200s:%.300s", inside, asked->keys[i]);
        memcpy(asked->keys[i], key, sizeof key);
    }
}

/* Whether what was refused can be shown as it is. */
static bool can_look(const torch_source *source, elman_status status)
{
    bool files = source->asked && source->asked->count;
    return source->looked && status == ELMAN_BAD_FORMAT &&
           (source->tree || files);
}

/* Shows it, and keeps the reason. */
static elman_status look(torch_making *making)
{
    torch_source *source = making->source;
    const char *reason = elman_message();
    size_t bytes = strlen(reason) + 1;
    char *kept = source_keep(source, bytes);
    if (!kept) return ELMAN_NO_MEMORY;
    memcpy(kept, reason, bytes);

    making->file->refused = kept;
    return look_at_all(making);
}

/* Reads what torch_open has. */
static elman_status read_state(torch_block *block, torch_making *making)
{
    torch_source *source = &block->source;
    TRY(torch_source_open(source));

    elman_status status = read_dict(block, making);
    if (status && source->inside && source->asked)
        name_inside(source->asked, source->inside);
    if (status && source->inside) return failure_in(status, source->inside);
    TRY(status);
    return check_twice(making->file);
}

static elman_status read_file(torch_block *block, const char *key,
                              torch_file *file)
{
    torch_source *source = &block->source;
    torch_making making = {.source = source, .file = file};
    failure_text before = failure_keep();

    source->key = key;
    elman_status status = read_state(block, &making);
    bool looks = can_look(source, status);
    if (looks) status = look(&making);
    TRY(status);
    if (looks) failure_restore(&before);

    file->dict = block->dict;
    if (source->tree && !looks) file->extra_count = count_extra(source->tree);
    if (!looks) TRY(add_notes(&making));

    /* names are copied and storages stay; the rest is no longer needed */
    pickle_close(block->source.tree);
    block->source.tree = NULL;
    if (block->source.archive) archive_finish(block->source.archive);
    return ELMAN_OK;
}

elman_status torch_parse(char *bytes, size_t size, const char *key,
                         torch_file **file)
{
    return torch_parse_asking(bytes, size, key, file, NULL);
}

/* Any of the ways to read it. */
static elman_status parse(char *bytes, size_t size, const char *key,
                          torch_file **file, torch_keys *asked, bool looked)
{
    torch_file *made = calloc(1, sizeof *made);
    torch_block *block = calloc(1, sizeof *block);
    if (!made || !block) {
        free(made);
        free(block);
        free(bytes);
        return failure(ELMAN_NO_MEMORY, "no memory for a list of tensors");
    }

    made->block = block;
    block->source = (torch_source){
        .bytes = bytes, .size = size, .asked = asked, .looked = looked};
    elman_status status = read_file(block, key, made);
    if (status == ELMAN_OK) *file = made;
    else torch_close(made);
    return status;
}

elman_status torch_parse_asking(char *bytes, size_t size, const char *key,
                                torch_file **file, torch_keys *asked)
{
    return parse(bytes, size, key, file, asked, false);
}

elman_status torch_look(char *bytes, size_t size, torch_file **file)
{
    torch_keys *asked = calloc(1, sizeof *asked);
    if (!asked) {
        free(bytes);
        return failure(ELMAN_NO_MEMORY, "no memory for a list of keys");
    }
    elman_status status = parse(bytes, size, NULL, file, asked, true);
    free(asked);
    return status;
}

elman_status torch_open(const char *path, const char *key, torch_file **file)
{
    char *bytes = NULL;
    size_t size = 0;
    TRY(file_read(path, &bytes, &size));
    elman_status status = torch_parse(bytes, size, key, file);
    return status == ELMAN_OK ? status : failure_in(status, path);
}

void torch_close(torch_file *file)
{
    if (!file) return;
    torch_block *block = file->block;

    torch_source_close(&block->source);
    free(block);
    free(file->tensors);
    free(file);
}
