/*
 * first_pass.c: see first_pass.h. The library says nothing while it reads, so
 * another thread looks at the number of bytes.
 */
#include "first_pass.h"
#include "ranks.h"
#include "screen.h"
#include "system.h"

#include <stdio.h>
#include <string.h>

/* Seconds until it is shown and between two lines: of a terminal, or plain. */
static const double FIRST = 2, REDRAW = 0.2, REPEAT = 10;

static struct {
    const char *path;
    double begun;
    uint64_t bytes; /* read before */
} pass;

static void show(void)
{
    char text[128];
    bool standard = !strcmp(pass.path, "-");
    snprintf(text, sizeof text, "reading %.40s: %s so far, %s",
             standard ? "standard input" : printable(path_name(pass.path)),
             with_bytes((double)(elman_bytes_read() - pass.bytes)),
             with_minutes(seconds_now() - pass.begun));
    if (screen.live) live_line(text);
    else note("%s", text);
}

void first_pass_begin(const char *path)
{
    pass.path = path;
    pass.begun = seconds_now();
    pass.bytes = elman_bytes_read();
    if (!screen.quiet && !rank_follow())
        ticker_start(show, screen.live ? FIRST : REPEAT,
                     screen.live ? REDRAW : REPEAT);
}

void first_pass_end(void)
{
    ticker_stop();
    live_line("");
}

elman_status data_open(const char *path, const elman_dataset_config *config,
                       elman_dataset **dataset)
{
    first_pass_begin(path);
    elman_status status = elman_dataset_open(path, config, dataset);
    first_pass_end();
    return status;
}
