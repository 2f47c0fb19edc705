/*
 * chart_table.c: a chart in a page: its caption and its numbers.
 */
#include "report/chart.h"

/* Whether all lines have the same x, so that a row can hold them all. */
static bool shares_x(const chart *c)
{
    if (c->kind == CHART_POINTS) return false;
    for (size_t i = 1; i < c->count; i++)
        if (c->lines[i].x != c->lines[0].x ||
            c->lines[i].count != c->lines[0].count)
            return false;
    return c->count > 0;
}

static const char *word_or(const char *word, const char *other)
{
    return word ? word : other;
}

static void write_shared(page *p, const chart *c)
{
    size_t count = c->lines[0].count, every = (count - 1) / CHART_ROWS + 1;
    page_write(p, "<thead><tr><th>@t", word_or(c->x_label, "x"));
    for (size_t i = 0; i < c->count; i++)
        page_write(p, "<th>@t",
                   word_or(c->lines[i].name, word_or(c->y_label, "y")));

    /* a row for each x, or for every few of many */
    page_write(p, "<tbody>");
    for (size_t k = 0; k < count; k += every) {
        if (c->categories)
            page_write(p, "<tr data-x=\"@n\"><td>@t", c->lines[0].x[k],
                       c->categories[k]);
        else page_write(p, "<tr><td>@n", c->lines[0].x[k]);
        for (size_t i = 0; i < c->count; i++)
            page_write(p, "<td>@n", c->lines[i].y[k]);
    }
    if (every > 1)
        page_write(p, "<caption>Every @uth of @u rows.</caption>", every,
                   count);
}

static void write_apart(page *p, const chart *c)
{
    size_t total = 0, row = 0;
    for (size_t i = 0; i < c->count; i++)
        total += c->lines[i].count;
    size_t every = total ? (total - 1) / CHART_ROWS + 1 : 1;

    page_write(p, "<thead><tr><th><th>@t<th>@t<tbody>",
               word_or(c->x_label, "x"), word_or(c->y_label, "y"));
    for (size_t i = 0; i < c->count; i++)
        for (size_t k = 0; k < c->lines[i].count; k++)
            if (row++ % every == 0)
                page_write(p, "<tr><td>@t<td>@n<td>@n", c->lines[i].name,
                           c->lines[i].x[k], c->lines[i].y[k]);
    if (every > 1)
        page_write(p, "<caption>Every @uth of @u rows.</caption>", every,
                   total);
}

void chart_write(page *p, const chart *c)
{
    bool shared = shares_x(c);
    page_write(p, "<figure class=\"chart@r@r\" data-read=\"@r\">",
               c->wide ? " wide" : "", c->small ? " small" : "",
               shared ? "column" : "point");
    if (c->title) page_write(p, "<h4>@t</h4>", c->title);

    page_write(p, "<div class=\"plot\">");
    chart_draw(p, c);
    page_write(p, "</div><p class=\"read\" aria-live=polite></p>");
    if (c->note) page_write(p, "<figcaption>@t</figcaption>", c->note);

    page_write(p, "<details><summary>Numbers</summary><div class=\"scroll\">"
                  "<table>");
    if (shared) write_shared(p, c);
    else write_apart(p, c);
    page_write(p, "</table></div></details></figure>\n");
}
