#!/usr/bin/env python3
"""plan_memory.py ELMAN: what `elman train --plan` says that a run takes of
memory is what it takes: within a sixth and 5 MB, for networks of three sizes
on a text and on whole sequences, with a budget and without.
"""
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

PART, REST = 1 / 6, 5e6
elman = os.path.abspath(sys.argv[1])


def peak(arguments):
    """The most bytes that the program has loaded at once."""
    quiet = [(os.POSIX_SPAWN_OPEN, n, os.devnull, os.O_WRONLY, 0) for n in (1, 2)]
    child = os.posix_spawn(elman, [elman, *arguments], os.environ,
                           file_actions=quiet)
    _, status, used = os.wait4(child, 0)
    if status:
        sys.exit(f"elman {' '.join(arguments)}: status {status}")
    return used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def check(arguments):
    said = json.loads(subprocess.run([elman, *arguments, "--plan", "--json"],
                                     check=True, capture_output=True).stdout)
    parts = said["memory"]
    most, got = parts["most"], peak([*arguments, "-o", "m", "--quiet"])
    print(f"{' '.join(arguments[1:])}: said {most / 1e6:.1f} MB, "
          f"took {got / 1e6:.1f}")
    if abs(got - most) > PART * got + REST:
        print(f"that is not within a sixth and 5 MB: {parts}")
        return False
    return True


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    draw = random.Random(1)
    words = [draw.choice(["one ", "two ", "three ", "four\n"]) for _ in range(2000)]
    pathlib.Path("text.txt").write_text("".join(words))
    rows = [f"{draw.random():.4f},{draw.random():.4f}" for _ in range(20000)]
    pathlib.Path("rows.csv").write_text("\n".join(["x,y", *rows, ""]))

    steps = ["--steps", "4", "--evaluate-every", "2", "--threads", "1"]
    text = ["train", "text.txt", "--k1", "200"]
    track = ["train", "rows.csv", "--task", "track", "--target", "y",
             "--window", "200"]
    good = [check([*data, "--hidden", str(hidden), *steps, *budget])
            for data in (text, track)
            for hidden, memory in ((96, "20M"), (256, "40M"), (512, "60M"))
            for budget in ([], ["--memory", memory])]
    sys.exit(not all(good))
