/*
 * property_text.c: a small reader of quotes, brackets, comments and lines, for
 * prose and for programs that look like C.
 *
 * A batch begins somewhere in a text. From the first line on that begins in it,
 * nothing is taken to be open. An empty line ends parentheses and quotes that
 * somebody forgot to close; where most lines close the quotes that they open,
 * each line does.
 */
#include "inspect/property_text.h"

#include <math.h>
#include <string.h>

const char *const text_names[TEXT_PROPERTIES] = {
    [TEXT_QUOTES] = "inside quotes",
    [TEXT_PARENTHESES] = "inside parentheses",
    [TEXT_BRACKETS] = "open brackets",
    [TEXT_COMMENT] = "inside a comment",
    [TEXT_COLUMN] = "position in the line",
    [TEXT_INDENT] = "indentation",
    [TEXT_WORD] = "position in the word",
    [TEXT_SPACE_NEXT] = "a space comes next",
    [TEXT_CAPITAL] = "capital letter",
    [TEXT_DIGIT] = "digit",
};

/* UTF-8's quotation marks, open and close. */
enum { QUOTE_OPEN = 0xE2809C, QUOTE_CLOSE = 0xE2809D };

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

static bool is_of_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || (unsigned char)c >= 0x80 || c == '_' ||
           c == '\'';
}

/* Whether a byte goes on with the character before it. */
static bool continues(char c) { return ((unsigned char)c & 0xC0) == 0x80; }

static void begin_line(text_place *p)
{
    bool empty = p->begun && p->indenting;
    if (!p->begun || empty) p->quoted = false, p->round = 0;
    if (!p->begun) p->brackets = 0, p->block_comment = false;
    if (p->quotes_end) p->quoted = false;

    p->begun = true;
    p->line_comment = p->escaped = false;
    p->indenting = true;
    p->column = p->indent = 0;
}

/* Comments; true if c is of one. */
static bool read_comment(text_place *p, char c)
{
    char before = (char)(p->last >> 8 & 0xFF);
    bool url = (p->last >> 16 & 0xFF) == ':';
    if (p->line_comment) return true;
    if (p->block_comment) {
        p->block_comment = !(before == '*' && c == '/');
        return true;
    }
    if (p->quoted || before != '/') return false;
    p->line_comment = c == '/' && !url;
    p->block_comment = c == '*';
    return p->line_comment || p->block_comment;
}

/* Quotes and brackets; what is quoted has none. */
static void read_mark(text_place *p, char c)
{
    char before = (char)(p->last >> 8 & 0xFF);
    bool escaped = p->escaped;
    p->escaped = p->quoted && c == '\\' && !escaped;
    if (c == '"' && !escaped && (p->quoted || before != '\''))
        p->quoted = !p->quoted;
    if ((p->last & 0xFFFFFF) == QUOTE_OPEN) p->quoted = true;
    if ((p->last & 0xFFFFFF) == QUOTE_CLOSE) p->quoted = false;
    if (p->quoted) return;

    if (c == '(') p->round++;
    if (c == ')' && p->round) p->round--;
    if (c == '(' || c == '[' || c == '{') p->brackets++;
    if ((c == ')' || c == ']' || c == '}') && p->brackets) p->brackets--;
}

static void read_byte(text_place *p, char c)
{
    p->last = p->last << 8 | (unsigned char)c;
    if (!is_of_word(c)) p->split = true;
    if (!is_of_word(c)) p->word = 0;
    else if (!continues(c)) p->word++;
    if (c == '\n') {
        begin_line(p);
        return;
    }

    /* an indent of tabs counts more characters than there are */
    if (p->indenting && is_blank(c)) {
        p->indent += c == '\t' ? 4 : 1;
        p->column = p->indent;
    } else {
        p->indenting = false;
        p->column += !continues(c);
    }
    if (!read_comment(p, c)) read_mark(p, c);
}

void text_read(text_place *place, const char *bytes, size_t count)
{
    place->capital = place->digit = false;
    for (size_t i = 0; i < count; i++) {
        char c = bytes[i];
        read_byte(place, c);
        place->capital |= c >= 'A' && c <= 'Z';
        place->digit |= c >= '0' && c <= '9';
    }
}

float text_value(const text_place *p, text_property property)
{
    bool known = property == TEXT_WORD  ? p->split
                 : property < TEXT_WORD ? p->begun
                                        : true;
    if (!known) return NAN;

    /* what has been counted or opened so far */
    switch (property) {
    case TEXT_QUOTES:
        return p->quoted;
    case TEXT_PARENTHESES:
        return p->round > 0;
    case TEXT_BRACKETS:
        return (float)p->brackets;
    case TEXT_COMMENT:
        return p->line_comment || p->block_comment;
    case TEXT_COLUMN:
        return (float)p->column;
    case TEXT_INDENT:
        return (float)p->indent;
    case TEXT_WORD:
        return (float)p->word;
    case TEXT_CAPITAL:
        return p->capital;
    case TEXT_DIGIT:
        return p->digit;
    default:
        return NAN;
    }
}
