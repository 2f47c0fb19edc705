/*
 * arrays_lines.c: steps as lines of numbers: see arrays.h.
 */
#include "arrays.h"
#include "screen.h"

#include <stdlib.h>
#include <string.h>

static int bad_line(const network *net, const line_source *source,
                    const char *found)
{
    char expected[96];
    if (net->size.vocabulary)
        snprintf(expected, sizeof expected, "one token, 0 to %zu",
                 net->size.vocabulary - 1);
    else
        snprintf(expected, sizeof expected, "%zu number%s",
                 net->size.input_size, net->size.input_size == 1 ? "" : "s");
    bool header = source->line == 1 && *found == '\'' && !net->size.vocabulary;
    return failed(
        "%s: line %llu has %s, expected %s, a step of '%s'; %sit takes "
        "%s after 'elman convert %s OUT.safetensors --as %s'",
        source->name, (unsigned long long)source->line, found, expected,
        net->path, header ? "leave out a header, or " : "",
        net->size.vocabulary ? "texts" : "series or tables",
        shell_quoted(net->path),
        net->size.vocabulary ? "language --encoding VOCABULARY" : "TASK");
}

int arrays_parse(const network *net, const line_source *source, float *x,
                 int32_t *token)
{
    static const char between[] = " \t,;";
    size_t wanted = net->size.vocabulary ? 1 : net->size.input_size, count = 0;
    char found[96];
    const char *at = source->text + strspn(source->text, between);

    /* one number after another, and no other word */
    while (*at) {
        char *end = NULL;
        double number = strtod(at, &end);
        if (end == at || (*end && !strchr(between, *end))) {
            snprintf(
                found, sizeof found, "'%.*s'",
                (int)(strcspn(at, between) > 40 ? 40 : strcspn(at, between)),
                at);
            return bad_line(net, source, found);
        }
        if (net->size.vocabulary && !array_token_of(net, number, token)) {
            snprintf(found, sizeof found, "%.9g", number);
            return bad_line(net, source, found);
        }
        if (count < wanted && !net->size.vocabulary) x[count] = (float)number;
        count++;
        at = end + strspn(end, between);
    }

    if (count == wanted) return 0;
    snprintf(found, sizeof found, "%zu", count);
    return bad_line(net, source, found);
}

bool arrays_is_blank(const line_source *source)
{
    return !source->text[strspn(source->text, " \t")];
}

/* Room for one more step. */
static int grow(array_pass *pass, size_t *room)
{
    if (pass->T < *room) return 0;
    size_t most = 2 * *room + 64;
    float *wider = realloc(pass->typed, most * pass->I * sizeof *wider);
    if (!wider) return failed("out of memory");
    pass->x = pass->typed = wider;
    *room = most;
    return 0;
}

int arrays_read_lines(line_source *source, array_pass *pass)
{
    size_t room = 0;
    int32_t token;
    bool tokens = pass->net->size.vocabulary > 0, ended = false;
    int code = 0;
    pass->name = source->name;
    pass->I = tokens ? 1 : pass->net->size.input_size;
    pass->B = 1;

    /* blank lines in front are no sequence, one behind it ends it */
    while (!code && !ended && source_next(source)) {
        bool blank = arrays_is_blank(source);
        ended = blank && pass->T > 0;
        if (blank) continue;

        code = grow(pass, &room);
        float *x = code ? NULL : pass->x + pass->T * pass->I;
        if (!code) code = arrays_parse(pass->net, source, x, &token);
        if (!code && tokens) *x = (float)token;
        pass->T++;
    }

    if (!code) code = source_error(source);
    return code || !tokens || !pass->T ? code : arrays_make_tokens(pass);
}

void arrays_show_row(const float *y, size_t count)
{
    for (size_t n = 0; n < count; n++)
        printf("%s%.9g", n ? " " : "", (double)y[n]);
    putchar('\n');
}
