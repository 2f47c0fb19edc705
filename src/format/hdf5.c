/* hdf5.c: opens HDF5, and goes from object to object. */
#include "format/hdf5_parts.h"

#include "base/memory.h"
#include "format/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 16, LONGEST = 512 }; /* levels of groups, bytes of a name */

/* ---- Bytes -------------------------------------------------------------- */

span hdf5_span(const hdf5_reader *r, uint64_t address, uint64_t bytes)
{
    if (address > r->size || bytes > r->size - address)
        return (span){.at = r->bytes, .end = r->bytes, .failed = true};
    const unsigned char *at = r->bytes + (size_t)address;
    return (span){.at = at, .end = at + (size_t)bytes};
}

size_t span_left(const span *s) { return (size_t)(s->end - s->at); }

const unsigned char *span_take(span *s, uint64_t bytes)
{
    const unsigned char *at = s->at;
    if (s->failed || bytes > span_left(s)) {
        s->failed = true;
        return NULL;
    }
    s->at += (size_t)bytes;
    return at;
}

uint64_t span_number(span *s, size_t bytes)
{
    const unsigned char *at = span_take(s, bytes);
    uint64_t number = 0;
    for (size_t i = at ? bytes : 0; i-- > 0;)
        number = number << 8 | at[i];
    return number;
}

elman_status hdf5_damaged(const char *what)
{
    return failure(ELMAN_BAD_FORMAT, "not HDF5, or damaged: %s", what);
}

elman_status hdf5_refused(const char *what)
{
    return failure(ELMAN_BAD_FORMAT,
                   "this HDF5 file has %s, which Keras does not write and "
                   "elman does not read; save it again in Python: "
                   "keras.models.load_model(\"in.h5\").save(\"out.keras\")",
                   what);
}

elman_status hdf5_visit(hdf5_reader *r, uint64_t address)
{
    if (address >= r->size)
        return hdf5_damaged("an address lies outside the file");

    unsigned char *byte = r->seen + (size_t)(address / 8);
    unsigned char bit = (unsigned char)(1u << address % 8);
    if (*byte & bit) return hdf5_damaged("two things have the same address");

    *byte = (unsigned char)(*byte | bit);
    return ELMAN_OK;
}

elman_status hdf5_count(hdf5_reader *r, size_t bytes)
{
    if (bytes > r->size - r->lists)
        return hdf5_damaged("its parts lie over each other");
    r->lists += bytes;
    return ELMAN_OK;
}

/* ---- Objects ------------------------------------------------------------ */

/* Room for one more object, whose name has that many bytes. */
static elman_status add_object(hdf5_reader *r, size_t parent, uint64_t address,
                               char *name)
{
    hdf5 *f = r->file;
    size_t needed = f->object_count + 1;

    /* three lists, of which each that grew is kept */
    void *objects =
        array_widen(f->objects, &r->object_room, needed, sizeof *f->objects);
    if (objects) f->objects = objects;
    void *addresses =
        array_widen(r->address, &r->address_room, needed, sizeof *r->address);
    if (addresses) r->address = addresses;
    void *depths =
        array_widen(r->depth, &r->depth_room, needed, sizeof *r->depth);
    if (depths) r->depth = depths;

    if (!objects || !addresses || !depths) {
        free(name);
        return failure(ELMAN_NO_MEMORY, "no memory for %zu objects", needed);
    }

    size_t made = f->object_count++;
    r->address[made] = address;
    r->depth[made] = made ? r->depth[parent] + 1 : 0;
    f->objects[made] =
        (hdf5_object){.name = name, .parent = parent, .tensor = SIZE_MAX};
    return ELMAN_OK;
}

elman_status hdf5_add_member(hdf5_reader *r, size_t group, const char *name,
                             size_t bytes, uint64_t address)
{
    const char *above = r->file->objects[group].name;
    size_t before = strlen(above), slash = before != 0;

    bool plain = bytes && !memchr(name, 0, bytes) && !memchr(name, '/', bytes);
    if (!plain || utf8_valid(name, bytes) < bytes)
        return hdf5_damaged("a name is empty or no text");
    if (before + slash + bytes > LONGEST)
        return hdf5_refused("names of more than 512 bytes");
    if (r->depth[group] + 1 > DEEPEST)
        return hdf5_refused("groups of more than 16 levels");

    /* the name from the root on */
    char *whole = malloc(before + slash + bytes + 1);
    if (!whole) return failure(ELMAN_NO_MEMORY, "no memory for a name");
    memcpy(whole, above, before);
    if (slash) whole[before] = '/';
    memcpy(whole + before + slash, name, bytes);
    whole[before + slash + bytes] = 0;
    return add_object(r, group, address, whole);
}

static elman_status read_object(hdf5_reader *r, size_t object)
{
    hdf5_header header = {.tree = HDF5_NOWHERE, .heap = HDF5_NOWHERE};
    TRY(hdf5_visit(r, r->address[object]));
    TRY(hdf5_read_header(r, object, &header));

    if (header.is_array && header.is_group)
        return hdf5_damaged("an object is a group and an array");
    if (header.tree != HDF5_NOWHERE) return hdf5_read_group(r, object, &header);
    return header.is_array ? hdf5_read_array(r, object, &header) : ELMAN_OK;
}

/* ---- Superblock --------------------------------------------------------- */

/* Sizes that every file of today has, which all else relies on. */
static elman_status expect_sizes(span *s)
{
    uint64_t offsets = span_number(s, 1), lengths = span_number(s, 1);
    if (offsets != 8 || lengths != 8)
        return hdf5_refused("addresses that have not 8 bytes");
    return ELMAN_OK;
}

static elman_status read_root(hdf5_reader *r, uint64_t *root)
{
    enum { SIGNATURE = 8, OLD = 8, OLD_INDEXED = 12, ENTRY_NAME = 8 };
    span s = hdf5_span(r, SIGNATURE, r->size - SIGNATURE);
    uint64_t version = span_number(&s, 1);

    /* versions of parts, sizes, and what is of no use here */
    if (version < 2) {
        (void)span_take(&s, 4);
        TRY(expect_sizes(&s));
        (void)span_take(&s, 1 + (version ? OLD_INDEXED : OLD));
    } else if (version < 4) {
        TRY(expect_sizes(&s));
        (void)span_take(&s, 1);
    } else {
        return hdf5_refused("a superblock of a version above 3");
    }

    /* addresses: of the beginning, of the rest, and of the root */
    uint64_t base = span_number(&s, 8);
    (void)span_take(&s, 16);
    if (version < 2) (void)span_take(&s, 8 + ENTRY_NAME);
    *root = span_number(&s, 8);

    if (s.failed) return hdf5_damaged("it ends in its superblock");
    return base ? hdf5_refused("something in front of it") : ELMAN_OK;
}

/* Goes through all objects; those that a group adds come behind it. */
static elman_status read_file(hdf5_reader *r)
{
    uint64_t root;
    if (r->size < 9 || memcmp(r->bytes, "\x89HDF\r\n\x1A\n", 8) != 0)
        return hdf5_damaged("it does not begin as HDF5 does");
    TRY(read_root(r, &root));

    char *name = calloc(1, 1);
    if (!name) return failure(ELMAN_NO_MEMORY, "no memory for a name");
    TRY(add_object(r, 0, root, name));

    for (size_t i = 0; i < r->file->object_count; i++)
        TRY(read_object(r, i));
    return ELMAN_OK;
}

elman_status hdf5_view(const char *bytes, size_t size, hdf5 **file)
{
    hdf5_reader r = {.bytes = (const unsigned char *)bytes, .size = size};
    r.file = calloc(1, sizeof *r.file);
    r.seen = calloc(size / 8 + 1, 1);

    elman_status status = ELMAN_OK;
    if (!r.file || !r.seen)
        status = failure(ELMAN_NO_MEMORY, "no memory to read HDF5");
    if (!status) status = read_file(&r);

    free(r.seen);
    free(r.address);
    free(r.depth);
    if (status) hdf5_close(r.file);
    else *file = r.file;
    return status;
}

elman_status hdf5_parse(char *bytes, size_t size, hdf5 **file)
{
    elman_status status = hdf5_view(bytes, size, file);
    if (status) free(bytes);
    else (*file)->bytes = bytes;
    return status;
}

void hdf5_close(hdf5 *file)
{
    if (!file) return;
    for (size_t i = 0; i < file->object_count; i++)
        free((char *)(uintptr_t)file->objects[i].name);
    for (size_t i = 0; i < file->block_count; i++)
        free(file->blocks[i]);
    free(file->blocks);
    free(file->objects);
    free(file->tensors);
    free(file->attributes);
    free(file->texts);
    free(file->bytes);
    free(file);
}

/* ---- Looking up --------------------------------------------------------- */

const hdf5_object *hdf5_find(const hdf5 *file, const char *name)
{
    for (size_t i = 0; i < file->object_count; i++)
        if (strcmp(file->objects[i].name, name) == 0) return file->objects + i;
    return NULL;
}

const hdf5_attribute *hdf5_find_attribute(const hdf5 *file, size_t object,
                                          const char *name)
{
    /* the first of the object, for they are in the order of objects */
    size_t low = 0, high = file->attribute_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (file->attributes[middle].object < object) low = middle + 1;
        else high = middle;
    }

    for (; low < file->attribute_count; low++) {
        const hdf5_attribute *a = file->attributes + low;
        if (a->object != object) break;
        if (a->name.bytes == strlen(name) &&
            memcmp(a->name.text, name, a->name.bytes) == 0)
            return a;
    }
    return NULL;
}
