/* frame.h: what every page begins and ends with. */
#ifndef REPORT_FRAME_H
#define REPORT_FRAME_H

#include "report/page.h"

/* Up to the place of the list of sections, which main follows. */
void frame_open(page *p, const char *title);
void frame_close(page *p);

#endif
