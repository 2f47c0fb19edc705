/*
 * inspect_write.c: files of `elman inspect`: one per table or figure, each
 * written beside its place and then moved there. A file that is there stays
 * unless it begins as one of ours does.
 */
#include "inspect_write.h"
#include "output.h"
#include "screen.h"
#include "system.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool inspect_owns(const char *path, const char *beginning)
{
    char head[256] = "";
    size_t length = strlen(beginning);
    path_facts there;
    if (!path_look(path, &there)) return true;
    if (!there.file) return false;

    FILE *file = file_open(path, "rb");
    if (!file) return false;
    size_t got = fread(head, 1, sizeof head - 1, file);
    fclose(file);
    return got == 0 || (got >= length && !memcmp(head, beginning, length));
}

int inspect_foreign(const char *path)
{
    return failed("'%s' is there and was not made by elman inspect; choose "
                  "another place, or remove it",
                  path);
}

int inspect_folder(const char *folder)
{
    path_facts there;
    if (folder_create(folder)) return 0;
    if (errno == EEXIST && path_look(folder, &there) && there.folder) return 0;
    return errno == EEXIST
               ? failed("cannot write into '%s': it is not a folder", folder)
               : failed("cannot create the folder '%s': %s", folder,
                        strerror(errno));
}

/* ---- Tables ------------------------------------------------------------- */

void csv_text(FILE *file, const char *text)
{
    if (!strpbrk(text, ",\"\n\r")) {
        fputs(text, file);
        return;
    }
    putc('"', file);
    for (; *text; text++) {
        if (*text == '"') putc('"', file);
        putc(*text, file);
    }
    putc('"', file);
}

void csv_number(FILE *file, double number)
{
    if (isfinite(number)) fprintf(file, "%.9g", number);
    else if (isinf(number)) fputs(number > 0 ? "inf" : "-inf", file);
}

/* Writes one table. */
static int write_table(const inspect_view *view, const csv_table *table,
                       const char *path)
{
    output_file out;
    if (!inspect_owns(path, table->header)) return inspect_foreign(path);
    int code = output_open(path, &out);
    if (code) return code;

    fprintf(out.file, "%s\n", table->header);
    table->write(view, out.file);
    return output_save(&out);
}

int inspect_write_tables(const inspect_view *view, const char *folder)
{
    char path[4096];
    size_t count = 0;
    int code = inspect_folder(folder);
    for (const csv_table *table = csv_tables; table->name && !code; table++) {
        if (!table->there(view)) continue;
        snprintf(path, sizeof path, "%s/%s.csv", folder, table->name);
        code = write_table(view, table, path);
        count++;
    }
    if (!code && !screen.json)
        printf("\n%zu tables are in %s\n", count, printable(folder));
    return code;
}

/* ---- Figures ------------------------------------------------------------ */

/* Numbers from 0 on, as the x of lines. */
static double *count_up(size_t count)
{
    double *x = calloc(count + 1, sizeof *x);
    for (size_t n = 0; x && n < count; n++)
        x[n] = (double)n;
    return x;
}

static int save_figure(const elman_figure *figure, const char *folder,
                       const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.svg", folder, name);
    if (!inspect_owns(path, "<svg") && !inspect_owns(path, "<?xml"))
        return inspect_foreign(path);
    return elman_figure_save(figure, path) == ELMAN_OK ? 0 : library_failed();
}

static int write_flow(const inspect_view *view, const char *folder)
{
    const elman_flow *flow = view->in->flow;
    if (!flow || !flow->count) return 0;
    elman_line *lines = calloc(flow->count, sizeof *lines);
    double *x = count_up(flow->T);
    int code = lines && x ? 0 : failed("out of memory");

    /* a line for each level */
    for (size_t n = 0; n < flow->count && !code; n++)
        lines[n] = (elman_line){.name = flow->levels[n].name,
                                .count = flow->levels[n].horizon.T,
                                .x = x,
                                .y = flow->levels[n].horizon.norms};

    /* a horizon spans powers of ten: its scale is logarithmic */
    const elman_figure figure = {.title = "How far back the gradient reaches",
                                 .x_label = "steps back",
                                 .y_label = "norm of the gradient at h",
                                 .count = flow->count,
                                 .lines = lines,
                                 .log_y = true};
    if (!code) code = save_figure(&figure, folder, "flow");
    free(lines);
    free(x);
    return code;
}

static int write_course(const inspect_view *view, const char *folder)
{
    size_t count = 0;
    const elman_journal_row *rows =
        view->in->journal ? elman_journal_rows(view->in->journal, &count)
                          : NULL;
    if (!count) return 0;
    double *room = calloc(3 * count, sizeof *room);
    if (!room) return failed("out of memory");

    /* steps, and both losses */
    for (size_t n = 0; n < count; n++) {
        room[n] = (double)rows[n].step;
        room[count + n] = rows[n].train_loss;
        room[2 * count + n] = rows[n].loss;
    }

    /* both losses over the steps */
    const elman_line lines[] = {
        {"training", count, room, room + count},
        {"validation", count, room, room + 2 * count},
    };
    const elman_figure figure = {.title = "How training went",
                                 .x_label = "step",
                                 .y_label = "loss",
                                 .count = 2,
                                 .lines = lines};
    int code = save_figure(&figure, folder, "training");
    free(room);
    return code;
}

static int write_truncation(const inspect_view *view, const char *folder)
{
    const elman_truncation *t = view->in->truncation;
    if (!t || !t->count) return 0;
    double *room = calloc(2 * t->count, sizeof *room);
    if (!room) return failed("out of memory");

    /* windows, and what is left of the direction */
    for (size_t n = 0; n < t->count; n++) {
        room[n] = (double)t->windows[n].steps;
        room[t->count + n] = t->windows[n].cosine;
    }

    /* windows double, so the scale across is logarithmic */
    const elman_line line = {"cosine", t->count, room, room + t->count};
    const elman_figure figure = {.title = "What a shorter window loses",
                                 .x_label = "steps of the window",
                                 .y_label = "cosine with the whole gradient",
                                 .count = 1,
                                 .lines = &line,
                                 .log_x = true};
    int code = save_figure(&figure, folder, "truncation");
    free(room);
    return code;
}

static int write_exponents(const inspect_view *view, const char *folder)
{
    const elman_exponents *x = view->in->exponents;
    if (!x || !x->count) return 0;
    elman_line *lines = calloc(x->count, sizeof *lines);
    double *numbers = count_up(64);
    int code = lines && numbers ? 0 : failed("out of memory");

    /* a line for each level, by number */
    for (size_t n = 0; n < x->count && !code; n++)
        lines[n] = (elman_line){x->levels[n].name, x->levels[n].count, numbers,
                                x->levels[n].values};

    const elman_figure figure = {.title = "Lyapunov exponents",
                                 .x_label = "number",
                                 .y_label = "nats a step",
                                 .count = x->count,
                                 .lines = lines};
    if (!code) code = save_figure(&figure, folder, "exponents");
    free(lines);
    free(numbers);
    return code;
}

static int write_positions(const inspect_view *view, const char *folder)
{
    const elman_errors *e = view->in->errors;
    if (!e || e->positions < 2) return 0;
    double *x = count_up(e->positions);
    if (!x) return failed("out of memory");
    for (size_t n = 0; n < e->positions; n++)
        x[n] *= (double)e->position_steps;

    const elman_line line = {"loss", e->positions, x, e->position_loss};
    const elman_figure figure = {.title = "Loss by step of the sequence",
                                 .x_label = "step",
                                 .y_label = "loss",
                                 .count = 1,
                                 .lines = &line};
    int code = save_figure(&figure, folder, "positions");
    free(x);
    return code;
}

int inspect_write_figures(const inspect_view *view, const char *folder)
{
    static int (*const figures[])(const inspect_view *, const char *) = {
        write_flow, write_course, write_truncation, write_exponents,
        write_positions};
    int code = inspect_folder(folder);
    for (size_t n = 0; n < sizeof figures / sizeof *figures && !code; n++)
        code = figures[n](view, folder);
    if (!code && !screen.json)
        printf("\nthe figures are in %s\n", printable(folder));
    return code;
}
