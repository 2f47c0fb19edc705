/*
 * bench.h: `elman bench` as its parts share it: the shapes, how one of them is
 * timed, other programs that are timed in turn with elman, and the report.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include "elman.h"

/* ---- Shapes: bench_work.c ------------------------------------------------ */

/* What is timed of a shape, one bit each; a shape has some of them: passes
 * forward, and backward as well, steps of a stream, the same with a linear
 * layer of one output behind (HEAD), and a measurement of elman_inspect.h: B
 * Lyapunov exponents over T steps, or the flow of the gradients of T losses,
 * where B is T. WORDS is a step of elman_trainer on text of I words: a table,
 * the cell, a linear layer, and all that a step does beside them. */
typedef enum bench_mode {
    INF = 1,
    TRAIN = 2,
    STREAM = 4,
    EXPONENTS = 8,
    FLOW = 16,
    HEAD = 32,
    WORDS = 64
} bench_mode;
enum {
    INSPECTING = EXPONENTS | FLOW, /* modes that are measurements */
    STEPPING = STREAM | HEAD,      /* those of one step a call */
    LEARNING = TRAIN | WORDS       /* and those forward and backward */
};

typedef enum bench_cell { RNN_TANH, RNN_RELU, LSTM, GRU } bench_cell;

typedef struct workload {
    const char *name, *family;
    bench_cell cell;
    size_t layers, directions, I, H, B, T;
    bool dx;       /* training asks for the gradient of x as well */
    int modes;     /* bits of bench_mode */
    double flops;  /* of the matrix products of a pass forward, or of a step */
    double train;  /* of forward and backward together, or of a measurement */
    double one[2]; /* percent of the fp32 peak that oneDNN 3.14 reached with
                      one thread: forward or streaming, training; 0 unknown */
    double two[2]; /* and with two */
} workload;

extern const workload workloads[];
extern const size_t workload_count;

const char *mode_name(bench_mode mode);

/* True if pattern, with the wildcards of a shell, matches the shape. */
bool workload_is(const workload *work, const char *pattern);

/* True if --quick has the shape, in one of the modes and with that number of
 * threads; 0: any. */
bool workload_is_quick(const workload *work, int modes, int threads);

/* Operations of one pass, or of one step of a stream. */
double workload_flops(const workload *work, bench_mode mode);

/* What the other library reached, as a share of the peak; 0 unknown. */
double workload_recorded(const workload *work, bench_mode mode, int threads);

/* Seconds that no fp32 program beats on a machine with such a roof: the
 * operations at the peak; or, for less than 16 sequences, reading what must be
 * read again in each step from the level of memory that holds it, if that takes
 * longer. level, unless NULL, says which of the two it was: -1 the peak, else
 * the index in roof->read. */
double workload_floor(const workload *work, bench_mode mode,
                      const elman_roof *roof, int *level);

/* The shape as one line of words, a separator between: as a table to read, and
 * as peers are asked. */
void workload_write(const workload *work, char separator, FILE *file);

/* The shapes as a table with tabs; those of --quick alone if is_quick. */
void workloads_list(bool is_quick);

/* ---- Timing: bench_run.c ------------------------------------------------- */

/* One model and state, made for a shape, and the times of its runs. */
typedef struct subject {
    const workload *work;
    bench_mode mode;
    int threads;
    elman_model *model;
    elman_state *state;
    elman_dataset *words; /* of WORDS, and who trains on them */
    elman_trainer *trainer;
    elman_batch batch;
    float *x, *y, *dy, *dx;
    size_t block;    /* runs that are timed as one */
    size_t trials;   /* first runs */
    double estimate; /* seconds of a run, from warming up */
    double *times;   /* room for the seconds of a run, by block */
} subject;

/* Makes the subject and warms it up. Returns 0 or an exit code;
 * subject_close frees what it holds either way. */
int subject_open(const workload *work, bench_mode mode, int threads,
                 subject *ours);
void subject_close(subject *ours);

/* Runs it again and again for about seconds, at least once; median gets the
 * seconds of a run. */
int subject_time(subject *ours, double seconds, double *median);

/* How far the slowest of a thousand single runs is above the median of them:
 * the 99.9th percentile over the median. */
int subject_tail(subject *ours, double seconds, double *tail);

/* The median of values (count), which it sorts; 0 if there are none. */
double median_of(size_t count, double *values);

/* ---- Peers: bench_peer_*.c ----------------------------------------------- */

enum { PEERS_MOST = 8 };

/* A program that times the same shapes. It reads a line for each turn, the
 * shape's words, then mode, threads and seconds, and answers with the median
 * seconds of a run, or "-" if it cannot do it. */
typedef struct peer {
    char name[32];
    pid_t process;
    FILE *ask, *answer; /* NULL once it is gone */
} peer;

typedef struct peer_list {
    size_t count;
    peer peers[PEERS_MOST];
} peer_list;

/* Starts the programs of a file, a line each: a name, then a command for the
 * shell. path NULL: none. Returns 0 or an exit code. */
int peers_open(const char *path, peer_list *list);
void peers_close(peer_list *list);

/* One turn; 0 if the peer has no answer. */
double peer_time(peer *other, const workload *work, bench_mode mode,
                 int threads, double seconds);

/* ---- The report: bench_report.c ------------------------------------------ */

typedef struct bench_row {
    const workload *work;
    bench_mode mode;
    int threads;
    double seconds;           /* our median */
    double peak;              /* share of the fp32 peak */
    double roof;              /* share of the roof: its floor over our time */
    int level;                /* which roof, as workload_floor says */
    double tail;              /* streams: 99.9th percentile over the median */
    double peers[PEERS_MOST]; /* median seconds; 0 no answer */
} bench_row;

typedef struct bench_report {
    elman_machine machine;
    size_t roof_count;
    elman_roof *roofs; /* one for each number of threads */
    const peer_list *peers;
    size_t count;
    bench_row *rows;
} bench_report;

void roofs_show(const bench_report *report);
void rows_head(const bench_report *report);
void row_show(const bench_report *report, const bench_row *row);
void means_show(const bench_report *report);

/* Everything as one JSON object. */
void bench_record(const bench_report *report, FILE *file);

#endif
