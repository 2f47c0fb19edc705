/*
 * explain_experiment.c: the experiments there are, with their own numbers; see
 * experiment.h.
 */
#include "experiment.h"

#include <stddef.h>

const experiment experiments[] = {
    {"exploding",
     "what does a recurrent weight above 1 do to the gradient?",
     "weight,steps",
     {.weight = 11, .T = 5},
     exploding_run},
    {"vanishing",
     "how much of the gradient reaches the first of 20 tanh steps?",
     "weight,steps",
     {.weight = 0.5, .T = 20},
     vanishing_run},
    {"truncated",
     "what does back-propagation in windows lose?",
     "weight,steps,window",
     {.weight = 0.5, .T = 20, .window = 5},
     truncated_run},
    {"lstm",
     "why does an LSTM remember what tanh forgets?",
     "weight,steps",
     {.weight = 0.5, .T = 20},
     lstm_run},
    {"shapes",
     "what are the shapes of states, outputs and weights?",
     "hidden,input,steps,batch",
     {.H = 3, .I = 4, .T = 5, .B = 8},
     shapes_run},
    {"classifier",
     "can it say at the end what came first?",
     "steps,hidden,batch,cell,updates,lr,seed",
     {.H = 16,
      .T = 20,
      .B = 32,
      .kind = ELMAN_GRU,
      .rate = 0.01,
      .seed = 3,
      .updates = 300},
     classifier_run},
    {"backward",
     "is the gradient the one that comes out by hand?",
     "weight,steps",
     {.weight = 0.6, .T = 3},
     backward_run},
    {0},
};
