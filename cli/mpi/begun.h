/* begun.h: how a process of elman-mpi was begun: by which launcher, and with
 * which words. */
#ifndef MPI_BEGUN_H
#define MPI_BEGUN_H

/* What is known before MPI begins, which says much of the same for itself. */
typedef struct beginning {
    const char *launcher; /* before a number of ranks and the program, or "" */
    int processes;        /* that were begun with it, as far as is known */
} beginning;

beginning how_begun(void);

/* What was typed up to the program, that included: as the launcher has it,
 * where it runs on this machine and began size ranks of the program word, or
 * else from its usual words and name. In a static buffer. */
const char *begun_as(const beginning *begun, int size, const char *word,
                     const char *name);

#endif
