/*
 * fields.c: see fields.h.
 */
#include "fields.h"
#include "screen.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

int source_open(const char *path, line_source *source)
{
    *source = (line_source){.file = stdin, .name = "standard input"};
    if (!path || !strcmp(path, "-")) return 0;

    struct stat file;
    snprintf(source->name, sizeof source->name, "'%s'", path);
    if (stat(path, &file) == 0 && S_ISDIR(file.st_mode))
        return failed("cannot read '%s': it is a folder", path);

    source->file = fopen(path, "re");
    if (!source->file)
        return failed("cannot read '%s': %s", path, strerror(errno));
    return 0;
}

void source_close(line_source *source)
{
    if (source->file && source->file != stdin) fclose(source->file);
    free(source->text);
    free(source->fields);
    *source = (line_source){0};
}

bool source_read(line_source *source)
{
    ssize_t got = getline(&source->text, &source->room, source->file);
    if (got < 0) return false;

    /* the line end goes, whichever it is */
    if (got > 0 && source->text[got - 1] == '\n') got--;
    if (got > 0 && source->text[got - 1] == '\r') got--;
    source->text[got] = '\0';
    source->bytes = (size_t)got;

    /* a byte order mark is not part of a value */
    if (source->line++ == 0 && got >= 3 &&
        !memcmp(source->text, "\xEF\xBB\xBF", 3)) {
        source->bytes -= 3;
        memmove(source->text, source->text + 3, source->bytes + 1);
    }
    return true;
}

int source_error(const line_source *source)
{
    if (feof(source->file)) return 0;
    return failed("cannot read %s: %s", source->name, strerror(errno));
}

/* The field from text to end without blanks and quotes around it. */
static char *trimmed(char *text, char *end)
{
    while (*text == ' ' || *text == '\t')
        text++;
    while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
        end--;

    if (end - text >= 2 && *text == '"' && end[-1] == '"') {
        text++;
        end--;
    }

    *end = '\0';
    return text;
}

bool source_split(line_source *source, char *text)
{
    const char *separator = strchr(text, ',')    ? ","
                            : strchr(text, ';')  ? ";"
                            : strchr(text, '\t') ? "\t"
                                                 : " ";
    bool blanks = *separator == ' ';

    /* each field ends at the separator or at the end; several blanks are one */
    source->count = 0;
    for (;;) {
        if (blanks) text += strspn(text, " ");
        if (blanks && !*text) return true;

        /* the list grows as it needs to */
        if (source->count == source->most) {
            size_t most = 2 * source->most + 16;
            char **more = realloc(source->fields, most * sizeof *more);
            if (!more) {
                failed("out of memory");
                return false;
            }
            source->fields = more;
            source->most = most;
        }

        char *end = text + strcspn(text, separator);
        bool last = !*end;
        source->fields[source->count++] = trimmed(text, end);
        if (last) return true;
        text = end + 1;
    }
}

bool field_number(const char *field, double *number)
{
    char *end;
    *number = strtod(field, &end);
    return end != field && !*end && isfinite(*number);
}

bool field_is_missing(const char *field)
{
    return !*field || !strcmp(field, "?") || !strcasecmp(field, "nan");
}
