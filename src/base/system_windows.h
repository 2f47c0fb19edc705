/*
 * system_windows.h: what the files for Windows share: paths and reasons. No
 * other file includes it.
 */
#ifndef BASE_SYSTEM_WINDOWS_H
#define BASE_SYSTEM_WINDOWS_H

#include <stdbool.h>
#include <wchar.h>

/* A path of UTF-8 as Windows takes it: whole, and marked as long where it is
 * longer than old calls allow. NULL with errno ENOENT if it is not UTF-8, or
 * ENOMEM. The caller frees it. */
wchar_t *windows_path(const char *path);

/* Puts the reason of the last failed call into errno; false. */
bool windows_failure(void);

#endif
