/*
 * file.h: whole files in, whole files out.
 *
 * Reading takes a regular file into memory. Writing goes to a temporary file
 * next to the target and replaces the target in one rename, so that a crash at
 * any instant leaves the old content or the new one, never a part.
 */
#ifndef FORMAT_FILE_H
#define FORMAT_FILE_H

#include "base/status.h"
#include "base/system_file.h"

/* Reads all of a regular file; a directory, pipe or device is ELMAN_BAD_FILE.
 * data is followed by a zero byte that bytes does not count; free() it. */
elman_status file_read(const char *path, char **data, size_t *bytes);

/* A regular file that is read in parts, in any order. */
typedef struct file_reader file_reader;
elman_status file_reader_open(const char *path, file_reader **reader);

/* The same of a file that is open already, under a name for messages. It is the
 * reader's, and closed if this fails. */
elman_status file_reader_take(const char *name, system_file file,
                              file_reader **reader);

/* One more who closes this reader; the last one ends it. */
file_reader *file_reader_share(file_reader *reader);
size_t file_reader_size(const file_reader *reader);
const char *file_reader_path(const file_reader *reader); /* as it was given */

/* Reads bytes of the file from at on; fewer, as the file shrank, are a
 * failure. */
elman_status file_reader_read(file_reader *reader, size_t at, void *data,
                              size_t bytes);

/* At least so many bytes from at on and at most room, straight into data: any
 * number of threads may do this at once. */
elman_status file_reader_span(const file_reader *reader, size_t at, void *data,
                              size_t bytes, size_t room, size_t *got);

/* The next stretch from at on that is not a hole of the file, whose bytes are
 * all zero; of a file without holes the rest of it. begin is its size if there
 * is none. */
void file_reader_data(const file_reader *reader, size_t at, size_t *begin,
                      size_t *end);

/* Whether the file is still as long as when it was opened, and was not written
 * to since; else a failure. */
elman_status file_reader_check(const file_reader *reader);
void file_reader_close(file_reader *reader); /* NULL is fine */

/* Where bytes come from: a file, or memory that the caller lends. */
typedef struct byte_source {
    const char *name; /* the file's path, or what messages call the memory */
    const void *data; /* (size) the bytes; NULL: they are in the file */
    size_t size;      /* 0 for a file */
} byte_source;

/* What messages call memory that has no name of its own. */
#define MEMORY_NAME "<memory>"

/* All bytes of source, as file_read gives them: those of memory are copied. */
elman_status source_read(const byte_source *source, char **data, size_t *bytes);

typedef struct file_writer file_writer;

/* Begins to replace path, or what path is a symbolic link to: creates a locked
 * temporary file in the same folder, with the mode of the file it replaces.
 * Temporaries of the same target that a dead process left are removed. */
elman_status file_writer_open(const char *path, file_writer **writer);

/* Appends bytes. After a failure the writer can only be aborted. */
elman_status file_writer_write(file_writer *writer, const void *data,
                               size_t bytes);

/* Replaces the target by what was written, and makes that durable: flush,
 * fsync, rename, fsync of the folder. Ends the writer, also when it fails; then
 * the target is as it was and the temporary is gone. */
elman_status file_writer_commit(file_writer *writer);

/* Removes the temporary and ends the writer; NULL is fine. */
void file_writer_abort(file_writer *writer);

/* Commits the writer if status is ELMAN_OK, else aborts it and returns status:
 * the last step after a series of writes. */
elman_status file_writer_end(file_writer *writer, elman_status status);

/* Replaces path by these bytes. */
elman_status file_write(const char *path, const void *data, size_t bytes);

#endif
