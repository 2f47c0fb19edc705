/*
 * texts.h: texts for a model of tokens that gives classes, to each text or to
 * each of its tokens; 'elman convert --as classify --encoding' made it of one.
 */
#ifndef TEXTS_H
#define TEXTS_H

#include "arrays.h"

/* The notes of such a model: its tokens as an encoding of a language, and the
 * labels, one a line. */
extern const char tokens_note[], labels_note[];

/* True if the model says so. */
bool texts_are_read(const network *net);

/* A label or, of a tagger, one for each token, to each line of a file, or of
 * standard input if path is NULL, at once. Returns 0 or an exit code. */
int texts_predict(const network *net, const char *path, bool probabilities);

/* How often the labels are right that stand in front of each line: a label, or
 * one for each token with blanks between, and a tab. */
int texts_eval(const network *net, const char *path);

/* One text as the numbers of its tokens (T), for a pass; the tokens are the
 * pass's. Returns 0 or an exit code. */
int texts_read(const network *net, const char *name, const char *text,
               size_t bytes, array_pass *pass);

/* A line of what it takes and gives, for 'elman info'. */
void texts_show(const network *net);

#endif
