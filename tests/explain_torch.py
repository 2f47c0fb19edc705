"""explain_torch.py ELMAN: the lines of PyTorch that `elman explain` prints run as
they stand, and print the numbers of its tables.

Exits with 77 where there is no PyTorch.
"""
import contextlib
import io
import json
import re
import subprocess
import sys
import warnings

try:
    import torch
except ImportError:
    print("no PyTorch here")
    sys.exit(77)

torch.set_printoptions(precision=8)

# what PyTorch keeps to itself, or what the table adds
UNSEEN = {"step", "to the step after", "forget gate", "c alone", "da",
          "dw_hh +=", "dw_ih +="}
CASES = (
    ["exploding"],
    ["exploding", "--weight", "0.9", "--steps", "12"],
    ["vanishing"],
    ["vanishing", "--weight", "1.1", "--steps", "40"],
    ["truncated"],
    ["truncated", "--weight", "-0.7", "--steps", "11", "--window", "3"],
    ["lstm"],
    ["lstm", "--weight", "1.5", "--steps", "7"],
    ["shapes"],
    ["shapes", "--hidden", "5", "--input", "2", "--steps", "3", "--batch", "4"],
    ["classifier"],
    ["classifier", "--cell", "lstm", "--hidden", "5", "--steps", "4",
     "--batch", "7", "--updates", "33", "--lr", "0.02", "--seed", "9"],
    ["classifier", "--cell", "rnn", "--updates", "120"],
    ["backward"],
    ["backward", "--weight", "-1.3", "--steps", "8"],
)
NUMBER = re.compile(r"-?\d+\.?\d*(?:e[+-]?\d+)?")


def printed(lines):
    """What the lines print, alone in a program."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile("\n".join(lines) + "\n", "pasted", "exec"), {})
    return out.getvalue()


def close(one, other, case):
    # training adds up what the last digits differ by
    part = 0.02 if case == "classifier" else 1e-4
    return abs(one - other) <= part * abs(one) + 1e-7 * (abs(one) > 1e-4)


def check(case):
    story = json.loads(subprocess.run(
        [sys.argv[1], "explain", "--json", "--experiment", *case], check=True,
        capture_output=True, text=True).stdout)
    text = printed(story["pytorch"])
    if case[0] == "shapes":
        shapes = [shape for name in story["columns"]["name"]
                  for shape in re.findall(r"\(\d+(?:,\d+)*\)", name)]
        seen = re.sub(r",\)", ")", text.replace(" ", ""))
        missing = [shape for shape in shapes if shape not in seen]
    else:
        seen = [float(number) for number in NUMBER.findall(text)]
        wanted = list(story["numbers"].items())
        for name, column in story["columns"].items():
            if name != "name" and name not in UNSEEN:
                wanted += [(name, value) for value in column]
        missing = [(name, value) for name, value in wanted
                   if value is not None
                   and not (name == "gradient at x" and abs(value) < 1e-37)
                   and not any(close(value, other, case[0]) for other in seen)]
        shapes = wanted
    assert shapes and not missing, (case, missing, text)
    print(*case, len(shapes))


def check_cell(case):
    """The lines below all equations of a cell: h and every gradient."""
    command = [sys.argv[1], "explain", *case]
    shown = subprocess.run(command, check=True, capture_output=True,
                           text=True).stdout
    lines = shown.split("The same in PyTorch\n")[1].split("\n\n")[0]
    text = printed(lines.splitlines())
    seen = [float(number) for number in NUMBER.findall(text)]
    data = json.loads(subprocess.run(
        [*command, "--json"], check=True, capture_output=True,
        text=True).stdout)
    wanted = [value for weight in data["weights"]
              for value in weight["gradient"]]
    wanted += [value for step in data["values"]["h"] for value in step]
    missing = [value for value in wanted
               if not any(close(value, other, "") for other in seen)]
    assert wanted and not missing, (case, missing, text)
    print(*case, len(wanted))


for arguments in CASES:
    check(arguments)
for arguments in (["rnn"], ["lstm"], ["gru", "--hidden", "3", "--input", "2"],
                  ["rnn", "--nonlinearity", "relu", "--seed", "4"],
                  ["lstm", "--weight", "0.3", "--target", "-0.123456"]):
    check_cell(arguments)
