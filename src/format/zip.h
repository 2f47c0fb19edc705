/*
 * zip.h: where the entries of a zip file are, from its directory
 * (APPNOTE 6.3.10, with the numbers of 64 bits of zip64). What an entry says in
 * the directory and in front of its bytes must agree, and everything must lie
 * in the file; what else an archive has to be is in archive.c.
 */
#ifndef FORMAT_ZIP_H
#define FORMAT_ZIP_H

#include "format/file.h"

#include <stdint.h>

enum { ZIP_STORED = 0, ZIP_DEFLATED = 8 };

/* A file that is read in parts, where it is in memory or not. */
typedef struct zip_source {
    const unsigned char *memory; /* NULL: in the file */
    const file_reader *file;
    size_t size;
} zip_source;

/* The list of entries at the end of a file. */
typedef struct zip_directory {
    zip_source source;
    const unsigned char *list; /* the bytes from begin to end */
    size_t begin, end;         /* of the list, in bytes of the file */
    uint64_t entry_count;      /* at most as many as it has room for */

    unsigned char *own, *room; /* of a file: the list, and a part of it */
    size_t room_bytes;
} zip_directory;

typedef struct zip_entry {
    const char *name; /* (name_bytes) in the list */
    size_t name_bytes;
    unsigned method;
    bool encrypted;
    uint32_t crc;
    uint64_t size, packed; /* bytes, and as they lie in the file */
    size_t head, at;       /* where its header and its bytes begin */
} zip_entry;

/* The list is to be closed, also if this fails. */
elman_status zip_find(zip_source source, zip_directory *list);
void zip_close(zip_directory *list);

/* Reads the entry at *at, which begins as list->begin, and moves *at behind it:
 * after the last one to list->end. */
elman_status zip_read(zip_directory *list, size_t *at, zip_entry *entry);

#endif
