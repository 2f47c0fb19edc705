/*
 * explain_page.c: a lesson as one self-contained page, which needs no network:
 * the numbers as JSON, and a script that draws the cell and steps through it.
 */
#include "explain_page.h"
#include "explain.h"
#include "output.h"
#include "screen.h"
#include "system.h"

#include <errno.h>
#include <string.h>

static void write_lines(FILE *file, const char *const *lines)
{
    for (; *lines; lines++)
        fprintf(file, "%s\n", *lines);
}

static void write_page(const lesson *l, const lesson_check *check, FILE *file)
{
    fprintf(file,
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
            "\n<meta name=\"viewport\" content=\"width=device-width, "
            "initial-scale=1\">\n<title>%s, number by number</title>\n<style>"
            "\n",
            l->kind.title);
    write_lines(file, page_style);

    /* what it is about, and that it is right */
    fprintf(file,
            "</style></head><body>\n<h1>%s, number by number</h1>\n<p>%zu "
            "input%s, %zu unit%s, %zu step%s. %zu numbers of the library agree "
            "with these equations within %s",
            l->kind.title, l->I, l->I == 1 ? "" : "s", l->H,
            l->H == 1 ? "" : "s", l->T, l->T == 1 ? "" : "s", l->compared,
            significant(l->worst, 1));
    if (check)
        fprintf(file,
                "; %zu gradients agree with central differences within %s"
                " of the largest of their parameter",
                check->count, significant(check->worst, 1));
    fputs(".</p>\n", file);
    write_lines(file, page_body);

    /* the numbers, and what draws them */
    fputs("<script type=\"application/json\" id=\"data\">", file);
    lesson_write(l, check, file);
    fputs("</script>\n<script>\n", file);
    write_lines(file, page_script);
    fputs("</script></body></html>\n", file);
}

int lesson_save_page(const lesson *l, const lesson_check *check,
                     const char *path)
{
    output_file out;
    int code = output_open(path, &out);
    if (code) return code;
    write_page(l, check, out.file);
    code = output_save(&out);
    if (code) return code;
    note("wrote %s", path);
    return 0;
}
