/* pickle_scalar.c: the opcodes that push a number or a text. */
#include "format/number.h"
#include "format/pickle_parts.h"

#include <ctype.h>
#include <string.h>

elman_status push_none(pickle_reader *r, unsigned unused)
{
    (void)unused;
    return stack_push(r, &r->tree->none);
}

elman_status push_bool(pickle_reader *r, unsigned truth)
{
    return stack_push(r, truth ? &r->tree->yes : &r->tree->no);
}

/* ---- Whole numbers ------------------------------------------------------ */

static elman_status push_int64(pickle_reader *r, int64_t whole)
{
    pickle_value *value;
    TRY(value_new(r, PICKLE_WHOLE, &value));
    value->is.whole = whole;
    return stack_push(r, value);
}

/* The low bytes of bits, sign-extended. */
static int64_t widen(uint64_t bits, size_t bytes)
{
    unsigned unused = 64 - 8 * (unsigned)bytes;
    return bytes ? (int64_t)(bits << unused) >> unused : 0;
}

elman_status push_whole(pickle_reader *r, unsigned bytes)
{
    uint64_t bits;
    TRY(take_number(r, bytes, &bits));
    return push_int64(r, bytes == 4 ? widen(bits, 4) : (int64_t)bits);
}

static elman_status push_part(pickle_reader *r, pickle_kind kind,
                              const char *bytes, uint64_t count)
{
    pickle_value *value;
    if (count > UINT32_MAX)
        return failure(ELMAN_BAD_FORMAT, "a text of %llu bytes",
                       (unsigned long long)count);

    TRY(value_new(r, kind, &value));
    value->is.text = bytes;
    value->count = (uint32_t)count;
    return stack_push(r, value);
}

elman_status push_long(pickle_reader *r, unsigned prefix)
{
    uint64_t count, bits = 0;
    const char *bytes;

    TRY(take_number(r, prefix, &count));
    if (prefix == 4 && count > INT32_MAX)
        return failure(ELMAN_BAD_FORMAT, "a whole number of negative length");

    TRY(take_bytes(r, count, &bytes));
    if (count > 8) return push_part(r, PICKLE_HUGE, bytes, count);

    for (size_t i = 0; i < count; i++)
        bits |= (uint64_t)(unsigned char)bytes[i] << 8 * i;
    return push_int64(r, widen(bits, (size_t)count));
}

bool line_whole(const char *line, size_t count, int64_t *whole)
{
    bool negative = count && *line == '-';
    uint64_t size = 0, most = (uint64_t)INT64_MAX + negative;
    if (count == negative) return false;

    for (size_t i = negative; i < count; i++) {
        if (!isdigit((unsigned char)line[i])) return false;
        uint64_t digit = (uint64_t)(line[i] - '0');
        if (size > (most - digit) / 10) return false;
        size = size * 10 + digit;
    }

    *whole = (int64_t)(negative ? 0 - size : size);
    return true;
}

elman_status push_int_line(pickle_reader *r, unsigned unused)
{
    (void)unused;
    const char *line;
    size_t count;
    int64_t whole;

    TRY(take_line(r, &line, &count));
    if (!line_whole(line, count, &whole))
        return failure(ELMAN_BAD_FORMAT, "\"%.*s\" is not a whole number",
                       (int)(count < 40 ? count : 40), line);

    /* "00" and "01" are False and True */
    if (count == 2 && line[0] == '0') return push_bool(r, whole != 0);
    return push_int64(r, whole);
}

elman_status push_long_line(pickle_reader *r, unsigned unused)
{
    (void)unused;
    const char *line;
    size_t count;
    int64_t whole;

    TRY(take_line(r, &line, &count));
    if (count && line[count - 1] == 'L') count--;

    for (size_t i = 0; i < count; i++)
        if (!isdigit((unsigned char)line[i]) && !(i == 0 && *line == '-'))
            return failure(ELMAN_BAD_FORMAT, "a whole number with letters");

    if (line_whole(line, count, &whole)) return push_int64(r, whole);
    return push_part(r, PICKLE_HUGE, line, count);
}

/* ---- Floats ------------------------------------------------------------- */

static elman_status push_double(pickle_reader *r, double number)
{
    pickle_value *value;
    TRY(value_new(r, PICKLE_FLOAT, &value));
    value->is.number = number;
    return stack_push(r, value);
}

elman_status push_float(pickle_reader *r, unsigned bytes)
{
    const char *from;
    uint64_t bits = 0;
    double number;
    TRY(take_bytes(r, bytes, &from));

    for (unsigned i = 0; i < bytes; i++)
        bits = bits << 8 | (unsigned char)from[i];

    memcpy(&number, &bits, sizeof number);
    return push_double(r, number);
}

elman_status push_float_line(pickle_reader *r, unsigned unused)
{
    (void)unused;
    const char *line;
    size_t count;
    char text[64];
    double number;

    TRY(take_line(r, &line, &count));

    /* a line too long for a number is not one */
    bool shown = count < sizeof text;
    if (shown) memcpy(text, line, count);
    text[shown ? count : 0] = 0;

    number_kind kind = number_parse(text, &number);
    bool infinite = !strcmp(text, "inf") || !strcmp(text, "-inf");
    if (infinite) number = text[0] == '-' ? -__builtin_inf() : __builtin_inf();

    if (!infinite && kind != NUMBER_VALUE && kind != NUMBER_MISSING)
        return failure(ELMAN_BAD_FORMAT, "\"%.40s\" is not a number", text);
    return push_double(r, number);
}

/* ---- Texts -------------------------------------------------------------- */

/* A text after its length. */
static elman_status push_counted(pickle_reader *r, pickle_kind kind,
                                 unsigned prefix)
{
    uint64_t count;
    const char *bytes;
    TRY(take_number(r, prefix, &count));
    TRY(take_bytes(r, count, &bytes));
    return push_part(r, kind, bytes, count);
}

elman_status push_text(pickle_reader *r, unsigned prefix)
{
    return push_counted(r, PICKLE_TEXT, prefix);
}

elman_status push_bytes(pickle_reader *r, unsigned prefix)
{
    return push_counted(r, PICKLE_BYTES, prefix);
}

/* Texts in lines may contain escapes, which no tensor's name needs. */
static elman_status push_line(pickle_reader *r, const char *line, size_t count)
{
    if (count && memchr(line, '\\', count))
        return failure(ELMAN_BAD_FORMAT,
                       "a text with escapes, which elman does not read; save "
                       "with the default pickle_protocol");
    return push_part(r, PICKLE_TEXT, line, count);
}

elman_status push_string_line(pickle_reader *r, unsigned unused)
{
    (void)unused;
    const char *line;
    size_t count;
    TRY(take_line(r, &line, &count));
    if (count < 2 || !strchr("'\"", line[0]) || line[count - 1] != line[0])
        return failure(ELMAN_BAD_FORMAT, "a text without quotes");
    return push_line(r, line + 1, count - 2);
}

elman_status push_unicode_line(pickle_reader *r, unsigned unused)
{
    (void)unused;
    const char *line;
    size_t count;
    TRY(take_line(r, &line, &count));
    return push_line(r, line, count);
}
