/* begun.c: see begun.h. */
#include "begun.h"

#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int number_in(const char *variable)
{
    const char *text = getenv(variable);
    long number = text ? strtol(text, NULL, 10) : 0;
    return number > 0 && number < INT_MAX ? (int)number : 1;
}

/* By srun, a task of Slurm; by mpirun of Open MPI or MPICH, also in a job of
 * Slurm; or alone. */
beginning how_begun(void)
{
    if (getenv("OMPI_COMM_WORLD_SIZE"))
        return (beginning){"mpirun -np ", number_in("OMPI_COMM_WORLD_SIZE")};
    if (getenv("SLURM_STEP_NUM_TASKS") && !getenv("MPI_LOCALRANKID"))
        return (beginning){getenv("PMI_RANK") ? "srun --mpi=pmi2 -n "
                                              : "srun --mpi=pmix -n ",
                           number_in("SLURM_STEP_NUM_TASKS")};
    bool mpirun = getenv("PMI_RANK") || getenv("PMIX_RANK");
    return (beginning){mpirun ? "mpirun -np " : "", number_in("PMI_SIZE")};
}

/* ---- As it was typed ----------------------------------------------------- */

/* A file of /proc about a process, with a zero behind it; its bytes, or 0. */
static size_t read_about(long process, const char *what, char *text,
                         size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/%s", process, what);
    FILE *file = fopen(path, "r");
    size_t bytes = file ? fread(text, 1, size - 1, file) : 0;
    if (file) fclose(file);
    text[bytes] = '\0';
    return bytes;
}

/* The process that began another, 0 where that is not told. */
static long parent_of(long process)
{
    char text[512];
    (void)read_about(process, "stat", text, sizeof text);
    const char *behind = strrchr(text, ')'); /* ends its name */

    /* " S 123", the state and the parent */
    return behind && strlen(behind) > 4 ? strtol(behind + 4, NULL, 10) : 0;
}

static bool is_launcher(const char *word)
{
    static const char *const names[] = {"mpirun", "mpiexec", "orterun"};
    const char *slash = strrchr(word, '/');
    const char *name = slash ? slash + 1 : word;
    for (size_t n = 0; n < sizeof names / sizeof *names; n++)
        if (!strncmp(name, names[n], strlen(names[n]))) return true;
    return false;
}

/* Whether a shell takes a word as it is, and it does not begin a second
 * program. */
static bool is_plain(const char *word)
{
    const char *at = word;
    while (isalnum((unsigned char)*at) || (*at && strchr("-_=./:,+@%", *at)))
        at++;
    return at > word && !*at && strcmp(word, ":") != 0;
}

/* The words of a launcher's line up to the program, with spaces between, into
 * text; false if that is not what the line is. */
static bool join_words(const char *line, size_t bytes, const char *program,
                       char *text, size_t size)
{
    size_t used = 0;
    if (!is_launcher(line)) return false;
    for (const char *at = line; at < line + bytes; at += strlen(at) + 1) {
        if (!is_plain(at) || used + strlen(at) + 2 > size) return false;
        used += (size_t)snprintf(text + used, size - used, "%s%s",
                                 used ? " " : "", at);
        if (!strcmp(at, program)) return true;
    }
    return false;
}

/* Whether the line names one program only, so that all ranks are its. */
static bool is_one_program(const char *line, size_t bytes)
{
    for (const char *at = line; at < line + bytes; at += strlen(at) + 1)
        if (!strcmp(at, ":")) return false;
    return true;
}

const char *begun_as(const beginning *begun, int size, const char *word,
                     const char *name)
{
    static char text[1024], line[32768];
    enum { NEAR = 3 }; /* MPICH has a process between */
    long process = getppid();
    for (int n = 0; n < NEAR && process > 1 && *begun->launcher; n++) {
        size_t bytes = read_about(process, "cmdline", line, sizeof line);
        if (bytes && is_one_program(line, bytes) &&
            join_words(line, bytes, word, text, sizeof text))
            return text;
        process = parent_of(process);
    }

    if (*begun->launcher)
        snprintf(text, sizeof text, "%s%d %s", begun->launcher, size, name);
    else snprintf(text, sizeof text, "%s", name);
    return text;
}
