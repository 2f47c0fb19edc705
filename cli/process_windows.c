/*
 * process_windows.c: process.h for Windows, which cannot copy a process: each
 * part is this command line begun once more, and its environment says which.
 */
#include "process.h"
#include "system.h"

#include <windows.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* In the environment of a process that works out a part: "NUMBER HANDLE", which
 * part it is and the pipe that takes its result. */
#define PART "ELMAN_PART"

static HANDLE running[MAXIMUM_WAIT_OBJECTS];
static DWORD running_count;

/* Ends all that are in it when this process does, however that is. */
static HANDLE open_group(void)
{
    static HANDLE group;
    if (group) return group;
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {
        .BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE};
    group = CreateJobObjectW(NULL, NULL);
    if (group)
        SetInformationJobObject(group, JobObjectExtendedLimitInformation,
                                &limits, sizeof limits);
    return group;
}

/* Begins this command line once more, with the handles that can be inherited.
 */
static HANDLE begin_again(void)
{
    wchar_t program[PATH_ROOM];
    const DWORD length = GetModuleFileNameW(NULL, program, PATH_ROOM);
    if (!length || length >= PATH_ROOM) return NULL;
    wchar_t *line = _wcsdup(GetCommandLineW());
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION made = {0};
    if (line && CreateProcessW(program, line, NULL, NULL, TRUE, 0, NULL, NULL,
                               &start, &made)) {
        AssignProcessToJobObject(open_group(), made.hProcess);
        CloseHandle(made.hThread);
    }
    free(line);
    return made.hProcess;
}

bool process_begin(process_part *run, void *context, size_t number,
                   size_t bytes, process *p)
{
    (void)run; /* process_join knows both */
    (void)context;
    SECURITY_ATTRIBUTES inherited = {.nLength = sizeof inherited,
                                     .bInheritHandle = TRUE};
    HANDLE from, to;
    errno = EAGAIN;
    if (running_count == MAXIMUM_WAIT_OBJECTS ||
        !CreatePipe(&from, &to, &inherited, (DWORD)bytes))
        return false;
    SetHandleInformation(from, HANDLE_FLAG_INHERIT, 0);

    /* the number and the pipe, for this one alone */
    char part[64];
    snprintf(part, sizeof part, "%zu %llu", number,
             (unsigned long long)(uintptr_t)to);
    SetEnvironmentVariableA(PART, part);
    HANDLE made = begin_again();
    SetEnvironmentVariableA(PART, NULL);
    CloseHandle(to);
    if (!made) {
        CloseHandle(from);
        errno = EAGAIN;
        return false;
    }

    running[running_count++] = made;
    *p = (process){.id = (intptr_t)made, .result = (intptr_t)from};
    return true;
}

void process_join(process_part *run, void *context, size_t bytes)
{
    const char *part = getenv(PART);
    if (!part) return;
    char *rest;
    const size_t number = (size_t)strtoull(part, &rest, 10);
    HANDLE to = (HANDLE)(uintptr_t)strtoull(rest, NULL, 10);

    /* nothing is printed, and the result goes into its pipe */
    void *result = calloc(1, bytes);
    DWORD written = 0;
    (void)!freopen("NUL", "w", stdout);
    int code = result ? run(context, number, result) : 1;
    if (!code && (!WriteFile(to, result, (DWORD)bytes, &written, NULL) ||
                  written != bytes))
        code = 1;
    _exit(code);
}

intptr_t process_wait(bool *done)
{
    *done = false;
    errno = ECHILD;
    if (!running_count) return -1;
    const DWORD n =
        WaitForMultipleObjects(running_count, running, FALSE, INFINITE);
    if (n >= running_count) return -1;

    HANDLE ended = running[n];
    DWORD code = 1;
    running[n] = running[--running_count];
    *done = GetExitCodeProcess(ended, &code) && code == 0;
    CloseHandle(ended);
    return (intptr_t)ended;
}

bool process_result(process *p, size_t bytes, void *result)
{
    DWORD got = 0;
    HANDLE from = (HANDLE)p->result;
    const bool whole =
        ReadFile(from, result, (DWORD)bytes, &got, NULL) && got == bytes;
    CloseHandle(from);
    p->id = 0;
    return whole;
}

void process_kill(const process *p) { TerminateProcess((HANDLE)p->id, 1); }
