/*
 * amount.c: a cell is taken apart into sign, unit and body; the body is then a
 * number in some styles and not in others. Over a column only few styles are
 * left.
 */
#include "format/amount.h"
#include "format/amount_simple.h"
#include "format/missing.h"

#include <math.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* The plainest first: of styles that fit the same cells the first is taken. */
static const amount_style styles[AMOUNT_STYLES] = {
    {'.', 0}, {'.', ','}, {'.', '\''}, {'.', ' '}, {'.', '_'},
    {',', 0}, {',', '.'}, {',', ' '},  {',', '\''}};

enum { PLAIN = 0, COMMA_THOUSANDS = 1, BODY_ROOM = 80 };

/* A cell in parts. */
typedef struct parts {
    bool minus, marked;
    int scale;            /* power of ten by its last letter */
    const char *unit;     /* NULL for none */
    char body[BODY_ROOM]; /* digits and marks, in ASCII */
    size_t body_bytes;
    char power[BODY_ROOM]; /* "e-5" or nothing */
} parts;

/* ---- Taking apart ------------------------------------------------------- */

/* How many bytes of a blank text begins with. */
static size_t blank_at(const char *text)
{
    if (*text == ' ' || *text == '\t') return 1;
    if (*text != '\xC2' && *text != '\xE2') return 0;
    if (!strncmp(text, "\xC2\xA0", 2)) return 2; /* U+00A0, no break */
    if (!strncmp(text, "\xE2\x80\xAF", 3) ||     /* U+202F, narrow */
        !strncmp(text, "\xE2\x80\x89", 3))       /* U+2009, thin */
        return 3;
    return 0;
}

static const char *skip_blanks(const char *text)
{
    size_t bytes;
    while ((bytes = blank_at(text)))
        text += bytes;
    return text;
}

/* Steps over word, if text begins with it. */
static bool skip(const char **text, const char *word)
{
    size_t bytes = strlen(word);
    if (strncmp(*text, word, bytes)) return false;
    *text += bytes;
    return true;
}

static const char *skip_unit(const char **text, bool behind)
{
    static const char *const units[] = {"US$",
                                        "A$",
                                        "C$",
                                        "HK$",
                                        "R$",
                                        "$",
                                        "\xE2\x82\xAC" /* euro */,
                                        "\xC2\xA3" /* pound */,
                                        "\xC2\xA5" /* yen */,
                                        "\xE2\x82\xB9" /* rupee */,
                                        "USD",
                                        "EUR",
                                        "GBP",
                                        "JPY",
                                        "CHF",
                                        "CNY",
                                        "INR",
                                        "AUD",
                                        "CAD",
                                        "SEK",
                                        "NOK",
                                        "DKK",
                                        "PLN",
                                        "BRL"};

    /* few cells have a unit: what begins none of them costs no search */
    static const char begins[] = "$ABCDEGHIJNPRSU\xC2\xE2";
    if (!**text) return NULL;
    if (!strchr(begins, **text)) return behind && skip(text, "%") ? "%" : NULL;

    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (skip(text, units[i])) return units[i];
    return NULL;
}

/* Signs and a unit in front, in either order. */
static const char *take_front(const char *c, parts *p, bool *bracket)
{
    bool sign = false;

    for (;;) {
        c = skip_blanks(c);
        if (!*bracket && !sign && skip(&c, "(")) *bracket = true;
        else if (!sign && !*bracket &&
                 (*c == '-' || *c == '+' ||
                  (*c == '\xE2' && !strncmp(c, "\xE2\x88\x92", 3)))) {
            sign = true;
            p->minus = *c != '+';
            c += *c == '\xE2' ? 3 : 1;
        } else if (!p->unit && (p->unit = skip_unit(&c, false))) continue;
        else return c;
    }
}

/* The mark at c as one ASCII character, or 0; its bytes. A blank is one only
 * before a digit. */
static char mark_at(const char *c, size_t *bytes)
{
    *bytes = 1;
    if (*c == '.' || *c == ',' || *c == '\'' || *c == '_') return *c;
    if (*c == '\xE2' &&
        !strncmp(c, "\xE2\x80\x99", 3)) { /* U+2019, an apostrophe */
        *bytes = 3;
        return '\'';
    }

    size_t blank = blank_at(c);
    if (blank == 0 || c[blank] < '0' || c[blank] > '9') return 0;
    *bytes = blank;
    return ' ';
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Digits and the marks among them; NULL if there are none or too many. */
static const char *take_body(const char *c, parts *p)
{
    size_t digits = 0, bytes;

    for (;;) {
        char mark = is_digit(*c) ? 0 : mark_at(c, &bytes);
        if (!is_digit(*c) && !mark) break;
        if (p->body_bytes + 1 == BODY_ROOM) return NULL;

        p->body[p->body_bytes++] = mark ? mark : *c;
        digits += !mark;
        p->marked = p->marked || mark;
        c += mark ? bytes : 1;
    }

    p->body[p->body_bytes] = 0;
    return digits ? c : NULL;
}

/* An exponent, if digits follow its letter. */
static const char *take_power(const char *c, parts *p)
{
    size_t sign = *c && (c[1] == '-' || c[1] == '+'), digits = 0;
    if (*c != 'e' && *c != 'E') return c;
    while (is_digit(c[1 + sign + digits]))
        digits++;

    size_t bytes = 1 + sign + digits;
    if (digits == 0 || bytes >= BODY_ROOM) return c;
    memcpy(p->power, c, bytes);
    p->power[bytes] = 0;
    return c + bytes;
}

/* K, M, B or T right behind the digits. */
static const char *take_scale(const char *c, parts *p)
{
    static const char letters[] = "KMBT";
    const char *found = *c ? strchr(letters, *c == 'k' ? 'K' : *c) : NULL;
    if (!found || p->power[0]) return c;
    p->scale = 3 * (int)(found - letters + 1);
    return c + 1;
}

/* Whether text is shaped like a number at all. */
static bool take_apart(const char *text, parts *p)
{
    bool bracket = false;
    *p = (parts){0};
    const char *c = take_front(text, p, &bracket);
    c = take_body(c, p);
    if (!c) return false;

    /* what may follow the digits */
    c = take_scale(take_power(c, p), p);
    c = skip_blanks(c);
    if (!p->unit) p->unit = skip_unit(&c, true);
    c = skip_blanks(c);
    if (bracket && !skip(&c, ")")) return false;
    p->minus = p->minus || bracket;
    c = skip_blanks(c);
    if (!p->unit) p->unit = skip_unit(&c, true);
    return *skip_blanks(c) == 0;
}

/* ---- Styles ------------------------------------------------------------- */

/* Whether groups of digits between marks for thousands are as they should be:
 * 1 to 3, then 3 each; in India 1 or 2, then 2 each, and 3 at the end. */
static bool groups_fit(const char *body, size_t bytes, char mark)
{
    size_t group = 0, groups = 0, twos = 0, threes = 0, first = 0;
    if (body[0] == '0') return false; /* 0,750 is no 750 */

    for (size_t i = 0; i <= bytes; i++) {
        if (i < bytes && body[i] != mark) {
            group++;
            continue;
        }

        if (groups == 0) first = group;
        else if (i == bytes && group != 3) return false;
        else if (i < bytes) {
            twos += group == 2;
            threes += group == 3;
            if (group != 2 && group != 3) return false;
        }
        groups++;
        group = 0;
    }

    if (first < 1 || first > 3) return false;
    return twos == 0 || (mark == ',' && threes == 0 && first <= 2);
}

/* Whether the body is a number in a style. */
static bool fits(const parts *p, amount_style style)
{
    const char *body = p->body;
    size_t whole = 0, marks = 0, digits = 0;
    if (!p->marked) return true;

    /* up to the decimal mark */
    for (; whole < p->body_bytes && body[whole] != style.decimal; whole++) {
        bool mark = style.thousands && body[whole] == style.thousands;
        if (!mark && !is_digit(body[whole])) return false;
        marks += mark;
        digits += !mark;
    }
    if (marks && !groups_fit(body, whole, style.thousands)) return false;

    /* behind it only digits */
    for (size_t i = whole + 1; i < p->body_bytes; i++, digits++)
        if (!is_digit(body[i])) return false;
    return digits > 0;
}

/* ---- Columns ------------------------------------------------------------ */

bool amount_infinite(const char *text)
{
    static const char *const words[] = {"inf", "infinity", "\xE2\x88\x9E"};
    text = skip_blanks(text);
    text += *text == '-' || *text == '+';

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t bytes = strlen(words[i]);
        if (!strncasecmp(text, words[i], bytes) && !*skip_blanks(text + bytes))
            return true;
    }
    return false;
}

/* Notes the unit of a cell; whether it is that of the others. */
static bool note_unit(amount_survey *s, const char *unit)
{
    if (!unit) return true;
    if (!s->unit[0]) strncpy(s->unit, unit, AMOUNT_UNIT_ROOM - 1);
    if (strcmp(s->unit, unit)) return false;
    s->with_unit++;
    return true;
}

/* Counts a simple cell in each style. */
static void look_simple(amount_survey *s, size_t row, const amount_simple *cell)
{
    s->marked += cell->mark != 0;
    s->hundreds += !cell->mark && cell->digits == 3;
    s->above += !cell->mark && cell->digits > 3;

    for (size_t i = 0; i < AMOUNT_STYLES; i++) {
        bool number = !cell->mark || styles[i].decimal == cell->mark ||
                      (cell->grouped && styles[i].thousands == cell->mark);
        s->fitting[i] += number;
        if (!number && !s->first_other[i]) s->first_other[i] = row + 1;
    }
}

void amount_look(amount_survey *s, size_t row, const char *text)
{
    parts p;
    amount_simple easy;
    double value;
    s->cells++;
    if (amount_take_simple(text, &easy)) {
        look_simple(s, row, &easy);
        return;
    }
    if (missing_mark(text)) {
        s->missing++;
        return;
    }

    bool shaped = take_apart(text, &p) && note_unit(s, p.unit);
    bool plain = !shaped && number_parse(text, &value) == NUMBER_VALUE;
    s->infinite += !shaped && amount_infinite(text);
    s->marked += shaped && p.marked;
    s->scaled += shaped && p.scale;
    s->hundreds += shaped && !p.marked && p.body_bytes == 3;
    s->above += shaped && !p.marked && p.body_bytes > 3;

    for (size_t i = 0; i < AMOUNT_STYLES; i++) {
        bool number = shaped ? fits(&p, styles[i]) : plain && i == PLAIN;
        if (number) s->fitting[i]++;
        else if (!s->first_other[i]) s->first_other[i] = row + 1;
    }
}

/* The style with that decimal mark (0: any) that fits most cells; the number
 * of styles if none is allowed. */
static size_t find_style(const amount_survey *s, char decimal,
                         const amount_style *asked)
{
    size_t best = AMOUNT_STYLES;

    for (size_t i = 0; i < AMOUNT_STYLES; i++) {
        if (decimal && styles[i].decimal != decimal) continue;
        if (asked && asked->decimal && styles[i].decimal != asked->decimal)
            continue;
        if (asked && asked->thousands &&
            (styles[i].decimal == asked->thousands ||
             (styles[i].thousands && styles[i].thousands != asked->thousands)))
            continue;
        if (best == AMOUNT_STYLES || s->fitting[i] > s->fitting[best]) best = i;
    }
    return best;
}

static void take_style(const amount_survey *s, size_t style,
                       amount_column *column)
{
    size_t filled = s->cells - s->missing;

    column->style = styles[style];
    column->numbers = s->fitting[style];
    column->other = filled - column->numbers;
    column->first_other = column->other ? s->first_other[style] - 1 : 0;

    column->kind = filled == 0                        ? AMOUNT_EMPTY
                   : column->numbers <= column->other ? AMOUNT_TEXT
                                                      : AMOUNT_NUMBERS;
}

void amount_settle(const amount_survey *s, const amount_style *asked,
                   amount_column *column)
{
    *column = (amount_column){.missing = s->missing,
                              .infinite = s->infinite,
                              .scaled = s->scaled,
                              .with_unit = s->with_unit};
    memcpy(column->unit, s->unit, sizeof column->unit);

    /* marks that cannot be together leave the decimal mark to win */
    size_t best = find_style(s, 0, asked);
    if (best == AMOUNT_STYLES) best = asked->decimal == ',' ? 5 : PLAIN;
    take_style(s, best, column);
    if (column->kind != AMOUNT_NUMBERS || s->marked == 0) return;

    /* the same cells with the other decimal mark? */
    char rival_mark = column->style.decimal == '.' ? ',' : '.';
    size_t rival = find_style(s, rival_mark, asked);
    bool tie = rival < AMOUNT_STYLES && s->fitting[rival] == column->numbers;
    column->proven = !tie;

    /* who writes three decimals in some cells writes them in all */
    bool mixed = best == PLAIN && s->hundreds && !s->above;
    if (tie && (mixed || best == COMMA_THOUSANDS))
        column->kind = AMOUNT_AMBIGUOUS;
}

void amount_settle_table(const amount_survey *surveys, size_t count,
                         const amount_style *asked, amount_column *columns)
{
    size_t points = 0, commas = 0;

    for (size_t j = 0; j < count; j++) {
        amount_settle(&surveys[j], asked, &columns[j]);
        if (!columns[j].proven) continue;
        points += columns[j].style.decimal == '.';
        commas += columns[j].style.decimal == ',';
    }

    /* the mark of most decides where both are possible */
    if (points == commas) return;
    char decimal = points > commas ? '.' : ',';
    for (size_t j = 0; j < count; j++) {
        bool open = columns[j].kind == AMOUNT_AMBIGUOUS ||
                    (columns[j].kind == AMOUNT_NUMBERS && !columns[j].proven &&
                     surveys[j].marked);
        size_t style =
            open ? find_style(&surveys[j], decimal, asked) : AMOUNT_STYLES;
        if (style < AMOUNT_STYLES &&
            surveys[j].fitting[style] == columns[j].numbers)
            take_style(&surveys[j], style, &columns[j]);
    }
}

/* ---- Reading ------------------------------------------------------------ */

/* Writes the number as number_parse reads it, without its marks. */
static void write_plain(const parts *p, amount_style style, char *to)
{
    if (p->minus) *to++ = '-';
    for (size_t i = 0; i < p->body_bytes; i++) {
        char c = p->body[i];
        if (c == style.decimal) *to++ = '.';
        else if (is_digit(c)) *to++ = c;
    }

    /* a scale is a power of ten, so that the value is rounded once */
    strcpy(to, p->power);
    if (p->scale) {
        static const char *const powers[] = {"e3", "e6", "e9", "e12"};
        strcpy(to, powers[p->scale / 3 - 1]);
    }
}

/* Reads a simple cell with a decimal comma, or none, as number_parse does. */
static number_kind parse_comma(const char *text, double *value)
{
    char plain[AMOUNT_SIMPLE_ROOM];
    char *to = plain;
    for (; *text; text++)
        *to++ = *text == ',' ? '.' : *text;
    *to = 0;
    return number_parse(plain, value);
}

number_kind amount_parse(const char *text, amount_style style, double *value)
{
    /* most numbers are plain */
    if (style.decimal == '.') {
        number_kind kind = number_parse(text, value);
        if (kind == NUMBER_VALUE || kind == NUMBER_TOO_LARGE) return kind;
    }

    amount_simple easy;
    if (style.decimal == ',' && amount_take_simple(text, &easy) &&
        easy.mark != '.')
        return parse_comma(text, value);

    parts p;
    *value = NAN;
    if (missing_mark(text)) return NUMBER_MISSING;
    if (!take_apart(text, &p) || !fits(&p, style)) return NUMBER_NONE;

    char plain[2 * BODY_ROOM + 8];
    write_plain(&p, style, plain);
    return number_parse(plain, value);
}
