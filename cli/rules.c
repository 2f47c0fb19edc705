/* rules.c: see rules.h. */
#include "rules.h"

#include "elman.h"

#include <stdio.h>
#include <string.h>

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
    [RULE_CENTERED] = "centered",
    [RULE_LR_DECAY] = "lr_decay",
    [RULE_INITIAL_ACCUMULATOR] = "initial_accumulator",
};

/* Appends a word to a list, with first before the first one, and between
 * between two. */
static void add_word(char list[RULE_TEXT], const char *first,
                     const char *between, const char *word)
{
    size_t used = strlen(list);
    snprintf(list + used, RULE_TEXT - used, "%s%s", used ? between : first,
             word);
}

static bool has_field(const elman_rule_info *info, const char *field)
{
    for (const char *const *at = info->fields; *at; at++)
        if (!strcmp(*at, field)) return true;
    return false;
}

void rules_read(void)
{
    elman_rule_info info;
    for (int rule = 0; !elman_rule_read((elman_rule)rule, &info); rule++) {
        add_word(rule_words, "", "|", info.word);
        for (size_t i = 0; i < RULE_OPTIONS; i++)
            if (has_field(&info, fields[i]))
                add_word(rule_needs[i], "optimizer=", ",", info.word);
    }
}
