#!/usr/bin/env python3
"""run.py ELMAN KIND [CASE...]: files as people have them, read as they are
meant, or refused with a way out.

KIND is a module of this folder; each of its functions with one parameter named
`place` is a case, in a folder of its own. Prints what is not right.
"""
import importlib
import inspect
import pathlib
import sys
import tempfile
import time

import place


def main():
    elman, kind = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
    module = importlib.import_module(kind)
    cases = {name: case for name, case in inspect.getmembers(module)
             if inspect.isfunction(case) and not name.startswith("_")
             and list(inspect.signature(case).parameters) == ["place"]}
    chosen = sys.argv[3:] or cases
    bad = 0
    for name in chosen:
        begun = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            try:
                cases[name](place.Place(elman, pathlib.Path(folder)))
            except place.Fault as fault:
                print(f"{kind}.{name}: {fault}\n")
                bad += 1
        if time.monotonic() - begun > 5:
            print(f"{kind}.{name} took {time.monotonic() - begun:.0f} s")
    print(f"{kind}: {len(chosen) - bad} of {len(chosen)} cases are right")
    return 1 if bad or not chosen else 0


sys.exit(main())
