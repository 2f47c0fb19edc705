/*
 * system.h: what the program wants of the operating system, in words that all
 * systems have: system_posix.c says them for Linux, macOS and their kin,
 * system_windows.c and system_file_windows.c for Windows. Paths are UTF-8 on
 * Windows, bytes elsewhere. What fails returns false, NULL or -1 with the
 * reason in errno.
 */
#ifndef SYSTEM_H
#define SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { PATH_ROOM = 4096 }; /* bytes of a path that the program builds */

/* ---- The process --------------------------------------------------------- */

/* First of all: makes sure that descriptors 0 to 2 exist, so that no file
 * opened later becomes one of them, and that writing where nobody reads is an
 * error and no end. On Windows also the arguments as UTF-8, standard streams
 * that pass bytes as they are, and a console that takes UTF-8. */
void system_begin(int *argc, char ***argv);

/* Ends as programs do that nobody reads any more. */
void system_end_unread(void);

/* Has run called with the number of a signal that asks for the end, as Ctrl-C
 * does. once: the next one ends the process, and reading goes on after this
 * one; otherwise all are for run, and waiting ends with EINTR. */
void system_catch_stop(void (*run)(int), bool once);

/* Whatever is called then, also is before it; NULL is nothing. */
void system_note_stop(void (*also)(int));

/* "x86_64, Linux 6.1.0": the processor's kind and the system. */
void system_describe(size_t bytes, char *text);

/* The bytes of memory that this process has loaded; where the system does not
 * tell, the most that it has had. 0: that is not told either. */
double process_bytes(void);

/* Seconds from a fixed moment, which nobody sets, and from 1970. */
double seconds_now(void);
double seconds_since_1970(void);
void seconds_pause(double seconds);

/* Has tick called by a thread of its own, after `first` seconds and then again
 * after each pause, until ticker_stop, which waits for it. One at a time;
 * nothing ticks where no thread can be had. */
void ticker_start(void (*tick)(void), double first, double pause);
void ticker_stop(void);

/* ---- The terminal -------------------------------------------------------- */

/* It shows more than ASCII. On Windows that is so unless the first of LC_ALL,
 * LC_CTYPE and LANG that is set is C or POSIX. */
bool terminal_is_utf8(void);
bool terminal_is_there(int descriptor); /* one that knows escapes */
int terminal_columns(int descriptor);   /* 0 if there are none */
bool terminal_reader_is_gone(void);     /* a pipe's, of standard output */

/* ---- Paths --------------------------------------------------------------- */

typedef struct path_facts {
    bool file, folder; /* neither: a device or a pipe */
    double bytes;
    uint64_t device, number; /* the same for a file under all of its names */
} path_facts;

bool path_look(const char *path, path_facts *facts);
bool path_exists(const char *path);
bool path_same(const char *a, const char *b); /* both exist and are one file */

/* What follows the last separator. */
const char *path_name(const char *path);

/* True for what no name of a file can hold, besides / and what is invisible. */
bool path_forbids(char letter);

/* Whether the folder that path lies in can be written to; it is in folder. True
 * on Windows where there is one. */
bool path_folder_takes(const char *path, size_t bytes, char *folder);

/* The file that a path leads to through symbolic links, or the path itself if
 * there is none, as far as it is shorter than room. */
void path_follow(const char *path, char *file, size_t room);

/* A new name, in the place of what has it; a second name, or the new one only
 * where a file cannot have two. */
bool path_rename(const char *from, const char *to);
bool path_keep(const char *from, const char *to);
void path_remove(const char *path); /* a file; none is fine */

/* Whether a name fits a pattern with *, ? and [a-z], as in a shell. */
bool name_matches(const char *pattern, const char *name);

/* ---- Files --------------------------------------------------------------- */

/* As fopen; other processes do not get it, and bytes are passed as they are. */
FILE *file_open(const char *path, const char *mode);

/* A new file; its name takes the place of XXXXXX at the end of pattern. */
FILE *file_open_new(char *pattern);

/* Puts what was written on the disk. */
bool file_settle(FILE *file);

/* Leaves so many bytes of a file. */
bool file_cut(FILE *file, uint64_t bytes);

/* A descriptor to read from, -1 if there is none. */
int descriptor_open(const char *path);

/* What is printed into file is text, malloc'ed, once it is closed. */
typedef struct text_stream {
    FILE *file;
    char *text;
    size_t bytes;
} text_stream;

bool text_open(text_stream *stream);
bool text_close(text_stream *stream); /* false: text is NULL */

/* ---- Folders ------------------------------------------------------------- */

bool folder_create(const char *path);
bool folder_create_new(char *pattern); /* as file_open_new */
void folder_remove(const char *path);  /* one that is empty */

/* The names in it but those that begin with a dot (count), in order; each and
 * the list are malloc'ed. */
char **folder_list(const char *path, size_t *count);

/* ---- Locks --------------------------------------------------------------- */

/* Takes the lock that the file at path is, which it makes: 0, or the reason,
 * EWOULDBLOCK if another process holds it. */
int lock_take(const char *path, intptr_t *lock);

/* Gives it back, and removes its file. */
void lock_end(const char *path, intptr_t lock);

#endif
