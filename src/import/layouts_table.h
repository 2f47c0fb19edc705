/* layouts_table.h: every layout once: the names of its tensors, and what they
 * are of a module. */
#ifndef IMPORT_LAYOUTS_TABLE_H
#define IMPORT_LAYOUTS_TABLE_H

#include "import/import.h"

/* What a tensor of a layout is of a module. */
typedef enum leaf_role {
    LEAF_END,
    LEAF_IH,       /* weight_ih */
    LEAF_HH,       /* weight_hh */
    LEAF_JOINT,    /* both, side by side: columns of x, then of h */
    LEAF_BIAS_IH,  /* bias_ih */
    LEAF_BIAS_HH,  /* bias_hh */
    LEAF_BIAS,     /* of a layer that is not recurrent */
    LEAF_WEIGHT,   /* the same */
    LEAF_HR,       /* weight_hr */
    LEAF_PEEPHOLE, /* a row of peephole */
    LEAF_MEAN,     /* running_mean */
    LEAF_VAR       /* running_var */
} leaf_role;

/* One tensor of a layout. */
typedef struct leaf_row {
    const char *name; /* behind the module's prefix, parts separated by dots;
                         '#' is the level, '|' between two ways to write it */
    leaf_role role;
    const char *gates; /* that it holds, in its order and our letters; NULL:
                          no gates, or all in ours */
    bool transposed;   /* (in, out) */
    bool optional;
} leaf_row;

enum { MOST_LEAVES = 20 };

/* How one tool keeps one kind of module. */
typedef struct layout {
    const char *tool;
    elman_kind kind;
    const char *parent; /* how the last part of the prefix begins, '|' between
                           two ways, or NULL */
    leaf_row leaves[MOST_LEAVES]; /* the first is looked for; ended by END */
    const char *name;             /* of a module without prefix, or NULL */
    const char *added;            /* 1 is added to this gate when it runs */
    const char *negated;          /* this gate means its opposite */
    const char *note;       /* for the table: what the file does not say */
    const char *separators; /* between prefix and leaf; NULL: a dot */
    size_t first;           /* the number of its first level */
    bool backward;          /* the second direction of its module */
    bool interleaved;       /* its gates lie unit by unit */
    bool either_function;   /* tanh or relu: nonlinearity must be given */
    const char *order;      /* of the layers, where the tool has one alone */
    bool reset_before, relu, batch_first;
    bool either_way; /* its matrices may lie as PyTorch's: shapes tell */
    double eps;      /* of a norm with statistics, where it is not 1e-5 */
} layout;

/* All of them, the most particular first; ended by one without tool. */
extern const layout layouts[];

#endif
