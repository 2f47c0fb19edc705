#!/usr/bin/env python3
"""memory.py PART ELMAN FOLDER [-n SEEDS] [--only TASK,...] [--lengths T,...]
          [--cells CELL+...] [--images DIR]

Which networks learn to remember, and for how long; docs/studies/memory.md
tells what came of it. FOLDER receives the data, and a line of results.jsonl
for each run; a run that is there already is not made again.

  train   the adding problem and the copy problem, at each length
  reach   the same networks before they are trained: how far back a gradient
          reaches in them
  growth  how that changes while they learn
  show    results.jsonl as the tables of the study, and its figures into
          --images; libelman.so stands beside ELMAN
"""
import argparse
import array
import json
import pathlib
import random
import statistics
import struct
import subprocess
import sys
import zipfile

import figure

LENGTHS = [10, 20, 40, 80, 160, 320]
HIDDEN, STEPS, BATCH = 32, 4000, 32
SEQUENCES = {"train": 16000, "test": 1000}
SYMBOLS, COPIED = 4, 3  # symbols to choose from, symbols to repeat
CELLS = {  # name: options, {T} is the length
    "Elman": ["--cell", "rnn"],
    "Elman, orthogonal": ["--cell", "rnn", "--init-hidden", "orthogonal"],
    "Elman, identity": ["--cell", "rnn", "--nonlinearity", "relu",
                        "--init-hidden", "identity",
                        "--init", "gaussian:0.1",
                        "--init-bias", "constant:0"],
    "GRU": ["--cell", "gru"],
    "LSTM": ["--cell", "lstm"],
    "LSTM, forget bias": ["--cell", "lstm", "--forget-bias", "1"],
    "LSTM, chrono": ["--cell", "lstm", "--chrono", "{T}"],
}


# ---- Data ------------------------------------------------------------------

def adding(rng, T):
    """(T,2) values and two marks; the sum of the marked values."""
    first, second = rng.randrange(T // 2), rng.randrange(T // 2, T)
    x, total = array.array("f"), 0.0
    for t in range(T):
        value = rng.random()
        marked = t in (first, second)
        total += value * marked
        x.extend((value, float(marked)))
    return x, [total]


def copying(rng, T):
    """(T,SYMBOLS+1): symbols, nothing, a sign, and time to repeat them."""
    symbols = [rng.randrange(SYMBOLS) for _ in range(COPIED)]
    x = array.array("f", bytes(4 * T * (SYMBOLS + 1)))
    for t, symbol in enumerate(symbols):
        x[t * (SYMBOLS + 1) + symbol] = 1
    x[(T - COPIED) * (SYMBOLS + 1) + SYMBOLS] = 1
    return x, [-100] * (T - COPIED) + symbols  # -100: no answer is asked


def npy(type_, shape, values):
    header = (f"{{'descr': '<{type_}', 'fortran_order': False, "
              f"'shape': {shape}, }}")
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return (b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header))
            + header.encode() + values.tobytes())


# name: what makes a sequence, inputs, shape of y for each, type of y
TASKS = {
    "adding": (adding, 2, lambda T: (1,), "f"),
    "copy": (copying, SYMBOLS + 1, lambda T: (T,), "i"),
}


def data(folder, task, T, part):
    """The file of a part; made unless it is there."""
    path = folder / f"{task}{T}_{part}.npz"
    if path.exists():
        return path
    make, I, shape, code = TASKS[task]
    rng = random.Random(f"{task} {T} {part}")
    x, y = array.array("f"), array.array(code)
    for _ in range(SEQUENCES[part]):
        x_one, y_one = make(rng, T)
        x.extend(x_one)
        y.extend(y_one)
    N = SEQUENCES[part]
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("x.npy", npy("f4", (N, T, I), x))
        file.writestr("y.npy", npy(code + "4", (N, *shape(T)), y))
    return path


# ---- Runs ------------------------------------------------------------------

def run(*command):
    done = subprocess.run([str(word) for word in command],
                          capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}: {done.stderr}")
    return done.stdout


def options(cell, T, seed):
    common = ["--hidden", HIDDEN, "--no-scaling", "--batch", BATCH,
              "--optimizer", "adam", "--lr", 0.003, "--clip-norm", 1,
              "--threads", 1, "--seed", seed, "--quiet", "--json"]
    return [word.replace("{T}", str(T)) for word in CELLS[cell]] + common


def task_options(task):
    if task == "copy":
        return []
    return ["--task", "regress", "--no-bidirectional", "--pool", "last"]


def train(elman, folder, task, T, cell, seed):
    model = folder / "model"
    run(elman, "train", data(folder, task, T, "train"), "-o", model,
        "--steps", STEPS, "--validation", 0.1,
        *task_options(task), *options(cell, T, seed))
    found = json.loads(run(elman, "eval", model,
                           data(folder, task, T, "test"), "--json"))
    found = found.get("metrics", found)
    return {"loss": found["loss"], "accuracy": found.get("accuracy"),
            "rmse": found.get("rmse")}


def inspect(elman, model, data_file, T):
    """What is left of a gradient, by lag, where the state is carried on: at c
    if the cell has one, else at h; and the steps until 1 % is left, T if more
    is."""
    found = json.loads(run(elman, "inspect", model, data_file, "--only",
                           "flow", "--steps", T, "--json"))
    level = found["levels"][0]
    norms = level.get("c_norms") or level["norms"]
    low = [lag for lag in range(T) if norms[lag] >= 0.01 * norms[0]]
    return {"horizon": low[-1] + 1, "norms": norms}


def reach(elman, folder, task, T, cell, seed):
    """One step too small to change a weight, then the flow of a gradient."""
    model = folder / "fresh"
    common = options(cell, T, seed)
    common[common.index("--lr") + 1] = 1e-12
    run(elman, "train", data(folder, task, T, "test"), "--validation", 0,
        "-o", model, "--steps", 1, *task_options(task), *common)
    return inspect(elman, model, data(folder, task, T, "test"), T)


def growth(elman, folder, task, T, cell, seed):
    """The journal of a run: evaluations with the horizon at each."""
    model = folder / "grown"
    run(elman, "train", data(folder, task, T, "train"), "--validation", 0.1,
        "-o", model, "--steps", STEPS, "--evaluate-every", STEPS // 40,
        "--metrics", folder / "grown.jsonl", *task_options(task),
        *options(cell, T, seed))
    rows = map(json.loads, (folder / "grown.jsonl").read_text().splitlines())
    return {"rows": [{word: row[word] for word in
                      ("step", "horizon", "rate")}
                     | {"loss": row["validation"]["loss"]}
                     for row in rows if row["event"] == "evaluation"]}


# ---- Tables ----------------------------------------------------------------

def read(folder):
    path = folder / "results.jsonl"
    if not path.exists():
        return {}
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return {tuple(row["key"]): row["result"] for row in rows}


def values(results, part, task, T, cell, field):
    return [result[field] for key, result in sorted(results.items())
            if key[:4] == (part, task, T, cell)]


def write_table(lengths, cell_text):
    print("| | " + " | ".join(map(str, lengths)) + " |")
    print("| --- |" + " --- |" * len(lengths))
    for cell in CELLS:
        print(f"| {cell} | "
              + " | ".join(cell_text(cell, T) for T in lengths) + " |")


def scores(results, task, field, digits):
    def text(cell, T):
        found = values(results, "train", task, T, cell, field)
        if not found:
            return "-"
        spread = (f" ({min(found):{digits}} to {max(found):{digits}})"
                  if len(found) > 1 else "")
        return f"{statistics.mean(found):{digits}}{spread}"
    return text


def horizons(results, task):
    def text(cell, T):
        found = values(results, "reach", task, T, cell, "horizon")
        if not found:
            return "-"
        if min(found) == T:
            return f"all {T}"
        return f"{statistics.mean(found):.0f}"
    return text


def show(elman, folder, lengths, images):
    results = read(folder)
    for task, field, digits in (("adding", "loss", ".2g"),
                                ("copy", "accuracy", ".2f")):
        print(f"\n{task}: {field}\n")
        write_table(lengths, scores(results, task, field, digits))
        print(f"\n{task}: steps until 1 % of a gradient is left, untrained\n")
        write_table(lengths, horizons(results, task))
    if not images:
        return
    images.mkdir(parents=True, exist_ok=True)
    for task, field, y_label in (
            ("adding", "loss", "mean squared error"),
            ("copy", "accuracy", "share of symbols that are right")):
        lines = {}
        for cell in CELLS:
            points = [(T, statistics.mean(found)) for T in lengths if
                      (found := values(results, "train", task, T, cell,
                                       field))]
            if points:
                lines[cell] = points
        figure.save(elman, images / f"memory-{task}.svg",
                    f"The {task} problem: what is learned, by length",
                    "steps", y_label, lines, log_x=True,
                    log_y=task == "adding")
        flows(elman, results, task, images)
    grown = {f"{cell}, {task} {T}":
             [(row["step"], row["horizon"]) for row in result["rows"]]
             for (part, task, T, cell, _), result in sorted(results.items())
             if part == "growth"}
    if grown:
        figure.save(elman, images / "memory-growth.svg",
                    "While learning: how far back a gradient reaches",
                    "optimizer steps", "steps until 1 % is left", grown,
                    log_y=True)


def flows(elman, results, task, images):
    """The norms of the untrained networks at one length, mean over seeds."""
    T = 160
    lines = {}
    for cell in CELLS:
        found = values(results, "reach", task, T, cell, "norms")
        means = [statistics.mean(n[lag] / n[0] for n in found)
                 for lag in range(T)] if found else []
        # a logarithmic axis has no 0, and nobody needs what is below 1e-12
        points = [(lag, mean) for lag, mean in enumerate(means)
                  if mean > 1e-12]
        if points:
            lines[cell] = points
    if lines:
        figure.save(elman, images / f"memory-{task}-flow.svg",
                    "Before training: what is left of a gradient", "steps back",
                    "part of the gradient", lines, log_y=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["train", "reach", "growth", "show"])
    parser.add_argument("elman")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("-n", type=int, default=3)
    parser.add_argument("--only", default=",".join(TASKS))
    parser.add_argument("--cells", default="+".join(CELLS))
    parser.add_argument("--images", type=pathlib.Path)
    parser.add_argument("--lengths", default=",".join(map(str, LENGTHS)))
    arguments = parser.parse_args()
    folder = arguments.folder
    lengths = [int(T) for T in arguments.lengths.split(",")]
    if arguments.part == "show":
        return show(arguments.elman, folder, lengths, arguments.images)
    folder.mkdir(parents=True, exist_ok=True)
    work = {"train": train, "reach": reach, "growth": growth}[arguments.part]
    done = read(folder)
    for seed in range(1, arguments.n + 1):
        for T in lengths:
            for task in arguments.only.split(","):
                for cell in arguments.cells.split("+"):
                    key = (arguments.part, task, T, cell, seed)
                    if key in done:
                        continue
                    result = work(arguments.elman, folder, task, T, cell, seed)
                    with open(folder / "results.jsonl", "a") as file:
                        print(json.dumps({"key": key, "result": result}),
                              file=file, flush=True)
    return None


sys.exit(main())
