/*
 * map.c: the figure around a heat map.
 */
#include "report/map.h"

#include "report/axis.h"

#include <math.h>

enum { TABLE_SIDE = 12 }; /* rows and columns of the table of numbers */

/* ---- The picture -------------------------------------------------------- */

static void write_ticks(page *p, const char *class, size_t count)
{
    axis a = {.low = 0, .high = (double)count, .from = 0, .to = 100};
    char text[NUMBER_ROOM];
    axis_settle(&a, 4, false);

    page_write(p, "<div class=\"ticks @r\">", class);
    for (size_t i = 0; i < a.tick_count; i++) {
        if (a.ticks[i] >= (double)count) continue;
        axis_tick_text(&a, i, text);
        page_write(p, "<span style=\"--at:@n%\">@t</span>",
                   axis_place(&a, a.ticks[i] + 0.5), text);
    }
    page_write(p, "</div>");
}

/* Names of rows, or of columns, for the read-out. */
static void write_names(page *p, const char *class, const char *const *names,
                        size_t count)
{
    if (!names) return;
    page_write(p, "<ol hidden class=@r>", class);
    for (size_t i = 0; i < count; i++)
        page_write(p, "<li>@t", names[i]);
    page_write(p, "</ol>");
}

static void write_sheet(page *p, const map *m)
{
    page_write(p,
               "<div class=\"sheet@r\" style=\"--rows:@u\"><span class="
               "\"label y\">@t</span>",
               m->square ? " square" : "", m->rows, m->row_label);
    if (m->row_names && m->rows <= 24) {
        page_write(p, "<div class=\"ticks names\">");
        for (size_t i = 0; i < m->rows; i++)
            page_write(p, "<span title=\"@t\">@t</span>", m->row_names[i],
                       m->row_names[i]);
        page_write(p, "</div>");
    } else write_ticks(p, "rows", m->rows);

    /* the image, with lines that follow the pointer */
    page_write(p,
               "<div class=cells><canvas role=img tabindex=0 aria-label=\"@t\">"
               "</canvas><i class=across></i><i class=down></i></div>",
               m->sentence);
    write_ticks(p, "columns", m->columns);
    page_write(p, "<span class=\"label x\">@t</span></div>", m->column_label);
}

/* ---- The controls ------------------------------------------------------- */

static void write_controls(page *p, const map *m, const map_scale *scale)
{
    page_write(p, "<div class=controls>");
    if (m->count > 1) {
        page_write(p, "<label>Show <select>");
        for (size_t i = 0; i < m->count; i++)
            page_write(p, "<option>@t", m->layers[i].name);
        page_write(p, "</select></label>");
    }

    /* the row, its curve, what is read out, and the colours */
    if (scale->rows > 1)
        page_write(p,
                   "<label class=slide><span>@t <output>@u</output></span>"
                   "<input type=range min=0 max=@u value=@u></label>",
                   m->row_word, m->start / scale->pool * scale->pool,
                   scale->rows - 1, m->start / scale->pool);

    page_write(p,
               "<svg class=curve viewBox=\"0 0 360 216\" role=img "
               "aria-label=\"@t, for the chosen row\"></svg>"
               "<p class=read aria-live=polite></p>"
               "<div class=scale><span class=low></span><span class=ramp>"
               "</span><span class=high></span></div></div>",
               m->value_word);
}

/* ---- The numbers -------------------------------------------------------- */

/* The place of row or column i of a table that shows few of many. */
static size_t pick(size_t i, size_t shown, size_t count)
{
    return shown > 1 ? i * (count - 1) / (shown - 1) : count - 1;
}

static void write_place(page *p, const char *const *names, size_t place)
{
    if (names) page_write(p, "@t", names[place]);
    else page_write(p, "@u", place);
}

static void write_table(page *p, const map *m)
{
    size_t rows = m->rows < TABLE_SIDE || (m->row_names && m->rows <= 24)
                      ? m->rows
                      : TABLE_SIDE;
    size_t columns = m->columns < TABLE_SIDE ? m->columns : TABLE_SIDE;

    page_write(p,
               "<details><summary>Numbers</summary><div class=scroll><table>"
               "<caption>@t: rows are @t, columns @t.",
               m->layers[0].name, m->row_label, m->column_label);
    if (rows < m->rows || columns < m->columns)
        page_write(p, " @u of @u rows and @u of @u columns.", rows, m->rows,
                   columns, m->columns);

    page_write(p, "</caption><thead><tr><th>");
    for (size_t j = 0; j < columns; j++) {
        page_write(p, "<th>");
        write_place(p, m->column_names, pick(j, columns, m->columns));
    }

    /* rows and columns evenly chosen */
    page_write(p, "<tbody>");
    for (size_t i = 0; i < rows; i++) {
        size_t row = pick(i, rows, m->rows);
        page_write(p, "<tr><th>");
        write_place(p, m->row_names, row);
        for (size_t j = 0; j < columns; j++) {
            size_t column = pick(j, columns, m->columns);
            page_write(p, "<td>");
            if (m->triangle && column > row) continue;
            page_write(p, "@n",
                       (double)m->layers[0].values[row * m->row_stride +
                                                   column * m->column_stride]);
        }
    }
    page_write(p, "</table></div></details>");
}

/* ---- The figure --------------------------------------------------------- */

static void write_attributes(page *p, const map *m, const map_scale *scale)
{
    char low[NUMBER_ROOM], high[NUMBER_ROOM];
    number_label(scale->low, 12, low);
    number_label(scale->high, 12, high);
    page_write(p,
               " data-rows=@u data-columns=@u data-pool=@u data-low=@r "
               "data-high=@r data-code=@r",
               scale->rows, scale->columns, scale->pool, low, high,
               scale->wide ? "float" : "short");
    page_write(p,
               " data-row-word=\"@t\" data-column-word=\"@t\" "
               "data-value-word=\"@t\" data-column-label=\"@t\"",
               m->row_word, m->column_word, m->value_word, m->column_label);
    if (m->triangle) page_write(p, " data-triangle");
    if (m->is_signed) page_write(p, " data-signed");
    if (m->text) page_write(p, " data-text=\"@t\"", m->text);
}

void map_write(page *p, const map *m)
{
    if (!m->count || !m->rows || !m->columns) return;
    map_scale scale = map_measure(m);

    page_write(p, "<figure class=\"map@r\"", m->square ? " square" : "");
    write_attributes(p, m, &scale);
    page_write(p, ">");
    if (m->title) page_write(p, "<h4>@t</h4>", m->title);

    page_write(p, "<div class=panes>");
    write_sheet(p, m);
    write_controls(p, m, &scale);
    page_write(p, "</div>");

    if (m->note) page_write(p, "<figcaption>@t</figcaption>", m->note);
    if (scale.pool > 1)
        page_write(p,
                   "<figcaption>Each cell is the largest of a block of @u by "
                   "@u.</figcaption>",
                   scale.pool, scale.pool);
    write_names(p, "row-names", m->row_names, m->rows);
    write_names(p, "column-names", m->column_names, m->columns);
    write_table(p, m);

    /* the cells, which page.js paints */
    for (size_t k = 0; k < m->count; k++) {
        page_write(p, "<script type=\"text/plain\" class=layer>");
        map_write_cells(p, m, &scale, k);
        page_write(p, "</script>");
    }
    page_write(p, "</figure>\n");
}
