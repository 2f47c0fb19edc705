/*
 * system_file.h: files for reading, in words that all systems have. Paths are
 * UTF-8 on Windows, bytes elsewhere. What fails returns false or -1 and says
 * why in errno, with the same numbers on every system, so that sentences are
 * the same as well. Whole files are written by format/file.h.
 */
#ifndef BASE_SYSTEM_FILE_H
#define BASE_SYSTEM_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An open file: a descriptor, or a handle of Windows. */
typedef struct system_file {
    intptr_t id;
} system_file;

typedef struct system_file_facts {
    const char *type; /* "a directory", "a pipe" ...; NULL: a regular file */
    uint64_t bytes;
    uint64_t device, number; /* the same for a file under all of its names */
    uint64_t changed; /* when it was written to last, in a unit of the system */
} system_file_facts;

/* The last name of a path: what is behind the folders, as this system writes
 * them. */
const char *system_file_name(const char *path);

/* Opens a file of any type for reading; never waits for another program, as
 * opening a pipe would. */
bool system_file_open(const char *path, system_file *file);

/* The same of a file in a folder or below it: names with / between them, all of
 * which are folders but the last. ELOOP or ENOTDIR if the way goes through a
 * symbolic link or something that is no folder. The caller has refused "..". */
bool system_file_open_below(const char *folder, const char *names,
                            system_file *file);

bool system_file_look(system_file file, system_file_facts *facts);
void system_file_close(system_file file);

/* Reads up to that many bytes from an offset on; how many, 0 at the end. */
ptrdiff_t system_file_read(system_file file, uint64_t offset, size_t bytes,
                           void *data);

/* The first stretch of a file of `bytes` from offset on that takes place on the
 * disk; the rest are holes, which read as zeros. Where the system does not tell
 * it is all the rest. begin is bytes if there is none. */
void system_file_data(system_file file, uint64_t offset, uint64_t bytes,
                      uint64_t *begin, uint64_t *end);

/* Makes an empty file without a name, for writing and reading, which is gone
 * once it is closed, in the folder that this system has for such: TMPDIR; else
 * /var/tmp, as /tmp may be memory, and /tmp where there is none. Messages call
 * it folder, at most room bytes of its path. */
bool system_file_temporary(char *folder, size_t room, system_file *file);

/* Writes all bytes to such a file from an offset on. */
bool system_file_write(system_file file, uint64_t offset, size_t bytes,
                       const void *data);

/* Makes such a file so many bytes long, with room for all of them on its disk;
 * what was not written yet reads as zeros. */
bool system_file_reserve(system_file file, uint64_t bytes);

/* Puts the first bytes of such a file, which has as many, into this process'
 * memory, to read and to write: NULL if there is no room for them. What is
 * written is in the file. Nobody else has it, so nobody makes it shorter. */
void *system_file_map(system_file file, size_t bytes);
void system_file_unmap(void *at, size_t bytes);

/* Takes a mapped file out of the process' memory until it is touched again, if
 * the system can. */
void system_file_unload(void *at, size_t bytes);

/* Bytes of mapped files that are in this process' memory; 0 if the system does
 * not tell. */
size_t system_file_loaded(void);

/* Whether path names what can be read only once: a pipe, or standard input
 * (/dev/stdin) that is no file. */
bool system_is_pipe(const char *path);

/* Opens a pipe, NULL standard input; waits for who writes to it. Read in the
 * same way as a file, but from where it is, as it comes; EINTR where a signal
 * came before any byte. */
bool system_pipe_open(const char *path, system_file *pipe);
ptrdiff_t system_pipe_read(system_file pipe, size_t bytes, void *data);
void system_pipe_close(system_file pipe); /* but for standard input */

#endif
