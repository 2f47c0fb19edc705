/*
 * archive.h: the entries of a zip file, unpacked by zlib. A build
 * without it (ELMAN_ZIP off) refuses every archive: see archive_absent.c.
 *
 * Refused when it is opened: two entries of one name, names that are absolute,
 * contain ".." or are not UTF-8, encryption, entries that share bytes, methods
 * other than stored and deflated, headers that disagree, and entries over 1
 * MiB, alone or together, that grow more than a hundredfold.
 */
#ifndef FORMAT_ARCHIVE_H
#define FORMAT_ARCHIVE_H

#include "format/file.h"

typedef struct archive archive;

/* bytes must have been malloc'ed and are freed by close or by the failure. */
elman_status archive_parse(char *bytes, size_t size, archive **file);

/* The same of a file that stays where it is, and is the caller's to close. */
elman_status archive_open(const file_reader *reader, archive **file);
void archive_close(archive *file);

size_t archive_entry_count(const archive *file);

/* The name and the uncompressed size of an entry. Entries are in order of
 * their names. */
const char *archive_name(const archive *file, size_t entry);
size_t archive_size(const archive *file, size_t entry);

/* The entry of that name; archive_entry_count if there is none. */
size_t archive_find(const archive *file, const char *name);

/* Its bytes, in the archive's memory; read once. A size or CRC that differs
 * from the header's is ELMAN_BAD_FORMAT with the entry's name. */
elman_status archive_read(archive *file, size_t entry, char **data);

/* Where the bytes of an entry begin in the file, if they are stored as they
 * are; else 0. The check goes through them for their CRC. */
size_t archive_place(const archive *file, size_t entry);
elman_status archive_check(const archive *file, size_t entry);

/* Frees the file itself: what has been read stays, but nothing more can be
 * read. */
void archive_finish(archive *file);

#endif
