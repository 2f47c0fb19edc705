#!/usr/bin/env python3
"""header.py LIBRARY: what the first page of elman.h shows is true.

The example compiles, trains and steps; the index names every call that the
four headers declare, and nothing else. And what holds for every call, that one
that fails leaves its outputs as they were, is held by a test for each.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADERS = ["elman.h", "elman_train.h", "elman_inspect.h",
           "elman_exchange.h"]

# the example trains on these steps: a wave, its values one step later wanted
PROGRAM = """
#include <math.h>
#include <stdio.h>
#include <elman.h>
#define TRY(call) \\
    do { \\
        if ((call) != ELMAN_OK) { \\
            fprintf(stderr, "%s\\n", elman_message()); \\
            return 1; \\
        } \\
    } while (0)

int main(void)
{
    float x[41], *wanted = x + 1, y[40];
    double first = 0, loss = 0;
    elman_model *model = NULL;
    elman_state *state = NULL, *stream = NULL;
    elman_optimizer *optimizer = NULL;
    for (int t = 0; t <= 40; t++)
        x[t] = (float)sin(t);
DECLARATIONS
EXAMPLE
    elman_state_destroy(stream);
    elman_optimizer_destroy(optimizer);
    elman_state_destroy(state);
    elman_model_destroy(model);
    if (!(loss < first / 4)) fprintf(stderr, "loss %g, %g\\n", first, loss);
    return !(loss < first / 4);
}
"""


def first_page():
    text = (ROOT / "include/elman.h").read_text()
    page = text[:text.index("*/")]
    return [line.removeprefix(" *").removeprefix(" ")
            for line in page.splitlines()]


def examples(page):
    """The stretches of code: lines of five columns and more, as far as they
    look like C.
    """
    code, found = [], []
    for line in [*page, ""]:
        if line.startswith("    ") and re.search(r"[;{}]\s*$|^ {8}\S", line):
            code.append(line)
        elif code:
            found.append("\n".join(code))
            code = []
    return found


def indexed(page):
    """The calls of the index, each with the header that it names."""
    names = {}
    prefix, pending = None, []
    for line in page[next(i for i, line in enumerate(page)
                          if line.startswith("All calls")) + 1:]:
        if line.startswith("Size letters"):
            break
        row = re.match(r"  (elman_\w*)? +(.*)", line)
        if not row:
            continue
        if row[1]:
            prefix, pending = row[1], []
        for word in row[2].split():
            if word in ("(t)", "(i)", "(x)"):  # of all words of this noun
                for name in pending:
                    names[name] = word[1]
                continue
            name, mark = re.fullmatch(r"(\w+?)(?:\((t|i|x)\))?", word).groups()
            names[prefix + name] = mark or ""
            pending.append(prefix + name)
    return names


def declared():
    names = {}
    for header, mark in zip(HEADERS, ["", "t", "i", "x"]):
        text = (ROOT / "include" / header).read_text()
        text = re.sub(r"/\*.*?\*/|^#.*?[^\\]$", " ", text, flags=re.S | re.M)
        for name in re.findall(r"\b(elman_\w+)\s*\(", text):
            names[name] = mark
    return names


def with_outputs():
    """The calls that can fail and write to what a pointer points to, besides
    an object of their own noun that they change."""
    names = []
    for header in HEADERS:
        text = (ROOT / "include" / header).read_text()
        text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
        calls = re.findall(r"ELMAN_CHECKED\s+elman_status\s+(elman_\w+)"
                           r"\(([^;]*)\);", text)
        for name, arguments in calls:
            pointers = [argument.split() for argument in arguments.split(",")
                        if "*" in argument and "const" not in argument]
            noun = name.split("_")[1]
            if any(not words[0].startswith(f"elman_{noun}")
                   or "**" in "".join(words) for words in pointers):
                names.append(name)
    return names


def run(example, declarations, library):
    # the first loss, to see that the last is less
    example = example.replace(
        "&loss, NULL));", "&loss, NULL));\n        if (i == 0) first = loss;", 1)
    program = PROGRAM.replace("DECLARATIONS", declarations)
    program = program.replace("EXAMPLE", example)
    folder = library.parent
    with tempfile.TemporaryDirectory() as work:
        binary = pathlib.Path(work) / "example"
        subprocess.run(
            [os.environ.get("CC", "cc"), *os.environ.get("CFLAGS", "").split(),
             "-std=c17", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}/include",
             "-x", "c", "-", "-o", binary, f"-L{folder}", "-lelman", "-lm"],
            input=program, text=True, check=True)
        subprocess.run([binary], check=True,
                       env={**os.environ, "LD_LIBRARY_PATH": str(folder)})


def main():
    page = first_page()
    code = examples(page)
    if len(code) != 2:
        sys.exit(f"elman.h begins with {len(code)} blocks of code, expected "
                 "an example and its declarations")
    run(*code, pathlib.Path(sys.argv[1]))
    index, want = indexed(page), declared()
    faults = [f"{name} is declared, and missing in the index or wrongly marked"
              for name in want if index.get(name) != want[name]]
    faults += [f"{name} is in the index alone"
               for name in index if name not in want]
    held = "".join((ROOT / "tests" / name).read_text() for name in
                   ["test_untouched.c", "test_untouched_memory.c"])
    faults += [f"no test_untouched.c makes {name} fail"
               for name in with_outputs() if f"{name}(" not in held]
    print(*faults, f"{len(want)} calls", sep="\n")
    return 1 if faults else 0


sys.exit(main())
