/* hdf5.c: groups, arrays and texts, which are looked through. */
#include "fuzz.h"

#include "format/hdf5.h"

#include <string.h>

/* So that no byte's read is left out. */
static volatile size_t all;

/* Each byte of an array or text is in the file. */
static size_t sum_bytes(const char *bytes, size_t count)
{
    size_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (unsigned char)bytes[i];
    return sum;
}

static void look_through(const hdf5 *file)
{
    size_t sum = 0;
    for (size_t i = 0; i < file->object_count; i++)
        MUST(file->objects[i].parent <= i);

    for (size_t i = 0; i < file->tensor_count; i++) {
        const named_tensor *t = file->tensors + i;
        size_t bytes = t->count * element_bytes(t->type);
        sum += sum_bytes(t->data, bytes);
        MUST(hdf5_find(file, t->name));
    }

    for (size_t i = 0; i < file->attribute_count; i++) {
        const hdf5_attribute *a = file->attributes + i;
        MUST(a->object < file->object_count);
        for (size_t k = a->first; k < a->first + a->count; k++)
            sum += sum_bytes(file->texts[k].text, file->texts[k].bytes);
    }
    all = sum;
}

static void run(const uint8_t *data, size_t size)
{
    hdf5 *file = NULL;
    if (hdf5_parse(fuzz_copy(data, size), size, &file) != ELMAN_OK) {
        MUST(!file);
        fuzz_refused("");
        return;
    }
    look_through(file);
    hdf5_close(file);
}

const fuzz_target target = {.run = run, .times = 340, .room = 8 << 20};
