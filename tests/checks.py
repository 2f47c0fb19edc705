#!/usr/bin/env python3
"""checks.py: every check that reads the source passes a clean house and fires
on a planted fault, naming it. Also tools/setup: silent and quick where nothing
is missing, and one line to type where it may not install.
"""
import subprocess
import sys
import time
import unittest

from check_case import Check


class Layers(Check):
    def setUp(self):
        super().setUp()
        self.write("include/elman.h", "int elman_version(void);\n")
        self.write("src/base/status.h", '#include "elman.h"\n')
        self.write("src/kernel/kernel.h", "#include <stddef.h>\n")
        self.write("src/model/model.c", '#include "base/status.h"\n'
                                        '#include "kernel/kernel.h"\n')
        self.write("src/data/data.h", '#include "data/text.h"\n')
        self.write("src/data/text.h", "\n")
        self.write("src/api/api.c", '#include "data/data.h"\n')
        self.write("cli/main.c", '#include "elman.h"\n#include <stdio.h>\n')

    def plant(self, part, name, text):
        self.passes("check_layers", self.root)
        self.write(name, text)
        self.fires(part, "check_layers", self.root)

    def test_upward(self):
        self.plant('src/kernel/cpu.c: kernel may not include "model/model.h"',
                   "src/kernel/cpu.c", '#include "model/model.h"\n')

    def test_sideways(self):
        self.plant('data may not include "kernel/kernel.h"',
                   "src/data/text.c", ' #  include "kernel/kernel.h"\n')

    def test_unknown_room(self):
        self.plant("room util is not in the table", "src/util/a.c", "\n")

    def test_unknown_file(self):
        self.plant('"base/nothing.h" does not exist',
                   "src/model/a.c", '#include "base/nothing.h"\n')

    def test_relative_path(self):
        self.plant("not written from src/",
                   "src/data/a.c", '#include "../base/status.h"\n')

    def test_program_reaches_in(self):
        self.plant("cli may include", "cli/a.c", '#include "base/status.h"\n')

    def test_program_reaches_in_by_brackets(self):
        self.plant("cli may include", "cli/a.c", "#include <base/status.h>\n")

    def test_circle(self):
        self.write("src/data/text.c", '#include "data/text.h"\n')
        self.plant("circle of files that include each other: data/data, "
                   "data/text", "src/data/text.h", '#include "data/data.h"\n')

    def test_private_library(self):
        self.plant("<pthread.h> belongs to src/base/system",
                   "src/model/a.c", "#include <pthread.h>\n")


class Budgets(Check):
    def test_long_file(self):
        self.write("CMakeLists.txt", "\n")
        self.write("src/a/a.c", "int a;\n" * 700)
        self.assertIn("700 lines, aim at", self.passes("check_budgets",
                                                       self.root))
        self.write("src/a/a.c", "int a;\n" * 701)
        self.fires("src/a/a.c: 701 lines", "check_budgets", self.root)

    def test_air_costs_nothing(self):
        self.write("CMakeLists.txt", "\n")
        self.write("src/a/a.c", "/* a\n\n * b */\n\n// c\nint a;\n" * 400)
        self.assertEqual(self.passes("check_budgets", self.root), "")

    def test_long_example(self):
        self.write("CMakeLists.txt", "\n")
        self.write("examples/a.c", "int a;\n" * 90)
        self.fires("examples/a.c: 90 lines", "check_budgets", self.root)

    def test_long_function(self):
        self.write("CMakeLists.txt", "\n")
        body = "    a++;\n" * 48 + "    /* one */\n\n"
        self.write("src/a/a.c", f"int *f(int a,\n       int b)\n{{\n{body}}}\n")
        self.assertEqual(self.passes("check_budgets", self.root), "")
        self.write("src/a/a.c", f"int *f(int a)\n{{\n{body}    a++;\n}}\n")
        self.assertIn("f has 51 lines", self.passes("check_budgets",
                                                    self.root))


class Air(Check):
    GOOD = "    a++;\n    a++;\n\n    /* why */\n" + "    a++;\n" * 14

    def setUp(self):
        super().setUp()
        self.write("cli/a.c", self.function(self.GOOD))
        self.write("src/a/b.h", self.function(self.GOOD))
        self.write("python/src/a.c", self.function(self.GOOD))

    def function(self, body):
        return f"static int f(int a)\n{{\n{body}}}\n"

    def plant(self, part, body, name="src/a/a.c"):
        output = self.passes("check_air", self.root)
        self.assertIn("100 % hold a comment, 100 % a blank line", output)
        self.write(name, self.function(body))
        self.fires(part, "check_air", "--list", self.root)

    def test_no_comment(self):
        self.plant("src/a/a.c: f lacks a comment\n",
                   self.GOOD.replace("/* why */", "a++;"))

    def test_no_blank_line(self):
        self.plant("cli: 0 % hold a blank line, expected at least 80 %",
                   self.GOOD.replace("\n\n", "\na++;\n"), "cli/a.c")
        self.write("cli/a.c", self.function(self.GOOD))
        self.plant("python/src: 0 % hold a blank line",
                   self.GOOD.replace("\n\n", "\na++;\n"), "python/src/a.c")

    def test_comment_in_a_string(self):
        for text in ['s = "/* why */";', 's = "\\"// why";', "s = '\"';",
                     "/* NOLINT */"]:
            with self.subTest(text):
                self.setUp()
                self.plant("f lacks a comment",
                           self.GOOD.replace("/* why */", text))

    def test_blank_line_in_a_comment(self):
        self.plant("f lacks a blank line",
                   self.GOOD.replace("\n\n", "\n")
                   .replace("why", "why\n\n"))

    def test_short_functions_do_not_count(self):
        self.write("src/a/a.c", self.function("    a++;\n" * 17))
        self.assertIn("src: 1 functions", self.passes("check_air", self.root))

    def test_nothing_to_read(self):
        self.write("cli/a.c", "int a;\n")
        self.fires("cli: no function of 20 lines", "check_air", self.root)


class Words(Check):
    def plant(self, part, text, name="docs/a.md"):
        self.write(name, "a house\n")
        self.passes("check_words", self.root)
        self.write(name, text)
        self.fires(part, "check_words", self.root)

    def test_path_of_a_machine(self):
        self.plant("a path of one machine", "see /" + "home/me/elman\n")

    def test_path_outside(self):
        self.plant("outside the project", "see .." + "/shared/notes\n")

    def test_package_host(self):
        self.plant("a package host", "from Py" + "PI\n")

    def test_unfinished(self):
        self.plant("docs/a.md:1: \"TO" "DO\"", "TO" "DO later\n")

    def test_tab(self):
        self.plant("tab", "a\tb\n", "src/a.c")

    def test_space_at_the_end(self):
        self.plant("space at the end", "a \n")

    def test_no_newline(self):
        self.plant("no newline", "a")

    def git(self, *arguments):
        subprocess.run(["git", "-C", self.root, *arguments], check=True,
                       capture_output=True)

    def test_a_log_beside_the_project_is_not_read(self):
        self.write("run.log", "tab\t and space ")
        self.plant("tab", "a\tb\n", "src/a.c")

    def test_with_git_only_what_it_tracks_is_read(self):
        self.git("init", "-q")
        self.write("docs/a.md", "a house\n")
        self.git("add", "docs/a.md")
        for name in ["run.log", "docs/b.md"]:
            self.write(name, "tab\t and space ")
        self.passes("check_words", self.root)
        self.git("add", "docs/b.md")
        self.fires("docs/b.md:1: tab", "check_words", self.root)

    def test_a_page_that_names_a_file_that_has_moved(self):
        self.write("src/a/a.c", "int a;\n")
        self.write("docs/b.md", "`a/a.c`, `src/a/NAME.c`, `src/a/a*`, `b/c`\n")
        for name in ["src/a/b.c", "a/b.c", "docs/c.md", "src/a/b*.c"]:
            with self.subTest(name):
                self.plant(f'"{name}": there is no such file', f"`{name}`\n")

    def test_a_room_without_a_row(self):
        self.write("src/a/a.c", "int a;\n")
        self.write("src/b/b.c", "int b;\n")
        self.plant("no row for src/a/", "| `src/b/` | `b` |\n",
                   "docs/ARCHITECTURE.md")

    def test_a_row_that_names_a_file_that_has_moved(self):
        self.write("src/a/a.c", "int a;\n")
        self.plant('"b": there is no such file in src/a/',
                   "| `src/a/` | `a`, then `b c` |\n", "docs/ARCHITECTURE.md")


class Recipes(Check):
    """The recipe of a command, told falsely."""

    PAGE = """# Recipes

## A command

1. `cli/NAME.c`. `cli/commands.h`: the extern. `cli/program.c`: its index.
2. `tests/cli/NAME.sh`; `help` `man` `completion` `completion-zsh`
   `completion-fish` `no-command` list it.

## Another

`src/a.c`
"""

    def setUp(self):
        super().setUp()
        self.write("docs/RECIPES.md", self.PAGE)
        self.write("cli/commands.h",
                   "extern const command_row bench_command;\n")
        self.write("cli/program.c",
                   "static const command_row *const commands[] = {\n")
        self.write("tests/cli/a.sh", "elman\n")

    def plant(self, part, name, text):
        tool = "check_recipes", "--follow", self.root, "command"
        self.assertIn("A command: 4 files", self.passes(*tool))
        self.write(name, text)
        self.fires(part, *tool)

    def test_a_file_that_the_recipe_forgets(self):
        self.plant("it does not name cli/program.c, which was needed",
                   "docs/RECIPES.md",
                   self.PAGE.replace("`cli/program.c`", "it"))

    def test_a_file_that_nobody_needs(self):
        self.plant("it names cli/help.c, which was not needed",
                   "docs/RECIPES.md",
                   self.PAGE.replace("`cli/program.c`",
                                     "`cli/program.c`, `cli/help.c`"))

    def test_a_place_that_has_moved(self):
        self.plant("cli/program.c has 0 times, expected once", "cli/program.c",
                   "\n")

    def test_a_section_without_a_stub(self):
        self.plant('no section "A command"', "docs/RECIPES.md",
                   self.PAGE.replace("A command", "A new command"))


class Setup(Check):
    def test_silent_and_quick_with_everything_there(self):
        begun = time.monotonic()
        output = self.passes("setup", "build", "test")
        self.assertEqual(output, "")
        self.assertLess(time.monotonic() - begun, 0.5)

    def test_one_line_to_type_without_the_right(self):
        # a machine with a shell and apt alone, and a user who is nobody
        for name in ["sh", "sed"]:
            (self.root / name).symlink_to(f"/bin/{name}")
        for name, says in [("id", "echo 1000"), ("sudo", "exit 1"),
                           ("apt-get", "echo asked; exit 1")]:
            self.write(name, f"#!/bin/sh\n{says}\n")
            (self.root / name).chmod(0o755)
        status, output = self.run_tool("setup", "build", environment={
            "PATH": str(self.root)})
        self.assertEqual(status, 1, output)
        lines = output.splitlines()
        self.assertIn("  cmake: drives the build", lines)
        self.assertTrue(lines[-1].startswith("  sudo sh -c 'apt-get update && "
                                             "apt-get install"), output)
        self.assertIn(" cmake ninja-build", lines[-1])
        self.assertNotIn("asked", output)


if __name__ == "__main__":
    sys.exit(0 if unittest.main(verbosity=1, exit=False)
             .result.wasSuccessful() else 1)
