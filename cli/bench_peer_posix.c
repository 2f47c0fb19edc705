/*
 * bench_peer_posix.c: programs that time the same shapes in turn with us. Each
 * lives as long as the run, so that starting costs nothing, and is stopped
 * between its turns, or threads of it that spin for a while would take a
 * processor from whoever has the next one. Each is a group of processes: one
 * that is left behind stopped gets a SIGHUP from the system.
 */
#include "bench.h"
#include "screen.h"
#include "system.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A turn that takes longer ends the peer. */
enum { PATIENCE_SECONDS = 300 };

/* In the child: the shell takes its place. */
static void become(const char *command, const int ask[2], const int answer[2])
{
    dup2(ask[0], STDIN_FILENO);
    dup2(answer[1], STDOUT_FILENO);

    close(ask[0]);
    close(ask[1]);
    close(answer[0]);
    close(answer[1]);

    setpgid(0, 0);
    signal(SIGPIPE, SIG_DFL);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

/* A pipe that closes in later children, or a peer would never see the end of
 * its questions. */
static bool open_pipe(int ends[2])
{
    if (pipe(ends)) return false;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return true;
}

/* Starts command; its name is set. */
static int start(const char *command, peer *other)
{
    int ask[2], answer[2];

    /* one pipe for questions, one for answers */
    if (!open_pipe(ask))
        return failed("cannot open a pipe to %s: %s", other->name,
                      strerror(errno));
    if (!open_pipe(answer)) {
        close(ask[0]);
        close(ask[1]);
        return failed("cannot open a pipe from %s: %s", other->name,
                      strerror(errno));
    }

    /* what is still buffered must not be written twice */
    fflush(NULL);
    other->process = fork();
    if (other->process == 0) become(command, ask, answer);
    if (other->process > 0) {
        setpgid(other->process, other->process);
        kill(-other->process, SIGSTOP);
    }
    close(ask[0]);
    close(answer[1]);
    other->ask = fdopen(ask[1], "w");
    other->answer = fdopen(answer[0], "r");
    if (other->process > 0 && other->ask && other->answer) return 0;
    return failed("cannot start %s: %s", other->name, strerror(errno));
}

/* A line "NAME COMMAND", or nothing after a '#'. */
static int read_peer(const char *path, int number, char *line, peer_list *list)
{
    line[strcspn(line, "\n#")] = '\0';
    char *name = line + strspn(line, " \t");
    const size_t length = strcspn(name, " \t");
    if (length == 0) return 0;

    /* the command is the rest of the line */
    const char *command = name + length + strspn(name + length, " \t");
    if (!*command)
        return failed("%s:%d: expected a name and a command, found '%s'",
                      printable(path), number, printable(name));

    if (list->count == PEERS_MOST)
        return failed("%s: more than %d peers", printable(path), PEERS_MOST);

    peer *other = &list->peers[list->count];
    *other = (peer){0};
    snprintf(other->name, sizeof other->name, "%.*s", (int)length, name);
    int code = start(command, other);
    if (!code) list->count++;
    return code;
}

int peers_open(const char *path, peer_list *list)
{
    char line[1024];
    int code = 0;
    *list = (peer_list){0};
    if (!path) return 0;

    FILE *file = file_open(path, "r");
    if (!file) return failed("cannot open '%s': %s", path, strerror(errno));
    for (int number = 1; !code && fgets(line, sizeof line, file); number++)
        code = read_peer(path, number, line, list);
    fclose(file);
    if (code) peers_close(list);
    return code;
}

/* It ends by itself when no more questions can come; one that hangs is killed.
 */
static void stop(peer *other, bool hangs)
{
    if (!other->ask) return;
    fclose(other->ask);
    fclose(other->answer);
    other->ask = other->answer = NULL;
    kill(-other->process, hangs ? SIGKILL : SIGCONT);
    waitpid(other->process, NULL, 0);
}

void peers_close(peer_list *list)
{
    for (size_t n = 0; n < list->count; n++)
        stop(&list->peers[n], false);
    list->count = 0;
}

/* The line that it answers with, into text; false if there will be none. */
static bool hear(peer *other, size_t size, char *text)
{
    struct pollfd ready = {.fd = fileno(other->answer), .events = POLLIN};
    const int found = poll(&ready, 1, PATIENCE_SECONDS * 1000);
    const bool heard = found > 0 && fgets(text, (int)size, other->answer);

    if (!heard) {
        note("%s %s; it is left out from here on", other->name,
             found == 0 ? "does not answer" : "has ended");
        stop(other, found == 0);
    }
    return heard;
}

double peer_time(peer *other, const workload *work, bench_mode mode,
                 int threads, double seconds)
{
    char text[64];
    if (!other->ask) return 0;

    /* the question is a line, and so is the answer */
    kill(-other->process, SIGCONT);
    workload_write(work, ' ', other->ask);
    fprintf(other->ask, " %s %d %g\n", mode_name(mode), threads, seconds);
    fflush(other->ask);
    if (!hear(other, sizeof text, text)) return 0;
    kill(-other->process, SIGSTOP);

    const double taken = strtod(text, NULL);
    return taken > 0 ? taken : 0;
}
