/* stopping.c: see stopping.h. */
#include "stopping.h"
#include "name.h"
#include "screen.h"
#include "system.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t stop_signal;

/* Says text from within a handler of signals, where printf may not be called.
 */
static void say_at_once(const char *text)
{
    (void)!write(STDERR_FILENO, text, (unsigned)strlen(text));
}

/* The first signal lets the step finish; the handler is gone then, and a
 * second one ends the process at once. */
static void on_signal(int signal_number)
{
    stop_signal = signal_number;
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

void stopping_begin(void) { system_catch_stop(on_signal, true); }

int stopping_signal(void) { return stop_signal; }
