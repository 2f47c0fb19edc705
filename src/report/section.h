/*
 * section.h: the parts of the page of an inspection. Each writes what was
 * measured, and nothing for what was not.
 */
#ifndef REPORT_SECTION_H
#define REPORT_SECTION_H

#include "elman_inspect.h"
#include "report/page.h"

/* A section begins with its title, by which the list of sections leads to it,
 * and ends. */
void section_open(page *p, const char *id, const char *title);
void section_close(page *p);

/* The section of the page that shows a section of an inspection. */
const char *section_id(elman_section section);

void section_flow(page *p, const elman_inspection *of);
void section_truncation(page *p, const elman_inspection *of);
void section_contributions(page *p, const elman_inspection *of);
void section_gates(page *p, const elman_inspection *of);
void section_units(page *p, const elman_inspection *of);
void section_samples(page *p, const elman_inspection *of);
void section_spectrum(page *p, const elman_inspection *of);
void section_exponents(page *p, const elman_inspection *of);
void section_fixed_points(page *p, const elman_inspection *of);
void section_answers(page *p, const elman_inspection *of);
void section_values(page *p, const elman_errors *errors,
                    const elman_inspection *of); /* of answers: numbers */
void section_inputs(page *p, const elman_inspection *of);
void section_settings(page *p, const elman_inspection *of);
void section_absences(page *p, const elman_inspection *of);

/* Curves of several runs, or of one. */
void section_training(page *p, const elman_journal *const *journals,
                      const char *const *names, size_t count);

/* 0, 1, 2 ... times step, from first: count numbers to be freed. */
double *section_counting(page *p, size_t count, double first, double step);

/* ---- Words for what a model reads and answers (words.c) ------------------ */

/* The encoding of the data, or NULL. */
const elman_encoding *words_encoding(const elman_inspection *of);

/* Layer i of a model's config, NULL past the last. */
const elman_layer *words_layer(const elman_model *model, size_t i);

/* Writes the text of a token, or its number. */
void words_token(page *p, const elman_inspection *of, int32_t token);

/* Writes what output is called: a class, a token, a target and how far ahead.
 */
void words_output(page *p, const elman_inspection *of, size_t output);

/* Writes a class or token that is an answer, a dash for a negative one. */
void words_answer(page *p, const elman_inspection *of, elman_task task,
                  int32_t answer);

/* What a target is called. */
enum { TARGET_ROOM = 80 };
void words_target(const elman_inspection *of, size_t target,
                  char name[TARGET_ROOM]);

/* Writes where step of sequence id stands in the file. */
void words_place(page *p, const elman_inspection *of, uint64_t id, size_t step);

/* The token that sequence of the batch reads at step. */
int32_t words_read(const elman_inspection *of, size_t sequence, size_t step);

/* The input of feature there. */
double words_input(const elman_inspection *of, size_t sequence, size_t step,
                   size_t feature);

/* Writes the tokens of a sequence as a text of that id; of an attribution they
 * have its colours, or are grey where it left them as they are, and the one
 * that was asked is outlined. NULL: plain. */
void words_tokens(page *p, const elman_inspection *of, const char *id,
                  size_t sequence, size_t T, const elman_attribution *shown);

/* Writes the tokens before a mistake, as a cell of a table. */
void words_mistake(page *p, const elman_inspection *of,
                   const elman_mistake *mistake);

#endif
