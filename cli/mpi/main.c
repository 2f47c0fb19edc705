/*
 * main.c: the program elman-mpi: elman in several processes, which a launcher
 * of MPI starts (mpirun, srun). Rank 0 speaks for all. What another rank would
 * say is kept, and shown only if it fails by itself: a mistake on the command
 * line is the same on all of them.
 */
#include "begun.h"
#include "neighbours.h"
#include "transport.h"

#include "../name.h"
#include "../program.h"
#include "../ranks.h"
#include "../system.h"

#include <mpi.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char program_name[] = "elman-mpi";

#if defined OPEN_MPI
static const char mpi_name[] = "Open MPI";
#elif defined MPICH
static const char mpi_name[] = "MPICH";
#else
static const char mpi_name[] = "the MPI";
#endif

/* Where standard error really goes on a rank that keeps what it says. */
static int true_error = -1;
static FILE *kept;

/* ---- Who is where ------------------------------------------------------- */

/* Whether the launcher has given this process processors of its own. */
static bool is_bound(void)
{
    cpu_set_t set;
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return !sched_getaffinity(0, sizeof set, &set) && CPU_COUNT(&set) < online;
}

/* Processes of a launcher of another MPI would each train alone, and into one
 * file. */
static bool is_joined(const beginning *begun, int size)
{
    if (size > 1 || begun->processes == 1) return true;

    /* one of them says so */
    const char *number = getenv("OMPI_COMM_WORLD_RANK");
    if (!number) number = getenv("PMI_RANK");
    if (!number) number = getenv("SLURM_PROCID");
    if (!number || !strcmp(number, "0"))
        fprintf(stderr,
                "%s: %d processes were begun, and each is alone: expected the "
                "mpirun of %s, with which it was built, or srun with the --mpi "
                "of that\n",
                program_name, begun->processes, mpi_name);
    return false;
}

/* How many ranks are on this machine, and how many machines there are. */
static void count_places(int *here, int *machines)
{
    MPI_Comm local;
    int rank, first;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL,
                        &local);
    MPI_Comm_size(local, here);
    MPI_Comm_rank(local, &rank);
    MPI_Comm_free(&local);

    first = rank == 0;
    MPI_Allreduce(&first, machines, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
}

/* ---- What other ranks say ----------------------------------------------- */

/* Standard output is nobody's; standard error goes to a file without a name. */
static void keep_quiet(void)
{
    if (!freopen("/dev/null", "w", stdout)) abort();
    true_error = dup(STDERR_FILENO);
    kept = tmpfile();
    if (kept) dup2(fileno(kept), STDERR_FILENO);
    neighbours_say_on(true_error);

    /* rank 0 finishes the step and ends the run */
    struct sigaction goes_on = {.sa_handler = neighbours_asked,
                                .sa_flags = SA_RESTART};
    sigemptyset(&goes_on.sa_mask);
    sigaction(SIGINT, &goes_on, NULL);
    sigaction(SIGTERM, &goes_on, NULL);
}

/* Rank 0 where no command catches a signal. */
static void end_by(int signal_number)
{
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

/* The last line that was kept, with the rank that says it. */
static void show_kept(int rank)
{
    char line[2048], last[2048] = "it failed", host[MPI_MAX_PROCESSOR_NAME];
    int length;
    if (!kept || true_error < 0) return;
    fflush(stderr);
    rewind(kept);
    while (fgets(line, sizeof line, kept))
        if (!strncmp(line, program_name, sizeof program_name - 1))
            snprintf(last, sizeof last, "%s", line + sizeof program_name + 1);
    MPI_Get_processor_name(host, &length);
    dup2(true_error, STDERR_FILENO);
    last[strcspn(last, "\n")] = '\0';
    fprintf(stderr, "%s: rank %d on %s: %s\n", program_name, rank, host, last);
}

/* ---- The end ------------------------------------------------------------ */

/* Waits until all ranks are done, at most so many seconds; the worst of their
 * exit statuses. */
static bool all_done(int code, double patience, int *worst)
{
    MPI_Request request;
    int done = 0;
    MPI_Iallreduce(&code, worst, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD, &request);
    double begin = MPI_Wtime();
    while (!done) {
        const struct timespec moment = {.tv_nsec = 1000 * 1000};
        MPI_Test(&request, &done, MPI_STATUS_IGNORE);
        if (done || MPI_Wtime() - begin > patience) break;
        nanosleep(&moment, NULL);
    }
    return done;
}

/* Seconds that a rank which failed waits for others to fail as well. */
static const double PATIENCE = 2;
static const double FOREVER = 1e9;

/* Time for a launcher to pass on what was said: that of MPICH throws away what
 * it has not read yet. */
static void give_time(void)
{
    const struct timespec moment = {.tv_nsec = 200 * 1000 * 1000};
    fflush(NULL);
    nanosleep(&moment, NULL);
}

static void end_all(int code)
{
    neighbours_told();
    give_time();
    MPI_Abort(MPI_COMM_WORLD, code);
}

/* All are done: where rank 0, which speaks for all, has not failed, the first
 * that has says why. */
static void show_failure(int rank, int size, int code)
{
    int first = code, mine = code ? rank : size, speaker;
    MPI_Bcast(&first, 1, MPI_INT, 0, MPI_COMM_WORLD);
    MPI_Allreduce(&mine, &speaker, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    if (first == 0 && rank == speaker) {
        show_kept(rank);
        give_time();
    }
}

int main(int argc, char **argv)
{
    int provided, rank, size, here, machines, worst = 0;
    const beginning begun = how_begun();
    MPI_Init_thread(&argc, &argv, MPI_THREAD_SERIALIZED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    count_places(&here, &machines);

    if (!is_joined(&begun, size)) {
        MPI_Finalize();
        return EXIT_FAILURE;
    }

    /* what looks like a terminal here may be a file where the launcher is */
    setenv("NO_COLOR", "1", 0);
    const elman_transport *transport = transport_open();
    rank_open(transport, here, machines, is_bound());
    name_open(program_name, begun.launcher,
              begun_as(&begun, size, argv[0], program_name));
    neighbours_open();
    system_note_stop(neighbours_asked);
    if (rank != 0) keep_quiet();
    else system_catch_stop(end_by, true);
    int code = program(argc, argv);
    if (code == EXIT_ELSEWHERE) code = 0;

    /* one that fails alone names itself and ends the others */
    bool together = all_done(code, code ? PATIENCE : FOREVER, &worst);
    if (rank != 0 && code && !together) show_kept(rank);
    if (!together) end_all(code);
    if (worst) show_failure(rank, size, code);
    neighbours_close();
    MPI_Finalize();
    return worst;
}
