/*
 * facts.h: what was understood of a file, in words, as it is found out.
 */
#ifndef DATA_FACTS_H
#define DATA_FACTS_H

#include "base/status.h"

/* A growing list of elman_fact; it starts as {0}. */
typedef struct facts {
    elman_fact *list;
    size_t count, room;
} facts;

/* Adds a fact; name is a string that stays, the text is made as printf makes
 * it, of at most 1000 bytes. */
__attribute__((format(printf, 4, 5))) elman_status
facts_add(facts *f, const char *name, bool minor, const char *format, ...);
void facts_clear(facts *f);

/* The fact "reading": a file stays where it is, or so many bytes of its rows
 * lie in files of their own. It tells of this run and its memory, not of the
 * data. */
elman_status facts_add_reading(facts *f);
elman_status facts_add_spilled(facts *f, size_t bytes);

#endif
