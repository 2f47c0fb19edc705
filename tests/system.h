/*
 * system.h: what tests ask of the operating system, in words that Linux, macOS
 * and their kin have anyway; for Windows they are said here.
 */
#ifndef TESTS_SYSTEM_H
#define TESTS_SYSTEM_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef _WIN32

#include <direct.h>
#include <io.h>
#include <process.h>
#include <unistd.h>

/* The folder for temporary files. */
#define TEMPORARY getenv("TEMP")

/* What opens as a file and is none on a disk. */
#define DEVICE "NUL"

static inline char *mkdtemp(char *pattern)
{
    return _mktemp(pattern) && _mkdir(pattern) == 0 ? pattern : NULL;
}

static inline int setenv(const char *name, const char *value, int replace)
{
    if (!replace && getenv(name)) return 0;
    return _putenv_s(name, value);
}

static inline char *stpcpy(char *to, const char *text)
{
    const size_t length = strlen(text);
    memcpy(to, text, length + 1);
    return to + length;
}

/* NULL before 1970. */
static inline struct tm *gmtime_r(const time_t *seconds, struct tm *parts)
{
    return gmtime_s(parts, seconds) == 0 ? parts : NULL;
}

static inline void pause_ms(unsigned milliseconds)
{
    usleep(1000 * milliseconds);
}

/* Whether no permission of a file keeps the user from writing it. */
static inline bool may_write_all(void) { return false; }

/* Runs part in a process of its own, which program is the start of; what it
 * ends with. Here program calls part itself, by a variable of the environment:
 * no process can be copied. */
static inline int process_run(const char *program, void (*part)(void))
{
    (void)part;
    return (int)_spawnl(_P_WAIT, program, "test", NULL);
}

#else

#include <sys/wait.h>
#include <unistd.h>

#define TEMPORARY "/tmp"
#define DEVICE    "/dev/zero"

static inline bool may_write_all(void) { return geteuid() == 0; }

static inline void pause_ms(unsigned milliseconds)
{
    const long rest = (long)(milliseconds % 1000);
    nanosleep(&(struct timespec){milliseconds / 1000, rest * 1000000}, NULL);
}

static inline int process_run(const char *program, void (*part)(void))
{
    (void)program; /* an emulator could not start it again */
    const pid_t child = fork();
    if (child == 0) {
        part();
        _exit(0);
    }
    int code = 1;
    waitpid(child, &code, 0);
    return code;
}

#endif

#endif
