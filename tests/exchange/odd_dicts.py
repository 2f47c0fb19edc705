#!/usr/bin/env python3
"""odd_dicts.py ELMAN [NAMES]: state dicts as people have them, of policies,
speech, translation, forecasts, taggers and cells of their own, each with what
PyTorch computes.

`elman convert` of each must be right, refuse it with a next step, or end with
"not proved"; what it takes unasked must be right, but for cases that are marked
"unknowable". Every command that a refusal prints is pasted into a shell and
must do the same. Where a case has options that are known to be right, they must
meet the reference. Needs torch; the cases are in odd_policies.py,
odd_speech.py, odd_language.py and odd_series.py.
"""
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import warnings

import numpy
import torch

import odd_language
import odd_policies
import odd_series
import odd_speech

warnings.simplefilter("ignore")
NEXT = re.compile(r"elman convert|--layers|--ignore|--mapping|--key|in --layers"
                  r"|does not convert|converts")


class Case:
    def __init__(self, elman, case):
        self.elman, self.case = elman, case
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="elman-odd-"))
        self.bad, self.pasted = [], 0
        (self.folder / "bin").mkdir()
        (self.folder / "bin" / "elman").symlink_to(elman)

    def save(self):
        """net.pt, x.npy and y.npy."""
        case = self.case
        torch.save(case.tensors(), self.folder / case.file)
        with torch.no_grad():
            y = case.forward(case.module, case.x)
        numpy.save(self.folder / "x.npy", case.x.numpy())
        numpy.save(self.folder / "y.npy", y.float().numpy())

    def run(self, line):
        """What a shell gives for a line that begins with elman."""
        got = subprocess.run(
            ["sh", "-c", line], cwd=self.folder, text=True,
            capture_output=True, timeout=120,
            env={"PATH": f"{self.folder / 'bin'}:/usr/bin:/bin"})
        return got.returncode, got.stdout, got.stderr

    def fail(self, line, how, said):
        lines = [text for text in said.strip().splitlines() if text]
        self.bad.append(f"{self.case.name}: {how}: {line}\n    "
                        + "\n    ".join(text[:300] for text in lines[-6:]))

    def check(self, line, unasked=False, depth=0):
        """A line is right, asks, or says that nothing is proved."""
        model = self.folder / "out.safetensors"
        model.unlink(missing_ok=True)
        rc, out, err = self.run(line)
        if rc not in (0, 1) or (rc == 1 and model.exists()):
            return self.fail(line, f"exit status {rc}", out + err)
        if rc == 1:
            return self.follow(line, err, depth)

        rc, _, _ = self.run("elman verify out.safetensors --reference x.npy "
                            "y.npy")
        last = out.strip().splitlines()[-1]
        if rc == 0:
            return None
        if not last.startswith("not proved: "):
            self.fail(line, "wrong, and no word of it", out)
        elif unasked and not self.case.unknowable:
            self.fail(line, "wrong, and nothing was asked", out)
        return None

    def follow(self, line, err, depth):
        """The commands of a refusal, or its next step in words."""
        asked = [text[2:] for text in err.splitlines()
                 if text.startswith("  elman convert ")]
        if not asked and not NEXT.search(err):
            self.fail(line, "no next step", err)
        for command in asked if depth < 4 else []:
            self.pasted += 1
            if shlex.split(command) == shlex.split(line):
                self.fail(line, "proposes what was given", err)
            else:
                self.check(command, depth=depth + 1)

    def go(self):
        self.save()
        base = f"elman convert {shlex.quote(self.case.file)} out.safetensors"
        base += " --batch-first" if self.case.first else ""
        self.check(base, unasked=True)
        if self.case.right:
            line = f"{base} {self.case.right} --reference x.npy y.npy"
            rc, out, err = self.run(line)
            if rc:
                self.fail(line, "not taken", err)
        shutil.rmtree(self.folder)
        return self.bad


def main():
    elman = pathlib.Path(sys.argv[1]).resolve()
    wanted = re.compile(sys.argv[2] if len(sys.argv) > 2 else "")
    cases = (odd_policies.CASES + odd_speech.CASES + odd_language.CASES
             + odd_series.CASES)
    count = pasted = 0
    bad = []
    for case in cases:
        if wanted.search(case.name):
            tried = Case(elman, case)
            bad += tried.go()
            count, pasted = count + 1, pasted + tried.pasted
    print("\n".join(bad))
    print(f"{count} state dicts, {pasted} commands pasted, {len(bad)} failures")
    return 1 if bad or not count else 0


sys.exit(main())
