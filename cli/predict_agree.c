/* predict_agree.c: see predict_agree.h. */
#include "predict_agree.h"
#include "ranks.h"
#include "screen.h"
#include "system.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A file as a rank sees it. */
typedef struct seen {
    uint64_t device, number;
    bool there;
} seen;

static bool is_standard(const char *path) { return !strcmp(path, "-"); }

static double bytes_of(const char *path)
{
    path_facts facts = {0};
    return path_look(path, &facts) ? facts.bytes : -1;
}

int files_weigh(const many_files *files, double *bytes)
{
    for (size_t n = 0; n < files->count; n++)
        bytes[n] = bytes_of(files->paths[n]);
    return rank_give(bytes, files->count * sizeof *bytes);
}

/* ---- Sizes --------------------------------------------------------------- */

static const char expected[] = "expected the same files on all ranks";

static int check_bytes(const char *path, double first)
{
    double own = bytes_of(path);
    if (own == first) return 0;
    if (own < 0)
        return failed("'%s' is not there, and has %.0f bytes on rank 0: %s",
                      path, first, expected);
    if (first < 0)
        return failed("'%s' has %.0f bytes here and is not there on rank 0: %s",
                      path, own, expected);
    return failed("'%s' has %.0f bytes here and %.0f on rank 0: %s", path, own,
                  first, expected);
}

/* ---- Content ------------------------------------------------------------- */

/* Of all bytes (FNV-1a, 64 bits); false with the reason in errno. */
static bool hash_file(const char *path, uint64_t *hash)
{
    static unsigned char block[1 << 16];
    FILE *file = file_open(path, "rb");
    if (!file) return false;
    size_t bytes;
    *hash = 0xCBF29CE484222325u;
    while ((bytes = fread(block, 1, sizeof block, file)) > 0)
        for (size_t n = 0; n < bytes; n++)
            *hash = (*hash ^ block[n]) * 0x100000001B3u;
    bool whole = !ferror(file);
    fclose(file);
    return whole;
}

static seen look_at(const char *path)
{
    path_facts facts = {0};
    bool there = path_look(path, &facts) && facts.file;
    return (seen){
        .device = facts.device, .number = facts.number, .there = there};
}

/* The files that this rank owns and rank 0 may have otherwise: not those that
 * are one file of one machine. */
static void find_other(const many_files *files, const int *owners,
                       const seen *first, bool *other)
{
    int rank = rank_transport()->rank;
    for (size_t n = 0; n < files->count; n++) {
        seen own = look_at(files->paths[n]);
        bool same = rank_on_one_machine() && own.device == first[n].device &&
                    own.number == first[n].number;
        other[n] = rank != 0 && owners[n] == rank && !same && own.there &&
                   first[n].there && !is_standard(files->paths[n]);
    }
}

/* Those are compared by the hash that rank 0 finds of them. */
static int compare_content(const many_files *files, const bool *own,
                           const bool *all, uint64_t *hashes)
{
    for (size_t n = 0; n < files->count && !rank_follow(); n++)
        if (all[n] && !hash_file(files->paths[n], &hashes[n])) hashes[n] = 0;
    int lost = rank_give(hashes, files->count * sizeof *hashes), code = 0;
    for (size_t n = 0; n < files->count && !lost && !code; n++) {
        uint64_t hash = 0;
        if (!own[n]) continue;
        if (!hash_file(files->paths[n], &hash))
            code = failed("cannot read '%s': %s", files->paths[n],
                          strerror(errno));
        else if (hash != hashes[n])
            code = failed("'%s' has other content here than on rank 0: %s",
                          files->paths[n], expected);
    }
    return lost ? lost : code;
}

/* Which of the files any rank may have otherwise, on rank 0. */
static int join_other(size_t count, const bool *own, bool *lists, bool *all)
{
    int code = rank_gather((void *)(uintptr_t)own, count, lists);
    for (size_t n = 0; n < count && !code && !rank_follow(); n++)
        for (int rank = 0; rank < rank_count(); rank++)
            all[n] = all[n] || lists[(size_t)rank * count + n];
    return code;
}

static int agree_content(const many_files *files, const int *owners)
{
    size_t count = files->count;
    seen *first = calloc(count, sizeof *first);
    uint64_t *hashes = calloc(count, sizeof *hashes);
    bool *other = calloc(count, 1), *all = calloc(count, 1);
    bool *lists = calloc((size_t)rank_count(), count);
    int code = 0;
    if (!first || !hashes || !other || !all || !lists)
        code = failed("out of memory");
    for (size_t n = 0; n < count && !code; n++)
        first[n] = look_at(files->paths[n]);
    if (!code) code = rank_give(first, count * sizeof *first);
    if (!code) {
        find_other(files, owners, first, other);
        code = join_other(count, other, lists, all);
    }
    if (!code) code = compare_content(files, other, all, hashes);
    free(first);
    free(hashes);
    free(other);
    free(all);
    free(lists);
    return code;
}

int files_agree(const many_files *files, const int *owners, const double *bytes)
{
    int rank = rank_transport()->rank, code = 0;
    for (size_t n = 0; n < files->count && !code; n++)
        if (owners[n] == rank && !is_standard(files->paths[n]))
            code = check_bytes(files->paths[n], bytes[n]);
    code = rank_settle(code);
    return code ? code : agree_content(files, owners);
}
