#!/usr/bin/env python3
"""readme.py PROGRAM LIBRARY: what README.md shows is true.

Every ```c block with a main is built against the shared library and run; every
```sh block that begins with elman is run, line after line, with the program at
hand, and so is one with mpirun where that starts something here. Both in one folder of their own, in which the project's folders can be
read. A ```text block right after a block is what it prints.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def blocks():
    """Kind, text and, or None, the expected output of each block."""
    text = (ROOT / "README.md").read_text()
    found = re.findall(r"^```(\w+)\n(.*?)^```\n(?:\s*^```text\n(.*?)^```\n)?",
                       text, flags=re.M | re.S)
    for kind, body, output in found:
        if kind == "c" and "int main" in body:
            yield "c", body, output or None
        elif kind == "sh" and body.startswith("elman "):
            yield "sh", body, output or None
        elif kind == "sh" and "\nmpirun " in body:
            yield "mpi", body, output or None


def ranks_start(program):
    """Whether there is elman-mpi, and an mpirun that starts processes; without
    any network none does."""
    root = {f"OMPI_ALLOW_RUN_AS_ROOT{end}": "1" for end in ("", "_CONFIRM")}
    return (program.parent / "elman-mpi").exists() and shutil.which(
        "mpirun") and subprocess.run(["mpirun", "-np", "1", "true"],
                                     env={**os.environ, **root},
                                     stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL).returncode == 0


def run(command, work, environment):
    done = subprocess.run(command, cwd=work, env=environment, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    if done.returncode:
        sys.exit(f"README.md: status {done.returncode}:\n{command[-1]}")
    return done.stdout


def main():
    program, library = map(pathlib.Path, sys.argv[1:3])
    folder = library.parent
    environment = {**os.environ, "LD_LIBRARY_PATH": str(folder),
                   "PATH": f"{program.parent}:{os.environ['PATH']}"}
    compiler = [os.environ.get("CC", "cc"),
                *os.environ.get("CFLAGS", "").split(), "-std=c17", "-Wall",
                "-Wextra", "-Werror", f"-I{ROOT}/include", "-x", "c", "-",
                "-o", "example", f"-L{folder}", "-lelman", "-lm"]
    # what an MPI allocates until the end is no leak of ours
    leaky = ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"),
                                   "detect_leaks=0"]))
    ran = []
    with tempfile.TemporaryDirectory() as work:
        for name in ("include", "src", "cli", "docs", "examples", "tests",
                     "README.md"):
            (pathlib.Path(work) / name).symlink_to(ROOT / name)
        for kind, body, want in blocks():
            if kind == "mpi" and not ranks_start(program):
                continue
            ran.append(kind)
            if kind == "c":
                subprocess.run(compiler, cwd=work, input=body, text=True,
                               check=True)
                got = run(["./example"], work, environment)
            else:
                got = run(["sh", "-e", "-c", body], work,
                          {**environment, "ASAN_OPTIONS": leaky}
                          if kind == "mpi" else environment)
            if want is not None and got != want:
                sys.exit(f"README.md promises:\n{want}and gives:\n{got}")
    print("ran:", *ran)
    if not {"c", "sh"} <= set(ran):
        sys.exit("README.md lacks an example in C or one of the program")


main()
