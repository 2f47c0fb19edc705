/*
 * system_windows.h: what the files of the program for Windows share: texts and
 * reasons. No other file includes it.
 */
#ifndef SYSTEM_WINDOWS_H
#define SYSTEM_WINDOWS_H

#include <stdbool.h>
#include <wchar.h>

/* UTF-8 as UTF-16 and back, malloc'ed; NULL with ENOENT in errno for what is
 * neither, or ENOMEM. */
wchar_t *text_widen(const char *text);
char *text_narrow(const wchar_t *wide);

/* Puts the reason of the last failed call into errno; false. */
bool system_failure(void);

#endif
