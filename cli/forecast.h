/*
 * forecast.h: how far forecasts are off, by how far ahead they look, and the
 * last of them next to what came true.
 */
#ifndef FORECAST_H
#define FORECAST_H

#include "predict.h"
#include "record.h"

typedef struct forecast_errors forecast_errors;

/* Forecasts all windows of dataset with the model of run, whose answers it
 * takes. Returns 0 or an exit code after an error line. */
int forecast_errors_open(predictor *run, const elman_dataset *dataset,
                         forecast_errors **errors);
void forecast_errors_close(forecast_errors *errors);

/* A row for each step of the horizon, of a long one some, and each target. */
void forecast_errors_show(const forecast_errors *errors);

/* The last rows: actual, forecast, the difference, and both as a chart. */
void forecast_plot(const forecast_errors *errors);

/* The same as lists "horizons" and "last". */
void forecast_errors_record(record *out, const forecast_errors *errors);

#endif
