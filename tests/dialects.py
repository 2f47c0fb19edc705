#!/usr/bin/env python3
"""dialects.py ELMAN [SEED [CASES]]: one set of numbers in every way that people
write it, read alike by all commands.

Random tables and series are learned from a plain file. Then they are written
in other dialects: separators, decimal commas, quotes, blank lines, line ends,
byte order marks, shuffled columns, other suffixes and formats, with labels and
without, through a pipe. For each of them, alone and mixed at random,

  - predict gives the answers that it gave to the plain file, and gives them to
    a pipe as to a file, and
  - eval's metrics are those computed from predict's answers.
"""
import csv
import datetime
import json
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

TOLERANCE = 1e-6
PENDING = set()  # dialects that no reader takes yet

ELMAN = pathlib.Path(sys.argv[1]).resolve()
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 1
CASES = int(sys.argv[3]) if len(sys.argv) > 3 else 40
folder = pathlib.Path(tempfile.mkdtemp(prefix="dialects."))
failures = []


def elman(*words, data=None, pipe=False):
    """Runs the program; data is standard input, from a file or a pipe."""
    source = {"input": b""}
    if data is not None and pipe:
        source = {"input": pathlib.Path(data).read_bytes()}
    elif data is not None:
        source = {"stdin": open(data, "rb")}
    run = subprocess.run([ELMAN, *map(str, words)], cwd=folder,
                         capture_output=True, **source)
    if run.returncode:
        line = run.stderr.decode(errors="replace").strip().splitlines()
        raise ValueError(f"elman {' '.join(map(str, words))}: "
                         f"{line[-1] if line else run.returncode}")
    return run.stdout.decode()


# ---- Tables ------------------------------------------------------------------

TABLE_DIALECTS = [
    "semicolons", "tabs", "bars", "decimal commas", "thousands", "quotes",
    "blank end", "blank lines", "windows", "old mac", "byte order mark",
    "utf-16", "shuffled", "padded", "newest first", "comments", "footer",
    "txt", "no suffix", "file as input", "pipe"]

# of each of these at most one
EXCLUSIVE = [{"semicolons", "tabs", "bars"}, {"windows", "old mac"},
             {"byte order mark", "utf-16"}, {"txt", "no suffix"},
             {"file as input", "pipe"}]


def make_table(rng, rows=90):
    """Names and rows of text cells: a date, numbers, a class."""
    phase, table = rng.uniform(0, 9), []
    for n in range(rows):
        wave = abs((n + phase) % 14 - 7)
        load = 2000 + 950 * wave + rng.randrange(-900, 900) / 10
        heat = 40 - 3 * wave + rng.randrange(-90, 90) / 10
        day = datetime.date(2021, 1, 1) + datetime.timedelta(n)
        table.append([day.isoformat(), f"{load:.1f}", f"{heat:.2f}",
                      "high" if wave > 3 else "low"])
    return ["date", "load", "heat", "state"], table


def write_number(text, dialects):
    """A number as a dialect writes it."""
    whole, part = text.split(".")
    comma = "decimal commas" in dialects
    if "thousands" in dialects and len(whole.lstrip("-")) > 3:
        whole = f"{whole[:-3]}{'.' if comma else ','}{whole[-3:]}"
    return whole + ("," if comma else ".") + part


def write_table(names, rows, dialects, rng, header=True, numbers=(1, 2)):
    """The bytes of a table; numbers are those columns."""
    order = list(range(len(names)))
    if "shuffled" in dialects:
        rng.shuffle(order)
    separator = {"semicolons": ";", "tabs": "\t", "bars": "|"}
    sep = next((separator[d] for d in dialects if d in separator), ",")

    def cell(row, column):
        text = row[column]
        if column in numbers and row is not names:
            text = write_number(text, dialects)
        if "quotes" in dialects or sep in text:
            text = f'"{text}"'
        return f" {text} " if "padded" in dialects else text

    lines = [names] if header else []
    lines += reversed(rows) if "newest first" in dialects else rows
    lines = [sep.join(cell(row, k) for k in order) for row in lines]
    if "comments" in dialects:
        lines.insert(0, "# made by an instrument")
    if "blank lines" in dialects:
        lines.insert(len(lines) // 2, "")
    if "footer" in dialects:
        lines += ["", "Source: the office of statistics"]
    return encode(lines, dialects)


def encode(lines, dialects):
    """Lines as bytes."""
    end = ("\r\n" if "windows" in dialects
           else "\r" if "old mac" in dialects else "\n")
    if "blank end" in dialects:
        lines = lines + ["", ""]
    text = end.join(lines) + end
    if "utf-16" in dialects:
        return b"\xff\xfe" + text.encode("utf-16-le")
    mark = b"\xef\xbb\xbf" if "byte order mark" in dialects else b""
    return mark + text.encode()


# ---- Series ------------------------------------------------------------------

SERIES_DIALECTS = ["commas", "blanks", "ts", "arff", "array", "no labels",
                   "open labels", "blank end", "windows", "old mac",
                   "byte order mark", "txt", "no suffix", "file as input",
                   "pipe"]
SERIES_EXCLUSIVE = [{"commas", "blanks", "ts", "arff", "array"},
                    {"no labels", "open labels"}, *EXCLUSIVE[1:]]


def make_series(rng, count=40):
    """Pairs of a label and the texts of values."""
    series = []
    for n in range(count):
        late, steps = n % 2, 12
        values = [f"{(t == (8 if late else 2)) * 5 + rng.random():.3f}"
                  for t in range(steps)]
        series.append(("late" if late else "early", values))
    return series


def write_cases(cases, dialects, header):
    """The bytes of a .ts file of cases: dimensions, and a label or target."""
    bare = "no labels" in dialects
    kind = "@classLabel false" if bare else header
    lines = ["@problemName cases", "@univariate false", kind, "@data"]
    for label, dimensions in cases:
        shown = "?" if "open labels" in dialects else label
        parts = [",".join(d) for d in dimensions]
        lines.append(":".join(parts + ([] if bare else [shown])))
    return encode(lines, dialects)


def write_series(series, dialects):
    """The bytes of series."""
    shown = lambda label: "?" if "open labels" in dialects else label
    bare = "no labels" in dialects
    if "array" in dialects:
        return write_array(series)
    if "ts" in dialects:
        lines = ["@problemName peaks", "@univariate true", "@classLabel "
                 + ("false" if bare else "true early late"), "@data"]
        lines += [",".join(v) + ("" if bare else ":" + shown(l))
                  for l, v in series]
    elif "arff" in dialects:
        lines = ["@relation peaks"]
        lines += [f"@attribute att{k} numeric" for k in range(12)]
        lines += [] if bare else ["@attribute target {early,late}"]
        lines += ["@data"]
        lines += [",".join(v + ([] if bare else [shown(l)]))
                  for l, v in series]
    else:
        sep = "," if "commas" in dialects else \
              " " if "blanks" in dialects else "\t"
        lines = [sep.join(([] if bare else [shown(l)]) + v)
                 for l, v in series]
    return encode(lines, dialects)


def write_array(series):
    """float32 of (N,T) with two steps of padding."""
    rows = [list(map(float, v)) + [float("nan")] * 2 for _, v in series]
    shape = f"({len(rows)}, {len(rows[0])})"
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
    header = header.ljust(117) + "\n"
    flat = [value for row in rows for value in row]
    return (b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header))
            + header.encode() + struct.pack(f"<{len(flat)}f", *flat))


# ---- What must hold ----------------------------------------------------------

def answers(model, path, options, dialects):
    """The rows of predict's table."""
    output = folder / "answers.csv"
    output.unlink(missing_ok=True)
    if dialects & {"pipe", "file as input"}:
        elman("predict", model, "-", "-o", output, *options, data=path,
              pipe="pipe" in dialects)
    else:
        elman("predict", model, path, "-o", output, *options)
    with open(output, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def metrics(model, path, options, dialects):
    """eval's metrics."""
    through = dialects & {"pipe", "file as input"}
    text = elman("eval", model, "-" if through else path, "--json", *options,
                 data=path if through else None, pipe="pipe" in dialects)
    return json.loads(text)["metrics"]


def check_pipe(model, path, options, dialects):
    """Whether a pipe gets the answers of the file, line by line."""
    if "newest first" in dialects:
        return  # no pipe has its newest row first
    whole = elman("predict", model, path, *options)
    lines = elman("predict", model, *options, data=path, pipe=True)
    if lines != whole:
        raise ValueError(f"through a pipe {len(lines.splitlines())} answers, "
                         f"of the file {len(whole.splitlines())}, or others")


def key(row):
    """Where an answer stands."""
    return tuple(row.get(k)
                 for k in ("time", "row", "series", "sequence", "horizon"))


def near(a, b, scale):
    """Whether two numbers are the same."""
    return abs(a - b) <= TOLERANCE * max(abs(scale), abs(b), 1e-3)


def compare(found, wanted, target):
    """Whether answers are those to the plain file."""
    found = {key(row): row for row in found}
    wanted = {key(row): row for row in wanted}
    if found.keys() != wanted.keys():
        few = sorted(found.keys() ^ wanted.keys(), key=str)[:2]
        raise ValueError(f"{len(found)} answers, expected {len(wanted)}: {few}")
    for place, row in wanted.items():
        one, other = found[place][target], row[target]
        same = (near(float(one), float(other), 1) if "probability" not in row
                else one == other and near(float(found[place]["probability"]),
                                           float(row["probability"]), 1))
        if not same:
            raise ValueError(f"{place}: {one}, expected {other}")


def check_metrics(measured, rows, target, horizon):
    """Whether metrics are those of the answers whose truth is known."""
    if "accuracy" in measured:
        known = [row for row in rows if row[f"{target} true"]]
        right = sum(row[target] == row[f"{target} true"] for row in known)
        pairs = [("accuracy", right / len(known))]
    else:
        windows = [rows[n:n + horizon] for n in range(0, len(rows), horizon)]
        known = [row for w in windows for row in w
                 if all(r[f"{target} true"] for r in w)]
        off = [float(r[target]) - float(r[f"{target} true"]) for r in known]
        pairs = [("mae", sum(map(abs, off)) / len(off)),
                 ("mse", sum(x * x for x in off) / len(off))]
    for name, value in pairs:
        if not near(measured[name], value, value):
            raise ValueError(f"eval says {name} {measured[name]}, the answers "
                             f"have {value}")


def suffix_of(dialects, plain):
    """The suffix of a dialect's file, and the option that stands for it."""
    kinds = {"ts": "ts", "arff": "arff", "array": "array"}
    names = {".csv": "table", ".tsv": "series", ".ts": "ts"}
    kind = next((kinds[d] for d in dialects if d in kinds), names[plain])
    if "array" in dialects:
        plain = ".npy"
    elif kind in ("ts", "arff"):
        plain = f".{kind}"
    through = dialects & {"pipe", "file as input"}
    if dialects & {"txt", "no suffix"} or through:
        return ".txt" if "txt" in dialects else "", ["--format", kind]
    return plain, []


def check(what, model, write, plain, base, target, horizon, dialects):
    """Whether a dialect is read as the plain file was."""
    suffix, options = suffix_of(dialects, plain)
    path = folder / f"data{suffix}"
    path.write_bytes(write(dialects))
    labelled = not dialects & {"no labels", "open labels", "array"}
    try:
        rows = answers(model, path, options, dialects)
        compare(rows, base, target)
        check_pipe(model, path, options, dialects)
        if labelled:
            check_metrics(metrics(model, path, options, dialects), rows,
                          target, horizon)
    except (ValueError, KeyError) as error:
        failures.append(f"{what}, {', '.join(sorted(dialects)) or 'plain'}: "
                        f"{error!r}")


def fitting(dialects, exclusive):
    """Leaves out what does not go together."""
    kept = set()
    for one in dialects:
        if one in PENDING or any(one in group and kept & group
                                 for group in exclusive):
            continue
        kept.add(one)
    if "decimal commas" in kept and not kept & EXCLUSIVE[0]:
        kept.add("semicolons")
    if "array" in kept:
        kept -= {"windows", "old mac", "byte order mark", "blank end",
                 "no labels", "open labels", "txt"}
    return kept


def run(what, model, write, plain, target, horizon, dialects, exclusive, rng):
    """Each dialect alone, then mixtures."""
    path = folder / f"plain{plain}"
    path.write_bytes(write(set()))
    base = answers(model, path, [], set())
    mixed = [[d] for d in dialects]
    mixed += [rng.sample(dialects, rng.randrange(2, 7)) for _ in range(CASES)]
    for one in [[]] + mixed:
        check(what, model, write, plain, base, target, horizon,
              fitting(one, exclusive))


def run_tables(rng):
    """A forecast, values of each row, and a class of each row."""
    names, rows = make_table(rng)
    short = ["--epochs", 2, "-H", 6, "-t", 1, "-q", "--validation", 0]
    tasks = [("forecast", ["--target", "load", "--columns", "load,heat",
                           "--horizon", 2], "load", 2),
             ("track", ["--target", "heat", "--columns", "load"], "heat", 1),
             ("tag", ["--target", "state", "--columns", "load,heat"], "state",
              1)]
    for task, options, target, horizon in tasks:
        write = lambda dialects: write_table(names, rows, dialects, rng)
        (folder / "train.csv").write_bytes(write(set()))
        elman("train", "train.csv", "--task", task, "-w", 8, *options, *short,
              "-o", f"{task}.model")
        run(f"a table to {task}", f"{task}.model", write, ".csv", target,
            horizon, TABLE_DIALECTS, EXCLUSIVE, rng)

    # several series in one table, rows of them in turn
    several = [[shop, *row] for row in rows for shop in ("north", "south")]
    for n, row in enumerate(several):
        row[2] = f"{float(row[2]) + (700 if row[0] == 'south' else 0):.1f}"
    write = lambda dialects: write_table(["shop", *names], several, dialects,
                                         rng, numbers=(2, 3))
    (folder / "train.csv").write_bytes(write(set()))
    elman("train", "train.csv", "--task", "forecast", "-w", 8, "--by", "shop",
          "--target", "load", "--columns", "load,heat", *short, "-o",
          "several.model")
    run("several series", "several.model", write, ".csv", "load", 1,
        TABLE_DIALECTS, EXCLUSIVE, rng)

    # columns without names are those in the same places
    bare = lambda dialects: write_table(names, rows, dialects - {"shuffled"},
                                        rng, header=False)
    (folder / "train.csv").write_bytes(bare(set()))
    elman("train", "train.csv", "--task", "forecast", "-w", 8, "--target", 2,
          "--columns", "2,3", *short, "-o", "bare.model")
    run("a table without names", "bare.model", bare, ".csv", "2", 1,
        TABLE_DIALECTS, EXCLUSIVE, rng)


def run_series(rng):
    """Series of two classes."""
    series = make_series(rng)
    write = lambda dialects: write_series(series, dialects)
    (folder / "train.tsv").write_bytes(write(set()))
    elman("train", "train.tsv", "--epochs", 3, "-H", 6, "-t", 1, "-q",
          "--validation", 0, "-o", "series.model")
    run("series", "series.model", write, ".tsv", "label", 1, SERIES_DIALECTS,
        SERIES_EXCLUSIVE, rng)


def run_cases(rng):
    """Series of two dimensions and different lengths: classes, and values."""
    cases = []
    for n in range(30):
        steps = 8 + n % 3
        wave = [[f"{(t % 3) * (n % 2) + rng.random():.3f}" for t in range(steps)]
                for _ in range(2)]
        cases.append((f"{sum(map(float, wave[0])):.2f}", wave))
    dialects = ["no labels", "open labels", "blank end", "windows", "old mac",
                "byte order mark", "txt", "no suffix", "file as input", "pipe"]

    short = ["--epochs", 2, "-H", 6, "-t", 1, "-q", "--validation", 0]
    classes = [("odd" if n % 2 else "even", d)
               for n, (_, d) in enumerate(cases)]
    for what, rows, header, target in [
            ("classes", classes, "@classLabel true odd even", "label"),
            ("values", cases, "@targetLabel true", "value")]:
        write = lambda one: write_cases(rows, one, header)
        (folder / "train.ts").write_bytes(write(set()))
        elman("train", "train.ts", *short, "-o", f"{what}.model")
        run(f"two dimensions to {what}", f"{what}.model", write, ".ts", target,
            1, dialects, SERIES_EXCLUSIVE, rng)


def main():
    """Runs all and reports."""
    rng = random.Random(SEED)
    run_tables(rng)
    run_series(rng)
    run_cases(rng)
    for line in failures[:40]:
        print(line)
    subprocess.run(["rm", "-rf", folder], check=True)
    if failures:
        sys.exit(f"{len(failures)} dialects of seed {SEED} are read otherwise")


if __name__ == "__main__":
    main()
