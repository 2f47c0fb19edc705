/*
 * hdf5_parts.h: what the files of the HDF5 reader share.
 *
 *   hdf5           opens, and goes from object to object
 *   hdf5_header    the messages of an object
 *   hdf5_group     the members of a group
 *   hdf5_array     what lies where in an array
 *   hdf5_chunk     arrays in chunks, put together
 *   hdf5_filter    what was done to the bytes of a chunk, undone
 *   hdf5_attribute texts at an object
 */
#ifndef FORMAT_HDF5_PARTS_H
#define FORMAT_HDF5_PARTS_H

#include "format/hdf5.h"

#include <stdint.h>

/* An address that is none. */
#define HDF5_NOWHERE UINT64_MAX

/* A part of the file that is read from front to back; failed once something
 * was asked for that it does not hold. */
typedef struct span {
    const unsigned char *at, *end;
    bool failed;
} span;

/* A file that is being read. */
typedef struct hdf5_reader {
    hdf5 *file;
    const unsigned char *bytes; /* (size) */
    size_t size;
    unsigned char *seen; /* a bit for each byte: something begins there that
                            may not be visited again */
    uint64_t *address;   /* (objects) of their headers */
    size_t *depth;       /* (objects) */
    size_t object_room, tensor_room, attribute_room, text_room;
    size_t address_room, depth_room, block_room;
    size_t data;       /* bytes of all arrays together */
    size_t lists;      /* bytes of all headers and lists together */
    size_t steps;      /* of walks through global heaps */
    uint64_t unpacked; /* bytes of all arrays that were put together */
} hdf5_reader;

/* A message of an object. */
typedef struct hdf5_message {
    unsigned kind;
    span data;
} hdf5_message;

/* What the messages of an object say of it. */
typedef struct hdf5_header {
    span space, type, layout, filters; /* of an array; at is NULL where there is
                                          none */
    uint64_t tree, heap;               /* of a symbol table, or HDF5_NOWHERE */
    bool is_group, is_array;
} hdf5_header;

/* What kind of elements an array or attribute has. */
typedef struct hdf5_type {
    enum { TYPE_OTHER, TYPE_NUMBER, TYPE_HALF, TYPE_FIXED, TYPE_VARIABLE } kind;
    element_type number; /* TYPE_NUMBER; HALF are two opaque bytes */
    bool swapped;
    size_t bytes; /* of one element */
} hdf5_type;

/* What was done to each chunk of an array, first to last. */
enum { HDF5_MOST_FILTERS = 8 };
typedef struct hdf5_filter {
    unsigned kind;
    uint32_t value; /* its first number: of a shuffle the bytes of an element */
} hdf5_filter;

typedef struct hdf5_filters {
    size_t count;
    hdf5_filter filter[HDF5_MOST_FILTERS];
} hdf5_filters;

/* Bytes that a chunk may have more while its filters are undone. */
enum { HDF5_MORE_ROOM = 4 * HDF5_MOST_FILTERS };

/* Nodes of a tree that are still to be read. */
typedef struct hdf5_nodes {
    uint64_t *address;
    size_t count, room;
} hdf5_nodes;

/* ---- Bytes -------------------------------------------------------------- */

/* bytes of the file from address on, which fails if they are not all in it. */
span hdf5_span(const hdf5_reader *r, uint64_t address, uint64_t bytes);

/* The next bytes as a number, or 0; or where they are, or NULL. */
uint64_t span_number(span *s, size_t bytes);
const unsigned char *span_take(span *s, uint64_t bytes);
size_t span_left(const span *s);

/* Marks address; a failure if something has been there. */
elman_status hdf5_visit(hdf5_reader *r, uint64_t address);

/* Counts bytes of headers and lists, which all together are no more than the
 * file: they may not lie over each other. */
elman_status hdf5_count(hdf5_reader *r, size_t bytes);

/* "damaged: what", and "has what, which elman does not read". */
elman_status hdf5_damaged(const char *what);
elman_status hdf5_refused(const char *what);

/* ---- Parts -------------------------------------------------------------- */

/* Goes through the messages of an object: those that say what it is go to
 * header, attributes and links to the file. */
elman_status hdf5_read_header(hdf5_reader *r, size_t object,
                              hdf5_header *header);

/* Adds a member to a group. */
elman_status hdf5_add_member(hdf5_reader *r, size_t group, const char *name,
                             size_t bytes, uint64_t address);

/* The members by a symbol table; one by a link message. */
elman_status hdf5_read_group(hdf5_reader *r, size_t group,
                             const hdf5_header *header);
elman_status hdf5_read_link(hdf5_reader *r, size_t group, span message);

/* Rank, shape and count of a dataspace; an element's type. */
elman_status hdf5_read_space(span space, named_tensor *tensor);
elman_status hdf5_read_type(span *message, hdf5_type *type);

elman_status hdf5_add_node(hdf5_nodes *nodes, uint64_t address);

/* Fills in the data of an array in chunks; layout begins behind its kind. */
elman_status hdf5_read_chunks(hdf5_reader *r, const hdf5_header *header,
                              span layout, bool newer, size_t element,
                              named_tensor *tensor);

/* The filters of an array. Undone, the last first but those that a chunk has
 * left out, at is wanted bytes, in the file or in one of two rooms of wanted +
 * HDF5_MORE_ROOM. */
elman_status hdf5_read_filters(span message, hdf5_filters *filters);
elman_status hdf5_undo_filters(const hdf5_filters *filters, uint64_t left_out,
                               size_t wanted, unsigned char *const *room,
                               const unsigned char **at, size_t stored);

elman_status hdf5_read_array(hdf5_reader *r, size_t object,
                             const hdf5_header *header);
elman_status hdf5_read_attribute(hdf5_reader *r, size_t object, span message);

#endif
