/*
 * rules.h: the optimizer's rules as rows of options need them: their words, and
 * which of them an option is for. The library's list is the only one.
 */
#ifndef RULES_H
#define RULES_H

/* Options that some rules do not have. */
typedef enum rule_option {
    RULE_MOMENTUM,
    RULE_DAMPENING,
    RULE_BETA1,
    RULE_BETA2,
    RULE_AMSGRAD,
    RULE_ALPHA,
    RULE_EPSILON,
    RULE_CENTERED,
    RULE_LR_DECAY,
    RULE_INITIAL_ACCUMULATOR,
    RULE_OPTIONS
} rule_option;

enum { RULE_TEXT = 256 };

extern char rule_words[RULE_TEXT];               /* "adam|adamw|sgd" */
extern char rule_needs[RULE_OPTIONS][RULE_TEXT]; /* "optimizer=adam,adamw" */

/* Fills both, once, before any row is read. */
void rules_read(void);

#endif
