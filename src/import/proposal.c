/* proposal.c: lists of settings, tried and told as commands. */
#include "import/proposal.h"

#include "base/memory.h"
#include "base/system_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TRIED = 64 };

/* ---- Texts --------------------------------------------------------------- */

/* Makes room for that many bytes more and a zero. */
static bool widen(long_text *t, size_t bytes)
{
    char *wider = t->lost ? NULL
                          : array_widen(t->to, &t->room, t->used + bytes + 1,
                                        sizeof *t->to);
    if (wider) t->to = wider;
    else t->lost = true;
    return wider != NULL;
}

void text_put(long_text *t, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);

    if (length < 0) t->lost = true;
    else if (widen(t, (size_t)length)) {
        vsnprintf(t->to + t->used, t->room - t->used, format, arguments);
        t->used += (size_t)length;
    }
    va_end(arguments);
}

/* Letters of any script, digits, and signs that mean nothing to a shell. */
static bool is_plain(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789-_=./:,+@%";
    const char *at = word;
    while (*at && ((unsigned char)*at >= 0x80 || strchr(plain, *at)))
        at++;
    return at > word && !*at;
}

void text_put_quoted(long_text *t, const char *word)
{
    if (is_plain(word)) {
        text_put(t, "%s", word);
        return;
    }

    /* a quote inside ends the quotes, and begins them again */
    text_put(t, "'");
    for (const char *at = word; *at;) {
        size_t bytes = strcspn(at, "'");
        text_put(t, "%.*s", (int)bytes, at);
        at += bytes;
        if (*at == '\'') {
            text_put(t, "'\\''");
            at++;
        }
    }
    text_put(t, "'");
}

/* ---- Lists --------------------------------------------------------------- */

elman_status proposal_add(proposal_list *list, const char *of, long_text layers,
                          long_text ignore)
{
    elman_proposal *items = layers.lost || ignore.lost
                                ? NULL
                                : array_widen(list->items, &list->room,
                                              list->count + 1, sizeof *items);
    if (items) list->items = items;

    /* each once */
    bool twice = false;
    for (size_t i = 0; items && i < list->count; i++)
        twice = twice || (layers.to && items[i].layers &&
                          !strcmp(items[i].layers, layers.to));
    if (items && !twice) {
        items[list->count++] = (elman_proposal){
            .of = of, .layers = layers.to, .ignore = ignore.to};
        return ELMAN_OK;
    }

    free(layers.to);
    free(ignore.to);
    return items ? ELMAN_OK
                 : failure(ELMAN_NO_MEMORY, "no memory for an order of layers");
}

static void free_one(const elman_proposal *p)
{
    free((char *)p->layers);
    free((char *)p->ignore);
}

void proposals_free(proposal_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free_one(list->items + i);
    free(list->items);
    free(list->question);
    *list = (proposal_list){0};
}

/* ---- Trying -------------------------------------------------------------- */

/* An order without the ? in it, for what stands there is not known. */
static void drop_open_words(char *layers)
{
    for (char *at; (at = strstr(layers, "?,"));)
        memmove(at, at + 2, strlen(at + 2) + 1);
}

/* Whether the file is taken so, or a further question asked. */
static elman_status try_one(const elman_import *im, const elman_proposal *p,
                            bool *works)
{
    elman_import_config config = im->given.config;
    bool asked = false;
    char *layers = p->layers ? text_copy(p->layers) : NULL;
    if (p->layers && !layers)
        return failure(ELMAN_NO_MEMORY, "no memory for an order of layers");

    if (layers) drop_open_words(layers);
    if (layers) config.layers = layers;
    if (p->ignore) config.ignore = p->ignore;
    elman_status status = im->given.retry(im->given.start, &config, &asked);
    free(layers);
    *works = !status || asked;
    return status == ELMAN_NO_MEMORY ? status : ELMAN_OK;
}

elman_status proposals_try(const elman_import *im, proposal_list *list)
{
    size_t kept = 0;
    failure_text before = failure_keep();
    elman_status status = ELMAN_OK;
    if (!im->given.start || !im->given.retry) return ELMAN_OK;

    /* what does not work leaves the list, all without memory */
    for (size_t i = 0; i < list->count; i++) {
        bool works = false;
        if (!status && i < MOST_TRIED)
            status = try_one(im, list->items + i, &works);
        if (works && !status) list->items[kept++] = list->items[i];
        else free_one(list->items + i);
    }
    list->count = kept;
    if (!status) failure_restore(&before);
    return status;
}

/* ---- Telling ------------------------------------------------------------- */

/* Settings of the caller's that stay. */
static void put_given(const elman_import_config *c, long_text *t)
{
    if (c->key) {
        text_put(t, " --key ");
        text_put_quoted(t, c->key);
    }
    if (c->nonlinearity)
        text_put(t, " --nonlinearity %s",
                 c->nonlinearity == ELMAN_ACTIVATION_RELU ? "relu" : "tanh");
    if (c->batch_first) text_put(t, " --batch-first");
}

static void put_command(const elman_import *im, const elman_proposal *p,
                        long_text *t)
{
    const elman_import_config *c = &im->given.config;
    const char *layers = p->layers ? p->layers : c->layers;
    const char *ignore = p->ignore ? p->ignore : c->ignore;

    text_put(t, "elman convert %s %s", im->given.files ? im->given.files : "IN",
             im->given.out ? im->given.out : "OUT.safetensors");
    if (layers) {
        text_put(t, " --layers ");
        text_put_quoted(t, layers);
    }
    if (ignore) {
        text_put(t, " --ignore ");
        text_put_quoted(t, ignore);
    }
    put_given(c, t);
}

/* The commands in a row, as far as a sentence has room for whole ones. */
static void put_commands(const elman_import *im, const proposal_list *list,
                         size_t most, long_text *t)
{
    const char *of = "";
    size_t told = 0;

    /* each under its title, if that is another than before */
    for (size_t i = 0; i < list->count; i++) {
        const elman_proposal *p = list->items + i;
        long_text one = {0};
        put_command(im, p, &one);
        bool same = strcmp(of, p->of) == 0;
        if (!one.lost && t->used + one.used + strlen(p->of) + 40 < most) {
            text_put(t, "%s%s%s%s",
                     told == 0 ? ": what fits is "
                     : same    ? " or "
                               : "; ",
                     same ? "" : p->of, same || !*p->of ? "" : ": ", one.to);
            of = p->of;
            told++;
        }
        free(one.to);
    }
    if (told && told < list->count)
        text_put(t, " or %zu others, which elman convert lists",
                 list->count - told);
}

elman_status proposals_fail(const elman_import *im, proposal_list *list,
                            const char *question)
{
    enum { MOST = sizeof((failure_text *)0)->text - 200 };
    long_text t = {0};
    text_put(&t, "%s", question);
    if (im->given.wanted) {
        proposals_free(im->given.wanted);
        *im->given.wanted = *list;
        *list = (proposal_list){0};
    } else {
        put_commands(im, list, MOST, &t);
    }
    proposals_free(list);

    elman_status status =
        t.lost ? failure(ELMAN_NO_MEMORY, "no memory for an order of layers")
               : failure(ELMAN_BAD_FORMAT, "%s", t.to);
    free(t.to);
    return status;
}

/* ---- Files --------------------------------------------------------------- */

/* model.safetensors of dir/model.pt; never the file itself. */
static void put_out(const char *path, long_text *t)
{
    const char *name = system_file_name(path), *dot = strrchr(name, '.');
    int bytes = dot && dot > name ? (int)(dot - name) : (int)strlen(name);
    bool same = dot && !strcmp(dot, ".safetensors");
    text_put(t, "%s%.*s%s.safetensors", *name == '-' ? "./" : "", bytes, name,
             same ? "-elman" : "");
}

elman_status proposals_name_files(elman_import *im, const char *const *paths,
                                  size_t count)
{
    long_text files = {0}, out = {0}, quoted = {0};

    /* as a shell takes them */
    for (size_t i = 0; i < count; i++) {
        if (i) text_put(&files, " ");
        text_put_quoted(&files, paths[i]);
    }
    if (count) put_out(paths[0], &out);
    if (out.to) text_put_quoted(&quoted, out.to);

    bool lost = files.lost || out.lost || quoted.lost;
    if (!lost && count) {
        im->given.files = import_text(im, "%s", files.to);
        im->given.out = import_text(im, "%s", quoted.to);
        lost = !im->given.files || !im->given.out;
    }
    free(files.to);
    free(out.to);
    free(quoted.to);
    return lost ? failure(ELMAN_NO_MEMORY, "no memory for the names of files")
                : ELMAN_OK;
}
