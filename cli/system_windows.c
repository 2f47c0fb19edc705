/*
 * system_windows.c: system.h for Windows: the process and the terminal. Paths
 * and files are in system_file_windows.c.
 */
#include "system.h"

#include <windows.h>

#include <fcntl.h>
#include <io.h>
#include <psapi.h>
#include <shellapi.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "system_windows.h"

/* ---- The process --------------------------------------------------------- */

static UINT codes_before; /* what the console took for text before us */

static void give_console_back(void) { SetConsoleOutputCP(codes_before); }

/* The arguments as UTF-8: main's are in a code page that lacks letters. */
static void read_arguments(int *argc, char ***argv)
{
    int count = 0;
    wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &count);
    char **texts = wide ? calloc((size_t)count + 1, sizeof *texts) : NULL;
    bool whole = texts != NULL;
    for (int n = 0; n < count && whole; n++) {
        texts[n] = text_narrow(wide[n]);
        whole = texts[n] != NULL;
    }

    /* they are there until the end */
    if (whole) {
        *argc = count;
        *argv = texts;
    }
    LocalFree(wide);
}

void system_begin(int *argc, char ***argv)
{
    for (int d = 0; d <= 2; d++) {
        if (_get_osfhandle(d) == -1 || _get_osfhandle(d) == -2)
            (void)!_open("NUL", d == 0 ? _O_WRONLY : _O_RDONLY);
        _setmode(d, _O_BINARY);
    }
    setvbuf(stderr, NULL, _IONBF, 0);
    read_arguments(argc, argv);

    codes_before = GetConsoleOutputCP();
    if (codes_before && SetConsoleOutputCP(CP_UTF8)) atexit(give_console_back);
}

void system_end_unread(void) { _exit(1); }

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
    (void)once; /* the second always ends the process */
    signal(SIGINT, on_stop);
    signal(SIGTERM, on_stop);
    signal(SIGBREAK, on_stop);
}

void system_describe(size_t bytes, char *text)
{
    typedef LONG(WINAPI * read_version)(OSVERSIONINFOW *);
    OSVERSIONINFOW version = {.dwOSVersionInfoSize = sizeof version};
    HMODULE library = GetModuleHandleW(L"ntdll.dll");
    union {
        FARPROC found;
        read_version read;
    } call = {.found =
                  library ? GetProcAddress(library, "RtlGetVersion") : NULL};
    if (call.found) call.read(&version);

    SYSTEM_INFO machine;
    GetNativeSystemInfo(&machine);
    const bool arm =
        machine.wProcessorArchitecture == PROCESSOR_ARCHITECTURE_ARM64;
    snprintf(text, bytes, "%s, Windows %lu.%lu.%lu", arm ? "arm64" : "x86_64",
             version.dwMajorVersion, version.dwMinorVersion,
             version.dwBuildNumber);
}

double process_bytes(void)
{
    PROCESS_MEMORY_COUNTERS used = {.cb = sizeof used};
    return K32GetProcessMemoryInfo(GetCurrentProcess(), &used, sizeof used)
               ? (double)used.WorkingSetSize
               : 0;
}

double seconds_now(void)
{
    LARGE_INTEGER ticks, each;
    QueryPerformanceCounter(&ticks);
    QueryPerformanceFrequency(&each);
    const LONGLONG whole = ticks.QuadPart / each.QuadPart;
    const LONGLONG rest = ticks.QuadPart % each.QuadPart;
    return (double)whole + (double)rest / (double)each.QuadPart;
}

double seconds_since_1970(void)
{
    /* counts of 100 ns since 1601 */
    FILETIME now;
    GetSystemTimePreciseAsFileTime(&now);
    const uint64_t count =
        (uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime;
    return (double)(count - 116444736000000000ull) / 1e7;
}

void seconds_pause(double seconds) { Sleep((DWORD)(1000 * seconds)); }

static struct {
    HANDLE thread, stop;
    void (*tick)(void);
    double first, pause;
} ticker;

static DWORD WINAPI tick_on(void *nothing)
{
    (void)nothing;
    double pause = ticker.first;
    while (WaitForSingleObject(ticker.stop, (DWORD)(1000 * pause)) ==
           WAIT_TIMEOUT) {
        ticker.tick();
        pause = ticker.pause;
    }
    return 0;
}

void ticker_start(void (*tick)(void), double first, double pause)
{
    ticker.tick = tick;
    ticker.first = first;
    ticker.pause = pause;
    ticker.stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (ticker.stop)
        ticker.thread = CreateThread(NULL, 0, tick_on, NULL, 0, NULL);
}

void ticker_stop(void)
{
    if (ticker.thread) {
        SetEvent(ticker.stop);
        WaitForSingleObject(ticker.thread, INFINITE);
        CloseHandle(ticker.thread);
    }
    if (ticker.stop) CloseHandle(ticker.stop);
    ticker.thread = ticker.stop = NULL;
}

/* ---- The terminal -------------------------------------------------------- */

/* The console was told so; who sets a locale may want it otherwise. */
bool terminal_is_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    const char *locale = "";
    for (size_t n = 0; n < 3 && !*locale; n++) {
        const char *found = getenv(names[n]);
        if (found) locale = found;
    }
    return strcmp(locale, "C") != 0 && strcmp(locale, "POSIX") != 0;
}

bool terminal_is_there(int descriptor)
{
    HANDLE console = (HANDLE)_get_osfhandle(descriptor);
    DWORD mode;
    return GetConsoleMode(console, &mode) &&
           SetConsoleMode(console, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
}

int terminal_columns(int descriptor)
{
    CONSOLE_SCREEN_BUFFER_INFO about;
    HANDLE console = (HANDLE)_get_osfhandle(descriptor);
    if (!GetConsoleScreenBufferInfo(console, &about)) return 0;
    return about.srWindow.Right - about.srWindow.Left + 1;
}

bool terminal_reader_is_gone(void)
{
    /* nothing else fails in a pipe, and asking it tells nothing */
    return GetFileType(GetStdHandle(STD_OUTPUT_HANDLE)) == FILE_TYPE_PIPE;
}
