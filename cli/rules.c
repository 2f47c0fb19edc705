/* rules.c: see rules.h. */
#include "rules.h"
#include "lists.h"

#include "elman.h"

char rule_words[RULE_TEXT];
char rule_needs[RULE_OPTIONS][RULE_TEXT];

/* The field of elman_optimizer_config that each option fills. */
static const char *const fields[RULE_OPTIONS] = {
    [RULE_MOMENTUM] = "momentum",
    [RULE_DAMPENING] = "dampening",
    [RULE_BETA1] = "beta1",
    [RULE_BETA2] = "beta2",
    [RULE_AMSGRAD] = "amsgrad",
    [RULE_ALPHA] = "alpha",
    [RULE_EPSILON] = "epsilon",
    [RULE_CENTERED] = "centered",
    [RULE_LR_DECAY] = "lr_decay",
    [RULE_INITIAL_ACCUMULATOR] = "initial_accumulator",
};

void rules_read(void)
{
    elman_rule_info info;
    for (int rule = 0; !elman_rule_read((elman_rule)rule, &info); rule++) {
        list_add(rule_words, RULE_TEXT, "", "|", info.word);
        for (size_t i = 0; i < RULE_OPTIONS; i++)
            if (list_has(info.fields, fields[i]))
                list_add(rule_needs[i], RULE_TEXT, "optimizer=", ",",
                         info.word);
    }
}
