/*
 * members.h: which members a JSON object may have that says what a model
 * computes. What is passed over unseen could change the answers, so each is
 * either known or refused by its name.
 */
#ifndef IMPORT_MEMBERS_H
#define IMPORT_MEMBERS_H

#include "format/json.h"

/* Refuses the first member of an object that is not known. known lists names
 * with a space between; a name alone is one that is read or changes no answer,
 * "in_skip=0|false" one that changes none with these values. null is no value.
 * owner begins the sentence: "layer 0". */
elman_status members_check(const json_node *object, const char *known,
                           const char *owner);

/* The same, for a sentence of one's own: the member, or NULL. expected becomes
 * the values of a name that is known, as listed, with their bytes, else 0. */
const json_node *members_find(const json_node *object, const char *known,
                              const char **expected, size_t *bytes);

/* A member as JSON writes it: "in_skip": 1; lists and objects in short. */
void members_print(const json_node *member, size_t room, char *text);

#endif
