/*
 * ranks.h: the processes that run this command together. elman runs alone;
 * elman-mpi (mpi/main.c) says before the program begins how its processes reach
 * each other. Rank 0 reads, writes and speaks as elman does; the others read
 * the same line and the same files, say nothing, and follow.
 */
#ifndef RANKS_H
#define RANKS_H

#include "elman.h"

#include <stdbool.h>

/* Set once, before program(): NULL for one process alone. here is how many of
 * the ranks share this machine; bound, that each has processors of its own
 * there. */
void rank_open(const elman_transport *transport, int here, int machines,
               bool bound);

/* How this rank reaches the others, or NULL. */
const elman_transport *rank_transport(void);

/* Whether this rank follows another. */
bool rank_follow(void);

/* How many there are, 1 alone. */
int rank_count(void);

/* Whether all are on one machine. */
bool rank_on_one_machine(void);

/* So many threads as this rank's part of the machine has, where nobody has said
 * how many; all is what the machine gives to this process. */
int rank_threads(int all);

/* From now on this process is alone: a copy of it, which others do not know. */
void rank_leave(void);

/* What rank 0 has in data (bytes) comes to all; and what each rank has in mine
 * (bytes) to rank 0, rank by rank in all (which others need not have). Alone
 * there is nothing to do. 0, or the exit status behind an error line. */
int rank_give(void *data, size_t bytes);
int rank_gather(void *mine, size_t bytes, void *all);

/* What a rank has in data (bytes) comes to rank 0; others have no part in it.
 */
int rank_bring(int rank, void *data, size_t bytes);

/* Before anything is begun that others would wait for: code on the ranks that
 * have failed by then, on the others EXIT_ELSEWHERE if any has, which says why;
 * 0 if none has. */
enum { EXIT_ELSEWHERE = 125 };
int rank_settle(int code);

/* Refuses another line (count words) than rank 0 was given: each decides
 * something, and what one rank does without the others would show nowhere. */
int rank_agree_words(int count, char *const *words);

/* The same of a model, which was read from path, and of data. */
int rank_agree_model(const elman_model *model, const char *path);
int rank_agree_data(const elman_dataset *dataset, const char *path);

/* What is said where a rank has died, as everything ends with it. The command
 * begins again as it was typed; but where file is there by then, which words
 * describe, as resumed. own: what has that name already is this run's. The
 * lines of the whole command are kept first, then what a command leaves. */
void rank_keep_line(const char *again, const char *resumed);
void rank_keep_rest(const char *file, bool own, const char *words,
                    bool resumes);

/* That, on two lines; from any thread. */
void rank_describe_rest(char *text, size_t bytes);

/* In words, "" alone: "4 ranks on 2 machines, ". */
const char *rank_describe(void);

/* Says so where a batch has fewer blocks of sequences, which ranks do not
 * share, than there are ranks. */
void rank_note_idle(size_t batch);

#endif
