/*
 * bench.c: `elman bench`: how fast this build is on this machine, as a share of
 * the machine's peak.
 */
#include "bench.h"
#include "commands.h"
#include "output.h"
#include "screen.h"
#include "system.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct bench_values {
    int mode;
    option_sizes threads;
    double seconds;
    bool quick, list;
    const char *peers, *results;
} bench_values;

#define AT(field) offsetof(bench_values, field)

static const option_row options[] = {
    {.name = "mode",
     .letter = 'm',
     .type = OPTION_CHOICE,
     .value = "all|inf|train|stream|inspect",
     .field = AT(mode),
     .fallback = "all",
     .common = true,
     .help = "what to measure: forward, forward and backward, one step per "
             "call, what inspect measures, or all of them"},
    {.name = "threads",
     .letter = 't',
     .type = OPTION_SIZES,
     .value = "N,...",
     .field = AT(threads),
     .fallback = "1,2",
     .range = {1, 64},
     .common = true,
     .help = "numbers of threads to measure; those the machine does not have "
             "are left out"},
    {.name = "seconds",
     .letter = 's',
     .type = OPTION_REAL,
     .value = "S",
     .field = AT(seconds),
     .fallback = "(0.2; with --quick what is left of 20)",
     .range = {1e-4, 3600},
     .common = true,
     .help = "time for each row, without warmup; a shape that takes longer "
             "runs twice"},
    {.name = "quick",
     .letter = 'k',
     .type = OPTION_FLAG,
     .field = AT(quick),
     .common = true,
     .help = "a dozen rows of all kinds in 20 seconds: large and small, "
             "forward and training, levels in a wave, streams, one step"},
    {.name = "list",
     .letter = 'l',
     .type = OPTION_FLAG,
     .field = AT(list),
     .common = true,
     .help = "print the shapes as a tab-separated table and stop"},
    {.name = "results",
     .type = OPTION_TEXT,
     .value = "FILE",
     .field = AT(results),
     .fallback = "(none)",
     .help = "also write the rows to FILE as JSON"},
    {.name = "peers",
     .type = OPTION_TEXT,
     .value = "FILE",
     .field = AT(peers),
     .fallback = "(none)",
     .help = "other programs to measure in turn with elman: one per line, a "
             "name and a command. A program reads a line for each turn: the "
             "words of --list up to dx, mode, threads, seconds; it answers "
             "with the median seconds of a run, or '-'"},
    {0},
};

/* A run of the command. */
typedef struct bench_run {
    const bench_values *values;
    char **patterns; /* then NULL; none means all */
    peer_list peers;
    bench_report report;
    double begin; /* when all began */
    size_t left;  /* rows that are not measured yet */
} bench_run;

/* ---- What to measure ----------------------------------------------------- */

static bool is_wanted(const bench_run *run, const workload *work)
{
    if (!run->patterns[0]) return true;
    for (char **pattern = run->patterns; *pattern; pattern++)
        if (workload_is(work, *pattern)) return true;
    return false;
}

/* Every pattern must match a shape. Returns 0 or an exit code. */
static int check_patterns(char **patterns)
{
    for (; *patterns; patterns++) {
        /* all names, for a hint if none matches */
        const char *names[64];
        size_t found = 0;
        for (size_t n = 0; n < workload_count; n++) {
            found += workload_is(&workloads[n], *patterns);
            names[n] = workloads[n].name;
        }

        if (found) continue;

        const char *near = nearest_name(*patterns, names, workload_count);
        if (near)
            return misused("no shape '%s', did you mean '%s'?",
                           printable(*patterns), near);
        return misused("no shape '%s', see 'elman bench --list'",
                       printable(*patterns));
    }
    return 0;
}

/* Whether a row is asked for. */
static bool is_asked(const bench_run *run, const workload *work,
                     bench_mode mode, int threads)
{
    static const int asked[] = {INF | LEARNING | STEPPING | INSPECTING, INF,
                                LEARNING, STEPPING, INSPECTING};
    if (!(work->modes & asked[run->values->mode] & (int)mode)) return false;
    if (mode == HEAD && threads > 1) return false;
    return !run->values->quick || workload_is_quick(work, (int)mode, threads);
}

/* Calls mode_do for each mode of each shape that a pattern matches. */
static int each_mode(bench_run *run,
                     int (*mode_do)(bench_run *, const workload *, bench_mode))
{
    static const bench_mode modes[] = {INF,   TRAIN,     STREAM, HEAD,
                                       WORDS, EXPONENTS, FLOW};
    const size_t mode_count = sizeof modes / sizeof *modes;
    int code = 0;

    for (size_t n = 0; !code && n < workload_count; n++)
        for (size_t m = 0;
             !code && m < mode_count && is_wanted(run, &workloads[n]); m++)
            code = mode_do(run, &workloads[n], modes[m]);
    return code;
}

/* Adds the rows of a shape in one mode to those that are left. */
static int count_mode(bench_run *run, const workload *work, bench_mode mode)
{
    const option_sizes *wanted = &run->values->threads;
    for (size_t n = 0; n < wanted->count; n++)
        run->left += (int)wanted->sizes[n] <= run->report.machine.threads &&
                     is_asked(run, work, mode, (int)wanted->sizes[n]);
    return 0;
}

/* Counts the rows; there must be one. Returns 0 or an exit code. */
static int count_rows(bench_run *run)
{
    const option_sizes *wanted = &run->values->threads;
    const elman_machine *machine = &run->report.machine;
    if (elman_machine_read(&run->report.machine) != ELMAN_OK)
        return library_failed();

    /* a number of threads that the machine has */
    bool has_threads = false;
    for (size_t n = 0; n < wanted->count; n++)
        has_threads |= (int)wanted->sizes[n] <= machine->threads;
    if (!has_threads)
        return misused("--threads expects at most %d on this machine",
                       machine->threads);

    each_mode(run, count_mode);
    if (run->left > 0) return 0;
    return misused("no row%s has these shapes, modes and threads, see 'elman "
                   "bench%s --list'",
                   run->values->quick ? " of --quick" : "",
                   run->values->quick ? " --quick" : "");
}

/* Measures the roofs for those numbers of threads that the machine has. */
static int measure_roofs(bench_run *run)
{
    const option_sizes *wanted = &run->values->threads;
    bench_report *report = &run->report;
    report->roofs = calloc(wanted->count, sizeof *report->roofs);
    if (!report->roofs) return failed("out of memory");

    for (size_t n = 0; n < wanted->count; n++) {
        const int threads = (int)wanted->sizes[n];
        if (threads > report->machine.threads) continue;
        elman_roof *roof = &report->roofs[report->roof_count++];
        if (elman_roof_read(threads, roof) != ELMAN_OK) return library_failed();
    }
    return 0;
}

/* ---- One row ------------------------------------------------------------- */

/* Threads of the last measurement may still be looking for work. */
static void settle(const bench_run *run)
{
    if (run->peers.count) seconds_pause(0.02);
}

/* Seconds of measuring a row: as asked, or the row's share of what is left of
 * --quick's time. Preparing it takes some of that as well. */
static double row_seconds(const bench_run *run)
{
    static const double USUAL = 0.2, QUICK = 20, LEAST = 0.02, PART = 0.6;
    if (run->values->seconds > 0) return run->values->seconds;
    if (!run->values->quick) return USUAL;

    const double left = run->begin + QUICK - seconds_now();
    const double share = left / (double)(run->left ? run->left : 1);
    const double ours = PART * share / (double)(1 + run->peers.count);
    return ours > LEAST ? ours : LEAST;
}

/* Ours and the peers' take turns, so that what else happens on the machine
 * meets all of them; of each the median of its turns counts. */
static int take_turns(bench_run *run, subject *ours, bench_row *row)
{
    enum { TURNS = 20 };
    const int turns = row->mode == HEAD ? TURNS : ours->estimate > 0.5 ? 2 : 3;
    const double seconds = row_seconds(run) / turns;
    double mine[TURNS], theirs[PEERS_MOST][TURNS];
    size_t answers[PEERS_MOST] = {0};

    /* ours first, then each peer that answers */
    for (int turn = 0; turn < turns; turn++) {
        settle(run);
        int code = subject_time(ours, seconds, &mine[turn]);
        if (code) return code;
        /* no peer measures that */
        if (row->mode & (INSPECTING | WORDS)) continue;
        for (size_t n = 0; n < run->peers.count; n++) {
            settle(run);
            const double taken = peer_time(&run->peers.peers[n], row->work,
                                           row->mode, row->threads, seconds);
            if (taken > 0) theirs[n][answers[n]++] = taken;
        }
    }

    row->seconds = median_of((size_t)turns, mine);
    for (size_t n = 0; n < run->peers.count; n++)
        row->peers[n] = median_of(answers[n], theirs[n]);
    return 0;
}

static int measure_row(bench_run *run, const elman_roof *roof, bench_row *row)
{
    subject ours;
    int code = subject_open(row->work, row->mode, row->threads, &ours);
    if (!code) code = take_turns(run, &ours, row);

    /* how near that is to what the machine can do */
    if (!code) {
        const double floor =
            workload_floor(row->work, row->mode, roof, &row->level);
        row->peak =
            workload_flops(row->work, row->mode) / row->seconds / roof->fp32;
        row->roof = floor / row->seconds;
    }

    if (!code && row->mode & STEPPING)
        code = subject_tail(&ours, row_seconds(run) / 2, &row->tail);

    subject_close(&ours);
    return code;
}

/* All rows of a shape in one mode: one for each number of threads. */
static int measure_mode(bench_run *run, const workload *work, bench_mode mode)
{
    bench_report *report = &run->report;
    int code = 0;

    for (size_t n = 0; !code && n < report->roof_count; n++) {
        const elman_roof *roof = &report->roofs[n];
        if (!is_asked(run, work, mode, roof->threads)) continue;
        bench_row *row = &report->rows[report->count];
        *row =
            (bench_row){.work = work, .mode = mode, .threads = roof->threads};

        /* its name stands there until the row does */
        if (!screen.quiet) live_line(work->name);
        code = measure_row(run, roof, row);
        live_line("");
        if (code) break;
        report->count++;
        run->left--;
        if (!screen.json) row_show(report, row);
    }
    return code;
}

static int measure_rows(bench_run *run)
{
    bench_report *report = &run->report;
    report->rows = calloc(run->left, sizeof *report->rows);
    if (!report->rows) return failed("out of memory");
    return each_mode(run, measure_mode);
}

/* ---- The command --------------------------------------------------------- */

/* Makes sure, before minutes of measuring, that the results can be written at
 * the end. An existing file keeps its content until then. */
static int check_results(const char *path)
{
    FILE *file = path ? file_open(path, "a") : NULL;
    if (path && !file) return unwritten(path);
    if (file) fclose(file);
    return 0;
}

static int write_results(const bench_run *run)
{
    const char *path = run->values->results;
    output_file out;
    if (!path) return 0;
    int code = output_open(path, &out);
    if (code) return code;
    bench_record(&run->report, out.file);
    return output_save(&out);
}

static int measure(bench_run *run)
{
    bench_report *report = &run->report;
    if (!screen.quiet) live_line("measuring the roof ...");
    int code = measure_roofs(run);
    live_line("");
    if (code) return code;

    if (!screen.json) {
        roofs_show(report);
        rows_head(report);
    }

    code = measure_rows(run);
    if (code) return code;

    if (screen.json) bench_record(report, stdout);
    else if (!run->values->quick) means_show(report);
    return write_results(run);
}

static int bench(const parsed_line *arguments)
{
    bench_run run = {.values = arguments->values,
                     .patterns = arguments->operands,
                     .begin = seconds_now()};
    if (run.values->list) {
        workloads_list(run.values->quick);
        return EXIT_DONE;
    }

    /* every mistake is reported before anything is measured */
    run.report.peers = &run.peers;
    int code = check_patterns(run.patterns);
    if (!code) code = check_results(run.values->results);
    if (!code) code = count_rows(&run);
    if (!code) code = peers_open(run.values->peers, &run.peers);
    if (!code) code = measure(&run);

    peers_close(&run.peers);
    free(run.report.roofs);
    free(run.report.rows);
    return code;
}

static const example examples[] = {
    {"elman bench --quick", "a dozen rows of all kinds, in 20 seconds"},
    {"elman bench", "everything, in a few minutes"},
    {"elman bench 'st_*' --threads=1", "streams, one step per call"},
    {"elman bench charlm_lstm2_256 --mode=train --seconds=2",
     "one row, longer than usual"},
    {"elman bench --json | jq '.rows[] | [.name, .mode, .roof]'",
     "for a script"},
    {NULL, NULL},
};

const command_row bench_command = {
    .name = "bench",
    .summary = "benchmark against this machine's peak",
    .operands = "[NAME]...",
    .description =
        "Measures the peak of the machine: operations per second, in "
        "registers, and bytes per second read from each cache and from memory. "
        "Then measures each shape that a NAME matches (wildcards as in a "
        "shell; all without one): the median time after warmup.\npeak is the "
        "share of the fp32 peak that the matrix products reach. roof is the "
        "least time that the machine allows over ours: the operations at the "
        "peak (fp32), or, with fewer than 16 sequences, reading the weights "
        "that each step needs again from where they fit (L1, L2, L3, RAM), if "
        "that takes longer. 3.14 is the share of the peak that oneDNN 3.14 was "
        "recorded to reach on another machine, ratio ours over that. tail is "
        "the slowest of a thousand steps of a stream over the median. A peer's "
        "column is its time over ours: above 1 elman is faster.",
    .json = true,
    .options = {{"Options", options}},
    .examples = examples,
    .size = sizeof(bench_values),
    .run = bench,
};
