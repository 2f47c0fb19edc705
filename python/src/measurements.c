/*
 * measurements.c: the fields of elman_inspect.h's structs, by name. Sizes that
 * arrays need come first.
 */
#include "core.h"

#define ONE(s, name, type)                                                     \
    {                                                                          \
#name, type, offsetof(s, name), {NULL }, NULL, 0, NULL                 \
    }
#define VECTOR(s, name, type, n)                                               \
    {                                                                          \
#name, type, offsetof(s, name), {n }, NULL, 0, NULL                    \
    }
#define MATRIX(s, name, type, n, m)                                            \
    {                                                                          \
#name, type, offsetof(s, name), {n, m }, NULL, 0, NULL                 \
    }
#define INSIDE(s, name, table)                                                 \
    {                                                                          \
#name, RESULT_STRUCT, offsetof(s, name), {NULL }, table, 0, NULL       \
    }
#define BEHIND(s, name, table)                                                 \
    {                                                                          \
#name, RESULT_POINTER, offsetof(s, name), {NULL }, table, 0, NULL      \
    }
#define ROWS(s, name, n, table, row)                                           \
    {                                                                          \
#name, RESULT_ROWS, offsetof(s, name), {n }, table, sizeof(row), NULL  \
    }
#define WORD(s, name, words)                                                   \
    {                                                                          \
#name, RESULT_WORD, offsetof(s, name), {NULL }, NULL, 0, words         \
    }
#define END                                                                    \
    {                                                                          \
        NULL, RESULT_BOOL, 0, {NULL}, NULL, 0, NULL                            \
    }

static const char *const verdicts[] = {"unknown", "vanishing", "steady",
                                       "exploding"};
static const char *const severities[] = {"fine", "note", "alarm"};
static const char *const tasks[] = {"auto",     "language", "classify", "tag",
                                    "forecast", "regress",  "track"};

/* ---- gradients through time ---------------------------------------------- */

static const result horizon_results[] = {
    ONE(elman_horizon, T, RESULT_SIZE),
    VECTOR(elman_horizon, norms, RESULT_DOUBLES, "T"),
    ONE(elman_horizon, half, RESULT_SIZE),
    ONE(elman_horizon, tenth, RESULT_SIZE),
    ONE(elman_horizon, hundredth, RESULT_SIZE),
    ONE(elman_horizon, rate, RESULT_DOUBLE),
    WORD(elman_horizon, verdict, verdicts),
    END,
};

static const result flow_level_results[] = {
    ONE(elman_flow_level, name, RESULT_CHARS),
    ONE(elman_flow_level, level, RESULT_SIZE),
    ONE(elman_flow_level, H, RESULT_SIZE),
    ONE(elman_flow_level, reverse, RESULT_BOOL),
    MATRIX(elman_flow_level, h, RESULT_FLOATS, "T", "T"),
    MATRIX(elman_flow_level, c, RESULT_FLOATS, "T", "T"),
    MATRIX(elman_flow_level, c_path, RESULT_FLOATS, "T", "T"),
    MATRIX(elman_flow_level, h_path, RESULT_FLOATS, "T", "T"),
    INSIDE(elman_flow_level, horizon, horizon_results),
    INSIDE(elman_flow_level, c_horizon, horizon_results),
    END,
};
const result flow_results[] = {
    ONE(elman_flow, T, RESULT_SIZE),
    ONE(elman_flow, count, RESULT_SIZE),
    ROWS(elman_flow, levels, "count", flow_level_results, elman_flow_level),
    END,
};

static const result contribution_results[] = {
    ONE(elman_contribution, name, RESULT_TEXT),
    ONE(elman_contribution, norm, RESULT_DOUBLE),
    VECTOR(elman_contribution, norms, RESULT_DOUBLES, "T"),
    VECTOR(elman_contribution, shares, RESULT_DOUBLES, "T"),
    END,
};
const result contributions_results[] = {
    ONE(elman_contributions, T, RESULT_SIZE),
    ONE(elman_contributions, count, RESULT_SIZE),
    ROWS(elman_contributions, parameters, "count", contribution_results,
         elman_contribution),
    END,
};

static const result window_results[] = {
    ONE(elman_truncation_window, steps, RESULT_SIZE),
    ONE(elman_truncation_window, cosine, RESULT_DOUBLE),
    ONE(elman_truncation_window, ratio, RESULT_DOUBLE),
    END,
};
const result truncation_results[] = {
    ONE(elman_truncation, count, RESULT_SIZE),
    ROWS(elman_truncation, windows, "count", window_results,
         elman_truncation_window),
    ONE(elman_truncation, enough, RESULT_SIZE),
    END,
};

/* ---- dynamics ------------------------------------------------------------ */

static const result matrix_results[] = {
    ONE(elman_spectrum_matrix, name, RESULT_CHARS),
    ONE(elman_spectrum_matrix, n, RESULT_SIZE),
    VECTOR(elman_spectrum_matrix, real, RESULT_DOUBLES, "n"),
    VECTOR(elman_spectrum_matrix, imaginary, RESULT_DOUBLES, "n"),
    ONE(elman_spectrum_matrix, radius, RESULT_DOUBLE),
    ONE(elman_spectrum_matrix, norm, RESULT_DOUBLE),
    ONE(elman_spectrum_matrix, residual, RESULT_DOUBLE),
    END,
};
const result spectrum_results[] = {
    ONE(elman_spectrum, count, RESULT_SIZE),
    ROWS(elman_spectrum, matrices, "count", matrix_results,
         elman_spectrum_matrix),
    ONE(elman_spectrum, absent, RESULT_TEXT),
    END,
};

static const result exponents_level_results[] = {
    ONE(elman_exponents_level, name, RESULT_CHARS),
    ONE(elman_exponents_level, count, RESULT_SIZE),
    VECTOR(elman_exponents_level, values, RESULT_DOUBLES, "count"),
    ONE(elman_exponents_level, dimension, RESULT_DOUBLE),
    ONE(elman_exponents_level, windows, RESULT_SIZE),
    MATRIX(elman_exponents_level, finite, RESULT_DOUBLES, "windows", "count"),
    END,
};
const result exponents_results[] = {
    ONE(elman_exponents, T, RESULT_SIZE),
    ONE(elman_exponents, window, RESULT_SIZE),
    ONE(elman_exponents, count, RESULT_SIZE),
    ROWS(elman_exponents, levels, "count", exponents_level_results,
         elman_exponents_level),
    ONE(elman_exponents, largest, RESULT_DOUBLE),
    ONE(elman_exponents, skipped, RESULT_SIZE),
    END,
};

const result point_sizes_results[] = {
    ONE(point_sizes, h_size, RESULT_SIZE),
    ONE(point_sizes, c_size, RESULT_SIZE),
    END,
};
static const result point_results[] = {
    VECTOR(elman_fixed_point, h, RESULT_DOUBLES, "h_size"),
    VECTOR(elman_fixed_point, c, RESULT_DOUBLES, "c_size"),
    ONE(elman_fixed_point, speed, RESULT_DOUBLE),
    ONE(elman_fixed_point, distance, RESULT_DOUBLE),
    ONE(elman_fixed_point, starts, RESULT_SIZE),
    VECTOR(elman_fixed_point, real, RESULT_DOUBLES, "n"),
    VECTOR(elman_fixed_point, imaginary, RESULT_DOUBLES, "n"),
    ONE(elman_fixed_point, radius, RESULT_DOUBLE),
    ONE(elman_fixed_point, unstable, RESULT_SIZE),
    ONE(elman_fixed_point, stable, RESULT_BOOL),
    END,
};
const result fixed_points_results[] = {
    ONE(elman_fixed_points, n, RESULT_SIZE),
    ONE(elman_fixed_points, count, RESULT_SIZE),
    ROWS(elman_fixed_points, points, "count", point_results, elman_fixed_point),
    ONE(elman_fixed_points, starts, RESULT_SIZE),
    ONE(elman_fixed_points, lost, RESULT_SIZE),
    ONE(elman_fixed_points, absent, RESULT_TEXT),
    END,
};

/* ---- gates and units ----------------------------------------------------- */

static const result gate_results[] = {
    ONE(elman_gate, name, RESULT_TEXT),
    ONE(elman_gate, least, RESULT_DOUBLE),
    ONE(elman_gate, most, RESULT_DOUBLE),
    VECTOR(elman_gate, histogram, RESULT_PLAIN_COUNTS, "40"),
    ONE(elman_gate, low, RESULT_DOUBLE),
    ONE(elman_gate, high, RESULT_DOUBLE),
    ONE(elman_gate, mean, RESULT_DOUBLE),
    VECTOR(elman_gate, unit_low, RESULT_DOUBLES, "H"),
    VECTOR(elman_gate, unit_high, RESULT_DOUBLES, "H"),
    VECTOR(elman_gate, unit_mean, RESULT_DOUBLES, "H"),
    END,
};
static const result pair_results[] = {
    ONE(elman_unit_pair, first, RESULT_SIZE),
    ONE(elman_unit_pair, second, RESULT_SIZE),
    ONE(elman_unit_pair, correlation, RESULT_DOUBLE),
    END,
};
static const result gates_level_results[] = {
    ONE(elman_gates_level, name, RESULT_CHARS),
    ONE(elman_gates_level, H, RESULT_SIZE),
    ONE(elman_gates_level, gate_count, RESULT_SIZE),
    ROWS(elman_gates_level, gates, "gate_count", gate_results, elman_gate),
    VECTOR(elman_gates_level, unit_spread, RESULT_DOUBLES, "H"),
    ONE(elman_gates_level, dead, RESULT_SIZE),
    VECTOR(elman_gates_level, unit_dead, RESULT_BOOLS, "H"),
    ONE(elman_gates_level, duplicates, RESULT_SIZE),
    ROWS(elman_gates_level, pairs, "duplicates", pair_results, elman_unit_pair),
    VECTOR(elman_gates_level, time_constant, RESULT_DOUBLES, "H"),
    VECTOR(elman_gates_level, time_share, RESULT_PLAIN_DOUBLES, "8"),
    ONE(elman_gates_level, saturation, RESULT_DOUBLE),
    END,
};
_Static_assert(ELMAN_GATE_BINS == 40 && ELMAN_TIME_BINS == 8 &&
                   ELMAN_CALIBRATION_BINS == 10,
               "the tables say so");
const result gates_results[] = {
    ONE(elman_gates, count, RESULT_SIZE),
    ROWS(elman_gates, levels, "count", gates_level_results, elman_gates_level),
    END,
};

static const result units_level_results[] = {
    ONE(elman_units_level, name, RESULT_CHARS),
    ONE(elman_units_level, R, RESULT_SIZE),
    MATRIX(elman_units_level, h, RESULT_FLOATS, "T", "R"),
    END,
};
static const result match_results[] = {
    ONE(elman_unit_match, name, RESULT_CHARS),
    ONE(elman_unit_match, level, RESULT_SIZE),
    ONE(elman_unit_match, unit, RESULT_SIZE),
    ONE(elman_unit_match, reverse, RESULT_BOOL),
    ONE(elman_unit_match, correlation, RESULT_DOUBLE),
    ONE(elman_unit_match, held_out, RESULT_DOUBLE),
    END,
};
const result units_results[] = {
    ONE(elman_units, T, RESULT_SIZE),
    ONE(elman_units, sequence, RESULT_SIZE),
    ONE(elman_units, count, RESULT_SIZE),
    ROWS(elman_units, levels, "count", units_level_results, elman_units_level),
    ONE(elman_units, match_count, RESULT_SIZE),
    ROWS(elman_units, matches, "match_count", match_results, elman_unit_match),
    END,
};

/* ---- answers ------------------------------------------------------------- */

const result attribution_results[] = {
    ONE(elman_attribution, T, RESULT_SIZE),
    ONE(elman_attribution, I, RESULT_SIZE),
    ONE(elman_attribution, step, RESULT_SIZE),
    ONE(elman_attribution, output, RESULT_SIZE),
    MATRIX(elman_attribution, values, RESULT_DOUBLES, "T", "I"),
    VECTOR(elman_attribution, steps, RESULT_DOUBLES, "T"),
    VECTOR(elman_attribution, features, RESULT_DOUBLES, "I"),
    ONE(elman_attribution, answer, RESULT_DOUBLE),
    ONE(elman_attribution, baseline_answer, RESULT_DOUBLE),
    ONE(elman_attribution, gap, RESULT_DOUBLE),
    ONE(elman_attribution, first, RESULT_SIZE),
    END,
};

static const result mistake_results[] = {
    ONE(elman_mistake, id, RESULT_UINT64),
    ONE(elman_mistake, step, RESULT_SIZE),
    ONE(elman_mistake, loss, RESULT_DOUBLE),
    ONE(elman_mistake, truth, RESULT_INT32),
    ONE(elman_mistake, answer, RESULT_INT32),
    ONE(elman_mistake, probability, RESULT_DOUBLE),
    ONE(elman_mistake, wanted, RESULT_DOUBLE),
    ONE(elman_mistake, given, RESULT_DOUBLE),
    ONE(elman_mistake, target, RESULT_SIZE),
    ONE(elman_mistake, before_count, RESULT_SIZE),
    VECTOR(elman_mistake, before, RESULT_TOKENS, "before_count"),
    END,
};
const result errors_results[] = {
    WORD(elman_errors, task, tasks),
    ONE(elman_errors, targets, RESULT_UINT64),
    ONE(elman_errors, loss, RESULT_DOUBLE),
    ONE(elman_errors, accuracy, RESULT_DOUBLE),
    ONE(elman_errors, largest_share, RESULT_DOUBLE),
    ONE(elman_errors, class_count, RESULT_SIZE),
    MATRIX(elman_errors, confusion, RESULT_COUNTS, "class_count",
           "class_count"),
    VECTOR(elman_errors, calibration_counts, RESULT_PLAIN_COUNTS, "10"),
    VECTOR(elman_errors, calibration_accuracy, RESULT_PLAIN_DOUBLES, "10"),
    VECTOR(elman_errors, calibration_confidence, RESULT_PLAIN_DOUBLES, "10"),
    ONE(elman_errors, calibration_error, RESULT_DOUBLE),
    ONE(elman_errors, mistake_count, RESULT_SIZE),
    ROWS(elman_errors, mistakes, "mistake_count", mistake_results,
         elman_mistake),
    ONE(elman_errors, positions, RESULT_SIZE),
    VECTOR(elman_errors, position_loss, RESULT_DOUBLES, "positions"),
    ONE(elman_errors, position_steps, RESULT_SIZE),
    ONE(elman_errors, target_count, RESULT_SIZE),
    ONE(elman_errors, horizon, RESULT_SIZE),
    MATRIX(elman_errors, residual_mean, RESULT_DOUBLES, "horizon",
           "target_count"),
    MATRIX(elman_errors, residual_rms, RESULT_DOUBLES, "horizon",
           "target_count"),
    MATRIX(elman_errors, naive_rms, RESULT_DOUBLES, "horizon", "target_count"),
    VECTOR(elman_errors, correlation, RESULT_DOUBLES, "target_count"),
    ONE(elman_errors, shown, RESULT_SIZE),
    MATRIX(elman_errors, truth, RESULT_DOUBLES, "shown", "target_count"),
    MATRIX(elman_errors, answer, RESULT_DOUBLES, "shown", "target_count"),
    END,
};

const result pulse_results[] = {
    ONE(elman_pulse, horizon, RESULT_DOUBLE),
    ONE(elman_pulse, rate, RESULT_DOUBLE),
    WORD(elman_pulse, verdict, verdicts),
    ONE(elman_pulse, saturation, RESULT_DOUBLE),
    ONE(elman_pulse, level, RESULT_SIZE),
    ONE(elman_pulse, saturated_level, RESULT_SIZE),
    END,
};

/* ---- all of it ----------------------------------------------------------- */

static const result finding_results[] = {
    ONE(elman_finding, name, RESULT_TEXT),
    WORD(elman_finding, severity, severities),
    ONE(elman_finding, value, RESULT_DOUBLE),
    ONE(elman_finding, text, RESULT_TEXT),
    ONE(elman_finding, advice, RESULT_TEXT),
    END,
};
static const result absence_results[] = {
    ONE(elman_absence, why, RESULT_TEXT),
    END,
};
static const result input_results[] = {
    ONE(elman_input, name, RESULT_TEXT),
    ONE(elman_input, mean, RESULT_DOUBLE),
    ONE(elman_input, deviation, RESULT_DOUBLE),
    ONE(elman_input, least, RESULT_DOUBLE),
    ONE(elman_input, most, RESULT_DOUBLE),
    ONE(elman_input, missing, RESULT_DOUBLE),
    ONE(elman_input, importance, RESULT_DOUBLE),
    END,
};
const result inspection_results[] = {
    ONE(elman_inspection, finding_count, RESULT_SIZE),
    ROWS(elman_inspection, findings, "finding_count", finding_results,
         elman_finding),
    ONE(elman_inspection, absence_count, RESULT_SIZE),
    ROWS(elman_inspection, absences, "absence_count", absence_results,
         elman_absence),
    ONE(elman_inspection, input_count, RESULT_SIZE),
    ROWS(elman_inspection, inputs, "input_count", input_results, elman_input),
    BEHIND(elman_inspection, flow, flow_results),
    BEHIND(elman_inspection, gates, gates_results),
    BEHIND(elman_inspection, errors, errors_results),
    BEHIND(elman_inspection, truncation, truncation_results),
    ONE(elman_inspection, sample_count, RESULT_SIZE),
    {"samples",
     RESULT_POINTERS,
     offsetof(elman_inspection, samples),
     {"sample_count"},
     attribution_results,
     0,
     NULL},
    VECTOR(elman_inspection, sample_sequences, RESULT_SIZES, "sample_count"),
    BEHIND(elman_inspection, units, units_results),
    BEHIND(elman_inspection, spectrum, spectrum_results),
    BEHIND(elman_inspection, exponents, exponents_results),
    BEHIND(elman_inspection, fixed_points, fixed_points_results),
    BEHIND(elman_inspection, contributions, contributions_results),
    END,
};
