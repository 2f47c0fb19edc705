/* header_c.c: elman.h stands alone as C11 and reaches the shared library. */
#include "elman.h"

#include <stdio.h>

int main(void) { return printf("C11: elman %s\n", elman_version()) < 0; }
