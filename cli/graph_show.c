/*
 * graph_show.c: the inputs and outputs of a graph as a table.
 */
#include "graph.h"
#include "record.h"
#include "table.h"

#include <stdlib.h>

enum { COLUMNS = 4, SHAPE_TEXT = 96 };

typedef struct port_text {
    char shape[SHAPE_TEXT];
} port_text;

/* The inputs or the outputs under heads; true if an axis of one is free. */
static bool show_ports(const graph_run *run, bool input, const char **cells,
                       port_text *texts)
{
    const table_column columns[COLUMNS] = {
        {input ? "input" : "output", FIT_CUT},
        {"type", FIT_WHOLE},
        {"shape", FIT_WHOLE},
        {"", FIT_WHOLE}};

    /* one row for each port */
    size_t rows = 0;
    bool open = false;
    for (size_t n = 0; n < run->count; n++) {
        const elman_port *port = &run->ports[n];
        if (port->input != input) continue;

        const char **cell = cells + COLUMNS * rows;
        cell[0] = port->name;
        cell[1] = port->type;
        cell[2] = port->shaped ? sizes_text(port->rank, port->shape,
                                            texts[rows].shape, SHAPE_TEXT)
                               : "?";
        cell[3] = port->optional ? "optional" : NULL;

        /* an axis of any size, or a shape that is unknown */
        open = open || !port->shaped;
        for (size_t k = 0; k < port->rank; k++)
            open = open || port->shape[k] < 0;
        rows++;
    }

    putchar('\n');
    table_show(stdout, columns, COLUMNS, rows, cells, NULL);
    return open;
}

int graph_show_ports(const graph_run *run)
{
    const char **cells = calloc(run->count + 1, COLUMNS * sizeof *cells);
    port_text *texts = calloc(run->count + 1, sizeof *texts);
    int code = 0;
    if (cells && texts) {
        bool open = show_ports(run, true, cells, texts);
        open = show_ports(run, false, cells, texts) || open;
        if (open) printf("\n(? stands for any)\n");
    } else code = failed("out of memory");

    free(cells);
    free(texts);
    return code;
}

static int show_tables(const graph_run *run)
{
    printf("%s%s%s\n", paint(stdout, BOLD), printable(run->path),
           paint(stdout, PLAIN));
    return graph_show_ports(run);
}

static void record_shape(record *out, const elman_port *port)
{
    if (!port->shaped) {
        record_null(out, "shape");
        return;
    }
    record_open(out, "shape", '[');
    for (size_t k = 0; k < port->rank; k++)
        if (port->shape[k] < 0) record_null(out, NULL);
        else record_count(out, NULL, (uint64_t)port->shape[k]);
    record_close(out, ']');
}

static void record_ports(record *out, const graph_run *run, bool input)
{
    record_open(out, input ? "inputs" : "outputs", '[');
    for (size_t n = 0; n < run->count; n++) {
        const elman_port *port = &run->ports[n];
        if (port->input != input) continue;

        record_open(out, NULL, '{');
        record_text(out, "name", port->name);
        record_text(out, "type", port->type);
        record_shape(out, port);
        if (input) record_flag(out, "optional", port->optional);
        record_close(out, '}');
    }
    record_close(out, ']');
}

void graph_record_ports(record *out, const graph_run *run)
{
    record_ports(out, run, true);
    record_ports(out, run, false);
}

int graph_show(const graph_run *run)
{
    if (!screen.json) return show_tables(run);
    record out = record_begin(stdout);
    record_text(&out, "model", run->path);
    graph_record_ports(&out, run);
    record_end(&out);
    return 0;
}
