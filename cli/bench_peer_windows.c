/*
 * bench_peer_windows.c: there are no peers on Windows, whose shell is another.
 */
#include "bench.h"
#include "screen.h"

int peers_open(const char *path, peer_list *list)
{
    *list = (peer_list){0};
    if (!path) return 0;
    return failed("--peers '%s': other programs are not measured on Windows; "
                  "leave the option out",
                  path);
}

void peers_close(peer_list *list) { list->count = 0; }

double peer_time(peer *other, const workload *work, bench_mode mode,
                 int threads, double seconds)
{
    (void)other;
    (void)work;
    (void)mode;
    (void)threads;
    (void)seconds;
    return 0;
}
