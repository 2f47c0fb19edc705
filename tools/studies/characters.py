#!/usr/bin/env python3
"""characters.py PART ELMAN FOLDER [-n SEEDS] [--source ROOT] [--images DIR]

A character model of this project's own sources by an Elman network, a GRU and
an LSTM of equal size; docs/studies/characters.md tells what came of it. FOLDER
receives source.txt, the models, a log of each and results.jsonl; a run that is
there already is not made again.

  train    the models
  inspect  what they do inside: horizon, exponents, units
  show     results.jsonl as the tables of the study, and its figures into
           --images; libelman.so stands beside ELMAN
"""
import argparse
import json
import math
import pathlib
import statistics
import subprocess
import sys

import figure

CHARACTERS, STEPS, EMBEDDING = 1_000_000, 1500, 32
CELLS = {"Elman": ("rnn", 240), "GRU": ("gru", 146), "LSTM": ("lstm", 128)}


def run(*command):
    done = subprocess.run([str(word) for word in command],
                          capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}: {done.stderr}")
    return done.stdout


def source(folder, root):
    """The files of src in order, until there are enough characters."""
    path = folder / "source.txt"
    if not path.exists():
        text = ""
        for file in sorted((root / "src").rglob("*.[ch]")):
            text += file.read_text(encoding="utf-8")
        path.write_text(text[:CHARACTERS], encoding="utf-8")
    return path


def train(arguments, folder, text, name, seed):
    cell, hidden = CELLS[name]
    model = folder / f"{cell}{seed}"
    found = json.loads(
        run(arguments.elman, "train", text, "--cell", cell, "--hidden",
            hidden, "--embedding", EMBEDDING, "--steps", STEPS, "--threads", 1,
            "--seed", seed, "--metrics", f"{model}.jsonl", "-o", model,
            "--quiet", "--json"))
    info = json.loads(run(arguments.elman, "info", model, "--json"))
    return {"metrics": found["metrics"], "best_step": found["best_step"],
            "weights": info["weights"]}


def last_over(norms, part):
    """Steps back until less than that part of the first is left."""
    return max(lag for lag, norm in enumerate(norms)
               if norm >= part * norms[0]) + 1


def inspect(arguments, folder, text, name, seed):
    model = folder / f"{CELLS[name][0]}{seed}"
    found = json.loads(run(arguments.elman, "inspect", model, text, "--only",
                           "flow,exponents,units,gates", "--batch", 16,
                           "--exponents", 32, "--json"))
    level, exponents = found["levels"][0], found["exponents"][0]
    return {"norms": level["norms"], "c_norms": level.get("c_norms"),
            "exponents": exponents["values"],
            "dimension": exponents["dimension"], "units": found["units"],
            "saturation": found["gates"][0]["saturation"],
            "dead": found["gates"][0]["dead"]}


def read(folder):
    path = folder / "results.jsonl"
    if not path.exists():
        return {}
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return {tuple(row["key"]): row["result"] for row in rows}


# ---- Tables and figures ----------------------------------------------------

def all_of(results, part, name):
    return [result for key, result in sorted(results.items())
            if key[:2] == (part, name)]


def spread(numbers, digits):
    mean = f"{statistics.mean(numbers):{digits}}"
    if len(numbers) < 2:
        return mean
    return f"{mean} ({min(numbers):{digits}} to {max(numbers):{digits}})"


def show(arguments, folder):
    results = read(folder)
    print("| | hidden | weights | bits | steps back, h | steps back, c | "
          "largest exponent |")
    print("| --- |" + " --- |" * 6)
    for name, (_, hidden) in CELLS.items():
        trained = all_of(results, "train", name)
        inside = all_of(results, "inspect", name)
        cells = [name, str(hidden), f"{trained[0]['weights']:,}",
                 spread([t["metrics"]["bits"] for t in trained], ".3f"),
                 spread([last_over(i["norms"], 0.01) for i in inside], ".0f"),
                 spread([last_over(i["c_norms"], 0.01) for i in inside], ".0f")
                 if inside[0]["c_norms"] else "",
                 spread([i["exponents"][0] for i in inside], ".3f")]
        print("| " + " | ".join(cells) + " |")

    properties = sorted({unit["property"] for name in CELLS
                         for one in all_of(results, "inspect", name)
                         for unit in one["units"]})
    print("\n| | " + " | ".join(CELLS) + " |")
    print("| --- |" + " --- |" * len(CELLS))
    for property_ in properties:
        cells = [property_]
        for name in CELLS:
            found = [abs(unit["held_out"])
                     for one in all_of(results, "inspect", name)
                     for unit in one["units"]
                     if unit["property"] == property_]
            cells.append(spread(found, ".2f") if found else "")
        print("| " + " | ".join(cells) + " |")
    if arguments.images:
        draw(arguments, folder, results)


def draw(arguments, folder, results):
    curves, flows = {}, {}
    for name, (cell, _) in CELLS.items():
        lines = (folder / f"{cell}1.jsonl").read_text().splitlines()
        losses = [row["loss"] / math.log(2) for row in map(json.loads, lines)
                  if row["event"] == "step"]
        curves[name] = [(10 * at, statistics.mean(losses[at - 10:at]))
                        for at in range(10, len(losses) + 1, 10)]
        inside = all_of(results, "inspect", name)
        for word, title in (("norms", name), ("c_norms", name + ", at c")):
            norms = [one[word] for one in inside if one[word]]
            if norms:
                flows[title] = [
                    (lag, statistics.mean(n[lag] / n[0] for n in norms))
                    for lag in range(100)]
    arguments.images.mkdir(parents=True, exist_ok=True)
    figure.save(arguments.elman, arguments.images / "characters-bits.svg",
                "Bits a character while training, means of 100 steps, seed 1", "step",
                "bits", curves)
    figure.save(arguments.elman, arguments.images / "characters-flow.svg",
                "After training: what is left of a gradient", "steps back",
                "part of the gradient", flows, log_y=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["train", "inspect", "show"])
    parser.add_argument("elman")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("-n", type=int, default=3)
    parser.add_argument("--source", type=pathlib.Path,
                        default=pathlib.Path(__file__).parents[2])
    parser.add_argument("--images", type=pathlib.Path)
    arguments = parser.parse_args()
    folder = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    if arguments.part == "show":
        return show(arguments, folder)
    text = source(folder, arguments.source)
    done = read(folder)
    work = {"train": train, "inspect": inspect}[arguments.part]
    for seed in range(1, arguments.n + 1):
        for name in CELLS:
            key = (arguments.part, name, seed)
            if key in done:
                continue
            result = work(arguments, folder, text, name, seed)
            with open(folder / "results.jsonl", "a") as file:
                print(json.dumps({"key": key, "result": result}), file=file,
                      flush=True)
    return None


main()
