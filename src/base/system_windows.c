/*
 * system_windows.c: system.h for Windows 10 and later, by calls of its own and
 * of its C library; no layer of POSIX threads below.
 */
#include "base/system.h"

#include <windows.h>

#include <malloc.h>
#include <process.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

/* ---- Locks --------------------------------------------------------------- */

_Static_assert(sizeof(mutex) == sizeof(SRWLOCK) &&
                   sizeof(condition) == sizeof(CONDITION_VARIABLE) &&
                   sizeof(once) == sizeof(INIT_ONCE),
               "each of them is a pointer");

void mutex_lock(mutex *m) { AcquireSRWLockExclusive((SRWLOCK *)m); }

bool mutex_lock_now(mutex *m)
{
    return TryAcquireSRWLockExclusive((SRWLOCK *)m);
}

void mutex_unlock(mutex *m) { ReleaseSRWLockExclusive((SRWLOCK *)m); }

void mutex_renew(mutex *m) { *m = (mutex)MUTEX_READY; }

void condition_wait(condition *c, mutex *m)
{
    SleepConditionVariableSRW((CONDITION_VARIABLE *)c, (SRWLOCK *)m, INFINITE,
                              0);
}

void condition_wake(condition *c)
{
    WakeAllConditionVariable((CONDITION_VARIABLE *)c);
}

void condition_renew(condition *c) { *c = (condition)CONDITION_READY; }

typedef struct first {
    void (*run)(void);
} first;

static BOOL CALLBACK run_first(INIT_ONCE *o, void *given, void **result)
{
    (void)o;
    (void)result;
    ((first *)given)->run();
    return TRUE;
}

void once_run(once *o, void (*run)(void))
{
    first only = {run};
    InitOnceExecuteOnce((INIT_ONCE *)o, run_first, &only, NULL);
}

/* ---- Threads ------------------------------------------------------------- */

static unsigned __stdcall run_thread(void *given)
{
    const system_thread *thread = given;
    thread->run(thread->context);
    return 0;
}

bool system_thread_start(void (*run)(void *context), void *context,
                         size_t stack, system_thread *thread)
{
    thread->run = run;
    thread->context = context;

    /* by the C library, which keeps memory for each thread */
    thread->id = _beginthreadex(NULL, (unsigned)stack, run_thread, thread,
                                STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    return thread->id != 0;
}

void system_thread_join(system_thread *thread)
{
    WaitForSingleObject((HANDLE)thread->id, INFINITE);
    CloseHandle((HANDLE)thread->id);
}

void system_thread_yield(void) { SwitchToThread(); }

void system_thread_sleep(unsigned milliseconds) { Sleep(milliseconds); }

int system_processor_here(void) { return -1; }

bool system_thread_avoid(const system_thread *thread, int processor)
{
    (void)thread;
    (void)processor;
    return false;
}

void system_thread_allow(int processor) { (void)processor; }

bool system_at_fork(void (*before)(void), void (*in_parent)(void),
                    void (*in_child)(void))
{
    (void)before;
    (void)in_parent;
    (void)in_child;
    return true;
}

int system_processors(void)
{
    DWORD_PTR own = 0, all = 0;
    GetProcessAffinityMask(GetCurrentProcess(), &own, &all);

    /* no mask: the processors of a large machine are in several groups */
    int count = own ? 0 : (int)GetActiveProcessorCount(ALL_PROCESSOR_GROUPS);
    for (; own; own &= own - 1)
        count++;
    return count > 1 ? count : 1;
}

/* ---- Memory -------------------------------------------------------------- */

/* Large pages need a right that hardly any user has, so none are asked for. */
void *system_block_create(size_t unit, size_t bytes)
{
    return _aligned_malloc(bytes, unit);
}

void system_block_destroy(void *block) { _aligned_free(block); }

/* ---- Clock --------------------------------------------------------------- */

double clock_seconds(void)
{
    LARGE_INTEGER ticks, per_second;
    QueryPerformanceCounter(&ticks);
    QueryPerformanceFrequency(&per_second);
    return (double)ticks.QuadPart / (double)per_second.QuadPart;
}

/* ---- The machine --------------------------------------------------------- */

size_t system_cache_size(int level)
{
    size_t size = 0;
    DWORD bytes = 0;
    GetLogicalProcessorInformation(NULL, &bytes);
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION *all = malloc(bytes ? bytes : 1);

    /* the first one is a cache of the first processor */
    const size_t count = all && GetLogicalProcessorInformation(all, &bytes)
                             ? bytes / sizeof *all
                             : 0;
    for (size_t i = 0; i < count && size == 0; i++)
        if (all[i].Relationship == RelationCache &&
            all[i].Cache.Level == level &&
            all[i].Cache.Type != CacheInstruction)
            size = all[i].Cache.Size;

    free(all);
    return size;
}

void system_processor_name(size_t bytes, char *name)
{
    static const char key[] =
        "HARDWARE\\DESCRIPTION\\System\\CentralProcessor\\0";
    DWORD room = (DWORD)bytes;
    if (RegGetValueA(HKEY_LOCAL_MACHINE, key, "ProcessorNameString",
                     RRF_RT_REG_SZ, NULL, name, &room))
        snprintf(name, bytes, "unknown");
}
