/* report.h: a page of HTML; as elman_report_... in elman_inspect.h. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "elman_inspect.h"

elman_status report_save(const elman_inspection *inspection, const char *path);
elman_status report_save_runs(const elman_journal *const *journals,
                              const char *const *names, size_t count,
                              const char *path);

#endif
