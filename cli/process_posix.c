/*
 * process_posix.c: process.h for Linux, macOS and their kin.
 */
#include "process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

/* In the copy: it ends with the process that began it, even if that is killed;
 * nobody would read its result, and who repeats the command would meet it. */
static void end_with(pid_t parent)
{
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    if (getppid() != parent) _exit(1);
}

/* In the copy: nothing is printed, and the result goes to its descriptor. */
static void be_process(process_part *run, void *context, size_t number,
                       size_t bytes, int to)
{
    void *result = calloc(1, bytes);
    (void)!freopen("/dev/null", "w", stdout);

    int code = result ? run(context, number, result) : 1;
    if (!code && write(to, result, bytes) != (ssize_t)bytes) code = 1;
    _exit(code);
}

bool process_begin(process_part *run, void *context, size_t number,
                   size_t bytes, process *p)
{
    int ends[2];
    if (pipe(ends)) return false;
    fflush(NULL);

    const pid_t parent = getpid(), id = fork();
    if (id < 0) {
        const int reason = errno;
        close(ends[0]);
        close(ends[1]);
        errno = reason;
        return false;
    }
    if (id == 0) {
        close(ends[0]);
        end_with(parent);
        be_process(run, context, number, bytes, ends[1]);
    }
    close(ends[1]);
    *p = (process){.id = id, .result = ends[0]};
    return true;
}

void process_join(process_part *run, void *context, size_t bytes)
{
    (void)run;
    (void)context;
    (void)bytes;
}

intptr_t process_wait(bool *done)
{
    int status = 0;
    const pid_t id = wait(&status);
    *done = id > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return id;
}

bool process_result(process *p, size_t bytes, void *result)
{
    const ssize_t got = read((int)p->result, result, bytes);
    close((int)p->result);
    p->id = 0;
    return got == (ssize_t)bytes;
}

void process_kill(const process *p) { kill((pid_t)p->id, SIGKILL); }
