/* output.c: see output.h. */
#include "output.h"
#include "screen.h"

#include <errno.h>
#include <string.h>

/* What helps against a lack of room. */
static const struct {
    int error;
    const char *advice;
} lacks[] = {
    {ENOSPC, "free some there, or write elsewhere"},
#ifdef EDQUOT
    {EDQUOT, "free some of yours there, or write elsewhere"},
#endif
    {EFBIG, "raise the limit (ulimit -f), or write to another file system"},
};

int unwritten(const char *path)
{
    const int reason = errno;
    const char *advice = NULL;
    for (size_t n = 0; n < sizeof lacks / sizeof *lacks; n++)
        if (lacks[n].error == reason) advice = lacks[n].advice;
    return failed("cannot write '%s': %s%s%s", printable(path),
                  strerror(reason), advice ? ": " : "", advice ? advice : "");
}

int output_open(const char *path, output_file *out)
{
    path_facts there;
    bool whole = !path_look(path, &there) || there.file;
    *out = (output_file){.path = path};
    if (whole && strlen(path) + 8 > sizeof out->staged)
        return failed("the path '%.60s...' is too long", path);

    if (whole) snprintf(out->staged, sizeof out->staged, "%s.XXXXXX", path);
    out->file = whole ? file_open_new(out->staged) : file_open(path, "w");
    return out->file ? 0 : unwritten(path);
}

int output_save(output_file *out)
{
    /* what is on its way counts as written only when it is closed */
    bool staged = out->staged[0];
    bool lost = ferror(out->file) || fflush(out->file) != 0;
    if (!lost && staged) lost = !file_settle(out->file);
    int reason = errno;
    if (fclose(out->file) != 0 && !lost) {
        lost = true;
        reason = errno;
    }
    out->file = NULL;
    if (!lost && staged && !path_rename(out->staged, out->path)) {
        lost = true;
        reason = errno;
    }
    if (!lost) return 0;

    if (staged) path_remove(out->staged);
    errno = reason;
    return unwritten(out->path);
}

/* Cuts what stands behind the last end of a line, if it is near the end. */
static void cut_line(const char *path, uint64_t bytes)
{
    enum { NEAR = 1 << 16 };
    static char tail[NEAR];
    size_t count = bytes < NEAR ? (size_t)bytes : NEAR, whole = 0;
    FILE *file = file_open(path, "rb+");
    if (!file) return;

    bool read = fseek(file, -(long)count, SEEK_END) == 0 &&
                fread(tail, 1, count, file) == count;
    for (size_t n = 0; read && n < count; n++)
        if (tail[n] == '\n') whole = n + 1;
    if (read && whole < count && (whole || bytes < NEAR))
        (void)file_cut(file, bytes - (count - whole));
    fclose(file);
}

FILE *output_continue(const char *path)
{
    path_facts there;
    if (path_look(path, &there) && there.file && there.bytes > 0)
        cut_line(path, (uint64_t)there.bytes);
    return file_open(path, "a");
}
