"""place.py: an empty folder in which a case plays a user: it writes files, runs
elman, and looks at what is said and answered.
"""
import json
import re
import shlex
import struct
import subprocess
import zipfile

TIME = 600  # seconds: under the sanitizers training takes minutes
QUICK = " -t 1 --epochs 1 -H 4"  # where what is learned does not matter


class Fault(Exception):
    """What was not as it should be, and the command that showed it."""


class Run:
    """One command: its status, what it wrote, and what is expected of it."""

    def __init__(self, command, code, out, err):
        self.command, self.code = command, code
        self.out, self.err = out, err
        self.text = " ".join((out + "\n" + err).split())

    def fault(self, wanted):
        tail = "\n    ".join((self.out + self.err).splitlines()[-12:])
        raise Fault(f"{wanted}\n    $ {self.command}\n    {tail}\n"
                    f"    exit status {self.code}")

    def well(self):
        if self.code != 0:
            self.fault("expected it to work")
        return self

    def refused(self, *words):
        """It says in one sentence why not; a sentence has all the words."""
        if self.code not in (1, 2):
            self.fault("expected a refusal")
        if not re.search("^elman: ", self.err, re.M):
            self.fault("expected a sentence of elman's")
        return self.says(*words)

    def says(self, *words):
        """Words are patterns, in any order; case does not matter."""
        for word in words:
            if not re.search(word, self.text, re.I):
                self.fault(f"expected the word '{word}'")
        return self

    def says_not(self, *words):
        for word in words:
            if re.search(word, self.text, re.I):
                self.fault(f"expected nothing of '{word}'")
        return self

    def lines(self):
        return self.out.splitlines()

    def values(self):
        """The answers, where each line ends with a number."""
        return [float(line.split()[-1]) for line in self.lines()]

    def score(self, name):
        """A number that eval, or the end of train, shows behind a name."""
        found = re.search(name + r" (-?[0-9][0-9.e+-]*)", self.text)
        if not found:
            self.fault(f"expected a score '{name}'")
        return float(found[1].rstrip("."))


def check(right, wanted):
    if not right:
        raise Fault(wanted)


def same(found, wanted, what, tolerance=0):
    """Both are equal: numbers, texts, or lists of them."""
    if isinstance(wanted, (list, tuple)):
        if len(found) != len(wanted):
            raise Fault(f"{what}: {len(found)} of them, expected "
                        f"{len(wanted)}")
        for n, (a, b) in enumerate(zip(found, wanted)):
            same(a, b, f"{what}, number {n}", tolerance)
    elif isinstance(wanted, (int, float)) and not isinstance(wanted, bool):
        limit = tolerance * max(1, abs(wanted))
        if not abs(found - wanted) <= limit:
            raise Fault(f"{what}: {found}, expected {wanted}")
    elif found != wanted:
        raise Fault(f"{what}: {found}, expected {wanted}")


class Place:
    def __init__(self, elman, folder):
        self.program, self.folder = elman, folder

    # ---- files ----

    def write(self, name, text, encoding="utf-8"):
        """A text or bytes, its line ends as they are."""
        data = text if isinstance(text, bytes) else text.encode(encoding)
        (self.folder / name).write_bytes(data)

    def read(self, name):
        return (self.folder / name).read_text()

    def npy(self, name, code, shape, numbers):
        (self.folder / name).write_bytes(npy(code, shape, numbers))

    def npz(self, name, **arrays):
        """Each array as (code, shape, numbers)."""
        with zipfile.ZipFile(self.folder / name, "w",
                             zipfile.ZIP_DEFLATED) as file:
            for key, array in arrays.items():
                file.writestr(key + ".npy", npy(*array))

    # ---- commands ----

    def elman(self, line, stdin=None):
        """Runs the program on arguments as a shell reads them; stdin is the
        name of a file, or bytes.
        """
        if stdin is None:
            data = b""
        elif isinstance(stdin, bytes):
            data = stdin
        else:
            data = (self.folder / stdin).read_bytes()
        found = subprocess.run([self.program, *shlex.split(line)], input=data,
                               cwd=self.folder, capture_output=True,
                               timeout=TIME)
        shown = f"elman {line}" + (" <FILE" if stdin else "")
        out, err = (text.decode(errors="replace")
                    for text in (found.stdout, found.stderr))
        return Run(shown, found.returncode, out, err)

    def train(self, line, model="m", quick=True):
        """A model in MODEL.safetensors, in place of an earlier one."""
        for path in self.folder.glob(f"{model}.safetensors*"):
            path.unlink()
        return self.elman(f"train {line}{QUICK if quick else ''} "
                          f"-o {model}.safetensors")

    def plan(self, line):
        """What is understood, in full."""
        return self.elman(f"train {line} --plan").well()

    def predict(self, line, model="m", stdin=None):
        return self.elman(f"predict {model}.safetensors {line}", stdin)

    def eval(self, line, model="m", stdin=None):
        return self.elman(f"eval {model}.safetensors {line}", stdin)

    def answers(self, line, model="m", stdin=None):
        return self.predict(line, model, stdin).well().lines()

    def encoding(self, model="m"):
        """How the model was told to read, as info has it."""
        text = self.elman(f"info {model}.safetensors --json").well().out
        return json.loads(text)["encoding"]

    def means(self, line):
        """The mean of each input column of the first nine tenths."""
        self.train(line + " --transform none --validation 0.1", "means").well()
        return self.encoding("means")["mean"]


def npy(code, shape, numbers):
    """An array as NumPy saves it; code is as '<f4'."""
    sizes = ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "")
    head = (f"{{'descr': '{code}', 'fortran_order': False, "
            f"'shape': ({sizes}), }}")
    head += " " * (-(len(head) + 11) % 64) + "\n"
    kind = {"f4": "f", "f8": "d", "i8": "q", "i4": "i", "b1": "?",
            "u1": "B"}[code[1:]]
    order = ">" if code[0] == ">" else "<"
    return (b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head.encode()
            + struct.pack(order + kind * len(numbers), *numbers))


def table(rows, separator=",", header=None, end="\n"):
    """Rows of cells, all made to text, as lines of a table."""
    rows = ([header] if header else []) + list(rows)
    return "".join(separator.join(map(str, row)) + end for row in rows)
