/* main.c: the program elman. */
#include "program.h"

int main(int argc, char **argv) { return program(argc, argv); }
