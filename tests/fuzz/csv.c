/* csv.c: the cells of a table; each is text, and may be a number. */
#include "fuzz.h"

#include "format/csv.h"
#include "format/number.h"
#include "format/utf8.h"

#include <math.h>
#include <string.h>

static void run(const uint8_t *data, size_t size)
{
    csv *table = NULL;
    if (csv_parse(fuzz_copy(data, size), size, &table) != ELMAN_OK) {
        MUST(!table);
        fuzz_refused("");
        return;
    }
    MUST(table->row_count && table->column_count);
    for (size_t i = 0; i < table->row_count * table->column_count; i++) {
        const char *cell = table->cells[i];
        size_t bytes = strlen(cell);
        double value;
        MUST(utf8_valid(cell, bytes) == bytes);
        number_kind kind = number_parse(cell, &value);
        MUST(kind == NUMBER_VALUE ? isfinite(value) : isnan(value));
    }
    for (size_t i = 1; i < table->row_count; i++)
        MUST(table->lines[i] > table->lines[i - 1]);
    csv_close(table);
}

const fuzz_target target = {.run = run};
