/*
 * inspect_parts.h: the sections of `elman inspect` on the terminal, as
 * inspect_sections.c, inspect_answers.c and inspect_dynamics.c draw them.
 */
#ifndef INSPECT_PARTS_H
#define INSPECT_PARTS_H

#include "inspect.h"

/* "\nflow  how far back ...": what stands over a section. */
void title_show(elman_section section);

/* inspect_sections.c */
void flow_show(const inspect_view *view);
void gates_show(const inspect_view *view);
void truncation_show(const inspect_view *view);
void training_show(const inspect_view *view);
void inputs_show(const inspect_view *view);

/* inspect_answers.c */
void errors_show(const inspect_view *view);
void samples_show(const inspect_view *view);
void units_show(const inspect_view *view);

/* inspect_dynamics.c */
void exponents_show(const inspect_view *view);
void spectrum_show(const inspect_view *view);
void points_show(const inspect_view *view);
void contributions_show(const inspect_view *view);

#endif
