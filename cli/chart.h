/*
 * chart.h: the flow of a gradient back through time, as bars and as JSON.
 */
#ifndef CHART_H
#define CHART_H

#include "elman.h"

typedef struct flow {
    char name[64];       /* "layer0", as in the views of a state */
    char cell[64];       /* "LSTM 256" */
    const double *norms; /* (T) k steps before the last */
    size_t T;
    size_t horizon; /* first k under 1 % of the start; T if there is none */
    double factor;  /* mean growth a step, up to the horizon */
} flow;

/* The numbers of one level; norms stay the caller's. */
flow flow_sum(const elman_model *model, size_t level, const double *norms,
              size_t T);

void flows_show(const flow *flows, size_t count);
void flows_record(const char *model, const char *source, const flow *flows,
                  size_t count);

#endif
