/* text.c: a text as UTF-8, and as tokens of a unit, chosen by its length. */
#include "data.h"

#include "format/utf8.h"

static void check_utf8(const char *text, size_t size)
{
    size_t valid = utf8_valid(text, size);
    for (size_t at = 0; at < valid;) {
        uint32_t point;
        char written[UTF8_MAX_BYTES];
        size_t bytes = utf8_read(text + at, valid - at, &point);
        MUST(bytes && utf8_write(point, written) == bytes);
        MUST(!memcmp(written, text + at, bytes));
        at += bytes;
    }
}

static void run(const uint8_t *data, size_t size)
{
    check_utf8((const char *)data, size);
    const char *path = fuzz_put("t.txt", data, size);
    read_data(path, (elman_dataset_config){.unit = (elman_unit)(size % 4)});
}

const fuzz_target target = {.run = run};
