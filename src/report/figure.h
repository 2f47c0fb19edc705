/* figure.h: lines as SVG; as elman_figure_... in elman_inspect.h. */
#ifndef REPORT_FIGURE_H
#define REPORT_FIGURE_H

#include "elman_inspect.h"

elman_status figure_save(const elman_figure *figure, const char *path);

#endif
