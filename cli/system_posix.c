/*
 * system_posix.c: system.h for Linux, macOS and their kin.
 */
#include "system.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <langinfo.h>
#include <libgen.h>
#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* ---- The process --------------------------------------------------------- */

void system_begin(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;

    /* write errors are reported, not died of */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);

    /* a missing descriptor is opened the wrong way round: writing to it
     * fails with an error line, where a file would have been overwritten */
    for (int d = 0; d <= 2; d++)
        if (fcntl(d, F_GETFD) < 0)
            (void)!open("/dev/null", d == 0 ? O_WRONLY : O_RDONLY);

    setlocale(LC_CTYPE, ""); /* not LC_NUMERIC: numbers keep their point */
}

void system_end_unread(void)
{
    signal(SIGPIPE, SIG_DFL);
    raise(SIGPIPE);
}

static void (*volatile stop_run)(int), (*volatile stop_also)(int);

static void on_stop(int signal_number)
{
    if (stop_also) stop_also(signal_number);
    stop_run(signal_number);
}

void system_note_stop(void (*also)(int)) { stop_also = also; }

void system_catch_stop(void (*run)(int), bool once)
{
    stop_run = run;
    struct sigaction action = {.sa_handler = on_stop};
    if (once) action.sa_flags = (int)SA_RESETHAND | SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

void system_describe(size_t bytes, char *text)
{
    struct utsname host;
    uname(&host);
    snprintf(text, bytes, "%s, %s %s", host.machine, host.sysname,
             host.release);
}

/* The pages of this process that are in memory, the second number of what
 * Linux says of them; 0 if it says nothing. */
static unsigned long long pages_in_memory(void)
{
    char line[128] = "", *second = NULL;
    FILE *file = file_open("/proc/self/statm", "r");
    if (!file) return 0;
    bool told = fgets(line, sizeof line, file) != NULL;
    fclose(file);
    if (told) (void)strtoull(line, &second, 10);
    return second ? strtoull(second, NULL, 10) : 0;
}

double process_bytes(void)
{
    struct rusage used;
    unsigned long long pages = pages_in_memory();
    if (pages) return (double)pages * (double)sysconf(_SC_PAGESIZE);

    if (getrusage(RUSAGE_SELF, &used) != 0) return 0;
#ifdef __APPLE__
    return (double)used.ru_maxrss;
#else
    return 1024 * (double)used.ru_maxrss;
#endif
}

static double read_clock(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double seconds_now(void) { return read_clock(CLOCK_MONOTONIC); }
double seconds_since_1970(void) { return read_clock(CLOCK_REALTIME); }

void seconds_pause(double seconds)
{
    const time_t whole = (time_t)seconds;
    const struct timespec pause = {
        .tv_sec = whole, .tv_nsec = (long)(1e9 * (seconds - (double)whole))};
    nanosleep(&pause, NULL);
}

/* The thread that ticks, which takes no signals. */
static struct {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    void (*tick)(void);
    double first, pause;
    bool runs, ends;
} ticker = {.lock = PTHREAD_MUTEX_INITIALIZER,
            .wake = PTHREAD_COND_INITIALIZER};

static void *tick_on(void *nothing)
{
    double pause = ticker.first;
    pthread_mutex_lock(&ticker.lock);
    while (!ticker.ends) {
        double end = read_clock(CLOCK_REALTIME) + pause;
        struct timespec until = {.tv_sec = (time_t)end};
        until.tv_nsec = (long)(1e9 * (end - (double)until.tv_sec));

        int code = 0;
        while (!ticker.ends && code != ETIMEDOUT)
            code = pthread_cond_timedwait(&ticker.wake, &ticker.lock, &until);
        if (!ticker.ends) ticker.tick();
        pause = ticker.pause;
    }
    pthread_mutex_unlock(&ticker.lock);
    return nothing;
}

void ticker_start(void (*tick)(void), double first, double pause)
{
    sigset_t all, before;
    ticker.tick = tick;
    ticker.first = first;
    ticker.pause = pause;
    ticker.ends = false;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    ticker.runs = !pthread_create(&ticker.thread, NULL, tick_on, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void ticker_stop(void)
{
    if (!ticker.runs) return;
    pthread_mutex_lock(&ticker.lock);
    ticker.ends = true;
    pthread_cond_signal(&ticker.wake);
    pthread_mutex_unlock(&ticker.lock);
    pthread_join(ticker.thread, NULL);
    ticker.runs = false;
}

/* ---- The terminal -------------------------------------------------------- */

bool terminal_is_utf8(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

bool terminal_is_there(int descriptor)
{
    const char *term = getenv("TERM");
    return isatty(descriptor) && term && strcmp(term, "dumb") != 0;
}

int terminal_columns(int descriptor)
{
    struct winsize size;
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

bool terminal_reader_is_gone(void)
{
    struct pollfd output = {.fd = STDOUT_FILENO};
    return poll(&output, 1, 0) == 1 && output.revents & POLLERR;
}

/* ---- Paths --------------------------------------------------------------- */

bool path_look(const char *path, path_facts *facts)
{
    struct stat file;
    if (stat(path, &file) != 0) return false;
    *facts = (path_facts){.file = S_ISREG(file.st_mode),
                          .folder = S_ISDIR(file.st_mode),
                          .bytes = (double)file.st_size,
                          .device = (uint64_t)file.st_dev,
                          .number = (uint64_t)file.st_ino};
    return true;
}

bool path_exists(const char *path) { return access(path, F_OK) == 0; }

bool path_same(const char *a, const char *b)
{
    path_facts one, other;
    return path_look(a, &one) && path_look(b, &other) &&
           one.device == other.device && one.number == other.number;
}

const char *path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool path_forbids(char letter)
{
    (void)letter;
    return false;
}

bool path_folder_takes(const char *path, size_t bytes, char *folder)
{
    char copy[PATH_ROOM];
    snprintf(copy, sizeof copy, "%s", path);
    snprintf(folder, bytes, "%s", dirname(copy));
    return access(folder, W_OK | X_OK) == 0;
}

void path_follow(const char *path, char *file, size_t room)
{
    char *there = realpath(path, NULL);
    bool fits = there && strlen(there) < room;
    snprintf(file, room, "%s", fits ? there : path);
    free(there);
}

bool path_rename(const char *from, const char *to)
{
    return rename(from, to) == 0;
}

bool path_keep(const char *from, const char *to)
{
    return link(from, to) == 0 || rename(from, to) == 0;
}

void path_remove(const char *path) { unlink(path); }

bool name_matches(const char *pattern, const char *name)
{
    return fnmatch(pattern, name, 0) == 0;
}

/* ---- Files --------------------------------------------------------------- */

FILE *file_open(const char *path, const char *mode)
{
    char whole[8];
    snprintf(whole, sizeof whole, "%se", mode);
    return fopen(path, whole);
}

FILE *file_open_new(char *pattern)
{
    const int descriptor = mkstemp(pattern);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    if (!file) {
        const int reason = errno;
        if (descriptor >= 0) {
            close(descriptor);
            unlink(pattern);
        }
        errno = reason;
        return NULL;
    }

    /* as any new file is, and not for the owner alone */
    const mode_t mask = umask(0);
    umask(mask);
    fchmod(descriptor, 0666 & ~mask);
    return file;
}

bool file_settle(FILE *file)
{
    return fflush(file) == 0 && fsync(fileno(file)) == 0;
}

bool file_cut(FILE *file, uint64_t bytes)
{
    return ftruncate(fileno(file), (off_t)bytes) == 0;
}

int descriptor_open(const char *path)
{
    return open(path, O_RDONLY | O_CLOEXEC);
}

bool text_open(text_stream *stream)
{
    *stream = (text_stream){0};
    stream->file = open_memstream(&stream->text, &stream->bytes);
    return stream->file != NULL;
}

bool text_close(text_stream *stream)
{
    const bool whole = fclose(stream->file) == 0;
    if (whole) return true;
    free(stream->text);
    stream->text = NULL;
    return false;
}

/* ---- Folders ------------------------------------------------------------- */

bool folder_create(const char *path) { return mkdir(path, 0777) == 0; }
bool folder_create_new(char *pattern) { return mkdtemp(pattern) != NULL; }
void folder_remove(const char *path) { rmdir(path); }

static int by_name(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

char **folder_list(const char *path, size_t *count)
{
    DIR *folder = opendir(path);
    if (!folder) return NULL;

    size_t room = 16;
    char **names = malloc(room * sizeof *names);
    *count = 0;
    for (struct dirent *entry; names && (entry = readdir(folder));) {
        if (entry->d_name[0] == '.') continue;
        if (*count == room) {
            char **wider = realloc(names, (room *= 2) * sizeof *names);
            if (!wider) break;
            names = wider;
        }
        names[*count] = strdup(entry->d_name);
        if (names[*count]) ++*count;
    }

    closedir(folder);
    if (names) qsort(names, *count, sizeof *names, by_name);
    return names;
}

/* ---- Locks --------------------------------------------------------------- */

int lock_take(const char *path, intptr_t *lock)
{
    for (;;) {
        struct stat held, there;
        const int taken = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (taken < 0) return errno;

        /* a lock that another run holds is not waited for */
        if (flock(taken, LOCK_EX | LOCK_NB) != 0) {
            const int reason = errno;
            close(taken);
            return reason;
        }

        /* ours if the file that is locked is still the one of that name: a
         * run that ended between the two may have removed it, which makes the
         * lock worthless */
        if (fstat(taken, &held) == 0 && stat(path, &there) == 0 &&
            held.st_ino == there.st_ino && held.st_dev == there.st_dev) {
            *lock = taken;
            return 0;
        }
        close(taken);
    }
}

void lock_end(const char *path, intptr_t lock)
{
    /* removed while it is held, so that no other run's is removed */
    unlink(path);
    close((int)lock);
}
