/*
 * torch_pt2.c: the tensors of a program of torch.export.save (.pt2).
 *
 *   NAME/data/weights/..._weights_config.json   what each tensor is
 *   NAME/data/weights/weight_0 ...              bytes of their storages
 *
 *   {"config": {"fc.weight": {"path_name": "weight_0", "use_pickle": false,
 *    "tensor_meta": {"dtype": 7, "sizes": [{"as_int": 2}, ...], "strides":
 *    [...], "storage_offset": {"as_int": 0}, ...}}}}
 *
 * The graph in NAME/models is not read. Source: torch/_export/serde/schema.py.
 */
#include "format/json.h"
#include "format/torch_parts.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

static elman_status bad_entry(const json_node *entry, const char *what)
{
    return failure(ELMAN_BAD_FORMAT, "tensor \"%.80s\": %s", entry->key, what);
}

/* The type of a number of torch.export's schema. */
static bool type_of(int64_t number, element_type *type)
{
    static const struct {
        int64_t number;
        element_type type;
    } types[] = {{1, ELEMENT_U8},    {2, ELEMENT_I8},  {3, ELEMENT_I16},
                 {4, ELEMENT_I32},   {5, ELEMENT_I64}, {6, ELEMENT_F16},
                 {7, ELEMENT_F32},   {8, ELEMENT_F64}, {12, ELEMENT_BOOL},
                 {13, ELEMENT_BF16}, {28, ELEMENT_U16}};

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].number == number) {
            *type = types[i].type;
            return true;
        }
    return false;
}

/* {"as_int": 3}, a size. */
static bool read_size(const json_node *node, size_t *size)
{
    int64_t whole;
    return json_whole(json_find(node, "as_int"), &whole) && whole >= 0 &&
           size_narrow((uint64_t)whole, size);
}

static bool read_sizes_of(const json_node *list, size_t *count, size_t *sizes)
{
    if (!list || list->kind != JSON_KIND_LIST || list->count > TENSOR_MAX_RANK)
        return false;

    *count = 0;
    for (const json_node *n = list->is.first; n; n = n->next)
        if (!read_size(n, &sizes[(*count)++])) return false;
    return true;
}

/* The bytes of a storage. */
static elman_status find_bytes(torch_source *source, const json_node *entry,
                               char **data, size_t *bytes)
{
    enum { ROOM = 512 };
    char name[ROOM];
    const char *path = json_text(json_find(entry, "path_name"));
    const json_node *pickled = json_find(entry, "use_pickle");
    if (!path) return bad_entry(entry, "it has no path_name");
    if (pickled && pickled->kind == JSON_KIND_TRUE)
        return bad_entry(entry, "it is not kept as plain numbers; save "
                                "the module's state_dict() with torch.save");

    snprintf(name, sizeof name, "%.*sdata/weights/%.200s",
             (int)source->folder_bytes, source->folder, path);
    size_t at = archive_find(source->archive, name);
    if (at == archive_entry_count(source->archive))
        return bad_entry(entry, "its bytes are missing in the archive");

    *bytes = archive_size(source->archive, at);
    return archive_read(source->archive, at, data);
}

static elman_status read_entry(torch_source *source, const json_node *entry,
                               named_tensor *tensor)
{
    const json_node *meta = json_find(entry, "tensor_meta");
    size_t stride_count = 0, bytes = 0;
    int64_t number;
    torch_view view = {.count = 0};
    char *data = NULL;

    if (!json_whole(json_find(meta, "dtype"), &number) ||
        !type_of(number, &view.type))
        return bad_entry(entry, "its dtype is none that elman reads");

    size_t offset = 0;
    bool fits =
        read_sizes_of(json_find(meta, "sizes"), &tensor->rank, tensor->shape) &&
        read_sizes_of(json_find(meta, "strides"), &stride_count,
                      tensor->stride) &&
        stride_count == tensor->rank &&
        read_size(json_find(meta, "storage_offset"), &offset);
    if (!fits || !tensor_count_elements(tensor))
        return bad_entry(entry, "its sizes and strides make no tensor");

    TRY(find_bytes(source, entry, &data, &bytes));
    view.data = data;
    view.count = bytes / element_bytes(view.type);
    return tensor_place(source, &view, offset, tensor);
}

static elman_status read_list(torch_making *making, const json_node *root)
{
    const json_node *config = json_find(root, "config");
    if (!config || config->kind != JSON_KIND_OBJECT)
        return failure(ELMAN_BAD_FORMAT, "the list of its weights is empty");

    for (const json_node *n = config->is.first; n; n = n->next) {
        named_tensor *tensor = NULL;
        TRY(tensor_begin(making, n->key, strlen(n->key), &tensor));
        TRY(read_entry(making->source, n, tensor));
        TRY(tensor_end(making, tensor));
    }

    if (making->file->tensor_count == 0)
        return failure(ELMAN_BAD_FORMAT, "the list of its weights is empty");
    return making_note(making, "a program of torch.export: its weights are "
                               "read, not its graph");
}

elman_status pt2_read(torch_making *making)
{
    torch_source *source = making->source;
    json_tree *tree = NULL;
    char *text = NULL;
    if (source->key && *source->key)
        return failure(
            ELMAN_BAD_FORMAT,
            "a key is given, but a program of torch.export holds one "
            "state dict");

    TRY(archive_read(source->archive, source->list, &text));
    elman_status status = json_read(
        text, archive_size(source->archive, source->list), false, &tree);
    if (status) return failure_in(status, "the list of weights");

    status = read_list(making, json_root(tree));
    json_close(tree);
    return status;
}
