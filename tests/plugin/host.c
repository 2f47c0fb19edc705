/*
 * host.c: a host of plug-ins. host PLUGIN...: each is loaded, computes on some
 * threads and is unloaded, after which no thread of it is left; several at
 * once, with what they made still there, with a child of fork, and with an exit
 * while they work. A check that fails ends the program; a host that hangs is
 * ended by an alarm.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct plugin {
    const char *path;
    void *handle;
    int (*begin)(int threads);
    int (*pass)(void);
    void (*end)(void);
} plugin;

static void require(int holds, const char *what, const char *path)
{
    if (holds) return;
    fprintf(stderr, "%s: %s\n", path, what);
    _exit(1);
}

/* ISO C has no conversion from a pointer to data. */
static void *symbol(const plugin *p, const char *name)
{
    void *found = dlsym(p->handle, name);
    require(found != NULL, name, p->path);
    return found;
}

static plugin load(const char *path)
{
    plugin p = {.path = path, .handle = dlopen(path, RTLD_NOW | RTLD_LOCAL)};
    require(p.handle != NULL, "can not be loaded", path);
    *(void **)&p.begin = symbol(&p, "plugin_begin");
    *(void **)&p.pass = symbol(&p, "plugin_pass");
    *(void **)&p.end = symbol(&p, "plugin_end");
    return p;
}

static void work(const plugin *p, int threads)
{
    require(p->begin(threads) == 0, "does not begin", p->path);
    for (int i = 0; i < 3; i++)
        require(p->pass() == 0, "does not compute", p->path);
}

static void pause_ms(long milliseconds)
{
    nanosleep(&(struct timespec){0, milliseconds * 1000000}, NULL);
}

static int count_threads(void)
{
    DIR *tasks = opendir("/proc/self/task");
    int count = 0;
    for (const struct dirent *task; tasks && (task = readdir(tasks));)
        count += task->d_name[0] != '.';
    if (tasks) closedir(tasks);
    return count;
}

/* Joined threads are gone; a moment is allowed for the list to show it. */
static void unload(const plugin *p, int threads_left)
{
    dlclose(p->handle);
    require(!dlopen(p->path, RTLD_NOW | RTLD_NOLOAD), "is still there",
            p->path);
    for (int i = 0; i < 1000 && count_threads() > threads_left; i++)
        pause_ms(2);
    require(count_threads() == threads_left, "leaves threads", p->path);
}

/* A sanitizer that looks for leaks would find what is left behind. */
#ifdef __SANITIZE_ADDRESS__
enum { LEAVES_A_STATE = -1 };
#else
enum { LEAVES_A_STATE = 2 };
#endif

/* Loaded and unloaded again and again; what it made may still be there. */
static void come_and_go(const char *path)
{
    for (int threads = 1; threads <= 4; threads *= 2)
        for (int i = 0; i < 3; i++) {
            plugin p = load(path);
            work(&p, threads);
            if (i != LEAVES_A_STATE) p.end();
            if (i == 1) pause_ms(20); /* its threads sleep by now */
            unload(&p, 1);
        }
}

/* One goes while another one stays. */
static void two_at_once(const char *path, const char *other)
{
    plugin a = load(path), b = load(other);
    work(&a, 2);
    work(&b, 2);
    a.end();
    unload(&a, 2);
    require(b.pass() == 0, "does not go on", other);
    b.end();
    unload(&b, 1);
}

static atomic_bool over;

static void *work_on(void *given)
{
    const plugin *p = given;
    while (!atomic_load(&over))
        require(p->pass() == 0, "does not go on", p->path);
    return NULL;
}

/* A child of fork computes, while the parent's team works. */
static void fork_while_it_works(const char *path, const char *other)
{
    plugin busy = load(path), idle = load(other);
    work(&busy, 2);
    work(&idle, 2);
    pthread_t worker;
    atomic_store(&over, 0);
    require(!pthread_create(&worker, NULL, work_on, &busy), "no thread", path);

    for (int i = 0; i < 10; i++) {
        pid_t child = fork();
        if (child == 0) {
            alarm(60);
            for (int pass = 0; pass < 3; pass++)
                require(idle.pass() == 0, "no pass in a child", other);
            idle.end();
            unload(&idle, 1);
            exit(0);
        }
        int status = 1;
        require(waitpid(child, &status, 0) == child && status == 0,
                "a child fails", path);
        pause_ms(1);
    }

    atomic_store(&over, 1);
    pthread_join(worker, NULL);
    busy.end();
    idle.end();
    unload(&busy, 2);
    unload(&idle, 1);
}

int main(int count, char **paths)
{
    alarm(300);
    setvbuf(stdout, NULL, _IONBF, 0);
    for (int i = 1; i < count; i++) {
        come_and_go(paths[i]);
        if (i > 1) two_at_once(paths[i - 1], paths[i]);
        if (i > 1) fork_while_it_works(paths[i - 1], paths[i]);
    }

    /* the program ends while threads work */
    static plugin p;
    p = load(paths[1]);
    work(&p, 2);
    pthread_t worker;
    atomic_store(&over, 0);
    require(!pthread_create(&worker, NULL, work_on, &p), "no thread", p.path);
    pause_ms(50);
    puts("unloaded, forked and left without a thread too many");
    return 0;
}
