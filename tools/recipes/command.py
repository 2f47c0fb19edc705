"""command: `elman hello`, which prints a sentence."""
TITLE = "A command"
WORD = "hello"
LEFT = []  # files that the recipe names and this stub does not need
RECORDED = ["hello", "help", "man", "completion", "completion-zsh",
            "completion-fish", "no-command"]
LINES = [("elman help hello", "Says hello."),
         ("elman hello --times 2", "hello\nhello\n")]
TESTS = []

SOURCE = """
/* hello.c: `elman hello`: says a sentence. */
#include "commands.h"
#include "screen.h"

#include <stdio.h>

typedef struct hello_values {
    uint64_t times;
} hello_values;

static const option_row options[] = {
    {.name = "times",
     .type = OPTION_COUNT,
     .value = "N",
     .field = offsetof(hello_values, times),
     .fallback = "1",
     .range = {1, 9},
     .common = true,
     .help = "how often"},
    {0},
};

static int hello(const parsed_line *arguments)
{
    const hello_values *values = arguments->values;
    for (uint64_t i = 0; i < values->times; i++)
        puts("hello");
    return EXIT_DONE;
}

static const example examples[] = {
    {"elman hello", "one sentence"},
    {NULL, NULL},
};

const command_row hello_command = {
    .name = "hello",
    .summary = "say a sentence",
    .operands = "",
    .description = "Says hello.",
    .options = {{"Options", options}},
    .examples = examples,
    .size = sizeof(hello_values),
    .run = hello,
};
"""


def follow(tree):
    tree.create("cli/hello.c", SOURCE)
    tree.after("cli/commands.h", "extern const command_row bench_command;\n",
               "extern const command_row hello_command;\n")
    tree.after("cli/program.c", "static const command_row *const commands[] = {\n",
               "    &hello_command,\n")
    tree.create("tests/cli/hello.sh", "elman hello --times 3\n")
