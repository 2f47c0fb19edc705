/*
 * predict_many.c: see predict_many.h. Where several ranks run the command, the
 * first says who answers which file, the longest first; all answer theirs, and
 * then what each has said goes to the first, which shows it file by file.
 */
#include "predict_many.h"
#include "capture.h"
#include "predict_agree.h"
#include "ranks.h"
#include "record.h"
#include "safe.h"
#include "screen.h"
#include "system.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What was said of a file. */
typedef struct told {
    int owner; /* the rank that answers it */
    int code;
    kept_text said[CAPTURE_STREAMS];
} told;

static bool is_standard(const char *path) { return !strcmp(path, "-"); }

/* ---- Where answers go ---------------------------------------------------- */

/* output with the file's name, without folder and ending, in the place of {};
 * malloc'ed. */
static char *output_of(const char *output, const char *path)
{
    const char *place = strstr(output, "{}");
    const char *name = is_standard(path) ? "stdin" : path_name(path);
    const char *dot = strrchr(name, '.');
    size_t length = dot && dot > name ? (size_t)(dot - name) : strlen(name);
    size_t before = place ? (size_t)(place - output) : strlen(output);
    if (!place) length = 0;

    size_t room = strlen(output) + length + 1;
    char *text = malloc(room);
    if (!text) return NULL;
    snprintf(text, room, "%.*s%.*s%s", (int)before, output, (int)length, name,
             place ? place + 2 : "");
    return text;
}

/* Answers into the file that output names, or on standard output. */
static int answer_one(const many_files *files, const char *path)
{
    char *output = NULL;
    if (files->output &&
        !(output = output_of(files->output, path ? path : "-")))
        return failed("out of memory");
    int code = files->answer(files->context, path, output);
    free(output);
    return code;
}

/* A file, and where its answers go. */
typedef struct pair {
    const char *path;
    size_t number; /* on the line */
    char *output;
} pair;

/* Equal ones in the order of the line. */
static int compare_outputs(const void *a, const void *b)
{
    const pair *one = a, *other = b;
    int order = strcmp(one->output, other->output);
    if (order) return order;
    return (one->number > other->number) - (one->number < other->number);
}

static int refuse_twice(const pair *one, const pair *other)
{
    return misused("'%s' and '%s' would both be answered in '%s'", one->path,
                   other->path, one->output);
}

/* No two files have one output, and none is its own. */
static int check_pairs(pair *pairs, size_t count)
{
    for (size_t n = 0; n < count; n++)
        if (path_same(pairs[n].path, pairs[n].output))
            return misused("the answers would overwrite the data '%s', see "
                           "--output",
                           pairs[n].path);
    qsort(pairs, count, sizeof *pairs, compare_outputs);
    for (size_t n = 1; n < count; n++)
        if (!strcmp(pairs[n - 1].output, pairs[n].output))
            return refuse_twice(&pairs[n - 1], &pairs[n]);
    return 0;
}

static int check_outputs(const many_files *files)
{
    if (!files->output) return 0;
    if (!strstr(files->output, "{}"))
        return misused("--output '%s' is one file, and %zu are answered: "
                       "expected {} in it, which stands for the name of each, "
                       "as answers/{}.csv",
                       files->output, files->count);

    pair *pairs = calloc(files->count, sizeof *pairs);
    int code = pairs ? 0 : failed("out of memory");
    for (size_t n = 0; n < files->count && !code; n++) {
        const char *path = files->paths[n];
        pairs[n] = (pair){path, n, output_of(files->output, path)};
        if (!pairs[n].output) code = failed("out of memory");
    }
    if (!code) code = check_pairs(pairs, files->count);
    for (size_t n = 0; pairs && n < files->count; n++)
        free(pairs[n].output);
    free(pairs);
    return code;
}

/* ---- Who answers which --------------------------------------------------- */

typedef struct length {
    size_t file;
    double bytes;
} length;

static int compare_lengths(const void *a, const void *b)
{
    const length *one = a, *other = b;
    if (one->bytes != other->bytes) return one->bytes > other->bytes ? -1 : 1;
    return one->file < other->file ? -1 : 1;
}

/* The longest goes to who has the least so far, one after the other. */
static int deal(const many_files *files, const double *bytes, int *owners)
{
    static const double least = 4096; /* what a file costs besides its bytes */
    double *loads = calloc((size_t)rank_count(), sizeof *loads);
    length *sorted = calloc(files->count, sizeof *sorted);
    int code = loads && sorted ? 0 : failed("out of memory");
    if (!code) {
        for (size_t n = 0; n < files->count; n++)
            sorted[n] = (length){n, bytes[n]};
        qsort(sorted, files->count, sizeof *sorted, compare_lengths);
    }

    for (size_t n = 0; n < files->count && !code; n++) {
        int owner = 0; /* who has standard input */
        bool standard = is_standard(files->paths[sorted[n].file]);
        for (int rank = 1; rank < rank_count() && !standard; rank++)
            if (loads[rank] < loads[owner]) owner = rank;
        owners[sorted[n].file] = owner;
        loads[owner] += sorted[n].bytes + least;
    }
    free(loads);
    free(sorted);
    return code;
}

/* Where the answers of a rank's own files go. */
static int check_own(const many_files *files, const told *all, int rank)
{
    int code = 0;
    for (size_t n = 0; n < files->count && !code && files->output; n++) {
        if (all[n].owner != rank || is_standard(files->paths[n])) continue;
        char *output = output_of(files->output, files->paths[n]);
        code = output ? check_writable(output) : failed("out of memory");
        free(output);
    }
    return code;
}

/* The same for all ranks: what the first has found. */
static int set_owners(const many_files *files, told *all, int rank)
{
    if (rank_count() == 1) return 0;
    double *bytes = calloc(files->count, sizeof *bytes);
    int *owners = calloc(files->count, sizeof *owners);
    int code = bytes && owners ? 0 : failed("out of memory");
    if (!code) code = files_weigh(files, bytes);
    if (!code && rank == 0) code = deal(files, bytes, owners);
    if (!code) code = rank_give(owners, files->count * sizeof *owners);
    for (size_t n = 0; n < files->count && !code; n++)
        all[n].owner = owners[n];

    if (!code) code = files_agree(files, owners, bytes);
    if (!code) code = check_own(files, all, rank);
    free(bytes);
    free(owners);
    return rank_settle(code);
}

/* ---- What is said -------------------------------------------------------- */

/* Answers a file and keeps what is said of it. */
static int answer_kept(const many_files *files, const char *path, told *to)
{
    capture kept;
    bool whole = capture_begin(&kept);
    if (whole) {
        to->code = answer_one(files, path);
        whole = capture_end(&kept, to->said);
    }
    return whole ? 0
                 : failed("what is said of '%s' cannot be kept: %s", path,
                          strerror(errno));
}

/* One line of standard output, behind the name. */
static void show_line(const char *name, const char *line, size_t bytes)
{
    if (screen.json && line[0] == '{') {
        record out = record_begin(stdout);
        record_text(&out, "file", name);
        if (bytes > 1 && line[1] != '}') putchar(',');
        line++;
        bytes--;
    } else if (bytes && *line != '\n') printf("%s\t", printable(name));
    fwrite(line, 1, bytes, stdout);
}

/* One of standard error, behind the name unless it has it. */
static void show_error(const char *name, const char *line, size_t bytes)
{
    const char *shown = printable(name);
    size_t most = strlen(shown);
    bool named = false;
    for (size_t at = 0; at + most <= bytes && !named; at++)
        named = !memcmp(line + at, shown, most);
    if (!named) fprintf(stderr, "%s: ", shown);
    fwrite(line, 1, bytes, stderr);
}

/* All of it, or of a file that failed why. */
static int show(const char *path, const told *what)
{
    const char *name = is_standard(path) ? "standard input" : path;
    for (int n = CAPTURE_STREAMS; n-- > 0;) {
        const kept_text *said = &what->said[n];
        if (n == CAPTURE_OUT && what->code) continue;
        for (size_t at = 0, bytes; at < said->bytes; at += bytes) {
            const char *line = said->text + at, *end;
            end = memchr(line, '\n', said->bytes - at);
            bytes = end ? (size_t)(end + 1 - line) : said->bytes - at;
            (n == CAPTURE_OUT ? show_line : show_error)(name, line, bytes);
        }
    }
    return screen_broken() ? EXIT_FAILED : 0;
}

/* What its owner has kept of a file comes to the first rank. */
static int bring(told *what)
{
    size_t head[1 + CAPTURE_STREAMS] = {(size_t)what->code};
    for (int n = 0; n < CAPTURE_STREAMS; n++)
        head[1 + n] = what->said[n].bytes;
    int code = rank_bring(what->owner, head, sizeof head);
    what->code = (int)head[0];

    bool receives = !rank_follow() && what->owner != 0;
    for (int n = 0; n < CAPTURE_STREAMS && !code; n++) {
        kept_text *said = &what->said[n];
        if (receives) {
            *said = (kept_text){malloc(head[1 + n] + 1), head[1 + n]};
            if (!said->text) return failed("out of memory");
        }
        code = rank_bring(what->owner, said->text, said->bytes);
    }
    return code;
}

/* ---- All ----------------------------------------------------------------- */

/* Answers this rank's; one process shows them at once. */
static int answer_own(const many_files *files, told *all, int rank)
{
    int code = 0;
    for (size_t n = 0; n < files->count && !code; n++) {
        if (all[n].owner != rank) continue;
        code = answer_kept(files, files->paths[n], &all[n]);
        if (code || rank_count() > 1) continue;
        code = show(files->paths[n], &all[n]);
        capture_free(all[n].said);
    }
    return code;
}

/* Shows those of all ranks, in order. */
static int show_all(const many_files *files, told *all)
{
    int code = 0;
    for (size_t n = 0; n < files->count && !code; n++) {
        code = bring(&all[n]);
        if (!code && !rank_follow()) code = show(files->paths[n], &all[n]);
        capture_free(all[n].said);
    }
    return code;
}

int predict_many(const many_files *files)
{
    if (files->count < 2)
        return answer_one(files, files->count ? files->paths[0] : NULL);

    const elman_transport *ranks = rank_transport();
    int rank = ranks ? ranks->rank : 0;
    told *all = calloc(files->count, sizeof *all);
    int code = all ? check_outputs(files) : failed("out of memory");
    if (!code) code = set_owners(files, all, rank);
    if (!code) code = answer_own(files, all, rank);
    if (!code && rank_count() > 1) code = show_all(files, all);

    for (size_t n = 0; all && n < files->count; n++) {
        if (!code && !rank_follow()) code = all[n].code;
        capture_free(all[n].said);
    }
    free(all);
    return code;
}
