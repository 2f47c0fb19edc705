/* plug.c: a plug-in that holds the library. */
#include <elman.h>

const char *plug_version(void);

const char *plug_version(void) { return elman_version(); }
