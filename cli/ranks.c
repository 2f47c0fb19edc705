/* ranks.c: see ranks.h. */
#include "ranks.h"
#include "screen.h"
#include "system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    const elman_transport *transport;
    int here, machines;
    bool bound;
} all = {NULL, 1, 1, false};

void rank_open(const elman_transport *transport, int here, int machines,
               bool bound)
{
    all.transport = transport;
    all.here = here;
    all.machines = machines;
    all.bound = bound;
}

const elman_transport *rank_transport(void) { return all.transport; }

bool rank_follow(void) { return all.transport && all.transport->rank != 0; }

int rank_count(void) { return all.transport ? all.transport->size : 1; }

bool rank_on_one_machine(void) { return all.machines == 1; }

int rank_threads(int threads)
{
    int share = all.bound ? threads : threads / all.here;
    return share > 0 ? share : 1;
}

void rank_leave(void) { all.transport = NULL; }

/* One exchange of some transfers. */
static int exchange(const elman_transfer *transfers, size_t count)
{
    const elman_transport *t = all.transport;
    void *handle = NULL;
    const char *why = t->begin(t->context, transfers, count, &handle);
    if (!why) why = t->end(t->context, handle);
    return why ? failed("the ranks cannot reach each other: %s", why) : 0;
}

/* Between rank 0 and each other rank: to all of them, or from all. */
static int exchange_all(char *data, size_t stride, size_t bytes, bool receives)
{
    int count = rank_count() - 1;
    elman_transfer *list = calloc((size_t)count + 1, sizeof *list);
    if (!list) return failed("out of memory");
    for (int n = 0; n < count; n++)
        list[n] = (elman_transfer){.rank = n + 1,
                                   .receives = receives,
                                   .data = data + stride * (size_t)(n + 1),
                                   .bytes = bytes};
    int code = exchange(list, (size_t)count);
    free(list);
    return code;
}

int rank_give(void *data, size_t bytes)
{
    if (!all.transport || bytes == 0) return 0;
    if (!rank_follow()) return exchange_all(data, 0, bytes, false);
    const elman_transfer one = {
        .rank = 0, .receives = true, .data = data, .bytes = bytes};
    return exchange(&one, 1);
}

int rank_gather(void *mine, size_t bytes, void *to)
{
    if (bytes == 0) return 0;
    if (!rank_follow()) memcpy(to, mine, bytes);
    if (!all.transport) return 0;
    if (!rank_follow()) return exchange_all(to, bytes, bytes, true);
    const elman_transfer one = {
        .rank = 0, .receives = false, .data = mine, .bytes = bytes};
    return exchange(&one, 1);
}

int rank_bring(int rank, void *data, size_t bytes)
{
    if (!all.transport || bytes == 0 || rank == 0) return 0;
    if (rank_follow() && all.transport->rank != rank) return 0;
    const elman_transfer one = {.rank = rank_follow() ? 0 : rank,
                                .receives = !rank_follow(),
                                .data = data,
                                .bytes = bytes};
    return exchange(&one, 1);
}

int rank_settle(int code)
{
    if (rank_count() == 1) return code;
    int *codes = calloc((size_t)rank_count(), sizeof *codes), worst = 0;
    if (!codes) return failed("out of memory");
    int broken = rank_gather(&code, sizeof code, codes);
    for (int n = 0; n < rank_count(); n++)
        if (codes[n] > worst) worst = codes[n];
    free(codes);
    if (!broken) broken = rank_give(&worst, sizeof worst);
    return broken ? broken : worst && !code ? EXIT_ELSEWHERE : code;
}

/* Words as one text, each ended by a zero; NULL without memory. */
static char *join(int count, char *const *words, size_t *bytes)
{
    *bytes = 0;
    for (int n = 0; n < count; n++)
        *bytes += strlen(words[n]) + 1;

    char *text = malloc(*bytes + 1), *to = text;
    for (int n = 0; text && n < count; n++) {
        size_t size = strlen(words[n]) + 1;
        memcpy(to, words[n], size);
        to += size;
    }
    return text;
}

/* The first word of a rank that rank 0 (other) does not have there. */
static int refuse_words(const char *own, size_t bytes, const char *other,
                        size_t other_bytes)
{
    size_t at = 0;
    while (at < bytes && at < other_bytes && !strcmp(own + at, other + at))
        at += strlen(own + at) + 1;

    const char *missing = at < bytes ? own + at : other + at;
    if (at == bytes || at == other_bytes)
        return failed("this rank was %sgiven '%s', and rank 0 was%s: expected "
                      "the same words on all ranks",
                      at == bytes ? "not " : "", printable(missing),
                      at == bytes ? "" : " not");
    return failed("this rank was given '%s' where rank 0 has '%s': expected "
                  "the same words on all ranks",
                  printable(own + at), printable(other + at));
}

int rank_agree_words(int count, char *const *words)
{
    size_t bytes = 0;
    if (rank_count() == 1) return 0;
    char *own = join(count, words, &bytes);
    if (!own) return failed("out of memory");

    /* rank 0's, to be compared with */
    uint64_t size = bytes;
    int code = rank_give(&size, sizeof size);
    char *other = rank_follow() && !code ? malloc((size_t)size + 1) : NULL;
    if (!code && rank_follow() && !other) code = failed("out of memory");
    if (!code) code = rank_give(rank_follow() ? other : own, (size_t)size);
    if (!code && rank_follow() &&
        (size != bytes || memcmp(own, other, bytes) != 0))
        code = refuse_words(own, bytes, other, (size_t)size);

    free(own);
    free(other);
    return rank_settle(code);
}

int rank_agree_model(const elman_model *model, const char *path)
{
    if (rank_count() == 1) return 0;
    const uint64_t own = elman_model_read_hash(model);
    uint64_t first = own;
    int code = rank_give(&first, sizeof first);
    if (!code && first != own)
        code = failed("'%s' is another model here than on rank 0: expected the "
                      "same file on all ranks",
                      printable(path));
    return rank_settle(code);
}

int rank_agree_data(const elman_dataset *dataset, const char *path)
{
    uint64_t own = 0;
    if (rank_count() == 1) return 0;
    int code = elman_dataset_read_hash(dataset, &own) != ELMAN_OK
                   ? library_failed()
                   : 0;
    uint64_t first = own;
    int lost = rank_give(&first, sizeof first);
    if (!code && !lost && first != own)
        code = failed("'%s' is other data here than on rank 0: expected the "
                      "same files on all ranks",
                      printable(path));
    return lost ? lost : rank_settle(code);
}

/* ---- Where a rank has died ---------------------------------------------- */

/* What to type, and the file that a command leaves. */
static struct {
    char again[8192], resumed[8192];
    char file[PATH_ROOM], left[PATH_ROOM + 160]; /* and what to say of it */
    bool resumes;
    bool there; /* another run's, as it was: */
    path_facts earlier;
} rest;

void rank_keep_line(const char *again, const char *resumed)
{
    snprintf(rest.again, sizeof rest.again, "%s", again);
    snprintf(rest.resumed, sizeof rest.resumed, "%s", resumed);
}

void rank_keep_rest(const char *file, bool own, const char *words, bool resumes)
{
    snprintf(rest.left, sizeof rest.left, "'%s' %s", printable(file), words);
    snprintf(rest.file, sizeof rest.file, "%s", file);
    rest.resumes = resumes;
    rest.there = !own && path_look(file, &rest.earlier);
}

/* Whether this command has written it; a file is replaced as a whole. */
static bool is_left(void)
{
    path_facts now;
    if (!*rest.file || !path_look(rest.file, &now)) return false;
    return !rest.there || now.number != rest.earlier.number ||
           now.device != rest.earlier.device;
}

void rank_describe_rest(char *text, size_t bytes)
{
    bool left = is_left();
    snprintf(text, bytes, "%s, on any number of ranks, by\n  %s",
             left ? rest.left : "nothing is kept so far: begin again",
             left && rest.resumes ? rest.resumed : rest.again);
}

const char *rank_describe(void)
{
    static char text[80];
    if (!all.transport) return "";
    snprintf(text, sizeof text, "%d rank%s on %d machine%s, ", rank_count(),
             rank_count() == 1 ? "" : "s", all.machines,
             all.machines == 1 ? "" : "s");
    return text;
}

void rank_note_idle(size_t batch)
{
    enum { BLOCK = 8 }; /* elman_state_config's */
    size_t ranks = (size_t)rank_count(), block = BLOCK;
    size_t blocks = batch / block + (batch % block > 0);
    if (blocks >= ranks) return;
    note("a batch of %zu is %zu block%s of %zu sequences, so %zu of %zu ranks "
         "have none of it; --batch %zu gives each rank one",
         batch, blocks, blocks == 1 ? "" : "s", block, ranks - blocks, ranks,
         ranks * block);
}
