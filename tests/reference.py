#!/usr/bin/env python3
"""reference.py: what tools/api_pages makes of the headers is whole: a manual
page for each call, which groff takes without a word, and comments of which
Doxygen makes a reference without a warning.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def declared():
    text = "".join(path.read_text() for path in
                   (ROOT / "include").glob("*.h"))
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    return set(re.findall(r"\b(elman_\w+)\s*\(", text))


def check_pages(folder):
    subprocess.run([ROOT / "tools/api_pages", "man", folder / "man3"],
                   check=True)
    pages = {path.stem for path in (folder / "man3").iterdir()}
    faults = [f"{name}(3) is missing" for name in declared() - pages]
    faults += [f"{name}(3) is of no call" for name in pages - declared()]
    for name in sorted(pages) if shutil.which("groff") else []:
        done = subprocess.run(
            ["groff", "-man", "-Tutf8", "-ww", "-z", f"man3/{name}.3"],
            cwd=folder, capture_output=True, text=True)
        faults += [line for line in done.stderr.splitlines()]
    return faults


def check_reference(folder):
    """Doxygen's warnings; nothing where there is no Doxygen."""
    if not shutil.which("doxygen"):
        return []
    options = (ROOT / "docs/Doxyfile").read_text()
    options += f"\nOUTPUT_DIRECTORY = {folder}\n"
    done = subprocess.run(["doxygen", "-"], cwd=ROOT, input=options, text=True,
                          capture_output=True,
                          env={**os.environ, "ELMAN_VERSION": "test"})
    faults = done.stderr.splitlines()
    if done.returncode and not faults:
        faults = [f"doxygen: status {done.returncode}"]
    pages = "".join(path.read_text() for path in folder.glob("html/group__*"))
    return faults + [f"{name} is not in the reference"
                     for name in declared() if name not in pages]


def main():
    with tempfile.TemporaryDirectory() as work:
        folder = pathlib.Path(work)
        faults = check_pages(folder) + check_reference(folder)
    print(*faults, f"{len(declared())} calls", sep="\n")
    return 1 if faults else 0


sys.exit(main())
