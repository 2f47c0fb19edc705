/* wave.h: recurrent levels on top of each other at once. */
#ifndef LAYER_WAVE_H
#define LAYER_WAVE_H

#include "layer/layer.h"

/* How many layers from l on (of count) can run as a wave over this pass: 0, or
 * at least 2 recurrent levels of one direction. */
size_t wave_length(const layer *l, size_t count, const pass *p);

/* The turns that each level takes. */
size_t wave_turns(const pass *p);

/* Whether they shall run as a wave now; and that they are done, as a wave or
 * one by one. The plan is in s, the state of the first. */
bool wave_choose(const layer *l, size_t count, const pass *p, layer_state *s);
void wave_done(size_t count, const pass *p, layer_state *s);

/* The forward of count layers l, s: x to the y of each. */
void wave_forward(const layer *l, size_t count, const pass *p, layer_state *s,
                  const float *x);

#endif
