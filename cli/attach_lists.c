/*
 * attach_lists.c: see attach_lists.h.
 */
#include "attach_lists.h"
#include "screen.h"
#include "source.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Texts --------------------------------------------------------------- */

void text_list_free(text_list *list)
{
    for (size_t n = 0; n < list->count; n++)
        free(list->texts[n]);
    free(list->texts);
    *list = (text_list){0};
}

/* Appends a copy of bytes many. */
static int add_text(text_list *list, const char *text, size_t bytes)
{
    /* room is a power of two */
    if ((list->count & (list->count - 1)) == 0) {
        size_t room = list->count ? 2 * list->count : 1;
        char **wider = realloc(list->texts, room * sizeof *wider);
        if (!wider) return failed("out of memory");
        list->texts = wider;
    }

    char *copy = malloc(bytes + 1);
    if (!copy) return failed("out of memory");
    memcpy(copy, text, bytes);
    copy[bytes] = '\0';
    list->texts[list->count++] = copy;
    return 0;
}

/* Puts what escapes stand for in their place. */
static void unescape(char *text)
{
    static const char from[] = "ntrs\\", to[] = "\n\t\r \\";
    char *end = text;
    for (; *text; text++) {
        const char *known =
            *text == '\\' && text[1] ? strchr(from, text[1]) : NULL;
        *end++ = known ? to[known - from] : *text;
        text += known != NULL;
    }
    *end = '\0';
}

/* A vocabulary as Hugging Face and others keep it. */
static bool is_json(const char *path, const line_source *source)
{
    size_t bytes = strlen(path);
    return source->line == 1 && source->bytes && bytes > 5 &&
           !strcmp(path + bytes - 5, ".json") &&
           (source->text[0] == '{' || source->text[0] == '[');
}

static int refuse_json(const char *path, char first)
{
    return failed(
        "'%s' is JSON, expected a line for each; in Python: d = "
        "json.load(open(\"%s\")); open(\"lines.txt\", \"w\").writelines("
        "t.replace(\"\\\\\", \"\\\\\\\\\").replace(\"\\n\", "
        "\"\\\\n\").replace(\" \", \"\\\\s\") + \"\\n\" for t in %s)",
        path, path, first == '{' ? "sorted(d, key=d.get)" : "d");
}

int text_list_read(const char *path, bool escapes, text_list *list)
{
    line_source source;
    int code = source_open(path, &source);
    while (!code && source_next(&source)) {
        if (is_json(path, &source)) code = refuse_json(path, source.text[0]);
        else if (memchr(source.text, '\0', source.bytes))
            code = failed("'%s': line %llu holds a zero byte", path,
                          (unsigned long long)source.line);
        else if (!source.bytes)
            code = failed("'%s': line %llu is empty%s", path,
                          (unsigned long long)source.line,
                          escapes ? "; \\n stands for a line break, \\s for a "
                                    "blank"
                                  : "");
        if (!code) code = add_text(list, source.text, source.bytes);
        if (!code && escapes) unescape(list->texts[list->count - 1]);
    }

    if (!code) code = source_error(&source);
    source_close(&source);
    return code;
}

int bytes_list(text_list *list)
{
    int code = 0;
    for (int byte = 0; byte < 256 && !code; byte++) {
        char one = (char)byte;
        code = add_text(list, &one, 1);
    }
    return code;
}

static bool is_one_character(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count == 1;
}

static bool is_mark(const char *text)
{
    size_t length = strlen(text);
    char end = length > 2 ? text[length - 1] : '\0';
    return (text[0] == '<' && end == '>') || (text[0] == '[' && end == ']');
}

bool is_all_characters(const text_list *list)
{
    for (size_t n = 0; n < list->count; n++)
        if (!is_one_character(list->texts[n]) && !is_mark(list->texts[n]))
            return false;
    return true;
}

bool has_blanks(const text_list *list)
{
    for (size_t n = 0; n < list->count; n++)
        if (list->texts[n][0] == ' ' && list->texts[n][1]) return true;
    return false;
}

/* ---- Means and scales ---------------------------------------------------- */

void scale_list_free(scale_list *list)
{
    free(list->mean);
    free(list->scale);
    text_list_free(&list->names);
    *list = (scale_list){0};
}

/* The last field of a line of bytes many: where it begins; what is in front of
 * it is left in bytes. */
static const char *last_field(const char *text, size_t *bytes)
{
    static const char between[] = ",; \t";
    size_t at = *bytes;
    while (at && strchr(between, text[at - 1]))
        at--;
    size_t end = at;
    while (at && !strchr(between, text[at - 1]))
        at--;

    *bytes = at;
    return at < end ? text + at : NULL;
}

static bool read_number(const char *text, double *number)
{
    static const char between[] = ",; \t";
    char *end = NULL;
    if (!text) return false;
    *number = strtod(text, &end);
    return end > text && (!*end || strchr(between, *end)) && isfinite(*number);
}

static int room_for(scale_list *list, size_t count)
{
    double *mean = realloc(list->mean, (count + 1) * sizeof *mean);
    if (mean) list->mean = mean;
    double *scale = realloc(list->scale, (count + 1) * sizeof *scale);
    if (scale) list->scale = scale;
    return mean && scale ? 0 : failed("out of memory");
}

/* One line; the first need hold no numbers. */
static int add_line(scale_list *list, const line_source *source)
{
    double mean = 0, scale = 0;
    size_t bytes = source->bytes;
    bool fits = read_number(last_field(source->text, &bytes), &scale);
    fits = read_number(last_field(source->text, &bytes), &mean) && fits;
    if (!fits && source->line == 1) return 0;
    if (!fits || !(scale > 0))
        return failed("%s: line %llu should end in a mean and a scale above 0",
                      source->name, (unsigned long long)source->line);

    /* what stands in front of them is a name, on each line or on none */
    while (bytes && strchr(",; \t", source->text[bytes - 1]))
        bytes--;
    if (list->count && (bytes > 0) != list->named)
        return failed("%s: line %llu has %s name, unlike those before",
                      source->name, (unsigned long long)source->line,
                      bytes ? "a" : "no");

    list->named = bytes > 0;
    int code = list->named ? add_text(&list->names, source->text, bytes) : 0;
    if (!code) code = room_for(list, list->count + 1);
    if (code) return code;
    list->mean[list->count] = mean;
    list->scale[list->count++] = scale;
    return 0;
}

int scale_list_read(const char *path, size_t count, scale_list *list)
{
    if (!path) {
        int code = room_for(list, count);
        for (size_t n = 0; n < count && !code; n++) {
            list->mean[n] = 0;
            list->scale[n] = 1;
        }
        list->count = code ? 0 : count;
        return code;
    }

    /* blank lines are no columns */
    line_source source;
    int code = source_open(path, &source);
    while (!code && source_next(&source))
        if (source.text[strspn(source.text, " \t")])
            code = add_line(list, &source);
    if (!code) code = source_error(&source);
    source_close(&source);
    return code;
}
