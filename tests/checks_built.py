#!/usr/bin/env python3
"""checks_built.py: the checks that read what was compiled pass a clean house
and fire on a planted fault, naming it.
"""
import os
import shutil
import subprocess
import sys
import unittest

from check_case import Check

# with no sanitizer, which would add names of its own
CC = [os.environ.get("CC", "cc")] + [
    flag for flag in os.environ.get("CFLAGS", "").split()
    if flag.startswith("--sysroot")]

HEADER = """/* ELMAN_API int elman_in_a_comment(void); */
#define ELMAN_API __attribute__((visibility("default")))
#define ELMAN_CHECKED ELMAN_API
ELMAN_API const char *elman_version(void);
ELMAN_CHECKED int elman_model_create(int a,
                                     int *b);
typedef struct elman_model elman_model;
"""
API = """#include "elman.h"
const char *elman_version(void) { return "1"; }
int elman_model_create(int a, int *b) { return a + *b; }
"""


class Symbols(Check):
    def build(self, api, header=HEADER):
        self.write("include/elman.h", header)
        self.write("api.c", api)
        made = self.root / "api.o"
        subprocess.run([*CC, "-fPIC", "-fvisibility=hidden", "-c", "-I",
                        self.root / "include", "-o", made,
                        self.root / "api.c"], check=True)
        self.shared = self.root / "libelman.so"
        self.static = self.root / "libelman.a"
        subprocess.run([*CC, "-shared", "-o", self.shared, made], check=True)
        self.static.unlink(missing_ok=True)
        subprocess.run(["ar", "rcs", self.static, made], check=True)
        return "check_symbols", self.shared, self.static, self.root

    def test_clean(self):
        self.assertIn("2 functions", self.passes(*self.build(API)))

    def test_missing(self):
        self.fires("elman_version is declared and not there", *self.build(
            API.replace("const char *elman_version", "const char *version")))

    def test_too_many(self):
        self.fires("libelman.a: loss_forward is there and not declared",
                   *self.build(API + "int loss_forward(void) { return 0; }\n"))

    def test_unmarked(self):
        self.fires("elman_hidden lacks ELMAN_API", *self.build(
            API, HEADER + "int elman_hidden(int a);\n"))


@unittest.skipUnless(shutil.which("abidiff"), "needs abidiff")
class Abi(Check):
    HEADER = """#define ELMAN_API __attribute__((visibility("default")))
#define ELMAN_VERSION_MAJOR 0
#define ELMAN_VERSION_MINOR 2
typedef enum elman_kind { ELMAN_RNN = 1, ELMAN_GRU = 2 } elman_kind;
typedef struct elman_layer { elman_kind kind; int size; } elman_layer;
typedef struct elman_model elman_model;
ELMAN_API int elman_model_create(const elman_layer *layer, elman_model **model);
"""
    API = """#include "elman.h"
#include <stddef.h>
struct elman_model { elman_layer layer; };
int elman_model_create(const elman_layer *layer, elman_model **model)
{ *model = NULL; return (int)sizeof **model + layer->size; }
"""
    LOG = "## 0.3.0, not yet released\n\n- Faster.\n{}\n## 0.2.0\n\n- API: x\n"

    def setUp(self):
        super().setUp()
        self.write("CHANGELOG.md", self.LOG.format(""))
        self.build()
        self.record()

    def build(self, header=HEADER, api=API, flags="-gdwarf-4"):
        self.write("include/elman.h", header)
        self.write("api.c", api)
        self.shared = self.root / "libelman.so"
        subprocess.run([*CC, flags, "-fPIC", "-shared", "-fvisibility=hidden",
                        "-I", self.root / "include", "-o", self.shared,
                        self.root / "api.c"], check=True)
        if self.shared.read_bytes()[4] != 2:
            self.skipTest("not 64-bit")

    def record(self):
        return self.run_tool("check_abi", self.shared, self.root,
                             environment={"RECORD": "1"})

    def plant(self, part, old, new):
        self.assertIn("no difference from 0.2", self.passes(
            "check_abi", self.shared, self.root))
        self.assertIn(old, self.HEADER)
        self.build(self.HEADER.replace(old, new))
        self.fires(part, "check_abi", self.shared, self.root)
        self.fires("the version is 0.2 still: raise ELMAN_VERSION_MINOR",
                   "check_abi", self.shared, self.root)

    def test_same(self):
        self.build(api=self.API.replace("elman_layer layer;", "int a, b;"))
        self.passes("check_abi", self.shared, self.root)

    def test_field(self):
        self.plant("'int bias', at offset 64", "int size;", "int size, bias;")

    def test_enumerator(self):
        self.plant("'elman_kind::ELMAN_LSTM' value '3'", "ELMAN_GRU = 2",
                   "ELMAN_GRU = 2, ELMAN_LSTM = 3")

    def test_value(self):
        self.plant("from value '2' to '3'", "ELMAN_GRU = 2", "ELMAN_GRU = 3")

    def test_function(self):
        self.plant("[A] 'function int elman_f(int)'", "ELMAN_API int",
                   "ELMAN_API int elman_f(int a);\n"
                   "int elman_f(int a) { return a; }\nELMAN_API int")

    def test_new_minor_version(self):
        new = (self.HEADER.replace("MINOR 2", "MINOR 3")
               .replace("int size;", "int size, bias;"))
        self.build(new)
        self.fires('CHANGELOG.md has no line "- API: ..." under 0.3',
                   "check_abi", self.shared, self.root)
        self.write("CHANGELOG.md", self.LOG.format("- API: a bias.\n"))
        self.assertIn("the version and CHANGELOG.md say so", self.passes(
            "check_abi", self.shared, self.root))
        self.assertEqual(self.record()[0], 0)
        self.assertEqual([p.name for p in self.root.glob("tests/abi/*")],
                         ["libelman-0.3.abi"])

    def test_record_of_a_released_version_stays(self):
        self.build(self.HEADER.replace("int size;", "int size, bias;"))
        self.assertIn("not recorded: it differs", self.record()[1])

    def test_record_says_nothing_of_this_machine(self):
        text = (self.root / "tests/abi/libelman-0.2.abi").read_text()
        self.assertIn("'elman_model_create'", text)
        self.assertNotIn("/", text.replace("</", "").replace("/>", ""))

    def test_without_debug_information(self):
        self.build(flags="-g0")
        self.fires("no debug information about elman_model_create",
                   "check_abi", self.shared, self.root)

    def test_without_a_record(self):
        (self.root / "tests/abi/libelman-0.2.abi").unlink()
        self.fires("0 records, expected 1", "check_abi", self.shared,
                   self.root)


class Calls(Check):
    def build(self, name, text):
        self.write(name, text)
        made = self.root / f"{name}.o"
        subprocess.run([*CC, "-O0", "-w", "-c", "-o", made, self.root / name],
                       check=True)
        archive = self.root / "rooms.a"
        archive.unlink(missing_ok=True)
        subprocess.run(["ar", "rcs", archive, made], check=True)
        return "check_calls", archive

    def test_clean(self):
        self.passes(*self.build("a.c", """#include <stdlib.h>
            void *f(void) { return malloc(3); }"""))

    def test_libm(self):
        text = "#include <math.h>\nfloat f(float x) { return expf(x); }"
        self.fires("loss.c calls expf: libm", *self.build("loss.c", text))
        text = text.replace("expf(x)", "lroundf(x)")
        self.fires("calls lroundf: a program", *self.build("loss.c", text))

    def test_unseen_allocation(self):
        self.fires("calls strdup", *self.build("a.c", """#include <string.h>
            char *f(char *s) { return strdup(s); }"""))

    def test_printing_behind_a_macro(self):
        self.fires("never prints", *self.build("a.c", """#include <stdio.h>
            #define SAY puts
            void f(void) { SAY("x"); }"""))

    def test_exit(self):
        self.fires("never exits", *self.build("a.c", """#include <stdlib.h>
            void f(void) { exit(1); }"""))


if __name__ == "__main__":
    sys.exit(0 if unittest.main(verbosity=1, exit=False)
             .result.wasSuccessful() else 1)
