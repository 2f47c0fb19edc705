/* row.c: see row.h. */
#include "data/row.h"

#include <stdlib.h>
#include <string.h>

elman_status row_create(token_row *row, size_t vocabulary, size_t count)
{
    *row = (token_row){.count = count, .width = 4};
    if (vocabulary <= (size_t)UINT16_MAX + 1) row->width = 2;
    if (vocabulary <= (size_t)UINT8_MAX + 1) row->width = 1;

    size_t width = (size_t)row->width;
    if (count < PTRDIFF_MAX / width) row->own = malloc(count * width + 1);
    row->at = row->own;
    if (row->own) return ELMAN_OK;
    return failure(ELMAN_NO_MEMORY, "no memory for %zu tokens", count);
}

void row_write(token_row *row, size_t first, size_t count,
               const int32_t *tokens)
{
    uint8_t *narrow = row->own;
    uint16_t *middle = row->own;
    if (row->width == 1)
        for (size_t i = 0; i < count; i++)
            narrow[first + i] = (uint8_t)tokens[i];
    else if (row->width == 2)
        for (size_t i = 0; i < count; i++)
            middle[first + i] = (uint16_t)tokens[i];
    else memcpy((int32_t *)row->own + first, tokens, count * sizeof *tokens);
}

void row_clear(token_row *row)
{
    text_file_close(row->file);
    free(row->own);
    *row = (token_row){0};
}

elman_status row_read(const token_row *row, text_reader *reader, size_t first,
                      size_t count, int32_t *tokens)
{
    const uint8_t *narrow = row->at;
    const uint16_t *middle = row->at;
    if (row->file)
        return text_file_tokens(row->file, reader, first, count, tokens);

    if (row->width == 1)
        for (size_t i = 0; i < count; i++)
            tokens[i] = narrow[first + i];
    else if (row->width == 2)
        for (size_t i = 0; i < count; i++)
            tokens[i] = middle[first + i];
    else
        memcpy(tokens, (const int32_t *)row->at + first,
               count * sizeof *tokens);
    return ELMAN_OK;
}
