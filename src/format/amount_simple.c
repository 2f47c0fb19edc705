/* amount_simple.c: see amount_simple.h. */
#include "format/amount_simple.h"

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static const char *skip_digits(const char *c)
{
    while (is_digit(*c))
        c++;
    return c;
}

bool amount_take_simple(const char *text, amount_simple *cell)
{
    const char *c = text;
    while (*c == ' ' || *c == '\t')
        c++;
    c += *c == '-' || *c == '+';

    /* digits, the mark, digits */
    const char *first = c;
    c = skip_digits(c);
    size_t whole = (size_t)(c - first), behind = 0;
    cell->mark = *c == '.' || *c == ',' ? *c : 0;
    if (cell->mark) {
        const char *from = ++c;
        c = skip_digits(c);
        behind = (size_t)(c - from);
    }
    cell->digits = whole + behind;
    cell->grouped = whole >= 1 && whole <= 3 && behind == 3 && *first != '0';
    if (cell->digits == 0) return false;

    /* an exponent, then blanks */
    if (*c == 'e' || *c == 'E') {
        c++;
        c += *c == '-' || *c == '+';
        if (!is_digit(*c)) return false;
        c = skip_digits(c);
    }
    while (*c == ' ' || *c == '\t')
        c++;
    return *c == 0 && c - text < AMOUNT_SIMPLE_ROOM;
}
