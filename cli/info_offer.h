/* info_offer.h: how a file converts that does not as it is. */
#ifndef INFO_OFFER_H
#define INFO_OFFER_H

#include "info.h"

/* What would take a file: commands, or none. */
typedef struct offer {
    elman_import *import; /* owner of the rest, or NULL */
    parsed_line line;     /* `elman convert` of what was typed */
    const char *question;
    const elman_proposal *proposals; /* (count) */
    size_t count;
} offer;

/* Looks for it; close it also where nothing was found. */
void offer_open(const parsed_line *typed, const file_facts *file, offer *made);
void offer_close(offer *made);

/* The commands, below each other, or as a member of a record. */
void offer_show(const offer *made);
void offer_record(record *out, const offer *made);

#endif
