/* tokens.c: see tokens.h. */
#include "data/tokens.h"

/* The share of the data's tokens that a part takes from its end. */
static elman_status take_share(const elman_dataset *dataset, double share,
                               elman_part part, size_t all, size_t *count)
{
    *count = share > 0 ? (size_t)(share * (double)all) : 0;
    if (*count >= 2 || dataset->following) return ELMAN_OK;

    /* too few for a score: refused if they were asked for */
    if (share > 0)
        return failure(ELMAN_BAD_VALUE,
                       "%s is %g: %zu of %zu tokens, expected at least 2",
                       part == ELMAN_PART_TEST ? "test" : "validation", share,
                       *count, all);
    return ELMAN_OK;
}

elman_status tokens_split(elman_dataset *dataset,
                          const elman_dataset_config *config,
                          const part_tokens parts[PART_COUNT])
{
    const double default_share = 0.1;
    size_t *size = dataset->size, all = parts[0].count;

    for (int part = 1; part < PART_COUNT; part++) {
        double share =
            part == ELMAN_PART_TEST ? config->test : config->validation;
        size[part] = parts[part].count;
        if (parts[part].own || dataset->following) continue;
        TRY(take_share(dataset, share, (elman_part)part, all, &size[part]));
    }

    /* a tenth by default; everything, if there is an encoding to follow */
    size_t *held = &size[ELMAN_PART_VALIDATION];
    bool open = config->validation == 0 && !parts[ELMAN_PART_VALIDATION].own;
    if (open) *held = (size_t)(default_share * (double)all);
    if (open && *held < 2) *held = 0;
    if (dataset->following) *held = all;

    /* what is left trains */
    size_t taken = 0;
    for (int part = 1; part < PART_COUNT; part++)
        if (!parts[part].own) taken += size[part];
    size[ELMAN_PART_TRAIN] = taken < all ? all - taken : 0;

    return tokens_check(dataset);
}

elman_status tokens_check(const elman_dataset *dataset)
{
    const size_t *size = dataset->size;
    for (int part = 0; part < PART_COUNT; part++)
        if (size[part] == 1 ||
            (size[part] == 0 &&
             (dataset->following ? part == ELMAN_PART_VALIDATION
                                 : part == ELMAN_PART_TRAIN)))
            return failure(ELMAN_BAD_FORMAT,
                           "%zu token%s for %s, expected at least 2",
                           size[part], size[part] == 1 ? "" : "s",
                           part_name((elman_part)part));
    return ELMAN_OK;
}

void tokens_place(elman_dataset *dataset, const bool own[PART_COUNT])
{
    size_t taken = 0;
    for (int part = 0; part < PART_COUNT; part++) {
        bool alone = part && own[part];
        dataset->row_of[part] = alone ? part : 0;
        dataset->begins[part] = alone ? 0 : taken;
        if (!alone) taken += dataset->size[part];
    }
}

const token_row *tokens_row(const elman_dataset *dataset, elman_part part)
{
    return &dataset->rows[dataset->row_of[part]];
}

elman_status tokens_read(const elman_dataset *dataset, elman_part part,
                         text_reader *reader, size_t first, size_t count,
                         int32_t *tokens)
{
    return row_read(tokens_row(dataset, part), reader,
                    dataset->begins[part] + first, count, tokens);
}

elman_status tokens_count(const elman_dataset *dataset, elman_part part,
                          size_t first, uint64_t *counts)
{
    enum { AT_ONCE = 4096 };
    const token_row *row = tokens_row(dataset, part);
    size_t end = dataset->size[part];
    if (row->file)
        return text_file_count(row->file, dataset->begins[part] + first,
                               dataset->begins[part] + end, counts);

    int32_t tokens[AT_ONCE];
    for (size_t count; first < end; first += count) {
        count = end - first < AT_ONCE ? end - first : AT_ONCE;
        TRY(tokens_read(dataset, part, NULL, first, count, tokens));
        for (size_t i = 0; i < count; i++)
            counts[tokens[i]]++;
    }
    return ELMAN_OK;
}
