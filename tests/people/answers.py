"""answers.py: what predict writes, in the shape of the file that was given:
tables, records, arrays; only what is past the end; several steps ahead.
"""
import csv
import json
import math

from place import check, same, table

_MONTHS = [(f"{1990 + i // 12}-{1 + i % 12:02d}",
            f"{100 + i + 20 * math.sin(i * math.pi / 6):.1f}")
           for i in range(120)]
_HEAD = ("month", "sold")


def _rows(place, name):
    return list(csv.DictReader(place.read(name).splitlines()))


def a_table_of_forecasts(place):
    """Each with its date and, where the file has it, the true value."""
    place.write("t.csv", table(_MONTHS, header=_HEAD))
    place.train("t.csv -w 12 --horizon 3").well()
    lines = place.answers("t.csv")
    place.predict("t.csv -o a.csv").well()
    rows = _rows(place, "a.csv")
    same(len(rows), 3 * len(lines), "a row for each step of each answer")
    same([f"{float(r['sold']):.5g}" for r in rows],
         [f"{float(v):.5g}" for line in lines for v in line.split(",")],
         "values")

    dates = [m for m, _ in _MONTHS]
    for n, row in enumerate(rows):
        same(int(row["horizon"]), n % 3 + 1, "step of the horizon")
        if row["time"] in dates:
            same(float(row["sold true"]),
                 float(_MONTHS[dates.index(row["time"])][1]), "true value")
        else:
            same(row["sold true"], "", "nothing is known past the end")
    same([row["time"] for row in rows[-3:]], ["2000-01", "2000-02", "2000-03"],
         "the months past the end")


def the_mean_of_the_table_is_the_score(place):
    rows = [(m, f"{float(v) + i * i * 37 % 19:.1f}")
            for i, (m, v) in enumerate(_MONTHS)]
    place.write("t.csv", table(rows, header=_HEAD))
    place.train("t.csv -w 12 --horizon 2").well()
    place.predict("t.csv -o a.csv").well()
    off = [abs(float(r["sold"]) - float(r["sold true"]))
           for r in _rows(place, "a.csv") if r["sold true"]]
    score = place.eval("t.csv").well().score("MAE")
    # the last window but one has one true value of two, eval has none of it
    check(abs(sum(off) / len(off) / score - 1) < 0.05,
          f"{sum(off) / len(off)} in the table, {score} in eval")


def newest_first_in_a_table(place):
    place.write("t.csv", table(_MONTHS[::-1], header=_HEAD))
    place.train("t.csv -w 12").well()
    place.predict("t.csv -o a.csv").well()
    times = [row["time"] for row in _rows(place, "a.csv")]
    same(times, sorted(times, reverse=True), "the file's own order")
    same(times[0], "2000-01", "the month past the end")


def further_than_the_horizon(place):
    place.write("t.csv", table(_MONTHS, header=_HEAD))
    place.train("t.csv -w 12").well()
    place.predict("t.csv --last --steps 30 -o a.csv").well()
    rows = _rows(place, "a.csv")
    same(len(rows), 30, "steps")
    same(rows[0]["time"], "2000-01", "first month")
    same(rows[29]["time"], "2002-06", "last month")
    first = place.predict("t.csv --last").well().values()[0]
    check(abs(float(rows[0]["sold"]) / first - 1) < 1e-4, "the first is that "
          "of --last")
    check(all(0 < float(row["sold"]) < 1000 for row in rows), "sane values")


def probabilities_of_classes(place):
    lines = "".join("\t".join([("up", "down")[i % 2]] + [
        str(k if i % 2 else -k) for k in range(6)]) + "\n" for i in range(40))
    place.write("t.tsv", lines)
    place.train("t.tsv").well()
    place.predict("t.tsv -o a.csv").well()
    rows = _rows(place, "a.csv")
    same(len(rows), 40, "a row for each series")
    for row in rows:
        shares = [float(v) for k, v in row.items() if k.startswith("p(")]
        check(len(shares) == 2 and abs(sum(shares) - 1) < 1e-6,
              f"probabilities of both classes: {row}")
    same([line.split()[0] for line in place.answers("t.tsv")],
         [next(v for v in row.values() if v in ("up", "down"))
          for row in rows], "answers")


def records_and_arrays(place):
    place.write("t.csv", table(_MONTHS, header=_HEAD))
    place.train("t.csv -w 12").well()
    lines = place.predict("t.csv").well().values()
    place.predict("t.csv -o a.json").well()
    records = [json.loads(line) for line in place.read("a.json").splitlines()]
    same(len(records), len(lines), "records")
    place.predict("t.csv -o a.npy").well()
    data = (place.folder / "a.npy").read_bytes()
    check(data.startswith(b"\x93NUMPY") and f"({len(lines)}, 1".encode()
          in data.replace(b",1", b", 1"), "an array with a row for each answer")
    place.predict("t.csv -o a.xyz").refused("a.xyz", "csv")


def bounds_of_a_forecast(place):
    """Quantiles by the residuals of the validation part; asked without one,
    the way is named.
    """
    rows = [(f"{i}", f"{math.sin(i / 5) + (i * 37 % 19) / 40:.3f}")
            for i in range(400)]
    place.write("t.csv", table(rows, header=("nr", "load")))
    place.train("t.csv -w 12").well()
    place.predict("t.csv --quantiles 0.1,0.9 -o a.csv").well()
    found = _rows(place, "a.csv")
    low, high = (next(k for k in found[0] if q in k) for q in ("0.1", "0.9"))
    inside = [float(r[low]) <= float(r["load true"]) <= float(r[high])
              for r in found if r["load true"]]
    check(0.5 < sum(inside) / len(inside) < 0.99,
          f"{sum(inside)} of {len(inside)} within the bounds of 80 %")


def a_text_with_a_bad_byte(place):
    place.write("t.txt", "hello world\n" * 60)
    place.train("t.txt").well()
    place.write("bad.txt", b"hello w\x92rld\n" * 3 + b"hello world\n" * 60)
    check(len(place.answers("bad.txt")) == 63, "an answer for each line")
    check(len(place.answers("", stdin="bad.txt")) == 63, "through a pipe")


def a_file_that_is_too_short(place):
    place.write("t.csv", table(_MONTHS, header=_HEAD))
    place.train("t.csv -w 12").well()
    place.write("short.csv", table(_MONTHS[:5], header=_HEAD))
    for line in ("short.csv", "short.csv --last"):
        run = place.predict(line).says("short.csv", "rows")
        same(run.out, "", "answers")
