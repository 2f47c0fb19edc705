/* program.h: all of the program elman; what begins it may be another one. */
#ifndef PROGRAM_H
#define PROGRAM_H

/* Runs a command line; returns the exit status. */
int program(int argc, char **argv);

#endif
