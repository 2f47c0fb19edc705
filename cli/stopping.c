/* stopping.c: see stopping.h. */
#include "stopping.h"
#include "name.h"
#include "screen.h"
#include "system.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t stop_signal, stop_now;

/* The trainer whose evaluations are left. */
static elman_trainer *volatile stopped_trainer;

/* Says text from within a handler of signals, where printf may not be called.
 */
static void say_at_once(const char *text)
{
    (void)!write(STDERR_FILENO, text, (unsigned)strlen(text));
}

static void stop_at_once(void)
{
    stop_now = 1;
    elman_trainer_stop(stopped_trainer, true);
}

/* The first signal lets the step finish; the handler is gone then, and a
 * second one ends the process at once. */
static void on_signal(int signal_number)
{
    stop_signal = signal_number;
    stop_at_once();
    if (screen.live && !screen.quiet)
        say_at_once("\nfinishing the step and saving; press Ctrl-C again to "
                    "stop at once\n");
}

/* The lock that a run holds before it trains. */
static const char *volatile early_lock;

/* Before the first step there is nothing to save: a signal ends the process at
 * once, however much data is being read. */
static void on_early_signal(int signal_number)
{
    if (screen.live) say_at_once("\r\033[K");
    if (!screen.quiet) {
        say_at_once(name_short());
        say_at_once(": stopped by a signal before anything was saved\n");
    }
    if (early_lock) path_remove(early_lock);
    _exit(128 + signal_number);
}

void stopping_early(void) { system_catch_stop(on_early_signal, true); }

void stopping_lock(const char *path) { early_lock = path; }

void stopping_begin(elman_trainer *trainer)
{
    stopped_trainer = trainer;
    system_catch_stop(on_signal, true);
}

void stopping_end(void)
{
    ticker_stop();
    stopped_trainer = NULL;
}

int stopping_signal(void) { return stop_signal; }

void stopping_allow(double seconds)
{
    stop_now = 0;
    elman_trainer_stop(stopped_trainer, false);
    ticker_start(stop_at_once, seconds, seconds);
}

bool stopping_now(void) { return stop_now; }
