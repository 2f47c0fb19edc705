/*
 * system_posix.c: system.h for Linux, macOS and other POSIX systems. What only
 * some of them have is asked for by its own name, so that a system nobody
 * thought of gets the plain way.
 */
#include "base/system.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#ifdef __APPLE__
#include <sys/sysctl.h>
#endif

#include "base/clock.h"

/* ---- Locks --------------------------------------------------------------- */

void mutex_lock(mutex *m) { pthread_mutex_lock(&m->lock); }

bool mutex_lock_now(mutex *m) { return pthread_mutex_trylock(&m->lock) == 0; }

void mutex_unlock(mutex *m) { pthread_mutex_unlock(&m->lock); }

void mutex_renew(mutex *m) { *m = (mutex)MUTEX_READY; }

void condition_wait(condition *c, mutex *m)
{
    pthread_cond_wait(&c->variable, &m->lock);
}

void condition_wake(condition *c) { pthread_cond_broadcast(&c->variable); }

void condition_renew(condition *c) { *c = (condition)CONDITION_READY; }

void once_run(once *o, void (*run)(void)) { pthread_once(&o->state, run); }

/* ---- Threads ------------------------------------------------------------- */

static void *run_thread(void *given)
{
    const system_thread *thread = given;
    thread->run(thread->context);
    return NULL;
}

bool system_thread_start(void (*run)(void *context), void *context,
                         size_t stack, system_thread *thread)
{
    pthread_attr_t with_stack;
    sigset_t all, before;
    if (pthread_attr_init(&with_stack)) return false;
    (void)pthread_attr_setstacksize(&with_stack, stack);

    /* a thread inherits the mask of the one that starts it */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread->run = run;
    thread->context = context;
    const bool started =
        !pthread_create(&thread->id, &with_stack, run_thread, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);

    pthread_attr_destroy(&with_stack);
    return started;
}

void system_thread_join(system_thread *thread)
{
    pthread_join(thread->id, NULL);
}

void system_thread_yield(void) { sched_yield(); }

void system_thread_sleep(unsigned milliseconds)
{
    const struct timespec time = {.tv_sec = milliseconds / 1000,
                                  .tv_nsec =
                                      (long)(milliseconds % 1000) * 1000000};
    nanosleep(&time, NULL);
}

#ifdef CPU_COUNT

int system_processor_here(void) { return sched_getcpu(); }

bool system_thread_avoid(const system_thread *thread, int processor)
{
    cpu_set_t set;
    const size_t at = (size_t)processor;
    if (processor < 0 || processor >= CPU_SETSIZE) return false;
    if (pthread_getaffinity_np(thread->id, sizeof set, &set)) return false;
    if (!CPU_ISSET(at, &set) || CPU_COUNT(&set) < 2) return false;

    CPU_CLR(at, &set);
    return !pthread_setaffinity_np(thread->id, sizeof set, &set);
}

void system_thread_allow(int processor)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set)) return;
    CPU_SET((size_t)processor, &set);
    (void)sched_setaffinity(0, sizeof set, &set);
}

#else

int system_processor_here(void) { return -1; }

bool system_thread_avoid(const system_thread *thread, int processor)
{
    (void)thread;
    (void)processor;
    return false;
}

void system_thread_allow(int processor) { (void)processor; }

#endif

bool system_at_fork(void (*before)(void), void (*in_parent)(void),
                    void (*in_child)(void))
{
    return pthread_atfork(before, in_parent, in_child) == 0;
}

int system_processors(void)
{
#ifdef CPU_COUNT /* Linux: those that this process is bound to */
    cpu_set_t set;
    if (!sched_getaffinity(0, sizeof set, &set)) return CPU_COUNT(&set);
#endif
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 1 ? (int)online : 1;
}

/* ---- Memory -------------------------------------------------------------- */

void *system_block_create(size_t unit, size_t bytes)
{
    /* aligned_alloc wants a multiple of unit on macOS and from sanitizers */
    void *block = NULL;
    if (posix_memalign(&block, unit, bytes)) return NULL;
#ifdef MADV_HUGEPAGE
    if (unit == HUGE_PAGE) (void)madvise(block, bytes, MADV_HUGEPAGE);
#endif
    return block;
}

void system_block_destroy(void *block) { free(block); }

/* ---- Clock --------------------------------------------------------------- */

double clock_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- The machine --------------------------------------------------------- */

#ifdef __APPLE__

size_t system_cache_size(int level)
{
    static const char *const names[] = {"hw.l1dcachesize", "hw.l2cachesize",
                                        "hw.l3cachesize"};
    uint64_t size = 0;
    size_t bytes = sizeof size;
    if (sysctlbyname(names[level - 1], &size, &bytes, NULL, 0)) return 0;
    return (size_t)size;
}

void system_processor_name(size_t bytes, char *name)
{
    size_t room = bytes;
    if (sysctlbyname("machdep.cpu.brand_string", name, &room, NULL, 0))
        snprintf(name, bytes, "unknown");
    name[bytes - 1] = 0;
}

#else

/* Reads "48K", "32M" or a plain number from a file of the system; 0 if there is
 * no such file. */
static size_t read_size(const char *path)
{
    char line[32] = "", *end = line;
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    const bool known = fgets(line, sizeof line, file) != NULL;
    fclose(file);

    const unsigned long size = known ? strtoul(line, &end, 10) : 0;
    return size << (*end == 'K' ? 10 : *end == 'M' ? 20 : 0);
}

/* The directory of Linux lists all caches of processor 0: finds the one of this
 * level that holds data. */
static size_t read_listed_cache(int level)
{
    static const char form[] = "/sys/devices/system/cpu/cpu0/cache/index%d/%s";
    char path[80], kind[16];

    for (int index = 0; index < 8; index++) {
        snprintf(path, sizeof path, form, index, "level");
        if (read_size(path) != (size_t)level) continue;

        snprintf(path, sizeof path, form, index, "type");
        FILE *file = fopen(path, "r");
        const bool known = file && fgets(kind, sizeof kind, file);
        if (file) fclose(file);
        if (!known || !strncmp(kind, "Instruction", 11)) continue;

        snprintf(path, sizeof path, form, index, "size");
        return read_size(path);
    }
    return 0;
}

/* glibc adds up the third caches of a whole processor, of which a core reaches
 * one: on a virtual machine of two cores it said 403 MB for 32. */
size_t system_cache_size(int level)
{
    const size_t listed = read_listed_cache(level);
    if (listed > 0) return listed;
#ifdef _SC_LEVEL1_DCACHE_SIZE /* glibc */
    static const int names[] = {_SC_LEVEL1_DCACHE_SIZE, _SC_LEVEL2_CACHE_SIZE,
                                _SC_LEVEL3_CACHE_SIZE};
    const long size = sysconf(names[level - 1]);
    if (size > 0) return (size_t)size;
#endif
    return 0;
}

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* The value of a line "key : value", without white space around it; NULL if the
 * line has another key or no value. Writes a zero into line. */
static const char *value_of(char *line, const char *key)
{
    size_t n = strlen(key);
    if (strncmp(line, key, n) != 0) return NULL;

    /* white space, the colon, white space */
    char *at = line + n;
    while (is_space(*at))
        at++;
    if (*at != ':') return NULL;
    do
        at++;
    while (is_space(*at));

    size_t length = strlen(at);
    while (length && is_space(at[length - 1]))
        length--;
    at[length] = 0;
    return length ? at : NULL;
}

/* x86 calls it "model name"; ARM kernels say "Hardware" or "Model" of the
 * board, if anything. */
void system_processor_name(size_t bytes, char *name)
{
    static const char *const keys[] = {"model name", "Processor", "Hardware",
                                       "Model"};
    enum { KEYS = sizeof keys / sizeof *keys };
    char line[512];
    size_t best = KEYS;

    snprintf(name, bytes, "unknown");
    FILE *file = fopen("/proc/cpuinfo", "r");
    if (!file) return;

    /* the earliest key of the list counts, wherever in the file it is */
    while (best > 0 && fgets(line, sizeof line, file))
        for (size_t i = 0; i < best; i++) {
            const char *value = value_of(line, keys[i]);
            if (!value) continue;
            snprintf(name, bytes, "%s", value);
            best = i;
        }

    fclose(file);
}

#endif
