/*
 * graph.h: an ONNX graph on the command line: its inputs and outputs by name.
 */
#ifndef GRAPH_H
#define GRAPH_H

#include "options.h"
#include "record.h"

typedef struct graph_run {
    const char *path;
    elman_graph *graph;
    const elman_port *ports; /* (count), inputs and outputs */
    size_t count;
} graph_run;

/* Gives the graph its inputs, words NAME=FILE. Returns 0, or an exit code
 * after an error line: a name is unknown, given twice or missing. */
int graph_give(const graph_run *run, const option_list *words);

/* 0 if folder exists and takes a file for each output, or can be made; else
 * EXIT_FAILED after an error line. */
int graph_check_folder(const graph_run *run, const char *folder);

/* Writes every output to folder, which is made if it is missing, and lists
 * them; if one cannot be written, none is, and what was there stays. A name
 * becomes NAME.npy; what a file's name cannot contain, or what could lead out
 * of folder, is written like %2F: '/', '%', control characters and a leading
 * dot. */
int graph_write_outputs(const graph_run *run, const char *folder);

/* The path of that file into path (size bytes); false if it is too long. */
bool output_path(const char *folder, const char *name, char *path, size_t size);

/* The inputs and outputs as tables, and as members of a record. */
int graph_show_ports(const graph_run *run);
void graph_record_ports(record *out, const graph_run *run);

/* Shows the inputs and outputs. */
int graph_show(const graph_run *run);

#endif
