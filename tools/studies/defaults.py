#!/usr/bin/env python3
"""defaults.py PART ELMAN FOLDER [-n SEEDS] [--only SET,...] [-- OPTION...]

What `elman train` reaches with its defaults alone; docs/studies/defaults.md
tells what came of it. Options behind -- are given to train as well.

  series     FOLDER is aeon/datasets/data of the package aeon 1.6.0: accuracy
             in % of the test files, or the mean absolute error
  folds      the same by four stratified folds of the training files, which is
             how choices were made
  forecasts  FOLDER holds airline.csv, co2.csv, sunspots.csv: one column under
             a header each, see --make; mean absolute error on the last rows
  text       FOLDER is a text: bits a character on its last tenth
  make       FOLDER is made, from aeon's folder and statsmodels 0.15.0's, which
             stand in the place of ELMAN as AEON:STATSMODELS
"""
import argparse
import csv
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

SERIES = ["GunPoint", "BasicMotions", "PickupGestureWiimoteZ", "ArrowHead",
          "OSULeaf", "ItalyPowerDemand", "JapaneseVowels"]
# name: horizon, rows at the end that no training sees
FORECASTS = {"airline": (12, 24), "co2": (12, 24), "sunspots": (1, 60)}


def run(*command):
    done = subprocess.run([str(word) for word in command],
                          capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}: {done.stderr}")
    return done.stdout


def metrics_of(text):
    found = json.loads(text)
    return found.get("metrics", found)


def score(elman, train, test, seed, options):
    """Trains, and returns the metrics on the test file and the seconds."""
    with tempfile.TemporaryDirectory() as folder:
        model = pathlib.Path(folder) / "model"
        begun = time.time()
        run(elman, "train", train, "-q", "-o", model, "--seed", seed,
            *options)
        seconds = time.time() - begun
        found = metrics_of(run(elman, "eval", model, test, "--json"))
        print(f"{pathlib.Path(test).name} seed {seed}: {headline(found):.5g}",
              file=sys.stderr, flush=True)
        return found, seconds


def headline(metrics):
    if "accuracy" in metrics:
        return 100 * metrics["accuracy"]
    return metrics["mae"]


def show(name, values, seconds):
    spread = statistics.stdev(values) if len(values) > 1 else 0
    print(f"| {name} | {statistics.mean(values):.4g} +- {spread:.2g} "
          f"| {min(values):.4g} | {max(seconds):.0f} s |", flush=True)


def series(arguments, names):
    for name in names:
        base = pathlib.Path(arguments.folder) / name / name
        runs = [score(arguments.elman, f"{base}_TRAIN.ts", f"{base}_TEST.ts",
                      seed, arguments.options)
                for seed in range(1, arguments.n + 1)]
        show(name, [headline(m) for m, _ in runs], [s for _, s in runs])


def split(path, folds, seed):
    """Head and folds of the lines of a .ts file, each class spread evenly."""
    head, classes = [], {}
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        if line.startswith(("@", "#")) or not line.strip():
            head.append(line)
        else:
            classes.setdefault(line.strip().split(":")[-1], []).append(line)

    parts, count, chance = [[] for _ in range(folds)], 0, random.Random(seed)
    for label in sorted(classes):
        chance.shuffle(classes[label])
        for line in classes[label]:
            parts[count % folds].append(line)
            count += 1
    return "".join(head), parts


def by_folds(arguments, names):
    for name in names:
        path = pathlib.Path(arguments.folder) / name / f"{name}_TRAIN.ts"
        values, seconds = [], []
        head, parts = split(path, 4, 0)
        for k in range(4):
            with tempfile.TemporaryDirectory() as folder:
                train = pathlib.Path(folder) / "train.ts"
                test = pathlib.Path(folder) / "test.ts"
                rest = [line for i in range(4) if i != k for line in parts[i]]
                train.write_text(head + "".join(rest), encoding="utf-8")
                test.write_text(head + "".join(parts[k]), encoding="utf-8")
                found, spent = score(arguments.elman, train, test, k + 1,
                                     ["--validation", "0",
                                      *arguments.options])
            values.append(headline(found))
            seconds.append(spent)
        show(name, values, seconds)


def rows_lost(elman, path, options):
    """Rows that the transform takes from the beginning of a series."""
    plan = json.loads(run(elman, "train", path, "--plan", "--json", *options))
    text = next((fact["text"] for fact in plan["plan"]
                 if fact["name"] == "transform"), "")
    lost = 0
    for word in text.split(" ")[0].strip(":").split(","):
        name, _, rows = word.strip(",:").partition(":")
        lost += {"difference": 1, "seasonal": int(rows or 0)}.get(name, 0)
    return lost


def forecasts(arguments, names):
    window = 24
    for name in names:
        horizon, unseen = FORECASTS[name]
        path = pathlib.Path(arguments.folder) / f"{name}.csv"
        header, *rows = path.read_text().splitlines(keepends=True)
        options = ["--horizon", horizon, *arguments.options]
        runs = []
        with tempfile.TemporaryDirectory() as folder:
            train = pathlib.Path(folder) / "train.csv"
            test = pathlib.Path(folder) / "test.csv"
            train.write_text(header + "".join(rows[:-unseen]))
            lost = rows_lost(arguments.elman, train, options)
            test.write_text(header + "".join(rows[-unseen - window - lost:]))
            for seed in range(1, arguments.n + 1):
                runs.append(score(arguments.elman, train, test, seed, options))
        show(name, [m["mae"] for m, _ in runs], [s for _, s in runs])


def text(arguments, _):
    values, seconds = [], []
    for seed in range(1, arguments.n + 1):
        with tempfile.TemporaryDirectory() as folder:
            begun = time.time()
            found = json.loads(run(arguments.elman, "train", arguments.folder,
                                   "--json", "-q", "--seed", seed, "-o",
                                   f"{folder}/model", *arguments.options))
            seconds.append(time.time() - begun)
            values.append(found["metrics"]["bits"])
    show("text", values, seconds)


def column(path, number):
    with open(path, newline="", encoding="utf-8") as file:
        return [row[number] for row in list(csv.reader(file))[1:]]


def monthly(days, values):
    """Means of the months; those without a value lie on a line between their
    neighbours."""
    months = {}
    for day, value in zip(days, values):
        at = int(day[:4]) * 12 + int(day[4:6]) - 1
        if value:
            months.setdefault(at, []).append(float(value))
    means = {at: statistics.mean(found) for at, found in months.items()}
    known = sorted(means)
    for at in range(known[0], known[-1]):
        if at not in means:
            before = max(k for k in known if k < at)
            after = min(k for k in known if k > at)
            share = (at - before) / (after - before)
            means[at] = means[before] + share * (means[after] - means[before])
    return [means[at] for at in sorted(means)]


def make(arguments, _):
    aeon, _, models = arguments.elman.partition(":")
    folder = pathlib.Path(arguments.folder)
    folder.mkdir(parents=True, exist_ok=True)
    co2 = f"{models}/co2/co2.csv"
    lists = {"airline": column(f"{aeon}/Airline/Airline.csv", 1),
             "co2": monthly(column(co2, 0), column(co2, 1)),
             "sunspots": column(f"{models}/sunspots/sunspots.csv", 1)}
    for name, values in lists.items():
        rows = "".join(f"{float(value):.9g}\n" for value in values)
        (folder / f"{name}.csv").write_text(f"value\n{rows}")


def main():
    words = sys.argv[1:]
    cut = words.index("--") if "--" in words else len(words)
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("part", choices=["series", "folds", "forecasts",
                                         "text", "make"])
    parser.add_argument("elman")
    parser.add_argument("folder")
    parser.add_argument("-n", type=int, default=10)
    parser.add_argument("--only")
    arguments = parser.parse_args(words[:cut])
    arguments.options = words[cut + 1:]

    if os.path.exists(arguments.elman):
        arguments.elman = os.path.abspath(arguments.elman)
    every = list(FORECASTS) if arguments.part == "forecasts" else SERIES
    names = arguments.only.split(",") if arguments.only else every
    {"series": series, "folds": by_folds, "forecasts": forecasts,
     "text": text, "make": make}[arguments.part](arguments, names)


main()
