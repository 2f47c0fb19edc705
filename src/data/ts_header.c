/* ts_header.c: the header of a .ts file. */
#include "data/ts.h"

#include "base/memory.h"

#include <string.h>
#include <strings.h>

/* A line of the header: its @word, and what follows on the line. */
typedef struct remark {
    const line *at;
    const char *word, *value;
    size_t word_bytes, value_bytes;
} remark;

/* Up to how many bytes of what comes up to one of the ends are shown. */
static int shown(const line *l, const char *ends)
{
    size_t bytes = strcspn(l->at, ends);
    return bytes > 40 ? 40 : (int)bytes;
}

static elman_status bad_remark(const remark *r, const char *expected)
{
    return failure(ELMAN_BAD_FORMAT, "line %zu: %.*s \"%.*s\", expected %s",
                   r->at->number, r->word_bytes > 40 ? 40 : (int)r->word_bytes,
                   r->word, r->value_bytes > 40 ? 40 : (int)r->value_bytes,
                   r->value, expected);
}

static elman_status read_bool(const remark *r, bool *value)
{
    *value = r->value_bytes == 4 && !strncasecmp(r->value, "true", 4);
    if (*value || (r->value_bytes == 5 && !strncasecmp(r->value, "false", 5)))
        return ELMAN_OK;
    return bad_remark(r, "true or false");
}

static elman_status read_count(const remark *r, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < r->value_bytes; i++) {
        if (r->value[i] < '0' || r->value[i] > '9')
            return bad_remark(r, "a whole number");
        if (!size_append(count, r->value[i])) return bad_remark(r, A_SIZE);
    }

    return *count ? ELMAN_OK : bad_remark(r, "a whole number from 1");
}

static elman_status read_nothing(const remark *r, ts_header *h)
{
    (void)r, (void)h;
    return ELMAN_OK;
}

static elman_status read_stamps(const remark *r, ts_header *h)
{
    return read_bool(r, &h->stamped);
}

static elman_status read_univariate(const remark *r, ts_header *h)
{
    return read_bool(r, &h->univariate);
}

static elman_status read_dimensions(const remark *r, ts_header *h)
{
    return read_count(r, &h->dimensions);
}

static elman_status read_steps(const remark *r, ts_header *h)
{
    return read_count(r, &h->steps);
}

static elman_status read_target(const remark *r, ts_header *h)
{
    return read_bool(r, &h->has_target);
}

/* "true a b c" or "false". */
static elman_status read_classes(const remark *r, ts_header *h)
{
    remark first = *r;
    bool has_classes = false;
    size_t bytes = 0, number;
    const char *c = r->value, *end = c + r->value_bytes;

    /* the first word says whether labels follow */
    while (c + bytes < end && c[bytes] != ' ' && c[bytes] != '\t')
        bytes++;
    first.value_bytes = bytes;
    TRY(read_bool(&first, &has_classes));
    h->no_classes = !has_classes;

    for (c += bytes; c < end; c += bytes) {
        while (*c == ' ' || *c == '\t')
            c++;
        for (bytes = 0; c + bytes < end && c[bytes] != ' ' && c[bytes] != '\t';)
            bytes++;
        TRY(dictionary_add(&h->classes, c, bytes, &number));
    }
    return ELMAN_OK;
}

static const struct {
    const char *word;
    elman_status (*read)(const remark *, ts_header *);
} words[] = {{"@problemname", read_nothing},  {"@timestamps", read_stamps},
             {"@missing", read_nothing},      {"@univariate", read_univariate},
             {"@dimension", read_dimensions}, {"@dimensions", read_dimensions},
             {"@equallength", read_nothing},  {"@serieslength", read_steps},
             {"@classlabel", read_classes},   {"@targetlabel", read_target},
             {"@data", read_nothing}};

static elman_status read_remark(const line *l, ts_header *h, bool *is_data)
{
    remark r = {.at = l};
    line rest = *l;

    line_text(&rest, ' ', &r.word, &r.word_bytes);
    line_text(&rest, '\n', &r.value, &r.value_bytes);

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (r.word_bytes == strlen(words[i].word) &&
            !strncasecmp(r.word, words[i].word, r.word_bytes)) {
            *is_data = !strcmp(words[i].word, "@data");
            return words[i].read(&r, h);
        }

    /* as in sktime and aeon, what is unknown says nothing */
    h->unknown++;
    return ELMAN_OK;
}

elman_status ts_header_read(line *l, ts_header *h)
{
    for (bool is_data = false; !is_data; line_next(l)) {
        if (!line_find_case(l))
            return failure(ELMAN_BAD_FORMAT, "the header has no @data");
        line_skip_spaces(l, ' ');
        if (*l->at != '@')
            return failure(ELMAN_BAD_FORMAT,
                           "line %zu: \"%.*s\" in the header, which has no "
                           "@data yet; expected an @word",
                           l->number, shown(l, " ,:\t\r\n"), l->at);
        TRY(read_remark(l, h, &is_data));
    }

    /* one dimension is said in two ways */
    if (h->univariate && h->dimensions > 1)
        return failure(ELMAN_BAD_FORMAT,
                       "the header says univariate, but %zu dimensions",
                       h->dimensions);
    if (h->univariate) h->dimensions = 1;
    return ELMAN_OK;
}
